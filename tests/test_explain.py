"""`wann.explain`: what matters, pruning, regimes, and `wann explain`."""

import json
from pathlib import Path

import numpy as np
import pytest

import wann
from oracle import run_nodes
from wann.cli import main
from wann.errors import WannError
from wann.explain import explain
from wann.explain.ablation import node_name, outgoing, tidied, without
from wann.explain.behaviour import distance, node_values, saturated_share
from wann.explain.importance import Importance
from wann.explain.pruning import Pruned, prune
from wann.explain.regimes import stretches
from wann.explain.text import loss_or_gain
from wann.explain.trials import CHOSEN, REPORTED, Mean, Trials, Weighting
from wann.networks import Activation, Network
from wann.seeding import Stream, episode_seeds
from wann.tasks import Classification, Regression
from wann.tasks.protocol import product_lanes, run_lanes

SWINGUP = wann.make_task("cartpole-swingup")


def swingup() -> Network:
    return wann.zoo.load("cartpole-swingup")


def trials(task: wann.tasks.Task, at: Weighting, n: int = 4) -> Trials:
    from wann.execution import Threads

    return Trials(task, at, n, seed=3, evaluator=Threads(2))


def small(**changes: object) -> Network:
    """Inputs a, b, c; c is not used; nodes 4 (tanh of a, b) and 5 (linear of 4); the output sees 4 and 5."""
    arguments = {
        "inputs": ["a", "b", "c"],
        "outputs": ["y"],
        "hidden": ["tanh", "linear"],
        "output_activations": "linear",
        "connections": [(1, 4), (2, 4), (4, 5), (4, 6), (5, 6)],
    }
    return Network(**{**arguments, **changes})  # type: ignore[arg-type]


def regression() -> Regression:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    return Regression(x, np.tanh(x[:, 0]), inputs=["a", "b", "c"], outputs=["y"], batch=None)


class TestAblation:
    def test_an_input_without_connections_loses_exactly_nothing(self) -> None:
        found = explain(small(), regression(), weight=1.0, threads=1)
        assert found.importance.inputs[2] == Mean(0.0, 0.0)
        assert found.importance.inputs[0].mean > 0

    def test_individual_weights_stay_with_their_connections(self) -> None:
        network = small(weights=[1.0, 2.0, 3.0, 4.0, 5.0])
        less = without(network, outgoing(network, 2))
        assert less.weights is not None
        assert less.weights.tolist() == [1.0, 3.0, 4.0, 5.0]
        assert less.connections.tolist() == [[1, 4], [4, 5], [4, 6], [5, 6]]

    def test_a_network_without_a_node_computes_what_the_oracle_says(self) -> None:
        rng = np.random.default_rng(1)
        network = swingup()
        x = rng.normal(size=(20, 5))
        for node in (3, 12, 30):
            less = without(network, outgoing(network, node))
            edges = [(int(a), int(b), i) for i, (a, b) in enumerate(network.connections) if a != node]
            numbers = dict(enumerate(map(int, network.activations), start=6))
            wanted = run_nodes(x, numbers, edges, [network.n_nodes - 1], weight=0.8)
            assert (np.abs(less(x, 0.8) - wanted.values) <= wanted.bounds).all()

    def test_tidying_changes_no_output(self) -> None:
        network = swingup()
        x = np.random.default_rng(2).normal(size=(50, 5))
        rng = np.random.default_rng(3)
        for _ in range(20):
            less = without(network, rng.random(network.n_connections) < 0.3)
            tidy = tidied(less, network)
            np.testing.assert_allclose(tidy(x, 0.7), less(x, 0.7), atol=1e-5)
            assert tidy.n_connections <= less.n_connections

    def test_nodes_have_names(self) -> None:
        names = [node_name(small(), node) for node in range(7)]
        assert names == ["bias", "a", "b", "c", "node 4 (tanh)", "node 5 (linear)", "y"]


class TestImportance:
    @pytest.mark.parametrize("weight", [0.775, "all", "individual"])
    def test_losses_are_those_of_plain_evaluations(self, weight: float | str) -> None:
        network = swingup()
        found = explain(network, SWINGUP, weight=weight, episodes=3, seed=5, threads=2).importance
        seeds = episode_seeds(5, Stream.EVALUATION_EPISODES, 3)

        def rewards(n: Network) -> np.ndarray:
            if weight == "individual":
                return run_lanes(SWINGUP, [n], np.tile(n.weights, (3, 1)), seeds).rewards[0]  # type: ignore[arg-type]
            values = [weight] if weight != "all" else shared
            return run_lanes(SWINGUP, [n], *product_lanes(values, seeds)).rewards.reshape(-1, 3).mean(axis=0)

        shared = explained_weights(network)
        whole = rewards(network)
        assert found.reward.mean == pytest.approx(whole.mean())
        for node in (1, 10, 40):
            loss = whole - rewards(without(network, outgoing(network, node)))
            assert found.nodes[node].mean == pytest.approx(loss.mean(), abs=1e-6)
            assert found.nodes[node].error == pytest.approx(loss.std(ddof=1) / np.sqrt(3), abs=1e-6)
        mask = np.arange(network.n_connections) == 17
        assert found.connections[17].mean == pytest.approx((whole - rewards(without(network, mask))).mean(), abs=1e-6)

    def test_the_number_of_threads_makes_no_difference(self) -> None:
        one, two = (explain(swingup(), SWINGUP, episodes=2, threads=n).to_dict() for n in (1, 2))
        assert one == two

    def test_labelled_data_is_judged_on_held_out_samples(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(size=(200, 3))
        y = np.where(x[:, 0] > 0, "up", "down")
        task = Classification(x[:100], y[:100], held_out=(x[100:], y[100:]), inputs=["a", "b", "c"])
        network = Network(
            inputs=["a", "b", "c"],
            outputs=["down", "up"],
            hidden=["inverse"],
            output_activations="linear",
            connections=[(1, 4), (4, 5), (1, 6)],
        )
        found = explain(network, task, weight=1.0, episodes=5, threads=1)
        held_out = task.held_out
        assert held_out is not None
        assert found.importance.reward.mean == pytest.approx(float(held_out.score([network], [1.0])[0, 0]), abs=1e-6)
        assert found.importance.inputs[0].mean > 0
        assert "parts of the samples" in str(found)


def explained_weights(network: Network) -> list[float]:
    from wann.execution import Threads
    from wann.explain.trials import weighting

    return list(weighting(network, SWINGUP, "all", seed=0, evaluator=Threads(1), threads=1).shared)


class TestPruning:
    def test_it_only_removes_and_is_confirmed_on_other_episodes(self) -> None:
        network = swingup()
        found = prune(network, trials(SWINGUP, Weighting("", (0.775,)), 64))
        assert found.network.n_connections < network.n_connections
        assert found.network.n_hidden <= network.n_hidden
        assert found.network.shared_weight == pytest.approx(0.775)
        assert found.network.weights is None
        assert "scores" not in found.network.metadata
        assert found.network.metadata["task"] == "cartpole-swingup"
        seeds = episode_seeds(3, Stream.EVALUATION_EPISODES, found.n)
        whole, mine = run_lanes(SWINGUP, [network, found.network], *product_lanes([0.775], seeds)).rewards
        assert found.loss.mean == pytest.approx((whole - mine).mean(), abs=1e-4)
        assert found.is_confirmed == (found.loss.mean <= found.allowed)
        assert found.is_confirmed

    def test_a_loss_that_is_allowed_makes_it_smaller(self) -> None:
        strict, loose = (prune(swingup(), trials(SWINGUP, Weighting("", (0.775,)), 16), loss=loss) for loss in (0.0, 300.0))
        assert loose.network.n_connections < strict.network.n_connections
        assert loose.allowed == 300

    def test_what_is_of_no_use_goes(self) -> None:
        # c and a node that two paths of opposite sign lead away from.
        network = small(
            hidden=["linear", "linear", "inverse"],
            connections=[(1, 7), (3, 4), (4, 5), (4, 6), (5, 7), (6, 7)],
        )
        found = prune(network, trials(regression(), Weighting("", (1.0,)), 8))
        assert found.network.connections.tolist() == [[1, 4]]
        assert found.loss.mean == pytest.approx(0, abs=1e-6)

    def test_individual_weights_go_on(self) -> None:
        network = small(
            hidden=["tanh"], connections=[(1, 4), (2, 4), (4, 5), (3, 5)], weights=[1.0, 0.0, 1.0, 0.0], shared_weight=0.5
        )
        found = prune(network, trials(regression(), Weighting("", ()), 8))
        assert found.network.weights is not None
        assert found.network.weights.tolist() == [1.0, 1.0]
        assert found.network.shared_weight is None

    def test_choosing_and_reporting_meet_different_episodes(self) -> None:
        runs = trials(SWINGUP, Weighting("", (1.0,)))
        groups = [runs.rewards([swingup()], group, what="") for group in (0, 1, CHOSEN, REPORTED)]
        assert len({tuple(row[0]) for row in groups}) == 4


class TestBehaviour:
    def test_values_of_all_nodes(self) -> None:
        network = swingup()
        x = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
        for weight in (0.9, None):
            values = node_values(network, [x], weight)
            np.testing.assert_array_equal(values[:, -1:], network(x, weight))
            kinds = dict(enumerate(map(int, network.activations), start=6))
            edges = [(int(a), int(b), i) for i, (a, b) in enumerate(network.connections)]
            own = {"weight": weight} if weight else {"weights": network.weights}
            wanted = run_nodes(x, kinds, edges, range(6, network.n_nodes), **own)  # type: ignore[arg-type]
            assert (np.abs(values - wanted.values) <= wanted.bounds).all()

    def test_saturation(self) -> None:
        assert saturated_share(Activation.TANH, np.array([0.0, 0.96, -1.0, 0.5], dtype=np.float32)) == 0.5
        assert saturated_share(Activation.RELU, np.array([0.0, 1.0], dtype=np.float32)) == 0.5
        assert saturated_share(Activation.SIGMOID, np.array([0.01, 0.5], dtype=np.float32)) == 0.5
        assert saturated_share(Activation.GAUSSIAN, np.array([0.01, 1.0], dtype=np.float32)) == 0.5
        assert saturated_share(Activation.LINEAR, np.ones(3, dtype=np.float32)) is None

    def test_distance(self) -> None:
        a = np.arange(10, dtype=np.float32)
        assert distance(a, a) == 0
        assert distance(1 + a, -1 - a) == 1
        assert distance(a, 3 * a) == 0
        assert distance(np.float32(0.2) + 0 * a, np.float32(0.3) + 0 * a) == 0

    def test_stretches_of_a_profile(self) -> None:
        assert stretches(np.array([1.0, 1.1, 0.9, 9.0, 9.1, 9.0, 1.0, 1.0])) == [0, 3, 6]
        assert stretches(np.full(5, 2.0)) == [0]

    def test_what_changes_at_a_cliff(self) -> None:
        found = explain(swingup(), SWINGUP, episodes=2, threads=2).regimes
        bounds = [(stretch.low, stretch.high) for stretch in found.stretches]
        assert bounds[0][0] == -2
        assert bounds[-1][1] == 2
        assert len(found.cliffs) == len(bounds) - 1 > 0
        for cliff, (_, high), (low, _) in zip(found.cliffs, bounds, bounds[1:], strict=False):
            assert (cliff.left, cliff.right) == (high, low)
            distances = [change.distance for change in cliff.changes]
            assert distances == sorted(distances, reverse=True)
            assert 0 <= distances[-1] <= distances[0] <= 1


class TestDependence:
    def test_by_graph_and_by_change(self) -> None:
        network = small(connections=[(1, 4), (4, 5), (4, 6), (5, 6), (3, 6)])
        (output,) = explain(network, regression(), weight=1.0, threads=1).outputs
        assert {i.name for i in output.inputs} == {"a", "c"}
        assert output.inputs[0].name == "a"
        assert all(i.change is not None and i.change > 0 for i in output.inputs)


class TestRecurrent:
    """A network whose node 4 is remembered: y = w · (4 a step ago), 4 = tanh(w · (a + 4 a step ago)); b leads nowhere."""

    @staticmethod
    def network(**changes: object) -> Network:
        arguments = {
            "inputs": ["a", "b"],
            "outputs": ["y"],
            "hidden": ["tanh"],
            "output_activations": "linear",
            "connections": [(1, 3), (3, 3), (3, 4)],
            "recurrent": [False, True, True],
        }
        return Network(**{**arguments, **changes})  # type: ignore[arg-type]

    @pytest.mark.parametrize("weights", [None, [0.5, -0.7, 2.0]])
    def test_values_begin_anew_with_each_episode(self, weights: list[float] | None) -> None:
        rng = np.random.default_rng(0)
        episodes = [rng.normal(size=(n, 2)).astype(np.float32) for n in (4, 7)]
        to_node, to_itself, to_output = weights or [1.5, 1.5, 1.5]
        wanted = []
        for episode in episodes:
            node = 0.0
            for a, _ in episode:
                output = to_output * node
                node = np.tanh(to_node * a + to_itself * node)
                wanted.append((node, output))
        values = node_values(self.network(weights=weights), episodes, None if weights else 1.5)
        np.testing.assert_allclose(values, wanted, atol=1e-6)

    def test_taking_out_and_tidying_keep_what_is_recurrent(self) -> None:
        network = self.network(weights=[1.0, 2.0, 3.0])
        less = without(network, outgoing(network, 1))
        assert (less.recurrent.tolist(), less.weights.tolist()) == ([True, True], [2.0, 3.0])  # type: ignore[union-attr]
        two = self.network(
            hidden=["tanh", "tanh"], connections=[(1, 3), (3, 3), (1, 4), (3, 5)], recurrent=[False, True, False, True]
        )
        tidy = tidied(two, two)
        assert tidy.connections.tolist() == network.connections.tolist()
        assert tidy.recurrent.tolist() == network.recurrent.tolist()

    def test_an_output_depends_on_what_was_seen_a_step_ago(self) -> None:
        network = Network(
            inputs=SWINGUP.inputs,
            outputs=["force"],
            hidden=["tanh"],
            output_activations="tanh",
            connections=[(3, 6), (6, 6), (6, 7)],
            recurrent=[False, True, True],
        )
        found = explain(network, SWINGUP, weight=1.3, episodes=4, threads=1)
        (output,) = found.outputs
        assert [i.name for i in output.inputs] == ["cos_theta"]
        assert output.inputs[0].change > 0.1  # type: ignore[operator]
        assert "node 6 (tanh) of the step before → force" in str(found)
        assert "recurrent" in str(found.formula)


class TestOtherTasks:
    def test_an_environment_that_is_stepped_by_hand(self) -> None:
        pytest.importorskip("gymnasium")
        task = wann.make_task("gymnasium:CartPole-v1")
        # The largest output is the action: it pushes the way that the pole leans and falls.
        network = Network(
            inputs=task.inputs,
            outputs=task.outputs,
            hidden=["inverse", "tanh"],
            output_activations=task.output_activation,
            connections=[(3, 5), (4, 5), (5, 7), (3, 6), (6, 8)],
        )
        found = explain(network, task, weight=1.0, episodes=2, threads=1)
        assert found.importance.nodes[0] == Mean(0.0, 0.0)
        assert found.importance.inputs[2].mean != 0
        assert found.regimes.stretches[0].saturated[0].name == "node 6 (tanh)"
        assert {i.name for output in found.outputs for i in output.inputs} == set(task.inputs[2:])

    def test_a_task_that_tells_nothing_of_what_is_seen(self) -> None:
        class Blind:
            """A task with nothing but rollouts."""

            name, inputs, outputs = "blind", ("a", "b", "c"), ("y",)
            output_activation, hidden_activations = Activation.LINEAR, (Activation.TANH,)

            def rollout(self, networks, weights, seeds, *, threads=1):  # type: ignore[no-untyped-def]
                x = np.random.default_rng(0).normal(size=(20, 3))
                rewards = np.array([[-float((n(x, w) ** 2).mean()) for w in weights] for n in networks])
                steps = np.ones(rewards.shape, dtype=np.int64)
                return wann.tasks.Rollouts(rewards=rewards, steps=steps, computed_steps=rewards.size)

        found = explain(small(), Blind(), weight=1.0, episodes=2, threads=1)  # type: ignore[arg-type]
        assert all(stretch.saturated == () for stretch in found.regimes.stretches)
        assert all(cliff.changes == () for cliff in found.regimes.cliffs)
        assert [i.change for i in found.outputs[0].inputs] == [None, None]
        assert "y: a, b (2 inputs lead to it)" in str(found)


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["explain", *arguments])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    def test_text_pictures_and_pruned(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pruned, out = tmp_path / "small.json", tmp_path / "pictures"
        code, text, _ = self.run(
            capsys, "zoo:cartpole-swingup", "--episodes", "8", "--pruned", str(pruned), "--out", str(out), "--threads", "2"
        )
        assert code == 0
        for title in ("What matters", "The smallest network", "What each output depends on", "What the shared weight does"):
            assert title in text
        assert Network.load(pruned).n_connections < 112
        assert sorted(path.name for path in out.iterdir()) == ["importance.svg", "network.svg", "profile.svg"]
        code, _, err = self.run(capsys, "zoo:cartpole-swingup", "--pruned", str(pruned))
        assert code == 2
        assert "small.json exists" in err

    def test_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, text, _ = self.run(capsys, "zoo:cartpole-swingup", "--episodes", "2", "--json", "--weight", "individual")
        data = json.loads(text)
        assert code == 0
        assert len(data["importance"]["connections"]) == 112
        assert data["pruned"] is None
        assert data["at"] == "with its individual weights"

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (("--weight", "some"), "'some' is neither a number nor shared nor all nor individual"),
            (("--episodes", "1"), "episodes is 1; it must be an integer from 2 to 100000"),
            (("--loss", "1"), "loss is for pruned=True, the smallest network that does as well (--pruned FILE)"),
            (("--loss", "-1", "--pruned", "x.json"), "loss is -1.0; it must be a number from 0"),
            (("--seed", "-1"), "seed is -1; allowed are integers from 0 to 2^63 - 1"),
        ],
    )
    def test_bad_input_gets_one_line(
        self, arguments: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, _, err = self.run(capsys, "zoo:cartpole-swingup", *arguments)
        assert code == 2
        assert line in err
        assert err.count("\n") == 1


def test_weights_that_are_none() -> None:
    with pytest.raises(WannError, match="no individual weights; wann tune finds some"):
        explain(small(), regression(), weight="individual")
    with pytest.raises(WannError, match="weight is 'most'; it must be a number, 'shared', 'all' or 'individual'"):
        explain(small(), regression(), weight="most")


def test_losses_of_another_network_are_not_drawn() -> None:
    with pytest.raises(WannError, match="losses are 2 numbers"):
        wann.show.draw_network(small(), losses=[1.0, 2.0])


def test_pixels_stand_as_their_image_does() -> None:
    pixels = [f"pixel {row},{column}" for row in range(2) for column in range(3)]
    network = wann.networks.fully_connected(pixels, ["y"], [], output_activation="linear")
    losses = tuple(Mean(float(i), 0.1) for i in range(7))
    found = Importance(network=network, n=2, reward=Mean(1.0, 0.1), nodes=losses, connections=losses[1:])
    inputs, connections, *_ = wann.show.draw_importance(found).axes
    assert inputs.images[0].get_array().tolist() == [[1, 2, 3], [4, 5, 6]]
    assert len(connections.patches) == 6


@pytest.mark.parametrize(
    ("whole", "loss", "said"),
    [(870.6, Mean(-2.291, 2.88), "a gain of 2.3 ± 2.9"), (-0.244, Mean(0.0512, 0.005), "a loss of 0.051 ± 0.005")],
)
def test_a_loss_has_as_many_decimals_as_rewards(whole: float, loss: Mean, said: str) -> None:
    mean = Mean(whole, 0.1)
    assert loss_or_gain(Pruned(network=small(), allowed=1.0, n=2, reward=mean, whole=mean, loss=loss, rounds=1)) == said
