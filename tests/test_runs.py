"""The run folder: checkpoints, resuming, damage, full disks, two runs in one folder."""

import errno
import itertools
import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import portalocker
import pytest

import wann
from wann import runs
from wann.runs import CHECKPOINT, PREVIOUS_CHECKPOINT, Run, RunSettings

GENERATIONS = 60


def settings(generations: int = GENERATIONS, seed: int = 3) -> RunSettings:
    config = wann.preset("cartpole-swingup", "paper", population=24, generations=generations, confirm_episodes=64)
    return RunSettings(task="cartpole-swingup", preset="paper", seed=seed, config=config)


def finish(run: Run) -> None:
    with run:
        for _ in run.generations():
            pass


def outcome(folder: Path) -> dict[str, bytes]:
    """What must not depend on interruptions."""
    files = [
        *(folder / n for n in ("metrics.jsonl", "champion.json", "population.json")),
        *sorted((folder / "history").iterdir()),
    ]
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    finish(Run.create(folder, settings()))
    return outcome(folder)


def stop_after(folder: Path, generation: int) -> None:
    """A run that is interrupted, as Ctrl-C does it, after some generations."""
    with Run.create(folder, settings()) as run:
        generations = run.generations()
        for record in generations:
            if record.generation == generation:
                generations.close()
                break


def test_metrics_have_a_line_for_each_generation(uninterrupted: dict[str, bytes]) -> None:
    records = [json.loads(line) for line in uninterrupted["metrics.jsonl"].splitlines()]
    assert [r["generation"] for r in records] == list(range(GENERATIONS))
    champion = json.loads(uninterrupted["champion.json"])
    assert champion["metadata"]["search_score"]["mean_reward"] == records[-1]["champion_mean_reward"]
    assert champion["metadata"]["search_score"]["episodes"] >= 64


def test_the_last_population_is_kept(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    records = [json.loads(line) for line in uninterrupted["metrics.jsonl"].splitlines()]
    (tmp_path / "population.json").write_bytes(uninterrupted["population.json"])
    population = runs.read_population(tmp_path)
    assert population is not None
    assert population.generation == GENERATIONS - 1
    assert len(population.connections) == len(population.nodes) == 24
    assert population.mean_reward.max() == records[-1]["best_mean_reward"]
    assert population.best_reward.max() == records[-1]["best_reward"]
    # Nodes count the inputs, the bias and the output, whatever is connected.
    assert population.nodes.min() >= 7


def test_the_population_of_a_lost_generation_does_not_stay(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    folder = tmp_path / "run"
    stop_after(folder, 17)
    (folder / "population.json").write_bytes(uninterrupted["population.json"])
    Run.resume(folder).close()
    assert runs.read_population(folder) is None
    finish(Run.resume(folder))
    assert outcome(folder) == uninterrupted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ('{"format": "wann-population", "version": 2}', "version 2 is not one"),
        ('{"format": "wann-population", "version": 1, "generation": 0}', "'mean_reward' is missing"),
        (
            '{"format": "wann-population", "version": 1, "generation": 0, "mean_reward": [1, NaN], "best_reward": [1, 1],'
            ' "connections": [1, 1], "nodes": [2, 2]}',
            "NaN is not a number that JSON knows",
        ),
    ],
)
def test_a_damaged_population_is_named_and_made_again(tmp_path: Path, text: str, message: str) -> None:
    stop_after(tmp_path / "run", 3)
    (tmp_path / "run" / "population.json").write_text(text)
    with pytest.raises(wann.WannError, match=message):
        runs.read_population(tmp_path / "run")
    with Run.resume(tmp_path / "run") as run:
        assert message in run.warnings[0]
    assert runs.read_population(tmp_path / "run") is None


def test_an_interrupted_run_ends_as_one_that_was_not(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    stop_after(tmp_path / "run", 17)
    run = Run.resume(tmp_path / "run")
    assert run.search.generation == 18
    finish(run)
    assert outcome(tmp_path / "run") == uninterrupted


@pytest.mark.parametrize(
    ("where", "calls"),
    [
        *[
            ("wann.execution.evaluator.run_lanes", n) for n in (1, 2, 3, 9, 21, 22, 23, 40)
        ],  # also of challengers and champions
        *[("wann.search.search.Island.advanced", n) for n in (1, 18)],
        *[("wann.runs.Run._write_metrics", n) for n in (1, 18)],
        *[("wann.runs.Run._write_champion", n) for n in (1, 4)],
    ],
)
def test_an_interruption_within_a_generation_leaves_no_trace(
    tmp_path: Path, uninterrupted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, where: str, calls: int
) -> None:
    target, _, name = where.rpartition(".")
    owner = pkgutil.resolve_name(target)
    original, count = getattr(owner, name), itertools.count(1)

    def interrupted(*args: object, **kwargs: object) -> object:
        if next(count) == calls:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, interrupted)
    with pytest.raises(KeyboardInterrupt), Run.create(tmp_path / "run", settings()) as run:
        for _ in run.generations():
            pass
    monkeypatch.undo()
    finish(Run.resume(tmp_path / "run"))
    assert outcome(tmp_path / "run") == uninterrupted


@pytest.mark.parametrize("moment", ["_write_metrics", "_write_champion", "checkpoint"])
def test_ctrl_c_while_a_generation_is_written_waits_until_it_is(
    moment: str, tmp_path: Path, uninterrupted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, written = tmp_path / "run", getattr(Run, moment)

    def interrupted(*args: object) -> None:
        if args[0].search.generation >= 1:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)
        written(*args)

    with Run.create(folder, settings()) as run:
        generations = run.generations()
        next(generations)
        monkeypatch.setattr(Run, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            generations.close() if moment == "checkpoint" else list(generations)
        monkeypatch.setattr(Run, moment, written)
    assert (folder / CHECKPOINT).exists()
    finish(Run.resume(folder))
    assert outcome(folder) == uninterrupted


def test_resuming_does_not_depend_on_threads(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    stop_after(tmp_path / "run", 30)
    finish(Run.resume(tmp_path / "run", threads=3))
    assert outcome(tmp_path / "run") == uninterrupted


def test_resuming_a_finished_run_changes_nothing(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    finish(Run.create(tmp_path / "run", settings()))
    finish(Run.resume(tmp_path / "run"))
    assert outcome(tmp_path / "run") == uninterrupted


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import faults, test_runs
from wann import runs
runs.run.CHECKPOINT_INTERVAL = 0.0
folder = Path(sys.argv[1])
with faults.killed_at(int(sys.argv[3]), by_signal=True):
    run = runs.Run.resume(folder) if (folder / "config.json").exists() else runs.Run.create(folder, test_runs.settings())
    test_runs.finish(run)
"""


def test_a_process_that_is_killed_goes_on(tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    """By the signal that no process can answer; `test_run_kills` tries every moment within one process."""
    folder = tmp_path / "run"
    for step in (60, 200, 201, 202):
        command = [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parent), str(step)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    finish(Run.resume(folder))
    assert outcome(folder) == uninterrupted


@pytest.mark.parametrize("damage", ["cut off", "one bit", "empty", "text"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(
    tmp_path: Path, uninterrupted: dict[str, bytes], damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.run, "CHECKPOINT_INTERVAL", 0.0)
    folder = tmp_path / "run"
    stop_after(folder, 25)
    path = folder / CHECKPOINT
    data = bytearray(path.read_bytes())
    if damage == "one bit":
        data[data.index(b"wann-checkpoint")] ^= 4  # some bytes between the members of a ZIP file do not count
    path.write_bytes({"cut off": bytes(data[:-100]), "one bit": bytes(data), "empty": b"", "text": b"hello"}[damage])
    run = Run.resume(folder)
    assert len(run.warnings) == 1
    assert str(path) in run.warnings[0]
    assert 0 < run.search.generation < 26
    finish(run)
    assert outcome(folder) == uninterrupted


def test_no_whole_checkpoint_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs.run, "CHECKPOINT_INTERVAL", 0.0)
    stop_after(tmp_path / "run", 5)
    for name in (CHECKPOINT, PREVIOUS_CHECKPOINT):
        (tmp_path / "run" / name).write_bytes(b"x")
    with pytest.raises(wann.WannError, match=f"{CHECKPOINT}.*{PREVIOUS_CHECKPOINT}"):
        Run.resume(tmp_path / "run")


def test_altered_content_with_a_valid_zip_is_refused(tmp_path: Path) -> None:
    import numpy as np

    stop_after(tmp_path / "run", 5)
    path = tmp_path / "run" / CHECKPOINT
    with np.load(path) as file:
        arrays = {name: file[name].copy() for name in file.files}
    name = next(n for n in arrays if n.endswith("/enabled"))
    arrays[name][0] ^= 1
    np.savez(path, **arrays)
    with pytest.raises(wann.WannError, match="checksum"):
        Run.resume(tmp_path / "run")


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    tmp_path: Path, uninterrupted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.run, "CHECKPOINT_INTERVAL", 0.0)
    folder = tmp_path / "run"
    real_fsync, calls = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with Run.create(folder, settings()) as run, pytest.raises(OSError, match="No space left"):
        for _ in run.generations():
            pass
    monkeypatch.setattr(os, "fsync", real_fsync)
    assert not list(folder.rglob("*.tmp"))
    run = Run.resume(folder)
    assert not run.warnings
    assert run.search.generation > 0
    finish(run)
    assert outcome(folder) == uninterrupted


def test_two_runs_in_one_folder(tmp_path: Path) -> None:
    with Run.create(tmp_path / "run", settings()):
        with pytest.raises(wann.WannError, match="in use by another run"):
            Run.resume(tmp_path / "run")
        with pytest.raises(wann.WannError, match="in use by another run"):
            Run.create(tmp_path / "run", settings(), overwrite=True)


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: Any) -> None:
        raise portalocker.LockException("No locks available")

    monkeypatch.setattr(portalocker, "lock", refused)
    with pytest.raises(OSError, match="No locks available") as error:
        Run.create(tmp_path / "run", settings())
    assert error.value.filename == str(tmp_path / "run" / ".lock")


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    stop_after(folder, 3)
    before = outcome(folder)
    with pytest.raises(wann.WannError, match="allow that it is overwritten"):
        Run.create(folder, settings())
    assert outcome(folder) == before
    Run.create(folder, settings(), overwrite=True).close()
    assert not (folder / "champion.json").exists()


def test_only_runs_are_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("work")
    with pytest.raises(wann.WannError, match="not the folder of a run"):
        Run.create(tmp_path, settings(), overwrite=True)
    assert (tmp_path / "precious.txt").read_text() == "work"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "version 99"),
        ({"seed": -1}, "seed"),
        ({"config": {"population": 1}}, "population"),
        ({"config": {"colour": 1}}, "colour"),
        ({"config": 3}, "config is 3; it must be"),
    ],
)
def test_a_damaged_configuration(tmp_path: Path, change: dict[str, object], message: str) -> None:
    stop_after(tmp_path / "run", 3)
    path = tmp_path / "run" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(wann.WannError, match=message):
        Run.resume(tmp_path / "run")


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(wann.WannError, match="holds no run"):
        Run.resume(tmp_path)


def test_a_run_that_starts_from_a_network_goes_on_from_it(tmp_path: Path) -> None:
    """Its folder says what it started from; before the first checkpoint, resuming starts there again."""
    start = wann.zoo.load("cartpole-swingup")
    config = wann.preset("cartpole-swingup", "paper", population=24, generations=6, confirm_episodes=16, mirror=0.2)
    wanted = RunSettings(task="cartpole-swingup", preset="paper", config=config, start=(start,))
    finish(Run.create(tmp_path / "whole", wanted))
    for stopped in (0, 3):
        folder = tmp_path / f"stopped-{stopped}"
        with Run.create(folder, wanted) as run:
            generations = run.generations()
            for _ in range(stopped):
                next(generations)
            generations.close()
        assert RunSettings.load(folder).start[0].same_topology(start)
        finish(Run.resume(folder))
        assert outcome(folder) == outcome(tmp_path / "whole")
