"""Fully connected networks, the paper's first baseline."""

from collections.abc import Sequence

from wann.arguments import check_integer
from wann.errors import WannError
from wann.networks.fixed import fully_connected
from wann.networks.metadata import Origin
from wann.networks.network import Network
from wann.tasks.protocol import Task, presets_of

#: Nodes in the hidden layers for tasks that do not know what suits them.
_HIDDEN_LAYERS = (5, 5)


def default_hidden_layers(task: Task) -> tuple[int, ...]:
    """Nodes in each hidden layer of a task's fixed topology."""
    known = presets_of(task)
    return _HIDDEN_LAYERS if known is None else known.hidden_layers


def fixed_topology(task: Task, hidden_layers: Sequence[int] | None = None) -> Network:
    """A fully connected tanh network for a task.

    Args:
        task: The task; its output activation is that of the outputs.
        hidden_layers: Nodes in each hidden layer; `default_hidden_layers` if not given.

    Raises:
        WannError: A layer has fewer than 1 or more than 10,000 nodes.
    """
    layers = default_hidden_layers(task) if hidden_layers is None else tuple(hidden_layers)
    if not layers:
        raise WannError("hidden_layers: at least one hidden layer is needed")
    for size in layers:
        check_integer(size, "a hidden layer's size", 1, 10_000)
    return fully_connected(
        task.inputs, task.outputs, layers, activation="tanh", output_activation=task.output_activation
    ).with_metadata(**Origin(task=task.name).entries())
