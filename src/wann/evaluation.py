"""How good a network is, on episodes that nothing was chosen on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wann import seeding
from wann.config import WEIGHT_VALUES, check_weights
from wann.errors import WannError
from wann.network import Network
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes, run_lanes
from wann.threads import check_threads

#: Random weights are drawn from U(-2, 2), as in the paper.
WEIGHT_RANGE = (-2.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class Score:
    """Mean and standard deviation of the rewards of some episodes."""

    mean: float
    std: float
    n: int

    @classmethod
    def of(cls, rewards: Any) -> "Score":
        """The score of an array of rewards, of any shape."""
        values = np.asarray(rewards, dtype=float)
        return cls(mean=float(values.mean()), std=float(values.std(ddof=1)) if values.size > 1 else 0.0, n=values.size)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What `evaluate` measures."""

    task: str
    weights: dict[float, Score]  #: at each shared weight, over episodes
    mean_reward: float  #: over the weights
    best_reward: float  #: at the best weight
    random_shared_weight: Score  #: a fresh draw from U(-2, 2) for every episode
    environment_steps: int

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        data = asdict(self)
        data["weights"] = [{"weight": w, **asdict(s)} for w, s in self.weights.items()]
        return data


def evaluate(
    network: Network,
    task: Task,
    *,
    episodes: int = 100,
    weights: Sequence[float] = WEIGHT_VALUES,
    seed: int = 0,
    threads: int | None = None,
) -> Evaluation:
    """Scores a network at shared weights, and at weights drawn from U(-2, 2), on fresh episodes.

    Args:
        network: A network that fits the task.
        task: The task.
        episodes: At each weight, and in all for the random ones.
        weights: Shared weights.
        seed: Names the episodes; they are never those of a search, whatever its seed.
        threads: Threads to use; all cores by default.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    values = check_weights(weights)
    if isinstance(episodes, bool) or not isinstance(episodes, int) or not 1 <= episodes <= 10**7:
        raise WannError(f"episodes is {episodes!r}; it must be an integer from 1 to 10000000")
    seed = seeding.check_seed(seed)
    threads = check_threads(threads)
    seeds = seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, episodes)
    fixed = run_lanes(task, [network], *product_lanes(values, seeds), threads=threads)
    rewards = fixed.rewards.reshape(len(values), episodes)
    drawn = seeding.generator(seed, Stream.EVALUATION_WEIGHTS).uniform(*WEIGHT_RANGE, episodes)
    random = run_lanes(task, [network], drawn, seeds, threads=threads)
    return Evaluation(
        task=task.name,
        weights={w: Score.of(r) for w, r in zip(values, rewards, strict=True)},
        mean_reward=float(rewards.mean()),
        best_reward=float(rewards.mean(axis=1).max()),
        random_shared_weight=Score.of(random.rewards),
        environment_steps=fixed.computed_steps + random.computed_steps,
    )
