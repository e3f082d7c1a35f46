"""Tuned weights: the best single weight, and a weight for each connection by CMA-ES.

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
    MAX_WEIGHT,
    as_numbers,
    check_callable,
    check_instance,
    check_integer,
    check_threads,
    is_number,
    shown,
)
from wann.errors import WannError
from wann.files import write_bytes
from wann.networks.network import Network
from wann.progress import Report
from wann.search.champion import topology_key
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes, run_lanes
from wann.training.cma import Cma, FullCma, SeparableCma
from wann.training.objective import Objective, QuantizedObjective

#: Random weights are drawn from U(-2, 2) and the shared weight is swept over it, as in the paper.
WEIGHT_RANGE = (-2.0, 2.0)

#: From this many weights on, CMA-ES keeps only the diagonal of its covariance matrix.
SEPARABLE_FROM = 500

#: Weights that go on from a round of the sweep to the next; around each of the first ones, in parts of the sweep's step.
_FRONT, _OFFSETS = 5, (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75)

#: Episodes of the sweep that run between two reports.
_EPISODES_A_REPORT = 512


def check_range(low: float, high: float) -> tuple[float, float]:
    """The ends of a range of weights.

    Raises:
        WannError: One is not finite, or the first is not below the second.
    """
    if not (_is_weight(low) and _is_weight(high) and float(low) < float(high)):
        raise WannError(
            f"the range of weights is {shown(low)} to {shown(high)}; it must be two finite numbers, the smaller first"
        )
    return float(low), float(high)


def _is_weight(x: object) -> bool:
    return is_number(x) and bool(abs(x) <= MAX_WEIGHT)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class SharedWeight:
    """What `tune_shared_weight` chose."""

    weight: float
    mean_reward: float  #: at that weight on the episodes of the last choice; not a score to report
    episodes: int  #: spent on the choice in all
    environment_steps: int


def tune_shared_weight(
    network: Network,
    task: Task,
    *,
    low: float = WEIGHT_RANGE[0],
    high: float = WEIGHT_RANGE[1],
    points: int = 41,
    episodes: int = 32,
    seed: int = 0,
    threads: int | None = None,
    report: Report | None = None,
) -> SharedWeight:
    """Finds the best single weight: a sweep over the range, then finer steps around the best ones (section 3.1 of the
    paper).

    Every round meets fresh tuning episodes, fewer weights and four times as many episodes, so that the luck that put a
    weight in front in one round does not carry it through the next.

    Args:
        network: A network that fits the task.
        task: The task.
        low: The smallest weight.
        high: The largest weight.
        points: Weights in the sweep, the two ends included.
        episodes: With each weight of the sweep.
        seed: Names the episodes.
        threads: Threads to use; all cores by default.
        report: Called with what is under way.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_fits(network, task)
    low, high = check_range(low, high)
    check_integer(points, "points", 2, 10**5)
    check_integer(episodes, "episodes", 1, 10**6)
    check_callable(report, "report")
    seed, threads = seeding.check_seed(seed), check_threads(threads)
    spent = steps = 0
    most = episodes * (points + 4 * _FRONT * len(_OFFSETS) + 16 * _FRONT)

    def rewards(weights: NDArray[np.float64], n: int, round_: int) -> NDArray[np.float64]:
        nonlocal spent, steps
        seeds = seeding.episode_seeds(seed, Stream.TUNING_EPISODES, n, round_)
        means = []
        at_once = len(weights) if report is None else max(_EPISODES_A_REPORT // n, 1)
        for first in range(0, len(weights), at_once):
            if report is not None:
                report("shared weight", min(spent / most, 1.0))
            lanes = product_lanes(weights[first : first + at_once], seeds)
            rollouts = run_lanes(task, [network], *lanes, threads=threads)
            spent += len(lanes[1])
            steps += rollouts.computed_steps
            means.append(rollouts.rewards.reshape(-1, n).mean(axis=1))
        return np.concatenate(means)

    step = (high - low) / (points - 1)
    sweep = np.linspace(low, high, points)
    front = sweep[_best(rewards(sweep, episodes, 0), _FRONT)]
    fine = np.unique(np.clip(front[:, None] + step * np.array(_OFFSETS), low, high))
    front = fine[_best(rewards(fine, 4 * episodes, 1), _FRONT)]
    last = rewards(front, 16 * episodes, 2)
    i = int(np.argmax(last))
    return SharedWeight(
        weight=float(np.float32(front[i])), mean_reward=float(last[i]), episodes=spent, environment_steps=steps
    )


def _best(rewards: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    return np.argsort(-rewards, kind="stable")[:n]


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
        sigma: CMA-ES's first step, as a part of the shared weight's magnitude (at least 0.5).
        start: Weights to start from instead, shape (n_connections,).
        scales: What counts is the mean reward with the weights times each of these. Weights that work at several scales can
            be made into a topology that works at several shared weights; see `wann.quantize`.
        step: Weights are rounded to multiples of this before they run, and so are those that are kept (quantization-aware
            training).
        max_connections: With ``step``: weights that would become a topology of more connections when they are quantized
            rank behind all others.
        spent: The sweep that found the shared weight, so that its episodes are counted.
        sweep: Find the shared weight first where there is none, although ``start`` does not need it.
        threads: Threads to use; all cores by default.

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
        spent: SharedWeight | None = None,
        sweep: bool = False,
        threads: int | None = None,
    ) -> None:
        check_fits(network, task)
        if network.n_connections == 0:
            raise WannError("the network has no connections, so there are no weights to tune")
        self.task = task
        self.seed = seeding.check_seed(seed)
        self.threads = check_threads(threads)
        self.population = check_integer(population, "population", 4, 10**5)
        usual = _usual_episodes(task)
        self.episodes_each = check_integer(usual[0] if episodes is None else episodes, "episodes", 1, 10**6)
        confirm = usual[1] if confirm_episodes is None else confirm_episodes
        self.confirm_episodes = check_integer(confirm, "confirm_episodes", 1, 10**6)
        self.sigma = _check_sigma(sigma)
        if spent is not None:
            check_instance(spent, SharedWeight, "spent", "what wann.training.tune_shared_weight gives")
        if not isinstance(sweep, bool):
            raise WannError(f"sweep is {shown(sweep)}; it must be true or false")
        self._objective = _objective(network, task, scales, step, max_connections, self.threads)
        shared = network.shared_weight
        if shared is None and (start is None or sweep):
            spent = tune_shared_weight(network, task, seed=seed, threads=threads)
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
        tuning: dict[str, Any] = {
            "method": "CMA-ES, separable" if isinstance(self._standing.optimizer, SeparableCma) else "CMA-ES",
            "task": self.task.name,
            "seed": self.seed,
            "generations": self.generation,
            "population": self.population,
            "episodes": self.episodes,
            "environment_steps": self.environment_steps,
            **self._objective.about(),
        }
        return self._network.with_tuning(weights=self.weights, tuning=tuning)

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
        rewards, steps = self._rewards(candidates, self.episodes_each, 0)
        ranked = self._objective.ranked(candidates, rewards)
        after = replace(
            before,
            generation=before.generation + 1,
            optimizer=before.optimizer.told(candidates, ranked),
            episodes=before.episodes + self._n_episodes(len(candidates), self.episodes_each),
            environment_steps=before.environment_steps + steps,
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

    def _rewards(self, rows: NDArray[np.float32], episodes: int, part: int) -> tuple[NDArray[np.float64], int]:
        """Mean reward of each row of weights over this generation's episodes of a part (tuning or confirmation), and the
        environment steps.
        """
        group = _FIRST_GROUP + 2 * self.generation + part
        seeds = seeding.episode_seeds(self.seed, Stream.TUNING_EPISODES, episodes, group)
        return self._objective.rewards(rows, seeds)

    def _n_episodes(self, n_rows: int, episodes: int) -> int:
        return n_rows * len(self._objective.scales) * episodes

    def _confirmed(self, standing: _Standing, candidate: NDArray[np.float32]) -> _Standing:
        """Keeps the candidate or the distribution's centre if it beats the best weights on fresh episodes.

        The best weights meet the same episodes, and their score is over all that they have met, so that luck with easy
        episodes decides nothing.
        """
        rows = np.array([standing.best, candidate, standing.optimizer.mean], dtype=np.float32)
        n = self.confirm_episodes
        rewards, steps = self._rewards(rows, n, 1)
        best, *challengers = rewards.tolist()
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
            environment_steps=standing.environment_steps + steps,
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
        }

    @classmethod
    def load(
        cls, path: str | Path, network: Network, task: Task, *, seed: int = 0, threads: int | None = None
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
            tuning = cls(network, task, seed=seed, start=state["start"], threads=threads, **settings)
            tuning._standing = tuning._restored(saved)
        except (KeyError, TypeError, ValueError) as error:
            raise WannError(f"{path}: no whole checkpoint of a tuning: {error}") from None
        return tuning

    def _restored(self, saved: dict[str, Any]) -> _Standing:
        optimizer = type(self._standing.optimizer).restored(saved["optimizer"])
        best = as_numbers(saved["best"], "best")
        if len(optimizer.mean) != len(self._start) or best.shape != self._start.shape or not np.isfinite(best).all():
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


def _usual_episodes(task: Task) -> tuple[int, int]:
    """Episodes of a generation and of a confirmation: an episode of labelled data is a batch, which says much more."""
    from wann.tasks.data.samples import DataTask

    if not isinstance(task, DataTask):
        return 16, 256
    return (2, 20) if task.has_batches else (1, 1)


def _objective(
    network: Network,
    task: Task,
    scales: Sequence[float],
    step: float | None,
    max_connections: int | None,
    threads: int,
) -> Objective:
    if step is not None:
        return QuantizedObjective(network, task, step=step, max_connections=max_connections, scales=scales, threads=threads)
    if max_connections is not None:
        raise WannError("max_connections is given without step; only quantized weights make connections")
    return Objective(network, task, scales=scales, threads=threads)


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


def tune(
    network: Network,
    task: Task,
    *,
    generations: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    report: Callable[[TuningGeneration], None] | None = None,
    **settings: Any,
) -> Network:
    """Tunes the shared weight and then a weight for each connection.

    Args:
        network: A network that fits the task.
        task: The task.
        generations: Of CMA-ES; `DEFAULT_GENERATIONS` if not given.
        seed: Names the run.
        threads: Threads to use; all cores by default.
        report: Called with every generation's record.
        settings: Further arguments of `WeightTuning`.

    Returns:
        The same topology with both tuned; it runs with the individual weights by default. Its metadata say how they were
        found. After Ctrl-C it is the best so far.

    Raises:
        WannError: The network does not fit the task, or an argument is out of range.
    """
    check_callable(report, "report")
    n = DEFAULT_GENERATIONS if generations is None else check_integer(generations, "generations", 0, 10**7)
    tuning = WeightTuning(network, task, seed=seed, threads=threads, **settings)
    try:
        for record in tuning.run(n):
            if report is not None:
                report(record)
    except KeyboardInterrupt:
        pass
    return tuning.network


#: Generations of CMA-ES in `tune` and ``wann tune``.
DEFAULT_GENERATIONS = 1000
