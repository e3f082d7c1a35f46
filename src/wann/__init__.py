"""Weight agnostic neural networks: topologies that solve a task with one untrained weight for all connections.

import wann

task = wann.make_task("cartpole-swingup")
search = wann.Search(task, seed=0)
for generation in search.run(512):
    print(generation.best_mean_reward)
network = search.champion
"""

import importlib
from typing import TYPE_CHECKING, Any

from wann.activations import Activation
from wann.champion import Champion
from wann.comparison import Comparison, compare
from wann.config import WEIGHT_VALUES, SearchConfig, preset
from wann.errors import EpisodeError, InvalidRewardError, MissingExtraError, WannError
from wann.evaluation import Evaluation, Score, WeightProfile, evaluate, weight_profile
from wann.network import Network, Networks, fully_connected
from wann.paths import quantized
from wann.quantization import Quantization, quantize
from wann.refinement import Refinement, RefinementRound, refine
from wann.search import Generation, Search
from wann.tasks import Classification, Regression, Rollouts, Task, VectorTask, available_tasks, make_task, register_task
from wann.tuning import SharedWeight, TuningGeneration, WeightTuning, tune, tune_shared_weight

if TYPE_CHECKING:
    from wann.tasks.gymnasium import GymnasiumTask

__version__ = "0.1.0"

__all__ = [
    "WEIGHT_VALUES",
    "Activation",
    "Champion",
    "Classification",
    "Comparison",
    "EpisodeError",
    "Evaluation",
    "Generation",
    "GymnasiumTask",
    "InvalidRewardError",
    "MissingExtraError",
    "Network",
    "Networks",
    "Quantization",
    "Refinement",
    "RefinementRound",
    "Regression",
    "Rollouts",
    "Score",
    "Search",
    "SearchConfig",
    "SharedWeight",
    "Task",
    "TuningGeneration",
    "VectorTask",
    "WannError",
    "WeightProfile",
    "WeightTuning",
    "available_tasks",
    "compare",
    "evaluate",
    "fully_connected",
    "make_task",
    "preset",
    "quantize",
    "quantized",
    "refine",
    "register_task",
    "tune",
    "tune_shared_weight",
    "weight_profile",
]


def __getattr__(name: str) -> Any:
    """What needs an extra, and what few need, is imported when it is asked for."""
    if name == "zoo":
        return importlib.import_module("wann.zoo")
    if name == "GymnasiumTask":
        from wann.tasks.gymnasium import GymnasiumTask

        return GymnasiumTask
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
