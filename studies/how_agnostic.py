"""How agnostic is agnostic? The width of the weight profile, noise around the shared weight, and weights of few bits.

    python studies/how_agnostic.py --quick
    python studies/how_agnostic.py                                          # the networks of the zoo
    python studies/how_agnostic.py --network cartpole-swingup=swing.out     # and others: TASK=FILE

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
from kit import Kept, cell, episodes, options, panels, parsed, save, table
from numpy.typing import NDArray

import wann
from wann.execution import Threads
from wann.networks import Network, fully_connected

BITS = (8, 4, 2)
NOISE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  #: standard deviation as a part of the weight's size
SIZES = {"bipedal-walker": (40, 101), "car-racing": (8, 41)}
ZOO = ("cartpole-swingup", "bipedal-walker", "bipedal-walker-searched", "car-racing", "digits", "mnist")


class Scorer:
    """Rewards of one network on a task's fresh episodes; accuracies where labels are classes."""

    def __init__(self, network: Network, task: Any, n: int, *, chooses: bool, threads: int | None) -> None:
        self.network, self.task, self.n, self.evaluator = network, task, n, Threads(threads)
        self.seeds = episodes(1 if chooses else 2, n)
        # Classes: training samples to choose by, held-out ones to score.
        self.samples = None if getattr(task, "held_out", None) is None else (task if chooses else task.held_out)

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Shape (n_rows, n_episodes): of each shared weight, or each row of individual weights (n_rows, n_connections)."""
        if self.samples is not None:
            return np.array([[self._accuracy(row)] for row in rows])
        weights = np.repeat(rows.astype(np.float32), self.n, axis=0)
        result = self.evaluator.run(self.task, [self.network], weights, np.tile(self.seeds, len(rows)))
        return result.rewards.reshape(len(rows), self.n)

    def noisy(self, center: NDArray[np.float32], deviation: float) -> NDArray[np.float64]:
        """With fresh noise on every connection in every episode (on classes, in as many draws)."""
        noise = np.random.default_rng(5).normal(size=(self.n, self.network.n_connections))
        rows = (center + deviation * np.abs(center).mean() * noise).astype(np.float32)
        if self.samples is not None:
            return self(rows)[:, 0]
        return self.evaluator.run(self.task, [self.network], rows, self.seeds).rewards[0]

    def _accuracy(self, row: NDArray[Any]) -> float:
        own = {"weights": row} if np.ndim(row) else {"weight": float(row)}
        outputs = self.network(self.samples.x[:10_000], **own, threads=self.evaluator.threads)
        return 100 * float((outputs.argmax(axis=1) == self.samples.y[:10_000]).mean())


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


def measure(network: Network, task_name: str, size: tuple[int, int], threads: int | None) -> dict[str, Any]:
    """What there is to say of one network; of one that is not weight agnostic, only of its tuned weights."""
    task, (n, points) = wann.make_task(task_name), size
    choose, score = (Scorer(network, task, n, chooses=chooses, threads=threads) for chooses in (True, False))
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


def half(noise: list[list[float]]) -> str:
    """The noise at which the mean has fallen to 90 % of that without noise."""
    means = np.array([np.mean(values) for values in noise])
    below = np.flatnonzero(means < 0.9 * means[0])
    if not len(below):
        return f"> {NOISE[-1]:g}"
    i = below[0]
    return f"{np.interp(0.9 * means[0], means[[i, i - 1]], np.array(NOISE)[[i, i - 1]]):.2f}"


def report(rows: dict[str, dict[str, Any]], arguments: Any) -> None:
    lines, bits_lines = [], []
    for name, row in rows.items():
        if "profile" in row:
            grid, profile = np.array(row["grid"]), np.array(row["profile"])
            inside, outside = profile[np.abs(grid) <= 2], profile[np.abs(grid) > 2]
            widths = [f"{width(row, low, high):.0f} %" for low, high in ((0, 2), (2.001, 5))]
            means = [f"{values.mean():.1f}" for values in (inside, outside)]
            tuned = half(row["tuned_noise"]) if "tuned_noise" in row else "–"
            best = cell(row["noise"][0], 1) if len(set(row["noise"][0])) > 1 else f"{row['noise'][0][0]:.1f}"
            lines.append([name, row["connections"], best, *widths, *means, half(row["noise"]), tuned])
        else:
            lines.append([name, row["connections"], *["–"] * 6, half(row["tuned_noise"])])
        shared = [f"{r:.1f}" for r in row.get("shared_bits", [])] or ["–"] * 4
        own = [f"{r:.1f}" for r in row.get("tuned_bits", [])] or ["–"] * 4
        bits_lines.append([name, *shared, *own])
    header = ["network", "connections", "at the best weight", "within 90 %: U(-2, 2)", "2 < |w| ≤ 5"]
    header += ["mean over U(-2, 2)", "2 < |w| ≤ 5", "noise for 90 %", "the same, tuned weights"]
    print(table(header, lines))
    print(table(["network", "shared", "8 bits", "4", "2", "tuned", "8 bits", "4", "2"], bits_lines))
    figure, (left, right) = panels(2)
    for name, row in rows.items():
        if "profile" in row:
            profile = np.array(row["profile"])
            left.plot(row["grid"], profile / profile[np.abs(row["grid"]) <= 2].max(), label=name)
        noise = np.array(row["noise"] if "noise" in row else row["tuned_noise"]).mean(axis=1)
        right.plot(NOISE, noise / noise[0], label=name)
    left.set(title="Weight profile, as a part of its best", xlabel="shared weight", ylim=(-0.2, 1.05))
    right.set(title="Noise of each connection's own", xlabel="standard deviation / weight", ylim=(-0.2, 1.05))
    right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "how-agnostic")
    parser.add_argument("--network", action="append", default=[], metavar="TASK=FILE", help="one more network")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="a network of the zoo to leave out")
    parser.add_argument("--generations", type=int, default=600, help="of CMA-ES on the fixed topology")
    arguments = parsed(parser, generations=20)
    kept, threads = Kept(arguments), arguments.threads
    jobs: dict[str, tuple[str, Callable[[], Network]]] = {}  #: by name, the task and the network
    for name in (name for name in (ZOO[:1] if arguments.quick else ZOO) if name not in arguments.without):
        jobs[name] = str(wann.zoo.load(name).metadata["task"]), partial(wann.zoo.load, name)
    for task_name, path in (pair.split("=", 1) for pair in arguments.network):
        jobs[Path(path).name] = task_name, partial(Network.load, path)
    jobs["fixed topology, tuned"] = "cartpole-swingup", partial(fixed, arguments.generations, threads)

    def size_of(task_name: str) -> tuple[int, int]:
        """Episodes, and weights in the profile: fewer where an episode takes long."""
        return (20, 41) if arguments.quick else SIZES.get(task_name, (200, 201))

    rows: dict[str, dict[str, Any]] = {}
    for name, (task_name, load) in sorted(jobs.items(), key=lambda job: -size_of(job[1][0])[0]):
        compute = partial(lambda load, task: measure(load(), task, size_of(task), threads), load, task_name)
        rows[name] = kept.get(compute, network=name)
    report({name: rows[name] for name in jobs}, arguments)


if __name__ == "__main__":
    main()
