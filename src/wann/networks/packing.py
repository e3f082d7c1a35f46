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
    n_computed: NDArray[np.unsignedinteger[Any]]  #: hidden and output nodes of each network, shape (n_networks,)
    activations: NDArray[np.uint8]  #: of all these nodes
    fan_in: NDArray[np.unsignedinteger[Any]]  #: connections into each of them
    sources: NDArray[np.unsignedinteger[Any]]  #: where each connection starts
    n_memory: NDArray[np.unsignedinteger[Any]]  #: nodes that each network remembers, shape (n_networks,)
    memory: NDArray[np.unsignedinteger[Any]]  #: these nodes
    described: dict[int, Network]  #: networks that carry weights, metadata or names of their own, whole


def pack(networks: Sequence[Network], rows: NDArray[np.int64]) -> PackedNetworks:
    """Some of the networks, at least one. What is sent of a plain one are its nodes and connections alone."""
    n_computed, activations, fan_in, sources, n_memory, memory = as_batch(networks).pack(rows)
    first = networks[int(rows[0])]
    described = {}
    if not isinstance(networks, Networks):  # which carry nothing
        described = {k: networks[i] for k, i in enumerate(rows.tolist()) if not _is_plain(networks[i], first)}
    return PackedNetworks(
        inputs=first.inputs,
        outputs=first.outputs,
        n_computed=narrow(n_computed),
        activations=activations,
        fan_in=narrow(fan_in),
        sources=narrow(sources),
        n_memory=narrow(n_memory),
        memory=narrow(memory),
        described=described,
    )


def unpack(packed: PackedNetworks) -> Sequence[Network]:
    """The networks again."""
    batch = _core.NetworkBatch.unpack(
        len(packed.inputs),
        len(packed.outputs),
        packed.n_computed.astype(np.uint32),
        packed.activations,
        packed.fan_in.astype(np.uint32),
        packed.sources.astype(np.uint32),
        packed.n_memory.astype(np.uint32),
        packed.memory.astype(np.uint32),
    )
    networks = Networks(batch, packed.inputs, packed.outputs)
    if not packed.described:
        return networks
    return [packed.described.get(k) or networks[k] for k in range(len(networks))]


def narrow(values: NDArray[Any]) -> NDArray[np.unsignedinteger[Any]]:
    """Whole numbers from 0 in as few bytes as hold the largest."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _is_plain(network: Network, first: Network) -> bool:
    carries = network.weights is not None or network.shared_weight is not None or network.metadata
    return not carries and (network.inputs, network.outputs) == (first.inputs, first.outputs)
