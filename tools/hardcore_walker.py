"""The hardcore walker without a price for falling, to search on: there, to stand still is better than to try.

wann search tools/hardcore_walker.py:FreeFalls --start zoo:bipedal-walker --out runs/walker-hardcore
wann evaluate runs/walker-hardcore --task bipedal-walker-hardcore    # what counts

docs/findings/bipedal-walker.md tells what came of it.
"""

from dataclasses import replace
from typing import Any

import wann
from wann.tasks import Rollouts

FALL = 100.0  #: what the environment takes for a fall
FINISHED = 200.0  #: no fall, not even the last step before the end, leaves as much


class FreeFalls:
    """`bipedal-walker-hardcore`, but an episode that ends in a fall keeps its reward for the way until then."""

    def __init__(self) -> None:
        self._task: Any = wann.make_task("bipedal-walker-hardcore")
        self.name = "bipedal-walker-hardcore-free-falls"

    def __getattr__(self, name: str) -> Any:
        """All else is the task's own."""
        return getattr(self._task, name)

    def rollout(self, *lanes: Any, threads: int = 1) -> Rollouts:
        """See `wann.tasks.Task.rollout`."""
        rollouts: Rollouts = self._task.rollout(*lanes, threads=threads)
        fell = (rollouts.steps < self._task.max_steps) & (rollouts.rewards < FINISHED)
        return replace(rollouts, rewards=rollouts.rewards + FALL * fell)
