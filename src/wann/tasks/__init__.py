"""Tasks: what networks are searched for and scored on."""

import importlib
from typing import TYPE_CHECKING, Any

from wann.tasks.data.samples import Classification, Regression
from wann.tasks.failures import EpisodeError
from wann.tasks.for_network import task_for
from wann.tasks.policies import policy
from wann.tasks.policy_parts import PolicyParts, policy_parts
from wann.tasks.protocol import Rollouts, Task
from wann.tasks.registry import available_tasks, make_task, register_task
from wann.tasks.vector import VectorTask

if TYPE_CHECKING:
    from wann.tasks.environments.envpool import EnvPoolTask
    from wann.tasks.environments.gymnasium import GymnasiumTask

__all__ = [
    "Classification",
    "EnvPoolTask",
    "EpisodeError",
    "GymnasiumTask",
    "PolicyParts",
    "Regression",
    "Rollouts",
    "Task",
    "VectorTask",
    "available_tasks",
    "make_task",
    "policy",
    "policy_parts",
    "register_task",
    "task_for",
]

#: What needs an extra is imported when it is asked for.
_LAZY = {"EnvPoolTask": "wann.tasks.environments.envpool", "GymnasiumTask": "wann.tasks.environments.gymnasium"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
