"""Tasks: what networks are searched for and scored on."""

from wann.tasks.data import Classification, Regression
from wann.tasks.protocol import Rollouts, Task, VectorTask
from wann.tasks.registry import available_tasks, make_task, register_task

__all__ = ["Classification", "Regression", "Rollouts", "Task", "VectorTask", "available_tasks", "make_task", "register_task"]
