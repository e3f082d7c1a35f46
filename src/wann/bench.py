"""Speed on this machine: what ``wann bench`` measures.

Each group of rows is a function that gives rows one by one. Ratios compare things that are measured in turn in the same
run, because a shared machine's speed drifts from minute to minute.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from wann import _core, seeding
from wann.config import WEIGHT_VALUES, preset
from wann.errors import WannError
from wann.network import Network
from wann.seeding import Stream
from wann.tasks import make_task
from wann.tasks.protocol import product_lanes, run_lanes


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement."""

    what: str
    value: float
    unit: str
    target: str = ""  #: such as ">= 85"; empty where nothing is asked for


Group = Callable[[int], Iterator[Row]]
_groups: dict[str, Group] = {}


def group(name: str) -> Callable[[Group], Group]:
    """Registers a function that measures a group of rows; it is given the number of threads."""

    def register(measure: Group) -> Group:
        _groups[name] = measure
        return measure

    return register


def group_names() -> tuple[str, ...]:
    """The groups that there are, in order."""
    return tuple(_groups)


def measure(names: tuple[str, ...], threads: int) -> Iterator[Row]:
    """Measures groups, and gives rows as they come.

    Raises:
        WannError: There is no such group.
    """
    for name in names:
        if name not in _groups:
            raise WannError(f"unknown group {name!r}; there are {', '.join(_groups)}")
    for name in names or group_names():
        yield from _groups[name](threads)


def machine() -> dict[str, str | int]:
    """What the numbers were measured on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "processor": model,
        "cores": os.cpu_count() or 1,
        "instruction_set": _core.instruction_set,
        "lane_width": _core.lane_width,
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def rate(work: Callable[[], float], seconds: float = 1.0, repeats: int = 5) -> float:
    """Units of work a second: the median of several spells, each at least ``seconds / repeats`` long.

    Args:
        work: Does some work and says how much.
        seconds: How long to measure in all, after one call to warm up.
        repeats: How many spells.
    """
    work()
    rates = []
    for _ in range(repeats):
        done, start = 0.0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds / repeats or not done:
            done += work()
        rates.append(done / elapsed)
    return statistics.median(rates)


def champion_sized_network() -> Network:
    """29 nodes and 52 connections, with the activations of the published swing-up champion in its proportions.

    Of random networks of that kind it is the first whose cart stays on the track, so that its episodes last 1,000 steps,
    as a champion's do.
    """
    rng = np.random.default_rng(499)
    hidden = ["inverse"] * 6 + ["linear"] * 5 + ["tanh"] * 3 + ["sine"] * 3 + ["relu"] * 3 + ["gaussian"] * 2
    rng.shuffle(hidden)
    pairs: set[tuple[int, int]] = set()
    for node in range(6, 29):  # every computed node has a source, and every hidden one a target
        pairs.add((int(rng.integers(node if node < 28 else 28)), node))
    for node in range(6, 28):
        if not any(source == node for source, _ in pairs):
            pairs.add((node, int(rng.integers(node + 1, 29))))
    while len(pairs) < 52:
        target = int(rng.integers(6, 29))
        pairs.add((int(rng.integers(target)), target))
    task = make_task("cartpole-swingup")
    return Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=hidden,
        output_activations="tanh",
        connections=sorted(pairs),
    )


@group("swingup")
def _swingup(threads: int) -> Iterator[Row]:
    """Rollouts of cart-pole swing-up with a network of the published champion's size."""
    task, network = make_task("cartpole-swingup"), champion_sized_network()
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


@group("search")
def _search(threads: int) -> Iterator[Row]:
    """A whole search with the paper's settings, in a process of its own so that its memory can be told."""
    script = (
        "import resource, sys, time, wann\n"
        "from wann.tasks.protocol import run_lanes\n"
        "import wann.search as s\n"
        "spent = 0.0\n"
        "def timed(*a, **k):\n"
        "    global spent\n"
        "    start = time.perf_counter()\n"
        "    r = run_lanes(*a, **k)\n"
        "    spent += time.perf_counter() - start\n"
        "    return r\n"
        "s.run_lanes = timed\n"
        "task = wann.make_task('cartpole-swingup')\n"
        f"search = wann.Search(task, wann.preset(task.name, 'paper'), seed=0, threads={threads})\n"
        "start = time.perf_counter()\n"
        "for _ in search.run(): pass\n"
        "total = time.perf_counter() - start\n"
        "memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(total, spent, memory, search.environment_steps)\n"
    )
    total, spent, memory, steps = map(float, _python(script).split())
    generations = preset("cartpole-swingup", "paper").generations
    what = f"search with the paper's settings, {generations} generations, {threads} threads"
    yield Row(what=what, value=total, unit="s", target="<= 45" if threads == 2 else "")
    yield Row(what="of that, everything that is not rollouts", value=100 * (1 - spent / total), unit="%", target="<= 15")
    yield Row(what="steps that it computed", value=steps / 1e6, unit="M steps")
    # Linux counts in KiB, macOS in bytes.
    yield Row(
        what="memory of that run", value=memory / (2**20 if sys.platform == "darwin" else 2**10), unit="MiB", target="<= 300"
    )


@group("start")
def _start(threads: int) -> Iterator[Row]:
    """How long it takes until something happens; with compiled modules kept, as Python does unless it is told not to."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for what, arguments, target in (
        ("import wann, whole process", ["-c", "import wann"], "<= 0.3"),
        ("wann --help", ["-m", "wann", "--help"], "<= 0.4"),
    ):
        times = []
        for _ in range(6):
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
            times.append(time.perf_counter() - start)
        # The first start may still have to compile the modules.
        yield Row(what=what, value=statistics.median(times[1:]), unit="s", target=target)


def _python(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
