"""One weight for dynamics that were not met in search, found in a few episodes.

This is a bandit whose arms are shared weights. What is known before is the weight profile on the task that the network
comes from; it costs none of the few episodes. What the new task gives is taken to differ from it by a smooth function
of the weight (a Gaussian process), so that an episode tells of its weight, less of the weights near it, and a little of
all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import check_integer
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks import metadata
from wann.networks.network import Network
from wann.search.config import WEIGHT_RANGE
from wann.seeding import Stream
from wann.tasks.for_network import task_for
from wann.tasks.protocol import Task, check_fits, product_lanes
from wann.training.shared_weight import check_range

#: Weights that are told apart, and episodes with each on the former task.
_POINTS, _FORMER_EPISODES = 81, 32
#: How far a weight tells of others, as a part of the range. This and the next were chosen on four swing-up networks with
#: twelve random sets of physics each; from 0.03 to 0.1, and from 0.3 to 0.6, the rewards differed by 1 %.
_REACH = 0.05
#: Of how much a task can differ from the former one, the part that is alike at all weights.
_COMMON = 0.6
#: How much a task can differ, beside how much the former profile's weights do (standard deviations).
_SPREAD = 2.0


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An episode on the new task."""

    weight: float
    reward: float


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """What `adapt` found."""

    network: Network  #: with the weight as its `Network.shared_weight`, and without individual weights
    weight: float
    former_weight: float  #: the best on the former task: what to use without any episode
    expected_reward: float  #: on the new task at `weight`, as far as the episodes tell; not a score to report
    attempts: tuple[Attempt, ...]  #: the episodes on the new task, in their order
    environment_steps: int  #: of those episodes


def adapt(
    network: Network,
    task: Task,
    *,
    episodes: int = 3,
    former: Task | None = None,
    low: float = WEIGHT_RANGE[0],
    high: float = WEIGHT_RANGE[1],
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
) -> Adaptation:
    """Finds the shared weight for a task that the network was not searched on, in a few episodes there.

    Each episode runs with the weight that promises most: the mean of what is believed of it plus one standard deviation.
    What is believed begins with the weight profile on the former task. In the end the weight with the highest mean is taken.

    Args:
        network: A network that fits both tasks.
        task: What to adapt to.
        episodes: On that task.
        former: The task that the network comes from; the one that its file names if not given.
        low: The smallest weight.
        high: The largest weight.
        seed: Names the episodes.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.

    Raises:
        WannError: The network does not fit a task, does not name the one that it comes from, or an argument is out of range.
    """
    check_fits(network, task)
    former = _former_task(network) if former is None else former
    check_fits(network, former)
    check_integer(episodes, "episodes", 1, 1000)
    seed, evaluator = seeding.check_seed(seed), chosen(evaluator, threads)
    weights = np.linspace(*check_range(low, high), _POINTS)
    belief = _Belief.of_former(weights, _rewards(network, former, weights, seed, evaluator))
    former_weight = float(weights[belief.mean.argmax()])
    attempts: list[Attempt] = []
    steps = 0
    for episode_seed in seeding.episode_seeds(seed, Stream.ADAPTATION_EPISODES, episodes, 1):
        i = belief.most_promising()
        rollouts = evaluator.run(task, [network], weights[i : i + 1], np.array([episode_seed]))
        reward = float(rollouts.rewards[0, 0])
        steps += rollouts.computed_steps
        attempts.append(Attempt(weight=float(weights[i]), reward=reward))
        belief = belief.told(i, reward)
    best = int(belief.mean.argmax())
    return Adaptation(
        network=_with_weight(network, float(weights[best])),
        weight=float(weights[best]),
        former_weight=former_weight,
        expected_reward=float(belief.mean[best]),
        attempts=tuple(attempts),
        environment_steps=steps,
    )


def _former_task(network: Network) -> Task:
    if metadata.saved_task(network) is None:
        raise WannError("the network does not say what task it comes from; give that as former", parameter="former")
    return task_for(network)


def _rewards(
    network: Network, task: Task, weights: NDArray[np.float64], seed: int, evaluator: Evaluator
) -> NDArray[np.float64]:
    """On the former task, shape (n_weights, n_episodes)."""
    seeds = seeding.episode_seeds(seed, Stream.ADAPTATION_EPISODES, _FORMER_EPISODES)
    return evaluator.run(task, [network], *product_lanes(weights, seeds)).rewards.reshape(len(weights), -1)


def _with_weight(network: Network, weight: float) -> Network:
    """The topology with this shared weight; individual weights and what is said of them are of other dynamics."""
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations=network.output_activations,
        connections=network.connections,
        recurrent=network.recurrent,
        shared_weight=weight,
        metadata=metadata.for_changed_weights(network.metadata),
    )


@dataclass(frozen=True, kw_only=True)
class _Belief:
    """What is believed of the mean reward at each weight: a normal distribution."""

    mean: NDArray[np.float64]  #: shape (n_weights,)
    covariance: NDArray[np.float64]  #: shape (n_weights, n_weights)
    noise: float  #: variance of an episode's reward around the mean of its weight

    @classmethod
    def of_former(cls, weights: NDArray[np.float64], rewards: NDArray[np.float64]) -> "_Belief":
        """Before the first episode: the former profile, and how much the new one can differ from it."""
        mean = rewards.mean(axis=1)
        apart = (weights[:, None] - weights) / (_REACH * (weights[-1] - weights[0]))
        alike = _COMMON + (1 - _COMMON) * np.exp(-(apart**2) / 2)
        return cls(mean=mean, covariance=_SPREAD**2 * mean.var() * alike, noise=float(rewards.var(axis=1).mean()))

    def most_promising(self) -> int:
        """The weight with the highest mean plus one standard deviation."""
        return int((self.mean + np.sqrt(np.maximum(np.diag(self.covariance), 0))).argmax())

    def told(self, i: int, reward: float) -> "_Belief":
        """After an episode with weight i (the update of a Kalman filter)."""
        variance = self.covariance[i, i] + self.noise
        if variance == 0:  # all weights and episodes gave the same
            return self
        gain = self.covariance[:, i] / variance
        mean = self.mean + gain * (reward - self.mean[i])
        return _Belief(mean=mean, covariance=self.covariance - np.outer(gain, self.covariance[i]), noise=self.noise)
