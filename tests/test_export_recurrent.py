"""Recurrent networks in each file that can hold them: episodes against the oracle and against `wann.tasks.policy`."""

import ctypes
import functools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import onnx
import onnxruntime
import pydot
import pytest
from gymnasium import spaces

import oracle
import test_export_c as c_files
import wann
from conftest import Cli, random_network
from environments import Still
from exports import HOSTILE, assert_within, network_of_any_kind
from wann import Network, WannError, _core
from wann.export import to_c, to_dot, to_graphml, to_onnx, to_python
from wann.tasks import PolicyParts, policy_parts
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.policies import policy

#: A step of several episodes side by side: from inputs (n, n_inputs) to outputs.
Stepped = Callable[[np.ndarray], np.ndarray]


def recurrent_network_of_any_kind(seed: int) -> Network:
    """Such a network as `network_of_any_kind` gives, with one to eight recurrent connections."""
    rng, network = np.random.default_rng([seed, 1]), network_of_any_kind(seed)
    first = 1 + network.n_inputs
    possible = [(s, t) for s in range(1, network.n_nodes) for t in range(first, network.n_nodes)]
    chosen = rng.choice(len(possible), min(len(possible), int(rng.integers(1, 9))), replace=False)
    own = network.weights
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations=network.output_activations,
        connections=[*map(tuple, network.connections.tolist()), *(possible[i] for i in chosen)],
        recurrent=[False] * network.n_connections + [True] * len(chosen),
        weights=None if own is None else [*own, *rng.uniform(-2, 2, len(chosen))],
        shared_weight=network.shared_weight,
    )


def hostile_recurrent_network() -> Network:
    """One whose names are meant to break out, and to be taken for what it remembers."""
    names = [*HOSTILE, "x_before", "x", "memory", "START", "limited"]
    last = 1 + len(names)
    return Network(
        inputs=names,
        outputs=["*/", "y_before", "y"],
        hidden=[],
        output_activations="linear",
        connections=[*((1 + i, last + i % 3) for i in range(len(names))), (len(names) - 3, last), (last + 2, last + 1)],
        recurrent=[False] * len(names) + [True, True],
        shared_weight=0.5,
    )


def by_onnx(networks: list[Network], parts: PolicyParts | None, folder: Path) -> list[Stepped]:
    return [_onnx_steps(to_onnx(network, policy=parts), network) for network in networks]


def _onnx_steps(model: onnx.ModelProto, network: Network) -> Stepped:
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given, kept = (entry.name for entry in session.get_inputs())
    assert (kept, session.get_outputs()[1].name) == ("memory", "next_memory")
    memory: list[np.ndarray] = []

    def step(x: np.ndarray) -> np.ndarray:
        before = memory.pop() if memory else np.zeros((len(x), network.n_memory), dtype=np.float32)
        outputs, after = session.run(None, {given: x, kept: before})
        memory.append(after)
        return outputs

    return step


def by_torch(networks: list[Network], parts: PolicyParts | None, folder: Path) -> list[Stepped]:
    pytest.importorskip("torch", reason="needs PyTorch")
    from wann.export import to_torch_source

    steps = []
    for network in networks:
        found: dict = {"__name__": "exported"}
        exec(compile(to_torch_source(network, policy=parts), "exported.py", "exec"), found)
        steps.append(_torch_steps(found["load"]()))
    return steps


def _torch_steps(module) -> Stepped:
    import torch

    memory = [None]

    def step(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            outputs, memory[0] = module(torch.tensor(x), memory[0])
        return outputs.numpy()

    return step


def by_c(networks: list[Network], parts: PolicyParts | None, folder: Path) -> list[Stepped]:
    compiler = shutil.which("gcc") or c_files.CLANG
    assert compiler, "the core was built by one"
    sources = [to_c(network, name=f"net{i}", policy=parts) for i, network in enumerate(networks)]
    library = c_files.compiled(compiler, "\n".join(sources), folder)
    return [
        _c_steps(getattr(library, f"net{i}"), source, network)
        for i, (source, network) in enumerate(zip(sources, networks, strict=True))
    ]


def _c_steps(function, source: str, network: Network) -> Stepped:
    function.restype = None
    (n_outputs,) = map(int, re.findall(r"_OUTPUTS (\d+)", source))
    weight = [] if network.weights is not None else [ctypes.c_float(network.shared_weight)]
    fields = re.search(r"struct \{(.*?)\}", source, re.DOTALL)
    states: dict[int, np.ndarray] = {}

    def step(x: np.ndarray) -> np.ndarray:
        y = np.full((len(x), n_outputs), np.nan, dtype=np.float32)
        for row, (given, out) in enumerate(zip(np.ascontiguousarray(x), y, strict=True)):
            arguments = [given.ctypes.data_as(c_files.Pointer), out.ctypes.data_as(c_files.Pointer), *weight]
            if fields:
                state = states.setdefault(row, np.zeros(fields[1].count(",") + 1, dtype=np.float32))
                arguments.append(state.ctypes.data_as(c_files.Pointer))
            function(*arguments)
        return y

    return step


def by_python(networks: list[Network], parts: PolicyParts | None, folder: Path) -> list[Stepped]:
    return [_python_steps(to_python(network, policy=parts), "act" if parts else "network") for network in networks]


def _python_steps(source: str, function: str) -> Stepped:
    found: dict = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), found)
    memories: dict[int, list[float]] = {}

    def step(x: np.ndarray) -> np.ndarray:
        rows = []
        for row, given in enumerate(x.tolist()):
            if "START" not in found:  # what it remembers is of no effect
                rows.append(found[function](given))
                continue
            outputs, memories[row] = found[function](given, memories.get(row, found["START"]))
            rows.append(outputs)
        return np.array(rows)

    return step


#: From networks, what stands around them and a folder to what steps them.
Way = Callable[[list[Network], PolicyParts | None, Path], list[Stepped]]
WAYS = {"onnx": by_onnx, "torch": by_torch, "c": by_c, "python": by_python}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def steps_of(network: Network, x: np.ndarray) -> list[oracle.Nodes]:
    with np.errstate(over="ignore"):
        if network.weights is not None:
            return oracle.forward_steps(network, x, weights=network.weights)
        return oracle.forward_steps(network, x, weight=np.float32(network.shared_weight))


def test_episodes_of_random_networks(way: Way, tmp_path: Path) -> None:
    networks = [recurrent_network_of_any_kind(seed) for seed in range(80)]
    narrow = 0
    for i, (network, step) in enumerate(zip(networks, way(networks, None, tmp_path), strict=True)):
        x = np.random.default_rng(i).normal(size=(6, 5, network.n_inputs)).astype(np.float32)
        x[:, 4] *= 1e5  # beyond what is remembered of hidden nodes, but not of inputs
        for inputs, nodes in zip(x, steps_of(network, x), strict=True):
            assert_within(step(inputs), nodes, i)
            narrow += int((nodes.bounds < 1e-4).sum())
    assert narrow > 2000


def test_what_is_remembered_is_limited(way: Way, tmp_path: Path) -> None:
    """A loop that doubles, an input of any size, and a node that neither grows nor is limited."""
    network = Network(
        inputs=["x"],
        outputs=["loop", "delay", "bell"],
        hidden=[],
        output_activations=["linear", "linear", "tanh"],
        connections=[(1, 2), (2, 2), (1, 3), (1, 4), (4, 4)],
        recurrent=[False, True, True, False, True],
        shared_weight=2.0,
    )
    (step,) = way([network], None, tmp_path)
    seen = [step(np.array([[x]], dtype=np.float32))[0] for x in [1.0] * 12 + [1e6, 0.0]]
    assert [row[0] for row in seen[:5]] == [2, 6, 14, 30, 62]
    assert seen[11][0] == 202
    assert (seen[13][0], seen[13][1]) == (200, 2e6)
    assert seen[13][2] == pytest.approx(np.tanh(2.0), abs=1e-6)


def test_names_of_any_kind(way: Way, tmp_path: Path) -> None:
    network = hostile_recurrent_network()
    (step,) = way([network], None, tmp_path)
    x = np.random.default_rng(0).normal(size=(3, 4, network.n_inputs)).astype(np.float32)
    for inputs, nodes in zip(x, steps_of(network, x), strict=True):
        assert_within(step(inputs), nodes)


@pytest.mark.parametrize("weights", ["shared", "individual"])
@pytest.mark.parametrize("space", [spaces.Box(-0.5, 0.7, (2,), np.float32), spaces.Discrete(3), spaces.MultiBinary(2)])
def test_policies(space: spaces.Space, weights: str, way: Way, tmp_path: Path) -> None:
    scaling = ObservationScaling((0.5, -2.0, 0.0), (2.0, 0.25, 1.0))
    seen = spaces.Box(-np.inf, np.inf, (3,), np.float32)
    task = wann.tasks.GymnasiumTask(functools.partial(Still, seen, space), observation_scaling=scaling)
    network = random_network(np.random.default_rng(4), 3, len(task.outputs), 3, 6).with_metadata(**task.network_metadata)
    network = network.with_tuning(shared_weight=0.8)
    if weights == "individual":
        network = network.with_tuning(weights=np.random.default_rng(5).uniform(-1, 1, network.n_connections))
    act = policy(network, task)
    (step,) = way([network], policy_parts(network, task), tmp_path)
    x = (np.random.default_rng(6).normal(size=(60, 3)) * scaling.scale + scaling.shift).astype(np.float32)
    wanted = np.array([act(row) for row in x], dtype=float).reshape(len(x), -1)
    found = np.array([step(row[None])[0] for row in x])
    assert len(np.unique(wanted, axis=0)) > 1
    np.testing.assert_allclose(found, wanted, atol=1e-4)


class TestTorch:
    @pytest.fixture(autouse=True)
    def needs_torch(self) -> None:
        pytest.importorskip("torch", reason="needs PyTorch")

    def test_the_limit_is_the_core_s(self) -> None:
        from wann.export import torch_module

        assert _core.most_remembered == torch_module.MOST_REMEMBERED

    def test_gradients_go_through_time(self) -> None:
        """y = w (x + y a step ago), so that the second y is w x₂ + w² x₁."""
        import torch

        from wann.export import to_torch

        loop = Network(
            inputs=["x"],
            outputs=["y"],
            hidden=[],
            output_activations="linear",
            connections=[(1, 2), (2, 2)],
            recurrent=[False, True],
        )
        module, memory = to_torch(loop, weight=0.5), None
        for x in (3.0, 7.0):
            y, memory = module(torch.tensor([x]), memory)
        y.sum().backward()
        assert float(module.weight.grad) == pytest.approx(7 + 2 * 0.5 * 3)

    def test_any_shape_of_inputs(self) -> None:
        import torch

        from wann.export import to_torch

        network = recurrent_network_of_any_kind(3)
        module, x = to_torch(network), torch.randn(4, 2, 3, network.n_inputs)
        memory = None
        for inputs in x:
            outputs, memory = module(inputs, memory)
            assert outputs.shape == (2, 3, network.n_outputs)
            assert memory.shape == (2, 3, network.n_memory)

    def test_the_same_network_comes_back(self) -> None:
        from wann.export import from_torch, to_torch

        for seed in range(30):
            network = recurrent_network_of_any_kind(seed)
            back = from_torch(to_torch(network), network)
            assert back.same_topology(network)
            if network.weights is not None:
                np.testing.assert_array_equal(back.weights, network.weights)


class TestC:
    def test_two_episodes_at_once(self, tmp_path: Path) -> None:
        """Each has a state of its own; the function has none."""
        network = recurrent_network_of_any_kind(7)
        (together,), x = by_c([network], None, tmp_path), np.random.default_rng(0).normal(size=(5, 2, network.n_inputs))
        alone = [_c_steps_again(network, tmp_path / str(row)) for row in range(2)]
        for inputs in x.astype(np.float32):
            np.testing.assert_array_equal(together(inputs), [alone[row](inputs[row : row + 1])[0] for row in range(2)])

    @pytest.mark.skipif(c_files.CLANG is None, reason="there is no compiler clang, which compiles for a Cortex-M")
    def test_for_a_controller(self, tmp_path: Path) -> None:
        source = tmp_path / "network.c"
        source.write_text(to_c(recurrent_network_of_any_kind(5)))
        subprocess.run(
            [c_files.CLANG, *c_files.STRICT, *c_files.CONTROLLER, source, "-o", tmp_path / "network.o"], check=True
        )


def _c_steps_again(network: Network, folder: Path) -> Stepped:
    folder.mkdir()
    return by_c([network], None, folder)[0]


class TestPython:
    def test_it_reads_like_an_explanation(self) -> None:
        network = Network(
            inputs=["angle", "speed"],
            outputs=["push"],
            hidden=["relu"],
            output_activations="tanh",
            connections=[(1, 3), (2, 3), (3, 4), (1, 4), (3, 3), (4, 3)],
            recurrent=[False] * 3 + [True] * 3,
        )
        source = to_python(network, weight=-1.5)
        assert "6 connections (3 of them recurrent)" in source
        assert "WEIGHT = -1.5\nSTART = [0.0] * 3\n" in source
        assert "def network(inputs, memory, w=WEIGHT):\n" in source
        assert "    angle_before, h3_before, push_before = memory\n" in source
        assert "    h3 = relu(w * (angle + speed + h3_before + push_before))\n" in source
        assert "    memory = [angle, limited(h3), push]\n    return [push], memory\n" in source

    def test_an_episode_from_standard_input(self, tmp_path: Path) -> None:
        network, path = recurrent_network_of_any_kind(11), tmp_path / "exported.py"
        path.write_text(to_python(network), encoding="utf-8")
        x = np.random.default_rng(0).normal(size=(4, 1, network.n_inputs))
        lines = "".join(" ".join(map(str, row[0])) + "\n" for row in x.tolist())
        done = subprocess.run([sys.executable, "-I", "-S", path], input=lines, capture_output=True, text=True, check=True)
        for line, nodes in zip(done.stdout.splitlines(), steps_of(network, x), strict=True):
            assert_within(np.array([json.loads(line)]), nodes)


class TestOthers:
    @pytest.fixture
    def network(self) -> Network:
        return random_network(np.random.default_rng(1), n_hidden=6, n_recurrent=9).with_tuning(shared_weight=0.5)

    def test_graphs_tell_recurrent_connections(self, network: Network) -> None:
        edges = [(f"n{a}", f"n{b}", bool(r)) for (a, b), r in zip(network.connections, network.recurrent, strict=True)]
        for graph in (networkx.parse_graphml(to_graphml(network), force_multigraph=True), _multigraph(network)):
            found = [
                (a, b, str(data.get("recurrent")).strip('"').lower() == "true") for a, b, data in graph.edges(data=True)
            ]
            assert sorted(found) == sorted(edges)
        assert to_dot(network).count("style=") == 9
        assert "recurrent" not in to_graphml(wann.zoo.load("cartpole-swingup"))

    def test_formulas_refuse_them(self, network: Network, cli: Cli, tmp_path: Path) -> None:
        network.save(tmp_path / "n.json")
        told = cli("export", tmp_path / "n.json", "--to", "formula", "--out", tmp_path / "n.txt", status=2).stderr
        assert (
            told
            == "wann: the network is recurrent and has no formula; its steps can be read where it is exported to python\n"
        )
        with pytest.raises(WannError, match="the network is recurrent and has no formula"):
            wann.export.to_formula(network)

    def test_from_the_command_line(self, network: Network, cli: Cli, tmp_path: Path) -> None:
        network.save(tmp_path / "n.json")
        cli("export", tmp_path / "n.json", "--to", "c", "--out", tmp_path / "pole.c")
        assert "void pole(const float *in, float *out, float w, pole_state *state);" in (tmp_path / "pole.c").read_text()


def _multigraph(network: Network) -> networkx.MultiDiGraph:
    (graph,) = pydot.graph_from_dot_data(to_dot(network))
    return networkx.MultiDiGraph(networkx.nx_pydot.from_pydot(graph))
