"""Names of what an environment shows and takes.

An environment that carries ``observation_names`` or ``action_names`` (as attributes or in its ``metadata``), or
``get_action_meanings()``, is asked; those of Gymnasium whose documentation names them are known here.
"""

from collections.abc import Callable
from typing import Any

_LIDAR = tuple(f"lidar {i}" for i in range(1, 11))
_LEGS = tuple(
    f"{what} {leg}" for leg in (1, 2) for what in ("hip angle", "hip speed", "knee angle", "knee speed", "ground contact")
)

#: By id without version: names of observations, names of actions.
_KNOWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "CartPole": (("x", "x speed", "angle", "angular speed"), ("push left", "push right")),
    "Acrobot": (
        ("cos angle 1", "sin angle 1", "cos angle 2", "sin angle 2", "speed 1", "speed 2"),
        ("torque -1", "torque 0", "torque 1"),
    ),
    "MountainCar": (("x", "speed"), ("push left", "coast", "push right")),
    "MountainCarContinuous": (("x", "speed"), ("force",)),
    "Pendulum": (("cos angle", "sin angle", "angular speed"), ("torque",)),
    "LunarLander": (
        ("x", "y", "x speed", "y speed", "angle", "angular speed", "left contact", "right contact"),
        ("coast", "left engine", "main engine", "right engine"),
    ),
    "LunarLanderContinuous": (
        ("x", "y", "x speed", "y speed", "angle", "angular speed", "left contact", "right contact"),
        ("main engine", "side engines"),
    ),
    "BipedalWalker": (
        ("hull angle", "hull angular speed", "x speed", "y speed", *_LEGS, *_LIDAR),
        ("hip 1", "knee 1", "hip 2", "knee 2"),
    ),
}
_KNOWN["BipedalWalkerHardcore"] = _KNOWN["BipedalWalker"]
_KNOWN["CarRacing"] = ((), ("steer", "gas", "brake"))

#: Environments whose actions are made of linear outputs, as the paper's authors have them, and the numbers of an action that
#: an output of 0 leaves at 0: a car whose network says nothing does not brake.
_PEDALS = {"CarRacing": (False, False, True)}


def observation_names(env: Any) -> tuple[str, ...] | None:
    """Names of the numbers in an observation, where they are known."""
    return _names(_said_by(env, "observation_names")) or _known(env, 0)


def action_names(env: Any) -> tuple[str, ...] | None:
    """Names of the outputs that make an action, where they are known."""
    said = _said_by(env, "action_names") or _called(getattr(_unwrapped(env), "get_action_meanings", None))
    return _names(said) or _known(env, 1)


def pedals(env: Any) -> tuple[bool, ...] | None:
    """Which numbers of an action an output of 0 leaves at 0, where an environment's outputs are linear for that reason."""
    return _PEDALS.get(_spec_name(env) or "")


def _spec_name(env: Any) -> str | None:
    return getattr(getattr(env, "spec", None), "name", None)


def _known(env: Any, which: int) -> tuple[str, ...] | None:
    name = _spec_name(env)
    return _KNOWN[name][which] if name in _KNOWN else None


def _unwrapped(env: Any) -> Any:
    return getattr(env, "unwrapped", env)


def _said_by(env: Any, attribute: str) -> Any:
    inner = _unwrapped(env)
    return getattr(inner, attribute, None) or (getattr(inner, "metadata", None) or {}).get(attribute)


def _called(function: Callable[[], Any] | None) -> Any:
    try:
        return function() if function else None
    except Exception:
        return None


def _names(said: Any) -> tuple[str, ...] | None:
    if isinstance(said, list | tuple) and all(isinstance(n, str) and n for n in said):
        return tuple(said)
    return None
