"""What carries requests to workers: the interface to engines that others have built."""

from concurrent.futures import Future
from typing import Protocol


class WorkerLostError(Exception):
    """The worker that had a batch is gone, or took too long; the text says how."""


class Engine(Protocol):
    """Workers, wherever they are."""

    @property
    def name(self) -> str:
        """For people, such as ``"2 Ray workers"``."""

    @property
    def workers(self) -> int:
        """How many take work now, or will as soon as they have started."""

    @property
    def has_room(self) -> bool:
        """Whether a worker takes another message now.

        Raises:
            WorkerLostError: There are no workers any more.
        """

    def submit(self, message: bytes) -> "Future[bytes]":
        """Has a worker answer a message; asked only where there is room.

        Raises:
            WorkerLostError: There are no workers any more.
        """

    def lost(self, future: "Future[bytes]", error: BaseException) -> str | None:
        """How a worker was lost, where that is what the error of a future says; else None."""

    def give_up(self, future: "Future[bytes]") -> None:
        """Does without an answer that takes too long; the worker is ended where that can be done."""

    def check(self) -> None:
        """Looks after the workers; called now and then while answers are waited for.

        Raises:
            WorkerLostError: There are no workers any more.
        """

    def close(self) -> None:
        """Ends what was started for the evaluator."""
