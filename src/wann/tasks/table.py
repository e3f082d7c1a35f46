"""Tasks on tables: CSV and Parquet files with one row a sample."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.errors import MissingExtraError, WannError
from wann.seeding import Stream
from wann.tasks.data import BATCH, Classification, Regression

#: Endings of files that are read as tables.
TABLE_ENDINGS = (".csv", ".parquet")
#: A target of integers with at most this many values is taken for classes.
MAX_INTEGER_CLASSES = 20
#: What stands for a missing value in a CSV file.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_MAX_CELLS = 500_000_000

#: A column as it was read: numbers, or text where one of its values is no number.
Column = NDArray[np.float64] | list[str]


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
        WannError: A column is text, a value is missing, a column is constant, a class has one sample, there is one class
            only, or an argument does not fit. The message names the column and the value.
    """
    where = str(path)
    columns = read_table(Path(path))
    if target is None:
        raise WannError(f"{where}: which column is to be predicted? Name it with --target; there are {_list(columns)}")
    ignored = [ignore] if isinstance(ignore, str) else list(ignore)
    for name in (target, *ignored):
        if name not in columns:
            raise WannError(f"{where} has no column {name!r}; there are {_list(columns)}")
    labels = columns.pop(target)
    for name in ignored:
        columns.pop(name, None)
    if not columns:
        raise WannError(f"{where} has no column besides {target!r}; at least one input is needed")
    inputs = _inputs(columns, where)
    if kind not in (None, "classification", "regression"):
        raise WannError(f"{where}: kind is {kind!r}; allowed are 'classification' and 'regression'")
    if not 0 < held_out < 1:
        raise WannError(f"{where}: held_out is {held_out}; it must be between 0 and 1, such as 0.25")
    _refuse_missing(labels, target, where)
    rng = seeding.generator(seeding.check_seed(split_seed), Stream.SPLIT)
    classification = _is_classes(labels) if kind is None else kind == "classification"
    y = _classes(labels, target, where) if classification else _numbers(labels, target, where)
    test = _stratified(y, held_out, rng) if classification else _drawn(len(y), held_out, rng)
    x, mean, scale = _standardised(inputs, test, list(columns), where)
    common: dict[str, Any] = {"batch": batch, "inputs": list(columns)}
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
        return np.array([math.nan if cell.lower() in MISSING else float(cell) for cell in stripped])
    except ValueError:
        return ["" if cell.lower() in MISSING else cell for cell in stripped]


def _read_parquet(path: Path) -> dict[str, Column]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingExtraError("reading Parquet files", "parquet") from None
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise WannError(f"{path}: not a Parquet file that can be read ({str(error).splitlines()[0]})") from None
    columns: dict[str, Column] = {}
    for name in table.column_names:
        cells = table.column(name).to_pylist()
        if all(cell is None or isinstance(cell, bool | int | float) for cell in cells):
            columns[str(name)] = np.array([math.nan if cell is None else float(cell) for cell in cells])
        else:
            columns[str(name)] = ["" if cell is None else str(cell) for cell in cells]
    return columns


def _list(columns: dict[str, Column]) -> str:
    names = list(columns)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _inputs(columns: dict[str, Column], where: str) -> NDArray[np.float64]:
    text = [name for name, values in columns.items() if isinstance(values, list)]
    if text:
        which = f"columns {', '.join(text)} hold" if len(text) > 1 else f"column {text[0]} holds"
        raise WannError(f"{where}: the {which} text; networks take numbers: encode it, or leave it out with --ignore")
    for name, values in columns.items():
        _refuse_missing(values, name, where)
    return np.column_stack([np.asarray(values, dtype=float) for values in columns.values()])


def _refuse_missing(values: Column, name: str, where: str) -> None:
    missing = (
        [i for i, v in enumerate(values) if not v] if isinstance(values, list) else np.flatnonzero(~np.isfinite(values))
    )
    if len(missing):
        what = "is missing" if isinstance(values, list) or np.isnan(values[missing[0]]) else "is infinite"
        more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise WannError(f"{where}: column {name}: the value in row {missing[0] + 1} {what}{more}; fill or remove such rows")


def _is_classes(labels: Column) -> bool:
    if isinstance(labels, list):
        return True
    return bool((labels == np.round(labels)).all()) and len(np.unique(labels)) <= MAX_INTEGER_CLASSES


def _classes(labels: Column, target: str, where: str) -> NDArray[Any]:
    y: NDArray[Any] = np.array(labels)
    if y.dtype.kind == "f" and (y == np.round(y)).all():
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
    return labels


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
    """The columns with mean 0 and standard deviation 1 in the training part; with those means and deviations."""
    mean, scale = x[~test].mean(axis=0), x[~test].std(axis=0)
    # Rounding leaves a constant column of large numbers a tiny deviation.
    for i in np.flatnonzero(~(scale > 1e-12 * np.abs(mean)))[:1]:
        raise WannError(
            f"{where}: column {names[i]} is constant ({x[~test][0, i]:g}) in the training part; leave it out with --ignore"
        )
    return (x - mean) / scale, mean, scale
