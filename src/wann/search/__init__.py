"""The search for topologies, and the refining of what it found."""

from wann.search.champion import Champion
from wann.search.config import PRESET_NAMES, WEIGHT_VALUES, SearchConfig, preset
from wann.search.history import Generation, History
from wann.search.loggers import TensorBoard, WeightsAndBiases
from wann.search.refinement import Refinement, RefinementRound, refine
from wann.search.search import Search

__all__ = [
    "PRESET_NAMES",
    "WEIGHT_VALUES",
    "Champion",
    "Generation",
    "History",
    "Refinement",
    "RefinementRound",
    "Search",
    "SearchConfig",
    "TensorBoard",
    "WeightsAndBiases",
    "preset",
    "refine",
]
