"""How a network's behaviour is shown in the page, for each kind of task."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from wann import _core, seeding
from wann.network import Network
from wann.seeding import Stream
from wann.tasks import Task
from wann.tasks.cartpole_swingup import CartPoleSwingUp

#: Start states that the simulation in the page goes through.
_STARTS = 16


def scene_of(task: Task, champions: Sequence[Network], *, seed: int) -> dict[str, Any]:
    """What the page needs to show how the champions act in a task; ``kind`` tells which scene shows it."""
    if isinstance(task, CartPoleSwingUp):
        return _cartpole(seed)
    return {"kind": "probe", "caption": "Set the inputs and see what the network makes of them."}


def _cartpole(seed: int) -> dict[str, Any]:
    seeds = seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, _STARTS)
    return {
        "kind": "cartpole",
        "starts": np.asarray(_core.cartpole_swingup_starts(seeds), dtype=float).tolist(),
        "caption": "Simulated in this page, as in the search. Drag the pole's tip, or push it with the buttons.",
    }
