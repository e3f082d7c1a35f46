"""Individual weights by gradient, with PyTorch (the extra ``torch``)."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wann.errors import MissingExtraError, WannError
from wann.networks.activations import Activation
from wann.networks.layers import Layer, in_layers
from wann.networks.network import Network

if TYPE_CHECKING:
    from torch import Generator, Tensor

try:
    import torch
except ImportError:
    raise MissingExtraError("training by gradient", "torch") from None

#: An activation as a function of a tensor of any shape.
Function = Callable[["Tensor"], "Tensor"]

_FUNCTIONS: dict[Activation, Function] = {
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

#: Part of the training for which the learning rate rises; afterwards it falls to 0 along a cosine.
_WARM_UP = 0.02
#: Part of the Fisher information that a step keeps of the steps before it, and steps for which one factorisation serves.
_MEMORY, _REFRESH = 0.98, 10
#: Added to the diagonal of the Fisher information, as a part of the diagonal's mean.
_DAMPING = 1e-3
#: The largest step, as the square root of twice the divergence between the outputs before and after it.
_TRUST = 0.1
_MOMENTUM = 0.9
#: Above this many connections the Fisher information takes too long to factorise, and training is by Adam.
MAX_NATURAL = 4000


class _Layer:
    """Nodes whose sources all stand in former layers, as tensors."""

    def __init__(self, layer: Layer) -> None:
        self._n_nodes = len(layer.nodes)
        self._sizes = list(layer.sizes)
        self._functions = [_FUNCTIONS[activation] for activation in layer.activations]
        self._needed, self._connections = torch.tensor(layer.needed), torch.tensor(layer.connections)
        self._row, self._column = torch.tensor(layer.row), torch.tensor(layer.column)

    def sums(self, weights: "Tensor", values: "Tensor") -> "Tensor":
        """What its nodes get, shape (n_nodes, n): a product with a matrix in which absent connections are zeros."""
        matrix = torch.zeros(self._n_nodes, len(self._needed), dtype=values.dtype)
        filled: Tensor = matrix.index_put((self._row, self._column), weights[self._connections]) @ values[self._needed]
        return filled

    def activated(self, sums: "Tensor") -> "list[Tensor]":
        """The values of its nodes, a tensor for each activation."""
        parts = zip(self._functions, sums.split(self._sizes), strict=True)
        return [function(part) for function, part in parts]


class TorchNetwork:
    """A network whose weights are an argument, so that PyTorch can differentiate by them.

    Nodes are computed in layers, each of the nodes whose sources are all there.
    """

    def __init__(self, network: Network) -> None:
        network.refuse_recurrent("cannot be trained by gradient; tune it by CMA-ES")
        n_fixed = 1 + network.n_inputs
        layers = in_layers(network)
        self.source = torch.tensor(layers.row[network.connections[:, 0]])  #: the row of each connection's source
        self.target = torch.tensor(layers.row[network.connections[:, 1]] - n_fixed)
        self.outputs = torch.tensor(layers.row[-network.n_outputs :])  #: rows of the outputs
        self._layers = [_Layer(layer) for layer in layers.layers]

    def __call__(self, weights: "Tensor", x: "Tensor") -> "Tensor":
        """Outputs (n, n_outputs) for weights (n_connections,), in the order of `Network.connections`, and inputs (n,
        n_inputs).
        """
        return self.run(weights, x)[0]

    def run(self, weights: "Tensor", x: "Tensor") -> "tuple[Tensor, Tensor, list[Tensor]]":
        """The outputs (n, n_outputs); the values of all nodes (n_nodes, n); each layer's sums before the activations."""
        values = torch.cat([torch.ones(1, len(x), dtype=x.dtype), x.T])
        sums = []
        for layer in self._layers:
            sums.append(layer.sums(weights, values))
            values = torch.cat([values, *layer.activated(sums[-1])])
        return values[self.outputs].T, values, sums


class _Adam:
    """Steps by Adam, with the gradient's length limited to 1."""

    def __init__(self, network: TorchNetwork, weights: "Tensor", generator: "Generator") -> None:
        self._network = network
        self._weights = weights
        self._optimizer = torch.optim.Adam([weights.requires_grad_(True)])

    def step(self, x: "Tensor", classes: "Tensor", rate: float) -> float:
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self._network(self._weights, x), classes)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([self._weights], 1.0)
        self._optimizer.step()
        return float(loss.detach())


class _NaturalGradient:
    """Steps by the natural gradient: F⁻¹ times the gradient, with F the Fisher information of all weights together.

    A thousand weights whose effects pass through dozens of sines and Gaussians one after the other are of very different use
    and far from independent, which Adam, whose steps are scaled one by one, does not see. F is a mean over batches of the
    outer products of the gradients of log p(class), the class being drawn from the network's own outputs.
    """

    def __init__(self, network: TorchNetwork, weights: "Tensor", generator: "Generator") -> None:
        self._network = network
        self._weights = weights
        self._generator = generator
        self._fisher = torch.zeros(len(weights), len(weights))
        self._sum_of_parts = 0.0
        self._direction = torch.zeros_like(weights)
        self._steps = 0

    def step(self, x: "Tensor", classes: "Tensor", rate: float) -> float:
        loss, gradient = self._differentiate(x, classes)
        if not math.isfinite(loss):
            return loss
        if self._steps % _REFRESH == 0:
            fisher = self._fisher / self._sum_of_parts
            fisher.diagonal().add_(_DAMPING * float(fisher.diagonal().mean()) + 1e-12)
            self._factor, failed = torch.linalg.cholesky_ex(fisher)
            if int(failed):  # gradients that are not finite
                return math.nan
        self._direction.mul_(_MOMENTUM).add_(gradient, alpha=1 - _MOMENTUM)
        step = torch.cholesky_solve(self._direction[:, None], self._factor)[:, 0]
        length = math.sqrt(max(float(step @ self._fisher @ step) / self._sum_of_parts, 1e-30))
        self._weights -= min(rate, _TRUST / length) * step
        self._steps += 1
        return loss

    def _differentiate(self, x: "Tensor", classes: "Tensor") -> "tuple[float, Tensor]":
        """The loss and its gradient; adds the batch to the Fisher information."""
        weights = self._weights.clone().requires_grad_(True)
        outputs, values, sums = self._network.run(weights, x)
        likelihood = torch.log_softmax(outputs, dim=1)
        loss = torch.nn.functional.nll_loss(likelihood, classes)
        if not math.isfinite(float(loss.detach())):
            return math.nan, torch.zeros_like(self._weights)
        (gradient,) = torch.autograd.grad(loss, weights, retain_graph=True)
        drawn = torch.multinomial(likelihood.detach().exp(), 1, generator=self._generator)
        chosen = likelihood.gather(1, drawn).sum()
        by_sum = torch.cat(torch.autograd.grad(chosen, sums, allow_unused=True, materialize_grads=True))
        # A weight's gradient for one sample is that of the sum that it is in, times the value that it multiplies.
        each = by_sum[self._network.target] * values.detach()[self._network.source]
        self._fisher.mul_(_MEMORY).addmm_(each, each.T, alpha=(1 - _MEMORY) / len(x))
        self._sum_of_parts = _MEMORY * self._sum_of_parts + 1 - _MEMORY
        return float(loss.detach()), gradient


def train(
    network: Network,
    x: NDArray[np.float32],
    y: NDArray[np.int32],
    *,
    start: NDArray[np.float32],
    epochs: int,
    batch: int,
    learning_rate: float,
    natural: bool,
    seed: int,
    threads: int,
    watch: Callable[[int, NDArray[np.float32]], None],
) -> None:
    """Trains weights by gradient for the log-likelihood of the classes; see `wann.training.train_by_gradient`.

    After each epoch ``watch`` gets its number and the weights that it ended with.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        weights = torch.tensor(np.array(start, dtype=np.float32))
        generator = torch.Generator().manual_seed(seed % 2**63)
        method = (_NaturalGradient if natural else _Adam)(TorchNetwork(network), weights, generator)
        inputs, classes = torch.tensor(np.array(x)), torch.tensor(y.astype(np.int64))
        n_steps = epochs * math.ceil(len(x) / batch)
        step = 0
        for epoch in range(epochs):
            for rows in torch.randperm(len(x), generator=generator).split(batch):
                loss = method.step(inputs[rows], classes[rows], learning_rate * _schedule(step / n_steps))
                if not math.isfinite(loss):
                    raise WannError(f"training diverged at a learning rate of {learning_rate}; try a smaller one")
                step += 1
            watch(epoch + 1, weights.detach().numpy().copy())
    finally:
        torch.set_num_threads(before)


def _schedule(done: float) -> float:
    """The part of the learning rate that is used when this part of the training is done."""
    return done / _WARM_UP if done < _WARM_UP else 0.5 * (1 + math.cos(math.pi * done))
