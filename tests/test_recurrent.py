"""Recurrent networks: what they compute from step to step, wherever they run, and what refuses them."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

import oracle
import test_operators as t
import wann
from conftest import random_network
from wann import Network, WannError, _core, seeding
from wann.networks import Activation, quantized
from wann.networks.network import Networks
from wann.networks.stepping import Stepper
from wann.seeding import Stream
from wann.show import draw_network
from wann.show.panels import connection_weights, node_values
from wann.show.pictures.image import part_for
from wann.show.pictures.layout import bezier, lay_out
from wann.show.report.footage import film
from wann.tasks import VectorTask
from wann.tasks.protocol import run_lanes


def loop(activation: str = "linear", inputs: tuple[str, ...] = ("x",)) -> Network:
    """y = f(w · (x + y a step ago))."""
    last = 1 + len(inputs)
    return Network(
        inputs=inputs,
        outputs=["y"],
        hidden=[],
        output_activations=activation,
        connections=[(1, last), (last, last)],
        recurrent=[False, True],
    )


def delay(inputs: tuple[str, ...] = ("x",), outputs: tuple[str, ...] = ("y",)) -> Network:
    """y = w · x a step ago."""
    return Network(
        inputs=inputs,
        outputs=outputs,
        hidden=[],
        output_activations="linear",
        connections=[(1, 1 + len(inputs))],
        recurrent=[True],
    )


def without_memory(network: Network) -> Network:
    """The network without its recurrent connections."""
    return Network(
        inputs=network.inputs,
        outputs=network.outputs,
        hidden=network.hidden,
        output_activations=network.output_activations,
        connections=network.connections[~network.recurrent],
    )


# What a network computes.


@pytest.mark.parametrize("n", [1, 63, 65, 300])
@pytest.mark.parametrize("individual", [False, True])
def test_steps_are_those_of_the_oracle(n: int, individual: bool) -> None:
    for seed in range(4):
        rng = np.random.default_rng([seed, n])
        network = random_network(rng, n_inputs=3, n_outputs=2, n_hidden=3 * seed, n_recurrent=2 + 3 * seed)
        x = rng.normal(size=(6, n, 3)).astype(np.float32)
        if individual:
            how = {"weights": rng.normal(size=(n, network.n_connections)).astype(np.float32)}
        else:
            how = {"weight": rng.uniform(-2, 2, n).astype(np.float32)}
        memory = None
        for inputs, want in zip(x, oracle.forward_steps(network, x, **how), strict=True):
            got, memory = network.step(inputs, memory, **how)
            assert (np.abs(got - want.values) <= want.bounds).all()


def test_a_loop_adds_up_and_a_delay_delays() -> None:
    memory, seen = None, []
    for x in (1.0, 2.0, 3.0):
        y, memory = loop().step([x], memory, weight=0.5)
        seen.append(float(y[0]))
    assert seen == [0.5, 1.25, 2.125]
    act = Stepper(delay(), weight=2.0)
    assert [float(act([x])[0]) for x in (1.0, 5.0, 7.0)] == [0.0, 2.0, 10.0]
    act.reset()
    assert float(act([4.0])[0]) == 0.0


def test_a_loop_that_grows_stays_within_limits_and_an_input_does_not() -> None:
    act = Stepper(loop(), weight=2.0)
    assert max(float(act([1.0])[0]) for _ in range(300)) == 202.0
    act = Stepper(delay(), weight=1.0)
    assert [float(act([x])[0]) for x in (1e6, -1e6, 0.0)] == [0.0, 1e6, -1e6]
    nan = loop().step([np.nan], None, weight=1.0)[1]
    assert np.isnan(nan).all()


def test_steps_run_side_by_side_as_one_after_the_other(rng: np.random.Generator) -> None:
    network = random_network(rng, n_inputs=4, n_recurrent=9)
    x = rng.normal(size=(5, 70, 2, 4))
    together, alone = Stepper(network, 0.8), [Stepper(network, 0.8) for _ in range(140)]
    for inputs in x:
        many = together(inputs)
        assert many.shape == (70, 2, 1)
        one_by_one = [act(row) for act, row in zip(alone, inputs.reshape(140, 4), strict=True)]
        np.testing.assert_array_equal(many.reshape(140, 1), one_by_one)


def test_a_network_without_recurrent_connections_steps_as_it_is_called(rng: np.random.Generator) -> None:
    network = random_network(rng)
    x = rng.normal(size=(9, 5))
    outputs, memory = network.step(x, None, weight=1.5)
    np.testing.assert_array_equal(outputs, network(x, 1.5))
    assert memory.shape == (9, 0)
    assert not network.is_recurrent


def test_what_it_says_of_itself(rng: np.random.Generator) -> None:
    network = random_network(rng, n_hidden=6, n_recurrent=4)
    assert network.is_recurrent
    assert network.recurrent.sum() == 4
    assert network.n_memory == len(set(network.connections[network.recurrent, 0].tolist()))
    assert "4 recurrent ones" in repr(network)
    forward = without_memory(network)
    assert forward != network
    assert not forward.same_topology(network)
    for same in (pickle.loads(pickle.dumps(network)), network.with_metadata(a=1), network.with_tuning(shared_weight=2.0)):
        assert same.same_topology(network)
        np.testing.assert_array_equal(same.recurrent, network.recurrent)
    assert hash(pickle.loads(pickle.dumps(network))) == hash(network)


def test_one_of_each_kind_may_lead_the_same_way() -> None:
    network = Network(
        inputs=["x"],
        outputs=["y"],
        hidden=["tanh"],
        output_activations="linear",
        connections=[(2, 3), (1, 2), (2, 3), (3, 2)],
        recurrent=[True, False, False, True],
        weights=[1, 2, 3, 4],
    )
    assert network.connections.tolist() == [[1, 2], [3, 2], [2, 3], [2, 3]]
    assert network.recurrent.tolist() == [False, True, False, True]
    assert network.weights.tolist() == [2, 4, 3, 1]


@pytest.mark.parametrize(
    ("connections", "recurrent", "message"),
    [
        ([(0, 2)], [True], "connection 0 -> 2 is recurrent, but the bias was the same a step before"),
        ([(2, 1)], [True], "leads into the bias or an input"),
        ([(1, 2), (1, 2)], [True, True], "stands twice"),
        ([(2, 2)], [False], "the order has a cycle"),
        ([(1, 2)], [True, False], r"recurrent: expected true or false for each connection, shape \(1,\)"),
        ([(1, 2)], [1], "recurrent: expected true or false"),
        ([(1, 2)], "yes", "recurrent: expected true or false"),
    ],
)
def test_what_is_no_network(connections, recurrent, message: str) -> None:
    with pytest.raises(WannError, match=message):
        Network(
            inputs=["x"], outputs=["y"], hidden=[], output_activations="tanh", connections=connections, recurrent=recurrent
        )


@pytest.mark.parametrize("memory", [[0.0], np.zeros((2, 3)), "none"])
def test_a_memory_that_does_not_fit(memory) -> None:
    with pytest.raises(WannError, match="memory"):
        loop().step(np.zeros((3, 1)), memory, weight=1.0)


@pytest.mark.parametrize(
    ("source", "memory"),
    [([1, 4], [2]), ([1, 2], [2]), ([1, 3], [0]), ([1, 3], [3]), ([3, 4], [2, 2]), ([3, 4], [2, 1])],
)
def test_the_core_refuses_a_memory_that_is_none(source, memory) -> None:
    arrays = (np.array(a, dtype=np.uint32) for a in ([0, 2], source, memory))
    with pytest.raises(ValueError, match="memory"):
        _core.Network(1, 1, np.array([5], dtype=np.uint8), *arrays)


# Wherever it runs.


@pytest.mark.parametrize("name", ["cartpole-swingup", "bipedal-walker"])
def test_a_lane_does_not_depend_on_its_neighbours(name: str) -> None:
    """Lanes end at different times, others take their places, and networks stand side by side in the walker's."""
    task, rng = wann.make_task(name), np.random.default_rng(5)
    sizes = {"n_inputs": len(task.inputs), "n_outputs": len(task.outputs)}
    networks = [random_network(rng, **sizes, n_hidden=4, n_recurrent=n) for n in (0, 3, 8, 15)]
    n = 90 if name == "cartpole-swingup" else 20
    weights = rng.uniform(-2, 2, n).astype(np.float32)
    seeds = seeding.episode_seeds(1, Stream.BENCHMARK, n)
    together = run_lanes(task, networks, weights, seeds, threads=1)
    assert len(set(together.steps[2].tolist())) > 3
    threaded = run_lanes(task, networks, weights, seeds, threads=2)
    np.testing.assert_array_equal(threaded.rewards, together.rewards)
    for i, network in enumerate(networks):
        own = np.tile(weights[:, None], network.n_connections) * rng.uniform(0.5, 1, network.n_connections)
        individual = run_lanes(task, [network], own.astype(np.float32), seeds)
        for lane in (0, n // 2, n - 1):
            alone = run_lanes(task, [network], weights[lane : lane + 1], seeds[lane : lane + 1])
            assert alone.rewards[0, 0] == together.rewards[i, lane]
            alone = run_lanes(task, [network], own[lane : lane + 1].astype(np.float32), seeds[lane : lane + 1])
            assert alone.rewards[0, 0] == individual.rewards[0, lane]


@pytest.mark.parametrize("velocities", ["seen", "hidden"])
def test_a_recorded_episode_is_that_of_the_rollout(velocities: str, rng: np.random.Generator) -> None:
    task = wann.make_task("cartpole-swingup", velocities=velocities)
    network = random_network(rng, n_inputs=len(task.inputs), n_recurrent=6)
    network = network.with_tuning(weights=rng.normal(size=network.n_connections))
    seed = seeding.episode_seeds(1, Stream.BENCHMARK, 1)
    recordings = task.record(network, [0.7, None, -1.3], int(seed[0]))
    for recording, weights in zip(recordings, ([0.7], [network.weights], [-1.3]), strict=True):
        rollouts = run_lanes(task, [network], weights, seed)
        assert len(recording.rewards) - 1 == rollouts.steps[0, 0]
        assert recording.rewards[-1] == pytest.approx(rollouts.rewards[0, 0], abs=0.05)
    # Every frame can be computed again from what the network saw and remembered.
    for recording, weight in ((recordings[0], 0.7), (recordings[0].every(7), 0.7)):
        outputs, _ = network.step(recording.observations, recording.memory, weight)
        if recording is recordings[0]:
            np.testing.assert_array_equal(outputs[:-1], recording.actions[1:])
            np.testing.assert_array_equal(recording.memory[0], 0)
    np.testing.assert_array_equal(recordings[0].every(7).memory[1], recordings[0].memory[7])


class Echo(VectorTask):
    """The reward is minus how far the action is from the observation of the step before."""

    name = "echo"
    inputs = ("tone",)
    outputs = ("echo",)
    max_steps = 12
    output_activation = Activation.LINEAR

    def reset(self, seeds):
        state = seeds.astype(np.int64) % 97
        return (state, np.zeros(len(seeds))), self._tone(state)

    def step(self, state, actions):
        tone, before = state
        rewards = -np.abs(actions[:, 0] - before)
        after = tone * 5 % 97
        return (after, self._tone(tone)[:, 0]), self._tone(after), rewards, np.zeros(len(tone), dtype=bool)

    @staticmethod
    def _tone(state):
        return (state % 7 / 7.0).astype(np.float32)[:, None]


def test_a_task_in_numpy_whose_answer_is_the_past() -> None:
    task, seeds = Echo(), np.arange(1, 9, dtype=np.uint64)
    memoryless = Network(inputs=["tone"], outputs=["echo"], hidden=[], output_activations="linear", connections=[(1, 2)])
    networks = [memoryless, delay(task.inputs, task.outputs), loop("linear", task.inputs)]
    rewards = run_lanes(task, networks, np.ones(8, dtype=np.float32), seeds).rewards
    np.testing.assert_allclose(rewards[1], 0, atol=1e-6)
    assert (rewards[[0, 2]] < -0.5).all()
    again = run_lanes(task, [networks[1]], np.ones((8, 1), dtype=np.float32), seeds).rewards
    np.testing.assert_array_equal(again[0], rewards[1])
    recording = task.record(networks[1], [1.0], 3)[0]
    assert recording.rewards[-1] == pytest.approx(0, abs=1e-6)


@pytest.fixture(scope="module")
def hidden():
    """Swing-up without velocities as an environment of Gymnasium's, in a worker process."""
    pytest.importorskip("gymnasium")
    from wann.tasks.environments.gymnasium import GymnasiumTask

    name = "wann.tasks.for_gymnasium:wann/CartPoleSwingUp-v0"
    with GymnasiumTask(name, velocities="hidden", observation_scaling=False) as task:
        yield task


def test_worker_processes_remember(hidden, rng: np.random.Generator) -> None:
    """Episodes in workers are those of a policy that is stepped by hand, begun again for each."""
    network = random_network(rng, n_inputs=3, n_hidden=5, n_recurrent=6)
    weights, seeds = np.array([0.6, -1.2, 1.7], dtype=np.float32), seeding.episode_seeds(2, Stream.BENCHMARK, 3)
    other = random_network(rng, n_inputs=3, n_hidden=2, n_recurrent=2)
    rollouts = run_lanes(hidden, [other, network], weights, seeds)
    env = hidden.make_env()
    assert env.observation_space.shape == (3,)
    for i, weight in enumerate(weights):
        act = wann.tasks.policy(network, hidden, float(weight))
        for _ in range(2):
            act.reset()
            observation, _ = env.reset(seed=seeding.reset_seed(seeds[i]))
            total, steps, over = 0.0, 0, False
            while not over:
                observation, reward, ended, cut, _ = env.step(act(observation))
                total, steps, over = total + reward, steps + 1, ended or cut
            assert steps == rollouts.steps[1, i]
            assert total == pytest.approx(rollouts.rewards[1, i], abs=1e-6)


def test_policies_of_jobs_begin_with_nothing(rng: np.random.Generator) -> None:
    network = random_network(rng, n_inputs=2, n_recurrent=5)
    batch, scale = _core.NetworkBatch([network.core]), (np.zeros((1, 2), np.float32), np.ones((1, 2), np.float32))
    policies = _core.Policies(batch, *scale, np.array([[0.5], [1.0]], dtype=np.float32), False)
    jobs, x = np.array([1, 0]), rng.normal(size=(2, 2)).astype(np.float32)
    seen = []
    for step in range(6):
        out = np.zeros((2, 1), dtype=np.float32)
        policies.run(jobs, x, out, 2)
        seen.append(out)
        if step == 2:
            policies.begin(1)
    assert not np.array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[3][0], seen[0][0])
    np.testing.assert_array_equal(seen[4][0], seen[1][0])
    acts = [Stepper(network, w) for w in (1.0, 0.5)]
    np.testing.assert_array_equal(seen[0], [act(row) for act, row in zip(acts, x, strict=True)])
    assert not np.array_equal(seen[3][1], seen[0][1])
    with pytest.raises(ValueError, match="no such job"):
        policies.begin(2)


def test_hidden_velocities() -> None:
    seen, hides = wann.make_task("cartpole-swingup"), wann.make_task("cartpole-swingup", velocities="hidden")
    assert hides.inputs == ("x", "cos_theta", "sin_theta")
    seeds = seeding.episode_seeds(1, Stream.BENCHMARK, 4)
    np.testing.assert_array_equal(hides.episodes(seeds).observations(), seen.episodes(seeds).observations()[:, [0, 2, 3]])
    # A network that does not look at velocities does the same in both.
    connections = {3: [(1, 4), (3, 4), (0, 4)], 5: [(1, 6), (4, 6), (0, 6)]}
    rewards = []
    for task in (hides, seen):
        network = Network(
            inputs=task.inputs,
            outputs=task.outputs,
            hidden=[],
            output_activations="tanh",
            connections=connections[len(task.inputs)],
        )
        rewards.append(run_lanes(task, [network], [1.0, -1.0, 0.3, 2.0], seeds).rewards)
    np.testing.assert_array_equal(*rewards)
    with pytest.raises(WannError, match="velocities is 'some'; it must be 'seen' or 'hidden'"):
        wann.make_task("cartpole-swingup", velocities="some")


# Search.

SEARCH = {
    "population": 16,
    "generations": 8,
    "episodes": 1,
    "confirm_episodes": 2,
    "recurrent": 0.5,
    "remove_connection": 0.1,
    "remove_node": 0.1,
    "further_change": 0.5,
    "crossover": 0.3,
    "transfer": 0.3,
    "mirror": 0.1,
}


@pytest.fixture(scope="module")
def task():
    return wann.make_task("cartpole-swingup", velocities="hidden")


def test_a_search_with_recurrent_connections(task) -> None:
    """It is the same with any number of threads, and after an interruption."""
    config = wann.SearchConfig(**SEARCH)
    search = wann.Search(task, config, seed=3, threads=1)
    records = [dataclasses.asdict(g) for g in search.run()]
    networks = search.ask()
    assert sum(n.is_recurrent for n in networks) > 8
    assert (search.islands[0].n_enabled() >= [n.n_connections for n in networks]).all()
    other = wann.Search(task, config, seed=3, threads=2)
    list(other.run(4))
    resumed = wann.Search(task, config, seed=3, threads=2)
    resumed.restore(other.state())
    assert [dataclasses.asdict(g) for g in resumed.run()] == records[4:]
    assert resumed.champion == search.champion
    assert [a == b for a, b in zip(resumed.ask(), networks, strict=True)] == [True] * len(networks)


def test_the_history_names_the_operator(task) -> None:
    config = wann.SearchConfig(**{**SEARCH, "insert_node": 0, "add_connection": 0, "enable_connection": 0,
                                  "change_activation": 0, "remove_connection": 0, "remove_node": 0, "further_change": 0,
                                  "crossover": 0, "transfer": 0, "mirror": 0, "elite": 0.1})  # fmt: skip
    search = wann.Search(task, config, seed=3, threads=1)
    list(search.run(1))
    change = search.islands[0].change(15)
    assert change["operator"] == "add recurrent connection"
    assert change["recurrent"] is True
    source, target = change["genome_connection"]
    assert source > 0
    assert target > 3


def test_a_search_starts_from_a_recurrent_network(task, rng: np.random.Generator) -> None:
    network = Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=["relu"],
        output_activations="tanh",
        connections=[(1, 4), (5, 4), (4, 5), (2, 5), (4, 4)],
        recurrent=[False, True, False, True, True],
    )
    search = wann.Search(task, wann.SearchConfig(population=4, generations=1, elite=0.5), start=[network])
    assert all(n.same_topology(network) for n in search.ask())


def test_a_checkpoint_from_before_goes_on() -> None:
    """Arrays without the later ones are those of genomes without recurrent connections."""
    population = t.evolved(4, 2, 20, seed=8, size=20)
    arrays = population.to_arrays()
    former = {name: a[:, :5].copy() if name in ("change", "changes") else a for name, a in arrays.items()}
    del former["recurrent"]
    again = _core.Population.from_arrays(4, 2, from_=former.pop("from"), **former)
    for name, array in again.to_arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


def test_a_search_goes_on_from_a_state_from_before(task) -> None:
    config = wann.SearchConfig(**{**SEARCH, "recurrent": 0.0})
    search = wann.Search(task, config, seed=1, threads=1)
    list(search.run(3))
    state = search.state()
    population = state["islands"][0]["population"]
    del population["recurrent"]
    for name in ("change", "changes"):
        population[name] = population[name][:, :5].copy()
    resumed = wann.Search(task, config, seed=1, threads=1)
    resumed.restore(state)
    assert list(resumed.run(3)) == list(search.run(3))


@pytest.mark.parametrize(
    ("field", "spoil", "message"),
    [
        ("recurrent", lambda a: a[:-1], "fit together"),
        ("recurrent", lambda a: a * 0, "out of range|cycle|twice"),
        ("recurrent", lambda a: a * 0 + 1, "out of range|twice"),
        ("change", lambda a: a[:, :3].copy(), "fit together"),
        ("changes", lambda a: np.column_stack([a, a]), "fit together"),
        ("changes", lambda a: np.column_stack([a[:, :5], 1 - a[:, 5]]), "a change of a genome is out of range"),
    ],
)
def test_spoilt_arrays_are_refused(field: str, spoil, message: str) -> None:
    arrays = t.evolved(4, 2, 20, seed=8, size=20, recurrent=0.5).to_arrays()
    arrays[field] = spoil(arrays[field])
    with pytest.raises(ValueError, match=message):
        _core.Population.from_arrays(4, 2, from_=arrays.pop("from"), **arrays)


def test_all_recurrent_connections_are_equally_likely() -> None:
    parent = t.copies(t.evolved(3, 2, 12, seed=3, recurrent=0.3), 0, 20_000, 3, 2)
    genome = t.genomes(parent, 3, 2)[0]
    there = {e for e, recurrent in zip(genome.edges, genome.recurrent, strict=True) if recurrent}
    possible = {(a, b) for a in range(1, genome.n_nodes) for b in range(4, genome.n_nodes)}
    assert there
    changes = t.changes(t.children(parent, seed=1, odds=[0, 0, 0, 0], recurrent=1.0))
    assert set(changes[:, 0]) == {t.ADD_RECURRENT}
    added, counts = np.unique(changes[:, 2:4], axis=0, return_counts=True)
    assert {tuple(a) for a in added.tolist()} == possible - there
    t.assert_equally_likely(counts)


def test_a_node_in_a_recurrent_connection_is_another_than_one_in_the_other() -> None:
    """It sees the value of the step before, and has a mark of its own."""
    one = np.array([1], dtype=np.uint32)
    arrays = {"n_hidden": one * 0, "hidden": np.zeros(0, np.uint8), "mark": np.zeros(0, np.uint64), "from_": one,
              "to": one * 2, "n_connections": one, "enabled": one.astype(np.uint8),
              "change": np.array([[0, 1, 0, 0, 0]], dtype=np.uint32)}  # fmt: skip
    marks = []
    for recurrent in (0, 1):
        population = _core.Population.from_arrays(1, 1, **arrays, recurrent=np.array([recurrent], dtype=np.uint8))
        child = t.children(population, seed=1, odds=[1, 0, 0, 0], activations=[1]).to_arrays()
        assert child["recurrent"].tolist() == [recurrent, recurrent, 0]
        assert child["enabled"].tolist() == [0, 1, 1]
        marks.append(int(child["mark"][0]))
    assert marks[0] != marks[1]


def test_crossover_keeps_genomes_well_formed_and_inherits_recurrent_connections() -> None:
    population = t.evolved(4, 2, 25, seed=2, size=30, recurrent=0.5)
    before = t.genomes(population, 4, 2)
    # The only operator finds nothing to do in most genomes, so that what is seen is the crossover.
    children = t.children(population, seed=5, odds=[0, 0, 1, 0], crossover=1.0)
    assert any(any(genome.recurrent) for genome in t.genomes(children, 4, 2))
    for genome in t.genomes(children, 4, 2):
        t.assert_well_formed(genome)
    # Between inputs and outputs, whose numbers all genomes share, a child has what a parent has.
    known = {(e, r) for g in before for e, r in zip(g.edges, g.recurrent, strict=True) if max(e) < 7}
    for genome in t.genomes(children, 4, 2):
        assert {(e, r) for e, r in zip(genome.edges, genome.recurrent, strict=True) if max(e) < 7} <= known
    twins = t.copies(population, 0, 8, 4, 2)
    crossed = t.genomes(t.children(twins, seed=5, odds=[0, 0, 1, 0], crossover=1.0), 4, 2)
    assert any(any(genome.recurrent) for genome in crossed)


def test_removal_leaves_no_node_that_feeds_itself_alone() -> None:
    population = t.evolved(3, 1, 30, seed=4, size=40, recurrent=0.5)
    for generation in range(30):
        population = t.children(population, seed=generation, odds=[0] * 4, remove_connection=1.0, remove_node=0.3)
        for genome in t.genomes(population, 3, 1):
            t.assert_well_formed(genome)
            ends = [edge for edge in genome.edges if edge[0] != edge[1]]
            sources, targets = {a for a, _ in ends}, {b for _, b in ends}
            assert set(range(5, genome.n_nodes)) <= sources & targets


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_mirrored_networks_act_alike_at_both_signs(sign: float) -> None:
    kind = Activation.LINEAR if sign > 0 else Activation.INVERSE
    calm = [int(a) for a in (Activation.TANH, Activation.SIGMOID, Activation.GAUSSIAN)]
    population = t.evolved(3, 2, 15, seed=7, size=20, activations=calm, recurrent=0.5)
    mirrored = t.children(population, seed=3, activations=[int(kind)], mirror=1.0)
    parents = {int(i): k for k, i in enumerate(population.to_arrays()["id"])}
    mothers = [parents[int(i)] for i in mirrored.to_arrays()["parent"]]
    names = tuple("abc"), ("x", "y")
    before = Networks(population.networks(int(Activation.TANH)), *names)
    after = Networks(mirrored.networks(int(Activation.TANH)), *names)
    x = np.random.default_rng(1).normal(size=(5, 7, 3)).astype(np.float32)
    assert sum(network.is_recurrent for network in before) > 10
    for child, mother in enumerate(mothers):
        acts = [Stepper(before[mother], sign * 0.49), Stepper(after[child], 0.7), Stepper(after[child], -0.7)]
        for inputs in x:
            expected, *got = (act(inputs) for act in acts)
            for outputs in got:
                np.testing.assert_allclose(outputs, expected, atol=1e-4)


def test_weights_are_tuned(task, rng: np.random.Generator) -> None:
    network = random_network(rng, n_inputs=3, n_hidden=3, n_recurrent=3)
    tuned = wann.tune(network, task, generations=2, population=4, episodes=1, confirm_episodes=2, seed=2, threads=1)
    assert tuned.same_topology(network)
    assert tuned.weights is not None
    assert len(tuned.weights) == network.n_connections


# What it cannot do.


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 1))
    return wann.tasks.Regression(x, x, batch=10)


def test_what_refuses_recurrent_networks(task, samples, tmp_path: Path) -> None:
    network = loop().with_tuning(weights=[1.0, 0.5])
    for refused, message in (
        (
            lambda: network([[1.0]]),
            r"the network is recurrent and gives outputs step by step: outputs, memory = network\.step",
        ),
        (lambda: network.save(tmp_path / "n.out"), r"cannot hold it; save it as \.json"),
        (lambda: quantized(network, 0.5), "the network is recurrent and cannot be quantized"),
        (lambda: run_lanes(samples, [network], [1.0], [1]), "samples of .* are no steps of an episode"),
        (lambda: samples.score([network], [1.0]), "samples of .* are no steps of an episode"),
        (
            lambda: wann.Search(samples, wann.SearchConfig(recurrent=0.2)),
            "recurrent is 0.2; it must be 0 on .*, whose samples are no steps of an episode",
        ),
        (
            lambda: wann.refine(loop("tanh", task.inputs), task, rounds=1),
            "the network is recurrent and cannot be refined",
        ),
    ):
        with pytest.raises(WannError, match=message):
            refused()


def test_the_core_runs_no_recurrent_network_without_its_memory(rng: np.random.Generator) -> None:
    core, x = loop().core, np.zeros((3, 1), dtype=np.float32)
    one = np.ones((1, 1), dtype=np.float32)
    batch, rows = _core.NetworkBatch([core]), np.arange(3, dtype=np.uint32)
    for refused in (
        lambda: core.forward(x, one, False, 1),
        lambda: batch.forward(x[None], np.ones((3, 1), dtype=np.float32), 1),
        lambda: _core.graph_sizes(batch),
        lambda: _core.score_shared(batch, x, None, x, rows, one[0], 1),
        lambda: _core.score_individual(core, x, None, x, rows, np.ones((1, 2), dtype=np.float32), 1),
    ):
        with pytest.raises(ValueError, match="a recurrent network runs step by step"):
            refused()
    with pytest.raises(ValueError, match="the memory does not fit"):
        core.forward(x, one, False, 1, np.zeros((3, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="the memory does not fit"):
        batch.forward(x[None], np.ones((3, 1), dtype=np.float32), 1, np.zeros((1, 3, 2), dtype=np.float32))


def test_gradients_refuse_it() -> None:
    pytest.importorskip("torch")
    from wann.training.gradient import TorchNetwork

    with pytest.raises(WannError, match="cannot be trained by gradient"):
        TorchNetwork(loop())


# Files.


def test_files_keep_it(tmp_path: Path, rng: np.random.Generator) -> None:
    network = random_network(rng, n_outputs=2, n_recurrent=7)
    network = network.with_tuning(weights=rng.normal(size=network.n_connections))
    network.save(tmp_path / "n.json")
    assert Network.load(tmp_path / "n.json") == network
    forward = random_network(rng)
    forward.save(tmp_path / "f.json")
    assert "recurrent" not in (tmp_path / "f.json").read_text()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("7", "the field 'recurrent' must be a list"),
        ("[2]", "recurrent: expected places of connections, 0 to 1, got 2"),
        ("[-1]", "got -1"),
        ("[true]", "got True"),
        ("[1, 1]", "the connection 1 stands twice"),
        ("[0]", "connection 2 -> 2 does not lead to a later node"),
    ],
)
def test_damaged_files(value: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    loop().save(path)
    path.write_text(path.read_text().replace('"recurrent": [1]', f'"recurrent": {value}'))
    with pytest.raises(WannError, match=message):
        Network.load(path)


# Pictures.


def test_arcs_stand_above_a_picture_that_is_else_as_without_them(rng: np.random.Generator) -> None:
    network = random_network(rng, n_hidden=7, n_recurrent=6)
    forward = without_memory(network)
    layout, without = lay_out(network), lay_out(forward)
    shift = layout.y[0] - without.y[0]
    assert shift >= 0
    np.testing.assert_allclose(layout.y, without.y + shift)
    np.testing.assert_array_equal(layout.x, without.x)
    passing = [route for route, recurrent in zip(layout.routes, network.recurrent, strict=True) if not recurrent]
    for route, expected in zip(passing, without.routes, strict=True):
        np.testing.assert_allclose(route, expected + np.array([0, shift]))
    for (source, target), recurrent, route in zip(network.connections, network.recurrent, layout.routes, strict=True):
        ends = np.array([[layout.x[node], layout.y[node]] for node in (source, target)])
        np.testing.assert_allclose(route[[0, -1]], ends)
        if recurrent:
            curve = bezier(route)
            assert curve[:, 1].min() > -1e-9
            assert curve[16, 1] < ends[:, 1].mean()


@pytest.mark.parametrize("weights", [None, [1.0, 0.5], [1.0, -0.5]])
def test_a_picture_explains_recurrent_connections(weights: list[float] | None) -> None:
    texts = [text.get_text() for text in draw_network(loop().with_tuning(weights=weights)).axes[0].texts]
    width = "the wider, the larger the tuned weight"
    kinds = {None: ["recurrent"], 0.5: ["positive", "recurrent, +", width], -0.5: ["positive", "recurrent, −", width]}
    assert texts[-len(kinds[weights and weights[1]]) :] == kinds[weights and weights[1]]


def test_the_part_for_an_output_holds_what_leads_back_to_it() -> None:
    network = Network(
        inputs=["x"],
        outputs=["a", "b"],
        hidden=["relu", "tanh", "sine"],
        output_activations="tanh",
        connections=[(1, 2), (2, 5), (3, 2), (1, 3), (4, 6), (1, 4)],
        recurrent=[False, False, True, False, False, False],
    )
    part = part_for(network, "a")
    assert [a.label for a in part.hidden] == ["relu", "tanh"]
    assert part.connections.tolist() == [[1, 2], [3, 2], [1, 3], [2, 4]]
    assert part.recurrent.tolist() == [False, True, False, False]


def test_values_of_all_nodes_are_those_of_the_core(task, rng: np.random.Generator) -> None:
    network = random_network(rng, n_inputs=3, n_hidden=6, n_recurrent=6)
    recording = task.record(network, [0.8], 5, 40)[0].every(3)
    values = node_values(network, connection_weights(network, 0.8), recording.observations, recording.memory)
    outputs, _ = network.step(recording.observations, recording.memory, 0.8)
    np.testing.assert_allclose(values[:, network.n_nodes - 1], outputs[:, 0], atol=1e-4)


def test_films_hold_what_the_network_remembers(hidden, rng: np.random.Generator) -> None:
    network = random_network(rng, n_inputs=3, n_hidden=4, n_recurrent=5)
    (footage,) = film(hidden, network, [0.9], 3, 1000)
    assert len(footage.memory) == len(footage.inputs) > 20
    act = Stepper(network, 0.9)
    for i, inputs in enumerate(footage.inputs[:-1]):
        act(inputs)
        np.testing.assert_array_equal(act._memory, footage.memory[i + 1])
