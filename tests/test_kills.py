"""The harness that kills commands, and what it found."""

import os
import signal
from pathlib import Path
from random import Random

import pytest

import kills
import wann
from conftest import wait_until
from kills import Counts, Failure, Job, Reference, disturbed, undisturbed
from wann.search.refinement import Refinement


def test_a_refinement_that_goes_on_from_its_file_equals_one_that_never_stopped(tmp_path: Path, swingup: wann.Task) -> None:
    """Also where a change has cut off nodes, which the file does not keep."""
    start = wann.zoo.load("cartpole-swingup")
    settings = {"weights": (-1.0, 1.0), "n_neighbours": 100}
    whole = Refinement(start, swingup, **settings)
    rounds = list(whole.run(3))
    assert sum(record.changes for record in rounds) > 0
    network = start
    for _ in rounds:
        part = Refinement(network, swingup, **settings)
        list(part.run(1))
        part.network.save(tmp_path / "part.json")
        network = wann.Network.load(tmp_path / "part.json")
    assert network == whole.network
    assert network.metadata == whole.network.metadata


def program(text: str) -> type[Job]:
    """A command that is a program of a few lines, in place of one of the package's."""

    class Program(Job):
        name = "program"

        def command(self) -> list[str]:
            return [text, str(self.folder)]

        def progress(self) -> bool:
            return False

    return Program


@pytest.fixture(autouse=True)
def plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs run as they are, not through the command line of the package."""
    monkeypatch.setattr(kills, "_PROGRAM", "import sys; sys.argv.pop(0); exec(sys.argv[0])")


SLOW = "import sys, time, pathlib; time.sleep({}); pathlib.Path(sys.argv[1], 'out.json').write_text({!r})"


def test_a_command_that_goes_on_passes(tmp_path: Path) -> None:
    job = program(SLOW.format(0.3, "the same"))(tmp_path)
    reference = undisturbed(job)
    assert reference.outcome == {"out.json": b"the same"}
    counts = Counts()
    disturbed(job, Reference(reference.outcome, 0.2), Random(1), 3, counts)
    assert counts.commands == 1
    assert counts.before_the_end == counts.signals.total() > 0


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (SLOW.format(0, "other"), "other content than without signals: out.json"),
        ("import sys, pathlib; pathlib.Path(sys.argv[1], 'x.json').touch()", "other files"),
        ("import sys, pathlib; pathlib.Path(sys.argv[1], 'out.json.tmp').touch()", "files are left: out.json.tmp"),
        ("raise SystemExit('bad')", "status 1 when it goes on: bad"),
    ],
)
def test_what_a_command_must_not_do_is_told(tmp_path: Path, text: str, failure: str) -> None:
    with pytest.raises(Failure, match=failure):
        disturbed(program(text)(tmp_path), Reference({"out.json": b"the same"}, 0.2), Random(1), 0, Counts())


def test_a_traceback_is_told(tmp_path: Path) -> None:
    text = "import sys, time, pathlib\npathlib.Path(sys.argv[1], 'ready').touch()\nwhile True: time.sleep(60)"
    process = kills.start(program(text)(tmp_path))
    wait_until((tmp_path / "ready").exists, child=process)
    with pytest.raises(Failure, match=r"SIGINT ends in a traceback(.|\n)*KeyboardInterrupt"):
        kills._stop(process, signal.SIGINT)


def test_processes_that_are_left_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    text = f"{child}\nimport time, pathlib\npathlib.Path(sys.argv[1], 'ready').touch()\ntime.sleep(60)"
    process = kills.start(program(text)(tmp_path))
    wait_until((tmp_path / "ready").exists, child=process)
    monkeypatch.setattr(kills, "LEFT_AFTER", 0.0)
    with pytest.raises(Failure, match="SIGKILL leaves processes behind"):
        kills._stop(process, signal.SIGKILL)
    os.killpg(process.pid, signal.SIGKILL)
