"""The choice of the step and of the rounding with which trained weights become topology; see `wann.networks`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wann import seeding
from wann.arguments import check_callable, check_integer
from wann.errors import WannError
from wann.execution.evaluator import Evaluator, chosen
from wann.networks import metadata
from wann.networks.metadata import QuantizationRecord, TuningRecord
from wann.networks.network import Network
from wann.networks.unfolding import n_connections_of, n_quantized_connections, path_counts, quantized, unfolded
from wann.search.config import check_weights
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes
from wann.training.weight_tuning import WeightTuning

#: Shared weights that a step is chosen at: a quantized network acts alike at w and -w.
QUANTIZED_WEIGHTS = (0.5, 0.75, 1.0, 1.5, 2.0)

#: From one round of the choice to the next a quarter of the candidates goes on, with four times as many episodes.
_ROUNDS = 4


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """What came of a step that `quantize` tried: of its roundings, the one that came furthest."""

    step: float
    n_connections: int
    mean_reward: float  #: over the shared weights, on the episodes of the last round that it took part in
    round: int  #: that it came to, from 0


def quantize(
    network: Network,
    task: Task,
    *,
    max_connections: int = 300,
    weights: Sequence[float] = QUANTIZED_WEIGHTS,
    steps: int = 48,
    roundings: int = 16,
    episodes: int = 4,
    generations: int = 0,
    seed: int = 0,
    threads: int | None = None,
    evaluator: Evaluator | None = None,
    report: Callable[[str, float], None] | None = None,
) -> tuple[Network, list[Quantization]]:
    """Quantizes a network with the step and the rounding that make the best topology of it.

    Which are best cannot be told beforehand: the step decides how coarse the weights become, how many connections that
    takes, and at which shared weight the network has the scale that it was trained at; and with coarse steps, which weights
    are rounded up decides whether anything is left of what was trained. So many are tried, the better ones on more and more
    fresh episodes.

    Args:
        network: A network with individual weights that fits the task.
        task: The task.
        max_connections: The most that the topology may have.
        weights: Shared weights; what counts is the mean reward over them.
        steps: How many are tried.
        roundings: Of each: to the nearest, and stochastic ones.
        episodes: With each shared weight in the first round; each later round has four times as many.
        generations: Of CMA-ES that go on from there, with the best step (`wann.training.WeightTuning` with ``step``): the
            weights are trained further, quantized as they are.
        seed: Names the episodes and the roundings.
        threads: Threads to use; all cores by default.
        evaluator: Where networks run; the threads of this process if None.
        report: Called with what is under way.

    Returns:
        The best topology, and all steps that were tried, by connections.

    Raises:
        WannError: The network does not fit the task or has no individual weights, no step gives few enough connections, or
            an argument is out of range.
    """
    check_fits(network, task)
    shared = check_weights(weights)
    check_integer(max_connections, "max_connections", 1, 10**6)
    check_integer(steps, "steps", 1, 10**5)
    check_integer(roundings, "roundings", 1, 10**5)
    check_integer(episodes, "episodes", 1, 10**6)
    check_integer(generations, "generations", 0, 10**7)
    check_callable(report, "report")
    seed, evaluator = seeding.check_seed(seed), chosen(evaluator, threads)
    rng = seeding.generator(seed, Stream.QUANTIZATION)
    candidates = [
        (step, made)
        for step in _steps(network, max_connections, steps)
        for made in _roundings(network, step, max_connections, roundings, rng)
    ]
    field = list(range(len(candidates)))
    reached: dict[int, Quantization] = {}
    for round_ in range(_ROUNDS):
        if report is not None:
            report("quantize", round_ / _ROUNDS)
        seeds = seeding.episode_seeds(seed, Stream.QUANTIZATION, episodes * 4**round_, 1 + round_)
        lanes = product_lanes(shared, seeds)
        rollouts = evaluator.run(task, [candidates[i][1] for i in field], *lanes)
        for i, reward in zip(field, rollouts.rewards.mean(axis=1).tolist(), strict=True):
            step, made = candidates[i]
            reached[i] = Quantization(step=step, n_connections=made.n_connections, mean_reward=reward, round=round_)
        field = sorted(field, key=lambda i: -reached[i].mean_reward)
        best = candidates[field[0]][1]
        field = field[: max(len(field) // 4, 1)]
    furthest: dict[float, Quantization] = {}
    for q in sorted(reached.values(), key=lambda q: (q.round, q.mean_reward)):
        furthest[q.step] = q
    if generations:
        best = _trained(network, task, step_of(best), generations, max_connections, shared, seed, evaluator, report)
    return best, sorted(furthest.values(), key=lambda q: q.n_connections)


#: First step of CMA-ES on quantized weights, in steps of the quantization: large enough that most weights may turn.
_FIRST_STEP = 0.35


def _trained(
    network: Network,
    task: Task,
    step: float,
    generations: int,
    max_connections: int,
    shared: Sequence[float],
    seed: int,
    evaluator: Evaluator,
    report: Callable[[str, float], None] | None,
) -> Network:
    """The topology whose quantized weights were trained further."""
    assert network.weights is not None
    tuning = WeightTuning(
        network,
        task,
        seed=seed,
        episodes=_EPISODES,
        confirm_episodes=_CONFIRM_EPISODES,
        sigma=_FIRST_STEP * step / max(1.0, float(np.abs(network.weights).mean())),
        start=network.weights,
        scales=[w * w / step for w in shared],
        step=step,
        max_connections=max_connections,
        evaluator=evaluator,
    )
    for generation in tuning.run(generations):
        if report is not None:
            report("quantized training", (generation.generation + 1) / generations)
    trained = tuning.network
    record = QuantizationRecord(step=step, tuning=TuningRecord.of(trained))
    return metadata.annotated(quantized(trained, step), record)


def step_of(network: Network) -> float:
    """The weight that became one path of a quantized network.

    Raises:
        WannError: Its metadata do not tell.
    """
    record = QuantizationRecord.of(network)
    if record is None:
        raise WannError(f"{network!r} was not made by quantizing: its metadata do not tell the step")
    return record.step


#: With each shared weight in a generation, and in a confirmation.
_EPISODES, _CONFIRM_EPISODES = 2, 32


def _roundings(network: Network, step: float, max_connections: int, n: int, rng: np.random.Generator) -> list[Network]:
    """Different roundings with a step: to the nearest first, and stochastic ones that have few enough connections."""
    tried = [path_counts(network, step)] + [path_counts(network, step, rng) for _ in range(n - 1)]
    different = {counts.tobytes(): counts for counts in tried}.values()
    made = [unfolded(network, c, step) for c in different if n_connections_of(network, c) <= max_connections]
    return [candidate for candidate in made if candidate.n_connections]


def _steps(network: Network, max_connections: int, n: int) -> list[float]:
    """Steps that give some connections, and few enough: evenly spaced by ratio."""
    n_quantized_connections(network, 1e30)  # says what is wrong with the network
    assert network.weights is not None
    if not network.weights.any():
        raise WannError("all individual weights of the network are 0")
    largest = 1.9 * float(np.abs(network.weights).max())  # from twice the largest weight on, all are rounded to 0
    fitting = []
    for step in (largest * 0.98 ** np.arange(400)).tolist():
        if n_quantized_connections(network, step) > max_connections:
            break
        fitting.append(step)
    if not any(quantized(network, step).n_connections for step in fitting):
        raise WannError(f"no step gives a network of at most {max_connections} connections")
    chosen = np.unique(np.linspace(0, len(fitting) - 1, min(n, len(fitting))).round().astype(int))
    return [fitting[i] for i in chosen]
