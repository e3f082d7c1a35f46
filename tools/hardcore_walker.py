"""The hardcore walker without a price for falling, to search on: there, to stand still is better than to try.

wann search tools/hardcore_walker.py:FreeFalls --start zoo:bipedal-walker --out runs/walker-hardcore
wann evaluate runs/walker-hardcore --task bipedal-walker-hardcore    # what counts

docs/findings/bipedal-walker.md tells what came of it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wann import Network
from wann.tasks import Rollouts
from wann.tasks.native.walker import BipedalWalkerHardcore

FALL = 100.0  #: what the environment takes for a fall
FINISHED = 200.0  #: the way pays 300 at most, so a fall leaves less than this


class FreeFalls(BipedalWalkerHardcore):
    """`bipedal-walker-hardcore`, but an episode that ends in a fall keeps its reward for the way until then."""

    name = "bipedal-walker-hardcore-free-falls"

    def rollout(
        self,
        networks: Sequence[Network],
        weights: NDArray[np.float32],
        seeds: NDArray[np.uint64],
        *,
        threads: int = 1,
    ) -> Rollouts:
        """See `wann.tasks.Task.rollout`."""
        rollouts = super().rollout(networks, weights, seeds, threads=threads)
        fell = (rollouts.steps < self.max_steps) & (rollouts.rewards < FINISHED)
        return replace(rollouts, rewards=rollouts.rewards + FALL * fell)
