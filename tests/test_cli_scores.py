"""``wann evaluate``, ``wann tune`` and ``wann zoo`` through the command line's entry point."""

import csv
import itertools
import json
import signal
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import Cli, random_network


@pytest.fixture
def file(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "network.json"
    random_network(rng).with_metadata(task="cartpole-swingup").save(path)
    return path


def test_evaluate_prints_what_the_package_computes(cli: Cli, file: Path, tmp_path: Path, swingup: wann.tasks.Task) -> None:
    expected = wann.evaluate(wann.Network.load(file), swingup, episodes=7, seed=4, weights=(-1.0, 0.5))
    options = ("--trials", 7, "--seed", 4, "--weights=-1,0.5")
    data = json.loads(cli("evaluate", file, *options, "--json").stdout)
    assert data.pop("network") == str(file)
    assert data == json.loads(json.dumps(expected.to_dict()))
    text = cli("evaluate", file, *options, "--csv", tmp_path / "table.csv").stdout
    assert f"{expected.random_weights.mean:.1f} ± {expected.random_weights.std:.1f}" in text
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text().splitlines()))
    assert [r["kind"] for r in rows] == [
        "weight",
        "weight",
        "random weights",
        "random shared weight",
        "tuned shared weight",
    ]
    assert float(rows[0]["mean"]) == expected.weights[-1.0].mean


def test_profile_as_json_and_picture(cli: Cli, file: Path, tmp_path: Path) -> None:
    options = ("--trials", 2, "--range", -3, 3, "--points", 41, "--plot", tmp_path / "profile.svg", "--json")
    data = json.loads(cli("evaluate", file, *options).stdout)
    assert len(data["profile"]) == 41
    assert data["profile"][-1]["weight"] == 3
    assert (tmp_path / "profile.svg").read_text().startswith("<?xml")


def test_files_are_named_and_their_folders_made(cli: Cli, file: Path, tmp_path: Path) -> None:
    picture, table = tmp_path / "new" / "profile.svg", tmp_path / "other" / "scores.csv"
    ran = cli("evaluate", file, "--trials", 1, "--points", 3, "--plot", picture, "--csv", table)
    assert ran.stdout.splitlines()[-2:] == [str(picture), str(table)]
    assert picture.exists()
    assert table.exists()


def test_a_run_folder_stands_for_its_champion(cli: Cli, file: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    file.rename(tmp_path / "run" / "champion.json")
    cli("evaluate", tmp_path / "run", "--trials", 1)


def test_tune_saves_a_network_that_runs_with_its_weights(cli: Cli, file: Path, tmp_path: Path) -> None:
    options = ("--generations", 10, "--population", 8, "--episodes", 2, "--seed", 3)
    data = json.loads(cli("tune", file, *options, "--json").stdout)
    target = tmp_path / "network-tuned.json"
    assert data["file"] == str(target)
    network = wann.Network.load(target)
    assert network.weights is not None
    x = np.ones((3, 5))
    np.testing.assert_array_equal(network(x), network(x, weights=network.weights))
    assert network.metadata["tuning"]["generations"] == 10
    assert not list(tmp_path.glob("*.npz"))
    assert "exists" in cli("tune", file, *options, status=2).stderr
    cli("tune", file, *options, "--overwrite")
    assert wann.Network.load(target) == network


def test_tune_goes_on_from_its_own_weights(cli: Cli, file: Path, tmp_path: Path) -> None:
    """Without a step it keeps them, as they are; what a tuning starts from is its first candidate to be kept."""
    small = ("--population", 8, "--episodes", 2)
    cli("tune", file, *small, "--generations", 10, "--seed", 3)
    once = wann.Network.load(tmp_path / "network-tuned.json")
    cli("tune", tmp_path / "network-tuned.json", *small, "--own-weights", "--generations", 2, "--sigma", 1e-6)
    again = wann.Network.load(tmp_path / "network-tuned-tuned.json")
    assert once.weights is not None
    assert again.weights is not None
    np.testing.assert_allclose(again.weights, once.weights, atol=1e-3)
    assert again.shared_weight == once.shared_weight


def test_tune_the_shared_weight_only(cli: Cli, file: Path, tmp_path: Path) -> None:
    cli("tune", file, "--generations", 0, "--range", 0.5, 1, "--out", tmp_path / "out.json")
    network = wann.Network.load(tmp_path / "out.json")
    assert network.weights is None
    assert network.shared_weight is not None
    assert 0.5 <= network.shared_weight <= 1


@pytest.mark.parametrize("rollouts", [18, 33, 74])
def test_an_interrupted_tuning_keeps_its_best_and_goes_on(
    cli: Cli, file: Path, tmp_path: Path, swingup: wann.tasks.Task, monkeypatch: pytest.MonkeyPatch, rollouts: int
) -> None:
    whole, stopped = tmp_path / "whole.json", tmp_path / "stopped.json"
    options = ("--generations", 60, "--population", 8, "--episodes", 2, "--threads", 1)
    cli("tune", file, *options, "--out", whole)
    rollout, count = type(swingup).rollout, itertools.count(1)

    def interrupted(*arguments: object, **settings: object) -> object:
        if next(count) == rollouts:
            signal.raise_signal(signal.SIGINT)
        return rollout(*arguments, **settings)

    monkeypatch.setattr(type(swingup), "rollout", interrupted)
    told = cli("tune", file, *options, "--out", stopped, status=130).stderr
    assert told.endswith(f"go on with: wann resume {stopped}\n")
    monkeypatch.undo()
    kept = wann.Network.load(stopped)
    assert kept.weights is not None
    assert kept.metadata["tuning"]["generations"] < 60
    assert "was begun and not finished" in cli("tune", file, *options, "--out", stopped, status=2).stderr
    cli("resume", stopped, "--threads", 1)
    assert stopped.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("stopped.json.*"))


def test_a_tuning_that_is_stopped_at_its_start_goes_on(
    cli: Cli, file: Path, tmp_path: Path, swingup: wann.tasks.Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = tmp_path / "whole.json", tmp_path / "stopped.json"
    options = ("--generations", 2, "--population", 8, "--episodes", 2, "--threads", 1, "--seed", 4, "--points", 5)
    cli("tune", file, *options, "--out", whole)

    def interrupted(*arguments: object, **settings: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(swingup), "rollout", interrupted)
        told = cli("tune", file, *options, "--out", stopped, status=130).stderr
    assert told == f"wann: stopped; go on with: wann resume {stopped}\n"
    assert not stopped.exists()
    cli("resume", tmp_path / "stopped.json.unfinished", "--threads", 1)
    assert stopped.read_bytes() == whole.read_bytes()


def test_bad_settings_leave_nothing_to_go_on_with(cli: Cli, file: Path, tmp_path: Path) -> None:
    cli("tune", file, "--sigma", -1, status=2)
    cli("refine", file, "--neighbours", 1, status=2)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "FILE", "--trials", "0"), "trials is 0"),
        (("evaluate", "FILE", "--weights", "1,x"), "list of numbers"),
        (("evaluate", "FILE", "--task", "none"), "unknown task 'none'"),
        (("evaluate", "FILE", "--profile", "--points", "1"), "points is 1"),
        (("evaluate", "FILE", "--profile", "--range", "1", "-1"), "the range of weights"),
        (("evaluate", "FILE", "--plot", "x.gif"), "must end in"),
        (("evaluate", "nowhere.json"), "no such file"),
        (("evaluate", "zoo:dodo"), "the zoo has no network 'dodo'"),
        (("tune", "FILE", "--sigma", "-1"), "sigma is -1"),
        (("tune", "FILE", "--own-weights"), "no tuned weights to start from"),
        (("tune", "FILE", "--generations", "-1"), "generations is -1"),
        (("resume", "FILE"), "nothing was stopped there"),
        (("zoo", "dodo"), "the zoo has no network 'dodo'"),
    ],
)
def test_bad_input_is_told_in_one_line(cli: Cli, file: Path, arguments: tuple[str, ...], message: str) -> None:
    errors = cli(*[str(file) if a == "FILE" else a for a in arguments], status=2).stderr
    assert message in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_network_without_a_task_asks_for_one(cli: Cli, tmp_path: Path, rng: np.random.Generator) -> None:
    random_network(rng).save(tmp_path / "bare.json")
    assert "--task" in cli("evaluate", tmp_path / "bare.json", status=2).stderr
    cli("evaluate", tmp_path / "bare.json", "--task", "cartpole-swingup", "--trials", 1)
