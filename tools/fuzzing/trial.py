"""One trial: damaged files are laid in a folder and read, and what came of it is judged."""

import contextlib
import dataclasses
import hashlib
import json
import signal
import traceback
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

from fuzzing.readers import Files, Reader, files_in, lay
from wann.errors import WannError

#: Seconds for one trial on a machine that is busy with other things.
TIME_LIMIT = 30


class Hang(BaseException):
    """A trial took too long; no `Exception`, so that nothing on the way takes it for its own."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    accepted: bool
    kind: str  #: equal for trials that went the same way
    failure: str | None = None  #: what should not have happened, with its traceback


def try_files(reader: Reader, files: Files, folder: Path, rng: Random) -> Outcome:
    """Lays the files in the folder and reads them."""
    lay(files, folder)
    with warnings.catch_warnings(), _alarm():
        warnings.simplefilter("error", RuntimeWarning)  # nothing is computed quietly from what is no number
        try:
            return Outcome(True, reader.read(folder, rng))
        except WannError as error:
            return Outcome(False, _place(error.__traceback__))
        except (Exception, Hang) as error:
            return Outcome(False, f"{type(error).__name__}, {_place(error.__traceback__)}", _story(error))


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: types.FrameType | None) -> None:
        raise Hang(f"not done after {TIME_LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place(trace: types.TracebackType | None) -> str:
    """Where in the package it happened: the deepest function of its own."""
    place = "outside the package"
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if "/wann/" in path:
            place = f"{Path(path).stem}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _story(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return text if len(text) < 6000 else f"{text[:2000]}\n...\n{text[-4000:]}"


def keep(files: Files, folder: Path, reader: str, kind: str, failure: str) -> Path:
    """Keeps the files of a failed trial, ready to be moved into ``tests/corpus/``; up to three of a kind."""
    name = "".join(c if c.isalnum() else "-" for c in kind)[:80]
    path = folder / reader / f"{name}-{hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:8]}"
    same = [other for other in (folder / reader).glob(f"{name}-????????") if other != path]
    if len(same) < 3:
        lay(files, path)
        (path.parent / f"{path.name}.txt").write_text(failure, encoding="utf-8", errors="backslashreplace")
    return path


def replay(reader: Reader, path: Path, folder: Path) -> Outcome:
    """Tries files that were kept; those that a kept folder lacks are the reader's good ones."""
    return try_files(reader, {**reader.seeds[-1], **files_in(path)}, folder, Random(0))


def summary(failures: Path) -> list[dict[str, str]]:
    """A failure of each kind that was kept: its reader, the folder of its files, and the last line of what happened."""
    found = {}
    for text in sorted(failures.glob("*/*.txt")):
        lines = text.read_text(encoding="utf-8").strip().splitlines() or [""]
        entry = {"reader": text.parent.name, "files": str(text.with_suffix("")), "what": lines[-1][:200]}
        found.setdefault((text.parent.name, text.stem[:-9]), entry)
    return list(found.values())


def as_json(result: object) -> str:
    """A result as text."""
    return json.dumps(result, indent=2)
