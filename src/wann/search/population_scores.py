"""What the individuals of one generation reached and how large they are: enough to draw the Pareto front of a search."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.arguments import check_integer, check_mapping, check_number, shown
from wann.errors import WannError
from wann.files import read_json
from wann.networks.network import Networks
from wann.states import check_fields

FORMAT = "wann-population"
VERSION = 1
MAX_BYTES = 256 * 2**20
#: Of generations, connections and nodes.
MAX_COUNT = 10**9
_LARGEST = float(np.finfo(np.float64).max)
#: Columns of the file and their types; a row is an individual.
_COLUMNS: dict[str, type] = {"mean_reward": float, "best_reward": float, "connections": int, "nodes": int}


@dataclass(frozen=True, kw_only=True)
class PopulationScores:
    """Rewards and sizes of all individuals of a generation, those of one island after the other; arrays of one length.

    Rewards are those of the generation's own episodes, which the search selected on: unlike a champion's they are not
    confirmed on fresh ones. Sizes are those of the network: what reaches an output.
    """

    generation: int
    mean_reward: NDArray[np.float64]  #: over the weight values
    best_reward: NDArray[np.float64]  #: at the best weight value
    connections: NDArray[np.int64]
    nodes: NDArray[np.int64]

    @classmethod
    def of(
        cls, networks: Networks, generation: int, mean: NDArray[np.float64], best: NDArray[np.float64]
    ) -> "PopulationScores":
        """The scores of a generation's networks."""
        cores = (networks.batch[i] for i in range(len(networks)))
        sizes = np.array([(core.n_connections, core.n_nodes) for core in cores], dtype=np.int64)
        return cls(generation=generation, mean_reward=mean, best_reward=best, connections=sizes[:, 0], nodes=sizes[:, 1])

    def to_json(self) -> str:
        """The scores as the text of a file."""
        columns = {name: getattr(self, name).tolist() for name in _COLUMNS}
        return json.dumps({"format": FORMAT, "version": VERSION, "generation": self.generation, **columns}) + "\n"

    @classmethod
    def load(cls, path: Path) -> "PopulationScores":
        """Reads a file that holds what `to_json` gave.

        Raises:
            WannError: The file is none of this package's, or damaged; the message names it.
        """
        data = read_json(path, MAX_BYTES)
        try:
            return cls._from_dict(data)
        except WannError as error:
            raise WannError(f"{path}: {error}") from None

    @classmethod
    def _from_dict(cls, data: object) -> "PopulationScores":
        fields = check_mapping(data, "the file")
        kind = fields.get("format"), fields.get("version")
        if kind != (FORMAT, VERSION):
            raise WannError(f"format {shown(kind[0])}, version {shown(kind[1])} is not one this package reads")
        check_fields(fields, "the file", ("format", "version", "generation", *_COLUMNS))
        generation = check_integer(fields["generation"], "generation", 0, MAX_COUNT)
        columns = {name: _column(fields[name], name, kind) for name, kind in _COLUMNS.items()}
        lengths = [len(column) for column in columns.values()]
        if len(set(lengths)) != 1 or not lengths[0]:
            raise WannError(f"{', '.join(_COLUMNS)} have {lengths} entries; they must be of one length, and not empty")
        return cls(generation=generation, **columns)


def _column(values: object, name: str, kind: type) -> NDArray[Any]:
    if not isinstance(values, list):
        raise WannError(f"{name} is {shown(values)}; it must be a list")
    if kind is int:
        return np.array([check_integer(value, name, 0, MAX_COUNT) for value in values], dtype=np.int64)
    return np.array([check_number(value, name, -_LARGEST, _LARGEST) for value in values], dtype=np.float64)
