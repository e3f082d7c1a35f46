"""ONNX: onnx's checker, and onnxruntime against the core and the oracle."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

import wann
from exports import (
    assert_within,
    expected,
    far_and_near,
    hostile_network,
    inputs_for,
    networks_of_any_kind,
    of_one_activation,
)
from wann import Network, WannError
from wann.export import to_onnx
from wann.networks import Activation


def run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """What onnxruntime gives, on one thread and without a word."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0].name
    return session.run(None, {given: x})[0]


def test_a_thousand_random_networks() -> None:
    for i, network in enumerate(networks_of_any_kind(1000)):
        model, x = to_onnx(network), inputs_for(network)
        onnx.checker.check_model(model, full_check=True)
        assert_within(run(model, x), expected(network, x), i)


def test_it_agrees_with_the_core() -> None:
    """Where rounding is not amplified, to a millionth of the largest number on the way."""
    compared = 0
    for network in networks_of_any_kind(200, first=5000):
        x = inputs_for(network)
        bounds = expected(network, x).bounds
        found, ours = run(to_onnx(network), x), network(x)
        near = bounds <= 2e-6
        compared += int(near.sum())
        np.testing.assert_allclose(found[near], ours[near], rtol=1e-6, atol=1e-6)
    assert compared > 2000


@pytest.mark.parametrize("activation", Activation)
def test_each_activation_far_from_zero_and_near(activation: Activation) -> None:
    network, x = of_one_activation(activation), far_and_near()
    np.testing.assert_allclose(run(to_onnx(network), x), network(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", wann.zoo.names())
@pytest.mark.parametrize("weight", ["shared", "individual"])
def test_the_zoo(name: str, weight: str) -> None:
    network = wann.zoo.load(name)
    model = to_onnx(network, weight=weight)
    onnx.checker.check_model(model, full_check=True)
    x = np.random.default_rng(0).normal(size=(200, network.n_inputs)).astype(np.float32)
    shared = network.shared_weight if weight == "shared" else None
    assert_within(run(model, x), expected(network, x, shared))


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_the_batch_is_free(n: int) -> None:
    network = wann.zoo.load("cartpole-swingup")
    x = np.random.default_rng(n).normal(size=(n, 5)).astype(np.float32)
    assert_within(run(to_onnx(network), x), expected(network, x))


def test_the_shared_weight_is_an_initializer_that_can_be_changed() -> None:
    network = wann.zoo.load("cartpole-swingup")
    model, x = to_onnx(network, weight=1.0), inputs_for(network)
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    weight.CopyFrom(numpy_helper.from_array(np.array(-0.3, dtype=np.float32), "weight"))
    assert_within(run(model, x), expected(network, x, -0.3))


def test_individual_weights_are_one_initializer_in_the_order_of_connections() -> None:
    network = wann.zoo.load("cartpole-swingup")
    model, x = to_onnx(network), inputs_for(network)
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    np.testing.assert_array_equal(numpy_helper.to_array(weights), network.weights)
    others = np.random.default_rng(0).uniform(-1, 1, network.n_connections).astype(np.float32)
    weights.CopyFrom(numpy_helper.from_array(others, "weights"))
    assert_within(run(model, x), expected(network.with_tuning(weights=others), x))


def test_only_operators_of_the_standard_and_few_of_them() -> None:
    model = to_onnx(wann.zoo.load("bipedal-walker-quantized"))
    assert {node.domain for node in model.graph.node} == {""}
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    assert len(model.graph.node) < 20  # of 117 nodes and 280 connections


def test_names_are_in_the_metadata() -> None:
    network = wann.zoo.load("cartpole-swingup")
    model = to_onnx(network)
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(told["inputs"]) == list(network.inputs)
    assert json.loads(told["outputs"]) == ["force"]
    assert (told["task"], told["weights"], told["contains"]) == ("cartpole-swingup", "individual", "network")
    assert [entry.name for entry in model.graph.input] == ["input"]
    assert [entry.name for entry in model.graph.output] == ["output"]
    hostile = to_onnx(hostile_network())
    assert json.loads({e.key: e.value for e in hostile.metadata_props}["inputs"]) == list(hostile_network().inputs)
    onnx.checker.check_model(hostile, full_check=True)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wann.export.onnx.MAX_CELLS", 100)
    with pytest.raises(WannError, match=r"too large for ONNX: its matrices would hold more than 100 numbers"):
        to_onnx(wann.zoo.load("cartpole-swingup"))


def test_no_inputs_but_the_bias() -> None:
    network = Network(inputs=[], outputs=["y"], hidden=[], output_activations="linear", connections=[(0, 1)])
    np.testing.assert_array_equal(run(to_onnx(network, weight=3.0), np.zeros((2, 0), np.float32)), [[3.0], [3.0]])
