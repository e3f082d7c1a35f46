"""The tool that compares car racing in the core with Gymnasium's."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium")

import gymnasium

import car_parity
import quick_car_racing
from car_parity import Job

STEPS = {"ours_steps": 9, "theirs_steps": 9}


def driven(rewards: list[tuple[float, float]], jobs: list[Job]) -> list[dict[str, Any]]:
    """What the tool keeps of episodes."""
    return [
        {"digest": j.driver.digest, "name": j.driver.name, "seed": j.seed, "ours": a, "theirs": b, **STEPS}
        for (a, b), j in zip(rewards, jobs, strict=True)
    ]  # fmt: skip


def test_differences_in_standard_errors(tmp_path: Path) -> None:
    same, other = car_parity.drivers_of(tmp_path, [], 2, 0, {"throttle": "half", "past": "frame"})
    records = driven([(1.0, 1.000001), (3.0, 3.0), (5.0, 5.0)], [Job(same, seed) for seed in range(3)])
    records += driven([(10.0, 20.0), (12.0, 21.0), (14.0, 25.0)], [Job(other, seed) for seed in range(3)])
    pairs = [car_parity.compare(driver, records, 2, 1) for driver in (same, other)]
    assert [pair.episodes for pair in pairs] == [3, 3]
    assert (pairs[0].difference, pairs[0].apart, pairs[0].paired) == (0, 0, 0)
    error = math.hypot(2 / math.sqrt(3), math.sqrt(7) / math.sqrt(3))
    assert pairs[1].apart == pytest.approx(-10 / error)
    assert pairs[1].paired == pytest.approx(-10 / (1 / math.sqrt(3)))
    assert list(car_parity.within(pairs).values())[:2] == [1, 1]
    assert len(car_parity.table(pairs).splitlines()) == 7


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[tuple[str, int]]] = []

    def run(jobs: list[Job], path: Path, _processes: int) -> list[dict[str, Any]]:
        asked.append([(job.driver.name, job.seed) for job in jobs])
        new = driven([(1.0, 2.0)] * len(jobs), jobs)
        kept = car_parity.finished(path) + new
        path.write_text("".join(json.dumps(record) + "\n" for record in kept) + '{"digest": "cut o')
        return new

    monkeypatch.setattr(car_parity, "run", run)
    for episodes in ("1", "2", "2"):
        arguments = ["car_parity.py", str(tmp_path), "--poor", "2", "--episodes", episodes, "--own-tracks", "1"]
        monkeypatch.setattr("sys.argv", arguments)
        car_parity.main()
    assert asked == [[("poor 0", 10000), ("poor 1", 10000)], [("poor 0", 10001), ("poor 1", 10001)]]
    result = json.loads((tmp_path / "parity.json").read_text())
    assert result["policies"] == 2
    assert [pair["own_tracks_error"] for pair in result["pairs"]] == [None, None]


def test_the_quick_environment_shows_the_same_pictures() -> None:
    """To the byte, while the camera comes down and after, on the road and beside it."""
    theirs, ours = gymnasium.make("CarRacing-v3"), quick_car_racing.make()
    np.testing.assert_array_equal(theirs.reset(seed=4)[0], ours.reset(seed=4)[0])
    for step in range(90):
        action = np.array([0.4 * (step > 60), 0.6, 0.0], dtype=np.float32)
        (picture, reward, *_), (our_picture, our_reward, *_) = theirs.step(action), ours.step(action)
        np.testing.assert_array_equal(picture, our_picture)
        assert reward == our_reward
