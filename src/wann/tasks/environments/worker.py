"""A worker process: runs episodes of many networks in environments of its own.

It is started as ``python -c``, takes messages over one pipe, and ends when the other end of the pipe is closed. Messages to
it are a function's name and arguments (`_Worker`'s public methods); it answers each with a tuple whose first entry says what
it is.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.interrupts import leave_to_parent
from wann.tasks.environments.actor import Actor, NotFiniteError
from wann.tasks.environments.environment_slots import (
    MisbehaviorError,
    Renewal,
    Slots,
    SlotsProtocol,
    VectorSlots,
    close_quietly,
    make_environment,
    needed_renewal,
    same_episodes,
)
from wann.tasks.environments.factory import EnvironmentFactory, one_line
from wann.tasks.environments.shared_memory import Board
from wann.tasks.environments.spaces import ActionCodec, action_codec

#: An episode that fails so often ends the run.
MAX_FAILURES = 3
#: Lanes of a vector environment: a step of it takes about the same time for any number up to this.
VECTOR_SLOTS = 256
#: Steps of all its environments that a worker makes before it looks whether its owner is still there.
_ORPHAN_CHECK_SECONDS = 1.0
#: For `gc.set_threshold`.
_GARBAGE_THRESHOLDS = (20_000, 20, 20)


@dataclass(frozen=True)
class Setup:
    """What a worker knows for its whole life."""

    factory: EnvironmentFactory
    n_inputs: int
    flatten: bool
    time_limit: float
    use_vector: bool


@dataclass(frozen=True)
class Request:
    """Episodes to run: every network in every lane; job i is lane i % n_lanes of network i // n_lanes."""

    networks: list[tuple[NDArray[np.uint8], NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]]
    n_outputs: int
    shift: NDArray[np.float32]  #: (n_networks, n_inputs)
    factor: NDArray[np.float32]  #: (n_networks, n_inputs)
    weights: NDArray[np.float32]  #: (n_lanes, 1 or n_connections)
    individual: bool
    reset_seeds: list[int]  #: of each lane
    n_workers: int
    slots: int
    renewal: Renewal  #: before every episode

    @property
    def n_jobs(self) -> int:
        """How many episodes."""
        return len(self.networks) * len(self.reset_seeds)


class _GaveUpError(Exception):
    """An episode has failed too often."""

    def __init__(self, job: int, text: str) -> None:
        super().__init__(text)
        self.job = job


class _Worker:
    def __init__(self, owner: Connection, file: int, number: int) -> None:
        self._owner = owner
        self._file = file
        self._number = number
        self._slots: Slots | None = None
        self._vector: VectorSlots | None = None
        self._renewal = Renewal.NONE

    def setup(self, setup: Setup) -> tuple[str, Any]:
        """Makes the first environment, to see that it can be made."""
        self._setup = setup
        try:
            env = make_environment(setup.factory, setup.flatten)
            self._actions = action_codec(env.action_space, env, setup.factory.where, setup.factory.pedals)
        except Exception as error:
            return "broken", one_line(error)
        close_quietly(env)
        # Environments make many short-lived objects, and cycles of some: what is imported need not be looked through for
        # them, nor so often.
        gc.freeze()
        gc.set_threshold(*_GARBAGE_THRESHOLDS)
        self._use_vector = setup.use_vector and same_episodes(setup.factory, setup.n_inputs)
        return "ready", self._use_vector

    def measure(self, seed: int, max_episodes: int, max_steps: int) -> tuple[Any, ...]:
        """Random episodes: mean and standard deviation of observations, seconds a step, and `needed_renewal`."""
        env, step = None, 0
        try:
            env = make_environment(self._setup.factory, self._setup.flatten)
            env.action_space.seed(seed)
            seen = []
            started, started_work = time.perf_counter(), time.process_time()
            for episode in range(max_episodes):
                observation, _ = env.reset(seed=seed + episode)
                seen.append(_flat(observation, self._setup.n_inputs))
                ended = False
                while not ended and len(seen) < max_steps:
                    observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
                    seen.append(_flat(observation, self._setup.n_inputs))
                    ended = terminated or truncated
                    step += 1
            # What the processor spent: a busy machine must not make an environment look slow. One that sleeps is slow.
            spent, passed = time.process_time() - started_work, time.perf_counter() - started
            seconds = max(spent, passed / 20)
            renewal = needed_renewal(self._setup.factory, self._setup.flatten)
        except Exception as error:
            text = str(error) if isinstance(error, MisbehaviorError) else f"it raised {one_line(error)}"
            return "misbehaved", f"random actions, reset seed {seed}, step {step}: {text}"
        finally:
            close_quietly(env)
        values = np.array(seen)
        if not np.isfinite(values).all():
            return "misbehaved", f"random actions, reset seed {seed}: an observation is not finite"
        return "measured", values.mean(axis=0), values.std(axis=0), seconds / max(step, 1), renewal

    def run(self, request: Request, own_jobs: list[int], alone: bool) -> tuple[Any, ...]:
        """Runs first its own jobs and then others that nobody has taken.

        Args:
            request: The episodes.
            own_jobs: Jobs that were lost by a worker that died.
            alone: Do without a vector environment, whose lanes could not be told apart.
        """
        board = Board(self._file, request.n_jobs, request.n_workers, request.slots)
        self._renewal = request.renewal
        slots = self._environments(request.slots, board.at[self._number : self._number + 1], alone)
        episodes = _Episodes(self, request, board, self._number, slots, own_jobs, self._actions)
        try:
            episodes.run()
        except _GaveUpError as error:
            return "gave up", error.job, str(error)
        return ("idle",)

    def _environments(self, n: int, at: NDArray[np.int64], alone: bool) -> SlotsProtocol:
        setup = self._setup
        if self._use_vector and not alone:
            if self._vector is None or len(self._vector.observations) < n:
                self._vector = VectorSlots(setup.factory, n, setup.n_inputs, at)
            return self._vector
        slots = Slots(setup.factory, n, setup.n_inputs, setup.flatten, setup.time_limit, at, self._renewal)
        if self._slots is not None:
            slots.adopt(self._slots)
            self._slots.close()
        self._slots = slots
        return slots

    def without_vector(self, n: int, at: NDArray[np.int64]) -> SlotsProtocol:
        """Gives up a vector environment that has misbehaved."""
        if self._vector is not None:
            self._vector.close()
        self._vector, self._use_vector = None, False
        return self._environments(n, at, True)

    def look_for_owner(self) -> None:
        """Ends the process when its owner has gone."""
        if self._owner.poll():
            # Nothing is said to a worker that runs: the pipe has been closed.
            os._exit(0)


def _flat(observation: Any, n_inputs: int) -> NDArray[np.float64]:
    values = np.asarray(observation, dtype=float)
    if values.shape != (n_inputs,):
        raise MisbehaviorError(f"an observation has shape {values.shape}, not {(n_inputs,)}")
    return values


class _Episodes:
    """One request on its way: which job is in which slot, and the buffers for their policies."""

    def __init__(
        self,
        worker: _Worker,
        request: Request,
        board: Board,
        number: int,
        slots: SlotsProtocol,
        own_jobs: list[int],
        codec: ActionCodec,
    ) -> None:
        self._worker = worker
        self._request = request
        self._board = board
        self._number = number
        self._slots = slots
        self._own_jobs = own_jobs
        networks = _core.NetworkBatch(
            [_core.Network(request.shift.shape[1], request.n_outputs, *network) for network in request.networks]
        )
        scaling = request.shift, request.factor
        self._actor = Actor(networks, *scaling, request.weights, request.individual, codec, request.slots)
        self._n = 0
        self._jobs = np.full(request.slots, -1, dtype=np.int64)
        # Rounds that have been made, and how many had been when the episode in each slot began.
        self._rounds = 0
        self._began = [0] * request.slots

    def run(self) -> None:
        """Runs episodes until there are no more to take."""
        while self._n < self._request.slots and self._start_next(self._n):
            self._n += 1
        next_check = time.monotonic() + _ORPHAN_CHECK_SECONDS
        rounds = memoryview(self._board.rounds)
        while self._n:
            self._round()
            rounds[self._number] = self._rounds
            if time.monotonic() > next_check:
                self._worker.look_for_owner()
                next_check = time.monotonic() + _ORPHAN_CHECK_SECONDS

    def _round(self) -> None:
        """One step of every episode."""
        ended, faults = self._slots.step(self._actions())
        self._rounds += 1
        if not ended and not faults:
            return
        if faults and isinstance(self._slots, VectorSlots):
            self._go_over_to_single_environments()
            return
        # From the last slot down, so that a slot that is moved down has been dealt with.
        for slot in sorted({*ended, *faults}, reverse=True):
            if slot in faults:
                self._again(slot, f"step {self._steps(slot)}: {faults[slot]}")
            else:
                self._finish(slot)

    def _steps(self, slot: int) -> int:
        """Steps of the episode in a slot."""
        return self._rounds - self._began[slot]

    def _actions(self) -> Sequence[Any]:
        while True:
            try:
                return self._actor.act(self._jobs, self._slots.observations, self._n)
            except NotFiniteError as error:
                values = self._slots.observations[error.row].tolist()
                self._again(error.row, f"step {self._steps(error.row)}: an observation is not finite: {values}")

    def _start_next(self, slot: int) -> bool:
        """Starts the next job in a slot; False if there is none."""
        while True:
            job = self._own_jobs.pop(0) if self._own_jobs else self._board.take()
            if job >= self._request.n_jobs:
                self._jobs[slot] = self._board.jobs[self._number, slot] = -1
                return False
            if not self._board.done[job]:
                self._start(slot, job)
                return True

    def _start(self, slot: int, job: int) -> None:
        self._jobs[slot] = self._board.jobs[self._number, slot] = job
        self._actor.begin(job)
        seeds = self._request.reset_seeds
        while True:
            self._began[slot] = self._rounds
            try:
                self._slots.reset(slot, seeds[job % len(seeds)])
                return
            except MisbehaviorError as error:
                self._count_failure(slot, str(error))

    def _finish(self, slot: int) -> None:
        """Notes an episode's reward, and starts another in its slot or, if there is none, closes the gap."""
        job = int(self._jobs[slot])
        self._board.rewards[job] = self._slots.totals[slot]
        self._board.steps[job] = self._steps(slot)
        self._board.done[job] = 1
        if not self._start_next(slot):
            self._n -= 1
            if slot < self._n:
                self._move(self._n, slot)

    def _move(self, source: int, target: int) -> None:
        self._slots.move(source, target)
        self._jobs[target], self._began[target] = self._jobs[source], self._began[source]
        self._board.jobs[self._number, target] = self._jobs[source]
        self._board.jobs[self._number, source] = -1

    def _again(self, slot: int, text: str) -> None:
        """Starts an episode that has failed again, in a new environment."""
        self._count_failure(slot, text)
        self._start(slot, int(self._jobs[slot]))

    def _count_failure(self, slot: int, text: str) -> None:
        job = int(self._jobs[slot])
        self._board.failures[job] += 1
        if self._board.failures[job] >= MAX_FAILURES:
            raise _GaveUpError(job, text)
        self._slots.replace(slot)

    def _go_over_to_single_environments(self) -> None:
        """Starts all episodes that are under way again, each in an environment of its own, where faults can be told."""
        at = self._board.at[self._number : self._number + 1]
        self._slots = self._worker.without_vector(self._request.slots, at)
        for slot in range(self._n):
            self._start(slot, int(self._jobs[slot]))


def main() -> None:
    """Serves the owner whose pipe is named in the arguments: pipe, shared file, worker's number, and ``sys.path``."""
    leave_to_parent()
    pipe, file, number = (int(a) for a in sys.argv[1:4])
    sys.path[:] = json.loads(sys.argv[4])
    import cloudpickle
    import gymnasium

    # What Gymnasium has to say, it has said to the owner.
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    owner = Connection(pipe)
    worker = _Worker(owner, file, number)
    while True:
        try:
            name, arguments = cloudpickle.loads(owner.recv_bytes())
        except EOFError:
            break
        except Exception as error:
            answer: tuple[Any, ...] = ("broken", one_line(error))
        else:
            answer = getattr(worker, name)(*arguments)
        try:
            owner.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            break
    # What an environment keeps in the background must not keep the process.
    os._exit(0)
