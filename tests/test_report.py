"""The report's data, and the page as a file."""

import base64
import json
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

import wann
import wann.tasks.data.samples
from conftest import random_network
from wann.cli import main
from wann.networks.network import Network
from wann.networks.stepping import Stepper
from wann.runs import Run, RunSettings
from wann.show.report import render, write_report
from wann.show.report.bundle import page_script
from wann.show.report.data import opening_weight, report_data
from wann.show.report.footage import film
from wann.show.report.repeat import commands
from wann.tasks.for_network import task_for

PAGE = Path(wann.__file__).parent / "show" / "report" / "page"


class Spring(wann.tasks.VectorTask):
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


def run(*arguments: str) -> None:
    """The command line, which is to end well."""
    with pytest.raises(SystemExit) as status:
        main([*map(str, arguments)])
    assert status.value.code == 0


@pytest.fixture
def run_folder(tmp_path) -> Path:
    """A short run with a champion."""
    config = wann.SearchConfig(generations=6, population=32, confirm_episodes=4)
    with Run.create(tmp_path / "run", RunSettings(task="cartpole-swingup", config=config)) as started:
        for _ in started.generations():
            pass
    return tmp_path / "run"


def unpacked(table) -> np.ndarray:
    integers = np.frombuffer(base64.b64decode(table["data"]), dtype="<i2").reshape(-1, table["columns"])
    return integers * np.array(table["scale"])


def test_recordings_show_what_the_network_saw(tmp_path):
    network = wann.networks.fully_connected(Spring.inputs, Spring.outputs, [3]).with_tuning(weights=np.linspace(-2, 2, 13))
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


def test_recordings_hold_what_a_recurrent_network_remembers(tmp_path, rng):
    network = random_network(rng, n_inputs=2, n_hidden=4, n_recurrent=6)
    scored(network, "spring").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=Spring(), episodes=2, threads=1)
    champion = data["champions"][-1]
    assert [champion["network"]["source"][c] for c in champion["network"]["recurrent"]] == (
        network.connections[network.recurrent, 0].tolist()
    )
    scene = champion["scene"]
    for weight, recording in list(zip(scene["weights"], scene["recordings"], strict=True))[::8]:
        memory = unpacked(recording["memory"])
        assert memory.shape == (len(recording["rewards"]), network.n_memory)
        task, act, state = Spring(), Stepper(network, weight), np.array([[1.0, 0.0]])
        np.testing.assert_array_equal(memory[0], 0)
        for frame in memory[1:]:
            for _ in range(4):
                state = task.step(state, act(state))[0]
            np.testing.assert_allclose(act._memory[0], frame, atol=2e-4)


def test_walkers_are_recorded(tmp_path, rng):
    task = wann.make_task("bipedal-walker")
    network = wann.networks.fully_connected(task.inputs, task.outputs, [4], output_activation="linear")
    scored(network, "bipedal-walker").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=None, episodes=1, threads=2)
    assert data["scene"]["view"] == "scene"
    assert {shape["kind"] for shape in data["scene"]["picture"]["shapes"]} == {"polygon", "line", "label"}
    for recording in data["champions"][-1]["scene"]["recordings"]:
        bodies = unpacked(recording["bodies"])
        assert bodies.shape == (len(recording["rewards"]), 15)
        assert unpacked(recording["inputs"]).shape == (len(bodies), 24)
        assert unpacked(recording["actions"]).shape == (len(bodies), 4)
        assert recording["ended"]
    assert len(render(data)) < 3_000_000


def test_classifiers_show_samples_and_accuracy_by_class(tmp_path, rng):
    x = rng.normal(size=(200, 16)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    names = [f"p{r},{c}" for r in range(4) for c in range(4)]
    task = wann.tasks.data.Classification(x, y, held_out=(x[:80], y[:80]), inputs=names)
    network = wann.networks.fully_connected(names, task.outputs, [], output_activation="linear")
    scored(network, "classification").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=task, episodes=2, threads=1)
    assert data["scene"]["kind"] == "samples"
    assert data["scene"]["image"] == (4, 4)
    accuracy = data["champions"][-1]["scene"]["accuracy"]
    expected = network(x[:80], weight=1.0).argmax(axis=1) == y[:80]
    at_one = accuracy["weights"].index(1.0)
    assert accuracy["all"][at_one] == pytest.approx(expected.mean(), abs=1e-3)
    assert accuracy["byClass"][1][at_one] == pytest.approx(expected[y[:80] == 1].mean(), abs=1e-3)
    assert data["unit"] == "% accuracy"
    assert data["champions"][-1]["profile"]["mean"][at_one] == pytest.approx(100 * expected.mean(), abs=0.1)
    told = {row["label"]: row["cells"] for row in data["scores"]["rows"]}
    assert told["weight 1"] == [f"{100 * expected.mean():.1f} %"]


def test_a_class_without_samples_is_a_gap(tmp_path, rng):
    """Of 4,000 held-out samples some are counted, and none of the one sample of the class "rare" is among them."""
    x = rng.normal(size=(4000, 2)).astype(np.float32)
    y = np.where(x[:, 0] > 0, "a", "b").astype("<U4")
    counted = set(np.random.default_rng(1).permutation(4000)[:2000].tolist())
    y[next(i for i in range(4000) if i not in counted)] = "rare"
    task = wann.tasks.data.Classification(x, y, held_out=(x, y))
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    data = report_data(scored(network, "classification"), task=task, episodes=2, threads=1)
    champion = data["champions"][-1]
    assert champion["scene"]["accuracy"]["byClass"][2] == [None] * 33
    assert None not in champion["scene"]["accuracy"]["byClass"][0]
    assert np.isfinite(champion["profile"]["std"]).all()
    render(data)


def test_regression_is_reported_on_held_out_samples(tmp_path, rng):
    x = rng.normal(size=(60, 3)).astype(np.float32)
    task = wann.tasks.data.Regression(x, x[:, 0], held_out=(x[:20], x[:20, 0]))
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    scored(network, "regression").save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=task, episodes=4, threads=1)
    assert data["scene"]["kind"] == "probe"
    profile = data["champions"][-1]["profile"]
    at_one = profile["weights"].index(1.0)
    expected = -((network(x[:20], weight=1.0)[:, 0] - x[:20, 0]) ** 2).mean()
    assert profile["mean"][at_one] == pytest.approx(expected, abs=2e-3)
    assert profile["note"] == "over 20 held-out samples"
    told = {row["label"]: row["cells"] for row in data["scores"]["rows"]}
    assert data["scores"]["columns"] == ["R²", "RMSE", "reward"]
    r2, rmse, reward = told["weight 1"]
    assert reward == pytest.approx(expected, abs=1e-5)
    assert float(rmse) == pytest.approx(np.sqrt(-expected), rel=1e-3)
    assert float(r2.replace("−", "-")) == pytest.approx(1 + expected / x[:20, 0].var(), abs=1e-3)


def test_samples_of_a_table_are_told_in_its_own_units(tmp_path):
    """They are what the network sees, and what turns it into the numbers of the table."""
    rows = np.random.default_rng(2).normal(size=(80, 2)) * [3, 0.1] + [50, -4]
    lines = ["width,depth,price", *(f"{a!r},{b!r},{100 * a + b!r}" for a, b in rows.tolist())]
    (tmp_path / "houses.csv").write_text("\n".join(lines))
    task = wann.make_task(str(tmp_path / "houses.csv"), target="price")
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    scene = report_data(network, task=task, episodes=2, threads=1)["scene"]
    x, y = unpacked(scene["samples"]), unpacked(scene["targets"])
    width, depth = (x * scene["scale"] + scene["mean"]).T
    price = y[:, 0] * scene["targetScale"] + scene["targetMean"]
    np.testing.assert_allclose(price, 100 * width + depth, rtol=1e-3)
    assert ((x >= np.array(scene["low"]) - 1e-3) & (x <= np.array(scene["high"]) + 1e-3)).all()


def test_the_page_s_modules_are_joined_each_once_and_after_those_that_it_needs(monkeypatch):
    script = page_script()
    names = re.findall(r"^// ([\w-]+)\.js$", script, re.MULTILINE)
    assert set(names) == {path.stem for path in PAGE.glob("*.js")}
    assert len(names) == len(set(names))
    assert names.index("dom") < names.index("chart") < names.index("weight") < names.index("main") == len(names) - 1
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        (
            {"main": 'import { a } from "./b.js";\n', "b": 'import { c } from "./main.js";\n'},
            "import each other: main -> b -> main",
        ),
        (
            {"main": 'import { a } from "./b.js";\nconst a = 1;\n', "b": "export const a = 2;\n"},
            "a stands at the top level of both",
        ),
        ({"main": 'import * as all from "./b.js";\n'}, "main.js: an import that is not understood"),
        ({"main": 'const end = "</script>";\n'}, "would end it"),
    ],
)
def test_modules_that_cannot_be_joined(monkeypatch, modules, complaint):
    monkeypatch.setattr("wann.show.report.bundle.page_file", lambda name: modules[name.removesuffix(".js")])
    with pytest.raises(ValueError, match=complaint):
        page_script.__wrapped__()


def test_the_page_opens_at_the_tuned_weight_or_in_the_middle_of_good_ones():
    profile = {"weights": [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5], "mean": [100, 0, 0, 97, 96, 98]}
    network = wann.networks.fully_connected(["a"], ["b"], [])
    assert opening_weight(network, profile) == 1.0
    assert opening_weight(network.with_tuning(shared_weight=0.3), profile) == 0.3
    assert opening_weight(network.with_tuning(shared_weight=3.0), profile) == 1.0
    assert opening_weight(network, {"weights": [-1.0, 0.0, 1.0], "mean": [5, 5, 5]}) == 0.0


def test_a_file_that_does_not_tell_its_task_is_refused(tmp_path, rng):
    random_network(rng).save(tmp_path / "n.json")
    with pytest.raises(wann.WannError, match="does not say its task; name one"):
        report_data(tmp_path / "n.json", task=None, episodes=2, threads=1)
    with pytest.raises(wann.WannError, match="holds no run"):
        report_data(tmp_path, task=None, episodes=2, threads=1)


def test_gymnasium_is_recorded_as_video_within_its_budget():
    pytest.importorskip("gymnasium")
    pytest.importorskip("pygame")
    task = wann.make_task("gymnasium:CartPole-v1")
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    (footage,) = film(task, network, [1.0], 3, 125)
    assert len(footage.images) == len(footage.inputs) == len(footage.rewards)
    assert footage.rewards[-1] == len(footage.rewards) - 1
    assert footage.ended
    data = footage.to_dict(20_000)
    assert len(data["video"]["url"]) < 30_000


def test_a_network_from_elsewhere_sees_observations_as_they_are(tmp_path, monkeypatch):
    pytest.importorskip("gymnasium")
    asked = ["--task", "gymnasium:Pendulum-v1"]
    network = wann.networks.fully_connected(["x", "y", "v"], ["torque"], [])
    network.save(tmp_path / "n.json")
    shown = []
    monkeypatch.setattr("wann.show.report.write_report", lambda source, path, *, task, **_: shown.append(task))
    run("report", tmp_path / "n.json", *asked)
    monkeypatch.setattr("wann.scoring.evaluation.weight_profile", lambda network, task, **_: shown.append(task))
    monkeypatch.setattr("wann.show.pictures.draw_profile", lambda profile, path: None)
    run("evaluate", tmp_path / "n.json", "--trials", 1, "--plot", "profile.svg", *asked)
    shown.append(task_for(network.with_metadata(task="gymnasium:Pendulum-v1")))
    assert [task.scaling_of(network).scale for task in shown] == [(1, 1, 1)] * 3
    scaled = network.with_metadata(observation_scaling={"shift": [0, 0, 0], "scale": [1, 1, 8]})
    assert task_for(scaled, "gymnasium:Pendulum-v1").scaling_of(scaled).scale == (1, 1, 8)


def test_options_are_those_of_the_search_unless_they_are_given(tmp_path, monkeypatch):
    table = tmp_path / "table.csv"
    table.write_text("a,b,kind\n" + "".join(f"{i},{i % 7},{i % 3}\n" for i in range(60)))
    network = wann.networks.fully_connected(["a", "b"], ["0", "1", "2"], []).with_metadata(
        task=str(table), task_options={"target": "kind", "batch": 10}
    )
    network.save(tmp_path / "n.json")
    shown = []
    monkeypatch.setattr("wann.show.report.write_report", lambda source, path, *, task, **_: shown.append(task))
    run("report", tmp_path / "n.json", "--task-option", "batch=20")
    assert (shown[0].batch, shown[0].outputs) == (20, ("0", "1", "2"))


def test_the_zoo_is_reported(tmp_path):
    run("report", "zoo:cartpole-swingup", "--trials", 2, "--threads", 1, "--out", tmp_path / "r.html")
    assert (tmp_path / "r.html").stat().st_size > 100_000
    write_report(wann.zoo.load("cartpole-swingup"), tmp_path / "again.html", episodes=2, threads=1)
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "r.html").read_bytes()


def test_labelled_data_are_scored_by_what_is_right():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    network = wann.networks.fully_connected(["a", "b"], ["y"], [], output_activation="linear")
    task = wann.tasks.Regression(x[:40], x[:40].sum(axis=1), held_out=(x[40:], x[40:].sum(axis=1)), inputs=["a", "b"])
    network = network.with_tuning(shared_weight=1.0)
    told = report_data(network, task=task, episodes=2, threads=1)["scores"]
    fits = wann.evaluate(network, task, episodes=2)
    assert told["columns"] == ["R²", "RMSE", "reward"]
    cells = {row["label"]: row["cells"] for row in told["rows"]}
    tuned = fits.tuned_shared_weight.mean
    assert cells["tuned shared weight (1)"] == [f"{fits.fit(tuned).r2:.3f}", f"{fits.fit(tuned).rmse:#.4g}", tuned]
    assert told["note"].startswith("Scores on 20 held-out samples, which neither the search nor the tuning has seen.")
    # The scores of a file are taken as they are.
    assert report_data(network.with_metadata(**fits.entries()), task=task, episodes=7, threads=1)["scores"] == told


def test_classes_are_scored_by_what_is_right():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    task = wann.tasks.Classification(x, (x[:, 0] > 0).astype(int))
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    told = report_data(network, task=task, episodes=2, threads=1)["scores"]
    found = wann.evaluate(network, task)
    assert told["columns"] == ["accuracy"]
    cells = {row["label"]: row["cells"] for row in told["rows"]}
    assert cells["weight 1"] == [f"{100 * found.accuracy[found.weights.index(1)]:.1f} %"]
    assert cells["ensemble, mean of softmax"] == [f"{100 * found.softmax_accuracy:.1f} %"]
    assert "trained weights" not in cells
    assert told["note"].startswith("Accuracy on 60 training samples. Random")
    known = report_data(network.with_metadata(**found.entries()), task=task, episodes=2, threads=1)["scores"]
    assert known == told
    trained = network.with_tuning(weights=np.ones(network.n_connections)).with_metadata(**found.entries())
    assert report_data(trained, task=task, episodes=2, threads=1)["scores"]["rows"][-1]["label"] == "trained weights"


def test_weights_that_were_tuned_after_a_run_are_in_its_report(run_folder):
    champion = Network.load(run_folder / "champion.json")
    score = {"mean": 1.0, "std": 0.5, "n": 10}
    told = {"weights": [{"weight": 1.0, **score}], "tuned_shared_weight": score, "shared_weight": 0.5, "tuned_weights": None}
    champion.with_metadata(evaluation=told).save(run_folder / "champion.json")

    def data():
        return report_data(run_folder, task=None, episodes=4, threads=1)

    before = data()
    assert before["champions"][-1]["network"]["weights"] is None
    assert [row["cells"] for row in before["scores"]["rows"]] == [[1.0, 0.5, "10"], [1.0, 0.5, "10"]]
    weights = np.linspace(-1, 1, champion.n_connections)
    tuned = champion.with_tuning(weights=weights, shared_weight=1.25, evaluation=told)
    tuned.save(run_folder / "tuned.json")
    after = data()
    np.testing.assert_allclose(after["champions"][-1]["network"]["weights"], weights, atol=1e-6)
    assert after["scores"]["rows"][-1]["label"] == "tuned weights"
    assert after["scores"]["rows"][-2]["label"] == "tuned shared weight (1.25)"
    # Weights of another network, such as the champion that a run had before it was gone on with.
    wann.networks.fully_connected(champion.inputs, champion.outputs, [7]).with_tuning(weights=np.ones(50)).save(
        run_folder / "tuned.json"
    )
    assert data()["champions"] == before["champions"]


@pytest.fixture
def only_begun(monkeypatch, tmp_path):
    """``wann search`` writes the run's configuration, in the present folder, and runs nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wann.cli.search.carry_out", lambda run, as_json: None)


def check_repeats(folder: Path, task: wann.tasks.Task | None = None) -> list[str]:
    """What the report says to type makes the same run again; gives the lines."""
    settings = RunSettings.load(folder)
    task = task or wann.make_task(settings.task, **settings.task_options)
    lines = commands(settings, folder, task)
    for line in lines:
        if line.startswith("python3 "):
            subprocess.run(line, shell=True, check=True)
        elif line.startswith("wann search "):
            run(*shlex.split(line)[1:])
    again = folder.with_name(f"{folder.name}-again")
    assert lines[-1] == f"wann report runs/{again.name} --out report.html"
    assert json.loads((again / "config.json").read_text()) == json.loads((folder / "config.json").read_text())
    return lines


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--preset", "paper", "--seed", 3],
        ["--weights", "-1,2", "--islands", 2, "--activations", "tanh,linear,inverse"],
        ["--cull", 0.3],
    ],
)
def test_a_run_is_repeated_by_what_its_report_says(only_begun, arguments):
    run("search", "cartpole-swingup", *arguments, "--out", "runs/first")
    check_repeats(Path("runs/first"))


def test_a_run_on_a_table_is_repeated(only_begun):
    rows = "".join(f"{i},{i % 7},{i % 5},{i % 3}\n" for i in range(60))
    Path("table.csv").write_text("a,b,c,2019\n" + rows)
    options = ["--target", "2019", "--ignore", "b", "--ignore", "c", "--task-option", "batch=null"]
    run("search", "table.csv", *options, "--population", 17, "--out", "runs/first")
    line = check_repeats(Path("runs/first"))[1]
    # What the preset for classification gives is not told again.
    settings = [part for part in shlex.split(line) if part.startswith("--") and "=" in part]
    assert settings == ["--population=17"]


def test_a_run_on_gymnasium_is_repeated(only_begun):
    pytest.importorskip("gymnasium")
    options = ["--task-option", "observation_scaling=false", "--task-option", "time_limit=7.5"]
    run("search", "gymnasium:Pendulum-v1", *options, "--out", "runs/first")
    assert "--task-option observation_scaling=false" in check_repeats(Path("runs/first"))[1]


def test_a_page_in_another_task_repeats_the_run_of_its_own(only_begun, monkeypatch):
    run("search", "cartpole-swingup", "--preset", "paper", "--out", "runs/first")
    check_repeats(Path("runs/first"), task=Spring())


def test_networks_that_a_run_started_from_are_told(only_begun, rng):
    start = [
        wann.networks.fully_connected(["x", "x_dot", "cos_theta", "sin_theta", "theta_dot"], ["force"], [n]) for n in (2, 3)
    ]
    for i, network in enumerate(start):
        network.save(f"from-{i}.json")
    given = ["--start", "from-0.json", "--start", "from-1.json"]
    run("search", "cartpole-swingup", *given, "--out", "runs/first")
    lines = check_repeats(Path("runs/first"))
    assert "started from 2 networks" in lines[1]


def test_settings_tell_of_networks_that_a_run_started_from(run_folder):
    config = json.loads((run_folder / "config.json").read_text())
    assert "start networks" not in dict(report_data(run_folder, task=None, episodes=1, threads=1)["settings"])
    config["start"] = [json.loads((run_folder / "champion.json").read_text())]
    (run_folder / "config.json").write_text(json.dumps(config))
    data = report_data(run_folder, task=None, episodes=1, threads=1)
    assert dict(data["settings"])["start networks"] == '1, kept in config.json under "start"'
    assert "a network" in data["commands"][1]
