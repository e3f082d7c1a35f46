"""Why one shared weight? Searches whose networks run with weights that are partly or wholly each connection's own.

    python studies/one_shared_weight.py --quick
    python studies/one_shared_weight.py --seeds 5

A lane's weights are drawn from U(-2, 2): one for all connections, but a connection has a draw of its own with the
chance `own`, from 0 (shared, the method) to 1 (independent). So each weight alone is distributed alike in all searches.
They have the same settings and as many episodes, each with fresh draws; `draws` of them for each network in a
generation. A champion is scored on fresh episodes and draws at each chance, and once more with its weights tuned.

A limit: independent draws are as likely with the signs of all weights that leave an input turned. So no network earns more
at such draws than the best policy whose inputs have random signs in each episode. How good one can be is tried with tuned
weights: two layers of 10 nodes that see the inputs' sizes only.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from kit import COLOURS, Kept, cell, episodes, interval, options, panels, parsed, save, table
from numpy.typing import NDArray

import wann
from wann.execution import Evaluator, Job, Threads, Usage
from wann.networks import Network
from wann.tasks import Rollouts

OWN = (0.0, 0.1, 0.3, 1.0)
DRAWS = (64, 16, 4, 1)
SETTINGS: dict[str, Any] = {"population": 128, "islands": 1, "island_culls": (), "episodes": 1, "fresh_weights": True}
LOW, HIGH = -2.0, 2.0


class Mixed(Evaluator):
    """Runs networks with weights of which a part is drawn anew for each connection and lane."""

    name = "weights of each connection's own"

    def __init__(self, own: float, threads: int | None) -> None:
        self.own, self._inner = own, Threads(threads)

    def run_each(self, task: Any, jobs: Sequence[Job]) -> list[Rollouts]:
        """Each network becomes a job of its own, because it has as many weights as connections."""
        return [self._run(task, job) for job in jobs] if self.own else self._inner.run_each(task, jobs)

    def _run(self, task: Any, job: Job) -> Rollouts:
        networks = list(job.networks)
        if not networks:
            return self._inner.run_each(task, [job])[0]
        rows = mixed(np.asarray(job.weights), max(n.n_connections for n in networks), self.own, job.seeds)
        parts = [Job.of([network], rows[:, : network.n_connections], job.seeds) for network in networks]
        results = self._inner.run_each(task, parts)
        return Rollouts(
            rewards=np.concatenate([r.rewards for r in results]),
            steps=np.concatenate([r.steps for r in results]),
            computed_steps=sum(r.computed_steps for r in results),
            idle_steps=sum(r.idle_steps for r in results),
        )

    def usage(self) -> Usage | None:
        return None


def mixed(shared: NDArray[Any], n: int, own: float, seeds: NDArray[np.uint64]) -> NDArray[np.float32]:
    """A row of weights for each lane, shape (n_lanes, n); the same lanes get the same draws."""
    rng = np.random.default_rng(np.asarray(seeds))
    draws = rng.uniform(LOW, HIGH, (len(shared), n))
    return np.where(rng.random((len(shared), n)) < own, draws, shared[:, None]).astype(np.float32)


def score(network: Network, task: Any, own: float, n: int, threads: int | None) -> list[float]:
    """Mean and standard deviation of n fresh episodes, each with a draw of its own."""
    shared = np.random.default_rng(11).uniform(LOW, HIGH, n).astype(np.float32)
    rewards = Mixed(own, threads).run(task, [network], shared, episodes(4, n)).rewards[0]
    return [round(float(rewards.mean()), 2), round(float(rewards.std()), 2)]


def run(task: Any, own: float, draws: int, seed: int, budget: int, trials: int, threads: int | None) -> dict[str, Any]:
    weights = tuple(np.linspace(LOW, HIGH, draws))  # how many: the draws themselves are fresh
    generations = max(1, budget // draws)
    config = wann.preset(task, **SETTINGS, generations=generations, weights=weights, confirm_episodes=max(1, 256 // draws))
    search = wann.Search(task, config, seed=seed, threads=threads, evaluator=Mixed(own, threads))
    for _ in search.run():
        pass
    network = search.champion
    tuned = wann.tune(network, task, generations=trials // 25, seed=seed, threads=threads)
    result = Threads(threads).run(task, [tuned], np.repeat(tuned.weights[None], trials, axis=0), episodes(5, trials))
    return {
        "scores": [score(network, task, at, trials, threads) for at in OWN],
        "tuned": round(float(result.rewards.mean()), 2),
        "connections": network.n_connections,
        "steps": search.environment_steps,
    }


def unsigned(task: Any, seed: int, generations: int, threads: int | None) -> dict[str, Any]:
    """What tuned weights reach in two tanh layers over the inputs' sizes: mean and standard deviation of 2,000 episodes."""
    inputs = 1 + len(task.inputs)  # with the bias, whose sign is random, too
    layers = np.split(np.arange(2 * inputs + 21), np.cumsum([inputs, inputs, 10, 10]))
    dense = [np.stack(np.meshgrid(*pair), axis=-1).reshape(-1, 2) for pair in pairwise(layers[1:])]
    network = Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=["absolute"] * inputs + ["tanh"] * 20,
        output_activations="tanh",
        connections=np.concatenate([np.column_stack(layers[:2]), *dense]),
    )
    start = np.random.default_rng(seed).normal(0, 0.3, network.n_connections)
    tuned = wann.tune(network, task, start=start, sigma=0.5, generations=generations, seed=seed, threads=threads)
    rows = np.repeat(np.asarray(tuned.weights)[None], 2000, axis=0)
    rewards = Threads(threads).run(task, [tuned], rows, episodes(6, 2000)).rewards[0]
    return {"unsigned": [round(float(rewards.mean()), 2), round(float(rewards.std()), 2)]}


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    limits = [row["unsigned"][0] for row in rows if "unsigned" in row]
    if limits:
        line = [cell(limits), f"{max(limits):.0f}", len(limits)]
        print(table(["tuned weights, inputs without signs", "best seed", "seeds"], [line]))
    rows = [row for row in rows if "unsigned" not in row]
    settings = list(dict.fromkeys((row["own"], row["draws"], row["budget"]) for row in rows))
    lines = []
    for own, draws, budget in settings:
        group = [row for row in rows if (row["own"], row["draws"], row["budget"]) == (own, draws, budget)]
        cells = [cell([row["scores"][i][0] for row in group]) for i in range(len(OWN))]
        sizes = np.mean([row["connections"] for row in group])
        spread = np.mean([row["scores"][-1][1] for row in group])
        tuned, seeds = cell([row["tuned"] for row in group]), len(group)
        steps = f"{np.mean([row['steps'] for row in group]) / 1e6:.0f}"
        lines.append([f"{own:g}", draws, budget // draws, *cells, f"± {spread:.0f}", tuned, f"{sizes:.0f}", steps, seeds])
    header = ["own", "draws", "generations", *(f"at own {own:g}" for own in OWN)]
    header += ["of an episode", "tuned weights", "connections", "million steps", "seeds"]
    print(table(header, lines))
    for i, kind in ((0, "a shared weight"), (-1, "independent weights")):
        pairs = [(row["scores"][i][0], row["tuned"]) for row in rows]
        print(f"correlation of the rewards at {kind} and with tuned weights: {np.corrcoef(pairs, rowvar=False)[0, 1]:.2f}")
    figure, (left, right) = panels(2)
    shortest = min(row["budget"] for row in rows)
    alike = [row for row in rows if row["budget"] == shortest]
    for i, (draws, colour) in enumerate(zip(DRAWS, COLOURS, strict=False)):
        group = [row for row in alike if row["draws"] == draws]
        points = [
            (own, interval([row["scores"][OWN.index(own)][0] for row in group if row["own"] == own]))
            for own in sorted({row["own"] for row in group})
        ]
        x = np.array([own for own, _ in points]) + 0.008 * i
        means, lows, highs = np.array([y for _, y in points]).T.reshape(3, -1)
        left.errorbar(x, means, [means - lows, highs - means], color=colour, marker="o", markersize=3, label=draws)
    left.set(title="Reward at the draws that it was searched with", xlabel="chance of a weight of its own", ylabel="reward")
    left.legend(title="draws")
    for own, colour in zip(OWN, COLOURS, strict=False):
        group = [row for row in rows if row["own"] == own]
        right.scatter([r["connections"] for r in group], [r["scores"][-1][0] for r in group], s=10, color=colour, label=own)
    right.set(title="Independent weights", xlabel="connections of the champion", ylabel="reward")
    right.legend(title="searched with own", loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "one-shared-weight")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=1024, help="episodes of a network's place in a population")
    parser.add_argument("--own", type=float, action="append", choices=OWN, help="one of the chances; all by default")
    parser.add_argument("--draws", type=int, action="append", choices=DRAWS, help="one of their numbers; all by default")
    parser.add_argument("--signs", type=int, default=1000, metavar="N", help="generations of CMA-ES for the limit")
    arguments = parsed(parser, seeds=2, budget=320, signs=30)
    if arguments.report:
        return report(Kept(arguments).rows, arguments)
    wanted = [*((own, 16) for own in OWN), (1.0, 64), (1.0, 4), (1.0, 1), (0.0, 64), (0.0, 4)]
    seeds, budget, trials = arguments.seeds, arguments.budget, 2000
    if arguments.quick:
        wanted, trials = [(0.0, 16), (1.0, 16)], 100
    kept, task, rows = Kept(arguments), wann.make_task("cartpole-swingup"), []
    wanted = [(own, draws) for own, draws in wanted if own in (arguments.own or OWN) and draws in (arguments.draws or DRAWS)]
    for own, draws in wanted:
        for seed in range(seeds):
            compute = partial(run, task, own, draws, seed, budget, trials, arguments.threads)
            rows.append(kept.get(compute, own=own, draws=draws, seed=seed, budget=budget))
    for seed in range(seeds):
        compute = partial(unsigned, task, seed, arguments.signs, arguments.threads)
        rows.append(kept.get(compute, signs=arguments.signs, seed=seed))
    report(rows, arguments)


if __name__ == "__main__":
    main()
