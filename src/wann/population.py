"""What the individuals of one generation reached and how large they are: enough to draw the Pareto front of a search."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann.errors import WannError
from wann.network import Networks

FORMAT = "wann-population"
VERSION = 1
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
    def from_json(cls, text: str, where: str) -> "PopulationScores":
        """Reads what `to_json` wrote.

        Args:
            text: The content of a file.
            where: What to call it in an error.

        Raises:
            WannError: The text is none of this package's, or damaged.
        """
        try:
            data = json.loads(text)
            kind = data["format"], data["version"]
            scores = cls(generation=int(data["generation"]), **_columns(data)) if kind == (FORMAT, VERSION) else None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WannError(f"{where} is damaged: {type(error).__name__}: {error}") from None
        if scores is None:
            raise WannError(f"{where}: format {kind[0]!r}, version {kind[1]!r} is not one this package reads")
        return scores


def _columns(data: dict[str, Any]) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {name: np.array(data[name], dtype=kind) for name, kind in _COLUMNS.items()}
    if any(c.shape != (len(columns["nodes"]),) or not len(c) or not np.isfinite(c).all() for c in columns.values()):
        raise ValueError("expected columns of finite numbers, all of one length")
    return columns
