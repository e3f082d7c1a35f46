"""What the nodes of a network do along episodes, or on labelled samples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.networks.stepping import Stepper
from wann.seeding import Stream, reset_seed
from wann.tasks.protocol import HasEnvironment, Task, environment_of, recordings_of, samples_of

Values = NDArray[np.float32]
#: What is seen in the episodes of one weight, shapes (n_steps, n_inputs); labelled samples stand as one episode.
Episodes = list[Values]

#: Episodes that are written down with each weight; steps of one, and samples, at most.
EPISODES = 2
_MOST_STEPS, _MOST_SAMPLES = 2000, 2000

#: Where an activation's output no longer follows its input: the slope is below a tenth of its largest, or 0.
_SATURATED = {
    Activation.TANH: lambda out: np.abs(out) > 0.95,
    Activation.SIGMOID: lambda out: np.abs(out - 0.5) > 0.475,
    Activation.GAUSSIAN: lambda out: out < 0.05,
    Activation.RELU: lambda out: out <= 0,
}


def observations(task: Task, network: Network, weights: Sequence[float | None], seed: int) -> list[Episodes] | None:
    """What the network sees with each weight; None where the task cannot tell.

    Args:
        task: The task.
        network: A network that fits it.
        weights: Shared weights; None stands for the network's own individual ones.
        seed: Names the episodes, which are those of `wann evaluate`.
    """
    samples, recordable, environment = samples_of(task), recordings_of(task), environment_of(task)
    if samples is not None:
        shown = samples.held_out or samples
        return [[shown.x[:_MOST_SAMPLES]]] * len(weights)
    seeds = [int(s) for s in seeding.episode_seeds(seed, Stream.EVALUATION_EPISODES, EPISODES)]
    if recordable is not None:
        runs = [[r.observations for r in recordable.record(network, weights, s, _MOST_STEPS)] for s in seeds]
        return [list(of_weight) for of_weight in zip(*runs, strict=True)]
    if environment is not None:
        return [[_seen(environment, network, weight, s) for s in seeds] for weight in weights]
    return None


def _seen(task: HasEnvironment, network: Network, weight: float | None, seed: int) -> Values:
    """What the network sees in one episode of an environment that is stepped by hand."""
    act, see, env = task.policy(network, weight), task.sight(network), task.make_env()
    try:
        observation, _ = env.reset(seed=reset_seed(seed))
        seen = [see(observation)]
        for _ in range(_MOST_STEPS):
            observation, _, terminated, truncated, _ = env.step(act(observation))
            seen.append(see(observation))
            if terminated or truncated:
                break
    finally:
        env.close()
    return np.stack(seen)


def node_values(network: Network, seen: Episodes, weight: float | None) -> Values:
    """The value of every hidden node and output in all steps, shape (n, n_hidden + n_outputs).

    Args:
        network: The network.
        seen: What it sees.
        weight: A shared weight; None stands for the network's own individual ones.
    """
    return output_values(_opened(network), seen, weight)


def output_values(network: Network, seen: Episodes, weight: float | None) -> Values:
    """The outputs in all steps, shape (n, n_outputs); a recurrent network begins each episode without memory.

    Args:
        network: The network.
        seen: What it sees.
        weight: A shared weight; None stands for the network's own individual ones.
    """
    weights = network.weights if weight is None else None
    if not network.is_recurrent:
        return network(np.concatenate(seen), weight, weights=weights)
    act, values = Stepper(network, weight, weights=weights), []
    for episode in seen:
        act.reset()
        values += [act(step) for step in episode]
    return np.stack(values)


def _opened(network: Network) -> Network:
    """A network whose outputs are all nodes: each has a copy that takes from the same nodes and leads nowhere."""
    n = len(network.activations)
    copies = network.connections + np.array([0, n])
    return Network(
        inputs=network.inputs,
        outputs=[f"copy {i}" for i in range(n)],
        hidden=network.activations,
        output_activations=network.activations,
        connections=np.concatenate([network.connections, copies]),
        recurrent=np.tile(network.recurrent, 2),
        weights=None if network.weights is None else np.tile(network.weights, 2),
    )


def saturated_share(activation: Activation, values: Values) -> float | None:
    """The part of a node's values at which its activation is saturated; None for one that never is."""
    test = _SATURATED.get(activation)
    return None if test is None else float(test(values).mean())


def distance(a: Values, b: Values) -> float:
    """How differently a node behaves: the Kolmogorov-Smirnov distance of its values, 0 (alike) to 1 (none in common).

    Both sides are divided by their root mean square: a node whose values only grow with the weight behaves alike.
    """
    a, b = (np.sort(np.round(x / max(float(np.sqrt((x.astype(np.float64) ** 2).mean())), 1e-9), 4)) for x in (a, b))
    both = np.concatenate([a, b])
    below = np.searchsorted(a, both, side="right") / len(a) - np.searchsorted(b, both, side="right") / len(b)
    return float(np.abs(below).max())
