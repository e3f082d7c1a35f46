"""Scores of one network on a task's fresh episodes, or on held-out samples, for whatever weights."""

from typing import Any

import numpy as np
from kit import episodes
from numpy.typing import NDArray

from wann.execution import Threads
from wann.networks import Network


class Scorer:
    """Rewards of one network on a task's fresh episodes; accuracies where labels are classes."""

    def __init__(
        self, network: Network, task: Any, n: int, *, stream: int, chooses: bool = False, threads: int | None = None
    ) -> None:
        self.network, self.task, self.n, self.evaluator = network, task, n, Threads(threads)
        self.seeds = episodes(stream, n)
        # Classes: training samples to choose by, held-out ones to score.
        self.samples = None if getattr(task, "held_out", None) is None else (task if chooses else task.held_out)

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Shape (n_rows, n_episodes): of each shared weight, or each row of individual weights (n_rows, n_connections)."""
        if self.samples is not None:
            return np.array([[self._accuracy(row)] for row in rows])
        weights = np.repeat(rows.astype(np.float32), self.n, axis=0)
        result = self.evaluator.run(self.task, [self.network], weights, np.tile(self.seeds, len(rows)))
        return result.rewards.reshape(len(rows), self.n)

    def noisy(self, center: NDArray[np.float32], deviation: float) -> NDArray[np.float64]:
        """With fresh noise on every connection in every episode (on classes, in as many draws)."""
        noise = np.random.default_rng(5).normal(size=(self.n, self.network.n_connections))
        rows = (center + deviation * np.abs(center).mean() * noise).astype(np.float32)
        if self.samples is not None:
            return self(rows)[:, 0]
        return self.evaluator.run(self.task, [self.network], rows, self.seeds).rewards[0]

    def _accuracy(self, row: NDArray[Any]) -> float:
        own = {"weights": row} if np.ndim(row) else {"weight": float(row)}
        outputs = self.network(self.samples.x[:10_000], **own, threads=self.evaluator.threads)
        return 100 * float((outputs.argmax(axis=1) == self.samples.y[:10_000]).mean())
