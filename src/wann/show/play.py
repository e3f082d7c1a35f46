"""Watching a network act: one episode for each weight, side by side, as a video, a GIF or in a window."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wann.arguments import check_integer
from wann.errors import WannError
from wann.networks.network import Network
from wann.progress import Report
from wann.seeding import reset_seed
from wann.show.panels import Panels
from wann.show.scene_picture import Picture, ScenePainter
from wann.show.video import WINDOW, check_out, show
from wann.tasks.policies import policy
from wann.tasks.protocol import HasScene, Policy, Task, check_fits, encoder_of, environment_of, scene_of
from wann.tasks.recording import Recording
from wann.vision import Encoder

__all__ = ["WINDOW", "play"]

#: Where an environment does not say how many pictures a second it makes.
_FPS = 50.0
#: A picture is at most so many pixels wide, all episodes together.
_MAX_WIDTH = 1920
_CAPTION_HEIGHT = 28


@dataclass(frozen=True)
class _Moment:
    """What is to be seen of an episode after a step."""

    picture: Picture
    reward: float  #: so far
    ended: bool


@dataclass(frozen=True)
class _Performance:
    """One episode to be watched."""

    fps: float
    moments: Iterator[_Moment]


def play(
    network: Network,
    task: Task,
    out: str | Path,
    *,
    weights: Sequence[float | None] = (None,),
    seed: int = 0,
    max_steps: int = 2000,
    fps: float | None = None,
    report: Report | None = None,
) -> list[float]:
    """Shows an episode with each weight, all from the same seed.

    Args:
        network: A network that fits the task.
        task: One with a scene, or with an environment that renders itself.
        out: A file, ``.mp4`` or ``.gif``, or ``"window"``.
        weights: Shared weights; None stands for the network's own tuned ones.
        seed: Of the episode.
        max_steps: Steps to show at most.
        fps: Pictures a second; the task's own if it is None. A GIF shows at most 25 of them.
        report: Called with the part of ``max_steps`` that is drawn.

    Returns:
        The reward with each weight.

    Raises:
        WannError: The network does not fit, the task makes no pictures, or the file has another ending.
        MissingExtraError: The extra ``video`` is not installed.
    """
    check_fits(network, task)
    check_out(out)
    check_integer(max_steps, "max_steps", 1, 10**9)
    policies = [policy(network, task, weight) for weight in weights]
    with ExitStack() as stack:
        scene = scene_of(task)
        if scene is not None:
            performances = _recorded(scene, network, weights, seed, max_steps, encoder_of(task))
        else:
            performances = [_rendered(task, act, seed, max_steps, stack) for act in policies]
        labels = [_label(network, weight) for weight in weights]
        rewards = [0.0] * len(labels)
        pictures = _together([performance.moments for performance in performances], labels, rewards)
        show(_told(pictures, max_steps, report) if report else pictures, out, fps or performances[0].fps)
        return rewards


def _told(pictures: Iterator[Picture], most: int, report: Report) -> Iterator[Picture]:
    for i, picture in enumerate(pictures):
        report("pictures", i / most)
        yield picture
    report("pictures", 1.0)


def _recorded(
    task: HasScene,
    network: Network,
    weights: Sequence[float | None],
    seed: int,
    max_steps: int,
    encoder: Encoder | None,
) -> list[_Performance]:
    """Episodes of a task with a scene; below it, what an encoder makes of it where there is one."""
    scene, performances = task.scene(seed), []
    for recording, weight in zip(task.record(network, weights, seed, max_steps), weights, strict=True):
        panels = None
        if scene.sight is not None and recording.views is not None:
            panels = Panels(scene.sight, recording, network, weight, encoder)
        performances.append(_Performance(1 / recording.dt, _drawn(ScenePainter(scene, recording), panels, recording)))
    return performances


def _drawn(painter: ScenePainter, panels: Panels | None, recording: Recording) -> Iterator[_Moment]:
    last = len(recording.rewards) - 1
    for i, reward in enumerate(recording.rewards):
        picture = painter.picture(i)
        if panels is not None:
            picture = np.concatenate([picture, panels.row(i)])
        yield _Moment(picture, float(reward), recording.ended and i == last)


def _rendered(task: Task, act: Policy, seed: int, max_steps: int, stack: ExitStack) -> _Performance:
    """An episode of an environment that renders itself; the stack closes it."""
    environment = environment_of(task)
    if environment is None:
        raise WannError(f"{task.name} cannot be watched: it has neither a scene nor an environment that makes pictures")
    env = environment.make_env(render_mode="rgb_array")
    stack.callback(env.close)
    fps = float((getattr(env, "metadata", None) or {}).get("render_fps") or _FPS)
    return _Performance(fps, _moments(env, act, seed, max_steps, task.name))


def _moments(env: Any, act: Policy, seed: int, max_steps: int, where: str) -> Iterator[_Moment]:
    observation, _ = env.reset(seed=reset_seed(seed))
    total, ended = 0.0, False
    yield _Moment(_render(env, where), total, ended)
    for _ in range(max_steps):
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total, ended = total + float(reward), bool(terminated or truncated)
        yield _Moment(_render(env, where), total, ended)
        if ended:
            return


def _render(env: Any, where: str) -> Picture:
    """What the environment renders, shape (height, width, 3)."""
    try:
        picture = env.render()
    except NotImplementedError:
        picture = None
    if not isinstance(picture, np.ndarray) or picture.ndim != 3 or picture.shape[2] != 3:
        raise WannError(
            f"{where} makes no pictures: make the environment with render_mode='rgb_array', "
            f"and see that render() gives an array (height, width, 3); it gave {type(picture).__name__}"
        )
    return picture.astype(np.uint8, copy=False)


def _label(network: Network, weight: float | None) -> str:
    if weight is not None:
        return f"weight {weight:g}"
    return "tuned weights" if network.weights is not None else f"tuned weight {network.shared_weight:.3g}"


def _together(episodes: list[Iterator[_Moment]], labels: list[str], rewards: list[float]) -> Iterator[Picture]:
    """All episodes side by side, until the last has ended; the others keep their last pictures. Writes the rewards."""
    shown: list[Picture | None] = [None] * len(episodes)
    while True:
        moved = False
        for i, episode in enumerate(episodes):
            moment = next(episode, None)
            if moment is not None:
                moved, rewards[i], shown[i] = True, moment.reward, _captioned(moment, labels[i])
        if not moved:
            return
        yield _side_by_side([picture for picture in shown if picture is not None])


def _captioned(moment: _Moment, label: str) -> Picture:
    strip = Image.new("RGB", (moment.picture.shape[1], _CAPTION_HEIGHT), (255, 255, 255))
    text = f"{label}    reward {moment.reward:.1f}" + ("    ended" if moment.ended else "")
    ImageDraw.Draw(strip).text((8, 6), text, fill=(40, 44, 52), font=ImageFont.load_default(14))
    return np.concatenate([np.asarray(strip), moment.picture])


def _side_by_side(pictures: list[Picture]) -> Picture:
    whole = np.concatenate(pictures, axis=1)
    height, width = whole.shape[:2]
    scale = min(1.0, _MAX_WIDTH / width)
    # Video codecs want even sizes.
    size = (max(round(width * scale) // 2 * 2, 2), max(round(height * scale) // 2 * 2, 2))
    return whole if size == (width, height) else np.asarray(Image.fromarray(whole).resize(size, Image.Resampling.LANCZOS))
