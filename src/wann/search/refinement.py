"""Refining a network: its neighbours race against it, and the changes of the best ones are made together.

A search draws one change for each child, and where rewards are noisy it cannot tell a change that is worth one per cent from
luck. Here every neighbour meets the same episodes as the network itself, so that only differences count; the better ones go
on to more episodes; and changes that do good are tried together.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.arguments import check_callable, check_integer
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks import metadata
from wann.networks.edits import Change, Draft, neighbours
from wann.networks.metadata import RefinementRecord
from wann.networks.network import Network
from wann.progress import Report
from wann.search.config import WEIGHT_VALUES, check_weights
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits


@dataclass(frozen=True)
class _Stage:
    """A stage of a race."""

    episodes: int  #: with each weight
    part: float  #: of the field that goes on
    limit: float = np.inf  #: of a difference, in medians of all differences: rare falls drown small gains at first


_RACE = (_Stage(2, 0.4, limit=5), _Stage(8, 0.4, limit=10), _Stage(40, 0.3), _Stage(120, 1.0))
_FINAL_RACE = (_Stage(8, 0.4, limit=10), _Stage(40, 0.3), _Stage(200, 1.0))
#: The fewest that go on.
_FEWEST = 4
#: Changes that are tried together, and how many sets of them: the best 1, 2, 3 … ones, and random ones.
_BEST_CHANGES, _BEST_SETS, _RANDOM_SETS = 14, (1, 2, 3, 4, 6, 8, 10, 12, 14), 40


@dataclass(frozen=True, kw_only=True)
class RefinementRound:
    """What happened in one round of a `Refinement`."""

    round: int
    n_neighbours: int
    mean_reward: float  #: of the network that the round began with, over the weights and the last race's last episodes
    gain: float  #: by which the network that is kept was better on those; 0 where none was
    changes: int  #: that were made
    n_connections: int  #: afterwards
    environment_steps: int  #: since the start
    seconds: float  #: since the start of this round


@dataclass
class _Racer:
    network: Network
    total: float = 0.0  # of its differences to the network that is refined
    episodes: int = 0

    @property
    def lead(self) -> float:
        return self.total / max(self.episodes, 1)


class Refinement:
    """Improves a network change by change; see the module.

    Args:
        network: A network that fits the task. Its tuned weights are left out, as they were another network's.
        task: The task.
        weights: Shared weights; what is improved is the mean reward over them.
        n_neighbours: Neighbours that race in a round.
        seed: Names the run: the same seed gives the same run, whatever the number of threads.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.

    A network that has been refined before goes on where it was left, if the seed is the same.

    Raises:
        WannError: The network does not fit the task, is recurrent or has no connections, or an argument is out of range.
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        *,
        weights: Sequence[float] = WEIGHT_VALUES,
        n_neighbours: int = 1500,
        seed: int = 0,
        threads: int | None = None,
        evaluator: Evaluator | None = None,
    ) -> None:
        check_fits(network, task)
        network.refuse_recurrent("cannot be refined")
        if network.n_connections == 0:
            raise WannError("the network has no connections, so there is nothing to refine")
        self.task = task
        self.weights = check_weights(weights)
        self.n_neighbours = check_integer(n_neighbours, "n_neighbours", 8, 10**6)
        self.seed = seeding.check_seed(seed)
        self.evaluator = chosen(evaluator, threads)
        self._metadata = metadata.for_changed_topology(network.metadata)
        before = _before(network, task, self.seed)
        self.rounds, self.changes, self.environment_steps = before.rounds, before.changes, before.environment_steps
        self._draft = Draft.of(network)
        self._network = self._draft.network()

    @property
    def network(self) -> Network:
        """The network as it is now, without tuned weights; its metadata say how it was refined."""
        record = RefinementRecord(
            task=self.task.name,
            seed=self.seed,
            weights=self.weights,
            n_neighbours=self.n_neighbours,
            rounds=self.rounds,
            changes=self.changes,
            environment_steps=self.environment_steps,
        )
        return self._network.with_metadata(**{**self._metadata, **record.entries()})

    def run(self, rounds: int, report: Report | None = None) -> Iterator[RefinementRound]:
        """Runs rounds and gives a record of each.

        Args:
            rounds: How many.
            report: Called with what is under way.
        """
        for _ in range(rounds):
            yield self._round(report or (lambda what, part: None))

    def _round(self, report: Report) -> RefinementRound:
        start = time.monotonic()
        what = f"round {self.rounds + 1}"
        rng = seeding.generator(self.seed, Stream.REFINEMENT, self.rounds)
        field = neighbours(self._draft, self.n_neighbours, tuple(self.task.hidden_activations), rng)
        ranked, steps, reward = self._race([draft for _, draft in field], _RACE, 0, lambda part: report(what, 0.85 * part))
        best = [field[i][0] for i, lead in ranked[:_BEST_CHANGES] if lead > 0]
        sets = [(made, draft) for made, draft in (self._made(chosen) for chosen in _sets(best, rng)) if made]
        gain, n_changes = 0.0, 0
        if sets:
            finishers, more, reward = self._race(
                [draft for _, draft in sets], _FINAL_RACE, len(_RACE), lambda part: report(what, 0.85 + 0.15 * part)
            )
            steps += more
            i, lead = finishers[0] if finishers else (0, 0.0)
            if lead > 0:
                gain, n_changes = lead, sets[i][0]
                self._network = sets[i][1].network()
                # Without what reaches no output any more, as the network's file is: going on from that makes no difference.
                self._draft = Draft.of(self._network)
        self.rounds, self.changes, self.environment_steps = (
            self.rounds + 1,
            self.changes + n_changes,
            self.environment_steps + steps,
        )
        return RefinementRound(
            round=self.rounds,
            n_neighbours=len(field),
            mean_reward=reward,
            gain=gain,
            changes=n_changes,
            n_connections=self._network.n_connections,
            environment_steps=self.environment_steps,
            seconds=time.monotonic() - start,
        )

    def _made(self, changes: list[Change]) -> tuple[int, Draft]:
        """How many of the changes can be made one after the other, and what they make."""
        draft, made = self._draft, 0
        for change in changes:
            changed = draft.changed(change)
            if changed is not None:
                draft, made = changed, made + 1
        return made, draft

    def _race(
        self, drafts: list[Draft], stages: tuple[_Stage, ...], first_stage: int, report: Callable[[float], None]
    ) -> tuple[list[tuple[int, float]], int, float]:
        """Lets networks race against the present one. Those that act like it (and there are many) leave after one stage.

        Returns:
            Number and lead of those that reach the last stage, by their lead over all stages, the best first (the lead is
            that of the last stage alone, which nothing was chosen on before); environment steps; and the present network's
            mean reward in the last stage.
        """
        racers = [_Racer(draft.network()) for draft in drafts]
        field = list(range(len(racers)))
        steps, rewards = 0, np.zeros((1, 1))
        for k, stage in enumerate(stages):
            report(k / len(stages))
            n = stage.episodes * len(self.weights)
            seeds = seeding.episode_seeds(self.seed, Stream.REFINEMENT, n, 16 * (self.rounds + 1) + first_stage + k)
            weights = np.repeat(np.array(self.weights, dtype=np.float32), stage.episodes)
            networks = [self._network, *(racers[i].network for i in field)]
            rollouts = self.evaluator.run(self.task, networks, weights, seeds)
            steps += rollouts.computed_steps
            rewards = rollouts.rewards
            differences = rewards[1:] - rewards[0]
            if k == 0:
                differs = differences.any(axis=1)
                field, differences = [i for i, d in zip(field, differs, strict=True) if d], differences[differs]
            sums = _limited(differences, stage.limit).sum(axis=1)
            for i, lead in zip(field, sums, strict=True):
                racers[i].total += float(lead)
                racers[i].episodes += n
            last = dict(zip(field, (sums / n).tolist(), strict=True))
            field = sorted(field, key=lambda i: -racers[i].lead)[: max(_FEWEST, int(stage.part * len(field)))]
        return [(i, last[i]) for i in field], steps, float(rewards[0].mean())


def _before(network: Network, task: Task, seed: int) -> RefinementRecord:
    """A refinement that goes on; one that has done nothing where another one or none was made before.

    Raises:
        WannError: A file says something else there.
    """
    before = RefinementRecord.of(network)
    if before is not None and (before.task, before.seed) == (task.name, seed):
        return before
    return RefinementRecord(rounds=0, changes=0, environment_steps=0)


def _limited(differences: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Differences of rewards, those cut off that are more than so many medians of their magnitudes."""
    if not np.isfinite(limit) or not differences.any():
        return differences
    largest = limit * float(np.median(np.abs(differences[differences != 0])))
    return np.clip(differences, -largest, largest)


def _sets(best: list[Change], rng: np.random.Generator) -> list[list[Change]]:
    """Sets of changes to be tried together."""
    sets = [best[:n] for n in _BEST_SETS if n <= len(best)]
    if len(best) > 2:
        for _ in range(_RANDOM_SETS):
            n = int(rng.integers(2, len(best)))
            sets.append([best[i] for i in sorted(rng.choice(len(best), n, replace=False))])
    return sets


def refine(
    network: Network,
    task: Task,
    *,
    rounds: int = 10,
    report: Callable[[RefinementRound], None] | None = None,
    **settings: Any,
) -> Network:
    """Improves a network change by change, and gives the better one.

    Args:
        network: A network that fits the task.
        task: The task.
        rounds: How many rounds; each makes some changes, or none where none is better.
        report: Called with every round's record.
        settings: Further arguments of `Refinement`.

    Raises:
        WannError: The network does not fit the task or has no connections, or an argument is out of range.
    """
    check_callable(report, "report")
    refinement = Refinement(network, task, **settings)
    for record in refinement.run(check_integer(rounds, "rounds", 1, 10**6)):
        if report is not None:
            report(record)
    return refinement.network
