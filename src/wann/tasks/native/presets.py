"""What the default presets of tasks in the core have in common."""

from typing import Any

#: Graded paths, two parents, fresh weights, and parents from the best quarter: docs/do/search.md.
GRADED: dict[str, Any] = {
    "fresh_weights": True,
    "initial_enabled": 0.0,
    "tournament": 1,
    "cull": 0.75,
    "elite": 0.25,
    "enable_connection": 0.0,
    "remove_connection": 0.05,
    "remove_node": 0.05,
    "further_change": 0.5,
    "confirm_episodes": 16,
}
