"""The paper's table: equal budgets, and what is printed and saved."""

import csv
import json
import sys
from pathlib import Path

import pytest

import wann
from conftest import Cli
from wann.scoring.stages import Budget, Stages

SMALL = {"generations": 3, "population": 10, "confirm_episodes": 4}
OPTIONS = ("--generations", "3", "--population", "10", "--confirm-episodes", "4", "--tuning-generations", "3")


@pytest.fixture(scope="module")
def comparison() -> wann.scoring.Comparison:
    pytest.importorskip("neat")
    task = wann.make_task("cartpole-swingup")
    config = wann.preset(task.name, "paper", **SMALL)
    return wann.scoring.compare(task, config=config, tuning_generations=3, trials=20, seed=1, threads=2)


def test_all_get_the_same_budget(comparison: wann.scoring.Comparison) -> None:
    found, fixed, neat = comparison.rows
    assert [row.name for row in comparison.rows] == ["WANN", "fixed topology", "NEAT"]
    one_generation = 32 * 16 + 3 * 256
    assert found.spent.episodes - one_generation <= fixed.spent.episodes <= found.spent.episodes
    assert neat.spent.environment_steps >= found.spent.environment_steps


def test_the_search_is_counted(comparison: wann.scoring.Comparison) -> None:
    """The WANN's episodes are those of its search (3 generations of 10 networks in 18 lanes, confirmations) and tuning."""
    task = wann.make_task("cartpole-swingup")
    tuning = wann.training.WeightTuning(comparison.rows[0].network.with_tuning(), task, seed=1)
    swept = wann.training.tune_shared_weight(comparison.rows[0].network, task, seed=1)
    tuned = swept.episodes + 3 * tuning.population * tuning.episodes_each + tuning.confirm_episodes * 3
    searched = comparison.rows[0].spent.episodes - tuned
    assert 3 * 10 * 18 < searched <= 3 * 10 * 18 + 3 * 2 * 6 * 4 * 2


def test_the_table(comparison: wann.scoring.Comparison) -> None:
    lines = comparison.to_markdown().splitlines()
    assert len(lines) == 5
    for i in range(2, 6):
        assert sum("**" in line.split("|")[i] for line in lines[2:]) == 1
    assert len(comparison.records()) == 12
    data = json.loads(json.dumps(comparison.to_dict()))
    assert data["rows"][0]["tuned_weights"]["n"] == 20
    for row in comparison.rows:
        scores = wann.evaluate(row.network, wann.make_task("cartpole-swingup"), episodes=20, seed=1)
        assert row.evaluation == scores


def test_a_found_network_is_taken_with_its_budget(comparison: wann.scoring.Comparison) -> None:
    task = wann.make_task("cartpole-swingup")
    network = comparison.rows[0].network
    with pytest.raises(wann.WannError, match="how many episodes its search took") as refused:
        wann.scoring.compare(task, network=network, neat=False)
    assert refused.value.parameter == "budget"
    told = network.with_metadata(search={"episodes": 2000, "environment_steps": 1_500_000})
    again = wann.scoring.compare(task, network=told, neat=False, trials=5)
    tuning = network.metadata["tuning"]
    assert again.rows[0].network == network
    assert again.rows[0].spent == Budget(
        episodes=2000 + tuning["episodes"], environment_steps=1_500_000 + tuning["environment_steps"]
    )


def test_steps_that_nobody_counted_are_unknown(comparison: wann.scoring.Comparison) -> None:
    """A number that was made up would be printed as a measurement."""
    task = wann.make_task("cartpole-swingup")
    found = wann.scoring.compare(task, network=comparison.rows[0].network, budget=400, trials=2, threads=2)
    assert found.rows[0].spent.environment_steps is None
    assert "unknown" in found.to_markdown()
    assert found.rows[2].spent.episodes >= found.rows[0].spent.episodes
    assert json.loads(json.dumps(found.to_dict()))["rows"][0]["environment_steps"] is None


def test_a_row_s_network_is_saved_with_its_scores(comparison: wann.scoring.Comparison) -> None:
    row = comparison.rows[0]
    assert row.scored.metadata["scores"] == row.evaluation.to_dict()
    assert row.scored == row.network


def test_the_command_prints_and_saves_the_table(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    arguments = ["compare", "cartpole-swingup", *OPTIONS, "--no-neat", "--hidden-layers", "4", "--out", str(folder)]
    out = cli(*arguments, "--preset", "paper").stdout
    assert "fixed topology" in out
    assert "random shared weight" in out
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *(f"comparison.{ending}" for ending in ("json", "csv", "md", "svg")),
        "wann.json",
        "fixed-topology.json",
    }
    assert len(list(csv.DictReader((folder / "comparison.csv").read_text().splitlines()))) == 8
    assert wann.Network.load(folder / "fixed-topology.json").n_hidden == 4
    assert "exists" in cli(*arguments, status=2).stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trials", "0"], "trials is 0"),
        (["--hidden-layers", "0"], "hidden layer's size is 0"),
        (["--hidden-layers", "2.5"], "hidden layer's size is 2.5"),
        (["--tuning-generations", "0"], "tuning_generations is 0"),
        (["none.json"], "no such file"),
    ],
)
def test_bad_input_is_told_in_one_line(cli: Cli, tmp_path: Path, options: list[str], message: str) -> None:
    errors = cli("compare", "cartpole-swingup", "--no-neat", "--out", tmp_path / "out", *options, status=2).stderr
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_the_missing_extra_is_told_before_any_work(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neat", None)
    errors = cli("compare", "cartpole-swingup", "--out", tmp_path / "out", status=2).stderr
    assert "pip install 'wann[neat]'" in errors


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("elsewhere")
class TestGoingOn:
    """What was found before a signal is not looked for again."""

    ARGUMENTS = ("compare", "cartpole-swingup", *OPTIONS, "--no-neat", "--trials", "2", "--preset", "paper", "--out", "out")

    @pytest.fixture
    def stopped(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
        """A comparison that a signal stops while the fixed topology is tuned; what it said."""

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("wann.scoring.comparison._tune_fixed", interrupted)
            return cli(*self.ARGUMENTS, status=130).stderr

    def test_the_same_command_ends_in_the_same_table(self, cli: Cli, stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "stopped; found so far: WANN, tuned weights; go on with the same command" in stopped
        with monkeypatch.context() as patched:
            patched.setattr("wann.scoring.comparison._search", None)  # it is not called again
            cli(*self.ARGUMENTS)
        assert not Path("out/unfinished.json").exists()
        cli(*self.ARGUMENTS[:-1], "other")
        for name in ("comparison.csv", "comparison.md", "wann.json", "fixed-topology.json"):
            assert Path("out", name).read_text() == Path("other", name).read_text()

    def test_another_command_is_refused(self, cli: Cli, stopped: str) -> None:
        told = cli(*self.ARGUMENTS, "--seed", "3", status=2).stderr
        assert "a comparison was begun there with another seed: 0, not 3" in told
        assert "--overwrite" in told
        cli(*self.ARGUMENTS, "--seed", "3", "--overwrite")
        assert json.loads(Path("out/comparison.json").read_text())["seed"] == 3

    def test_trials_may_differ(self, cli: Cli, stopped: str) -> None:
        cli(*self.ARGUMENTS, "--trials", "3")

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"version": 2}, "version 2 is not one this package reads"),
            ({"found": {"WANN": 3}}, "WANN"),
            ({"found": 3}, "found"),
            ({"more": 1}, "more"),
        ],
    )
    def test_a_damaged_file_is_told_of(self, cli: Cli, stopped: str, change: dict[str, object], told: str) -> None:
        path = Path("out/unfinished.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        error = cli(*self.ARGUMENTS, status=2).stderr
        assert told in error
        assert str(path) in error
        assert len(error.splitlines()) == 1


@pytest.mark.usefixtures("elsewhere")
def test_nothing_found_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wann.scoring.comparison._search", interrupted)
    assert "stopped; nothing was found yet" in cli(*TestGoingOn.ARGUMENTS, status=130).stderr


def test_a_budget_that_nobody_knows_comes_back(comparison: wann.scoring.Comparison, tmp_path: Path) -> None:
    network, unknown = comparison.rows[0].network, Budget(episodes=3, environment_steps=None)
    first = Stages(tmp_path / "a.json", {"seed": 1}).run("WANN", lambda: (network, unknown))
    again = Stages(tmp_path / "a.json", {"seed": 1})
    assert again.names == ("WANN",)
    assert again.run("WANN", lambda: pytest.fail("found already")) == first
    assert first.spent == unknown
