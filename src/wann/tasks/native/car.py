"""Car racing from pixels, in the compiled core: see core/tasks/car/ and docs/car-racing.md."""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"population": 64, "generations": 1024, "episodes": 2, "initial_enabled": 0.5, "tournament": 8},
}
