"""What happened in the generations of a search, one record after the other."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wann.arguments import shown
from wann.errors import MissingExtraError, WannError

if TYPE_CHECKING:
    import pandas

    from wann.search.search import Search


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What happened in one generation: a line of metrics.jsonl."""

    generation: int
    islands: int  #: populations that took part
    best_mean_reward: float  #: of the networks of this generation, over its episodes
    median_mean_reward: float
    mean_mean_reward: float
    best_reward: float  #: the largest reward of any network at any weight value
    champion_mean_reward: float  #: confirmed
    champion_best_reward: float
    champion_connections: int
    champion_nodes: int
    champion_generation: int
    median_connections: float  #: enabled connections of the genomes
    environment_steps: int  #: computed since the start of the search


#: Called after each generation with the search and the record of the generation.
Callback = Callable[["Search", Generation], None]


class History(tuple[Generation, ...]):
    """The records of a search's generations, oldest first."""

    __slots__ = ()

    def records(self) -> list[dict[str, Any]]:
        """Each record as a dictionary, as in metrics.jsonl."""
        return [dataclasses.asdict(record) for record in self]

    def to_frame(self) -> "pandas.DataFrame":
        """The records as a DataFrame: a row a generation, named by its number, and a column a field.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise MissingExtraError("a DataFrame", "pandas") from None
        fields = [field.name for field in dataclasses.fields(Generation)]
        return pandas.DataFrame(self.records(), columns=fields).set_index("generation")

    def __repr__(self) -> str:
        span = f"{self[0].generation} to {self[-1].generation}" if self else "none"
        return f"History(generations: {span})"


def check_callbacks(given: object) -> tuple[Callback, ...]:
    """One function or several as a tuple.

    Raises:
        WannError: One of them is no function.
    """
    several = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str | bytes) else (given,)
    for callback in several:
        if not callable(callback):
            raise WannError(
                f"on_generation is {shown(callback)}; it must be a function of a search and a record, or a list of such"
            )
    return several
