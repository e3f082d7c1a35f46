"""config.json: what a run was started with, enough to repeat it."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wann import seeding
from wann.arguments import check_mapping, check_path, check_text, shown
from wann.errors import WannError
from wann.files import read_json
from wann.networks import file as network_file
from wann.networks.network import Network
from wann.runs.folder import CONFIG, FORMAT
from wann.search.config import PRESET_NAMES, SearchConfig
from wann.states import check_fields
from wann.tasks.own import from_anywhere

VERSION = 1
#: It may hold networks that the search started from.
MAX_BYTES = 256 * 2**20

_REQUIRED = ("format", "version", "task", "task_options", "preset", "seed", "config")
_OPTIONAL = ("wann_version", "start")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """What a run was started with: the content of config.json.

    Raises:
        WannError: A value has the wrong type or is not allowed.
    """

    task: str  #: as `make_task` takes it; the path of a file in it becomes absolute, so that the run goes on from any folder
    task_options: dict[str, Any] = dataclasses.field(default_factory=dict)
    preset: str = "default"
    seed: int = 0
    start: tuple[Network, ...] = ()  #: what the first population consists of, instead of random networks
    config: SearchConfig

    def __post_init__(self) -> None:
        """Checks what does not check itself."""
        object.__setattr__(self, "task", from_anywhere(check_text(self.task, "task")))
        check_mapping(self.task_options, "task_options")
        if self.preset not in PRESET_NAMES:
            raise WannError(f"preset is {shown(self.preset)}; there are {', '.join(PRESET_NAMES)}")
        object.__setattr__(self, "seed", seeding.check_seed(self.seed))

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        from wann._version import __version__

        return {
            "format": FORMAT,
            "version": VERSION,
            "wann_version": __version__,
            "task": self.task,
            "task_options": self.task_options,
            "preset": self.preset,
            "seed": self.seed,
            "config": self.config.to_dict(),
            **({"start": self._start()} if self.start else {}),
        }

    def to_json(self) -> str:
        """The text of config.json.

        Raises:
            WannError: An option of the task is nothing that JSON can hold.
        """
        try:
            return json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"
        except (TypeError, ValueError, RecursionError) as error:
            raise WannError(f"task_options is {shown(self.task_options)}; {CONFIG} cannot hold that: {error}") from None

    def digest(self) -> str:
        """A SHA-256 over all that a search depends on; searches with the same one go the same way.

        Settings that have their usual value are left out: a version of this package that has more of them finds the same.
        """
        usual = SearchConfig().to_dict()
        settings = {name: value for name, value in self.config.to_dict().items() if value != usual[name]}
        what = [self.task, self.task_options, self.seed, settings, self._start()]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def _start(self) -> list[Any]:
        return [json.loads(network_file.to_json(network)) for network in self.start]

    @classmethod
    def load(cls, folder: str | Path) -> "RunSettings":
        """Reads config.json, and checks it whole.

        Raises:
            WannError: The folder holds no run, or its configuration is damaged; the message names the file.
        """
        path = check_path(folder, "folder") / CONFIG
        try:
            data = read_json(path, MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            raise WannError(f"{folder} holds no run: there is no {CONFIG} in it") from None
        try:
            return cls._from_dict(data)
        except WannError as error:
            raise WannError(f"{path}: {error}") from None

    @classmethod
    def _from_dict(cls, data: object) -> "RunSettings":
        fields = _checked_fields(data)
        return cls(
            task=fields["task"],
            task_options=fields["task_options"],
            preset=fields["preset"],
            seed=fields["seed"],
            config=SearchConfig.from_dict(fields["config"], where="config"),
            start=tuple(_network(network, i) for i, network in enumerate(fields.get("start", ()))),
        )


def _checked_fields(data: object) -> Mapping[str, Any]:
    """The fields of config.json: those that it must have, no others, and those that hold others of the right type."""
    fields = check_mapping(data, "the file")
    kind = fields.get("format"), fields.get("version")
    if kind != (FORMAT, VERSION) or isinstance(kind[1], bool):
        raise WannError(f"format {shown(kind[0])}, version {shown(kind[1])} is not one this package reads")
    check_fields(fields, "the file", _REQUIRED, _OPTIONAL)
    for name, kinds, wanted in (("config", dict, "an object"), ("start", list, "a list"), ("wann_version", str, "text")):
        if name in fields and not isinstance(fields[name], kinds):
            raise WannError(f"{name} is {shown(fields[name])}; it must be {wanted}")
    return fields


def _network(data: object, index: int) -> Network:
    try:
        return network_file.from_json(json.dumps(data))
    except WannError as error:
        raise WannError(f"start, network {index}: {error}") from None
