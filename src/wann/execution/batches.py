"""How jobs are shared out among workers, and how the answers become rollouts again.

Networks of a task do not know of each other, and neither do lanes, so it makes no difference to the rewards where each runs.
Equal networks stay together, so that a task that runs them once does so however the work is shared out, and the steps that
were computed add up to the same number.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann.execution.evaluator import Job
from wann.execution.messages import PackedRollouts
from wann.networks.network import as_batch
from wann.tasks.protocol import Rollouts

#: Batches for each worker: several, so that all end at about the same time.
BATCHES_A_WORKER = 2
#: Lanes that the core runs side by side; a piece with fewer would leave some empty.
_CORE_LANES = 64


@dataclass(frozen=True)
class Piece:
    """Some networks of a job in some of its lanes."""

    job: int
    rows: NDArray[np.int64]  #: of the networks in the job
    lanes: slice

    def put(self, part: PackedRollouts, rewards: NDArray[np.float64], steps: NDArray[np.int64]) -> None:
        """Writes what came of the piece to where it belongs in the arrays of its job."""
        rewards[self.rows, self.lanes] = part.rewards
        steps[self.rows, self.lanes] = part.steps


#: What one worker gets at once.
Batch = tuple[Piece, ...]


def batches(jobs: Sequence[Job], workers: int, *, in_core: bool) -> list[Batch]:
    """Shares jobs out.

    Args:
        jobs: What is to be run.
        workers: How many there are.
        in_core: Whether lanes run side by side in the core, and are worth keeping together.
    """
    wanted = max(workers, 1) * BATCHES_A_WORKER
    if len(jobs) > 1:  # each is small
        groups = [range(start, len(jobs), wanted) for start in range(min(wanted, len(jobs)))]
        return [tuple(_whole(i, jobs[i]) for i in group) for group in groups]
    return [(piece,) for i, job in enumerate(jobs) for piece in _pieces(i, job, wanted, _CORE_LANES if in_core else 1)]


def _whole(i: int, job: Job) -> Piece:
    return Piece(i, np.arange(len(job.networks)), slice(0, len(job.seeds)))


def _pieces(i: int, job: Job, wanted: int, at_least: int) -> list[Piece]:
    """A job in about as many pieces as are wanted: by networks, and where there are too few of them by lanes."""
    groups = _equal_networks(job)
    n_lanes = len(job.seeds)
    if not groups or not n_lanes:
        return []
    n_parts = min(wanted, len(groups))
    # Every n-th: networks of one kind stand side by side in a population, and some kinds take longer.
    parts = [np.sort(np.concatenate(groups[start::n_parts])) for start in range(n_parts)]
    lanes_each = max(math.ceil(n_lanes / math.ceil(wanted / n_parts)), at_least)
    lanes_each = math.ceil(lanes_each / at_least) * at_least
    return [
        Piece(i, rows, slice(first, min(first + lanes_each, n_lanes)))
        for rows in parts
        for first in range(0, n_lanes, lanes_each)
    ]


def _equal_networks(job: Job) -> list[NDArray[np.int64]]:
    """Where the networks stand that equal one another, a list for each."""
    if not len(job.networks):
        return []
    places: dict[int, list[int]] = defaultdict(list)
    for row, first in enumerate(as_batch(job.networks).first_equal()):
        places[first].append(row)
    return [np.array(rows) for rows in places.values()]


class Results:
    """The rollouts of jobs, put together from their pieces in any order."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        shapes = [(len(job.networks), len(job.seeds)) for job in jobs]
        self._rewards = [np.zeros(shape) for shape in shapes]
        self._steps = [np.zeros(shape, dtype=np.int64) for shape in shapes]
        self._computed, self._idle = [0] * len(jobs), [0] * len(jobs)

    def put(self, batch: Batch, parts: Sequence[PackedRollouts]) -> None:
        """Takes what came of a batch."""
        for piece, part in zip(batch, parts, strict=True):
            piece.put(part, self._rewards[piece.job], self._steps[piece.job])
            self._computed[piece.job] += part.computed_steps
            self._idle[piece.job] += part.idle_steps

    def rollouts(self) -> list[Rollouts]:
        """Those of each job."""
        return [
            Rollouts(rewards=rewards, steps=steps, computed_steps=computed, idle_steps=idle)
            for rewards, steps, computed, idle in zip(self._rewards, self._steps, self._computed, self._idle, strict=True)
        ]
