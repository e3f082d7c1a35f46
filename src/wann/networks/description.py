"""What describes a network, checked: activations, connections, weights."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann import _core
from wann.arguments import as_numbers, check_list
from wann.errors import WannError
from wann.networks.activations import Activation, as_activation


def each_activation(
    activations: Activation | int | str | Sequence[Activation | int | str], n_outputs: int
) -> tuple[Activation, ...]:
    """The activation of each output, where one may stand for all."""
    if isinstance(activations, str | int):
        return (as_activation(activations, "output_activations"),) * n_outputs
    each = check_list(activations, "output_activations", "activations (or one for all outputs)")
    if len(each) != n_outputs:
        raise WannError(f"output_activations: {len(each)} activations for {n_outputs} outputs")
    return tuple(as_activation(a, f"output {i}") for i, a in enumerate(each))


def sorted_connections(
    connections: ArrayLike, recurrent: ArrayLike | None, n_inputs: int, n_computed: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """The connections by target, kind and source; which of them are recurrent; and the order that sorts what came.

    Raises:
        WannError: They describe no network.
    """
    pairs = _pairs(connections)
    marks = _marks(recurrent, len(pairs))
    _refuse_impossible(pairs, marks, n_inputs, n_computed)
    order = np.lexsort((pairs[:, 0], marks, pairs[:, 1]))
    pairs, marks = pairs[order], marks[order]
    twice = (pairs[1:] == pairs[:-1]).all(axis=1) & (marks[1:] == marks[:-1])
    for source, target in pairs[1:][twice][:1]:
        raise WannError(f"connection {source} -> {target} stands twice")
    return pairs, marks, order


def _pairs(connections: ArrayLike) -> NDArray[np.int64]:
    try:
        raw = np.asarray(connections)
        if raw.size == 0:
            raw = raw.reshape(0, 2).astype(np.int64)
        if raw.ndim != 2 or raw.shape[1] != 2 or raw.dtype.kind not in "iu":
            raise ValueError
    except (TypeError, ValueError):
        raise WannError("connections: expected pairs of integers (from, to), shape (n, 2)") from None
    return raw.astype(np.int64)


def _marks(recurrent: ArrayLike | None, n_connections: int) -> NDArray[np.bool_]:
    """Whether each connection is recurrent."""
    if recurrent is None:
        return np.zeros(n_connections, dtype=bool)
    try:
        marks = np.asarray(recurrent)
        if marks.shape != (n_connections,) or (marks.size and marks.dtype != bool):
            raise ValueError
    except (TypeError, ValueError):
        raise WannError(f"recurrent: expected true or false for each connection, shape ({n_connections},)") from None
    return marks.astype(bool)


def _refuse_impossible(pairs: NDArray[np.int64], recurrent: NDArray[np.bool_], n_inputs: int, n_computed: int) -> None:
    n_nodes, n_fixed = 1 + n_inputs + n_computed, 1 + n_inputs
    for source, target in pairs[((pairs < 0) | (pairs >= n_nodes)).any(axis=1)][:1]:
        raise WannError(f"connection {source} -> {target}: nodes are numbered 0 to {n_nodes - 1}")
    for source, target in pairs[pairs[:, 1] < n_fixed][:1]:
        raise WannError(f"connection {source} -> {target} leads into the bias or an input")
    for source, target in pairs[~recurrent & (pairs[:, 0] >= pairs[:, 1])][:1]:
        raise WannError(f"connection {source} -> {target} does not lead to a later node, so the order has a cycle")
    for source, target in pairs[recurrent & (pairs[:, 0] == 0)][:1]:
        raise WannError(f"connection {source} -> {target} is recurrent, but the bias was the same a step before")


def as_core(
    pairs: NDArray[np.int64],
    recurrent: NDArray[np.bool_],
    n_inputs: int,
    activations: Sequence[Activation],
    n_outputs: int,
) -> _core.Network:
    """The network with these sorted connections as the core has it: the sources of recurrent ones stand for its memory."""
    n_fixed = 1 + n_inputs
    counts = np.bincount(pairs[:, 1] - n_fixed, minlength=len(activations))
    memory = np.unique(pairs[recurrent, 0])
    rows = np.where(recurrent, n_fixed + len(activations) + np.searchsorted(memory, pairs[:, 0]), pairs[:, 0])
    return _core.Network(
        n_inputs,
        n_outputs,
        np.array(activations, dtype=np.uint8),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        rows.astype(np.uint32),
        memory.astype(np.uint32),
    )


def connections_of(core: _core.Network) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The sorted connections of a network of the core, and which of them are recurrent; the reverse of `as_core`."""
    first, sources = core.first.astype(np.int64), core.source.astype(np.int64)
    targets = np.repeat(np.arange(len(first) - 1) + 1 + core.n_inputs, np.diff(first))
    recurrent = sources >= core.n_nodes
    sources[recurrent] = core.memory[sources[recurrent] - core.n_nodes]
    return np.column_stack([sources, targets]), recurrent


def individual_weights(weights: ArrayLike, n_connections: int) -> NDArray[np.float32]:
    """A weight for each connection."""
    values: NDArray[np.float32] = as_numbers(weights, "weights").copy()
    if values.shape != (n_connections,):
        raise WannError(f"weights have shape {values.shape}; expected ({n_connections},), one for each connection")
    if not np.isfinite(values).all():
        raise WannError("weights: all values must be finite")
    return values
