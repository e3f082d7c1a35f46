"""A score: what some trials came to."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wann.arguments import as_numbers
from wann.search.config import WEIGHT_VALUES
from wann.tasks.protocol import Task, presets_of


@dataclass(frozen=True, kw_only=True)
class Score:
    """Mean and standard deviation of the rewards of some trials."""

    mean: float
    std: float
    n: int

    @property
    def standard_error(self) -> float:
        """Of the mean."""
        return self.std / float(np.sqrt(self.n))

    @classmethod
    def of(cls, rewards: Any) -> "Score":
        """The score of an array of rewards, of any shape.

        Raises:
            WannError: They are no numbers.
        """
        values = as_numbers(rewards, "rewards", np.float64)
        return cls(mean=float(values.mean()), std=float(values.std(ddof=1)) if values.size > 1 else 0.0, n=values.size)

    def __str__(self) -> str:
        return f"{self.mean:.{digits(self.mean)}f} ± {self.std:.{digits(self.mean)}f}"


def digits(value: float) -> int:
    """Decimals with which a reward of this size is shown: a log-likelihood of -0.35 needs more than a reward of 735."""
    return 3 if abs(value) < 10 else 0


def scoring_weights(task: Task) -> tuple[float, ...]:
    """The shared weights that networks are scored at, where nobody names others.

    Those of the task's default preset, or the paper's six where its weights are drawn afresh in every generation.
    """
    known = presets_of(task)
    settings = known.presets.get("default", {}) if known else {}
    return WEIGHT_VALUES if settings.get("fresh_weights") else tuple(settings.get("weights", WEIGHT_VALUES))
