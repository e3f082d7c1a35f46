"""The tools that make the encoder of car-racing."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from car_drives import LABELS, Frames, collect
from wann import vision

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.fixture(scope="module")
def frames() -> Frames:
    return collect("core", 8, seed=1)


def test_drives_show_all_sorts_of_places(frames: Frames) -> None:
    assert frames.pictures.shape == (len(frames.step), 28, 32)
    assert 0 <= frames.pictures.min() < 0.1 < 0.8 < frames.pictures.max() <= 1
    labels = dict(zip(LABELS, frames.labels.T, strict=True))
    on_road = np.abs(labels["offset"]) < 6
    assert 0.3 < on_road.mean() < 0.95
    assert labels["speed"].max() > 50
    assert set(frames.track) == set(range(1, 9))
    again = collect("core", 8, seed=1)
    assert np.array_equal(frames.pictures, again.pictures)


def test_the_same_frames_and_seed_make_the_same_encoder(frames: Frames, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    frames.save(tmp_path / "frames.npz")
    made = []
    for name in ("a.npz", "b.npz"):
        command = [sys.executable, str(TOOLS / "train_car_encoder.py"), str(tmp_path / "frames.npz"), "--steps", "20"]
        command += ["--tanh-steps", "10"]
        done = subprocess.run([*command, "--out", str(tmp_path / name)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        made.append(vision.load(tmp_path / name))
    views = frames.pictures[:50, ..., None]
    assert np.array_equal(made[0].encode_view(views), made[1].encode_view(views))
    assert "--steps 20" in made[0].provenance["command"]
    assert str(tmp_path) not in made[0].provenance["command"]
    assert np.abs(made[0].decode(made[0].encode_view(views)) - views).mean() < 0.4
