"""Cart-pole swing-up in the core."""

from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import check_choice, check_number
from wann.tasks.native.base import NativeTask
from wann.tasks.native.presets import GRADED
from wann.tasks.scene import Arrow, Disc, Line, Polygon, Scene, Trail, View, circle, points, rounded_box

_TRACK_HALF = 2.4

#: The least and the most that each constant of the dynamics may be: what explicit Euler steps of 0.01 s can bear.
PHYSICS_LIMITS = {
    "gravity": (0.0, 30.0),
    "cart_mass": (0.1, 10.0),
    "pole_mass": (0.1, 10.0),
    "pole_length": (0.2, 5.0),
    "friction": (0.0, 10.0),
    "force": (0.0, 30.0),
}

#: Whether networks see how fast the cart and the pole move.
Velocities = Literal["seen", "hidden"]

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"population": 192, "generations": 1024, "episodes": 3, "initial_enabled": 0.5, "tournament": 8},
    # Found by the experiments in docs/findings/search.md. 16 weights with 2 episodes fill two vectors of 16 lanes.
    "default": {
        **GRADED,
        "generations": 1000,
        "population": 128,
        "islands": 12,
        "island_culls": (0.1, 0.3),
        "episodes": 2,
        "weights": tuple((k + 0.5) / 4 - 2 for k in range(16)),
        "initial_paths": 0.5,
        "insert_node": 0.2,
        "add_connection": 0.1,
        "change_activation": 0.2,
        "adjust_path": 0.5,
        "crossover": 0.5,
        "mean_objective": 0.5,
    },
}


class CartPoleSwingUp(NativeTask):
    """A pole hangs from a cart on a track and is to be swung up and balanced near the middle (section 4.1 of the paper).

    1,000 steps of 0.01 s; a step's reward is (cos θ + 1)/2 · cos(π/2 · x/2.4), so an episode's is between 0 and 1,000. An
    episode ends when the cart leaves the track, |x| > 2.4 m. Every state variable starts at its mean in (0, 0, π, 0) with a
    standard deviation of 0.2.

    Args:
        velocities: ``"seen"``, or ``"hidden"``: then networks see x, cos θ and sin θ alone.
        gravity: In m/s².
        cart_mass: In kg.
        pole_mass: In kg.
        pole_length: In m.
        friction: Of the cart on the track, in N·s/m.
        force: In N, at full action.

    Raises:
        WannError: An option has another value, or is beyond `PHYSICS_LIMITS`.
    """

    name = "cartpole-swingup"
    inputs: tuple[str, ...] = ("x", "x_dot", "cos_theta", "sin_theta", "theta_dot")
    outputs = ("force",)
    presets = PRESETS
    hidden_layers = (5, 5)
    max_steps = 1000
    dt = 0.01
    core: _core.CartPoleSwingUp

    def __init__(
        self,
        *,
        velocities: Velocities = "seen",
        gravity: float = 9.82,
        cart_mass: float = 0.5,
        pole_mass: float = 0.5,
        pole_length: float = 0.6,
        friction: float = 0.1,
        force: float = 10.0,
    ) -> None:
        check_choice(velocities, f"{self.name}: velocities", get_args(Velocities))
        self.velocities: Velocities = velocities
        if velocities == "hidden":
            self.inputs = ("x", "cos_theta", "sin_theta")
        given = (gravity, cart_mass, pole_mass, pole_length, friction, force)
        self.physics = {
            name: check_number(value, f"{self.name}: {name}", low, high)
            for (name, (low, high)), value in zip(PHYSICS_LIMITS.items(), given, strict=True)
        }
        self.core = _core.CartPoleSwingUp(hides_velocities=velocities == "hidden", **self.physics)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, which cannot hold the core's task."""
        return partial(type(self), velocities=self.velocities, **self.physics), ()

    @property
    def simulation(self) -> str | None:
        """The name under which the report's page knows the physics, None where it does not; states are (x, ẋ, θ, θ̇)."""
        if self.physics != CartPoleSwingUp().physics:
            return None
        return self.name if self.velocities == "seen" else f"{self.name} without velocities"

    def starts(self, seeds: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The state at the start of each episode, rows (x, ẋ, θ, θ̇), shape (n_seeds, 4)."""
        return _core.cartpole_swingup_starts(seeds)

    def episodes(self, seeds: NDArray[np.uint64]) -> "_Carts":
        """Episodes to step by hand, one for each seed."""
        return _Carts(self.core, self.starts(seeds), hides_velocities=self.velocities == "hidden")

    def scene(self, seed: int) -> Scene:
        """The cart (body 0) on its track and the pole (body 1); the ring is where the pole's tip belongs."""
        half, length = _TRACK_HALF, self.physics["pole_length"]
        ticks = [(x, -0.3 if x else -0.33) for x in (-2, -1, 0, 1, 2)]
        return Scene(
            shapes=(
                *(Line(role="guide", points=points((x, -0.25), (x, low)), width=0.02) for x, low in ticks),
                Line(role="guide", points=circle((0, length), 0.08), width=0.02),
                Line(role="guide", points=points((-half, 0), (half, 0)), width=0.03),
                *(Polygon(role="obstacle", points=rounded_box(0.06, 0.27, 0.02, (x, 0))) for x in (-half, half)),
                Trail(role="limb", body=1, point=(0, length), width=0.014, seconds=0.7),
                Polygon(role="body", body=0, points=rounded_box(0.5, 0.25, 0.05)),
                Arrow(role="action", body=0, action=0, start=(0, 0), vector=(0.4, 0), gap=0.31, width=0.035),
                Line(role="limb", body=1, points=points((0, 0), (0, length)), width=0.086),
                Disc(role="limb", body=1, center=(0, length), radius=0.07),
                Disc(role="joint", body=0, center=(0, 0), radius=0.035),
            ),
            view=View(size=(5.5, 2 * (length + 0.35)), center=(0, 0.02)),
            description="A cart on a track with a pole that turns freely",
        )


class _Carts:
    """Episodes side by side, in float32 as in the core's rollouts."""

    def __init__(self, core: _core.CartPoleSwingUp, states: NDArray[np.float32], *, hides_velocities: bool) -> None:
        self._core, self._states = core, states  # rows (x, ẋ, θ, θ̇)
        self._hides_velocities = hides_velocities

    def observations(self) -> NDArray[np.float32]:
        """Shape (n, n_inputs)."""
        x, velocity, angle, speed = np.ascontiguousarray(self._states.T)
        sine, cosine = (_core.lane_function(name, angle) for name in ("sin", "cos"))
        if self._hides_velocities:
            return np.column_stack([x, cosine, sine])
        return np.column_stack([x, velocity, cosine, sine, speed])

    def bodies(self) -> NDArray[np.float32]:
        """The cart, and the pole, whose angle the task counts clockwise: shape (n, 2, 3)."""
        bodies = np.zeros((len(self._states), 2, 3), dtype=np.float32)
        bodies[:, :, 0] = self._states[:, :1]
        bodies[:, 1, 2] = -self._states[:, 2]
        return bodies

    def step(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Rewards, and whether the cart has left the track."""
        self._states, rewards = self._core.step(self._states, np.ascontiguousarray(actions[:, 0]))
        return rewards, np.abs(self._states[:, 0]) > np.float32(_TRACK_HALF)
