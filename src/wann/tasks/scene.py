"""How a task looks from the side: shapes that stand still and shapes that move with bodies, told once for all who draw them.

A task says what there is and what part it plays (its *role*); `wann play` and the report's page choose the colours. Lengths
are in metres (or whatever unit the task has), x to the right and y upwards; angles are in radians, counter-clockwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What part a shape plays.
Role = Literal[
    "ground",  # what is stood on
    "obstacle",  # what is in the way, or ends the way
    "guide",  # helps the eye: a track, marks, a goal
    "body",  # the main one
    "limb",  # parts that move against the body, those in front
    "far limb",  # those behind it
    "joint",  # where parts are held together
    "action",  # what the network does
    "grass",  # a field that is looked at from above
    "long grass",  # patches of it, by which one sees how fast it goes
    "road",  # what is driven on
    "road mark",  # what is painted on the road
    "border",  # the road's edge where it bends
    "border stripe",  # every other piece of that edge
    "hull",  # of a vehicle
    "wheel",
    "wing",
]

#: A point (x, y).
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What all shapes have in common; points are in the frame of the body, or of the world where there is none."""

    role: Role
    body: int | None = None  #: the body that the shape moves with, by its place in a recording's frames


@dataclass(frozen=True, kw_only=True)
class Polygon(Shape):
    """A filled polygon."""

    points: NDArray[np.float64]  #: its corners, shape (n, 2)


@dataclass(frozen=True, kw_only=True)
class Line(Shape):
    """A line with round ends."""

    points: NDArray[np.float64]  #: that it goes through, shape (n, 2)
    width: float


@dataclass(frozen=True, kw_only=True)
class Disc(Shape):
    """A filled circle."""

    center: Point
    radius: float


@dataclass(frozen=True, kw_only=True)
class Label(Shape):
    """Some text, upright, that stands on a point."""

    text: str
    point: Point  #: the middle of the text's lower edge
    height: float  #: of the letters


@dataclass(frozen=True, kw_only=True)
class Arrow(Shape):
    """An action as an arrow: as long as the action, clipped to ±1, says."""

    action: int  #: which of the network's outputs
    start: Point
    vector: Point  #: from the start, for an action of 1
    gap: float  #: that is left free at the start
    width: float


@dataclass(frozen=True, kw_only=True)
class Trail(Shape):
    """The line along which a point of a body came."""

    point: Point
    width: float
    seconds: float  #: of the past that it shows


@dataclass(frozen=True, kw_only=True)
class View:
    """What part of the world is seen: a rectangle that stands still, or goes along with a body."""

    size: Point  #: width and height
    center: Point  #: of the rectangle; where it goes along, against the point that it follows
    follows: int | None = None  #: a body
    share: Point = (1.0, 1.0)  #: of the body's x and y that the rectangle goes along with
    turns: bool = False  #: whether it turns with that body, too: the body's own y points up, and `center` is in its frame

    def center_at(self, bodies: NDArray[np.floating]) -> Point:
        """The middle of the rectangle while the bodies are there, rows (x, y, angle)."""
        if self.follows is None:
            return self.center
        x, y = (float(v) for v in bodies[self.follows, :2])
        sine, cosine = np.sin(self.angle_at(bodies)), np.cos(self.angle_at(bodies))
        right, up = self.center
        return cosine * right - sine * up + self.share[0] * x, sine * right + cosine * up + self.share[1] * y

    def angle_at(self, bodies: NDArray[np.floating]) -> float:
        """How far the rectangle is turned, counter-clockwise."""
        return float(bodies[self.follows, 2]) if self.turns and self.follows is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The small grey picture of a scene that an encoder is given, told so that those who draw scenes can make it, too."""

    who: str  #: sees it, for the caption: "car"
    rows: int
    columns: int
    view: View
    greys: Mapping[str, float]  #: from 0 to 1, by role; other shapes are not seen, and it is black beyond
    first_zoom: float = 1.0  #: against the view's own, at the start
    zoom_seconds: float = 0.0  #: until the view has come to its own

    def zoom_at(self, seconds: float) -> float:
        """How large things are after so many seconds, against the view's own."""
        if seconds >= self.zoom_seconds:
            return 1.0
        return self.first_zoom + (1 - self.first_zoom) * seconds / self.zoom_seconds


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What an episode's pictures are made of; where the bodies are is told by its recording."""

    shapes: tuple[Shape, ...]  #: from the rearmost to the foremost
    view: View
    description: str  #: for those who cannot see it
    travels: int | None = None  #: the body whose way along x is worth telling
    overview: "Scene | None" = None  #: the whole of it, as a little map in a corner
    sight: Sight | None = None  #: what the network's encoder sees, where it has one


def points(*pairs: ArrayLike) -> NDArray[np.float64]:
    """Points (x, y) as an array, shape (n, 2)."""
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def rounded_box(width: float, height: float, radius: float = 0.0, center: Point = (0.0, 0.0)) -> NDArray[np.float64]:
    """The corners of an upright box whose own corners are rounded, shape (n, 2)."""
    steps = 5 if radius else 1
    turn = np.linspace(0, np.pi / 2, steps)
    corners = []
    for quarter, (right, up) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angles = turn + quarter * np.pi / 2
        middle = np.array(center) + np.array([right * (width / 2 - radius), up * (height / 2 - radius)])
        corners.append(middle + radius * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.concatenate(corners)


def circle(center: Point, radius: float, n: int = 32) -> NDArray[np.float64]:
    """Points of a circle, the first one also the last, shape (n + 1, 2)."""
    angles = np.linspace(0, 2 * np.pi, n + 1)
    return np.array(center) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
