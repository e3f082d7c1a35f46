"""Arguments checked at the border: each function gives the value back, or refuses it in one line that names the argument."""

import difflib
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError

T = TypeVar("T")

#: Weights are float32.
MAX_WEIGHT = float(np.finfo(np.float32).max)

#: Classes that `wann` itself has.
_AT_THE_ROOT = ("Network", "Search", "SearchConfig")

#: Names that are printed; of more, the first.
MOST_NAMES = 8
#: Kinds of NumPy arrays that hold numbers: truth values, integers and floating-point numbers.
_NUMBERS = "biuf"


def shown(value: object, limit: int = 60) -> str:
    """The value as a message shows it: in one line, and cut where it is long."""
    try:
        text = " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())
    except ValueError:  # Python does not print integers of thousands of digits
        text = f"a {type(value).__name__} of many digits"
    return text if len(text) <= limit else f"{text[:limit]}…"


#: Letters of a part of a name that tell what was meant.
_LEAST_PART = 4


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the known name that is nearly this one or has it as a part; else nothing."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
    if not near and len(name) >= _LEAST_PART:
        near = sorted((other for other in names if name in other), key=len)
    return f"; did you mean {near[0]!r}?" if near else ""


def check_integer(value: object, name: str, low: int, high: int) -> int:
    """The value itself.

    Raises:
        WannError: It is not an integer from ``low`` to ``high``.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise WannError(f"{name} is {shown(value)}; it must be an integer from {low} to {high}")
    return int(value)


def is_number(value: object) -> bool:
    """Whether the value is one real number: no truth value and no text."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def check_number(value: object, name: str, low: float = -MAX_WEIGHT, high: float = MAX_WEIGHT) -> float:
    """The value as a float; the default bounds are those of float32, which weights are.

    Raises:
        WannError: It is not a number from ``low`` to ``high``.
    """
    if not is_number(value) or not low <= value <= high:  # type: ignore[operator]
        bounds = "finite in float32" if (low, high) == (-MAX_WEIGHT, MAX_WEIGHT) else f"from {low:g} to {high:g}"
        raise WannError(f"{name} is {shown(value)}; it must be a number {bounds}")
    return float(value)  # type: ignore[arg-type]


def check_text(value: object, name: str) -> str:
    """The value itself.

    Raises:
        WannError: It is not text, or empty.
    """
    if not isinstance(value, str) or not value:
        raise WannError(f"{name} is {shown(value)}; it must be text that is not empty")
    return str(value)


def check_choice(value: object, name: str, choices: Sequence[str]) -> str:
    """One of some words.

    Raises:
        WannError: It is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        near = did_you_mean(value, list(choices)) if isinstance(value, str) else ""
        raise WannError(f"{name} is {shown(value)}{near or ';'} it must be {' or '.join(map(repr, choices))}")
    return value


def check_instance(value: object, kind: type[T], name: str, example: str = "") -> T:
    """The value itself.

    Args:
        value: What was given.
        kind: The class that it must belong to.
        name: The argument's name.
        example: How to make one, for the message.

    Raises:
        WannError: It does not belong to the class.
    """
    if not isinstance(value, kind):
        such_as = f", such as {example}" if example else ""
        raise WannError(f"{name} is {shown(value)}; it must be a {_class_name(kind)}{such_as}")
    return value


def _class_name(kind: type) -> str:
    """The name by which a user has a class: from the package that its module is in, or from `wann` itself."""
    if not kind.__module__.startswith("wann."):
        return kind.__name__
    package = "wann" if kind.__name__ in _AT_THE_ROOT else kind.__module__.rpartition(".")[0]
    return f"{package}.{kind.__name__}"


def check_callable(value: object, name: str) -> None:
    """Accepts a function and None.

    Raises:
        WannError: It is neither.
    """
    if value is not None and not callable(value):
        raise WannError(f"{name} is {shown(value)}; it must be a function or None")


def check_list(values: object, name: str, what: str) -> list[Any]:
    """The entries of a list, a tuple, an array or the like; ``what`` says what they must be.

    Raises:
        WannError: It is something else, such as text, whose characters would be taken for entries.
    """
    if isinstance(values, str | bytes | Mapping | Set | type) or not isinstance(values, Iterable):
        raise WannError(f"{name}: expected a list of {what}, got {shown(values)}")
    try:
        return list(values)
    except TypeError:  # an array without dimensions
        raise WannError(f"{name}: expected a list of {what}, got {shown(values)}") from None


def check_names(values: object, name: str, *, distinct: bool = False) -> tuple[str, ...]:
    """Names: text that is not empty; ``distinct`` refuses one that stands twice.

    Raises:
        WannError: It is not a list of names.
    """
    names = check_list(values, name, "names")
    for entry in names:
        if not isinstance(entry, str) or not entry:
            raise WannError(f"{name}: expected a list of names, got {shown(entry)} among them")
    if distinct and len(set(names)) != len(names):
        twice = next(entry for i, entry in enumerate(names) if entry in names[:i])
        raise WannError(f"{name}: {shown(twice)} stands twice")
    return tuple(map(str, names))


def check_mapping(value: object, name: str) -> dict[str, Any]:
    """A copy of a dictionary with text as keys.

    Raises:
        WannError: It is something else.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise WannError(f"{name} is {shown(value)}; it must be a dictionary with text as keys")
    return dict(value)


def check_path(value: object, name: str = "path") -> Path:
    """The value as a path.

    Raises:
        WannError: It is neither text nor a path.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not text or not isinstance(text, str) or "\0" in text:
        raise WannError(f"{name} is {shown(value)}; it must be the path of a file")
    return Path(text)


def as_numbers(values: object, name: str, dtype: type[np.floating[Any]] = np.float32) -> NDArray[Any]:
    """The values as an array; what its type cannot hold becomes infinite, and None among them NaN.

    Raises:
        WannError: They are no numbers: text, times, records, complex numbers, or lists of different lengths.
    """
    try:
        raw = np.asarray(values)
        objects = raw.dtype.kind == "O" and values is not None
        # NumPy would take text for the number that it names.
        if raw.dtype.kind not in _NUMBERS and not (objects and not any(isinstance(v, str | bytes) for v in raw.flat)):
            raise ValueError
        with np.errstate(over="ignore"):
            return np.asarray(raw, dtype=dtype)
    except (TypeError, ValueError, OverflowError):
        raise WannError(f"{name}: expected numbers, got {shown(values)}") from None


def check_threads(threads: int | None) -> int:
    """The number of threads: what was asked for, or one for each core that this process may use.

    Raises:
        WannError: Fewer than 1 or more than 1,024 were asked for.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= 1024:
        raise WannError(f"threads is {shown(threads)}; it must be an integer from 1 to 1024")
    return threads


def counted(n: int, noun: str) -> str:
    """How many of something, as English has it: ``"1 node"``, ``"2 nodes"``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def listed(names: Sequence[str]) -> str:
    """How many names there are, and the names, or of many the first: ``"2 (x, y)"``."""
    more = ", …" if len(names) > MOST_NAMES else ""
    return f"{len(names)} ({', '.join(names[:MOST_NAMES])}{more})"
