"""Gymnasium's CarRacing-v3 without the drawing of what lies outside its window: the same pixels, in half the time.

Gymnasium turns all 700 polygons of field and road in Python for every frame, and then leaves those out that are far from the
window. Here NumPy tells them apart first, with a wider margin, and the rest goes the old way.
`tests/test_car_parity_tool.py` holds the pictures against Gymnasium's own, to the byte.
"""

import functools
from typing import Any
from unittest import mock

import numpy as np
import pygame
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d.car_racing import CarRacing
from gymnasium.wrappers import TimeLimit

#: Pixels around the window within which a polygon is drawn: more than Gymnasium's own margin and the largest polygon.
_MARGIN = 2 * car_racing.MAX_SHAPE_DIM + 50

_font = functools.lru_cache(pygame.font.Font)


class QuickCarRacing(CarRacing):
    """The environment itself, but for the way that its road is drawn, and a font that is not read anew for every frame."""

    def _render(self, mode: str) -> Any:
        with mock.patch.object(pygame.font, "Font", _font):
            return super()._render(mode)

    def _render_road(self, zoom: float, translation: Any, angle: float) -> None:
        road, grass = self._shapes()
        bounds = car_racing.PLAYFIELD
        field = [(bounds, bounds), (bounds, -bounds), (-bounds, -bounds), (-bounds, bounds)]
        self._draw_colored_polygon(self.surf, field, self.bg_color, zoom, translation, angle, clip=False)
        for i in self._near(grass[1], zoom, translation, angle):
            self._draw_colored_polygon(self.surf, grass[0][i], self.grass_color, zoom, translation, angle)
        for i in self._near(road[1], zoom, translation, angle):
            colour = [int(c) for c in self.road_poly[i][1]]
            self._draw_colored_polygon(self.surf, road[0][i], colour, zoom, translation, angle)

    def _shapes(self) -> Any:
        """Polygons of road and grass, and a corner of each as an array; made once for each track."""
        if getattr(self, "_shapes_of", None) is not self.road_poly:
            road = [[(p[0], p[1]) for p in poly] for poly, _ in self.road_poly]
            d = car_racing.GRASS_DIM
            grass = [
                [(d * x + d, d * y + 0), (d * x + 0, d * y + 0), (d * x + 0, d * y + d), (d * x + d, d * y + d)]
                for x in range(-20, 20, 2)
                for y in range(-20, 20, 2)
            ]
            self._kept = [(polys, np.array([poly[0] for poly in polys])) for polys in (road, grass)]
            self._shapes_of = self.road_poly
        return self._kept

    @staticmethod
    def _near(corners: Any, zoom: float, translation: Any, angle: float) -> Any:
        """Those whose first corner comes near the window."""
        c, s = np.cos(angle), np.sin(angle)
        x = (corners[:, 0] * c - corners[:, 1] * s) * zoom + translation[0]
        y = (corners[:, 0] * s + corners[:, 1] * c) * zoom + translation[1]
        inside = (np.abs(x - car_racing.WINDOW_W / 2) < car_racing.WINDOW_W / 2 + _MARGIN) & (
            np.abs(y - car_racing.WINDOW_H / 2) < car_racing.WINDOW_H / 2 + _MARGIN
        )
        return np.flatnonzero(inside)


def make() -> Any:
    """The environment with Gymnasium's limit of 1,000 frames."""
    return TimeLimit(QuickCarRacing(), max_episode_steps=1000)
