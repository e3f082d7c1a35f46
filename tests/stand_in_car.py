"""A task that looks as car racing does: cars of the core and what they see, and an encoder that has learnt nothing."""

import numpy as np

from wann import _core
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.tasks import Rollouts
from wann.tasks.native.car_scene import car_scene
from wann.tasks.recording import record
from wann.vision import Convolution, Decoder, Deconvolution, Dense, Encoder

ROWS, COLUMNS, LATENTS = 28, 32, 6


def some_encoder() -> Encoder:
    """An encoder of random weights, with a decoder."""
    random = np.random.default_rng(4)

    def some(*shape):
        return random.normal(0, np.sqrt(1 / np.prod(shape[1:])), shape).astype(np.float32)

    sizes = [(8, 6, (1, 0)), (6, 4, (0, 0)), (4, 1, (0, 0))]
    layers = [Deconvolution(3 * some(n, 4, 4, m), some(m), 2, 1, extra) for n, m, extra in sizes]
    return Encoder(
        name="stand-in",
        picture=(96, 96, 3),
        dtype="uint8",
        rows=(0, 84),
        channels=(1,),
        block=3,
        scale=1 / 255,
        convolutions=(Convolution(4 * some(4, 4, 4, 1), some(4), 4, 0),),
        dense=Dense(some(LATENTS, 7 * 8 * 4), some(LATENTS)),
        decoder=Decoder(Dense(some(96, LATENTS), some(96)), (3, 4, 8), tuple(layers)),
    )


class Cars:
    """Cars that are steered by one output and let roll by the task."""

    def __init__(self, seeds, encoder):
        self.races, self.encoder = _core.CarRaces(seeds), encoder
        self.bodies = self.races.bodies

    def observations(self):
        return self.encoder.encode_view(self.races.views(3)[..., None])

    def views(self):
        return np.round(255 * self.races.views(3)).astype(np.uint8)

    def step(self, actions):
        pedals = np.tile([0.24, 0.0], (len(actions), 1))
        return self.races.step(np.column_stack([np.clip(actions[:, 0], -1, 1), pedals]).astype(np.float32))


class StandInCar:
    """Cars on tracks."""

    name = "car-racing"
    inputs = tuple(f"latent_{i}" for i in range(LATENTS))
    outputs = ("steering", "gas", "brake")
    output_activation = Activation.TANH
    hidden_activations = ALL_ACTIVATIONS
    dt = 0.02

    def __init__(self, max_steps=150):
        self.max_steps, self.encoder = max_steps, some_encoder()

    def record(self, network, weights, seed, max_steps=None):
        cars = Cars(np.full(len(weights), seed, dtype=np.uint64), self.encoder)
        most = self.max_steps if max_steps is None else max_steps
        return record(cars, network, weights, dt=self.dt, max_steps=most, time_limit=self.max_steps, views=cars.views)

    def rollout(self, networks, weights, seeds, *, threads=1):
        rewards = np.zeros((len(networks), len(seeds)))
        return Rollouts(rewards=rewards, steps=np.ones(rewards.shape, dtype=np.int64), computed_steps=1)

    def scene(self, seed):
        races = _core.CarRaces(np.array([seed], dtype=np.uint64))
        return car_scene(races.track(0), races.borders(0))
