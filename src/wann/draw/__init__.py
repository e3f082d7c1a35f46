"""Pictures of networks and searches, and the report page."""

from wann.draw.curves import draw_curves
from wann.draw.network import draw_network
from wann.draw.report import write_report

__all__ = ["draw_curves", "draw_network", "write_report"]
