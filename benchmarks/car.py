"""How fast car racing runs, from physics to policy, beside Gymnasium's and, where it is installed, EnvPool's."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.networks import car_sized_network
from benchmarks.others import envpool_steps, gymnasium_steps
from benchmarks.rows import Row, group, rate
from wann import _core, seeding
from wann.networks.network import Network
from wann.search.config import WEIGHT_VALUES
from wann.seeding import Stream
from wann.tasks import make_task
from wann.tasks.protocol import product_lanes, run_lanes

#: As many as fill a block of lanes for each of two threads, with the paper's lanes.
_POLICIES, _EPISODES = 32, 2
#: Of the paper's search: 64 networks, 6 weights and 2 episodes of at most 1,000 frames in each of 1,024 generations.
_PAPER_FRAMES = 64 * 6 * 2 * 1000 * 1024
_GENERATION_FRAMES = _PAPER_FRAMES / 1024

#: A generation of the paper's size in a process of its own, which tells its largest resident set.
_PEAK_MEMORY = """
import resource, wann
task = wann.make_task("car-racing")
search = wann.Search(task, wann.preset(task, "paper", confirm_episodes=64), threads=2)
list(search.run(1))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@group("car")
def _car(threads: int) -> Iterator[Row]:
    """Rollouts of car racing with networks of the published champion's size."""
    networks = [car_sized_network(seed) for seed in range(_POLICIES)]
    one = _frames_a_second(networks, 1)
    yield Row(
        what=f"car racing with pictures, {_POLICIES} random policies of 106 nodes, 245 connections, one core",
        value=one,
        unit="frames/s",
        target=">= 30,000",
    )
    yield Row(what="of that, the encoder", value=_encoder_microseconds(), unit="µs a frame")
    if threads > 1:
        both = _frames_a_second(networks, threads)
        yield Row(
            what=f"the same, {threads} threads",
            value=both,
            unit="frames/s",
            target=">= 58,000" if threads == 2 else "",
        )
        yield Row(
            what=f"the frames of the paper's search at that speed, {threads} threads",
            value=_PAPER_FRAMES / both / 3600,
            unit="hours",
            target="< 4" if threads == 2 else "",
        )
    yield Row(
        what="textures of a generation's tracks, of its time on one core",
        value=100 * _EPISODES * _texture_seconds() / (_GENERATION_FRAMES / one),
        unit="%",
        target="< 10",
    )
    yield Row(what="memory of a search of the paper's size", value=_peak_memory(), unit="MiB", target="< 1,024")
    yield from _beside("Gymnasium", _gymnasium_frames(), one)
    yield from _beside("EnvPool", _envpool_frames(), one)


def _beside(name: str, work: Callable[[], float] | None, ours: float) -> Iterator[Row]:
    """The frames of another environment on one core, and how many times as many ours are; nothing without it."""
    if work is None:
        return
    theirs = rate(work)
    yield Row(what=f"{name} CarRacing, random actions and no policy, one core", value=theirs, unit="frames/s")
    yield Row(what=f"core with encoder and policy to {name} without, one core", value=ours / theirs, unit="times")


def _frames_a_second(networks: Sequence[Network], threads: int) -> float:
    task = make_task("car-racing")
    lanes = product_lanes(WEIGHT_VALUES, seeding.episode_seeds(0, Stream.BENCHMARK, _EPISODES))
    return rate(lambda: run_lanes(task, networks, *lanes, threads=threads).computed_steps)


def _encoder_microseconds() -> float:
    rounds = 500
    encoder = make_task("car-racing").encoder.core  # type: ignore[attr-defined]
    return 1e6 * min(encoder.seconds(rounds) for _ in range(5)) / rounds / _core.lane_width


def _texture_seconds() -> float:
    races = _core.CarRaces(seeding.episode_seeds(0, Stream.BENCHMARK, 1))
    pictures = _core.CarPictures(races.track(0), races.borders(0).astype(np.uint8))
    return min(pictures.seconds_to_build() for _ in range(5))


def _peak_memory() -> float:
    return float(subprocess.run([sys.executable, "-c", _PEAK_MEMORY], check=True, capture_output=True, text=True).stdout)


def _gymnasium_frames() -> Callable[[], float] | None:
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    actions = np.random.default_rng(0).uniform((-1, 0, 0), (1, 1, 0.4), (1000, 3)).astype(np.float32)
    return gymnasium_steps("CarRacing-v3", actions, ("Box2D", "pygame"), 1.0)


def _envpool_frames() -> Callable[[], float] | None:
    actions = np.random.default_rng(0).uniform((-1, 0, 0), (1, 1, 0.4), (20, 16, 3)).astype(np.float32)
    return envpool_steps("CarRacing-v3", actions, 1)
