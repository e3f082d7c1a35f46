"""Pictures of networks and searches, and the report page."""

from wann.draw.classes import draw_classes, evaluate_by_weight
from wann.draw.curves import draw_curves
from wann.draw.image import part_for
from wann.draw.network import draw_network
from wann.draw.progress import draw_history, draw_pareto
from wann.draw.report import write_report
from wann.draw.scores import draw_conditions, draw_profile

__all__ = [
    "draw_classes",
    "draw_conditions",
    "draw_curves",
    "draw_history",
    "draw_network",
    "draw_pareto",
    "draw_profile",
    "evaluate_by_weight",
    "part_for",
    "write_report",
]
