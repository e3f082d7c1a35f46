"""Do the activations suffice? A search with one of the ten left out, with one alone, with the ten, and with delays.

    python studies/activations.py --quick
    python studies/activations.py --seeds 5

All searches have the same settings and as many episodes. The default preset's path operators are off, because they need
the linear and the inverse node. A delay is a recurrent connection, which carries a node's value of the step before.
Champions are scored on fresh episodes at 81 weights from -2 to 2.
"""

from functools import partial
from typing import Any

import numpy as np
from kit import Kept, cell, episodes, interval, options, panels, parsed, save, table

import wann
from wann.execution import Threads
from wann.networks import Activation, Network

SETTINGS: dict[str, Any] = {
    "population": 128,
    "islands": 1,
    "island_culls": (),
    "initial_enabled": 0.5,
    "initial_paths": 0.0,
    "adjust_path": 0.0,
    "add_connection": 0.2,
}
INVERSE = Activation.INVERSE
WEIGHTS = np.linspace(-2, 2, 81)


def variants() -> dict[str, dict[str, Any]]:
    """By name, what differs from `SETTINGS`."""
    ten = tuple(Activation)
    return {
        "the ten": {},
        **{f"without {a.label}": {"activations": tuple(b for b in ten if b != a)} for a in ten},
        **{f"{a.label} alone": {"activations": (a,)} for a in ten},
        **{f"{a.label} and inverse alone": {"activations": (a, INVERSE)} for a in (Activation.LINEAR, Activation.TANH)},
        "the ten and delays": {"recurrent": 0.1},
    }


def run(task: Any, change: dict[str, Any], seed: int, generations: int, threads: int | None) -> dict[str, Any]:
    config = wann.preset(task, generations=generations, **SETTINGS, **change)
    search = wann.Search(task, config, seed=seed, threads=threads)
    for _ in search.run():
        pass
    profile = scores(search.champion, task, threads)
    return {
        "mean": round(float(profile.mean()), 2),
        "best": round(float(profile.max()), 2),
        "connections": search.champion.n_connections,
        "steps": search.environment_steps,
    }


def scores(network: Network, task: Any, threads: int | None) -> np.ndarray:
    """Mean reward at each weight, on fresh episodes."""
    seeds = episodes(3, 64)
    lanes = np.repeat(WEIGHTS, len(seeds)).astype(np.float32)
    rewards = Threads(threads).run(task, [network], lanes, np.tile(seeds, len(WEIGHTS))).rewards
    return rewards.reshape(len(WEIGHTS), -1).mean(axis=1)


def report(by_name: dict[str, list[dict[str, Any]]], arguments: Any) -> None:
    ten = [row["mean"] for row in by_name["the ten"]]
    lines = []
    for name, rows in sorted(by_name.items(), key=lambda item: -np.mean([row["mean"] for row in item[1]])):
        values = [row["mean"] for row in rows]
        apart = "–" if name == "the ten" else cell(np.array(values) - ten)
        best = np.mean([row["best"] for row in rows])
        lines.append([name, cell(values), apart, f"{best:.0f}", f"{np.mean([row['connections'] for row in rows]):.0f}"])
    print(table(["activations", "random shared weight", "less the ten", "best weight", "connections"], lines))
    figure, (axes,) = panels(1, height=3.6)
    names = [line[0] for line in lines][::-1]
    for i, name in enumerate(names):
        mean, low, high = interval([row["mean"] for row in by_name[name]])
        colour = "#1b1f24" if name == "the ten" else "#c4570b" if name.endswith("alone") else "#0b6bb8"
        axes.plot([low, high], [i, i], color=colour, linewidth=1)
        axes.plot([mean], [i], "o", color=colour, markersize=4)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set(xlabel="mean reward over U(-2, 2), 95 % interval over seeds", title=arguments.task)
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "activations")
    parser.add_argument("--task", default="cartpole-swingup")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=250)
    arguments = parsed(parser, seeds=2, generations=20)
    names = ["the ten", "without sine", "tanh alone"] if arguments.quick else list(variants())
    seeds, generations = arguments.seeds, arguments.generations
    kept, task = Kept(arguments), wann.make_task(arguments.task)
    by_name: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for seed in range(seeds):
        for name in names:
            compute = partial(run, task, variants()[name], seed, generations, arguments.threads)
            key = {"task": arguments.task, "variant": name, "seed": seed, "generations": generations}
            by_name[name].append(kept.get(compute, **key))
    report(by_name, arguments)


if __name__ == "__main__":
    main()
