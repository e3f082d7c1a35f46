"""How car racing looks: the field and the road from above, and the camera that turns with the car."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wann.tasks.scene import Arrow, Disc, Line, Point, Polygon, Scene, Shape, Sight, View, points, rounded_box

_Points = NDArray[np.float64]

#: Half the side of the field, and the side of a square of long grass; there is one in every 2 x 2 squares.
_FIELD = 1000 / 3
_SQUARE = _FIELD / 20
_ROAD_HALF, _BORDER = 20 / 3, 4 / 3
#: Tiles of the road that are drawn as one; a mark in the road's middle for every so many.
_STRETCH, _MARK_EVERY = 8, 3
#: The chequered line ahead of the start: how far ahead, and the side and number of its squares.
_LINE_AHEAD, _CHECK, _CHECKS = 4.0, _ROAD_HALF / 6, 12

#: Lengths of the car are given in hundredths of two units, as in Gymnasium's.
_SIZE = 0.02
_WINGS = (
    points((-60, 130), (60, 130), (60, 110), (-60, 110)) * _SIZE,
    points((-50, -120), (50, -120), (50, -90), (-50, -90)) * _SIZE,
)
_NOSE = points((-15, 120), (15, 120), (20, 20), (-20, 20)) * _SIZE
_HULL = points((25, 20), (50, -10), (50, -40), (20, -90), (-20, -90), (-50, -40), (-50, -10), (-25, 20)) * _SIZE
_WHEEL = (28 * _SIZE, 54 * _SIZE)

#: What Gymnasium's picture shows above its indicators: 1000 x 700 of the screen's pixels, 16.2 to a unit. The car drives up
#: the middle, 100 pixels above the lower edge.
_VIEW = View(size=(1000 / 16.2, 700 / 16.2), center=(0, 250 / 16.2), follows=0, turns=True)
#: The camera comes down in the first second, of which the start has used a step.
_FIRST_ZOOM, _ZOOM_SECONDS = (0.6 * 0.98 + 16.2 * 0.02) / 16.2, 0.98
#: The green parts of its colours, which its reduction makes 2 darker.
_GREYS = {"grass": 202, "long grass": 228, "road": 102, "border": 253, "border stripe": 0, "hull": 0, "wing": 0, "wheel": 0}


def car_scene(track: _Points, borders: NDArray[np.bool_], *, rows: int = 28, columns: int = 32) -> Scene:
    """A car (the hull is body 0, the wheels are 1 to 4) on its track.

    Args:
        track: Points of the road's middle, rows (alpha, beta, x, y), as `_core.CarRaces.track` gives them.
        borders: Whether the tile that ends at each point has a border.
        rows: Of the picture that the encoder is given.
        columns: Of that picture.
    """
    return Scene(
        shapes=(
            Polygon(role="grass", points=rounded_box(2 * _FIELD, 2 * _FIELD)),
            *_long_grass(),
            *_road(track),
            *_borders(track, borders),
            *_car(),
        ),
        view=_VIEW,
        description="A racing car on its track, from above",
        overview=_overview(track),
        sight=Sight(
            who="car",
            rows=rows,
            columns=columns,
            view=_VIEW,
            greys={role: grey / 255 for role, grey in _GREYS.items()},
            first_zoom=_FIRST_ZOOM,
            zoom_seconds=_ZOOM_SECONDS,
        ),
    )


def _long_grass() -> Iterator[Shape]:
    places = (np.arange(-20, 20, 2) + 0.5) * _SQUARE
    for x in places:
        for y in places:
            yield Polygon(role="long grass", points=rounded_box(_SQUARE, _SQUARE, center=(float(x), float(y))))


def _beside(track: _Points, right: float) -> _Points:
    """The points, and so far to their right."""
    return track[:, 2:] + right * np.column_stack([np.cos(track[:, 1]), np.sin(track[:, 1])])


def _road(track: _Points) -> Iterator[Shape]:
    """Stretches of the road, each a tile into the next, so that no grass shines through; then what is painted on them."""
    left, right, n = _beside(track, -_ROAD_HALF), _beside(track, _ROAD_HALF), len(track)
    for first in range(0, n, _STRETCH):
        of = np.arange(first, min(first + _STRETCH, n) + 2) % n
        yield Polygon(role="road", points=np.concatenate([left[of], right[of[::-1]]]))
    for i in range(_MARK_EVERY, n - 1, _MARK_EVERY):
        yield Line(role="road mark", points=track[i : i + 2, 2:], width=0.3)
    yield from _start_line(track[0])


def _start_line(start: _Points) -> Iterator[Shape]:
    """Two rows of squares across the road, every other one painted."""
    _, beta, x, y = start
    right, ahead = np.array([np.cos(beta), np.sin(beta)]), np.array([-np.sin(beta), np.cos(beta)])
    for row in range(2):
        for column in range(row, _CHECKS, 2):
            corner = (x, y) + (_LINE_AHEAD + row * _CHECK) * ahead + (column * _CHECK - _ROAD_HALF) * right
            along, across = _CHECK * ahead, _CHECK * right
            yield Polygon(role="road mark", points=points(corner, corner + across, corner + across + along, corner + along))


def _borders(track: _Points, borders: NDArray[np.bool_]) -> Iterator[Shape]:
    """A piece for each tile that has one, on the outer side of the bend."""
    for i in np.flatnonzero(borders):
        ends = track[[i, i - 1]]
        side = float(np.sign(ends[1, 1] - ends[0, 1]))
        inner, outer = _beside(ends, side * _ROAD_HALF), _beside(ends, side * (_ROAD_HALF + _BORDER))
        yield Polygon(role="border stripe" if i % 2 else "border", points=np.concatenate([inner, outer[::-1]]))


def _car() -> Iterator[Shape]:
    for wheel in range(1, 5):
        yield Polygon(role="wheel", body=wheel, points=rounded_box(*_WHEEL))
    for wing in _WINGS:
        yield Polygon(role="wing", body=0, points=wing)
    for part in (_NOSE, _HULL):
        yield Polygon(role="hull", body=0, points=part)
    yield Arrow(role="action", body=0, action=0, start=(0, 3.4), vector=(4, 0), gap=0, width=0.3)


def _overview(track: _Points) -> Scene:
    """The whole track, and where the car is on it."""
    ring = np.concatenate([track[::2, 2:], track[:1, 2:]])
    low, high = ring.min(axis=0) - 3 * _ROAD_HALF, ring.max(axis=0) + 3 * _ROAD_HALF
    middle: Point = (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2)
    start = np.concatenate([_beside(track[:1], -2 * _ROAD_HALF), _beside(track[:1], 2 * _ROAD_HALF)])
    return Scene(
        shapes=(
            Line(role="road", points=ring, width=2 * _ROAD_HALF),
            Line(role="body", points=start, width=_ROAD_HALF),
            Disc(role="hull", body=0, center=(0, 0), radius=2 * _ROAD_HALF),
        ),
        view=View(size=(float(high[0] - low[0]), float(high[1] - low[1])), center=middle),
        description="The whole track, and where the car is",
    )
