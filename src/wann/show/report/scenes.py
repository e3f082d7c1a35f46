"""How a network's behaviour is shown in the page, for each kind of task."""

from typing import Any

import numpy as np

from wann import _core, seeding
from wann.networks.network import Network
from wann.seeding import Stream
from wann.show.report.recordings import can_record, record, scenery
from wann.show.report.samples import class_accuracy, samples_scene
from wann.tasks import Task
from wann.tasks.data.samples import Classification
from wann.tasks.native.swingup import CartPoleSwingUp
from wann.training.tuning import WEIGHT_RANGE

#: Start states that the simulation in the page goes through.
_STARTS = 16
#: Weights that the last champion is recorded at, and those before it.
_WEIGHTS = tuple(np.linspace(*WEIGHT_RANGE, 17).tolist())
_HISTORY_WEIGHTS, _HISTORY_VIDEO_WEIGHTS = (-2.0, -1.0, 0.0, 1.0, 2.0), (-1.0, 1.0)
#: Bytes of video for each weight of the last champion, and of one before it: the page stays below 3 MB.
_VIDEO_BYTES, _HISTORY_VIDEO_BYTES = 70_000, 30_000
#: Of a recorded task so many champions are shown: each needs recordings of its own.
MAX_RECORDED_CHAMPIONS = 10
#: Of other tasks: laying the networks of a long history out takes most of the time that the page takes to write.
MAX_CHAMPIONS = 40
_RECORDED = "One episode, recorded at each weight that can be chosen; all from the same start."
_NO_PICTURE = (
    f"{_RECORDED} The environment could not draw itself where this page was made (for many it needs "
    "pip install 'wann[video]'), so what the network sees is shown."
)


def scene_of(task: Task, *, seed: int) -> dict[str, Any]:
    """What the page needs to show how networks act in a task; ``kind`` tells which scene shows it."""
    if isinstance(task, CartPoleSwingUp):
        return _cartpole(seed)
    if isinstance(task, Classification):
        return samples_scene(task)
    if can_record(task):
        return {"kind": "recorded", "caption": _RECORDED, **scenery(task, _recorded_seed(seed))}
    return {"kind": "probe", "caption": "Set the inputs and see what the network makes of them."}


def max_champions(kind: str) -> int:
    """How many champions of the history a page with such a scene shows."""
    return MAX_RECORDED_CHAMPIONS if kind == "recorded" else MAX_CHAMPIONS


def champion_scene(
    task: Task, network: Network, scene: dict[str, Any], *, seed: int, final: bool, threads: int
) -> dict[str, Any]:
    """What the scene needs of one champion. A scene whose environment cannot draw itself turns into one of bars."""
    kind = scene["kind"]
    if kind == "samples" and isinstance(task, Classification):
        return {"accuracy": class_accuracy(task, network, threads)}
    if kind != "recorded":
        return {}
    weights = _WEIGHTS if final else _HISTORY_VIDEO_WEIGHTS if scene["view"] == "video" else _HISTORY_WEIGHTS
    individual = network.weights is not None
    recordings = record(task, network, [*weights, *([None] if individual else [])], _recorded_seed(seed), final=final)
    if scene["view"] == "video" and not recordings[0].images:
        scene |= {"view": "traces", "caption": _NO_PICTURE}
    budget = _VIDEO_BYTES if final else _HISTORY_VIDEO_BYTES
    data: dict[str, Any] = {"weights": list(weights), "recordings": [r.to_dict(budget) for r in recordings]}
    if individual:
        data["tuned"] = data["recordings"].pop()
    return data


def _recorded_seed(seed: int) -> int:
    return int(seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, 1)[0])


def _cartpole(seed: int) -> dict[str, Any]:
    seeds = seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, _STARTS)
    return {
        "kind": "cartpole",
        "starts": np.asarray(_core.cartpole_swingup_starts(seeds), dtype=float).tolist(),
        "caption": "Simulated in this page, as in the search. Drag the pole's tip, or push it with the buttons.",
    }
