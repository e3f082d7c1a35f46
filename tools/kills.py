"""Kills commands at random moments, goes on with them, and compares what they leave: `make kills`.

A command runs once undisturbed, and then again and again with SIGKILL, SIGINT or SIGTERM at moments that a seed draws. After
each it goes on as its user would. At the end its files must equal those of the undisturbed one, byte for byte; none of its
processes may be left, nor a half-written file; and no signal may end in a traceback.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

#: A command that hangs is a failure after so many seconds.
PATIENCE = 300.0
#: So are processes that are still there so long after the command that they belong to.
LEFT_AFTER = 120.0
#: Signals at most while one command comes to its end.
MOST_SIGNALS = 4

_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)

#: Constants of the package, set so that a command of seconds leaves checkpoints, and spends its time on its work.
_CONSTANTS = {
    "wann.runs.run.CHECKPOINT_INTERVAL": 0.2,
    "wann.cli.tune.CHECKPOINT_INTERVAL": 0.2,
    "wann.cli.runner.EPISODES": 2,
}
#: The command line with these. A name that is not there any more is an error, not a test of nothing.
_PROGRAM = f"""
import importlib, sys
try:
    for name, value in {_CONSTANTS!r}.items():
        module = importlib.import_module(name.rpartition(".")[0])
        assert hasattr(module, name.rpartition(".")[2]), name
        setattr(module, name.rpartition(".")[2], value)
    # It runs episodes of its own for longer than the search, and is written last.
    import wann.show.report
    wann.show.report.write_report = lambda *_arguments, **_options: None
    from wann.cli import main
except KeyboardInterrupt:
    sys.exit(130)  # before there is a command that could say so
main()
"""


class Failure(Exception):  # noqa: N818 (it names what happened)
    """Something that no signal may do."""


class Job(ABC):
    """A command, and how to go on with it.

    Attributes:
        name: For `--kind`.
        folder: Where it leaves its files; it may use all of it.
    """

    name: str
    #: Whether nothing is left to be done, nor a command to do it, once the work itself is done.
    ends_with_its_work = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def command(self) -> list[str]:
        """What to run now: the start, or what goes on from the files that are there."""

    @abstractmethod
    def progress(self) -> bool:
        """Whether the work itself is done, and only reports are left to be written."""

    def outcome(self) -> dict[str, bytes]:
        """The files that must be the same, however often it was stopped."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.glob("*.json"))}


class Search(Job):
    """A search; in a subclass on some task."""

    generations: int
    arguments: tuple[str, ...]
    #: Named again where a run goes on, as its folder may come from somebody else.
    trust: tuple[str, ...] = ()

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.folder / "run"

    def command(self) -> list[str]:
        """As the user would type it; a run that was killed before it had begun is started again."""
        if (self.run / "config.json").exists():
            return ["resume", str(self.run), "--threads", "2", *self.trust]
        sizes = ["--generations", str(self.generations), "--threads", "2"]
        return ["search", *self.arguments, *sizes, "--out", str(self.run)]

    def progress(self) -> bool:
        """All lines are there."""
        with contextlib.suppress(FileNotFoundError):
            return (self.run / "metrics.jsonl").read_bytes().count(b"\n") >= self.generations
        return False

    def outcome(self) -> dict[str, bytes]:
        """All but the checkpoints, which depend on where it stood when they were written, and the pictures of the rest."""
        files = [self.run / name for name in ("metrics.jsonl", "champion.json", "population.json")]
        files += sorted((self.run / "history").iterdir())
        return {path.relative_to(self.run).as_posix(): path.read_bytes() for path in files}


class SwingUp(Search):
    """On cart-pole swing-up."""

    name, generations = "swingup", 150
    arguments = ("cartpole-swingup", "--population", "64", "--seed", "3")


class Walker(Search):
    """On the bipedal walker."""

    name, generations = "walker", 6
    arguments = ("bipedal-walker", "--population", "16", "--episodes", "1", "--confirm-episodes", "4", "--tournament", "4")


class Digits(Search):
    """On labelled data."""

    name, generations = "digits", 120
    arguments = ("digits", "--population", "64", "--tournament", "4", "--confirm-episodes", "1")


class Table(Search):
    """On a table."""

    name, generations = "table", 700

    @property
    def arguments(self) -> tuple[str, ...]:  # type: ignore[override]
        """The table is written where it is named."""
        path = self.folder.parent / "table.csv"
        if not path.exists():
            rng = Random(1)
            rows = [(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(400)]
            lines = [f"{a:.4f},{b:.4f},{'up' if a * b > 0 else 'down'}" for a, b in rows]
            path.write_text("\n".join(["a,b,kind", *lines]) + "\n", encoding="utf-8")
        return (str(path), "--target", "kind", "--population", "48", "--tournament", "4")


class Gymnasium(Search):
    """On an environment of Gymnasium, in worker processes."""

    name, generations = "gymnasium", 30
    arguments = (
        "gymnasium:CartPole-v1",
        "--population",
        "10",
        "--episodes",
        "1",
        "--confirm-episodes",
        "4",
        "--tournament",
        "4",
    )


class NetworkFile(Job):
    """A command that makes the file of a network; beside it stands what it was asked for, until it is done."""

    arguments: tuple[str, ...]

    @property
    def target(self) -> Path:
        """The network."""
        return self.folder / "made.json"

    @property
    def begun(self) -> bool:
        """Whether there is something to go on with."""
        return self.target.with_name(self.target.name + ".unfinished").exists()

    def command(self) -> list[str]:
        """It goes on where it was begun, and is started again where it was killed before that."""
        if self.begun:
            return ["resume", str(self.target), "--threads", "2"]
        command = [self.name, "zoo:cartpole-swingup", *self.arguments, "--threads", "2", "--out", str(self.target)]
        return [*command, "--overwrite"] if self.target.exists() else command


class Tune(NetworkFile):
    """`wann tune`."""

    name, arguments = "tune", ("--generations", "400", "--population", "32", "--episodes", "16")

    def progress(self) -> bool:
        """The network is there: the score is written, or being made."""
        return self.target.exists()


class Refine(NetworkFile):
    """`wann refine`."""

    name, arguments = "refine", ("--rounds", "6", "--neighbours", "400", "--weights=-1,1")
    ends_with_its_work = True

    def progress(self) -> bool:
        """The last round is written, and nothing is left to be done."""
        return self.target.exists() and not self.begun


JOBS: dict[str, type[Job]] = {job.name: job for job in (SwingUp, Tune, Gymnasium, Table, Refine, Walker, Digits)}


@dataclasses.dataclass
class Reference:
    """What an undisturbed command left, and when its work was done."""

    outcome: dict[str, bytes]
    seconds: float  #: until only reports were left to be written


@dataclasses.dataclass
class Counts:
    """What was done to the commands of a kind."""

    commands: int = 0
    signals: Counter[str] = dataclasses.field(default_factory=Counter)
    before_the_end: int = 0  #: signals that came before the work itself was done

    def to_dict(self) -> dict[str, object]:
        """As JSON can hold it."""
        return {"commands": self.commands, "before_the_end": self.before_the_end, **self.signals}


def start(job: Job) -> subprocess.Popen[str]:
    """Starts what is to be run now, as a group of processes of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *job.command()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def undisturbed(job: Job) -> Reference:
    """Runs a command to its end."""
    begin, seconds = time.monotonic(), None
    process = start(job)
    while process.poll() is None:
        if seconds is None and job.progress():
            seconds = time.monotonic() - begin
        if time.monotonic() - begin > PATIENCE:
            process.kill()
            raise Failure("it hangs without any signal")
        time.sleep(0.01)
    if process.returncode:
        raise Failure(f"it ends with status {process.returncode} without any signal: {_errors(process)}")
    return Reference(job.outcome(), seconds or time.monotonic() - begin)


def disturbed(job: Job, reference: Reference, rng: Random, most: int, counts: Counts) -> None:
    """Starts a command, sends it signals and goes on with it until it is done.

    Raises:
        Failure: It did what no signal may do.
    """
    counts.commands += 1
    sent = 0
    while not (job.ends_with_its_work and job.progress()):
        process = start(job)
        try:
            # Of a command that goes on, a part of the work is done already.
            longest = reference.seconds * (0.5 if sent else 0.9)
            moment = rng.uniform(0.0, longest) if sent < most else PATIENCE
            process.wait(moment)
        except subprocess.TimeoutExpired:
            if moment == PATIENCE:
                process.kill()
                raise Failure("it hangs when it goes on") from None
            counts.before_the_end += not job.progress()
            number = rng.choice(_SIGNALS)
            counts.signals[number.name] += 1
            sent += 1
            _stop(process, number)
            continue
        if process.returncode:
            raise Failure(f"it ends with status {process.returncode} when it goes on: {_errors(process)}")
        break
    _compare(job, reference)


def _stop(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Sends a signal and checks how the command and its processes end."""
    process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure(f"it does not end on {number.name}") from None
    errors = _errors(process)
    if "Traceback" in errors:
        raise Failure(f"{number.name} ends in a traceback: {errors}")
    end = time.monotonic() + LEFT_AFTER
    while _has_processes(process.pid):
        if time.monotonic() > end:
            raise Failure(f"{number.name} leaves processes behind")
        time.sleep(0.05)


def _errors(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    with process.stderr:
        return process.stderr.read().strip()


def _has_processes(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _compare(job: Job, reference: Reference) -> None:
    rest = [path.name for path in job.folder.rglob("*.tmp")] + [path.name for path in job.folder.glob("*.json.*")]
    if rest:
        raise Failure(f"files are left: {', '.join(rest)}")
    outcome = job.outcome()
    if outcome.keys() != reference.outcome.keys():
        raise Failure(f"other files: {sorted(outcome)}; without signals {sorted(reference.outcome)}")
    different = [name for name, data in outcome.items() if data != reference.outcome[name]]
    if different:
        raise Failure(f"other content than without signals: {', '.join(different)}")


def _trials(kinds: list[str], folder: Path) -> Iterator[tuple[str, Job, Reference]]:
    """Commands of all kinds in turn, with no end, each in an empty folder; the first of a kind runs undisturbed before."""
    references: dict[str, Reference] = {}
    number = 0
    while True:
        for kind in kinds:
            if kind not in references:
                job = JOBS[kind](_empty(folder / f"{kind}-undisturbed"))
                references[kind] = undisturbed(job)
            number += 1
            yield kind, JOBS[kind](_empty(folder / f"{kind}-{number}")), references[kind]


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def kill(kinds: list[str], count: int, seed: int, folder: Path, *, quiet: bool = False) -> dict[str, object]:
    """Sends so many signals and tells what came of it; folders of commands that failed stay."""
    counts = {kind: Counts() for kind in kinds}
    failures: list[str] = []
    begin = time.monotonic()
    for number, (kind, job, reference) in enumerate(_trials(kinds, folder)):
        left = count - _signals(counts)
        if left <= 0:
            break
        try:
            disturbed(job, reference, Random(f"{seed} {number}"), min(left, MOST_SIGNALS), counts[kind])
            shutil.rmtree(job.folder)
        except Failure as failure:
            failures.append(f"{kind}: {failure} ({job.folder})")
            print(f"FAILED {failures[-1]}", file=sys.stderr, flush=True)
        if not quiet:
            done = f"{time.monotonic() - begin:5.0f} s: {_signals(counts)} of {count} signals"
            print(f"{done}, {len(failures)} failures, {kind}", file=sys.stderr, flush=True)
    return {
        "seed": seed,
        "seconds": round(time.monotonic() - begin, 1),
        "signals": _signals(counts),
        "before_the_end": sum(c.before_the_end for c in counts.values()),
        "kinds": {kind: c.to_dict() for kind, c in counts.items()},
        "failures": failures,
    }


def _signals(counts: dict[str, Counts]) -> int:
    return sum(c.signals.total() for c in counts.values())


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill commands at random moments, go on, and compare what they leave.")
    parser.add_argument("--kind", action="append", choices=list(JOBS), help="only commands of this kind; repeatable")
    parser.add_argument("--count", type=int, default=100, help="signals to send (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="draws the moments")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command; its status is 1 if anything failed."""
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="wann-kills-"))
    result = kill(options.kind or list(JOBS), options.count, options.seed, folder, quiet=options.json)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for kind, counts in result["kinds"].items():  # type: ignore[attr-defined]
            print(f"{kind:<12}" + ", ".join(f"{value} {name}" for name, value in counts.items()))
        print(f"{result['signals']} signals in {result['seconds']} s, {result['before_the_end']} before the work was done")
        print("\n".join(f"FAILED {failure}" for failure in result["failures"]) or "0 failures")  # type: ignore[attr-defined]
    if not result["failures"]:
        shutil.rmtree(folder)
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
