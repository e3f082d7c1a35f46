"""An evaluator whose work is done elsewhere: shares jobs out, sends batches again whose workers are lost, and puts answers
together.
"""

import hashlib
import pickle
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from typing import Any

from wann.arguments import check_threads, is_number, shown
from wann.errors import WannError, WorkersLostError
from wann.execution.batches import Batch, Results, batches
from wann.execution.engine import Engine, WorkerLostError
from wann.execution.evaluator import Evaluator, Job, Usage
from wann.execution.messages import Answer, PackedPiece, Request, answer_of, to_bytes
from wann.networks.packing import pack
from wann.tasks.protocol import Rollouts, Task, check_networks, check_rewards, check_task, runs_in_core, scaling_of

#: How often the workers are looked after while nothing is heard of them, in seconds.
_LOOK_EVERY = 0.5
#: Workers that one batch may be lost with: it is taken for what ends them then.
MOST_LOSSES = 5
#: Tasks that are remembered as they were sent.
_MOST_TASKS = 4


@dataclass(frozen=True)
class _SentTask:
    task: Task
    token: str
    data: bytes


@dataclass
class _Sent:
    """A batch that is under way."""

    number: int
    since: float


@dataclass
class _Round:
    """Batches of one call, and how far they are."""

    task: _SentTask
    jobs: Sequence[Job]
    batches: list[Batch]
    results: Results
    waiting: deque[int]
    with_task: int  #: batches that still carry the task along
    under_way: "dict[Future[bytes], _Sent]" = field(default_factory=dict)
    losses: dict[int, int] = field(default_factory=dict)
    needs_task: set[int] = field(default_factory=set)


class Distributed(Evaluator):
    """Work that is done by the workers of an engine.

    Args:
        engine: What carries the requests.
        threads: Threads that each worker uses.
        batch_seconds: A batch that takes longer is sent to another worker; no limit if None.

    Raises:
        WannError: A number is out of range.
    """

    def __init__(self, engine: Engine, *, threads: int = 1, batch_seconds: float | None = None) -> None:
        self.threads = check_threads(threads)
        if batch_seconds is not None and (not is_number(batch_seconds) or not batch_seconds > 0):
            raise WannError(f"batch_seconds is {shown(batch_seconds)}; it must be a number of seconds above 0")
        self._batch_seconds = batch_seconds
        self._engine = engine
        self._tasks: deque[_SentTask] = deque(maxlen=_MOST_TASKS)
        self._lock = threading.Lock()
        self._steps = self._batches = self._repeated = self._sent_bytes = self._received_bytes = 0
        self._evaluating_seconds = 0.0
        self._by_worker: dict[str, tuple[int, float]] = {}

    @property
    def name(self) -> str:  # type: ignore[override]
        """For people, such as ``"2 Ray workers"``."""
        return self._engine.name

    def run_each(self, task: Task, jobs: Sequence[Job]) -> list[Rollouts]:
        """Runs several jobs; see `Evaluator.run_each`."""
        check_task(task)
        for job in jobs:
            check_networks(job.networks, task)
        with self._lock:
            start = time.monotonic()
            rollouts = self._run(task, jobs)
            self._evaluating_seconds += time.monotonic() - start
        for job, part in zip(jobs, rollouts, strict=True):
            check_rewards(part, task, job.networks, job.weights, job.seeds)
        return rollouts

    def _run(self, task: Task, jobs: Sequence[Job]) -> list[Rollouts]:
        sent, new = self._as_sent(task)
        parts = batches(jobs, self._engine.workers, in_core=runs_in_core(task))
        with_task = self._engine.workers if new else 0
        round_ = _Round(sent, jobs, parts, Results(jobs), deque(range(len(parts))), with_task)
        try:
            while round_.waiting or round_.under_way:
                self._send(round_)
                self._hear(round_)
        except WorkerLostError as error:
            raise WorkersLostError(f"{self.name}: {error}") from None
        finally:
            for future in round_.under_way:
                future.cancel()
        return round_.results.rollouts()

    def _as_sent(self, task: Task) -> tuple[_SentTask, bool]:
        """The task as it is sent, and whether it is a new one."""
        for sent in self._tasks:
            if sent.task is task:
                return sent, False
        data = _pickled(task)
        sent = _SentTask(task, hashlib.sha256(data).hexdigest(), data)
        self._tasks.append(sent)
        return sent, True

    def _send(self, round_: _Round) -> None:
        """Sends batches as long as workers take some."""
        while round_.waiting and self._engine.has_room:
            number = round_.waiting.popleft()
            carries = round_.with_task > 0 or number in round_.needs_task
            round_.with_task -= carries
            message = self._message(round_, number, with_task=carries)
            future = self._engine.submit(message)
            round_.under_way[future] = _Sent(number, time.monotonic())
            self._sent_bytes += len(message)
            self._batches += 1

    def _message(self, round_: _Round, number: int, *, with_task: bool) -> bytes:
        pieces = []
        for piece in round_.batches[number]:
            job = round_.jobs[piece.job]
            networks = pack(job.networks, piece.rows)
            pieces.append(PackedPiece(networks, job.weights[piece.lanes], job.seeds[piece.lanes]))
        data = round_.task.data if with_task else None
        return to_bytes(Request(round_.task.token, data, self.threads, tuple(pieces)))

    def _hear(self, round_: _Round) -> None:
        """Takes the answers that have come, and looks after the workers."""
        if not round_.under_way:
            time.sleep(_LOOK_EVERY)  # workers are starting
        done, _ = wait(round_.under_way, _LOOK_EVERY, FIRST_COMPLETED)
        for future in done:
            sent = round_.under_way.pop(future)
            try:
                message = future.result()
            except (Exception, CancelledError) as error:
                self._failed(round_, sent, future, error)
            else:
                self._received_bytes += len(message)
                self._take(round_, sent.number, answer_of(message))
        if not done:
            self._engine.check()
        self._give_up_slow_ones(round_)

    def _take(self, round_: _Round, number: int, answer: Answer) -> None:
        if answer.refusal is not None:
            raise WorkersLostError(answer.refusal)
        if answer.error is not None:
            raise answer.error
        if answer.rollouts is None:
            round_.needs_task.add(number)
            round_.waiting.appendleft(number)
            return
        round_.results.put(round_.batches[number], answer.rollouts)
        computed = sum(part.computed_steps for part in answer.rollouts)
        self._steps += computed
        steps, seconds = self._by_worker.get(answer.worker, (0, 0.0))
        self._by_worker[answer.worker] = steps + computed, seconds + answer.seconds

    def _failed(self, round_: _Round, sent: _Sent, future: "Future[bytes]", error: BaseException) -> None:
        how = self._engine.lost(future, error)
        if how is None:
            if isinstance(error, ModuleNotFoundError):
                raise WannError(f"a worker cannot import {error.name}; install it where the workers are") from error
            raise WannError(f"{self.name}: a batch cannot be carried out: {type(error).__name__}: {error}") from error
        self._repeat(round_, sent.number, how)

    def _repeat(self, round_: _Round, number: int, how: str) -> None:
        """Has a batch sent once more, unless it seems to be what ends the workers."""
        round_.losses[number] = round_.losses.get(number, 0) + 1
        if round_.losses[number] >= MOST_LOSSES:
            raise WorkersLostError(f"{self.name}: a batch was lost with {MOST_LOSSES} workers, one after the other: {how}")
        self._repeated += 1
        round_.needs_task.add(number)  # what comes in a lost worker's place does not have it
        round_.waiting.appendleft(number)

    def _give_up_slow_ones(self, round_: _Round) -> None:
        if self._batch_seconds is None:
            return
        now = time.monotonic()
        for future, sent in list(round_.under_way.items()):
            if now - sent.since > self._batch_seconds and not future.done():
                del round_.under_way[future]
                self._engine.give_up(future)
                self._repeat(round_, sent.number, f"no answer within {self._batch_seconds:g} s")

    def usage(self) -> Usage:
        """What the workers have done so far."""
        by_worker = tuple((name, steps, seconds) for name, (steps, seconds) in sorted(self._by_worker.items()))
        return Usage(
            workers=self._engine.workers,
            steps=self._steps,
            busy_seconds=sum(seconds for _, _, seconds in by_worker),
            evaluating_seconds=self._evaluating_seconds,
            batches=self._batches,
            repeated=self._repeated,
            sent_bytes=self._sent_bytes,
            received_bytes=self._received_bytes,
            by_worker=by_worker,
        )

    def close(self) -> None:
        """Ends what was started for this evaluator."""
        self._engine.close()


def _pickled(task: Task) -> bytes:
    """The task as bytes.

    Raises:
        WannError: The task cannot be pickled.
    """
    scaling = scaling_of(task)
    if scaling is not None:
        scaling.network_metadata  # noqa: B018 (is measured here, so that no worker has to, each for itself)
    try:
        data: bytes = _pickler().dumps(task)
    except Exception as error:  # whatever an attribute of the task does when it is pickled
        raise WannError(f"the task {task.name} cannot be sent to workers: {type(error).__name__}: {error}") from error
    return data


def _pickler() -> Any:
    """cloudpickle, which knows of lambdas and of what stands in a script; where it is not installed, what Python has."""
    try:
        import cloudpickle
    except ImportError:
        return pickle
    return cloudpickle
