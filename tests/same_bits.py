"""Short runs of every kind, and a hash of what each computes; test_same_bits.py holds them against same_bits.json.

python tests/same_bits.py                # prints the hashes of this machine, at the best level of the core that it has
python tests/same_bits.py --check        # says which of them are not those that are stored
python tests/same_bits.py --write        # stores them; run it once with WANN_INSTRUCTION_SET=v2, too

A change that changes results says so by changing a hash. `--core FILE` takes a build of the core that is not installed,
`--threads N` and `--only NAME` do what they say.
"""

import argparse
import dataclasses
import hashlib
import importlib.util
import json
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

STORED = Path(__file__).with_name("same_bits.json")
#: Instruction sets with fused multiply-adds agree; v2 has none, so its episodes differ. All 64-bit ARM processors have them.
FAMILIES = {"v2": "v2", "v3": "v3 and v4", "v4": "v3 and v4"}
if platform.machine().lower() in ("aarch64", "arm64"):
    FAMILIES = {"generic": "v3 and v4"}


def _load_core(path: Path) -> None:
    """Has the package use a build of the core that stands elsewhere."""
    name = f"wann.{path.name.partition('.')[0]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _digest(parts: Iterable[Any]) -> str:
    """Of numbers to the last bit, whatever holds them."""
    from wann.networks import file as network_file
    from wann.networks.network import Network

    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Network):
            text = network_file.to_json(part)
        elif isinstance(part, np.ndarray):
            text = f"{part.dtype.str} {part.shape} {part.tobytes().hex()}"
        else:
            text = json.dumps(dataclasses.asdict(part))
        digest.update(text.encode())
    return digest.hexdigest()[:32]


def _searched(task: Any, threads: int, seed: int = 3, start: Any = (), **settings: Any) -> str:
    import wann

    config = wann.SearchConfig(**settings)
    search = wann.Search(task, config, seed=seed, threads=threads, start=start)
    records = list(search.run())
    return _digest([*records, search.champion_record.network, *(search.ask()[i] for i in range(4))])


def search_swingup(threads: int) -> str:
    """Islands, culls, confirmations."""
    import wann

    return _searched(
        wann.make_task("cartpole-swingup"), threads, population=24, islands=4, island_culls=(0.5,), generations=16,
        episodes=3, confirm_episodes=8, insert_node=0.3, add_connection=0.4, further_change=0.3,
    )  # fmt: skip


def search_swingup_paper(threads: int) -> str:
    """The paper's algorithm with its settings, a few generations of it."""
    import wann

    search = wann.Search(
        wann.make_task("cartpole-swingup"), wann.preset("cartpole-swingup", "paper", generations=5), seed=1, threads=threads
    )
    return _digest([*search.run(), search.champion_record.network])


def search_recurrent(threads: int) -> str:
    """Recurrent connections, with all operators that handle them, where they are of use."""
    import wann

    task = wann.make_task("cartpole-swingup", velocities="hidden")
    return _searched(
        task, threads, population=24, generations=10, episodes=2, confirm_episodes=4, recurrent=0.6, remove_connection=0.1,
        remove_node=0.1, adjust_path=0.1, further_change=0.5, crossover=0.3, transfer=0.3, mirror=0.1,
    )  # fmt: skip


def _search_walker(name: str, threads: int) -> str:
    import wann

    return _searched(
        wann.make_task(name), threads, population=16, generations=5, episodes=1, weights=(-1.5, 0.7, 1.0), mirror=0.2,
        confirm_episodes=2, initial_enabled=0.25,
    )  # fmt: skip


def search_walker(threads: int) -> str:
    """The rigid bodies, on even ground."""
    return _search_walker("bipedal-walker", threads)


def search_hardcore_walker(threads: int) -> str:
    """The rigid bodies, among stumps, stairs and pits."""
    return _search_walker("bipedal-walker-hardcore", threads)


def search_car(threads: int) -> str:
    """The car's physics, its pictures and their encoder; graded paths, crossover and weights that are drawn afresh."""
    import wann

    task = wann.make_task("car-racing", past="frame")
    return _searched(
        task, threads, population=10, generations=3, episodes=1, weights=(-1.0, 0.5, 1.5), fresh_weights=True,
        initial_enabled=0.1, initial_paths=0.3, adjust_path=0.5, remove_connection=0.1, remove_node=0.1, further_change=0.5,
        crossover=0.5, mean_objective=0.7, tournament=2, confirm_episodes=1,
    )  # fmt: skip


def _samples(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 4))
    return x, (x[:, 0] * x[:, 1] + 0.3 * x[:, 2] > 0).astype(int) + (x[:, 3] > 1)


def search_classes(threads: int) -> str:
    """Labelled data in batches, changes of siblings."""
    import wann

    x, y = _samples()
    task = wann.tasks.Classification(x, y, batch=100)
    return _searched(
        task, threads, population=40, generations=12, episodes=1, transfer=0.4, confirm_episodes=2, tournament=4,
        activations=("tanh", "relu", "gaussian", "linear"),
    )  # fmt: skip


def search_targets(threads: int) -> str:
    """Regression."""
    import wann

    x, _ = _samples()
    task = wann.tasks.Regression(x, x[:, :1] * x[:, 1:2] + 0.5 * np.tanh(x[:, 2:3]))
    return _searched(task, threads, population=40, generations=12, episodes=1, confirm_episodes=1)


def _swingup_network() -> Any:
    import wann

    task = wann.make_task("cartpole-swingup")
    return task, wann.networks.fully_connected(task.inputs, task.outputs, (6,))


def tune_swingup(threads: int) -> str:
    """The sweep of the shared weight and CMA-ES with a full matrix, through its restarts."""
    import wann

    task, network = _swingup_network()
    records: list[Any] = []
    tuned = wann.tune(
        network, task, generations=40, population=12, episodes=2, confirm_episodes=8, seed=2, threads=threads,
        report=records.append,
    )  # fmt: skip
    return _digest([*records, tuned])


def tune_separably(threads: int) -> str:
    """CMA-ES with a diagonal, on labelled data."""
    import wann

    x, y = _samples()
    task = wann.tasks.Classification(x, y, batch=100)
    network = wann.networks.fully_connected(task.inputs, task.outputs, (30, 15), output_activation=task.output_activation)
    start = np.full(network.n_connections, 0.2)
    tuning = wann.training.WeightTuning(network, task, population=16, seed=2, threads=threads, start=start)
    return _digest([*tuning.run(24), tuning.network])


def tune_walker(threads: int) -> str:
    """A linear policy of the walker, from weights of 0."""
    import wann

    task = wann.make_task("bipedal-walker")
    network = wann.networks.fully_connected(task.inputs, task.outputs, (), output_activation="linear")
    records: list[Any] = []
    tuned = wann.tune(
        network, task, generations=10, population=6, episodes=1, confirm_episodes=2, sigma=0.5, seed=2, threads=threads,
        start=np.zeros(network.n_connections), scales=(0.5, 1.5), report=records.append,
    )  # fmt: skip
    return _digest([*records, tuned])


def refine_swingup(threads: int) -> str:
    """Races of neighbours."""
    import wann

    task, network = _swingup_network()
    refinement = wann.search.Refinement(network, task, n_neighbours=150, weights=(-1.0, 0.8, 1.5), seed=4, threads=threads)
    records = [dataclasses.replace(record, seconds=0.0) for record in refinement.run(3)]
    assert refinement.changes, "a refinement that changes nothing shows nothing"
    return _digest([*records, refinement.network])


def quantize_swingup(threads: int) -> str:
    """Trained weights as topology, and training on with rounded weights."""
    import wann

    task, network = _swingup_network()
    weights = np.random.default_rng(1).normal(size=network.n_connections)
    made, tried = wann.quantize(
        network.with_tuning(weights=weights), task, steps=8, roundings=3, episodes=1, generations=6, max_connections=120,
        threads=threads,
    )  # fmt: skip
    return _digest([made, *tried])


def evaluate_swingup(threads: int) -> str:
    """The four conditions and the profile."""
    import wann

    task, network = _swingup_network()
    network = network.with_tuning(shared_weight=0.8)
    found = wann.evaluate(network, task, episodes=12, seed=1, threads=threads)
    profile = wann.scoring.weight_profile(network, task, points=9, episodes=6, threads=threads)
    return _digest([found, profile])


RUNS: dict[str, Callable[[int], str]] = {
    run.__name__: run
    for run in (
        search_swingup, search_swingup_paper, search_recurrent, search_walker, search_hardcore_walker, search_car,
        search_classes, search_targets, tune_swingup, tune_separably, tune_walker, refine_swingup, quantize_swingup,
        evaluate_swingup,
    )
}  # fmt: skip


def _checked(hashes: dict[str, str], stored: dict[str, str]) -> int:
    """Says for each run whether it computes what is stored; the status to end with."""
    for name, value in hashes.items():
        print(f"{name}: {'as stored' if stored[name] == value else 'differs'}")
    return int(any(stored[name] != value for name, value in hashes.items()))


def main() -> None:
    """Prints the hashes as JSON, holds them against those that are stored, or stores them."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--core", type=Path)
    arguments.add_argument("--only", choices=RUNS, action="append")
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    if options.core:
        _load_core(options.core)
    from wann import _core

    hashes = {name: run(options.threads) for name, run in RUNS.items() if not options.only or name in options.only}
    family = FAMILIES[_core.instruction_set]
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    if options.check:
        sys.exit(_checked(hashes, stored[family]))
    if options.write:
        stored[family] = {**stored.get(family, {}), **hashes}
        STORED.write_text(json.dumps(dict(sorted(stored.items())), indent=2) + "\n")
    print(json.dumps({"level": _core.instruction_set, "hashes": hashes}))


if __name__ == "__main__":
    main()
