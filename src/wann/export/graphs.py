"""Graphs: DOT for Graphviz, and GraphML for NetworkX, Gephi and the like.

A node ``n7`` is the network's node 7. It has a ``label`` (the name of an input or output, else what the node is), a ``kind``
and, where it computes something, an ``activation``; a connection has a ``weight`` where one is known, and is ``recurrent``
where it carries the value of the step before.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from wann.arguments import shown
from wann.errors import WannError
from wann.export.text import made_by, number, sizes
from wann.export.weights import Weight, Weights, chosen_weights
from wann.networks import metadata
from wann.networks.checks import check_network
from wann.networks.network import Network

__all__ = ["to_dot", "to_graphml"]

_SHAPES = {"bias": "box", "input": "box", "hidden": "ellipse", "output": "doublecircle"}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_dot(network: Network, *, weight: Weight = None) -> str:
    """The network in the language of Graphviz, inputs at the left.

    Args:
        network: The network.
        weight: The weights (see `wann.export.weights.chosen_weights`); by default the network's own, where it has some.

    Raises:
        WannError: The network has no such weight.
    """
    weights = _known_weights(network, weight)
    lines = [f"// {_about(network)}", "digraph wann {", "  rankdir=LR;"]
    for i, data in enumerate(_nodes(network)):
        lines.append(f"  n{i}{_attributes({**data, 'shape': _SHAPES[data['kind']]})};")
    for source, target, data in _edges(network, weights):
        style = {"style": "dashed", "constraint": "false"} if "recurrent" in data else {}
        lines.append(f"  n{source} -> n{target}{_attributes({**data, **style})};")
    return "\n".join([*lines, "}", ""])


def to_graphml(network: Network, *, weight: Weight = None) -> str:
    """The network as GraphML.

    Args:
        network: The network.
        weight: The weights (see `wann.export.weights.chosen_weights`); by default the network's own, where it has some.

    Raises:
        WannError: The network has no such weight, or a name has characters that XML does not allow.
    """
    weights = _known_weights(network, weight)
    for name in (*network.inputs, *network.outputs):
        if _NO_XML.search(name):
            raise WannError(f"the name {shown(name)} has characters that GraphML does not allow")
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    root.append(ElementTree.Comment(f" {_about(network).replace('--', '__')} "))
    for place, name, kind in (
        *(("node", name, "string") for name in ("label", "kind", "activation")),
        ("edge", "weight", "double"),
        *((("edge", "recurrent", "boolean"),) if network.is_recurrent else ()),
    ):
        ElementTree.SubElement(root, "key", {"id": name, "for": place, "attr.name": name, "attr.type": kind})
    graph = ElementTree.SubElement(root, "graph", id="wann", edgedefault="directed")
    for i, data in enumerate(_nodes(network)):
        element = ElementTree.SubElement(graph, "node", id=f"n{i}")
        for key, value in data.items():
            ElementTree.SubElement(element, "data", key=key).text = value
    for source, target, data in _edges(network, weights):
        element = ElementTree.SubElement(graph, "edge", source=f"n{source}", target=f"n{target}")
        for key, value in data.items():
            ElementTree.SubElement(element, "data", key=key).text = value
    ElementTree.indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(root, encoding='unicode')}\n"


def _known_weights(network: Network, weight: Weight) -> Weights | None:
    """The weights; None where none is asked for and the network has none."""
    check_network(network)
    unknown = weight is None and network.weights is None and network.shared_weight is None
    return None if unknown else chosen_weights(network, weight)


def _about(network: Network) -> str:
    task = metadata.saved_task_name(network)
    text = f"{f'{task}: ' if task else ''}{sizes(network)}. Made by {made_by()}."
    return "".join(c if c.isprintable() else "_" for c in text)


def _nodes(network: Network) -> Iterator[dict[str, str]]:
    """What is known of each node, in order."""
    yield {"label": "bias", "kind": "bias"}
    for name in network.inputs:
        yield {"label": name, "kind": "input"}
    for activation in network.hidden:
        yield {"label": activation.label, "kind": "hidden", "activation": activation.label}
    for name, activation in zip(network.outputs, network.output_activations, strict=True):
        yield {"label": name, "kind": "output", "activation": activation.label}


def _edges(network: Network, weights: Weights | None) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Source, target and what else is known of each connection."""
    for i, (source, target) in enumerate(network.connections.tolist()):
        weight = {} if weights is None else {"weight": number(weights.of(i))}
        yield source, target, {**weight, **({"recurrent": "true"} if network.recurrent[i] else {})}


def _attributes(data: dict[str, str]) -> str:
    """What DOT says of a node or a connection."""
    return f" [{', '.join(f'{key}={_quoted(value)}' for key, value in data.items())}]" if data else ""


def _quoted(text: str) -> str:
    """Text as DOT takes it: what cannot be printed is written as an escape."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'
