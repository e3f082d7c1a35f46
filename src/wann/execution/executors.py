"""Workers behind a `concurrent.futures.Executor`: local processes, MPI, Dask, and whatever else offers that interface."""

import time
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from typing import Any

from wann.arguments import check_instance, check_integer, counted
from wann.errors import MissingExtraError, WannError
from wann.execution import worker
from wann.execution.distributed import Distributed
from wann.execution.engine import WorkerLostError
from wann.execution.processes import local_processes

#: Batches that an executor holds for each worker, so that none has to wait for the next.
_HELD = 2
#: Seconds without a single worker after which a run stops.
PATIENCE = 60.0
#: Seconds in which a scheduler must answer.
_CONNECT = 15.0
#: Seconds between two looks at how many workers there are.
_LOOK_EVERY = 1.0


class ExecutorEngine:
    """The workers of an executor that somebody else has made; it is not shut down.

    Args:
        executor: What runs functions elsewhere.
        workers: How many workers it has.
        name: For people.
        spare: Batches that the executor holds for each worker.
    """

    def __init__(self, executor: Executor, workers: int, name: str, *, spare: int = _HELD) -> None:
        self._executor = executor
        self._n = workers
        self._what = name
        self._spare = spare
        self._under_way: set[Future[bytes]] = set()
        self._stuck: set[Future[bytes]] = set()

    @property
    def name(self) -> str:
        """For people."""
        return self._what

    @property
    def workers(self) -> int:
        """Those that do not hang."""
        self._stuck = {future for future in self._stuck if not future.done()}
        return max(self._n - len(self._stuck), 0)

    @property
    def has_room(self) -> bool:
        """Whether a worker has less than its share."""
        self._under_way = {future for future in self._under_way if not future.done()}
        return len(self._under_way) < self.workers * self._spare

    def submit(self, message: bytes) -> "Future[bytes]":
        """Has a worker answer a message."""
        try:
            future = self._executor.submit(worker.answer, message)
        except (BrokenExecutor, RuntimeError) as error:
            raise WorkerLostError(f"there are no workers any more: {error}") from None
        self._under_way.add(future)
        return future

    def lost(self, future: "Future[bytes]", error: BaseException) -> str | None:
        """How a worker was lost."""
        if isinstance(error, BrokenExecutor | CancelledError):
            return str(error) or type(error).__name__
        return None

    def give_up(self, future: "Future[bytes]") -> None:
        """The worker of this answer counts no more until it has given it."""
        self._under_way.discard(future)
        if not future.cancel():
            self._stuck.add(future)

    def check(self) -> None:
        """Whether a worker is left."""
        if not self.workers:
            raise WorkerLostError(f"all {counted(self._n, 'worker')} hang")

    def close(self) -> None:
        """Nothing: the executor is its maker's."""


class LocalEngine(ExecutorEngine):
    """Processes of this machine. When one dies, the executor ends with all the others; then a new one is made.

    Args:
        workers: How many processes.
        spare: Batches that are held for each.
    """

    _executor: ProcessPoolExecutor

    def __init__(self, workers: int, *, spare: int = _HELD) -> None:
        super().__init__(local_processes(workers), workers, f"{workers} process{'' if workers == 1 else 'es'}", spare=spare)
        self._broken: set[Future[bytes]] = set()

    def submit(self, message: bytes) -> "Future[bytes]":
        """Has a process answer a message."""
        try:
            return super().submit(message)
        except WorkerLostError:  # while there was nothing to do
            self._renew()
            return super().submit(message)

    def lost(self, future: "Future[bytes]", error: BaseException) -> str | None:
        """How a process was lost."""
        how = super().lost(future, error)
        if how is not None and future not in self._broken:
            self._renew()
        self._broken.discard(future)
        return how

    def give_up(self, future: "Future[bytes]") -> None:
        """Ends the processes, of which one takes too long."""
        self._under_way.discard(future)
        self._renew()

    def _renew(self) -> None:
        """Ends all processes and starts others; what was under way is lost."""
        self._broken |= self._under_way
        self._under_way = set()
        self._end()
        self._executor = local_processes(self._n)

    def _end(self) -> None:
        for process in list((self._executor._processes or {}).values()):
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """Ends the processes."""
        self._end()


class MpiEngine(ExecutorEngine):
    """The ranks of an MPI run but the first, which is this process."""

    def __init__(self, *, spare: int = _HELD) -> None:
        try:
            from mpi4py import MPI
            from mpi4py.futures import MPIPoolExecutor
        except ImportError:
            raise MissingExtraError("MPI workers", "mpi") from None
        if MPI.COMM_WORLD.Get_size() < 2:
            raise WannError(
                "there are no MPI workers; for 8 of them, start the command as mpiexec -n 9 python -m mpi4py.futures -m wann"
            )
        executor = MPIPoolExecutor()
        n = executor.num_workers
        super().__init__(executor, n, counted(n, "MPI worker"), spare=spare)

    def close(self) -> None:
        """Lets the other ranks end."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class DaskEngine(ExecutorEngine):
    """The workers of a Dask cluster, as many as there are at the time.

    Args:
        client: A `distributed.Client`.
        owned: Whether the client is closed with the engine.
        spare: Batches that are held for each worker.
    """

    def __init__(self, client: Any, *, owned: bool, spare: int = _HELD) -> None:
        self._client, self._owned = client, owned
        super().__init__(client.get_executor(), 0, "Dask workers", spare=spare)
        self._looked, self._seen = 0.0, time.monotonic()
        if not self.workers:
            raise WannError(f"the Dask cluster at {client.scheduler.address} has no workers")

    @classmethod
    def at(cls, address: str, *, spare: int = _HELD) -> "DaskEngine":
        """The workers of the cluster whose scheduler has this address, such as ``"host:8786"``.

        Raises:
            MissingExtraError: Dask is not installed.
            WannError: Nobody answers there, or there are no workers.
        """
        try:
            from distributed import Client
        except ImportError:
            raise MissingExtraError("Dask workers", "dask") from None
        try:
            client = Client(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise WannError(f"no Dask scheduler answers at {address}: {error}") from None
        try:
            return cls(client, owned=True, spare=spare)
        except WannError:
            client.close()
            raise

    @property
    def name(self) -> str:
        """How many there are."""
        return counted(self._n, "Dask worker")

    @property
    def workers(self) -> int:
        """The threads of all workers, looked at now and then."""
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._looked, self._n = now, sum(self._client.nthreads().values())
            if self._n:
                self._seen = now
        return super().workers

    def lost(self, future: "Future[bytes]", error: BaseException) -> str | None:
        """How a worker was lost; Dask itself has tried a few before it says so."""
        from distributed.scheduler import KilledWorker

        return str(error) if isinstance(error, KilledWorker) else super().lost(future, error)

    def check(self) -> None:
        """Whether there has been a worker within the last minute."""
        if not self.workers and time.monotonic() - self._seen > PATIENCE:
            raise WorkerLostError(f"the cluster has had no workers for {PATIENCE:g} s")

    def close(self) -> None:
        """Ends the connection; the cluster goes on."""
        if self._owned:
            self._client.close()


class ExecutorEvaluator(Distributed):
    """Evaluates with any `concurrent.futures.Executor`, which stays its maker's to shut down.

    Args:
        executor: Such as one of `concurrent.futures`, loky's, ``mpi4py.futures.MPIPoolExecutor``, or submitit's or
            executorlib's for SLURM. For Dask there is ``distributed.Client.get_executor()``, and `workers_at`, which also
            knows when workers come and go.
        workers: How many workers it has; needed where the executor does not say so itself.
        threads: Threads that each worker uses.
        batch_seconds: A batch that takes longer is sent to another worker; no limit if None.

    Raises:
        WannError: ``executor`` is no executor, or a number is out of range or missing.
    """

    def __init__(
        self, executor: Executor, *, workers: int | None = None, threads: int = 1, batch_seconds: float | None = None
    ) -> None:
        check_instance(executor, Executor, "executor", "a concurrent.futures.Executor")
        n = _number_of_workers(executor) if workers is None else check_integer(workers, "workers", 1, 10**5)
        engine = ExecutorEngine(
            executor, n, f"{counted(n, 'worker')} of {type(executor).__name__}", spare=spare(batch_seconds)
        )
        super().__init__(engine, threads=threads, batch_seconds=batch_seconds)


def spare(batch_seconds: float | None) -> int:
    """Batches that an engine holds for each worker: one, where the time of each is taken."""
    return _HELD if batch_seconds is None else 1


def _number_of_workers(executor: Executor) -> int:
    for attribute in ("num_workers", "_max_workers"):
        n = getattr(executor, attribute, None)
        if isinstance(n, int) and n > 0:
            return n
    raise WannError(f"workers is not given, and {type(executor).__name__} does not say how many it has")
