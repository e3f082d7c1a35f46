"""Ways to damage files: bytes without regard to what they mean, and JSON, tables and arrays by their structure.

Every function takes the `random.Random` that it draws from, so that a seed gives the same files again.
"""

import copy
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

#: Pieces that readers of text are known to stumble over.
_TOKENS = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\r",
    b"\n",
    b"\x1b[31m",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-0",
    b"1e-400",
    b"9" * 400,
    b"9" * 5000,
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"[" * 2000,
    b'{"":' * 2000,
    b'"',
    b"\\",
    b"\\ud800",
    b",",
    b";",
    b"\t",
)

#: Values that a field is set to: wrong types, ends of ranges, and text that is hard to print.
_ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    7,
    255,
    2**31 - 1,
    2**31,
    2**32,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    10**400,
    0.0,
    -0.0,
    0.5,
    1.5,
    -1e-3,
    1e-45,
    3.4e38,
    3.5e38,
    1e39,
    1e300,
    float("nan"),
    float("inf"),
    -float("inf"),
    "",
    "a",
    "0",
    "1e3",
    "nan",
    "tanh",
    "step",
    "cartpole-swingup",
    "bipedal-walker",
    "gymnasium:CartPole-v1",
    "../../x",
    "\x00",
    "\x1b[31mred",
    "two\nlines",
    "\u202eright to left",
    "\ud800",
    "😀" * 50,
    "x" * 5000,
    [],
    [[]],
    [0],
    [None],
    [1, 2, 3],
    [[0, 1]],
    [[1, 2], [3]],
    {},
    {"": 0},
    {"a": {"b": {"c": []}}},
    {"tuple": []},
    {"network": ""},
    {"array": "/x"},
)

#: Text that `json.dumps` would not write, put in place of a string of this form.
_RAW = (
    "1e999",
    "-",
    "01",
    "9" * 5000,
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "'a'",
    "[" * 3000,
    '{"a":' * 3000,
    "//",
    "\t1",
    "1.",
)
_RAW_MARK = re.compile(r'"\\u0000raw(\d+)"')

_CELLS = (
    "",
    " ",
    "nan",
    "NA",
    "?",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e200",
    "1e-320",
    "1e999",
    "0",
    "-0",
    "1",
    "1.0",
    "1_0",
    "0x1f",
    "9007199254740993",
    "2e19",
    "9" * 400,
    "١",
    "true",
    "text",
    '"',
    '""',
    '"a,b"',
    '"two\nlines"',
    "a;b",
    "a\tb",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "😀",
    "x" * 3000,
    "x" * 140_000,
)


def times(rng: Random) -> int:
    """How often a file is damaged: mostly once, seldom more than a few times."""
    n = 1
    while n < 12 and rng.random() < 0.35:
        n += 1
    return n


def damaged_bytes(data: bytes, rng: Random, other: bytes = b"") -> bytes:
    """The data with some bytes changed, cut out, put in or taken from another file."""
    damaged = bytearray(data)
    for _ in range(times(rng)):
        rng.choice(_BYTE_DAMAGES)(damaged, rng, other)
    return bytes(damaged)


def _place(data: bytearray, rng: Random) -> int:
    return rng.randrange(len(data) + 1)


def _flip_bit(data: bytearray, rng: Random, _other: bytes) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_byte(data: bytearray, rng: Random, _other: bytes) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256), *b'0123456789-.eE,:"[]{}'))


def _put_token(data: bytearray, rng: Random, _other: bytes) -> None:
    at = _place(data, rng)
    token = rng.choice(_TOKENS)
    data[at : at + (len(token) if rng.random() < 0.3 else 0)] = token


def _cut_piece(data: bytearray, rng: Random, _other: bytes) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 2, 4, 16, 64, 1024))]


def _cut_off(data: bytearray, rng: Random, _other: bytes) -> None:
    del data[_place(data, rng) :]


def _repeat_piece(data: bytearray, rng: Random, _other: bytes) -> None:
    at = _place(data, rng)
    piece = data[at : at + rng.choice((1, 4, 16, 64))]
    data[at:at] = piece * rng.choice((1, 2, 50))


def _splice(data: bytearray, rng: Random, other: bytes) -> None:
    at = rng.randrange(len(other) + 1)
    piece = other[at : at + rng.choice((4, 32, 256, len(other)))]
    here = _place(data, rng)
    data[here : here + rng.choice((0, len(piece)))] = piece


_BYTE_DAMAGES: tuple[Callable[[bytearray, Random, bytes], None], ...] = (
    _flip_bit,
    _flip_bit,
    _set_byte,
    _set_byte,
    _put_token,
    _cut_piece,
    _cut_off,
    _repeat_piece,
    _splice,
)


def damaged_json(text: bytes, rng: Random) -> bytes:
    """A JSON text with some of its values, names or nesting changed; it stays JSON, save for what JSON has no word for."""
    root = {"": json.loads(text)}
    for _ in range(times(rng)):
        _damage_value(root, rng)
    if not root:
        return b""
    dumped = json.dumps(next(iter(root.values())))
    return _RAW_MARK.sub(lambda match: _RAW[int(match[1])], dumped).encode("utf-8", "surrogatepass")


def damaged_json_lines(text: bytes, rng: Random) -> bytes:
    """Lines of JSON, with one of them damaged, lost, doubled or moved."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines[i] = rng.choice((b"\n", b"3\n", b"[]\n", b"null\n", b"{}\n", lines[i].rstrip(), lines[i].rstrip() + lines[j]))
    else:
        lines[i] = damaged_json(lines[i], rng) + b"\n"
    return b"".join(lines)


def _damage_value(root: dict[str, Any], rng: Random) -> None:
    """Changes one value somewhere below the root, near it as often as far down: little stands at the top, but it counts."""
    holder: Any = root
    if not root:
        return
    key: Any = next(iter(root))
    while isinstance(holder[key], dict | list) and holder[key] and rng.random() < 0.75:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    rng.choice(_VALUE_DAMAGES)(holder, key, rng)


def _odd_value(rng: Random) -> Any:
    # A copy: what is put into a file may be damaged further.
    return copy.deepcopy(rng.choice(_ODD_VALUES))


def _replace(holder: Any, key: Any, rng: Random) -> None:
    holder[key] = _odd_value(rng)


def _replace_raw(holder: Any, key: Any, rng: Random) -> None:
    holder[key] = f"\x00raw{rng.randrange(len(_RAW))}"


def _remove(holder: Any, key: Any, rng: Random) -> None:
    del holder[key]


def _rename(holder: Any, key: Any, rng: Random) -> None:
    if isinstance(holder, dict):
        holder[rng.choice((key + "x", "", "x" * 3000, "\x1b[31m", "format", "version"))] = holder.pop(key)


def _add(holder: Any, key: Any, rng: Random) -> None:
    value = _odd_value(rng)
    if isinstance(holder, dict):
        holder[rng.choice(("colour", "", "task", "task_options", "metadata", "weights", "shared_weight"))] = value
    else:
        holder.insert(key, value)


def _repeat(holder: Any, key: Any, rng: Random) -> None:
    if isinstance(holder, list):
        holder[key:key] = [holder[key]] * rng.choice((1, 2, 40))


#: Integers of JSON have no end; floats do.
_MOST = 10**300


def _nudge(holder: Any, key: Any, rng: Random) -> None:
    value = holder[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        _replace(holder, key, rng)
    else:
        holder[key] = rng.choice(
            (value + 1, value - 1, -value, value * 2, float(max(-_MOST, min(value, _MOST))), str(value), [value])
        )


def _wrap(holder: Any, key: Any, rng: Random) -> None:
    for _ in range(rng.choice((1, 2, 20))):
        holder[key] = {"a": holder[key]} if rng.random() < 0.5 else [holder[key]]


def _exchange(holder: Any, key: Any, rng: Random) -> None:
    other = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    holder[key], holder[other] = holder[other], holder[key]


def _shuffle(holder: Any, key: Any, rng: Random) -> None:
    if isinstance(holder[key], list):
        rng.shuffle(holder[key])


_VALUE_DAMAGES: tuple[Callable[[Any, Any, Random], None], ...] = (
    _replace,
    _replace,
    _replace,
    _replace_raw,
    _remove,
    _rename,
    _add,
    _repeat,
    _nudge,
    _nudge,
    _wrap,
    _exchange,
    _shuffle,
)


def damaged_cells(text: bytes, rng: Random, separator: bytes = b",") -> bytes:
    """A table as text, with some cells, rows or columns changed."""
    rows = [line.split(separator) for line in text.rstrip(b"\n").split(b"\n")]
    for _ in range(times(rng)):
        _damage_table(rows, rng)
    end = rng.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n"))
    out = rng.choice((separator,) * 6 + (b";", b"\t", b"|"))
    return (b"\xef\xbb\xbf" if rng.random() < 0.05 else b"") + end.join(out.join(row) for row in rows) + end


def _damage_table(rows: list[list[bytes]], rng: Random) -> None:
    if not rows:
        return
    i = rng.choice((0, rng.randrange(len(rows))))
    row = rows[i]
    j = rng.randrange(len(row)) if row else 0
    cell = rng.choice(_CELLS).encode()
    kind = rng.randrange(9)
    if kind == 0:
        del rows[i]
    elif kind == 1:
        rows[i:i] = [list(row)] * rng.choice((1, 1, 30))
    elif kind == 2:
        row[j : j + 1] = []
    elif kind == 3:
        row.insert(j, cell)
    elif kind == 4 and row:
        for other in rows[1:]:
            other[j : j + 1] = [cell]
    elif kind == 5 and row:
        for other in rows:
            other[j : j + 1] = []
    elif kind == 6:
        del rows[rng.randrange(1, 6) :]
    elif row:
        row[j] = cell


def arrays_of(data: bytes) -> Arrays:
    """The arrays of an NPZ file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def as_npz(arrays: Mapping[str, NDArray[Any]], *, compressed: bool = False) -> bytes:
    """An NPZ file of the arrays; one of objects becomes a pickle, which readers must refuse."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=True)
            # Without the time of day: the same arrays are the same bytes.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), archive.compression)
    return out.getvalue()


def damaged_arrays(arrays: Arrays, rng: Random, *, keep: Sequence[str] = ()) -> Arrays:
    """The arrays with other values, shapes or types; some lost, some added. Those to keep stay as they are."""
    out = {name: array.copy() for name, array in arrays.items()}
    with np.errstate(all="ignore"):
        for _ in range(times(rng)):
            names = [name for name in out if name not in keep]
            if names:
                _damage_one_array(out, names, rng)
    return out


def _damage_one_array(arrays: Arrays, names: list[str], rng: Random) -> None:
    name, other = rng.choice(names), rng.choice(names)
    kind = rng.randrange(12)
    if kind == 0:
        del arrays[name]
    elif kind == 1:
        arrays[rng.choice(("x", "", "a/b", name + "x"))] = arrays[name]
    elif kind == 2:
        arrays[name], arrays[other] = arrays[other], arrays[name]
    else:
        arrays[name] = _damaged_array(arrays[name], rng)


def _damaged_array(array: NDArray[Any], rng: Random) -> NDArray[Any]:
    kind = rng.randrange(9)
    if kind == 0:
        return array.reshape(rng.choice(((-1,), (1, -1), (-1, 1), (1, 1, -1))))
    if kind == 1:
        return array[: array.shape[0] // 2] if array.ndim else array
    if kind == 2:
        return np.concatenate([array.ravel()] * rng.choice((0, 2, 3)) or [array.ravel()[:0]])
    if kind == 3:
        return _of_another_type(array, rng)
    if kind == 4:
        return np.full(array.shape, rng.choice((0, 1)), dtype=array.dtype)
    flat = array.copy().reshape(-1)
    if not len(flat) or flat.dtype.kind not in "iufb":
        return array
    for _ in range(rng.choice((1, 1, 2, 10))):
        _set_number(flat, rng.randrange(len(flat)), rng)
    return flat.reshape(array.shape)


def _of_another_type(array: NDArray[Any], rng: Random) -> NDArray[Any]:
    kind = rng.choice(("f4", "f8", "i1", "i8", "u1", "u8", ">f4", ">i8", "c16", "U3", "S3", "?", "O", "M8[s]"))
    try:
        return array.real.astype(kind)
    except (TypeError, ValueError, OverflowError):
        return np.zeros(array.shape, dtype=kind)


def _set_number(flat: NDArray[Any], i: int, rng: Random) -> None:
    kind = flat.dtype.kind
    if kind == "f":
        flat[i] = rng.choice((np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1e-40, 3e38, float(flat[i]) * 2, float(flat[i]) + 1))
    elif kind == "b":
        flat[i] = not flat[i]
    else:
        info = np.iinfo(flat.dtype)
        value = int(flat[i])
        flat[i] = rng.choice((0, 1, info.min, info.max, min(value + 1, info.max), max(value - 1, info.min), value ^ 1))
