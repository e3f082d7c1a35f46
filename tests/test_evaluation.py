"""The four conditions and the weight profile."""

import dataclasses

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import seeding
from wann.scoring.evaluation import CONDITIONS, Score
from wann.seeding import Stream
from wann.tasks.protocol import run_lanes


@pytest.fixture
def network(rng: np.random.Generator) -> wann.Network:
    return random_network(rng)


def test_a_condition_is_what_its_trials_give(network: wann.Network, swingup: wann.tasks.Task) -> None:
    scores = wann.evaluate(network, swingup, episodes=40, seed=3, threads=1)
    seeds = seeding.episode_seeds(3, Stream.EVALUATION_EPISODES, 40)
    shared = seeding.generator(3, Stream.EVALUATION_WEIGHTS, 0).uniform(-2, 2, 40)
    individual = seeding.generator(3, Stream.EVALUATION_WEIGHTS, 1).uniform(-2, 2, (40, network.n_connections))
    for score, weights in ((scores.random_shared_weight, shared), (scores.random_weights, individual)):
        rewards = run_lanes(swingup, [network], weights, seeds).rewards
        assert score == Score.of(rewards)
        assert score.n == 40


def test_a_trial_is_the_mean_of_its_episodes(network: wann.Network, swingup: wann.tasks.Task) -> None:
    scores = wann.evaluate(network, swingup, episodes=10, episodes_per_trial=4, weights=(1.0,), threads=1)
    seeds = seeding.episode_seeds(0, Stream.EVALUATION_EPISODES, 40)
    rewards = run_lanes(swingup, [network], np.ones(40), seeds).rewards.reshape(10, 4).mean(axis=1)
    assert scores.weights[1.0] == Score.of(rewards)


def test_many_trials_in_pieces_give_the_same(
    network: wann.Network, swingup: wann.tasks.Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = wann.evaluate(network, swingup, episodes=50, threads=1)
    monkeypatch.setattr("wann.scoring.evaluation._WEIGHTS_AT_ONCE", 7 * network.n_connections)
    assert wann.evaluate(network, swingup, episodes=50, threads=2) == whole


def test_tuned_conditions_use_the_network_s_own_weights(network: wann.Network, swingup: wann.tasks.Task) -> None:
    untuned = wann.evaluate(network, swingup, episodes=5)
    assert untuned.tuned_weights is None
    assert untuned.shared_weight == wann.training.tune_shared_weight(network, swingup).weight
    same = network.with_tuning(shared_weight=0.7, weights=np.full(network.n_connections, 0.7))
    tuned = wann.evaluate(same, swingup, episodes=5)
    assert tuned.shared_weight == 0.7
    assert tuned.tuned_weights is not None
    assert tuned.tuned_weights.mean == pytest.approx(tuned.tuned_shared_weight.mean, rel=1e-3)
    assert set(tuned.conditions) == set(CONDITIONS)


def test_evaluation_is_repeatable_and_its_seed_matters(network: wann.Network, swingup: wann.tasks.Task) -> None:
    first = wann.evaluate(network, swingup, episodes=20, seed=1, threads=1)
    assert wann.evaluate(network, swingup, episodes=20, seed=1, threads=2) == first
    other = wann.evaluate(network, swingup, episodes=20, seed=2)
    assert other.random_shared_weight != first.random_shared_weight


def test_profile_agrees_with_the_scores_at_its_weights(network: wann.Network, swingup: wann.tasks.Task) -> None:
    profile = wann.scoring.weight_profile(network, swingup, points=41, episodes=8)
    assert len(profile.weights) == 41
    assert profile.weights[0] == -2
    assert profile.weights[-1] == 2
    scores = wann.evaluate(network, swingup, episodes=8, weights=(profile.weights[3],))
    assert profile.scores[3] == scores.weights[profile.weights[3]]
    assert profile.to_dict()["profile"][3]["mean"] == profile.scores[3].mean


def test_standard_error() -> None:
    score = Score.of([1.0, 3.0, 5.0, 7.0])
    assert score.standard_error == pytest.approx(np.std([1, 3, 5, 7], ddof=1) / 2)
    assert Score.of([2.0]).std == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"episodes": 0}, "episodes is 0"),
        ({"episodes": 2.5}, "episodes is 2.5"),
        ({"episodes_per_trial": 0}, "episodes_per_trial is 0"),
        ({"episodes": 10**6, "episodes_per_trial": 10**3}, "episodes times episodes_per_trial is 1000000000"),
        ({"weights": ()}, "at least one weight"),
        ({"weights": (float("nan"),)}, "not a finite number"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_arguments_are_named(
    network: wann.Network, swingup: wann.tasks.Task, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(wann.WannError, match=message):
        wann.evaluate(network, swingup, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("ends", [(2, -2), (1, 1), (float("nan"), 1), (0, float("inf")), (0, 1e39)])
def test_a_range_that_is_none_is_refused(network: wann.Network, swingup: wann.tasks.Task, ends: tuple[float, float]) -> None:
    with pytest.raises(wann.WannError, match="the range of weights is"):
        wann.scoring.weight_profile(network, swingup, low=ends[0], high=ends[1])


def test_a_network_that_does_not_fit_is_refused(rng: np.random.Generator, swingup: wann.tasks.Task) -> None:
    network = random_network(rng, n_inputs=4)
    for call in (wann.evaluate, wann.scoring.weight_profile, wann.training.tune_shared_weight, wann.training.WeightTuning):
        with pytest.raises(wann.WannError, match="4 inputs, but cartpole-swingup needs 5"):
            call(network, swingup)


def test_evaluation_as_json(network: wann.Network, swingup: wann.tasks.Task) -> None:
    data = wann.evaluate(network, swingup, episodes=3).to_dict()
    assert [row["weight"] for row in data["weights"]] == list(wann.search.WEIGHT_VALUES)
    assert set(data) == {f.name for f in dataclasses.fields(wann.scoring.Evaluation)}
