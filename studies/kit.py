"""What the studies share: options, results that are kept, intervals, tables and figures. Needs SciPy."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from numpy.typing import NDArray
from scipy import stats

#: Colours that the colour-blind can tell apart.
COLOURS = ("#0b6bb8", "#c4570b", "#1c7a55", "#8a4fa3", "#59636e", "#b08900", "#1b1f24")

_STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": matplotlib.cycler(linestyle=("-", "--")) * matplotlib.cycler(color=COLOURS),
    "grid.color": "#d5dae0",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "svg.hashsalt": "wann",
}


def options(doc: str | None, name: str) -> argparse.ArgumentParser:
    """The options that every study has."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small version that takes about a minute")
    parser.add_argument("--threads", type=int, help="threads to use; all cores by default")
    parser.add_argument("--out", type=Path, help=f"file of results  [default: runs/{name}.jsonl]")
    parser.add_argument(
        "--report", action="store_true", help="compute nothing: table and figure of what the file of results has"
    )
    parser.add_argument("--figure", type=Path, help="where to draw the figure, an SVG")
    parser.set_defaults(name=name)
    return parser


def parsed(parser: argparse.ArgumentParser, **quick: Any) -> argparse.Namespace:
    """What was asked for; with --quick, other defaults."""
    if parser.parse_known_args()[0].quick:
        parser.set_defaults(**quick)
    return parser.parse_args()


class Kept:
    """Results by their keys in a file of JSON lines: what was computed once is read back, so a study can be stopped."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        quick = "-quick" if arguments.quick else ""
        self.path: Path = arguments.out or Path("runs") / f"{arguments.name}{quick}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def get(self, compute: Callable[[], dict[str, Any]], **key: Any) -> dict[str, Any]:
        """The row of a key; it is computed where it is not known, and written down at once with the seconds it took."""
        for row in self.rows:
            if all(row.get(name) == value for name, value in key.items()):
                return row
        start = time.perf_counter()
        row = {**key, **compute()}
        row.setdefault("seconds", round(time.perf_counter() - start, 2))
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(" ".join(f"{name}={value}" for name, value in key.items()), f"({row['seconds']} s)", flush=True)
        return row


def episodes(seed: int, n: int) -> NDArray[np.uint64]:
    """Seeds of a study's own episodes, which no search, tuning or score of the package meets."""
    return np.random.SeedSequence([seed, 0x57D1]).generate_state(n, np.uint64)


def interval(values: Sequence[float] | NDArray[np.floating]) -> tuple[float, float, float]:
    """The mean and its 95 % interval by Student's t: with five seeds a bootstrap's would be a third too narrow."""
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        return float(x.mean()), float(x.mean()), float(x.mean())
    half = float(stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return float(x.mean()), float(x.mean()) - half, float(x.mean()) + half


def cell(values: Sequence[float] | NDArray[np.floating], places: int = 0) -> str:
    """The mean and its interval, for a table; of one value the value."""
    mean, low, high = interval(values)
    if len(values) < 2:
        return f"{mean:.{places}f}"
    return f"{mean:.{places}f} [{low:.{places}f}, {high:.{places}f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def panels(n: int, width: float = 7.0, height: float = 2.7, rows: int = 1, **settings: Any) -> tuple[Figure, list[Any]]:
    """A figure with rows of n panels side by side."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, list(figure.subplots(rows, n, squeeze=False, **settings).flat)


def colours_of(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """A colour for each name, the same in all groups; two names that are in no group together may share one."""
    colours: dict[str, str] = {}
    for names in groups:
        taken = {colours[name] for name in names if name in colours}
        free = [colour for colour in COLOURS if colour not in taken]
        new = [name for name in dict.fromkeys(names) if name not in colours]
        colours |= dict(zip(new, free, strict=False))
    return colours


def save(figure: Figure, path: Path | None) -> None:
    """Writes the figure where it is wanted; the same figure gives the same bytes."""
    for text in figure.findobj(Text):  # what was drawn since `panels` has Matplotlib's own style
        text.set_fontsize(min(text.get_fontsize(), _STYLE["font.size"]))
    for legend in figure.findobj(Legend):
        legend.set_frame_on(False)
    if path is not None:
        with matplotlib.rc_context(_STYLE):
            figure.savefig(path, format="svg", metadata={"Date": None})
