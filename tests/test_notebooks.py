"""The notebooks of the docs, run from the first cell to the last."""

from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "docs" / "notebooks"


def outputs_of(name: str, folder: Path) -> list[dict[str, Any]]:
    """What the cells of a notebook give when it is run in a folder; an error in one of them is raised."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(FOLDER / name, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not kept: they would be of another version"
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def test_every_notebook_is_tested() -> None:
    assert {path.name for path in FOLDER.glob("*.ipynb")} == {"first-search.ipynb"}


def test_a_first_search(tmp_path: Path) -> None:
    outputs = outputs_of("first-search.ipynb", tmp_path)
    assert not [output for output in outputs if output.get("name") == "stderr"]
    printed = "".join(output["text"] for output in outputs if output.output_type == "stream")
    assert "cartpole-swingup: mean ± standard deviation of 20 trials" in printed
    shown = [output["data"] for output in outputs if "data" in output]
    pages = [data["text/html"] for data in shown if "text/html" in data]
    assert sum("<svg" in page for page in pages) >= 3
    assert any("generation 40/40" in page for page in pages)
    assert any(page.startswith("<iframe") for page in pages)
    assert sum("image/svg+xml" in data for data in shown) == 1
