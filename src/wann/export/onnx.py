"""ONNX: a graph of standard operators (the extra ``onnx``).

Nodes are computed in layers: a layer takes the values that it needs (Gather), multiplies them with one matrix (MatMul) and
applies its activations. That takes some six operators a layer, where one for each node and connection would take thousands,
each of which costs a runtime as much as a small matrix does.

The weights are one initializer. A shared one (``weight``) multiplies what comes out of matrices of ones and zeros.
Individual ones (``weights``, in the order of `Network.connections`) are put into their matrices by ScatterND, which a
runtime does once, when it loads the graph. So either way a change of one initializer changes the weights of the network.
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann._version import __version__
from wann.errors import MissingExtraError, WannError
from wann.export.weights import Weight, Weights, chosen_weights
from wann.networks.activations import Activation
from wann.networks.checks import check_network
from wann.networks.layers import Layer, in_layers
from wann.networks.metadata import saved_task_name
from wann.networks.network import Network
from wann.tasks.policy_parts import Action, Bounded, Largest, PolicyParts, check_parts

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

try:
    import onnx
    from onnx import helper, numpy_helper
except ImportError:
    raise MissingExtraError("export to ONNX", "onnx") from None

__all__ = ["to_onnx"]

#: Of the standard, and of the file's form: both old enough for the runtimes of 2022 and later.
_OPSET, _IR = 17, 8
#: Numbers in all matrices of a file at most; absent connections are zeros in them.
MAX_CELLS = 100_000_000


class _Graph:
    """Operators and initializers in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._constants: dict[bytes, str] = {}

    def add(self, op: str, *inputs: str, n_outputs: int = 1, name: str = "", **attributes: Any) -> Any:
        """An operator; gives the name of its output, or a list of names where it has several."""
        first = len(self.nodes)
        outputs = [name or f"{op.lower()}_{first}"] if n_outputs == 1 else [f"part_{first}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), outputs, **attributes))
        return outputs[0] if n_outputs == 1 else outputs

    def tensor(self, name: str, values: NDArray[Any]) -> str:
        """An initializer."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def constant(self, values: float | list[float]) -> str:
        """An initializer of float32 that is kept once."""
        return self._once(np.array(values, dtype=np.float32))

    def constant_integers(self, values: list[int]) -> str:
        """The same of int64."""
        return self._once(np.array(values, dtype=np.int64))

    def _once(self, array: NDArray[Any]) -> str:
        key = f"{array.dtype} {array.shape}".encode() + array.tobytes()
        if key not in self._constants:
            self._constants[key] = self.tensor(f"constant_{len(self._constants)}", array)
        return self._constants[key]


def to_onnx(network: Network, *, weight: Weight = None, policy: PolicyParts | None = None) -> "ModelProto":
    """The network as a graph of ONNX.

    Its input is ``input``, float32, shape (batch, n_inputs), its output is ``output``, float32, shape (batch, n_outputs);
    the names of the columns of both stand in the model's metadata as JSON. Inputs must be finite. The graph of a recurrent
    network is a step of an episode: it also takes ``memory``, float32, shape (batch, n_memory), zeros at first, and gives
    ``next_memory``.

    Args:
        network: The network.
        weight: The weights; see `wann.export.weights.chosen_weights`.
        policy: What stands before and after the network (`wann.tasks.policy_parts`). The graph then goes from
            ``observation`` to ``action``, which is int64 where it is a choice.

    Raises:
        WannError: The network has no such weight, or its matrices would be too large.
        MissingExtraError: ``onnx`` is not installed.
    """
    check_network(network)
    weights = chosen_weights(network, weight)
    check_parts(policy, network)
    graph = _Graph()
    given, result = ("observation", "action") if policy else ("input", "output")
    values = given
    if policy and policy.scaling:
        shift, factor = graph.constant(list(policy.scaling.shift)), graph.constant(list(policy.scaling.factor))
        values = graph.add("Mul", graph.add("Sub", given, shift), factor)
    outputs, kept = _network(graph, network, weights, values)
    width, whole = network.n_outputs, False
    if policy and policy.action:
        outputs = _action(graph, policy.action, outputs)
        whole = not isinstance(policy.action, Bounded)
        width = len(policy.action.sizes) if isinstance(policy.action, Largest) else width
    graph.add("Identity", outputs, name=result)
    takes = [_matrix(given, network.n_inputs)]
    gives = [_matrix(result, width, onnx.TensorProto.INT64 if whole else onnx.TensorProto.FLOAT)]
    if network.is_recurrent:
        graph.add("Identity", kept, name="next_memory")
        takes.append(_matrix("memory", network.n_memory))
        gives.append(_matrix("next_memory", network.n_memory))
    model = helper.make_model(
        helper.make_graph(graph.nodes, "wann", takes, gives, graph.initializers),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
        producer_name="wann",
        producer_version=__version__,
    )
    helper.set_model_props(model, _properties(network, weights, policy))
    return model


def _matrix(name: str, width: int, kind: int = onnx.TensorProto.FLOAT) -> "ValueInfoProto":
    """What is said of an input or an output."""
    return helper.make_tensor_value_info(name, kind, ["batch", width])


def _properties(network: Network, weights: Weights, policy: PolicyParts | None) -> dict[str, str]:
    properties = {
        "inputs": json.dumps(network.inputs),
        "outputs": json.dumps(network.outputs),
        "weights": "individual" if weights.shared is None else "shared",
        "contains": "policy" if policy else "network",
    }
    if (task := saved_task_name(network)) is not None:
        properties["task"] = task
    if policy and isinstance(policy.action, Largest) and policy.action.labels:
        properties["classes"] = json.dumps(policy.action.labels)
    return properties


def _network(graph: _Graph, network: Network, weights: Weights, given: str) -> tuple[str, str]:
    """The network's outputs from its inputs, and what a recurrent one remembers."""
    if weights.individual is None:
        weight = graph.tensor("weight", np.array(weights.shared, dtype=np.float32))
    else:
        weight = graph.tensor("weights", weights.individual)
    plan = in_layers(network)
    if sum(len(layer.needed) * len(layer.nodes) for layer in plan.layers) > MAX_CELLS:
        raise WannError(f"the network is too large for ONNX: its matrices would hold more than {MAX_CELLS:,} numbers")
    # The bias is a column of ones before the inputs.
    pads = graph.tensor("bias_column", np.array([0, 1, 0, 0], dtype=np.int64))
    values = graph.add("Pad", given, pads, graph.constant(1.0))
    if network.is_recurrent:
        values = graph.add("Concat", values, "memory", axis=1)
    for i, layer in enumerate(plan.layers, 1):
        sums = _sums(graph, layer, i, values, weight, individual=weights.individual is not None)
        values = graph.add("Concat", values, *_activated(graph, layer, sums), axis=1)
    columns = graph.tensor("output_columns", plan.row[-network.n_outputs :])
    outputs = graph.add("Gather", values, columns, axis=1)
    return outputs, _remembered(graph, network, values, plan.row) if network.is_recurrent else ""


def _remembered(graph: _Graph, network: Network, values: str, row: NDArray[np.int64]) -> str:
    """What is kept of the values: those of inputs as they are, others within a limit."""
    nodes = network.core.memory.astype(np.int64)
    most = np.where(nodes <= network.n_inputs, np.inf, _core.most_remembered)
    kept = graph.add("Gather", values, graph.tensor("memory_columns", row[nodes]), axis=1)
    least = graph.add("Min", kept, graph.constant(most.tolist()))
    return str(graph.add("Max", least, graph.constant((-most).tolist())))


def _sums(graph: _Graph, layer: Layer, i: int, values: str, weight: str, *, individual: bool) -> str:
    """The weighted sums of a layer's nodes, shape (batch, n_nodes)."""
    # A layer that nothing leads to multiplies the bias by zeros.
    needed = layer.needed if len(layer.needed) else np.zeros(1, dtype=np.int64)
    taken = graph.add("Gather", values, graph.tensor(f"columns_{i}", needed), axis=1)
    shape = len(needed), len(layer.nodes)
    if individual and len(layer.connections):
        zeros = graph.add("ConstantOfShape", graph.tensor(f"shape_{i}", np.array(shape, dtype=np.int64)))
        own = graph.add("Gather", weight, graph.tensor(f"connections_{i}", layer.connections), axis=0)
        cells = graph.tensor(f"cells_{i}", np.column_stack([layer.column, layer.row]))
        return str(graph.add("MatMul", taken, graph.add("ScatterND", zeros, cells, own)))
    ones = np.zeros(shape, dtype=np.float32)
    ones[layer.column, layer.row] = 1
    sums = graph.add("MatMul", taken, graph.tensor(f"layer_{i}", ones))
    return sums if individual else str(graph.add("Mul", sums, weight))


def _activated(graph: _Graph, layer: Layer, sums: str) -> list[str]:
    """The values of a layer's nodes, a part for each activation."""
    if len(layer.sizes) == 1:
        return [_activation(graph, layer.activations[0], sums)]
    sizes = graph.constant_integers(list(layer.sizes))
    parts = graph.add("Split", sums, sizes, n_outputs=len(layer.sizes), axis=1)
    return [_activation(graph, activation, part) for activation, part in zip(layer.activations, parts, strict=True)]


#: Activations that are an operator of the standard.
_OPERATORS = {
    Activation.TANH: "Tanh",
    Activation.SIGMOID: "Sigmoid",
    Activation.INVERSE: "Neg",
    Activation.ABSOLUTE: "Abs",
    Activation.RELU: "Relu",
}


def _activation(graph: _Graph, activation: Activation, x: str) -> str:
    if activation is Activation.LINEAR:
        return x
    if activation in _OPERATORS:
        return str(graph.add(_OPERATORS[activation], x))
    if activation is Activation.STEP:
        return str(graph.add("Cast", graph.add("Greater", x, graph.constant(0.0)), to=onnx.TensorProto.FLOAT))
    if activation is Activation.GAUSSIAN:
        half = graph.add("Mul", x, graph.constant(-0.5))
        return str(graph.add("Exp", graph.add("Mul", x, half)))
    # Whole turns are taken away first, which is exact: a runtime's sine may be poor far from 0.
    turns = graph.add("Round", graph.add("Mul", x, graph.constant(0.5)))
    reduced = graph.add("Sub", x, graph.add("Mul", turns, graph.constant(2.0)))
    angle = graph.add("Mul", reduced, graph.constant(np.pi))
    return str(graph.add("Sin" if activation is Activation.SINE else "Cos", angle))


def _action(graph: _Graph, action: Action, outputs: str) -> str:
    """What the outputs mean."""
    if isinstance(action, Bounded):
        scaled = graph.add("Mul", outputs, graph.constant(list(action.reach)))
        moved = graph.add("Add", scaled, graph.constant(list(action.center)))
        least = graph.add("Min", moved, graph.constant(list(action.high)))
        within = graph.add("Max", least, graph.constant(list(action.low)))
        return str(graph.add("Round", within) if action.whole else within)
    if isinstance(action, Largest):
        sizes = graph.constant_integers(list(action.sizes))
        many = len(action.sizes) > 1
        groups = graph.add("Split", outputs, sizes, n_outputs=len(action.sizes), axis=1) if many else [outputs]
        places = [graph.add("ArgMax", group, axis=1, keepdims=1) for group in groups]
        together = graph.add("Concat", *places, axis=1) if many else places[0]
        return str(graph.add("Add", together, graph.constant_integers(list(action.starts))))
    return str(graph.add("Cast", graph.add("Greater", outputs, graph.constant(0.0)), to=onnx.TensorProto.INT64))
