"""Car racing from pixels, in the compiled core: see core/tasks/car/ and docs/findings/car-racing.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import check_choice
from wann.errors import WannError
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.tasks.native.base import NativeTask
from wann.tasks.native.car_scene import car_scene
from wann.tasks.native.presets import GRADED
from wann.tasks.policy_parts import Bounded, PolicyParts
from wann.tasks.protocol import Rollouts, check_networks
from wann.tasks.recording import Recording, record
from wann.tasks.scene import Scene
from wann.vision import Encoder
from wann.vision.eyes import Eyes, Past, named_encoder

_PAPER = {"population": 64, "generations": 1024, "episodes": 2, "initial_enabled": 0.5, "tournament": 8}

PRESETS: dict[str, dict[str, Any]] = {
    "paper": _PAPER,
    # 0.6 billion frames, of which two cores make 155,000 a second (docs/findings/car-racing.md): about an hour.
    "default": {
        **GRADED,
        "population": 96,
        "generations": 800,
        "episodes": 1,
        "weights": (-1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75),
        "initial_paths": 0.25,
        "insert_node": 0.2,
        "add_connection": 0.1,
        "change_activation": 0.2,
        "adjust_path": 0.5,
        "crossover": 0.5,
        "mean_objective": 1.0,
    },
}

#: Tracks that are kept at once.
_MOST_TRACKS = 64

#: The encoder that ships with the package.
_SHIPPED = "car-racing"

#: What an output of 0 means for the gas pedal.
Throttle = Literal["half", "none"]


class CarRacing(NativeTask):
    """A car drives round a track that it sees from above (section 4.1 of the paper).

    Behaves as Gymnasium's ``CarRacing-v3`` does. A network sees what an encoder makes of the picture: the means of 16
    latents, of the last frame alone. Its outputs are clipped: steering to [-1, 1] (1 is right), brake to [0, 1]. Each of at
    most 1,000 steps (0.02 s) costs 0.1; a tile of the track that is touched for the first time earns 1,000 / (number of
    tiles). An episode ends with the lap, or where the car leaves the field, which costs 100.

    Args:
        throttle: What an output of 0 means for the gas pedal: ``"half"``, as in the paper, where gas is (1 + output) / 2; or
            ``"none"``, where it is the output, clipped to [0, 1].
        past: What a network knows of the past: ``"none"``, as in the paper; or ``"frame"``, where it also sees the latents
            of the frame before, 32 inputs in all (at the start those of the first frame); or ``"speed"``, where it also sees
            the height of the white bar below the picture, which is 1 at a speed of 50.
        encoder: What makes latents of the picture: an encoder of views of 28 x 32 or 42 x 48 values, the name of one that
            ships with the package, or the path of its file.

    Raises:
        WannError: An option has another value, or the encoder cannot be read or takes other pictures.
    """

    name = "car-racing"
    outputs = ("steering", "gas", "brake")
    output_activation = Activation.LINEAR
    presets = PRESETS
    hidden_layers = (16,)
    max_steps = 1000
    dt = 0.02
    core: _core.CarRacing  # each task has its own

    def __init__(
        self, *, throttle: Throttle = "none", past: Past = "none", encoder: Encoder | str | Path = _SHIPPED
    ) -> None:
        self.throttle = check_choice(throttle, f"{self.name}: throttle", get_args(Throttle))
        self.past = check_choice(past, f"{self.name}: past", get_args(Past))
        self.encoder = named_encoder(encoder, self.name)
        _check_encoder(self.encoder)
        self._named = encoder
        self.inputs = Eyes(self.encoder, past).names
        self.core = _core.CarRacing(self.encoder.core, throttle == "half", past)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: with the encoder itself, whose file may not be where the task goes."""
        return _remade, (self.throttle, self.past, self.encoder, self._named)

    @property
    def twins(self) -> Mapping[str, Mapping[str, Any]]:
        """Gymnasium's own, with the options that make the same of a network's outputs and show it the same."""
        pedals = [False, self.throttle == "none", True]
        others = {} if self._named == _SHIPPED else {"encoder": self._named}  # the shipped one is Gymnasium's task's, too
        return {"gymnasium:CarRacing-v3": {"pedals": pedals, "past": self.past, **others}}

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """Runs every network in every lane; see `wann.tasks.Task.rollout`.

        A track's pictures take some megabytes, so lanes on more than 64 tracks run one part after the other.
        """
        parts = _parts(seeds)
        if len(parts) == 1:
            return self._rollout(networks, weights, seeds, threads)
        rewards, steps = np.empty((len(networks), len(seeds))), np.empty((len(networks), len(seeds)), dtype=np.int64)
        computed, idle = 0, 0
        for lanes in parts:
            part = self._rollout(networks, np.ascontiguousarray(weights[lanes]), seeds[lanes], threads)
            rewards[:, lanes], steps[:, lanes] = part.rewards, part.steps
            computed, idle = computed + part.computed_steps, idle + part.idle_steps
        return Rollouts(rewards=rewards, steps=steps, computed_steps=computed, idle_steps=idle)

    def _rollout(
        self, networks: Sequence[Network], weights: NDArray[np.float32], seeds: NDArray[np.uint64], threads: int
    ) -> Rollouts:
        try:
            return super().rollout(networks, weights, seeds, threads=threads)
        except RuntimeError as error:  # a seed that no track can be made of
            raise WannError(f"{self.name}: {error}") from None

    def episodes(self, seeds: NDArray[np.uint64]) -> "_Cars":
        """Episodes to step by hand, one for each seed."""
        return self.episodes_of(_core.CarRaces(seeds))

    def episodes_of(self, races: _core.CarRaces) -> "_Cars":
        """Episodes to step by hand in races that have not begun, on whatever tracks they are."""
        return _Cars(self, races)

    def scene(self, seed: int) -> Scene:
        """The hull (body 0) and the wheels (1 to 4) on the track of an episode, as the camera sees them."""
        races = _core.CarRaces(np.array([seed], dtype=np.uint64))
        rows, columns, _ = self.encoder.view_shape
        return car_scene(races.track(0), races.borders(0), rows=rows, columns=columns)

    def record(
        self, network: Network, weights: Sequence[float | None], seed: int, max_steps: int | None = None
    ) -> list[Recording]:
        """An episode with each weight, with what was seen; see `wann.tasks.protocol.HasRecordings`."""
        check_networks([network], self)
        cars = self.episodes(np.full(len(weights), seed, dtype=np.uint64))
        most = self.max_steps if max_steps is None else max_steps
        return record(cars, network, weights, dt=self.dt, max_steps=most, time_limit=self.max_steps, views=cars.views)

    def policy_parts(self, network: Network) -> PolicyParts:
        """Of the latents that a network sees: what `controls` makes of its outputs."""
        gas = 0.5 if self.throttle == "half" else 0.0  # where the pedal is at an output of 0
        controls = Bounded(reach=(1.0, 1 - gas, 1.0), center=(0.0, gas, 0.0), low=(-1.0, 0.0, 0.0), high=(1.0, 1.0, 1.0))
        return PolicyParts(scaling=None, action=controls)

    def controls(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a network's outputs mean: rows (steering, gas, brake), as actions of Gymnasium's environment.

        Args:
            outputs: Shape (n, 3) or (3,).
        """
        steering, gas, brake = np.moveaxis(np.clip(np.asarray(outputs, dtype=np.float32), -1, 1), -1, 0)
        gas = (gas + np.float32(1)) * np.float32(0.5) if self.throttle == "half" else np.maximum(gas, 0)
        return np.stack([steering, gas, np.maximum(brake, 0)], axis=-1)


#: Rows, columns and channels of the views that the core draws.
_VIEWS = ((28, 32, 1), (42, 48, 1))


def _remade(throttle: Throttle, past: Past, encoder: Encoder, named: Encoder | str | Path) -> CarRacing:
    task = CarRacing(throttle=throttle, past=past, encoder=encoder)
    task._named = named
    return task


def _check_encoder(encoder: Encoder) -> None:
    """Refuses an encoder of other pictures, or of another part of them, than the core draws."""
    sees = (encoder.view_shape, encoder.rows[0], encoder.channels)
    from_zero_to_one = abs(encoder.scale * 255 - 1) < 1e-6
    if sees not in [(shape, 0, (1,)) for shape in _VIEWS] or encoder.picture != (96, 96, 3) or not from_zero_to_one:
        shape = " x ".join(map(str, encoder.view_shape))
        raise WannError(
            f"car-racing: the encoder {encoder.name} sees {shape} values; it must see the green channel of 96 x 96 pixels "
            "from the first row on, as 28 x 32 or 42 x 48 values from 0 to 1"
        )


class _Cars:
    """Episodes side by side, as in the core's rollouts."""

    def __init__(self, task: CarRacing, races: _core.CarRaces) -> None:
        self._task = task
        self._races = races
        self._look()
        self._before = self._latents

    def _look(self) -> None:
        self._views = self._races.views(self._task.encoder.block)
        self._latents = self._task.encoder.encode_view(self._views[..., None])

    def views(self) -> NDArray[np.uint8]:
        """The pictures that the encoder takes, shape (n, rows, columns)."""
        return np.round(255 * self._views).astype(np.uint8)

    def observations(self) -> NDArray[np.float32]:
        """What each network sees, shape (n, n_inputs)."""
        if self._task.past == "none":
            return self._latents
        past = self._before if self._task.past == "frame" else self._races.shown_speeds()[:, None]
        return np.concatenate([self._latents, past], axis=1)

    def bodies(self) -> NDArray[np.float32]:
        """The hull and the wheels, shape (n, 5, 3)."""
        return self._races.bodies()

    def step(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Rewards, and whether each episode has ended."""
        result = self._races.step(self._task.controls(actions))
        self._before = self._latents
        self._look()
        return result


def _parts(seeds: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
    """Lanes by their seeds, at most `_MOST_TRACKS` different ones in a part."""
    _, track = np.unique(seeds, return_inverse=True)
    n_parts = -(-(int(track.max(initial=0)) + 1) // _MOST_TRACKS)
    return [np.flatnonzero(track // _MOST_TRACKS == part) for part in range(n_parts)]
