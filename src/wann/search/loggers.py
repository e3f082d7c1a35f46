"""What `Search` can tell other programs after each generation: ready ones for ``on_generation``.

Each gives every field of the generation's record under ``wann/``, with the generation as the step.
"""

import dataclasses
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from wann.arguments import check_path
from wann.errors import MissingExtraError
from wann.search.history import Generation

if TYPE_CHECKING:
    from wann.search.search import Search

__all__ = ["TensorBoard", "WeightsAndBiases"]


class TensorBoard:
    """Writes event files that ``tensorboard --logdir`` shows.

    Args:
        folder: Where they go.

    Raises:
        MissingExtraError: The extra ``tensorboard`` is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise MissingExtraError("TensorBoard", "tensorboard") from None
        self._writer = SummaryWriter(str(check_path(folder, "folder")))

    def __call__(self, search: "Search", record: Generation) -> None:
        """Writes a generation."""
        for name, value in _values(record).items():
            self._writer.add_scalar(name, value, record.generation)
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class WeightsAndBiases:
    """Sends generations to Weights & Biases, as a run whose configuration holds task, seed and settings.

    Args:
        options: For ``wandb.init``, such as ``project="wann"`` or ``mode="offline"``.

    Attributes:
        run: The run of wandb, from the first generation on; None before.

    Raises:
        MissingExtraError: The extra ``wandb`` is not installed.
    """

    def __init__(self, **options: Any) -> None:
        try:
            import wandb
        except ImportError:
            raise MissingExtraError("Weights & Biases", "wandb") from None
        self._wandb = wandb
        self._options = options
        self.run: Any = None

    def __call__(self, search: "Search", record: Generation) -> None:
        """Sends a generation."""
        if self.run is None:
            config = {"task": search.task.name, "seed": search.seed, **search.config.to_dict()}
            self.run = self._wandb.init(**{"config": config, **self._options})
        self.run.log(_values(record), step=record.generation, commit=True)

    def close(self) -> None:
        """Ends the run."""
        if self.run is not None:
            self.run.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _values(record: Generation) -> dict[str, float]:
    fields = dataclasses.asdict(record)
    return {f"wann/{name}": value for name, value in fields.items() if name != "generation"}
