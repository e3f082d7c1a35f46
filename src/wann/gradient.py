"""Individual weights by gradient, with PyTorch (the extra ``torch``)."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.activations import Activation
from wann.errors import MissingExtraError
from wann.network import Network

try:
    import torch
except ImportError:
    raise MissingExtraError("training by gradient", "torch") from None

_FUNCTIONS: dict[Activation, Callable[[Any], Any]] = {
    Activation.LINEAR: lambda x: x,
    Activation.STEP: lambda x: (x > 0).to(x.dtype),
    Activation.SINE: lambda x: torch.sin(math.pi * x),
    Activation.GAUSSIAN: lambda x: torch.exp(-x * x / 2),
    Activation.TANH: torch.tanh,
    Activation.SIGMOID: torch.sigmoid,
    Activation.INVERSE: lambda x: -x,
    Activation.ABSOLUTE: torch.abs,
    Activation.RELU: torch.relu,
    Activation.COSINE: lambda x: torch.cos(math.pi * x),
}


class TorchNetwork(torch.nn.Module):  # type: ignore[misc]
    """A network with a parameter for each connection.

    Nodes are computed in layers, each of the nodes whose sources are all there; a layer is one product of matrices, in which
    absent connections are zeros.

    Args:
        network: The topology.
        weights: First values of the weights, in the order of `Network.connections`.
    """

    def __init__(self, network: Network, weights: NDArray[np.float32]) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.tensor(np.array(weights, dtype=np.float32)))
        self.layers: list[tuple[int, int, Any, Any, Any, list[tuple[Callable[[Any], Any], Any]]]] = []
        n_fixed = 1 + network.n_inputs
        connections = network.connections
        depth = _depths(network)
        columns = np.arange(network.n_nodes)  # where the value of each node stands
        width = n_fixed
        for level in range(1, int(depth.max(initial=0)) + 1):
            nodes = np.flatnonzero(depth == level)
            mine = np.flatnonzero(depth[connections[:, 1]] == level)
            row = np.searchsorted(nodes, connections[mine, 1])
            functions = []
            for activation in sorted({network.activations[n - n_fixed] for n in nodes}):
                members = [i for i, n in enumerate(nodes) if network.activations[n - n_fixed] is activation]
                functions.append((_FUNCTIONS[activation], torch.tensor(members)))
            source = torch.tensor(columns[connections[mine, 0]])
            self.layers.append((len(nodes), width, torch.tensor(row), source, torch.tensor(mine), functions))
            columns[nodes] = width + np.arange(len(nodes))
            width += len(nodes)
        self.outputs = torch.tensor(columns[-network.n_outputs :])

    def forward(self, x: Any) -> Any:
        """Outputs (n, n_outputs) for inputs (n, n_inputs)."""
        values = torch.cat([torch.ones_like(x[:, :1]), x], dim=1)
        for n_nodes, width, row, source, mine, functions in self.layers:
            matrix = torch.zeros(n_nodes, width, dtype=x.dtype).index_put((row, source), self.weights[mine])
            sums = values @ matrix.T
            layer = torch.zeros_like(sums)
            for function, members in functions:
                layer = layer.index_copy(1, members, function(sums[:, members]))
            values = torch.cat([values, layer], dim=1)
        return values[:, self.outputs]


def _depths(network: Network) -> NDArray[np.int64]:
    """The layer of each node: 0 for the bias and the inputs, else one more than the last of its sources."""
    n_fixed = 1 + network.n_inputs
    depth = np.zeros(network.n_nodes, dtype=np.int64)
    depth[n_fixed:] = 1
    for source, target in network.connections:  # sorted by target
        depth[target] = max(depth[target], depth[source] + 1)
    return depth


def train(
    network: Network,
    x: NDArray[np.float32],
    y: NDArray[np.int32],
    *,
    start: NDArray[np.float32],
    epochs: int,
    batch: int,
    learning_rate: float,
    seed: int,
) -> NDArray[np.float32]:
    """Weights that Adam finds for the log-likelihood of the classes; see `wann.classification.train_by_gradient`."""
    model = TorchNetwork(network, start)
    inputs, classes = torch.tensor(np.array(x)), torch.tensor(y.astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    steps = epochs * math.ceil(len(x) / batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = torch.Generator().manual_seed(seed % 2**63)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs[rows]), classes[rows]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    trained: NDArray[np.float32] = model.weights.detach().numpy().copy()
    return trained
