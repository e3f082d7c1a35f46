"""What the kernels must compute, in plain float64 NumPy: written from the definitions, slowly, and without the package.

The kernels work in float32. A deep network can amplify its rounding, so `run_nodes` carries a bound on how far a float32
result may be off beside every value; tests compare against that bound and not against a tolerance that happens to fit.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LINEAR, STEP, SINE, GAUSSIAN, TANH, SIGMOID, INVERSE, ABSOLUTE, RELU, COSINE = range(1, 11)

#: What a hidden node or an output is remembered as, at most.
MOST_REMEMBERED = 100.0

ROUNDING = 2.0**-24
#: Absolute error of one activation on exact input, as core/lanes/math.hpp states it, with some room.
ACTIVATION_ERROR = 1e-6

#: The largest slope of each activation; the step has none.
SLOPE = {
    LINEAR: 1.0,
    SINE: math.pi,
    GAUSSIAN: math.exp(-0.5),
    TANH: 1.0,
    SIGMOID: 0.25,
    INVERSE: 1.0,
    ABSOLUTE: 1.0,
    RELU: 1.0,
    COSINE: math.pi,
}
#: How far two values of a bounded activation can be apart.
SPAN = {STEP: 1.0, SINE: 2.0, GAUSSIAN: 1.0, TANH: 2.0, SIGMOID: 1.0, COSINE: 2.0}


def activation(number: int, x: ArrayLike) -> Floats:
    """One of the ten activations, by its number in the authors' files."""
    x = np.asarray(x, dtype=float)
    match number:
        case 1:
            return x
        case 2:
            return np.where(x > 0, 1.0, np.where(x <= 0, 0.0, x))
        case 3:
            return np.sin(np.pi * x)
        case 4:
            return np.exp(-(x**2) / 2)
        case 5:
            return np.tanh(x)
        case 6:
            return 1 / (1 + np.exp(-x))
        case 7:
            return -x
        case 8:
            return np.abs(x)
        case 9:
            return np.where(x < 0, 0.0, x)
        case 10:
            return np.cos(np.pi * x)
    raise ValueError(number)


@dataclass(frozen=True)
class Nodes:
    """Values of nodes, and how far float32 may be off; both (n_samples, number of nodes asked for)."""

    values: Floats
    bounds: Floats


def run_nodes(
    x: ArrayLike,
    activations: Mapping[int, int],
    edges: Iterable[tuple[int, int, int]],
    wanted: Sequence[int],
    *,
    weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    recurrent: Iterable[tuple[int, int, int]] = (),
    before: Nodes | None = None,
) -> Nodes:
    """Evaluates nodes by recursion, in whatever order the edges need.

    Args:
        x: Inputs (n_samples, n_inputs); node 0 is the bias and nodes 1 … n_inputs are the inputs.
        activations: Of every other node, by its number.
        edges: (from, to, column of `weights`).
        wanted: The nodes to give.
        weight: One shared weight, or (n_samples,).
        weights: Individual weights instead, (n_weights,) or (n_samples, n_weights).
        recurrent: Edges that carry the source's value of the step before, as the others are written.
        before: All nodes of the step before; without it they were 0.
    """
    x = np.asarray(x, dtype=float)
    n_samples = len(x)
    past: dict[int, list[tuple[int, int]]] = {}
    for source, target, column in recurrent:
        past.setdefault(target, []).append((source, column))
    sources: dict[int, list[tuple[int, int]]] = {}
    for source, target, column in edges:
        sources.setdefault(target, []).append((source, column))
    shared = None if weight is None else np.broadcast_to(np.asarray(weight, dtype=float), (n_samples,))
    rows = None if weights is None else np.broadcast_to(np.asarray(weights, dtype=float), (n_samples, np.shape(weights)[-1]))
    done: dict[int, tuple[Floats, Floats]] = {0: (np.ones(n_samples), np.zeros(n_samples))}
    for i in range(x.shape[1]):
        done[1 + i] = (x[:, i], np.zeros(n_samples))

    def node(k: int) -> tuple[Floats, Floats]:
        if k not in done:
            total, error, magnitude = np.zeros(n_samples), np.zeros(n_samples), np.zeros(n_samples)
            incoming = [(*node(source), column) for source, column in sources.get(k, [])]
            incoming += [(*ago(source), column) for source, column in past.get(k, [])]
            for value, bound, column in incoming:
                w = rows[:, column] if rows is not None else shared
                total = total + w * value
                error = error + np.abs(w) * bound
                magnitude = magnitude + np.abs(w * value) + np.abs(w) * bound
            error = error + 2 * ROUNDING * (len(incoming) + 2) * magnitude
            done[k] = _activate(activations[k], total, error)
        return done[k]

    def ago(k: int) -> tuple[Floats, Floats]:
        if before is None:
            return np.zeros(n_samples), np.zeros(n_samples)
        most = MOST_REMEMBERED if k > x.shape[1] else np.inf
        return np.clip(before.values[:, k], -most, most), before.bounds[:, k]

    found = [node(k) for k in wanted]
    return Nodes(np.stack([v for v, _ in found], axis=1), np.stack([b for _, b in found], axis=1))


def _activate(number: int, total: Floats, error: Floats) -> tuple[Floats, Floats]:
    value = activation(number, total)
    if number == STEP:
        bound = np.where(np.abs(total) > error, 0.0, 1.0)
        return value, np.where((total == 0) & (error == 0), 0.0, bound)
    bound = SLOPE[number] * error + (ACTIVATION_ERROR if number in SPAN else 0.0)
    return value, np.minimum(bound, SPAN.get(number, np.inf))


def forward(network, x: ArrayLike, *, weight: ArrayLike | None = None, weights: ArrayLike | None = None) -> Nodes:
    """The outputs of a `wann.Network`, from its public description only."""
    return forward_steps(network, np.asarray(x)[None], weight=weight, weights=weights)[0]


def forward_steps(
    network, x: ArrayLike, *, weight: ArrayLike | None = None, weights: ArrayLike | None = None
) -> list[Nodes]:
    """The outputs of a `wann.Network` in each step of an episode, for inputs (n_steps, n_samples, n_inputs)."""
    first = 1 + network.n_inputs
    numbers = {first + i: int(a) for i, a in enumerate(network.activations)}
    edges = [(int(s), int(t), i) for i, (s, t) in enumerate(network.connections)]
    recurrent = [edge for edge, is_recurrent in zip(edges, network.recurrent, strict=True) if is_recurrent]
    edges = [edge for edge, is_recurrent in zip(edges, network.recurrent, strict=True) if not is_recurrent]
    every, before, steps = list(range(network.n_nodes)), None, []
    for inputs in np.asarray(x):
        before = run_nodes(inputs, numbers, edges, every, weight=weight, weights=weights, recurrent=recurrent, before=before)
        outputs = slice(network.n_nodes - network.n_outputs, None)
        steps.append(Nodes(before.values[:, outputs], before.bounds[:, outputs]))
    return steps


# Cart-pole swing-up. States are rows (x, ẋ, θ, θ̇).

GRAVITY, CART, POLE, LENGTH, FRICTION, FORCE, TIME_STEP, TRACK = 9.82, 0.5, 0.5, 0.6, 0.1, 10.0, 0.01, 2.4
STEPS = 1000


def cartpole_observation(states: ArrayLike) -> Floats:
    """(x, ẋ, cos θ, sin θ, θ̇)."""
    x, v, angle, spin = np.asarray(states, dtype=float).T
    return np.stack([x, v, np.cos(angle), np.sin(angle), spin], axis=1)


def cartpole_step(
    states: ArrayLike,
    actions: ArrayLike,
    *,
    gravity: float = GRAVITY,
    cart_mass: float = CART,
    pole_mass: float = POLE,
    pole_length: float = LENGTH,
    friction: float = FRICTION,
    force: float = FORCE,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Next states, rewards, and whether the cart has left the track."""
    x, v, angle, spin = np.asarray(states, dtype=float).T
    pushed = force * np.clip(np.asarray(actions, dtype=float), -1, 1)
    s, c = np.sin(angle), np.cos(angle)
    mass, ml = cart_mass + pole_mass, pole_mass * pole_length
    acceleration = (-2 * ml * spin**2 * s + 3 * pole_mass * gravity * s * c + 4 * pushed - 4 * friction * v) / (
        4 * mass - 3 * pole_mass * c**2
    )
    angular = (-3 * ml * spin**2 * s * c + 6 * mass * gravity * s + 6 * (pushed - friction * v) * c) / (
        4 * pole_length * mass - 3 * ml * c**2
    )
    after = np.stack(
        [x + v * TIME_STEP, v + acceleration * TIME_STEP, angle + spin * TIME_STEP, spin + angular * TIME_STEP], axis=1
    )
    rewards = (np.cos(after[:, 2]) + 1) / 2 * np.cos(np.pi / 2 * after[:, 0] / TRACK)
    return after, rewards, np.abs(after[:, 0]) > TRACK


def cartpole_episodes(starts: ArrayLike, policy) -> tuple[Floats, NDArray[np.int64]]:
    """Sums of rewards and lengths of whole episodes; `policy` maps observations (n, 5) to actions (n,)."""
    states = np.asarray(starts, dtype=float)
    total, steps = np.zeros(len(states)), np.zeros(len(states), dtype=np.int64)
    running = np.ones(len(states), dtype=bool)
    for _ in range(STEPS):
        states, rewards, left = cartpole_step(states, policy(cartpole_observation(states)))
        total += np.where(running, rewards, 0)
        steps += running
        running &= ~left
    return total, steps


# Selection, both objectives maximised.


def dominates(p: Sequence[float], q: Sequence[float]) -> bool:
    """Whether p is at least as good in everything and better in something."""
    return all(a >= b for a, b in zip(p, q, strict=True)) and any(a > b for a, b in zip(p, q, strict=True))


def fronts(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """The front of each individual, by peeling off what nothing dominates."""
    points = list(zip(np.asarray(a).tolist(), np.asarray(b).tolist(), strict=True))
    front = np.full(len(points), -1)
    left = set(range(len(points)))
    level = 0
    while left:
        best = {i for i in left if not any(dominates(points[j], points[i]) for j in left)}
        front[list(best)] = level
        left -= best
        level += 1
    return front


def crowding(objectives: Sequence[ArrayLike], front: ArrayLike) -> Floats:
    """Crowding distance within each front (Deb et al. 2002, algorithm 2); equal values stand in order of number."""
    front = np.asarray(front)
    distance = np.zeros(len(front))
    for level in np.unique(front):
        members = np.flatnonzero(front == level)
        for objective in objectives:
            values = np.asarray(objective, dtype=float)[members]
            order = members[np.argsort(values, kind="stable")]
            distance[order[[0, -1]]] = np.inf
            spread = values.max() - values.min()
            if spread == 0:
                continue
            sorted_values = np.sort(values)
            distance[order[1:-1]] += (sorted_values[2:] - sorted_values[:-2]) / spread
    return distance


def rank(a: ArrayLike, b: ArrayLike) -> list[int]:
    """Individuals from best to worst: front, then crowding distance, then number."""
    front = fronts(a, b)
    distance = crowding([a, b], front)
    return sorted(range(len(front)), key=lambda i: (front[i], -distance[i], i))
