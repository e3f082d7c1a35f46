"""Files that nothing is lost of and nothing is believed of.

They are written beside, flushed to the disk, then renamed into place; what is read is checked before it is used.
"""

import contextlib
import json
import math
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from wann.errors import WannError


def write_bytes(path: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Writes a file whole or not at all; the old one stays until the new one is safe on the disk.

    Args:
        path: The file.
        data: What it is to hold.
        make_folder: Makes the file's folder where there is none.

    Raises:
        OSError: It cannot be written; the error names the file, whichever step has failed.
    """
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        _write_beside(path, data)


def write_text(path: Path, text: str, *, make_folder: bool = True) -> None:
    """`write_bytes` for UTF-8 text."""
    write_bytes(path, text.encode("utf-8"), make_folder=make_folder)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Has the system's errors name the file that was to be written: that a disk is full is told without a name."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _write_beside(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        # What went wrong is more than that this goes wrong as well, as it does where the folder is gone.
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def read_json(path: Path, max_bytes: int) -> Any:
    """What a JSON file holds.

    Args:
        path: The file.
        max_bytes: A larger file is refused before it is read.

    Raises:
        WannError: The file is too large, not UTF-8 or not strict JSON; the message names it.
        OSError: It cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise WannError(f"{path}: larger than {max_bytes:,} bytes")
        data = file.read(size)
    try:
        return parse_json(data)
    except WannError as error:
        raise WannError(f"{path}: {error}") from None


def parse_json(data: bytes) -> Any:
    """What UTF-8 text holds as strict JSON: finite numbers only, and no field twice in an object.

    Raises:
        WannError: The text is none of that.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WannError(f"not UTF-8 text (byte {data[error.start]:#04x} at position {error.start})") from None
    return parse_json_text(text)


def parse_json_text(text: str) -> Any:
    """`parse_json` of text that is decoded already.

    Raises:
        WannError: It is no strict JSON.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise WannError("not valid JSON: nested too deeply") from None
    except ValueError as error:
        raise WannError(f"not valid JSON: {error}") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON knows")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text:.20} is too large")
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r:.60} stands twice")
    return data
