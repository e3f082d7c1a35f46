"""`wann card`: what model hubs read, and what people do."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

import wann
from wann import zoo
from wann.cli import main
from wann.errors import WannError
from wann.networks import Network, fully_connected
from wann.show.card import card, write_card
from wann.tasks import Regression


def front_matter(text: str) -> dict:
    start, matter, _ = text.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(matter)


@pytest.mark.parametrize("name", zoo.names())
def test_front_matter_is_what_hubs_read(name: str) -> None:
    network = zoo.load(name)
    text = card(network, name=name, task=str(network.metadata["task"]), license_id="apache-2.0")
    data = front_matter(text)
    assert data["license"] == "apache-2.0"
    assert data["library_name"] == "wann"
    told, results = model_index_to_eval_results(data["model-index"])
    assert told == name
    kinds = {result.metric_type for result in results}
    assert kinds == ({"accuracy"} if "accuracy" in network.metadata else {"mean_reward"})
    assert all(isinstance(result.metric_value, float) for result in results)
    hub = ModelCard(text)
    assert hub.data.eval_results is not None
    assert len(hub.data.eval_results) == len(results) == 4


def test_scores_are_those_of_the_file() -> None:
    network = zoo.load("cartpole-swingup")
    text = card(network, name="swing up", task="cartpole-swingup")
    (entry,) = front_matter(text)["model-index"]
    scores = network.metadata["scores"]
    by_name = {r["metrics"][0]["name"]: r["metrics"][0]["value"] for r in entry["results"]}
    assert by_name["mean_reward (tuned weights)"] == scores["tuned_weights"]["mean"]
    assert f"{scores['tuned_weights']['mean']:.1f} ± {scores['tuned_weights']['std']:.1f}" in text
    assert "license" not in front_matter(text)
    assert "None is named." in text


def test_targets_are_scored_by_how_well_they_are_predicted() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    task = Regression(x[:40], x[:40].sum(axis=1), held_out=(x[40:], x[40:].sum(axis=1)), inputs=["a", "b"])
    network = fully_connected(["a", "b"], ["y"], [], output_activation="linear").with_tuning(shared_weight=0.9)
    found = wann.evaluate(network, task, episodes=2)
    text = card(network.with_metadata(**found.entries()), name="sum", task="sum")
    _, results = model_index_to_eval_results(front_matter(text)["model-index"])
    assert {(result.task_type, result.metric_type) for result in results} == {
        ("tabular-regression", "r2"),
        ("tabular-regression", "rmse"),
    }
    fit = found.fit(found.tuned_shared_weight.mean)
    assert f"| tuned shared weight | {fit.r2:.3f} | {fit.rmse:#.4g} |" in text
    assert "| weights | R² | RMSE |" in text
    assert "held-out samples" in text


def test_names_of_anybody_are_only_text() -> None:
    name = 'a": [1]\n---\n<script>'
    text = card(zoo.load("cartpole-swingup"), name=name, task="x: y # z")
    (entry,) = front_matter(text)["model-index"]
    assert entry["name"] == name
    assert entry["results"][0]["dataset"]["name"] == "x: y # z"
    assert "<script>" not in text.split("---\n", 2)[2].replace("\\<script\\>", "")


def test_what_it_says_about_loading_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_card(zoo.load("cartpole-swingup"), tmp_path, name="a", task="cartpole-swingup")
    assert [file.name for file in files] == ["README.md", "network.json", "network.png"]
    assert Network.load(files[1]) == zoo.load("cartpole-swingup")
    code = files[0].read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code, names)
    assert names["outputs"].shape == (1,)


def test_a_name_that_is_empty() -> None:
    with pytest.raises(WannError, match="name is ''; it must be text that is not empty"):
        write_card(zoo.load("cartpole-swingup"), "nowhere", name="", task="x")


class TestCommand:
    def run(self, *arguments: str) -> int:
        with pytest.raises(SystemExit) as end:
            main(["card", *arguments])
        return int(end.value.code or 0)

    def test_a_network_of_the_zoo(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["zoo:digits", "--out", str(tmp_path / "card"), "--license", "mit", "--json"]
        assert self.run(*arguments) == 0
        files = json.loads(capsys.readouterr().out)["files"]
        data = front_matter(Path(files[0]).read_text(encoding="utf-8"))
        assert data["model-index"][0]["name"] == "digits"
        assert data["license"] == "mit"
        assert self.run(*arguments) == 2
        assert "README.md exists" in capsys.readouterr().err

    def test_a_network_without_scores_is_scored(self, tmp_path: Path) -> None:
        path = tmp_path / "bare.json"
        zoo.load("cartpole-swingup").without_metadata("scores").save(path)
        assert self.run(str(path), "--out", str(tmp_path / "card"), "--trials", "3") == 0
        network = Network.load(tmp_path / "card" / "network.json")
        fresh = wann.evaluate(network, wann.make_task("cartpole-swingup"), episodes=3)
        assert network.metadata["evaluation"]["mean_reward"] == pytest.approx(fresh.mean_reward)

    def test_another_task_is_scored_anew(self, tmp_path: Path) -> None:
        arguments = ["zoo:bipedal-walker", "--task", "bipedal-walker-hardcore", "--trials", "1"]
        assert self.run(*arguments, "--out", str(tmp_path)) == 0
        data = front_matter((tmp_path / "README.md").read_text(encoding="utf-8"))
        assert data["model-index"][0]["results"][0]["dataset"]["name"] == "bipedal-walker-hardcore"

    def test_a_network_that_does_not_tell_its_task(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "bare.json"
        zoo.load("cartpole-swingup").without_metadata("task").save(path)
        assert self.run(str(path), "--out", str(tmp_path / "card")) == 2
        assert "the network file does not say its task; name one" in capsys.readouterr().err
