"""workers.jsonl: what the workers of a run did in each generation, where it had some.

It stands apart from metrics.jsonl, which is the same for a seed wherever it runs; times are not. After a run was resumed, a
generation that came again stands in it twice.
"""

import json
import time
from pathlib import Path
from typing import Any

from wann.execution.evaluator import Usage
from wann.files import naming
from wann.runs.folder import WORKERS
from wann.search.search import Search


class WorkersFile:
    """Adds a line a generation.

    Args:
        folder: The folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / WORKERS
        self._before = Usage(workers=0)
        self._since = time.monotonic()

    def write(self, generation: int, usage: Usage) -> None:
        """Adds what was done since the last line.

        Raises:
            OSError: The file cannot be written; the error names it.
        """
        now = time.monotonic()
        line = _line(generation, now - self._since, self._before, usage)
        self._before, self._since = usage, now
        with naming(self._path), open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _line(generation: int, seconds: float, before: Usage, usage: Usage) -> dict[str, Any]:
    steps, busy = usage.steps - before.steps, usage.busy_seconds - before.busy_seconds
    known = {name: (steps, seconds) for name, steps, seconds in before.by_worker}
    by_worker = {}
    for name, its_steps, its_seconds in usage.by_worker:
        old_steps, old_seconds = known.get(name, (0, 0.0))
        if its_steps != old_steps:
            by_worker[name] = {"steps": its_steps - old_steps, "busy_seconds": round(its_seconds - old_seconds, 6)}
    return {
        "generation": generation,
        "workers": usage.workers,
        "seconds": round(seconds, 6),
        "evaluating_seconds": round(usage.evaluating_seconds - before.evaluating_seconds, 6),
        "busy_seconds": round(busy, 6),
        "idle_share": round(idle_share(usage.workers, busy, seconds), 4),
        "steps_per_second": round(steps / max(seconds, 1e-9)),
        "batches": usage.batches - before.batches,
        "repeated": usage.repeated - before.repeated,
        "sent_bytes": usage.sent_bytes - before.sent_bytes,
        "received_bytes": usage.received_bytes - before.received_bytes,
        "by_worker": by_worker,
    }


def idle_share(workers: int, busy_seconds: float, seconds: float) -> float:
    """The part of their time in which workers had nothing to do, from 0 to 1."""
    return min(max(1 - busy_seconds / max(workers * seconds, 1e-9), 0.0), 1.0)


def workers_text(search: Search, seconds: float) -> str:
    """Of the workers, where a search has some: how many, and what part of so many seconds they had nothing to do."""
    usage = search.evaluator.usage()
    if usage is None:
        return ""
    idle = 100 * idle_share(usage.workers, usage.busy_seconds, seconds)
    again = f", {usage.repeated} of {usage.batches} batches sent again" if usage.repeated else ""
    return f" by {search.evaluator.name}, idle {idle:.0f} %{again}"
