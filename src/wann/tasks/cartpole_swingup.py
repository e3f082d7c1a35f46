"""Cart-pole swing-up in the core."""

from wann import _core
from wann.tasks.native import NativeTask


class CartPoleSwingUp(NativeTask):
    """A pole hangs from a cart on a track and is to be swung up and balanced near the middle (section 4.1 of the paper).

    1,000 steps of 0.01 s; a step's reward is (cos θ + 1)/2 · cos(π/2 · x/2.4), so an episode's is between 0 and 1,000. An
    episode ends when the cart leaves the track, |x| > 2.4 m. Every state variable starts at its mean in (0, 0, π, 0) with a
    standard deviation of 0.2.
    """

    name = "cartpole-swingup"
    inputs = ("x", "x_dot", "cos_theta", "sin_theta", "theta_dot")
    outputs = ("force",)
    core = _core.CartPoleSwingUp()
