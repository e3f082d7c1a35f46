"""What the connections of a network say about its nodes, and the table of activations in NumPy."""

import numpy as np
import pytest

import oracle
from conftest import random_network
from wann.networks.activations import NOT_ZERO_AT_ZERO, NUMPY, Activation
from wann.networks.graph import depths, nodes_without_effect


def test_a_node_is_one_deeper_than_its_deepest_source(rng):
    for _ in range(20):
        network = random_network(rng, n_hidden=15)
        depth = depths(network)
        n_fixed = 1 + network.n_inputs
        assert not depth[:n_fixed].any()
        for node in range(n_fixed, network.n_nodes):
            sources = network.connections[network.connections[:, 1] == node, 0]
            assert depth[node] == max((depth[s] + 1 for s in sources), default=1)


@pytest.mark.parametrize(
    ("hidden", "connections", "expected"),
    [
        ({5: Activation.TANH}, [(1, 5), (5, 9)], set()),
        (
            {5: Activation.TANH, 6: Activation.TANH},
            [(1, 5), (5, 6), (1, 9)],
            {5, 6},
        ),  # 6 leads nowhere, so 5 does not either
        ({5: Activation.TANH, 6: Activation.TANH}, [(5, 6), (6, 9)], {5, 6}),  # 5 gives 0, and so does 6
        ({5: Activation.COSINE, 6: Activation.TANH}, [(5, 6), (6, 9)], set()),  # 5 gives 1
        ({}, [(1, 9)], set()),
    ],
)
def test_nodes_that_no_output_depends_on(hidden, connections, expected):
    assert nodes_without_effect(hidden, connections) == expected


@pytest.mark.parametrize("activation", list(Activation))
def test_activations_in_numpy(activation):
    x = np.linspace(-3, 3, 61)
    found = NUMPY[activation](x)
    np.testing.assert_allclose(found, oracle.activation(int(activation), x), atol=1e-12)
    assert NUMPY[activation](x.astype(np.float32)).dtype == np.float32
    assert (NUMPY[activation](np.zeros(1))[0] != 0) == (activation in NOT_ZERO_AT_ZERO)
