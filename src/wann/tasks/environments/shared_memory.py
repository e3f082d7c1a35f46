"""Memory that the workers and their owner share while episodes run.

Nothing in it needs a lock: a worker writes its own entries, and jobs are dealt out by an atomic counter, so that a worker
that is killed leaves nothing locked.
"""

import mmap
import os
import tempfile
from typing import Any

import numpy as np

from wann import _core

#: In `Board.at`: no environment is being called.
NOWHERE = -1


class Board:
    """Arrays over one shared file.

    Jobs are numbered 0 to n_jobs - 1; a worker runs up to ``slots`` of them at a time.
    """

    def __init__(self, file: int, n_jobs: int, n_workers: int, slots: int) -> None:
        sizes = {
            "next": 8,
            "rounds": 8 * n_workers,
            "at": 8 * n_workers,
            "jobs": 8 * n_workers * slots,
            "rewards": 8 * n_jobs,
            "steps": 8 * n_jobs,
            "failures": n_jobs,
            "done": n_jobs,
        }
        total = sum(sizes.values())
        if os.fstat(file).st_size < total:
            os.ftruncate(file, total)
        self._memory = mmap.mmap(file, total)
        self._offset = 0
        i8, f8, u1 = np.int64, np.float64, np.uint8
        self.next = self._array(i8, 1)  #: the first job that nobody has taken
        self.rounds = self._array(i8, n_workers)  #: steps of all its environments that a worker has made
        self.at = self._array(i8, n_workers)  #: the slot whose environment a worker is calling
        self.jobs = self._array(i8, n_workers, slots)  #: the jobs in each worker's slots, or -1
        self.rewards = self._array(f8, n_jobs)
        self.steps = self._array(i8, n_jobs)
        self.failures = self._array(u1, n_jobs)
        self.done = self._array(u1, n_jobs)

    def _array(self, dtype: Any, *shape: int) -> Any:
        array = np.frombuffer(self._memory, dtype, count=int(np.prod(shape)), offset=self._offset).reshape(shape)
        self._offset += array.nbytes
        return array

    def clear(self) -> None:
        """Makes it ready for new jobs; only before the workers have been told of them."""
        self.next[:] = 0
        self.rounds[:] = 0
        self.at[:] = NOWHERE
        self.jobs[:] = -1
        for array in (self.rewards, self.steps, self.failures, self.done):
            array[:] = 0

    def take(self) -> int:
        """The next job that nobody has taken; n_jobs or more when there is none."""
        return _core.take_next(self.next)


def shared_file() -> int:
    """A file descriptor of memory without a name, which other processes can be handed."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("wann-board")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
