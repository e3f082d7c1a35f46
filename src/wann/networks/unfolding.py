"""Weights as topology: trained weights become numbers of parallel paths, which one shared weight runs.

A weight that is *k* steps large becomes *k* paths through linear nodes behind its source, or through inverse nodes where
it is negative. A node that computed f(Σ v·x) then computes f(w · Σ ±w·x) = f(w² · Σ k·x): what the trained network does
when all of its weights are rounded and multiplied by w²/step. So the shared weight's sign does not matter, and weights
that work at several *scales* (an argument of `wann.training.WeightTuning`) make a network that works at as many shared
weights.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from wann.arguments import MAX_WEIGHT, check_instance, is_number, shown
from wann.errors import WannError
from wann.networks import metadata
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.graph import nodes_without_effect
from wann.networks.metadata import QuantizationRecord
from wann.networks.network import Network

_PATH = {1: Activation.LINEAR, -1: Activation.INVERSE}
#: With a smaller step, a large weight is more steps than float32 can count.
SMALLEST_STEP = 1e-6


def quantized(network: Network, step: float, rng: np.random.Generator | None = None) -> Network:
    """The network with its weights, rounded to multiples of a step, as topology.

    Args:
        network: A network with individual weights.
        step: The weight that becomes one path, at least `SMALLEST_STEP`.
        rng: Rounds stochastically, up or down by chance, the nearer the likelier; without it to the nearest.

    Returns:
        The topology. At the shared weight √step it does what the network does with rounded weights. Its individual weights
        are the network's, shared out over the paths: with them it does what the network does, but for weights that were
        rounded to 0.

    Raises:
        WannError: The network has no individual weights or is recurrent, an output of it feeds another node, step is too
            small, or an argument has the wrong type.
    """
    check_network(network)
    if rng is not None:
        check_instance(rng, np.random.Generator, "rng", "numpy.random.default_rng(0)")
    return unfolded(network, path_counts(network, check_step(step), rng), step)


def unfolded(network: Network, counts: NDArray[np.int64], step: float) -> Network:
    """The network with so many paths instead of each connection, and its weights shared out over them."""
    assert network.weights is not None
    counts = _without_dead_nodes(network, counts)
    n_fixed, n_outputs = 1 + network.n_inputs, network.n_outputs
    copies = _copies(network, counts)
    alive = set(network.connections[counts != 0].ravel().tolist())
    hidden: list[Activation] = []
    number: dict[int, int] = {i: i for i in range(n_fixed)}
    path_node: dict[tuple[int, int, int], int] = {}
    connections: list[tuple[int, int]] = []
    weights: list[float] = []
    for source in range(network.n_nodes - n_outputs):
        if source >= n_fixed:
            if source not in alive:
                continue
            number[source] = n_fixed + len(hidden)
            hidden.append(network.hidden[source - n_fixed])
        for sign, activation in _PATH.items():
            for k in range(copies[source, sign]):
                path_node[source, sign, k] = n_fixed + len(hidden)
                connections.append((number[source], n_fixed + len(hidden)))
                weights.append(1.0)
                hidden.append(activation)
    for i in range(n_outputs):
        number[network.n_nodes - n_outputs + i] = n_fixed + len(hidden) + i
    for (source, target), count, weight in zip(
        network.connections.tolist(), counts.tolist(), network.weights.tolist(), strict=True
    ):
        sign = 1 if count > 0 else -1
        for k in range(abs(count)):
            connections.append((path_node[source, sign, k], number[target]))
            weights.append(weight / count)
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=hidden,
        output_activations=network.output_activations,
        connections=connections,
        weights=weights,
        metadata={**metadata.for_changed_topology(network.metadata), **QuantizationRecord(step=step).entries()},
    )


def _without_dead_nodes(network: Network, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The counts, 0 for hidden nodes that lead nowhere, and for those that nothing leads to and that therefore give 0."""
    n_fixed = 1 + network.n_inputs
    hidden = {n_fixed + i: activation for i, activation in enumerate(network.hidden)}
    dead = nodes_without_effect(hidden, network.connections[counts != 0].tolist())
    return np.where(np.isin(network.connections, list(dead)).any(axis=1), 0, counts)


def n_quantized_connections(network: Network, step: float) -> int:
    """Connections that the network has once it is quantized with this step, at most."""
    counts = path_counts(network, check_step(step))
    return n_connections_of(network, counts)


def n_connections_of(network: Network, counts: NDArray[np.int64]) -> int:
    """Connections of the network with so many paths instead of each of its own, at most."""
    return int(np.abs(counts).sum()) + sum(_copies(network, counts).values())


def check_step(step: float) -> float:
    """The step itself.

    Raises:
        WannError: It is not a number of at least `SMALLEST_STEP`.
    """
    if not is_number(step) or not SMALLEST_STEP <= step <= MAX_WEIGHT:
        raise WannError(f"step is {shown(step)}; it must be a number of at least {SMALLEST_STEP:g}")
    return float(step)


def path_counts(network: Network, step: float, rng: np.random.Generator | None = None) -> NDArray[np.int64]:
    """How many steps each weight is, rounded stochastically where there is something to draw from."""
    if network.weights is None:
        raise WannError("the network has no individual weights to quantize; tuning gives it some")
    network.refuse_recurrent("cannot be quantized")
    if len(network.connections) and network.connections[:, 0].max() >= network.n_nodes - network.n_outputs:
        raise WannError("an output of the network feeds another node; such networks cannot be quantized")
    steps = network.weights.astype(float) / step
    if np.abs(steps).max(initial=0) > _MOST_PATHS:
        raise WannError(f"step is {step:g}; the largest weight would become more than {_MOST_PATHS} paths")
    rounded = np.rint(steps) if rng is None else np.floor(steps + rng.random(len(steps)))
    return rounded.astype(np.int64)


_MOST_PATHS = 1000


def _copies(network: Network, counts: NDArray[np.int64]) -> defaultdict[tuple[int, int], int]:
    """Linear (1) and inverse (-1) nodes that each source needs: as many as the largest of its weights of that sign."""
    copies: defaultdict[tuple[int, int], int] = defaultdict(int)
    for (source, _), count in zip(network.connections.tolist(), counts.tolist(), strict=True):
        key = source, 1 if count > 0 else -1
        copies[key] = max(copies[key], abs(count))
    return copies
