"""EnvPool's environments as tasks: stepped by threads of EnvPool's own, in its asynchronous mode."""

import math
import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import check_text
from wann.errors import MissingExtraError, WannError
from wann.networks.network import Network, as_batch

try:
    import envpool
    import gymnasium
except ImportError:
    raise MissingExtraError("an EnvPool environment", "envpool") from None

from wann.seeding import reset_seed
from wann.tasks.environments.actor import Actor, NotFiniteError
from wann.tasks.environments.base import (
    MEASURED_EPISODES,
    MEASURED_SEED,
    MEASURED_STEPS,
    EnvironmentTask,
    JobFailedError,
)
from wann.tasks.environments.factory import one_line
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import action_codec, observation_codec

#: Environments that are made at a time, one for each episode.
_MAX_ENVIRONMENTS = 1024
#: Observations that are waited for at a time, for each of EnvPool's threads. More would make policies cheaper; but when
#: fewer episodes than that are left, others must be stepped in vain.
_BATCH_A_THREAD = 4
#: Episodes under way at a time, for each observation that is waited for. The threads need some to go on with meanwhile, and
#: the more long episodes go side by side, the shorter is the time at the end when they no longer fill a batch: with 3 a
#: seventh of all of BipedalWalker's steps were in vain, with 10 a thirtieth. All at once would outgrow the caches.
_UNDER_WAY_A_BATCH = 10


#: Of an environment: its first observation is awaited or kept; its episode is under way; its episode has ended.
_RESETTING, _RUNNING, _ENDED = range(3)


class EnvPoolTask(EnvironmentTask):
    """An environment of EnvPool with a flat observation and Box or Discrete actions.

    Every episode has an environment of its own, made with the episode's seed (modulo 2³¹). EnvPool cannot tell faults of its
    environments apart, and so neither does this task.

    Args:
        env_id: As EnvPool knows it, such as ``"BipedalWalker-v3"``.
        observation_scaling: True to scale observations to mean 0 and standard deviation 1 of random episodes, False to leave
            them, or a scaling.
        kwargs: EnvPool's options of the environment.

    Raises:
        WannError: There is no such environment, or its observations or actions do not fit a network.
        MissingExtraError: EnvPool is not installed.
    """

    _seeded = "env_seed={}"

    def __init__(self, env_id: str, *, observation_scaling: bool | ObservationScaling = True, **kwargs: Any) -> None:
        where = f"envpool:{check_text(env_id, 'env_id')}"
        self._env_id, self._kwargs = env_id, kwargs
        try:
            pool = self._make([0], threads=1)
        except Exception as error:
            raise WannError(f"{where}: {one_line(error)}") from error
        if not isinstance(pool.observation_space, gymnasium.spaces.Box) or len(pool.observation_space.shape) > 1:
            raise WannError(
                f"{where}: observations in the space {pool.observation_space} are not supported; allowed is a flat Box"
            )
        named = SimpleNamespace(spec=SimpleNamespace(name=env_id.rpartition("-v")[0]))
        super().__init__(
            where,
            observation_codec(pool.observation_space, named, where),
            action_codec(pool.action_space, named, where),
            observation_scaling,
        )

    def _make(self, seeds: list[int], *, threads: int, batch: int | None = None) -> Any:
        return envpool.make(
            self._env_id,
            env_type="gymnasium",
            num_envs=len(seeds),
            batch_size=batch or len(seeds),
            num_threads=threads,
            env_seed=seeds,
            **self._kwargs,
        )

    def _measured(self) -> tuple[ArrayLike, ArrayLike]:
        pool = self._make([MEASURED_SEED + i for i in range(MEASURED_EPISODES)], threads=1)
        space = pool.action_space
        space.seed(MEASURED_SEED)
        observations = [pool.reset()[0]]
        for _ in range(MEASURED_STEPS // MEASURED_EPISODES):
            observations.append(pool.step(np.stack([space.sample() for _ in range(MEASURED_EPISODES)]))[0])
        values = np.concatenate(observations)
        return values.mean(axis=0), values.std(axis=0)

    def _run(
        self, networks: list[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        n_lanes = len(seeds)
        n_jobs = len(networks) * n_lanes
        rewards, steps = np.zeros(n_jobs), np.zeros(n_jobs, dtype=np.int64)
        actor = self._actor(networks, weights)
        for begin in range(0, n_jobs, _MAX_ENVIRONMENTS):
            jobs = np.arange(begin, min(begin + _MAX_ENVIRONMENTS, n_jobs))
            environments = self._environments([reset_seed(seeds[job % n_lanes]) for job in jobs], threads)
            rewards[jobs], steps[jobs] = _Episodes(*environments, actor, begin).run()
        return rewards, steps

    def _environments(self, seeds: list[int], threads: int) -> tuple[Any, int]:
        """A pool with an environment for each seed, and the size of its batches."""
        batch = min(threads * _BATCH_A_THREAD, len(seeds))
        return self._make(seeds, threads=threads, batch=batch), batch

    def _actor(self, networks: list[Network], weights: NDArray[np.float32]) -> Actor:
        shift, factor = self._scalings_of(networks)
        rows = np.ascontiguousarray(weights.reshape(len(weights), -1))
        return Actor(as_batch(networks), shift, factor, rows, weights.ndim == 2, self._actions, _MAX_ENVIRONMENTS)

    def synchronous_rate(self, n: int, threads: int, seconds: float) -> float:
        """Steps a second of n environments that EnvPool steps all at once with random actions."""
        pool = self._make(list(range(n)), threads=threads)
        space = pool.action_space
        space.seed(0)
        actions = [np.stack([space.sample() for _ in range(n)]) for _ in range(64)]
        pool.reset()
        rounds, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            pool.step(actions[rounds % len(actions)])
            rounds += 1
        return rounds * n / elapsed

    def make_env(self, **options: Any) -> Any:
        """Gymnasium's environment of the same name: EnvPool's own are not to be watched."""
        try:
            return gymnasium.make(self._env_id, **options)
        except gymnasium.error.Error as error:
            raise WannError(f"{self.name}: {one_line(error)}") from error


class _Wire:
    """A pool's batches, with as few conversions as there can be.

    EnvPool's own `recv` and `send` make dictionaries of what its core gives and takes, which takes longer than the networks
    do. Where the core's arrays are the known ones they are used as they are, elsewhere `recv` and `send`.
    """

    _SENT = ("env_id", "players.env_id", "action")
    _RECEIVED = ("info:env_id", "reward", "done", "obs")

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        received = list(getattr(pool, "_state_keys", ()))
        self._direct = set(self._RECEIVED) <= set(received) and tuple(getattr(pool, "_action_keys", ())) == self._SENT
        if self._direct:
            self._places = [received.index(key) for key in self._RECEIVED]
            self._action_type = pool._spec._action_spec[-1][0]

    def receive(self) -> tuple[NDArray[np.int32], NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Of a batch: its environments, their rewards, whether their episodes have ended, and observations."""
        if self._direct:
            arrays = self._pool._recv()
            ids, rewards, ended, observations = (arrays[i] for i in self._places)
            return ids, rewards, ended, observations
        observations, rewards, terminated, truncated, info = self._pool.recv()
        return info["env_id"], rewards, terminated | truncated, observations

    def send(self, actions: NDArray[Any], ids: NDArray[np.int32]) -> None:
        """Steps environments."""
        if self._direct:
            self._pool._send([ids, ids, np.ascontiguousarray(actions, dtype=self._action_type)])
        else:
            self._pool.send(actions, ids)


class _Episodes:
    """One episode in each environment of a pool, from its reset to its end.

    Only some are under way at a time, which the processor's caches can hold. An environment whose episode has ended is
    stepped again only to fill a batch, because EnvPool hands out no smaller ones.

    Args:
        pool: EnvPool's environments, in its asynchronous mode.
        batch: Observations that the pool hands out at a time.
        actor: Acts for jobs.
        first_job: The job of the pool's first environment; the others' follow.
    """

    def __init__(self, pool: Any, batch: int, actor: Actor, first_job: int) -> None:
        self._pool, self._wire, self._batch, self._actor, self._first_job = pool, _Wire(pool), batch, actor, first_job
        n = len(pool)
        self._n_inputs = math.prod(pool.observation_space.shape)
        self._observations = np.zeros((n, self._n_inputs), dtype=np.float32)  # the last ones
        self._totals, self._steps = [0.0] * n, [0] * n
        self._state = [_RESETTING] * n
        self._unfinished = n
        self._under_way, self._most_under_way = 0, _UNDER_WAY_A_BATCH * batch
        self._ready: deque[int] = deque()  # reset, and not started
        self._idle: list[int] = []  # ended, and not under way to fill a batch
        self._in_flight = n

    def run(self) -> tuple[list[float], list[int]]:
        """Rewards and steps of the episodes.

        Raises:
            JobFailedError: An observation or a sum of rewards is not finite.
        """
        self._pool.async_reset()
        while self._unfinished:
            ids, rewards, ended, observations = self._wire.receive()
            self._in_flight -= len(ids)
            self._observations[ids] = observations
            self._send(self._received(ids.tolist(), rewards.tolist(), ended.tolist()))
        return self._totals, self._steps

    def _received(self, ids: list[int], rewards: list[float], ended: list[bool]) -> list[int]:
        """Notes what a batch has brought; gives the environments that are to go on."""
        going, state, totals, steps = [], self._state, self._totals, self._steps
        for i, reward, end in zip(ids, rewards, ended, strict=True):
            if state[i] == _RUNNING:
                totals[i] += reward
                steps[i] += 1
                if end:
                    self._end(i)
                else:
                    going.append(i)
            elif state[i] == _RESETTING:
                self._ready.append(i)
            else:
                self._idle.append(i)
        while self._ready and self._under_way < self._most_under_way:
            self._under_way += 1
            going.append(self._ready.popleft())
            state[going[-1]] = _RUNNING
        return going

    def _end(self, i: int) -> None:
        if not math.isfinite(self._totals[i]):
            raise JobFailedError(self._first_job + i, f"gave a sum of rewards that is {self._totals[i]}")
        self._state[i] = _ENDED
        self._unfinished -= 1
        self._under_way -= 1
        # The first to be taken is the last: an environment that has filled a batch before, which need not be reset for it.
        self._idle.insert(0, i)

    def _send(self, going: list[int]) -> None:
        lacking = self._batch - self._in_flight - len(going)
        if lacking > 0 and self._unfinished:
            fillers = [self._idle.pop() for _ in range(lacking)]
            self._observations[fillers] = 0.0  # whatever they are, no fault of an episode
            going += fillers
        if not going:
            return
        ids = np.array(going, dtype=np.int32)
        self._in_flight += len(going)
        self._wire.send(self._actions(ids), ids)

    def _actions(self, ids: NDArray[np.int32]) -> NDArray[Any]:
        jobs = ids + np.int64(self._first_job)
        observations = self._observations[ids]
        try:
            return np.asarray(self._actor.act(jobs, observations, len(ids)))
        except NotFiniteError as error:
            text = f"gave an observation that is not finite: {observations[error.row].tolist()}"
            raise JobFailedError(int(jobs[error.row]), text) from None
