"""Car racing from pixels, in the compiled core: see core/tasks/car/ and docs/car-racing.md."""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import check_choice
from wann.networks.activations import Activation
from wann.tasks.native.base import NativeTask
from wann.tasks.native.car_scene import car_scene
from wann.tasks.scene import Scene
from wann.vision import Encoder, load

_PAPER = {"population": 64, "generations": 1024, "episodes": 2, "initial_enabled": 0.5, "tournament": 8}

PRESETS: dict[str, dict[str, Any]] = {
    "paper": _PAPER,
}

#: What an output of 0 means for the gas pedal.
Throttle = Literal["half", "none"]
#: What a network knows of the past.
Past = Literal["none", "frame"]


class CarRacing(NativeTask):
    """A car drives round a track that it sees from above (section 4.1 of the paper).

    Behaves as Gymnasium's ``CarRacing-v3`` does. A network sees what an encoder makes of the picture: the means of 16
    latents, of the last frame alone. Its outputs are clipped: steering to [-1, 1] (1 is right), brake to [0, 1]. Each of at
    most 1,000 steps (0.02 s) costs 0.1; a tile of the track that is touched for the first time earns 1,000 / (number of
    tiles). An episode ends with the lap, or where the car leaves the field, which costs 100.

    Args:
        throttle: What an output of 0 means for the gas pedal: ``"half"``, as in the paper, where gas is (1 + output) / 2; or
            ``"none"``, where it is the output, clipped to [0, 1].
        past: What a network knows of the past: ``"none"``, as in the paper; or ``"frame"``, where it also sees the latents of
            the frame before, 32 inputs in all. (At the start those of the first frame.)

    Raises:
        WannError: An option has another value.
    """

    name = "car-racing"
    outputs = ("steering", "gas", "brake")
    output_activation = Activation.LINEAR
    presets = PRESETS
    hidden_layers = (16,)
    max_steps = 1000
    dt = 0.02

    def __init__(self, *, throttle: Throttle = "none", past: Past = "none") -> None:
        self.throttle = check_choice(throttle, "throttle", get_args(Throttle))
        self.past = check_choice(past, "past", get_args(Past))
        self.encoder: Encoder = load("car-racing")
        latents = tuple(f"latent_{i}" for i in range(self.encoder.n_latents))
        self.inputs = latents if past == "none" else (*latents, *(f"{name}_before" for name in latents))
        self.core = _core.CarRacing(self.encoder.core, throttle == "half", past == "frame")
