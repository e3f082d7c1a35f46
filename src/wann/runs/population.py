"""population.json: what the individuals of a run's last generation reached."""

from pathlib import Path

from wann.arguments import check_path
from wann.errors import WannError
from wann.runs.folder import POPULATION
from wann.search.population_scores import PopulationScores


def read_population(folder: str | Path) -> PopulationScores | None:
    """The scores of the last generation's individuals; None where the run keeps none, as runs of old versions do.

    Raises:
        WannError: The file is damaged; the message names it.
    """
    path = check_path(folder, "folder") / POPULATION
    return PopulationScores.load(path) if path.is_file() else None


def cut_back(folder: Path, generation: int) -> list[str]:
    """Takes the file away if it is of a generation that comes again, or damaged; in the latter case with a line about it."""
    path = folder / POPULATION
    try:
        population = read_population(folder)
    except WannError as error:
        path.unlink()
        return [f"{error}; it is left out"]
    if population is not None and population.generation >= generation:
        path.unlink()
    return []
