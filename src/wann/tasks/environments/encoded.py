"""Environments whose pictures are encoded."""

from typing import Any, get_args

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann import vision
from wann.arguments import check_choice, shown
from wann.errors import WannError
from wann.tasks.environments.presets import ENCODERS
from wann.vision import Encoder
from wann.vision.eyes import Eyes, Past, named_encoder

FloatArray = NDArray[np.float32]


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
    if past == "speed" and getattr(spec, "name", None) != "CarRacing":
        raise WannError(f"{where}: past is 'speed', which the pictures of CarRacing show; it must be 'none' or 'frame'")
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
    return named_encoder(encoder, where)
