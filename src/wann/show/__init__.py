"""What people look at: pictures, the report page, and networks at play."""

from wann.show.notebook import play_inline, report_inline
from wann.show.pictures import (
    draw_classes,
    draw_conditions,
    draw_curves,
    draw_history,
    draw_importance,
    draw_network,
    draw_pareto,
    draw_profile,
    evaluate_by_weight,
    part_for,
)
from wann.show.progress import bars, follow
from wann.show.report import write_report

__all__ = [
    "bars",
    "draw_classes",
    "draw_conditions",
    "draw_curves",
    "draw_history",
    "draw_importance",
    "draw_network",
    "draw_pareto",
    "draw_profile",
    "evaluate_by_weight",
    "follow",
    "part_for",
    "play_inline",
    "report_inline",
    "write_report",
]
