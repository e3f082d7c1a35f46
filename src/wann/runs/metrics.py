"""metrics.jsonl: a line for each generation of a run, the record of what happened in it."""

import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wann.arguments import check_path, shown
from wann.errors import WannError
from wann.files import naming, parse_json
from wann.runs.folder import METRICS
from wann.runs.lock import is_open_file
from wann.search.history import Generation
from wann.states import check_fields

#: A line has some 400 bytes.
MAX_LINE_BYTES = 64 * 2**10

_TYPES = {field.name: field.type for field in dataclasses.fields(Generation)}


class MetricsFile:
    """Adds lines to the metrics of a run, each in one piece.

    Args:
        folder: The folder of the run.
        known: A digest of the lines that the file holds already.
    """

    def __init__(self, folder: Path, known: "hashlib._Hash | None" = None) -> None:
        self._path = folder / METRICS
        self._digest = hashlib.sha256() if known is None else known
        self._handle: int | None = None

    def write(self, record: Generation) -> None:
        """Adds the record of a generation.

        Raises:
            WannError: The file was deleted or replaced since it was opened.
            OSError: It cannot be written; the error names it.
        """
        line = (json.dumps(dataclasses.asdict(record)) + "\n").encode()
        with naming(self._path):
            if self._handle is None:
                self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            rest = line
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        self._digest.update(line)
        if not is_open_file(self._path, self._handle):
            raise WannError(f"{self._path} was deleted or replaced while the run went on, so it ends here")

    def flush(self) -> None:
        """Has everything be safe on the disk."""
        if self._handle is not None:
            with naming(self._path):
                os.fsync(self._handle)

    def digest(self) -> str:
        """A SHA-256 over all lines so far."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Closes the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def read_metrics(folder: str | Path) -> list[dict[str, Any]]:
    """The records of a run's generations, those of `wann.search.Generation` as dictionaries.

    A last line without an end is left out: the run is writing it, or was killed while it did.

    Raises:
        WannError: A line is damaged; the message names the file, the line and what is wrong with it.
        FileNotFoundError: The run has none yet.
    """
    return [record for _, record in _records(check_path(folder, "folder") / METRICS)]


def cut_back(folder: Path, generation: int) -> "hashlib._Hash":
    """Takes the lines of a generation and of later ones away; they come again.

    Returns:
        A digest of the lines that stay.

    Raises:
        WannError: One of these is damaged or missing.
    """
    path = folder / METRICS
    digest, size, count = hashlib.sha256(), 0, 0
    try:
        for line, _ in _records(path, generation):
            digest.update(line)
            size, count = size + len(line), count + 1
    except FileNotFoundError:
        if generation:
            raise WannError(f"{path} is missing, but the checkpoint stands at generation {generation}") from None
        return digest
    if count < generation:
        raise WannError(f"{path} has {count} whole lines, but the checkpoint stands at generation {generation}")
    if path.stat().st_size > size:
        with naming(path):
            os.truncate(path, size)
    return digest


def _records(path: Path, most: int | None = None) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The whole lines of the file and what they hold, at most so many."""
    with open(path, "rb") as file:
        number = 0
        while (most is None or number < most) and (line := file.readline(MAX_LINE_BYTES + 1)):
            number += 1
            if not line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES:
                return
            try:
                yield line, _record(line, number - 1)
            except WannError as error:
                raise WannError(f"{path}, line {number}: {error}") from None


def _record(line: bytes, generation: int) -> dict[str, Any]:
    """What the line of a generation holds, checked."""
    if len(line) > MAX_LINE_BYTES:
        raise WannError(f"longer than {MAX_LINE_BYTES:,} bytes")
    data = check_fields(parse_json(line), "record", tuple(_TYPES))
    for name, kind in _TYPES.items():
        if not _is_finite(data[name], kind):
            raise WannError(
                f"{name} is {shown(data[name])}; it must be {'an integer' if kind is int else 'a finite number'}"
            )
    if data["generation"] != generation:
        raise WannError(f"generation is {shown(data['generation'])}; on this line it must be {generation}")
    return data


def _is_finite(value: object, kind: object) -> bool:
    if kind is int:
        return type(value) is int
    try:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:
        return False
