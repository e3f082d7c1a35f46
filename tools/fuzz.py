"""Feeds damaged files to every reader of the package: `make fuzz`, or `python tools/fuzz.py --help`.

A reader may refuse a file with one line (`WannError`), or accept it and then keep what it promises. Everything else is a
failure: another exception, a crash, a hang, memory without bounds, a network that is not read back as it was written. Files
that failed are kept in a folder; once their cause is gone, they go to `tests/corpus/`, which `tests/test_corpus.py` replays.
"""

import argparse
import math
import multiprocessing
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from ctypes import c_double, c_longlong
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.readers import READERS, Files, Reader, files_in
from fuzzing.trial import TIME_LIMIT, as_json, keep, summary, try_files

#: Address space that a worker may take beyond what it has when it begins.
MEMORY_LIMIT = 3 * 2**30
#: Files that went a new way and are damaged further; none larger than this.
POOL, LARGEST_SEED = 400, 100_000
#: Seconds that a reader has its turn, and between two lines about the progress.
TURN, PROGRESS_INTERVAL = 0.5, 60.0

INPUTS, ACCEPTED, FAILED = range(3)


@dataclass(frozen=True)
class Plan:
    """What the workers are to do."""

    readers: tuple[str, ...]
    seed: int
    seconds: float | None
    count: int | None  #: trials of each reader and worker, instead of seconds
    failures: Path  #: where files that fail are kept
    scratch: Path


class Board:
    """What the workers tell while they work, in memory that outlives a crash."""

    def __init__(self, context: Any, n_readers: int) -> None:
        self.counts = context.Array(c_longlong, 3 * n_readers, lock=False)
        self.at = context.Value(c_longlong, 0, lock=False)  #: the reader under trial
        self.beat = context.Value(c_double, time.time(), lock=False)
        self.memory = context.Value(c_longlong, 0, lock=False)  #: the most so far, in kB

    def add(self, reader: int, what: int) -> None:
        """Counts one trial."""
        self.counts[3 * reader + what] += 1


class Pool:
    """Files to damage: a reader's good ones, and those that went a way that was not seen before."""

    def __init__(self, reader: Reader) -> None:
        self.files: list[Files] = list(reader.seeds)
        self._n_good = len(self.files)
        self._seen: set[str] = set()

    def pick(self, rng: Random) -> Files:
        """One of them; good ones half of the time."""
        return self.files[rng.randrange(self._n_good if rng.random() < 0.5 else len(self.files))]

    def is_new(self, kind: str) -> bool:
        """Whether no trial went this way before."""
        known = kind in self._seen
        self._seen.add(kind)
        return not known

    def add(self, files: Files) -> None:
        """Keeps the files, if there is room."""
        if len(self.files) < POOL and sum(map(len, files.values())) < LARGEST_SEED:
            self.files.append(files)


class Stand:
    """A reader, the files that it is given, and how many trials it has had."""

    def __init__(self, plan: Plan, worker: int, index: int, board: Board) -> None:
        self.reader = READERS[plan.readers[index]]()
        self.trials = 0
        self._pool = Pool(self.reader)
        self._plan, self._index, self._board = plan, index, board
        self._seed = f"{plan.seed} {worker} {self.reader.name}"
        self._folder = plan.scratch / f"{worker}-{self.reader.name}"

    def turn(self, end: float, most: int) -> None:
        """Trials until a moment, or until there were so many in all."""
        self._board.at.value = self._index
        while time.monotonic() < end and self.trials < most:
            self._board.beat.value = time.time()
            self._try_one(Random(f"{self._seed} {self.trials}"))
            self.trials += 1

    def _try_one(self, rng: Random) -> None:
        files = self.reader.damage(self._pool.pick(rng), rng)
        outcome = try_files(self.reader, files, self._folder, rng)
        self._board.add(self._index, INPUTS)
        if outcome.accepted:
            self._board.add(self._index, ACCEPTED)
        if outcome.failure:
            self._board.add(self._index, FAILED)
            keep(files, self._plan.failures, self.reader.name, outcome.kind, outcome.failure)
        elif self._pool.is_new(outcome.kind):
            self._pool.add(files)


def work(plan: Plan, worker: int, board: Board) -> None:
    """One worker: every reader has its turn until time or trials are over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too, but the crew ends it
    _limit_memory()
    stands = [Stand(plan, worker, index, board) for index in range(len(plan.readers))]
    end = math.inf if plan.seconds is None else time.monotonic() + plan.seconds
    most = sys.maxsize if plan.count is None else plan.count
    while time.monotonic() < end and any(stand.trials < most for stand in stands):
        for stand in stands:
            stand.turn(min(end, time.monotonic() + TURN * stand.reader.share), most)
        board.memory.value = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_LIMIT
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class Crew:
    """The workers; one that crashes or hangs is replaced, and the files that it had are kept."""

    def __init__(self, plan: Plan, jobs: int) -> None:
        self.plan = plan
        self._context = multiprocessing.get_context("spawn")
        self.boards = [Board(self._context, len(plan.readers)) for _ in range(jobs)]
        self._started = 0
        self._workers: list[BaseProcess | None] = [self._start(board) for board in self.boards]
        self._end = None if plan.seconds is None else time.monotonic() + plan.seconds

    def _start(self, board: Board) -> BaseProcess:
        board.beat.value = time.time() + TIME_LIMIT  # room for the start
        process = self._context.Process(target=work, args=(self.plan, self._started, board), daemon=True)
        process.start()
        self._started += 1
        return process

    def watch(self) -> Iterator[None]:
        """Comes round a few times a second until all work is done."""
        while any(self._workers):
            for i, (worker, board) in enumerate(zip(self._workers, self.boards, strict=True)):
                if worker is not None:
                    self._workers[i] = self._look_after(worker, board)
            yield
            time.sleep(0.2)

    def _look_after(self, worker: BaseProcess, board: Board) -> BaseProcess | None:
        if worker.is_alive() and time.time() - board.beat.value > 2 * TIME_LIMIT:
            worker.kill()  # its own alarm did not ring: the core does not come back
            worker.join()
            self._keep_crash(board, "a hang in compiled code")
        elif worker.is_alive():
            return worker
        elif worker.exitcode == 0:
            return None
        elif worker.exitcode == 1:
            raise SystemExit("the fuzzer itself has failed; see above")
        else:
            self._keep_crash(board, f"the process ended with status {worker.exitcode}")
        # Seconds are over for a successor too; trials it would begin anew, so there is none.
        return self._start(board) if self._end is not None and time.monotonic() < self._end else None

    def _keep_crash(self, board: Board, what: str) -> None:
        name = self.plan.readers[board.at.value]
        board.add(board.at.value, FAILED)
        for folder in self.plan.scratch.glob(f"*-{name}"):
            keep(files_in(folder), self.plan.failures, name, what, what)

    def stop(self) -> None:
        """Ends the workers where they are."""
        for worker in self._workers:
            if worker is not None:
                worker.kill()
                worker.join()

    def counts(self) -> dict[str, dict[str, int]]:
        """Trials of each reader so far."""
        totals = {}
        for i, name in enumerate(self.plan.readers):
            inputs, accepted, failed = (sum(board.counts[3 * i + what] for board in self.boards) for what in range(3))
            totals[name] = {"inputs": inputs, "accepted": accepted, "refused": inputs - accepted - failed, "failed": failed}
        return totals


def fuzz(plan: Plan, jobs: int, *, quiet: bool = False) -> dict[str, Any]:
    """Runs the plan and gives what came of it."""
    start = time.monotonic()
    crew = Crew(plan, jobs)
    due = start + PROGRESS_INTERVAL
    try:
        for _ in crew.watch():
            if time.monotonic() >= due and not quiet:
                due += PROGRESS_INTERVAL
                total = sum(count["inputs"] for count in crew.counts().values())
                print(f"{time.monotonic() - start:6.0f} s: {total:,} inputs", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        crew.stop()
    seconds = time.monotonic() - start
    return {
        "seed": plan.seed,
        "seconds": round(seconds, 1),
        "jobs": jobs,
        "peak_memory_mb": max(board.memory.value for board in crew.boards) // 1000,
        "readers": crew.counts(),
        "failures": summary(plan.failures),
    }


def as_table(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [f"{'reader':<14}{'inputs':>12}{'accepted':>12}{'refused':>12}{'failed':>9}"]
    for name, counts in result["readers"].items():
        lines.append(
            f"{name:<14}{counts['inputs']:>12,}{counts['accepted']:>12,}{counts['refused']:>12,}{counts['failed']:>9,}"
        )
    total = sum(counts["inputs"] for counts in result["readers"].values())
    lines.append(
        f"{total:,} inputs in {result['seconds']:.0f} s by {result['jobs']} processes of at most "
        f"{result['peak_memory_mb']} MB, seed {result['seed']}"
    )
    lines += [f"FAILED {failure['reader']}: {failure['what']}\n  {failure['files']}" for failure in result["failures"]]
    return "\n".join(lines)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Feed damaged files to every reader of the package.")
    parser.add_argument("--reader", action="append", choices=list(READERS), help="only this one; repeatable")
    parser.add_argument("--seconds", type=float, help="how long; 60 by default")
    parser.add_argument("--count", type=int, help="trials of each reader in each process, instead of seconds")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and count make the same files")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--failures", type=Path, default=Path("build/fuzz"), help="folder for files that fail")
    parser.add_argument(
        "--guided", action="store_true", help="one reader of one file under Atheris, which must be installed"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    if options.seconds is not None and options.count is not None:
        parser.error("--seconds and --count exclude each other")
    if options.guided and (len(options.reader or ()) != 1 or options.count is not None):
        parser.error("--guided needs one --reader, and --seconds")
    return options


def guided(options: argparse.Namespace, scratch: str) -> int:
    """Runs `fuzzing.guided`, which prints its own progress."""
    (name,) = options.reader
    arguments = [name, str(int(options.seconds or 60)), str(options.seed), str(options.failures.resolve()), scratch]
    status = subprocess.run([sys.executable, "-m", "fuzzing.guided", *arguments], cwd=Path(__file__).parent).returncode
    failures = summary(options.failures)
    print("\n".join(f"FAILED {failure['reader']}: {failure['what']}" for failure in failures) or "no failures")
    return 1 if failures or status else 0


def main(arguments: list[str] | None = None) -> int:
    """The command; its status is 1 if anything failed."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped either way, it tells what came of it
    shutil.rmtree(options.failures, ignore_errors=True)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="wann-fuzz-", dir=memory if memory.is_dir() else None) as scratch:
        if options.guided:
            return guided(options, scratch)
        plan = Plan(
            readers=tuple(options.reader or READERS),
            seed=options.seed,
            seconds=60.0 if options.seconds is None and options.count is None else options.seconds,
            count=options.count,
            failures=options.failures,
            scratch=Path(scratch),
        )
        result = fuzz(plan, options.jobs, quiet=options.json)
    print(as_json(result) if options.json else as_table(result))
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
