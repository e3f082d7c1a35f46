"""Gymnasium's car races, driven along the road: its own pictures with the poses that they show."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from wann import _core

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from gymnasium.envs.box2d import car_racing


@dataclass(frozen=True)
class Frames:
    """Pictures of one track: Gymnasium's, and what ours are made from."""

    pictures: _core.CarPictures
    theirs: np.ndarray
    poses: np.ndarray
    touched: np.ndarray

    @property
    def zooming(self) -> np.ndarray:
        """Where the camera still comes down."""
        return self.poses[:, 11] < 1

    def their_view(self, block: int) -> np.ndarray:
        """The green part's means over blocks of the picture, without the indicators."""
        return means(self.theirs, block)


def means(pictures: np.ndarray, block: int) -> np.ndarray:
    n = len(pictures)
    return pictures[:, :84, :, 1].reshape(n, 84 // block, block, 96 // block, block).mean((2, 4)) / 255


class Quick(car_racing.CarRacing):  # type: ignore[misc]
    """Gymnasium's environment, which draws only when it is asked to."""

    wanted = True

    def _render(self, mode: str) -> Any:
        return super()._render(mode) if self.wanted else None


def pose(env: Any) -> list[float]:
    hull, wheels = env.car.hull, env.car.wheels
    place = [*hull.position, hull.angle, *(w.angle - hull.angle for w in wheels), *(w.phase for w in wheels), env.t]
    return [*place, np.hypot(*hull.linearVelocity), *(w.omega for w in wheels), hull.angularVelocity]


def touched(env: Any) -> list[bool]:
    """Every third tile has the colour of a touched one from the start; it counts as touched where a wheel has been."""
    return [int(tile.color[0]) == 102 and (tile.idx % 3 > 0 or tile.road_visited) for tile in env.road]


def driver(env: Any, rng: np.random.Generator, wild: bool) -> Iterator[np.ndarray]:
    """Steers for a point some tiles ahead, with noise; a wild one skids, and leaves the road."""
    track = np.array(env.track)[:, 2:]
    noise = 0.0
    while True:
        hull = env.car.hull
        here = int(((track - hull.position) ** 2).sum(1).argmin())
        way = track[(here + 6) % len(track)] - hull.position
        error = (np.arctan2(-way[0], way[1]) - hull.angle + np.pi) % (2 * np.pi) - np.pi
        noise = 0.95 * noise + rng.normal() * (0.25 if wild else 0.06)
        steer = np.clip(noise - 1.6 * error, -1, 1)
        slow = np.hypot(*hull.linearVelocity) < (90 if wild else 45) * (1 - 0.6 * abs(steer))
        yield np.array([steer, slow, 0], np.float32)


def drive(seed: int, steps: int, every: int) -> Frames:
    """Of the first second every frame if ``every`` is 1, else each ``every``-th and the one after it."""
    env = Quick()
    theirs, poses, marks = [], [], []
    picture, _ = env.reset(seed=seed)
    actions = driver(env, np.random.default_rng(seed), wild=seed % 3 == 2)
    border = np.zeros(len(env.track), np.uint8)
    tile = -1
    for _, colour in env.road_poly:
        if isinstance(colour, tuple):
            border[tile] = 1
        else:
            tile += 1
    for step in range(steps + 1):
        if picture is not None:
            theirs.append(picture.copy())
            poses.append(pose(env))
            marks.append(touched(env))
        env.wanted = (step + 1) % every in (0, 1)
        picture, _, ended, _, _ = env.step(next(actions))
        if ended:
            break
    pictures = _core.CarPictures(np.array(env.track, np.float64), border)
    return Frames(pictures, np.array(theirs), np.array(poses, np.float32), np.array(marks, np.uint8))
