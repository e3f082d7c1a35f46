"""Worker processes of this machine that end when the process that started them does, however that ends."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor, wait

from wann.execution import worker
from wann.interrupts import leave_to_parent


def local_processes(n: int) -> ProcessPoolExecutor:
    """An executor of n processes, which have started."""
    executor = ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn"), initializer=begin)
    # Where one cannot start, the first batch tells how.
    wait([executor.submit(worker.name) for _ in range(n)])
    return executor


def begin() -> None:
    """What every process does first."""
    leave_to_parent()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
