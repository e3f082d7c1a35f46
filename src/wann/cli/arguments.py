"""The network and the task that several commands take."""

import itertools
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wann.arguments import shown
from wann.errors import WannError
from wann.networks.fixed import fully_connected
from wann.networks.metadata import Origin
from wann.networks.network import Network
from wann.runs.unfinished import unfinished_file
from wann.scoring.baselines import fixed_topology
from wann.tasks import for_network
from wann.tasks.own import from_anywhere, same_task
from wann.tasks.protocol import Task, scaling_of
from wann.zoo.named import ZOO, network_named

__all__ = [
    "ZOO",
    "as_file_name",
    "beside",
    "check_same_task",
    "csv_text",
    "dense_network",
    "is_dense",
    "load_network",
    "named_task",
    "new_file",
    "resume_command",
    "task_for",
]

DENSE = "dense"


def load_network(source: str) -> Network:
    """The network that a user names; see `wann.zoo.named.network_named`."""
    return network_named(source)


def task_for(network: Network, name: str | None, options: Mapping[str, Any]) -> Task:
    """The task that a user names with --task, else the one that the network was searched on.

    Raises:
        WannError: As `wann.tasks.for_network.task_for`; the message says what to type.
    """
    return named_task(network, name, options)[0]


def named_task(network: Network, name: str | None, options: Mapping[str, Any]) -> tuple[Task, str, dict[str, Any]]:
    """The same, with its name and its options as `make_task` takes them.

    Raises:
        WannError: As `task_for`.
    """
    given = dict(options)
    if name is None:
        name, saved = for_network.saved_task(network)
        chosen = {key: value for key, value in saved.items() if key not in given}
        for_network.check_trusted(name, chosen, "the network's file", f"name it: {for_network.task_arguments(name, saved)}")
        given = {**chosen, **given}
    else:
        for_network.remember_named(name, given)
        given = for_network.options_for(network, name, given)
    return for_network.task_for(network, name, given), name, given


def check_same_task(
    path: Path, what: str, own: tuple[str, Mapping[str, Any]], named: str | None, given: Mapping[str, Any]
) -> str:
    """The name of the task that something goes on with.

    Args:
        path: Of what goes on.
        what: What that is, such as ``"a run"``.
        own: The task that it began with, and its options.
        named: The task that a user names with --task; where it is a class in a file, the file may lie elsewhere now.
        given: The options that a user gives with --task-option.

    Raises:
        WannError: The user names another task or other options, or does not name what only a person may ask for.
    """
    task, task_options = own
    if named is not None and not same_task(named, task):
        raise WannError(f"{path} is {what} on {shown(task)}; it goes on with that task, not with {shown(named)}")
    for key, value in given.items():
        if key not in task_options or task_options[key] != value:
            was = shown(task_options[key]) if key in task_options else "not given"
            raise WannError(
                f"{path} is {what} whose task's option {shown(key)} is {was}; it goes on with that, not with {shown(value)}"
            )
    chosen = {key: value for key, value in task_options.items() if key not in given}
    allow = f"go on with: {resume_command(path, task, task_options)}"
    for_network.check_trusted(task, chosen, f"{path}", allow, named=named is not None)
    if named is not None:
        for_network.remember_named(named, task_options)
    return task if named is None else named


def resume_command(path: Path, task: str, task_options: Mapping[str, Any]) -> str:
    """What a user types to go on with the run in a folder, or with the tuning or refinement of a file."""
    return f"wann resume {shlex.quote(str(path))} {for_network.task_arguments(task, task_options)}".rstrip()


def is_dense(source: str) -> bool:
    """Whether a user asks for a fully connected network, and for no file of that name."""
    return source.partition(":")[0] == DENSE and not Path(source).exists()


def dense_network(source: str, task: Task, name: str, options: Mapping[str, Any]) -> Network:
    """The fully connected network that a user asks for with ``dense`` (no hidden nodes) or ``dense:5,5`` (layers of tanh
    nodes).

    Raises:
        WannError: The layers are not numbers of nodes, or too large.
    """
    _, colon, layers = source.partition(":")
    try:
        sizes = [int(size) for size in layers.split(",")] if colon else []
    except ValueError:
        raise WannError(
            f"{source!r}: expected dense, or dense with the nodes of its hidden layers such as dense:5,5"
        ) from None
    if sizes:
        network = fixed_topology(task, sizes)
    else:
        network = fully_connected(task.inputs, task.outputs, (), output_activation=task.output_activation)
    scaling = scaling_of(task)
    own = scaling.network_metadata if scaling else {}
    origin = Origin(task=from_anywhere(name), task_options=dict(options))
    return network.with_metadata(**origin.entries(), **own)


def as_file_name(name: str) -> str:
    """The name, with what does not belong into the name of a file replaced."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in Path(name).name.replace(".py:", ":"))


def new_file(path: Path, overwrite: bool) -> Path:
    """The path itself, where nothing would be lost by writing to it.

    Raises:
        WannError: It exists, or work on it was stopped, and it may not be overwritten.
    """
    if overwrite:
        return path
    if unfinished_file(path).exists():
        go_on = f"wann resume {shlex.quote(str(path))}"
        raise WannError(f"{path} was begun and not finished; go on with: {go_on}", parameter="overwrite")
    if path.exists():
        raise WannError(f"{path} exists", parameter="overwrite")
    return path


def beside(source: str, what: str) -> Path:
    """Where a tuned or refined network goes if the user does not say: beside the file or into the folder of the run that it
    came from, or here if it is in the zoo.
    """
    if source.startswith(ZOO):
        return Path(f"{source.removeprefix(ZOO)}-{what}.json")
    path = Path(source)
    return path / f"{what}.json" if path.is_dir() else path.with_name(f"{path.stem}-{what}.json")


def csv_text(rows: list[dict[str, Any]]) -> str:
    """Rows with the same keys as CSV with a header."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(itertools.chain.from_iterable(rows))), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
