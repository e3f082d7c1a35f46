"""What a weight for each connection is worth: the mean reward over scales and episodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_integer, check_number
from wann.errors import WannError
from wann.execution.evaluator import Evaluator
from wann.networks.network import Network
from wann.networks.unfolding import check_step, n_connections_of
from wann.search.config import check_weights
from wann.tasks.protocol import Task, product_lanes, samples_of

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Scored:
    """What rows of weights reached."""

    rewards: NDArray[np.float64]  #: mean over the scales and the episodes, shape (n_rows,)
    lengths: NDArray[np.float64]  #: mean steps of an episode, shape (n_rows,)
    computed_steps: int


class Objective:
    """Mean reward of rows of weights.

    Args:
        network: Whose connections the weights are for.
        task: What it is run on.
        scales: What counts is the mean reward with the weights times each of these.
        step_cost: Reward that a step costs where rows are ranked.
        evaluator: Where networks run.
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        *,
        scales: Sequence[float] = (1.0,),
        step_cost: float = 0.0,
        evaluator: Evaluator,
    ) -> None:
        self.network, self.task, self.evaluator = network, task, evaluator
        self.scales = check_weights(scales, "scales")
        self.step_cost = check_number(step_cost, "step_cost", 0.0, 1e6)

    def as_run(self, rows: Rows) -> Rows:
        """The weights as they run."""
        return rows

    def excess(self, rows: Rows) -> NDArray[np.int64]:
        """By how much each row of weights breaks a limit; 0 where it keeps to it."""
        return np.zeros(len(rows), dtype=np.int64)

    def scored(self, rows: Rows, seeds: NDArray[np.uint64]) -> Scored:
        """What each row of weights reaches.

        Args:
            rows: Shape (n_rows, n_connections).
            seeds: Of the episodes.
        """
        scaled = self.as_run(rows)[:, None, :] * np.array(self.scales, dtype=np.float32)[:, None]
        lanes = product_lanes(scaled.reshape(-1, rows.shape[1]), seeds)
        rollouts = self.evaluator.run(self.task, [self.network], *lanes)
        rewards, lengths = (values.reshape(len(rows), -1).mean(axis=1) for values in (rollouts.rewards, rollouts.steps))
        return Scored(rewards, lengths, rollouts.computed_steps)

    def ranked(self, rows: Rows, scored: Scored) -> NDArray[np.float64]:
        """Rewards by which rows are ranked, less what steps cost: those that break a limit rank below all others."""
        excess, rewards = self.excess(rows), scored.rewards - self.step_cost * scored.lengths
        return np.where(excess > 0, rewards.min() - excess, rewards)


class QuantizedObjective(Objective):
    """The same for weights that are rounded before they run, so that training knows of it.

    Args:
        network: Whose connections the weights are for.
        task: What it is run on.
        step: Weights are rounded to multiples of this.
        max_connections: Weights that would become a topology of more connections when they are quantized rank behind all
            others; no limit if not given.
        scales: What counts is the mean reward with the rounded weights times each of these.
        step_cost: Reward that a step costs where rows are ranked.
        evaluator: Where networks run.
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        *,
        step: float,
        max_connections: int | None = None,
        scales: Sequence[float] = (1.0,),
        step_cost: float = 0.0,
        evaluator: Evaluator,
    ) -> None:
        super().__init__(network, task, scales=scales, step_cost=step_cost, evaluator=evaluator)
        self.step = check_step(step)
        if max_connections is not None:
            check_integer(max_connections, "max_connections", 1, 10**6)
        self.max_connections = max_connections

    def as_run(self, rows: Rows) -> Rows:
        """The weights as they run."""
        rounded: Rows = (np.rint(rows / self.step) * self.step).astype(np.float32)
        return rounded

    def excess(self, rows: Rows) -> NDArray[np.int64]:
        """By how many connections too many each row of weights would have."""
        if self.max_connections is None:
            return super().excess(rows)
        counts = np.rint(rows.astype(float) / self.step).astype(np.int64)
        needed = [n_connections_of(self.network, row) for row in counts]
        return np.maximum(np.array(needed, dtype=np.int64) - self.max_connections, 0)


def usual_episodes(task: Task) -> tuple[int, int]:
    """Episodes of a generation and of a confirmation: an episode of labelled data is a batch, which says much more."""
    samples = samples_of(task)
    if samples is None:
        return 16, 256
    return (2, 20) if samples.has_batches else (1, 1)


def objective_for(
    network: Network,
    task: Task,
    scales: Sequence[float],
    step: float | None,
    max_connections: int | None,
    step_cost: float,
    evaluator: Evaluator,
) -> Objective:
    """What weights are tuned for: their reward as they are, or rounded where there is a step."""
    common: dict[str, Any] = {"scales": scales, "step_cost": step_cost, "evaluator": evaluator}
    if step is not None:
        return QuantizedObjective(network, task, step=step, max_connections=max_connections, **common)
    if max_connections is not None:
        raise WannError("max_connections is given without step; only quantized weights make connections")
    return Objective(network, task, **common)
