"""The task that a network or a run from a file is to be run on.

A file may come from somebody else. What it says about its task is therefore only followed where that neither runs code nor
reaches code that is not ours: Gymnasium and EnvPool are given an environment's id and nothing else. A module or a file to
import, an encoder that does not ship with the package, and options that are handed on to an environment or to a task of
somebody else, must be named by the person who runs it; so `check_trusted` says. Once is enough: see `wann.tasks.remembered`.
"""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from wann import vision
from wann.arguments import check_mapping, shown
from wann.errors import WannError
from wann.networks import metadata
from wann.networks.checks import check_network
from wann.networks.network import Network
from wann.tasks import registry, remembered
from wann.tasks.protocol import Task, scaling_of, twins_of
from wann.tasks.registry import make_task

#: Tasks on environments of other packages, and what their options are handed to.
_ENVIRONMENTS = {"gymnasium": "environment", "envpool": "environment"}
_MAX_SHOWN = 500
#: Options of such tasks that are ours, and are not handed on.
OWN_OPTIONS = ("observation_scaling", "time_limit")
#: Likewise, of Gymnasium's tasks.
GYMNASIUM_OPTIONS = ("past", "pedals")
#: Likewise, of Gymnasium's and of our own tasks; a file may only name encoders that ship with the package.
ENCODER = "encoder"


def task_for(network: Network, name: str | None = None, options: Mapping[str, Any] | None = None) -> Task:
    """The task that was asked for, else the one that the network was searched on, as the network is to see it.

    Args:
        network: A network from a file, a run or the zoo.
        name: The task that was asked for.
        options: Of the task; those of the network's own task that are not given are as they were in its search. On another
            task, those under which the network acts there as on its own, where its own knows them.

    Raises:
        WannError: None was asked for and the network does not tell, or its file asks for something that must be asked for
            by a person; there is no such task; or the network does not fit it.
    """
    given = check_mapping({} if options is None else options, "options")
    check_network(network)
    if name is None:
        name, own = saved_task(network)
        own = {key: value for key, value in own.items() if key not in given}
        check_trusted(name, own, "the network's file")
        given = {**own, **given}
    else:
        given = options_for(network, name, given)
    task = make_task(name, **given)
    # One that scales observations only does so for networks that it scaled for.
    scaling = scaling_of(task)
    return scaling.for_network(network) if scaling else task


def options_for(network: Network, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a task that was asked for: those that were given, and those that the network's own task knows of it.

    Only a task of ours is asked, and what it says is not what a network's file says: so it may be handed on.

    Raises:
        WannError: The network's own task cannot be made with the options that its file names.
    """
    own = metadata.saved_task_name(network)
    if own is None or own == name or not registry.has_twins(own):
        return dict(options)
    _, saved = saved_task(network)
    check_trusted(own, saved, "the network's file")
    try:
        twins = twins_of(make_task(own, **saved))
    except WannError as error:
        raise WannError(f"the task that the network's file names: {error}") from None
    return {**twins.get(name, {}), **options}


def saved_task(network: Network) -> tuple[str, dict[str, Any]]:
    """The name and the options of the task that a network's file names.

    Raises:
        WannError: It names none.
    """
    saved = metadata.saved_task(network)
    if saved is None:
        raise WannError("the network file does not say its task; name one", parameter="task")
    return saved


def check_trusted(
    name: str, options: Mapping[str, Any], where: str, allow: str | None = None, *, named: bool = False
) -> None:
    """Refuses a task that a file asks for and that only a person may ask for.

    Args:
        name: The task's name.
        options: Its options, as far as the file chose them.
        where: What asks for it, for the message.
        allow: What the person is to do to allow it; by default, what to hand over in Python.
        named: Whether the person has named the task, and so the module that it imports.

    Raises:
        WannError: To make the task, a module or a file that the file names would be imported, or options that it chose would
            be handed on to other code. The message says which, and how to allow it.
    """
    what = _needs_a_person(name, options, named)
    if what and not remembered.was_named(name, options):
        made = ", ".join([repr(name), *(f"{key}={value!r}" for key, value in options.items())])
        how = allow or f"hand over the task yourself: wann.make_task({_short(made)})"
        raise WannError(f"{where} asks for the task {shown(name)}, which {what}; if you trust it, {how}")


def remember_named(name: str, options: Mapping[str, Any]) -> None:
    """Has `check_trusted` allow from now on what a person has named by hand on the command line."""
    if _needs_a_person(name, options):
        remembered.remember(name, options)


def task_arguments(name: str, options: Mapping[str, Any]) -> str:
    """What a person must type after a command on a file with this task, so that it is allowed; nothing, for most tasks."""
    if not _needs_a_person(name, options):
        return ""
    given = [part for key, value in options.items() for part in ("--task-option", option_text(key, value))]
    return _short(shlex.join(["--task", name, *given]))


def option_text(key: str, value: Any) -> str:
    """A task's option as the command line reads it: ``key=value``, as JSON unless it is a text that is no JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return f"{key}={value}"
    return f"{key}={json.dumps(value, ensure_ascii=False)}"


def _needs_a_person(name: str, options: Mapping[str, Any], named: bool = False) -> str | None:
    """What making the task would do that a file may not ask for; None where there is nothing."""
    what = registry.runs_code(name, named)
    if what:
        return what
    family, foreign = name.partition(":")[0], registry.is_foreign(name)
    if family == "gymnasium" or not foreign:
        if (encoder := options.get(ENCODER)) is not None and encoder not in vision.names():
            return f"reads the encoder's file {shown(encoder)}"
        options = {key: value for key, value in options.items() if key != ENCODER}
    if not foreign:
        return None
    ours = {"gymnasium": (*OWN_OPTIONS, *GYMNASIUM_OPTIONS), "envpool": OWN_OPTIONS}.get(family, ())
    handed = {key: value for key, value in options.items() if key not in ours}
    return f"hands {shown(handed)} to the {_ENVIRONMENTS.get(family, 'task')}" if handed else None


def _short(text: str) -> str:
    """The text, where it can be shown in a line as it is: a file may hold anything."""
    return text if len(text) <= _MAX_SHOWN and text.isprintable() else "..."
