"""Runs the notebooks of the docs from the first cell to the last, and keeps in each what its cells show: make notebooks."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
#: Seconds that a cell may take.
TIMEOUT = 600
#: What draws in a notebook needs no screen, and complains of none.
_QUIET = {"SDL_VIDEODRIVER": "dummy", "XDG_RUNTIME_DIR": tempfile.gettempdir()}
#: What the environment says of Matplotlib would be taken in place of pictures in cells.
_INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook as it is after a run in a folder.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell raises an exception.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=TIMEOUT, resources=resources, record_timing=False).execute(
        env=os.environ | _QUIET | _INLINE
    )
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = joined(cell.outputs)
    return notebook


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs with neighbouring pieces of a stream in one: how a kernel cuts them is chance."""
    whole: list[Any] = []
    for output in outputs:
        if whole and output.get("name") is not None and output.get("name") == whole[-1].get("name"):
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What each cell prints."""
    return [
        "".join(output.text for output in cell.get("outputs", ()) if output.output_type == "stream")
        for cell in notebook.cells
    ]


def main() -> None:
    """Runs those that are named, or all, and writes each in its place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="such as first-search; all if none is named")
    names = parser.parse_args().names
    for path in [FOLDER / f"{name}.ipynb" for name in names] or sorted(FOLDER.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder:
            notebook = run(path, Path(folder))
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1024:,.0f} KiB")


if __name__ == "__main__":
    main()
