"""Pictures of a task's scene: the same shapes that the report's page draws, as pixels."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wann.tasks.recording import Recording
from wann.tasks.scene import Arrow, Disc, Label, Line, Point, Polygon, Scene, Shape, Trail

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
_Points = NDArray[np.float64]

#: Pixels; the height follows from the scene's view.
WIDTH = 640
#: Pixels are drawn so many times finer and then averaged, which takes the steps off slanted edges.
_FINER = 3
#: Actions smaller than this have no arrow.
_SMALLEST_ACTION = 0.02
#: An arrow's head, as a part of its width at full action, and the angle of its strokes against the shaft, in radians.
_HEAD, _HEAD_ANGLE = 4.0, 0.64

PAPER: Colour = (250, 249, 246)
COLOURS: dict[str, Colour] = {
    "ground": (186, 199, 176),
    "obstacle": (92, 98, 108),
    "guide": (174, 179, 188),
    "body": (68, 84, 106),
    "limb": (214, 112, 61),
    "far limb": (86, 139, 181),
    "joint": PAPER,
    "action": (36, 142, 128),
}
#: Letters need more contrast than lines.
_LETTERS: Colour = (78, 86, 94)


class ScenePainter:
    """Draws the frames of one episode."""

    def __init__(self, scene: Scene, recording: Recording) -> None:
        self._scene, self._recording = scene, recording
        width, height = scene.view.size
        self._scale = WIDTH / width * _FINER
        self._size = (WIDTH * _FINER, 2 * round(WIDTH * height / width / 2) * _FINER)

    def picture(self, frame: int) -> Picture:
        """What the scene looks like at a frame, shape (height, 640, 3)."""
        image = Image.new("RGB", self._size, PAPER)
        canvas = _Canvas(ImageDraw.Draw(image), self._scale, self._origin(frame))
        for shape in self._scene.shapes:
            self._draw(canvas, shape, frame)
        return np.asarray(image.reduce(_FINER))

    def _origin(self, frame: int) -> Point:
        """The world's point in the upper left corner."""
        view = self._scene.view
        x, y = view.center_at(self._recording.bodies[frame])
        return x - view.size[0] / 2, y + self._size[1] / self._scale / 2

    def _draw(self, canvas: "_Canvas", shape: Shape, frame: int) -> None:
        colour = COLOURS[shape.role]
        match shape:
            case Polygon():
                canvas.polygon(self._placed(shape, shape.points, frame), colour)
            case Line():
                canvas.line(self._placed(shape, shape.points, frame), shape.width, colour)
            case Disc():
                canvas.disc(self._placed(shape, [shape.center], frame)[0], shape.radius, colour)
            case Label():
                canvas.text(self._placed(shape, [shape.point], frame)[0], shape.text, shape.height)
            case Arrow():
                self._draw_arrow(canvas, shape, frame)
            case Trail():
                self._draw_trail(canvas, shape, frame)

    def _draw_arrow(self, canvas: "_Canvas", shape: Arrow, frame: int) -> None:
        action = float(np.clip(self._recording.actions[frame, shape.action], -1, 1))
        if abs(action) < _SMALLEST_ACTION:
            return
        vector = np.array(shape.vector, dtype=float) * action
        tail = np.array(shape.start) + vector / np.hypot(*vector) * shape.gap
        tip = tail + vector
        back = np.arctan2(*-vector[::-1])
        head = _HEAD * shape.width * min(1.0, 2 * abs(action))
        for turn in (_HEAD_ANGLE, -_HEAD_ANGLE):
            end = tip + head * np.array([np.cos(back + turn), np.sin(back + turn)])
            canvas.line(self._placed(shape, [tip, end], frame), shape.width, COLOURS[shape.role])
        canvas.line(self._placed(shape, [tail, tip], frame), shape.width, COLOURS[shape.role])

    def _draw_trail(self, canvas: "_Canvas", shape: Trail, frame: int) -> None:
        first = max(frame - round(shape.seconds / self._recording.dt), 0)
        if first == frame:
            return
        way = np.concatenate([self._placed(shape, [shape.point], i) for i in range(first, frame + 1)])
        colour = tuple((a + 3 * b) // 4 for a, b in zip(COLOURS[shape.role], PAPER, strict=True))
        canvas.line(way, shape.width, (colour[0], colour[1], colour[2]))

    def _placed(self, shape: Shape, points: Sequence[Point] | _Points, frame: int) -> _Points:
        """Points of a shape in the world."""
        own = np.asarray(points, dtype=np.float64)
        if shape.body is None:
            return own
        x, y, angle = self._recording.bodies[frame, shape.body].astype(float)
        s, c = np.sin(angle), np.cos(angle)
        placed: _Points = own @ np.array([[c, s], [-s, c]]) + [x, y]
        return placed


class _Canvas:
    """Draws what is told in the world's lengths."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float, origin: Point) -> None:
        self._draw, self._scale, self._origin = draw, scale, np.array(origin)

    def _pixels(self, points: _Points) -> list[tuple[float, float]]:
        placed = (points - self._origin) * [self._scale, -self._scale]
        return [(float(x), float(y)) for x, y in placed]

    def polygon(self, points: _Points, colour: Colour) -> None:
        self._draw.polygon(self._pixels(points), fill=colour)

    def line(self, points: _Points, width: float, colour: Colour) -> None:
        self._draw.line(self._pixels(points), fill=colour, width=max(round(width * self._scale), 1), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(end, width / 2, colour)

    def disc(self, center: _Points, radius: float, colour: Colour) -> None:
        ((x, y),) = self._pixels(center[None])
        r = radius * self._scale
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def text(self, point: _Points, text: str, height: float) -> None:
        ((x, y),) = self._pixels(point[None])
        self._draw.text((x, y), text, fill=_LETTERS, font=_font(round(height * self._scale)), anchor="ms")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
