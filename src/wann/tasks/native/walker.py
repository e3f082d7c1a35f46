"""The bipedal walker, in the compiled core: see core/tasks/walker/task.hpp and docs/findings/bipedal-walker.md."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.tasks.native.base import NativeTask
from wann.tasks.native.presets import GRADED
from wann.tasks.policy_parts import Bounded, PolicyParts
from wann.tasks.scene import Label, Line, Polygon, Scene, Shape, View, points, rounded_box

_LEG = ("hip_angle", "hip_speed", "knee_angle", "knee_speed", "contact")

#: Lengths are those of Gymnasium's environment, whose unit is a thirtieth of a metre.
_UNIT = 1 / 30
_HULL = points((-30, 9), (6, 9), (34, 1), (34, -8), (-30, -8)) * _UNIT
_THIGH, _SHANK = (8 * _UNIT, 34 * _UNIT), (6.4 * _UNIT, 34 * _UNIT)
_GROUND_STEP = 14 * _UNIT
_START = 10 * _GROUND_STEP  #: where the hull is at first
_MARK_EVERY = 2  #: metres


_PAPER = {"population": 480, "generations": 2048, "episodes": 4, "initial_enabled": 0.25, "tournament": 16}

# Found by the runs in docs/findings/bipedal-walker.md.
_DEFAULT: dict[str, Any] = {
    **GRADED,
    "population": 192,
    "generations": 400,
    "episodes": 1,
    "weights": tuple((k + 0.5) / 2 - 2 for k in range(8)),
    "initial_paths": 0.25,
    "insert_node": 0.1,
    "add_connection": 0.05,
    "change_activation": 0.1,
    "adjust_path": 0.7,
    "crossover": 0.4,
    "mean_objective": 0.8,
    "connection_objective": 0.3,
}
#: Once they walk, in the second half, haste pays: safe gaits are too slow.
_HASTE = {"generations": 300, "step_cost": 0.06, "step_cost_from": 0.5}

PRESETS: dict[str, dict[str, Any]] = {"paper": _PAPER, "default": {**_DEFAULT, **_HASTE}}
#: Without haste: where networks still fall, to fall at once is cheapest.
HARDCORE_PRESETS: dict[str, dict[str, Any]] = {"paper": _PAPER, "default": _DEFAULT}


class BipedalWalker(NativeTask):
    """A hull on two legs walks over uneven ground, with a motor in each hip and knee.

    Behaves as Gymnasium's ``BipedalWalker-v3`` does: a network sees the hull's angle, angular velocity and velocity, the
    angles and speeds of the joints, whether each leg touches the ground, and the distances of 10 lidar rays; what it gives
    sets the motors' torques (beyond ±1 they are clipped). Each of at most 1,600 steps (0.02 s) pays for the way forward,
    about 300 to the far end, and charges a little for torque and tilt; to fall costs 100 and ends the episode.
    """

    name = "bipedal-walker"
    inputs = (
        "hull_angle",
        "hull_angular_velocity",
        "velocity_x",
        "velocity_y",
        *(f"leg1_{what}" for what in _LEG),
        *(f"leg2_{what}" for what in _LEG),
        *(f"lidar_{i}" for i in range(10)),
    )
    outputs = ("hip1", "knee1", "hip2", "knee2")
    output_activation = Activation.LINEAR
    presets = PRESETS
    hidden_layers = (40, 40)
    max_steps = 1600
    dt = 0.02
    core = _core.BipedalWalker()
    _hardcore = False

    def policy_parts(self, network: Network) -> PolicyParts:
        """Torques are the outputs, clipped to [-1, 1]."""
        n = len(self.outputs)
        torques = Bounded(reach=(1.0,) * n, center=(0.0,) * n, low=(-1.0,) * n, high=(1.0,) * n)
        return PolicyParts(scaling=None, action=torques)

    def episodes(self, seeds: NDArray[np.uint64]) -> _core.BipedalWalkers:
        """Episodes to step by hand, one for each seed."""
        return _core.BipedalWalkers(seeds, self._hardcore)

    def scene(self, seed: int) -> Scene:
        """The hull (body 0), the thigh and shank of each leg (1 and 2, 3 and 4), and the ground of an episode."""
        heights, boxes = self.episodes(np.array([seed], dtype=np.uint64)).terrain(0)
        x = np.arange(len(heights)) * _GROUND_STEP
        return Scene(
            shapes=(
                Polygon(role="ground", points=points(*zip(x, heights, strict=True), (x[-1], -20), (0, -20))),
                *_marks(x, heights),
                *(
                    Polygon(role="obstacle", points=points((left, low), (right, low), (right, high), (left, high)))
                    for left, low, right, high in boxes
                ),
                Polygon(role="far limb", body=3, points=rounded_box(*_THIGH, 0.06)),
                Polygon(role="far limb", body=4, points=rounded_box(*_SHANK, 0.06)),
                Polygon(role="body", body=0, points=_HULL),
                Polygon(role="limb", body=1, points=rounded_box(*_THIGH, 0.06)),
                Polygon(role="limb", body=2, points=rounded_box(*_SHANK, 0.06)),
            ),
            # Half of what the hull goes up and down: its bobbing is seen, and the ground stays in the picture.
            view=View(size=(10.4, 5.2), center=(1.0, 2.0), follows=0, share=(1.0, 0.5)),
            description="A hull on two legs that walks over uneven ground",
            travels=0,
        )


def _marks(x: NDArray[np.floating], heights: NDArray[np.float32]) -> Iterator[Shape]:
    """Metres from the start, in the ground, so that one sees the walker come on."""
    for metres in range(0, int(x[-1] - _START), _MARK_EVERY):
        at = _START + metres
        surface = float(np.interp(at, x, heights))
        yield Line(role="guide", points=points((at, surface), (at, surface - 0.15)), width=0.04)
        yield Label(role="guide", text=f"{metres} m", point=(at, surface - 0.5), height=0.26)


class BipedalWalkerHardcore(BipedalWalker):
    """The bipedal walker among stumps, stairs and pits, for at most 2,000 steps."""

    name = "bipedal-walker-hardcore"
    presets = HARDCORE_PRESETS
    max_steps = 2000
    _hardcore = True
    core = _core.BipedalWalker(hardcore=True)
