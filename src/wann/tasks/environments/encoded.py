"""Environments whose pictures are encoded."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann import vision
from wann.arguments import shown
from wann.errors import WannError
from wann.tasks.environments.presets import ENCODERS
from wann.vision import Encoder


class EncodedObservations(gymnasium.ObservationWrapper[NDArray[np.float32], Any, Any]):
    """An environment that shows latents in place of its pictures."""

    def __init__(self, env: Any, encoder: Encoder) -> None:
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (encoder.n_latents,), np.float32)
        self._encode = encoder.encode

    def observation(self, observation: Any) -> NDArray[np.float32]:
        """The latents."""
        return self._encode(observation)


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
