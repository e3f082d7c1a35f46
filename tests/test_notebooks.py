"""The notebooks of the docs, run from the first cell to the last; what is kept in them is what they give."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from same_bits import FAMILIES
from wann import _core

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

import notebooks  # noqa: E402  tools/notebooks.py needs the two

#: By name, the packages that a notebook needs besides the base, and whether what it prints is the package's numbers alone,
#: which are the same everywhere.
NOTEBOOKS: dict[str, tuple[tuple[str, ...], bool]] = {
    "first-search": ((), True),
    "any-environment": (("gymnasium", "pygame"), False),
    "table-with-scikit-learn": (("sklearn", "pandas"), False),
    "the-papers-table": ((), True),
    "take-it-away": (("torch", "onnx", "onnxruntime", "sympy"), False),
    "look-inside": (("sympy",), True),
}
#: Numbers are those of this family of instruction sets.
KEPT_ON = FAMILIES["v3"]


def kept(name: str) -> Any:
    """A notebook as it is in the docs."""
    return nbformat.read(notebooks.FOLDER / f"{name}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Runs a notebook, once."""

    @cache
    def once(name: str) -> Any:
        for package in NOTEBOOKS[name][0]:
            pytest.importorskip(package)
        return notebooks.run(notebooks.FOLDER / f"{name}.ipynb", tmp_path_factory.mktemp(name))

    return once


def kinds(notebook: Any) -> list[list[tuple[str, ...]]]:
    """By cell, the kinds of what it shows."""
    return [
        [tuple(sorted(output.get("data", ()))) or (output.get("name", ""),) for output in cell.get("outputs", ())]
        for cell in notebook.cells
    ]


def texts(notebook: Any) -> str:
    return "".join(notebooks.printed(notebook))


def pages(notebook: Any) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})]


def test_every_notebook_is_tested() -> None:
    assert {path.stem for path in notebooks.FOLDER.glob("*.ipynb")} == set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_gives_what_is_kept_in_it(name: str, run: Callable[[str], Any]) -> None:
    stored, given = kept(name), run(name)
    nbformat.validate(stored)
    assert kinds(stored) == kinds(given), "make notebooks"
    assert ("stderr",) not in [kind for cell in kinds(given) for kind in cell]
    if NOTEBOOKS[name][1] and FAMILIES.get(_core.instruction_set) == KEPT_ON:
        assert notebooks.printed(stored) == notebooks.printed(given), "make notebooks"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_begins_with_a_title_and_what_is_to_be_learned(name: str) -> None:
    first, *rest = kept(name).cells
    assert first.source.startswith("# ")
    assert "You will learn how to" in first.source
    assert "jupyter` " in first.source
    assert all(len(line) <= 105 for cell in rest if cell.cell_type == "code" for line in cell.source.splitlines())
    shown = [kind for cell in kinds(kept(name)) for kind in cell]
    assert sum("image/svg+xml" in kind for kind in shown) >= 1


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_links_of_a_notebook_lead_somewhere(name: str) -> None:
    text = "\n".join(cell.source for cell in kept(name).cells if cell.cell_type == "markdown")
    targets = [part.partition(")")[0].partition("#")[0] for part in text.split("](")[1:]]
    gone = [target for target in targets if "://" not in target and not (notebooks.FOLDER / target).exists()]
    assert gone == []


def test_a_first_search_finds_a_network_that_swings_up(run: Callable[[str], Any]) -> None:
    given = run("first-search")
    assert "cartpole-swingup: mean ± standard deviation of 100 trials" in texts(given)
    assert any("generation 100/100" in page for page in pages(given))
    assert any(page.startswith("<iframe") for page in pages(given))


def test_what_is_taken_away_computes_the_same(run: Callable[[str], Any]) -> None:
    lines = texts(run("take-it-away")).splitlines()
    differences = [
        float(line.rpartition(" ")[2]) for line in lines if line.startswith(("largest difference", "with another"))
    ]
    assert len(differences) == 3
    assert max(differences) < 1e-5
    (compiled,) = (line.split() for line in lines if line.startswith("C: "))
    assert compiled[1] == compiled[3]
    rights = [float(line.partition(" %")[0].split()[-1]) for line in lines if "held-out digits" in line]
    assert rights[0] < rights[1]


def test_the_pruned_network_is_smaller(run: Callable[[str], Any]) -> None:
    lines = texts(run("look-inside")).splitlines()
    sizes = [int(line.split(" connections")[0].split()[-1]) for line in lines if line.startswith(("whole", "pruned"))]
    assert sizes[1] < sizes[0] == 112


def test_pieces_of_a_stream_are_joined(tmp_path: Path) -> None:
    pieces = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in (("stdout", "a"), ("stdout", "b"))]
    error = nbformat.v4.new_output("stream", name="stderr", text="c")
    joined = notebooks.joined([*pieces, error])
    assert [(output.name, output.text) for output in joined] == [("stdout", "ab"), ("stderr", "c")]
