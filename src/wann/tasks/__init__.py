"""Tasks: what networks are searched for and scored on."""

from wann.tasks.protocol import Rollouts, Task, VectorTask
from wann.tasks.registry import available_tasks, make_task, register_task

__all__ = ["Rollouts", "Task", "VectorTask", "available_tasks", "make_task", "register_task"]
