"""What WANNs are compared with: the fixed topology, and NEAT through neat-python."""

import random
import sys

import numpy as np
import pytest

import wann
from wann.networks.activations import ALL_ACTIVATIONS
from wann.scoring.baselines import Neat, default_hidden_layers, fixed_topology
from wann.scoring.baselines.neat import neat_config, to_network


def test_the_fixed_topology_is_fully_connected(swingup: wann.tasks.Task) -> None:
    network = fixed_topology(swingup)
    assert network.activations == (wann.networks.Activation.TANH,) * 11
    assert network.n_connections == 6 * 5 + 6 * 5 + 6
    assert fixed_topology(swingup, (3,)).n_connections == 6 * 3 + 4
    with pytest.raises(wann.WannError, match="hidden layer's size is 0"):
        fixed_topology(swingup, (0,))
    with pytest.raises(wann.WannError, match="at least one hidden layer"):
        fixed_topology(swingup, ())


def test_the_walker_s_fixed_topology_has_the_paper_s_size() -> None:
    task = wann.make_task("bipedal-walker")
    assert default_hidden_layers(task) == (40, 40)
    assert fixed_topology(task).n_connections == 2804


@pytest.mark.parametrize("activations", [(wann.networks.Activation.TANH,), ALL_ACTIVATIONS])
@pytest.mark.parametrize("seed", range(3))
def test_our_kernel_computes_what_neat_python_computes(
    swingup: wann.tasks.Task, activations: tuple[wann.networks.Activation, ...], seed: int
) -> None:
    neat = pytest.importorskip("neat")
    config = neat_config(swingup, 12, activations)
    random.seed(seed)
    population = neat.Population(config)
    rng = np.random.default_rng(seed)

    def score(genomes: list[tuple[int, object]], _config: object) -> None:
        for _, genome in genomes:
            genome.fitness = rng.random()  # type: ignore[attr-defined]

    sizes = set()
    for _ in range(15):
        population.run(score, 1)
        for genome in population.population.values():
            network = to_network(genome, config, swingup)
            sizes.add((network.n_hidden, network.n_connections))
            expected_network = neat.nn.FeedForwardNetwork.create(genome, config)
            x = rng.uniform(-1, 1, (5, 5))
            expected = [expected_network.activate(row) for row in x.tolist()]
            # float32 against float64: sin(πx) and the like of large sums lose some digits.
            np.testing.assert_allclose(network(x), expected, atol=2e-3 if len(activations) > 1 else 1e-5)
    assert len(sizes) > 5


def test_neat_is_deterministic_and_leaves_python_s_random_numbers_alone(swingup: wann.tasks.Task) -> None:
    pytest.importorskip("neat")
    settings = {"population": 10, "episodes": 2, "confirm_episodes": 4, "seed": 2}
    random.seed(1)
    state = random.getstate()
    first = Neat(swingup, threads=1, **settings)
    records = list(first.run(4))
    assert random.getstate() == state
    random.seed(99)
    second = Neat(swingup, threads=2, **settings)
    assert list(second.run(4)) == records
    assert second.network == first.network
    assert first.network.weights is not None
    assert records[-1].environment_steps > 4 * 10 * 2


def test_neat_learns_and_keeps_to_its_budget(swingup: wann.tasks.Task) -> None:
    pytest.importorskip("neat")
    neat = Neat(swingup, population=40, episodes=4, confirm_episodes=16, seed=0)
    records = list(neat.run(max_environment_steps=3_000_000))
    assert records[-2].environment_steps < 3_000_000 <= records[-1].environment_steps
    assert records[-1].champion_reward > 1.2 * records[0].mean_reward


def test_the_missing_extra_is_told(swingup: wann.tasks.Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neat", None)
    with pytest.raises(wann.errors.MissingExtraError, match=r"pip install 'wann\[neat\]'"):
        Neat(swingup)
