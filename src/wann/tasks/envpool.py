"""EnvPool's environments as tasks: stepped by threads of EnvPool's own, in its asynchronous mode."""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core
from wann.errors import MissingExtraError, WannError
from wann.network import Network, as_batch

try:
    import envpool
    import gymnasium
except ImportError:
    raise MissingExtraError("an EnvPool environment", "envpool") from None

from wann.tasks.environments.base import MEASURED_EPISODES, MEASURED_SEED, MEASURED_STEPS, EnvironmentTask
from wann.tasks.environments.factory import one_line
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import action_codec, observation_codec
from wann.tasks.protocol import Policy, Rollouts

#: Environments that are made at a time, one for each episode.
_MAX_ENVIRONMENTS = 1024
#: Observations that are waited for at a time, for each of EnvPool's threads, with few and with many environments. More make
#: policies cheaper, but towards the end of the episodes as many environments must go on, whether they are needed or not.
_BATCH_A_THREAD, _LARGE_BATCH_A_THREAD, _MANY = 4, 8, 512


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

    def __init__(self, env_id: str, *, observation_scaling: bool | ObservationScaling = True, **kwargs: Any) -> None:
        where = f"envpool:{env_id}"
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

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `Task.rollout`.

        Raises:
            WannError: An observation or a reward is not finite.
        """
        n_lanes = len(seeds)
        first = as_batch(networks).first_equal()
        distinct = sorted(set(first))
        policies = _Policies(self, [networks[i] for i in distinct], weights)
        n_jobs = len(distinct) * n_lanes
        rewards, steps = np.zeros(n_jobs), np.zeros(n_jobs, dtype=np.int64)
        for begin in range(0, n_jobs, _MAX_ENVIRONMENTS):
            jobs = np.arange(begin, min(begin + _MAX_ENVIRONMENTS, n_jobs))
            self._run(policies, jobs, [int(seeds[job % n_lanes]) % 2**31 for job in jobs], threads, rewards, steps)
        place = np.searchsorted(distinct, first)
        return Rollouts(
            rewards=rewards.reshape(-1, n_lanes)[place],
            steps=steps.reshape(-1, n_lanes)[place],
            computed_steps=int(steps.sum()),
        )

    def _run(
        self,
        policies: "_Policies",
        jobs: NDArray[np.int64],
        seeds: list[int],
        threads: int,
        rewards: NDArray[np.float64],
        steps: NDArray[np.int64],
    ) -> None:
        """Runs one episode in each environment of a pool. One that has ended is stepped again only to fill a batch."""
        n = len(jobs)
        batch = min(threads * (_LARGE_BATCH_A_THREAD if n >= _MANY else _BATCH_A_THREAD), n)
        pool = self._make(seeds, threads=threads, batch=batch)
        running, started = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
        waiting = np.zeros(n, dtype=bool)  # ended, and not sent an action since
        in_flight, n_running = n, n
        pool.async_reset()
        while n_running:
            observations, received, terminated, truncated, info = pool.recv()
            ids = info["env_id"]
            in_flight -= len(ids)
            # An environment's first observation comes from its reset, and so does the one after an episode's end.
            counts = running[ids] & started[ids]
            counted = ids[counts]
            rewards[jobs[counted]] += received[counts]
            steps[jobs[counted]] += 1
            ended = counted[(terminated | truncated)[counts]]
            running[ended] = False
            started[ids] = True
            n_running -= len(ended)
            waiting[ids[~running[ids]]] = True
            going = running[ids]
            sent = ids[going]
            actions = policies.act(jobs[sent], observations[going], self)
            spare = max(batch - in_flight - len(sent), 0) if n_running else 0
            if spare:
                fillers = np.flatnonzero(waiting)[:spare].astype(ids.dtype)
                waiting[fillers] = False
                sent = np.concatenate([sent, fillers])
                actions = np.concatenate([actions, policies.idle(len(fillers), self)])
            if len(sent):
                pool.send(actions, sent)
                in_flight += len(sent)
        bad = np.flatnonzero(~np.isfinite(rewards[jobs]))
        if len(bad):
            raise WannError(
                f"{self.name}: the sum of rewards is {rewards[jobs[bad[0]]]} with {policies.told(int(jobs[bad[0]]))}"
            )

    def policy(self, network: Network, weight: float | None = None) -> Policy:
        """A plain function from an observation of the environment to an action; see `wann.Network.policy`."""
        shift, factor = self.scaling_of(network).arrays()

        def act(observation: Any) -> Any:
            inputs = (np.asarray(observation, dtype=np.float32) - shift) * factor
            return self._actions.decode(network(inputs[None], weight))[0]

        return act

    def actions_of(self, outputs: NDArray[np.float32]) -> NDArray[Any]:
        """Actions for outputs, shape (n, n_outputs), as one array."""
        return np.asarray(self._actions.decode(outputs))

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


class _Policies:
    """Networks and the weights of their lanes; job i is lane i % n_lanes of network i // n_lanes."""

    def __init__(self, task: EnvPoolTask, networks: list[Network], weights: NDArray[np.float32]) -> None:
        scalings = [task.scaling_of(network).arrays() for network in networks]
        self._batch = as_batch(networks)
        self._shift = np.stack([shift for shift, _ in scalings])
        self._factor = np.stack([factor for _, factor in scalings])
        self._individual = weights.ndim == 2
        self._weights = weights.reshape(len(weights), -1)
        self._n_outputs = len(task.outputs)
        self._networks = networks

    def act(self, jobs: NDArray[np.int64], observations: NDArray[Any], task: EnvPoolTask) -> NDArray[Any]:
        """Actions for some jobs.

        Raises:
            WannError: An observation is not finite.
        """
        outputs = np.zeros((len(jobs), self._n_outputs), dtype=np.float32)
        network, lane = np.divmod(jobs, len(self._weights))
        rows = np.ascontiguousarray(observations, dtype=np.float32)
        bad = _core.run_policies(
            self._batch,
            network.astype(np.uint32),
            rows,
            np.ascontiguousarray(self._weights[lane]),
            self._individual,
            self._shift,
            self._factor,
            outputs,
        )
        if bad < len(jobs):
            raise WannError(
                f"{task.name}: an observation is not finite: {rows[bad].tolist()} with {self.told(int(jobs[bad]))}"
            )
        return task.actions_of(outputs)

    def idle(self, n: int, task: EnvPoolTask) -> NDArray[Any]:
        """Actions of no account."""
        return task.actions_of(np.zeros((n, self._n_outputs), dtype=np.float32))

    def told(self, job: int) -> str:
        """The network and the weight of a job, for messages."""
        network, lane = divmod(job, len(self._weights))
        weight = "its individual weights" if self._individual else f"weight {self._weights[lane, 0]:g}"
        return f"network {network} ({self._networks[network]!r}) and {weight}"
