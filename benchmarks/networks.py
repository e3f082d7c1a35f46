"""Networks of the sizes of published champions."""

import numpy as np

from wann.networks.network import Network
from wann.tasks import make_task


def _connections(
    n_inputs: int, n_hidden: int, n_outputs: int, n_connections: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Random ones, so that every computed node has a source and every hidden one a target."""
    first_hidden = 1 + n_inputs
    first_output = first_hidden + n_hidden
    n_nodes = first_output + n_outputs
    pairs: set[tuple[int, int]] = set()
    for node in range(first_hidden, n_nodes):
        pairs.add((int(rng.integers(min(node, first_output))), node))
    for node in range(first_hidden, first_output):
        if not any(source == node for source, _ in pairs):
            pairs.add((node, int(rng.integers(node + 1, n_nodes))))
    while len(pairs) < n_connections:
        target = int(rng.integers(first_hidden, n_nodes))
        pairs.add((int(rng.integers(min(target, first_output))), target))
    return sorted(pairs)


def swingup_sized_network() -> Network:
    """29 nodes and 52 connections, with the activations of the published swing-up champion in its proportions.

    Of random networks of that kind it is the first whose cart stays on the track, so that its episodes last 1,000 steps,
    as a champion's do.
    """
    rng = np.random.default_rng(499)
    hidden = ["inverse"] * 6 + ["linear"] * 5 + ["tanh"] * 3 + ["sine"] * 3 + ["relu"] * 3 + ["gaussian"] * 2
    rng.shuffle(hidden)
    task = make_task("cartpole-swingup")
    return Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=hidden,
        output_activations="tanh",
        connections=_connections(5, 22, 1, 52, rng),
    )


def walker_sized_network(seed: int) -> Network:
    """103 nodes and 210 connections, the size of the published walker, with all activations alike."""
    rng = np.random.default_rng(seed)
    task = make_task("bipedal-walker")
    connections = _connections(24, 74, 4, 210, rng)
    return Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=[int(a) for a in rng.integers(1, 11, 74)],
        output_activations="linear",
        connections=connections,
    )


def car_sized_network(seed: int) -> Network:
    """106 nodes and 245 connections, the size of the published car-racing champion, with all activations alike."""
    rng = np.random.default_rng(seed)
    task = make_task("car-racing")
    return Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=[int(a) for a in rng.integers(1, 11, 86)],
        output_activations="linear",
        connections=_connections(16, 86, 3, 245, rng),
    )
