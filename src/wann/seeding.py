"""Where every random number comes from.

A seed names a run; a *stream* says what a number is for. What is chosen on one stream is reported on another, so that no
score is measured on the episodes that it was chosen on. Streams are counted through by a counter-based generator (Philox),
so nothing depends on the order or the thread in which work is done.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import shown
from wann.errors import WannError

MAX_SEED = 2**63 - 1


class Stream(IntEnum):
    """What random numbers are for."""

    FIRST_POPULATION = 1
    VARIATION = 2
    OBJECTIVE = 3
    SEARCH_EPISODES = 4
    CONFIRMATION_EPISODES = 5
    EVALUATION_EPISODES = 6
    EVALUATION_WEIGHTS = 7
    TUNING_EPISODES = 8
    TUNING = 9
    BASELINE = 10
    SPLIT = 11
    BENCHMARK = 12
    BASELINE_EPISODES = 13
    REFINEMENT = 14
    QUANTIZATION = 15
    SEARCH_WEIGHTS = 16
    EXPLANATION_EPISODES = 17
    ADAPTATION_EPISODES = 18
    REPORT_WEIGHTS = 19


def check_seed(seed: int) -> int:
    """The seed itself.

    Raises:
        WannError: It is not an integer from 0 to 2⁶³ - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= MAX_SEED:
        raise WannError(f"seed is {shown(seed)}; allowed are integers from 0 to 2^63 - 1")
    return int(seed)


def derive(seed: int, stream: Stream, a: int = 0, b: int = 0) -> int:
    """A 64-bit seed for item (a, b) of a stream; a and b are below 2³²."""
    return _core.derive_seed(seed, int(stream), a, b)


def episode_seeds(seed: int, stream: Stream, n: int, group: int = 0) -> NDArray[np.uint64]:
    """Seeds of episodes 0 to n - 1 of a group (a generation, say); shape (n,)."""
    return np.array([derive(seed, stream, group, episode) for episode in range(n)], dtype=np.uint64)


def generator(seed: int, stream: Stream, a: int = 0, b: int = 0) -> np.random.Generator:
    """A NumPy generator for item (a, b) of a stream."""
    return np.random.Generator(np.random.Philox(key=derive(seed, stream, a, b)))


def reset_seed(seed: int | np.uint64) -> int:
    """The seed that an episode's environment is reset with: environments differ in how large a seed they take."""
    return int(seed) % 2**31
