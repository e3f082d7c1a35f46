"""The worker processes of a task, seen from their owner: started, given episodes, watched, replaced, ended."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import weakref
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

import cloudpickle
import numpy as np

from wann.errors import WannError
from wann.tasks.environments.base import JobFailedError
from wann.tasks.environments.shared_memory import NOWHERE, Board, shared_file
from wann.tasks.environments.worker import MAX_FAILURES, Request, Setup

#: How often workers are looked at while nothing is heard of them, in seconds.
_LOOK_EVERY = 0.25
#: The most that the time between two looks counts for, in seconds.
_LONGEST_LOOK = 2.0
#: What importing the package and its dependencies may take, besides making an environment.
_START_SECONDS = 60.0
_PROGRAM = "from wann.tasks.environments.worker import main; main()"


def _given_up(job: int, how: str) -> JobFailedError:
    return JobFailedError(job, f"failed {MAX_FAILURES} times in the same episode: {how}")


class WorkerDiedError(Exception):
    """A worker process has ended by itself, or was ended because it hung."""


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, file: int, number: int) -> None:
        self.number = number
        self.pipe, theirs = Pipe()
        arguments = [str(theirs.fileno()), str(file), str(number), json.dumps(sys.path)]
        try:
            self.process = subprocess.Popen(
                # -P: a file in the present folder must not stand in for a module of the same name.
                [sys.executable, "-P", "-c", _PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), file),
                env=_environment(),
                # A group of its own: Ctrl-C is for the owner, who ends the workers.
                process_group=0,
            )
        finally:
            theirs.close()
        # What it is to do again if it dies; and how far it was when it was last looked at, and for how long it stands there.
        self.own_jobs: list[int] = []
        self.last_rounds = -1
        self.last_look = time.monotonic()
        self.stands_for = 0.0

    def send(self, name: str, *arguments: Any) -> None:
        """Calls a function of the worker; the answer comes over the pipe."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A worker that has died is found out when its answer is read.
            self.pipe.send_bytes(cloudpickle.dumps((name, arguments)))

    def receive(self, timeout: float) -> tuple[Any, ...]:
        """The next answer.

        Raises:
            WorkerDiedError: There is none, within ``timeout`` seconds.
        """
        try:
            if not self.pipe.poll(timeout):
                self.end()
                raise WorkerDiedError(f"no answer within {timeout:g} s")
            answer: tuple[Any, ...] = self.pipe.recv()
            return answer
        except (EOFError, ConnectionResetError, OSError):
            raise WorkerDiedError(self.end()) from None

    def end(self) -> str:
        """Ends the process if it has not ended; says how it ended."""
        self.pipe.close()
        try:
            # It may be on its way out; what it has to say then is more than that it was killed.
            status = self.process.wait(0.1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        return f"the process was ended by signal {-status}" if status < 0 else f"the process ended with status {status}"


def _environment() -> dict[str, str]:
    """The environment variables of a worker: one thread each for libraries that would take all cores."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**single, "PYGAME_HIDE_SUPPORT_PROMPT": "1", **os.environ}


def _end_all(workers: list[_Worker], owner: int) -> None:
    if os.getpid() != owner:
        return  # a fork of the owner
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.pipe.close()
        worker.process.kill()
    for worker in workers:
        worker.process.wait()
    workers.clear()


class WorkerPool:
    """Worker processes that are started when they are needed and kept for the next call.

    Args:
        setup: What every worker is told first.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._file = shared_file()
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self._uses_vector = False
        self._finalizer = weakref.finalize(self, _end_all, self._workers, os.getpid())
        weakref.finalize(self, os.close, self._file)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: elsewhere the task has workers of its own."""
        return WorkerPool, (self._setup,)

    @property
    def uses_vector(self) -> bool:
        """Whether the first worker has found a vector environment that it can use; False before there is one."""
        return self._uses_vector

    def close(self) -> None:
        """Ends all workers; the next call starts new ones."""
        _end_all(self._workers, os.getpid())

    def measure(self, seed: int, max_episodes: int, max_steps: int) -> tuple[Any, ...]:
        """Random episodes in one worker: mean and standard deviation of observations, seconds a step.

        Raises:
            WannError: The environment misbehaved.
        """
        with self._lock, self._ending_on_error():
            worker = self._ready(1)[0]
            worker.send("measure", seed, max_episodes, max_steps)
            try:
                answer = worker.receive(self._setup.time_limit * max_episodes)
            except WorkerDiedError as error:
                raise WannError(f"{self._setup.factory.where}, random actions, reset seed {seed} on: {error}") from None
            if answer[0] != "measured":
                raise WannError(f"{self._setup.factory.where}, {answer[1]}")
            return answer[1:]

    def run(self, request: Request) -> tuple[Any, Any]:
        """Runs all episodes of a request.

        Returns:
            Rewards and steps, shape (n_jobs,).

        Raises:
            JobFailedError: An episode has failed three times.
            WannError: A worker cannot be started.
        """
        with self._lock, self._ending_on_error():
            board = Board(self._file, request.n_jobs, request.n_workers, request.slots)
            board.clear()
            workers = self._ready(request.n_workers)
            for worker in workers:
                self._start(worker, request, [], alone=False)
            self._watch(workers, request, board)
            return board.rewards.copy(), board.steps.copy()

    @contextlib.contextmanager
    def _ending_on_error(self) -> Any:
        """Workers that are left in the middle of something are ended: on errors, and on Ctrl-C."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _ready(self, n: int) -> list[_Worker]:
        """The first n workers, started and set up where they were not."""
        for worker in [w for w in self._workers if w.process.poll() is not None]:
            worker.end()
            self._workers.remove(worker)
        numbers = {w.number for w in self._workers}
        new = [_Worker(self._file, i) for i in range(max(n, len(self._workers))) if i not in numbers]
        self._workers.extend(new)
        self._workers.sort(key=lambda w: w.number)
        self._set_up(new)
        return self._workers[:n]

    def _set_up(self, workers: list[_Worker]) -> None:
        where = self._setup.factory.where
        for worker in workers:
            worker.send("setup", self._setup)
        for worker in workers:
            try:
                kind, answer = worker.receive(_START_SECONDS + self._setup.time_limit)
            except WorkerDiedError as error:
                raise WannError(f"{where}: a worker could not make the environment: {error}") from None
            if kind != "ready":
                raise WannError(f"{where}: a worker could not make the environment: {answer}")
            self._uses_vector = answer

    def _start(self, worker: _Worker, request: Request, own_jobs: list[int], *, alone: bool) -> None:
        worker.own_jobs = own_jobs
        worker.last_rounds, worker.last_look, worker.stands_for = -1, time.monotonic(), 0.0
        worker.send("run", request, own_jobs, alone)

    def _watch(self, workers: list[_Worker], request: Request, board: Board) -> None:
        """Waits until all jobs are done; replaces workers that die or hang."""
        busy: dict[Connection, _Worker] = {w.pipe: w for w in workers}
        idle: list[_Worker] = []
        while busy:
            heard: Any = wait(list(busy), _LOOK_EVERY)
            for pipe in heard:
                worker = busy.pop(pipe)
                try:
                    answer = worker.receive(0)
                except WorkerDiedError as error:
                    worker = self._replace(worker, request, board, str(error))
                    busy[worker.pipe] = worker
                    continue
                if answer[0] != "idle":
                    raise _given_up(*answer[1:]) if answer[0] == "gave up" else WannError(f"{answer[1]}")
                idle.append(worker)
            for worker in [w for w in busy.values() if self._hangs(w, board)]:
                del busy[worker.pipe]
                worker.end()
                text = f"it did not answer within {self._setup.time_limit:g} s, and its process was ended"
                worker = self._replace(worker, request, board, text)
                busy[worker.pipe] = worker
            lost = np.flatnonzero(board.done == 0).tolist() if not busy else []
            if lost:
                # A worker died between taking a job and noting it.
                worker = idle.pop()
                self._start(worker, request, lost, alone=True)
                busy[worker.pipe] = worker

    def _hangs(self, worker: _Worker, board: Board) -> bool:
        rounds = int(board.rounds[worker.number]) * (1 << 16) + int(board.at[worker.number])
        now = time.monotonic()
        # A long time without a look means that the owner was stopped, and the worker perhaps as well.
        passed, worker.last_look = min(now - worker.last_look, _LONGEST_LOOK), now
        worker.stands_for = 0.0 if rounds != worker.last_rounds else worker.stands_for + passed
        worker.last_rounds = rounds
        return worker.stands_for > self._setup.time_limit

    def _replace(self, dead: _Worker, request: Request, board: Board, how: str) -> _Worker:
        """A new worker for one that has ended, with its jobs; the episode that it died in has failed once."""
        in_flight = [int(job) for job in board.jobs[dead.number] if job >= 0]
        slot = int(board.at[dead.number])
        # Where it did not die in an environment that can be named, each may have been the one.
        blamed = in_flight if slot == NOWHERE else [int(board.jobs[dead.number, slot])]
        for job in blamed:
            board.failures[job] += 1
            if board.failures[job] >= MAX_FAILURES:
                raise _given_up(job, how)
        unfinished = [job for job in dict.fromkeys([*in_flight, *dead.own_jobs]) if not board.done[job]]
        board.jobs[dead.number] = -1
        board.at[dead.number] = NOWHERE
        self._workers.remove(dead)
        worker = _Worker(self._file, dead.number)
        self._workers.insert(dead.number, worker)
        self._set_up([worker])
        # In environments of their own, so that a second failure can be told from the others.
        self._start(worker, request, unfinished, alone=True)
        return worker
