"""Small environments for tests: well-behaved ones with all sorts of spaces, and one that misbehaves as it is told."""

import copy
import os
import time
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Still(gym.Env):
    """Shows and takes what it is told; the reward is the sum of its numbers, and an episode has five steps."""

    def __init__(self, observation_space: spaces.Space, action_space: spaces.Space) -> None:
        self.observation_space = copy.deepcopy(observation_space)
        self.action_space = action_space
        self.actions: list[Any] = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self._step = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        self._step += 1
        return self.observation_space.sample(), float(np.sum(action)), self._step == 5, False, {}


class Walk(gym.Env):
    """A walk on a line from a random place; an episode's length depends on its seed and on the actions."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._seed = seed
        self._steps = 0
        self._x = float(self.np_random.normal())
        return self._observation(), {}

    def step(self, action):
        self._steps += 1
        self._x += 0.3 * float(action[0]) + float(self.np_random.normal(scale=0.2))
        return self._observation(), 1 - abs(self._x), abs(self._x) > 3, self._steps >= 60, {}

    def _observation(self):
        return np.array([self._x, self._steps / 60], dtype=np.float32)


class Misbehaving(Walk):
    """A walk that misbehaves at its third step.

    Args:
        fault: ``raise``, ``hang``, ``nan reward``, ``nan observation``, ``shape``, ``kill`` or ``reset``.
        flag: A file; where it is given, an episode misbehaves only while the file is there, and removes it.
        seed: The only episode that misbehaves; all do if it is None.
    """

    def __init__(self, fault: str, flag: str | None = None, seed: int | None = None) -> None:
        self._fault, self._flag, self._only = fault, flag, seed

    def _due(self, fault: str) -> bool:
        if fault != self._fault or (self._only is not None and self._seed != self._only):
            return False
        if self._flag is None:
            return True
        try:
            os.remove(self._flag)
        except FileNotFoundError:
            return False
        return True

    def reset(self, *, seed=None, options=None):
        first = super().reset(seed=seed)
        if self._due("reset"):
            raise RuntimeError("no way to begin")
        return first

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        if self._steps == 3:
            if self._due("raise"):
                raise RuntimeError("a wheel came off")
            if self._due("hang"):
                time.sleep(3600)
            if self._due("kill"):
                os.kill(os.getpid(), 9)
            if self._due("nan reward"):
                reward = float("nan")
            if self._due("nan observation"):
                observation = observation * np.nan
            if self._due("shape"):
                observation = np.zeros(3, dtype=np.float32)
        return observation, reward, terminated, truncated, info


class Drawn(Walk):
    """A walk with pictures: 30 x 41 pixels, as bright as the walk is far."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(self, picture: bool = True) -> None:
        self._picture = picture

    def render(self):
        return np.full((30, 41, 3), min(int(80 * abs(self._x)), 255), np.uint8) if self._picture else None


class Remembering(Walk):
    """A walk whose rewards depend on how many episodes the environment has had."""

    def __init__(self) -> None:
        self._episodes = 0

    def reset(self, *, seed=None, options=None):
        self._episodes += 1
        return super().reset(seed=seed)

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward + self._episodes, terminated, truncated, info
