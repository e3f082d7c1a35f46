"""Watching a network act: one scene for each weight, side by side, as a video, a GIF or in a window."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wann import _core
from wann.errors import MissingExtraError, WannError
from wann.networks.network import Network
from wann.seeding import reset_seed
from wann.tasks.policies import policy
from wann.tasks.protocol import Policy, Task, check_fits

Picture = NDArray[np.uint8]

WINDOW = "window"
#: Where a scene does not say how many pictures a second it makes.
_FPS = 50.0
#: A picture is at most so many pixels wide, all scenes together.
_MAX_WIDTH = 1920
_CAPTION_HEIGHT = 28
#: Seconds for which the last picture stays.
_REST = 1.0
#: GIF viewers slow down beyond this.
_MAX_GIF_FPS = 25.0


class Scene(Protocol):
    """One environment that can be watched."""

    fps: float

    def reset(self, seed: int) -> Any:
        """Starts an episode; gives the observation."""

    def step(self, action: Any) -> tuple[Any, float, bool]:
        """The next observation, the reward, and whether the episode has ended."""

    def picture(self) -> Picture:
        """What it looks like now, shape (height, width, 3)."""

    def close(self) -> None:
        """Frees what it holds."""


class GymnasiumScene:
    """An environment that renders itself."""

    def __init__(self, env: Any, where: str) -> None:
        self._env = env
        self._where = where
        self.fps = float((getattr(env, "metadata", None) or {}).get("render_fps") or _FPS)

    def reset(self, seed: int) -> Any:
        """Starts an episode; gives the observation."""
        return self._env.reset(seed=reset_seed(seed))[0]

    def step(self, action: Any) -> tuple[Any, float, bool]:
        """The next observation, the reward, and whether the episode has ended."""
        observation, reward, terminated, truncated, _ = self._env.step(action)
        return observation, float(reward), bool(terminated or truncated)

    def picture(self) -> Picture:
        """What the environment renders."""
        try:
            picture = self._env.render()
        except NotImplementedError:
            picture = None
        if not isinstance(picture, np.ndarray) or picture.ndim != 3 or picture.shape[2] != 3:
            raise WannError(
                f"{self._where} makes no pictures: make the environment with render_mode='rgb_array', "
                f"and see that render() gives an array (height, width, 3); it gave {type(picture).__name__}"
            )
        return picture.astype(np.uint8, copy=False)

    def close(self) -> None:
        """Closes the environment."""
        self._env.close()


class WalkerScene:
    """The bipedal walker of the core, seen from the side."""

    fps = 50.0
    _SIZE = (600, 400)
    _SCALE = 30.0  # pixels a metre
    _STEP = 14 / 30  # of the ground, in metres
    _HULL = ((-1.0, 0.3), (0.2, 0.3), (34 / 30, 1 / 30), (34 / 30, -8 / 30), (-1.0, -8 / 30))
    _LEG_HALF_LENGTH, _THIGH_HALF, _SHANK_HALF = 17 / 30, 4 / 30, 3.2 / 30
    _SKY, _GROUND, _BOX = (222, 232, 242), (112, 142, 104), (92, 92, 92)
    _COLORS = ((118, 84, 160), (96, 68, 132), (96, 68, 132), (150, 112, 190), (150, 112, 190))

    def __init__(self, hardcore: bool) -> None:
        self._hardcore = hardcore

    def reset(self, seed: int) -> Any:
        """Starts an episode; gives the observation."""
        self._walker = _core.BipedalWalkers(np.array([seed], dtype=np.uint64), self._hardcore)
        self._heights, self._boxes = self._walker.terrain(0)
        return self._walker.observations()[0]

    def step(self, action: Any) -> tuple[Any, float, bool]:
        """The next observation, the reward, and whether the episode has ended."""
        rewards, done = self._walker.step(np.asarray(action, dtype=np.float32)[None])
        return self._walker.observations()[0], float(rewards[0]), bool(done[0])

    def picture(self) -> Picture:
        """The ground, the boxes and the bodies, the hull kept at a third of the width."""
        bodies = self._walker.bodies()[0]
        width, height = self._SIZE
        left = max(float(bodies[0, 0]) - width / self._SCALE / 3, 0.0)
        image = Image.new("RGB", self._SIZE, self._SKY)
        draw = ImageDraw.Draw(image)

        def place(points: Any) -> list[tuple[float, float]]:
            return [((x - left) * self._SCALE, height - y * self._SCALE) for x, y in points]

        surface = [(i * self._STEP, float(y)) for i, y in enumerate(self._heights)]
        draw.polygon(place([(0.0, 0.0), *surface, (surface[-1][0], 0.0)]), fill=self._GROUND)
        for x0, y0, x1, y1 in self._boxes:
            draw.polygon(place([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), fill=self._BOX)
        for i in (1, 2, 0, 3, 4):  # the far leg, the hull, the near leg
            draw.polygon(place(self._outline(i, bodies[i])), fill=self._COLORS[i], outline=(60, 40, 90))
        return np.asarray(image)

    def _outline(self, i: int, body: Any) -> Any:
        half, length = (self._THIGH_HALF if i in (1, 3) else self._SHANK_HALF), self._LEG_HALF_LENGTH
        corners = self._HULL if i == 0 else ((-half, length), (half, length), (half, -length), (-half, -length))
        x, y, angle = (float(v) for v in body)
        s, c = np.sin(angle), np.cos(angle)
        return [(x + c * u - s * v, y + s * u + c * v) for u, v in corners]

    def close(self) -> None:
        """Holds nothing."""


def make_scene(task: Task) -> Scene:
    """A scene of a task.

    Raises:
        WannError: The task cannot be watched.
    """
    if task.name in ("bipedal-walker", "bipedal-walker-hardcore"):
        return WalkerScene(hardcore=task.name.endswith("hardcore"))
    if task.name == "cartpole-swingup":
        return GymnasiumScene(_make_twin("wann.tasks.for_gymnasium:wann/CartPoleSwingUp-v0"), task.name)
    make_env = getattr(task, "make_env", None)
    if make_env is None:
        raise WannError(f"{task.name} cannot be watched: it is no control task with a picture")
    return GymnasiumScene(make_env(render_mode="rgb_array"), task.name)


def _make_twin(env_id: str) -> Any:
    try:
        import gymnasium
    except ImportError:
        raise MissingExtraError("watching this task", "gym") from None
    return gymnasium.make(env_id, render_mode="rgb_array")


class _Player:
    """One scene with its policy, from the start of an episode to its end."""

    def __init__(self, scene: Scene, act: Policy, label: str, seed: int) -> None:
        self._scene, self._act, self._label = scene, act, label
        self._observation = scene.reset(seed)
        self.reward, self.ended = 0.0, False
        self.picture = self._captioned()

    def advance(self) -> None:
        """One step; an episode that has ended keeps its last picture."""
        if self.ended:
            return
        self._observation, reward, self.ended = self._scene.step(self._act(self._observation))
        self.reward += reward
        self.picture = self._captioned()

    def _captioned(self) -> Picture:
        scene = self._scene.picture()
        strip = Image.new("RGB", (scene.shape[1], _CAPTION_HEIGHT), (255, 255, 255))
        text = f"{self._label}    reward {self.reward:.1f}" + ("    ended" if self.ended else "")
        ImageDraw.Draw(strip).text((8, 6), text, fill=(40, 44, 52), font=ImageFont.load_default(14))
        return np.concatenate([np.asarray(strip), scene])


def play(
    network: Network,
    task: Task,
    out: str | Path,
    *,
    weights: Sequence[float | None] = (None,),
    seed: int = 0,
    max_steps: int = 2000,
    fps: float | None = None,
) -> list[float]:
    """Shows an episode with each weight, all from the same seed.

    Args:
        network: A network that fits the task.
        task: The task.
        out: A file, ``.mp4`` or ``.gif``, or ``"window"``.
        weights: Shared weights; None stands for the network's own tuned ones.
        seed: Of the episode.
        max_steps: Steps to show at most.
        fps: Pictures a second; the environment's own if it is None. A GIF shows at most 25 of them.

    Returns:
        The reward with each weight.

    Raises:
        WannError: The network does not fit, the task makes no pictures, or the file has another ending.
        MissingExtraError: The extra ``video`` is not installed.
    """
    check_fits(network, task)
    _check_out(str(out))
    policies = [policy(network, task, weight) for weight in weights]
    scenes = [make_scene(task) for _ in weights]
    try:
        labels = [_label(network, weight) for weight in weights]
        players = [_Player(*each, seed) for each in zip(scenes, policies, labels, strict=True)]
        pictures = _pictures(players, max_steps)
        _show(pictures, out, fps or scenes[0].fps)
        return [player.reward for player in players]
    finally:
        for scene in scenes:
            scene.close()


def _check_out(out: str) -> None:
    if out != WINDOW and Path(out).suffix.lower() not in (".mp4", ".gif"):
        raise WannError(f"the video is to go to {out!r}; allowed are a file ending in .mp4 or .gif, and {WINDOW!r}")


def _label(network: Network, weight: float | None) -> str:
    if weight is not None:
        return f"weight {weight:g}"
    return "tuned weights" if network.weights is not None else f"tuned weight {network.shared_weight:.3g}"


def _pictures(players: list[_Player], max_steps: int) -> Iterator[Picture]:
    """All scenes side by side, until the last episode has ended."""
    yield _side_by_side([player.picture for player in players])
    for _ in range(max_steps):
        if all(player.ended for player in players):
            return
        for player in players:
            player.advance()
        yield _side_by_side([player.picture for player in players])


def _side_by_side(pictures: list[Picture]) -> Picture:
    whole = np.concatenate(pictures, axis=1)
    height, width = whole.shape[:2]
    scale = min(1.0, _MAX_WIDTH / width)
    # Video codecs want even sizes.
    size = (max(round(width * scale) // 2 * 2, 2), max(round(height * scale) // 2 * 2, 2))
    return whole if size == (width, height) else np.asarray(Image.fromarray(whole).resize(size, Image.Resampling.LANCZOS))


def _show(pictures: Iterator[Picture], out: str | Path, fps: float) -> None:
    if str(out) == WINDOW:
        _show_in_window(pictures, fps)
    elif Path(out).suffix.lower() == ".gif":
        _write_gif(pictures, Path(out), fps)
    else:
        _write_video(pictures, Path(out), fps)


def _write_video(pictures: Iterator[Picture], path: Path, fps: float) -> None:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MissingExtraError("writing a video", "video") from None
    first = next(pictures)
    last = first
    # Written beside and renamed, so that an interruption leaves no half of a video; the ending tells the format.
    beside = path.with_name(f".{path.stem}.part{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    size = (first.shape[1], first.shape[0])
    writer = imageio_ffmpeg.write_frames(str(beside), size, fps=fps, codec="libx264", quality=7, macro_block_size=2)
    try:
        writer.send(None)
        writer.send(np.ascontiguousarray(first))
        for last in pictures:
            writer.send(np.ascontiguousarray(last))
        for _ in range(round(_REST * fps)):
            writer.send(np.ascontiguousarray(last))
        writer.close()
        beside.replace(path)
    finally:
        writer.close()
        beside.unlink(missing_ok=True)


def _write_gif(pictures: Iterator[Picture], path: Path, fps: float) -> None:
    from io import BytesIO

    from wann.files import write_bytes

    every = max(round(fps / _MAX_GIF_FPS), 1)
    frames = [Image.fromarray(np.ascontiguousarray(p)).quantize(64) for i, p in enumerate(pictures) if i % every == 0]
    milliseconds = 1000 * every / fps
    buffer = BytesIO()
    durations = [round(milliseconds)] * (len(frames) - 1) + [round(milliseconds + 1000 * _REST)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    write_bytes(path, buffer.getvalue())


def _show_in_window(pictures: Iterator[Picture], fps: float) -> None:
    try:
        import pygame
    except ImportError:
        raise MissingExtraError("a window", "video") from None
    try:
        pygame.display.init()
        first = next(pictures)
        screen = pygame.display.set_mode((first.shape[1], first.shape[0]))
    except pygame.error as error:
        raise WannError(f"no window can be opened here ({error}); write a file instead, such as --video out.mp4") from None
    pygame.display.set_caption("wann play")
    clock = pygame.time.Clock()
    try:
        for picture in itertools.chain([first], pictures):
            screen.blit(pygame.surfarray.make_surface(picture.swapaxes(0, 1)), (0, 0))
            pygame.display.flip()
            clock.tick(fps)
            if any(_closes(event, pygame) for event in pygame.event.get()):
                return
    finally:
        pygame.display.quit()


def _closes(event: Any, pygame: Any) -> bool:
    return event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key in (pygame.K_ESCAPE, pygame.K_q))
