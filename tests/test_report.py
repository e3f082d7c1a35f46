"""The report's data, and the page as a file."""

import base64
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wann
import wann.tasks.data
from conftest import random_network
from wann.draw.report import render
from wann.draw.report.data import report_data
from wann.draw.report.recordings import record
from wann.network import Network

FRONTEND = Path(__file__).parents[1] / "frontend"


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
