"""How many threads to use."""

import os

from wann.checks import shown
from wann.errors import WannError


def check_threads(threads: int | None) -> int:
    """The number of threads: what was asked for, or one for each core that this process may use.

    Raises:
        WannError: Fewer than 1 or more than 1,024 were asked for.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= 1024:
        raise WannError(f"threads is {shown(threads)}; it must be an integer from 1 to 1024")
    return threads
