"""What a network file says about itself: its types, its version, and what survives a change of the network."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import zoo
from wann.networks import metadata
from wann.networks.metadata import (
    AccuracyRecord,
    EvaluationRecord,
    Origin,
    PreparationRecord,
    QuantizationRecord,
    Record,
    RefinementRecord,
    ScalingRecord,
    ScoresRecord,
    SearchRecord,
    SearchScore,
    TrainingRecord,
    TuningRecord,
)
from wann.networks.network import Network

RECORDS: tuple[type[Record], ...] = (
    AccuracyRecord,
    EvaluationRecord,
    PreparationRecord,
    QuantizationRecord,
    RefinementRecord,
    ScalingRecord,
    ScoresRecord,
    SearchRecord,
    SearchScore,
    TrainingRecord,
    TuningRecord,
)

SCORE = {"mean": 1.5, "std": 0.5, "n": 10}
#: One entry of each kind, as a file holds it; and one that is somebody's own.
EVERYTHING: dict[str, Any] = {
    "metadata_version": 1,
    "task": "cartpole-swingup",
    "task_options": {},
    "seed": 3,
    "preset": "default",
    "wann_version": "0.1.0",
    "generation": 12,
    "change": {"operator": "insert node"},
    "name": "mine",
    "date": "2026-11-24",
    "search_score": {"mean_reward": 700.0, "best_reward": 800.0, "weights": [1.0], "rewards": [700.0], "episodes": 64},
    "search": {"preset": "default", "seed": 3, "episodes": 100, "environment_steps": 1000},
    "training": {"method": "CMA-ES", "episodes": 5, "environment_steps": 50},
    "tuning": {"method": "CMA-ES", "task": "cartpole-swingup", "seed": 0, "generations": 4},
    "refinement": {"rounds": 1, "changes": 2, "environment_steps": 3},
    "quantization": {"step": 0.5, "tuning": {"method": "CMA-ES"}},
    "evaluation": {"weights": [{"weight": 1.0, **SCORE}], "tuned_shared_weight": SCORE, "shared_weight": 1.0},
    "scores": {"random_weights": SCORE, "tuned_weights": None},
    "accuracy": {"random_weight": SCORE, "tuned_accuracy": 0.5, "softmax_accuracy": 0.5, "class_accuracy": [[0.5, None]]},
    "observation_scaling": {"shift": [0.0], "scale": [1.0]},
    "preparation": {"inputs": ["a"], "mean": [0.0], "scale": [1.0], "target_mean": 5.0, "target_scale": 2.0},
    "colour": "blue",
}


def network(entries: dict[str, Any]) -> Network:
    return Network(inputs=["a"], outputs=["b"], hidden=[], output_activations="tanh", connections=[(1, 2)], metadata=entries)


def test_a_refined_network_does_not_keep_the_score_of_the_network_before_it(swingup: wann.tasks.Task) -> None:
    """The report would show it beside another topology."""
    found = random_network(np.random.default_rng(0)).with_metadata(
        task="cartpole-swingup", generation=5, search_score={"mean_reward": 123.0}, colour="blue"
    )
    refined = wann.refine(found, swingup, rounds=1, n_neighbours=8, weights=(1.0,), threads=1)
    assert "search_score" not in refined.metadata
    assert "generation" not in refined.metadata
    assert refined.metadata["task"] == "cartpole-swingup"
    assert refined.metadata["colour"] == "blue"


def test_what_survives_another_topology() -> None:
    kept = metadata.for_changed_topology(EVERYTHING)
    gone = {"generation", "change", "search_score", "tuning", "evaluation", "scores", "accuracy", "name", "date"}
    assert set(EVERYTHING) - set(kept) == gone


def test_what_survives_other_weights() -> None:
    kept = metadata.for_changed_weights(EVERYTHING)
    assert set(EVERYTHING) - set(kept) == {"tuning", "evaluation", "scores", "accuracy", "name", "date"}


def test_quantizing_decides_the_same_as_refining() -> None:
    made = wann.networks.quantized(network(EVERYTHING).with_tuning(weights=[1.0]), 0.5)
    expected = {**metadata.for_changed_topology(EVERYTHING), "quantization": {"step": 0.5}}
    assert made.metadata == expected


def test_tuned_weights_are_not_scored_by_the_scores_of_others() -> None:
    tuned = metadata.retuned(network(EVERYTHING), TuningRecord(method="mine"), weights=[2.0])
    assert tuned.metadata["tuning"] == {"method": "mine"}
    assert "evaluation" not in tuned.metadata
    assert tuned.metadata["search_score"] == EVERYTHING["search_score"]


def test_another_shared_weight_leaves_what_is_said_of_individual_ones() -> None:
    tuned = metadata.retuned(network(EVERYTHING), shared_weight=2.0)
    assert tuned.metadata["tuning"] == EVERYTHING["tuning"]
    assert "scores" not in tuned.metadata


def test_tuning_says_how_the_weights_were_found(swingup: wann.tasks.Task) -> None:
    start = random_network(np.random.default_rng(0)).with_metadata(evaluation={"weights": []}, colour="blue")
    tuned = wann.tune(start, swingup, generations=1, population=4, episodes=1, confirm_episodes=1, threads=1)
    record = TuningRecord.of(tuned)
    assert record is not None
    assert (record.method, record.generations) == ("CMA-ES", 1)
    assert record.to_dict() == tuned.metadata["tuning"]
    assert "evaluation" not in tuned.metadata
    assert tuned.metadata["colour"] == "blue"


@pytest.mark.parametrize("kind", RECORDS)
def test_what_is_written_is_read_back(kind: type[Record], tmp_path: Path) -> None:
    network(EVERYTHING).save(tmp_path / "n.json")
    record = kind.of(Network.load(tmp_path / "n.json"))
    assert record is not None
    assert kind.of(network(record.entries())) == record
    assert json.loads(json.dumps(record.to_dict())) == record.to_dict()


def test_the_origin_is_read_back() -> None:
    origin = Origin.of(network(EVERYTHING))
    assert (origin.task, origin.seed, origin.generation) == ("cartpole-swingup", 3, 12)
    assert Origin.of(network(origin.entries())) == origin
    assert Origin.of(network({})) == Origin()


@pytest.mark.parametrize("kind", RECORDS)
def test_a_network_that_says_nothing_has_no_record(kind: type[Record]) -> None:
    assert kind.of(network({})) is None
    assert kind.of(network({kind.KEY: None})) is None


HOSTILE: tuple[Any, ...] = (5, "x", [1], True, {"mean_reward": "x"}, {"step": []}, [[[]]], {"rounds": -1}, 1e308, 10**400)


def refusal(kind: type[Record], entries: dict[str, Any]) -> str | None:
    """What reading a record from these metadata says, where it is refused; anything but a `WannError` gets out."""
    try:
        kind.of(network(entries))
    except wann.WannError as error:
        return str(error)
    return None


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_entry_is_one_line_and_never_a_crash(kind: type[Record], value: object) -> None:
    told = refusal(kind, {kind.KEY: value})
    assert told is None or told.startswith(f"the network's metadata: {kind.KEY}")
    assert told is None or "\n" not in told
    assert told is not None or isinstance(value, dict)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_field_is_one_line_and_never_a_crash(value: object) -> None:
    for kind in RECORDS:
        for field in dataclasses.fields(kind):
            told = refusal(kind, {kind.KEY: {**EVERYTHING[kind.KEY], field.name: value}})
            assert told is None or told.startswith(f"the network's metadata: {kind.KEY}: {field.name}")
    for field in dataclasses.fields(Origin):
        told = refusal(Origin, {field.name: value})
        assert told is None or told.startswith(f"the network's metadata: {field.name} is ")


@pytest.mark.parametrize("version", [2, 10**30, "1", 1.5, 0, None, True])
def test_entries_of_another_version_are_not_guessed_at(version: object) -> None:
    with pytest.raises(wann.WannError, match="metadata"):
        SearchScore.of(network({"metadata_version": version, "search_score": {"mean_reward": 1.0}}))


def test_a_network_runs_whatever_its_file_says_of_its_scores(tmp_path: Path) -> None:
    """Only what is asked for is looked at."""
    path = tmp_path / "n.json"
    network({"task": "cartpole-swingup", "seed": "none", "scores": 7}).save(path)
    assert metadata.saved_task(Network.load(path)) == ("cartpole-swingup", {})
    assert metadata.saved_task(network({"task": 5})) is None
    with pytest.raises(wann.WannError, match="task_options in the network's file is 5"):
        metadata.saved_task(network({"task": "x", "task_options": 5}))


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_read_whole(name: str) -> None:
    """Its files are of before there was a version, and tell all that they told."""
    entry = zoo.load(name)
    assert Origin.of(entry).name == name
    read = {kind.KEY: record for kind in RECORDS if (record := kind.of(entry)) is not None}
    assert {"tuning", "scores"} <= set(read)
    for key, record in read.items():
        told = {k: v for k, v in entry.metadata[key].items() if v is not None}
        assert record.to_dict() == told


def test_a_champion_of_a_run_tells_its_origin_and_its_score(tmp_path: Path) -> None:
    from wann.runs import Run, RunSettings

    config = wann.SearchConfig(generations=2, population=16, confirm_episodes=2)
    with Run.create(tmp_path / "run", RunSettings(task="cartpole-swingup", seed=4, config=config), threads=1) as run:
        for _ in run.generations():
            pass
    champion = Network.load(tmp_path / "run" / "champion.json")
    origin, score = Origin.of(champion), SearchScore.of(champion)
    assert (origin.task, origin.seed, origin.wann_version) == ("cartpole-swingup", 4, wann.__version__)
    assert champion.metadata["metadata_version"] == metadata.VERSION
    assert score is not None
    assert score.weights == config.weights
    assert score.mean_reward == pytest.approx(np.mean(score.rewards or ()))


def test_metadata_is_a_plain_dictionary_and_can_lose_entries() -> None:
    made = network({"a": 1, "b": 2}).without_metadata("a", "c")
    assert made.metadata == {"b": 2}
    assert type(made.metadata) is dict
