"""The core's matrices for CMA-ES against NumPy's."""

import numpy as np
import pytest

from wann import _core


def symmetric(rng: np.random.Generator, n: int) -> np.ndarray:
    a = rng.normal(size=(n, n))
    return (a + a.T) / 2


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 17, 64, 121])
def test_eigenvalues_and_vectors(rng: np.random.Generator, n: int) -> None:
    a = symmetric(rng, n)
    values, vectors = _core.symmetric_eigen(a)
    size = np.abs(np.linalg.eigvalsh(a)).max()
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(a), atol=1e-13 * size * n, rtol=0)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(n), atol=1e-13 * n)
    np.testing.assert_allclose(vectors.T @ np.diag(values) @ vectors, a, atol=1e-13 * size * n)


@pytest.mark.parametrize(
    "a",
    [
        np.zeros((4, 4)),
        np.eye(6),
        np.ones((7, 7)),
        np.diag([1.0, 2, 2, 2, 1e-300]),
        np.diag([1e150, 1e-150, 3]),
        np.kron(np.eye(3), np.array([[2.0, 1], [1, 2]])),  # falls apart into blocks
        np.diag(np.full(5, 1e-160), 1) + np.diag(np.full(5, 1e-160), -1),
    ],
)
def test_special_matrices(a: np.ndarray) -> None:
    values, vectors = _core.symmetric_eigen(a)
    np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(a), atol=1e-14 * np.abs(a).max())
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(a)), atol=1e-13)


def test_a_matrix_that_is_not_finite_is_refused() -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="eigenvalues"):
            _core.symmetric_eigen(np.full((3, 3), bad))
    with pytest.raises(ValueError, match="square"):
        _core.symmetric_eigen(np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (32, 57, 57), (4, 0, 3)])
def test_products(rng: np.random.Generator, shape: tuple[int, int, int]) -> None:
    a, b = rng.normal(size=shape[:2]), rng.normal(size=shape[1:])
    np.testing.assert_allclose(_core.product(a, b), a @ b, atol=1e-12)
    expected = np.zeros((shape[0], shape[2]))
    for k in range(shape[1]):
        expected += a[:, k, None] * b[k]
    np.testing.assert_array_equal(_core.product(a, b), expected)  # every sum from first to last, nothing fused
    with pytest.raises(ValueError, match="fit together"):
        _core.product(a, np.zeros((shape[1] + 1, 2)))


def test_normal_numbers() -> None:
    z = _core.normals(3, 1000, 100)
    assert z.mean() == pytest.approx(0, abs=0.02)
    assert z.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(z, _core.normals(3, 1000, 100))
    assert not np.array_equal(z, _core.normals(4, 1000, 100))
