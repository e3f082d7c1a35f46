"""How a network's behaviour is shown in the page, by what its task can do."""

from typing import Any

import numpy as np

from wann import seeding
from wann.networks.network import Network
from wann.search.config import WEIGHT_RANGE
from wann.seeding import Stream
from wann.show.report.footage import Footage, film, packed
from wann.show.report.picture import decoder_data, picture_data
from wann.show.report.samples import class_accuracy, samples_scene, target_samples
from wann.show.report.scores import rounded
from wann.tasks import Task
from wann.tasks.protocol import (
    HasEnvironment,
    HasRecordings,
    classes_of,
    encoder_of,
    environment_of,
    recordings_of,
    scene_of,
    simulation_of,
    targets_of,
)
from wann.tasks.recording import Recording

#: Start states that the simulation in the page goes through.
_STARTS = 16
#: Weights that the last champion is recorded at, and those before it.
_WEIGHTS = tuple(np.linspace(*WEIGHT_RANGE, 17).tolist())
_HISTORY_WEIGHTS, _HISTORY_VIDEO_WEIGHTS = (-2.0, -1.0, 0.0, 1.0, 2.0), (-1.0, 1.0)
#: Draws of a random weight for each connection that the last champion is recorded with.
_RANDOM = 3
#: Steps that are recorded at most, of the last champion and of those before it, and about how far apart frames are.
_STEPS, _HISTORY_STEPS = 2000, 800
_SECONDS_A_FRAME = 0.08
#: Frames of video at most, for each weight of the last champion and of one before it.
_VIDEO_FRAMES, _HISTORY_VIDEO_FRAMES = 125, 50
#: Bytes of video for each weight of the last champion, and of one before it: the page stays below 3 MB.
_VIDEO_BYTES, _HISTORY_VIDEO_BYTES = 70_000, 30_000
#: Of a recorded task so many champions are shown: each needs recordings of its own.
MAX_RECORDED_CHAMPIONS = 10
#: Of other tasks: laying the networks of a long history out takes most of the time that the page takes to write.
MAX_CHAMPIONS = 40
_SIMULATED = "Simulated in this page, as in the search. Drag the pole's tip, or push it with the buttons."
_RECORDED = "One episode, recorded at each weight that can be chosen; all from the same start."
_NO_PICTURE = (
    f"{_RECORDED} The environment could not draw itself where this page was made (for many it needs "
    "pip install 'wann[video]'), so what the network sees is shown."
)


def scene_data(task: Task, *, seed: int) -> dict[str, Any]:
    """What the page needs to show how networks act in a task; ``kind`` tells which scene shows it."""
    simulation, labelled, scene = simulation_of(task), classes_of(task), scene_of(task)
    if simulation is not None:
        seeds = seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, _STARTS)
        starts = simulation.starts(seeds).astype(float).tolist()
        told = {"kind": "simulated", "simulation": simulation.simulation, "starts": starts, "caption": _SIMULATED}
        return told | {"picture": picture_data(simulation.scene(int(seeds[0])))}
    if labelled is not None:
        return samples_scene(labelled)
    if (targets := targets_of(task)) is not None:
        return target_samples(targets)
    if scene is not None:
        picture = picture_data(scene.scene(episode_seed(seed)))
        told = {"kind": "recorded", "view": "scene", "caption": _RECORDED, "picture": picture}
        return told | {"decoder": decoder_data(encoder_of(task))}
    if recordings_of(task) is not None:
        return {"kind": "recorded", "view": "traces", "caption": _RECORDED}
    if environment_of(task) is not None:
        return {"kind": "recorded", "view": "video", "caption": _RECORDED}
    return {"kind": "probe", "caption": "Set the inputs and see what the network makes of them."}


def max_champions(kind: str) -> int:
    """How many champions of the history a page with such a scene shows."""
    return MAX_RECORDED_CHAMPIONS if kind == "recorded" else MAX_CHAMPIONS


def champion_scene(
    task: Task, network: Network, scene: dict[str, Any], *, seed: int, final: bool, threads: int
) -> dict[str, Any]:
    """What the scene needs of one champion. A scene whose environment cannot draw itself turns into one of bars."""
    labelled = classes_of(task)
    if labelled is not None:
        return {"accuracy": class_accuracy(labelled, network, threads)}
    if scene["kind"] != "recorded":
        return {}
    film_it = scene["view"] == "video"
    weights = _WEIGHTS if final else _HISTORY_VIDEO_WEIGHTS if film_it else _HISTORY_WEIGHTS
    # The last one may have weights of its own, too.
    asked = [*weights, *([None] if network.weights is not None else [])]
    recordings = _recordings(task, network, asked, seed, final)
    if film_it and "video" not in recordings[0]:
        scene |= {"view": "traces", "caption": _NO_PICTURE}
    data: dict[str, Any] = {"weights": list(weights), "recordings": recordings[: len(weights)]}
    if network.weights is not None:
        data["tuned"] = recordings[-1]
    if final:
        data["random"] = [_random(task, network, seed, draw) for draw in range(_RANDOM)]
    return data


def _random(task: Task, network: Network, seed: int, draw: int) -> dict[str, Any]:
    """A random weight for each connection, and how the network acts with them."""
    drawn = seeding.generator(seed, Stream.REPORT_WEIGHTS, draw).uniform(*WEIGHT_RANGE, network.n_connections)
    weights = rounded(drawn, 4)
    (recording,) = _recordings(task, network.with_tuning(weights=weights), [None], seed, final=True)
    return {"weights": weights, "recording": recording}


def _recordings(task: Task, network: Network, weights: list[float | None], seed: int, final: bool) -> list[dict[str, Any]]:
    """How the network acts at each weight, None being its individual ones, in one and the same episode."""
    recordable, environment = recordings_of(task), environment_of(task)
    if recordable is not None:
        return _recorded(recordable, network, weights, episode_seed(seed), final)
    assert environment is not None
    return _filmed(environment, network, weights, episode_seed(seed), final)


def _recorded(
    task: HasRecordings, network: Network, weights: list[float | None], seed: int, final: bool
) -> list[dict[str, Any]]:
    recordings = task.record(network, weights, seed, _STEPS if final else _HISTORY_STEPS)
    return [_recording_data(r.every(max(1, round(_SECONDS_A_FRAME / r.dt)))) for r in recordings]


def _filmed(
    task: HasEnvironment, network: Network, weights: list[float | None], seed: int, final: bool
) -> list[dict[str, Any]]:
    frames, size = (_VIDEO_FRAMES, _VIDEO_BYTES) if final else (_HISTORY_VIDEO_FRAMES, _HISTORY_VIDEO_BYTES)
    return [footage.to_dict(size) for footage in film(task, network, weights, seed, frames)]


def _recording_data(recording: Recording) -> dict[str, Any]:
    """A recording as JSON can hold it."""
    memory = [] if recording.memory is None else list(recording.memory)
    footage = Footage(recording.dt, list(recording.observations), recording.rewards.tolist(), recording.ended, memory)
    data = footage.to_dict(0) | {"actions": packed(recording.actions)}
    if recording.bodies.shape[1]:
        data["bodies"] = packed(recording.bodies.reshape(len(recording.bodies), -1))
    return data


def episode_seed(seed: int) -> int:
    """Of the episode that a report of a run with this seed shows."""
    return int(seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, 1)[0])
