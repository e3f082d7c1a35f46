"""Where networks are evaluated: threads, any executor, Ray. See docs/do/many-machines.md."""

from wann.errors import WorkersLostError
from wann.execution.evaluator import Evaluator, Job, Threads, Usage
from wann.execution.executors import ExecutorEvaluator
from wann.execution.places import workers_at
from wann.execution.ray import RayEvaluator

__all__ = [
    "Evaluator",
    "ExecutorEvaluator",
    "Job",
    "RayEvaluator",
    "Threads",
    "Usage",
    "WorkersLostError",
    "workers_at",
]
