"""What stands before and after a network, in each file that can hold it, against `wann.tasks.policy`."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from gymnasium import spaces

import test_export_c as c_files
import test_export_onnx as onnx_files
import wann
from conftest import random_network
from environments import Still
from wann import Network, WannError
from wann.export import to_c, to_onnx, to_python
from wann.networks.metadata import AccuracyRecord, PreparationRecord, ScoreRecord
from wann.tasks import PolicyParts, policy_parts
from wann.tasks.data.tables import table_task
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.policies import policy

N_INPUTS = 4
SCALING = ObservationScaling((0.5, -2.0, 0.0, 100.0), (2.0, 0.25, 1.0, 30.0))

SPACES = {
    "bounds": spaces.Box(np.array([-2, -1, 0]), np.array([2, 3, 0.5]), dtype=np.float32),
    "no bounds": spaces.Box(-np.inf, np.inf, (2,), np.float32),
    "one bound": spaces.Box(np.array([-0.1, -np.inf]), np.array([np.inf, 0.1]), dtype=np.float32),
    "float64": spaces.Box(-3, 1, (2,), np.float64),
    "whole": spaces.Box(-5, 20, (2,), np.int32),
    "choice": spaces.Discrete(4),
    "choice from 3 on": spaces.Discrete(3, start=3),
    "choices": spaces.MultiDiscrete([2, 3], start=[1, 0]),
    "switches": spaces.MultiBinary(3),
}


def by_onnx(network: Network, parts: PolicyParts, x: np.ndarray, folder: Path) -> np.ndarray:
    model = to_onnx(network, weight="shared", policy=parts)
    onnx.checker.check_model(model, full_check=True)
    assert (model.graph.input[0].name, model.graph.output[0].name) == ("observation", "action")
    return onnx_files.run(model, x)


def by_torch(network: Network, parts: PolicyParts, x: np.ndarray, folder: Path) -> np.ndarray:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    from wann.export import to_torch, to_torch_source

    found: dict = {"__name__": "exported"}
    exec(compile(to_torch_source(network, weight="shared", policy=parts), "exported.py", "exec"), found)
    with torch.no_grad():
        from_file = found["load"]()(torch.tensor(x)).numpy()
        np.testing.assert_array_equal(to_torch(network, weight="shared", policy=parts)(torch.tensor(x)).numpy(), from_file)
    return from_file


def by_c(network: Network, parts: PolicyParts, x: np.ndarray, folder: Path) -> np.ndarray:
    compiler = shutil.which("gcc") or c_files.CLANG
    assert compiler, "the core was built by one"
    source = to_c(network, weight="shared", policy=parts)
    n_outputs = int(source.split("#define NETWORK_OUTPUTS ")[1].split()[0])
    library = c_files.compiled(compiler, source, folder)
    return c_files.run(library, "network", x, n_outputs, network.shared_weight)


def by_python(network: Network, parts: PolicyParts, x: np.ndarray, folder: Path) -> np.ndarray:
    found: dict = {"__name__": "exported"}
    exec(compile(to_python(network, weight="shared", policy=parts), "exported.py", "exec"), found)
    return np.array([found["act"](row) for row in x.tolist()])


#: From a network, what stands around it, observations and a folder to actions.
Way = Callable[[Network, PolicyParts, np.ndarray, Path], np.ndarray]
WAYS = {"onnx": by_onnx, "torch": by_torch, "c": by_c, "python": by_python}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def shallow(n_outputs: int, seed: int = 0) -> Network:
    """A network that amplifies no rounding, with a linear output whose values go beyond most bounds."""
    rng = np.random.default_rng(seed)
    first = 1 + N_INPUTS
    pairs = [(s, t) for t in range(first, first + 3) for s in range(first) if rng.random() < 0.7]
    pairs += [(s, first + 3 + i) for i in range(n_outputs) for s in range(first + 3) if rng.random() < 0.7]
    return Network(
        inputs=["a", "b", "c", "d"],
        outputs=[f"output {i}" for i in range(n_outputs)],
        hidden=["tanh", "linear", "absolute"],
        output_activations="linear",
        connections=pairs,
        shared_weight=0.8,
    )


def observations(n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (rng.normal(size=(n, N_INPUTS)) * SCALING.scale + SCALING.shift).astype(np.float32)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("space", SPACES)
def test_environments(space: str, scaled: bool, way: Way, tmp_path: Path) -> None:
    seen = spaces.Box(-np.inf, np.inf, (N_INPUTS,), np.float32)
    task = wann.tasks.GymnasiumTask(
        functools.partial(Still, seen, SPACES[space]), observation_scaling=SCALING if scaled else False
    )
    network, x = shallow(len(task.outputs)), observations()
    network = network.with_metadata(**task.network_metadata)
    act = policy(network, task)
    wanted = np.array([act(row) for row in x], dtype=float).reshape(len(x), -1)
    found = way(network, policy_parts(network, task), x, tmp_path)
    assert found.shape == wanted.shape
    assert len(np.unique(wanted, axis=0)) > 1
    if SPACES[space].dtype == np.float32 or space == "float64":
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    else:  # a choice between two that are nearly the same may be the other one
        assert (found == wanted).all(axis=1).mean() > 0.98


def test_a_flattened_observation(way: Way, tmp_path: Path) -> None:
    """Of a dictionary the exported file takes what Gymnasium's `flatten` makes of it."""
    parts = {"position": spaces.Box(-1, 1, (2,), np.float32), "mode": spaces.Discrete(2)}
    space = spaces.Dict(parts)
    task = wann.tasks.GymnasiumTask(functools.partial(Still, space, SPACES["choice"]), observation_scaling=SCALING)
    network = shallow(4).with_metadata(**task.network_metadata)
    act = policy(network, task)
    space.seed(0)
    seen = [space.sample() for _ in range(20)]
    flat = np.array([spaces.flatten(space, o) for o in seen], dtype=np.float32)
    assert [act(o) for o in seen] == way(network, policy_parts(network, task), flat, tmp_path)[:, 0].tolist()


@pytest.mark.parametrize("throttle", ["none", "half"])
def test_the_car(throttle: str, way: Way, tmp_path: Path) -> None:
    """Of the latents that it sees: what the task makes of its outputs."""
    task, network = wann.make_task("car-racing", throttle=throttle), wann.zoo.load("car-racing")
    x = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    wanted = task.controls(network(x, network.shared_weight))
    found = way(network, policy_parts(network, task), x, tmp_path)
    np.testing.assert_allclose(found, wanted, atol=3e-5)
    assert len(np.unique(wanted[:, 1])) > 20


def test_the_walker(way: Way, tmp_path: Path) -> None:
    """As for Gymnasium's walker, whose actions are bounded."""
    network = wann.zoo.load("bipedal-walker-quantized")
    x = np.random.default_rng(0).normal(size=(200, 24)).astype(np.float32)
    parts = policy_parts(network, wann.make_task("bipedal-walker"))
    with wann.make_task("gymnasium:BipedalWalker-v3", observation_scaling=False) as twin:
        act = policy(network, twin, network.shared_weight)
        assert policy_parts(network, twin.for_network(network)) == parts
    wanted = np.array([act(row) for row in 0.1 * x])
    assert (np.abs(wanted) == 1).any()
    assert (np.abs(wanted) < 1).any()
    np.testing.assert_allclose(way(network, parts, (0.1 * x).astype(np.float32), tmp_path), wanted, atol=1e-5)


class TestTables:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        rng = np.random.default_rng(0)
        path, rows = tmp_path / "table.csv", ["a,b,c,d,kind,size"]
        for row in rng.normal(size=(120, 4)) * (1, 10, 0.1, 5) + (0, 50, 3, -5):
            kind = ("low", "middle", "high")[int(row[0] > -0.5) + int(row[0] > 0.5)]
            rows.append(",".join([*(f"{x:.6g}" for x in row), kind, f"{100 + 7 * row[0] - row[1]:.6g}"]))
        path.write_text("\n".join(rows) + "\n")
        return path

    @staticmethod
    def columns(table: Path) -> np.ndarray:
        return np.loadtxt(table, delimiter=",", skiprows=1, usecols=range(4)).astype(np.float32)

    def test_classes(self, table: Path, way: Way, tmp_path: Path) -> None:
        task = table_task(table, target="kind", ignore=["size"])
        network, x = shallow(3), self.columns(table)
        prepared = (x.astype(float) - task.preparation["mean"]) / task.preparation["scale"]
        wanted = network(prepared, network.shared_weight).argmax(axis=1)
        assert len(set(wanted.tolist())) == 3
        parts = policy_parts(network, task)
        found = way(network, parts, x, tmp_path)[:, 0]
        assert (found == wanted).mean() > 0.98
        assert parts.action.labels == tuple(map(str, task.classes))
        # The network's file says the same by itself.
        own = Network.load(self.saved(network, task, tmp_path))
        assert policy_parts(own).scaling == parts.scaling
        assert policy_parts(own).action.sizes == parts.action.sizes

    @staticmethod
    def saved(network: Network, task, folder: Path) -> Path:
        path = folder / "network.json"
        network.with_metadata(**PreparationRecord.read(task.preparation, "").entries()).save(path)
        return path

    def test_numbers(self, table: Path, way: Way, tmp_path: Path) -> None:
        task = table_task(table, target="size", ignore=["kind"])
        network, x = shallow(1), self.columns(table)
        prepared = (x.astype(float) - task.preparation["mean"]) / task.preparation["scale"]
        wanted = (
            network(prepared, network.shared_weight) * task.preparation["target_scale"] + task.preparation["target_mean"]
        )
        parts = policy_parts(Network.load(self.saved(network, task, tmp_path)))
        assert parts == policy_parts(network, task)
        np.testing.assert_allclose(way(network, parts, x, tmp_path), wanted, rtol=1e-5, atol=1e-4)

    def test_the_names_of_classes_are_in_the_file(self, table: Path) -> None:
        task = table_task(table, target="kind", ignore=["size"])
        parts = policy_parts(shallow(3), task)
        told = {e.key: e.value for e in to_onnx(shallow(3), policy=parts).metadata_props}
        assert told["classes"] == '["high", "low", "middle"]'
        assert told["contains"] == "policy"
        assert "classes: high, low, middle" in to_c(shallow(3), policy=parts)
        assert "# 0: high" in to_python(shallow(3), policy=parts)


def test_data_that_were_not_prepared(way: Way, tmp_path: Path) -> None:
    """Of a classifier on arrays, the class; its file says by its accuracy what it is."""
    x = observations(60)
    network = shallow(2)
    task = wann.tasks.Classification(x, np.arange(60) % 2)
    accuracy = AccuracyRecord(random_weight=ScoreRecord(mean=0.5, std=0.1, n=3), tuned_accuracy=0.5, softmax_accuracy=0.5)
    own = network.with_metadata(**accuracy.entries())
    found = way(network, policy_parts(network, task), x, tmp_path)[:, 0]
    assert (found == network(x).argmax(axis=1)).all()
    assert policy_parts(own).action.sizes == (2,)
    with pytest.raises(WannError, match="nothing stands before or after the network: its data were not prepared"):
        policy_parts(shallow(1), wann.tasks.Regression(x, x[:, 0]))


class TestRefused:
    def test_the_network_is_the_policy(self) -> None:
        with pytest.raises(WannError, match="nothing stands before or after a network of cartpole-swingup: the network is"):
            policy_parts(wann.zoo.load("cartpole-swingup"), wann.make_task("cartpole-swingup"))

    def test_nothing_is_known(self) -> None:
        with pytest.raises(WannError, match="does not say what stands before and after the network; name the task"):
            policy_parts(shallow(1))

    def test_an_encoder(self) -> None:
        with wann.make_task("gymnasium:CarRacing-v3") as task, pytest.raises(WannError, match="encoder car-racing makes of"):
            policy_parts(wann.zoo.load("car-racing"), task)

    def test_another_task(self) -> None:
        network = random_network(np.random.default_rng(0))
        with pytest.raises(WannError, match="the network has 5 inputs, but bipedal-walker needs 24"):
            policy_parts(network, wann.make_task("bipedal-walker"))

    def test_that_of_another_network(self) -> None:
        walker = policy_parts(wann.zoo.load("bipedal-walker"), wann.make_task("bipedal-walker"))
        for function in (to_c, to_onnx, to_python):
            with pytest.raises(WannError, match="policy is for a network with other inputs or outputs"):
                function(shallow(2), policy=walker)

    @pytest.mark.parametrize("scale", [[1.0, 1.0], [1.0, 1.0, 0.0, 1.0]])
    def test_a_preparation_of_other_columns(self, scale: list[float]) -> None:
        network = shallow(2).with_metadata(preparation={"mean": [0.0] * 4, "scale": scale})
        with pytest.raises(WannError, match="preparation in the network's metadata: expected 4 numbers in 'mean'"):
            policy_parts(network)
