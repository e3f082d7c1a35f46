"""Tasks of a user's own: a class or a function in a file or a module, and tasks that installed packages bring along.

========================  ==================================================================================================
``pendulum.py:Pendulum``  ``Pendulum`` of that file
``my_module:Pendulum``    ``Pendulum`` of a module that is installed, or that lies in the current folder
a name of its own         what a package has registered as an entry point of the group ``wann.tasks``
========================  ==================================================================================================

To make such a task is to run its code. So a file may not ask for the first two; see `wann.tasks.for_network`.
"""

import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from wann.arguments import did_you_mean, shown
from wann.errors import WannError

#: The group of entry points by which packages bring tasks along.
GROUP = "wann.tasks"

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

#: Files that were imported, by their path, with the size and the time of their last change then.
_imported: dict[Path, tuple[tuple[int, int], ModuleType]] = {}


@dataclass(frozen=True)
class Spelling:
    """A task that is named by where its class stands."""

    place: str  #: a file's path or a module's name
    attribute: str  #: the class or function in it
    is_file: bool

    def __str__(self) -> str:
        return f"{self.place}:{self.attribute}"


def spelling(name: str) -> Spelling | None:
    """What a name says where it is ``file.py:Class`` or ``module:Class``; else None."""
    place, colon, attribute = name.rpartition(":")
    if not colon or not attribute.isidentifier():
        return None
    if place.endswith(".py"):
        return Spelling(place, attribute, True)
    return Spelling(place, attribute, False) if _MODULE.fullmatch(place) else None


def from_anywhere(name: str) -> str:
    """The name as it holds in every folder: with an absolute path, where it names a file."""
    found = spelling(name)
    return f"{Path(found.place).absolute()}:{found.attribute}" if found and found.is_file else name


def same_task(name: str, other: str) -> bool:
    """Whether both name the same task: the same name, or the same class of a file that may lie elsewhere now."""
    a, b = spelling(name), spelling(other)
    if a is None or b is None or not (a.is_file and b.is_file):
        return name == other
    return (Path(a.place).name, a.attribute) == (Path(b.place).name, b.attribute)


def is_there(found: Spelling) -> bool:
    """Whether there is such a file or module."""
    if found.is_file:
        return Path(found.place).is_file()
    _search_in(Path.cwd())
    try:
        return importlib.util.find_spec(found.place) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False
    except (Exception, SystemExit):  # that package is there and fails, which importing it will tell
        return True


def origin_of(module: str) -> str:
    """The file that a module, or the package that it is in, would be imported from; nothing is imported for that."""
    _search_in(Path.cwd())
    try:
        found = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        found = None
    return "" if found is None else str(found.origin)


def imported(found: Spelling) -> Callable[..., Any]:
    """The class or function that makes the task.

    Raises:
        WannError: There is no such file, module or class, it cannot be imported, or it is something else.
    """
    module = _file(found) if found.is_file else _module(found)
    makers = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", None) == module.__name__]
    if not hasattr(module, found.attribute):
        near = did_you_mean(found.attribute, makers) or ";"
        raise WannError(f"{found.place} has no {shown(found.attribute)}{near} it has {', '.join(makers) or 'no classes'}")
    make = getattr(module, found.attribute)
    if not callable(make):
        raise WannError(f"{found} is {shown(make)}; it must be a class or a function that makes a task")
    maker: Callable[..., Any] = make
    return maker


def of_packages() -> dict[str, EntryPoint]:
    """The tasks that installed packages bring along, by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def loaded(point: EntryPoint) -> Callable[..., Any]:
    """What makes the task of an entry point.

    Raises:
        WannError: It cannot be imported, or is neither a class nor a function.
    """
    with _told(f"the task {point.name!r} of {package_of(point)}"):
        make = point.load()
    if not callable(make):
        raise WannError(f"the task {point.name!r} of {package_of(point)} is {shown(make)}; it must be a class or a function")
    maker: Callable[..., Any] = make
    return maker


def package_of(point: EntryPoint) -> str:
    """The package that an entry point comes from, for messages."""
    return f"the package {point.dist.name}" if point.dist else f"the module {point.module}"


def parameters_of(make: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of what makes a task; None where Python does not know it."""
    try:
        return inspect.signature(make)
    except (TypeError, ValueError):
        return None


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tells in one line what goes wrong while somebody's code runs."""
    try:
        yield
    except WannError as error:
        raise WannError(f"{what}: {error}") from error
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        raise WannError(f"{what} cannot be imported: {type(error).__name__}{f': {text}' if text else ''}") from error


def _file(found: Spelling) -> ModuleType:
    """The module of a file. It is imported again only where the file has changed: what a module registers, say, is
    registered once."""
    path = Path(found.place).absolute()
    if not path.is_file():
        raise WannError(f"{found.place}: no such file; the task {found} is to be imported from it")
    stat = path.stat()
    version = (stat.st_size, stat.st_mtime_ns)
    known = _imported.get(path)
    if known is None or known[0] != version:
        _imported[path] = version, _executed(path, found.place)
    return _imported[path][1]


def _executed(path: Path, place: str) -> ModuleType:
    # A name of its own, so that a file random.py takes no other module's place.
    name = f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise WannError(f"{place} is no file that Python can import")
    module = importlib.util.module_from_spec(spec)
    _search_in(path.parent)  # for what lies beside it
    sys.modules[name] = module
    try:
        with _told(place):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _send_by_value(module)
    return module


def _send_by_value(module: ModuleType) -> None:
    """Has what the module defines sent to worker processes as it is: they could not import it by its name."""
    try:
        import cloudpickle
    except ImportError:  # then there are no workers either
        return
    cloudpickle.register_pickle_by_value(module)


def _module(found: Spelling) -> ModuleType:
    if not is_there(found):
        raise WannError(
            f"unknown task {shown(str(found))}: there is no module {shown(found.place)}, installed or in the current folder"
        )
    with _told(f"the module {found.place}"):
        return importlib.import_module(found.place)


def _search_in(folder: Path) -> None:
    """Lets modules of a folder be imported, after all others: none of them takes another's place."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
        importlib.invalidate_caches()
