"""Neighbours of networks, and refining."""

import json
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import Network, WannError
from wann.cli import main
from wann.networks.activations import ALL_ACTIVATIONS, Activation
from wann.networks.edits import KINDS, Change, Draft, neighbours
from wann.search.refinement import Refinement


def outputs(network: Network, weight: float = 0.8) -> np.ndarray:
    x = np.random.default_rng(3).normal(size=(40, network.n_inputs)).astype(np.float32)
    return network(x, weight)


@pytest.mark.parametrize("seed", range(5))
def test_a_draft_is_its_network(seed: int) -> None:
    network = random_network(np.random.default_rng(seed), n_inputs=4, n_outputs=3)
    np.testing.assert_allclose(outputs(Draft.of(network).network()), outputs(network), atol=1e-5)


def chain() -> Draft:
    """x → h0 (tanh) → h1 (relu) → y, and x → y."""
    return Draft.of(
        Network(
            inputs=["x"],
            outputs=["y"],
            hidden=["tanh", "relu"],
            output_activations="linear",
            connections=[(1, 2), (2, 3), (3, 4), (1, 4)],
        )
    )


def test_changes() -> None:
    draft = chain()
    h0, h1 = sorted(draft.hidden)
    x, y = 1, 2
    assert draft.connections == {(x, h0), (h0, h1), (h1, y), (x, y)}
    assert draft.changed(Change("add connection", (x, h1))).connections == draft.connections | {(x, h1)}
    assert draft.changed(Change("add connection", (x, y))) is None  # there already
    assert draft.changed(Change("add connection", (h1, h0))) is None  # a cycle
    assert draft.changed(Change("add connection", (99, y))) is None  # no such node
    assert draft.changed(Change("remove connection", (x, h1))) is None  # not there
    switched = draft.changed(Change("change activation", node=h0, activation=Activation.SINE))
    assert switched.hidden == {h0: Activation.SINE, h1: Activation.RELU}
    assert draft.changed(Change("change activation", node=h0, activation=Activation.TANH)) is None
    inserted = draft.changed(Change("insert node", (x, y), 50, Activation.INVERSE))
    assert inserted.connections == draft.connections - {(x, y)} | {(x, 50), (50, y)}
    beside = draft.changed(Change("add node beside", (x, y), 50, Activation.INVERSE))
    assert beside.connections == draft.connections | {(x, 50), (50, y)}
    assert beside.hidden[50] == Activation.INVERSE


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_nodes_without_use_go_with_the_connection_that_made_them_useful(removed: int) -> None:
    draft = chain()
    h0, h1 = sorted(draft.hidden)
    connection = [(1, h0), (h0, h1), (h1, 2)][removed]
    left = draft.changed(Change("remove connection", connection))
    assert left.hidden == {}
    assert left.connections == {(1, 2)}


def test_a_node_that_is_not_zero_without_sources_stays_as_a_bias() -> None:
    draft = chain()
    h0, h1 = sorted(draft.hidden)
    cosine = draft.changed(Change("change activation", node=h1, activation=Activation.COSINE))
    left = cosine.changed(Change("remove connection", (h0, h1)))
    assert left.hidden == {h1: Activation.COSINE}
    assert outputs(left.network(), 0.5) == pytest.approx(0.5 * (1 + np.random.default_rng(3).normal(size=(40, 1))), abs=1e-5)


def test_neighbours_are_one_change_away_and_all_kinds_are_among_them() -> None:
    network = random_network(np.random.default_rng(1), n_inputs=4, n_outputs=2, n_hidden=8)
    draft = Draft.of(network)
    found = neighbours(draft, 200, ALL_ACTIVATIONS, np.random.default_rng(0))
    assert {change.kind for change, _ in found} == set(KINDS)
    assert 100 < len(found) <= 200
    assert len({change for change, _ in found}) == len(found)
    for change, neighbour in found:
        made = neighbour.network()  # a cycle or an unknown end would be an error
        assert not made.same_topology(draft.network()) or change.kind == "change activation"
        assert made.inputs == network.inputs
        assert made.output_activations == network.output_activations
    again = neighbours(draft, 200, ALL_ACTIVATIONS, np.random.default_rng(0))
    assert [change for change, _ in again] == [change for change, _ in found]
    few = neighbours(draft, 40, (Activation.TANH,), np.random.default_rng(0))
    assert {a for _, d in few for a in d.hidden.values()} <= {*draft.hidden.values(), Activation.TANH}


@pytest.fixture
def task() -> wann.tasks.Regression:
    """y = sin(πx) + x, all samples in every episode."""
    x = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    return wann.tasks.Regression(x, np.sin(np.pi * x[:, 0]) + x[:, 0])


@pytest.fixture
def start(task: wann.tasks.Regression) -> Network:
    return Network(
        inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[(1, 2)]
    ).with_tuning(shared_weight=0.3, weights=[0.5], scores={"mean": 1})


def test_refining_finds_what_is_missing(task: wann.tasks.Regression, start: Network) -> None:
    records = []
    refined = wann.refine(start, task, rounds=3, weights=(1.0,), n_neighbours=120, seed=2, threads=1, report=records.append)
    errors = [-wann.evaluate(n, task, weights=[1.0], episodes=1).mean_reward for n in (start, refined)]
    assert errors[1] < 0.2 * errors[0]
    assert [r.round for r in records] == [1, 2, 3]
    assert records[0].gain > 0
    assert records[0].changes > 0
    assert all(r.gain > 0 or r.changes == 0 for r in records)
    assert refined.weights is None
    assert refined.shared_weight is None
    assert "scores" not in refined.metadata
    assert refined.metadata["refinement"]["changes"] == sum(r.changes for r in records)
    assert refined.metadata["refinement"]["environment_steps"] == records[-1].environment_steps


def test_refining_goes_on_where_it_was_left_whatever_the_threads(task: wann.tasks.Regression, start: Network) -> None:
    settings = {"weights": (1.0, -1.0), "n_neighbours": 60, "seed": 4}
    whole = wann.refine(start, task, rounds=3, threads=1, **settings)
    part = wann.refine(start, task, rounds=1, threads=2, **settings)
    rest = Refinement(part, task, threads=1, **settings)
    assert [record.round for record in rest.run(2)] == [2, 3]
    assert rest.network == whole
    other = Refinement(part, task, threads=1, **{**settings, "seed": 5})
    assert other.rounds == 0


def test_what_cannot_be_refined(task: wann.tasks.Regression, start: Network) -> None:
    empty = Network(inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[])
    with pytest.raises(WannError, match="no connections"):
        Refinement(empty, task)
    with pytest.raises(WannError, match="n_neighbours is 3"):
        Refinement(start, task, n_neighbours=3)
    with pytest.raises(WannError, match="rounds is 0"):
        wann.refine(start, task, rounds=0)
    with pytest.raises(WannError, match="needs 5"):
        Refinement(start, wann.make_task("cartpole-swingup"))


def run(*arguments: str, status: int = 0) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == status


def test_the_command_writes_after_every_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "better.json"
    arguments = ["--neighbours", "40", "--weights", "1,-1", "--threads", "1", "--out", str(out)]
    run("refine", "zoo:cartpole-swingup", "--rounds", "1", *arguments)
    text = capsys.readouterr().out
    assert "round 1: " in text
    assert f"saved in {out}" in text
    run("refine", "zoo:cartpole-swingup", "--rounds", "1", *arguments, status=2)
    assert "--overwrite" in capsys.readouterr().err
    run("refine", str(out), "--rounds", "1", *arguments, "--overwrite", "--json")
    found = json.loads(capsys.readouterr().out)
    assert [r["round"] for r in found["rounds"]] == [2]
    assert Network.load(out).metadata["refinement"]["rounds"] == 2


@pytest.mark.parametrize(
    ("refinement", "message"),
    [
        (5, "refinement is 5; it must be a dictionary"),
        ({"task": "cartpole-swingup", "seed": 0}, "refinement: rounds is None; it must be an integer"),
        ({"task": "cartpole-swingup", "seed": 0, "rounds": 1, "changes": -1, "environment_steps": 0}, "changes is -1"),
    ],
)
def test_what_a_file_says_of_an_earlier_refinement_is_checked(
    refinement: object, message: str, swingup: wann.tasks.Task, rng: np.random.Generator
) -> None:
    network = random_network(rng).with_metadata(refinement=refinement)
    with pytest.raises(wann.WannError, match=message):
        Refinement(network, swingup)
