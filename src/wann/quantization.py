"""Weights as topology: trained weights become numbers of parallel paths, which one shared weight runs.

A weight that is *k* steps large becomes *k* paths through linear nodes behind its source, or through inverse nodes where
it is negative. A node that computed f(Σ v·x) then computes f(w · Σ ±w·x) = f(w² · Σ k·x): what the trained network does
when all of its weights are rounded and multiplied by w²/step. So the shared weight's sign does not matter, and weights
that work at several *scales* (an argument of `wann.tuning.WeightTuning`) make a network that works at as many shared
weights.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wann import seeding
from wann.activations import Activation
from wann.checks import check_integer
from wann.config import check_weights
from wann.errors import WannError
from wann.neighbours import Draft
from wann.network import Network
from wann.seeding import Stream
from wann.tasks.protocol import Task, check_fits, product_lanes, run_lanes
from wann.threads import check_threads

#: Shared weights that a step is chosen at: a quantized network acts alike at w and -w.
QUANTIZED_WEIGHTS = (0.5, 0.75, 1.0, 1.5, 2.0)

#: From one round of the choice to the next a quarter of the candidates goes on, with four times as many episodes.
_ROUNDS = 4

_PATH = {1: Activation.LINEAR, -1: Activation.INVERSE}


def quantized(network: Network, step: float, rng: np.random.Generator | None = None) -> Network:
    """The network with its weights, rounded to multiples of a step, as topology.

    Args:
        network: A network with individual weights.
        step: The weight that becomes one path, above 0.
        rng: Rounds stochastically, up or down by chance, the nearer the likelier; without it to the nearest.

    Returns:
        A network without weights. At the shared weight √step it does what the network does with rounded weights.

    Raises:
        WannError: The network has no individual weights, an output of it feeds another node, or step is not above 0.
    """
    return _unfolded(network, _counts(network, _check_step(step), rng), step)


def _unfolded(network: Network, counts: NDArray[np.int64], step: float) -> Network:
    """The network with so many paths instead of each connection."""
    n_fixed, n_outputs = 1 + network.n_inputs, network.n_outputs
    copies = _copies(network, counts)
    hidden: list[Activation] = []
    number: dict[int, int] = {i: i for i in range(n_fixed)}
    path_node: dict[tuple[int, int, int], int] = {}
    connections: list[tuple[int, int]] = []
    for source in range(network.n_nodes - n_outputs):
        if source >= n_fixed:
            number[source] = n_fixed + len(hidden)
            hidden.append(network.hidden[source - n_fixed])
        for sign, activation in _PATH.items():
            for k in range(copies[source, sign]):
                path_node[source, sign, k] = n_fixed + len(hidden)
                connections.append((number[source], n_fixed + len(hidden)))
                hidden.append(activation)
    for i in range(n_outputs):
        number[network.n_nodes - n_outputs + i] = n_fixed + len(hidden) + i
    for (source, target), count in zip(network.connections.tolist(), counts.tolist(), strict=True):
        sign = 1 if count > 0 else -1
        connections += [(path_node[source, sign, k], number[target]) for k in range(abs(count))]
    made = Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=hidden,
        output_activations=network.output_activations,
        connections=connections,
    )
    kept = {k: v for k, v in network.metadata.items() if k in _KEPT}
    return Draft.of(made).network().with_metadata(**kept, quantization={"step": step})


#: Metadata that belong to the quantized network, too: about what it sees.
_KEPT = ("task", "task_options", "observation_scaling", "preparation")


def n_quantized_connections(network: Network, step: float) -> int:
    """Connections that the network has once it is quantized with this step, at most."""
    counts = _counts(network, _check_step(step))
    return _n_connections(network, counts)


def _n_connections(network: Network, counts: NDArray[np.int64]) -> int:
    return int(np.abs(counts).sum()) + sum(_copies(network, counts).values())


def _check_step(step: float) -> float:
    if isinstance(step, bool) or not isinstance(step, int | float | np.floating) or not 0 < step < np.inf:
        raise WannError(f"step is {step!r}; it must be a number above 0")
    return float(step)


def _counts(network: Network, step: float, rng: np.random.Generator | None = None) -> NDArray[np.int64]:
    """How many steps each weight is, rounded stochastically where there is something to draw from."""
    if network.weights is None:
        raise WannError("the network has no individual weights to quantize; wann tune gives it some")
    if len(network.connections) and network.connections[:, 0].max() >= network.n_nodes - network.n_outputs:
        raise WannError("an output of the network feeds another node; such networks cannot be quantized")
    steps = network.weights.astype(float) / step
    if np.abs(steps).max(initial=0) > _MOST_PATHS:
        raise WannError(f"step is {step:g}; the largest weight would become more than {_MOST_PATHS} paths")
    rounded = np.rint(steps) if rng is None else np.floor(steps + rng.random(len(steps)))
    return rounded.astype(np.int64)


_MOST_PATHS = 1000


def _copies(network: Network, counts: NDArray[np.int64]) -> defaultdict[tuple[int, int], int]:
    """Linear (1) and inverse (-1) nodes that each source needs: as many as the largest of its weights of that sign."""
    copies: defaultdict[tuple[int, int], int] = defaultdict(int)
    for (source, _), count in zip(network.connections.tolist(), counts.tolist(), strict=True):
        key = source, 1 if count > 0 else -1
        copies[key] = max(copies[key], abs(count))
    return copies


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
    seed: int = 0,
    threads: int | None = None,
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
        seed: Names the episodes and the roundings.
        threads: Threads to use; all cores by default.
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
    seed, threads = seeding.check_seed(seed), check_threads(threads)
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
        rollouts = run_lanes(task, [candidates[i][1] for i in field], *lanes, threads=threads)
        for i, reward in zip(field, rollouts.rewards.mean(axis=1).tolist(), strict=True):
            step, made = candidates[i]
            reached[i] = Quantization(step=step, n_connections=made.n_connections, mean_reward=reward, round=round_)
        field = sorted(field, key=lambda i: -reached[i].mean_reward)
        best = candidates[field[0]][1]
        field = field[: max(len(field) // 4, 1)]
    furthest: dict[float, Quantization] = {}
    for q in sorted(reached.values(), key=lambda q: (q.round, q.mean_reward)):
        furthest[q.step] = q
    return best, sorted(furthest.values(), key=lambda q: q.n_connections)


def _roundings(network: Network, step: float, max_connections: int, n: int, rng: np.random.Generator) -> list[Network]:
    """Different roundings with a step: to the nearest first, and stochastic ones that have few enough connections."""
    tried = [_counts(network, step)] + [_counts(network, step, rng) for _ in range(n - 1)]
    different = {counts.tobytes(): counts for counts in tried}.values()
    made = [_unfolded(network, c, step) for c in different if _n_connections(network, c) <= max_connections]
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
