"""The bipedal walker of the core in lockstep with Gymnasium's, on the same ground and with the same actions."""

import numpy as np
import pytest
from scipy import stats

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")

import walkers
from wann import _core, seeding
from wann.seeding import Stream


@pytest.mark.parametrize("hardcore", [False, True])
@pytest.mark.parametrize("policy", ["random", "gait"])
def test_lockstep(policy: str, hardcore: bool) -> None:
    """Observations are the same to the bit; rewards, which Gymnasium computes in double, to float32."""
    found = walkers.errors(range(24), 100, policy, hardcore)
    worst = np.array([max(e) for e in found])
    assert np.median(worst) < 1e-6
    if hardcore:
        assert (worst < 1e-3).sum() >= 22
    else:
        assert worst.max() < 1e-5


def test_long_lockstep() -> None:
    """To the end of episodes of up to 1,600 steps."""
    found = walkers.errors(range(100, 112), 1600, "gait")
    assert max(len(e) for e in found) > 1000
    assert max(max(e) for e in found) < 1e-5


def test_the_start_is_gymnasiums() -> None:
    _, observations, ours = walkers.pairs(range(12))
    np.testing.assert_allclose(ours.observations(), observations, atol=1e-6)


def test_the_ground_is_distributed_as_gymnasiums() -> None:
    envs, _, _ = walkers.pairs(range(60))
    ours = _core.BipedalWalkers(seeding.episode_seeds(0, Stream.BENCHMARK, 600), False)
    heights = np.array([ours.terrain(i)[0] for i in range(600)])
    theirs = np.array([env.terrain_y for env in envs])
    for column in (25, 60, 199):
        assert stats.ks_2samp(heights[:, column], theirs[:, column]).pvalue > 1e-3
    rough, their_rough = np.diff(heights).std(axis=1), np.diff(theirs).std(axis=1)
    assert stats.ks_2samp(rough, their_rough).pvalue > 1e-3


def test_the_hardcore_ground_is_distributed_as_gymnasiums() -> None:
    envs, _, _ = walkers.pairs(range(60), hardcore=True)
    ours = _core.BipedalWalkers(seeding.episode_seeds(0, Stream.BENCHMARK, 600), True)
    n = np.array([len(ours.terrain(i)[1]) for i in range(600)])
    theirs = np.array([len(env.boxes()) for env in envs])
    assert abs(n.mean() - theirs.mean()) < 4 * theirs.std() / np.sqrt(60)
    widths = np.concatenate([np.diff(ours.terrain(i)[1][:, ::2]).ravel() for i in range(600)])
    their_widths = np.concatenate([np.diff(env.boxes()[:, ::2]).ravel() for env in envs])
    for steps in (1, 2, 4):  # stumps and walls are one step wide, stumps may be two, stairs are four
        part = np.isclose(widths, steps * 14 / 30, atol=1e-3).mean()
        their_part = np.isclose(their_widths, steps * 14 / 30, atol=1e-3).mean()
        assert abs(part - their_part) < 0.06


def test_bodies_are_equal_to_the_bit_on_plain_ground() -> None:
    envs, observations, ours = walkers.pairs(range(40, 52))
    gaits = [walkers.Gait() for _ in envs]
    running = np.ones(len(envs), dtype=bool)
    for _ in range(300):
        actions = np.array([gait(o) for gait, o in zip(gaits, observations, strict=True)])
        _, done = ours.step(actions)
        ours_velocities, ours_observations = ours.velocities(), ours.observations()
        for i in np.flatnonzero(running):
            observations[i], _, ended, _, _ = envs[i].step(actions[i])
            running[i] = not (ended or done[i])
            if running[i]:
                bodies = [envs[i].hull, *envs[i].legs]
                theirs = [[*body.linearVelocity, body.angularVelocity] for body in bodies]
                np.testing.assert_array_equal(ours_velocities[i], np.array(theirs, dtype=np.float32))
                np.testing.assert_array_equal(ours_observations[i], observations[i])
    assert running.sum() > 6
