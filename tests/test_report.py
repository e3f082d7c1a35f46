"""The report's data and page, and the page's simulation against the core."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wann
import wann.tasks.data
from conftest import random_network
from wann import _core
from wann.draw.report import render
from wann.draw.report.data import network_data, report_data
from wann.draw.report.recordings import record
from wann.network import Network

FRONTEND = Path(__file__).parents[1] / "frontend"


def trajectory_in_core(network: Network, weight, start, steps: int):
    """States and rewards after each step, computed by the core."""
    state = np.array(start, dtype=np.float32)[None]
    rows = []
    for _ in range(steps):
        x, velocity, angle, speed = state[0]
        sine, cosine = (_core.lane_function(name, np.array([angle], dtype=np.float32))[0] for name in ("sin", "cos"))
        inputs = np.array([x, velocity, cosine, sine, speed], dtype=np.float32)
        action = network(inputs, **({"weight": weight} if weight is not None else {}))
        state, reward = _core.cartpole_swingup_step(state, action.astype(np.float32))
        rows.append([*state[0], reward[0]])
    return np.array(rows)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_simulates_what_the_core_does(rng, tmp_path):
    """Same start, same weight, same trajectory, for random networks with every activation."""
    cases = []
    for i in range(12):
        network = random_network(rng, n_hidden=20)
        if i % 4 == 3:
            network = network.with_tuning(weights=rng.normal(size=network.n_connections))
        weight = None if i % 4 == 3 else float(np.float32(rng.uniform(-2, 2)))
        start = _core.cartpole_swingup_starts(np.array([i], dtype=np.uint64))[0]
        cases.append((network, weight, start))
    script = """
      import { readFileSync } from "node:fs";
      import { Network } from "FRONTEND/src/network.js";
      import { trajectory } from "FRONTEND/src/cartpole.js";
      const cases = JSON.parse(readFileSync(process.argv[2], "utf-8"));
      console.log(JSON.stringify(cases.map((c) => trajectory(new Network(c.network), c.start, c.weight, 300))));
    """.replace("FRONTEND", FRONTEND.as_uri())
    (tmp_path / "run.mjs").write_text(script)
    described = [{"network": network_data(n), "weight": w, "start": s.tolist()} for n, w, s in cases]
    (tmp_path / "cases.json").write_text(json.dumps(described))
    command = ["node", str(tmp_path / "run.mjs"), str(tmp_path / "cases.json")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for (network, weight, start), states in zip(cases, json.loads(printed), strict=True):
        expected = trajectory_in_core(network, weight, start, 300)
        assert np.isfinite(expected).all()
        # Equal to the bit where the core's multiply-adds are fused as the page's are. Elsewhere they round apart, and a
        # swinging pole doubles what is between two trajectories several times a second.
        n = 300 if _core.instruction_set != "v2" else 60
        np.testing.assert_allclose(np.array(states)[:n], expected[:n], rtol=0, atol=1e-3)


class Spring(wann.VectorTask):
    """A weight on a spring, for tests of recordings."""

    name, inputs, outputs, max_steps = "spring", ("x", "v"), ("force",), 60

    def reset(self, seeds):
        state = np.stack([np.ones(len(seeds)), np.zeros(len(seeds))], axis=1)
        return state, state

    def step(self, state, actions):
        velocity = state[:, 1] + 0.05 * (actions[:, 0] - state[:, 0])
        state = np.stack([state[:, 0] + 0.05 * velocity, velocity], axis=1)
        return state, state, -np.abs(state[:, 0]), np.zeros(len(state), dtype=bool)


def scored(network: Network, task: str) -> Network:
    """With an evaluation in its metadata, so that the report need not make one."""
    score = {"mean": 1.0, "std": 0.5, "n": 10}
    evaluation = {"weights": [{"weight": 1.0, **score}], "random_shared_weight": score, "shared_weight": 1.0}
    return network.with_metadata(task=task, evaluation=evaluation)


def unpacked(table) -> np.ndarray:
    integers = np.frombuffer(base64.b64decode(table["data"]), dtype="<i2").reshape(-1, table["columns"])
    return integers * np.array(table["scale"])


def test_recordings_show_what_the_network_saw(tmp_path):
    network = wann.fully_connected(Spring.inputs, Spring.outputs, [3]).with_tuning(weights=np.linspace(-2, 2, 13))
    scored(network, "spring").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=Spring(), episodes=2, threads=1)
    assert data["scene"]["kind"] == "recorded"
    scene = data["champions"][-1]["scene"]
    assert len(scene["weights"]) == len(scene["recordings"]) == 17
    task, state = Spring(), np.array([[1.0, 0.0]])
    for frame in unpacked(scene["recordings"][12]["inputs"]):
        np.testing.assert_allclose(frame, state[0], atol=1e-4)
        for _ in range(4):
            state = task.step(state, network(state, weight=scene["weights"][12]))[0]
    assert scene["tuned"]["rewards"] != scene["recordings"][12]["rewards"]


def test_walkers_are_recorded(tmp_path, rng):
    task = wann.make_task("bipedal-walker")
    network = wann.fully_connected(task.inputs, task.outputs, [4], output_activation="linear")
    scored(network, "bipedal-walker").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=None, episodes=1, threads=2)
    assert data["scene"]["view"] == "walker"
    for recording in data["champions"][-1]["scene"]["recordings"]:
        shapes = unpacked(recording["shapes"])
        assert shapes.shape == (len(recording["rewards"]), 15)
        assert unpacked(recording["inputs"]).shape == (len(shapes), 24)
    assert len(render(data)) < 3_000_000


def test_classifiers_show_samples_and_accuracy_by_class(tmp_path, rng):
    x = rng.normal(size=(200, 16)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    names = [f"p{r},{c}" for r in range(4) for c in range(4)]
    task = wann.tasks.data.Classification(x, y, held_out=(x[:80], y[:80]), inputs=names)
    network = wann.fully_connected(names, task.outputs, [], output_activation="linear")
    scored(network, "classification").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=task, episodes=2, threads=1)
    assert data["scene"]["kind"] == "samples"
    assert data["scene"]["image"] == (4, 4)
    accuracy = data["champions"][-1]["scene"]["accuracy"]
    expected = network(x[:80], weight=1.0).argmax(axis=1) == y[:80]
    at_one = accuracy["weights"].index(1.0)
    assert accuracy["all"][at_one] == pytest.approx(expected.mean(), abs=1e-3)
    assert accuracy["byClass"][1][at_one] == pytest.approx(expected[y[:80] == 1].mean(), abs=1e-3)
    assert data["unit"] == "accuracy"


def test_regression_is_reported_on_held_out_samples(tmp_path, rng):
    x = rng.normal(size=(60, 3)).astype(np.float32)
    task = wann.tasks.data.Regression(x, x[:, 0], held_out=(x[:20], x[:20, 0]))
    network = wann.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    scored(network, "regression").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=task, episodes=4, threads=1)
    assert data["scene"]["kind"] == "probe"
    profile = data["champions"][-1]["profile"]
    at_one = profile["weights"].index(1.0)
    expected = -((network(x[:20], weight=1.0)[:, 0] - x[:20, 0]) ** 2).mean()
    assert profile["mean"][at_one] == pytest.approx(expected, abs=2e-3)
    assert profile["note"] == "over 20 held-out samples"


def test_the_page_in_the_package_is_up_to_date():
    subprocess.run([sys.executable, str(FRONTEND / "bundle.py"), "--check"], check=True)


def test_a_file_that_does_not_tell_its_task_is_refused(tmp_path, rng):
    random_network(rng).save(tmp_path / "n.json")
    with pytest.raises(wann.WannError, match="does not name its task; tell it with --task"):
        report_data(tmp_path / "n.json", task=None, episodes=2, threads=1)
    with pytest.raises(wann.WannError, match="holds no run"):
        report_data(tmp_path, task=None, episodes=2, threads=1)


def test_gymnasium_is_recorded_as_video_within_its_budget():
    pytest.importorskip("gymnasium")
    pytest.importorskip("pygame")
    task = wann.make_task("gymnasium:CartPole-v1")
    network = wann.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    (recording,) = record(task, network, [1.0], 3)
    assert len(recording.images) == len(recording.inputs) == len(recording.rewards)
    assert recording.rewards[-1] == len(recording.rewards) - 1 or len(recording.rewards) > 40
    data = recording.to_dict(20_000)
    assert len(data["video"]["url"]) < 30_000
