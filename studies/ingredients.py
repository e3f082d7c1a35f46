"""What each ingredient of a task's default preset does: alone, left out, and what others would add, over several seeds.

    python studies/ingredients.py car-racing --seeds 3
    python studies/ingredients.py cartpole-swingup --share 0.05 --seeds 1 --only default,nothing    # a minute

Every variant gets as many episodes as the default preset. A champion is scored on fresh episodes: 100 at each of the six
weight values, and 1,000 trials of the random shared weight; a classifier on samples that were kept back. Finished runs are
kept in a file of lines of JSON, so a study that was stopped goes on where it was.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import kit

import wann
from wann.scoring import ClassifierEvaluation, Evaluation
from wann.search import SearchConfig

#: Settings that switch an ingredient off: the paper's values. A preset has an ingredient if it differs in the first of them.
OFF: dict[str, dict[str, Any]] = {
    "fresh weights": {"fresh_weights": False, "weights": wann.search.WEIGHT_VALUES},
    "paths": {"adjust_path": 0.0, "initial_paths": 0.0, "initial_enabled": 0.5},
    "removal": {"remove_connection": 0.0, "remove_node": 0.0},
    "crossover": {"crossover": 0.0},
    "several changes": {"further_change": 0.0},
    "mean objective": {"mean_objective": 0.0},
    "selection": {"tournament": 8, "cull": 0.2, "elite": 0.2},
    "islands": {"islands": 1, "island_culls": ()},
    "changes of siblings": {"transfer": 0.0},
    "haste": {"step_cost": 0.0, "step_cost_from": 0.0},
    "few activations": {"activations": SearchConfig().activations},
}

#: What no default preset has, or only some.
ADDED: dict[str, dict[str, Any]] = {
    "racing": {"racing": 0.5},
    "comma selection": {"elite": 0.0},
    "mirrors": {"mirror": 0.05},
    "changes of siblings": {"transfer": 0.2},
}


def episodes_of(config: SearchConfig) -> float:
    """Episodes that a search's generations take: in a race, those who leave play half of theirs."""
    played = 1 - config.racing / 2
    return played * config.island_generations() * config.population * len(config.weights) * config.episodes


def variants(task: wann.tasks.Task, share: float) -> dict[str, SearchConfig]:
    """The default preset, one with none of its ingredients, without each of them, with each alone, and with more."""
    default = wann.preset(task)
    off = {name: settings for name, settings in OFF.items() if has(default, *next(iter(settings.items())))}
    nothing: dict[str, Any] = {name: value for settings in off.values() for name, value in settings.items()}
    changes: dict[str, dict[str, Any]] = {"default": {}, "nothing": nothing}
    changes |= {f"without {name}": settings for name, settings in off.items()}
    changes |= {f"only {name}": {k: v for k, v in nothing.items() if k not in settings} for name, settings in off.items()}
    changes |= {f"with {name}": settings for name, settings in ADDED.items() if name not in off}
    budget = share * episodes_of(default)
    return {name: with_budget(wann.preset(task, **change), budget) for name, change in changes.items()}


def has(default: SearchConfig, setting: str, without: Any) -> bool:
    return bool(getattr(default, setting) != without)


def with_budget(config: SearchConfig, episodes: float) -> SearchConfig:
    """The settings with as many generations as use up a number of episodes."""
    generations = max(1, round(config.generations * episodes / episodes_of(config)))
    return SearchConfig.from_dict({**config.to_dict(), "generations": generations})


def run(task: wann.tasks.Task, config: SearchConfig, seed: int, threads: int | None) -> dict[str, Any]:
    search = wann.Search(task, config, seed=seed, threads=threads)
    for _ in search.run():
        pass
    network = search.champion
    size = {"connections": network.n_connections, "environment_steps": search.environment_steps}
    return {**score(network, task, threads), **size}


def score(network: wann.Network, task: wann.tasks.Task, threads: int | None) -> dict[str, float]:
    """Rewards on fresh episodes; where labels are classes, the part of held-out samples that is right, in per cent."""
    six = wann.evaluate(network, task, weights=wann.search.WEIGHT_VALUES, episodes=100, threads=threads)
    if isinstance(six, ClassifierEvaluation):
        shown = (statistics.mean(six.accuracy), six.random_weight.mean, six.tuned_accuracy)
        mean, random, tuned = (100 * accuracy for accuracy in shown)
    else:
        shared = wann.evaluate(network, task, weights=(1.0,), episodes=1000, threads=threads)
        assert isinstance(shared, Evaluation)
        mean, random, tuned = six.mean_reward, shared.random_shared_weight.mean, six.tuned_shared_weight.mean
    return {"mean_reward": mean, "random_shared_weight": random, "tuned_shared_weight": tuned}


def report(results: dict[tuple[str, int], dict[str, Any]], names: list[str]) -> str:
    """A table: means over the seeds, and their differences from the default preset at the same seeds."""
    lines: list[list[str]] = []
    for name in names:
        seeds = [seed for variant, seed in results if variant == name]
        if not seeds:
            continue
        line = [name]
        for key in ("random_shared_weight", "mean_reward"):
            less = [results[name, s][key] - results["default", s][key] for s in seeds if ("default", s) in results]
            shown = kit.cell(less) if less and name != "default" else "–"
            line += [f"{statistics.mean(results[name, s][key] for s in seeds):.0f}", shown]
        lines.append([*line, f"{statistics.median(results[name, s]['connections'] for s in seeds):.0f}"])
    less_header = "less the default preset"
    return kit.table(
        ["variant", "random shared weight", less_header, "mean of the six weights", less_header, "connections"], lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="part of the default preset's episodes")
    parser.add_argument("--only", help="names of variants, with commas")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="the file of finished runs")
    arguments = parser.parse_args()
    task = wann.make_task(arguments.task)
    configs = variants(task, arguments.share)
    names = arguments.only.split(",") if arguments.only else list(configs)
    if unknown := sorted(set(names) - set(configs)):
        parser.error(f"--only: {', '.join(unknown)}; there are {', '.join(configs)}")
    out = arguments.out or Path("runs") / f"ingredients-{task.name}-{arguments.share:g}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    results = {(row["variant"], row["seed"]): row for row in kept}
    for seed in range(arguments.seeds):
        for name in names:
            if (name, seed) in results:
                continue
            row = {"variant": name, "seed": seed, **run(task, configs[name], seed, arguments.threads)}
            results[name, seed] = row
            with out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)
    print(report(results, names))


if __name__ == "__main__":
    main()
