"""Drives policies in the core's car racing and in Gymnasium's, on the same tracks, and compares what they get.

    python tools/car_parity.py build/parity --network champion.json --network other.json@1.5 --poor 5 --episodes 100

Each ``--network`` drives with the shared weight behind ``@``, or with its own tuned weights. Poor ones are networks of a
first generation. The folder keeps the finished episodes in ``episodes.jsonl``: the same command goes on where it was
interrupted. In the end it holds ``parity.json`` with what is printed. Gymnasium draws about 100 frames a second, and an
episode has up to 1,000.
"""

import argparse
import hashlib
import json
import math
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import quick_car_racing
import wann
from wann import _core, seeding
from wann.networks.metadata import Origin
from wann.networks.network import Network
from wann.search.config import WEIGHT_VALUES, preset
from wann.search.search import Search
from wann.seeding import Stream
from wann.tasks import make_task, policy, task_for
from wann.tasks.protocol import product_lanes, run_lanes

OURS, THEIRS = "car-racing", "gymnasium:CarRacing-v3"
#: In standard errors of a difference.
NEAR = 2.0


@dataclass(frozen=True)
class Driver:
    """A network with the weight that it drives with."""

    name: str
    kind: str  #: "poor" or "given"
    file: str
    weight: float | None  #: None stands for its own weights
    digest: str  #: of the network's file and the encoder; episodes of another are not its


@dataclass(frozen=True)
class Job:
    """An episode to drive in both."""

    driver: Driver
    seed: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One driver's rewards in both, and by how many standard errors they differ."""

    name: str
    kind: str
    weight: float | None
    episodes: int
    ours: float  #: mean reward in the core, on Gymnasium's tracks
    ours_error: float  #: its standard error
    theirs: float  #: in Gymnasium's environment
    theirs_error: float
    difference: float  #: ours less theirs
    apart: float  #: in standard errors of a difference between two means
    paired: float  #: the same, from the differences track by track
    same_length: float  #: part of the episodes that lasted the same number of steps in both
    own_tracks: float  #: mean reward in the core's rollouts, on tracks of its own
    own_tracks_error: float
    own_tracks_apart: float


def uniforms(seed: int) -> NDArray[np.float64]:
    """What Gymnasium draws its track from after ``reset(seed=seed)``."""
    from cars import uniforms as drawn

    return drawn(seed)


def drive(job: Job) -> dict[str, Any]:
    """The episode in both."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    network = Network.load(job.driver.file)
    ours, ours_steps = in_core(network, job.driver.weight, job.seed)
    theirs, theirs_steps = in_gymnasium(network, job.driver.weight, job.seed)
    return {
        "digest": job.driver.digest,
        "name": job.driver.name,
        "seed": job.seed,
        "ours": ours,
        "ours_steps": ours_steps,
        "theirs": theirs,
        "theirs_steps": theirs_steps,
    }


def in_core(network: Network, weight: float | None, seed: int) -> tuple[float, int]:
    """Reward and steps of an episode in the core, on the track of Gymnasium's seed."""
    task: Any = task_for(network)
    episode = task.episodes_of(_core.CarRaces.from_uniforms(uniforms(seed)[None]))
    total, steps, over = 0.0, 0, False
    while not over:
        rewards, ended = episode.step(network(episode.observations(), weight))
        total, steps = total + float(rewards[0]), steps + 1
        over = bool(ended[0]) or steps == task.max_steps
    return total, steps


def in_gymnasium(network: Network, weight: float | None, seed: int) -> tuple[float, int]:
    """Reward and steps of an episode in Gymnasium's environment."""
    task: Any = task_for(network, THEIRS)
    act, env = policy(network, task, weight), quick_car_racing.make()
    observation, _ = env.reset(seed=seed)
    total, steps, over = 0.0, 0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total, steps, over = total + float(reward), steps + 1, terminated or truncated
    env.close()
    task.close()
    return total, steps


def drivers_of(folder: Path, given: Sequence[str], poor: int, seed: int, options: dict[str, Any]) -> list[Driver]:
    """The networks that are named, and poor ones, which are written into the folder."""
    drivers = []
    for i, network in enumerate(poor_networks(poor, seed, options)):
        file = folder / f"poor-{i}.json"
        network.save(file)
        drivers.append(_driver(f"poor {i}", "poor", str(file), WEIGHT_VALUES[i % len(WEIGHT_VALUES)]))
    for source in given:
        file_name, at, weight = source.rpartition("@")
        drivers.append(_driver(Path(source).name, "given", file_name if at else source, float(weight) if at else None))
    return drivers


def poor_networks(n: int, seed: int, options: dict[str, Any]) -> list[Network]:
    """Networks of a first generation."""
    if not n:
        return []
    search = Search(make_task(OURS, **options), preset(OURS, "paper", population=max(n, 4)), seed=seed)
    origin = Origin(task=OURS, task_options=options)
    return [network.with_metadata(**origin.entries()) for network in list(search.ask())[:n]]


def _driver(name: str, kind: str, file: str, weight: float | None) -> Driver:
    network = Network.load(file)
    task: Any = task_for(network)
    if task.name != OURS:
        raise wann.WannError(f"{file} is a network of {task.name}, not of {OURS}")
    encoder = task.encoder
    shown = encoder.encode_view(np.linspace(0, 1, math.prod(encoder.view_shape)).reshape(encoder.view_shape))
    digest = hashlib.sha256(Path(file).read_bytes() + shown.tobytes() + repr(weight).encode()).hexdigest()[:16]
    return Driver(name, kind, file, weight, digest)


def finished(path: Path) -> list[dict[str, Any]]:
    """The episodes of a file; a last line that was cut off is none."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def run(jobs: Sequence[Job], path: Path, processes: int) -> Iterator[dict[str, Any]]:
    """Drives, and adds each episode to the file."""
    whole = "".join(json.dumps(record) + "\n" for record in finished(path))
    path.write_text(whole)
    with multiprocessing.get_context("spawn").Pool(processes) as pool, path.open("a") as file:
        for record in pool.imap_unordered(drive, jobs):
            file.write(json.dumps(record) + "\n")
            file.flush()
            yield record


def compare(driver: Driver, records: Iterable[dict[str, Any]], own_tracks: int, threads: int) -> Pair:
    """The means of a driver's episodes."""
    mine = [record for record in records if record["digest"] == driver.digest]
    ours, theirs = (np.array([record[key] for record in mine]) for key in ("ours", "theirs"))
    # The core sums in float32, and a tile is worth about 3.
    differences = np.round(ours - theirs, 2)
    network = Network.load(driver.file)
    own = _on_own_tracks(network, driver.weight, own_tracks, threads)
    return Pair(
        name=driver.name,
        kind=driver.kind,
        weight=driver.weight,
        episodes=len(mine),
        ours=float(ours.mean()),
        ours_error=error_of(ours),
        theirs=float(theirs.mean()),
        theirs_error=error_of(theirs),
        difference=float(differences.mean()),
        apart=in_errors(differences.mean(), math.hypot(error_of(ours), error_of(theirs))),
        paired=in_errors(differences.mean(), error_of(differences)),
        same_length=float(np.mean([record["ours_steps"] == record["theirs_steps"] for record in mine])),
        own_tracks=float(own.mean()),
        own_tracks_error=error_of(own),
        own_tracks_apart=in_errors(own.mean() - theirs.mean(), math.hypot(error_of(own), error_of(theirs))),
    )


def _on_own_tracks(network: Network, weight: float | None, n: int, threads: int) -> NDArray[np.float64]:
    """Rewards of the core's rollouts."""
    seeds = seeding.episode_seeds(0, Stream.BENCHMARK, n)
    shared = network.shared_weight if weight is None else weight
    individual = network.weights is not None and weight is None
    lanes = product_lanes(network.weights[None] if individual else [shared], seeds)
    return run_lanes(task_for(network), [network], *lanes, threads=threads).rewards[0]


def error_of(values: NDArray[np.float64]) -> float:
    """The standard error of a mean; that of one value is not known."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan


def in_errors(difference: float, error: float) -> float:
    """A difference in standard errors; none is 0 of them, whatever they are."""
    if difference == 0:
        return 0.0
    return float(difference / error) if error > 0 else math.nan


def to_json(pair: Pair) -> dict[str, Any]:
    """The pair as JSON can hold it: what is not known is null."""
    values = asdict(pair).items()
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values}


def table(pairs: Sequence[Pair]) -> str:
    """What is printed."""
    lines = [
        f"{'policy':28} {'weight':>7} {'n':>4} {'core':>16} {'Gymnasium':>16} {'apart':>6} {'paired':>6} {'own tracks':>16} "
        f"{'apart':>6}"
    ]
    for pair in pairs:
        weight = "own" if pair.weight is None else f"{pair.weight:g}"
        lines.append(
            f"{pair.name[-28:]:28} {weight:>7} {pair.episodes:>4} {_mean(pair.ours, pair.ours_error)} "
            f"{_mean(pair.theirs, pair.theirs_error)} {pair.apart:>6.2f} {pair.paired:>6.2f} "
            f"{_mean(pair.own_tracks, pair.own_tracks_error)} {pair.own_tracks_apart:>6.2f}"
        )
    return "\n".join([*lines, "", *(f"{text}: {n} of {len(pairs)}" for text, n in within(pairs).items())])


def _mean(mean: float, error: float) -> str:
    return f"{mean:>8.1f} ± {error:<5.1f}"


def within(pairs: Sequence[Pair]) -> dict[str, int]:
    """How many policies are near, by what is compared."""
    texts = {
        "apart": "on the same tracks, within 2 standard errors",
        "paired": "track by track, within 2 standard errors",
        "own_tracks_apart": "on tracks of its own, within 2 standard errors",
    }
    return {text: sum(abs(getattr(pair, key)) <= NEAR for pair in pairs) for key, text in texts.items()}


def main() -> None:
    """Drives what has not been driven, and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for the episodes and the result")
    parser.add_argument("--network", action="append", default=[], metavar="FILE[@WEIGHT]", help="may be given again")
    parser.add_argument("--poor", type=int, default=5, help="how many networks of a first generation")
    parser.add_argument("--poor-seed", type=int, default=0, help="of that generation")
    parser.add_argument("--throttle", choices=("half", "none"), default="none", help="of the poor ones' task")
    parser.add_argument("--past", choices=("none", "frame"), default="none", help="likewise")
    parser.add_argument("--episodes", type=int, default=100, help="of each in both")
    parser.add_argument("--first-seed", type=int, default=10_000, help="of Gymnasium's tracks")
    parser.add_argument("--own-tracks", type=int, default=256, help="tracks of the core's own for each")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    options = {"throttle": arguments.throttle, "past": arguments.past}
    drivers = drivers_of(folder, arguments.network, arguments.poor, arguments.poor_seed, options)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.episodes)
    episodes = folder / "episodes.jsonl"
    wanted = {(driver.digest, seed) for driver in drivers for seed in seeds}
    done = {(record["digest"], record["seed"]) for record in finished(episodes)}
    # All drivers on a track before the next: what is interrupted has something of each.
    jobs = [Job(driver, seed) for seed in seeds for driver in drivers if (driver.digest, seed) not in done]
    for i, record in enumerate(run(jobs, episodes, arguments.processes) if jobs else ()):
        print(
            f"{i + 1} of {len(jobs)}: {record['name']}, track {record['seed']}, core {record['ours']:.1f}, "
            f"Gymnasium {record['theirs']:.1f}",
            flush=True,
        )
    records = [record for record in finished(episodes) if (record["digest"], record["seed"]) in wanted]
    pairs = [compare(driver, records, arguments.own_tracks, arguments.processes) for driver in drivers]
    print(table(pairs))
    result = {"policies": len(pairs), "within": within(pairs), "pairs": [to_json(pair) for pair in pairs]}
    (folder / "parity.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
