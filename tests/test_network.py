"""`wann.Network` through its public face."""

import numpy as np
import pytest

from conftest import random_network
from wann import Network, WannError
from wann.networks import Activation, fully_connected


def make(**changes) -> Network:
    """Two inputs, one hidden node, one output: nodes 0 bias, 1 and 2 inputs, 3 hidden, 4 output."""
    arguments = {
        "inputs": ["a", "b"],
        "outputs": ["y"],
        "hidden": ["relu"],
        "output_activations": "tanh",
        "connections": [(1, 3), (2, 3), (3, 4), (0, 4)],
    }
    return Network(**(arguments | changes))


def test_what_it_tells_about_itself() -> None:
    network = make()
    assert (network.n_inputs, network.n_outputs, network.n_hidden, network.n_nodes, network.n_connections) == (2, 1, 1, 5, 4)
    assert network.hidden == (Activation.RELU,)
    assert network.output_activations == (Activation.TANH,)
    assert network.connections.tolist() == [[1, 3], [2, 3], [0, 4], [3, 4]]
    assert repr(network) == "Network(2 inputs, 1 hidden node, 1 output, 4 connections)"


def test_activations_by_name_number_and_enum() -> None:
    assert make(hidden=["relu"]) == make(hidden=[9]) == make(hidden=[Activation.RELU]) == make(hidden=[" ReLU "])


def test_individual_weights_follow_their_connections() -> None:
    """The weights are given in the order of the given connections, and kept in the sorted one."""
    network = make(weights=[10, 20, 30, 40])
    assert network.weights is not None
    assert network.weights.tolist() == [10, 20, 40, 30]
    assert network([0.5, 0.25])[0] == pytest.approx(1.0)
    linear = make(weights=[1, 2, 3, 4], output_activations="linear")
    assert linear([0.5, 0.25])[0] == pytest.approx(3 * (0.5 + 2 * 0.25) + 4)


def test_it_is_immutable() -> None:
    network = make(weights=[1, 2, 3, 4], metadata={"score": 1})
    for array in (network.connections, network.weights):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    network.metadata["score"] = 2
    assert network.metadata == {"score": 1}
    with pytest.raises(AttributeError):
        network.weights = None  # type: ignore[misc]
    with pytest.raises(AttributeError):
        network.extra = 1  # type: ignore[attr-defined]


def test_later_changes_of_the_arguments_do_not_reach_it() -> None:
    weights = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32)
    network = make(weights=weights)
    weights[:] = 0
    assert network.weights is not None
    assert network.weights.tolist() == [1, 2, 4, 3]


def test_shapes_of_a_call(rng: np.random.Generator) -> None:
    network = random_network(rng, n_outputs=3)
    assert network(np.zeros(5), weight=1).shape == (3,)
    assert network(np.zeros((4, 5)), weight=1).shape == (4, 3)
    assert network(np.zeros((2, 7, 5)), weight=np.ones((2, 7))).shape == (2, 7, 3)
    assert network(np.zeros((2, 7, 5)), weights=np.ones((2, 7, network.n_connections))).shape == (2, 7, 3)
    assert network(np.zeros((0, 5)), weight=1).shape == (0, 3)
    assert network(np.zeros((4, 5)), weight=1).dtype == np.float32
    assert network([[0, 0, 0, 0, 0]], weight=1).shape == (1, 3)


def test_any_memory_layout(rng: np.random.Generator) -> None:
    network = random_network(rng)
    x = rng.normal(size=(5, 40))
    want = network(np.ascontiguousarray(x.T), weight=1)
    np.testing.assert_array_equal(network(x.T, weight=1), want)
    np.testing.assert_array_equal(network(np.asfortranarray(x.T)[::-1], weight=1), want[::-1])


def test_tuned_weights_are_used_without_asking() -> None:
    network = make(output_activations="linear")
    with pytest.raises(WannError, match="no tuned weight"):
        network([1.0, 1.0])
    shared = network.with_tuning(shared_weight=0.5)
    np.testing.assert_array_equal(shared([1.0, 1.0]), network([1.0, 1.0], weight=0.5))
    both = shared.with_tuning(weights=[1, 2, 3, 4])
    np.testing.assert_array_equal(both([1.0, 1.0]), network([1.0, 1.0], weights=[1, 2, 3, 4]))
    np.testing.assert_array_equal(both([1.0, 1.0], weight=2), network([1.0, 1.0], weight=2))


def test_with_metadata_keeps_everything() -> None:
    network = make(weights=[1, 2, 3, 4], shared_weight=1.5, metadata={"a": 1})
    more = network.with_metadata(b=2)
    assert more == network
    assert more.metadata == {"a": 1, "b": 2}
    assert network.metadata == {"a": 1}


def test_equality_and_hash(rng: np.random.Generator) -> None:
    a, b = make(), make(connections=[(0, 4), (3, 4), (2, 3), (1, 3)])
    assert a == b
    assert hash(a) == hash(b)
    assert a != make(connections=[(1, 3), (2, 3), (3, 4)])
    assert a != make(hidden=["tanh"])
    assert a != make(inputs=["a", "c"])
    assert a != make(shared_weight=1)
    assert a != make(weights=[1, 2, 3, 4])
    assert make(weights=[1, 2, 3, 4]) != make(weights=[1, 2, 3, 5])
    assert a.same_topology(make(inputs=["c", "d"], shared_weight=1))
    assert a != "a network"


def test_fully_connected() -> None:
    network = fully_connected(["a", "b"], ["y", "z"], [3, 4], activation="tanh", output_activation="linear")
    assert network.n_connections == 3 * 3 + 4 * 4 + 2 * 5
    assert network.hidden == (Activation.TANH,) * 7
    straight = fully_connected(["a", "b"], ["y"], [], output_activation="linear")
    assert straight([[1.0, 2.0]], weight=2.0).tolist() == [[8.0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": []}, "at least one output"),
        ({"inputs": "ab"}, "expected a list of names"),
        ({"inputs": ["a", 2]}, "expected a list of names"),
        ({"inputs": ["a", ""]}, "expected a list of names"),
        ({"hidden": ["softmax"]}, "hidden node 0: unknown activation 'softmax'; allowed are linear, step"),
        ({"hidden": [11]}, "unknown activation 11"),
        ({"hidden": [0]}, "unknown activation 0"),
        ({"hidden": [1.5]}, "unknown activation 1.5"),
        ({"hidden": [True]}, "unknown activation True"),
        ({"hidden": [float("nan")]}, "unknown activation nan"),
        ({"hidden": [None]}, "unknown activation None"),
        ({"output_activations": ["tanh", "tanh"]}, "2 activations for 1 outputs"),
        ({"output_activations": ["sinh"]}, "output 0: unknown activation 'sinh'"),
        ({"connections": [(3, 3)]}, "3 -> 3 does not lead to a later node, so the order has a cycle"),
        ({"connections": [(4, 3)]}, "4 -> 3 does not lead to a later node"),
        ({"connections": [(0, 1)]}, "0 -> 1 leads into the bias or an input"),
        ({"connections": [(1, 0)]}, "1 -> 0 leads into the bias or an input"),
        ({"connections": [(1, 5)]}, "1 -> 5: nodes are numbered 0 to 4"),
        ({"connections": [(-1, 4)]}, "-1 -> 4: nodes are numbered 0 to 4"),
        ({"connections": [(2**40, 4)]}, "nodes are numbered 0 to 4"),
        ({"connections": np.array([[2**63 + 1, 4]], dtype=np.uint64)}, "nodes are numbered 0 to 4"),
        ({"connections": [(1, 3), (1, 3)]}, "1 -> 3 stands twice"),
        ({"connections": [(1, 3, 4)]}, "expected pairs of integers"),
        ({"connections": [(1.0, 3.0)]}, "expected pairs of integers"),
        ({"connections": [1, 3]}, "expected pairs of integers"),
        ({"connections": [(1, 3), (1,)]}, "expected pairs of integers"),
        ({"connections": "13"}, "expected pairs of integers"),
        ({"weights": [1, 2, 3]}, "expected \\(4,\\), one for each connection"),
        ({"weights": [1, 2, 3, np.nan]}, "all values must be finite"),
        ({"weights": [1, 2, 3, np.inf]}, "all values must be finite"),
        ({"weights": [1, 2, 3, 1e300]}, "all values must be finite"),
        ({"weights": ["a", 2, 3, 4]}, "weights: expected numbers"),
        ({"shared_weight": np.nan}, "shared_weight is nan"),
        ({"shared_weight": "one"}, "shared_weight is 'one'"),
    ],
)
def test_what_is_no_network_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(WannError, match=message) as caught:
        make(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0], "weight": 1}, r"x has shape \(1,\); expected \(..., 2\)"),
        ({"x": 1.0, "weight": 1}, r"x has shape \(\)"),
        ({"x": "ab", "weight": 1}, "x: expected numbers"),
        ({"x": [1, 1], "weight": 1, "weights": [1, 2, 3, 4]}, "not both"),
        ({"x": [1, 1], "weight": np.nan}, "weight: all values must be finite"),
        ({"x": [1, 1], "weight": "one"}, "weight: expected numbers"),
        ({"x": [1, 1], "weights": [1, 2, np.inf, 4]}, "weights: all values must be finite"),
        ({"x": [1, 1], "weights": [1, 2]}, r"weights has shape \(2,\); expected \(4,\)"),
        ({"x": [[1, 1]] * 3, "weight": [1, 2]}, r"weight has shape \(2,\); expected \(\) or \(3,\)"),
        ({"x": [1, 1], "weight": 1, "threads": 0}, "threads is 0"),
        ({"x": [1, 1], "weight": 1, "threads": -1}, "threads is -1"),
    ],
)
def test_a_bad_call_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(WannError, match=message) as caught:
        make()(arguments.pop("x"), **arguments)
    assert "\n" not in str(caught.value)


def test_as_activation_lists_what_is_allowed() -> None:
    names = "linear, step, sine, gaussian, tanh, sigmoid, inverse, absolute, relu, cosine"
    with pytest.raises(WannError, match=names):
        make(hidden=["swish"])
