"""The fuzzer, and files that readers once failed on (tests/corpus/): see docs/develop/testing.md."""

import json
import time
from pathlib import Path
from random import Random

import pytest

import fuzz
import wann
from fuzzing import readers, trial
from fuzzing.readers import READERS, Reader
from fuzzing.trial import replay, try_files
from wann.networks import file as network_file

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*/*"))


@pytest.fixture(scope="module")
def made() -> dict[str, Reader]:
    """A reader of every kind."""
    return {name: kind() for name, kind in READERS.items()}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_files_that_once_failed(path: Path, made: dict[str, Reader], tmp_path: Path) -> None:
    outcome = replay(made[path.parent.name], path, tmp_path / "files")
    assert outcome.failure is None


@pytest.mark.parametrize("name", READERS)
def test_good_files_are_accepted_and_damage_can_be_repeated(name: str, made: dict[str, Reader], tmp_path: Path) -> None:
    reader = made[name]
    for files in reader.seeds:
        outcomes = [try_files(reader, files, tmp_path / "files", Random(i)) for i in range(5)]  # tables in several ways
        assert any(outcome.accepted for outcome in outcomes), outcomes
    damaged = [reader.damage(reader.seeds[-1], Random(i)) for i in range(60)]
    assert damaged == [reader.damage(reader.seeds[-1], Random(i)) for i in range(60)]
    assert sum(files != reader.seeds[-1] for files in damaged) > 50
    refused = [try_files(reader, files, tmp_path / "files", Random(0)) for files in damaged]
    assert [outcome.failure for outcome in refused if outcome.failure] == []
    assert not all(outcome.accepted for outcome in refused)


class Faulty(Reader):
    """Reads a file in a way of its own."""

    name = "faulty"

    def make_seeds(self) -> list[readers.Files]:
        return [{"file": b"good"}]

    def __init__(self, fault: BaseException | None) -> None:
        super().__init__()
        self.fault = fault

    def read(self, folder: Path, rng: Random) -> str:
        if self.fault is None:
            time.sleep(60)
        raise self.fault  # type: ignore[misc]


@pytest.mark.parametrize(
    "fault", [KeyError("x"), RecursionError(), MemoryError(), RuntimeWarning("x"), FileNotFoundError("x")]
)
def test_any_other_exception_is_a_failure(fault: BaseException, tmp_path: Path) -> None:
    outcome = try_files(Faulty(fault), {"file": b"x"}, tmp_path / "files", Random(0))
    assert not outcome.accepted
    assert type(fault).__name__ in str(outcome.failure)


def test_a_refusal_is_none(tmp_path: Path) -> None:
    outcome = try_files(Faulty(wann.WannError("no")), {"file": b"x"}, tmp_path / "files", Random(0))
    assert (outcome.accepted, outcome.failure) == (False, None)


def test_a_hang_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TIME_LIMIT", 0.1)
    assert "Hang" in str(try_files(Faulty(None), {"file": b"x"}, tmp_path / "files", Random(0)).failure)


def test_a_broken_promise_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that gives another network than was written does not pass."""
    reader = READERS["network-json"]()
    other = wann.networks.fully_connected(("a",), ("b",), (2,))
    monkeypatch.setattr(wann.Network, "save", lambda self, path: path.write_text(network_file.to_json(other)))
    failures = [try_files(reader, reader.seeds[0], tmp_path / "files", Random(i)).failure for i in range(20)]
    assert any("read back as another network" in str(failure) for failure in failures)


def test_few_files_of_a_failure_are_kept(tmp_path: Path) -> None:
    for i in range(9):
        trial.keep({"file": bytes([i])}, tmp_path, "faulty", "KeyError, some:1", "Traceback\nKeyError: 'x'")
    assert len(list(tmp_path.glob("faulty/*.txt"))) == 3
    (told,) = trial.summary(tmp_path)
    assert told["what"] == "KeyError: 'x'"
    assert len((Path(told["files"]) / "file").read_bytes()) == 1


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--reader", "csv", "--reader", "network-out", "--count", "30", "--jobs", "2", "--seed", "4"]
    assert fuzz.main([*options, "--failures", str(tmp_path / "failures"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {name: counts["inputs"] for name, counts in told["readers"].items()} == {"csv": 60, "network-out": 60}
    assert told["failures"] == []
    assert all(counts["accepted"] + counts["refused"] == 60 for counts in told["readers"].values())
