"""Networks of the core's car racing in Gymnasium's environment, which their task knows to be the same."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("Box2D", reason="Box2D is not installed (pip install 'gymnasium[box2d]')")
pytest.importorskip("pygame", reason="pygame is not installed (pip install 'gymnasium[box2d]')")

import cars
import wann
from conftest import Cli
from wann import _core
from wann.cli.arguments import named_task
from wann.networks import metadata
from wann.tasks.environments.spaces import action_codec
from wann.tasks.for_network import check_trusted, options_for, task_for
from wann.tasks.policies import policy
from wann.tasks.protocol import twins_of

ORIGINAL = "gymnasium:CarRacing-v3"
OPTIONS = [{"throttle": t, "past": p} for t in ("half", "none") for p in ("none", "frame", "speed")]


@pytest.fixture(autouse=True)
def without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def gentle_network(**options: Any) -> wann.Network:
    """Drives off slowly, and steers a little by what it sees."""
    task = wann.make_task("car-racing", **options)
    network = wann.networks.fully_connected(task.inputs, task.outputs, (), output_activation="linear")
    weights = np.random.default_rng(5).normal(0, 0.02, network.n_connections)
    gas_bias = [tuple(c) for c in network.connections.tolist()].index((0, 1 + network.n_inputs + 1))
    weights[gas_bias] = 0.1 if task.throttle == "none" else -0.8
    origin = metadata.Origin(task="car-racing", task_options=options)
    return network.with_tuning(weights=weights, shared_weight=1.0).with_metadata(**origin.entries())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_outputs_mean_the_same(options: dict[str, Any], rng: np.random.Generator) -> None:
    """To the bit."""
    ours = wann.make_task("car-racing", **options)
    outputs = np.concatenate([rng.normal(0, 1.5, (2000, 3)), [[0, 0, 0], [1e30, -1e30, 1e30], [-1, 1, 1]]]).astype(
        np.float32
    )
    with wann.make_task(ORIGINAL, **twins_of(ours)[ORIGINAL]) as theirs:
        assert theirs.inputs == ours.inputs
        assert theirs.output_activation == ours.output_activation
        assert set(theirs.observation_scaling.scale) == {1.0}
        env = theirs.make_env()
        codec = action_codec(env.action_space, env, "test", tuple(twins_of(ours)[ORIGINAL]["pedals"]))
        np.testing.assert_array_equal(codec.decode(outputs), ours.controls(outputs))
        # What the core makes of outputs for the workers.
        reach, middle, low, high = codec.scaling
        np.testing.assert_array_equal(np.clip(outputs * reach + middle, low, high), ours.controls(outputs))
        env.close()


@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[4], OPTIONS[5]], ids=str)
def test_an_episode_in_both(options: dict[str, Any]) -> None:
    """On the same track, a network sees, does and gets nearly the same."""
    seed, network = 7, gentle_network(**options)
    ours = wann.make_task("car-racing", **options)
    episodes = ours.episodes_of(_core.CarRaces.from_uniforms(cars.uniforms(seed)[None]))
    with task_for(network, ORIGINAL) as task:
        act, see, env = policy(network, task), task.sight(network), task.make_env()
        frame, _ = env.reset(seed=seed)
        seen, actions, rewards = [], [], []
        for _ in range(300):
            mine = episodes.observations()
            seen.append((see(frame), mine[0]))
            outputs = network(mine)
            actions.append((act(frame), ours.controls(outputs)[0]))
            frame, reward, *_ = env.step(actions[-1][0])
            rewards.append((reward, float(episodes.step(outputs)[0][0])))
        env.close()
    theirs, mine = np.array(seen).transpose(1, 0, 2)
    # Latents have a standard deviation of about 1. What differs most is a single one in a single frame.
    assert np.sqrt(((theirs - mine) ** 2).mean()) < 0.06
    assert np.abs(theirs - mine).max() < 0.6
    if options["past"] == "frame":
        np.testing.assert_array_equal(theirs[1:, 16:], theirs[:-1, :16])
        np.testing.assert_array_equal(theirs[0, 16:], theirs[0, :16])
    if options["past"] == "speed":
        assert np.abs(theirs[:, 16] - mine[:, 16]).max() < 0.1
        assert theirs[:, 16].max() > 0.5
    theirs, mine = np.array(actions).transpose(1, 0, 2)
    assert np.abs(theirs - mine).max() < 0.02
    sums = np.cumsum(rewards, axis=0)
    assert (np.array(rewards) > 1).sum(axis=0).min() >= 3  # it has driven some way
    # A tile, of which there are about 300, may be touched a step earlier or later.
    assert np.abs(sums[:, 0] - sums[:, 1]).max() < 8
    assert abs(sums[-1, 0] - sums[-1, 1]) < 4


def test_one_command_runs_a_network_in_the_original(cli: Cli, tmp_path: Path) -> None:
    network, file = gentle_network(throttle="half", past="frame"), tmp_path / "car.json"
    network.save(file)
    short = ("--task", ORIGINAL, "--task-option", "max_episode_steps=12")
    scored = json.loads(cli("evaluate", file, *short, "--weights", "1", "--trials", 1, "--threads", 1, "--json").stdout)
    assert scored["task"] == ORIGINAL
    assert "needs 16" in cli("evaluate", file, *short, "--task-option", "past=none", status=2).stderr
    pytest.importorskip("imageio_ffmpeg")
    cli("play", file, "--task", ORIGINAL, "--max-steps", 5, "--out", tmp_path / "car.mp4")
    assert (tmp_path / "car.mp4").stat().st_size > 0


class TestOptions:
    def test_they_are_those_under_which_the_network_acts_as_on_its_own_task(self) -> None:
        for options, pedals in (({"throttle": "half"}, [False, False, True]), ({"past": "frame"}, [False, True, True])):
            network = gentle_network(**options)
            expected = {"pedals": pedals, "past": options.get("past", "none")}
            assert options_for(network, ORIGINAL, {}) == expected
            # What is tuned there and saved says so as well, and may say so.
            task, name, given = named_task(network, ORIGINAL, {})
            assert (name, given) == (ORIGINAL, expected)
            check_trusted(name, given, "a file")
            task.close()

    def test_what_a_person_gives_wins(self) -> None:
        network = gentle_network(past="frame")
        given = options_for(network, ORIGINAL, {"past": "none", "domain_randomize": True})
        assert given == {"pedals": [False, True, True], "past": "none", "domain_randomize": True}
        with pytest.raises(wann.WannError, match="the network has 32 inputs, but gymnasium:CarRacing-v3 needs 16"):
            task_for(network, ORIGINAL, {"past": "none"})

    def test_other_tasks_get_none(self) -> None:
        network = gentle_network()
        assert options_for(network, "car-racing", {}) == {}
        assert options_for(network, "gymnasium:Pendulum-v1", {}) == {}
        assert options_for(network.without_metadata("task"), ORIGINAL, {}) == {}
        for other in ("digits", "none.csv", "no-such-task", "gymnasium:no_such_module:Env-v0", "none.py:Task"):
            assert options_for(network.with_metadata(task=other, task_options=3), ORIGINAL, {"past": "none"}) == {
                "past": "none"
            }

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (
                {"throttle": "full"},
                "the task that the network's file names: car-racing: throttle is 'full'; it must be 'half' or",
            ),
            (
                {"speed": 3},
                "the task that the network's file names: car-racing has no option 'speed'; there are throttle, past",
            ),
            ({"encoder": "else.npz"}, "asks for the task 'car-racing', which reads the encoder's file 'else.npz'"),
            ([1], r"task_options in the network's file"),
        ],
    )
    def test_those_of_a_damaged_file_are_refused_in_a_line(self, options: Any, told: str) -> None:
        network = gentle_network().with_metadata(task_options=options)
        with pytest.raises(wann.WannError) as caught:
            task_for(network, ORIGINAL)
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)
