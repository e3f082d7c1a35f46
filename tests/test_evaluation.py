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


def test_an_evaluation_is_printed_as_a_table(network: wann.Network, swingup: wann.tasks.Task) -> None:
    found = wann.evaluate(network, swingup, episodes=3)
    lines = str(found).splitlines()
    assert lines[0] == "cartpole-swingup: mean ± standard deviation of 3 trials, an episode each"
    assert [line.split()[:2] for line in lines[2:8]] == [["weight", f"{w:g}"] for w in found.weights]
    for label in (*CONDITIONS.values(), "mean of these weights"):
        assert sum(line.strip().startswith(label) for line in lines) == 1
    profile = wann.scoring.weight_profile(network, swingup, points=3, episodes=2)
    assert len(str(profile).splitlines()) == 4


@pytest.fixture
def table() -> wann.tasks.Regression:
    """Targets that were standardised: 1 is 25 of their units."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2))
    y = x[:, 0] - 0.5 * x[:, 1] + 0.1 * rng.normal(size=120)
    task = wann.tasks.Regression(x[:80], y[:80], held_out=(x[80:], y[80:]))
    task.preparation = {"target_mean": 3.0, "target_scale": 25.0}
    return task


def sum_of_inputs(task: wann.tasks.Regression) -> wann.Network:
    return wann.Network(
        inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[(1, 3), (2, 3)]
    )


def test_targets_are_scored_by_how_well_they_are_predicted(table: wann.tasks.Regression) -> None:
    network = sum_of_inputs(table)
    found = wann.evaluate(network, table, episodes=5)
    assert isinstance(found, wann.scoring.RegressionEvaluation)
    assert table.held_out is not None
    x, y = table.held_out.x, table.held_out.y.astype(float)
    for weight, score in found.weights.items():
        error = network(x, weight).astype(float) - y
        fit = found.fit(score.mean)
        assert fit.r2 == pytest.approx(1 - (error**2).sum() / ((y - y.mean()) ** 2).sum(), abs=1e-5)
        assert fit.rmse == pytest.approx(25 * np.sqrt((error**2).mean()), rel=1e-5)
    assert (found.split, found.n_samples) == ("held out", 40)
    text = str(found)
    for part in ("R²", "RMSE", "in the target's units", "tuned shared weight"):
        assert part in text
    data = found.to_dict()
    assert data["weights"][0]["r2"] == found.fit(data["weights"][0]["mean"]).r2
    assert set(data["fits"]) == set(CONDITIONS) - {"tuned_weights"}


@pytest.mark.parametrize(("scale", "shown"), [(101.0, "101.0"), (2345.0, "2345"), (0.5, "0.5000")])
def test_errors_are_shown_with_four_digits(table: wann.tasks.Regression, scale: float, shown: str) -> None:
    found = wann.evaluate(sum_of_inputs(table), table, episodes=2)
    mean = found.weights[1.0].mean
    cells = str(dataclasses.replace(found, target_scale=scale / np.sqrt(-mean)))
    (line,) = (line for line in cells.splitlines() if line.startswith("  weight 1 "))
    assert line.split()[3] == shown


def test_targets_that_are_all_the_same_have_no_part_that_is_explained(table: wann.tasks.Regression) -> None:
    assert table.held_out is not None
    table.held_out.y[:] = 1
    found = wann.evaluate(sum_of_inputs(table), table, episodes=2)
    assert isinstance(found, wann.scoring.RegressionEvaluation)
    assert found.fit(-1.0).r2 is None
    assert "–" in str(found)


def test_a_task_is_scored_at_the_weights_that_its_networks_are_searched_with(table: wann.tasks.Regression) -> None:
    network = sum_of_inputs(table)
    searched = wann.preset(table).weights
    assert searched != wann.search.WEIGHT_VALUES
    assert tuple(wann.evaluate(network, table, episodes=2).weights) == searched
    assert tuple(wann.evaluate(network, table, episodes=2, weights=(1, 2)).weights) == (1, 2)


def test_classes_are_scored_by_accuracy() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 2))
    task = wann.tasks.Classification(x[:60], x[:60, 0] > 0, held_out=(x[60:], x[60:, 0] > 0))
    network = wann.Network(
        inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[(1, 4)]
    )
    found = wann.evaluate(network, task, episodes=20, seed=2)
    assert found == wann.scoring.evaluate_classifier(network, task, draws=20, seed=2)
    assert "accuracy on 30 samples (held out)" in str(found)
    assert network.with_metadata(**found.entries()).metadata["accuracy"]["n_samples"] == 30
    with pytest.raises(wann.WannError, match="all samples at once"):
        wann.evaluate(network, task, episodes_per_trial=2)
    rewards = wann.scoring.evaluate_rewards(network, task, episodes=3)
    assert rewards.best_reward < 0
