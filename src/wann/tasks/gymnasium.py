"""Any Gymnasium environment as a task."""

import copy
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.activations import ALL_ACTIVATIONS, Activation
from wann.errors import EpisodeError, MissingExtraError, WannError
from wann.network import Network, as_batch

try:
    import cloudpickle
    import gymnasium  # noqa: F401
except ImportError:
    raise MissingExtraError("a Gymnasium environment", "gym") from None

from wann.tasks.environments.factory import EnvironmentFactory, one_line, registered
from wann.tasks.environments.pool import JobFailedError, WorkerPool
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.slots import close_quietly
from wann.tasks.environments.spaces import action_codec, observation_codec
from wann.tasks.environments.worker import MAX_FAILURES, VECTOR_SLOTS, Request, Setup
from wann.tasks.protocol import Policy, Rollouts, check_fits

#: Random episodes that observation scaling is measured on; the same for every search.
_MEASURED_EPISODES, _MEASURED_STEPS, _MEASURED_SEED = 16, 4000, 2**30
#: A round of policies costs a worker about this many seconds however many environments share it, and may take this part of
#: the time.
_ROUND_SECONDS, _ROUND_SHARE, _MAX_SLOTS = 12e-6, 0.02, 64


class GymnasiumTask:
    """A Gymnasium environment with flat observations and Box, Discrete, MultiDiscrete or MultiBinary actions.

    Episodes run in worker processes, each with environments of its own that are made once. An episode's reset seed is its
    seed modulo 2³¹.

    Args:
        environment: An id in Gymnasium's registry, such as ``"Pendulum-v1"``, or a function that makes an environment.
        observation_scaling: True to scale observations to mean 0 and standard deviation 1 of random episodes, False to leave
            them, or a scaling.
        time_limit: Seconds that one episode may spend in its environment.
        kwargs: Arguments of the environment, where it is named by its id.

    Raises:
        WannError: There is no such environment, or its observations or actions do not fit a network.
        MissingExtraError: Gymnasium is not installed.
    """

    hidden_activations: tuple[Activation, ...] = ALL_ACTIVATIONS

    def __init__(
        self,
        environment: str | Callable[[], Any],
        *,
        observation_scaling: bool | ObservationScaling = True,
        time_limit: float = 120.0,
        **kwargs: Any,
    ) -> None:
        self._factory = _factory(environment, kwargs)
        self.name = self._factory.where
        if not 0 < time_limit < math.inf:
            raise WannError(f"{self.name}: time_limit is {time_limit!r}; it must be a number of seconds above 0")
        env = self._make()
        self._observations = observation_codec(env.observation_space, env, self.name)
        self._actions = action_codec(env.action_space, env, self.name)
        self.max_episode_steps: int | None = getattr(env.spec, "max_episode_steps", None)
        close_quietly(env)
        self._wanted_scaling = observation_scaling
        self._scaling: ObservationScaling | None = None
        self._step_seconds = 0.0
        setup = Setup(
            factory=self._factory,
            n_inputs=len(self.inputs),
            flatten=self._observations.flatten,
            time_limit=float(time_limit),
            use_vector=not self._observations.flatten and self._factory.spec is not None,
        )
        self._pool = WorkerPool(setup)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the numbers in an observation."""
        return self._observations.names

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what makes an action."""
        return self._actions.names

    @property
    def output_activation(self) -> Activation:
        """Tanh where an action has bounds to be scaled to, else linear."""
        return self._actions.output_activation

    @property
    def observation_scaling(self) -> ObservationScaling:
        """The scaling that networks are run with that carry none of their own; measured when it is first needed."""
        self._measure()
        assert self._scaling is not None
        return self._scaling

    @property
    def network_metadata(self) -> dict[str, Any]:
        """What a network that was searched on this task needs in its file to run elsewhere."""
        return self.observation_scaling.to_metadata()

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `Task.rollout`. ``threads`` is the number of worker processes.

        Raises:
            EpisodeError: An episode has failed three times.
        """
        n_lanes = len(seeds)
        first = as_batch(networks).first_equal()
        distinct = sorted(set(first))
        if not distinct or not n_lanes:
            empty = np.zeros((len(networks), n_lanes))
            return Rollouts(rewards=empty, steps=empty.astype(np.int64), computed_steps=0)
        request = self._request([networks[i] for i in distinct], weights, seeds, threads)
        try:
            rewards, steps = self._pool.run(request)
        except JobFailedError as error:
            network, lane = divmod(error.job, n_lanes)
            raise self._episode_error(
                networks[distinct[network]], distinct[network], weights[lane], seeds[lane], error
            ) from None
        place = np.searchsorted(distinct, first)
        return Rollouts(
            rewards=rewards.reshape(-1, n_lanes)[place],
            steps=steps.reshape(-1, n_lanes)[place],
            computed_steps=int(steps.sum()),
        )

    def _request(
        self, networks: list[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> Request:
        self._measure()
        scalings = [self.scaling_of(network).arrays() for network in networks]
        n_jobs = len(networks) * len(seeds)
        n_workers = min(threads, n_jobs)
        return Request(
            networks=[(n.core.activations, n.core.first, n.core.source) for n in networks],
            n_outputs=len(self.outputs),
            shift=np.stack([shift for shift, _ in scalings]),
            factor=np.stack([factor for _, factor in scalings]),
            weights=np.ascontiguousarray(weights.reshape(len(seeds), -1)),
            individual=weights.ndim == 2,
            reset_seeds=[reset_seed(seed) for seed in seeds],
            n_workers=n_workers,
            slots=min(self._slots_for_speed(), math.ceil(n_jobs / n_workers)),
        )

    def _slots_for_speed(self) -> int:
        """Environments a worker: enough to share the cost of a round of policies, few to end together."""
        if self._pool.uses_vector:
            return VECTOR_SLOTS
        return min(max(math.ceil(_ROUND_SECONDS / (_ROUND_SHARE * self._step_seconds)), 1), _MAX_SLOTS)

    def scaling_of(self, network: Network) -> ObservationScaling:
        """The scaling that a network runs with: its own where its file has one, else the task's."""
        return ObservationScaling.from_metadata(network.metadata, len(self.inputs)) or self.observation_scaling

    def for_network(self, network: Network) -> "GymnasiumTask":
        """This task for a network from a file: one that was saved without a scaling sees observations as they are."""
        check_fits(network, self)
        if ObservationScaling.from_metadata(network.metadata, len(self.inputs)) is not None:
            return self
        unscaled = copy.copy(self)
        unscaled._wanted_scaling = unscaled._scaling = ObservationScaling.none(len(self.inputs))
        return unscaled

    def _measure(self) -> None:
        """Measures the scaling, and how long a step takes."""
        if self._step_seconds:
            return
        wanted = self._wanted_scaling
        try:
            mean, std, seconds = self._pool.measure(_MEASURED_SEED, _MEASURED_EPISODES, _MEASURED_STEPS)
        except WannError:
            if wanted is True:
                raise
            # Nothing but the number of environments a worker depends on it then, and episodes get their three chances.
            mean, std, seconds = 0.0, 1.0, _ROUND_SECONDS
        self._step_seconds = max(seconds, 1e-9)
        if wanted is True:
            self._scaling = ObservationScaling.of(mean, std, self._observations.measured)
        else:
            self._scaling = wanted or ObservationScaling.none(len(self.inputs))

    def policy(self, network: Network, weight: float | None = None) -> Policy:
        """A plain function from an observation of the environment to an action; see `wann.Network.policy`."""
        from gymnasium.spaces import flatten

        space = self._make_closed().observation_space
        shift, factor = self.scaling_of(network).arrays()
        flat = self._observations.flatten

        def act(observation: Any) -> Any:
            values = flatten(space, observation) if flat else observation
            inputs = (np.asarray(values, dtype=np.float32) - shift) * factor
            return self._actions.decode(network(inputs[None], weight))[0]

        return act

    def make_env(self, **options: Any) -> Any:
        """The environment itself, such as its users know it; ``options`` such as ``render_mode`` reach registered ones."""
        return self._make(**options)

    def _make(self, **options: Any) -> Any:
        try:
            return self._factory(**options)
        except Exception as error:
            raise WannError(f"{self.name}: the environment cannot be made: {one_line(error)}") from error

    def _make_closed(self) -> Any:
        env = self._make()
        close_quietly(env)
        return env

    def _episode_error(
        self, network: Network, index: int, weights: NDArray[np.float32], seed: np.uint64, error: JobFailedError
    ) -> EpisodeError:
        individual = weights.ndim == 1
        weight = None if individual else float(weights)
        if individual:
            network = network.with_tuning(weights=weights)
        with_what = "its individual weights" if individual else f"weight {weight:g}"
        message = (
            f"{self.name} failed {MAX_FAILURES} times in the same episode: {error}; to repeat it, run network {index} "
            f"({network!r}) with {with_what} from reset(seed={reset_seed(seed)})"
        )
        return EpisodeError(message, environment=self.name, network=network, weight=weight, seed=reset_seed(seed))

    def close(self) -> None:
        """Ends the worker processes; they start again when they are needed."""
        self._pool.close()

    def __enter__(self) -> "GymnasiumTask":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reset_seed(seed: int | np.uint64) -> int:
    """The seed that an episode's environment is reset with: environments differ in how large a seed they take."""
    return int(seed) % 2**31


def _factory(environment: str | Callable[[], Any], kwargs: dict[str, Any]) -> EnvironmentFactory:
    if isinstance(environment, str):
        return registered(environment, kwargs)
    named = environment.func if isinstance(environment, functools.partial) else environment
    name = getattr(named, "__name__", type(named).__name__)
    if not callable(environment) or kwargs:
        wrong = f"with the arguments {', '.join(kwargs)}" if callable(environment) else repr(environment)
        raise WannError(f"a Gymnasium environment is made from its id or by a function without arguments, not {wrong}")
    try:
        cloudpickle.dumps(environment)
    except Exception as error:
        raise WannError(f"the function {name!r} cannot be sent to worker processes: {one_line(error)}") from error
    return EnvironmentFactory(where=name, make_env=environment)
