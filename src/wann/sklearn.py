"""Estimators for scikit-learn: a search for a weight agnostic network behind ``fit``::

    from wann.sklearn import WANNClassifier

    model = WANNClassifier(random_state=0).fit(X, y)
    model.predict_proba(X)
    model.network_.draw("network.svg")

`WANNRegressor` predicts numbers in the same way.
"""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann.arguments import check_integer
from wann.errors import MissingExtraError, WannError
from wann.networks.network import Network
from wann.search.config import SearchConfig, preset
from wann.search.search import Search
from wann.tasks.data.samples import Classification, DataTask, Regression

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise MissingExtraError("wann.sklearn", "sklearn") from None

__all__ = ["WANNClassifier", "WANNRegressor"]

Weights = Literal["ensemble", "tuned"] | float
Floats = NDArray[np.float64]

#: Shared weights that are tried for the tuned one.
TUNING_WEIGHTS = np.linspace(-2, 2, 81, dtype=np.float32)


class _WANNEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators have in common: columns are standardised, then a topology is searched for."""

    def __init__(
        self,
        *,
        generations: int = 300,
        population: int = 192,
        batch_size: int | None = 1000,
        weights: Weights = "ensemble",
        config: SearchConfig | None = None,
        n_jobs: int | None = 1,
        random_state: Any = None,
    ) -> None:
        self.generations = generations
        self.population = population
        self.batch_size = batch_size
        self.weights = weights
        self.config = config
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _search(self, task: DataTask) -> None:
        config = self.config
        if config is None:
            config = preset(task, generations=self.generations, population=self.population)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        search = Search(task, config, seed=seed, threads=self._threads())
        self.reward_curve_ = np.array([record.best_mean_reward for record in search.run()])
        self.weight_values_ = np.array(config.weights)
        scores = task.score([search.champion], TUNING_WEIGHTS, threads=1)[0]
        self.weight_ = float(TUNING_WEIGHTS[np.argmax(scores)])
        self.network_: Network = search.champion.with_tuning(shared_weight=self.weight_)
        self.n_iter_ = search.generation

    def _threads(self) -> int | None:
        """What `wann.Search` takes for n_jobs."""
        if self.n_jobs == -1:
            return None
        return 1 if self.n_jobs is None else check_integer(self.n_jobs, "n_jobs", 1, 1024)

    def _column_names(self) -> list[str] | None:
        """Names of the columns that `fit` was given, where it was given any and they differ."""
        names = list(getattr(self, "feature_names_in_", ()))
        return names if names and len(set(names)) == len(names) else None

    def _learn_scale(self, X: Floats) -> NDArray[np.float32]:  # noqa: N803
        """Learns each column's mean and standard deviation, and applies them."""
        # A column that float64 can hold may overflow when it is squared; scaled by its largest value it cannot.
        largest = np.maximum(np.abs(X).max(axis=0), np.finfo(float).tiny)
        scaled = X / largest
        spread = scaled.std(axis=0)
        self.mean_ = scaled.mean(axis=0) * largest
        self.scale_ = np.where(spread > 1e-12, spread, 1.0) * largest
        return self._scaled(X)

    def _scaled(self, X: Floats) -> NDArray[np.float32]:  # noqa: N803
        # Values far outside of what was seen say no more than that they are far outside.
        limited: NDArray[np.float32] = np.clip((X - self.mean_) / self.scale_, -1e6, 1e6).astype(np.float32)
        return limited

    def _checked(self, X: ArrayLike) -> NDArray[np.float32]:  # noqa: N803
        check_is_fitted(self)
        return self._scaled(validate_data(self, X, reset=False, dtype=np.float64))

    def _chosen_weights(self, weights: Weights | None) -> Floats:
        """The shared weights to run with."""
        weights = self.weights if weights is None else weights
        if isinstance(weights, str):
            if weights == "ensemble":
                return self.weight_values_
            if weights == "tuned":
                return np.array([self.weight_])
        elif isinstance(weights, int | float | np.number) and not isinstance(weights, bool) and np.isfinite(weights):
            return np.array([float(weights)])
        raise WannError(f"weights is {weights!r}; it must be 'ensemble', 'tuned' or a finite number")


class WANNClassifier(ClassifierMixin, _WANNEstimator):  # type: ignore[misc]
    """A classifier whose topology is searched for, and whose connections share one untrained weight.

    Parameters
    ----------
    generations : int, default=300
        Generations of the search.
    population : int, default=192
        Networks in a generation.
    batch_size : int or None, default=1000
        Samples that the networks of a generation see; None for all.
    weights : {"ensemble", "tuned"} or float, default="ensemble"
        The shared weights to predict with: the mean of the softmax outputs over the weight values of the search, the best
        single weight on the training data, or a weight of your own.
    config : SearchConfig or None, default=None
        All settings of the search; ``generations`` and ``population`` are then ignored.
    n_jobs : int or None, default=1
        Threads; -1 for all cores. The result does not depend on it.
    random_state : int, RandomState or None, default=None
        Where the search's seed comes from.

    Attributes
    ----------
    network_ : Network
        The topology, with the tuned shared weight; its inputs have the names of the columns, where these are all text.
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    weight_ : float
        The best single shared weight on the training data.
    weight_values_ : ndarray
        The weight values of the ensemble.
    mean_, scale_ : ndarray of shape (n_features_in_,)
        What columns are standardised with.
    reward_curve_ : ndarray of shape (n_iter_,)
        The best mean log-likelihood of each generation.
    n_iter_ : int
        Generations that were run.
    """

    classes_: NDArray[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Searches for a topology.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns:
        -------
        self
        """
        samples, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise WannError(f"y holds one class only ({self.classes_[0]!s}); a classifier needs at least two classes")
        x = self._learn_scale(samples)
        self._search(Classification(x, labels, batch=self.batch_size, inputs=self._column_names()))
        return self

    def predict_proba(self, X: ArrayLike, *, weights: Weights | None = None) -> Floats:  # noqa: N803
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        weights : {"ensemble", "tuned"}, float or None, default=None
            As the parameter of the estimator, which it stands in for where it is given.

        Returns:
        -------
        ndarray of shape (n_samples, n_classes)
        """
        from wann.training.classifier import softmax

        samples = self._checked(X)
        chosen = self._chosen_weights(weights)
        proba: Floats = np.mean([softmax(self.network_(samples, float(w))) for w in chosen], axis=0)
        return proba

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most likely class of each sample, shape (n_samples,)."""
        likely: NDArray[Any] = self.predict_proba(X).argmax(axis=1)
        return self.classes_.take(likely)


class WANNRegressor(RegressorMixin, _WANNEstimator):  # type: ignore[misc]
    """A regressor whose topology is searched for, and whose connections share one untrained weight.

    Targets are standardised for the search.

    Parameters
    ----------
    generations : int, default=300
        Generations of the search.
    population : int, default=192
        Networks in a generation.
    batch_size : int or None, default=1000
        Samples that the networks of a generation see; None for all.
    weights : {"ensemble", "tuned"} or float, default="tuned"
        The shared weights to predict with: the mean of the outputs over the weight values of the search, the best single
        weight on the training data, or a weight of your own.
    config : SearchConfig or None, default=None
        All settings of the search; ``generations`` and ``population`` are then ignored.
    n_jobs : int or None, default=1
        Threads; -1 for all cores. The result does not depend on it.
    random_state : int, RandomState or None, default=None
        Where the search's seed comes from.

    Attributes
    ----------
    network_ : Network
        The topology, with the tuned shared weight; its inputs have the names of the columns, where these are all text.
    n_features_in_ : int
    weight_ : float
        The best single shared weight on the training data.
    weight_values_ : ndarray
        The weight values of the ensemble.
    mean_, scale_ : ndarray of shape (n_features_in_,)
        What columns are standardised with.
    target_mean_, target_scale_ : float
        What targets are standardised with.
    reward_curve_ : ndarray of shape (n_iter_,)
        Minus the smallest mean squared error of each generation, in units of the targets' variance.
    n_iter_ : int
        Generations that were run.
    """

    def __init__(
        self,
        *,
        generations: int = 300,
        population: int = 192,
        batch_size: int | None = 1000,
        weights: Weights = "tuned",
        config: SearchConfig | None = None,
        n_jobs: int | None = 1,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            generations=generations,
            population=population,
            batch_size=batch_size,
            weights=weights,
            config=config,
            n_jobs=n_jobs,
            random_state=random_state,
        )

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Searches for a topology.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns:
        -------
        self
        """
        with np.errstate(over="ignore", invalid="ignore"):
            samples, targets = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
            targets = np.asarray(targets, dtype=np.float64)
            self.target_mean_ = float(targets.mean())
            self.target_scale_ = float(targets.std()) or 1.0
        if not np.isfinite([self.target_mean_, self.target_scale_]).all():
            largest = np.abs(targets).max()
            raise WannError(f"y holds values that are too large to be standardised, up to {largest:g} in size; divide them")
        standardised = (targets - self.target_mean_) / self.target_scale_
        x = self._learn_scale(samples)
        self._search(Regression(x, standardised, batch=self.batch_size, inputs=self._column_names()))
        return self

    def predict(self, X: ArrayLike, *, weights: Weights | None = None) -> Floats:  # noqa: N803
        """The targets of samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        weights : {"ensemble", "tuned"}, float or None, default=None
            As the parameter of the estimator, which it stands in for where it is given.

        Returns:
        -------
        ndarray of shape (n_samples,)
        """
        samples = self._checked(X)
        outputs = [self.network_(samples, float(w))[:, 0] for w in self._chosen_weights(weights)]
        mean: Floats = np.stack(outputs).mean(axis=0, dtype=np.float64)
        return mean * self.target_scale_ + self.target_mean_
