"""CMA-ES: a normal distribution that moves and stretches towards good solutions.

N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, with active covariance updates; numbers of equations
are those of that text. The separable form, for many weights, is R. Ros and N. Hansen, "A simple modification in CMA-ES
achieving linear time and space complexity", PPSN 2008.

Here and not a library's, because of the last bits: products and eigenvectors are computed by the core, which adds up in one
order on every processor, and random numbers are named by seed and generation. So an optimiser depends on nothing but what
it was told, and its state is a few arrays.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wann import _core
from wann.arguments import as_numbers
from wann.errors import WannError

Matrix = NDArray[np.float64]

#: A run has converged when its steps are this small a part of its first ones, when it has been this flat for some time, or
#: when its distribution is this much longer than wide (squared).
_SMALLEST_STEP, _FLAT, _LONGEST = 1e-12, 1e-12, 1e14
#: It has diverged when its steps are this large.
_LARGEST_STEP = 1e4
#: Seeds and generations are below these, because the core derives seeds from 64 bits and 32 bits.
_SEEDS, _GENERATIONS = 2**64, 2**32
#: A generation has at most this many candidates.
MOST_CANDIDATES = 10**5
#: No number of a run is larger; that of a step size grows at most by e to this power, after which the run has diverged.
FAR, _FASTEST = 1e30, 20.0


@dataclass(frozen=True, kw_only=True)
class Constants:
    """The strategy's parameters for a number of dimensions and candidates (equations 49 to 58)."""

    dimensions: int
    population: int
    n_parents: int  #: µ
    weights: Matrix  #: of the candidates from best to worst, shape (population,); those after the parents' are negative
    mu_eff: float  #: variance effective selection mass of the parents
    c_sigma: float  #: learning rate of the step size's path
    d_sigma: float  #: damping of the step size
    c_c: float  #: learning rate of the covariance's path
    c_1: float  #: learning rate of the rank-one update
    c_mu: float  #: learning rate of the rank-µ update

    @classmethod
    def full(cls, n: int, population: int) -> "Constants":
        """For a full covariance matrix."""
        raw = np.array([math.log((population + 1) / 2) - math.log(i + 1) for i in range(population)])
        mu = population // 2
        mu_eff, mu_eff_rest = _selection_mass(raw[:mu]), _selection_mass(raw[mu:])
        c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)
        c_mu = min(1 - c_1, 2 * (mu_eff - 2 + 1 / mu_eff) / ((n + 2) ** 2 + mu_eff))
        most = min(1 + c_1 / c_mu, 1 + 2 * mu_eff_rest / (mu_eff + 2), (1 - c_1 - c_mu) / (n * c_mu))
        weights = np.where(raw >= 0, raw / _sum(raw[raw > 0]), most * raw / -_sum(raw[raw < 0]))
        return cls(
            dimensions=n, population=population, n_parents=mu, weights=weights, mu_eff=mu_eff, c_1=c_1, c_mu=c_mu,
            c_c=(4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n), **_step_size(n, mu_eff, 5),
        )  # fmt: skip

    @classmethod
    def separable(cls, n: int, population: int) -> "Constants":
        """For a diagonal covariance matrix: no negative weights, and variances are learned (n + 2)/3 times as fast."""
        mu = population // 2
        parents = np.array([math.log(mu + 1) - math.log(i + 1) for i in range(mu)])
        weights = np.concatenate([parents / _sum(parents), np.zeros(population - mu)])
        mu_eff = _selection_mass(parents)
        c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)
        c_cov = 2 / (mu_eff * (n + math.sqrt(2)) ** 2)
        c_cov += (1 - 1 / mu_eff) * min(1.0, (2 * mu_eff - 1) / ((n + 2) ** 2 + mu_eff))
        return cls(
            dimensions=n, population=population, n_parents=mu, weights=weights, mu_eff=mu_eff, c_1=c_1,
            c_mu=min(1 - c_1, (n + 2) / 3 * c_cov), c_c=4 / (n + 4), **_step_size(n, mu_eff, 3),
        )  # fmt: skip

    @property
    def expected_length(self) -> float:
        """E‖N(0, I)‖."""
        n = self.dimensions
        return math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))

    @property
    def memory(self) -> int:
        """Generations after which a run that stays flat has converged."""
        return 10 + math.ceil(30 * self.dimensions / self.population)


def _step_size(n: int, mu_eff: float, more: int) -> dict[str, float]:
    c_sigma = (mu_eff + 2) / (n + mu_eff + more)
    return {"c_sigma": c_sigma, "d_sigma": 1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma}


def _selection_mass(weights: Matrix) -> float:
    return _sum(weights) ** 2 / _sum(weights * weights)


def _sum(x: Matrix) -> float:
    """NumPy adds up pairwise, in an order that depends on the length alone."""
    return float(np.add.reduce(x))


@dataclass(frozen=True, kw_only=True)
class Cma(ABC):
    """CMA-ES between two generations. It is never changed: `told` gives the next one.

    Use `FullCma` or `SeparableCma`, which differ in what they know of the covariance.
    """

    constants: Constants
    seed: int  #: names the random numbers
    mean: Matrix  #: the centre of the distribution, shape (n,)
    sigma: float  #: the step size
    first_sigma: float
    covariance: Matrix  #: C; shape (n, n), of the separable form (n,)
    path_sigma: Matrix  #: evolution path of the step size, shape (n,)
    path_c: Matrix  #: evolution path of the covariance, shape (n,)
    generation: int
    extremes: Matrix  #: best and worst reward of the last generations, shape (up to `Constants.memory`, 2)

    @classmethod
    def start(cls, mean: NDArray[np.floating[Any]], sigma: float, population: int, seed: int) -> Self:
        """A distribution with the same step in all directions.

        Args:
            mean: Its centre, shape (n,).
            sigma: Its standard deviation along each coordinate.
            population: Candidates in a generation, at least 4.
            seed: Names the random numbers.
        """
        n = len(mean)
        return cls(
            constants=cls._constants(n, population), seed=seed, mean=mean.astype(float), sigma=float(sigma),
            first_sigma=float(sigma), covariance=cls._unit(n), path_sigma=np.zeros(n), path_c=np.zeros(n), generation=0,
            extremes=np.zeros((0, 2)),
        )  # fmt: skip

    @staticmethod
    @abstractmethod
    def _constants(n: int, population: int) -> Constants: ...

    @staticmethod
    @abstractmethod
    def _unit(n: int) -> Matrix: ...

    @abstractmethod
    def _stretched(self, z: Matrix) -> Matrix:
        """C^½ z, up to a rotation, for each row of z."""

    @abstractmethod
    def _whitened(self, y: Matrix) -> Matrix:
        """C^-½ y for each row of y."""

    @abstractmethod
    def _rank_one(self, path: Matrix) -> Matrix:
        """path · pathᵀ"""

    @abstractmethod
    def _rank_mu(self, weights: Matrix, y: Matrix) -> Matrix:
        """Σ weights[i] · y[i] · y[i]ᵀ"""

    @abstractmethod
    def _variances(self) -> Matrix:
        """Of C along its principal axes."""

    @abstractmethod
    def _coordinate_variances(self) -> Matrix:
        """The diagonal of C."""

    def ask(self) -> NDArray[np.float32]:
        """The candidates of this generation, shape (population, n); the same ones each time (equations 38 to 40)."""
        c = self.constants
        z = _core.normals(_core.derive_seed(self.seed, 0, self.generation), c.population, c.dimensions)
        return (self.mean + self.sigma * self._stretched(z)).astype(np.float32)

    def told(self, candidates: NDArray[np.float32], rewards: NDArray[np.floating[Any]]) -> Self:
        """The distribution of the next generation.

        Args:
            candidates: What `ask` gave.
            rewards: Of each, larger is better; only their order counts. Shape (population,).
        """
        c, n = self.constants, self.constants.dimensions
        order = np.argsort(-rewards, kind="stable")
        y = (candidates[order].astype(float) - self.mean) / self.sigma
        y_mean = _core.product(c.weights[None, : c.n_parents], np.ascontiguousarray(y[: c.n_parents]))[0]  # eq. 41
        # Step size (equations 43 and 44).
        keep = 1 - c.c_sigma
        path_sigma = (
            keep * self.path_sigma + math.sqrt(c.c_sigma * (2 - c.c_sigma) * c.mu_eff) * self._whitened(y_mean[None])[0]
        )
        length = math.sqrt(_sum(path_sigma * path_sigma))
        growth = c.c_sigma / c.d_sigma * (length / c.expected_length - 1)
        sigma = self.sigma * math.exp(min(growth, _FASTEST))
        # Covariance (equations 45 to 47). Its path stands still while the step size grows fast.
        settled = length / math.sqrt(1 - keep ** (2 * (self.generation + 2))) < (1.4 + 2 / (n + 1)) * c.expected_length
        path_c = (1 - c.c_c) * self.path_c
        if settled:
            path_c = path_c + math.sqrt(c.c_c * (2 - c.c_c) * c.mu_eff) * y_mean
        lost = 0.0 if settled else c.c_1 * c.c_c * (2 - c.c_c)
        lengths = np.add.reduce(self._whitened(y) ** 2, axis=1)
        weights = np.where(c.weights >= 0, c.weights, c.weights * n / (lengths + 1e-8))
        covariance = (1 + lost - c.c_1 - c.c_mu * _sum(c.weights)) * self.covariance
        covariance = covariance + c.c_1 * self._rank_one(path_c) + c.c_mu * self._rank_mu(weights, y)
        extremes = np.array([[rewards[order[0]], rewards[order[-1]]]], dtype=float)
        return replace(
            self,
            mean=self.mean + self.sigma * y_mean,  # eq. 42
            sigma=sigma, path_sigma=path_sigma, path_c=path_c, covariance=covariance, generation=self.generation + 1,
            extremes=np.concatenate([self.extremes, extremes])[-c.memory :],
        )  # fmt: skip

    @property
    def step(self) -> float:
        """The mean step along a coordinate: σ times the root of the covariance's mean diagonal."""
        variances = self._coordinate_variances()
        return self.sigma * math.sqrt(_sum(variances) / len(variances))

    @property
    def has_ended(self) -> bool:
        """Whether the run has converged or diverged (the tutorial's appendix B.3), so that another one should start."""
        deviations = self.sigma * np.sqrt(np.maximum(self._coordinate_variances(), 0.0))
        if not np.isfinite(deviations).all() or float(deviations.max()) > _LARGEST_STEP * max(self.first_sigma, 1.0):
            return True
        smallest = _SMALLEST_STEP * self.first_sigma
        if bool((deviations < smallest).all() and (np.abs(self.sigma * self.path_c) < smallest).all()):
            return True
        if bool((self.mean == self.mean + 0.2 * deviations).any()):
            return True
        full = len(self.extremes) == self.constants.memory
        if full and float(self.extremes.max() - self.extremes.min()) < _FLAT:
            return True
        variances = self._variances()
        return float(variances.max()) > _LONGEST * max(float(variances.min()), 0.0)

    def state(self) -> dict[str, Any]:
        """What it takes to go on; see `restored`."""
        return {
            "seed": self.seed, "population": self.constants.population, "generation": self.generation,
            "sigma": self.sigma, "first_sigma": self.first_sigma, "mean": self.mean, "covariance": self.covariance,
            "path_sigma": self.path_sigma, "path_c": self.path_c, "extremes": self.extremes,
        }  # fmt: skip

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Self:
        """The optimiser that had this `state`.

        Raises:
            WannError: The state is none of this kind of optimiser.
        """
        try:
            arrays = {name: as_numbers(state[name], name, np.float64) for name in _ARRAYS}
            n, population = len(arrays["mean"]), int(state["population"])
            if population > MOST_CANDIDATES:
                raise ValueError("more candidates than a generation has")
            made = cls(
                constants=cls._constants(n, population), seed=int(state["seed"]), sigma=float(state["sigma"]),
                first_sigma=float(state["first_sigma"]), generation=int(state["generation"]), **arrays,
            )  # fmt: skip
            fits = made.covariance.shape == cls._unit(n).shape and made.path_sigma.shape == made.path_c.shape == (n,)
            fits = fits and made.mean.ndim == 1 and made.extremes.ndim == 2 and made.extremes.shape[1] == 2
            fits = fits and made._is_sound()
        except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError, IndexError):
            fits = False
        if not fits:
            raise WannError("the saved state of CMA-ES is not valid")
        return made

    def _is_sound(self) -> bool:
        """Whether a run can have these numbers: finite, far from where squares overflow, and not those of its end."""
        sizes = np.abs(np.concatenate([self.mean, self.covariance.ravel(), self.path_sigma, self.path_c]))
        if not (sizes <= FAR).all() or not np.isfinite(self.extremes).all():
            return False
        if not (0 <= self.seed < _SEEDS and 0 <= self.generation < _GENERATIONS):
            return False
        if not all(1 / FAR <= step <= FAR for step in (self.sigma, self.first_sigma)):
            return False
        return float(self._variances().max()) >= 1 / FAR and not self.has_ended


_ARRAYS = ("mean", "covariance", "path_sigma", "path_c", "extremes")


class FullCma(Cma):
    """CMA-ES with a full covariance matrix: n² numbers, n³ operations a generation."""

    @staticmethod
    def _constants(n: int, population: int) -> Constants:
        return Constants.full(n, population)

    @staticmethod
    def _unit(n: int) -> Matrix:
        return np.eye(n)

    @cached_property
    def _axes(self) -> tuple[Matrix, Matrix]:
        """Standard deviations along the principal axes, and the axes as rows."""
        values, axes = _core.symmetric_eigen(self.covariance)
        return np.sqrt(np.maximum(values, 1e-300)), axes

    def _stretched(self, z: Matrix) -> Matrix:
        deviations, axes = self._axes
        return _core.product(z * deviations, axes)

    def _whitened(self, y: Matrix) -> Matrix:
        deviations, axes = self._axes
        along = _core.product(np.ascontiguousarray(y), np.ascontiguousarray(axes.T))
        return _core.product(along / deviations, axes)

    def _rank_one(self, path: Matrix) -> Matrix:
        return path[:, None] * path

    def _rank_mu(self, weights: Matrix, y: Matrix) -> Matrix:
        outer = _core.product(np.ascontiguousarray((weights[:, None] * y).T), np.ascontiguousarray(y))
        return (outer + outer.T) / 2  # symmetric to the bit

    def _variances(self) -> Matrix:
        return self._axes[0] ** 2

    def _coordinate_variances(self) -> Matrix:
        return np.diag(self.covariance)


class SeparableCma(Cma):
    """CMA-ES with a diagonal covariance matrix: n numbers, n operations a candidate."""

    @staticmethod
    def _constants(n: int, population: int) -> Constants:
        return Constants.separable(n, population)

    @staticmethod
    def _unit(n: int) -> Matrix:
        return np.ones(n)

    def _stretched(self, z: Matrix) -> Matrix:
        return z * np.sqrt(self.covariance)

    def _whitened(self, y: Matrix) -> Matrix:
        return y / np.sqrt(self.covariance)

    def _rank_one(self, path: Matrix) -> Matrix:
        return path * path

    def _rank_mu(self, weights: Matrix, y: Matrix) -> Matrix:
        total: Matrix = np.add.reduce(weights[:, None] * (y * y), axis=0)
        return total

    def _variances(self) -> Matrix:
        return self.covariance

    def _coordinate_variances(self) -> Matrix:
        return self.covariance
