"""Cart-pole swing-up as a Gymnasium environment, held against its twin in the core."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

gym = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from scipy import stats  # noqa: E402

import wann  # noqa: E402
from conftest import random_network  # noqa: E402
from wann import WannError, _core, seeding  # noqa: E402
from wann.seeding import Stream  # noqa: E402
from wann.tasks.for_gymnasium.swingup import CartPoleSwingUpEnv  # noqa: E402
from wann.tasks.protocol import run_lanes  # noqa: E402

NAME = "wann/CartPoleSwingUp-v0"


def starts(n: int) -> np.ndarray:
    return _core.cartpole_swingup_starts(seeding.episode_seeds(3, Stream.BENCHMARK, n))


def test_gymnasiums_own_check() -> None:
    with warnings.catch_warnings():
        # It would rather have bounds for the velocities; there are none.
        warnings.filterwarnings("ignore", message=".*(infinity|-inf|inf).*")
        warnings.filterwarnings("error", category=DeprecationWarning)
        check_env(gym.make(NAME, render_mode="rgb_array").unwrapped)


def test_gymnasium_can_import_it_by_name() -> None:
    make = f"import gymnasium; env = gymnasium.make('wann.tasks.for_gymnasium:{NAME}')"
    code = f"{make}; print(env.spec.max_episode_steps, env.reset()[0].shape)"
    out = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=600)
    assert (out.stdout.strip(), out.stderr) == ("1000 (5,)", "")


def test_importing_wann_does_not_import_gymnasium() -> None:
    code = "import sys, wann; print('gymnasium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_a_missing_gymnasium_names_the_extra() -> None:
    code = "import sys; sys.modules['gymnasium'] = None; import wann.tasks.for_gymnasium"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "MissingExtraError: wann.tasks.for_gymnasium needs the extra 'gym': pip install 'wann[gym]'" in out.stderr


def test_the_twins_do_the_same_on_random_actions() -> None:
    """Same start, same actions: the same observations, rewards and ends, step by step, as far as float32 goes."""
    rng = np.random.default_rng(1)
    env = CartPoleSwingUpEnv()
    ended = 0
    for i, start in enumerate(starts(12)):
        env.reset(options={"state": start})
        for _ in range(300):
            # Every other episode is pushed to one side, off the track.
            action = rng.uniform(-1.3, 1.3, 1).astype(np.float32) + np.float32(0.5 * (i % 2))
            # One step each from the same state, so that chaos does not add up.
            core, core_reward = _core.CartPoleSwingUp().step(env.state[None].astype(np.float32), action)
            observation, reward, terminated, truncated, _ = env.step(action)
            x, velocity, angle, spin = core[0].astype(float)
            np.testing.assert_allclose(observation, [x, velocity, np.cos(angle), np.sin(angle), spin], atol=2e-5)
            assert reward == pytest.approx(core_reward[0], abs=1e-5)
            assert not truncated
            assert terminated == (abs(env.state[0]) > 2.4)
            if terminated:
                ended += 1
                break
    assert ended > 3


def test_the_twins_do_the_same_over_many_steps() -> None:
    env = CartPoleSwingUpEnv()
    rng = np.random.default_rng(2)
    for start in starts(20):
        core = start[None]
        env.reset(options={"state": start})
        for _ in range(100):
            action = rng.uniform(-1, 1, 1).astype(np.float32)
            core, core_reward = _core.CartPoleSwingUp().step(core, action)
            _, reward, _, _, _ = env.step(action)
            np.testing.assert_allclose(env.state, core[0], atol=2e-4)
            assert reward == pytest.approx(core_reward[0], abs=2e-4)


def episode(env, network: wann.Network, weight: float, start: np.ndarray) -> tuple[float, int]:
    observation, _ = env.reset(options={"state": start})
    total, steps, over = 0.0, 0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(network(observation, weight=weight))
        total, steps, over = total + reward, steps + 1, terminated or truncated
    return total, steps


def test_whole_episodes_of_a_network_that_leaves_the_track(swingup: wann.tasks.Task) -> None:
    """Too short for chaos: length and reward must agree, the last step's reward included."""
    network = wann.Network(
        inputs=swingup.inputs, outputs=["force"], hidden=[], output_activations="tanh", connections=[(0, 6), (1, 6)]
    )
    seeds = seeding.episode_seeds(3, Stream.BENCHMARK, 10)
    rollouts = run_lanes(swingup, [network], np.full(10, 1.5), seeds)
    assert rollouts.steps.max() < 300
    env = gym.make(NAME)
    for i, start in enumerate(starts(10)):
        reward, steps = episode(env, network, 1.5, start)
        assert steps == rollouts.steps[0, i]
        assert reward == pytest.approx(rollouts.rewards[0, i], abs=5e-3)


def test_the_time_limit_cuts_an_episode_off_after_1000_steps(swingup: wann.tasks.Task) -> None:
    network = wann.Network(inputs=swingup.inputs, outputs=["force"], hidden=[], output_activations="tanh", connections=[])
    seeds = seeding.episode_seeds(3, Stream.BENCHMARK, 1)
    rollouts = run_lanes(swingup, [network], [1.0], seeds)
    reward, steps = episode(gym.make(NAME), network, 1.0, starts(1)[0])
    assert steps == rollouts.steps[0, 0] == 1000
    assert reward == pytest.approx(rollouts.rewards[0, 0], abs=0.05)


def test_random_starts_have_the_tasks_distribution() -> None:
    env = CartPoleSwingUpEnv()
    env.reset(seed=0)
    states = []
    for _ in range(3000):
        env.reset()
        states.append(env.state)
    for column in ((np.array(states) - [0, 0, np.pi, 0]) / 0.2).T:
        assert stats.kstest(column, "norm").pvalue > 1e-3


def test_the_same_seed_gives_the_same_episode(rng: np.random.Generator) -> None:
    network = random_network(rng)
    runs = []
    for _ in range(2):
        env = CartPoleSwingUpEnv()
        observation, _ = env.reset(seed=5)
        runs.append([observation := env.step(network(observation, weight=1.0))[0] for _ in range(50)])
    np.testing.assert_array_equal(runs[0], runs[1])


def test_the_state_is_a_copy() -> None:
    env = CartPoleSwingUpEnv()
    env.reset(seed=0)
    env.state[:] = 0
    assert env.state[2] != 0
    assert env.state.dtype == np.float64


def test_pictures() -> None:
    env = gym.make(NAME, render_mode="rgb_array")
    env.reset(seed=0, options={"state": [0, 0, np.pi, 0]})
    hanging = env.render()
    assert (hanging.shape, hanging.dtype) == ((256, 640, 3), np.uint8)
    env.reset(options={"state": [0, 0, 0, 0]})
    upright = env.render()
    orange = (np.abs(upright.astype(int) - [214, 112, 61]).sum(axis=2) < 20).nonzero()
    assert orange[0].max() < 140  # above the rail
    assert abs(orange[1].mean() - 320) < 1
    # A mirrored state gives a mirrored picture.
    left, right = (env.reset(options={"state": [s * 0.5, 0, s * 1.0, 0]}) and env.render() for s in (-1, 1))
    np.testing.assert_allclose(left[:, ::-1].astype(int), right, atol=1)
    # Off the track and far out, the drawing is cut at the edge.
    env.reset(options={"state": [50.0, 0, 1, 0]})
    assert env.render().shape == (256, 640, 3)


def test_without_a_render_mode_there_is_no_picture() -> None:
    env = CartPoleSwingUpEnv()
    env.reset(seed=0)
    assert env.render() is None
    with pytest.raises(WannError, match="render_mode is 'human'"):
        CartPoleSwingUpEnv(render_mode="human")


@pytest.mark.parametrize("action", [[np.nan], [np.inf], [1, 2], [], "left"])
def test_bad_actions(action) -> None:
    env = CartPoleSwingUpEnv()
    env.reset(seed=0)
    with pytest.raises(WannError, match="expected one finite number"):
        env.step(action)


@pytest.mark.parametrize("state", [[0, 0, 0], [0, 0, np.nan, 0], "up", [[0, 0, 0, 0]]])
def test_bad_starts(state) -> None:
    with pytest.raises(WannError, match="expected four finite numbers"):
        CartPoleSwingUpEnv().reset(options={"state": state})
