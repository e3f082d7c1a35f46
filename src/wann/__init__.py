"""Weight agnostic neural networks: topologies that solve a task with one untrained weight for all connections.

import wann

task = wann.make_task("cartpole-swingup")
search = wann.Search(task, seed=0)
for generation in search.run(512):
    print(generation.best_mean_reward)
network = search.champion

What is used most is here. The rest is in the packages: `wann.networks`, `wann.tasks`, `wann.execution`, `wann.search`,
`wann.training`, `wann.scoring`, `wann.runs`, `wann.export`, `wann.explain`, `wann.zoo`, `wann.show`, `wann.vision`, and
`wann.sklearn`.
"""

import importlib
from typing import Any

from wann import _methods, _moved
from wann._version import __version__ as __version__
from wann.errors import WannError
from wann.networks.network import Network
from wann.scoring.evaluation import evaluate
from wann.search.config import SearchConfig, preset
from wann.search.refinement import refine
from wann.search.search import Search
from wann.tasks.registry import make_task
from wann.training.quantization import quantize
from wann.training.tuning import tune

__all__ = [
    "Network",
    "Search",
    "SearchConfig",
    "WannError",
    "evaluate",
    "make_task",
    "preset",
    "quantize",
    "refine",
    "tune",
]

#: Packages that are imported when they are asked for.
_PACKAGES = (
    "execution",
    "explain",
    "export",
    "networks",
    "runs",
    "scoring",
    "search",
    "show",
    "sklearn",
    "tasks",
    "training",
    "vision",
    "zoo",
)

_moved.install()
_methods.install()


def __getattr__(name: str) -> Any:
    """Packages, and what was here in version 0.1."""
    if name in _PACKAGES:
        return importlib.import_module(f"wann.{name}")
    return _moved.attribute(name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES, "__version__"])
