"""Pictures of networks and searches, and the report page."""

from wann.draw.curves import draw_curves
from wann.draw.network import draw_network

__all__ = ["draw_curves", "draw_network"]
