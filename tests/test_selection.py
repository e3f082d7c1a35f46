"""Non-dominated sorting and crowding distance against their definitions."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import oracle
from wann import _core

# Few distinct values, so that ties are common.
COARSE = st.integers(-3, 3).map(float)
FINE = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: float(np.float32(x)))


@given(st.lists(st.tuples(COARSE, COARSE) | st.tuples(FINE, FINE), min_size=1, max_size=40))
@example([(0.0, 0.0)])
@example([(1.0, 1.0)] * 5)
@example([(float(i), float(-i)) for i in range(8)])
@example([(float(i), float(i)) for i in range(8)])
def test_ranking(points: list[tuple[float, float]]) -> None:
    a, b = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    np.testing.assert_array_equal(_core.nondominated_fronts(a, b), oracle.fronts(a, b))
    np.testing.assert_array_equal(_core.rank(a, b), oracle.rank(a, b))


@pytest.mark.parametrize("seed", range(5))
def test_populations(seed: int) -> None:
    """As in a search: rewards against small whole numbers of connections."""
    rng = np.random.default_rng(seed)
    reward, connections = rng.normal(size=192), -rng.integers(1, 20, 192).astype(float)
    np.testing.assert_array_equal(_core.rank(reward, connections), oracle.rank(reward, connections))


def test_a_front_has_no_dominated_member(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(2, 2000))
    front = _core.nondominated_fronts(a, b)
    for level in range(front.max() + 1):
        order = np.argsort(a[front == level])
        assert (np.diff(b[front == level][order]) <= 0).all()


def test_the_order_names_everyone_once(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 4, size=(2, 500)).astype(float)
    assert sorted(_core.rank(a, b)) == list(range(500))


def test_nobody_to_rank() -> None:
    assert len(_core.rank(np.zeros(0), np.zeros(0))) == 0


def test_lengths_must_fit() -> None:
    with pytest.raises(ValueError, match="same length"):
        _core.rank(np.zeros(3), np.zeros(4))
