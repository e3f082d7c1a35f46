"""Scenes of tasks, and the recordings that move them."""

import numpy as np
import pytest

import wann
from conftest import random_network
from stand_in_car import COLUMNS, ROWS, StandInCar
from wann.show.panels import Panels, connection_weights, node_values
from wann.show.scene_picture import COLOURS, MAP_SHARE, PAPER, ScenePainter
from wann.tasks.protocol import encoder_of, recordings_of, run_lanes, scene_of, simulation_of
from wann.tasks.recording import Recording
from wann.tasks.scene import Disc, Label, Line, Polygon, Scene, View, circle, points, rounded_box

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
    car = StandInCar()
    assert encoder_of(car) is car.encoder
    assert encoder_of(data) is encoder_of(wann.make_task("bipedal-walker")) is None


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


def still(*bodies):
    """A recording of one frame in which bodies are at (x, y, angle)."""
    placed = np.array([bodies], dtype=np.float32)
    nothing = np.zeros((1, 1), dtype=np.float32)
    return Recording(dt=0.1, bodies=placed, observations=nothing, actions=nothing, rewards=np.zeros(1), ended=False)


def test_the_view_turns_with_a_body():
    view = View(size=(4, 2), center=(0, 0.5), follows=0, turns=True)
    quarter = np.array([[10, 4, np.pi / 2]])
    np.testing.assert_allclose(view.center_at(quarter), (9.5, 4), atol=1e-12)
    assert view.angle_at(quarter) == pytest.approx(np.pi / 2)
    assert View(size=(4, 2), center=(0, 0), follows=0).angle_at(quarter) == 0
    # A body that points to the left stands upright in the picture, and what is on its right is to its left in the world.
    scene = Scene(
        shapes=(
            Polygon(role="body", body=0, points=points((-0.3, 0), (0.3, 0), (0, 0.9))),
            Polygon(role="obstacle", points=rounded_box(0.4, 0.4, center=(10, 5.5))),
        ),
        view=view,
        description="A box beside an arrow",
    )
    picture = ScenePainter(scene, still(*quarter)).picture(0)
    rows, columns = np.nonzero((picture == COLOURS["body"]).all(axis=2))
    assert 70 <= np.ptp(columns) + 1 <= 98
    assert (np.ptp(rows) + 1, round(columns.mean())) == (pytest.approx(144, abs=3), pytest.approx(320, abs=2))
    assert np.median(rows) > rows.mean()  # its base is below
    _, columns = np.nonzero((picture == COLOURS["obstacle"]).all(axis=2))
    assert columns.mean() == pytest.approx(320 + 160 * 1.5, abs=2)


def test_only_what_is_near_is_drawn(monkeypatch):
    shapes = tuple(
        shape
        for x in range(0, 1000, 10)
        for shape in (
            Polygon(role="road", points=rounded_box(1, 1, center=(x, 0))),
            Line(role="road mark", points=points((x, 0), (x, 1)), width=0.2),
        )
    )
    scene = Scene(shapes=shapes, view=View(size=(40, 20), center=(0, 0), follows=0, turns=True), description="Boxes")
    drawn = []
    monkeypatch.setattr(ScenePainter, "_draw", lambda _self, _canvas, shape, _frame: drawn.append(shape))
    ScenePainter(scene, still((500, 0, 0.3))).picture(0)
    assert {shape.points[:, 0].mean() for shape in drawn} == {480, 490, 500, 510, 520}


def test_a_label_stays_upright_where_the_view_turns():
    label = Label(role="guide", text="II", point=(0, 0), height=0.5)
    turned = View(size=(4, 2), center=(0, 0), follows=0, turns=True)
    scenes = [
        Scene(shapes=(label,), view=view, description="A label") for view in (turned, View(size=(4, 2), center=(0, 0)))
    ]
    pictures = [ScenePainter(scene, still((0, 0, 1.2))).picture(0) for scene in scenes]
    np.testing.assert_array_equal(*pictures)


def test_the_first_look_is_from_high_above():
    sight = StandInCar().scene(3).sight
    assert sight.zoom_at(0) == pytest.approx(0.912 / 16.2)
    assert 0.4 < sight.zoom_at(0.5) < 0.6
    assert sight.zoom_at(2) == 1


@pytest.fixture(scope="module")
def driven():
    """A car that rolls straight on, and its network."""
    task = StandInCar()
    network = wann.networks.fully_connected(task.inputs, task.outputs, [4])
    (recording,) = task.record(network, [0.0], 3, 60)
    return task, network, recording


def test_a_car_starts_on_its_road_before_the_line(driven):
    task, _, recording = driven
    scene = task.scene(3)
    picture = ScenePainter(scene, recording).picture(0)
    seen = {tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0).tolist()}
    assert {COLOURS[role] for role in ("grass", "long grass", "road", "road mark", "hull", "wheel")} <= seen
    x, y = 320, round(6 / 7 * picture.shape[0])
    car = picture[y - 30 : y + 30, x - 20 : x + 20].reshape(-1, 3)
    assert (car == COLOURS["hull"]).all(axis=1).sum() > 200
    assert not (car == COLOURS["grass"]).all(axis=1).any()
    line = picture[y - 80 : y - 45, x - 60 : x + 60]
    assert (line == COLOURS["road mark"]).all(axis=2).any(axis=0).mean() > 0.9
    assert len(scene.shapes) < 700


def test_borders_lie_beside_the_road(driven):
    task, _, _ = driven
    scenes = [task.scene(seed) for seed in range(4)]
    for scene in scenes:
        stripes = [shape for shape in scene.shapes if shape.role.startswith("border")]
        roads = np.concatenate([shape.points for shape in scene.shapes if shape.role == "road"])
        for stripe in stripes:
            apart = np.hypot(*(stripe.points[:, None] - roads).transpose(2, 0, 1)).min(axis=1)
            np.testing.assert_allclose(apart[:2], 0, atol=1e-9)
            assert (apart[2:] > 0.9).all()
    assert any(shape.role == "border stripe" for scene in scenes for shape in scene.shapes)


def test_a_map_in_the_corner_shows_the_whole(driven):
    task, _, recording = driven
    scene = task.scene(3)
    with_map, without = (ScenePainter(s, recording).picture(0) for s in (scene, Scene(**{**vars(scene), "overview": None})))
    rows, columns = np.nonzero((with_map != without).any(axis=2))
    assert columns.min() > 640 * (1 - MAP_SHARE) - 20
    assert rows.max() < with_map.shape[0] / 2


def test_recordings_keep_what_an_encoder_was_given(driven):
    _, _, recording = driven
    assert (recording.views.shape, recording.views.dtype) == ((61, ROWS, COLUMNS), np.uint8)
    np.testing.assert_array_equal(recording.every(20).views, recording.views[[0, 20, 40, 60]])
    (without,) = Spring().record(wann.networks.fully_connected(["x", "v"], ["force"], []), [0.0], 0, 3)
    assert without.views is None
    assert without.every(2).views is None


def test_the_panels_show_what_is_seen_and_kept(driven):
    task, network, recording = driven
    sight = task.scene(3).sight
    panels = Panels(sight, recording, network, 0.0, task.encoder)
    row = panels.row(60)
    assert row.shape[1:] == (640, 3)
    assert row.shape[0] % 2 == 0
    np.testing.assert_array_equal(row[12, 4], np.full(3, recording.views[60, 0, 0]))
    kept = 255 * task.encoder.decode(recording.observations[60])[0, 0, 0]
    assert row[12, 204] == pytest.approx(np.full(3, kept), abs=1)
    assert Panels(sight, recording, network, 0.0, None).row(0).shape == row.shape


@pytest.mark.parametrize("weight", [-0.8, None])
def test_the_panel_of_a_network_shows_its_own_values(weight, rng):
    network = random_network(rng, n_hidden=12)
    network = network.with_tuning(weights=rng.normal(size=network.n_connections))
    seen = rng.normal(size=(20, network.n_inputs)).astype(np.float32)
    values = node_values(network, connection_weights(network, weight), seen)
    expected = network(seen, **({} if weight is None else {"weight": weight}))
    np.testing.assert_allclose(values[:, -network.n_outputs :], expected, atol=1e-4)


def test_a_network_without_weights_of_its_own_has_its_shared_weight(driven):
    network = driven[1].with_tuning(shared_weight=0.7)
    np.testing.assert_allclose(connection_weights(network, None), 0.7)
