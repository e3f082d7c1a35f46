"""The champions that ship with the package: where they come from, and that they are as good as they say."""

import math

import pytest

import wann
from wann import zoo
from wann.evaluation import CONDITIONS

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
    assert {"task", "date", "wann_version", "search", "tuning", "scores"} <= set(metadata)
    search = metadata["search"]
    assert search["environment_steps"] > 0
    assert search["episodes"] > 0
    assert isinstance(search["seed"], int)
    wann.SearchConfig.from_dict(search["config"])
    assert all(metadata["scores"][condition] for condition in CONDITIONS)


@pytest.mark.parametrize("name", zoo.names())
def test_a_network_is_as_good_as_it_says(name: str) -> None:
    network = zoo.load(name)
    task = wann.make_task(network.metadata["task"], **network.metadata["task_options"])
    again = wann.evaluate(network, task, episodes=TRIALS, seed=SEED)
    for condition, score in again.conditions.items():
        stored = network.metadata["scores"][condition]
        assert score is not None
        allowed = MARGIN * math.hypot(score.standard_error, stored["std"] / math.sqrt(stored["n"]))
        assert score.mean >= stored["mean"] - allowed, f"{CONDITIONS[condition]}: stored {stored['mean']:.1f}, now {score}"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(wann.WannError, match="the zoo has no network 'dodo'; it has"):
        zoo.load("dodo")
    with pytest.raises(wann.WannError, match="the zoo has no network"):
        zoo.load("../zoo/cartpole-swingup")
