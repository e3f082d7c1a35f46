"""A weight for each connection, by CMA-ES.

What is chosen here is chosen on tuning episodes, which are never those that a search uses or that a score is reported on.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.archive import pack, unpack
from wann.arguments import (
    as_numbers,
    check_instance,
    check_integer,
    is_number,
    shown,
)
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.files import write_bytes
from wann.networks import metadata
from wann.networks.metadata import TuningRecord
from wann.networks.network import Network
from wann.search.champion import topology_key
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits
from wann.training.cma import FAR, MOST_CANDIDATES, Cma, FullCma, SeparableCma
from wann.training.objective import QuantizedObjective, Scored, objective_for, usual_episodes
from wann.training.shared_weight import SharedWeight, tune_shared_weight

#: Generations of CMA-ES, where nobody says how many.
DEFAULT_GENERATIONS = 1000

#: From this many weights on, CMA-ES keeps only the diagonal of its covariance matrix.
SEPARABLE_FROM = 500


@dataclass(frozen=True, kw_only=True)
class TuningGeneration:
    """What happened in one generation of `WeightTuning`."""

    generation: int
    best_reward: float  #: of the generation's candidates over its episodes
    mean_reward: float  #: of all its candidates
    tuned_reward: float  #: of the weights that are kept, over the confirmation episodes that they have met
    sigma: float  #: CMA-ES's mean step along a coordinate
    episodes: int  #: since the start
    environment_steps: int  #: since the start


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """Where a tuning stands between two generations."""

    generation: int = 0  #: how many have been completed
    episodes: int  #: spent
    environment_steps: int
    best: NDArray[np.float32]  #: the weights that are kept, shape (n_connections,)
    best_reward: float = -np.inf  #: their mean over the confirmation episodes that they have met,
    best_episodes: int = 0  #: and the number of those
    runs: int = 0  #: of CMA-ES that have ended
    optimizer: Cma
    run_reward: float = -np.inf  #: the best confirmation of this run of CMA-ES
    run_patience: int  #: confirmations without a better one after which it ends


class WeightTuning:
    """Tunes a weight for each connection by CMA-ES, its candidates side by side in the lanes.

    All candidates of a generation meet the same episodes, fresh for every generation. What is kept is decided elsewhere: a
    late generation's best candidate and the centre of CMA-ES's distribution meet the weights kept so far on confirmation
    episodes that neither was chosen on. When a run of CMA-ES has converged, the next explores near what is kept, and
    the one after that begins again from the start: which valley a run ends in is luck.

    Args:
        network: A network that fits the task. The start is its shared weight, else the one that
            `tune_shared_weight` finds; every connection starts from it.
        task: The task.
        seed: Names the run: the same seed gives the same run, whatever the number of threads.
        population: Candidates in a generation.
        episodes: That every candidate meets in a generation: by default 16; on labelled data 2 batches, or 1 where a batch
            is all samples.
        confirm_episodes: Fresh episodes in a confirmation: by default 256; on labelled data 20 batches, or 1.
        sigma: CMA-ES's first step, as a part of the shared weight's magnitude, or of 1 where that is smaller.
        start: Weights to start from instead, shape (n_connections,).
        scales: What counts is the mean reward with the weights times each of these. Weights that work at several scales can
            be made into a topology that works at several shared weights; see `wann.quantize`.
        step: Weights are rounded to multiples of this before they run, and so are those that are kept (quantization-aware
            training).
        max_connections: With ``step``: weights that would become a topology of more connections when they are quantized
            rank behind all others.
        step_cost: Reward that a step of an episode costs where candidates are ranked, so that haste pays. It is no part of
            what decides which weights are kept, nor of a score.
        spent: The sweep that found the shared weight, so that its episodes are counted.
        sweep: Find the shared weight first where there is none, although ``start`` does not need it.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.

    Raises:
        WannError: The network does not fit the task or has no connections, or an argument is out of range.
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        *,
        seed: int = 0,
        population: int = 32,
        episodes: int | None = None,
        confirm_episodes: int | None = None,
        sigma: float = 0.2,
        start: NDArray[np.floating[Any]] | None = None,
        scales: Sequence[float] = (1.0,),
        step: float | None = None,
        max_connections: int | None = None,
        step_cost: float = 0.0,
        spent: SharedWeight | None = None,
        sweep: bool = False,
        threads: int | None = None,
        evaluator: Evaluator | None = None,
    ) -> None:
        check_fits(network, task)
        if network.n_connections == 0:
            raise WannError("the network has no connections, so there are no weights to tune")
        self.task = task
        self.seed = seeding.check_seed(seed)
        self.evaluator = chosen(evaluator, threads)
        self.population = check_integer(population, "population", 4, MOST_CANDIDATES)
        usual = usual_episodes(task)
        self.episodes_each = check_integer(usual[0] if episodes is None else episodes, "episodes", 1, 10**6)
        confirm = usual[1] if confirm_episodes is None else confirm_episodes
        self.confirm_episodes = check_integer(confirm, "confirm_episodes", 1, 10**6)
        self.sigma = _check_sigma(sigma)
        if spent is not None:
            check_instance(spent, SharedWeight, "spent", "what wann.training.tune_shared_weight gives")
        if not isinstance(sweep, bool):
            raise WannError(f"sweep is {shown(sweep)}; it must be true or false")
        self._objective = objective_for(network, task, scales, step, max_connections, step_cost, self.evaluator)
        shared = network.shared_weight
        if shared is None and (start is None or sweep):
            spent = tune_shared_weight(network, task, seed=seed, evaluator=self.evaluator)
            shared = spent.weight
        self._network = network.with_tuning(shared_weight=shared)
        self._start = _start_weights(network, start, shared)
        # Replaced as a whole when a generation is complete: whatever interrupts one leaves the tuning where it began.
        self._standing = _Standing(
            episodes=spent.episodes if spent else 0,
            environment_steps=spent.environment_steps if spent else 0,
            best=self._start,
            optimizer=self._new_optimizer(0, self._start),
            run_patience=_PATIENCE,
        )

    @property
    def network(self) -> Network:
        """The network with the best weights so far."""
        record = TuningRecord(
            method="CMA-ES, separable" if isinstance(self._standing.optimizer, SeparableCma) else "CMA-ES",
            task=self.task.name,
            seed=self.seed,
            generations=self.generation,
            population=self.population,
            episodes=self.episodes,
            environment_steps=self.environment_steps,
            scales=None if self.scales == (1.0,) else self.scales,
            step=self.settings["step"],
            step_cost=self._objective.step_cost or None,
        )
        return metadata.retuned(self._network, record, weights=self.weights)

    @property
    def weights(self) -> NDArray[np.float32]:
        """The best weights so far, shape (n_connections,)."""
        return self._objective.as_run(self._standing.best)

    @property
    def scales(self) -> tuple[float, ...]:
        """What the weights are multiplied with; the mean reward over these counts."""
        return self._objective.scales

    @property
    def generation(self) -> int:
        """How many generations have been completed."""
        return self._standing.generation

    @property
    def episodes(self) -> int:
        """Episodes spent since the start."""
        return self._standing.episodes

    @property
    def environment_steps(self) -> int:
        """Environment steps computed since the start."""
        return self._standing.environment_steps

    @property
    def runs(self) -> int:
        """Runs of CMA-ES that have ended."""
        return self._standing.runs

    @property
    def best_reward(self) -> float:
        """Mean reward of the best weights over the confirmation episodes that they have met; not a score to report."""
        return self._standing.best_reward

    @property
    def episodes_per_generation(self) -> int:
        """Episodes that a generation spends at most: its candidates' and the confirmation's."""
        return len(self._objective.scales) * (self.population * self.episodes_each + 3 * self.confirm_episodes)

    def run(self, generations: int | None = None, *, max_episodes: int | None = None) -> Iterator[TuningGeneration]:
        """Runs generations and gives a record of each.

        Args:
            generations: How many more; no end if not given.
            max_episodes: Stop when the next generation would spend more than this many since the start.
        """
        done = 0
        while generations is None or done < generations:
            if max_episodes is not None and self.episodes + self.episodes_per_generation > max_episodes:
                return
            yield self._generation()
            done += 1

    def _generation(self) -> TuningGeneration:
        before = self._standing
        candidates = before.optimizer.ask()
        scored = self._scored(candidates, self.episodes_each, 0)
        ranked = self._objective.ranked(candidates, scored)
        after = replace(
            before,
            generation=before.generation + 1,
            optimizer=before.optimizer.told(candidates, ranked),
            episodes=before.episodes + self._n_episodes(len(candidates), self.episodes_each),
            environment_steps=before.environment_steps + scored.computed_steps,
        )
        if before.generation % _CONFIRM_EVERY == 0:
            after = self._confirmed(after, candidates[int(np.argmax(ranked))])
        record = TuningGeneration(
            generation=before.generation,
            best_reward=float(ranked.max()),
            mean_reward=float(ranked.mean()),
            tuned_reward=after.best_reward,
            sigma=after.optimizer.step,
            episodes=after.episodes,
            environment_steps=after.environment_steps,
        )
        self._standing = self._restarted(after) if after.optimizer.has_ended or after.run_patience == 0 else after
        return record

    def _restarted(self, standing: _Standing) -> _Standing:
        """With a new run of CMA-ES: from the start with full steps, or, every other time, near the best weights."""
        runs = standing.runs + 1
        optimizer = self._new_optimizer(runs, standing.best)
        return replace(standing, runs=runs, optimizer=optimizer, run_reward=-np.inf, run_patience=_PATIENCE)

    def _new_optimizer(self, run: int, best: NDArray[np.float32]) -> Cma:
        near = run % 2 == 1
        start = best if near else self._start
        step = self.sigma * max(1.0, float(np.abs(start).mean())) * (0.3 if near else 1.0)
        kind = SeparableCma if len(start) >= SEPARABLE_FROM else FullCma
        return kind.start(start, step, self.population, seeding.derive(self.seed, Stream.TUNING, run))

    def _scored(self, rows: NDArray[np.float32], episodes: int, part: int) -> Scored:
        """What each row of weights reaches in this generation's episodes of a part (tuning or confirmation)."""
        group = _FIRST_GROUP + 2 * self.generation + part
        seeds = seeding.episode_seeds(self.seed, Stream.TUNING_EPISODES, episodes, group)
        return self._objective.scored(rows, seeds)

    def _n_episodes(self, n_rows: int, episodes: int) -> int:
        return n_rows * len(self._objective.scales) * episodes

    def _confirmed(self, standing: _Standing, candidate: NDArray[np.float32]) -> _Standing:
        """Keeps the candidate or the distribution's centre if it beats the best weights on fresh episodes.

        The best weights meet the same episodes, and their score is over all that they have met, so that luck with easy
        episodes decides nothing.
        """
        rows = np.array([standing.best, candidate, standing.optimizer.mean], dtype=np.float32)
        n = self.confirm_episodes
        scored = self._scored(rows, n, 1)
        best, *challengers = scored.rewards.tolist()
        known = standing.best_reward * standing.best_episodes if standing.best_episodes else 0.0
        pooled = (known + best * n) / (standing.best_episodes + n)
        i = int(np.argmax(challengers))
        progress = challengers[i] > standing.run_reward
        after = replace(
            standing,
            best_reward=pooled,
            best_episodes=standing.best_episodes + n,
            run_reward=challengers[i] if progress else standing.run_reward,
            run_patience=_PATIENCE if progress else standing.run_patience - 1,
            episodes=standing.episodes + self._n_episodes(len(rows), n),
            environment_steps=standing.environment_steps + scored.computed_steps,
        )
        # Weights that break the limit come to be kept only by breaking it less than those that are kept.
        excess = self._objective.excess(rows)
        better = challengers[i] > max(pooled, best)
        if excess[1 + i] < excess[0] or (better and excess[1 + i] == 0):
            return replace(after, best=rows[1 + i], best_reward=challengers[i], best_episodes=n)
        return after

    def save(self, path: str | Path) -> None:
        """Writes a checkpoint: arrays and JSON with a checksum, written beside and renamed into place."""
        standing = {field.name: getattr(self._standing, field.name) for field in fields(_Standing)}
        state = {
            "of": self._digest(),
            "settings": self.settings,
            "shared_weight": self._network.shared_weight,
            "start": self._start,
            "standing": {**standing, "optimizer": self._standing.optimizer.state()},
        }
        write_bytes(Path(path), pack(state, format=_FORMAT, version=_VERSION))

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that it was made with."""
        objective = self._objective
        return {
            "population": self.population,
            "episodes": self.episodes_each,
            "confirm_episodes": self.confirm_episodes,
            "sigma": self.sigma,
            "scales": objective.scales,
            "step": objective.step if isinstance(objective, QuantizedObjective) else None,
            "max_connections": objective.max_connections if isinstance(objective, QuantizedObjective) else None,
            "step_cost": objective.step_cost,
        }

    @classmethod
    def load(
        cls,
        path: str | Path,
        network: Network,
        task: Task,
        *,
        seed: int = 0,
        threads: int | None = None,
        evaluator: Evaluator | None = None,
    ) -> "WeightTuning":
        """Goes on from a checkpoint of the same network, task and seed, as if it had never been stopped.

        Raises:
            WannError: The file is no whole checkpoint, or it belongs to another network, task or seed.
            FileNotFoundError: There is no such file.
        """
        path = Path(path)
        check_fits(network, task)
        try:
            state = unpack(path.read_bytes(), format=_FORMAT, version=_VERSION)
        except WannError as error:
            raise WannError(f"{path}: no whole checkpoint of a tuning: {error}") from None
        of = state.get("of")
        if not isinstance(of, str) or of != _digest(network, task, seed):
            raise WannError(f"{path} is a checkpoint of another network, task or seed")
        try:
            settings, saved, shared = dict(state["settings"]), dict(state["standing"]), state["shared_weight"]
            network = network if shared is None else network.with_tuning(shared_weight=shared)
            tuning = cls(network, task, seed=seed, start=state["start"], threads=threads, evaluator=evaluator, **settings)
            tuning._standing = tuning._restored(saved)
        except (KeyError, TypeError, ValueError) as error:
            raise WannError(f"{path}: no whole checkpoint of a tuning: {error}") from None
        return tuning

    def _restored(self, saved: dict[str, Any]) -> _Standing:
        optimizer = type(self._standing.optimizer).restored(saved["optimizer"])
        best = as_numbers(saved["best"], "best")
        if len(optimizer.mean) != len(self._start) or best.shape != self._start.shape or not (np.abs(best) <= FAR).all():
            raise WannError("its weights do not fit the network")
        counts = ("generation", "episodes", "environment_steps", "best_episodes", "runs", "run_patience")
        return _Standing(
            optimizer=optimizer,
            best=best,
            best_reward=float(saved["best_reward"]),
            run_reward=float(saved["run_reward"]),
            # Generations and runs take part in seeds, whose parts are numbers of 32 bits.
            **{
                name: check_integer(saved[name], name, 0, 2**30 if name in ("generation", "runs") else 2**63)
                for name in counts
            },
        )

    def _digest(self) -> str:
        return _digest(self._network, self.task, self.seed)


_FORMAT, _VERSION = "wann-tuning", 2

#: Groups of tuning episodes before this one belong to the shared weight.
_FIRST_GROUP = 16

#: Generations from one confirmation to the next.
_CONFIRM_EVERY = 8

#: Confirmations without progress after which a run of CMA-ES has converged. Noise keeps its steps from vanishing, so its own
#: criteria seldom hold.
_PATIENCE = 25


def _digest(network: Network, task: Task, seed: int) -> str:
    """Tells the network, task and seed of a checkpoint from others."""
    return hashlib.sha256(f"{topology_key(network)} {task.name} {seed}".encode()).hexdigest()


#: CMA-ES steps beyond its start, and float32 ends at 3.4e38.
_LARGEST_START = 1e30


def _start_weights(network: Network, start: NDArray[np.floating[Any]] | None, shared: float | None) -> NDArray[np.float32]:
    if start is None:
        return np.full(network.n_connections, shared, dtype=np.float32)
    rows = np.array(as_numbers(start, "start"), dtype=np.float32)
    if rows.shape != (network.n_connections,) or not (np.abs(rows) <= _LARGEST_START).all():
        raise WannError(
            f"start has shape {rows.shape}; expected ({network.n_connections},) finite weights of at most {_LARGEST_START:g}"
        )
    return rows


def _check_sigma(sigma: float) -> float:
    if not is_number(sigma) or not 0 < sigma <= 100:
        raise WannError(f"sigma is {shown(sigma)}; it must be a number above 0 and at most 100")
    return float(sigma)


def tune_by_cma(
    network: Network,
    task: Task,
    *,
    generations: int = DEFAULT_GENERATIONS,
    report: Callable[[TuningGeneration], None] | None = None,
    **settings: Any,
) -> tuple[Network, bool]:
    """Runs a `WeightTuning` with these settings; the network with the best weights, and whether Ctrl-C stopped it."""
    tuning = WeightTuning(network, task, **settings)
    try:
        for record in tuning.run(generations):
            if report is not None:
                report(record)
    except KeyboardInterrupt:
        return tuning.network, True
    return tuning.network, False
