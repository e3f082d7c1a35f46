"""Tasks by name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wann.arguments import check_text, did_you_mean, shown
from wann.errors import WannError
from wann.tasks.protocol import Task, check_task


@dataclass(frozen=True)
class TaskEntry:
    """A task that can be made by name."""

    name: str
    make: Callable[..., Task]
    summary: str


_entries: dict[str, TaskEntry] = {}


def _gymnasium() -> Callable[..., Task]:
    from wann.tasks.environments.gymnasium import GymnasiumTask

    return GymnasiumTask


def _envpool() -> Callable[..., Task]:
    from wann.tasks.environments.envpool import EnvPoolTask

    return EnvPoolTask


#: Tasks that are named by a prefix, a colon and a name of their own; each entry imports what makes them of the latter.
_families: dict[str, Callable[[], Callable[..., Task]]] = {"gymnasium": _gymnasium, "envpool": _envpool}


def register_task(name: str, make: Callable[..., Task], summary: str = "") -> None:
    """Makes a task available to `make_task` and to the command line.

    Args:
        name: The task's name.
        make: Makes the task; its arguments are the task's options.
        summary: A line about it, for lists.

    Raises:
        WannError: The name is taken, or an argument has the wrong type.
    """
    check_text(name, "name")
    if not callable(make):
        raise WannError(f"make is {shown(make)}; it must be a function or a class that makes the task {name!r}")
    if not isinstance(summary, str):
        raise WannError(f"summary is {shown(summary)}; it must be text")
    if name in _entries:
        raise WannError(f"a task named {name!r} is registered already")
    _entries[name] = TaskEntry(name, make, summary)


def available_tasks() -> tuple[TaskEntry, ...]:
    """All registered tasks, by name."""
    return tuple(_entries[name] for name in sorted(_entries))


def make_task(name: str, /, **options: Any) -> Task:
    """Makes a task by its name, such as ``"cartpole-swingup"`` or ``"gymnasium:Pendulum-v1"``.

    Args:
        name: A registered name, ``gymnasium:`` and the id of a Gymnasium environment, or the path of a table (``.csv``,
            ``.parquet``; see `wann.tasks.data.table_task`).
        options: Handed to the task.

    Raises:
        WannError: There is no such task (the message lists those that there are), or it has no such option.
    """
    if not isinstance(name, str):
        raise WannError(f"the task's name is {shown(name)}; it must be text, such as 'cartpole-swingup'")
    family, colon, rest = name.partition(":")
    if colon and family in _families:
        return _made(name, _families[family](), rest, **options)
    entry = _entries.get(name)
    if entry is None:
        from wann.tasks.data.tables import is_table, table_task

        if is_table(name):
            return _made(name, table_task, name, **options)
        near = did_you_mean(name, [*_entries, *(f"{known}:{rest}" for known in _families if colon)])
        others = [*(f"{prefix}:ENV_ID" for prefix in _families), ".csv and .parquet files"]
        raise WannError(f"unknown task {shown(name)}{near or ';'} available are {', '.join([*sorted(_entries), *others])}")
    return _made(name, entry.make, **options)


def _made(name: str, make: Callable[..., Task], /, *arguments: Any, **options: Any) -> Task:
    """The task, or one line about an option that it does not have."""
    parameters = list(inspect.signature(make).parameters.values())
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [p.name for p in parameters[len(arguments) :] if p.kind in named]
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    taken = ["self", *(p.name for p in parameters[: len(arguments)])]
    for option in options:
        if option in taken or (option not in known and not takes_any):
            there = f"there are {', '.join(known)}" if known else "it has none"
            raise WannError(f"{name} has no option {shown(option)}{did_you_mean(option, known) or ';'} {there}")
    try:
        inspect.signature(make).bind(*arguments, **options)
    except TypeError as error:
        raise WannError(f"{name}: {error}") from None
    return check_task(make(*arguments, **options))


def _cartpole_swingup() -> Task:
    from wann.tasks.native.swingup import CartPoleSwingUp

    return CartPoleSwingUp()


register_task(
    "cartpole-swingup", _cartpole_swingup, "swing a pole up from a cart and balance it near the middle of the track"
)


def _bipedal_walker() -> Task:
    from wann.tasks.native.walker import BipedalWalker

    return BipedalWalker()


def _bipedal_walker_hardcore() -> Task:
    from wann.tasks.native.walker import BipedalWalkerHardcore

    return BipedalWalkerHardcore()


register_task("bipedal-walker", _bipedal_walker, "walk on two legs over uneven ground (Gymnasium's BipedalWalker-v3)")
register_task("bipedal-walker-hardcore", _bipedal_walker_hardcore, "the same among stumps, stairs and pits (hardcore=True)")


def _digits(batch: int | None = 1000) -> Task:
    from wann.tasks.data import datasets
    from wann.tasks.data.samples import from_data_set

    return from_data_set(datasets.load_digits(), batch=batch)


def _mnist(folder: str | None = None, batch: int | None = 1000) -> Task:
    from wann.tasks.data import datasets
    from wann.tasks.data.samples import from_data_set

    return from_data_set(datasets.load_mnist(folder), batch=batch)


register_task("digits", _digits, "classify 8 x 8 images of digits (scikit-learn's data set)")
register_task("mnist", _mnist, "classify images of digits: MNIST, deskewed, at 16 x 16 pixels")
