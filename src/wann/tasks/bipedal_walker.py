"""The bipedal walker, in the compiled core: see core/tasks/walker/task.hpp and docs/bipedal-walker.md."""

from wann import _core
from wann.activations import Activation
from wann.tasks.native import NativeTask

_LEG = ("hip_angle", "hip_speed", "knee_angle", "knee_speed", "contact")


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
    core = _core.BipedalWalker()


class BipedalWalkerHardcore(BipedalWalker):
    """The bipedal walker among stumps, stairs and pits, for at most 2,000 steps."""

    name = "bipedal-walker-hardcore"
    core = _core.BipedalWalker(hardcore=True)
