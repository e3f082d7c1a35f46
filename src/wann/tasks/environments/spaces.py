"""From Gymnasium's spaces to a network's inputs, and from its outputs to actions."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from wann.arguments import shown
from wann.errors import WannError
from wann.networks.activations import Activation
from wann.tasks.environments import names
from wann.tasks.policy_parts import Action, Bounded, Largest, Switches
from wann.vision import Encoder
from wann.vision.eyes import Eyes

FloatArray = NDArray[np.float32]

#: A two-dimensional observation of bytes at least this high and wide is taken for an image.
_IMAGE_SIDE = 16


@dataclass(frozen=True)
class ObservationCodec:
    """How observations become rows of numbers."""

    names: tuple[str, ...]  #: one for each number
    measured: NDArray[np.bool_]  #: which are magnitudes, to be scaled; the others are flags of discrete parts
    flatten: bool  #: whether the environment needs Gymnasium's FlattenObservation around it


@dataclass(frozen=True)
class ActionCodec:
    """How a network's outputs become actions.

    ``decode`` takes outputs, shape (n, n_outputs), and gives n actions, each as `gymnasium.Env.step` takes it. Where
    ``scaling`` is given, the core does the same by itself: an action is output · reach + center within [low, high].
    """

    names: tuple[str, ...]
    output_activation: Activation
    decode: Callable[[FloatArray], Sequence[Any]]
    form: Action  #: what ``decode`` does, as numbers
    scaling: tuple[FloatArray, FloatArray, FloatArray, FloatArray] | None = None  #: reach, center, low, high
    shape: tuple[int, ...] = ()  #: of an action


def observation_codec(space: Any, env: Any, where: str, eyes: Eyes | None = None) -> ObservationCodec:
    """The codec of an observation space.

    Raises:
        WannError: The observations are images and there is no encoder, or not what it takes; or their length is not fixed.
    """
    if eyes is not None:
        _check_pictures(space, eyes.encoder, where)
        return ObservationCodec(names=eyes.names, measured=np.ones(len(eyes.names), dtype=bool), flatten=False)
    parts = _flat_parts(space, "", where)
    known = names.observation_names(env)
    flat = tuple(name for part_names, _ in parts for name in part_names)
    measured = np.array([is_measured for part_names, is_measured in parts for _ in part_names], dtype=bool)
    if known and len(known) == len(flat):
        flat = known
    simple = isinstance(space, spaces.Box) and len(space.shape) == 1
    return ObservationCodec(names=flat, measured=measured, flatten=not simple)


def _flat_parts(space: Any, prefix: str, where: str) -> list[tuple[list[str], bool]]:
    """Names of the numbers of each elementary part, in the order that Gymnasium flattens them, and whether to scale them."""
    if isinstance(space, spaces.Dict):
        return [p for key, part in space.spaces.items() for p in _flat_parts(part, _join(prefix, str(key)), where)]
    if isinstance(space, spaces.Tuple):
        return [p for i, part in enumerate(space.spaces) for p in _flat_parts(part, _join(prefix, str(i + 1)), where)]
    if isinstance(space, spaces.Box):
        _refuse_image(space, prefix, where)
        return [(_numbered(prefix or "observation", math.prod(space.shape), bool(prefix)), True)]
    if isinstance(space, spaces.Discrete):
        return [([f"{prefix or 'state'} = {space.start + i}" for i in range(int(space.n))], False)]
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        return [(_numbered(prefix or "observation", spaces.flatdim(space), False), False)]
    raise WannError(
        f"{where}: observations in the space {type(space).__name__} have no fixed length; allowed are Box, Discrete, "
        "MultiDiscrete, MultiBinary, and Dict and Tuple of them"
    )


def _is_image(space: spaces.Box) -> bool:
    shape = space.shape
    bytes_in_rows = len(shape) == 2 and space.dtype == np.uint8 and min(shape) >= _IMAGE_SIDE
    return len(shape) >= 3 or bytes_in_rows


def _refuse_image(space: spaces.Box, prefix: str, where: str) -> None:
    if _is_image(space):
        part = f" (in {prefix!r})" if prefix else ""
        raise WannError(
            f"{where}: observations{part} are images of shape {space.shape}; a network needs a few numbers. Name an encoder "
            "of them (the option encoder; see wann.vision), or wrap the environment, for example with GrayscaleObservation, "
            "ResizeObservation to 8 x 8 and FlattenObservation of gymnasium.wrappers, and hand it over as "
            "wann.tasks.GymnasiumTask(make_env)"
        )


def _check_pictures(space: Any, encoder: Encoder, where: str) -> None:
    """Whether observations are the pictures that an encoder takes.

    Raises:
        WannError: They are others, or none at all.
    """
    if not isinstance(space, spaces.Box) or not _is_image(space):
        raise WannError(f"{where}: observations are no images, and the encoder {encoder.name} is for images only")
    if space.shape != encoder.picture or space.dtype != encoder.dtype:
        raise WannError(
            f"{where}: observations are images of shape {space.shape} of {space.dtype}, but the encoder {encoder.name} "
            f"takes {encoder.picture} of {encoder.dtype}"
        )


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _numbered(name: str, n: int, may_be_alone: bool) -> list[str]:
    return [name] if n == 1 and may_be_alone else [f"{name} {i}" for i in range(1, n + 1)]


def checked_pedals(pedals: Any, space: Any, where: str) -> tuple[bool, ...] | None:
    """The option that says which numbers of an action an output of 0 leaves at 0.

    Raises:
        WannError: It is no truth value for each number of an action, or actions are not numbers.
    """
    if pedals is None:
        return None
    if not isinstance(space, spaces.Box):
        raise WannError(f"{where}: pedals are for actions in a Box; here they are in the space {type(space).__name__}")
    n = math.prod(space.shape)
    given = pedals if isinstance(pedals, list | tuple) else ()
    if len(given) != n or not all(isinstance(pedal, bool | np.bool_) for pedal in given):
        raise WannError(
            f"{where}: pedals is {shown(pedals)}; it must be a list of {n} truth values, one for each number of an action"
        )
    return tuple(map(bool, given))


def action_codec(space: Any, env: Any, where: str, pedals: tuple[bool, ...] | None = None) -> ActionCodec:
    """The codec of an action space; ``pedals`` where others are wanted than those that are known for the environment.

    Raises:
        WannError: The space is none of Box, Discrete, MultiDiscrete and MultiBinary.
    """
    if isinstance(space, spaces.Box):
        codec = _box_codec(space, pedals or names.pedals(env))
    elif isinstance(space, spaces.Discrete):
        codec = _discrete_codec(space)
    elif isinstance(space, spaces.MultiDiscrete):
        codec = _multi_discrete_codec(space)
    elif isinstance(space, spaces.MultiBinary):
        codec = _multi_binary_codec(space)
    else:
        raise WannError(
            f"{where}: actions in the space {type(space).__name__} are not supported; allowed are Box, Discrete, "
            "MultiDiscrete and MultiBinary"
        )
    known = names.action_names(env)
    return replace(codec, names=known) if known and len(known) == len(codec.names) else codec


def _box_codec(space: spaces.Box, pedals: tuple[bool, ...] | None = None) -> ActionCodec:
    """From [-1, 1] to the bounds where there are two; outputs pass as they are, save beyond a single bound, elsewhere.

    ``pedals`` says of each number whether an output of 0 leaves it at 0 although it has two bounds; all outputs are linear
    then.
    """
    low, high = (np.asarray(b, dtype=np.float64).ravel() for b in (space.low, space.high))
    bounded = np.isfinite(low) & np.isfinite(high)
    center = np.where(bounded, (np.where(bounded, low, 0) + np.where(bounded, high, 0)) / 2, 0.0)
    half = np.where(bounded, (np.where(bounded, high, 0) - np.where(bounded, low, 0)) / 2, 1.0)
    if pedals is not None and len(pedals) == len(low):
        center, half = np.where(pedals, 0.0, center), np.where(pedals, 1.0, half)
    else:
        pedals = None
    whole = bool(np.issubdtype(space.dtype, np.integer))
    kind: Any = np.float32 if space.dtype == np.float32 else np.float64
    lowest, highest, middle, reach = (np.asarray(values, dtype=kind) for values in (low, high, center, half))

    def decode(outputs: FloatArray) -> Sequence[Any]:
        if not math.isfinite(outputs.sum()):
            # Sums that overflow are a network's doing: its environment must not fail for it.
            outputs = np.nan_to_num(outputs)
        actions: NDArray[Any] = outputs * reach
        actions += middle
        np.minimum(actions, highest, out=actions)
        np.maximum(actions, lowest, out=actions)
        if whole:
            actions = np.rint(actions)
        rows: NDArray[Any] = actions.astype(space.dtype, copy=False).reshape(len(outputs), *space.shape)
        return rows  # type: ignore[return-value]

    n = math.prod(space.shape)
    return ActionCodec(
        names=tuple(f"action {i}" for i in range(1, n + 1)),
        output_activation=Activation.TANH if bounded.any() and pedals is None else Activation.LINEAR,
        decode=decode,
        form=Bounded(
            reach=_numbers(reach), center=_numbers(middle), low=_numbers(lowest), high=_numbers(highest), whole=whole
        ),
        scaling=(reach, middle, lowest, highest) if space.dtype == np.float32 else None,
        shape=space.shape,
    )


def _numbers(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(values.tolist())


# Discrete actions take linear outputs: only their order counts, and tanh would make ties of large ones.


def _discrete_codec(space: spaces.Discrete) -> ActionCodec:
    start = int(space.start)

    def decode(outputs: FloatArray) -> Sequence[Any]:
        return (outputs.argmax(axis=1) + start).tolist()  # type: ignore[no-any-return]

    return ActionCodec(
        names=tuple(f"action {i}" for i in range(start, start + int(space.n))),
        output_activation=Activation.LINEAR,
        decode=decode,
        form=Largest(sizes=(int(space.n),), starts=(start,)),
    )


def _multi_discrete_codec(space: spaces.MultiDiscrete) -> ActionCodec:
    sizes = np.asarray(space.nvec).ravel().astype(int)
    starts = np.asarray(space.start).ravel()
    ends = np.cumsum(sizes)
    groups = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]

    def decode(outputs: FloatArray) -> Sequence[Any]:
        chosen = np.stack([outputs[:, group].argmax(axis=1) for group in groups], axis=1) + starts
        rows: NDArray[Any] = chosen.astype(space.dtype).reshape(len(outputs), *space.shape)
        return rows  # type: ignore[return-value]

    return ActionCodec(
        names=tuple(
            f"part {i} = {start + v}" for i, (n, start) in enumerate(zip(sizes, starts, strict=True), 1) for v in range(n)
        ),
        output_activation=Activation.LINEAR,
        decode=decode,
        form=Largest(sizes=tuple(sizes.tolist()), starts=tuple(map(int, starts))),
    )


def _multi_binary_codec(space: spaces.MultiBinary) -> ActionCodec:
    def decode(outputs: FloatArray) -> Sequence[Any]:
        rows: NDArray[Any] = (outputs > 0).astype(space.dtype).reshape(len(outputs), *space.shape)
        return rows  # type: ignore[return-value]

    return ActionCodec(
        names=tuple(f"switch {i}" for i in range(1, math.prod(space.shape) + 1)),
        output_activation=Activation.LINEAR,
        decode=decode,
        form=Switches(),
    )
