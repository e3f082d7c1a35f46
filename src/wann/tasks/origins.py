"""What tasks were made as by `wann.make_task`: what a network's file has to say, so that its task can be made again."""

import json
import weakref
from collections.abc import Mapping
from typing import Any

from wann.tasks.own import from_anywhere
from wann.tasks.protocol import Task

_made: "weakref.WeakKeyDictionary[Task, tuple[str, dict[str, Any]]]" = weakref.WeakKeyDictionary()


def remember(task: Task, name: str, options: Mapping[str, Any]) -> None:
    """Keeps a task's name and options while the task is there; not where no file could hold them, or the task is no key."""
    try:
        _made[task] = (from_anywhere(name), json.loads(json.dumps(dict(options), allow_nan=False)))
    except (TypeError, ValueError):
        return


def made_as(task: Task) -> tuple[str, dict[str, Any]] | None:
    """The name and the options that `wann.make_task` made the task of; None where it did not, or they are not kept."""
    try:
        return _made.get(task)
    except TypeError:  # a task that cannot be a key
        return None
