"""A run's checkpoints: the state of its search, and what it belongs to."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wann import archive
from wann.errors import WannError
from wann.networks import file as network_file
from wann.networks.network import Network

FORMAT = "wann-checkpoint"
CHECKPOINT_VERSION = 2


class ForeignCheckpointError(WannError):
    """A checkpoint is whole, but not one that this run can go on from."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where a run stands."""

    settings: str  #: a digest of what the run was started with; see `wann.runs.RunSettings.digest`
    metrics: str  #: a digest of the lines of metrics.jsonl
    search: Mapping[str, Any]  #: see `wann.search.Search.state`

    def to_bytes(self) -> bytes:
        """The content of a file."""
        state = {"settings": self.settings, "metrics": self.metrics, "search": _networks_as_text(self.search)}
        return archive.pack(state, format=FORMAT, version=CHECKPOINT_VERSION)

    @classmethod
    def from_bytes(cls, data: bytes, settings: str) -> "Checkpoint":
        """Reads what `to_bytes` wrote.

        Args:
            data: The content of a file.
            settings: The digest of what the run was started with.

        Raises:
            WannError: The file is damaged.
            ForeignCheckpointError: It is of a run with other settings, or of an older version of this package.
        """
        try:
            state = archive.unpack(data, format=FORMAT, version=CHECKPOINT_VERSION)
        except WannError:
            if _is_first_version(data):
                raise ForeignCheckpointError(
                    "written by version 0.1 of wann, which did not note with which settings; finish the run with that "
                    "version, or start a new one from its champion",
                    parameter="start",
                ) from None
            raise
        if not isinstance(state.get("settings"), str) or not isinstance(state.get("metrics"), str):
            raise WannError("not a checkpoint of this package")
        if state["settings"] != settings:
            raise ForeignCheckpointError(
                "made with another task, seed or settings than config.json holds now; undo what was changed there, or start "
                "a new run from this one's champion",
                parameter="start",
            )
        return cls(settings=settings, metrics=state["metrics"], search=_text_as_networks(state.get("search")))


def _is_first_version(data: bytes) -> bool:
    """Whether these are the bytes of a checkpoint of version 1, which named no format."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            content = json.loads(file["json"].tobytes())
        return bool(content.keys() == {"version", "state"} and content["version"] == 1)
    except Exception:  # damaged in any way that NumPy and zipfile know
        return False


def _networks_as_text(value: Any) -> Any:
    if isinstance(value, Network):
        return {"network": network_file.to_json(value)}
    if isinstance(value, Mapping):
        return {name: _networks_as_text(v) for name, v in value.items()}
    if isinstance(value, list):
        return [_networks_as_text(v) for v in value]
    return value


def _text_as_networks(value: Any) -> Any:
    if isinstance(value, list):
        return [_text_as_networks(v) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"network"} and isinstance(value["network"], str):
        return network_file.from_json(value["network"])
    return {name: _text_as_networks(v) for name, v in value.items()}
