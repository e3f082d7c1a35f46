"""Environments whose pictures are encoded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann import vision
from wann.arguments import check_choice, shown
from wann.errors import WannError
from wann.tasks.environments.presets import ENCODERS
from wann.vision import Encoder

FloatArray = NDArray[np.float32]

#: What a network knows of the past.
Past = Literal["none", "frame"]


@dataclass(frozen=True)
class Eyes:
    """How a network sees an environment's pictures."""

    encoder: Encoder
    past: Past = "none"  #: with "frame", the latents of the picture before follow those of the picture

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that are seen."""
        latents = self.encoder.latent_names
        return latents if self.past == "none" else (*latents, *(f"{name}_before" for name in latents))

    def opened(self) -> Callable[[Any], FloatArray]:
        """From each picture of one episode, in turn, to what is seen; before the first picture there is the first itself."""
        if self.past == "none":
            return self.encoder.encode
        before: FloatArray | None = None

        def see(picture: Any) -> FloatArray:
            nonlocal before
            now = self.encoder.encode(picture)
            both = np.concatenate([now, now if before is None else before], axis=-1)
            before = now
            return both

        return see


class EncodedObservations(gymnasium.ObservationWrapper[FloatArray, Any, Any]):
    """An environment that shows latents in place of its pictures."""

    def __init__(self, env: Any, eyes: Eyes) -> None:
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (len(eyes.names),), np.float32)
        self._eyes = eyes
        self._see = eyes.opened()

    def reset(self, **options: Any) -> tuple[FloatArray, dict[str, Any]]:
        """Starts an episode, without a memory of the one before."""
        self._see = self._eyes.opened()
        return super().reset(**options)

    def observation(self, observation: Any) -> FloatArray:
        """The latents."""
        return self._see(observation)


def chosen_eyes(encoder: Any, past: Any, spec: Any, where: str) -> Eyes | None:
    """How pictures are seen by the options of a task; None where they are not encoded.

    Args:
        encoder: An option; see `chosen_encoder`.
        past: Another, one of `Past`.
        spec: Gymnasium's description of the environment, where it is registered.
        where: The environment, for messages.

    Raises:
        WannError: An option cannot be followed.
    """
    check_choice(past, f"{where}: past", get_args(Past))
    chosen = chosen_encoder(encoder, spec, where)
    if chosen is None and past != "none":
        raise WannError(f"{where}: past is {shown(past)}, which is for pictures; name an encoder of them as well")
    return None if chosen is None else Eyes(chosen, past)


def chosen_encoder(encoder: Any, spec: Any, where: str) -> Encoder | None:
    """The encoder that an option names; where it names none, the one that is known for the environment, if there is one.

    Args:
        encoder: The option.
        spec: Gymnasium's description of the environment, where it is registered.
        where: The environment, for messages.

    Raises:
        WannError: The option is no encoder, or names none that can be read.
    """
    if encoder is None:
        known = ENCODERS.get(getattr(spec, "name", None) or "")
        return None if known is None else vision.load(known)
    if isinstance(encoder, Encoder):
        return encoder
    if not isinstance(encoder, str | Path):
        raise WannError(
            f"{where}: encoder is {shown(encoder)}; it must be a wann.vision.Encoder, or the name or the path of one"
        )
    try:
        return vision.load(encoder)
    except WannError as error:
        raise WannError(f"{where}: encoder: {error}") from None
