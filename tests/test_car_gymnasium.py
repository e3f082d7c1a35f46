"""The car of the core in lockstep with Gymnasium's, on the same tracks and with the same actions."""

import numpy as np
import pytest

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")

import cars
from wann import _core


@pytest.mark.parametrize("driver", cars.DRIVERS)
def test_lockstep(driver: str) -> None:
    """To the end of the episodes: poses are the same to the bit, visited tiles and ends are the same, rewards to float32."""
    found = cars.errors(driver, list(range(12)), 1000)
    for episode in found:
        assert episode["position"].max() == 0
        assert episode["angle"].max() == 0
        assert episode["visited"].max() == 0
        assert episode["reward"].max() < 1e-5
    assert sum(len(episode["position"]) for episode in found) > 5000


def test_all_ends_are_met() -> None:
    """Some of the drivers finish a lap, some leave the field, and some run out of time."""
    fast, straight = cars.errors("fast", list(range(20, 26)), 1000), cars.errors("off the road", [1, 4, 7], 1000)
    lengths = [len(episode["position"]) for episode in fast]
    assert min(lengths) < 1000
    assert max(lengths) == 1000
    assert max(len(episode["position"]) for episode in straight) < 400


def test_tracks_are_gymnasiums() -> None:
    """From the same uniform numbers comes the same track, to the bit."""
    envs, ours = cars.pairs(list(range(60)))
    for i, env in enumerate(envs):
        np.testing.assert_array_equal(ours.track(i), np.array(env.track))
        borders = np.array([kind for _, kind in cars.road_pieces(env)])
        np.testing.assert_array_equal(ours.borders(i), borders)


def test_a_seed_names_a_track() -> None:
    a, b = _core.CarRaces(np.array([5, 6, 5], dtype=np.uint64)), _core.CarRaces(np.array([5], dtype=np.uint64))
    np.testing.assert_array_equal(a.track(0), a.track(2))
    np.testing.assert_array_equal(a.track(0), b.track(0))
    assert a.track(0).shape != a.track(1).shape or (a.track(0) != a.track(1)).any()


def test_a_lane_does_not_depend_on_its_neighbours() -> None:
    """The same race alone, and among others, in any place."""
    seeds = np.arange(20, dtype=np.uint64)
    together, drivers = _core.CarRaces(seeds), [cars.random_driver(i) for i in range(20)]
    alone = [_core.CarRaces(seeds[i : i + 1]) for i in (0, 7, 19)]
    for step in range(300):
        actions = np.array([drive(np.empty((0, 4)), np.empty((5, 3)), step) for drive in drivers])
        rewards, _ = together.step(actions)
        for race, i in zip(alone, (0, 7, 19), strict=True):
            assert race.step(actions[i : i + 1])[0][0] == rewards[i]
            np.testing.assert_array_equal(race.bodies()[0], together.bodies()[i])


def test_tracks_that_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="a row of uniform numbers ends before a track is closed"):
        _core.CarRaces.from_uniforms(np.full((1, 24), 0.999))
    with pytest.raises(RuntimeError, match="no closed track after 1000 tries"):
        _core.CarRaces.from_uniforms(np.full((1, 24 * 1001), 0.999))
