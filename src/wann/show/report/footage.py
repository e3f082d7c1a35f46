"""Episodes of environments that draw themselves, filmed for the page: what the network saw, and a video."""

import base64
import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError
from wann.networks.network import Network
from wann.seeding import reset_seed
from wann.tasks.protocol import HasEnvironment, Policy

#: Steps that are filmed at most.
_MAX_STEPS = 800
#: Where an environment does not say how many frames a second it makes.
_FPS = 50.0
#: Frames are at most so wide, and stand in so many columns of one image.
_VIDEO_WIDTH, _VIDEO_COLUMNS = 288, 8


@dataclass
class Footage:
    """One episode at one weight; frames are some of its steps."""

    seconds_a_frame: float
    inputs: list[NDArray[np.float32]]  #: what the network saw, of each frame (n_inputs,)
    rewards: list[float]  #: summed up to each frame
    ended: bool  #: whether the episode was over at the last frame
    memory: list[NDArray[np.float32]] = field(default_factory=list)  #: of each frame, (n_memory,), of a recurrent network
    images: list[NDArray[np.uint8]] = field(default_factory=list)  #: of each frame, or none at all

    def to_dict(self, video_bytes: int) -> dict[str, Any]:
        """The footage as JSON can hold it, with at most about so many bytes of video."""
        data: dict[str, Any] = {
            "secondsAFrame": self.seconds_a_frame,
            "inputs": packed(np.array(self.inputs)),
            "rewards": np.round(self.rewards, 2).tolist(),
            "ended": self.ended,
        }
        if self.memory:
            data["memory"] = packed(np.array(self.memory))
        if self.images:
            data["video"] = _sprites(self.images, video_bytes)
        return data


def film(task: HasEnvironment, network: Network, weights: Sequence[float | None], seed: int, frames: int) -> list[Footage]:
    """One episode with each weight (None: the network's own), all from the same seed, in so many frames at most."""
    with _off_screen():
        return [_film(task, network, weight, seed, frames) for weight in weights]


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


def _film(task: HasEnvironment, network: Network, weight: float | None, seed: int, frames: int) -> Footage:
    """An episode as video; without pictures, where the environment makes none."""
    # Drawing costs far more than stepping, so a first pass tells which steps are worth it; the same seed, the same episode.
    act, see = task.policy(network, weight), task.sight(network)
    env = task.make_env()
    try:
        fps = float((env.metadata or {}).get("render_fps") or _FPS)
        steps = [(see(observation), reward, ended) for observation, reward, ended in _episode(env, act, seed)]
    finally:
        env.close()
    skip = -(-len(steps) // frames)
    chosen = sorted({*range(0, len(steps), skip), len(steps) - 1})
    footage = Footage(skip / fps, [steps[i][0] for i in chosen], [steps[i][1] for i in chosen], steps[-1][2])
    if network.is_recurrent:
        memory = _memory(network, weight, [inputs for inputs, _, _ in steps])
        footage.memory = [memory[i] for i in chosen]
    env = _rendering(task)
    try:
        episode = _episode(env, task.policy(network, weight), seed)
        pictures = [_picture(env) for i, _ in enumerate(episode) if i in chosen]
    finally:
        env.close()
    footage.images = [picture for picture in pictures if picture is not None]
    if len(footage.images) < len(chosen):
        footage.images = []
    return footage


def _memory(network: Network, weight: float | None, inputs: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """What the network has of the step before, in each step."""
    memory = [np.zeros(network.n_memory, dtype=np.float32)]
    for seen in inputs:
        memory.append(network.step(seen, memory[-1], weight)[1])
    return memory


def _episode(env: Any, act: Policy, seed: int) -> Iterator[tuple[Any, float, bool]]:
    """What is observed, the reward so far, and whether it is over: at the start and after each step."""
    observation, _ = env.reset(seed=reset_seed(seed))
    total = 0.0
    yield observation, total, False
    for _ in range(_MAX_STEPS):
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total += float(reward)
        yield observation, total, bool(terminated or truncated)
        if terminated or truncated:
            return


def _rendering(task: HasEnvironment) -> Any:
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
