"""Watching networks: play and ``wann play``."""

import functools

import numpy as np
import pytest
from PIL import Image

import wann
from environments import Drawn, Walk
from stand_in_car import StandInCar
from test_scene import Spring
from wann.show.play import play
from wann.tasks.protocol import run_lanes


def network_for(task, **tuning):
    return wann.networks.fully_connected(task.inputs, task.outputs, [3]).with_tuning(**tuning)


@pytest.fixture
def drawn():
    with wann.tasks.GymnasiumTask(Drawn, observation_scaling=False) as task:
        yield task


class TestGif:
    def test_shows_the_episodes_of_the_task_side_by_side(self, drawn, tmp_path):
        network = network_for(drawn)
        rewards = play(network, drawn, tmp_path / "out.gif", weights=(-1.0, 1.0), seed=5)
        rollouts = run_lanes(drawn, [network], [-1.0, 1.0], [5, 5])
        np.testing.assert_allclose(rewards, rollouts.rewards[0])
        with Image.open(tmp_path / "out.gif") as gif:
            assert gif.size == (82, 58)  # two scenes of 41 x 30 and their captions
            assert gif.n_frames == rollouts.steps.max() + 1
            assert gif.info["duration"] == 50

    def test_stops_after_some_steps(self, drawn, tmp_path):
        play(network_for(drawn), drawn, tmp_path / "out.gif", weights=(0.5,), max_steps=4)
        with Image.open(tmp_path / "out.gif") as gif:
            assert gif.n_frames == 5

    def test_tells_how_far_it_is(self, drawn, tmp_path):
        told = []
        play(
            network_for(drawn), drawn, tmp_path / "out.gif", weights=(0.5,), max_steps=4, report=lambda *at: told.append(at)
        )
        assert told == sorted(told)
        assert set(told) == {("pictures", part) for part in (0.0, 0.25, 0.5, 0.75, 1.0)}

    def test_runs_with_tuned_weights(self, drawn, tmp_path):
        network = network_for(drawn, shared_weight=-0.7)
        assert play(network, drawn, tmp_path / "a.gif", max_steps=9) == play(
            network, drawn, tmp_path / "b.gif", weights=(-0.7,), max_steps=9
        )

    @pytest.mark.parametrize("name", ["cartpole-swingup", "bipedal-walker"])
    def test_shows_tasks_of_the_core(self, name, tmp_path):
        task = wann.make_task(name)
        network = network_for(task)
        (reward,) = play(network, task, tmp_path / "out.gif", weights=(0.3,), seed=2)
        rollouts = run_lanes(task, [network], [0.3], [2])
        assert reward == pytest.approx(rollouts.rewards[0, 0], rel=1e-5, abs=1e-3)
        with Image.open(tmp_path / "out.gif") as gif:
            assert gif.n_frames == 1 + rollouts.steps[0, 0] // (1 / task.dt / 25)
            assert gif.size[0] == 640

    def test_shows_what_an_encoder_sees_below_the_scene(self, tmp_path):
        task = StandInCar(max_steps=6)
        play(network_for(task), task, tmp_path / "out.gif", weights=(0.3,), fps=25)
        with Image.open(tmp_path / "out.gif") as gif:
            assert gif.n_frames == 7
            assert gif.size == (640, 28 + 448 + 166)

    def test_shows_a_task_of_ones_own_that_has_a_scene(self, tmp_path):
        task = Spring()
        (reward,) = play(network_for(task), task, tmp_path / "out.gif", weights=(0.5,), seed=3)
        assert reward == pytest.approx(run_lanes(task, [network_for(task)], [0.5], [3]).rewards[0, 0])
        assert (tmp_path / "out.gif").stat().st_size > 0


def test_video(drawn, tmp_path):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    play(network_for(drawn), drawn, tmp_path / "out.mp4", weights=(0.5,), max_steps=10)
    frames = imageio_ffmpeg.read_frames(str(tmp_path / "out.mp4"))
    assert next(frames)["size"] == (40, 58)  # even, as codecs want it
    assert len(list(frames)) == 11 + 20  # the last picture stays for a second
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


class TestErrors:
    def test_other_files_are_refused(self, drawn):
        with pytest.raises(wann.WannError, match=r"'out.avi'; allowed are a file ending in .mp4 or .gif"):
            play(network_for(drawn), drawn, "out.avi", weights=(1.0,))

    @pytest.mark.parametrize("make", [Walk, functools.partial(Drawn, picture=False)])
    def test_an_environment_without_pictures(self, make, tmp_path):
        with wann.tasks.GymnasiumTask(make) as task:
            with pytest.raises(wann.WannError) as caught:
                play(network_for(task), task, tmp_path / "out.gif", weights=(1.0,))
            assert "makes no pictures" in str(caught.value)

    def test_a_task_without_pictures(self, tmp_path):
        class Plain(wann.tasks.VectorTask):
            name, inputs, outputs = "plain", ("a",), ("b",)

            def reset(self, seeds):
                raise AssertionError

            def step(self, state, actions):
                raise AssertionError

        with pytest.raises(wann.WannError, match="plain cannot be watched"):
            play(network_for(Plain()), Plain(), tmp_path / "out.gif", weights=(1.0,))

    def test_a_network_that_does_not_fit(self, drawn, tmp_path):
        network = wann.networks.fully_connected(["a"], ["b"], [])
        with pytest.raises(wann.WannError, match="the network has 1 input, but"):
            play(network, drawn, tmp_path / "out.gif", weights=(1.0,))


class TestCommand:
    def test_writes_a_file(self, cli, tmp_path):
        task = wann.make_task("bipedal-walker")
        network_for(task).with_metadata(task=task.name).save(tmp_path / "network.json")
        arguments = [
            "play",
            str(tmp_path / "network.json"),
            "--weights=-1,1",
            "--out",
            str(tmp_path / "x.gif"),
            "--max-steps=4",
        ]
        told = cli(*arguments).stdout
        assert told.startswith("weight -1: reward ")
        assert "\nweight 1: reward " in told
        assert (tmp_path / "x.gif").stat().st_size > 0
