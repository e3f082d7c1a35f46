"""Filled shapes with smooth edges, drawn into images with NumPy.

A shape is its signed distance in pixels, negative inside; a pixel is covered as far as the shape's edge passes through it.
Only the shape's own rectangle of the image is touched, so that a frame takes well under a millisecond.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Colour = tuple[int, int, int]
Point = tuple[float, float]


def canvas(width: int, height: int, colour: Colour) -> Image:
    """An image of one colour, shape (height, width, 3)."""
    return np.full((height, width, 3), colour, dtype=np.uint8)


def capsule(image: Image, a: Point, b: Point, radius: float, colour: Colour) -> None:
    """A line from a to b with round ends; points are (x, y) in pixels, y downwards."""
    (ax, ay), (bx, by) = a, b
    dx, dy = bx - ax, by - ay
    length2 = max(dx * dx + dy * dy, 1e-12)

    def distance(x: Floats, y: Floats) -> Floats:
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / length2, 0, 1)
        return np.hypot(x - ax - along * dx, y - ay - along * dy) - radius

    _fill(
        image, (min(ax, bx) - radius, min(ay, by) - radius), (max(ax, bx) + radius, max(ay, by) + radius), distance, colour
    )


def disc(image: Image, centre: Point, radius: float, colour: Colour) -> None:
    """A filled circle."""
    capsule(image, centre, centre, radius, colour)


def box(image: Image, centre: Point, half: Point, radius: float, colour: Colour) -> None:
    """An upright rectangle of twice the half width and half height, its corners rounded by a radius."""
    (cx, cy), (hx, hy) = centre, half

    def distance(x: Floats, y: Floats) -> Floats:
        qx, qy = np.abs(x - cx) - (hx - radius), np.abs(y - cy) - (hy - radius)
        outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
        signed: Floats = outside + np.minimum(np.maximum(qx, qy), 0) - radius
        return signed

    _fill(image, (cx - hx, cy - hy), (cx + hx, cy + hy), distance, colour)


def arrow(image: Image, tail: Point, tip: Point, radius: float, head: float, colour: Colour) -> None:
    """An arrow with two strokes of length ``head`` at its tip."""
    capsule(image, tail, tip, radius, colour)
    direction = np.arctan2(tip[1] - tail[1], tip[0] - tail[0])
    for turn in (2.5, -2.5):
        end = (tip[0] + head * float(np.cos(direction + turn)), tip[1] + head * float(np.sin(direction + turn)))
        capsule(image, tip, end, radius, colour)


def _fill(image: Image, low: Point, high: Point, distance: Callable[[Floats, Floats], Floats], colour: Colour) -> None:
    """Blends a colour into the pixels of a rectangle as far as a shape covers them; what lies outside the image is cut."""
    height, width = image.shape[:2]
    left, right = max(int(np.floor(low[0])) - 1, 0), min(int(np.ceil(high[0])) + 2, width)
    top, bottom = max(int(np.floor(low[1])) - 1, 0), min(int(np.ceil(high[1])) + 2, height)
    if left >= right or top >= bottom:
        return
    x = np.arange(left, right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    covered = np.clip(0.5 - distance(x, y), 0, 1)[..., None]
    window = image[top:bottom, left:right]
    window[:] = (window + covered * (np.array(colour, dtype=np.float32) - window) + 0.5).astype(np.uint8)
