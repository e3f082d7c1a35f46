"""Checkpoints as one file: nested dictionaries of numbers, texts and arrays, with a checksum.

An archive is an NPZ without pickles: the arrays by their places, everything else as one JSON text, and a SHA-256 over all.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError

_JSON, _CHECKSUM = "json", "sha256"


def pack(state: Mapping[str, Any], *, format: str, version: int) -> bytes:
    """The content of a file that `unpack` reads.

    Args:
        state: Dictionaries, lists and tuples of what JSON can hold and of arrays.
        format: What the file is, such as ``"wann-tuning"``.
        version: Of the format.
    """
    arrays: dict[str, NDArray[Any]] = {}
    content = {"format": format, "version": version, "state": _taken_apart(state, "", arrays)}
    arrays[_JSON] = np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)
    arrays[_CHECKSUM] = np.frombuffer(_digest(arrays), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack(data: bytes, *, format: str, version: int) -> dict[str, Any]:
    """What was packed.

    Raises:
        WannError: The file is cut off, altered, or of another format or version.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = arrays.pop(_CHECKSUM).tobytes()
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError):
        raise WannError("cut off or altered (not a whole NPZ file)") from None
    if found != _digest(arrays):
        raise WannError("altered (its checksum does not fit)")
    try:
        content = json.loads(arrays.pop(_JSON).tobytes())
        kind = content["format"], content["version"]
        state = _put_together(content["state"], arrays) if kind == (format, version) else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WannError("not a checkpoint of this package") from None
    if kind != (format, version):
        raise WannError(f"format {kind[0]!r:.60}, version {kind[1]!r:.60}; this package reads {format!r}, version {version}")
    if not isinstance(state, dict):
        raise WannError("not a checkpoint of this package")
    return state


def _taken_apart(value: Any, place: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """The value as JSON can hold it, with each array replaced by its place."""
    if isinstance(value, Mapping):
        return {k: _taken_apart(v, f"{place}/{k}", arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        items = [_taken_apart(v, f"{place}/{i}", arrays) for i, v in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, np.ndarray):
        arrays[place] = value
        return {"array": place}
    return value


def _put_together(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return [_put_together(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array"}:
        return arrays[value["array"]]
    if value.keys() == {"tuple"}:
        return tuple(_put_together(v, arrays) for v in value["tuple"])
    return {k: _put_together(v, arrays) for k, v in value.items()}


def _digest(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.digest()
