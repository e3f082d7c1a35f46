"""How agnostic is agnostic? The width of the weight profile, noise around the shared weight, and weights of few bits.

    python studies/how_agnostic.py --quick
    python studies/how_agnostic.py                                          # the networks of the zoo
    python studies/how_agnostic.py --network cartpole-swingup=swing.out     # and others: TASK=FILE
    python studies/how_agnostic.py --searched digits --seeds 5              # and those of short searches

For each network: its profile over -5 to 5; its reward where every connection's weight is the best shared one plus noise
of its own, fresh for each episode; and its reward with the shared weight and with its tuned weights rounded to 8, 4 and
2 bits. Beside them, a fixed topology with tuned weights on cart-pole swing-up. What is chosen (the best weight) is
chosen on episodes of its own. Needs the extra sklearn for digits, and MNIST for mnist (see docs/do/labelled-data.md).
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from kit import Kept, cell, options, panels, parsed, save, table
from numpy.typing import NDArray
from scorer import Scorer

import wann
from wann.networks import Network, fully_connected

BITS = (8, 4, 2)
NOISE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  #: standard deviation as a part of the weight's size
SIZES = {"bipedal-walker": (40, 101), "car-racing": (8, 41)}
#: Networks and generations of a search, by task; each has one island, and is else the default preset.
SEARCHES = {"cartpole-swingup": (128, 250), "bipedal-walker": (192, 60), "car-racing": (128, 20), "digits": (128, 600)}
ZOO = ("cartpole-swingup", "bipedal-walker", "bipedal-walker-quantized", "car-racing", "car-racing-speed", "digits", "mnist")


def rounded(weights: NDArray[Any], bits: int) -> NDArray[np.float32]:
    """Weights as multiples of a step from -(2^(bits-1) - 1) to 2^(bits-1) - 1, by the step with the least error."""
    most = 2 ** (bits - 1) - 1
    steps = np.abs(weights).max() / most * np.linspace(0.2, 1.0, 81)
    choices = [np.clip(np.rint(weights / step), -most, most) * step for step in steps]
    return min(choices, key=lambda row: float(((row - weights) ** 2).sum())).astype(np.float32)


def shared_rounded(weight: float, bits: int) -> float:
    """The nearest of 2^bits values that are spread evenly over -2 to 2, in the middle of equal parts."""
    grid = (np.arange(2**bits) + 0.5) * 4 / 2**bits - 2
    return float(grid[np.abs(grid - weight).argmin()])


def measure(network: Network, task: wann.tasks.Task, quick: bool, threads: int | None) -> dict[str, Any]:
    """What there is to say of one network; of one that is not weight agnostic, only of its tuned weights."""
    # Episodes, and weights in the profile: fewer where an episode takes long.
    n, points = (20, 41) if quick else SIZES.get(task.name, (200, 201))
    choose = Scorer(network, task, n, stream=1, chooses=True, threads=threads)
    score = Scorer(network, task, n, stream=2, threads=threads)
    result: dict[str, Any] = {"connections": network.n_connections, "episodes": n}
    if "fixed_topology" not in network.metadata:
        grid = np.linspace(-5, 5, points)
        inner = grid[np.abs(grid) <= 2]
        best = float(inner[choose(inner).mean(axis=1).argmax()])
        result |= {"weight": best, "grid": grid.tolist(), "profile": score(grid).mean(axis=1).round(3).tolist()}
        center = np.full(network.n_connections, best, dtype=np.float32)
        result["noise"] = [score.noisy(center, deviation).round(3).tolist() for deviation in NOISE]
        at = np.array([best, *(shared_rounded(best, bits) for bits in BITS)])
        result["shared_bits"] = score(at).mean(axis=1).round(3).tolist()
    if "tuning" in network.metadata:  # the published files hold weights that nobody tuned
        own = np.asarray(network.weights)
        result["tuned_noise"] = [score.noisy(own, deviation).round(3).tolist() for deviation in NOISE]
        rows = np.array([own, *(rounded(own, bits) for bits in BITS)])
        result["tuned_bits"] = score(rows).mean(axis=1).round(3).tolist()
    return result


def fixed(generations: int, threads: int | None) -> Network:
    """A fully connected network of two layers of 5 nodes, its weights tuned on swing-up."""
    task = wann.make_task("cartpole-swingup")
    network = fully_connected(task.inputs, task.outputs, (5, 5), activation="tanh", output_activation="tanh")
    start = np.zeros(network.n_connections)
    tuned = wann.tune(network, task, generations=generations, start=start, sigma=0.5, threads=threads)
    return tuned.with_metadata(fixed_topology=True)


def width(row: dict[str, Any], low: float, high: float) -> float:
    """The share of the weights with low <= |w| <= high whose reward is at least 90 % of the best within -2 to 2."""
    grid, profile = np.abs(row["grid"]), np.array(row["profile"])
    best = profile[grid <= 2].max()
    return 100 * float((profile[(grid >= low) & (grid <= high)] >= 0.9 * best).mean())


def half(noise: list[list[float]]) -> float:
    """The noise at which the mean has fallen to 90 % of that without noise; infinite where it has not."""
    means = np.array([np.mean(values) for values in noise])
    below = np.flatnonzero(means < 0.9 * means[0])
    if not len(below):
        return np.inf
    i = below[0]
    return float(np.interp(0.9 * means[0], means[[i, i - 1]], np.array(NOISE)[[i, i - 1]]))


def searched(task_name: str, seed: int, generations: int, threads: int | None) -> Network:
    task, population = wann.make_task(task_name), SEARCHES[task_name][0]
    settings: dict[str, Any] = {"population": population, "islands": 1, "island_culls": (), "generations": generations}
    search = wann.Search(task, wann.preset(task, **settings), seed=seed, threads=threads)
    list(search.run())
    return search.champion


def line_of(rows: list[dict[str, Any]]) -> list[Any]:
    """What the table says of one network, or of those of several seeds."""
    tuned = [half(row["tuned_noise"]) for row in rows if "tuned_noise" in row]
    last, connections = cell(tuned, 2) if tuned else "–", f"{np.mean([row['connections'] for row in rows]):.0f}"
    if "profile" not in rows[0]:
        return [connections, *["–"] * 6, last]
    # Of one network over its episodes; samples have none.
    best = [np.mean(row["noise"][0]) for row in rows] if len(rows) > 1 else rows[0]["noise"][0]
    best = best[:1] if len(set(best)) == 1 else best
    widths = [f"{cell([width(row, *limits) for row in rows])} %" for limits in ((0, 2), (2.001, 5))]
    profiles = [(np.abs(row["grid"]), np.array(row["profile"])) for row in rows]
    means = [[profile[(grid > 2) == beyond].mean() for grid, profile in profiles] for beyond in (False, True)]
    noise = cell([half(row["noise"]) for row in rows], 2)
    return [connections, cell(best, 1), *widths, *(cell(values, 1) for values in means), noise, last]


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    """What differs in its seed alone is one line of the tables, with intervals over the seeds."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["network"].partition(", seed")[0], []).append(row)
    header = ["network", "connections", "at the best weight", "within 90 %: U(-2, 2)", "2 < |w| ≤ 5"]
    header += ["mean over U(-2, 2)", "2 < |w| ≤ 5", "noise for 90 %", "the same, tuned weights"]
    print(table(header, [[name, *line_of(group)] for name, group in groups.items()]))
    lines = []
    for name, group in groups.items():
        kinds = [[row[kind] for row in group if kind in row] for kind in ("shared_bits", "tuned_bits")]
        lines.append(
            [name, *(x for kind in kinds for x in (map(partial(cell, places=1), np.transpose(kind)) if kind else "––––"))]
        )
    print(table(["network", "shared", "8 bits", "4", "2", "tuned", "8 bits", "4", "2"], lines))
    figure, (left, right) = panels(2, height=3.4)
    for name, group in groups.items():
        noise = np.mean([np.mean(row.get("noise", row.get("tuned_noise")), axis=1) for row in group], axis=0)
        (line,) = right.plot(NOISE, noise / noise[0], label=name)
        if "profile" in group[0]:
            profile = np.mean([row["profile"] for row in group], axis=0)
            grid = np.array(group[0]["grid"])
            style = {"color": line.get_color(), "linestyle": line.get_linestyle()}
            left.plot(grid, profile / profile[np.abs(grid) <= 2].max(), **style)
    left.set(title="Weight profile, as a part of its best", xlabel="shared weight", ylim=(-0.2, 1.05))
    right.set(title="Noise of each connection's own", xlabel="standard deviation / weight", ylim=(-0.2, 1.05))
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "how-agnostic")
    parser.add_argument("--network", action="append", default=[], metavar="TASK=FILE", help="one more network")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="a network of the zoo to leave out")
    parser.add_argument("--searched", action="append", default=[], choices=list(SEARCHES), help="a task to search on, too")
    parser.add_argument("--seeds", type=int, default=5, help="of the searches")
    parser.add_argument("--generations", type=int, default=600, help="of CMA-ES on the fixed topology")
    arguments = parsed(parser, generations=20, seeds=2)
    kept, threads, quick = Kept(arguments), arguments.threads, arguments.quick
    if arguments.report:
        return report(kept.rows, arguments)
    #: By name, the network, its task where its file does not tell, and how long it is searched or tuned.
    jobs: dict[str, tuple[Callable[[], Network], str | None, dict[str, int]]] = {}
    for name in (name for name in (ZOO[:1] if quick else ZOO) if name not in arguments.without):
        jobs[name] = partial(wann.zoo.load, name), None, {}
    for task_name, path in (pair.split("=", 1) for pair in arguments.network):
        jobs[Path(path).name] = partial(Network.load, path), task_name, {}
    tuning = {"generations": arguments.generations}
    jobs["fixed topology, tuned"] = partial(fixed, **tuning, threads=threads), "cartpole-swingup", tuning
    for task_name in arguments.searched:
        for seed in range(arguments.seeds):
            generations = arguments.generations if quick else SEARCHES[task_name][1]
            find = partial(searched, task_name, seed, generations, threads)
            jobs[f"{task_name}, searched, seed {seed}"] = find, task_name, {"generations": generations}

    def compute(load: Callable[[], Network], task_name: str | None) -> dict[str, Any]:
        network = load()
        return measure(network, wann.tasks.task_for(network, task_name), quick, threads)

    rows = []
    for name, (load, task_name, more) in jobs.items():
        rows.append(kept.get(partial(compute, load, task_name), network=name, **more))
    report(rows, arguments)


if __name__ == "__main__":
    main()
