"""A task that looks as car racing does: cars of the core, a picture and an encoder that only stand in for the real ones."""

from dataclasses import dataclass

import numpy as np

from wann import _core
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.tasks import Rollouts
from wann.tasks.native.car_scene import car_scene
from wann.tasks.recording import record

ROWS, COLUMNS, LATENTS = 28, 32, 16


@dataclass
class Layer:
    """Of a decoder, as `wann.vision` has them."""

    weights: np.ndarray
    biases: np.ndarray
    stride: int = 2
    padding: int = 1
    extra: tuple[int, int] = (0, 0)


class StandInDecoder:
    """Random weights, which latents that are not 0 turn into a pattern."""

    def __init__(self):
        random = np.random.default_rng(4)
        self.start = (3, 4, 8)
        self.dense = Layer(self._some(random, 96, LATENTS), self._some(random, 96))
        sizes = [(8, 6, (1, 0)), (6, 4, (0, 0)), (4, 1, (0, 0))]
        self.deconvolutions = tuple(
            Layer(self._some(random, n, 4, 4, m), self._some(random, m), extra=extra) for n, m, extra in sizes
        )

    def _some(self, random, *shape):
        return random.normal(0, 0.4, shape).astype(np.float32)


class StandInEncoder:
    """Gives pictures of latents as a decoder does, in plain loops."""

    n_latents, view_shape, scale = LATENTS, (ROWS, COLUMNS, 1), 1 / 255

    def __init__(self):
        self.decoder = StandInDecoder()

    def decode(self, latents):
        dense = self.decoder.dense
        x = np.maximum(latents @ dense.weights.T + dense.biases, 0).reshape(-1, *self.decoder.start)
        for layer in self.decoder.deconvolutions:
            rows, columns = (2 * n + e for n, e in zip(x.shape[1:3], layer.extra, strict=True))
            larger = np.zeros((len(x), rows + 3, columns + 3, len(layer.biases)), dtype=np.float32)
            for i, j in np.ndindex(*x.shape[1:3]):
                larger[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += np.einsum("nc,cijk->nijk", x[:, i, j], layer.weights)
            x = larger[:, 1 : 1 + rows, 1 : 1 + columns] + layer.biases
            x = np.maximum(x, 0) if layer is not self.decoder.deconvolutions[-1] else x
        return 255 / (1 + np.exp(-x))


class Cars:
    """Cars that see where the road is ahead of them: the first latents are its bearings."""

    def __init__(self, seeds):
        self.races = _core.CarRaces(seeds)
        self.tracks = [self.races.track(i) for i in range(len(seeds))]
        self.bodies = self.races.bodies

    def observations(self):
        seen = np.zeros((len(self.tracks), LATENTS), dtype=np.float32)
        for row, track, (x, y, angle) in zip(seen, self.tracks, self.races.bodies()[:, 0], strict=True):
            nearest = int(np.argmin(np.hypot(track[:, 2] - x, track[:, 3] - y)))
            for k in range(8):
                _, _, ahead_x, ahead_y = track[(nearest + 3 * k + 3) % len(track)]
                bearing = np.arctan2(x - ahead_x, ahead_y - y) - angle
                row[k] = (bearing + np.pi) % (2 * np.pi) - np.pi
        return seen

    def views(self):
        """Light where there is grass, dark where there is road, shape (n, rows, columns)."""
        across, up = np.meshgrid(np.linspace(-30, 30, COLUMNS), np.linspace(32, -11, ROWS))
        views = np.empty((len(self.tracks), ROWS, COLUMNS), dtype=np.uint8)
        for view, track, (x, y, angle) in zip(views, self.tracks, self.races.bodies()[:, 0], strict=True):
            s, c = np.sin(angle), np.cos(angle)
            place = np.stack([x + c * across - s * up, y + s * across + c * up], axis=-1)
            near = track[np.hypot(track[:, 2] - x, track[:, 3] - y) < 70, 2:]
            far = np.hypot(*(place[:, :, None] - near).transpose(3, 0, 1, 2)).min(axis=2, initial=99)
            view[:] = np.where(far < 6.7, 102, 202)
        return views

    def step(self, actions):
        # With one weight for all connections, gas and brake are the task's to choose.
        gas = np.full(len(actions), 0.24 if self.races.spins()[:, 2, 0].max() < 90 else 0.0)
        return self.races.step(np.column_stack([np.clip(actions[:, 0], -1, 1), gas, 0 * gas]).astype(np.float32))


class StandInCar:
    """Cars on tracks, steered by a network."""

    name = "car-racing"
    inputs = tuple(f"latent_{i}" for i in range(LATENTS))
    outputs = ("steering", "gas", "brake")
    output_activation = Activation.TANH
    hidden_activations = ALL_ACTIVATIONS
    dt = 0.02
    encoder = StandInEncoder()

    def __init__(self, max_steps=150):
        self.max_steps = max_steps

    def record(self, network, weights, seed, max_steps=None):
        cars = Cars(np.full(len(weights), seed, dtype=np.uint64))
        most = self.max_steps if max_steps is None else max_steps
        return record(cars, network, weights, dt=self.dt, max_steps=most, time_limit=self.max_steps, views=cars.views)

    def rollout(self, networks, weights, seeds, *, threads=1):
        rewards = np.zeros((len(networks), len(seeds)))
        return Rollouts(rewards=rewards, steps=np.ones(rewards.shape, dtype=np.int64), computed_steps=1)

    def scene(self, seed):
        races = _core.CarRaces(np.array([seed], dtype=np.uint64))
        return car_scene(races.track(0), races.borders(0), rows=ROWS, columns=COLUMNS)
