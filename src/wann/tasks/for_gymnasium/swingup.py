"""Cart-pole swing-up as a Gymnasium environment: the twin of the task ``cartpole-swingup`` in the core, in float64.

    import gymnasium

    env = gymnasium.make("wann.tasks.for_gymnasium:wann/CartPoleSwingUp-v0", render_mode="rgb_array")

Constants, equations of motion, start and reward are those of the task that the paper uses (section 4.1).
"""

import math
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import check_choice
from wann.errors import WannError
from wann.tasks.for_gymnasium import raster

GRAVITY = 9.82  #: m/s²
CART_MASS = 0.5  #: kg
POLE_MASS = 0.5  #: kg
POLE_LENGTH = 0.6  #: m
FRICTION = 0.1  #: of the cart on the track, N·s/m
FORCE = 10.0  #: N at full action
TIME_STEP = 0.01  #: s
TRACK_HALF = 2.4  #: m
#: Every state variable (x, ẋ, θ, θ̇) starts normally distributed around this; the pole hangs.
START_MEAN = (0.0, 0.0, math.pi, 0.0)
START_DEVIATION = 0.2


class CartPoleSwingUpEnv(gym.Env[NDArray[np.float32], NDArray[np.float32]]):
    """A pole hangs from a cart on a track and is to be swung up and balanced near the middle.

    Observation: (x, ẋ, cos θ, sin θ, θ̇), float32, shape (5,), in m, m/s, 1, 1 and rad/s; θ is 0 upright. With hidden
    velocities (x, cos θ, sin θ), shape (3,).
    Action: the force on the cart, float32, shape (1,), in units of 10 N; clipped to [-1, 1].
    Reward: (cos θ + 1)/2 · cos(π/2 · x/2.4), after the step; at most 1.
    The episode ends when the cart leaves the track, |x| > 2.4 m (that step's reward counts), or, by the time limit that
    `gymnasium.make` adds, after 1,000 steps of 0.01 s.

    `reset` takes the option ``{"state": (x, ẋ, θ, θ̇)}`` to start there.

    Args:
        render_mode: None or ``"rgb_array"``.
        velocities: ``"seen"`` or ``"hidden"``.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": round(1 / TIME_STEP)}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None, velocities: str = "seen") -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise WannError(f"render_mode is {render_mode!r}; allowed are None and 'rgb_array'")
        self.render_mode = render_mode
        hidden = check_choice(velocities, "velocities", ("seen", "hidden")) == "hidden"
        self._seen = [0, 2, 3] if hidden else [0, 1, 2, 3, 4]
        # A cart leaves the track by less than another half of it in one step.
        high = np.array([1.5 * TRACK_HALF, np.inf, 1, 1, np.inf], dtype=np.float32)[self._seen]
        self.observation_space = gym.spaces.Box(-high, high, dtype=np.float32)
        self.action_space = gym.spaces.Box(-1, 1, (1,), dtype=np.float32)
        self._state = np.array(START_MEAN)
        self._action = 0.0
        self._background: raster.Image | None = None

    @property
    def state(self) -> NDArray[np.float64]:
        """(x, ẋ, θ, θ̇), a copy."""
        return self._state.copy()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Starts an episode, at random or at ``options["state"]``."""
        super().reset(seed=seed)
        if options is not None and "state" in options:
            state = _finite(options["state"], 4)
            if state is None:
                raise WannError(
                    f"the state is {options['state']!r:.80}; expected four finite numbers (x, x_dot, theta, theta_dot)"
                )
            self._state = state
        else:
            self._state = self.np_random.normal(START_MEAN, START_DEVIATION)
        self._action = 0.0
        return self._observation(), {}

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Advances by 0.01 s.

        Raises:
            WannError: The action is not one finite number.
        """
        values = _finite(action, 1)
        if values is None:
            raise WannError(f"the action is {action!r:.60}; expected one finite number, shape (1,)")
        self._action = min(max(values.item(), -1.0), 1.0)
        self._state = advance(self._state, self._action)
        return self._observation(), reward(self._state), bool(abs(self._state[0]) > TRACK_HALF), False, {}

    def _observation(self) -> NDArray[np.float32]:
        x, velocity, angle, spin = self._state
        return np.array([x, velocity, math.cos(angle), math.sin(angle), spin], dtype=np.float32)[self._seen]

    def render(self) -> NDArray[np.uint8] | None:
        """The present state as an image, uint8, shape (256, 640, 3); None without a render mode."""
        if self.render_mode is None:
            return None
        if self._background is None:
            self._background = _draw_track()
        image = self._background.copy()
        _draw_cart(image, self._state, self._action)
        return image


def advance(state: NDArray[np.float64], action: float) -> NDArray[np.float64]:
    """The state (x, ẋ, θ, θ̇) one time step later; positions advance by the old velocities."""
    x, velocity, angle, spin = state.tolist()
    s, c = math.sin(angle), math.cos(angle)
    mass, mass_length = CART_MASS + POLE_MASS, POLE_MASS * POLE_LENGTH
    push = FORCE * action - FRICTION * velocity
    swing = mass_length * spin**2 * s
    linear = (-2 * swing + 3 * POLE_MASS * GRAVITY * s * c + 4 * push) / (4 * mass - 3 * POLE_MASS * c**2)
    angular = (-3 * swing * c + 6 * mass * GRAVITY * s + 6 * push * c) / (4 * POLE_LENGTH * mass - 3 * mass_length * c**2)
    return np.array(
        [x + velocity * TIME_STEP, velocity + linear * TIME_STEP, angle + spin * TIME_STEP, spin + angular * TIME_STEP]
    )


def reward(state: NDArray[np.float64]) -> float:
    """Of the state after a step: upright and in the middle is worth 1."""
    return (math.cos(state[2]) + 1) / 2 * math.cos(math.pi / 2 * state[0] / TRACK_HALF)


def _finite(numbers: ArrayLike, n: int) -> NDArray[np.float64] | None:
    """The numbers as a new array, or None if they are not n finite ones."""
    try:
        values = np.array(numbers, dtype=float)
    except (TypeError, ValueError):
        return None
    return values if values.ndim <= 1 and values.size == n and np.isfinite(values).all() else None


# The picture.

_WIDTH, _HEIGHT = 640, 256
_SCALE = 105.0  # pixels a metre
_RAIL = 140.0  # row of the rail
_PAPER, _INK, _FAINT = (250, 249, 246), (52, 58, 70), (205, 208, 214)
_CART, _POLE, _ACCENT = (68, 84, 106), (214, 112, 61), (36, 142, 128)


def _column(x: float) -> float:
    return _WIDTH / 2 + _SCALE * x


def _draw_track() -> raster.Image:
    image = raster.canvas(_WIDTH, _HEIGHT, _PAPER)
    for metre in (-2, -1, 0, 1, 2):
        tick = 7 if metre == 0 else 4
        raster.capsule(image, (_column(metre), _RAIL + 26), (_column(metre), _RAIL + 26 + tick), 1.0, _FAINT)
    # The upright pole's tip at the middle: where it pays most.
    raster.disc(image, (_column(0), _RAIL - _SCALE * POLE_LENGTH), 9, _FAINT)
    raster.disc(image, (_column(0), _RAIL - _SCALE * POLE_LENGTH), 7, _PAPER)
    raster.capsule(image, (_column(-TRACK_HALF), _RAIL), (_column(TRACK_HALF), _RAIL), 1.6, _FAINT)
    for end in (-TRACK_HALF, TRACK_HALF):
        raster.box(image, (_column(end), _RAIL), (3, 14), 2, _INK)
    return image


def _draw_cart(image: raster.Image, state: NDArray[np.float64], action: float) -> None:
    x, _, angle, _ = state.tolist()
    pivot = (_column(x), _RAIL)
    tip = (
        pivot[0] + _SCALE * POLE_LENGTH * math.sin(angle),
        pivot[1] - _SCALE * POLE_LENGTH * math.cos(angle),
    )
    raster.box(image, pivot, (26, 13), 5, _CART)
    if abs(action) > 0.02:
        side = math.copysign(32, action)
        start, end = (pivot[0] + side, pivot[1]), (pivot[0] + side + 42 * action, pivot[1])
        raster.arrow(image, start, end, 1.8, 7, _ACCENT)
    raster.capsule(image, pivot, tip, 4.5, _POLE)
    raster.disc(image, tip, 7, _POLE)
    raster.disc(image, pivot, 4.5, _PAPER)
    raster.disc(image, pivot, 2.5, _INK)
