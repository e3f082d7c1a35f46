"""How long it takes until something happens."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.rows import Row, group


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
