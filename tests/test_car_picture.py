"""The pictures of car races beside Gymnasium's own, from its tracks and poses."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")

import car_frames
from wann import _core

EVERY = 20


@pytest.fixture(scope="module")
def drives() -> list[car_frames.Frames]:
    return [car_frames.drive(seed, 500, EVERY) for seed in range(6)]


def test_the_picture_is_gymnasiums(drives: list[car_frames.Frames]) -> None:
    for drive in drives:
        ours = drive.pictures.rgb(drive.poses, drive.touched)
        error = np.abs(ours[:, :84].astype(int) - drive.theirs[:, :84])
        assert error.mean() < 0.02
        assert (error.max(axis=-1) > 16).mean() < 1e-4
        assert error[drive.zooming].mean() < 0.02


def test_the_indicators_are_gymnasiums(drives: list[car_frames.Frames]) -> None:
    """All but the number at the left."""
    for drive in drives:
        ours = drive.pictures.rgb(drive.poses, drive.touched)
        np.testing.assert_allclose(ours[:, 84:, 12:].astype(int), drive.theirs[:, 84:, 12:], atol=1)


@pytest.mark.parametrize("block", [2, 3])
def test_the_view_is_the_mean_of_gymnasiums_picture(drives: list[car_frames.Frames], block: int) -> None:
    """It is closer to Gymnasium's than a tenth of what changes from a frame to the next."""
    errors, changes, biases = [], [], []
    for drive in drives:
        theirs = drive.their_view(block)
        difference = drive.pictures.view(drive.poses, drive.touched, block) - theirs
        biases.append(difference.mean())
        errors.append(np.abs(difference).mean())
        frame = np.rint(drive.poses[:, 11] * 50)
        follows = np.diff(frame) == 1
        changes.append(np.abs(np.diff(theirs, axis=0))[follows].mean())
    assert np.mean(errors) < 0.1 * np.mean(changes)
    assert np.mean(errors) * 255 < 0.4
    assert abs(np.mean(biases)) * 255 < 0.1


@pytest.mark.parametrize("block", [2, 3])
def test_the_car_is_where_gymnasiums_is(drives: list[car_frames.Frames], block: int) -> None:
    """The blocks that it touches, with its wheels turned and their stripes running."""
    rows, columns = (slice(22, 26), slice(15, 17)) if block == 3 else (slice(33, 39), slice(22, 26))
    for drive in drives:
        error = np.abs(drive.pictures.view(drive.poses, drive.touched, block) - drive.their_view(block))
        assert error[:, rows, columns].mean() * 255 < 2


def some_poses(n: int, seed: int) -> np.ndarray:
    """Anywhere in the field and beyond, with the camera down."""
    rng = np.random.default_rng(seed)
    poses = np.zeros((n, 18), np.float32)
    poses[:, :2] = rng.uniform(-340, 340, (n, 2))
    poses[:, 2] = rng.uniform(-8, 8, n)
    poses[:, 3:7] = rng.uniform(-0.4, 0.4, (n, 4))
    poses[:, 7:11] = rng.uniform(-100, 100, (n, 4))
    poses[:, 11] = rng.choice([1.0, 3.0], n)
    return poses


def test_samples_of_the_ground() -> None:
    """Against look-ups in float64; only the weights of texels are rounded."""
    track = a_track()
    pictures = _core.CarPictures(track, np.zeros(len(track), np.uint8))
    poses = some_poses(64, 1)
    poses[:, :2] = track[np.arange(64) * 3 % len(track), 2:]
    texels, (left, bottom, side) = pictures.texture(0)
    ours = pictures.view(poses, np.zeros((64, len(track)), np.uint8), 3)
    column, row = np.meshgrid((np.arange(64) + 0.5) * 1000 / 64, (np.arange(56) + 0.5) * 12.5)
    across, up = (column - 500) / 16.2, (800 - row - 200) / 16.2
    for pose, view in zip(poses.astype(np.float64), ours, strict=True):
        c, s = np.cos(pose[2]), np.sin(pose[2])
        x = (pose[0] + c * across - s * up - left) / side
        y = (pose[1] + s * across + c * up - bottom) / side
        i, j = np.floor(x).astype(int), np.floor(y).astype(int)
        u, v = x - i, y - j
        inside = (i >= 0) & (j >= 0) & (i < texels.shape[1] - 1) & (j < texels.shape[0] - 1)
        i, j = np.where(inside, i, 0), np.where(inside, j, 0)
        low = texels[j, i] * (1 - u) + texels[j, i + 1] * u
        high = texels[j + 1, i] * (1 - u) + texels[j + 1, i + 1] * u
        wanted = (low * (1 - v) + high * v).reshape(28, 2, 32, 2).mean((1, 3)) / 255
        known = inside.reshape(28, 2, 32, 2).all((1, 3))
        known[22:26, 15:17] = False  # the car
        assert known.mean() > 0.5
        np.testing.assert_allclose(view[known], wanted[known], atol=2 / 255)


def a_track() -> np.ndarray:
    """A plain ring."""
    alpha = np.arange(270) * 2 * np.pi / 270
    return np.stack([alpha, alpha, 150 * np.cos(alpha), 150 * np.sin(alpha)], axis=1)


def test_outside_the_field_is_black() -> None:
    track = a_track()
    pictures = _core.CarPictures(track, np.zeros(len(track), np.uint8))
    poses = np.zeros((3, 18), np.float32)
    poses[:, 0] = 1000
    poses[:, 11] = [0.02, 0.5, 2]
    untouched = np.zeros((3, len(track)), np.uint8)
    view, picture = pictures.view(poses, untouched), pictures.rgb(poses, untouched)
    for i in (1, 2):
        assert not np.delete(view[i], slice(22, 26), axis=0).any()
    np.testing.assert_allclose(view, car_frames.means(picture, 3), atol=0.25)
    assert np.abs(view - car_frames.means(picture, 3)).mean() < 2 / 255


def test_a_car_that_is_lost_is_drawn_somewhere() -> None:
    """An episode that has ended may run on until it is given up, and its numbers may have gone wild."""
    track = a_track()
    pictures = _core.CarPictures(track, np.zeros(len(track), np.uint8))
    poses = np.zeros((6, 18), np.float32)
    poses[:, 11] = [1, 1, 1, 1, 0.5, 0.02]
    poses[:, 0] = [1e6, -1e30, np.nan, 0, np.nan, np.inf]
    poses[3, 2:11] = np.nan
    for block in (2, 3):
        view = pictures.view(poses, np.ones((6, len(track)), np.uint8), block)
        assert (np.isfinite(view) & (view >= 0) & (view <= 1)).all()
    poses[:, 12:] = np.nan
    assert not pictures.rgb(poses, np.ones((6, len(track)), np.uint8))[:, :40].any()


@pytest.mark.parametrize("block", [2, 3])
def test_touched_tiles_are_darker(block: int) -> None:
    track = a_track()
    pictures = _core.CarPictures(track, np.zeros(len(track), np.uint8))
    poses = some_poses(8, 2)
    poses[:, :3] = track[::34, [2, 3, 1]]
    touched = np.random.default_rng(3).integers(0, 2, (8, len(track))).astype(np.uint8)
    for marks in (touched, np.zeros_like(touched), np.ones_like(touched)):
        difference = pictures.view(poses, marks, block) - car_frames.means(pictures.rgb(poses, marks), block)
        assert np.abs(difference).mean() * 255 < 0.5
    none = pictures.view(poses, np.zeros_like(touched), block)
    all_touched = pictures.view(poses, np.ones_like(touched), block)
    assert (all_touched <= none).all()
    assert 0 < (none - all_touched).max() * 255 < 5.01


@pytest.mark.parametrize("block", [2, 3])
def test_a_picture_does_not_depend_on_its_lane(block: int) -> None:
    track = a_track()
    pictures = _core.CarPictures(track, np.zeros(len(track), np.uint8))
    n = 3 * _core.lane_width + 1
    poses = some_poses(n, 4)
    poses[::3, 11] = np.linspace(0, 1, len(poses[::3]))
    touched = np.random.default_rng(5).integers(0, 2, (n, len(track))).astype(np.uint8)
    together = pictures.view(poses, touched, block)
    alone = np.concatenate([pictures.view(poses[i : i + 1], touched[i : i + 1], block) for i in range(n)])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, pictures.view(poses[::-1].copy(), touched[::-1].copy(), block)[::-1])


#: Prints a hash of what one build draws.
PROBE = """
import hashlib
import numpy as np
from test_car_picture import a_track, some_poses
from wann import _core

track = a_track()
pictures = _core.CarPictures(track, (np.arange(len(track)) % 5 > 2).astype(np.uint8))
poses = some_poses(200, 6)
poses[:50, 11] = np.arange(50) / 50
poses[::2, :2] = track[:100, 2:]
touched = np.random.default_rng(7).integers(0, 2, (200, len(track))).astype(np.uint8)
drawn = [pictures.view(poses, touched, block) for block in (2, 3)] + [pictures.rgb(poses[:60], touched[:60])]
print(_core.instruction_set, hashlib.sha256(b"".join(a.tobytes() for a in drawn)).hexdigest())
"""


def test_levels_with_fused_arithmetic_draw_the_same() -> None:
    found = {}
    for level in ("v3", "v4"):
        environment = os.environ | {"WANN_INSTRUCTION_SET": level, "PYTHONPATH": str(Path(__file__).parent)}
        probe = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, timeout=600)
        if probe.returncode == 0:
            name, digest = probe.stdout.split()
            found[name] = digest
        else:
            assert "none of the core's builds" in probe.stderr or "SIGILL" in probe.stderr or probe.returncode < 0
    if len(found) < 2:
        pytest.skip("fewer than two levels v3, v4")
    assert len(set(found.values())) == 1


def test_wrong_shapes_are_refused() -> None:
    track = a_track()
    flags = np.zeros(len(track), np.uint8)
    with pytest.raises(ValueError, match="track"):
        _core.CarPictures(track[:, :3].copy(), flags)
    pictures = _core.CarPictures(track, flags)
    with pytest.raises(ValueError, match="poses"):
        pictures.view(np.zeros((2, 17), np.float32), np.zeros((2, len(track)), np.uint8))
    with pytest.raises(ValueError, match="block"):
        pictures.view(np.zeros((2, 18), np.float32), np.zeros((2, len(track)), np.uint8), 4)
