"""Do the activations suffice? A search with one of the ten left out, with one alone, with the ten, and with delays.

    python studies/activations.py --quick
    python studies/activations.py --seeds 5
    python studies/activations.py --task bipedal-walker --task car-racing --task digits --seeds 3

All searches of a task have the same settings and as many episodes. The default preset's path operators are off, because
they need the linear and the inverse node; the walker hardly learns without them, so it also has four variants with them.
A delay is a recurrent connection: it carries a node's value of the step before.
Champions are scored on fresh episodes at 81 weights from -2 to 2, classifiers on held-out samples. The tasks that take long
have a choice of the variants. Digits need the extra sklearn.
"""

from functools import partial
from typing import Any

import numpy as np
from kit import Kept, cell, interval, options, panels, parsed, save, table
from scorer import Scorer

import wann
from wann.networks import Activation

SETTINGS: dict[str, Any] = {"islands": 1, "island_culls": (), "step_cost": 0.0, "step_cost_from": 0.0}
NO_PATHS: dict[str, Any] = {"initial_enabled": 0.5, "initial_paths": 0.0, "adjust_path": 0.0, "add_connection": 0.2}
LINEAR, INVERSE, TANH = Activation.LINEAR, Activation.INVERSE, Activation.TANH
WEIGHTS = np.linspace(-2, 2, 81)
SWINGUP = "cartpole-swingup"
#: By task, networks, generations, and fresh episodes at each weight; accuracies need none.
BUDGETS = {SWINGUP: (128, 250, 64), "bipedal-walker": (128, 30, 16), "car-racing": (128, 20, 4), "digits": (128, 600, 0)}
#: The variants of the walker and the car; and those of the walker that have the path operators of its default preset.
FEW = ("all", "all and delays", "without inverse", "without linear", "tanh and inverse alone", "tanh alone")
PATHS: dict[str, dict[str, Any]] = {
    "all": {},
    "all and delays": {"recurrent": 0.1},
    "tanh, linear and inverse": {"activations": (TANH, LINEAR, INVERSE)},
    "linear and inverse": {"activations": (LINEAR, INVERSE)},
}


def variants(task: Any) -> dict[str, dict[str, Any]]:
    """By name, what differs from `SETTINGS`; samples are no steps, so on them there is no delay."""
    usable = tuple(task.hidden_activations)
    found = {
        "all": {"activations": usable},
        **{f"without {a.label}": {"activations": tuple(b for b in usable if b != a)} for a in usable},
        **{f"{a.label} alone": {"activations": (a,)} for a in usable},
        **{f"{a.label} and inverse alone": {"activations": (a, INVERSE)} for a in (LINEAR, TANH)},
        "all and delays": {"activations": usable, "recurrent": 0.1},
    }
    found = {name: {**NO_PATHS, **change} for name, change in found.items()}
    if getattr(task, "held_out", None) is not None:
        del found["all and delays"]
    if task.name not in ("bipedal-walker", "car-racing"):
        return found
    paths = {f"{name}, with paths": {"activations": usable, **change} for name, change in PATHS.items()}
    return {**{name: found[name] for name in FEW}, **(paths if task.name == "bipedal-walker" else {})}


def run(task: Any, change: dict[str, Any], seed: int, generations: int, threads: int | None) -> dict[str, Any]:
    population, _, trials = BUDGETS[task.name]
    config = wann.preset(task, population=population, generations=generations, **SETTINGS, **change)
    search = wann.Search(task, config, seed=seed, threads=threads)
    for _ in search.run():
        pass
    score = Scorer(search.champion, task, trials, stream=3, threads=threads)
    profile = score(WEIGHTS).mean(axis=1)  # at each weight, on fresh episodes or held-out samples
    return {
        "mean": round(float(profile.mean()), 2),
        "best": round(float(profile.max()), 2),
        "connections": search.champion.n_connections,
        "steps": search.environment_steps,
    }


def report(rows: list[dict[str, Any]], arguments: Any) -> None:
    """For each task a table, best first, and a panel; what differs from all activations is paired by seed."""
    by_task: dict[str, dict[str, dict[int, dict[str, Any]]]] = {}
    for row in rows:
        by_task.setdefault(row["task"], {}).setdefault(row["variant"], {})[row["seed"]] = row
    heights = [0.6 + 0.13 * len(by_name) for by_name in by_task.values()]
    grid = {"height_ratios": heights}
    figure, drawn = panels(1, height=sum(heights), rows=len(by_task), gridspec_kw=grid)
    for (task, by_name), axes in zip(by_task.items(), drawn, strict=True):
        means = {name: [row["mean"] for row in group.values()] for name, group in by_name.items()}
        names, lines = sorted(means, key=lambda name: -np.mean(means[name])), []
        for name in names:
            seeds = [seed for seed in by_name[name] if seed in by_name["all"]]
            apart = [by_name[name][seed]["mean"] - by_name["all"][seed]["mean"] for seed in seeds]
            best, size = (np.mean([row[key] for row in by_name[name].values()]) for key in ("best", "connections"))
            difference = "–" if name == "all" else cell(apart)
            lines.append([name, cell(means[name]), difference, f"{best:.0f}", f"{size:.0f}", len(seeds)])
        header = [f"{task}: activations", "random shared weight", "less all", "best weight", "connections", "seeds"]
        print(table(header, lines))
        for i, name in enumerate(names[::-1]):
            mean, low, high = interval(means[name])
            colour = "#1b1f24" if name == "all" else "#c4570b" if name.endswith("alone") else "#0b6bb8"
            axes.plot([low, high], [i, i], "-", color=colour, linewidth=1)
            axes.plot([mean], [i], "o", color=colour, markersize=4)
        axes.set_yticks(range(len(names)), names[::-1], fontsize=7)
        what = "% right" if task == "digits" else "mean reward"
        axes.set(xlabel=f"{what} over U(-2, 2), 95 % interval over seeds", title=task)
    save(figure, arguments.figure)


def main() -> None:
    parser = options(__doc__, "activations")
    parser.add_argument("--task", action="append", choices=list(BUDGETS), help=f"one of the tasks  [default: {SWINGUP}]")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, help="of each search; by default those of the task")
    arguments = parsed(parser, seeds=2, generations=20)
    kept, rows = Kept(arguments), []
    if arguments.report:
        return report(kept.rows, arguments)
    for name in arguments.task or [SWINGUP]:
        task, generations = wann.make_task(name), arguments.generations or BUDGETS[name][1]
        for seed in range(arguments.seeds):
            for variant, change in variants(task).items():
                if not arguments.quick or variant in ("all", "without sine", "tanh alone"):
                    key = {"task": name, "variant": variant, "seed": seed, "generations": generations}
                    rows.append(kept.get(partial(run, task, change, seed, generations, arguments.threads), **key))
    report(rows, arguments)


if __name__ == "__main__":
    main()
