"""What networks reached in all generations that they lived in: rewards of one generation are noisy, elites live on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Levels:
    """Estimates for the networks of a generation, in its order."""

    level: Floats  #: reward at each weight value, the luck of the generations' episodes taken out; shape (n, n_weights)
    error: Floats  #: standard error of the level at one weight value, shape (n,)
    mean_error: Floats  #: of the mean of the levels, shape (n,)


@dataclass(frozen=True)
class Memory:
    """The networks of a generation, by the keys of their topologies, and what they have reached so far.

    A generation's rewards are taken for a network's level plus an effect of the generation (its episodes may be easy or hard
    for all) plus noise. Networks that were there before tell the effect and the size of the noise.
    """

    keys: NDArray[np.uint64]  #: shape (n,)
    levels: Floats  #: shape (n, n_weights)
    counts: NDArray[np.int64]  #: generations that each has been in, shape (n,)

    @classmethod
    def empty(cls, n_weights: int) -> "Memory":
        """Of no networks."""
        return cls(np.zeros(0, dtype=np.uint64), np.zeros((0, n_weights)), np.zeros(0, dtype=np.int64))

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Memory":
        """What `to_dict` gave."""
        return cls(saved["keys"], saved["levels"], saved["counts"])

    def to_dict(self) -> dict[str, Any]:
        """The fields."""
        return {"keys": self.keys, "levels": self.levels, "counts": self.counts}

    def after(self, keys: Sequence[int], rewards: Floats) -> "tuple[Memory, Levels]":
        """What is known after a generation: of its networks only.

        Args:
            keys: Of the generation's networks; copies have the same.
            rewards: Mean reward of each network at each weight value, shape (n, n_weights).
        """
        found, first, copy_of = np.unique(np.array(keys, dtype=np.uint64), return_index=True, return_inverse=True)
        new = rewards[first]
        place = {int(key): i for i, key in enumerate(self.keys)}
        known = np.array([place.get(int(key), -1) for key in found])
        before = np.where(known >= 0, self.counts[known], 0) if self.counts.size else np.zeros(len(found), dtype=np.int64)
        old = self.levels[known] if self.counts.size else np.zeros_like(new)
        seen = before > 0
        error = mean_error = 0.0
        if seen.any():
            n = before[seen, None]
            surprise = new[seen] - old[seen]
            effect = np.average(surprise, axis=0, weights=before[seen])
            new = new - effect
            # A mean of n generations and a new one differ by noise of variance s² (1 + 1 / n).
            residual = (surprise - effect) * np.sqrt(n / (n + 1))
            error, mean_error = float(np.sqrt((residual**2).mean())), float(np.sqrt((residual.mean(axis=1) ** 2).mean()))
        counts = before + 1
        levels = (old * before[:, None] + new) / counts[:, None]
        root = np.sqrt(counts[copy_of])
        return Memory(found, levels, counts), Levels(levels[copy_of], error / root, mean_error / root)
