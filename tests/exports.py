"""What the tests of exported files share: networks of every shape, inputs of every size, and what must come out."""

from collections.abc import Iterator

import numpy as np

import oracle
from wann import Network
from wann.networks import Activation

#: Inputs of these sizes are tried besides ordinary ones.
SIZES = (0.0, 1e-30, 1e-6, 30.0, 1e5, 1e9)
#: Names that would end a comment, a text or a line of code in one language or another.
HOSTILE = ('a"b', "a\\", "*/ int x; /*", '"""\nimport os\n"""', "x\r\ny", "<&>", "if", "--", "é", "w", "'")


def network_of_any_kind(seed: int) -> Network:
    """A random network: any activations, outputs that feed others, nodes that nothing leads to or that lead nowhere."""
    rng = np.random.default_rng(seed)
    n_inputs, n_hidden, n_outputs = int(rng.integers(0, 7)), int(rng.integers(0, 14)), int(rng.integers(1, 5))
    first, n_nodes = 1 + n_inputs, 1 + n_inputs + n_hidden + n_outputs
    density = rng.uniform(0.05, 0.6)
    pairs = [(s, t) for t in range(first, n_nodes) for s in range(t) if rng.random() < density]
    return Network(
        inputs=[f"input {i}" for i in range(n_inputs)],
        outputs=[f"output {i}" for i in range(n_outputs)],
        hidden=rng.integers(1, 11, n_hidden).tolist(),
        output_activations=rng.integers(1, 11, n_outputs).tolist(),
        connections=pairs,
        weights=rng.uniform(-2, 2, len(pairs)) if rng.random() < 0.5 else None,
        shared_weight=float(rng.uniform(-2, 2)),
    )


def networks_of_any_kind(n: int, first: int = 0) -> Iterator[Network]:
    """Such networks, by their seeds."""
    yield from map(network_of_any_kind, range(first, first + n))


def inputs_for(network: Network, n: int = 12) -> np.ndarray:
    """Ordinary inputs, and some of each of `SIZES`."""
    rng = np.random.default_rng(network.n_connections)
    x = rng.normal(size=(n + 2 * len(SIZES), network.n_inputs))
    x[n:] *= np.repeat(SIZES, 2)[:, None]
    return x.astype(np.float32)


def expected(network: Network, x: np.ndarray, weight: float | None = None) -> oracle.Nodes:
    """What the network computes, and how far float32 may be off: with a shared weight, else as it runs by itself."""
    own = weight is None and network.weights is not None
    with np.errstate(over="ignore"):
        if own:
            return oracle.forward(network, x, weights=network.weights)
        return oracle.forward(network, x, weight=np.float32(network.shared_weight if weight is None else weight))


def assert_within(found: np.ndarray, nodes: oracle.Nodes, what: object = None) -> None:
    """Every value is within its bound."""
    assert found.shape == nodes.values.shape
    error = np.abs(found.astype(float) - nodes.values)
    worst = int(np.argmax(error - nodes.bounds)) if error.size else 0
    assert (error <= nodes.bounds).all(), (what, error.flat[worst], nodes.bounds.flat[worst])


def of_one_activation(activation: Activation) -> Network:
    """One node, one input, and the shared weight 1."""
    return Network(
        inputs=["x"], outputs=["y"], hidden=[], output_activations=activation, connections=[(1, 2)], shared_weight=1.0
    )


def far_and_near() -> np.ndarray:
    """Inputs of a node from the smallest normal float32 to the largest, shape (n, 1)."""
    sizes = np.concatenate([[0.0, 2e-38, 3e38], np.logspace(-30, 30, 121), np.arange(0.25, 9, 0.25), [2.0**24, 2.0**24 + 2]])
    x = np.concatenate([np.linspace(-30, 30, 2001), sizes, -sizes])
    return x.astype(np.float32)[:, None]


def hostile_network() -> Network:
    """A network whose names are meant to break out of whatever they are written into."""
    return Network(
        inputs=HOSTILE,
        outputs=["*/", '"""', "out"],
        hidden=["tanh", "sine"],
        output_activations="linear",
        connections=[
            (0, 12),
            (1, 12),
            (2, 13),
            *((1 + i, 14 + i % 3) for i in range(len(HOSTILE))),
            (12, 14),
            (13, 15),
        ],
        shared_weight=0.5,
        metadata={"task": '*/ """ \n hostile'},
    )
