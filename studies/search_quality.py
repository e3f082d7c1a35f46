"""How dependable a search is: several seeds of a preset, each champion scored on fresh episodes.

    python studies/search_quality.py cartpole-swingup --seeds 10

Prints a line for each seed and the summary that docs/findings/search.md shows. A run's time is that of the search alone.
"""

import argparse
import json
import statistics
import time

import wann
from wann.search import WEIGHT_VALUES


def run(task: wann.tasks.Task, config: wann.SearchConfig, seed: int, threads: int | None) -> dict[str, float]:
    search = wann.Search(task, config, seed=seed, threads=threads)
    start = time.perf_counter()
    for _ in search.run():
        pass
    seconds = time.perf_counter() - start
    network = search.champion
    score = wann.evaluate(network, task, weights=WEIGHT_VALUES, episodes=100, seed=seed, threads=threads)
    drawn = wann.evaluate(network, task, weights=(1.0,), episodes=1000, seed=seed, threads=threads).random_shared_weight
    return {
        "seed": seed,
        "mean_reward": round(score.mean_reward, 1),
        "best_reward": round(score.best_reward, 1),
        "random_shared_weight": round(drawn.mean, 1),
        "tuned_shared_weight": round(score.tuned_shared_weight.mean, 1),
        "hidden_nodes": network.n_hidden,
        "connections": network.n_connections,
        "million_steps": round(search.environment_steps / 1e6),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="settings to change")
    arguments = parser.parse_args()
    task = wann.make_task(arguments.task)
    changes = {name: json.loads(value) for name, value in (pair.split("=", 1) for pair in arguments.set)}
    config = wann.preset(task.name, arguments.preset, **changes)
    results = []
    for seed in range(arguments.seeds):
        results.append(run(task, config, seed, arguments.threads))
        print(json.dumps(results[-1]), flush=True)
    for name in ("mean_reward", "random_shared_weight", "tuned_shared_weight"):
        rewards = [r[name] for r in results]
        print(f"{name}: median {statistics.median(rewards):.0f}, worst {min(rewards):.0f}, best {max(rewards):.0f}")
    seconds = [r["seconds"] for r in results]
    print(f"seconds: median {statistics.median(seconds):.0f}, max {max(seconds):.0f}")


if __name__ == "__main__":
    main()
