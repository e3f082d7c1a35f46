"""Pictures one after the other: as a video, as a GIF, or in a window."""

import itertools
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wann.errors import MissingExtraError, WannError
from wann.files import write_bytes
from wann.show.scene_picture import Picture

WINDOW = "window"
#: Seconds for which the last picture stays.
_REST = 1.0
#: GIF viewers slow down beyond this.
_MAX_GIF_FPS = 25.0


def check_out(out: str | Path) -> None:
    """Refuses what no pictures can be shown in.

    Raises:
        WannError: It is neither ``"window"`` nor a file ending in ``.mp4`` or ``.gif``.
    """
    if str(out) != WINDOW and Path(out).suffix.lower() not in (".mp4", ".gif"):
        raise WannError(f"the video is to go to {str(out)!r}; allowed are a file ending in .mp4 or .gif, and {WINDOW!r}")


def show(pictures: Iterator[Picture], out: str | Path, fps: float) -> None:
    """Shows pictures, of one even size, so many a second, and the last one for a second.

    Raises:
        WannError: There is no display for a window.
        MissingExtraError: The extra ``video`` is not installed.
    """
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
        raise WannError(
            f"no window can be opened here ({error}); write a file instead, such as out.mp4", parameter="out"
        ) from None
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
