"""Worker processes of this machine that end when the process that started them does, however that ends."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, wait

from wann.execution import worker


def local_processes(n: int) -> ProcessPoolExecutor:
    """An executor of n processes, which have started."""
    executor = ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn"), initializer=begin)
    # Where one cannot start, the first batch tells how.
    wait([executor.submit(worker.name) for _ in range(n)])
    return executor


def begin() -> None:
    """What every process does first."""
    # Ctrl-C is for the process that started this one, which ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
