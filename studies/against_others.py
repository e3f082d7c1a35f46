"""A WANN whose weights are tuned, beside NEAT, fixed and random topologies, and a search in which tuned weights count.

    python studies/against_others.py --quick
    python studies/against_others.py --seeds 5 --budget 300
    python studies/against_others.py --task bipedal-walker --seeds 3

Every method gets as many environment steps. On the way, what each holds is scored on fresh episodes, so that the curves
tell when the prior of a searched topology is worth its price. Methods:

- WANN: half the steps for a search by the default settings (one island), half for CMA-ES on the champion's weights;
- NEAT: topology and weights evolve together (needs the extra neat);
- fixed: CMA-ES on fully connected networks of two layers, of 3, 5 and 10 nodes each (on the walker, 10 and 40);
- random: CMA-ES on four topologies that random changes made, a quarter of the steps each; the best counts;
- best draw: half the steps for a search whose fitness is the reward at the best of 16 draws of independent weights,
  half for CMA-ES from the best draw of the champion (not on the walker)."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from kit import Kept, cell, colours_of, episodes, interval, options, panels, parsed, save, table

import wann
from wann.execution import Evaluator, Job, Threads, Usage
from wann.networks import Network, fully_connected
from wann.scoring import Neat
from wann.tasks import Rollouts
from wann.training import WeightTuning

PARTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  #: of the budget at which a method is scored
SETTINGS: dict[str, Any] = {"islands": 1, "island_culls": (), "generations": 10**6}
DRAWS = 16
SWINGUP = "cartpole-swingup"
#: By task: million steps of each method, layers of the fixed topologies, fresh episodes of a score, networks of a search.
TASKS: dict[str, Any] = {SWINGUP: (200, (3, 5, 10), 200, 128), "bipedal-walker": (100, (10, 40), 40, 192)}
#: A method's course: the steps so far, and how to get what it would hand over.
Course = Iterator[tuple[int, Any]]


class BestDraw(Evaluator):
    """Tells a network, in place of each reward, that of the best of its independent draws, on episodes of its own."""

    name = "the best of independent draws"

    def __init__(self, threads: int | None) -> None:
        self._inner = Threads(threads)

    def run_each(self, task: Any, jobs: Sequence[Job]) -> list[Rollouts]:
        return [self._run(task, job) for job in jobs]

    def _run(self, task: Any, job: Job) -> Rollouts:
        results = [self.best(task, network, np.asarray(job.seeds)) for network in job.networks]
        rewards = np.array([[reward] * len(job.seeds) for _, reward, _ in results]).reshape(len(results), -1)
        steps = sum(computed for _, _, computed in results)
        return Rollouts(rewards=rewards, steps=np.zeros(rewards.shape, dtype=np.int64), computed_steps=steps, idle_steps=0)

    def best(self, task: Any, network: Network, seeds: np.ndarray) -> tuple[np.ndarray, float, int]:
        """The best draw by the first episode, its reward on another one, and the steps of both."""
        rng = np.random.default_rng(seeds)
        rows = rng.uniform(-2, 2, (DRAWS, network.n_connections)).astype(np.float32)
        first, second = np.unique(seeds)[[0, -1]] if len(np.unique(seeds)) > 1 else (seeds[0], seeds[0] + np.uint64(1))
        tried = self._inner.run(task, [network], rows, np.full(DRAWS, first))
        row = rows[tried.rewards[0].argmax()]
        again = self._inner.run(task, [network], row[None], np.array([second]))
        return row, float(again.rewards[0, 0]), tried.computed_steps + again.computed_steps

    def usage(self) -> Usage | None:
        return None


def searched(task: Any, seed: int, budget: int, threads: int | None, evaluator: Evaluator | None = None) -> Course:
    config = wann.preset(task, **SETTINGS, population=TASKS[task.name][3])
    search = wann.Search(task, config, seed=seed, threads=threads, evaluator=evaluator)
    for _ in search.run():
        yield search.environment_steps, lambda: search.champion
        if search.environment_steps >= budget / 2:
            break
    start = BestDraw(threads).best(task, search.champion, episodes(seed + 50, 2))[0] if evaluator else None
    yield from tuned(task, search.champion, seed, threads, spent=search.environment_steps, start=start)


def tuned(task: Any, network: Network, seed: int, threads: int | None, spent: int = 0, **settings: Any) -> Course:
    tuning = WeightTuning(network, task, seed=seed, threads=threads, **settings)
    for record in tuning.run():
        yield spent + record.environment_steps, lambda: tuning.network


def fixed(task: Any, layers: tuple[int, ...], seed: int, threads: int | None) -> Course:
    network = fully_connected(task.inputs, task.outputs, layers, activation="tanh", output_activation="tanh")
    yield from tuned(task, network, seed, threads, start=np.zeros(network.n_connections), sigma=0.5)


def neat(task: Any, seed: int, threads: int | None) -> Course:
    evolution = Neat(task, seed=seed, population=150, threads=threads)
    for record in evolution.run():
        yield record.environment_steps, lambda: evolution.network


def random_topologies(task: Any, seed: int, budget: int, threads: int | None) -> Course:
    """A search that is told random rewards makes topologies of the kind that it would make otherwise."""
    search = wann.Search(task, wann.preset(task, **SETTINGS, population=128, confirm_episodes=1), seed=seed, threads=threads)
    rng, spent, kept = np.random.default_rng(seed), 0, {-np.inf: search.ask()[0]}
    for _ in range(60):
        search.tell(rng.random((128, len(search.config.weights), 1)))
    for k in range(4):
        network = next(n for n in list(search.ask())[k * 32 :] if n.n_connections > 10)
        tuning = WeightTuning(network, task, seed=seed + k, threads=threads)
        for record in tuning.run():
            kept[tuning.best_reward] = tuning.network
            yield spent + record.environment_steps, lambda: kept[max(kept)]
            if record.environment_steps >= budget / 4:
                break
        spent += tuning.environment_steps


def follow(course: Course, task: Any, budget: int, threads: int | None) -> dict[str, Any]:
    """Scores what a method holds at each part of the budget, and stops it at the end."""
    waiting, curve, seconds, start = list(PARTS), [], 0.0, time.perf_counter()
    for spent, network_of in course:
        if spent >= waiting[0] * budget:
            seconds += time.perf_counter() - start
            network = network_of()
            curve += [round(score(network, task, threads), 2)] * sum(spent >= part * budget for part in waiting)
            waiting = [part for part in waiting if spent < part * budget]
            start = time.perf_counter()
        if not waiting:
            break
    curve += curve[-1:] * len(waiting)  # a method that ended before the budget keeps what it has
    return {"curve": curve, "seconds": round(seconds, 1), "connections": network.n_connections}


def score(network: Network, task: Any, threads: int | None) -> float:
    """Mean reward on fresh episodes; of a WANN that has no tuned weights yet, at a shared weight found on others."""
    seeds, evaluator = episodes(6, TASKS[task.name][2]), Threads(threads)
    if network.weights is not None:
        rows = np.repeat(network.weights[None], len(seeds), axis=0)
    else:
        rows = np.full(len(seeds), wann.training.tune_shared_weight(network, task, episodes=8, threads=threads).weight)
    return float(evaluator.run(task, [network], rows, seeds).rewards.mean())


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    """A table and a panel for each task."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    figure, drawn = panels(1, width=5.5, height=3.2 * len(tasks), rows=len(tasks))
    colours = colours_of([[row["method"] for row in rows if row["task"] == task] for task in tasks])
    for task, axes in zip(tasks, drawn, strict=True):
        mine, lines = [row for row in rows if row["task"] == task], []
        for name in dict.fromkeys(row["method"] for row in mine):
            group = [row for row in mine if row["method"] == name]
            curves = np.array([row["curve"] for row in group])
            at = [cell(curves[:, PARTS.index(part)]) for part in (0.1, 0.5, 1.0)]
            spent = [f"{np.mean([row[key] for row in group]):.0f}" for key in ("connections", "seconds")]
            lines.append([name, *at, f"{curves[:, -1].min():.0f}", *spent, len(group)])
            bounds = np.array([interval(column) for column in curves.T])
            axes.plot(PARTS, bounds[:, 0], color=colours[name], label=name)
            axes.fill_between(PARTS, bounds[:, 1], bounds[:, 2], color=colours[name], alpha=0.12, linewidth=0)
        header = ["10 % of the steps", "50 %", "all", "worst seed", "connections", "seconds", "seeds"]
        print(table([f"{task}: method", *header], lines))
        axes.set(xlabel=f"part of {mine[0]['budget'] / 1e6:g} million steps", ylabel="reward", title=task)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, arguments.figure)


def methods_of(name: str, budget: int, threads: int | None) -> dict[str, Callable[[int], Course]]:
    """By name, the course of a seed."""
    task, layers = wann.make_task(name), TASKS[name][1]
    found: dict[str, Callable[[int], Course]] = {
        "WANN, then its weights": lambda seed: searched(task, seed, budget, threads),
        "NEAT": lambda seed: neat(task, seed, threads),
        **{f"fixed {n}, {n}": partial(lambda n, seed: fixed(task, (n, n), seed, threads), n) for n in layers},
        "random topologies": lambda seed: random_topologies(task, seed, budget, threads),
    }
    if name == SWINGUP:
        found["best draw, then its weights"] = lambda seed: searched(task, seed, budget, threads, BestDraw(threads))
    return found


def main() -> None:
    parser = options(__doc__, "against-others")
    parser.add_argument("--task", action="append", choices=list(TASKS), help=f"one of the tasks  [default: {SWINGUP}]")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=float, help="million environment steps of each method; by default the task's")
    arguments = parsed(parser, seeds=1, budget=8)
    kept, rows, threads = Kept(arguments), [], arguments.threads
    if arguments.report:
        return report(kept.rows, arguments)
    for name in arguments.task or [SWINGUP]:
        task, budget = wann.make_task(name), round((arguments.budget or TASKS[name][0]) * 1e6)
        for seed in range(arguments.seeds):
            for method, course in methods_of(name, budget, threads).items():
                compute = partial(lambda course, seed, *to: follow(course(seed), *to), course, seed, task, budget, threads)
                rows.append(kept.get(compute, task=name, method=method, seed=seed, budget=budget))
    report(rows, arguments)


if __name__ == "__main__":
    main()
