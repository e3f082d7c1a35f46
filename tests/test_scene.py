"""Scenes of tasks, and the recordings that move them."""

import numpy as np
import pytest

import wann
from conftest import random_network
from wann.show.scene_picture import COLOURS, PAPER, ScenePainter
from wann.tasks.protocol import recordings_of, run_lanes, scene_of, simulation_of
from wann.tasks.scene import Disc, Polygon, Scene, View, circle, rounded_box

NATIVE = ["cartpole-swingup", "bipedal-walker", "bipedal-walker-hardcore"]


class Spring(wann.tasks.VectorTask):
    """A weight on a spring, with a scene."""

    name, inputs, outputs, max_steps = "spring", ("x", "v"), ("force",), 60

    def reset(self, seeds):
        state = np.stack([1 + 0.1 * (seeds % 7), np.zeros(len(seeds))], axis=1)
        return state, state

    def step(self, state, actions):
        velocity = state[:, 1] + 0.05 * (actions[:, 0] - state[:, 0])
        state = np.stack([state[:, 0] + 0.05 * velocity, velocity], axis=1)
        return state, state, -np.abs(state[:, 0]), state[:, 0] < 0.2

    def bodies(self, state):
        return np.stack([state[:, 0], 0 * state[:, 0], 0 * state[:, 0]], axis=1)[:, None]

    def scene(self, seed):
        ball = Disc(role="body", body=0, center=(0, 0), radius=0.2)
        return Scene(shapes=(ball,), view=View(size=(4, 2), center=(0, 0)), description="A weight on a spring")


def make(name):
    return Spring() if name == "spring" else wann.make_task(name)


@pytest.mark.parametrize("name", [*NATIVE, "spring"])
def test_a_recording_is_the_episode_of_its_seed(name, rng):
    task = make(name)
    network = random_network(rng, n_inputs=len(task.inputs), n_outputs=len(task.outputs))
    network = network.with_tuning(weights=rng.normal(size=network.n_connections))
    recordings = recordings_of(task).record(network, [-1.0, 0.5, None], 11)
    shared = run_lanes(task, [network], [-1.0, 0.5], [11, 11])
    tuned = run_lanes(task, [network], network.weights[None], [11])
    rewards = [*shared.rewards[0], tuned.rewards[0, 0]]
    steps = [*shared.steps[0], tuned.steps[0, 0]]
    n_bodies = max(shape.body for shape in scene_of(task).scene(11).shapes if shape.body is not None) + 1
    for recording, reward, n in zip(recordings, rewards, steps, strict=True):
        assert recording.rewards[-1] == pytest.approx(reward, rel=1e-5, abs=1e-3)
        assert recording.bodies.shape == (n + 1, n_bodies, 3)
        assert recording.observations.shape == (n + 1, len(task.inputs))
        assert recording.actions.shape == (n + 1, len(task.outputs))
        assert recording.ended
        assert not recording.actions[0].any()
        np.testing.assert_array_equal(recording.rewards[0], 0)
    np.testing.assert_array_equal(recordings[1].actions[1], network(recordings[1].observations[0], weight=0.5))


@pytest.mark.parametrize("name", [*NATIVE, "spring"])
def test_a_recording_can_be_cut_short_and_thinned(name):
    task = make(name)
    network = wann.networks.fully_connected(task.inputs, task.outputs, [3])
    (whole,) = recordings_of(task).record(network, [0.3], 2, 10)
    assert (len(whole.rewards), whole.ended) == (11, False)
    some = whole.every(4)
    assert some.dt == pytest.approx(4 * whole.dt)
    np.testing.assert_array_equal(some.rewards, whole.rewards[[0, 4, 8, 10]])
    np.testing.assert_array_equal(some.bodies, whole.bodies[[0, 4, 8, 10]])
    assert not some.ended


def test_a_network_without_a_tuned_weight_is_refused():
    task = wann.make_task("cartpole-swingup")
    network = wann.networks.fully_connected(task.inputs, task.outputs, [3])
    with pytest.raises(wann.WannError, match="no tuned weight"):
        task.record(network, [None], 0)
    with pytest.raises(wann.WannError, match="needs 5"):
        task.record(wann.networks.fully_connected(["a"], ["b"], []), [1.0], 0)


def test_bodies_of_another_shape_are_refused():
    class Flat(Spring):
        def bodies(self, state):
            return state

    task = Flat()
    with pytest.raises(wann.WannError, match=r"spring gave bodies of shape \(1, 2\); expected \(1, n_bodies, 3\)"):
        task.record(wann.networks.fully_connected(task.inputs, task.outputs, []), [1.0], 0)


def test_what_tasks_can_show_is_asked_for():
    assert simulation_of(wann.make_task("cartpole-swingup")).simulation == "cartpole-swingup"
    assert simulation_of(wann.make_task("bipedal-walker")) is None
    data = wann.tasks.Classification([[0.0], [1.0]], [0, 1])
    assert scene_of(data) is recordings_of(data) is None


def test_a_walker_stands_on_its_ground():
    for name in NATIVE[1:]:
        task = wann.make_task(name)
        scene = task.scene(5)
        (ground,) = [shape for shape in scene.shapes if shape.role == "ground"]
        network = wann.networks.fully_connected(task.inputs, task.outputs, [])
        (recording,) = task.record(network, [0.0], 5, 1)
        x, y, _ = recording.bodies[0, 0]
        surface = ground.points[:-2]
        # Hip, thigh, and shank: the feet are 9/30 + 2 * 34/30 m below the hull's middle, or a little less.
        assert 1.8 < y - np.interp(x, *surface.T) < 2.6
        assert any(shape.role == "obstacle" for shape in scene.shapes) == name.endswith("hardcore")


@pytest.mark.parametrize("name", NATIVE)
def test_pictures_show_every_role(name):
    task = wann.make_task(name)
    network = wann.networks.fully_connected(task.inputs, task.outputs, [3])
    scene = task.scene(3)
    (recording,) = task.record(network, [0.4], 3, 90)
    painter = ScenePainter(scene, recording)
    picture = painter.picture(90 if len(recording.rewards) > 90 else len(recording.rewards) - 1)
    assert picture.shape[1:] == (640, 3)
    assert picture.shape[0] % 2 == 0
    seen = {tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0).tolist()}
    assert PAPER in seen
    assert {COLOURS["body"], COLOURS["limb"]} <= seen
    assert not np.array_equal(painter.picture(0), picture)


def test_the_view_goes_along_with_a_body():
    scene = Scene(
        shapes=(Polygon(role="body", body=0, points=rounded_box(1, 1)),),
        view=View(size=(4, 2), center=(1, 0.5), follows=0, share=(1, 0.5)),
        description="A box",
    )
    assert scene.view.center_at(np.array([[10, 4, 0]])) == (11, 2.5)
    task = Spring()
    (recording,) = task.record(wann.networks.fully_connected(task.inputs, task.outputs, []), [0.0], 0, 3)
    pictures = [ScenePainter(scene, recording).picture(i) for i in (0, 3)]
    np.testing.assert_array_equal(*pictures)  # it moves, and what is seen moves with it


def test_shapes_to_build_from():
    np.testing.assert_allclose(rounded_box(4, 2), [[2, 1], [-2, 1], [-2, -1], [2, -1]])
    box = rounded_box(4, 2, 0.5, (10, 0))
    assert (box.min(axis=0).tolist(), box.max(axis=0).tolist()) == ([8, -1], [12, 1])
    ring = circle((1, 2), 3)
    np.testing.assert_allclose(np.hypot(*(ring - [1, 2]).T), 3)
    np.testing.assert_allclose(ring[0], ring[-1])
