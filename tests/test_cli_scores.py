"""``wann evaluate``, ``wann tune`` and ``wann zoo`` through the command line's entry point."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import random_network
from wann.cli import main


@dataclass
class Result:
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs the command line as the installed script does, in this process."""

    def run(*arguments: object, status: int = 0) -> Result:
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert ended.value.code == status, captured.err
        return Result(captured.out, captured.err)

    return run


Run = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "network.json"
    random_network(rng).with_metadata(task="cartpole-swingup").save(path)
    return path


def test_evaluate_prints_what_the_package_computes(run: Run, file: Path, tmp_path: Path, swingup: wann.Task) -> None:
    expected = wann.evaluate(wann.Network.load(file), swingup, episodes=7, seed=4, weights=(-1.0, 0.5))
    options = ("--episodes", 7, "--seed", 4, "--weights=-1,0.5")
    data = json.loads(run("evaluate", file, *options, "--json").stdout)
    assert data.pop("network") == str(file)
    assert data == json.loads(json.dumps(expected.to_dict()))
    text = run("evaluate", file, *options, "--csv", tmp_path / "table.csv").stdout
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


def test_profile_as_json_and_picture(run: Run, file: Path, tmp_path: Path) -> None:
    options = ("--episodes", 2, "--range", -3, 3, "--points", 41, "--plot", tmp_path / "profile.svg", "--json")
    data = json.loads(run("evaluate", file, *options).stdout)
    assert len(data["profile"]) == 41
    assert data["profile"][-1]["weight"] == 3
    assert (tmp_path / "profile.svg").read_text().startswith("<?xml")


def test_a_run_folder_stands_for_its_champion(run: Run, file: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    file.rename(tmp_path / "run" / "champion.json")
    run("evaluate", tmp_path / "run", "--episodes", 1)


def test_tune_saves_a_network_that_runs_with_its_weights(run: Run, file: Path, tmp_path: Path) -> None:
    options = ("--generations", 10, "--population", 8, "--episodes", 2, "--seed", 3)
    data = json.loads(run("tune", file, *options, "--json").stdout)
    target = tmp_path / "network-tuned.json"
    assert data["file"] == str(target)
    network = wann.Network.load(target)
    assert network.weights is not None
    x = np.ones((3, 5))
    np.testing.assert_array_equal(network(x), network(x, weights=network.weights))
    assert network.metadata["tuning"]["generations"] == 10
    assert not list(tmp_path.glob("*.npz"))
    assert "exists" in run("tune", file, *options, status=2).stderr
    run("tune", file, *options, "--overwrite")
    assert wann.Network.load(target) == network


def test_tune_the_shared_weight_only(run: Run, file: Path, tmp_path: Path) -> None:
    run("tune", file, "--generations", 0, "--range", 0.5, 1, "--out", tmp_path / "out.json")
    network = wann.Network.load(tmp_path / "out.json")
    assert network.weights is None
    assert network.shared_weight is not None
    assert 0.5 <= network.shared_weight <= 1


def test_an_interrupted_tuning_keeps_its_best_and_goes_on(run: Run, file: Path, tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole.json", tmp_path / "stopped.json"
    options = ("--generations", 300, "--population", 8, "--episodes", 2, "--threads", 1)
    run("tune", file, *options, "--out", whole)
    command = [sys.executable, "-m", "wann", "tune", str(file), *map(str, options), "--out", str(stopped)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(2.0)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    if process.returncode == 130 and "go on with --resume" in errors:
        assert wann.Network.load(stopped).weights is not None
        run("tune", file, *options, "--out", stopped, "--resume")
    if stopped.exists():
        assert wann.Network.load(stopped) == wann.Network.load(whole)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "FILE", "--episodes", "0"), "episodes is 0"),
        (("evaluate", "FILE", "--weights", "1,x"), "list of numbers"),
        (("evaluate", "FILE", "--task", "none"), "unknown task 'none'"),
        (("evaluate", "FILE", "--profile", "--points", "1"), "points is 1"),
        (("evaluate", "FILE", "--profile", "--range", "1", "-1"), "the range of weights"),
        (("evaluate", "FILE", "--plot", "x.gif"), "must end in"),
        (("evaluate", "nowhere.json"), "no such file"),
        (("evaluate", "zoo:dodo"), "the zoo has no network 'dodo'"),
        (("tune", "FILE", "--sigma", "-1"), "sigma is -1"),
        (("tune", "FILE", "--generations", "-1"), "generations is -1"),
        (("tune", "FILE", "--resume"), "nothing to go on from"),
        (("zoo", "dodo"), "the zoo has no network 'dodo'"),
    ],
)
def test_bad_input_is_told_in_one_line(run: Run, file: Path, arguments: tuple[str, ...], message: str) -> None:
    errors = run(*[str(file) if a == "FILE" else a for a in arguments], status=2).stderr
    assert message in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_network_without_a_task_asks_for_one(run: Run, tmp_path: Path, rng: np.random.Generator) -> None:
    random_network(rng).save(tmp_path / "bare.json")
    assert "--task" in run("evaluate", tmp_path / "bare.json", status=2).stderr
    run("evaluate", tmp_path / "bare.json", "--task", "cartpole-swingup", "--episodes", 1)
