"""Measures what sharing a search out costs: workers of Ray against threads, a generation's bytes, and the run's own part.

    python tools/measure_workers.py

Threads and workers take turns, and medians of their ratios are told: other work on the machine then matters less. It matters
less again for the time that processors spent, in this process and in all that Ray started.
"""

import contextlib
import os
import statistics
import time
from pathlib import Path

import numpy as np

import wann
from wann.execution import Evaluator, RayEvaluator, Threads
from wann.tasks import Classification, Task

WORKERS = 2


def seconds(task: Task, config: wann.SearchConfig, evaluator: Evaluator, generations: int) -> float:
    """Of some generations after the first, of a search that starts from the champion of an earlier one where there is one:
    its episodes are as long as most of a search's are.
    """
    start = [wann.zoo.load(task.name)] if task.name in wann.zoo.names() else []
    search = wann.Search(task, config, seed=1, threads=WORKERS, evaluator=evaluator, start=start)
    run = search.run(generations + 1)
    next(run)
    start = time.perf_counter()
    for _ in run:
        pass
    return time.perf_counter() - start


def spent() -> float:
    """Seconds that processors have spent on this process and all that come from it."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)], ticks[int(path.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])

    def is_ours(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return sum(n for pid, n in ticks.items() if is_ours(pid)) / os.sysconf("SC_CLK_TCK")


def compare(label: str, task: Task, config: wann.SearchConfig, workers: RayEvaluator, generations: int, rounds: int) -> None:
    """Prints a row for a task."""
    threads = Threads(WORKERS)
    seconds(task, config, workers, 1)  # the task is sent
    ratios, work, shares, parts = [], [], [], []
    before = workers.usage()
    for _ in range(rounds):
        start = spent()
        here = seconds(task, config, threads, generations)
        middle, since = spent(), workers.usage()
        there = seconds(task, config, workers, generations)
        ratios.append(here / there)
        work.append((middle - start) / (spent() - middle))
        evaluating = workers.usage().evaluating_seconds - since.evaluating_seconds
        shares.append(1 - evaluating / there)
        parts.append(there / generations)
    after = workers.usage()
    n = rounds * (generations + 1)
    sent, received = after.sent_bytes - before.sent_bytes, after.received_bytes - before.received_bytes
    print(f"{label}, {rounds} rounds of {generations} generations:")
    print(f"  relative to threads: {_row(ratios)}; by processor time {_row(work)}")
    print(f"  {1000 * statistics.median(parts):.1f} ms a generation, {_row(shares)} of it outside evaluation")
    print(
        f"  {sent / n:,.0f} bytes out, {received / n:,.0f} back, {(after.batches - before.batches) / n:.1f} batches",
        flush=True,
    )


def _row(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def labelled() -> Task:
    """Random data of the size of MNIST at 16 x 16 pixels."""
    rng = np.random.default_rng(0)
    return Classification(rng.random((60000, 256), dtype=np.float32), rng.integers(0, 10, 60000), batch=1000)


def main() -> None:
    """Prints the table."""
    print(f"load {os.getloadavg()[0]:.1f}; speed of {WORKERS} Ray workers relative to as many threads, median of rounds")
    with RayEvaluator(workers=WORKERS) as workers:
        swingup, walker, digits = wann.make_task("cartpole-swingup"), wann.make_task("bipedal-walker"), labelled()
        compare("swing-up, default preset", swingup, wann.preset(swingup), workers, 6, 5)
        mnist = wann.SearchConfig(population=960, episodes=1, initial_enabled=0.05, tournament=32, confirm_episodes=1)
        compare("960 networks of MNIST's size", digits, mnist, workers, 2, 3)
        compare("walker, default preset", walker, wann.preset(walker, population=64), workers, 1, 3)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
