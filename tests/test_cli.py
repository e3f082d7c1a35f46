"""The command line through its real entry point, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PATIENCE, wait_until

SMALL = ["--population", "16", "--generations", "8", "--threads", "1"]


def wann(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "wann"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    result = wann("search", "cartpole-swingup", "--seed", "5", *SMALL, cwd=folder)
    assert result.returncode == 0, result.stderr
    # Where there is no terminal, a search says nothing, and what follows it says a line now and then on a slow machine.
    assert all(line.endswith(" % done") for line in result.stderr.splitlines())
    assert "champion.json" in result.stdout
    return folder / "runs" / "cartpole-swingup-seed5"


def test_search_leaves_everything_in_its_folder(run_folder: Path) -> None:
    names = {p.name for p in run_folder.iterdir()}
    pictures = {f"{picture}.{ending}" for picture in ("network", "curves") for ending in ("svg", "png")}
    assert (
        names >= {"config.json", "metrics.jsonl", "champion.json", "history", "population.json", "checkpoint.npz"} | pictures
    )
    assert len((run_folder / "metrics.jsonl").read_text().splitlines()) == 8
    assert json.loads((run_folder / "champion.json").read_text())["metadata"]["evaluation"]["mean_reward"] > 0


def test_the_same_seed_gives_the_same_run(run_folder: Path, tmp_path: Path) -> None:
    result = wann("search", "cartpole-swingup", "--seed", "5", *SMALL[:-1], "2", "--out", str(tmp_path / "again"), "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["generations"] == 8
    for name in ("metrics.jsonl", "champion.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run_folder / name).read_bytes()


def test_evaluate_prints_json(run_folder: Path) -> None:
    result = wann("evaluate", str(run_folder / "champion.json"), "--trials", "20", "--seed", "9", "--json")
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_search_and_saves_it(tmp_path: Path, number: int, status: int) -> None:
    endless = ["--generations", "1000000", "--out", str(tmp_path / "run")]
    command = [sys.executable, "-m", "wann", "search", "cartpole-swingup", *endless]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until((tmp_path / "run" / "metrics.jsonl").exists, child=child)
    child.send_signal(number)
    _, errors = child.communicate(timeout=PATIENCE)
    assert child.returncode == status
    assert "wann resume" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "run" / "checkpoint.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "nope"], "unknown task 'nope'"),
        (["search", "cartpole-swingup", "--preset", "best"], "'best' is not one of"),
        (["search", "cartpole-swingup", "--population", "1"], "population is 1"),
        (["search", "cartpole-swingup", "--population", "many"], "'many' is not a valid integer"),
        (["search", "cartpole-swingup", "--weights", ""], "weights: at least one weight is needed"),
        (["search", "cartpole-swingup", "--weights", "1,nan"], "nan is not a finite number"),
        (["search", "cartpole-swingup", "--generations", "0"], "generations is 0"),
        (["search", "cartpole-swingup", "--threads", "0"], "threads is 0"),
        (["search", "cartpole-swingup", "--seed", "-1"], "seed is -1"),
        (["search", "cartpole-swingup", "--activations", "tanh,soft"], "unknown activation 'soft'"),
        (["search", "cartpole-swingup", "--elite", "1.5"], "elite is 1.5"),
        (["resume", "nowhere"], "holds no run"),
        (["evaluate", "nowhere.json"], "nowhere.json"),
        (["fly"], "No such command 'fly'"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = wann(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_existing_run_is_refused(run_folder: Path) -> None:
    result = wann("search", "cartpole-swingup", "--seed", "5", *SMALL, cwd=run_folder.parent.parent)
    assert result.returncode == 2
    assert "--overwrite" in result.stderr


def test_help_lists_every_setting() -> None:
    result = wann("search", "--help")
    for option in (
        "--preset",
        "--seed",
        "--generations",
        "--population",
        "--threads",
        "--out",
        "--tournament",
        "--insert-node",
    ):
        assert option in result.stdout


def test_version() -> None:
    assert wann("--version").stdout.startswith("wann ")


def test_tasks_as_json() -> None:
    names = [entry["name"] for entry in json.loads(wann("tasks", "--json").stdout)]
    assert "cartpole-swingup" in names


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    main, secondary = pty.openpty()
    command = [sys.executable, "-m", "wann", "search", "cartpole-swingup", *SMALL, "--out", str(tmp_path / "run")]
    child = subprocess.Popen(command, stderr=secondary, stdout=subprocess.DEVNULL)
    os.close(secondary)
    seen = b""
    while True:
        try:
            chunk = os.read(main, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(main)
    assert child.wait() == 0
    assert b"generation 8/8" in seen
