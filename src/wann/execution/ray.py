"""Workers that Ray starts, on one machine or many: actors, each of which keeps its tasks and takes batch after batch."""

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from wann.arguments import check_integer, check_threads, counted
from wann.errors import MissingExtraError, WannError, one_line
from wann.execution import worker
from wann.execution.distributed import Distributed
from wann.execution.engine import WorkerLostError
from wann.execution.executors import spare
from wann.interrupts import SIGNALS

#: Seconds without a single worker after which a run stops.
PATIENCE = 60.0
#: Of workers: Ray wants a name of its own for each that this process starts.
_numbers = itertools.count(1)
#: Workers that may fail to start, one after the other.
_MOST_FAILURES = 5


class WannWorker:
    """What runs in an actor.

    Args:
        number: Of the worker, for Ray's dashboard.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def hello(self) -> str:
        """The worker's name; it answers as soon as it has started."""
        return worker.name()

    def answer(self, message: bytes) -> bytes:
        """Carries a request out."""
        return worker.answer(message)

    def __repr__(self) -> str:
        return f"wann worker {self._number}"


@dataclass(eq=False)
class _Slot:
    """An actor and what it has to do."""

    actor: Any
    hello: "Future[str]"
    under_way: "set[Future[bytes]]" = field(default_factory=set)

    @property
    def ready(self) -> bool:
        return self.hello.done() and self.hello.exception() is None


class RayEngine:
    """Actors of a Ray cluster.

    Args:
        address: Of the cluster, such as ``"ray://host:10001"``; as `ray.init` decides if None.
        workers: How many actors; as many as the cluster has processors for if None.
        threads: Processors that each one takes.
        spare: Batches that an actor holds.
    """

    def __init__(self, address: str | None, workers: int | None, threads: int, *, spare: int) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtraError("Ray workers", "ray") from None
        self._ray = ray
        self._threads, self._spare = threads, spare
        self._owned = not ray.is_initialized()
        if self._owned:
            _connect(ray, address, workers, threads)
        self._n = workers if workers is not None else _processors(ray) // threads
        self._failures = 0
        self._slots: list[_Slot] = []
        self._seen = time.monotonic()
        self._last_failure = ""
        self._slot_of: dict[Future[bytes], _Slot] = {}
        if self._n < 1:
            self.close()
            raise WannError(f"the Ray cluster has too few processors for a worker of {counted(threads, 'thread')}")
        self._slots = [self._new_slot() for _ in range(self._n)]

    def _new_slot(self) -> _Slot:
        number = next(_numbers)
        # Without restarts by Ray: a worker that comes anew must be sent its task again.
        kind = self._ray.remote(num_cpus=self._threads, max_restarts=0)(WannWorker)
        actor = kind.options(name=f"wann worker {number}").remote(number)
        return _Slot(actor, actor.hello.remote().future())

    @property
    def name(self) -> str:
        """How many there are."""
        return counted(self._n, "Ray worker")

    @property
    def workers(self) -> int:
        """Those that have started, and those that will."""
        return self._n

    @property
    def has_room(self) -> bool:
        """Whether an actor has less than its share."""
        slot = self._idlest()
        return slot is not None and len(slot.under_way) < self._spare

    def _idlest(self) -> _Slot | None:
        return min((slot for slot in self._slots if slot.ready), key=lambda slot: len(slot.under_way), default=None)

    def submit(self, message: bytes) -> "Future[bytes]":
        """Has the actor with the least to do answer a message."""
        slot = self._idlest()
        assert slot is not None
        try:
            future: Future[bytes] = slot.actor.answer.remote(message).future()
        except (ConnectionError, RuntimeError) as error:
            raise WorkerLostError(f"there is no connection to the cluster any more: {one_line(str(error))}") from None
        slot.under_way.add(future)
        self._slot_of[future] = slot
        self._seen = time.monotonic()
        future.add_done_callback(slot.under_way.discard)
        return future

    def lost(self, future: "Future[bytes]", error: BaseException) -> str | None:
        """How an actor was lost; another takes its place."""
        slot = self._slot_of.pop(future, None)
        exceptions = self._ray.exceptions
        if not isinstance(
            error, exceptions.RayActorError | exceptions.WorkerCrashedError | exceptions.ObjectLostError | ConnectionError
        ):
            return None
        if slot is not None:
            self._replace(slot)
        return _first_line(error)

    def _replace(self, slot: _Slot) -> None:
        if slot in self._slots:
            self._slots[self._slots.index(slot)] = self._new_slot()

    def give_up(self, future: "Future[bytes]") -> None:
        """Ends the actor of an answer that takes too long."""
        slot = self._slot_of.pop(future)
        self._ray.kill(slot.actor)
        self._replace(slot)

    def check(self) -> None:
        """Whether actors start where one is missing, and one at least is there."""
        for slot in list(self._slots):
            error = slot.hello.exception() if slot.hello.done() else None
            if error is not None:
                self._failures += 1
                self._last_failure = f": {_first_line(error)}"
                self._replace(slot)
        if any(slot.ready for slot in self._slots):
            self._seen, self._failures = time.monotonic(), 0
        elif self._failures > _MOST_FAILURES or time.monotonic() - self._seen > PATIENCE:
            each = f"each takes {counted(self._threads, 'processor')} of one machine"
            raise WorkerLostError(f"no worker starts, of which {each}{self._last_failure}")

    def close(self) -> None:
        """Ends the actors, and what was started or connected to for them."""
        if self._owned:
            self._ray.shutdown()
            return
        for slot in self._slots:
            self._ray.kill(slot.actor)


def _connect(ray: Any, address: str | None, workers: int | None, threads: int) -> None:
    """Connects to a cluster; without an address, to the one that Ray knows of, or starts one on this machine.

    Raises:
        WannError: There is none at the address.
    """
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "WARNING"}
    with _signals_kept():
        try:
            ray.init(**options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise WannError(f"no Ray cluster answers at {address or 'the usual address'}: {_first_line(error)}") from None


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray puts a handler of its own for SIGTERM in place of the one that saves a run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _processors(ray: Any) -> int:
    return int(ray.cluster_resources().get("CPU", 0))


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return one_line(lines[0]) if lines else type(error).__name__


class RayEvaluator(Distributed):
    """Evaluates with the workers of a Ray cluster.

    Args:
        address: Of the cluster, such as ``"ray://host:10001"``. If it is None, the cluster that `ray.init` finds, or one
            that it starts on this machine; where Ray has been initialized, that one.
        workers: How many workers; as many as the cluster has processors for if None.
        threads: Threads that each worker uses, and processors that it takes.
        batch_seconds: A batch that takes longer is sent to another worker, and the worker is ended; no limit if None.

    Raises:
        MissingExtraError: Ray is not installed.
        WannError: No cluster answers, it has too few processors, or a number is out of range.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        threads: int = 1,
        batch_seconds: float | None = None,
    ) -> None:
        if workers is not None:
            check_integer(workers, "workers", 1, 10**5)
        engine = RayEngine(address, workers, check_threads(threads), spare=spare(batch_seconds))
        super().__init__(engine, threads=threads, batch_seconds=batch_seconds)
