"""Rollouts recorded for the page: what the network saw at each frame, and what is needed to show where that was."""

import base64
import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.errors import WannError
from wann.networks.network import Network
from wann.tasks.native.walker import BipedalWalker, BipedalWalkerHardcore
from wann.tasks.protocol import Task
from wann.tasks.vector import VectorTask

#: Steps that are recorded at most (of a walker the whole episode), and how many of them make a frame, for walkers and for
#: environments of NumPy.
_MAX_STEPS, _STEPS_A_FRAME = 800, 4
_WALKER_STEPS = (1600, 2000)  # the second for the hardcore one
#: Video of Gymnasium's environments: frames of at most this width, in so many columns of one image.
_VIDEO_WIDTH, _VIDEO_COLUMNS = 288, 8
#: Frames at most, for each weight: of the last champion, and of those before it.
_VIDEO_FRAMES, _HISTORY_VIDEO_FRAMES = 125, 50


@dataclass
class Recording:
    """One episode at one weight; frames are some of its steps."""

    seconds_a_frame: float
    inputs: list[NDArray[np.float32]] = field(default_factory=list)  #: what the network saw
    rewards: list[float] = field(default_factory=list)  #: summed up to each frame
    shapes: list[NDArray[np.float32]] = field(default_factory=list)  #: positions of bodies, for vector scenes
    images: list[NDArray[np.uint8]] = field(default_factory=list)  #: for video

    def to_dict(self, video_bytes: int) -> dict[str, Any]:
        """The recording as JSON can hold it, with at most about so many bytes of video."""
        data: dict[str, Any] = {
            "secondsAFrame": self.seconds_a_frame,
            "inputs": packed(np.array(self.inputs)),
            "rewards": np.round(self.rewards, 2).tolist(),
        }
        if self.shapes:
            data["shapes"] = packed(np.array(self.shapes).reshape(len(self.shapes), -1))
        if self.images:
            data["video"] = _sprites(self.images, video_bytes)
        return data


def can_record(task: Task) -> bool:
    """Whether episodes of the task can be recorded."""
    return isinstance(task, BipedalWalker | VectorTask) or _is_gymnasium(task)


def record(task: Task, network: Network, weights: list[float | None], seed: int, *, final: bool = True) -> list[Recording]:
    """One episode with each weight (None: the individual ones), all from the same seed; more of the last champion."""
    if isinstance(task, BipedalWalker):
        return _walkers(
            task, network, weights, seed, _WALKER_STEPS[isinstance(task, BipedalWalkerHardcore)] if final else _MAX_STEPS
        )
    if isinstance(task, VectorTask):
        return _vector_task(task, network, weights, seed)
    frames = _VIDEO_FRAMES if final else _HISTORY_VIDEO_FRAMES
    with _off_screen():
        return [_gymnasium(task, network, weight, seed, frames) for weight in weights]


@contextlib.contextmanager
def _off_screen() -> Iterator[None]:
    """Without a display, SDL complains once for each environment unless it is told to look for none."""
    name = "SDL_VIDEODRIVER"
    if any(os.environ.get(v) for v in (name, "DISPLAY", "WAYLAND_DISPLAY")):
        yield
        return
    os.environ[name] = "dummy"
    try:
        yield
    finally:
        del os.environ[name]


def scenery(task: Task, seed: int) -> dict[str, Any]:
    """What stands still in the scene."""
    if not isinstance(task, BipedalWalker):
        return {"view": "traces" if isinstance(task, VectorTask) else "video"}
    walkers = _core.BipedalWalkers(np.array([seed], dtype=np.uint64), isinstance(task, BipedalWalkerHardcore))
    heights, boxes = walkers.terrain(0)
    return {"view": "walker", "ground": np.round(heights, 3).tolist(), "boxes": np.round(boxes, 3).tolist()}


def _act(network: Network, observations: NDArray[np.float32], weights: list[float | None]) -> NDArray[np.float32]:
    """Outputs of one network with a weight for each row."""
    shared = [w for w in weights if w is not None]
    out = np.empty((len(weights), network.n_outputs), dtype=np.float32)
    rows = np.array([w is not None for w in weights])
    if shared:
        out[rows] = network(observations[rows], weight=np.array(shared, dtype=np.float32))
    if not rows.all():
        out[~rows] = network(observations[~rows], weights=network.weights)
    return out


def _walkers(
    task: BipedalWalker, network: Network, weights: list[float | None], seed: int, max_steps: int
) -> list[Recording]:
    hardcore = isinstance(task, BipedalWalkerHardcore)
    walkers = _core.BipedalWalkers(np.full(len(weights), seed, dtype=np.uint64), hardcore)
    recordings = [Recording(_STEPS_A_FRAME * 0.02) for _ in weights]
    running = np.ones(len(weights), dtype=bool)
    total = np.zeros(len(weights))
    for step in range(max_steps):
        observations = walkers.observations()
        if step % _STEPS_A_FRAME == 0:
            _add_frames(recordings, running, observations, total, walkers.bodies())
        rewards, done = walkers.step(_act(network, observations, weights))
        total += rewards
        _add_frames(recordings, running & done, walkers.observations(), total, walkers.bodies())
        running &= ~done
        if not running.any():
            break
    return recordings


def _add_frames(
    recordings: list[Recording],
    rows: NDArray[np.bool_],
    inputs: NDArray[np.float32],
    rewards: NDArray[np.float64],
    shapes: NDArray[np.float32] | None = None,
) -> None:
    """One more frame for each of the chosen episodes."""
    for i in np.flatnonzero(rows):
        recordings[i].inputs.append(inputs[i])
        recordings[i].rewards.append(float(rewards[i]))
        if shapes is not None:
            recordings[i].shapes.append(shapes[i])


def _vector_task(task: VectorTask, network: Network, weights: list[float | None], seed: int) -> list[Recording]:
    state, observations = task.reset(np.full(len(weights), seed, dtype=np.uint64))
    recordings = [Recording(_STEPS_A_FRAME / 50) for _ in weights]
    running = np.ones(len(weights), dtype=bool)
    total = np.zeros(len(weights))
    for step in range(min(task.max_steps, _MAX_STEPS)):
        seen = np.asarray(observations, dtype=np.float32)
        if step % _STEPS_A_FRAME == 0:
            _add_frames(recordings, running, seen, total)
        state, observations, rewards, ended = task.step(state, _act(network, seen, weights))
        total += np.where(running, np.asarray(rewards, dtype=float), 0)
        running &= ~np.asarray(ended, dtype=bool)
        if not running.any():
            break
    return recordings


def _is_gymnasium(task: Task) -> bool:
    return all(hasattr(task, name) for name in ("make_env", "policy", "scaling_of"))


def _gymnasium(task: Any, network: Network, weight: float | None, seed: int, frames: int) -> Recording:
    """An episode as video; without pictures, where the environment makes none."""
    from gymnasium.spaces import flatten

    # Drawing costs far more than stepping, so a first pass tells which steps are worth it; the same seed, the same episode.
    act = task.policy(network, weight)
    env = task.make_env()
    try:
        shift, factor = task.scaling_of(network).arrays()
        space, fps = env.observation_space, float(env.metadata.get("render_fps") or 50)
        steps = list(_episode(env, act, seed))
    finally:
        env.close()
    skip = -(-len(steps) // frames)
    chosen = sorted({*range(0, len(steps), skip), len(steps) - 1})
    recording = Recording(skip / fps)
    for i in chosen:
        values = np.asarray(flatten(space, steps[i][0]), dtype=np.float32)
        recording.inputs.append((values - shift) * factor)
        recording.rewards.append(steps[i][1])
    env = _rendering(task)
    try:
        for i, _ in enumerate(_episode(env, act, seed)):
            image = _picture(env) if i in chosen else None
            if image is not None:
                recording.images.append(image)
    finally:
        env.close()
    if len(recording.images) < len(chosen):
        recording.images.clear()
    return recording


def _episode(env: Any, act: Any, seed: int) -> Iterator[tuple[Any, float]]:
    """What is observed, and the reward so far, at the start and after each step."""
    observation, _ = env.reset(seed=seed % 2**31)
    total = 0.0
    yield observation, total
    for _ in range(_MAX_STEPS):
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total += float(reward)
        yield observation, total
        if terminated or truncated:
            return


def _rendering(task: Any) -> Any:
    try:
        return task.make_env(render_mode="rgb_array")
    except WannError:
        return task.make_env()


def _picture(env: Any) -> NDArray[np.uint8] | None:
    """The present frame, where the environment can draw itself here."""
    if env.render_mode != "rgb_array":
        return None
    try:
        return _small(env.render())
    except Exception:  # whatever an environment raises where its drawing library is missing
        return None


def _small(image: Any) -> NDArray[np.uint8] | None:
    if not isinstance(image, np.ndarray) or image.ndim != 3:
        return None
    from PIL import Image

    height = max(1, round(image.shape[0] * _VIDEO_WIDTH / image.shape[1]))
    return np.asarray(Image.fromarray(image).resize((_VIDEO_WIDTH, height), Image.Resampling.BOX))


def _sprites(images: list[NDArray[np.uint8]], budget: int) -> dict[str, Any]:
    """Frames in one picture, row by row; as fine and as many as the budget of bytes allows."""
    every = 1
    while True:
        for quality in (75, 40, 15):
            kind, data = _sheet(images[::every], quality)
            if len(data) <= budget or (every >= 8 and quality == 15):
                height, width = images[0].shape[:2]
                url = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
                return {"width": width, "height": height, "columns": _VIDEO_COLUMNS, "every": every, "url": url}
        every *= 2


def _sheet(images: list[NDArray[np.uint8]], quality: int) -> tuple[str, bytes]:
    """All frames as one WebP, which takes a third of a JPEG's bytes here; as a JPEG, where the library was built without."""
    from PIL import Image, features

    height, width = images[0].shape[:2]
    rows = -(-len(images) // _VIDEO_COLUMNS)
    sheet = np.zeros((rows * height, _VIDEO_COLUMNS * width, 3), dtype=np.uint8)
    for i, image in enumerate(images):
        y, x = i // _VIDEO_COLUMNS * height, i % _VIDEO_COLUMNS * width
        sheet[y : y + height, x : x + width] = image
    buffer = io.BytesIO()
    kind = "webp" if features.check("webp") else "jpeg"
    Image.fromarray(sheet).save(buffer, kind, quality=quality, **({"method": 2} if kind == "webp" else {"optimize": True}))
    return kind, buffer.getvalue()


def packed(values: NDArray[Any]) -> dict[str, Any]:
    """A table of numbers as 16-bit integers with a scale for each column."""
    table = np.nan_to_num(np.asarray(values, dtype=np.float64))
    scale = np.maximum(np.abs(table).max(axis=0), 1e-9) / 32767
    integers = np.round(table / scale).astype("<i2")
    return {
        "columns": table.shape[1],
        "scale": [float(f"{s:.6g}") for s in scale],
        "data": base64.b64encode(integers.tobytes()).decode("ascii"),
    }
