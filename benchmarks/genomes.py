"""How long it takes to make a generation from its parents: ranking, selection, mutation, and the children's networks."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.rows import Row, group
from wann import _core
from wann.networks.activations import Activation


@dataclass(frozen=True, kw_only=True)
class GenomeSize:
    """A population whose genomes have a given size."""

    name: str
    population: int
    n_inputs: int
    n_outputs: int
    n_nodes: int  #: bias, inputs and outputs counted
    n_connections: int  #: enabled
    initial_enabled: float
    tournament: int
    target_ms: float


CHAMPION = GenomeSize(
    name="cart-pole champions",
    population=192,
    n_inputs=5,
    n_outputs=1,
    n_nodes=30,
    n_connections=60,
    initial_enabled=0.5,
    tournament=8,
    target_ms=10,
)
MNIST = GenomeSize(
    name="MNIST",
    population=960,
    n_inputs=256,
    n_outputs=10,
    n_nodes=800,
    n_connections=2500,
    initial_enabled=0.05,
    tournament=32,
    target_ms=250,
)


def _only(operator: _core.Operator, cull: float, elite: float) -> _core.VariationSettings:
    """One individual a tournament, and this operator alone."""
    return _core.VariationSettings(
        cull=cull,
        elite=elite,
        tournament=1,
        insert_node=float(operator == _core.Operator.INSERT_NODE),
        add_connection=float(operator == _core.Operator.ADD_CONNECTION),
        enable_connection=0.0,
        change_activation=float(operator == _core.Operator.CHANGE_ACTIVATION),
    )


def _repeated(population: _core.Population, size: GenomeSize) -> _core.Population:
    """As many genomes as a population of this size has: those of this one, in turns."""
    arrays = population.to_arrays()
    times = -(-size.population // len(population))
    many: dict[str, Any] = {name: np.tile(a, (times, *[1] * (a.ndim - 1))) for name, a in arrays.items()}
    return _core.Population.from_arrays(size.n_inputs, size.n_outputs, from_=many.pop("from"), **many)


def grown(size: GenomeSize, seed: int = 0) -> _core.Population:
    """A population of genomes of this size, grown by the search's own operators: nodes first, then connections.

    A few ancestors grow, and their descendants drift apart over some generations of changed activations.
    """
    n_ancestors = 4
    ancestors = _core.Population.random(n_ancestors, size.n_inputs, size.n_outputs, size.initial_enabled, seed)
    # Nobody culled, no elites: every ancestor has children as it comes.
    everyone = np.arange(n_ancestors, dtype=np.uint32)
    n_hidden = size.n_nodes - 1 - size.n_inputs - size.n_outputs
    step = 0
    for step in range(n_hidden):
        ancestors = ancestors.next(everyone, _only(_core.Operator.INSERT_NODE, 0.0, 0.0), seed + step)
    while ancestors.n_enabled().min() < size.n_connections:
        step += 1
        ancestors = ancestors.next(everyone, _only(_core.Operator.ADD_CONNECTION, 0.0, 0.0), seed + step)
    population = _repeated(ancestors, size)
    order = np.arange(size.population, dtype=np.uint32)
    for drift in range(10):
        population = population.next(order, _only(_core.Operator.CHANGE_ACTIVATION, 0.2, 0.2), seed + step + drift + 1)
    return population


def generation_times(size: GenomeSize, repeats: int = 9) -> tuple[float, float]:
    """Milliseconds, medians: ranking and making the children; and expressing them as networks. One thread."""
    population = grown(size)
    settings = _core.VariationSettings(tournament=size.tournament)
    rng = np.random.default_rng(0)
    making, expressing = [], []
    for repeat in range(repeats):
        mean = rng.normal(size=size.population)
        start = time.perf_counter()
        order = _core.rank(mean, -population.n_enabled().astype(float))
        children = population.next(order, settings, repeat)
        made = time.perf_counter()
        children.networks(int(Activation.TANH))
        making.append(1e3 * (made - start))
        expressing.append(1e3 * (time.perf_counter() - made))
    return statistics.median(making), statistics.median(expressing)


@group("genomes")
def _genomes(threads: int) -> Iterator[Row]:
    """Making a generation, on one core whatever the number of threads."""
    for size in (CHAMPION, MNIST):
        making, expressing = generation_times(size)
        what = f"a generation of {size.population} from its parents, {size.n_nodes} nodes, {size.n_connections} connections"
        yield Row(what=what, value=making, unit="ms", target=f"<= {size.target_ms:g}")
        yield Row(what="the same with the children's networks", value=making + expressing, unit="ms")
