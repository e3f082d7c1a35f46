"""Tasks on tables: CSV and Parquet files with one row a sample."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import MAX_WEIGHT, check_integer, check_list, check_path, is_number, shown
from wann.errors import MissingExtraError, WannError
from wann.seeding import MAX_SEED, Stream
from wann.tasks.data.labels import exact_integers
from wann.tasks.data.samples import BATCH, Classification, Regression

#: Endings of files that are read as tables.
TABLE_ENDINGS = (".csv", ".parquet")
#: A target of integers with at most this many values is taken for classes.
MAX_INTEGER_CLASSES = 20
#: What stands for a missing value in a CSV file.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_MAX_CELLS = 500_000_000

#: Beyond this, float64 does not tell an integer from its neighbours.
_EXACT = 2**53

#: A column as it was read: numbers, or text where one of its values is no number. Integers that float64 would round are
#: Python's, in an array of objects.
Column = NDArray[Any] | list[str]


def is_table(name: str) -> bool:
    """Whether the name is that of a table, going by its ending."""
    return name.lower().endswith(TABLE_ENDINGS)


def table_task(
    path: str | Path,
    *,
    target: str | None = None,
    kind: str | None = None,
    ignore: Sequence[str] = (),
    held_out: float = 0.25,
    split_seed: int = 0,
    batch: int | None = BATCH,
) -> Classification | Regression:
    """A task on a table; inputs are standardised by the mean and the standard deviation of the training part.

    Args:
        path: A CSV file with a header, its values separated by commas, semicolons or tabs, or a Parquet file.
        target: The column to predict.
        kind: ``"classification"`` or ``"regression"``; by default text and integers with at most 20 values are classes.
        ignore: Columns to leave out.
        held_out: The part of the rows that is held out for reports; of each class, where there are classes.
        split_seed: Names the split.
        batch: Samples in a batch; None for all.

    Returns:
        The task; its ``preparation`` holds what columns were standardised with.

    Raises:
        WannError: A column is text, a value is missing, a column is constant or too large to be standardised, a class has
            one sample, there is one class only, or an argument does not fit. The message names the column and the value.
    """
    path = check_path(path)
    where = str(path)
    columns = read_table(path)
    if target is None:
        raise WannError(
            f"{where}: which column is to be predicted? Name the target; there are {_list(columns)}", parameter="target"
        )
    if not isinstance(target, str):
        raise WannError(f"{where}: target is {shown(target)}; it must be the name of a column; there are {_list(columns)}")
    ignored = [ignore] if isinstance(ignore, str) else check_list(ignore, f"{where}: ignore", "names of columns")
    for name in (target, *ignored):
        if not isinstance(name, str) or name not in columns:
            raise WannError(f"{where} has no column {shown(name)}; there are {_list(columns)}")
    labels = columns.pop(target)
    for name in ignored:
        columns.pop(name, None)
    if not columns:
        raise WannError(f"{where} has no column besides {target!r}; at least one input is needed")
    inputs = _inputs(columns, where)
    if kind not in (None, "classification", "regression"):
        raise WannError(f"{where}: kind is {shown(kind)}; allowed are 'classification' and 'regression'")
    if not is_number(held_out) or not 0 < held_out < 1:
        raise WannError(f"{where}: held_out is {shown(held_out)}; it must be between 0 and 1, such as 0.25")
    _refuse_missing(labels, target, where)
    rng = seeding.generator(check_integer(split_seed, f"{where}: split_seed", 0, MAX_SEED), Stream.SPLIT)
    classification = _is_classes(labels) if kind is None else kind == "classification"
    y = _classes(labels, target, where) if classification else _numbers(labels, target, where)
    test = _stratified(y, held_out, rng) if classification else _drawn(len(y), held_out, rng)
    x, mean, scale = _standardised(inputs, test, list(columns), where)
    common: dict[str, Any] = {"batch": batch, "inputs": list(columns), "name": f"{path.name}: {target}"}
    preparation = {"inputs": list(columns), "mean": mean.tolist(), "scale": scale.tolist()}
    task: Classification | Regression
    if classification:
        task = Classification(x[~test], y[~test], held_out=(x[test], y[test]), **common)
    else:
        z, target_mean, target_scale = _standardised(y[:, None].astype(float), test, [target], where)
        task = Regression(x[~test], z[~test], held_out=(x[test], z[test]), outputs=[target], **common)
        preparation |= {"target_mean": float(target_mean[0]), "target_scale": float(target_scale[0])}
    task.preparation = preparation
    return task


def read_table(path: Path) -> dict[str, Column]:
    """The columns of a CSV or Parquet file by name; a missing number is NaN, a missing text is empty.

    Raises:
        WannError: The file is not whole, or not a table.
    """
    if not path.is_file():
        raise WannError(f"{path}: no such file")
    columns = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    if not columns or not len(next(iter(columns.values()))):
        raise WannError(f"{path}: the table has no rows")
    return columns


def _read_csv(path: Path) -> dict[str, Column]:
    rows: list[list[str]] = []
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            header = file.readline()
            file.seek(0)
            # A comma where there is one: in a header it is hardly ever a part of a name.
            reader = csv.reader(file, delimiter=next((d for d in ",;\t" if d in header), ","))
            names = [name.strip() for name in next(reader, [])]
            for row in reader:
                if row and len(row) != len(names):
                    raise WannError(
                        f"{path}, line {reader.line_num}: {len(row)} values; the header names {len(names)} columns"
                    )
                if row:
                    rows.append(row)
                if len(rows) * len(names) > _MAX_CELLS:
                    raise WannError(f"{path}: more than {_MAX_CELLS} values; use a Parquet file or a part of it")
    except UnicodeDecodeError:
        raise WannError(f"{path}: not a text file in UTF-8") from None
    except csv.Error as error:
        raise WannError(f"{path}: not a CSV file ({error})") from None
    for name in names:
        if not name or names.count(name) > 1:
            raise WannError(f"{path}: the header {'has a column without a name' if not name else f'names {name!r} twice'}")
    return {name: _column([row[i] for row in rows]) for i, name in enumerate(names)}


def _column(cells: list[str]) -> Column:
    stripped = [cell.strip() for cell in cells]
    try:
        numbers = np.array([math.nan if cell.lower() in MISSING else float(cell) for cell in stripped])
    except ValueError:
        return ["" if cell.lower() in MISSING else cell for cell in stripped]
    return _exact(numbers, stripped)


def _exact(numbers: NDArray[np.float64], cells: list[Any]) -> NDArray[Any]:
    """The numbers of a column; where it holds only integers, and float64 rounds one, exactly as they are in the cells."""
    if not np.isfinite(numbers).all() or not (np.abs(numbers) >= _EXACT).any():
        return numbers
    try:
        return np.array([int(cell) for cell in cells], dtype=object)
    except ValueError:  # one is written as 2e19, say
        return numbers


def _read_parquet(path: Path) -> dict[str, Column]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingExtraError("reading Parquet files", "parquet") from None
    try:
        table = parquet.read_table(path)
        # Damage in text and in indices comes to light only here.
        found = {str(name): table.column(name).to_pylist() for name in table.column_names}
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise WannError(f"{path}: not a Parquet file that can be read ({str(error).splitlines()[0]})") from None
    columns: dict[str, Column] = {}
    for name, cells in found.items():
        if all(cell is None or isinstance(cell, bool | int | float) for cell in cells):
            columns[name] = _parquet_numbers(cells)
        else:
            columns[name] = ["" if cell is None else str(cell) for cell in cells]
    return columns


def _parquet_numbers(cells: list[Any]) -> NDArray[Any]:
    numbers = np.array([math.nan if cell is None else float(cell) for cell in cells])
    return _exact(numbers, cells) if all(isinstance(cell, int) for cell in cells) else numbers


def _list(columns: dict[str, Column]) -> str:
    names = list(columns)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _inputs(columns: dict[str, Column], where: str) -> NDArray[np.float64]:
    text = [name for name, values in columns.items() if isinstance(values, list)]
    if text:
        which = f"columns {', '.join(text)} hold" if len(text) > 1 else f"column {text[0]} holds"
        raise WannError(f"{where}: the {which} text; networks take numbers: encode it, or leave it out", parameter="ignore")
    for name, values in columns.items():
        _refuse_missing(values, name, where)
    return np.column_stack([np.asarray(values, dtype=float) for values in columns.values()])


def _refuse_missing(values: Column, name: str, where: str) -> None:
    if isinstance(values, list):
        missing = np.flatnonzero([not v for v in values])
    elif values.dtype == object:  # integers, none of which is missing
        return
    else:
        missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        what = "is missing" if isinstance(values, list) or np.isnan(values[missing[0]]) else "is infinite"
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise WannError(f"{where}: column {name}: the value in row {missing[0] + 1} {what}{more}; fill or remove such rows")


def _is_classes(labels: Column) -> bool:
    if isinstance(labels, list):
        return True
    whole = labels.dtype == object or bool((labels == np.round(labels)).all())
    return whole and len(np.unique(labels)) <= MAX_INTEGER_CLASSES


def _classes(labels: Column, target: str, where: str) -> NDArray[Any]:
    y: NDArray[Any] = np.array(labels)
    if y.dtype == object:
        y = exact_integers(y.tolist())
    elif y.dtype.kind == "f" and (y == np.round(y)).all() and (np.abs(y) < _EXACT).all():
        y = y.astype(np.int64)
    values, counts = np.unique(y, return_counts=True)
    if len(values) < 2:
        raise WannError(f"{where}: column {target} holds one class only ({values[0]}); at least two are needed")
    for value in values[counts < 2][:1]:
        raise WannError(
            f"{where}: the class {value} of column {target} has one sample; at least two are needed, one held out"
        )
    return y


def _numbers(labels: Column, target: str, where: str) -> NDArray[np.float64]:
    if isinstance(labels, list):
        raise WannError(f"{where}: column {target} holds text, so it cannot be the target of a regression")
    return labels.astype(np.float64)


def _stratified(y: NDArray[Any], part: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows are held out: the same part of each class, at least one sample and not all of them."""
    test = np.zeros(len(y), dtype=bool)
    for value in np.unique(y):
        members = np.flatnonzero(y == value)
        n = min(max(round(part * len(members)), 1), len(members) - 1)
        test[rng.permutation(members)[:n]] = True
    return test


def _drawn(n: int, part: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    if n < 4:
        raise WannError(f"{n} rows are too few for a regression; at least 4 are needed")
    test = np.zeros(n, dtype=bool)
    test[rng.permutation(n)[: min(max(round(part * n), 1), n - 2)]] = True
    return test


def _standardised(
    x: NDArray[np.float64], test: NDArray[np.bool_], names: list[str], where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The columns with mean 0 and standard deviation 1 in the training part; with those means and deviations.

    Raises:
        WannError: A column is constant, or its values are too large.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = x[~test].mean(axis=0), x[~test].std(axis=0)
    _refuse_too_large(x, ~np.isfinite(mean) | ~np.isfinite(scale), names, where)
    # Rounding leaves a constant column of large numbers a tiny deviation.
    for i in np.flatnonzero(~(scale > 1e-12 * np.abs(mean)))[:1]:
        raise WannError(
            f"{where}: column {names[i]} is constant ({x[~test][0, i]:g}) in the training part; leave it out",
            parameter="ignore",
        )
    with np.errstate(over="ignore"):
        standardised = (x - mean) / scale
    # Networks compute in float32, and the squares of such values must not overflow either.
    _refuse_too_large(x, np.abs(standardised).max(axis=0) > math.sqrt(MAX_WEIGHT), names, where)
    return standardised, mean, scale


def _refuse_too_large(x: NDArray[np.float64], too_large: NDArray[np.bool_], names: list[str], where: str) -> None:
    for i in np.flatnonzero(too_large)[:1]:
        raise WannError(
            f"{where}: column {names[i]} holds values that are too large to be standardised, up to "
            f"{np.abs(x[:, i]).max():g} in size; divide them, or leave the column out",
            parameter="ignore",
        )
