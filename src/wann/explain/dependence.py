"""The few inputs that each output depends on: by the graph, and by how much the output changes without them."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wann.explain.ablation import outgoing, without
from wann.explain.behaviour import observations, output_values
from wann.explain.trials import Weighting
from wann.networks.network import Network
from wann.tasks.protocol import Task


@dataclass(frozen=True)
class Influence:
    """An input that an output can be reached from."""

    name: str
    #: How far the output is off without the input (root of the mean square), as a part of the output's standard deviation;
    #: None where the task does not tell what a network sees.
    change: float | None


@dataclass(frozen=True)
class OutputInputs:
    """An output, and the inputs that lead to it, the strongest first."""

    output: str
    inputs: tuple[Influence, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)


def dependence(network: Network, task: Task, at: Weighting, *, seed: int) -> tuple[OutputInputs, ...]:
    """What each output depends on, along episodes in which the whole network acts, or on labelled samples.

    Args:
        network: A network that fits the task.
        task: The task.
        at: The weights; with several, a change is the mean over them.
        seed: Names the episodes.
    """
    reached = _reached(network)
    changes = _changes(network, task, at, seed)
    first = network.n_nodes - network.n_outputs
    found = []
    for k, output in enumerate(network.outputs):
        names = [
            Influence(name, None if changes is None else float(changes[i, k]))
            for i, name in enumerate(network.inputs)
            if reached[1 + i, first + k]
        ]
        found.append(OutputInputs(output, tuple(sorted(names, key=lambda x: -(x.change or 0.0)))))
    return tuple(found)


def _reached(network: Network) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which node (row) each node (column) depends on."""
    reached, before = np.eye(network.n_nodes, dtype=bool), -1
    while before != (before := int(reached.sum())):  # once, and again for what recurrent connections carry
        for source, target in network.connections:  # sorted by target
            reached[:, target] |= reached[:, source]
    return reached


def _changes(network: Network, task: Task, at: Weighting, seed: int) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """How much each output changes without each input, shape (n_inputs, n_outputs)."""
    weights = list(at.shared) if at.shared else [None]
    seen = observations(task, network, weights, seed)
    if seen is None:
        return None
    found = np.zeros((len(weights), network.n_inputs, network.n_outputs))
    for i in range(network.n_inputs):
        mask = outgoing(network, 1 + i)
        if mask.any():
            smaller = without(network, mask)
            for j, (weight, x) in enumerate(zip(weights, seen, strict=True)):
                whole, less = (output_values(n, x, weight).astype(np.float64) for n in (network, smaller))
                spread = np.maximum(whole.std(axis=0), 1e-9)
                found[j, i] = np.sqrt(((whole - less) ** 2).mean(axis=0)) / spread
    return found.mean(axis=0)  # type: ignore[no-any-return]
