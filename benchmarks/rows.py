"""Rows of measurements, the groups that they come in, and how a rate is measured."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wann import _core
from wann.errors import WannError


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


def output_of(script: str) -> str:
    """What a Python script prints that runs in a process of its own, so that its memory can be told."""
    here = Path(__file__).parents[1]  # from where it can import this package
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=here).stdout
