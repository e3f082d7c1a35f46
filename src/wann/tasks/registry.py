"""Tasks by name."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import Any

from wann.arguments import check_mapping, check_text, did_you_mean, shown
from wann.errors import WannError
from wann.tasks import origins, own
from wann.tasks.data.presets import CLASSIFICATION, IMAGES, MNIST, REGRESSION
from wann.tasks.environments.presets import ENVIRONMENT
from wann.tasks.native import car, swingup, walker
from wann.tasks.protocol import Task, check_task


@dataclass(frozen=True)
class TaskEntry:
    """A task that can be made by name."""

    name: str
    make: Callable[..., Task]
    summary: str
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_entries: dict[str, TaskEntry] = {}


def _gymnasium() -> Callable[..., Task]:
    from wann.tasks.environments.gymnasium import GymnasiumTask

    return GymnasiumTask


def _envpool() -> Callable[..., Task]:
    from wann.tasks.environments.envpool import EnvPoolTask

    return EnvPoolTask


#: Presets by what a task's name begins with, or what tasks on labelled data are called by default.
_KINDS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "gymnasium": ENVIRONMENT,
    "envpool": ENVIRONMENT,
    "classification": CLASSIFICATION,
    "regression": REGRESSION,
}

#: Tasks that are named by a prefix, a colon and a name of their own; each entry imports what makes them of the latter.
_families: dict[str, Callable[[], Callable[..., Task]]] = {"gymnasium": _gymnasium, "envpool": _envpool}


def register_task(
    name: str,
    make: Callable[..., Task],
    summary: str = "",
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Makes a task available to `make_task` and to the command line.

    Args:
        name: The task's name.
        make: Makes the task; its arguments are the task's options.
        summary: A line about it, for lists.
        presets: Settings that `wann.preset` gives for its name, by the preset's: the task's own, where it has some.

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
    known = {} if presets is None else check_mapping(presets, "presets")
    for preset, settings in known.items():
        check_mapping(settings, f"presets: {preset}")
    _entries[name] = TaskEntry(name, make, summary, known)


def presets_by_name(name: str) -> Mapping[str, Mapping[str, Any]]:
    """The presets of a task that need not be made for it: by its name, or by what stands before the colon in it."""
    if name in _entries:
        return _entries[name].presets
    return _KINDS.get(name.partition(":")[0], {})


def known_names() -> tuple[str, ...]:
    """Names and kinds of tasks that have presets or can be made."""
    return (*_KINDS, *(entry.name for entry in available_tasks()))


def available_tasks() -> tuple[TaskEntry, ...]:
    """All registered tasks and those that installed packages bring along, by name."""
    entries = {**_of_packages(), **_entries}
    return tuple(entries[name] for name in sorted(entries))


def _of_packages() -> dict[str, TaskEntry]:
    """The tasks of installed packages; each is imported when it is made."""

    def entry(name: str, point: EntryPoint) -> TaskEntry:
        return TaskEntry(
            name, lambda **options: _own(name, own.loaded(point), options), f"a task of {own.package_of(point)}"
        )

    return {name: entry(name, point) for name, point in own.of_packages().items()}


def make_task(name: str, /, **options: Any) -> Task:
    """Makes a task by its name, such as ``"cartpole-swingup"`` or ``"gymnasium:Pendulum-v1"``.

    Args:
        name: A registered name, or that of a task that an installed package brings along (the group ``wann.tasks`` of entry
            points); ``gymnasium:`` and the id of a Gymnasium environment; the path of a table (``.csv``, ``.parquet``; see
            `wann.tasks.data.table_task`); or where a class of your own stands, ``"pendulum.py:Pendulum"`` or
            ``"my_module:Pendulum"``.
        options: Handed to the task.

    Raises:
        WannError: There is no such task (the message lists those that there are), it cannot be imported, what is imported
            makes no task, or the task has no such option.
    """
    task = _task(name, options)
    origins.remember(task, name, options)
    return task


def _task(name: str, options: dict[str, Any]) -> Task:
    if not isinstance(name, str):
        raise WannError(f"the task's name is {shown(name)}; it must be text, such as 'cartpole-swingup'")
    family, colon, rest = name.partition(":")
    if colon and family in _families:
        return _made(name, _families[family](), rest, **options)
    if name in _entries:
        return _made(name, _entries[name].make, **options)
    from wann.tasks.data.tables import is_table, table_task

    if is_table(name):
        return _made(name, table_task, name, **options)
    packaged = own.of_packages()
    if name in packaged:
        return _own(name, own.loaded(packaged[name]), options)
    spelled = own.spelling(name)
    near = did_you_mean(name, [*_entries, *packaged, *(f"{known}:{rest}" for known in _families if colon)])
    if spelled is not None and (not near or own.is_there(spelled)):
        return _own(name, own.imported(spelled), options)
    others = [*(f"{prefix}:ENV_ID" for prefix in _families), ".csv and .parquet files", "FILE.py:CLASS", "MODULE:CLASS"]
    known = [*sorted({*_entries, *packaged}), *others]
    raise WannError(f"unknown task {shown(name)}{near or ';'} available are {', '.join(known)}")


def runs_code(name: str, named: bool = False) -> str | None:
    """What making the task of this name would run besides our own code; None where there is nothing.

    Args:
        name: The task's name.
        named: Whether the person who runs this has named the task.
    """
    family, colon, rest = name.partition(":")
    if colon and family in _families:
        module, has_module, _ = rest.rpartition(":")
        return f"imports the module {shown(module)}" if has_module and not named else None
    spelled = None if name in _entries else own.spelling(name)
    if spelled is None or named:
        return None
    return f"imports the {'file' if spelled.is_file else 'module'} {shown(spelled.place)}"


def is_foreign(name: str) -> bool:
    """Whether the task's options reach code that is not ours."""
    family, colon, _ = name.partition(":")
    if colon and family in _families:
        return True
    return name not in _entries and (own.spelling(name) is not None or name in own.of_packages())


def has_twins(name: str) -> bool:
    """Whether a task of ours knows others that equal it (`wann.tasks.protocol.HasTwins`); it need not be made for that."""
    return name in _entries and hasattr(_entries[name].make, "twins")


def _own(name: str, make: Callable[..., Any], options: dict[str, Any]) -> Task:
    """A task of a user's own, or one line about what went wrong while its code made it.

    Raises:
        WannError: The class needs other options, raises an exception, or makes something that is no task.
    """
    _check_options(name, make, (), options)
    try:
        made = make(**options)
    except WannError as error:
        raise WannError(f"{name}: {error}") from error
    except Exception as error:
        text = " ".join(str(error).split())
        raise WannError(f"{name} cannot be made: {type(error).__name__}{f': {text}' if text else ''}") from error
    try:
        return check_task(made)
    except WannError as error:
        raise WannError(f"{name} makes no task that works: {error}") from None


def _made(name: str, make: Callable[..., Task], /, *arguments: Any, **options: Any) -> Task:
    """The task, or one line about an option that it does not have."""
    _check_options(name, make, arguments, options)
    return check_task(make(*arguments, **options))


def _check_options(name: str, make: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Refuses options that the task does not have, and the lack of those that it needs."""
    signature = own.parameters_of(make)
    if signature is None:
        return
    parameters = list(signature.parameters.values())
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = [p.name for p in parameters[len(arguments) :] if p.kind in named]
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    taken = ["self", *(p.name for p in parameters[: len(arguments)])]
    for option in options:
        if option in taken or (option not in known and not takes_any):
            there = f"there are {', '.join(known)}" if known else "it has none"
            raise WannError(f"{name} has no option {shown(option)}{did_you_mean(option, known) or ';'} {there}")
    try:
        signature.bind(*arguments, **options)
    except TypeError as error:
        raise WannError(f"{name}: {error}; give it as an option of the task", parameter="task_options") from None


register_task(
    "cartpole-swingup",
    swingup.CartPoleSwingUp,
    "swing a pole up from a cart and balance it near the middle of the track",
    swingup.PRESETS,
)
register_task(
    "bipedal-walker",
    walker.BipedalWalker,
    "walk on two legs over uneven ground (Gymnasium's BipedalWalker-v3)",
    walker.PRESETS,
)
register_task(
    "bipedal-walker-hardcore",
    walker.BipedalWalkerHardcore,
    "the same among stumps, stairs and pits (hardcore=True)",
    walker.PRESETS,
)
register_task(
    "car-racing",
    car.CarRacing,
    "drive a car round a track, seen from above through an encoder (Gymnasium's CarRacing-v3)",
    car.PRESETS,
)


def _digits(batch: int | None = 1000) -> Task:
    from wann.tasks.data import datasets
    from wann.tasks.data.samples import Images, from_data_set

    return from_data_set(datasets.load_digits(), Images, batch=batch)


def _mnist(folder: str | None = None, batch: int | None = 1000) -> Task:
    from wann.tasks.data import datasets
    from wann.tasks.data.samples import Mnist, from_data_set

    return from_data_set(datasets.load_mnist(folder), Mnist, batch=batch)


register_task("digits", _digits, "classify 8 x 8 images of digits (scikit-learn's data set)", IMAGES)
register_task("mnist", _mnist, "classify images of digits: MNIST, deskewed, at 16 x 16 pixels", MNIST)
