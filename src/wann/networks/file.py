"""Network files: our JSON format (docs/reference/network-format.md) and the ``.out`` matrices of the paper's authors.

A file is checked whole before the core sees any of it, and opening one never runs code.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.arguments import MAX_WEIGHT, shown
from wann.errors import WannError
from wann.files import parse_json_text, write_text
from wann.networks.activations import Activation
from wann.networks.network import Network

FORMAT = "wann-network"
VERSION = 1
#: Larger networks are refused before anything is allocated for them.
MAX_NODES = 100_000
MAX_CONNECTIONS = 5_000_000
MAX_FILE_BYTES = 256 * 2**20
#: Commas in a JSON file, and so about its values: those of the largest network, and a million for its metadata. They are
#: counted before the file is parsed, because values take more memory than their text.
MAX_COMMAS = 4 * MAX_CONNECTIONS + 2 * MAX_NODES + 1_000_000

_REQUIRED = ("inputs", "outputs", "hidden", "output_activations", "connections")
_OPTIONAL = ("format", "version", "recurrent", "weights", "shared_weight", "metadata")


def save(network: Network, path: Path) -> None:
    """Writes a network in the format that the name's ending asks for."""
    write_text(path, _to_matrix_text(network) if path.suffix == ".out" else to_json(network))


def load(path: Path) -> Network:
    """Reads a network in the format that the name's ending tells."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise WannError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB; that is no network file")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WannError(f"{path}: not a text file") from None
    except IsADirectoryError:
        raise WannError(f"{path}: a folder, not a network file") from None
    try:
        return _from_matrix_text(text) if path.suffix == ".out" else from_json(text)
    except WannError as error:
        raise WannError(f"{path}: {error}") from None


def to_json(network: Network) -> str:
    """The network as JSON text."""
    connections = network.connections.tolist()
    data: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "inputs": list(network.inputs),
        "outputs": list(network.outputs),
        "hidden": [a.label for a in network.hidden],
        "output_activations": [a.label for a in network.output_activations],
        "connections": connections,
    }
    if network.is_recurrent:
        data["recurrent"] = np.flatnonzero(network.recurrent).tolist()
    if network.shared_weight is not None:
        data["shared_weight"] = network.shared_weight
    if network.weights is not None:
        data["weights"] = [float(str(w)) for w in network.weights]
    if network.metadata:
        data["metadata"] = network.metadata
    try:
        fields = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in data.items())
    except (TypeError, ValueError, RecursionError) as error:
        raise WannError(f"the metadata of the network cannot be written as JSON: {error}") from None
    return "{\n" + fields + "\n}\n"


def from_json(text: str) -> Network:
    """A network from JSON text.

    Raises:
        WannError: The text is not a whole and valid network.
    """
    if text.count(",") > MAX_COMMAS:
        raise WannError(f"more than {MAX_COMMAS} values; that is no network file")
    data = parse_json_text(text)
    if not isinstance(data, dict):
        raise WannError(f"expected a JSON object, got {type(data).__name__}")
    if data.get("format") != FORMAT:
        raise WannError(f"'format' is {shown(data.get('format'))}; expected {FORMAT!r}")
    if data.get("version") != VERSION or isinstance(data["version"], bool):
        raise WannError(f"'version' is {shown(data.get('version'))}; this package reads version {VERSION}")
    for field in _REQUIRED:
        if field not in data:
            raise WannError(f"the field {field!r} is missing")
    for field in data:
        if field not in (*_REQUIRED, *_OPTIONAL):
            raise WannError(f"unknown field {shown(field)}")
    return _from_fields(data)


def _from_fields(data: dict[str, Any]) -> Network:
    for field in _REQUIRED:
        if not isinstance(data[field], list):
            raise WannError(f"the field {field!r} must be a list")
    n_nodes = 1 + sum(len(data[field]) for field in ("inputs", "outputs", "hidden"))
    _limit_size(n_nodes, len(data["connections"]))
    for field in ("hidden", "output_activations"):
        for value in data[field]:
            if not isinstance(value, str):
                raise WannError(f"{field}: expected names of activations, got {shown(value)}")
    connections = _connection_array(data["connections"])
    recurrent = _recurrent_marks(data.get("recurrent", []), len(connections))
    weights = data.get("weights")
    if weights is not None:
        if not isinstance(weights, list) or not all(_is_number(w) for w in weights):
            raise WannError("the field 'weights' must be a list of finite numbers")
        if any(abs(w) > MAX_WEIGHT for w in weights):
            raise WannError("the field 'weights' holds a number that is too large for float32")
    shared = data.get("shared_weight")
    if shared is not None and not _is_number(shared):
        raise WannError(f"'shared_weight' is {shown(shared)}; expected a finite number")
    metadata = data.get("metadata", {})
    if not isinstance(metadata, dict):
        raise WannError("the field 'metadata' must be an object")
    return Network(
        inputs=data["inputs"],
        outputs=data["outputs"],
        hidden=data["hidden"],
        output_activations=data["output_activations"],
        connections=connections,
        recurrent=recurrent,
        weights=weights,
        shared_weight=shared,
        metadata=metadata,
    )


def _connection_array(connections: list[Any]) -> NDArray[np.int64]:
    for pair in connections:
        ok = isinstance(pair, list) and len(pair) == 2 and all(type(i) is int for i in pair)
        if not ok:
            raise WannError(f"connections: expected pairs of node numbers, got {shown(pair)}")
        if not all(0 <= i < MAX_NODES + 1 for i in pair):
            raise WannError(f"connection {shown(pair[0])} -> {shown(pair[1])} names a node that does not exist")
    return np.array(connections, dtype=np.int64).reshape(-1, 2)


def _recurrent_marks(places: object, n_connections: int) -> NDArray[np.bool_]:
    if not isinstance(places, list):
        raise WannError("the field 'recurrent' must be a list")
    marks = np.zeros(n_connections, dtype=bool)
    for place in places:
        if type(place) is not int or not 0 <= place < n_connections:
            raise WannError(f"recurrent: expected places of connections, 0 to {n_connections - 1}, got {shown(place)}")
        if marks[place]:
            raise WannError(f"recurrent: the connection {place} stands twice")
        marks[place] = True
    return marks


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _limit_size(n_nodes: int, n_connections: int) -> None:
    if n_nodes > MAX_NODES:
        raise WannError(f"{n_nodes} nodes; at most {MAX_NODES} are allowed")
    if n_connections > MAX_CONNECTIONS:
        raise WannError(f"{n_connections} connections; at most {MAX_CONNECTIONS} are allowed")


# The authors' format: a comma-separated square matrix (row = from, column = to, 0 or NaN where there is no connection) with
# the activation numbers as a last column; nodes are ordered bias, inputs, hidden, outputs. It does not tell how many nodes
# are inputs: those that nothing leads to, at the start, save the bias; nor how many are outputs: those that lead nowhere, at
# the end.


def _to_matrix_text(network: Network) -> str:
    network.refuse_recurrent("a .out file cannot hold it; save it as .json")
    n = network.n_nodes
    if 2 * n * n > MAX_FILE_BYTES:
        raise WannError(f"{n} nodes are too many for a square matrix in a .out file; save the network as .json")
    rows = [["0"] * n for _ in range(n)]
    values = network.weights if network.weights is not None else np.ones(network.n_connections)
    for (source, target), w in zip(network.connections, values, strict=True):
        # A weight of 0 would read as no connection, so the smallest number that is not 0 stands for it.
        rows[source][target] = str(w if w != 0 else np.finfo(np.float32).tiny)
    activations = [1] * (1 + network.n_inputs) + [int(a) for a in network.activations]
    connected = np.zeros((n, n), dtype=bool)
    connected[network.connections[:, 0], network.connections[:, 1]] = True
    if _matrix_shape(connected, activations) != (1 + network.n_inputs, network.n_outputs):
        raise WannError(
            "a .out file does not tell where hidden nodes begin and end in a network with hidden nodes that nothing leads "
            "to or that lead nowhere; save the network as .json"
        )
    return "".join(",".join([*row, str(a)]) + "\n" for row, a in zip(rows, activations, strict=True))


def _from_matrix_text(text: str) -> Network:
    weights, activations = _read_matrix(text)
    n = len(weights)
    _limit_size(n, int(np.count_nonzero(weights)))
    sources, targets = np.nonzero(weights)
    for source, target in zip(sources[sources >= targets], targets[sources >= targets], strict=True):
        raise WannError(f"connection {source} -> {target} does not lead to a later node, so the order has a cycle")
    n_fixed, n_outputs = _matrix_shape(weights != 0, activations)
    if n_fixed < 1 or n_outputs < 1 or n_fixed + n_outputs > n:
        raise WannError("cannot tell inputs, hidden nodes and outputs apart: no node leads to another")
    values = weights[sources, targets]
    individual = len(np.unique(values)) > 1
    return Network(
        inputs=[f"input {i}" for i in range(1, n_fixed)],
        outputs=[f"output {i}" for i in range(1, n_outputs + 1)],
        hidden=activations[n_fixed : n - n_outputs],
        output_activations=activations[n - n_outputs :],
        connections=np.column_stack([sources, targets]),
        weights=values if individual else None,
    )


def _read_matrix(text: str) -> tuple[NDArray[np.float64], list[int]]:
    lines = [line for line in text.splitlines() if line.strip()]
    n = len(lines)
    if n < 2:
        raise WannError("expected a square matrix with a last column of activations; the file has fewer than two rows")
    _limit_size(n, 0)
    # Before anything is allocated: only a file of n² cells gets an array of n².
    for i, line in enumerate(lines):
        if line.count(",") != n:
            raise WannError(
                f"row {i + 1} has {line.count(',') + 1} columns; expected {n + 1} ({n} weights and an activation)"
            )
    weights = np.zeros((n, n))
    activations = []
    for i, line in enumerate(lines):
        try:
            row = [float(cell) for cell in line.split(",")]
        except ValueError:
            raise WannError(f"row {i + 1} holds something that is not a number") from None
        weights[i] = np.nan_to_num(row[:n], nan=0.0, posinf=np.inf, neginf=-np.inf)
        if not np.isfinite(weights[i]).all():
            raise WannError(f"row {i + 1} holds an infinite weight")
        if (np.abs(weights[i]) > MAX_WEIGHT).any():
            raise WannError(f"row {i + 1} holds a weight that is too large for float32")
        if row[n] not in tuple(Activation):
            raise WannError(f"row {i + 1} has the activation {row[n]:g}; allowed are 1 to {len(Activation)}")
        activations.append(int(row[n]))
    return weights, activations


def _matrix_shape(connected: NDArray[np.bool_], activations: list[int]) -> tuple[int, int]:
    """How many nodes at the start are bias or inputs, and how many at the end are outputs."""
    n = len(connected)
    has_source: list[bool] = np.logical_or.reduce(connected, axis=0).tolist()
    has_target: list[bool] = np.logical_or.reduce(connected, axis=1).tolist()
    n_fixed = next((i for i in range(n) if has_source[i]), 0)
    n_outputs = next((i for i in range(n) if has_target[n - 1 - i]), n)
    # Inputs are linear in these files: a node with another activation cannot be one, though nothing may lead to it.
    n_fixed = min(n_fixed, next((i for i in range(n) if activations[i] != Activation.LINEAR), n))
    return n_fixed, n_outputs
