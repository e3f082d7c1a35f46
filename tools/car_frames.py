"""Pictures of drives to train the encoder of car-racing on, with what a driver would read off them.

    python tools/car_frames.py build/car-frames.npz --tracks 96

The drivers see the car and the road, not the picture. They are good, hasty, unsteady, drunk or none at all, and take turns
within an episode, so that the pictures show a car that slides, has left the road, and comes back to it.
"""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Rows of the picture above the bar with the instruments.
ROWS = 84
STEPS, EVERY = 1000, 4
#: Tiles ahead at which the road's turn is kept.
AHEAD = (5, 10, 15)
LABELS = ("offset", "heading", *(f"turn {n}" for n in AHEAD), "speed", "yaw rate")


@dataclass
class Frames:
    """Pictures, and where and how the car was when they were taken."""

    pictures: Array  #: uint8, shape (n, 84, 96, 3), or block means from 0 to 1, float32, shape (n, rows, columns)
    labels: Array  #: float32, shape (n, len(LABELS)): offset in units to the right, angles to the left in radians
    track: Array  #: int, shape (n,): which track
    step: Array  #: int, shape (n,): which step of its episode
    source: str  #: "gymnasium" or "core"

    def save(self, path: Path) -> None:
        """Writes a file that `load` reads."""
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Frames":
        """What was saved."""
        with np.load(path, allow_pickle=False) as file:
            return cls(
                **{field.name: file[field.name] for field in fields(cls) if field.name != "source"},
                source=str(file["source"]),
            )


class Cars(Protocol):
    """Cars to drive, each on its own track."""

    tracks: list[Array]  #: of each car, shape (n_tiles, 4): alpha, beta, x, y

    def poses(self) -> Array:
        """x, y and angle of each hull, shape (n, 3)."""

    def step(self, actions: Array) -> Array:
        """Steps all cars, with actions of shape (n, 3) as Gymnasium has them; which episodes have ended."""

    def pictures(self) -> Array:
        """What each driver sees."""


class GymnasiumCars:
    """Gymnasium's own CarRacing-v3; pictures are only drawn when they are asked for, which takes nearly all the time."""

    def __init__(self, seeds: list[int]) -> None:
        import gymnasium

        self._envs = [gymnasium.make("CarRacing-v3").unwrapped for _ in seeds]
        for env, seed in zip(self._envs, seeds, strict=True):
            env._draw, env._render = env._render, lambda mode: None
            env.reset(seed=seed)
        self.tracks = [np.array(env.track) for env in self._envs]

    def poses(self) -> Array:
        """x, y and angle of each hull."""
        return np.array([[*env.car.hull.position, env.car.hull.angle] for env in self._envs])

    def step(self, actions: Array) -> Array:
        """Steps all cars."""
        return np.array([env.step(a)[2] for env, a in zip(self._envs, actions, strict=True)])

    def pictures(self) -> Array:
        """Cropped states, uint8, shape (n, 84, 96, 3)."""
        return np.stack([env._draw("state_pixels")[:ROWS] for env in self._envs])


class CoreCars:
    """The core's car-racing; pictures are what its networks' encoder sees."""

    def __init__(self, seeds: list[int], block: int) -> None:
        from wann import _core

        self._cars: Any = _core.CarRaces(np.array(seeds, dtype=np.uint64))  # type: ignore[attr-defined]
        self._block = block
        self.tracks = [np.asarray(self._cars.track(i)) for i in range(len(seeds))]

    def poses(self) -> Array:
        """x, y and angle of each hull."""
        return np.asarray(self._cars.bodies())[:, 0].astype(float)

    def step(self, actions: Array) -> Array:
        """Steps all cars."""
        return np.asarray(self._cars.step(np.ascontiguousarray(actions, dtype=np.float32))[1])

    def pictures(self) -> Array:
        """Block means of the green channel from 0 to 1, float32, shape (n, rows, columns)."""
        return np.asarray(self._cars.views(self._block))


@dataclass(frozen=True)
class Style:
    """How somebody drives."""

    pace: float  #: of the speed that the bend ahead allows
    top_speed: float  #: units a second
    unsteadiness: float  #: standard deviation of what is added to the steering
    random: bool = False  #: steers, accelerates and brakes at random


STYLES = (
    Style(pace=0.7, top_speed=45, unsteadiness=0.0),
    Style(pace=0.9, top_speed=70, unsteadiness=0.1),
    Style(pace=1.2, top_speed=85, unsteadiness=0.15),
    Style(pace=0.7, top_speed=50, unsteadiness=0.5),
    Style(pace=0.8, top_speed=60, unsteadiness=1.0),
    Style(pace=0.0, top_speed=0, unsteadiness=1.0, random=True),
)
#: How often each style is chosen, and for how many steps; random driving for a third as many.
_CHANCES, _SHORTEST, _LONGEST = (0.2, 0.25, 0.15, 0.15, 0.15, 0.1), 60, 300


class Driver:
    """Drives one car on its track, in one style after the other.

    Args:
        track: Its tiles, shape (n_tiles, 4): alpha, beta, x, y.
        seed: Of the styles and of what is random in them.
    """

    def __init__(self, track: Array, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._beta, self._points = track[:, 1], track[:, 2:4]
        self._pose: Array | None = None
        self._speed = self._yaw_rate = 0.0
        self._shake = np.zeros(3)
        self._left = 0
        self._style = STYLES[0]

    def _turn(self, tile: int, ahead: int) -> float:
        n = len(self._beta)
        return _wrapped(self._beta[(tile + ahead) % n] - self._beta[tile])

    def see(self, pose: Array) -> Array:
        """Takes notice of where the car is; gives the labels."""
        if self._pose is not None:
            moved = pose - self._pose
            self._speed, self._yaw_rate = float(np.hypot(*moved[:2])) * 50, float(moved[2]) * 50
        self._pose = pose
        away = pose[:2] - self._points
        self._tile = tile = int((away**2).sum(axis=1).argmin())
        beta = self._beta[tile]
        offset = away[tile] @ (math.cos(beta), math.sin(beta))
        turns = [self._turn(tile, n) for n in AHEAD]
        return np.array([offset, _wrapped(pose[2] - beta), *turns, self._speed, self._yaw_rate], dtype=np.float32)

    def act(self) -> Array:
        """Steer, gas and brake."""
        if self._left == 0:
            self._style = STYLES[self._random.choice(len(STYLES), p=_CHANCES)]
            self._left = int(self._random.integers(_SHORTEST, _LONGEST)) // (3 if self._style.random else 1)
        self._left -= 1
        # Noise that stays for about half a second: a car does not follow quicker noise.
        self._shake = 0.96 * self._shake + 0.28 * self._random.normal(size=3)
        if self._style.random:
            steer, gas, brake = self._shake
            return np.array([np.clip(steer, -1, 1), np.clip(gas + 0.4, 0, 1), np.clip(brake - 0.7, 0, 1)])
        steer = float(np.clip(self._steering() + self._style.unsteadiness * self._shake[0], -1, 1))
        gas, brake = self._pedals()
        # The engine drives the rear wheels: with the steering turned, full gas spins the car.
        return np.array([steer, gas * (1 - 0.8 * abs(steer)), brake])

    def _steering(self) -> float:
        assert self._pose is not None
        n = len(self._points)
        x, y = self._points[(self._tile + 3 + int(self._speed / 12)) % n] - self._pose[:2]
        error = _wrapped(math.atan2(-x, y) - self._pose[2])
        return -1.5 * error + 0.06 * self._yaw_rate

    def _pedals(self) -> tuple[float, float]:
        bends = [abs(self._turn(tile, 4)) / 14 for tile in self._next_tiles()]
        wanted = min(self._style.top_speed, self._style.pace * math.sqrt(220 / max(*bends, 0.01)))
        missing = wanted - self._speed
        return float(np.clip(missing / 15, 0, 1)), float(np.clip(-missing / 40, 0, 0.8))

    def _next_tiles(self) -> list[int]:
        n = len(self._points)
        return [(self._tile + i) % n for i in range(0, 4 + int(self._speed / 5), 2)]


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2 * math.pi) - math.pi


def drive(cars: Cars, seeds: list[int]) -> Iterator[tuple[int, Array, Array, Array]]:
    """Every few steps of an episode: the step, pictures, labels, and which cars still drive."""
    drivers = [Driver(track, seed) for track, seed in zip(cars.tracks, seeds, strict=True)]
    running = np.ones(len(seeds), dtype=bool)
    for step in range(STEPS):
        labels = np.stack([driver.see(pose) for driver, pose in zip(drivers, cars.poses(), strict=True)])
        # Each car at steps of its own, so that the zooming first second is seen at every stage.
        if step % EVERY == seeds[0] % EVERY:
            yield step, cars.pictures(), labels, running.copy()
        running &= ~cars.step(np.stack([driver.act() for driver in drivers]))
        # Beyond this only grass is seen.
        running &= np.abs(labels[:, 0]) < 60
        if not running.any():
            return


def collect(source: str, n_tracks: int, seed: int, block: int = 3) -> Frames:
    """Pictures of one episode on each of several tracks.

    Args:
        source: "gymnasium", or "core".
        n_tracks: How many tracks; their seeds follow from ``seed`` on.
        seed: Of the first.
        block: Side of the blocks whose means are taken (source "core").
    """
    together = 1 if source == "gymnasium" else 8
    parts: list[tuple[Array, Array, Array, Array]] = []
    begun = time.monotonic()
    for first in range(seed, seed + n_tracks, together):
        seeds = list(range(first, min(first + together, seed + n_tracks)))
        cars: Cars = GymnasiumCars(seeds) if source == "gymnasium" else CoreCars(seeds, block)
        for step, pictures, labels, running in drive(cars, seeds):
            tracks = np.array(seeds)[running]
            parts.append((pictures[running], labels[running], tracks, np.full(len(tracks), step)))
        print(f"track {seeds[-1] - seed + 1} of {n_tracks}, {time.monotonic() - begun:.0f} s", flush=True)
    return Frames(*(np.concatenate(values) for values in zip(*parts, strict=True)), source=source)


def main() -> None:
    """Collects pictures and writes them to a file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", choices=("core", "gymnasium"), default="core")
    parser.add_argument("--tracks", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first track")
    parser.add_argument("--block", type=int, default=3)
    arguments = parser.parse_args()
    frames = collect(arguments.source, arguments.tracks, arguments.seed, arguments.block)
    frames.save(arguments.file)
    print(f"{len(frames.pictures)} pictures of {arguments.tracks} tracks in {arguments.file}")


if __name__ == "__main__":
    main()
