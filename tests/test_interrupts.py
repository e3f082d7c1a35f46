"""Ctrl-C, SIGTERM and SIGHUP: answered once, by saving and one line; and what the command line prints of foreign text."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import wann
from wann import cli, interrupts, runs
from wann.execution.evaluator import Threads
from wann.runs import Run
from wann.search.refinement import Refinement

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
#: More than a test waits for.
LONG = ["--generations", "1000000"]
SEARCH = [
    "search",
    "cartpole-swingup",
    "--preset",
    "paper",
    "--population",
    "8",
    "--confirm-episodes",
    "4",
    "--threads",
    "1",
]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Puts back what answers signals: the command line ends with them ignored."""
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    def run(*arguments: str | Path, status: int) -> list[str]:
        """What the command line prints on standard error, in this process."""
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        assert end.value.code == status
        return capsys.readouterr().err.splitlines()

    return run


def raising(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, call: int, *numbers: int) -> None:
    """Has signals arrive when a function is called for the n-th time."""
    original, calls = getattr(owner, name), iter(range(1, 10**9))

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == call:
            for number in numbers:
                signal.raise_signal(number)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, interrupted)


def until(condition: Callable[[], bool], child: "subprocess.Popen[str]") -> None:
    while not condition():
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)


class TestSearch:
    @pytest.mark.parametrize("number", interrupts.SIGNALS)
    @pytest.mark.parametrize("where", ["_write_metrics", "_write_champion"])
    def test_a_signal_saves_and_says_how_to_go_on(
        self, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, where: str
    ) -> None:
        folder = tmp_path / "a run"
        raising(monkeypatch, Run, where, 2, number)
        (line,) = lines(*SEARCH, *LONG, "--out", folder, status=STATUS[number])
        generation = len(runs.read_metrics(folder))
        assert line == f"wann: stopped at generation {generation}; go on with: wann resume '{folder}'"
        with Run.resume(folder) as run:
            assert (run.search.generation, run.warnings) == (generation, [])

    @pytest.mark.parametrize("number", interrupts.SIGNALS)
    def test_a_signal_within_a_generation(
        self, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        raising(monkeypatch, Threads, "run", 20, number)
        (line,) = lines(*SEARCH, *LONG, "--out", tmp_path, status=STATUS[number])
        generation = len(runs.read_metrics(tmp_path))
        assert f"stopped at generation {generation};" in line
        with Run.resume(tmp_path) as run:
            assert run.search.generation == generation > 0

    def test_a_signal_while_the_champion_is_scored(
        self, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raising(monkeypatch, Run, "finish", 1, signal.SIGTERM)
        (line,) = lines(*SEARCH, "--generations", "2", "--out", tmp_path, status=143)
        assert line == f"wann: stopped at generation 2; go on with: wann resume {tmp_path}"

    @pytest.mark.parametrize("first", interrupts.SIGNALS)
    def test_further_signals_break_nothing(
        self, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
    ) -> None:
        """Not while the search goes on, not while it is saved, and not while the line is printed."""
        many = [first, *[signal.SIGINT, signal.SIGTERM] * 10]
        raising(monkeypatch, Threads, "run", 20, first)
        raising(monkeypatch, Run, "checkpoint", 1, *many)
        raising(monkeypatch, cli, "tell", 1, *many)
        (line,) = lines(*SEARCH, *LONG, "--out", tmp_path, status=STATUS[first])
        assert "go on with: wann resume" in line
        assert all(signal.getsignal(number) == signal.SIG_IGN for number in interrupts.SIGNALS)
        Run.resume(tmp_path).close()

    @pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGINT, 20), (signal.SIGTERM, 20)])
    def test_in_a_process(self, tmp_path: Path, number: int, times: int) -> None:
        folder = tmp_path / "run"
        command = [sys.executable, "-m", "wann", *SEARCH, *LONG, "--out", str(folder)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
            until((folder / runs.METRICS).exists, child)
            for _ in range(times):
                child.send_signal(number)
            _, errors = child.communicate()
        assert child.returncode == STATUS[number]
        (line,) = errors.splitlines()
        with Run.resume(folder) as run:
            assert line == f"wann: stopped at generation {run.search.generation}; go on with: wann resume {folder}"
            assert run.warnings == []

    def test_workers_end_with_it(self, tmp_path: Path) -> None:
        """Also where they get the signal themselves, as from a service manager that stops all processes of a service."""
        pytest.importorskip("gymnasium")
        folder = tmp_path / "run"
        command = [
            sys.executable,
            "-m",
            "wann",
            "search",
            "gymnasium:CartPole-v1",
            *LONG,
            "--threads",
            "2",
            "--out",
            str(folder),
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
            until((folder / runs.METRICS).exists, child)
            workers = children(child.pid)
            assert workers
            for pid in (child.pid, *workers):
                os.kill(pid, signal.SIGTERM)
            _, errors = child.communicate()
        assert child.returncode == 143
        (line,) = errors.splitlines()
        assert line.startswith("wann: stopped at generation ")
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        Run.resume(folder).close()


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        pytest.skip("there is no /proc")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


class TestRefine:
    OPTIONS = ("--neighbours", "8", "--weights", "1", "--threads", "1")

    @pytest.fixture
    def network(self, tmp_path: Path) -> Path:
        wann.zoo.load("cartpole-swingup").save(tmp_path / "network.json")
        return tmp_path / "network.json"

    @pytest.mark.parametrize("number", interrupts.SIGNALS)
    def test_it_says_how_to_go_on(
        self, lines: Any, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        out, whole = tmp_path / "out put.json", tmp_path / "whole.json"
        assert lines("refine", network, *self.OPTIONS, "--rounds", "4", "--out", whole, status=0) == []
        with monkeypatch.context() as patch:
            raising(patch, Refinement, "_round", 3, number)
            (line,) = lines("refine", network, *self.OPTIONS, "--rounds", "4", "--out", out, status=STATUS[number])
        assert line == (f"wann: stopped after 2 of 4 rounds; go on with: wann resume '{out}'")
        assert lines("resume", out, "--threads", "1", status=0) == []
        assert out.read_bytes() == whole.read_bytes()

    def test_before_the_first_round_is_over(
        self, lines: Any, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raising(monkeypatch, Refinement, "_round", 1, signal.SIGINT)
        (line,) = lines("refine", network, *self.OPTIONS, "--out", tmp_path / "out.json", status=130)
        assert line == f"wann: stopped after 0 of 10 rounds; go on with: wann resume {tmp_path / 'out.json'}"
        assert not (tmp_path / "out.json").exists()

    def test_while_the_last_round_is_written(
        self, lines: Any, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raising(monkeypatch, wann.Network, "save", 1, signal.SIGTERM)
        out = tmp_path / "out.json"
        (line,) = lines("refine", network, *self.OPTIONS, "--rounds", "1", "--out", out, status=143)
        assert line == f"wann: stopped after the last round; the network is in {out}"
        assert wann.Network.load(out).metadata["refinement"]["rounds"] == 1


@click.command()
@click.argument("what")
def trouble(what: str) -> None:
    """Does what it is told."""
    if what == "ended":
        signal.raise_signal(signal.SIGTERM)
    elif what == "hung up":
        signal.raise_signal(signal.SIGHUP)
    elif what == "kept":  # as commands do that keep the best so far
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            sys.exit(130)
    elif what == "finished":
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return
    elif what == "unsaved":
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise OSError(28, "No space left on device", "x.json") from None
    elif what == "interrupted":
        raise KeyboardInterrupt
    else:
        raise FileNotFoundError(2, "", what)


class TestCommands:
    @pytest.fixture(autouse=True)
    def command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(cli.COMMANDS, "trouble", (__name__, ""))
        monkeypatch.setattr(sys.modules[__name__], "command", trouble, raising=False)

    @pytest.mark.parametrize(
        ("what", "status", "printed"),
        [
            ("ended", 143, ["wann: stopped by SIGTERM"]),
            ("hung up", 129, ["wann: stopped by SIGHUP"]),
            ("interrupted", 130, ["wann: interrupted"]),
            ("kept", 143, []),
            ("finished", 130, []),
            ("unsaved", 1, ["wann: x.json: No space left on device"]),
        ],
    )
    def test_the_status_says_which_signal_it_was(self, lines: Any, what: str, status: int, printed: list[str]) -> None:
        assert lines("trouble", what, status=status) == printed

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("\x1b[31mred", "\\x1b[31mred"),
            ("a\nb\tc", "a\\nb\\tc"),
            ("\x9b31m\u202e", "\\x9b31m\\u202e"),
            ("\udcff", "\\udcff"),
            ("größer  x", "größer  x"),
        ],
    )
    def test_names_cannot_steer_a_terminal(self, lines: Any, name: str, shown: str) -> None:
        assert lines("trouble", name, status=2) == [f"wann: {shown}: no such file"]

    def test_names_in_real_commands_cannot(self, lines: Any, tmp_path: Path) -> None:
        path = tmp_path / "\x1b[31mred.json"
        path.write_text("{")
        for arguments in (["evaluate", str(path)], ["resume", str(path)], ["search", "\x1b[31mred"], ["\x1b[31mred"]):
            (line,) = lines(*arguments, status=2)
            assert "\\x1b[31mred" in line
            assert line.isprintable()

    def test_a_deleted_folder_is_told_in_one_line(self, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, original = tmp_path / "run", Run._write_champion

        def deleting(run: Run, *arguments: Any) -> None:
            original(run, *arguments)
            folder.rename(tmp_path / "moved")

        monkeypatch.setattr(Run, "_write_champion", deleting)
        (line,) = lines(*SEARCH, *LONG, "--out", folder, status=2)
        assert line == f"wann: the folder of this run, {folder}, was deleted, moved or replaced, so the run ends here"
        assert not folder.exists()

    def test_damage_that_was_got_around_is_told(self, lines: Any, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        lines(*SEARCH, "--generations", "2", "--out", folder, status=0)
        (folder / runs.HISTORY / "\x1b[31m.json").write_text("")
        (line,) = lines("resume", folder, status=0)
        assert line.startswith(f"wann: {folder}/history/\\x1b[31m.json is left out")


class TestHandlers:
    def test_they_are_put_back_where_no_signal_came(self) -> None:
        before = [signal.getsignal(number) for number in interrupts.SIGNALS]
        with interrupts.raised_once() as taken:
            assert [signal.getsignal(number) for number in interrupts.SIGNALS] != before
        assert not taken
        assert [signal.getsignal(number) for number in interrupts.SIGNALS] == before

    def test_a_signal_that_is_ignored_stays_ignored(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with interrupts.raised_once() as taken, interrupts.held():
            signal.raise_signal(signal.SIGINT)
        assert not taken
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN

    def test_a_worker_leaves_a_terminal_s_signals_to_its_parent(self) -> None:
        interrupts.leave_to_parent()
        answers = {number: signal.getsignal(number) == signal.SIG_IGN for number in interrupts.SIGNALS}
        assert answers == {signal.SIGINT: True, signal.SIGTERM: False, signal.SIGHUP: True}

    @pytest.mark.parametrize("number", interrupts.SIGNALS)
    def test_a_held_signal_comes_afterwards(self, number: int) -> None:
        done = []
        with interrupts.raised_once() as taken:
            try:
                with interrupts.held():
                    signal.raise_signal(number)
                    done.append("inside")
            except KeyboardInterrupt as error:
                done.append(type(error).__name__)
        expected = "KeyboardInterrupt" if number == signal.SIGINT else "Terminated"
        assert (done, taken) == (["inside", expected], [number])

    def test_other_threads_go_on_without(self) -> None:
        done = []

        def work() -> None:
            with interrupts.raised_once(), interrupts.held():
                done.append(1)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert done == [1]
