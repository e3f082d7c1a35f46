"""The champions in a run's folder: champion.json, and history/ with every champion in turn.

A file of history/ is named by the seven digits of the generation that made its champion; files of other names are not read.
"""

import re
from collections.abc import Callable
from pathlib import Path

from wann.arguments import check_path
from wann.errors import WannError
from wann.files import write_text
from wann.networks import file as network_file
from wann.networks.metadata import Origin
from wann.networks.network import Network
from wann.runs.folder import CHAMPION, HISTORY
from wann.runs.settings import RunSettings
from wann.search.champion import Champion
from wann.tasks import Task

_NAME = re.compile(r"[0-9]{7}\.json")
#: Added to the name of a file that cannot be read, so that nobody reads it again.
DAMAGED = ".damaged"


def annotated(champion: Champion, settings: RunSettings, task: Task) -> Network:
    """The champion's network with its scores and its origin as metadata."""
    origin = Origin(task=settings.task, task_options=settings.task_options, seed=settings.seed, preset=settings.preset)
    return champion.annotated(task, settings.config.weights, origin)


def write_network(path: Path, network: Network) -> None:
    """Writes a network into the folder of a run, which must be there."""
    write_text(path, network_file.to_json(network), make_folder=False)


def history_files(folder: str | Path) -> list[Path]:
    """The files of a run's former champions, oldest first."""
    return sorted(path for path in (check_path(folder, "folder") / HISTORY).glob("*.json") if _NAME.fullmatch(path.name))


def history_file(folder: Path, generation: int) -> Path:
    """Where the champion goes that a generation has found."""
    return folder / HISTORY / f"{generation:07d}.json"


def cut_back(folder: Path, generation: int, fits: Callable[[Network], None]) -> list[str]:
    """Takes the champions of a generation and of later ones out of history/, and sets aside what cannot be read.

    Args:
        folder: The folder of the run.
        generation: The first that comes again.
        fits: Raises a `WannError` for a network that is not one of the run's task.

    Returns:
        What went wrong, in a line each.
    """
    (folder / HISTORY).mkdir(exist_ok=True)
    warnings = [
        f"{path} is left out: files of {HISTORY}/ are named by the seven digits of a generation"
        for path in sorted((folder / HISTORY).glob("*.json"))
        if not _NAME.fullmatch(path.name)
    ]
    for path in history_files(folder):
        if int(path.stem) >= generation and path.is_file():
            path.unlink()
        else:
            warnings += _set_aside(path, fits)
    return warnings


def check_champion(folder: Path, fits: Callable[[Network], None]) -> str | None:
    """What is wrong with champion.json, or None."""
    path = folder / CHAMPION
    try:
        fits(Network.load(path))
    except FileNotFoundError:
        return f"{path} is missing"
    except WannError as error:
        return str(error)
    return None


def _set_aside(path: Path, fits: Callable[[Network], None]) -> list[str]:
    try:
        fits(Network.load(path))
    except WannError as error:
        aside = path.with_name(path.name + DAMAGED)
        path.replace(aside)
        return [f"{error}; it is left out and kept as {aside.name}"]
    return []
