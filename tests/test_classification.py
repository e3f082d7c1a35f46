"""What one topology gives as a classifier."""

import importlib.util
import json

import numpy as np
import pytest

import wann
from wann.scoring.classification import evaluate_classifier, vote
from wann.training.classifier import softmax, split_for_choice, train_by_gradient
from wann.training.shared_weight import best_shared_weight
from wann.training.weight_tuning import tune_by_cma


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4)).astype(np.float32)
    y = np.array(["low", "mid", "high"])[np.digitize(x[:, 0] + 0.5 * x[:, 1], [-0.5, 0.5])]
    return wann.tasks.Classification(x[:400], y[:400], held_out=(x[400:], y[400:]), batch=200)


@pytest.fixture(scope="module")
def network(task):
    search = wann.Search(task, wann.preset("classification", generations=80, population=64), seed=2, threads=1)
    for _ in search.run():
        pass
    return search.champion


def test_softmax_and_votes():
    p = softmax([[0.0, 0.0], [1000.0, 0.0], [-1e30, 1e30]])
    assert p == pytest.approx(np.array([[0.5, 0.5], [1, 0], [0, 1]]))
    predictions = [[0, 1, 2], [0, 2, 1], [1, 2, 0]]
    assert vote(predictions, 3).tolist() == [0, 2, 0]


def test_all_accuracies_are_over_the_held_out_samples(task, network):
    found = evaluate_classifier(network, task, draws=20, seed=1, threads=1)
    test = task.held_out
    assert (found.split, found.n_samples) == ("held out", 200)
    assert found.classes == ("high", "low", "mid")
    outputs = np.array([network(test.x, w) for w in found.weights])
    right = outputs.argmax(axis=2) == test.y
    assert found.accuracy == pytest.approx(right.mean(axis=1))
    for i in range(len(found.weights)):
        for c in range(3):
            assert found.class_accuracy[i][c] == pytest.approx(right[i][test.y == c].mean())
    mean = softmax(outputs).mean(axis=0)
    assert found.softmax_accuracy == pytest.approx((mean.argmax(axis=1) == test.y).mean())
    assert found.vote_accuracy == pytest.approx((vote(outputs.argmax(axis=2), 3) == test.y).mean())
    assert found.tuned_accuracy == pytest.approx((network(test.x, found.tuned_weight).argmax(axis=1) == test.y).mean())
    assert found.random_weight.n == 20
    assert 0 <= found.random_weight.mean <= 1
    assert found.trained_accuracy is None
    assert found.softmax_accuracy > 0.6
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_tuned_weight_is_chosen_on_training_samples(task, network):
    weight = best_shared_weight(network, task, threads=1)
    accuracy = (network(task.x, weight).argmax(axis=1) == task.y).mean()
    for other in (-2.0, -0.5, 0.5, 1.0, 2.0):
        assert accuracy >= (network(task.x, other).argmax(axis=1) == task.y).mean()


def test_the_same_seed_gives_the_same_evaluation(task, network):
    first = evaluate_classifier(network, task, draws=10, seed=3, threads=1)
    assert evaluate_classifier(network, task, draws=10, seed=3, threads=2) == first
    assert evaluate_classifier(network, task, draws=10, seed=4, threads=1).random_weight != first.random_weight


def test_cma_es_trains_weights(task, network):
    """`wann.tune` works on data as on episodes: candidates meet the same batches."""
    start = evaluate_classifier(network, task, draws=1, threads=1)
    tuning = wann.training.WeightTuning(
        network.with_tuning(shared_weight=start.tuned_weight), task, population=16, episodes=1, seed=0, threads=1
    )
    for _ in tuning.run(40):
        pass
    trained = evaluate_classifier(tuning.network, task, draws=1, threads=1)
    assert trained.trained_accuracy > start.tuned_accuracy - 0.03


def test_gradient_trains_weights(task, network):
    torch = pytest.importorskip("torch")
    from wann.training.gradient import TorchNetwork

    rng = np.random.default_rng(1)
    weights = rng.normal(size=network.n_connections).astype(np.float32)
    with torch.no_grad():
        outputs = TorchNetwork(network)(torch.tensor(weights), torch.tensor(np.array(task.x))).numpy()
    assert outputs == pytest.approx(network(task.x, weights=weights), rel=1e-3, abs=1e-4)
    before = (network(task.x, best_shared_weight(network, task)).argmax(axis=1) == task.y).mean()
    for method in ("natural", "adam"):
        trained = train_by_gradient(network, task, method=method, epochs=20, batch=50, seed=0)
        assert trained.same_topology(network)
        assert (trained(task.x).argmax(axis=1) == task.y).mean() > before
        again = train_by_gradient(network, task, method=method, epochs=20, batch=50, seed=0)
        np.testing.assert_array_equal(trained.weights, again.weights)
    with pytest.raises(wann.WannError, match="method is 'sgd'"):
        train_by_gradient(network, task, method="sgd")


def test_samples_for_the_choice_are_not_trained_on(task):
    fit, choice = split_for_choice(task, 3)
    assert fit.n_samples + choice.n_samples == task.n_samples
    assert choice.n_samples == round(0.1 * task.n_samples)
    together = np.sort(np.concatenate([fit.x, choice.x]), axis=0)
    np.testing.assert_array_equal(together, np.sort(task.x, axis=0))
    assert fit.held_out is None
    np.testing.assert_array_equal(split_for_choice(task, 3)[1].x, choice.x)


def test_evaluate_from_the_command_line(cli, tmp_path):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(80, 2))
    rows = [f"{a},{b},{'up' if a > 0 else 'down'}" for a, b in x]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    network = wann.Network(
        inputs=["a", "b"],
        outputs=["down", "up"],
        hidden=[],
        output_activations="linear",
        connections=[(2, 3), (1, 4)],
        metadata={"task": str(tmp_path / "t.csv"), "task_options": {"target": "y"}},
    )
    network.save(tmp_path / "n.json")
    files = ["--plot", str(tmp_path / "classes.svg"), "--csv", str(tmp_path / "classes.csv")]
    text = cli("evaluate", tmp_path / "n.json", "--trials", "10", "--threads", "1", *files).stdout
    for part in ("held out", "random shared weight", "one vote a weight", "mean of softmax", "down", "all"):
        assert part in text
    assert "<svg" in (tmp_path / "classes.svg").read_text()
    assert (tmp_path / "classes.csv").read_text().splitlines()[0] == "weight,class,accuracy"
    found = json.loads(cli("evaluate", tmp_path / "n.json", "--trials", "10", "--threads", "1", "--json").stdout)
    assert found["split"] == "held out"


def test_tune_reports_both_ways_to_train(cli, tmp_path, network, task):
    """CMA-ES and the gradient start from the same weight and stand side by side."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 2))
    rows = [f"{a},{b},{'up' if a * a > b else 'down'}" for a, b in x]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]), encoding="utf-8")
    wann.Network(
        inputs=["a", "b"],
        outputs=["down", "up"],
        hidden=["absolute"],
        output_activations="linear",
        connections=[(1, 3), (2, 4), (3, 5), (0, 5)],
        metadata={"task": str(tmp_path / "t.csv"), "task_options": {"target": "y"}},
    ).save(tmp_path / "n.json")
    options = ("--generations", "20", "--epochs", "5", "--threads", "1", "--json")
    found = json.loads(cli("tune", tmp_path / "n.json", *options).stdout)
    assert found["split"] == "held out"
    has_torch = importlib.util.find_spec("torch") is not None
    assert [row["method"] for row in found["trained"]] == ["CMA-ES"] + has_torch * ["natural gradient"]
    assert len(found["left_out"]) == (not has_torch)
    assert sum(row["kept"] for row in found["trained"]) == 1
    assert wann.Network.load(tmp_path / "n-tuned.json").weights is not None
    options = ("--generations", "9", "--method", "cma", "--overwrite", "--threads", "1")
    text = cli("tune", tmp_path / "n.json", *options).stdout
    assert "shared weight" in text
    assert "weights by CMA-ES" in text


def test_tune_keeps_the_better_of_both_ways(task, network):
    """wann.tune does what the command does."""
    tuned = wann.tune(network, task, generations=10, epochs=3, population=8, seed=1, threads=1)
    training = wann.training.train_classifier(
        network,
        task,
        epochs=3,
        seed=1,
        threads=1,
        by_cma=lambda start, fit: tune_by_cma(start, fit, generations=10, population=8, seed=1, threads=1),
    )
    assert tuned == training.network
    has_torch = importlib.util.find_spec("torch") is not None
    assert [weights.method for weights in training.trained] == ["CMA-ES"] + has_torch * ["natural gradient"]
    assert training.best is max(training.trained, key=lambda weights: weights.log_likelihood)
    assert tuned.shared_weight == best_shared_weight(network, task, threads=1)
    assert (len(training.left_out), training.stopped) == (not has_torch, False)
    only_shared = wann.tune(network, task, generations=0, threads=1)
    assert only_shared.weights is None
    assert only_shared.shared_weight == tuned.shared_weight


def test_a_stopped_training_says_so(task, network):
    def by_cma(start, fit):
        return tune_by_cma(start, fit, generations=1, population=4, threads=1)[0], True

    training = wann.training.train_classifier(network, task, by_cma=by_cma, threads=1)
    assert training.stopped
    assert [weights.method for weights in training.trained] == ["CMA-ES"]


def test_training_of_classes_only(task, network, swingup):
    with pytest.raises(wann.WannError, match="method is 'sgd'; it must be one of both, cma, gradient"):
        wann.training.train_classifier(network, task, method="sgd")
    other = wann.zoo.load("cartpole-swingup")
    for call in (wann.training.train_classifier, evaluate_classifier, best_shared_weight):
        with pytest.raises(wann.WannError, match="cartpole-swingup has no classes"):
            call(other, swingup)
    with pytest.raises(wann.WannError, match="method and epochs are for classes"):
        wann.tune(other, swingup, epochs=3)


def test_compare_of_classes_is_with_classifiers(task, network):
    comparison = wann.scoring.compare(task, network=network, trials=10, seed=1, threads=1)
    assert isinstance(comparison, wann.scoring.ClassifierComparison)
    assert comparison.evaluation == evaluate_classifier(network, task, draws=10, seed=1, threads=1)
    has_sklearn = importlib.util.find_spec("sklearn") is not None
    assert [baseline.name for baseline in comparison.baselines] == has_sklearn * ["logistic regression"]
    assert len(comparison.left_out) == (not has_sklearn)
    assert "ensemble of 6 weights" in str(comparison)
    assert json.loads(json.dumps(comparison.to_dict()))["wann"]["connections"] == network.n_connections
    with pytest.raises(wann.WannError, match="budget, neat: not for classifiers"):
        wann.scoring.compare(task, network=network, budget=5, neat=False)


def test_baselines():
    pytest.importorskip("sklearn")
    from wann.scoring.baselines import classifiers

    digits = wann.make_task("digits")
    found = classifiers.logistic_regression(digits)
    assert found.accuracy > 0.9
    assert found.parameters == 65 * 10
    assert found.n_samples == digits.held_out.n_samples
    assert classifiers.is_square_image(digits)
    pytest.importorskip("torch")
    cnn = classifiers.convolutional_network(digits, epochs=3, seed=1)
    assert cnn.accuracy > 0.6
    assert cnn == classifiers.convolutional_network(digits, epochs=3, seed=1)


def test_an_interrupted_training_keeps_its_best_epoch():
    pytest.importorskip("torch")
    network = wann.zoo.load("digits")
    epochs = []

    def interrupt(epoch: int, likelihood: float, accuracy: float) -> None:
        epochs.append(likelihood)
        if epoch == 2:
            raise KeyboardInterrupt

    trained = train_by_gradient(network, wann.make_task("digits"), epochs=9, method="adam", progress=interrupt)
    assert len(epochs) == 2
    assert trained.metadata["tuning"]["kept_epoch"] == 1 + int(np.argmax(epochs))


def test_a_class_without_samples_has_no_accuracy(task, network):
    some = np.flatnonzero(task.held_out.y != 1)
    found = evaluate_classifier(network, task.held_out.subset(some), draws=2, weights=[1.0], seed=1, threads=1)
    assert found.class_accuracy[0][1] is None
    assert all(isinstance(part, float) for part in (found.class_accuracy[0][0], found.class_accuracy[0][2]))
    json.dumps(found.to_dict(), allow_nan=False)
