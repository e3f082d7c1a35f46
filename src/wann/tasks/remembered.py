"""Tasks that this person has named on the command line, so that a run goes on without being told its task again.

What imports code must be named by a person (see `wann.tasks.for_network`); once is enough. The names are kept in
``$XDG_STATE_HOME/wann/named-tasks.json`` (by default below ``~/.local/state``): never in a run's folder, which somebody else
may have made. A module counts as the same only where it is found in the same file as then.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wann.files import write_text
from wann.tasks import own

#: Names that are kept; the oldest are forgotten first.
_MOST = 1000


def remember(name: str, options: Mapping[str, Any]) -> None:
    """Keeps that a person has named this task with these options. Where that cannot be written, it is not kept."""
    known = _known()
    known.pop(_key(name, options), None)
    known[_key(name, options)] = own.from_anywhere(name)
    kept = dict(list(known.items())[-_MOST:])
    with contextlib.suppress(OSError):
        write_text(_path(), json.dumps(kept, indent=1) + "\n")


def was_named(name: str, options: Mapping[str, Any]) -> bool:
    """Whether this person has named the same task with the same options before."""
    return _key(name, options) in _known()


def _path() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "wann" / "named-tasks.json"


def _known() -> dict[str, str]:
    """By key, the name for people to read; nothing where there is no such file, or none that can be read."""
    try:
        known = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return known if isinstance(known, dict) else {}


def _key(name: str, options: Mapping[str, Any]) -> str:
    parts = [own.from_anywhere(name), json.dumps(options, sort_keys=True, default=repr), _origin(name)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _origin(name: str) -> str:
    """The file of the module that making the task would import; nothing where the name tells the file itself, or none."""
    family, _, rest = name.partition(":")
    if family in ("gymnasium", "envpool"):
        module = rest.rpartition(":")[0]
        return own.origin_of(module) if module else ""
    spelled = own.spelling(name)
    return "" if spelled is None or spelled.is_file else own.origin_of(spelled.place)
