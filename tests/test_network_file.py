"""Network files: what is written is read back, and every bad file gets one clear line and nothing else."""

import contextlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import random_network
from wann import Network, WannError
from wann.networks import Activation
from wann.networks import file as network_file
from wann.networks.file import from_json, to_json

GOOD = {
    "format": "wann-network",
    "version": 1,
    "inputs": ["a", "b"],
    "outputs": ["y"],
    "hidden": ["relu", "sine"],
    "output_activations": ["tanh"],
    "connections": [[1, 3], [2, 4], [3, 4], [4, 5], [0, 5]],
    "weights": [1.0, 2.0, 3.0, 4.0, 5.0],
    "shared_weight": -1.5,
    "metadata": {"task": "none"},
}

#: A matrix that this test wrote by hand: bias, two inputs, two hidden nodes, one output.
MATRIX = """\
0,0,0,0,0,0.5,1
0,0,0,1.5,0,0,1
0,0,0,nan,-2,0,1
0,0,0,0,1,0.25,9
0,0,0,0,0,3,3
0,0,0,0,0,0,5
"""


def refused(path: Path) -> str:
    with pytest.raises(WannError) as caught:
        Network.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert len(message) < 400 + len(str(path))
    return message


# JSON


def test_json_keeps_everything(tmp_path: Path, rng: np.random.Generator) -> None:
    for i in range(20):
        network = random_network(rng, n_inputs=i % 4 + 1, n_outputs=i % 3 + 1, n_hidden=i)
        network = network.with_tuning(
            weights=rng.normal(size=network.n_connections).astype(np.float32), shared_weight=rng.normal(), score=i
        )
        path = tmp_path / f"{i}.json"
        network.save(path)
        again = Network.load(path)
        assert again == network
        assert again.metadata == network.metadata == {"score": i}
        x = rng.normal(size=(10, network.n_inputs))
        np.testing.assert_array_equal(again(x), network(x))


def test_json_without_weights(tmp_path: Path, rng: np.random.Generator) -> None:
    network = random_network(rng)
    network.save(tmp_path / "n.json")
    again = Network.load(str(tmp_path / "n.json"))
    assert again == network
    assert (again.weights, again.shared_weight) == (None, None)


def test_any_name_but_out_is_json(tmp_path: Path, rng: np.random.Generator) -> None:
    network = random_network(rng)
    network.save(tmp_path / "champion")
    assert Network.load(tmp_path / "champion") == network
    assert json.loads((tmp_path / "champion").read_text())["version"] == 1


def test_names_beyond_ascii(tmp_path: Path) -> None:
    network = Network(inputs=["θ̇", 'a"b'], outputs=["力"], hidden=[], output_activations="tanh", connections=[(1, 3)])
    network.save(tmp_path / "n.json")
    assert Network.load(tmp_path / "n.json").inputs == ("θ̇", 'a"b')


def test_saving_leaves_nothing_else_behind(tmp_path: Path, rng: np.random.Generator) -> None:
    for _ in range(2):
        random_network(rng).save(tmp_path / "deep" / "er" / "n.json")
    assert [p.name for p in (tmp_path / "deep" / "er").iterdir()] == ["n.json"]


def test_metadata_that_json_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "n.json"
    network = random_network(rng)
    network.save(path)
    for bad in (math.nan, object()):
        with pytest.raises(WannError, match="metadata"):
            network.with_metadata(bad=bad).save(path)
    assert Network.load(path) == network
    assert [p.name for p in tmp_path.iterdir()] == ["n.json"]


def test_the_documented_example_is_valid() -> None:
    page = (Path(__file__).parent.parent / "docs" / "reference" / "network-format.md").read_text(encoding="utf-8")
    blocks = page.split("```json\n")[1:]
    assert blocks
    for block in blocks:
        from_json(block.split("```")[0])


BAD_JSON = {
    "missing inputs": ({"inputs": ...}, "the field 'inputs' is missing"),
    "missing outputs": ({"outputs": ...}, "the field 'outputs' is missing"),
    "missing hidden": ({"hidden": ...}, "the field 'hidden' is missing"),
    "missing output activations": ({"output_activations": ...}, "the field 'output_activations' is missing"),
    "missing connections": ({"connections": ...}, "the field 'connections' is missing"),
    "missing format": ({"format": ...}, "'format' is None; expected 'wann-network'"),
    "missing version": ({"version": ...}, "'version' is None"),
    "other format": ({"format": "onnx"}, "'format' is 'onnx'; expected 'wann-network'"),
    "later version": ({"version": 2}, "'version' is 2; this package reads version 1"),
    "version by name": ({"version": "1"}, "'version' is '1'"),
    "version true": ({"version": True}, "'version' is True"),
    "unknown field": ({"colour": "red"}, "unknown field 'colour'"),
    "cycle": ({"connections": [[3, 4], [4, 3], [4, 5]]}, "4 -> 3 does not lead to a later node, so the order has a cycle"),
    "loop": ({"connections": [[3, 3]]}, "3 -> 3 does not lead to a later node"),
    "index": ({"connections": [[1, 6]]}, "1 -> 6: nodes are numbered 0 to 5"),
    "negative index": ({"connections": [[-1, 5]]}, "-1 -> 5 names a node that does not exist"),
    "huge index": ({"connections": [[10**9, 5]]}, "names a node that does not exist"),
    "enormous index": ({"connections": [[10**30, 5]]}, "names a node that does not exist"),
    "into an input": ({"connections": [[0, 1]]}, "leads into the bias or an input"),
    "twice": ({"connections": [[1, 3], [3, 5], [1, 3]], "weights": ...}, "1 -> 3 stands twice"),
    "triple": ({"connections": [[1, 3, 1]]}, "expected pairs of node numbers"),
    "float index": ({"connections": [[1.0, 3]]}, "expected pairs of node numbers"),
    "boolean index": ({"connections": [[True, 3]]}, "expected pairs of node numbers"),
    "string index": ({"connections": [["1", 3]]}, "expected pairs of node numbers"),
    "null index": ({"connections": [None]}, "expected pairs of node numbers"),
    "flat": ({"connections": [1, 3]}, "expected pairs of node numbers"),
    "connections object": ({"connections": {}}, "'connections' must be a list"),
    "connections null": ({"connections": None}, "'connections' must be a list"),
    "connections text": ({"connections": "1,3"}, "'connections' must be a list"),
    "inputs number": ({"inputs": 10**9}, "'inputs' must be a list"),
    "inputs of numbers": ({"inputs": [1, 2]}, "inputs: expected a list of names"),
    "no outputs": ({"outputs": [], "output_activations": []}, "at least one output"),
    "unknown activation": ({"hidden": ["relu", "swish"]}, "hidden node 1: unknown activation 'swish'; allowed are linear"),
    "activation number": ({"hidden": ["relu", 3]}, "hidden: expected names of activations, got 3"),
    "unknown output activation": ({"output_activations": ["softmax"]}, "unknown activation 'softmax'"),
    "too many output activations": ({"output_activations": ["tanh"] * 2}, "2 activations for 1 outputs"),
    "hidden number": ({"hidden": 10**9}, "'hidden' must be a list"),
    "few weights": ({"weights": [1.0]}, r"expected (5,), one for each connection"),
    "text weights": ({"weights": ["1"] * 5}, "'weights' must be a list of finite numbers"),
    "boolean weights": ({"weights": [True] * 5}, "'weights' must be a list of finite numbers"),
    "null weight": ({"weights": [None] * 5}, "'weights' must be a list of finite numbers"),
    "weights object": ({"weights": {"0": 1}}, "'weights' must be a list of finite numbers"),
    "nested weights": ({"weights": [[1.0]] * 5}, "'weights' must be a list of finite numbers"),
    "too large a weight": ({"weights": [1e39] * 5}, "too large for float32"),
    "enormous weight": ({"weights": [10**400] * 5}, "'weights' must be a list of finite numbers"),
    "text shared weight": ({"shared_weight": "1"}, "'shared_weight' is '1'; expected a finite number"),
    "enormous shared weight": ({"shared_weight": 10**400}, "'shared_weight' is 1000"),
    "shared weight beyond float32": (
        {"shared_weight": 1e300},
        "shared_weight is 1e+300; it must be a number finite in float32",
    ),
    "long name": ({"hidden": ["relu", "x" * 5000]}, f"unknown activation 'x{'x' * 58}…; allowed are"),
    "long field": ({"x" * 5000: 1}, f"unknown field 'x{'x' * 58}…"),
    "long index": ({"connections": [[10**4000, 5]]}, f"connection 1{'0' * 59}… -> 5 names a node that does not exist"),
    "list metadata": ({"metadata": [1]}, "'metadata' must be an object"),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json(name: str, tmp_path: Path) -> None:
    changes, message = BAD_JSON[name]
    data = {k: v for k, v in (GOOD | changes).items() if v is not ...}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    assert message in refused(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("hello", "not valid JSON"),
        ("{", "not valid JSON"),
        ("null", "expected a JSON object, got NoneType"),
        ("[]", "expected a JSON object, got list"),
        ("3", "expected a JSON object, got int"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("1" * 10_000, "not valid JSON"),
        (json.dumps(GOOD).replace("5.0]", "NaN]"), "NaN is not a number that JSON knows"),
        (json.dumps(GOOD).replace("5.0]", "Infinity]"), "Infinity is not a number"),
        (json.dumps(GOOD).replace("-1.5", "-Infinity"), "-Infinity is not a number"),
        (json.dumps(GOOD).replace("-1.5", "1e999"), "the number 1e999 is too large"),
        (json.dumps(GOOD).replace("5.0]", "1e999]"), "the number 1e999 is too large"),
        (json.dumps(GOOD).replace('{"task"', '{"x": 1e999, "task"'), "the number 1e999 is too large"),
        (json.dumps(GOOD)[:-1] + ', "hidden": []}', "the field 'hidden' stands twice"),
        ("\ufeff" + json.dumps(GOOD), "not valid JSON"),
    ],
)
def test_bad_text(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    assert message in refused(path)


@pytest.mark.parametrize("length", range(0, len(json.dumps(GOOD)), 7))
def test_cut_off_json(length: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(GOOD)[:length])
    assert "not valid JSON" in refused(path)


@pytest.mark.parametrize("name", ["n.json", "n.out"])
def test_what_is_not_a_text_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x80\x04\x95pickle\xff")
    assert "not a text file" in refused(path)
    folder = tmp_path / f"folder-{name}"
    folder.mkdir()
    assert "a folder" in refused(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Network.load(tmp_path / "nowhere.json")


def test_too_many_values_are_refused_before_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_file, "MAX_COMMAS", 1000)
    path = tmp_path / "many.json"
    path.write_text(json.dumps(GOOD | {"metadata": {"values": [0] * 900}}))
    Network.load(path)
    path.write_text(json.dumps(GOOD | {"metadata": {"values": [[]] * 1100}}))
    assert "more than 1000 values; that is no network file" in refused(path)


def test_too_many_nodes_or_connections(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_text(json.dumps(GOOD | {"hidden": ["relu"] * 100_001}))
    assert "100005 nodes; at most 100000 are allowed" in refused(path)


@pytest.mark.parametrize("name", ["n.json", "n.out"])
def test_an_enormous_file_is_not_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(2**40)
    assert "larger than 256 MiB" in refused(path)


# The authors' matrices


def test_a_matrix_of_the_authors_kind(tmp_path: Path) -> None:
    path = tmp_path / "champion.out"
    path.write_text(MATRIX)
    network = Network.load(path)
    assert (network.n_inputs, network.n_hidden, network.n_outputs) == (2, 2, 1)
    assert network.hidden == (Activation.RELU, Activation.SINE)
    assert network.output_activations == (Activation.TANH,)
    assert network.connections.tolist() == [[1, 3], [2, 4], [3, 4], [0, 5], [3, 5], [4, 5]]
    assert network.weights is not None
    assert network.weights.tolist() == [1.5, -2, 1, 0.5, 0.25, 3]


def test_a_matrix_with_one_weight_has_no_individual_weights(tmp_path: Path) -> None:
    path = tmp_path / "champion.out"
    path.write_text("0,0,1,1\n0,0,1,1\n0,0,0,5\n")
    network = Network.load(path)
    assert network.weights is None
    assert (network.n_inputs, network.n_outputs) == (1, 1)


def without_loose_ends(network: Network) -> Network:
    """With connections from the bias and to the last output for all hidden nodes, as in every network of a search."""
    hidden = range(1 + network.n_inputs, 1 + network.n_inputs + network.n_hidden)
    outputs = range(network.n_nodes - network.n_outputs, network.n_nodes)
    pairs = {tuple(pair) for pair in network.connections.tolist()}
    pairs |= {(0, node) for node in hidden} | {(node, outputs[-1]) for node in hidden} | {(0, node) for node in outputs}
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations="tanh",
        connections=sorted(pairs),
    )


@pytest.mark.parametrize(
    ("hidden", "connections"),
    [
        (["linear", "tanh"], [(1, 3), (3, 4)]),  # the first hidden node looks like an input
        (["tanh", "linear"], [(1, 2), (2, 4)]),  # the second one looks like an output
        (["linear", "tanh"], [(1, 4)]),
        (["tanh", "linear"], [(1, 4)]),
        (["tanh", "tanh"], []),
    ],
)
def test_what_a_matrix_cannot_tell_is_not_written(hidden: list[str], connections: list, tmp_path: Path) -> None:
    """Nothing is lost quietly: what `.out` would read back as another network is refused."""
    network = Network(inputs=["a"], outputs=["y"], hidden=hidden, output_activations="tanh", connections=connections)
    with pytest.raises(WannError, match=r"save the network as \.json"):
        network.save(tmp_path / "n.out")
    assert not any(tmp_path.iterdir())


def test_a_large_network_is_not_written_as_a_matrix(tmp_path: Path) -> None:
    names = [f"in {i}" for i in range(20_000)]
    network = Network(inputs=names, outputs=["y"], hidden=[], output_activations="tanh", connections=[(1, 20_001)])
    with pytest.raises(WannError, match="too many for a square matrix"):
        network.save(tmp_path / "n.out")


@pytest.mark.parametrize("seed", range(10))
def test_out_keeps_topology_and_weights(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    network = without_loose_ends(random_network(rng, n_inputs=1 + seed % 4, n_outputs=1 + seed % 3, n_hidden=seed))
    path = tmp_path / "n.out"
    network.save(path)
    assert Network.load(path).same_topology(network)
    tuned = network.with_tuning(weights=rng.normal(size=network.n_connections).astype(np.float32))
    tuned.save(path)
    again = Network.load(path)
    assert again.same_topology(network)
    if network.n_connections > 1:
        np.testing.assert_array_equal(again.weights, tuned.weights)


def test_a_weight_of_0_stays_a_connection(tmp_path: Path) -> None:
    network = Network(
        inputs=["a"], outputs=["y"], hidden=[], output_activations="tanh", connections=[(0, 2), (1, 2)], weights=[0, 1]
    )
    network.save(tmp_path / "n.out")
    assert Network.load(tmp_path / "n.out").same_topology(network)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "fewer than two rows"),
        ("1", "fewer than two rows"),
        ("hello\nworld", "row 1 has 1 columns; expected 3"),
        ("0,1,1\n0,0\n", "row 2 has 2 columns; expected 3"),
        ("0,1,1\n0,0,5,6\n", "row 2 has 4 columns; expected 3"),
        ("0,x,1\n0,0,5\n", "row 1 holds something that is not a number"),
        ("0,inf,1\n0,0,5\n", "row 1 holds an infinite weight"),
        ("0,1e39,1\n0,0,5\n", "row 1 holds a weight that is too large for float32"),
        ("0,1,1\n0,0,11\n", "row 2 has the activation 11; allowed are 1 to 10"),
        ("0,1,1\n0,0,0\n", "row 2 has the activation 0"),
        ("0,1,1\n0,0,2.5\n", "row 2 has the activation 2.5"),
        ("0,1,1\n0,0,nan\n", "row 2 has the activation nan"),
        ("0,1,1\n0,0,inf\n", "row 2 has the activation inf"),
        ("0,0,1\n0,0,5\n", "no node leads to another"),
        ("1,1,1\n0,0,5\n", "0 -> 0"),
        ("0,0,1,1\n0,0,1,1\n0,1,0,5\n", "cycle"),
        ("0,1,1,1\n0,0,1,5\n0,1,0,5\n", "cycle"),
        ('"0,1\n', "fewer than two rows"),
        ("0;1;1\n0;0;5\n", "row 1 has 1 columns"),
    ],
)
def test_bad_matrices(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.out"
    path.write_text(text)
    assert message in refused(path)


def test_a_matrix_of_many_rows_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.out"
    path.write_text("1\n" * 200_000)
    assert "200000 nodes; at most 100000 are allowed" in refused(path)
    path.write_text("1\n" * 90_000)
    assert "row 1 has 1 columns; expected 90001" in refused(path)


# Fuzzing: whatever comes in, a network or a WannError comes out.

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["tanh", "relu"]),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "x"]), values, max_size=4),
    max_leaves=8,
)
FUZZ = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def loads_or_refuses(path: Path) -> None:
    with contextlib.suppress(WannError):
        network = Network.load(path)
        assert np.isfinite(network.connections).all()
        network(np.zeros((2, network.n_inputs)), weight=1.0)


@FUZZ
@given(field=st.sampled_from([*GOOD]), value=JSON_VALUES)
def test_any_value_in_any_field(field: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text(json.dumps(GOOD | {field: value}))
    loads_or_refuses(path)


@FUZZ
@given(
    name=st.sampled_from(["n.json", "n.out"]),
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 3)), min_size=1, max_size=6),
)
def test_any_change_of_bytes(name: str, edits: list[tuple[int, int, int]], tmp_path: Path) -> None:
    data = bytearray((json.dumps(GOOD) if name == "n.json" else MATRIX).encode())
    for place, byte, kind in edits:
        i = place % (len(data) + 1)
        match kind:
            case 0 if i < len(data):
                data[i] = byte
            case 1:
                data.insert(i, byte)
            case 2:
                del data[i : i + byte % 20]
            case _:
                data[i:i] = data[i : i + byte % 50]
    path = tmp_path / name
    path.write_bytes(bytes(data))
    loads_or_refuses(path)


@FUZZ
@given(name=st.sampled_from(["n.json", "n.out"]), data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    loads_or_refuses(path)


@FUZZ
@given(
    cells=st.lists(
        st.lists(st.sampled_from(["0", "1", "5", "nan", "-1", "", "1e400", "0x1", "1_0", " 2"]), min_size=3, max_size=5),
        min_size=2,
        max_size=4,
    )
)
def test_any_matrix(cells: list[list[str]], tmp_path: Path) -> None:
    path = tmp_path / "n.out"
    path.write_text("\n".join(",".join(row) for row in cells))
    loads_or_refuses(path)


def test_reading_what_was_written_is_writing_what_was_read() -> None:
    text = to_json(from_json(json.dumps(GOOD)))
    assert to_json(from_json(text)) == text
