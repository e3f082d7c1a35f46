"""Making environments, here and in worker processes."""

import copy
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
from gymnasium.envs.registration import load_env_creator

from wann.arguments import did_you_mean, shown
from wann.errors import WannError
from wann.tasks.for_network import ENCODER, GYMNASIUM_OPTIONS, OWN_OPTIONS
from wann.vision.eyes import Eyes


@dataclass(frozen=True)
class EnvironmentFactory:
    """Makes equal environments: from Gymnasium's registry, or with a function of the user's."""

    where: str  #: the name for messages, such as ``gymnasium:CartPole-v1``
    spec: Any = None  #: Gymnasium's description of a registered environment
    make_env: Callable[[], Any] | None = None
    eyes: Eyes | None = None  #: for the environment's pictures, for what steps it; not for those who make it
    pedals: tuple[bool, ...] | None = None  #: numbers of an action that an output of 0 leaves at 0, where a task says so

    def __call__(self, **options: Any) -> Any:
        """A new environment; ``options`` such as ``render_mode`` only reach registered ones."""
        if self.make_env is not None:
            return self.make_env()
        return gymnasium.make(self.spec, disable_env_checker=True, **options)

    def make_vector(self, n: int) -> Any:
        """The vector environment of n lanes that is registered for this environment; None where there is none."""
        if (
            self.eyes is not None
            or self.spec is None
            or self.spec.vector_entry_point is None
            or self.spec.additional_wrappers
        ):
            return None
        return gymnasium.make_vec(self.spec, num_envs=n, vectorization_mode="vector_entry_point")


def registered(env_id: str, kwargs: dict[str, Any]) -> EnvironmentFactory:
    """The factory of an environment in Gymnasium's registry, such as ``"CartPole-v1"`` or ``"my_module:MyEnv-v0"``.

    Raises:
        WannError: There is no such environment, or it cannot be made with these arguments.
    """
    where = f"gymnasium:{env_id}"
    module, _, name = env_id.rpartition(":")
    try:
        if module:
            importlib.import_module(module)
        env = gymnasium.make(name, disable_env_checker=True, **kwargs)
    except Exception as error:
        unknown = _unknown_option(name, kwargs) if isinstance(error, TypeError) else None
        raise WannError(f"{where}{unknown or f': {one_line(error)}'}") from error
    # The checks of the order of calls cost a microsecond a step, and the workers keep to the order.
    spec: Any = copy.deepcopy(env.spec)
    spec.order_enforce = False
    env.close()
    return EnvironmentFactory(where=where, spec=spec)


def _unknown_option(name: str, kwargs: dict[str, Any]) -> str | None:
    """What to say about an argument that an environment does not take; None where it is not that."""
    try:
        entry_point = gymnasium.spec(name).entry_point
        maker = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        parameters = inspect.signature(maker).parameters if maker else {}
    except Exception:  # whatever an environment's module does; the first error is told then
        return None
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    known = [*OWN_OPTIONS, ENCODER, *GYMNASIUM_OPTIONS, "max_episode_steps", *(n for n in parameters if n != "render_mode")]
    for option in kwargs:
        if option not in known and option != "render_mode":
            return f" has no option {shown(option)}{did_you_mean(option, known) or ';'} there are {', '.join(known)}"
    return None


def one_line(error: BaseException) -> str:
    """The type and the message of an exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
