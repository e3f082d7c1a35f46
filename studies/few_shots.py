"""Few shots: what one weight, found in a few episodes, recovers of dynamics that were not met in search.

    python studies/few_shots.py --quick
    python studies/few_shots.py --seeds 10
    python studies/few_shots.py --task bipedal-walker --task car-racing --seeds 3

On swing-up there are WANNs by three short searches: for reward as usual; for the reward *after* five episodes on other
dynamics (one at each of five weights, of which the best for these dynamics counts on one more episode); and for the reward
on the same varied dynamics with one weight for all of them (the best over all of them counts on the same further
episodes). Beside them are fully connected networks with tuned weights. The walker and the car are those of the zoo.

Then the dynamics change. Each network has k episodes there: `wann.adapt` for the one weight, and for all weights a hill
climber that tries Gaussian steps. What they have found is scored on fresh episodes, on swing-up beside the best shared
weight of a long sweep. The walker and the car need the extra box2d.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from changed import CHANGES, SWINGUP, Varied, changed
from kit import Kept, cell, episodes, interval, options, panels, parsed, save, table

import wann
from wann.execution import Threads
from wann.networks import Network, fully_connected

SHOTS = {SWINGUP: (0, 1, 3, 10, 30, 100), "bipedal-walker": (0, 1, 3, 10), "car-racing": (0, 1, 3, 10)}
FRESH = {SWINGUP: 200, "bipedal-walker": 20, "car-racing": 8}  #: episodes that a score is the mean of
SETTINGS: dict[str, Any] = {"population": 128, "islands": 1, "island_culls": ()}
ADAPTING, VARIED = "one weight, searched for adapting", "one weight, searched on varied dynamics"


def of_zoo(*names: str) -> dict[str, tuple[str, bool]]:
    return {f"{way}, zoo:{name}": (name, way == "all weights") for name in names for way in ("one weight", "all weights")}


#: By way: the network that it is for, and whether all of its weights change and not the one.
WAYS: dict[str, dict[str, tuple[str, bool]]] = {
    SWINGUP: {
        "one weight": ("usual", False),
        ADAPTING: ("adapting", False),
        VARIED: ("varied", False),
        "all weights of a WANN": ("usual", True),
        "all weights, fixed topology": ("fixed", True),
    },
    "bipedal-walker": of_zoo("bipedal-walker", "bipedal-walker-quantized"),
    "car-racing": of_zoo("car-racing"),
}


def searched(name: str, seed: int, generations: int, threads: int | None) -> Network:
    """One of the networks on swing-up."""
    task = wann.make_task(SWINGUP)
    if name == "fixed":
        network = fully_connected(task.inputs, task.outputs, (5, 5), activation="tanh", output_activation="tanh")
        start = np.zeros(network.n_connections)
        return wann.tune(network, task, generations=2 * generations, start=start, sigma=0.5, seed=seed, threads=threads)
    settings, evaluator = {**SETTINGS, "generations": generations}, None
    if name != "usual":
        weights = (-1.6, -0.8, 0.4, 0.8, 1.6)  # fixed: it is these that are tried
        settings |= {"fresh_weights": False, "weights": weights, "episodes": 8}
        evaluator = Varied(name == "adapting", threads)
    search = wann.Search(task, wann.preset(task, **settings), seed=seed, threads=threads, evaluator=evaluator)
    list(search.run())
    if name != "usual":
        return search.champion
    return wann.tune(search.champion, task, generations=generations, seed=seed, threads=threads)


def network_of(folder: Path, task: str, name: str, seed: int, generations: int, threads: int | None) -> Network:
    """From the zoo or, on swing-up, from a search, whose network is kept."""
    if task != SWINGUP:
        return wann.zoo.load(name)
    path = folder / f"{name}-{seed}-{generations}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        searched(name, seed, generations, threads).save(path)
    return Network.load(path)


def score(network: Network, task: Any, weights: Any, n: int, threads: int | None) -> float:
    rows = np.repeat(np.asarray(weights, dtype=np.float32)[None], n, axis=0)
    return float(Threads(threads).run(task, [network], rows, episodes(7, n)).rewards.mean())


def climbed(network: Network, task: Any, shots: Sequence[int], seed: int, threads: int | None) -> list[np.ndarray]:
    """The weights that a hill climber holds after each number of episodes; each candidate has one episode."""
    rng, seeds, evaluator = np.random.default_rng(seed), episodes(1000 + seed, 100)[: shots[-1]], Threads(threads)
    best, best_reward, held = np.asarray(network.weights), -np.inf, [np.asarray(network.weights)]
    step = 0.1 * np.abs(best).mean()
    for k, episode in enumerate(seeds):
        row = best if k == 0 else (best + step * rng.normal(size=len(best))).astype(np.float32)
        reward = float(evaluator.run(task, [network], row[None], np.array([episode])).rewards[0, 0])
        if reward > best_reward:
            best, best_reward = row, reward
        if k + 1 in shots:
            held.append(best)
    return held


def measure(make: Any, name: str, change: str, everything: bool, seed: int, threads: int | None) -> dict[str, Any]:
    """The scores after each number of episodes and, on swing-up, that of the best shared weight."""
    network, shots, former, result = make(), SHOTS[name], wann.make_task(name), {}
    with changed(name, change, network) as task:
        if everything:
            held: list[Any] = climbed(network, task, shots, seed, threads)
        else:
            found = [wann.adapt(network, task, episodes=k, former=former, seed=seed, threads=threads) for k in shots[1:]]
            held = [found[0].former_weight, *(f.weight for f in found)]
            if name == SWINGUP:
                sweep = wann.training.tune_shared_weight(network, task, seed=seed, threads=threads).weight
                result["best"] = round(score(network, task, sweep, FRESH[name], threads), 1)
        known = {}  # many are the same
        for weights in held:
            key = np.asarray(weights).tobytes()
            known[key] = known[key] if key in known else round(score(network, task, weights, FRESH[name], threads), 1)
        return {"rewards": [known[np.asarray(weights).tobytes()] for weights in held], **result}


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    """For each task, a table of the means over the changes, one of the changes, and a panel."""
    names = list(dict.fromkeys(row["task"] for row in rows))
    figure, drawn = panels(1, width=7, height=2.6 * len(names), rows=len(names))
    for name, axes in zip(names, drawn, strict=True):
        mine, shots = [row for row in rows if row["task"] == name], SHOTS[name]
        changes, lines = list(dict.fromkeys(row["change"] for row in mine)), []
        groups = {way: [row for row in mine if row["way"] == way] for way in WAYS[name]}
        curves = {way: over_changes(group) for way, group in groups.items() if group}
        for way, (curve, best) in curves.items():
            columns = np.array(list(curve.values())).T
            bounds = np.array([interval(column) for column in columns])
            axes.plot(range(len(shots)), bounds[:, 0], marker="o", markersize=3, label=way)
            axes.fill_between(range(len(shots)), bounds[:, 1], bounds[:, 2], alpha=0.12, linewidth=0)
            gain = cell(columns[shots.index(10)] - columns[0])
            lines.append([way, *map(cell, columns), gain, cell(best) if best else "–", len(curve)])
        header = [*(f"k = {k}" for k in shots), "10 less 0"]
        print(table([f"{name}, mean over the changes", *header, "best shared weight", "seeds"], lines))
        if {ADAPTING, VARIED} <= curves.keys():
            print(table(["paired by seed", *header, "seeds"], [difference(curves[ADAPTING][0], curves[VARIED][0])]))
        lines = []
        for change in changes:
            means = [np.mean([row["rewards"] for row in groups[way] if row["change"] == change], axis=0) for way in curves]
            lines.append([change, *(" → ".join(f"{mean[shots.index(k)]:.0f}" for k in (0, 3, 10)) for mean in means)])
        print(table([f"{name}, after 0 → 3 → 10 episodes", *curves], lines))
        axes.set_xticks(range(len(shots)), map(str, shots))
        axes.set(xlabel="episodes", ylabel="reward", title=f"{name}: mean over {len(changes) - 1} changes")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def over_changes(rows: list[dict[str, Any]]) -> tuple[dict[int, np.ndarray], list[float]]:
    """By seed, means over the changes: the networks, or the episodes, are what is independent. And of the best weight."""
    seeds: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row["change"] != "unchanged":
            seeds.setdefault(row["seed"], []).append(row)
    whole = {seed: group for seed, group in seeds.items() if len(group) == max(map(len, seeds.values()))}
    curve = {seed: np.mean([row["rewards"] for row in group], axis=0) for seed, group in whole.items()}
    best = [float(np.mean([row["best"] for row in group])) for group in whole.values() if "best" in group[0]]
    return curve, best


def difference(adapting: dict[int, np.ndarray], varied: dict[int, np.ndarray]) -> list[Any]:
    """What the search for adapting has more than the one on varied dynamics, paired by seed."""
    apart = np.array([adapting[seed] - varied[seed] for seed in adapting if seed in varied])
    gain = apart[:, SHOTS[SWINGUP].index(10)] - apart[:, 0]
    return ["searched for adapting less on varied dynamics", *map(cell, apart.T), cell(gain), len(apart)]


def main() -> None:
    parser = options(__doc__, "few-shots")
    parser.add_argument("--task", action="append", choices=list(WAYS), help="one of the tasks  [default: cartpole-swingup]")
    parser.add_argument(
        "--way", action="append", metavar="WAY", help="one of the ways, as the table names it; all by default"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=150, help="of the searches on swing-up")
    parser.add_argument("--networks", type=Path, default=Path("runs/few-shots"), help="folder of the networks")
    arguments = parsed(parser, seeds=2, generations=15)
    kept, rows, threads = Kept(arguments), [], arguments.threads
    if arguments.report:
        return report(kept.rows, arguments)
    for task in arguments.task or [SWINGUP]:
        changes = list(CHANGES[task])
        more = {"generations": arguments.generations} if task == SWINGUP else {}
        for seed in range(arguments.seeds):
            for change in changes[:2] + changes[-1:] if arguments.quick else changes:
                for way in arguments.way or WAYS[task]:
                    name, everything = WAYS[task][way]
                    make = partial(network_of, arguments.networks, task, name, seed, arguments.generations, threads)
                    compute = partial(measure, make, task, change, everything, seed, threads)
                    rows.append(kept.get(compute, task=task, change=change, seed=seed, way=way, **more))
    report(rows, arguments)


if __name__ == "__main__":
    main()
