"""The estimators, held to scikit-learn's own contract."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import wann
from wann.sklearn import WANNClassifier, WANNRegressor

# The checks are the same for every size of search; a small one keeps them quick.
SMALL = {"generations": 60, "population": 48}
#: Of the model whose answers count.
BUDGET = {"generations": 100, "population": 48}


@parametrize_with_checks([WANNClassifier(**SMALL), WANNRegressor(**SMALL)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def model(iris):
    # With one seed of twelve, 0, so short a search ends below 0.8.
    return WANNClassifier(random_state=1, **BUDGET).fit(*iris)


def test_it_classifies(model, iris):
    x, _ = iris
    assert model.score(*iris) > 0.75
    assert model.n_features_in_ == 4
    assert model.classes_.tolist() == [0, 1, 2]
    assert isinstance(model.network_, wann.Network)
    assert model.network_.shared_weight == pytest.approx(model.weight_)
    assert len(model.reward_curve_) == model.n_iter_ == BUDGET["generations"]
    assert (model.predict(x) == model.classes_[model.predict_proba(x).argmax(axis=1)]).all()


@pytest.mark.parametrize("weights", ["ensemble", "tuned", -1.5, 0.7])
def test_probabilities_at_every_kind_of_weight(model, iris, weights):
    x, _ = iris
    proba = model.predict_proba(x, weights=weights)
    assert proba.shape == (150, 3)
    assert proba.sum(axis=1) == pytest.approx(np.ones(150))
    same = clone(model).set_params(weights=weights).fit(*iris)
    assert np.array_equal(same.predict_proba(x), proba)


@pytest.mark.parametrize("weights", ["all", np.nan, None.__class__, True])
def test_other_weights_are_refused(model, iris, weights):
    with pytest.raises(wann.WannError, match="weights is"):
        model.predict_proba(iris[0], weights=weights)


def test_pickle_and_clone(model, iris):
    x, y = iris
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(x), model.predict_proba(x))
    assert np.array_equal(clone(model).fit(x, y).predict_proba(x), model.predict_proba(x))


def test_threads_do_not_change_the_result(model, iris):
    two = clone(model).set_params(n_jobs=2).fit(*iris)
    assert np.array_equal(two.predict_proba(iris[0]), model.predict_proba(iris[0]))


def test_pipeline_grid_search_and_cross_validation(iris):
    x, y = iris
    pipe = make_pipeline(StandardScaler(), WANNClassifier(random_state=0, generations=20, population=24))
    grid = GridSearchCV(pipe, {"wannclassifier__weights": ["ensemble", "tuned"]}, cv=2).fit(x, y)
    assert set(grid.cv_results_["param_wannclassifier__weights"]) == {"ensemble", "tuned"}
    scores = cross_val_score(pipe, x, y, cv=3)
    assert (scores > 0.5).all()


def test_a_configuration_of_ones_own(iris):
    config = wann.SearchConfig(generations=5, population=12, episodes=1, weights=(0.5, 1.0))
    model = WANNClassifier(config=config, random_state=1).fit(*iris)
    assert model.n_iter_ == 5
    assert model.weight_values_.tolist() == [0.5, 1.0]


def test_names_of_columns_and_text_labels(iris):
    pandas = pytest.importorskip("pandas")
    x, y = iris
    frame = pandas.DataFrame(x, columns=["a", "b", "c", "d"])
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    model = WANNClassifier(random_state=0, generations=30, population=32).fit(frame, labels)
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert model.network_.inputs == ("a", "b", "c", "d")
    assert WANNRegressor(generations=2, population=4).fit(frame, y).network_.inputs == ("a", "b", "c", "d")
    assert clone(model).fit(x, labels).network_.inputs == ("x0", "x1", "x2", "x3")
    assert set(model.predict(frame)) <= set(labels)


def test_it_regresses():
    x, y = make_regression(300, 5, n_informative=1, noise=0.5, random_state=1)
    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)
    model = WANNRegressor(random_state=0, generations=120, population=96).fit(x_train, 100 + 7 * y_train)
    assert model.score(x_test, 100 + 7 * y_test) > 0.6
    assert model.predict(x_test, weights="ensemble").shape == (75,)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("factor", [1e200, 1e308])
def test_huge_targets_are_refused(factor):
    x = np.linspace(-1, 1, 40)[:, None]
    with pytest.raises(wann.WannError, match=r"y holds values that are too large to be standardised, up to 1e\+"):
        WANNRegressor().fit(x, x[:, 0] * factor)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"config": 3}, "config is 3; it must be a wann.SearchConfig"),
        ({"n_jobs": "all"}, "n_jobs is 'all'"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"generations": "many"}, "generations is 'many'"),
        ({"batch_size": 1.5}, "batch is 1.5"),
    ],
)
def test_parameters_of_the_wrong_type_are_refused(iris, parameters, message):
    with pytest.raises(wann.WannError, match=message):
        WANNClassifier(**parameters).fit(*iris)


def test_huge_and_constant_columns_are_standardised():
    x, y = make_classification(200, 4, random_state=0)
    x = np.column_stack([x, np.full(200, 3.0), x[:, 0] * 1e200])
    model = WANNClassifier(random_state=0, generations=20, population=24).fit(x, y)
    assert np.isfinite(model.predict_proba(x)).all()
    assert np.isfinite(model.predict_proba(np.full((1, 6), 1e300))).all()
