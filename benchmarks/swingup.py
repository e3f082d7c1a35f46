"""Speed of cart-pole swing-up: rollouts, and a whole search."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.networks import swingup_sized_network
from benchmarks.rows import Row, group, output_of, rate
from wann import seeding
from wann.networks.network import Network
from wann.search.config import WEIGHT_VALUES, preset
from wann.search.search import Search
from wann.seeding import Stream
from wann.tasks import make_task
from wann.tasks.native.swingup import CartPoleSwingUp
from wann.tasks.protocol import Rollouts, product_lanes, run_lanes


@group("swingup")
def _swingup(threads: int) -> Iterator[Row]:
    """Rollouts of cart-pole swing-up with a network of the published champion's size."""
    task, network = make_task("cartpole-swingup"), swingup_sized_network()
    seeds = seeding.episode_seeds(0, Stream.BENCHMARK, 8)
    weights, lane_seeds = product_lanes(WEIGHT_VALUES, seeds)

    def with_threads(n: int) -> float:
        # Equal networks run once, so the work is made longer with more episodes for the same network.
        lanes = np.tile(weights, 8 * n), np.concatenate([lane_seeds + np.uint64(i) for i in range(8 * n)])
        return rate(lambda: run_lanes(task, [network], *lanes, threads=n).computed_steps)

    one = with_threads(1)
    yield Row(
        what="swing-up rollouts, 29 nodes, 52 connections, one core", value=one / 1e6, unit="M steps/s", target=">= 85"
    )
    if threads > 1:
        both = with_threads(threads)
        target = ">= 160" if threads == 2 else ""
        yield Row(what=f"the same, {threads} threads", value=both / 1e6, unit="M steps/s", target=target)
    numpy_rate = rate(lambda: _numpy_rollout(network, 300))
    yield Row(what="the same, plain NumPy step loop, one core", value=numpy_rate, unit="steps/s")
    yield Row(what="core to NumPy loop, one core each", value=one / numpy_rate, unit="times")


def _numpy_rollout(network: Network, n_steps: int) -> float:
    """The same episode one step after the other, with a matrix of weights, as people write it first."""
    n = network.n_nodes
    matrix = np.zeros((n, n))
    matrix[network.connections[:, 0], network.connections[:, 1]] = 1.0
    functions: dict[int, Callable[[float], float]] = {
        1: lambda x: x,
        2: lambda x: float(x > 0),
        3: lambda x: float(np.sin(np.pi * x)),
        4: lambda x: float(np.exp(-x * x / 2)),
        5: lambda x: float(np.tanh(x)),
        6: lambda x: float(1 / (1 + np.exp(-x))),
        7: lambda x: -x,
        8: abs,
        9: lambda x: max(x, 0.0),
        10: lambda x: float(np.cos(np.pi * x)),
    }
    x, velocity, angle, spin = 0.0, 0.0, np.pi, 0.0
    values = np.zeros(n)
    values[0] = 1.0
    for _ in range(n_steps):
        values[1:6] = x, velocity, np.cos(angle), np.sin(angle), spin
        for k, activation in enumerate(network.activations):
            node = 6 + k
            values[node] = functions[activation](float(values @ matrix[:, node]))
        force = 10 * np.clip(values[-1], -1, 1)
        s, c = np.sin(angle), np.cos(angle)
        linear = (-0.6 * spin**2 * s + 14.73 * s * c + 4 * force - 0.4 * velocity) / (4 - 1.5 * c * c)
        angular = (-0.9 * spin**2 * s * c + 58.92 * s + 6 * (force - 0.1 * velocity) * c) / (2.4 - 0.9 * c * c)
        x, angle = x + 0.01 * velocity, angle + 0.01 * spin
        velocity, spin = velocity + 0.01 * linear, spin + 0.01 * angular
    return n_steps


class _Timed(CartPoleSwingUp):
    """The task, and the seconds that its rollouts took."""

    seconds = 0.0

    def rollout(self, *arguments: Any, **options: Any) -> Rollouts:
        start = time.perf_counter()
        rollouts = super().rollout(*arguments, **options)
        self.seconds += time.perf_counter() - start
        return rollouts


def time_search(threads: int) -> tuple[float, float, int, int]:
    """Seconds of a search with the paper's settings, seconds of its rollouts, peak memory as the system counts it, and
    steps."""
    task = _Timed()
    search = Search(task, preset(task.name, "paper"), seed=0, threads=threads)
    start = time.perf_counter()
    for _ in search.run():
        pass
    total = time.perf_counter() - start
    return total, task.seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, search.environment_steps


@group("search")
def _search(threads: int) -> Iterator[Row]:
    """A whole search with the paper's settings, in a process of its own so that its memory can be told."""
    script = f"from benchmarks.swingup import time_search; print(*time_search({threads}))"
    total, spent, memory, steps = map(float, output_of(script).split())
    generations = preset("cartpole-swingup", "paper").generations
    what = f"search with the paper's settings, {generations} generations, {threads} threads"
    yield Row(what=what, value=total, unit="s", target="<= 45" if threads == 2 else "")
    yield Row(what="of that, everything that is not rollouts", value=100 * (1 - spent / total), unit="%", target="<= 15")
    yield Row(what="steps that it computed", value=steps / 1e6, unit="M steps")
    # Linux counts in KiB, macOS in bytes.
    yield Row(
        what="memory of that run", value=memory / (2**20 if sys.platform == "darwin" else 2**10), unit="MiB", target="<= 300"
    )
