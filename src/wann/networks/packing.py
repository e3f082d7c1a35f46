"""Networks as a few arrays, to be sent to another process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.networks.network import Network, Networks, as_batch


@dataclass(frozen=True)
class PackedNetworks:
    """Topologies of several networks, one after the other, and what some of them carry besides."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    n_hidden: NDArray[np.uint32]  #: of each network, shape (n_networks,)
    activations: NDArray[np.uint8]  #: of all hidden and output nodes
    fan_in: NDArray[np.unsignedinteger[Any]]  #: connections into each of those nodes
    sources: NDArray[np.unsignedinteger[Any]]  #: where each connection starts
    described: dict[int, Network]  #: networks that carry weights, metadata or names of their own, whole


def pack(networks: Sequence[Network], rows: Sequence[int]) -> PackedNetworks:
    """Some of the networks, at least one. What is sent of a plain one are its nodes and connections alone."""
    batch = as_batch(networks)
    cores = [batch[i] for i in rows]
    first = networks[rows[0]]
    described = {}
    if not isinstance(networks, Networks):  # which carry nothing
        described = {k: networks[i] for k, i in enumerate(rows) if not _is_plain(networks[i], first)}
    return PackedNetworks(
        inputs=first.inputs,
        outputs=first.outputs,
        n_hidden=np.array([len(core.activations) - len(first.outputs) for core in cores], dtype=np.uint32),
        activations=np.concatenate([core.activations for core in cores]),
        fan_in=_narrow(np.concatenate([np.diff(core.first) for core in cores])),
        sources=_narrow(np.concatenate([core.source for core in cores])),
        described=described,
    )


def unpack(packed: PackedNetworks) -> Sequence[Network]:
    """The networks again."""
    networks = Networks(_core.NetworkBatch(_cores(packed)), packed.inputs, packed.outputs)
    if not packed.described:
        return networks
    return [packed.described.get(k) or networks[k] for k in range(len(networks))]


def _cores(packed: PackedNetworks) -> list[_core.Network]:
    n_inputs, n_outputs = len(packed.inputs), len(packed.outputs)
    cores = []
    node = connection = 0
    sources = packed.sources.astype(np.uint32)
    for n_hidden in packed.n_hidden.tolist():
        n = n_hidden + n_outputs
        first = np.zeros(n + 1, dtype=np.uint32)
        np.cumsum(packed.fan_in[node : node + n], out=first[1:])
        mine = sources[connection : connection + int(first[-1])]
        cores.append(_core.Network(n_inputs, n_outputs, packed.activations[node : node + n], first, mine))
        node, connection = node + n, connection + len(mine)
    return cores


def _is_plain(network: Network, first: Network) -> bool:
    carries = network.weights is not None or network.shared_weight is not None or network.metadata
    return not carries and (network.inputs, network.outputs) == (first.inputs, first.outputs)


def _narrow(values: NDArray[np.uint32]) -> NDArray[np.unsignedinteger[Any]]:
    """The numbers in as few bytes as hold the largest."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))
