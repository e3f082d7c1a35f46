"""Gymnasium's bipedal walker beside ours, on the same ground and with the same first push."""

import copy
import math
from typing import Any

import numpy as np
import pytest

from wann import _core

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")
from gymnasium.envs.box2d import bipedal_walker


class Original(bipedal_walker.BipedalWalker):  # type: ignore[misc]
    """Gymnasium's environment, with the push of its start at hand."""

    def _generate_clouds(self) -> None:
        super()._generate_clouds()
        self.push = copy.deepcopy(self.np_random).uniform(-5, 5)

    def boxes(self) -> np.ndarray:
        """Rows (left, bottom, right, top), in the order in which they were made."""
        shapes = [np.array(body.fixtures[0].shape.vertices) for body in reversed(self.terrain)]
        rows = [[*v.min(axis=0), *v.max(axis=0)] for v in shapes if len(v) == 4]
        return np.array(rows, dtype=np.float32).reshape(-1, 4)


def pairs(seeds: range, hardcore: bool = False) -> tuple[list[Any], np.ndarray, _core.BipedalWalkers]:
    """Environments that have been reset, their observations, and walkers of ours on the same ground."""
    envs, observations, boxes = [], [], []
    for i, seed in enumerate(seeds):
        env = Original(hardcore=hardcore)
        observations.append(env.reset(seed=seed)[0])
        envs.append(env)
        own = env.boxes()
        boxes.append(np.c_[np.full(len(own), i), own])
    ours = _core.BipedalWalkers.on_terrain(
        np.array([env.terrain_y for env in envs], dtype=np.float32),
        np.concatenate(boxes).astype(np.float32),
        np.array([env.push for env in envs], dtype=np.float32),
    )
    return envs, np.array(observations), ours


class Gait:
    """A simple walker: a state machine that swings one leg and pushes off with the other."""

    def __init__(self) -> None:
        self._walker = bipedal_walker.BipedalWalkerHeuristics()
        self._walker.a = np.zeros(4)

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        return np.array(self._walker.step_heuristic(observation), dtype=np.float32)


def errors(seeds: range, steps: int, policy: str, hardcore: bool = False) -> list[list[float]]:
    """The largest difference between both observations, for each walker and step until its episode ends.

    Both get the same actions. An observation after which the episode is over is not compared: in ours a fallen hull does
    not bounce.
    """
    envs, observations, ours = pairs(seeds, hardcore)
    rng = np.random.default_rng(0)
    gaits = [Gait() for _ in envs]
    found: list[list[float]] = [[float(e)] for e in np.abs(observations - ours.observations()).max(axis=1)]
    running = np.ones(len(envs), dtype=bool)
    for _ in range(steps):
        actions = rng.uniform(-1, 1, (len(envs), 4)).astype(np.float32)
        if policy == "gait":
            actions = np.array([gait(o) for gait, o in zip(gaits, observations, strict=True)])
        rewards, done = ours.step(actions)
        after = ours.observations()
        for i in np.flatnonzero(running):
            observations[i], reward, ended, _, _ = envs[i].step(actions[i])
            if ended or done[i]:
                running[i] = False
                continue
            reward_error = abs(float(reward) - float(rewards[i]))
            found[i].append(max(float(np.abs(observations[i] - after[i]).max()), reward_error))
            assert math.isfinite(found[i][-1])
        if not running.any():
            break
    return found
