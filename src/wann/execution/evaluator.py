"""What evaluates networks: the interface, and the threads of this process."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import check_threads, shown
from wann.errors import WannError
from wann.networks.network import Network
from wann.tasks.protocol import Rollouts, Task, checked_lanes, run_lanes, runs_in_core


@dataclass(frozen=True)
class Job:
    """Networks that all run in the same lanes."""

    networks: Sequence[Network]
    weights: NDArray[np.float32]  #: shared, shape (n_lanes,), or individual, shape (n_lanes, n_connections)
    seeds: NDArray[np.uint64]  #: of the episodes, shape (n_lanes,)

    @classmethod
    def of(cls, networks: Sequence[Network], weights: ArrayLike, seeds: ArrayLike) -> "Job":
        """A job from what makes such arrays.

        Raises:
            WannError: Weights and seeds are not equally many, or a weight is not finite in float32.
        """
        return cls(networks, *checked_lanes(weights, seeds))


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What an evaluator has done since it was made."""

    workers: int  #: that take work now
    steps: int = 0  #: environment steps (of labelled data, samples) that were computed
    busy_seconds: float = 0.0  #: of all workers together
    evaluating_seconds: float = 0.0  #: in which there was something to evaluate
    batches: int = 0
    repeated: int = 0  #: batches that were sent again, because a worker was lost or took too long
    sent_bytes: int = 0
    received_bytes: int = 0
    by_worker: tuple[tuple[str, int, float], ...] = ()  #: name, steps and busy seconds of each


class Evaluator(ABC):
    """Runs networks on a task, somewhere.

    What comes out is the same to the bit, wherever it runs and however it is shared out. Use it as a context manager, or
    `close` it.
    """

    name: str  #: for people, such as ``"2 Ray workers"``

    def run(self, task: Task, networks: Sequence[Network], weights: ArrayLike, seeds: ArrayLike) -> Rollouts:
        """Runs every network in every lane.

        Args:
            task: What they are run on.
            networks: Networks that fit the task.
            weights: One shared weight for each lane, shape (n_lanes,); or individual weights, shape
                (n_lanes, n_connections), in the order of `Network.connections`.
            seeds: An episode seed for each lane, shape (n_lanes,).

        Raises:
            InvalidRewardError: A reward is NaN, infinite or too large.
            WorkersLostError: There are no workers any more.
            WannError: A network does not fit, a weight is not finite, or the task gave something else than rewards.
        """
        return self.run_each(task, [Job.of(networks, weights, seeds)])[0]

    @abstractmethod
    def run_each(self, task: Task, jobs: Sequence[Job]) -> list[Rollouts]:
        """Runs several jobs side by side; see `run`."""

    @abstractmethod
    def usage(self) -> Usage | None:
        """What the workers have done so far; None where there are none beside this process."""

    def close(self) -> None:  # noqa: B027 (not every evaluator has something to end)
        """Ends what was started for this evaluator."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Threads(Evaluator):
    """The threads of this process.

    Args:
        threads: How many; all cores if None.

    Raises:
        WannError: The number is out of range.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = check_threads(threads)
        self.name = f"{self.threads} threads"

    def run_each(self, task: Task, jobs: Sequence[Job]) -> list[Rollouts]:
        """Runs several jobs; see `Evaluator.run_each`."""
        # Small jobs are too small to share out, so threads take a job each where the core runs them.
        side_by_side = self.threads if runs_in_core(task) and len(jobs) > 1 else 1
        threads_each = self.threads if side_by_side == 1 else 1

        def run(job: Job) -> Rollouts:
            return run_lanes(task, job.networks, job.weights, job.seeds, threads=threads_each)

        if side_by_side == 1:
            return [run(job) for job in jobs]
        with ThreadPoolExecutor(side_by_side) as pool:
            return list(pool.map(run, jobs))

    def usage(self) -> Usage | None:
        """Nothing: all is done in this process."""
        return None


def chosen(evaluator: Evaluator | None, threads: int | None) -> Evaluator:
    """The evaluator itself, or so many threads of this process where there is none.

    Raises:
        WannError: It is no evaluator, or the number of threads is out of range.
    """
    if evaluator is None:
        return Threads(threads)
    check_threads(threads)
    if not isinstance(evaluator, Evaluator):
        raise WannError(f"evaluator is {shown(evaluator)}; it must be a wann.execution.Evaluator, such as Threads(2)")
    return evaluator
