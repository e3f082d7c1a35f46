"""The networks of a comparison that are found already: what lets one that was stopped go on."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wann.arguments import check_integer, check_mapping, check_number, check_path, shown
from wann.errors import WannError
from wann.files import read_json, write_text
from wann.networks import file as network_file
from wann.networks.network import Network
from wann.states import check_fields

FORMAT, VERSION = "wann-comparison-stages", 1
_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a network was found with."""

    episodes: int
    environment_steps: int | None  #: None where it is not known

    @property
    def steps_shown(self) -> str:
        """The environment steps as a table shows them."""
        return "unknown" if self.environment_steps is None else f"{self.environment_steps:,}"

    def __add__(self, other: "Budget") -> "Budget":
        steps = (self.environment_steps, other.environment_steps)
        known = None if None in steps else sum(n for n in steps if n is not None)
        return Budget(episodes=self.episodes + other.episodes, environment_steps=known)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A network, and what finding it took."""

    network: Network
    spent: Budget
    seconds: float


class Stages:
    """Finds one network after the other, and keeps each in a file until all are found.

    Args:
        path: The file; None to keep nothing.
        asked: What the comparison was asked for, as JSON can hold it.

    Raises:
        WannError: The file is damaged, or is of a comparison that was asked for something else; or JSON cannot hold what is
            asked for.
    """

    def __init__(self, path: Path | str | None = None, asked: Mapping[str, Any] | None = None) -> None:
        self.path = None if path is None else check_path(path)
        self._asked = _as_read(check_mapping({} if asked is None else asked, "asked"))
        self._found: dict[str, Found] = {}
        if self.path is not None and self.path.exists():
            try:
                self._found = self._read(read_json(self.path, _MAX_BYTES))
            except WannError as error:
                raise WannError(f"{self.path}: {error}", parameter="overwrite") from None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the stages whose networks are found."""
        return tuple(self._found)

    def run(self, name: str, work: Callable[[], tuple[Network, Budget]]) -> Found:
        """The network of a stage: the one that is kept, or what the work gives, which is kept then."""
        if name not in self._found:
            start = time.monotonic()
            network, spent = work()
            self._found[name] = Found(network=network, spent=spent, seconds=time.monotonic() - start)
            self._write()
        return self._found[name]

    def forget(self) -> None:
        """Deletes the file: all is done, or is to be done again."""
        self._found = {}
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        if self.path is None:
            return
        found = {
            name: {
                "network": json.loads(network_file.to_json(one.network)),
                "episodes": one.spent.episodes,
                "environment_steps": one.spent.environment_steps,
                "seconds": one.seconds,
            }
            for name, one in self._found.items()
        }
        data = {"format": FORMAT, "version": VERSION, "asked": self._asked, "found": found}
        write_text(self.path, json.dumps(data) + "\n")

    def _read(self, data: object) -> dict[str, Found]:
        fields = check_fields(data, "the file", ("format", "version", "asked", "found"))
        if (fields["format"], fields["version"]) != (FORMAT, VERSION):
            kind = f"format {shown(fields['format'])}, version {shown(fields['version'])}"
            raise WannError(f"{kind} is not one this package reads")
        asked = check_mapping(fields["asked"], "asked")
        for name in sorted({*asked, *self._asked}):
            if asked.get(name) != self._asked.get(name):
                there, here = shown(asked.get(name)), shown(self._asked.get(name))
                raise WannError(f"a comparison was begun there with another {name}: {there}, not {here}")
        return {name: _found(value, name) for name, value in check_mapping(fields["found"], "found").items()}


def _as_read(asked: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from a file, where lists stand for tuples."""
    try:
        read: dict[str, Any] = json.loads(json.dumps(asked, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise WannError(f"asked is {shown(asked)}; a file cannot hold that: {error}") from None
    return read


def _found(value: object, stage: str) -> Found:
    fields = check_fields(value, stage, ("network", "episodes", "environment_steps", "seconds"))
    steps = fields["environment_steps"]
    return Found(
        network=network_file.from_json(json.dumps(fields["network"])),
        spent=Budget(
            episodes=check_integer(fields["episodes"], f"{stage}: episodes", 0, 10**15),
            environment_steps=None if steps is None else check_integer(steps, f"{stage}: environment_steps", 0, 10**18),
        ),
        seconds=check_number(fields["seconds"], f"{stage}: seconds", 0.0, 1e12),
    )
