"""Cart-pole swing-up in the core against the equations in float64, and the queue of lanes that runs it."""

import pickle
import re

import numpy as np
import pytest
from scipy import stats

import oracle
import wann
from conftest import random_network
from wann import Network, _core, seeding
from wann.search.config import WEIGHT_VALUES
from wann.seeding import Stream
from wann.tasks.protocol import product_lanes, run_lanes, simulation_of


def seeds(n: int, group: int = 0) -> np.ndarray:
    return seeding.episode_seeds(7, Stream.BENCHMARK, n, group)


def states(rng: np.random.Generator, n: int) -> np.ndarray:
    """States all over what an episode can meet."""
    return (rng.uniform(-1, 1, (n, 4)) * [2.4, 6, 20, 15]).astype(np.float32)


def constant(weights_to_action: str = "tanh") -> Network:
    """Its action is activation(w), whatever it sees."""
    inputs = list(wann.make_task("cartpole-swingup").inputs)
    return Network(inputs=inputs, outputs=["force"], hidden=[], output_activations=weights_to_action, connections=[(0, 6)])


def test_one_step(rng: np.random.Generator) -> None:
    x = states(rng, 20_000)
    actions = rng.uniform(-1.5, 1.5, len(x)).astype(np.float32)
    after, rewards = _core.CartPoleSwingUp().step(x, actions)
    want, want_rewards, _ = oracle.cartpole_step(x, actions)
    inside = np.abs(want[:, 0]) <= 2.4 + 1e-4
    # The largest angle is 20 rad, whose float32 spacing is 2e-6.
    np.testing.assert_allclose(after, want, atol=1e-5)
    np.testing.assert_allclose(rewards[inside], want_rewards[inside], atol=1e-5)


PHYSICS = [
    {"gravity": 3.7},
    {"cart_mass": 1.2},
    {"pole_mass": 0.1, "pole_length": 1.5},
    {"friction": 2.0, "force": 25.0},
]


@pytest.mark.parametrize("physics", PHYSICS, ids=str)
def test_one_step_of_other_physics(rng: np.random.Generator, physics: dict[str, float]) -> None:
    x = states(rng, 5_000)
    actions = rng.uniform(-1.5, 1.5, len(x)).astype(np.float32)
    after, rewards = wann.make_task("cartpole-swingup", **physics).core.step(x, actions)
    want, want_rewards, _ = oracle.cartpole_step(x, actions, **physics)
    inside = np.abs(want[:, 0]) <= 2.4 + 1e-4
    np.testing.assert_allclose(after, want, atol=3e-5)
    np.testing.assert_allclose(rewards[inside], want_rewards[inside], atol=1e-5)
    usual, _ = _core.CartPoleSwingUp().step(x, actions)
    assert np.abs(after - usual).max() > 0.01


def test_the_usual_physics_by_name_are_the_default(rng: np.random.Generator, swingup: wann.tasks.Task) -> None:
    named = wann.make_task("cartpole-swingup", gravity=9.82, cart_mass=0.5, pole_mass=0.5, pole_length=0.6)
    network, at = random_network(rng), product_lanes(WEIGHT_VALUES, seeds(4))
    np.testing.assert_array_equal(run_lanes(named, [network], *at).rewards, run_lanes(swingup, [network], *at).rewards)


def test_what_other_physics_change_for_those_who_watch(rng: np.random.Generator) -> None:
    """Steps by hand are those of the rollout, the pole is drawn as long as it is, and the page does not simulate it."""
    task = pickle.loads(pickle.dumps(wann.make_task("cartpole-swingup", pole_length=1.2, velocities="hidden")))
    assert task.physics["pole_length"] == 1.2
    assert simulation_of(task) is None
    assert simulation_of(wann.make_task("cartpole-swingup")) is not None
    network = random_network(rng, n_inputs=3)
    (recording,) = task.record(network, [0.7], seed=5)
    rewards = run_lanes(task, [network], [0.7], [5]).rewards
    assert recording.rewards[-1] == pytest.approx(rewards[0, 0], rel=1e-4)
    assert task.scene(0).view.size == pytest.approx((5.5, 3.1))


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("pole_length", 0.1, "cartpole-swingup: pole_length is 0.1; it must be a number from 0.2 to 5"),
        ("gravity", -1, "cartpole-swingup: gravity is -1; it must be a number from 0 to 30"),
        ("cart_mass", 11, "cartpole-swingup: cart_mass is 11; it must be a number from 0.1 to 10"),
        ("pole_mass", "x", "cartpole-swingup: pole_mass is 'x'; it must be a number from 0.1 to 10"),
        ("friction", float("nan"), "cartpole-swingup: friction is nan; it must be a number from 0 to 10"),
        ("force", 31, "cartpole-swingup: force is 31; it must be a number from 0 to 30"),
    ],
)
def test_physics_beyond_what_the_steps_can_bear(option: str, value: object, message: str) -> None:
    with pytest.raises(wann.WannError, match=re.escape(message)):
        wann.make_task("cartpole-swingup", **{option: value})


def test_the_force_is_clipped() -> None:
    x = np.tile(np.array([[0, 0, 1, 0]], dtype=np.float32), (4, 1))
    after, _ = _core.CartPoleSwingUp().step(x, np.array([1, 1.0001, 50, np.inf], dtype=np.float32))
    np.testing.assert_array_equal(after, after[[0, 0, 0, 0]])


def test_a_nan_action_is_not_hidden() -> None:
    after, _ = _core.CartPoleSwingUp().step(np.zeros((1, 4), dtype=np.float32), np.array([np.nan], dtype=np.float32))
    assert np.isnan(after[0, 1])


def test_short_trajectories(rng: np.random.Generator) -> None:
    """Over 100 steps; longer ones are chaotic."""
    exact = oracle_states = _core.cartpole_swingup_starts(seeds(200)).astype(float)
    core = oracle_states.astype(np.float32)
    for _ in range(100):
        actions = rng.uniform(-1, 1, len(core)).astype(np.float32)
        core, rewards = _core.CartPoleSwingUp().step(core, actions)
        exact, exact_rewards, _ = oracle.cartpole_step(exact, actions)
        np.testing.assert_allclose(core, exact, atol=2e-4)
        np.testing.assert_allclose(rewards, exact_rewards, atol=2e-4)


def test_starts() -> None:
    """Each state variable is N((0, 0, π, 0), 0.2²), and they are independent."""
    x = _core.cartpole_swingup_starts(seeds(20_000)).astype(float)
    standard = (x - [0, 0, np.pi, 0]) / 0.2
    for column in standard.T:
        assert stats.kstest(column, "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(standard.T) - np.eye(4)).max() < 0.03
    np.testing.assert_array_equal(_core.cartpole_swingup_starts(seeds(3)), x[:3].astype(np.float32))


def test_an_idle_network_lets_the_pole_hang(swingup: wann.tasks.Task) -> None:
    """Without force the motion is tame, so whole episodes can be compared."""
    got = run_lanes(swingup, [constant("linear")], np.zeros(50), seeds(50))
    want, steps = oracle.cartpole_episodes(_core.cartpole_swingup_starts(seeds(50)), lambda o: np.zeros(len(o)))
    np.testing.assert_array_equal(got.steps[0], steps)
    np.testing.assert_allclose(got.rewards[0], want, atol=0.02)


@pytest.mark.parametrize("force", [-1.0, 0.6, 1.0])
def test_leaving_the_track_ends_an_episode_with_that_steps_reward(swingup: wann.tasks.Task, force: float) -> None:
    got = run_lanes(swingup, [constant("linear")], np.full(150, force), seeds(150))
    want, steps = oracle.cartpole_episodes(_core.cartpole_swingup_starts(seeds(150)), lambda o: np.full(len(o), force))
    assert steps.max() < 1000
    np.testing.assert_array_equal(got.steps[0], steps)
    np.testing.assert_allclose(got.rewards[0], want, atol=2e-3)


def test_an_episode_is_its_steps_one_by_one(swingup: wann.tasks.Task, rng: np.random.Generator) -> None:
    """The rollout does what observing, asking the network and stepping do, one after the other, in float32."""
    network = random_network(rng)
    n = 40
    weights = rng.uniform(-2, 2, n).astype(np.float32)
    got = run_lanes(swingup, [network], weights, seeds(n))
    x = _core.cartpole_swingup_starts(seeds(n))
    total, steps, running = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=int), np.ones(n, dtype=bool)
    for _ in range(1000):
        angle = np.ascontiguousarray(x[:, 2])
        cosine, sine = _core.lane_function("cos", angle), _core.lane_function("sin", angle)
        actions = network(np.stack([x[:, 0], x[:, 1], cosine, sine, x[:, 3]], axis=1), weight=weights)
        x, rewards = _core.CartPoleSwingUp().step(x, np.ascontiguousarray(actions[:, 0]))
        total += np.where(running, rewards, np.float32(0))
        steps += running
        running &= np.abs(x[:, 0]) <= np.float32(2.4)
    assert len(set(got.steps[0])) > 2
    np.testing.assert_array_equal(got.steps[0], steps)
    np.testing.assert_array_equal(got.rewards[0], total.astype(float))


def test_rewards_agree_with_float64_on_average(swingup: wann.tasks.Task, rng: np.random.Generator) -> None:
    """Swinging episodes are chaotic, so single ones differ; the means of many must not."""
    network = random_network(np.random.default_rng(3))
    n = 300
    got = run_lanes(swingup, [network], np.full(n, 1.0), seeds(n)).rewards[0]
    want, _ = oracle.cartpole_episodes(
        _core.cartpole_swingup_starts(seeds(n)), lambda o: oracle.forward(network, o, weight=1.0).values[:, 0]
    )
    error = np.hypot(got.std(), want.std()) / np.sqrt(n)
    assert abs(got.mean() - want.mean()) < 4 * error


# The queue of lanes. More lanes than fit into a block on any processor (64), with episodes of very different lengths.


@pytest.fixture
def networks(rng: np.random.Generator) -> list[Network]:
    return [random_network(rng, n_hidden=int(rng.integers(0, 15))) for _ in range(5)]


def test_results_do_not_depend_on_how_lanes_are_batched(swingup: wann.tasks.Task, networks: list[Network]) -> None:
    weights, lane_seeds = product_lanes(WEIGHT_VALUES, seeds(40))
    whole = run_lanes(swingup, networks, weights, lane_seeds)
    assert (whole.steps < 1000).any()
    assert (whole.steps == 1000).any()

    order = np.random.default_rng(1).permutation(len(weights))
    permuted = run_lanes(swingup, networks, weights[order], lane_seeds[order])
    np.testing.assert_array_equal(permuted.rewards, whole.rewards[:, order])
    np.testing.assert_array_equal(permuted.steps, whole.steps[:, order])

    for piece in (slice(0, 1), slice(3, 20), slice(100, 164), slice(100, 165), slice(7, 140)):
        part = run_lanes(swingup, networks, weights[piece], lane_seeds[piece])
        np.testing.assert_array_equal(part.rewards, whole.rewards[:, piece])
        np.testing.assert_array_equal(part.steps, whole.steps[:, piece])


def test_results_do_not_depend_on_the_other_networks_or_on_threads(
    swingup: wann.tasks.Task, networks: list[Network]
) -> None:
    weights, lane_seeds = product_lanes(WEIGHT_VALUES, seeds(40))
    whole = run_lanes(swingup, networks, weights, lane_seeds, threads=1)
    for threads in (2, 3):
        np.testing.assert_array_equal(
            run_lanes(swingup, networks, weights, lane_seeds, threads=threads).rewards, whole.rewards
        )
    for i, network in enumerate(networks):
        alone = run_lanes(swingup, [network], weights, lane_seeds, threads=2)
        np.testing.assert_array_equal(alone.rewards[0], whole.rewards[i])


def test_individual_weights(swingup: wann.tasks.Task, networks: list[Network], rng: np.random.Generator) -> None:
    """Each lane has a row of weights; batching, order and refills must not mix the rows up."""
    network = networks[0]
    rows = rng.uniform(-2, 2, (150, network.n_connections)).astype(np.float32)
    lane_seeds = seeds(150)
    whole = run_lanes(swingup, [network], rows, lane_seeds)
    assert (whole.steps < 1000).any()
    order = rng.permutation(150)
    permuted = run_lanes(swingup, [network], rows[order], lane_seeds[order], threads=2)
    np.testing.assert_array_equal(permuted.rewards, whole.rewards[:, order])
    for i in (0, 80, 149):
        alone = run_lanes(swingup, [network], rows[i : i + 1], lane_seeds[i : i + 1])
        np.testing.assert_array_equal(alone.rewards[:, 0], whole.rewards[:, i])


def test_equal_networks_run_once(swingup: wann.tasks.Task, networks: list[Network]) -> None:
    a, b = networks[:2]
    rollouts = run_lanes(swingup, [a, b, a, a, b], np.ones(10), seeds(10))
    np.testing.assert_array_equal(rollouts.rewards, rollouts.rewards[[0, 1, 0, 0, 1]])
    assert rollouts.computed_steps == rollouts.steps[:2].sum()


def test_no_lanes_and_no_networks(swingup: wann.tasks.Task, networks: list[Network]) -> None:
    assert run_lanes(swingup, networks, np.zeros(0), seeds(0)).rewards.shape == (5, 0)
    assert run_lanes(swingup, [], np.ones(3), seeds(3)).rewards.shape == (0, 3)


def test_rewards_are_in_range(swingup: wann.tasks.Task, networks: list[Network]) -> None:
    rollouts = run_lanes(swingup, networks, *product_lanes(WEIGHT_VALUES, seeds(20)))
    # The step that leaves the track gives a little less than nothing.
    assert rollouts.rewards.min() > -0.1
    assert rollouts.rewards.max() < 1000


def test_what_does_not_fit_is_refused(swingup: wann.tasks.Task, rng: np.random.Generator) -> None:
    narrow = random_network(rng, n_inputs=4)
    with pytest.raises(wann.WannError, match="has 4 inputs, but cartpole-swingup needs 5"):
        run_lanes(swingup, [narrow], np.ones(3), seeds(3))
    with pytest.raises(wann.WannError, match="2 weights for 3 episodes"):
        run_lanes(swingup, [constant()], np.ones(2), seeds(3))
    with pytest.raises(ValueError, match="do not fit"):
        run_lanes(swingup, [random_network(rng)], np.ones((3, 2)), seeds(3))


def test_a_nan_weight_is_refused(swingup: wann.tasks.Task) -> None:
    with pytest.raises(wann.WannError, match="weights: all values must be finite in float32"):
        run_lanes(swingup, [constant()], np.array([1.0, np.nan]), seeds(2))
