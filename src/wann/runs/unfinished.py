"""A tuning or a refinement that is under way: what it was asked for, in a small file beside the network that it makes.

``tuned.json.unfinished`` is written before any work is done on ``tuned.json``, and deleted when that is finished. Whatever
ends the work in between, the file says how to go on. It may come from somebody else, as a run may: the task that it names is
made by `wann.tasks.for_network`'s rule.
"""

import glob
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wann import seeding
from wann.arguments import check_mapping, check_text, shown
from wann.errors import WannError, WorkersLostError
from wann.files import read_json, write_text
from wann.networks import file as network_file
from wann.networks.network import Network
from wann.states import check_fields
from wann.tasks.own import from_anywhere

FORMAT, VERSION = "wann-unfinished", 1
#: What a file is called that belongs to another one.
SUFFIX, CHECKPOINT_SUFFIX = ".unfinished", ".checkpoint.npz"

_MAX_BYTES = 64 * 2**20
#: The arguments of each kind of work, besides network, task and seed.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "tune": (
        "generations", "population", "episodes", "sigma", "scales", "low", "high", "points", "method", "epochs", "from_zero",
        "from_own", "step_cost",
    ),
    "refine": ("rounds", "weights", "n_neighbours"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """What a tuning or a refinement was asked for.

    Raises:
        WannError: A value has the wrong type.
    """

    kind: str  #: ``"tune"`` or ``"refine"``
    network: Network  #: that it began with; of a refinement, as it was after the last round
    task: str  #: as `wann.make_task` takes it; the path of a file in it becomes absolute
    task_options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    settings: dict[str, Any]  #: the arguments that were given, by the names of `SETTINGS`

    def __post_init__(self) -> None:
        """Checks what does not check itself."""
        if self.kind not in SETTINGS:
            raise WannError(f"kind is {shown(self.kind)}; there are {', '.join(SETTINGS)}")
        object.__setattr__(self, "task", from_anywhere(check_text(self.task, "task")))
        check_mapping(self.task_options, "task_options")
        seeding.check_seed(self.seed)
        check_fields(self.settings, "settings", (), SETTINGS[self.kind])

    def after(self, network: Network, **left: Any) -> "Unfinished":
        """What is left to be done: from the network as far as it has come, with these settings instead."""
        return replace(self, network=network, settings={**self.settings, **left})

    def save(self, target: Path) -> None:
        """Writes the file of a network that is being made.

        Raises:
            WannError: An option of the task is nothing that JSON can hold.
        """
        try:
            text = json.dumps(self._to_dict(), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise WannError(f"task_options is {shown(self.task_options)}; a file cannot hold that: {error}") from None
        write_text(unfinished_file(target), text + "\n")

    def _to_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "kind": self.kind,
            "task": self.task,
            "task_options": self.task_options,
            "seed": self.seed,
            "settings": self.settings,
            "network": json.loads(network_file.to_json(self.network)),
        }

    @classmethod
    def load(cls, target: Path) -> "Unfinished":
        """Reads the file of a network that is being made, and checks it whole.

        Raises:
            WannError: The file is damaged; the message names it.
            FileNotFoundError: There is none.
        """
        path = unfinished_file(target)
        data = read_json(path, _MAX_BYTES)
        try:
            return cls._from_dict(data)
        except WannError as error:
            raise WannError(f"{path}: {error}") from None

    @classmethod
    def _from_dict(cls, data: object) -> "Unfinished":
        fields = check_mapping(data, "the file")
        kind = fields.get("format"), fields.get("version")
        if kind != (FORMAT, VERSION) or isinstance(kind[1], bool):
            raise WannError(f"format {shown(kind[0])}, version {shown(kind[1])} is not one this package reads")
        check_fields(
            fields, "the file", ("format", "version", "kind", "task", "task_options", "seed", "settings", "network")
        )
        values = {name: fields[name] for name in ("kind", "task", "task_options", "seed", "settings")}
        if not isinstance(values["kind"], str):
            raise WannError(f"kind is {shown(values['kind'])}; it must be text")
        return cls(network=network_file.from_json(json.dumps(fields["network"])), **values)


def unfinished_file(target: Path) -> Path:
    """Where it stands what was asked for, while a network is being made."""
    return target.with_name(target.name + SUFFIX)


def checkpoint_file(target: Path) -> Path:
    """Where the state of CMA-ES goes while a network is tuned."""
    return target.with_name(target.name + CHECKPOINT_SUFFIX)


@contextmanager
def under_way(work: Unfinished, target: Path, *, begun: bool) -> Iterator[None]:
    """Notes what is asked for before the work that is inside, and deletes that note after it.

    The note stays where the work was stopped, so that it can go on; and it goes where bad input ended it at once.

    Args:
        work: What is asked for.
        target: The network that is made.
        begun: Whether the work goes on: then the note is there already.
    """
    note, checkpoint = unfinished_file(target), checkpoint_file(target)
    if not begun:
        checkpoint.unlink(missing_ok=True)  # of earlier work on the same file
        work.save(target)
    before = note.read_bytes()
    try:
        yield
    except WorkersLostError:
        raise
    except WannError:
        if not begun and not checkpoint.exists() and note.read_bytes() == before:
            note.unlink()
        raise
    forget(target)


def forget(target: Path) -> None:
    """Deletes what is only of use to work that goes on."""
    # In this order: without its checkpoint, work that is killed in between is done again, and comes out the same.
    checkpoint_file(target).unlink(missing_ok=True)
    unfinished_file(target).unlink(missing_ok=True)
    # What a kill left of a file that was just being written, see `wann.files`.
    for half in target.parent.glob(f".{glob.escape(target.name)}.*tmp"):
        half.unlink(missing_ok=True)


def unfinished_target(path: Path) -> Path | None:
    """The network that was being made, where ``path`` is that or one of the files beside it; None where nothing was."""
    for suffix in ("", SUFFIX, CHECKPOINT_SUFFIX):
        target = path.with_name(path.name.removesuffix(suffix))
        if unfinished_file(target).is_file():
            return target
    return None
