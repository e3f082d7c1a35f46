"""The run folder: everything that is needed to repeat, to follow, and to go on with a search.

======================  ==========================================================================================
``config.json``         task, preset, settings and seed: enough to repeat the run
``metrics.jsonl``       a line for each generation (`wann.search.Generation`)
``champion.json``       the champion, a network file whose metadata hold its scores
``history/``            every champion in turn, named by the seven digits of the generation that made it champion
``population.json``     rewards and sizes of the last generation's individuals (`wann.search.PopulationScores`)
``checkpoint.npz``      the state of the search, with a checksum and a digest of the settings that it belongs to;
                        ``checkpoint.previous.npz`` is the one before it
``.lock``               held by the process that writes into the folder
======================  ==========================================================================================

Every file is checked when it is read. Damage that can be got around is told (`Run.warnings`): that of a checkpoint, as there
is one before it; of champion.json, which is made again; of population.json and of files of history/, which are left out.
Other damage is an error of one line.
"""

from wann.runs.champions import history_files
from wann.runs.checkpoint import CHECKPOINT_VERSION
from wann.runs.folder import (
    CHAMPION,
    CHECKPOINT,
    CONFIG,
    HISTORY,
    LOCK,
    METRICS,
    POPULATION,
    PREVIOUS_CHECKPOINT,
)
from wann.runs.metrics import read_metrics
from wann.runs.population import read_population
from wann.runs.run import Run
from wann.runs.settings import RunSettings

__all__ = [
    "CHAMPION",
    "CHECKPOINT",
    "CHECKPOINT_VERSION",
    "CONFIG",
    "HISTORY",
    "LOCK",
    "METRICS",
    "POPULATION",
    "PREVIOUS_CHECKPOINT",
    "Run",
    "RunSettings",
    "history_files",
    "read_metrics",
    "read_population",
]
