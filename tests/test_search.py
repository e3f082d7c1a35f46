"""The search through its public face: ask and tell, determinism, saved states, champions, and bad input."""

import dataclasses
import json

import numpy as np
import pytest

import wann
from wann import Search, SearchConfig, WannError, preset
from wann.search.config import OPERATOR_ODDS
from wann.tasks import Task
from wann.tasks.protocol import Rollouts, run_lanes

SMALL = {
    "population": 24,
    "generations": 12,
    "episodes": 2,
    "confirm_episodes": 64,
    "tournament": 4,
    "islands": 1,
    "island_culls": (),
    "further_change": 0.0,
    "transfer": 0.0,
}
#: Everything on that the paper does not have.
MODERN = {
    "islands": 9,
    "island_culls": (0.3, 0.6),
    "population": 10,
    "further_change": 0.3,
    "transfer": 0.3,
}
#: Networks of graded paths, with two parents, at weights that are drawn afresh.
GRADED = {
    "initial_paths": 0.3,
    "initial_enabled": 0.1,
    "adjust_path": 0.5,
    "remove_connection": 0.1,
    "remove_node": 0.1,
    "further_change": 0.5,
    "crossover": 0.5,
    "mean_objective": 0.7,
    "fresh_weights": True,
}


def small(**changes) -> SearchConfig:
    """On the paper's settings, so that a better default changes no test."""
    return preset("cartpole-swingup", "paper", **(SMALL | changes))


def records(search: Search, generations: int) -> list[dict]:
    return [dataclasses.asdict(g) for g in search.run(generations)]


def step_by_hand(search: Search) -> wann.search.Generation:
    networks = search.ask()
    weights, seeds = search.lanes()
    rewards = run_lanes(search.task, networks, weights, seeds).rewards
    return search.tell(rewards.reshape(len(networks), len(search.config.weights), -1))


@pytest.fixture(scope="module")
def task() -> Task:
    return wann.make_task("cartpole-swingup")


@pytest.fixture(scope="module", params=[SMALL, MODERN, GRADED], ids=["plain", "modern", "graded"])
def settings(request: pytest.FixtureRequest) -> SearchConfig:
    return small(**request.param)


@pytest.fixture(scope="module")
def finished(task: Task, settings: SearchConfig) -> tuple[Search, list[dict]]:
    search = Search(task, settings, seed=3, threads=1)
    return search, records(search, 12)


def test_a_run_makes_progress_and_says_so(finished: tuple[Search, list[dict]]) -> None:
    search, lines = finished
    assert [line["generation"] for line in lines] == list(range(12))
    assert search.generation == 12
    champion = [line["champion_mean_reward"] for line in lines]
    assert champion[-1] > champion[0]
    steps = [line["environment_steps"] for line in lines]
    assert (np.diff(steps) > 0).all()
    assert steps[-1] == search.environment_steps
    json.dumps(lines, allow_nan=False)


def test_the_same_seed_gives_the_same_run(task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig) -> None:
    again = Search(task, settings, seed=3, threads=1)
    assert records(again, 12) == finished[1]
    assert again.champion == finished[0].champion


def test_threads_change_nothing(task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig) -> None:
    again = Search(task, settings, seed=3, threads=2)
    assert records(again, 12) == finished[1]
    assert again.champion == finished[0].champion


def test_another_seed_gives_another_run(task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig) -> None:
    assert records(Search(task, settings, seed=4), 12) != finished[1]


def test_asking_and_telling_by_hand_is_running(
    task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig
) -> None:
    search = Search(task, settings, seed=3)
    for line in finished[1]:
        record = dataclasses.asdict(step_by_hand(search))
        # What the caller's own rollouts cost, the search does not know.
        del record["environment_steps"]
        assert record == {k: v for k, v in line.items() if k != "environment_steps"}
    assert search.champion == finished[0].champion


def test_running_in_pieces_is_running_at_once(
    task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig
) -> None:
    search = Search(task, settings, seed=3)
    assert records(search, 5) + records(search, 0) + records(search, 7) == finished[1]


@pytest.mark.parametrize("stop", [0, 1, 7, 11])
def test_a_restored_state_goes_on_as_if_nothing_had_happened(
    task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig, stop: int
) -> None:
    stopped = Search(task, settings, seed=3)
    before = records(stopped, stop)
    state = stopped.state()
    resumed = Search(task, settings, seed=3)
    resumed.restore(state)
    assert before + records(resumed, 12 - stop) == finished[1]
    assert resumed.champion == finished[0].champion
    assert resumed.champion_record == finished[0].champion_record


def test_a_state_does_not_change_when_the_search_goes_on(
    task: Task, finished: tuple[Search, list[dict]], settings: SearchConfig
) -> None:
    search = Search(task, settings, seed=3)
    before = records(search, 4)
    state = search.state()
    records(search, 3)
    resumed = Search(task, settings, seed=3)
    resumed.restore(state)
    assert before + records(resumed, 8) == finished[1]


def test_a_state_of_another_search_is_refused(task: Task) -> None:
    search = Search(task, small(), seed=3)
    records(search, 1)
    with pytest.raises(WannError, match="24"):
        Search(task, small(population=30), seed=3).restore(search.state())


def test_ask_gives_the_same_networks_until_told(task: Task) -> None:
    search = Search(task, small(), seed=1)
    first, second = search.ask(), search.ask()
    assert len(first) == 24
    assert all(a == b for a, b in zip(first, second, strict=True))
    assert {(n.inputs, n.outputs) for n in first} == {(task.inputs, task.outputs)}
    assert all(n.n_hidden == 0 for n in first)
    step_by_hand(search)
    assert any(a != b for a, b in zip(first, search.ask(), strict=True))


def test_all_networks_see_the_same_episodes_and_every_generation_sees_new_ones(task: Task) -> None:
    search = Search(task, small(), seed=1)
    weights, seeds = search.lanes()
    assert weights.shape == seeds.shape == (6 * 2,)
    assert len(set(seeds.tolist())) == 2
    assert sorted(set(weights.tolist())) == [-2, -1, -0.5, 0.5, 1, 2]
    step_by_hand(search)
    assert not set(seeds.tolist()) & set(search.lanes()[1].tolist())


class Recording:
    """A task that hands on to another one and keeps what it was asked to run."""

    def __init__(self, task: Task) -> None:
        self.inner = task
        self.calls: list[tuple[list, np.ndarray, np.ndarray]] = []

    def __getattr__(self, name: str):
        return getattr(self.inner, name)

    def rollout(self, networks, weights, seeds, *, threads=1) -> Rollouts:
        self.calls.append((list(networks), weights.copy(), seeds.copy()))
        return self.inner.rollout(networks, weights, seeds, threads=threads)


def test_champions_are_confirmed_on_64_fresh_episodes(task: Task) -> None:
    recording = Recording(task)
    search = Search(recording, small(), seed=5)
    list(search.run(10))
    champion = search.champion_record
    assert champion.episodes >= 64
    searched = {int(s) for networks, _, seeds in recording.calls if len(networks) == 24 for s in seeds}
    confirming = [
        (weights, seeds)
        for networks, weights, seeds in recording.calls
        if len(networks) < 24 and any(n.same_topology(champion.network) for n in networks)
    ]
    fresh = {int(s) for _, seeds in confirming for s in seeds}
    assert len(fresh) >= 64
    assert not fresh & searched
    assert {float(w) for weights, _ in confirming for w in weights} == set(wann.search.WEIGHT_VALUES)
    # The score that is reported is the one on those episodes.
    weights, seeds = (np.concatenate(columns) for columns in zip(*confirming, strict=True))
    rewards = run_lanes(task, [champion.network], weights, seeds).rewards[0]
    by_weight = [rewards[weights == np.float32(w)].mean() for w in search.config.weights]
    assert champion.rewards == pytest.approx(tuple(by_weight), rel=1e-9)
    assert champion.mean_reward == pytest.approx(np.mean(by_weight), rel=1e-9)


def test_a_champions_score_is_not_far_from_the_truth(finished: tuple[Search, list[dict]], task: Task) -> None:
    search, _ = finished
    evaluation = wann.evaluate(search.champion, task, episodes=300)
    assert search.champion_record.mean_reward == pytest.approx(evaluation.mean_reward, rel=0.15)


def test_a_lucky_network_does_not_become_champion(task: Task) -> None:
    """Rewards that only the caller saw are not believed: they are confirmed on the task."""
    search = Search(task, small(), seed=2)
    step_by_hand(search)
    record = search.champion_record
    rewards = np.zeros((24, 6, 2))
    rewards[5] = 999.0
    search.tell(rewards)
    assert search.champion_record.mean_reward < 999
    assert search.champion_record.mean_reward >= record.mean_reward or search.champion_record.episodes > record.episodes


def test_there_is_no_champion_before_the_first_generation(task: Task) -> None:
    with pytest.raises(WannError, match="run at least one generation"):
        _ = Search(task, small()).champion


@pytest.mark.parametrize(
    ("rewards", "message"),
    [
        (np.zeros((23, 6, 2)), r"rewards have shape \(23, 6, 2\)"),
        (np.zeros((24, 5, 2)), r"rewards have shape \(24, 5, 2\)"),
        (np.zeros((24, 12)), r"rewards have shape \(24, 12\)"),
        (np.zeros(0), r"rewards have shape \(0,\)"),
        (np.zeros((24, 6, 0)), r"rewards have shape \(24, 6, 0\)"),
        (np.full((24, 6, 2), np.nan), "network 0 .*not finite"),
        (np.where(np.arange(24)[:, None, None] == 7, np.inf, np.zeros((24, 6, 2))), "network 7 .*not finite"),
        ("rewards", "rewards"),
    ],
)
def test_telling_nonsense_is_refused_and_changes_nothing(task: Task, rewards, message: str) -> None:
    search = Search(task, small(), seed=1)
    before = search.ask()
    with pytest.raises(WannError, match=message) as caught:
        search.tell(rewards)
    assert "\n" not in str(caught.value)
    assert search.generation == 0
    assert all(a == b for a, b in zip(before, search.ask(), strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"population": 1}, "population is 1; it must be an integer from 2"),
        ({"population": 0}, "population is 0"),
        ({"population": 2.5}, "population is 2.5; it must be an integer"),
        ({"population": True}, "population is True"),
        ({"population": "many"}, "population is 'many'"),
        ({"population": 10**9}, "population is 1000000000"),
        ({"generations": 0}, "generations is 0"),
        ({"episodes": 0}, "episodes is 0"),
        ({"episodes": -3}, "episodes is -3"),
        ({"tournament": 0}, "tournament is 0"),
        ({"cull": 1.0}, "cull is 1.0; it must be a number from 0 to 0.99"),
        ({"cull": -0.1}, "cull is -0.1"),
        ({"elite": float("nan")}, "elite is nan"),
        ({"initial_enabled": 1.5}, "initial_enabled is 1.5"),
        ({"connection_objective": 2}, "connection_objective is 2"),
        ({"weights": ()}, "at least one weight"),
        (
            {"weights": (0.0, 0)},
            "weights are all 0, with which every network computes the same; expected such as -1, 0.5, 2",
        ),
        ({"weights": (1.0, float("nan"))}, "nan is not a finite number"),
        ({"weights": (1.0, float("inf"))}, "inf is not a finite number"),
        ({"weights": ("a",)}, "weights are .*expected numbers"),
        ({"weights": 3}, "weights: expected a list of numbers .*, got 3"),
        ({"weights": (1.0, 1e39)}, r"weights: 1e\+39 is not a finite number in float32"),
        ({"activations": ()}, "at least one activation"),
        ({"activations": ("swish",)}, "unknown activation 'swish'"),
        ({"activations": ("tanh", "tanh")}, "named twice"),
        (
            dict.fromkeys(OPERATOR_ODDS, 0),
            "the odds of all operators",
        ),
        ({"activations": ("tanh", "linear")}, "initial_paths is 0.5, but activations leaves out inverse, which paths"),
        (
            {"activations": ("tanh",), "initial_paths": 0},
            "adjust_path is 0.5, but activations leaves out linear and inverse, which paths",
        ),
        ({"confirm_episodes": 0}, "confirm_episodes is 0"),
        ({"colour": 1}, "unknown setting 'colour'"),
    ],
)
def test_settings_out_of_range(changes: dict, message: str) -> None:
    with pytest.raises(WannError, match=message) as caught:
        preset("cartpole-swingup", **changes)
    assert "\n" not in str(caught.value)


def test_unknown_names() -> None:
    with pytest.raises(WannError, match=r"unknown task 'cartpole'; did you mean 'cartpole-swingup'"):
        wann.make_task("cartpole")
    with pytest.raises(WannError, match=r"unknown preset 'fast'; there are .*paper"):
        preset("cartpole-swingup", "fast")


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "a", True, None])
def test_bad_seeds(task: Task, seed) -> None:
    with pytest.raises(WannError, match=r"seed is .*allowed are integers from 0 to 2\^63 - 1"):
        Search(task, small(), seed=seed)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "all", 10**6])
def test_bad_threads(task: Task, threads) -> None:
    with pytest.raises(WannError, match=r"threads is .*it must be an integer from 1 to 1024"):
        Search(task, small(), threads=threads)


def test_settings_survive_json() -> None:
    config = preset("cartpole-swingup", population=50, activations=("linear", "inverse", "relu"), weights=(1, 2))
    again = SearchConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config


def test_a_former_setting_is_passed_over_where_it_was_off() -> None:
    config = small()
    assert SearchConfig.from_dict({**config.to_dict(), "output_connections": False}) == config
    for value in (True, 1, None):
        with pytest.raises(WannError, match=r"^configuration: output_connections is .* no longer searched for$"):
            SearchConfig.from_dict({**config.to_dict(), "output_connections": value})


def test_a_start_with_a_connection_from_an_output_is_refused() -> None:
    walker = wann.make_task("bipedal-walker")
    outputs = range(25, 29)
    network = wann.Network(
        inputs=walker.inputs,
        outputs=walker.outputs,
        hidden=[],
        output_activations="linear",
        connections=[(1, k) for k in outputs] + [(25, 26)],
    )
    with pytest.raises(WannError, match="a connection that starts at an output"):
        Search(walker, preset("bipedal-walker", population=4), start=[network])


def test_the_papers_preset_is_the_papers() -> None:
    """The hyperparameters of the paper for cart-pole swing-up."""
    config = preset("cartpole-swingup", "paper")
    assert (config.population, config.generations, config.episodes, config.tournament) == (192, 1024, 3, 8)
    assert (config.initial_enabled, config.cull, config.elite, config.connection_objective) == (0.5, 0.2, 0.2, 0.8)
    odds = (config.insert_node, config.add_connection, config.enable_connection, config.change_activation)
    assert odds == (0.25, 0.20, 0.05, 0.50)
    assert config.weights == (-2, -1, -0.5, 0.5, 1, 2)
    assert len(config.activations) == 10


def test_only_allowed_activations_are_used(task: Task) -> None:
    search = Search(task, small(activations=("sine", "relu")), seed=1)
    list(search.run(10))
    used = {a for network in search.ask() for a in network.hidden}
    assert used
    assert used <= {wann.networks.Activation.SINE, wann.networks.Activation.RELU}


@pytest.mark.parametrize("changes", [{"population": 2}, {"weights": (1.0,)}, {"tournament": 1000}, {"elite": 0.99}])
def test_small_and_odd_settings_run(task: Task, changes: dict) -> None:
    search = Search(task, small(**changes), seed=1)
    assert len(list(search.run(3))) == 3
    assert np.isfinite(search.champion_record.mean_reward)


class Spoilt(Recording):
    """Gives NaN to the first network at the second weight."""

    def rollout(self, networks, weights, seeds, *, threads=1) -> Rollouts:
        rollouts = self.inner.rollout(networks, weights, seeds, threads=threads)
        rollouts.rewards[0, 2] = np.nan
        return rollouts


def test_a_nan_reward_is_an_error_that_names_network_and_weight(task: Task) -> None:
    with pytest.raises(wann.errors.InvalidRewardError, match=r"reward nan to network 0 .* weight -1 "):
        list(Search(Spoilt(task), small(), seed=1).run(1))


def test_a_search_starts_from_networks(task: Task, finished: tuple[Search, list[dict]]) -> None:
    """The first generation is these networks, in turns; a search without changes keeps them."""
    found = finished[0].champion
    other = wann.zoo.load("cartpole-swingup")
    search = Search(task, small(), seed=1, start=[found, other])
    networks = list(search.ask())
    assert len(networks) == 24
    for i, network in enumerate(networks):
        assert network.same_topology((found, other)[i % 2])
    first = next(search.run(1))
    assert first.best_mean_reward >= finished[1][-1]["champion_mean_reward"] - 150
    assert any(not n.same_topology(found) and not n.same_topology(other) for n in search.ask())


def test_a_network_to_start_from_must_fit(task: Task) -> None:
    digits = wann.Network(inputs=["a"], outputs=["b"], hidden=[], output_activations="tanh", connections=[(0, 2)])
    with pytest.raises(WannError, match="has 1 input, but cartpole-swingup needs 5"):
        Search(task, small(), start=[digits])
    shaped = wann.Network(
        inputs=list("abcde"), outputs=["force"], hidden=[], output_activations="relu", connections=[(1, 6)]
    )
    with pytest.raises(WannError, match="has relu outputs; allowed on cartpole-swingup: tanh"):
        Search(task, small(), start=[shaped])


def test_fresh_weights_are_stratified(task: Task) -> None:
    """One from each part of -2..2, others in each generation, the same for the same seed."""
    search = Search(task, small(fresh_weights=True), seed=3)
    first, _ = search.lanes()
    list(search.run(1))
    second, _ = search.lanes()
    for weights in (first, second):
        values = weights[::2]
        assert (np.floor((values + 2) / 4 * 6) == np.arange(6)).all()
    assert (first != second).all()
    again = Search(task, small(fresh_weights=True), seed=3)
    np.testing.assert_array_equal(again.lanes()[0], first)
    assert Search(task, small(), seed=3).weights() == wann.search.config.WEIGHT_VALUES


def test_a_bad_reward_at_a_fresh_weight_names_it(task: Task) -> None:
    search = Search(task, small(fresh_weights=True), seed=3)
    rewards = np.zeros((24, 6, 2))
    rewards[5, 2, 1] = np.nan
    with pytest.raises(WannError, match=f"network 5 has the reward nan at the weight {search.weights()[2]:g}"):
        search.tell(rewards)
