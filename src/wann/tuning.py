"""Tuned weights: the best single weight, and a weight for each connection by CMA-ES.

What is chosen here is chosen on tuning episodes, which are never those that a search uses or that a score is reported on.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.checks import check_integer
from wann.config import check_weights
from wann.errors import WannError
from wann.files import write_bytes
from wann.network import Network
from wann.paths import check_step, n_connections_of
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes, run_lanes
from wann.threads import check_threads

if TYPE_CHECKING:
    from cmaes import CMA, SepCMA

#: Random weights are drawn from U(-2, 2) and the shared weight is swept over it, as in the paper.
WEIGHT_RANGE = (-2.0, 2.0)

#: From this many weights on, CMA-ES keeps only the diagonal of its covariance matrix.
SEPARABLE_FROM = 500

_FLOAT32_MAX = float(np.finfo(np.float32).max)

#: Called with what is under way, and the part of it that is done (0 to 1).
Report = Callable[[str, float], None]

#: Weights that go on from a round of the sweep to the next; around each of the first ones, in parts of the sweep's step.
_FRONT, _OFFSETS = 5, (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75)

#: Episodes of the sweep that run between two reports.
_EPISODES_A_REPORT = 512


def check_range(low: float, high: float) -> tuple[float, float]:
    """The ends of a range of weights.

    Raises:
        WannError: One is not finite, or the first is not below the second.
    """
    try:
        a, b = float(low), float(high)
    except (TypeError, ValueError):
        a = b = np.nan
    if not (abs(a) <= _FLOAT32_MAX and abs(b) <= _FLOAT32_MAX and a < b):
        raise WannError(f"the range of weights is {low!r} to {high!r}; it must be two finite numbers, the smaller first")
    return a, b


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
        import threadpoolctl

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
        self.scales = check_weights(scales, "scales")
        self.step = None if step is None else check_step(step)
        if max_connections is not None:
            check_integer(max_connections, "max_connections", 1, 10**6)
            if step is None:
                raise WannError("max_connections is given without step; only quantized weights make connections")
        self.max_connections = max_connections
        self.generation = 0
        shared = network.shared_weight
        if shared is None and (start is None or sweep):
            spent = tune_shared_weight(network, task, seed=seed, threads=threads)
            shared = spent.weight
        self.episodes = spent.episodes if spent else 0
        self.environment_steps = spent.environment_steps if spent else 0
        self._network = network.with_tuning(shared_weight=shared)
        self._start = _start_weights(network, start, shared)
        self._best = self._start
        self._best_reward = -np.inf  # mean over the confirmation episodes that the best weights have met,
        self._best_episodes = 0  # and their number
        self._runs = 0
        self._blas = threadpoolctl.ThreadpoolController()
        self._start_run()

    @property
    def network(self) -> Network:
        """The network with the best weights so far."""
        tuning: dict[str, Any] = {
            "method": "CMA-ES, separable" if len(self._best) >= SEPARABLE_FROM else "CMA-ES",
            "task": self.task.name,
            "seed": self.seed,
            "generations": self.generation,
            "population": self.population,
            "episodes": self.episodes,
            "environment_steps": self.environment_steps,
        }
        if self.scales != (1.0,):
            tuning["scales"] = list(self.scales)
        if self.step is not None:
            tuning["step"] = self.step
        return self._network.with_tuning(weights=self.weights, tuning=tuning)

    @property
    def weights(self) -> NDArray[np.float32]:
        """The best weights so far, shape (n_connections,)."""
        return self._rounded(self._best)

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

    @property
    def episodes_per_generation(self) -> int:
        """Episodes that a generation spends at most: its candidates' and the confirmation's."""
        return len(self.scales) * (self.population * self.episodes_each + 3 * self.confirm_episodes)

    @property
    def best_reward(self) -> float:
        """Mean reward of the best weights over the confirmation episodes that they have met; not a score to report."""
        return self._best_reward

    def _generation(self) -> TuningGeneration:
        with self._one_blas_thread():
            candidates = self._ask()
        # Told and stored in float32, so that a replay tells exactly the same.
        rewards = self._ranked(candidates, self._rewards(candidates, self.episodes_each, 0)).astype(np.float32)
        with self._one_blas_thread():
            self._tell(candidates, rewards)
            converged = self._optimizer.should_stop()
        if self.generation % _CONFIRM_EVERY == 0:
            self._confirm(candidates[int(np.argmax(rewards))])
        sigma = _step(self._optimizer)
        if converged or self._run_patience == 0:
            self._runs += 1
            self._start_run()
        self.generation += 1
        return TuningGeneration(
            generation=self.generation - 1,
            best_reward=float(rewards.max()),
            mean_reward=float(rewards.mean()),
            tuned_reward=self._best_reward,
            sigma=sigma,
            episodes=self.episodes,
            environment_steps=self.environment_steps,
        )

    def _start_run(self) -> None:
        """Starts a run of CMA-ES: from the start with full steps, or, every other time, near the best weights."""
        near = self._runs % 2 == 1
        self._run_start = self._best if near else self._start
        self._first_step = self.sigma * max(1.0, float(np.abs(self._run_start).mean())) * (0.3 if near else 1.0)
        self._run_reward, self._run_patience = -np.inf, _PATIENCE
        self._told: list[NDArray[np.float32]] = []  # the rewards of each generation of this run: what replays it
        self._optimizer = self._new_optimizer()

    def _new_optimizer(self) -> "CMA | SepCMA":
        import cmaes

        kind = cmaes.SepCMA if len(self._run_start) >= SEPARABLE_FROM else cmaes.CMA
        seed = seeding.derive(self.seed, Stream.TUNING, self._runs) % 2**32
        start = self._run_start.astype(float)
        return kind(mean=start, sigma=self._first_step, population_size=self.population, seed=seed)

    def _one_blas_thread(self) -> AbstractContextManager[object]:
        """CMA-ES's matrices are small: threads of the BLAS would cost more than they bring, and change the last bits."""
        context: AbstractContextManager[object] = self._blas.limit(limits=1, user_api="blas")
        return context

    def _ask(self) -> NDArray[np.float32]:
        return np.array([self._optimizer.ask() for _ in range(self.population)], dtype=np.float32)

    def _tell(self, candidates: NDArray[np.float32], rewards: NDArray[np.float32]) -> None:
        self._told.append(rewards)
        solutions = [(x.astype(float), -float(r)) for x, r in zip(candidates, rewards, strict=True)]
        self._optimizer.tell(solutions)

    def _rewards(self, rows: NDArray[np.float32], episodes: int, part: int) -> NDArray[np.float64]:
        """Mean reward of each row of weights over the scales and this generation's episodes of a part (tuning or
        confirmation).
        """
        group = _FIRST_GROUP + 2 * self.generation + part
        seeds = seeding.episode_seeds(self.seed, Stream.TUNING_EPISODES, episodes, group)
        scaled = (self._rounded(rows)[:, None, :] * np.array(self.scales, dtype=np.float32)[:, None]).reshape(
            -1, rows.shape[1]
        )
        rollouts = run_lanes(self.task, [self._network], *product_lanes(scaled, seeds), threads=self.threads)
        self.episodes += len(scaled) * episodes
        self.environment_steps += rollouts.computed_steps
        means: NDArray[np.float64] = rollouts.rewards.reshape(len(rows), -1).mean(axis=1)
        return means

    def _rounded(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weights as they run."""
        return rows if self.step is None else (np.rint(rows / self.step) * self.step).astype(np.float32)

    def _excess(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """By how many connections too many each row of weights would have."""
        if self.max_connections is None or self.step is None:
            return np.zeros(len(rows), dtype=np.int64)
        counts = np.rint(rows.astype(float) / self.step).astype(np.int64)
        needed = [n_connections_of(self._network, row) for row in counts]
        return np.maximum(np.array(needed, dtype=np.int64) - self.max_connections, 0)

    def _ranked(self, rows: NDArray[np.float32], rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rewards, those with too many connections below all others: only ranks count for CMA-ES."""
        excess = self._excess(rows)
        return np.where(excess > 0, rewards.min() - excess, rewards)

    def _confirm(self, candidate: NDArray[np.float32]) -> None:
        """Keeps the candidate or the distribution's centre if it beats the best weights on fresh episodes.

        The best weights meet the same episodes, and their score is over all that they have met, so that luck with easy
        episodes decides nothing.
        """
        rows = np.array([self._best, candidate, self._optimizer.mean], dtype=np.float32)
        n = self.confirm_episodes
        best, *challengers = self._rewards(rows, n, 1).tolist()
        # Weights that break the limit come to be kept only by breaking it less than those that are kept.
        excess = self._excess(rows)
        known = self._best_reward * self._best_episodes if self._best_episodes else 0.0
        self._best_reward = (known + best * n) / (self._best_episodes + n)
        self._best_episodes += n
        i = int(np.argmax(challengers))
        self._run_patience -= 1
        if challengers[i] > self._run_reward:
            self._run_reward, self._run_patience = challengers[i], _PATIENCE
        better = challengers[i] > max(self._best_reward, best)
        if excess[1 + i] < excess[0] or (better and excess[1 + i] == 0):
            self._best, self._best_reward, self._best_episodes = rows[1 + i], challengers[i], n

    def save(self, path: str | Path) -> None:
        """Writes a checkpoint (NPZ without pickles, written beside and renamed into place).

        It holds what CMA-ES was told since its last start; `load` tells it again, so nothing depends on the optimiser's
        insides.
        """
        data = io.BytesIO()
        shared = self._network.shared_weight
        settings = (self.population, self.episodes_each, self.confirm_episodes, self.generation, self._runs)
        counts = (self.episodes, self.environment_steps, self._best_episodes, self._run_patience)
        optional = (np.nan if value is None else value for value in (shared, self.step, self.max_connections))
        reals = (self.sigma, self._best_reward, self._first_step, self._run_reward, *optional)
        np.savez(
            data,
            key=np.array([self._key()]),
            settings=np.array([*settings, *counts], dtype=np.int64),
            reals=np.array(reals),
            start=self._start,
            best=self._best,
            run_start=self._run_start,
            scales=np.array(self.scales),
            told=np.array(self._told, dtype=np.float32).reshape(-1, self.population),
        )
        write_bytes(Path(path), data.getvalue())

    @classmethod
    def load(
        cls, path: str | Path, network: Network, task: Task, *, seed: int = 0, threads: int | None = None
    ) -> "WeightTuning":
        """Goes on from a checkpoint of the same network, task and seed, as if it had never been stopped.

        Raises:
            WannError: The file is no whole checkpoint, or it belongs to another network, task or seed.
            FileNotFoundError: There is no such file.
        """
        saved = _read_checkpoint(Path(path))
        population, each, confirm, generation, runs, episodes, steps, best_episodes, patience = saved["settings"].tolist()
        sigma, best_reward, first_step, run_reward, *optional = saved["reals"].tolist()
        shared, step, limit = (None if np.isnan(value) else value for value in optional)
        self = cls(
            network if shared is None else network.with_tuning(shared_weight=shared),
            task,
            seed=seed,
            population=population,
            episodes=each,
            confirm_episodes=confirm,
            sigma=sigma,
            start=saved["start"],
            scales=saved["scales"].tolist(),
            step=step,
            max_connections=None if limit is None else int(limit),
            threads=threads,
        )
        if int(saved["key"][0]) != self._key():
            raise WannError(f"{path} is a checkpoint of another network, task or seed")
        self.generation, self._runs, self.episodes, self.environment_steps = generation, runs, episodes, steps
        self._best, self._best_reward, self._best_episodes = saved["best"], best_reward, best_episodes
        self._run_start, self._first_step = saved["run_start"], first_step
        self._run_reward, self._run_patience = run_reward, patience
        self._optimizer = self._new_optimizer()
        with self._one_blas_thread():
            for rewards in saved["told"]:
                self._tell(self._ask(), rewards)
        return self

    def _key(self) -> np.uint64:
        """Tells the network, task and seed of a checkpoint from others."""
        core = self._network.core
        digest = hashlib.blake2b(f"{self.task.name} {self.seed}".encode(), digest_size=8)
        for part in (core.activations, core.first, core.source):
            digest.update(part.tobytes())
        return np.uint64(int.from_bytes(digest.digest(), "little"))


#: Groups of tuning episodes before this one belong to the shared weight.
_FIRST_GROUP = 16

#: Generations from one confirmation to the next.
_CONFIRM_EVERY = 8

#: Confirmations without progress after which a run of CMA-ES has converged. Noise keeps its steps from vanishing, so its own
#: criteria seldom hold.
_PATIENCE = 25


def _usual_episodes(task: Task) -> tuple[int, int]:
    """Episodes of a generation and of a confirmation: an episode of labelled data is a batch, which says much more."""
    from wann.tasks.data import DataTask

    if not isinstance(task, DataTask):
        return 16, 256
    return (2, 20) if task.has_batches else (1, 1)


def _read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a checkpoint; the archive's checksums are checked."""
    names = ("key", "settings", "reals", "start", "best", "run_start", "told", "scales")
    try:
        with np.load(path, allow_pickle=False) as file:
            saved = {name: file[name] for name in names}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        raise WannError(f"{path}: no whole checkpoint of a tuning") from None
    shapes = [saved[name].shape for name in names[:3]]
    if shapes != [(1,), (9,), (7,)] or saved["told"].ndim != 2 or saved["told"].shape[1] != saved["settings"][0]:
        raise WannError(f"{path}: no whole checkpoint of a tuning")
    return saved


def _start_weights(network: Network, start: NDArray[np.floating[Any]] | None, shared: float | None) -> NDArray[np.float32]:
    if start is None:
        return np.full(network.n_connections, shared, dtype=np.float32)
    rows = np.array(start, dtype=np.float32)
    if rows.shape != (network.n_connections,) or not np.isfinite(rows).all():
        raise WannError(f"start has shape {rows.shape}; expected ({network.n_connections},) finite weights")
    return rows


def _check_sigma(sigma: float) -> float:
    if not isinstance(sigma, int | float) or isinstance(sigma, bool) or not 0 < sigma <= 100:
        raise WannError(f"sigma is {sigma!r}; it must be a number above 0 and at most 100")
    return float(sigma)


def _step(optimizer: "CMA | SepCMA") -> float:
    """CMA-ES's mean step along a coordinate: σ times the root of the covariance matrix's mean diagonal."""
    covariance = optimizer._C
    diagonal = np.diag(covariance) if covariance.ndim == 2 else covariance
    return float(optimizer._sigma * np.sqrt(diagonal.mean()))


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
