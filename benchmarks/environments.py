"""Speed of a task's episodes, policies included, beside its environment alone: ``python -m benchmarks --task``."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.rows import Row
from wann import seeding
from wann.networks.network import Networks
from wann.search.config import WEIGHT_VALUES, SearchConfig
from wann.search.search import Search
from wann.seeding import Stream, reset_seed
from wann.tasks import Task, make_task
from wann.tasks.protocol import product_lanes, run_lanes

#: What is compared is measured in turn, so often, and the ratio is the median of each pair's.
_PAIRS = 5
#: Seconds that each measurement of a pair takes, about.
_SECONDS = 2.0
_POPULATION = 32


def measure_task(name: str, options: dict[str, Any], threads: int) -> Iterator[Row]:
    """Measures a task: rollouts, and what they are to be compared with.

    A Gymnasium environment is compared with one bare environment that goes through the very same episodes, its actions known
    beforehand; EnvPool with its own synchronous stepping of as many environments as give it its best rate.
    """
    task = make_task(name, **options)
    networks = Search(task, SearchConfig(population=_POPULATION), seed=0, threads=threads).ask()
    try:
        if name.startswith("gymnasium:"):
            yield from _against_bare(task, networks, threads)
        elif name.startswith("envpool:"):
            yield from _against_synchronous(task, networks, threads)
        else:
            measure = _rollouts(task, networks, threads)
            rate = statistics.median(measure() for _ in range(_PAIRS))
            yield Row(what=f"{name}, {threads} threads, policies included", value=rate, unit="steps/s")
    finally:
        close = getattr(task, "close", None)
        if close:
            close()


def _lanes(episodes: int) -> Any:
    return product_lanes(WEIGHT_VALUES, seeding.episode_seeds(0, Stream.BENCHMARK, episodes))


def _rollouts(task: Task, networks: Networks, threads: int) -> Callable[[], float]:
    """A function that measures steps a second of all networks, over about `_SECONDS`."""
    run_lanes(task, networks, *_lanes(1), threads=threads)  # starts the workers
    start = time.perf_counter()
    run_lanes(task, networks, *_lanes(1), threads=threads)
    lanes = _lanes(max(round(_SECONDS / (time.perf_counter() - start)), 1))

    def measure() -> float:
        start = time.perf_counter()
        steps = run_lanes(task, networks, *lanes, threads=threads).computed_steps
        return steps / (time.perf_counter() - start)

    return measure


def _pairs(first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float, float]:
    """Medians of both rates and of their ratio."""
    pairs = np.array([(first(), second()) for _ in range(_PAIRS)])
    return float(np.median(pairs[:, 0])), float(np.median(pairs[:, 1])), float(np.median(pairs[:, 0] / pairs[:, 1]))


def _against_bare(task: Any, networks: Networks, threads: int) -> Iterator[Row]:
    rate, bare, ratio = _pairs(_rollouts(task, networks, threads), _bare(task, networks))
    yield Row(what=f"{task.name}, {threads} workers, policies included", value=rate, unit="steps/s")
    yield Row(what="one bare environment, the same episodes, one process", value=bare, unit="steps/s")
    yield Row(what="ratio", value=ratio, unit="times", target=">= 1.8" if threads == 2 else "")


def _bare(task: Any, networks: Networks) -> Callable[[], float]:
    env = task.make_env()
    episodes = list(_recorded(env, task, networks))

    def measure() -> float:
        steps, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < _SECONDS:
            for seed, actions in episodes:
                env.reset(seed=seed)
                for action in actions:
                    env.step(action)
                steps += len(actions)
        return steps / elapsed

    return measure


def _recorded(env: Any, task: Any, networks: Networks) -> Iterator[tuple[int, list[Any]]]:
    """Seeds and actions of an episode of every network with every weight."""
    for network in networks:
        for lane_weight, lane_seed in zip(*_lanes(1), strict=True):
            act, seed, actions = task.policy(network, float(lane_weight)), reset_seed(lane_seed), []
            observation, _ = env.reset(seed=seed)
            ended = False
            while not ended:
                actions.append(act(observation))
                observation, _, terminated, truncated, _ = env.step(actions[-1])
                ended = terminated or truncated
            yield seed, actions


def _against_synchronous(task: Any, networks: Networks, threads: int) -> Iterator[Row]:
    asynchronous = _rollouts(task, networks, threads)
    sizes = [threads * n for n in (1, 4, 16)]
    best = max(sizes, key=lambda n: task.synchronous_rate(n, threads, _SECONDS / 2))
    rate, synchronous, ratio = _pairs(asynchronous, lambda: float(task.synchronous_rate(best, threads, _SECONDS)))
    yield Row(what=f"{task.name}, {threads} threads, policies included", value=rate, unit="steps/s")
    yield Row(what=f"EnvPool's synchronous stepping of {best} environments", value=synchronous, unit="steps/s")
    yield Row(what="ratio", value=ratio, unit="times", target=">= 0.9")
