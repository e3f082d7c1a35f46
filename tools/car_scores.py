"""The paper's four conditions for a car-racing network, in Gymnasium's own environment and, on the same tracks, in the core.

    python tools/car_scores.py champion-tuned.json build/car-scores.jsonl --episodes 100 --processes 2

Weights are drawn as `wann evaluate` draws them; the tracks are those of Gymnasium's seeds 0, 1, 2 …. The file keeps the
finished episodes: the same command goes on where it was interrupted, and prints the table of what there is.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import wann
from car_parity import in_core, in_gymnasium
from wann import seeding
from wann.scoring.evaluation import CONDITIONS
from wann.search.config import WEIGHT_RANGE
from wann.seeding import Stream


def trials(network: wann.Network, episodes: int) -> Iterator[tuple[str, int, Any]]:
    """Condition, seed of the track, and weight (or weights) of each episode."""
    alone = seeding.generator(0, Stream.EVALUATION_WEIGHTS, 0).uniform(*WEIGHT_RANGE, episodes)
    each = seeding.generator(0, Stream.EVALUATION_WEIGHTS, 1).uniform(*WEIGHT_RANGE, (episodes, network.n_connections))
    for seed in range(episodes):
        yield "tuned_weights", seed, network.weights
        yield "tuned_shared_weight", seed, network.shared_weight
        yield "random_shared_weight", seed, float(alone[seed])
        yield "random_weights", seed, each[seed]


def drive(job: tuple[str, str, int, Any]) -> dict[str, Any]:
    """One episode in both."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    file, condition, seed, weight = job
    network = wann.Network.load(file)
    if np.ndim(weight) == 1:
        network, weight = network.with_tuning(weights=np.asarray(weight, dtype=np.float32)), None
    return {
        "condition": condition,
        "seed": seed,
        "ours": in_core(network, weight, seed)[0],
        "theirs": in_gymnasium(network, weight, seed)[0],
    }


def main() -> None:
    """Drives what is missing, and prints the table."""
    arguments = argparse.ArgumentParser(description="scores a car-racing network in Gymnasium's environment")
    arguments.add_argument("network", help="file of a network with tuned weights")
    arguments.add_argument("episodes_file", type=Path, help="where finished episodes are kept")
    arguments.add_argument("--episodes", type=int, default=100, help="of each condition")
    arguments.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    arguments.add_argument("--processes", type=int, default=os.cpu_count())
    options = arguments.parse_args()
    network = wann.Network.load(options.network)
    kept = (
        [json.loads(line) for line in options.episodes_file.read_text().splitlines()]
        if options.episodes_file.exists()
        else []
    )
    done = {(one["condition"], one["seed"]) for one in kept}
    wanted = [one for one in trials(network, options.episodes) if one[0] in options.conditions and one[:2] not in done]
    jobs = [(options.network, *one) for one in wanted]
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.processes) as pool, options.episodes_file.open("a") as file:
        for one in pool.imap_unordered(drive, jobs):
            kept.append(one)
            file.write(json.dumps(one) + "\n")
            file.flush()
    for condition, label in CONDITIONS.items():
        rows = [(one["theirs"], one["ours"]) for one in kept if one["condition"] == condition]
        if rows:
            (theirs, ours), spread = np.mean(rows, axis=0), np.std(rows, axis=0)
            print(
                f"{label:22} n={len(rows)}  Gymnasium {theirs:6.1f} ± {spread[0]:5.1f}   core {ours:6.1f} ± {spread[1]:5.1f}"
            )


if __name__ == "__main__":
    main()
