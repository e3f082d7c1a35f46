"""Pictures of networks and searches."""

from wann.show.pictures.classes import draw_classes, evaluate_by_weight
from wann.show.pictures.curves import draw_curves
from wann.show.pictures.history import draw_history, draw_pareto
from wann.show.pictures.image import part_for
from wann.show.pictures.importance import draw_importance
from wann.show.pictures.network import draw_network
from wann.show.pictures.scores import draw_conditions, draw_profile

__all__ = [
    "draw_classes",
    "draw_conditions",
    "draw_curves",
    "draw_history",
    "draw_importance",
    "draw_network",
    "draw_pareto",
    "draw_profile",
    "evaluate_by_weight",
    "part_for",
]
