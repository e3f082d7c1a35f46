"""What stood elsewhere in version 0.1: it still works there, with a `DeprecationWarning` that says where it went.

To be removed with version 0.3.
"""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Names that `wann` itself had.
_NAMES = {
    **dict.fromkeys(("Activation", "Networks", "fully_connected", "quantized"), "wann.networks"),
    **dict.fromkeys(
        ("Classification", "EpisodeError", "Regression", "Rollouts", "Task", "VectorTask", "available_tasks"), "wann.tasks"
    ),
    "register_task": "wann.tasks",
    "GymnasiumTask": "wann.tasks",
    **dict.fromkeys(("InvalidRewardError", "MissingExtraError"), "wann.errors"),
    **dict.fromkeys(("WEIGHT_VALUES", "Champion", "Generation", "Refinement", "RefinementRound"), "wann.search"),
    **dict.fromkeys(
        ("Quantization", "SharedWeight", "TuningGeneration", "WeightTuning", "tune_shared_weight"), "wann.training"
    ),
    **dict.fromkeys(("Comparison", "Evaluation", "Score", "WeightProfile", "compare", "weight_profile"), "wann.scoring"),
}

#: Modules and packages of `wann`, and where they went.
_MODULES = {
    "wann.activations": "wann.networks.activations",
    "wann.baselines": "wann.scoring.baselines",
    "wann.champion": "wann.search.champion",
    "wann.classification": "wann.scoring.classification",
    "wann.comparison": "wann.scoring.comparison",
    "wann.config": "wann.search.config",
    "wann.datasets": "wann.tasks.data.datasets",
    "wann.draw": "wann.show",
    "wann.envs": "wann.tasks.for_gymnasium",
    "wann.evaluation": "wann.scoring.evaluation",
    "wann.network": "wann.networks.network",
    "wann.network_file": "wann.networks.file",
    "wann.paths": "wann.networks.unfolding",
    "wann.play": "wann.show.play",
    "wann.population": "wann.search.population_scores",
    "wann.quantization": "wann.training.quantization",
    "wann.refinement": "wann.search.refinement",
    "wann.tasks.bipedal_walker": "wann.tasks.native.walker",
    "wann.tasks.cartpole_swingup": "wann.tasks.native.swingup",
    "wann.tasks.envpool": "wann.tasks.environments.envpool",
    "wann.tasks.gymnasium": "wann.tasks.environments.gymnasium",
    "wann.tasks.table": "wann.tasks.data.tables",
    "wann.tuning": "wann.training.tuning",
}

#: Of modules that were split: what went elsewhere than the rest.
_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "wann.network": {"wann.networks.fixed": ("fully_connected",)},
    "wann.classification": {
        "wann.training.classifier": ("TrainedWeights", "softmax", "split_for_choice", "train_by_gradient"),
        "wann.training.shared_weight": ("best_shared_weight",),
    },
    "wann.tuning": {
        "wann.training.shared_weight": ("WEIGHT_RANGE", "SharedWeight", "check_range", "tune_shared_weight"),
        "wann.training.weight_tuning": ("SEPARABLE_FROM", "WeightTuning"),
    },
}


def attribute(name: str) -> Any:
    """What `wann` had under this name.

    Raises:
        AttributeError: It had nothing of that name.
    """
    if name in _NAMES:
        _warn(f"wann.{name}", f"{_NAMES[name]}.{name}")
        return getattr(importlib.import_module(_NAMES[name]), name)
    if f"wann.{name}" in _MODULES:
        return importlib.import_module(f"wann.{name}")
    raise AttributeError(f"module 'wann' has no attribute {name!r}")


def install() -> None:
    """Has old modules found, and gives networks the method that they had."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
    from wann.networks.network import Network

    Network.policy = _policy  # type: ignore[attr-defined]


def _policy(self: Any, task: Any = None, weight: float | None = None) -> Any:
    """Went to `wann.tasks.policy`."""
    from wann.tasks import policy

    _warn("Network.policy", "wann.tasks.policy")
    return policy(self, task, weight)


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{old} is {new} now, and will be gone in version 0.3", DeprecationWarning, stacklevel=4)


class _Finder(MetaPathFinder, Loader):
    """Finds old modules: each is the new one under its old name."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in _MODULES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        _warn(spec.name, _MODULES[spec.name])
        module = importlib.import_module(_MODULES[spec.name])
        spec.loader_state = module.__spec__
        for place, names in _PARTS.get(spec.name, {}).items():
            for name in names:
                setattr(module, name, getattr(importlib.import_module(place), name))
        return module

    def exec_module(self, module: ModuleType) -> None:
        """The new module has been run where it stands, and keeps its own name."""
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            module.__spec__ = spec.loader_state
