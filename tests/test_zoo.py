"""The champions that ship with the package: where they come from, and that they are as good as they say."""

import math
import os
import subprocess
import sys

import pytest

import wann
from wann import zoo
from wann.scoring.classification import evaluate_classifier
from wann.scoring.evaluation import CONDITIONS
from wann.tasks.data.samples import DataTask

#: Standard errors that a score may differ by. With a fixed seed the outcome is always the same, and for a stored score that
#: is true, one seed in 700 would fail.
MARGIN = 3.0
TRIALS = 2000
#: Names the episodes here; the stored scores are of other seeds.
SEED = 19_061_1043_58


@pytest.mark.parametrize("name", zoo.names())
def test_a_network_tells_where_it_comes_from(name: str) -> None:
    metadata = zoo.load(name).metadata
    assert metadata["name"] == name
    assert {"task", "date", "wann_version", "tuning", "scores"} <= set(metadata)
    # A topology that was searched for tells its search, one that trained weights were made into their training.
    origin = metadata["training"] if "quantization" in metadata else metadata["search"]
    assert origin["environment_steps"] > 0
    assert origin["episodes"] > 0
    if "quantization" not in metadata:
        assert isinstance(origin["seed"], int)
        wann.SearchConfig.from_dict(origin["config"])
    assert all(metadata["scores"][condition] for condition in CONDITIONS)


@pytest.mark.parametrize("name", zoo.names())
def test_a_network_is_as_good_as_it_says(name: str) -> None:
    network = zoo.load(name)
    if name == "mnist" and not os.environ.get("WANN_DATA"):
        pytest.skip("WANN_DATA names no folder with MNIST")
    task = wann.make_task(network.metadata["task"], **network.metadata["task_options"])
    # A trial on data is all held-out samples, and a walker's step costs what a thousand of a cart-pole's do.
    trials = 200 if isinstance(task, DataTask) or name.startswith(("bipedal-walker", "car-racing")) else TRIALS
    again = wann.scoring.evaluate_rewards(network, task, episodes=trials, seed=SEED)
    for condition, score in again.conditions.items():
        stored = network.metadata["scores"][condition]
        assert score is not None
        allowed = MARGIN * math.hypot(score.standard_error, stored["std"] / math.sqrt(stored["n"]))
        # All trials on data meet the same samples at a weight, so that only rounding is left to allow for.
        allowed += 1e-3 * abs(stored["mean"]) if isinstance(task, DataTask) else 0.0
        assert score.mean >= stored["mean"] - allowed, f"{CONDITIONS[condition]}: stored {stored['mean']:.1f}, now {score}"


@pytest.mark.parametrize("name", [n for n in zoo.names() if "accuracy" in zoo.load(n).metadata])
def test_a_classifier_is_as_accurate_as_it_says(name: str) -> None:
    network = zoo.load(name)
    if name == "mnist" and not os.environ.get("WANN_DATA"):
        pytest.skip("WANN_DATA names no folder with MNIST")
    stored = network.metadata["accuracy"]
    task = wann.make_task(network.metadata["task"], **network.metadata["task_options"])
    again = evaluate_classifier(network, task, seed=SEED, draws=50)
    # The samples are the same; another instruction set may round a few of them to another class.
    room = 3 / again.n_samples
    for what in ("tuned_accuracy", "vote_accuracy", "softmax_accuracy", "trained_accuracy"):
        assert getattr(again, what) >= stored[what] - room
    assert again.random_weight.mean >= stored["random_weight"]["mean"] - MARGIN * math.hypot(
        again.random_weight.standard_error, stored["random_weight"]["std"] / math.sqrt(stored["random_weight"]["n"])
    )


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(wann.WannError, match="the zoo has no network 'dodo'; it has"):
        zoo.load("dodo")
    with pytest.raises(wann.WannError, match="the zoo has no network"):
        zoo.load("../zoo/cartpole-swingup")


def test_the_zoo_needs_no_import_of_its_own() -> None:
    code = "import wann; print(wann.zoo.load('cartpole-swingup').n_connections)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(result.stdout) == zoo.load("cartpole-swingup").n_connections


def test_a_name_may_be_that_of_the_command_line():
    assert wann.zoo.load("zoo:digits") == wann.zoo.load("digits")
