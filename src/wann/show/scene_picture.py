"""Pictures of a task's scene: the same shapes that the report's page draws, as pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
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
#: The map's width and its distance from the edges, as parts of the picture's width.
MAP_SHARE, _MAP_MARGIN = 0.22, 0.015
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
    "grass": (197, 217, 183),
    "long grass": (207, 225, 194),
    "road": (134, 140, 147),
    "road mark": (222, 225, 229),
    "border": (252, 252, 250),
    "border stripe": (200, 72, 56),
    "hull": (214, 96, 40),
    "wheel": (38, 42, 50),
    "wing": (38, 42, 50),
}
#: Letters need more contrast than lines.
_LETTERS: Colour = (78, 86, 94)


class ScenePainter:
    """Draws the frames of one episode."""

    def __init__(self, scene: Scene, recording: Recording, width: int = WIDTH) -> None:
        self._scene, self._recording = scene, recording
        across, up = scene.view.size
        self._scale = width / across * _FINER
        self._size = (width * _FINER, 2 * round(width * up / across / 2) * _FINER)
        self._reaches = [_reach(shape) for shape in scene.shapes]
        self._map = _Map(scene.overview, recording, width) if scene.overview else None

    def picture(self, frame: int) -> Picture:
        """What the scene looks like at a frame, shape (height, width, 3)."""
        image = Image.new("RGB", self._size, PAPER)
        bodies, view = self._recording.bodies[frame], self._scene.view
        center = view.center_at(bodies)
        canvas = _Canvas(ImageDraw.Draw(image), self._scale, center, view.angle_at(bodies))
        for shape, reach in zip(self._scene.shapes, self._reaches, strict=True):
            if reach is None or reach.is_near(center, np.hypot(*view.size) / 2):
                self._draw(canvas, shape, frame)
        picture = np.asarray(image.reduce(_FINER))
        return picture if self._map is None else self._map.laid_over(picture, frame)

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


class _Map:
    """The little map in the upper right corner."""

    def __init__(self, scene: Scene, recording: Recording, width: int) -> None:
        self._painter = ScenePainter(scene, recording, 2 * round(width * MAP_SHARE / 2))
        self._margin = round(width * _MAP_MARGIN)

    def laid_over(self, picture: Picture, frame: int) -> Picture:
        """The picture with the map, through which it is still seen a little."""
        small, margin = self._painter.picture(frame), self._margin
        above = picture.copy()
        under = above[margin : margin + small.shape[0], -margin - small.shape[1] : -margin]
        under[:] = (4 * small.astype(np.uint16) + under) // 5
        return above


@dataclass(frozen=True)
class _Reach:
    """A circle around a shape that stands still."""

    center: _Points
    radius: float

    def is_near(self, center: Point, radius: float) -> bool:
        return bool(np.hypot(*(self.center - center)) <= self.radius + radius)


def _reach(shape: Shape) -> _Reach | None:
    """None for what moves, and for what is told by more than its points."""
    if shape.body is not None or not isinstance(shape, Polygon | Line):
        return None
    center = (shape.points.min(axis=0) + shape.points.max(axis=0)) / 2
    width = shape.width if isinstance(shape, Line) else 0.0
    return _Reach(center, float(np.hypot(*(shape.points - center).T).max()) + width / 2)


class _Canvas:
    """Draws what is told in the world's lengths."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float, center: Point, angle: float) -> None:
        self._draw, self._scale, self._center = draw, scale, np.array(center)
        s, c = np.sin(angle) * scale, np.cos(angle) * scale
        self._turn = np.array([[c, s], [s, -c]])  # the picture's y points down
        self._middle = np.array(draw.im.size) / 2

    def _pixels(self, points: _Points) -> list[tuple[float, float]]:
        placed = (points - self._center) @ self._turn + self._middle
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
