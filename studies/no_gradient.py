"""No gradient anywhere: WANNs on tasks of choices, beside tuned linear policies, tables, Q-learning and known rules.

    python studies/no_gradient.py --quick
    python studies/no_gradient.py --seeds 5
    python studies/no_gradient.py --task "job shop" --seeds 5
    python studies/no_gradient.py --task "majority of 7 bits" --generations 300

Gymnasium's toy-text tasks have few states and actions, so a policy's expected reward from the start is computed exactly. A
network sees each part of the state (row, column, passenger, destination) as one input for each of its values; the action is
that of the largest output. In a job shop it gives each waiting job a priority; scores are of fresh instances. A program is a
truth table, and all its rows are samples. Linear policies see the same; a table has one input for each state or row of the
truth table. Their weights are tuned by CMA-ES with as many episodes as the search has (tables: at most 30,720).
Needs the extra gym.
"""

from functools import partial
from typing import Any

import numpy as np
from choices import ENVIRONMENTS, PROGRAMS, Program, ToyText
from job_shop import JobShop
from kit import COLOURS, Kept, cell, interval, options, panels, parsed, save, table

import wann
from wann.networks import Network, fully_connected
from wann.training import WeightTuning

#: A policy that is linear in what it sees.
linear = partial(fully_connected, hidden_layers=(), output_activation="linear")
WEIGHTS = np.array([(k + 0.5) / 2 - 2 for k in range(8)])
TASKS = (*ENVIRONMENTS, JobShop.name, *PROGRAMS)
POPULATION, CANDIDATES = 128, 32
MOST_FOR_TABLES = 960  #: generations of CMA-ES, whose steps take long with hundreds of weights
METHODS = ("WANN, random shared weight", "WANN, best shared weight", "WANN, tuned weights")
METHODS += ("linear policy", "table by CMA-ES", "Q-learning")


def make(name: str, whole: bool = False) -> Any:
    """A task by its name; ``whole`` is for tables, which a job shop does not have."""
    if name == JobShop.name:
        return JobShop()
    return (ToyText if name in ENVIRONMENTS else Program)(name, whole)


def sizes(task: Any) -> dict[str, int]:
    """Episodes with each weight in the search, with each candidate of CMA-ES, and to confirm."""
    names = ("search", "tuning", "confirm")
    return dict(zip(names, (1, 1, 1) if task.exact else (2, 16, 64), strict=True))


def q_learning(task: ToyText, seed: int, episodes: int) -> dict[str, Any]:
    """Tabular, with a falling chance of random actions; the table is scored exactly in the end."""
    rng, (n, m, _) = np.random.default_rng(seed), task.p.shape
    q, cumulated = np.zeros((n, m)), task.p.cumsum(axis=-1)
    for episode in range(episodes):
        s, explore = rng.choice(n, p=task.start), max(0.05, 1 - episode / (0.6 * episodes))
        for _ in range(task.limit):
            best = np.flatnonzero(q[s] == q[s].max())
            a = rng.integers(m) if rng.random() < explore else rng.choice(best)
            k = min(int(np.searchsorted(cumulated[s, a], rng.random())), cumulated.shape[2] - 1)
            after, on = task.next[s, a, k], task.goes_on[s, a, k]
            q[s, a] += 0.1 * (task.reward[s, a, k] + 0.99 * on * q[after].max() - q[s, a])
            if not on:
                break
            s = after
    return {"rewards": [float(task.values(q.argmax(axis=1)[None])[0])], "size": n * m, "evaluated": episodes}


def searched(task: Any, seed: int, generations: int) -> dict[str, Any]:
    """The scores of the champion at 81 weights, and those of its tuned weights as the last."""
    n = sizes(task)
    settings = {"population": POPULATION, "episodes": n["search"], "confirm_episodes": n["confirm"]}
    odds = {"insert_node": 0.25, "add_connection": 0.3, "remove_connection": 0.05, "further_change": 0.5, "cull": 0.75}
    ranking = {"tournament": 1, "elite": 0.25, "crossover": 0.3, "mean_objective": 0.3, "connection_objective": 0.2}
    weights = {"fresh_weights": True, "weights": tuple(WEIGHTS), "initial_enabled": 0.1}
    usable = {"activations": task.hidden_activations}
    config = wann.SearchConfig(generations=generations, **settings, **odds, **ranking, **weights, **usable)
    search = wann.Search(task, config, seed=seed, threads=1)
    list(search.run())
    grid = np.linspace(-2, 2, 81).astype(np.float32)
    profile = task.scores(search.champion, grid)
    best = profile if task.exact else task.scores(search.champion, grid, chooses=True)
    found = tuned(task, search.champion, seed, max(1, generations // 2))["rewards"]
    return {
        "rewards": profile.tolist() + found,
        "best": float(profile[best.argmax()]),
        "size": search.champion.n_connections,
        "evaluated": search.environment_steps,
    }


def tuned(task: Any, network: Network, seed: int, generations: int) -> dict[str, Any]:
    if network.n_connections == 0:  # a search may end there
        return {"rewards": task.scores(network, np.ones(1, dtype=np.float32)).tolist(), "size": 0, "evaluated": 0}
    start, n = np.random.default_rng(seed).normal(size=network.n_connections), sizes(task)
    settings = {"population": CANDIDATES, "episodes": n["tuning"], "confirm_episodes": n["confirm"], "sigma": 0.5}
    tuning = WeightTuning(network, task, seed=seed, start=start, threads=1, **settings)
    list(tuning.run(generations))
    value = float(task.scores(network, tuning.weights[None])[0])
    return {"rewards": [value], "size": network.n_connections, "evaluated": tuning.environment_steps}


def ways(name: str, seed: int, generations: int, quick: bool) -> dict[str, tuple[Any, dict[str, int]]]:
    """By method, how to compute it, and what its row is known by beside the task and the seed."""
    task, n = make(name), sizes(make(name))
    searching = POPULATION * len(WEIGHTS) * n["search"] * generations
    budget = searching // (CANDIDATES * n["tuning"])

    def by_cma(task: Any, generations: int) -> tuple[Any, dict[str, int]]:
        network = linear(task.inputs, task.outputs)
        return partial(tuned, task, network, seed, generations), {"episodes": CANDIDATES * n["tuning"] * generations}

    found = {"WANN": (partial(searched, task, seed, generations), {"generations": generations})}
    found["linear policy"] = by_cma(task, budget)
    if name != JobShop.name:
        found["table by CMA-ES"] = by_cma(make(name, whole=True), min(budget, MOST_FOR_TABLES))
    if name in ENVIRONMENTS:
        learning = 500 if quick else 20_000 if "lake" in name else 4_000
        found["Q-learning"] = partial(q_learning, task, seed, learning), {"evaluated": learning}
    return found


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    """A table for each task, and a panel in which every method has its place."""
    rows = list({(row["task"], row["method"], row.get("seed")): row for row in rows}.values())  # the latest of each
    stored = {row["task"]: row["references"] for row in rows if "references" in row}
    names = dict.fromkeys(row["task"] for row in rows if "rewards" in row)
    known = {name: stored.get(name) or make(name).references() for name in names}
    grid = -(-len(known) // 3)
    figure, drawn = panels(min(len(known), 3), height=2.4 * grid, rows=grid)
    for i, ((name, references), axes) in enumerate(zip(known.items(), drawn, strict=False)):
        unit, scores, connections = make(name).unit, {}, {}
        for row in (row for row in rows if row["task"] == name and "rewards" in row):
            *profile, own = row["rewards"]
            best = row.get("best", max(profile, default=0))
            kinds = {"random shared weight": np.mean(profile), "best shared weight": best} if profile else {}
            for kind, value in {**kinds, "tuned weights": own}.items():
                label = f"WANN, {kind}" if profile else row["method"]
                scores.setdefault(label, []).append(float(value))
                connections.setdefault(label, []).append(row["size"])
        digits = 2 if max(map(abs, references.values())) < 2 else 1
        lines = [[label, cell(values, digits), f"{np.mean(connections[label]):.0f}"] for label, values in scores.items()]
        lines += [[reference, f"{value:.{digits}f}", ""] for reference, value in references.items()]
        print(table([name, unit, "weights or connections"], lines))
        for label, values in scores.items():
            mean, low, high = interval(values)
            place = METHODS.index(label)
            axes.plot([low, high], [place, place], color=COLOURS[place])
            axes.plot([mean], [place], "o", color=COLOURS[place], markersize=4)
        axes.axvline(max(references.values()), color="#1b1f24", linewidth=0.8, linestyle="--")
        axes.set_yticks(range(len(METHODS)), METHODS if i % 3 == 0 else [""] * len(METHODS), fontsize=7)
        axes.set(title=name, xlabel=unit, ylim=(-0.5, len(METHODS) - 0.5))
    for axes in drawn[len(known) :]:
        axes.set_axis_off()
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "no-gradient")
    parser.add_argument("--task", action="append", choices=TASKS, help="one of the tasks; all of them by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=60)
    arguments = parsed(parser, seeds=2, generations=10)
    names = arguments.task or (["frozen lake", TASKS[-1]] if arguments.quick else TASKS)
    kept, rows = Kept(arguments), []
    if arguments.report:
        return report(kept.rows, arguments)
    for name in names:
        rows.append(kept.get(lambda name=name: {"references": make(name).references()}, task=name, method="known"))
        for seed in range(arguments.seeds):
            for method, (compute, more) in ways(name, seed, arguments.generations, arguments.quick).items():
                rows.append(kept.get(compute, task=name, method=method, seed=seed, **more))
    report(rows, arguments)


if __name__ == "__main__":
    main()
