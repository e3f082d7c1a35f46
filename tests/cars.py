"""Cars of the core beside Gymnasium's, on the same tracks and with the same actions."""

from collections.abc import Callable

import numpy as np
from gymnasium.envs.box2d.car_racing import CarRacing
from numpy.typing import NDArray

from wann import _core

#: From the track, the bodies and the time in steps to an action (steering, gas, brake).
Driver = Callable[[NDArray[np.float64], NDArray[np.float32], int], NDArray[np.float32]]


class SilentCarRacing(CarRacing):
    """Gymnasium's environment without its pictures, which take 98.8 % of its time."""

    def _render(self, mode: str) -> None:
        """Nothing is drawn."""


def uniforms(seed: int, n: int = 480) -> NDArray[np.float64]:
    """The first numbers that Gymnasium draws after ``reset(seed=seed)``."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))).random(n)


def pairs(seeds: list[int]) -> tuple[list[CarRacing], _core.CarRaces]:
    """An environment for each seed, after its reset, and the same races in the core."""
    envs = [SilentCarRacing() for _ in seeds]
    for env, seed in zip(envs, seeds, strict=True):
        env.reset(seed=seed)
    return envs, _core.CarRaces.from_uniforms(np.array([uniforms(seed) for seed in seeds]))


def road_pieces(env: CarRacing) -> list[tuple[int, bool]]:
    """For each tile, its number, and whether Gymnasium drew a border beside it."""
    pieces: list[tuple[int, bool]] = []
    for _, colour in env.road_poly:
        if isinstance(colour, tuple):
            pieces[-1] = (pieces[-1][0], True)
        else:
            pieces.append((len(pieces), False))
    return pieces


def their_bodies(env: CarRacing) -> NDArray[np.float32]:
    """Rows (x, y, angle) of the hull and the wheels."""
    bodies = [env.car.hull, *env.car.wheels]
    return np.array([[*body.position, body.angle] for body in bodies], dtype=np.float32)


def good_driver(speed: float = 50.0) -> Driver:
    """Steers towards a point of the track ahead, and slows down where it bends."""

    def drive(track: NDArray[np.float64], bodies: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        x, y, angle = bodies[0].astype(np.float64)
        nearest = int(np.argmin((track[:, 2] - x) ** 2 + (track[:, 3] - y) ** 2))
        goal = track[(nearest + 4) % len(track)]
        bearing = np.arctan2(-(goal[2] - x), goal[3] - y) - angle
        bearing = (bearing + np.pi) % (2 * np.pi) - np.pi
        bend = abs(track[(nearest + 12) % len(track), 1] - track[nearest, 1])
        bend = min(bend, abs(2 * np.pi - bend))
        wanted = speed / (1 + bend)
        moved = np.hypot(*(bodies[0, :2] - drive.last)) * 50 if step else 0.0
        drive.last = bodies[0, :2].copy()
        steering = np.clip(-1.5 * bearing, -1, 1)
        return np.array([steering, 0.4 * (moved < wanted), 0.3 * (moved > 1.2 * wanted)], dtype=np.float32)

    drive.last = np.zeros(2)
    return drive


def random_driver(seed: int) -> Driver:
    """Keeps a random action for some steps."""
    random = np.random.default_rng(seed)
    kept = np.zeros(3, dtype=np.float32)

    def drive(_track: NDArray[np.float64], _bodies: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        if step % 8 == 0:
            kept[:] = random.uniform((-1, 0, 0), (1, 1, 0.4))
        return kept.copy()

    return drive


def off_road_driver(seed: int) -> Driver:
    """Straight on, until it leaves the field; or at full gas, with a turn now and then, on which the car spins."""
    side = (seed % 3) - 1.0

    def drive(_track: NDArray[np.float64], _bodies: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        return np.array([side * (step % 100 > 80), 1.0 if side else 0.3, 0.0], dtype=np.float32)

    return drive


def locking_driver(seed: int) -> Driver:
    """Drives like the good one, and locks the wheels for a second now and then, long enough to fall asleep at rest."""
    good = good_driver(60.0)

    def drive(track: NDArray[np.float64], bodies: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        action = good(track, bodies, step)
        return np.array([action[0], 0.0, 1.0], dtype=np.float32) if step % 150 > 70 + seed % 7 else action

    return drive


DRIVERS: dict[str, Callable[[int], Driver]] = {
    "random": random_driver,
    "good": lambda _seed: good_driver(),
    "fast": lambda _seed: good_driver(90.0),
    "off the road": off_road_driver,
    "locked brakes": locking_driver,
}


def errors(driver: str, seeds: list[int], steps: int) -> list[dict[str, NDArray[np.float64]]]:
    """For each seed, by step: the largest difference of a body's position, of an angle, of the reward, and of the visits."""
    envs, ours = pairs(seeds)
    drivers = [DRIVERS[driver](seed) for seed in seeds]
    found: list[dict[str, list[float]]] = [{"position": [], "angle": [], "reward": [], "visited": []} for _ in seeds]
    running = np.ones(len(seeds), dtype=bool)
    tracks = [ours.track(i) for i in range(len(seeds))]
    for step in range(steps):
        bodies = ours.bodies()
        actions = np.array([d(t, b, step) for d, t, b in zip(drivers, tracks, bodies, strict=True)])
        rewards, ended = ours.step(actions)
        bodies = ours.bodies()
        for i in np.flatnonzero(running):
            _, reward, terminated, _, _ = envs[i].step(actions[i])
            apart = np.abs(bodies[i].astype(np.float64) - their_bodies(envs[i]))
            theirs = np.array([tile.road_visited for tile in envs[i].road])
            found[i]["position"].append(apart[:, :2].max())
            found[i]["angle"].append(apart[:, 2].max())
            found[i]["reward"].append(abs(float(rewards[i]) - reward))
            found[i]["visited"].append(float((theirs != ours.visited(i)).sum()) + (terminated != ended[i]))
            running[i] = not (terminated or ended[i])
        if not running.any():
            break
    return [{key: np.array(values) for key, values in one.items()} for one in found]
