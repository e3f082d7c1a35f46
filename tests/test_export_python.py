"""Python: run by an interpreter that finds no package, against the oracle."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import oracle
import wann
from exports import assert_within, expected, hostile_network, inputs_for, networks_of_any_kind
from wann import Network
from wann.export import to_python
from wann.export.text import number

#: Runs `network` of a file on rows of JSON, and prints rows of JSON.
RUN = """
import json, runpy, sys
found = runpy.run_path(sys.argv[1])
rows, weight = json.load(sys.stdin)
print(json.dumps([found["network"](row, *weight) for row in rows]))
assert set(sys.modules) & {"numpy", "wann", "site"} == set()
"""


def run_alone(path: Path, x: np.ndarray, *weight: float) -> np.ndarray:
    """What the file gives in an interpreter without site-packages, environment or the current folder."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, path],
        input=json.dumps([x.tolist(), weight]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout))


def run(network: Network, x: np.ndarray) -> np.ndarray:
    """The same in this interpreter."""
    found: dict = {"__name__": "exported"}
    exec(compile(to_python(network), "exported.py", "exec"), found)
    return np.array([found["network"](row) for row in x.tolist()])


def test_random_networks() -> None:
    for i, network in enumerate(networks_of_any_kind(300)):
        x = inputs_for(network)
        assert_within(run(network, x), expected(network, x), i)


def test_it_computes_in_float64() -> None:
    """With the weights as the file has them, all but a few values are a million times nearer than float32 can be."""
    near = []
    for network in networks_of_any_kind(100):
        x = inputs_for(network)
        if network.weights is None:
            exact = oracle.forward(network, x, weight=float(number(network.shared_weight)))
        else:
            exact = oracle.forward(network, x, weights=[float(number(w)) for w in network.weights])
        near.append((np.abs(run(network, x) - exact.values) <= 1e-6 * exact.bounds).ravel())
    assert np.concatenate(near).mean() > 0.999


@pytest.mark.parametrize("weight", ["shared", "individual"])
@pytest.mark.parametrize("name", wann.zoo.names())
def test_the_zoo_alone(name: str, weight: str, tmp_path: Path) -> None:
    network = wann.zoo.load(name)
    path = tmp_path / "exported.py"
    path.write_text(to_python(network, weight=weight), encoding="utf-8")
    x = np.random.default_rng(0).normal(size=(20, network.n_inputs)).astype(np.float32)
    shared = network.shared_weight if weight == "shared" else None
    assert_within(run_alone(path, x), expected(network, x, shared))


def test_the_weight_is_an_argument(tmp_path: Path) -> None:
    network = wann.zoo.load("cartpole-swingup")
    path, x = tmp_path / "exported.py", inputs_for(network)
    path.write_text(to_python(network, weight="shared"), encoding="utf-8")
    assert_within(run_alone(path, x, -1.5), expected(network, x, -1.5))


def test_from_the_command_line(tmp_path: Path) -> None:
    network, path = wann.zoo.load("cartpole-swingup"), tmp_path / "exported.py"
    path.write_text(to_python(network, weight=0.5), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", path, "0.1", "0.2", "-0.9", "0.1", "0"], capture_output=True, text=True, check=True
    )
    x = np.array([[0.1, 0.2, -0.9, 0.1, 0]])
    assert_within(np.array([json.loads(done.stdout)]), expected(network, x, 0.5))


def test_it_reads_like_an_explanation() -> None:
    network = Network(
        inputs=["angle", "speed"],
        outputs=["push"],
        hidden=["relu"],
        output_activations="tanh",
        connections=[(1, 3), (2, 3), (0, 4), (3, 4)],
    )
    shared, individual = to_python(network, weight=-1.5), to_python(network.with_tuning(weights=[1, -0.5, 2, 3]))
    assert "    angle, speed = inputs\n    # Layer 1\n    h3 = relu(w * (angle + speed))\n" in shared
    assert "    # Layer 2\n    push = tanh(w * (1 + h3))\n    return [push]\n" in shared
    assert "    h3 = relu(1.0 * angle - 0.5 * speed)\n" in individual
    assert "    push = tanh(2.0 + 3.0 * h3)\n" in individual
    assert "def sine" not in shared


def test_hostile_names_become_harmless(tmp_path: Path) -> None:
    network, path = hostile_network(), tmp_path / "exported.py"
    x = np.ones((2, network.n_inputs), dtype=np.float32)
    path.write_text(to_python(network), encoding="utf-8")
    assert "import os" not in path.read_text(encoding="utf-8")
    assert_within(run_alone(path, x), expected(network, x))
