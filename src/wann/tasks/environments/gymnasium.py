"""Any Gymnasium environment as a task."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import is_number, shown
from wann.errors import MissingExtraError, WannError
from wann.networks.network import Network

try:
    import cloudpickle
    import gymnasium  # noqa: F401
except ImportError:
    raise MissingExtraError("a Gymnasium environment", "gym") from None

from wann.seeding import reset_seed
from wann.tasks.environments.base import MEASURED_EPISODES, MEASURED_SEED, MEASURED_STEPS, EnvironmentTask
from wann.tasks.environments.encoded import chosen_eyes
from wann.tasks.environments.environment_slots import Renewal, close_quietly
from wann.tasks.environments.factory import EnvironmentFactory, one_line, registered
from wann.tasks.environments.pool import WorkerPool
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import action_codec, checked_pedals, observation_codec
from wann.tasks.environments.worker import VECTOR_SLOTS, Request, Setup
from wann.tasks.policy_parts import PolicyParts
from wann.vision import Encoder
from wann.vision.eyes import Past

#: A round of policies costs a worker about this many seconds however many environments share it, and may take this part of
#: the time.
_ROUND_SECONDS, _ROUND_SHARE, _MAX_SLOTS = 5e-6, 0.02, 64
#: Pictures take an environment long to draw.
_MEASURED_PICTURES = 400
#: For an episode, at most: some thirty years.
_MAX_SECONDS = 10**9


class GymnasiumTask(EnvironmentTask):
    """A Gymnasium environment with flat observations, or pictures and an encoder of them, and with Box, Discrete,
    MultiDiscrete or MultiBinary actions.

    Episodes run in worker processes, each with environments of its own that are made once; only what would carry
    something over from an episode to the next is made anew for each, so that the same seed gives the same episode. An
    episode's reset seed is its seed modulo 2³¹.

    Args:
        environment: An id in Gymnasium's registry, such as ``"Pendulum-v1"``, or a function that makes an environment.
        observation_scaling: True to scale observations to mean 0 and standard deviation 1 of random episodes, False to leave
            them, or a scaling. By default latents are left, and everything else is scaled.
        time_limit: Seconds that one episode may spend in its environment.
        encoder: Makes a network's inputs of pictures: an encoder, the name of one that ships with the package, or the path
            of its file. CarRacing's pictures have one by default, where the environment is named by its id.
        past: What a network knows of the past, where pictures are encoded: ``"none"``; or ``"frame"``, where it also sees
            the latents of the picture before (at the start those of the first picture); or, of CarRacing named by its id,
            ``"speed"``, where it also sees the height of the bar that shows it.
        pedals: Which numbers of an action an output of 0 leaves at 0 although they have two bounds, such as
            ``(False, True, True)``; outputs are then linear, and those of the other numbers are scaled to the bounds from
            [-1, 1] as ever. CarRacing has ``(False, False, True)`` by default, where the environment is named by its id.
        kwargs: Arguments of the environment, where it is named by its id.

    Raises:
        WannError: There is no such environment, its observations or actions do not fit a network, the encoder cannot be
            read or takes other pictures, or an option has a value that does not fit.
        MissingExtraError: Gymnasium is not installed.
    """

    def __init__(
        self,
        environment: str | Callable[[], Any],
        *,
        observation_scaling: bool | ObservationScaling | None = None,
        time_limit: float = 120.0,
        encoder: Encoder | str | Path | None = None,
        past: Past = "none",
        pedals: Sequence[bool] | None = None,
        **kwargs: Any,
    ) -> None:
        factory = _factory(environment, kwargs)
        where = factory.where
        if not is_number(time_limit) or not 0 < time_limit <= _MAX_SECONDS:
            raise WannError(
                f"{where}: time_limit is {shown(time_limit)}; it must be a number of seconds above 0, up to {_MAX_SECONDS}"
            )
        eyes = chosen_eyes(encoder, past, factory.spec, where)
        self._factory = factory = replace(factory, eyes=eyes)
        env = self._make()
        if where == "<lambda>":
            where = _name_of(env)
            self._factory = factory = replace(factory, where=where)
        observations = observation_codec(env.observation_space, env, where, eyes)
        chosen = checked_pedals(pedals, env.action_space, where)
        self._factory = replace(factory, pedals=chosen)
        scaling = eyes is None if observation_scaling is None else observation_scaling
        super().__init__(where, observations, action_codec(env.action_space, env, where, chosen), scaling)
        close_quietly(env)
        self._step_seconds = 0.0
        self._renewal = Renewal.NONE
        setup = Setup(
            factory=self._factory,
            n_inputs=len(self.inputs),
            flatten=self._observations.flatten,
            time_limit=float(time_limit),
            use_vector=not self._observations.flatten and self._factory.spec is not None,
        )
        self._pool = WorkerPool(setup)

    def _run(
        self, networks: list[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        return self._pool.run(self._request(networks, weights, seeds, threads))

    def _request(
        self, networks: list[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> Request:
        shift, factor = self._scalings_of(networks)
        if not self._step_seconds:
            self._measure_step()
        n_jobs = len(networks) * len(seeds)
        n_workers = min(threads, n_jobs)
        return Request(
            networks=[(n.core.activations, n.core.first, n.core.source, n.core.memory) for n in networks],
            n_outputs=len(self.outputs),
            shift=shift,
            factor=factor,
            weights=np.ascontiguousarray(weights.reshape(len(seeds), -1)),
            individual=weights.ndim == 2,
            reset_seeds=[reset_seed(seed) for seed in seeds],
            n_workers=n_workers,
            slots=min(self._slots_for_speed(), math.ceil(n_jobs / n_workers)),
            renewal=self._renewal,
        )

    def _slots_for_speed(self) -> int:
        """Environments a worker: enough to share the cost of a round of policies, few to end together."""
        if self._pool.uses_vector:
            return VECTOR_SLOTS
        return min(max(math.ceil(_ROUND_SECONDS / (_ROUND_SHARE * max(self._step_seconds, 1e-9))), 1), _MAX_SLOTS)

    def _measured(self) -> tuple[ArrayLike, ArrayLike]:
        steps = MEASURED_STEPS if self._factory.eyes is None else _MEASURED_PICTURES
        measured = self._pool.measure(MEASURED_SEED, MEASURED_EPISODES, steps)
        mean, std, self._step_seconds, self._renewal = measured
        return mean, std

    def _measure_step(self) -> None:
        """Measures how long a step takes, and what has to be made anew before an episode."""
        try:
            self._measured()
        except WannError:
            # An environment that fails here gets its three chances later; until then nothing is known, and all is made anew.
            self._step_seconds, self._renewal = _ROUND_SECONDS, Renewal.ENVIRONMENT

    def policy_parts(self, network: Network) -> PolicyParts:
        """What `policy` does with observations and outputs, as numbers; see `EnvironmentTask.policy_parts`.

        Raises:
            WannError: It encodes pictures, which is more than numbers.
        """
        if self._factory.eyes is not None:
            raise WannError(
                f"{self.name}: networks see what the encoder {self._factory.eyes.encoder.name} makes of pictures, which an "
                "exported file cannot hold; export the network by itself",
                parameter="policy",
            )
        return super().policy_parts(network)

    def _flattening(self) -> Callable[[Any], Any]:
        if self._factory.eyes is not None:
            return self._factory.eyes.opened()
        if not self._observations.flatten:
            return super()._flattening()
        from gymnasium.spaces import flatten

        return functools.partial(flatten, self._make_closed().observation_space)

    def make_env(self, **options: Any) -> Any:
        """The environment itself, such as its users know it; ``options`` such as ``render_mode`` reach registered ones."""
        return self._make(**options)

    def _make(self, **options: Any) -> Any:
        try:
            return self._factory(**options)
        except Exception as error:
            raise WannError(f"{self._factory.where}: the environment cannot be made: {one_line(error)}") from error

    def _make_closed(self) -> Any:
        env = self._make()
        close_quietly(env)
        return env

    def close(self) -> None:
        """Ends the worker processes; they start again when they are needed."""
        self._pool.close()

    def __enter__(self) -> "GymnasiumTask":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _name_of(env: Any) -> str:
    """What an environment is called: by its id, or by its class."""
    spec = getattr(env, "spec", None)
    return str(spec.id) if spec is not None else type(getattr(env, "unwrapped", env)).__name__


def _factory(environment: str | Callable[[], Any], kwargs: dict[str, Any]) -> EnvironmentFactory:
    if isinstance(environment, str):
        return registered(environment, kwargs)
    named = environment.func if isinstance(environment, functools.partial) else environment
    name = getattr(named, "__name__", type(named).__name__)
    if not callable(environment) or kwargs:
        wrong = f"with the arguments {', '.join(kwargs)}" if callable(environment) else shown(environment)
        raise WannError(f"a Gymnasium environment is made from its id or by a function without arguments, not {wrong}")
    try:
        cloudpickle.dumps(environment)
    except Exception as error:
        raise WannError(f"the function {name!r} cannot be sent to worker processes: {one_line(error)}") from error
    return EnvironmentFactory(where=name, make_env=environment)
