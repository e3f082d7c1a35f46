"""The task car-racing: what networks see and do, its options, and bad input."""

from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import Cli, random_network
from stand_in_car import some_encoder
from wann import WannError
from wann.networks import fully_connected
from wann.networks.network import Network
from wann.tasks.native.car import CarRacing
from wann.tasks.protocol import run_lanes
from wann.vision.speed_bar import shown_speed


def driver(task: CarRacing, hidden: int = 4) -> Network:
    """Some network with a few hidden nodes."""
    rng = np.random.default_rng(hidden)
    network = fully_connected(task.inputs, task.outputs, (hidden,), output_activation=task.output_activation)
    return network.with_tuning(weights=rng.normal(0, 0.3, network.n_connections).astype(np.float32))


@pytest.mark.parametrize("past", ["none", "frame", "speed"])
@pytest.mark.parametrize("throttle", ["half", "none"])
def test_rollouts_are_what_stepping_by_hand_gives(past: str, throttle: str) -> None:
    task = CarRacing(past=past, throttle=throttle)
    network = driver(task)
    seeds = np.array([3, 4, 3], dtype=np.uint64)
    weights = np.array([0.5, -1.0, 1.5], dtype=np.float32)
    rollouts = run_lanes(task, [network], weights, seeds)
    cars, total = task.episodes(seeds), np.zeros(3)
    running = np.ones(3, dtype=bool)
    for _ in range(task.max_steps):
        rewards, ended = cars.step(network(cars.observations(), weight=weights))
        total += np.where(running, rewards, 0)
        running &= ~ended
    np.testing.assert_allclose(rollouts.rewards[0], total, atol=0.01)


def test_a_rollout_does_not_depend_on_threads_or_company() -> None:
    """More tracks than are kept at once, so that lanes run in parts."""
    task = CarRacing()
    networks = [driver(task, n) for n in (3, 4)]
    seeds = np.arange(70, dtype=np.uint64)
    weights = np.linspace(-2, 2, 70).astype(np.float32)
    whole = run_lanes(task, networks, weights, seeds, threads=2)
    some = [0, 33, 69]
    alone = run_lanes(task, networks[1:], weights[some], seeds[some], threads=1)
    np.testing.assert_array_equal(alone.rewards[0], whole.rewards[1, some])
    np.testing.assert_array_equal(alone.steps[0], whole.steps[1, some])
    assert whole.computed_steps == whole.steps.sum()


def test_the_past_is_the_frame_before() -> None:
    task = CarRacing(past="frame")
    cars = task.episodes(np.array([1], dtype=np.uint64))
    first = cars.observations()
    np.testing.assert_array_equal(first[:, :16], first[:, 16:])
    cars.step(np.array([[0.2, 1.0, 0.0]], dtype=np.float32))
    second = cars.observations()
    np.testing.assert_array_equal(second[:, 16:], first[:, :16])
    assert (second[:, :16] != first[:, :16]).any()


def test_the_speed_is_what_the_picture_shows() -> None:
    task = CarRacing(past="speed")
    assert task.inputs[16:] == ("speed",)
    cars = task.episodes(np.arange(4, dtype=np.uint64))
    gas = np.array([[0, 1.0, 0], [0.1, 0.5, 0], [-0.1, 0.2, 0], [0, 0, 0]], dtype=np.float32)
    speeds = []
    for _ in range(200):
        seen = cars.observations()
        speed = np.hypot(*cars._races.velocities()[:, 0, :2].T)
        assert np.abs(seen[:, 16] - speed / 50).max() < 0.051
        np.testing.assert_array_equal(shown_speed(cars._races.pictures()), seen[:, 16])
        speeds.append(seen[:, 16])
        cars.step(gas)
    assert len(np.unique(speeds)) > 20


def test_a_network_that_gives_no_number_is_told_of() -> None:
    """Two nodes whose contributions to the steering are infinite, one up and one down."""
    task = CarRacing()
    network = Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=["linear", "linear", "inverse"],
        output_activations="linear",
        connections=[(0, 17), (17, 18), (17, 19), (18, 20), (19, 20)],
    )
    with pytest.raises(wann.errors.InvalidRewardError, match="car-racing gave the reward nan"):
        run_lanes(task, [network], np.array([3e38], dtype=np.float32), np.array([1], dtype=np.uint64))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"throttle": "full"}, "car-racing: throttle is 'full'; it must be 'half' or 'none'"),
        ({"past": 3}, "car-racing: past is 3; it must be 'none' or 'frame' or 'speed'"),
        ({"encoder": 3}, "car-racing: encoder is 3; it must be a wann.vision.Encoder"),
        ({"encoder": "nothing"}, "car-racing: encoder: there is no encoder 'nothing'"),
        ({"colour": 1}, "car-racing has no option 'colour'"),
    ],
)
def test_bad_options(options: dict, message: str) -> None:
    with pytest.raises(WannError) as caught:
        wann.make_task("car-racing", **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_encoder_of_other_pictures_or_a_file_that_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(WannError, match="the encoder stand-in sees 28 x 32 x 3 values; it must see the green channel"):
        CarRacing(encoder=_of_colours())
    file = tmp_path / "encoder.npz"
    some_encoder().save(file)
    assert len(CarRacing(encoder=file).inputs) == some_encoder().n_latents
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WannError, match=r"car-racing: encoder: .*encoder\.npz") as caught:
        CarRacing(encoder=file)
    assert "\n" not in str(caught.value)


def _of_colours() -> wann.vision.Encoder:
    import dataclasses

    encoder = some_encoder()
    first = encoder.convolutions[0]
    colours = dataclasses.replace(first, weights=np.repeat(first.weights, 3, axis=3))
    return dataclasses.replace(encoder, channels=(0, 1, 2), convolutions=(colours, *encoder.convolutions[1:]))


def test_a_network_with_other_inputs_is_refused(cli: Cli, tmp_path: Path, rng: np.random.Generator) -> None:
    file = tmp_path / "n.json"
    random_network(rng).save(file)
    told = cli("evaluate", file, "--task", "car-racing", status=2).stderr
    assert "the network has 5 inputs, but car-racing needs 16" in told


def test_a_search_of_the_default_preset_learns() -> None:
    """A few generations get off the grass."""
    task = CarRacing()
    search = wann.Search(task, wann.preset(task, population=48, confirm_episodes=2), seed=1)
    *_, last = search.run(4)
    assert last.champion_mean_reward > -40
