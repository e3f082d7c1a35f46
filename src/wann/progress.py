"""Telling how far long work has come."""

from collections.abc import Callable

#: Called with what is under way, and the part of it that is done (0 to 1).
Report = Callable[[str, float], None]
