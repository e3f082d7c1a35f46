"""A run that is killed before each of its changes of the file system goes on as if nothing had happened."""

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import wann
from faults import killed_at
from wann import runs
from wann.runs import Run, RunSettings

GENERATIONS = 4


@pytest.fixture(autouse=True)
def checkpoint_after_every_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs.run, "CHECKPOINT_INTERVAL", 0.0)
    # Waiting for the disk is for power cuts; here it would only take time.
    monkeypatch.setattr(os, "fsync", lambda _: None)


def settings(seed: int) -> RunSettings:
    config = wann.preset("cartpole-swingup", "paper", population=8, generations=GENERATIONS, confirm_episodes=4)
    return RunSettings(task="cartpole-swingup", preset="paper", seed=seed, config=config)


def finish(run: Run) -> None:
    with run:
        for _ in run.generations():
            pass


def outcome(folder: Path) -> dict[str, bytes]:
    """All that a run leaves, but for its checkpoints, which depend on where it was stopped."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert not [path for path in files if path.suffix == ".tmp"]
    other = {runs.LOCK, runs.CHECKPOINT, runs.PREVIOUS_CHECKPOINT}
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in other}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, bytes]]:
    """What runs with the seeds 1 and 2 leave that nobody stops."""
    outcomes = {}
    for seed in (1, 2):
        folder = tmp_path_factory.mktemp("whole") / "run"
        finish(Run.create(folder, settings(seed), threads=1))
        outcomes[seed] = outcome(folder)
    return outcomes


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with the seed 1 that was killed after three generations, the last of which no checkpoint knows."""
    folder = tmp_path / "stopped"
    with Run.create(folder, settings(1), threads=1) as run:
        generations = run.generations()
        next(generations)
        next(generations)
        with monkeypatch.context() as patch:
            patch.setattr(Run, "checkpoint", lambda _: None)
            next(generations)
            generations.close()
    (folder / ".metrics.jsonl.abc.tmp").write_bytes(b"x")
    return folder


def kill_everywhere(work: Callable[[], object], after: Callable[[int], None]) -> int:
    """Does some work again and again, killed one step later each time, until it is done; `after` looks at what is left.

    Returns:
        How often it was killed.
    """
    for step in itertools.count(1):
        with killed_at(step) as fault:
            work()
        if not fault.struck:
            return step - 1
        after(step)
    raise AssertionError


def resumed(folder: Path) -> Run | None:
    """The run that the folder holds, or None where it counts as empty."""
    try:
        return Run.resume(folder, threads=1)
    except wann.WannError as error:
        if str(error) != f"{folder} holds no run: there is no config.json in it":
            raise
        return None


def test_a_new_run(tmp_path: Path, whole: dict[int, dict[str, bytes]]) -> None:
    folder = tmp_path / "run"

    def work() -> None:
        finish(Run.create(folder, settings(1), threads=1))

    def after(step: int) -> None:
        finish(resumed(folder) or Run.create(folder, settings(1), threads=1))
        assert outcome(folder) == whole[1], step
        shutil.rmtree(folder)

    assert kill_everywhere(work, after) > 10 * GENERATIONS


def test_a_run_that_goes_on(tmp_path: Path, stopped: Path, whole: dict[int, dict[str, bytes]]) -> None:
    folder = tmp_path / "run"
    shutil.copytree(stopped, folder)

    def after(step: int) -> None:
        finish(Run.resume(folder, threads=1))
        assert outcome(folder) == whole[1], step
        shutil.rmtree(folder)
        shutil.copytree(stopped, folder)

    assert kill_everywhere(lambda: finish(Run.resume(folder, threads=1)), after) > 20


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_replaces_another(tmp_path: Path, stopped: Path, whole: dict[int, dict[str, bytes]], seed: int) -> None:
    """What is left is the old run or the new one, never the settings of one with the files of the other."""
    folder, other = tmp_path / "run", tmp_path / "other"
    (stopped / "pictures").mkdir()
    (stopped / "pictures" / "curves.svg").write_text("old")
    shutil.copytree(stopped, folder)
    kept = {"pictures/curves.svg": b"old"}
    seen = set()

    def work() -> None:
        Run.create(folder, settings(seed), threads=1, overwrite=True).close()

    def after(step: int) -> None:
        shutil.copytree(folder, other)
        finish(Run.create(other, settings(seed), threads=1, overwrite=True))
        assert outcome(other) == whole[seed], step
        shutil.rmtree(other)
        run = resumed(folder)
        assert run is not None, "config.json is always there"
        seen.add(run.settings.seed)
        finish(run)
        found = outcome(folder)
        assert found == whole[run.settings.seed] or found == whole[1] | kept, step
        shutil.rmtree(folder)
        shutil.copytree(stopped, folder)

    assert kill_everywhere(work, after) > 10
    assert seen == {1, seed}


def test_a_run_that_a_kill_left_before_it_began_is_replaced_without_asking(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "history").mkdir(parents=True)
    (folder / ".lock").touch()
    (folder / ".config.json.abc.tmp").write_text("{")
    finish(Run.create(folder, settings(1), threads=1))
    assert len(runs.read_metrics(folder)) == GENERATIONS


@pytest.mark.parametrize("name", ["notes.txt", "history/0000001.json", ".other.tmp", "checkpoint.npz"])
def test_a_folder_with_anything_else_is_not_taken_for_empty(tmp_path: Path, name: str) -> None:
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    path.write_text("work")
    with pytest.raises(wann.WannError, match="exists; choose another folder"):
        Run.create(tmp_path / "run", settings(1))
    with pytest.raises(wann.WannError, match="not the folder of a run"):
        Run.create(tmp_path / "run", settings(1), overwrite=True)
    assert path.read_text() == "work"
