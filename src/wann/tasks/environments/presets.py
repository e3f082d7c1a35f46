"""Search settings that suit environments outside the core; see `wann.search.preset`."""

from typing import Any

#: Environments in Python take thousands of steps a second where the core takes millions: small populations, few episodes.
#: Few connections at the start, because none is ever taken away: what is left out can be added where it helps.
ENVIRONMENT: dict[str, dict[str, Any]] = {
    "default": {
        "population": 64,
        "generations": 64,
        "episodes": 2,
        "initial_enabled": 0.1,
        "confirm_episodes": 16,
        "insert_node": 0.25,
        "add_connection": 0.40,
        "enable_connection": 0.10,
        "change_activation": 0.25,
    }
}

#: Encoders for the pictures of environments that are named by their ids, without the version.
ENCODERS: dict[str, str] = {"CarRacing": "car-racing"}
