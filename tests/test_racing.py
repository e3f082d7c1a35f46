"""Racing: who leaves a generation after half of its episodes, and what the others' rewards are."""

import dataclasses

import numpy as np
import pytest

import wann
from wann import Search, WannError, preset
from wann.search.config import SearchConfig
from wann.search.racing import first_half
from wann.tasks import Task
from wann.tasks.protocol import run_lanes

SMALL = {"population": 24, "generations": 8, "episodes": 3, "confirm_episodes": 4, "tournament": 4}


@pytest.fixture(scope="module")
def task() -> Task:
    return wann.make_task("cartpole-swingup")


def small(**changes: object) -> SearchConfig:
    return preset("cartpole-swingup", "paper", **{**SMALL, "islands": 1, "island_culls": (), **changes})  # type: ignore[arg-type]


class Seen(Search):
    """Keeps what it is told."""

    def _tell(self, rewards, steps, networks, ranked):  # type: ignore[no-untyped-def]
        self.seen, self.ranked = (np.array(rewards), steps), np.array(ranked)
        return super()._tell(rewards, steps, networks, ranked)


@pytest.mark.parametrize("leaving", [0.25, 0.7, 0.99])
def test_the_worst_leave_and_are_ranked_behind_the_others(task: Task, leaving: float) -> None:
    search = Seen(task, small(racing=leaving, islands=2), seed=1, threads=1)
    for generation in range(4):
        networks, (weights, seeds) = search.ask(), search.lanes()
        full = run_lanes(task, networks, weights, seeds).rewards
        half = first_half((len(search.config.weights), 3), generation)
        next(search.run(1))
        rewards, _ = search.seen
        rewards = rewards.reshape(48, -1)
        n_stay = max(1, round((1 - leaving) * 24))
        for island in (slice(0, 24), slice(24, 48)):
            so_far = full[island][:, half].mean(axis=1)
            stays = np.isin(np.arange(24), np.argsort(-so_far, kind="stable")[:n_stay])
            np.testing.assert_array_equal(rewards[island][stays], full[island][stays])
            worst = rewards[island][stays].mean(axis=1).min()
            expected = np.minimum(so_far, worst)[~stays]
            np.testing.assert_allclose(rewards[island][~stays].mean(axis=1), expected, rtol=1e-12)


def test_those_that_left_take_no_steps(task: Task) -> None:
    search = Seen(task, small(racing=0.75), seed=1, threads=1)
    networks, (weights, seeds) = search.ask(), search.lanes()
    half = first_half((len(search.config.weights), 3), 0)
    heat = run_lanes(task, networks, weights[half], seeds[half])
    stay = [networks[int(i)] for i in np.argsort(-heat.rewards.mean(axis=1), kind="stable")[:6]]
    rest = run_lanes(task, stay, weights[~half], seeds[~half])
    next(search.run(1))
    assert search.seen[1] == heat.computed_steps + rest.computed_steps


def test_where_all_stay_nothing_changes(task: Task) -> None:
    plain, raced = (Search(task, small(racing=r), seed=3, threads=1) for r in (0.0, 0.01))
    assert [dataclasses.asdict(g) for g in plain.run(6)] == [dataclasses.asdict(g) for g in raced.run(6)]


def test_threads_and_a_saved_state_make_no_difference(task: Task) -> None:
    config = small(racing=0.5, islands=2)
    whole = [dataclasses.asdict(g) for g in Search(task, config, seed=5, threads=2).run(6)]
    first = Search(task, config, seed=5, threads=1)
    begun = [dataclasses.asdict(g) for g in first.run(3)]
    second = Search(task, config, seed=5, threads=1)
    second.restore(first.state())
    assert begun + [dataclasses.asdict(g) for g in second.run(3)] == whole


def test_the_half_alternates_and_is_spread_over_weights_and_episodes() -> None:
    for shape in ((6, 3), (8, 1), (1, 5), (16, 2)):
        first, second = (first_half(shape, generation) for generation in (4, 5))
        np.testing.assert_array_equal(first, ~second)
        assert np.ptp(first.reshape(shape).sum(axis=0)) <= 1
        assert np.ptp(first.reshape(shape).sum(axis=1)) <= 1


def test_one_episode_has_no_half() -> None:
    with pytest.raises(
        WannError, match=r"racing is 0\.5, but a generation has one episode in all, of which there is no half"
    ):
        small(racing=0.5, weights=(1.0,), episodes=1)
    with pytest.raises(WannError, match=r"racing is 1"):
        small(racing=1.0)


@pytest.mark.parametrize("racing", [0.0, 0.5])
def test_a_cost_of_steps_ranks_and_is_no_part_of_a_score(task: Task, racing: float) -> None:
    search = Seen(task, small(step_cost=0.05, racing=racing), seed=2, threads=1)
    networks, (weights, seeds) = search.ask(), search.lanes()
    rollouts = run_lanes(task, networks, weights, seeds)
    generation = next(search.run(1))
    rewards, ranked = search.seen[0].reshape(24, -1), search.ranked.reshape(24, -1)
    hasty = rollouts.rewards - 0.05 * rollouts.steps
    half = first_half((len(search.config.weights), 3), 0)
    behind = np.argsort(-hasty[:, half].mean(axis=1), kind="stable")[12:] if racing else []
    stays = ~np.isin(np.arange(24), behind)
    np.testing.assert_array_equal(rewards[stays], rollouts.rewards[stays])
    np.testing.assert_array_equal(ranked[stays], hasty[stays])
    champion = search.champion
    i = next(i for i, n in enumerate(networks) if n.same_topology(champion))
    assert generation.best_mean_reward == pytest.approx(rollouts.rewards[stays].mean(axis=1).max())
    assert rewards[i].mean() == pytest.approx(generation.best_mean_reward)


def test_ranks_decide_who_has_children(task: Task) -> None:
    plain, hasty = (Search(task, small(step_cost=cost), seed=2, threads=1) for cost in (0.0, 1e5))
    assert next(plain.run(1)) == next(hasty.run(1))
    assert any(a != b for a, b in zip(plain.ask(), hasty.ask(), strict=True))


def test_a_part_of_the_search_needs_what_a_step_costs() -> None:
    with pytest.raises(WannError, match=r"step_cost_from is 0\.5, but step_cost is 0; set what a step costs"):
        small(step_cost_from=0.5)


def test_steps_cost_nothing_before_their_part_of_the_search(task: Task) -> None:
    config = small(generations=4, step_cost=1e5, step_cost_from=0.5)
    assert [config.step_cost_in(generation) for generation in range(5)] == [0.0, 0.0, 1e5, 1e5, 1e5]
    plain, late = (Search(task, c, seed=2, threads=1) for c in (small(generations=4), config))
    children_alike = []
    for _ in range(3):
        assert next(plain.run(1)).environment_steps == next(late.run(1)).environment_steps
        children_alike.append(all(a == b for a, b in zip(plain.ask(), late.ask(), strict=True)))
    assert children_alike == [True, True, False]
