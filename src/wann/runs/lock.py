"""The lock of a run's folder: one process at a time writes into it, and only while it is still the same folder."""

import errno
import os
from pathlib import Path

import portalocker

from wann.errors import WannError
from wann.runs.folder import LOCK


class Lock:
    """Holds a folder for this process until it is closed or the process ends.

    Args:
        folder: A folder that exists.

    Raises:
        WannError: Another process holds it.
        OSError: The folder cannot be written to, or its file system has no locks.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = open(folder / LOCK, "w", encoding="utf-8")  # noqa: SIM115 (stays open)
        try:
            portalocker.lock(self._file, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.AlreadyLocked:
            self._file.close()
            raise WannError(f"{folder} is in use by another run") from None
        except portalocker.LockException as error:  # as of a file system without locks
            self._file.close()
            raise OSError(errno.ENOLCK, str(error), str(folder / LOCK)) from None
        except BaseException:
            self._file.close()
            raise

    def check(self) -> None:
        """Whether the folder is still the one that was locked.

        Raises:
            WannError: It has been deleted, moved away, or replaced by another.
        """
        if not is_open_file(self._folder / LOCK, self._file.fileno()):
            raise WannError(f"the folder of this run, {self._folder}, was deleted, moved or replaced, so the run ends here")

    def close(self) -> None:
        """Gives the folder free."""
        self._file.close()


def is_open_file(path: Path, handle: int) -> bool:
    """Whether a path still leads to the file that is open under a handle."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except (FileNotFoundError, NotADirectoryError):
        return False
