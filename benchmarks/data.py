"""Speed on labelled data: rows of ``make bench``."""

import resource
import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.rows import Row, group, output_of, rate
from wann import _core
from wann.networks.activations import Activation
from wann.networks.network import Network
from wann.search.config import WEIGHT_VALUES, preset
from wann.search.search import Search
from wann.tasks.data.samples import BATCH, Classification

_ACTIVATIONS = [a for a in Activation if a is not Activation.STEP]


def paper_sized_network(n_connections: int = 1245, n_hidden: int = 500) -> Network:
    """256 inputs, 10 outputs and 500 hidden nodes (767 nodes with the bias), every hidden node on a way to an output."""
    rng = np.random.default_rng(767)
    first_hidden, first_output, n_nodes = 257, 257 + n_hidden, 267 + n_hidden
    pairs = {(int(rng.integers(first_hidden if k < n_hidden // 2 else 257 + k)), 257 + k) for k in range(n_hidden)}
    used = {source for source, _ in pairs}
    for node in range(first_hidden, first_output):
        if node not in used:
            pairs.add((node, int(rng.integers(first_output, n_nodes))))
    while len(pairs) < n_connections:
        target = int(rng.integers(first_hidden, n_nodes))
        pairs.add((int(rng.integers(min(target, first_output))), target))
    return Network(
        inputs=[f"x{i}" for i in range(256)],
        outputs=[f"class {i}" for i in range(10)],
        hidden=rng.choice(_ACTIVATIONS, n_hidden).tolist(),
        output_activations="linear",
        connections=sorted(pairs),
    )


def _samples() -> Classification:
    rng = np.random.default_rng(0)
    return Classification(rng.random((60_000, 256), dtype=np.float32), np.arange(60_000) % 10, name="mnist", batch=BATCH)


def grown(search: Search, n_connections: int) -> None:
    """Makes the genomes of a search large: children get new nodes and connections, whatever that does to them."""
    island = search.islands[0]
    n = search.config.population
    settings = _core.VariationSettings(
        cull=0.0,
        elite=0.0,
        tournament=32,
        insert_node=0.4,
        add_connection=0.6,
        enable_connection=0.0,
        change_activation=0.0,
        further_change=0.98,
        activations=_ACTIVATIONS,
    )
    order = np.arange(n, dtype=np.uint32)
    step = 0
    while np.median(island.n_enabled()) < n_connections:
        island._population = island._population.next(order, settings, step)
        step += 1


@group("data")
def _data(threads: int) -> Iterator[Row]:
    task = _samples()
    network = paper_sized_network()
    batch = _core.NetworkBatch([network.core])
    rows = task.batch_rows(1)

    def samples(weights: tuple[float, ...]) -> float:
        values = np.array(weights, dtype=np.float32)
        _core.score_shared(batch, task.x, task.y, None, rows, values, 1)
        return float(len(rows) * len(values))

    name = f"{network.n_nodes} nodes, {network.n_connections} connections, batches of {len(rows)}, 1 thread"
    yield Row(what=f"{name}: 1 weight", value=rate(lambda: samples((1.0,))) / 1e6, unit="million samples/s", target=">= 7")
    yield Row(
        what=f"{name}: the 6 weights of a search", value=rate(lambda: samples(WEIGHT_VALUES)) / 1e6, unit="million samples/s"
    )
    yield from _generation(threads)


def time_generation(threads: int) -> tuple[float, float, float]:
    """Seconds of a generation at the paper's size, its networks' median number of connections, and the GiB that this process
    has used at most."""
    search = Search(_samples(), preset("mnist", "paper", generations=10**6, confirm_episodes=1), seed=0, threads=threads)
    grown(search, 1800)
    median = float(np.median(search.islands[0].n_enabled()))
    times = []
    for _ in range(4):
        start = time.perf_counter()
        next(search.run(1))
        times.append(time.perf_counter() - start)
    # Linux counts in KiB, macOS in bytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    return sorted(times)[1], median, memory


def _generation(threads: int) -> Iterator[Row]:
    script = f"from benchmarks.data import time_generation; print(*time_generation({threads}))"
    seconds, connections, memory = map(float, output_of(script).split())
    n = preset("mnist", "paper").population
    what = f"generation of {n} networks of about {connections:.0f} connections, {threads} threads"
    yield Row(what=what, value=seconds, unit="s", target="<= 1")
    yield Row(what="memory of that search", value=memory, unit="GiB", target="<= 1.4")
