"""Networks of a fixed topology."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_integer, check_list, check_names
from wann.networks.activations import Activation
from wann.networks.network import Network

#: Nodes in a layer, at most.
MAX_LAYER = 10_000


def fully_connected(
    inputs: Sequence[str],
    outputs: Sequence[str],
    hidden_layers: Sequence[int],
    *,
    activation: Activation | int | str = Activation.TANH,
    output_activation: Activation | int | str = Activation.TANH,
) -> Network:
    """A network of fixed topology: layers, each fully connected to the next, and the bias to every node.

    Args:
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        hidden_layers: Nodes in each hidden layer.
        activation: Of the hidden nodes.
        output_activation: Of the outputs.

    Raises:
        WannError: An argument does not describe such a network.
    """
    inputs, outputs = check_names(inputs, "inputs"), check_names(outputs, "outputs")
    sizes = check_list(hidden_layers, "hidden_layers", "numbers of nodes")
    hidden_layers = [check_integer(size, "a hidden layer's size", 1, MAX_LAYER) for size in sizes]
    previous = np.arange(1, 1 + len(inputs))
    next_node = 1 + len(inputs)
    pairs: list[NDArray[np.int64]] = []
    for size in [*hidden_layers, len(outputs)]:
        layer = np.arange(next_node, next_node + size)
        sources = np.concatenate([[0], previous])
        pairs.append(np.column_stack([np.tile(sources, size), np.repeat(layer, len(sources))]))
        previous, next_node = layer, next_node + size
    return Network(
        inputs=inputs,
        outputs=outputs,
        hidden=[activation] * sum(hidden_layers),
        output_activations=output_activation,
        connections=np.concatenate(pairs),
    )
