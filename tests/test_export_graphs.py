"""DOT and GraphML: read back by NetworkX and pydot."""

import networkx
import numpy as np
import pydot
import pytest

import wann
from exports import HOSTILE, hostile_network, networks_of_any_kind
from wann import Network, WannError
from wann.export import to_dot, to_graphml

KINDS = {"bias": 0, "input": 1, "hidden": 2, "output": 3}


def from_graphml(network: Network, **options) -> networkx.DiGraph:
    return networkx.parse_graphml(to_graphml(network, **options))


def from_dot(network: Network, **options) -> networkx.DiGraph:
    (graph,) = pydot.graph_from_dot_data(to_dot(network, **options))
    return networkx.DiGraph(networkx.nx_pydot.from_pydot(graph))


def plain(value: str) -> str:
    """A value of DOT without the quotes and escapes that it is written with."""
    return value.removeprefix('"').removesuffix('"').replace('\\"', '"').replace("\\\\", "\\")


@pytest.mark.parametrize("read", [from_graphml, from_dot])
def test_the_graph_is_the_network(read) -> None:
    for network in networks_of_any_kind(40):
        graph = read(network)
        assert set(graph.edges) == {(f"n{a}", f"n{b}") for a, b in network.connections}
        nodes = {name: {k: plain(v) for k, v in data.items()} for name, data in graph.nodes.items() if name != "\\n"}
        assert list(nodes) == [f"n{i}" for i in range(network.n_nodes)]
        kinds = [KINDS[data["kind"]] for data in nodes.values()]
        assert kinds == sorted(kinds)
        assert [d["activation"] for d in nodes.values() if "activation" in d] == [a.label for a in network.activations]
        labels = [*network.inputs, *(a.label for a in network.hidden), *network.outputs]
        assert [d["label"] for d in nodes.values()] == ["bias", *labels]
        weights = network.weights if network.weights is not None else np.full(network.n_connections, network.shared_weight)
        for (a, b), weight in zip(network.connections, weights, strict=True):
            assert np.float32(plain(str(graph.edges[f"n{a}", f"n{b}"]["weight"]))) == np.float32(weight)


@pytest.mark.parametrize("read", [from_graphml, from_dot])
def test_weights_where_there_are_some(read) -> None:
    network = Network(inputs=["x"], outputs=["y"], hidden=[], output_activations="tanh", connections=[(1, 2)])
    assert "weight" not in read(network).edges["n1", "n2"]
    assert float(plain(str(read(network, weight=-0.5).edges["n1", "n2"]["weight"]))) == -0.5
    swingup = wann.zoo.load("cartpole-swingup")
    assert {plain(str(d["weight"])) for *_, d in read(swingup, weight="shared").edges(data=True)} == {"0.775"}
    with pytest.raises(WannError, match="no individual weights"):
        read(network, weight="individual")


def test_names_of_any_kind() -> None:
    network = hostile_network()
    labels = [d["label"] for _, d in from_graphml(network).nodes(data=True) if d["kind"] in ("input", "output")]
    assert labels == [*(name.replace("\r\n", "\n") for name in HOSTILE), *network.outputs]
    (graph,) = pydot.graph_from_dot_data(to_dot(network))
    assert len(graph.get_edges()) == network.n_connections
    assert all(line.isprintable() for line in to_dot(network).splitlines())


def test_a_name_that_xml_does_not_have() -> None:
    network = Network(inputs=["a\0"], outputs=["y"], hidden=[], output_activations="tanh", connections=[(1, 2)])
    with pytest.raises(WannError, match=r"the name 'a\\x00' has characters that GraphML does not allow"):
        to_graphml(network)
    assert "\0" not in to_dot(network)
