"""Other people's environments, stepped with random actions and no policy, to stand beside the core."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray


def gymnasium_steps(
    name: str, actions: NDArray[np.float32], needs: tuple[str, ...], seconds: float
) -> Callable[[], float] | None:
    """Steps an environment of Gymnasium for so long, and gives how many steps; None where a package is not installed."""
    if any(find_spec(package) is None for package in ("gymnasium", *needs)):
        return None
    import gymnasium

    env = gymnasium.make(name)
    env.reset(seed=0)

    def work() -> float:
        n, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            _, _, terminated, truncated, _ = env.step(actions[n % len(actions)])
            n += 1
            if terminated or truncated:
                env.reset()
        return n

    return work


def envpool_steps(name: str, actions: NDArray[np.float32], threads: int) -> Callable[[], float] | None:
    """Steps as many of EnvPool's environments as an action has rows; None where it is not installed."""
    if find_spec("envpool") is None:
        return None
    import envpool

    env: Any = envpool.make(name, env_type="gym", num_envs=actions.shape[1], num_threads=threads, seed=0)
    env.reset()

    def work() -> float:
        for action in actions:
            env.step(action)
        return actions.shape[0] * actions.shape[1]

    return work
