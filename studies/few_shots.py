"""Few shots: what one weight, found in a few episodes, recovers of dynamics that were not met in search.

    python studies/few_shots.py --quick
    python studies/few_shots.py --seeds 5

Networks: WANNs by short searches on cart-pole swing-up, half of them for reward as usual and half for the reward
*after* five episodes on other dynamics (one at each of five weights; the best of them counts on one more episode); and
fully connected ones with tuned weights. Then the pole's length and mass, the gravity, the friction or the force change.
Each network has k episodes there: `wann.adapt` for the one weight, and for all weights (of the WANN, tuned, and of the
fixed topology) a hill climber that tries Gaussian steps. What they have found is scored on fresh episodes, beside the
best shared weight of a long sweep.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from kit import Kept, cell, episodes, interval, options, panels, parsed, save, table

import wann
from wann.execution import Evaluator, Job, Threads, Usage
from wann.networks import Network, fully_connected
from wann.tasks import Rollouts

USUAL = {"gravity": 9.82, "pole_mass": 0.5, "pole_length": 0.6, "friction": 0.1, "force": 10.0}
CHANGES = {
    "unchanged": {},
    "pole half as long": {"pole_length": 0.3},
    "pole 1.5 times as long": {"pole_length": 0.9},
    "pole twice as long": {"pole_length": 1.2},
    "pole a third as heavy": {"pole_mass": 0.17},
    "pole three times as heavy": {"pole_mass": 1.5},
    "half the gravity": {"gravity": 4.91},
    "1.5 times the gravity": {"gravity": 14.73},
    "20 times the friction": {"friction": 2.0},
    "0.6 of the force": {"force": 6.0},
    "1.5 times the force": {"force": 15.0},
}
SHOTS = (0, 1, 3, 10, 30, 100)
SETTINGS: dict[str, Any] = {"population": 128, "islands": 1, "island_culls": ()}
WAYS = ("one weight", "one weight, searched for adapting", "all weights of a WANN", "all weights, fixed topology")


class Adapting(Evaluator):
    """Tells a network, in place of each reward, what it has after episodes on other dynamics, one at each weight."""

    name = "the reward after adapting"

    def __init__(self, threads: int | None) -> None:
        self._inner = Threads(threads)

    def run_each(self, task: Any, jobs: Sequence[Job]) -> list[Rollouts]:
        return [self._run(job) for job in jobs]

    def _run(self, job: Job) -> Rollouts:
        weights, seeds = np.unique(np.asarray(job.weights)), np.unique(np.asarray(job.seeds))
        rng, after, steps = np.random.default_rng(seeds), [], 0
        for pair in seeds.reshape(-1, 2):
            physics = {name: value * 2 ** float(rng.uniform(-1, 1)) for name, value in USUAL.items()}
            lanes = np.repeat(weights, 2), np.tile(pair, len(weights))
            result = self._inner.run(wann.make_task("cartpole-swingup", **physics), job.networks, *lanes)
            tried, scored = np.moveaxis(result.rewards.reshape(len(job.networks), len(weights), 2), 2, 0)
            after.append(scored[np.arange(len(scored)), tried.argmax(axis=1)])
            steps += result.computed_steps
        rewards = np.repeat(np.mean(after, axis=0)[:, None], len(job.seeds), axis=1)
        return Rollouts(rewards=rewards, steps=np.zeros(rewards.shape, dtype=np.int64), computed_steps=steps, idle_steps=0)

    def usage(self) -> Usage | None:
        return None


def networks(folder: Path, seed: int, generations: int, threads: int | None) -> dict[str, Network]:
    """A WANN with tuned weights, one that was searched for adapting, and a fixed topology with tuned weights."""
    task = wann.make_task("cartpole-swingup")

    def usual() -> Network:
        search = wann.Search(task, wann.preset(task, **SETTINGS, generations=generations), seed=seed, threads=threads)
        list(search.run())
        return wann.tune(search.champion, task, generations=generations, seed=seed, threads=threads)

    def adapting() -> Network:
        weights = (-1.6, -0.8, 0.4, 0.8, 1.6)  # fixed: it is these that are tried
        settings = {**SETTINGS, "fresh_weights": False, "weights": weights, "episodes": 8}
        config = wann.preset(task, **settings, generations=generations)
        search = wann.Search(task, config, seed=seed, threads=threads, evaluator=Adapting(threads))
        list(search.run())
        return search.champion

    def fixed() -> Network:
        network = fully_connected(task.inputs, task.outputs, (5, 5), activation="tanh", output_activation="tanh")
        start = np.zeros(network.n_connections)
        return wann.tune(network, task, generations=2 * generations, start=start, sigma=0.5, seed=seed, threads=threads)

    made = {}
    for name, make in {"usual": usual, "adapting": adapting, "fixed": fixed}.items():
        path = folder / f"{name}-{seed}-{generations}.json"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            make().save(path)
        made[name] = Network.load(path)
    return made


def score(network: Network, task: Any, weights: Any, n: int, threads: int | None) -> float:
    rows = np.repeat(np.asarray(weights, dtype=np.float32)[None], n, axis=0)
    return float(Threads(threads).run(task, [network], rows, episodes(7, n)).rewards.mean())


def climbed(network: Network, task: Any, seed: int, threads: int | None) -> list[np.ndarray]:
    """The weights that a hill climber holds after each number of episodes in `SHOTS`; each candidate has one episode."""
    rng, seeds, evaluator = np.random.default_rng(seed), episodes(1000 + seed, SHOTS[-1]), Threads(threads)
    best, best_reward, held = np.asarray(network.weights), -np.inf, [np.asarray(network.weights)]
    step = 0.1 * np.abs(best).mean()
    for k, episode in enumerate(seeds):
        row = best if k == 0 else (best + step * rng.normal(size=len(best))).astype(np.float32)
        reward = float(evaluator.run(task, [network], row[None], np.array([episode])).rewards[0, 0])
        if reward > best_reward:
            best, best_reward = row, reward
        if k + 1 in SHOTS:
            held.append(best)
    return held


def measure(folder: Path, change: str, seed: int, generations: int, threads: int | None) -> dict[str, Any]:
    task, made, n = wann.make_task("cartpole-swingup", **CHANGES[change]), networks(folder, seed, generations, threads), 200
    former = wann.make_task("cartpole-swingup")
    row: dict[str, Any] = {}
    for way, name in zip(WAYS[:2], ("usual", "adapting"), strict=True):
        found = [wann.adapt(made[name], task, episodes=k, former=former, seed=seed, threads=threads) for k in SHOTS[1:]]
        weights = [found[0].former_weight, *(f.weight for f in found)]
        row[way] = [round(score(made[name], task, weight, n, threads), 1) for weight in weights]
        sweep = wann.training.tune_shared_weight(made[name], task, seed=seed, threads=threads).weight
        row[f"{way}, best"] = round(score(made[name], task, sweep, n, threads), 1)
    for way, name in zip(WAYS[2:], ("usual", "fixed"), strict=True):
        row[way] = [round(score(made[name], task, w, n, threads), 1) for w in climbed(made[name], task, seed, threads)]
    return row


def report(by_change: dict[str, list[dict[str, Any]]], arguments: Any) -> None:
    changed = {name: rows for name, rows in by_change.items() if name != "unchanged"}
    lines = []
    for name, rows in by_change.items():
        curves = {way: np.array([row[way] for row in rows]).mean(axis=0) for way in WAYS}
        pairs = [f"{curve[0]:.0f} → {curve[2]:.0f} → {curve[3]:.0f}" for curve in curves.values()]
        lines.append([name, *pairs, f"{np.mean([row[f'{WAYS[0]}, best'] for row in rows]):.0f}"])
    print(table(["after 0 → 3 → 10 episodes", *WAYS, "best shared weight"], lines))
    figure, (axes,) = panels(1, width=5.5)
    lines = []
    for way in WAYS:
        # Over the changes of each seed: the networks are what is independent.
        curves = np.array([[row[way] for row in rows] for rows in changed.values()]).mean(axis=0)
        bounds = np.array([interval(column) for column in curves.T])
        axes.plot(range(len(SHOTS)), bounds[:, 0], marker="o", markersize=3, label=way)
        axes.fill_between(range(len(SHOTS)), bounds[:, 1], bounds[:, 2], alpha=0.12, linewidth=0)
        gain = cell(curves[:, 3] - curves[:, 0])
        best = np.array([[row.get(f"{way}, best", np.nan) for row in rows] for rows in changed.values()]).mean(axis=0)
        lines.append([way, *(cell(column) for column in curves.T), gain, "–" if np.isnan(best).any() else cell(best)])
    print(table(["mean over the changes", *(f"k = {k}" for k in SHOTS), "10 less 0", "best shared weight"], lines))
    axes.set_xticks(range(len(SHOTS)), map(str, SHOTS))
    axes.set(xlabel="episodes on the changed dynamics", ylabel="reward", title="Mean over ten changes of swing-up")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "few-shots")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=150)
    parser.add_argument("--networks", type=Path, default=Path("runs/few-shots"), help="folder of the networks")
    arguments = parsed(parser, seeds=2, generations=15)
    changes, seeds, generations = list(CHANGES), arguments.seeds, arguments.generations
    if arguments.quick:
        changes = changes[:2] + changes[-1:]
    kept, folder = Kept(arguments), arguments.networks
    by_change: dict[str, list[dict[str, Any]]] = {name: [] for name in changes}
    for seed in range(seeds):
        for name in changes:
            compute = partial(measure, folder, name, seed, generations, arguments.threads)
            by_change[name].append(kept.get(compute, change=name, seed=seed, generations=generations))
    report(by_change, arguments)


if __name__ == "__main__":
    main()
