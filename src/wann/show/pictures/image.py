"""Networks whose inputs are the pixels of an image."""

import re
from collections.abc import Sequence

import numpy as np

from wann.errors import WannError
from wann.networks.network import Network

_PLACE = re.compile(r"^\D*(\d+)\D+(\d+)\D*$")


def image_shape(names: Sequence[str]) -> tuple[int, int] | None:
    """Rows and columns, where the names are those of all pixels of an image, row by row; else None.

    A pixel's name holds two numbers, its row and its column, such as ``"pixel 3,14"`` or ``"r3c14"``.
    """
    places = [(int(m[1]), int(m[2])) for name in names if (m := _PLACE.match(name))]
    if len(places) != len(names) or len(places) < 4:
        return None
    (top, left), (bottom, right) = places[0], places[-1]
    rows, columns = bottom - top + 1, right - left + 1
    if rows < 2 or columns < 2 or places != [(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]:
        return None
    return rows, columns


def part_for(network: Network, output: str) -> Network:
    """The part of a network that serves one output; the inputs all stay.

    Raises:
        WannError: The network has no such output; the message lists those that it has.
    """
    if output not in network.outputs:
        raise WannError(f"the network has no output {output!r}; it has {', '.join(network.outputs)}")
    n_fixed = 1 + network.n_inputs
    target = network.n_nodes - network.n_outputs + network.outputs.index(output)
    needed = np.zeros(network.n_nodes, dtype=bool)
    needed[target] = True
    found = 0
    while found < needed.sum():  # once more where a recurrent connection led back
        found = int(needed.sum())
        for source, node in network.connections[::-1]:  # sorted by target, so a node's own need is known by then
            if needed[node]:
                needed[source] = True
    kept = needed.copy()
    kept[:n_fixed] = True
    number = np.cumsum(kept) - 1
    chosen = needed[network.connections[:, 1]]
    return Network(
        inputs=network.inputs,
        outputs=[output],
        hidden=[a for i, a in enumerate(network.hidden) if kept[n_fixed + i]],
        output_activations=[network.activations[target - n_fixed]],
        connections=number[network.connections[chosen]],
        recurrent=network.recurrent[chosen],
        weights=None if network.weights is None else network.weights[chosen],
        shared_weight=network.shared_weight,
        metadata=network.metadata,
    )
