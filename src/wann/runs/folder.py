"""The folder of a run: what its files are called, and how it is made and emptied.

A process may be killed between any two steps. So config.json, which makes a folder a run's, is written first and stays while
everything else is deleted; and checkpoints are deleted first, so that none is ever beside the configuration of another run.
What a kill leaves is a run that can be resumed, or a folder that counts as empty.
"""

import shutil
from pathlib import Path

from wann.errors import WannError

CONFIG, METRICS, CHAMPION, HISTORY = "config.json", "metrics.jsonl", "champion.json", "history"
POPULATION, WORKERS = "population.json", "workers.jsonl"
CHECKPOINT, PREVIOUS_CHECKPOINT, LOCK = "checkpoint.npz", "checkpoint.previous.npz", ".lock"

FORMAT = "wann-run"
#: Bytes at the start of config.json that name its format.
_START_BYTES = 4096


def check_may_be_used(folder: Path, overwrite: bool) -> None:
    """Whether a run may be started in a folder.

    Args:
        folder: It may not exist, or hold nothing but what a run leaves that was killed before it began.
        overwrite: It may also hold a run.

    Raises:
        WannError: The folder holds something else.
    """
    if not folder.exists() or (folder.is_dir() and all(_is_rest(path) for path in folder.iterdir())):
        return
    if not overwrite:
        raise WannError(f"{folder} exists; choose another folder, or allow that it is overwritten", parameter="overwrite")
    if not _holds_run(folder):
        raise WannError(f"{folder} is not the folder of a run, so it is not overwritten")


def empty(folder: Path) -> None:
    """Deletes a run, or the rests of one, except for config.json and the lock."""
    for name in (PREVIOUS_CHECKPOINT, CHECKPOINT):
        (folder / name).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.name in (CONFIG, LOCK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove_half_written(folder: Path) -> None:
    """Deletes what a kill left half-written: files that are renamed into place when they are whole."""
    for place in (folder, folder / HISTORY):
        for path in place.glob(".*.tmp"):
            path.unlink()


def _is_rest(path: Path) -> bool:
    """Whether a run may have been killed after it made this, and before it had a config.json."""
    if path.name == HISTORY:  # an older version made it first
        return path.is_dir() and not any(path.iterdir())
    return path.name == LOCK or (path.name.startswith(f".{CONFIG}.") and path.name.endswith(".tmp"))


def _holds_run(folder: Path) -> bool:
    """Whether config.json is a run's, which it may also be where it is damaged; other programs have such a file, too."""
    config = folder / CONFIG
    if not config.is_file():
        return False
    with open(config, "rb") as file:
        return f'"{FORMAT}"'.encode() in file.read(_START_BYTES)
