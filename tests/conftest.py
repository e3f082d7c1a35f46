"""What several test files share."""

import signal

import numpy as np
import pytest

import wann
from wann.network import Network

# A test runner that was started in the background may have been told to ignore Ctrl-C, and its children would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def random_network(rng: np.random.Generator, n_inputs: int = 5, n_outputs: int = 1, n_hidden: int = 12) -> Network:
    """A random network with every activation, forward connections at random, and at least one into every output."""
    first_hidden = 1 + n_inputs
    n_nodes = first_hidden + n_hidden + n_outputs
    pairs = {
        (source, target)
        for target in range(first_hidden, n_nodes)
        for source in range(min(target, n_nodes - n_outputs))
        if rng.random() < 0.3
    }
    pairs |= {(int(rng.integers(first_hidden)), n_nodes - 1 - i) for i in range(n_outputs)}
    return Network(
        inputs=[f"in {i}" for i in range(n_inputs)],
        outputs=[f"out {i}" for i in range(n_outputs)],
        hidden=[int(a) for a in rng.integers(1, 11, n_hidden)],
        output_activations="tanh",
        connections=sorted(pairs),
    )


@pytest.fixture
def swingup() -> wann.Task:
    return wann.make_task("cartpole-swingup")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20190611)
