"""Environments that show pictures, with an encoder between them and the networks."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium")

from gymnasium import spaces

import wann
from environments import Still
from test_gymnasium import episode, networks_for
from test_vision import random_encoder
from wann import vision
from wann.networks.activations import Activation
from wann.tasks.environments.spaces import action_codec
from wann.tasks.for_network import check_trusted, task_arguments
from wann.tasks.policies import policy
from wann.tasks.protocol import run_lanes
from wann.vision import Encoder

PICTURE = spaces.Box(0, 255, (26, 20, 3), np.uint8)
SWITCH = spaces.Discrete(2)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return random_encoder(np.random.default_rng(1))


def still(space: spaces.Space) -> functools.partial:
    return functools.partial(Still, space, SWITCH)


def test_a_network_sees_latents(encoder: Encoder, tmp_path: Path) -> None:
    encoder.save(tmp_path / "some.npz")
    for given in (encoder, tmp_path / "some.npz", str(tmp_path / "some.npz")):
        with wann.tasks.GymnasiumTask(still(PICTURE), encoder=given) as task:
            assert task.inputs == tuple(f"latent_{i}" for i in range(7))
            network = networks_for(task)[0]
            env = task.make_env()
            frame, _ = env.reset(seed=1)
            assert frame.shape == (26, 20, 3)
            assert np.array_equal(task.sight(network)(frame), encoder.encode(frame))
            # Both in the worker processes and by hand.
            rewards = run_lanes(task, [network], [1.0, 2.0], [1, 2]).rewards
            assert rewards[0, 0] == episode(env, policy(network, task, 1.0), 1)[0]


def test_a_network_sees_the_picture_before(encoder: Encoder) -> None:
    with wann.tasks.GymnasiumTask(still(PICTURE), encoder=encoder, past="frame") as task:
        assert task.inputs == tuple(f"latent_{i}{when}" for when in ("", "_before") for i in range(7))
        network, env = networks_for(task)[0], task.make_env()
        see, before = task.sight(network), None
        frame, _ = env.reset(seed=1)
        for _ in range(4):
            now = encoder.encode(frame)
            assert np.array_equal(see(frame), np.concatenate([now, now if before is None else before]))
            before = now
            frame, *_ = env.step(0)
        # Workers forget between episodes, and so does what is made for each of them.
        rewards = run_lanes(task, networks_for(task), [1.0, 2.0, -1.0], [1, 2, 3]).rewards
        for i, candidate in enumerate(networks_for(task)):
            for lane, (weight, seed) in enumerate(((1.0, 1), (2.0, 2), (-1.0, 3))):
                assert rewards[i, lane] == episode(env, policy(candidate, task, weight), seed)[0]
        assert len(np.unique(rewards)) > 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"encoder": None, "past": "frame"}, "past is 'frame', which is for pictures; name an encoder of them as well"),
        ({"past": "all"}, "past is 'all'; it must be 'none' or 'frame' or 'speed'"),
        ({"past": "speed"}, "past is 'speed', which the pictures of CarRacing show; it must be 'none' or 'frame'"),
        ({"pedals": [True]}, "pedals are for actions in a Box; here they are in the space Discrete"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_a_line(options: dict[str, Any], told: str, encoder: Encoder) -> None:
    space = PICTURE if options.get("encoder", encoder) else spaces.Box(-1, 1, (4,))
    with pytest.raises(wann.WannError) as caught:
        wann.tasks.GymnasiumTask(still(space), **{"encoder": encoder, **options})
    assert told in str(caught.value)


def test_pedals(encoder: Encoder) -> None:
    numbers = spaces.Box(np.array([-1, 0], np.float32), np.array([1, 2], np.float32))
    make = functools.partial(Still, PICTURE, numbers)
    for pedals, activation, expected in (
        (None, Activation.TANH, [[0, 1], [0.5, 1.5]]),
        ([False, False], Activation.LINEAR, [[0, 1], [0.5, 1.5]]),
        ((False, True), Activation.LINEAR, [[0, 0], [0.5, 0.5]]),
    ):
        with wann.tasks.GymnasiumTask(make, encoder=encoder, pedals=pedals) as task:
            assert task.output_activation == activation
            network = networks_for(task)[0]
            assert run_lanes(task, [network], [1.0], [1]).rewards[0, 0] == pytest.approx(
                episode(task.make_env(), policy(network, task, 1.0), 1)[0]
            )
            env = make()
            codec = action_codec(env.action_space, env, "test", None if pedals is None else tuple(pedals))
            assert np.stack(codec.decode(np.array([[0, 0], [0.5, 0.5]], np.float32))).tolist() == expected
    for wrong in ([True], [True, False, True], [0, 1], "ab", 3, {True: False, False: True}):
        with pytest.raises(wann.WannError, match="it must be a list of 2 truth values, one for each number of an action"):
            wann.tasks.GymnasiumTask(make, encoder=encoder, pedals=wrong)  # type: ignore[arg-type]


def test_latents_are_scaled_only_where_that_is_asked_for(encoder: Encoder) -> None:
    with wann.tasks.GymnasiumTask(still(PICTURE), encoder=encoder) as task:
        assert set(task.observation_scaling.scale) == {1.0}
    with wann.tasks.GymnasiumTask(still(PICTURE), encoder=encoder, observation_scaling=True) as task:
        assert len(set(task.observation_scaling.scale)) == 7


@pytest.mark.parametrize(
    ("space", "told"),
    [
        (spaces.Box(0, 255, (64, 64, 3), np.uint8), "images of shape (64, 64, 3) of uint8, but the encoder some takes"),
        (spaces.Box(0, 1, (26, 20, 3), np.float32), "images of shape (26, 20, 3) of float32, but the encoder some takes"),
        (spaces.Box(-1, 1, (4,)), "observations are no images, and the encoder some is for images only"),
        (spaces.Dict(camera=PICTURE), "observations are no images, and the encoder some is for images only"),
    ],
)
def test_other_observations_are_refused_in_a_line(space: spaces.Space, told: str, encoder: Encoder) -> None:
    with pytest.raises(wann.WannError) as caught:
        wann.tasks.GymnasiumTask(still(space), encoder=encoder)
    assert told in str(caught.value)


def test_what_is_no_encoder_is_refused_in_a_line(encoder: Encoder, tmp_path: Path) -> None:
    encoder.save(tmp_path / "whole.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:-50])
    for wrong, told in (
        (tmp_path / "cut.npz", "cut.npz: not an encoder that can be used: cut off or altered"),
        (tmp_path / "none.npz", "none.npz: cannot be read: No such file or directory"),
        ("no-such", "there is no encoder 'no-such', and no such file"),
        (3, "encoder is 3; it must be a wann.vision.Encoder, or the name or the path of one"),
    ):
        with pytest.raises(wann.WannError) as caught:
            wann.tasks.GymnasiumTask(still(PICTURE), encoder=wrong)  # type: ignore[arg-type]
        assert told in str(caught.value)
    with pytest.raises(wann.WannError, match="Name an encoder of them"):
        wann.tasks.GymnasiumTask(still(PICTURE))


class TestCarRacing:
    @pytest.fixture(autouse=True)
    def without_a_screen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("Box2D")
        pytest.importorskip("pygame")
        monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")

    def test_its_pictures_have_an_encoder(self) -> None:
        with wann.make_task("gymnasium:CarRacing-v3") as task:
            assert task.inputs == tuple(f"latent_{i}" for i in range(16))
            assert task.outputs == ("steer", "gas", "brake")
            assert task.output_activation == Activation.LINEAR
            network = networks_for(task)[0]
            env = task.make_env()
            frame, _ = env.reset(seed=3)
            sight = task.sight(network)(frame)
            assert np.array_equal(sight, vision.load("car-racing").encode(frame))
            action = task.policy(network, 1.0)(frame)
            assert env.action_space.contains(action)
            env.close()

    def test_outputs_become_actions_as_the_authors_have_it(self) -> None:
        with wann.make_task("gymnasium:CarRacing-v3", encoder="car-racing") as task:
            env = task.make_env()
            codec = action_codec(env.action_space, env, "test")
            outputs = np.array([[0, 0, 0], [2, 0.5, 0.25], [-2, -3, -1], [-0.5, 3, 3]], dtype=np.float32)
            expected = [[0, 0.5, 0], [1, 0.75, 0.25], [-1, 0, 0], [-0.5, 1, 1]]
            assert np.stack(codec.decode(outputs)).tolist() == expected
            env.close()

    def test_latents_of_the_cores_pictures_are_those_of_gymnasiums(self) -> None:
        from gymnasium.envs.box2d.car_racing import CarRacing

        from cars import good_driver, pairs

        (env,), ours = pairs([7])
        encoder, drive = vision.load("car-racing"), good_driver()
        found = []
        for step in range(120):
            if step % 10 == 9:
                theirs = encoder.encode(CarRacing._render(env, "state_pixels"))
                found.append((theirs, encoder.encode_view(ours.views(encoder.block)[0, ..., None])))
            action = drive(ours.track(0), ours.bodies()[0], step)
            env.step(action)
            ours.step(action[None])
        theirs, mine = np.array(found).transpose(1, 0, 2)
        # Latents have a standard deviation of about 1.
        assert np.abs(mine - theirs).max() < 0.15
        assert np.sqrt(((mine - theirs) ** 2).mean()) < 0.03


@pytest.mark.parametrize("task", ["gymnasium:CarRacing-v3", "cartpole-swingup"])
def test_a_file_may_only_name_encoders_that_ship(task: str) -> None:
    check_trusted(task, {"encoder": "car-racing"}, "a file")
    assert task_arguments(task, {"encoder": "car-racing"}) == ""
    for wrong in ("/somewhere/else.npz", "else.npz", ["car-racing"], 3):
        with pytest.raises(wann.WannError, match="reads the encoder's file"):
            check_trusted(task, {"encoder": wrong}, "a file")
    assert task_arguments("gymnasium:CarRacing-v3", {"past": "frame", "pedals": [False, True, True]}) == ""
    with pytest.raises(wann.WannError, match=r"hands \{'pedals'"):
        check_trusted("envpool:CarRacing-v3", {"pedals": [False, True, True]}, "a file")
    assert task_arguments(task, {"encoder": "else.npz"}) == f"--task {task} --task-option encoder=else.npz"
