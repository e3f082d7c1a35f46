"""The bipedal walker of the core: its ground, its rollouts, and lanes that do not see each other."""

import numpy as np
import pytest

import wann
from conftest import random_network
from hardcore_walker import FreeFalls
from wann import Network, _core, seeding
from wann.networks.activations import Activation
from wann.seeding import Stream
from wann.tasks.protocol import run_lanes


@pytest.fixture
def walker() -> wann.tasks.Task:
    return wann.make_task("bipedal-walker")


def network(seed: int = 0) -> Network:
    return random_network(np.random.default_rng(seed), n_inputs=24, n_outputs=4, n_hidden=20)


def seeds(n: int) -> np.ndarray:
    return seeding.episode_seeds(3, Stream.BENCHMARK, n)


@pytest.mark.parametrize(("name", "steps"), [("bipedal-walker", 1600), ("bipedal-walker-hardcore", 2000)])
def test_the_task(name: str, steps: int) -> None:
    task = wann.make_task(name)
    assert (len(task.inputs), len(task.outputs)) == (24, 4)
    assert task.output_activation == Activation.LINEAR
    rollouts = run_lanes(task, [network()], np.linspace(-2, 2, 12), seeds(12))
    assert np.isfinite(rollouts.rewards).all()
    assert (rollouts.steps >= 1).all()
    assert (rollouts.steps <= steps).all()


def test_presets_are_the_papers() -> None:
    config = wann.preset("bipedal-walker", "paper")
    assert (config.population, config.generations, config.episodes) == (480, 2048, 4)
    assert (config.initial_enabled, config.tournament) == (0.25, 16)


def test_a_lane_does_not_see_its_neighbours(walker: wann.tasks.Task) -> None:
    """To the bit: otherwise results would depend on the number of threads."""
    n = network(1)
    weights = np.linspace(-2, 2, 70, dtype=np.float32)
    together = run_lanes(walker, [n], weights, seeds(70))
    order = np.random.default_rng(0).permutation(70)
    shuffled = run_lanes(walker, [n], weights[order], seeds(70)[order], threads=2)
    np.testing.assert_array_equal(together.rewards[:, order], shuffled.rewards)
    for lane in (0, 17, 69):
        alone = run_lanes(walker, [n], weights[lane : lane + 1], seeds(70)[lane : lane + 1])
        assert alone.rewards[0, 0] == together.rewards[0, lane]
        assert alone.steps[0, 0] == together.steps[0, lane]


def test_rollouts_are_the_steps(walker: wann.tasks.Task) -> None:
    """A rollout's reward is what the walker gives step by step."""
    n = network(2)
    episode = seeds(1)
    rollouts = run_lanes(walker, [n], [0.7], episode)
    one = _core.BipedalWalkers(episode, False)
    total, steps, ended = 0.0, 0, False
    while not ended and steps < 1600:
        actions = n(one.observations(), weight=0.7)
        rewards, done = one.step(actions)
        total, steps, ended = total + float(rewards[0]), steps + 1, bool(done[0])
    assert steps == rollouts.steps[0, 0]
    assert total == pytest.approx(rollouts.rewards[0, 0], abs=2e-2)  # summed in float32


def test_torque_costs_and_a_fall_ends_the_episode() -> None:
    walkers = _core.BipedalWalkers(seeds(8), False)
    tilted = np.tile(np.array([1, 1, 1, 1], dtype=np.float32), (8, 1))
    total = np.zeros(8)
    for _ in range(400):
        rewards, done = walkers.step(tilted)
        total += rewards
    assert done.all()
    assert (total < -90).all()
    rewards, done = walkers.step(tilted)
    np.testing.assert_array_equal(rewards, 0)


def test_actions_are_clipped() -> None:
    a, b = _core.BipedalWalkers(seeds(4), False), _core.BipedalWalkers(seeds(4), False)
    for _ in range(20):
        reward_a, _ = a.step(np.full((4, 4), 1.0, dtype=np.float32))
        reward_b, _ = b.step(np.full((4, 4), 7.5, dtype=np.float32))
        np.testing.assert_array_equal(reward_a, reward_b)
    np.testing.assert_array_equal(a.observations(), b.observations())


def test_the_plain_ground() -> None:
    walkers = _core.BipedalWalkers(seeds(300), False)
    heights = np.array([walkers.terrain(i)[0] for i in range(300)])
    assert all(len(walkers.terrain(i)[1]) == 0 for i in range(300))
    np.testing.assert_allclose(heights[:, :21], 400 / 30 / 4, rtol=1e-6)
    assert 0.1 < heights[:, 100].std() < 1.0
    assert np.abs(walkers.pushes()).max() <= 5
    assert abs(walkers.pushes().mean()) < 0.6


def test_the_hardcore_ground() -> None:
    walkers = _core.BipedalWalkers(seeds(100), True)
    for i in range(100):
        _, boxes = walkers.terrain(i)
        assert 4 < len(boxes) <= 64
        assert (boxes[:, 0] < boxes[:, 2]).all()
        assert (boxes[:, 1] < boxes[:, 3]).all()
        assert (np.diff(boxes[:, 0]) > 0).all()
        assert boxes[0, 0] > 19 * 14 / 30


def test_bad_shapes_are_refused() -> None:
    walkers = _core.BipedalWalkers(seeds(2), False)
    with pytest.raises(ValueError, match=r"actions are \(n, 4\)"):
        walkers.step(np.zeros((2, 3), dtype=np.float32))
    with pytest.raises(ValueError, match=r"heights are \(n, 200\)"):
        _core.BipedalWalkers.on_terrain(np.zeros((1, 10), np.float32), np.zeros((0, 5), np.float32), np.zeros(1, np.float32))


def test_networks_that_share_a_block_get_what_each_gets_alone(walker: wann.tasks.Task) -> None:
    """Lanes of several networks run side by side; to the bit."""
    networks = [network(i) for i in range(9)]
    weights = np.array([-2.0, -0.5, 1.0, 2.0], dtype=np.float32)
    together = run_lanes(walker, networks, weights, seeds(4), threads=2)
    assert together.computed_steps == together.steps.sum()
    assert 0 < together.idle_steps < 4 * together.computed_steps
    for i, n in enumerate(networks):
        alone = run_lanes(walker, [n], weights, seeds(4))
        np.testing.assert_array_equal(alone.rewards[0], together.rewards[i])


def test_a_fall_can_cost_nothing() -> None:
    """Where it does not, a search among obstacles finds walkers that stand still."""
    lanes = np.linspace(-2, 2, 21), seeds(21)
    paid, free = (run_lanes(task, [network()], *lanes) for task in (wann.make_task("bipedal-walker-hardcore"), FreeFalls()))
    fell = paid.steps < 2000
    assert fell.any()
    assert not fell.all()
    np.testing.assert_array_equal(free.rewards, paid.rewards + 100 * fell)
