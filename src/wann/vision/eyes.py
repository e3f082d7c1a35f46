"""How a network sees pictures: through which encoder, and what it knows of the past; for all tasks that have pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann import vision
from wann.arguments import shown
from wann.errors import WannError
from wann.vision.encoder import Encoder
from wann.vision.speed_bar import shown_speed

FloatArray = NDArray[np.float32]

#: What a network knows of the past.
Past = Literal["none", "frame", "speed"]


@dataclass(frozen=True)
class Eyes:
    """How a network sees an environment's pictures."""

    encoder: Encoder
    #: With "frame", the latents of the picture before follow those of the picture; with "speed", what its bar shows.
    past: Past = "none"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers that are seen."""
        latents = self.encoder.latent_names
        before = tuple(f"{name}_before" for name in latents)
        return latents + {"none": (), "frame": before, "speed": ("speed",)}[self.past]

    def opened(self) -> Callable[[Any], FloatArray]:
        """From each picture of one episode, in turn, to what is seen; before the first picture there is the first itself."""
        if self.past == "none":
            return self.encoder.encode
        if self.past == "speed":
            return lambda picture: np.append(self.encoder.encode(picture), shown_speed(picture))
        before: FloatArray | None = None

        def see(picture: Any) -> FloatArray:
            nonlocal before
            now = self.encoder.encode(picture)
            both = np.concatenate([now, now if before is None else before], axis=-1)
            before = now
            return both

        return see


def named_encoder(encoder: object, where: str) -> Encoder:
    """The encoder that a task's option is or names.

    Args:
        encoder: An encoder, the name of one that ships with the package, or the path of its file.
        where: Whose option it is, for messages.

    Raises:
        WannError: The option is none of that, or what it names cannot be read.
    """
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
