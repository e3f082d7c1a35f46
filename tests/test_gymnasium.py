"""Gymnasium environments as tasks."""

import functools
import os
import signal
import subprocess
import sys
import textwrap

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import wann
from conftest import random_network, wait_until
from environments import Misbehaving, Remembering, Still, Walk
from wann import seeding
from wann.cli import main
from wann.networks.activations import Activation
from wann.runs import Run
from wann.seeding import Stream, reset_seed
from wann.tasks.environments.environment_slots import Renewal, same_episodes
from wann.tasks.environments.factory import registered
from wann.tasks.environments.scaling import ObservationScaling
from wann.tasks.environments.spaces import action_codec, observation_codec
from wann.tasks.policies import policy
from wann.tasks.protocol import product_lanes, run_lanes

WEIGHTS = (-2.0, -0.5, 1.0)
#: Of tests of faults; one process is enough for a fault that it lives through, and starting processes takes time.
WORKERS = {"kill": 2, "hang": 2}


def networks_for(task, n=3, seed=0):
    rng = np.random.default_rng(seed)
    return [random_network(rng, len(task.inputs), len(task.outputs), n_hidden=6) for _ in range(n)]


def run_command(arguments):
    """The status that a command ends with."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


def episode(env, act, seed):
    """One episode, stepped as a user of Gymnasium would."""
    observation, _ = env.reset(seed=seed)
    total, steps, ended = 0.0, 0, False
    while not ended:
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total, steps, ended = total + float(reward), steps + 1, terminated or truncated
    return total, steps


@pytest.fixture(scope="module")
def walk():
    with wann.tasks.GymnasiumTask(Walk) as task:
        yield task


@pytest.fixture(scope="module")
def cart_pole():
    with wann.make_task("gymnasium:CartPole-v1") as task:
        yield task


class TestRollout:
    def test_equals_stepping_by_hand(self, walk):
        networks = networks_for(walk)
        weights, seeds = product_lanes(WEIGHTS, [3, 2**40 + 5])
        rollouts = run_lanes(walk, networks, weights, seeds, threads=2)
        env = walk.make_env()
        for i, network in enumerate(networks):
            for lane in range(len(seeds)):
                act = policy(network, walk, float(weights[lane]))
                total, steps = episode(env, act, reset_seed(seeds[lane]))
                assert rollouts.rewards[i, lane] == pytest.approx(total)
                assert rollouts.steps[i, lane] == steps
        assert rollouts.computed_steps == rollouts.steps.sum()

    def test_does_not_depend_on_the_number_of_workers(self, walk):
        networks = networks_for(walk, n=5)
        lanes = product_lanes(WEIGHTS, range(4))
        one, two, three = (run_lanes(walk, networks, *lanes, threads=n) for n in (1, 2, 3))
        np.testing.assert_array_equal(one.rewards, two.rewards)
        np.testing.assert_array_equal(one.rewards, three.rewards)
        np.testing.assert_array_equal(one.steps, three.steps)

    def test_an_environment_that_remembers_episodes_is_made_anew_for_each(self):
        with wann.tasks.GymnasiumTask(Remembering) as task:
            networks = networks_for(task)
            lanes = product_lanes(WEIGHTS, range(3))
            first, second = (run_lanes(task, networks, *lanes, threads=n) for n in (1, 2))
            np.testing.assert_array_equal(first.rewards, second.rewards)
            act = policy(networks[0], task, 1.0)
            assert run_lanes(task, networks[:1], [1.0], [4]).rewards[0, 0] == episode(Remembering(), act, 4)[0]

    @pytest.mark.parametrize(("env_id", "renewal"), [("BipedalWalker-v3", Renewal.WORLD), ("LunarLander-v3", Renewal.NONE)])
    def test_what_box2d_needs_for_episodes_that_stand_alone(self, env_id, renewal):
        pytest.importorskip("Box2D")
        with wann.make_task(f"gymnasium:{env_id}", observation_scaling=False) as task:
            networks = networks_for(task)
            lanes = product_lanes(WEIGHTS, range(3))
            first, second = (run_lanes(task, networks, *lanes, threads=n) for n in (1, 2))
            np.testing.assert_array_equal(first.rewards, second.rewards)
            assert task._renewal is renewal
            # A new environment for each, as a user would have it.
            act = policy(networks[1], task, WEIGHTS[2])
            assert first.rewards[1, 7] == pytest.approx(episode(task.make_env(), act, 1)[0], rel=1e-6)

    def test_runs_individual_weights(self, walk, rng):
        network = networks_for(walk, n=1)[0]
        rows = rng.normal(size=(2, network.n_connections)).astype(np.float32)
        rollouts = run_lanes(walk, [network], rows, [7, 8])
        for lane in range(2):
            act = policy(network.with_tuning(weights=rows[lane]), walk)
            total, _ = episode(walk.make_env(), act, 7 + lane)
            assert rollouts.rewards[0, lane] == pytest.approx(total)

    def test_runs_equal_networks_once(self, walk):
        network = networks_for(walk, n=1)[0]
        one = run_lanes(walk, [network], [1.0], [5])
        three = run_lanes(walk, [network] * 3, [1.0], [5])
        assert three.computed_steps == one.computed_steps
        assert (three.rewards == one.rewards[0, 0]).all()

    def test_uses_a_vector_environment_that_gives_the_same_episodes(self, cart_pole):
        assert same_episodes(registered("CartPole-v1", {}), 4)
        networks = networks_for(cart_pole, n=4)
        lanes = product_lanes(WEIGHTS, range(6))
        rollouts = run_lanes(cart_pole, networks, *lanes, threads=2)
        assert cart_pole._pool.uses_vector
        for i, network in enumerate(networks):
            for lane in range(0, len(lanes[1]), 5):
                act = policy(network, cart_pole, float(lanes[0][lane]))
                assert rollouts.rewards[i, lane] == episode(cart_pole.make_env(), act, int(lanes[1][lane]))[0]

    def test_an_episode_alone_is_its_own(self) -> None:
        """Also where a worker's first request is for one episode, and its vector environment has to be made for that."""
        network = random_network(np.random.default_rng(0), 4, 2)
        with wann.tasks.GymnasiumTask("CartPole-v1") as together, wann.tasks.GymnasiumTask("CartPole-v1") as alone:
            several = run_lanes(together, [network], [1.0, -1.0, 0.5], [1, 2, 3]).rewards
            assert run_lanes(alone, [network], [-1.0], [2]).rewards == several[0, 1]

    def test_searches(self, cart_pole):
        config = wann.SearchConfig(population=16, generations=2, episodes=1, confirm_episodes=2)
        search = wann.Search(cart_pole, config, seed=1, threads=2)
        list(search.run())
        again = wann.Search(cart_pole, config, seed=1, threads=1)
        list(again.run())
        assert search.champion == again.champion


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            ("raise", "step 3: step raised RuntimeError: a wheel came off"),
            ("reset", "reset raised RuntimeError: no way to begin"),
            ("nan reward", "the sum of rewards is nan"),
            ("nan observation", "step 3: an observation is not finite"),
            ("shape", "step 3: an observation has shape (3,), not (2,)"),
            ("kill", "the process was ended by signal 9"),
            ("hang", "it did not answer within 0.4 s"),
        ],
    )
    def test_three_failures_of_an_episode_end_the_run(self, fault, told):
        make = functools.partial(Misbehaving, fault, seed=11)
        with wann.tasks.GymnasiumTask(make, time_limit=0.4, observation_scaling=False) as task:
            networks = networks_for(task)
            lanes = product_lanes(WEIGHTS, [10, 11])
            with pytest.raises(wann.tasks.EpisodeError) as caught:
                run_lanes(task, networks, *lanes, threads=WORKERS.get(fault, 1))
            error = caught.value
            assert told in str(error)
            assert "failed 3 times" in str(error)
            assert (error.seed, error.environment) == (11, "Misbehaving")
            assert error.network in networks
            assert error.weight in WEIGHTS
            assert f"weight {error.weight:g} from reset(seed=11)" in str(error)
            assert "\n" not in str(error)
            if fault == "kill":  # the task is fit for use after that
                assert run_lanes(task, networks, [1.0], [10]).computed_steps > 0

    @pytest.mark.parametrize("fault", ["raise", "reset", "nan reward", "nan observation", "shape", "kill", "hang"])
    def test_an_episode_that_fails_once_is_run_again(self, fault, tmp_path, walk):
        flag = tmp_path / "flag"
        make = functools.partial(Misbehaving, fault, flag=str(flag))
        with wann.tasks.GymnasiumTask(make, time_limit=0.4, observation_scaling=walk.observation_scaling) as task:
            networks = networks_for(task)
            lanes = product_lanes(WEIGHTS, [1, 2])
            run_lanes(task, networks, [1.0], [1])
            flag.touch()
            rollouts = run_lanes(task, networks, *lanes, threads=WORKERS.get(fault, 1))
            assert not flag.exists()
            np.testing.assert_array_equal(rollouts.rewards, run_lanes(walk, networks, *lanes).rewards)

    @pytest.mark.parametrize("when", ["in a generation", "when a champion is confirmed", "when the champion is scored"])
    def test_a_run_that_ends_so_is_saved_and_can_go_on(self, when, tmp_path, capsys):
        stream, group = {
            "in a generation": (Stream.SEARCH_EPISODES, 2),
            "when a champion is confirmed": (Stream.CONFIRMATION_EPISODES, 0),
            "when the champion is scored": (Stream.EVALUATION_EPISODES, 0),
        }[when]
        seed = reset_seed(seeding.episode_seeds(7, stream, 1, group)[0])
        settings = {"fault": "raise", "seed": seed}
        gym.register("test/Failing-v0", entry_point="environments:Misbehaving", kwargs=settings)
        folder = tmp_path / "run"
        try:
            small = ["--population=8", "--generations=4", "--episodes=1", "--confirm-episodes=2"]
            status = run_command(
                ["search", "gymnasium:test/Failing-v0", "--seed=7", f"--out={folder}", "--threads=1", *small]
            )
        finally:
            del gym.registry["test/Failing-v0"]
        told = capsys.readouterr().err.strip().splitlines()[-1]
        assert status == 2
        assert "failed 3 times in the same episode: step 3: step raised RuntimeError: a wheel came off" in told
        assert f"the network is saved as {folder / 'failed-network.json'}; go on with: wann resume {folder}" in told
        self.check_that_it_fails_again(folder, told, seed)
        if when == "in a generation":
            self.check_that_it_goes_on(folder)

    def check_that_it_fails_again(self, folder, told, seed):
        network = wann.Network.load(folder / "failed-network.json")
        weight = float(told.partition("with weight ")[2].partition(" ")[0])
        assert f"weight {weight:g} from reset(seed={seed})" in told
        assert network.metadata["task"] == "gymnasium:test/Failing-v0"
        assert ObservationScaling.from_metadata(network.metadata, 2) is not None
        with wann.tasks.GymnasiumTask(functools.partial(Misbehaving, "raise", seed=seed)) as task:
            act = policy(network, task, weight)
            with pytest.raises(RuntimeError, match="a wheel came off"):
                episode(task.make_env(), act, seed)

    def check_that_it_goes_on(self, folder):
        with Run.resume(folder, task=wann.tasks.GymnasiumTask(Walk)) as run:
            assert run.search.generation == 2
            assert [record.generation for record in run.generations()] == [2, 3]

    def test_an_environment_that_fails_on_random_actions(self):
        with wann.tasks.GymnasiumTask(functools.partial(Misbehaving, "raise")) as task:
            told = r"random actions, reset seed \d+, step 2: it raised RuntimeError"
            with pytest.raises(wann.WannError, match=told):
                run_lanes(task, networks_for(task), [1.0], [1])

    def test_workers_end_with_their_task(self):
        task = wann.tasks.GymnasiumTask(Walk)
        run_lanes(task, networks_for(task), [1.0], [1], threads=2)
        processes = [w.process for w in task._pool._workers]
        assert all(p.poll() is None for p in processes)
        del task
        assert all(p.poll() is not None for p in processes)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_workers_end_with_their_owner(self, number):
        program = """
            import functools, os, wann, numpy as np
            from environments import Misbehaving
            from wann.tasks.protocol import run_lanes
            task = wann.tasks.GymnasiumTask(functools.partial(Misbehaving, "slow"), observation_scaling=False)
            network = wann.networks.fully_connected(task.inputs, task.outputs, [3])
            run_lanes(task, [network], [1.0], [1], threads=2)
            print(*[w.process.pid for w in task._pool._workers], flush=True)
            run_lanes(task, [network], np.ones(10**6), np.arange(10**6), threads=1)
        """
        path = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
        owner = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        with owner:
            pids = [int(pid) for pid in owner.stdout.readline().split()]
            owner.send_signal(number)
        assert pids
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids))


class TestSpaces:
    @pytest.mark.parametrize(
        ("space", "names"),
        [
            (spaces.Box(-1, 1, (2,)), ("observation 1", "observation 2")),
            (spaces.Box(-1, 1, (2, 2)), tuple(f"observation {i}" for i in (1, 2, 3, 4))),
            (spaces.Discrete(2, start=5), ("state = 5", "state = 6")),
            (spaces.MultiBinary(2), ("observation 1", "observation 2")),
            (
                spaces.Dict(goal=spaces.Box(0, 1, (1,)), arm=spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (2,))])),
                ("goal", "arm.1 = 0", "arm.1 = 1", "arm.2 1", "arm.2 2"),
            ),
        ],
    )
    def test_observations_become_inputs(self, space, names):
        task = wann.tasks.GymnasiumTask(functools.partial(Still, space, spaces.Discrete(2)))
        with task:
            assert task.inputs == names
            rewards = run_lanes(task, networks_for(task), [1.0, 2.0], [1, 2]).rewards
            act = policy(networks_for(task)[0], task, 1.0)
            assert rewards[0, 0] == episode(task.make_env(), act, 1)[0]

    @pytest.mark.parametrize(
        ("space", "told"),
        [
            (spaces.Box(0, 255, (96, 96, 3), np.uint8), "images of shape (96, 96, 3)"),
            (spaces.Box(0, 255, (64, 64), np.uint8), "images of shape (64, 64)"),
            (spaces.Dict(camera=spaces.Box(0, 255, (8, 8, 3), np.uint8)), "(in 'camera') are images"),
            (spaces.Sequence(spaces.Discrete(3)), "Sequence have no fixed length"),
            (spaces.Text(4), "Text have no fixed length"),
        ],
    )
    def test_observations_that_do_not_fit_are_refused(self, space, told):
        with pytest.raises(wann.WannError) as caught:
            wann.tasks.GymnasiumTask(functools.partial(Still, space, spaces.Discrete(2)))
        assert told in str(caught.value)

    @pytest.mark.parametrize(
        ("space", "outputs", "actions"),
        [
            (spaces.Discrete(3, start=-1), [[0, 2, 1], [5, 0, 0]], [0, -1]),
            (spaces.Box(np.array([-2, 0]), np.array([2, 10]), dtype=np.float64), [[0.5, -1.0]], [[1.0, 0.0]]),
            (spaces.Box(-2, 2, (1,)), [[3.0], [-1.0]], [[2.0], [-2.0]]),
            (spaces.Box(-np.inf, np.inf, (1,)), [[123.0]], [[123.0]]),
            (spaces.Box(0, np.inf, (1,)), [[-3.0], [0.5]], [[0.0], [0.5]]),
            (spaces.Box(0, 4, (1,), np.int64), [[0.4]], [[3]]),
            (spaces.Box(-1, 1, (1,)), [[np.nan]], [[0.0]]),
            (spaces.MultiDiscrete([2, 3], start=[0, 7]), [[1, 2, 9, 8, 7]], [[1, 7]]),
            (spaces.MultiDiscrete([[2], [2]]), [[1, 2, 2, 1]], [[[1], [0]]]),
            (spaces.MultiBinary(3), [[-1, 0, 0.1]], [[0, 0, 1]]),
        ],
    )
    def test_outputs_become_actions(self, space, outputs, actions):
        codec = action_codec(space, None, "test")
        values = np.array(outputs, dtype=np.float32)
        assert len(codec.names) == values.shape[1]
        decoded = codec.decode(values)
        np.testing.assert_allclose(decoded, actions)
        assert all(space.contains(action) for action in decoded)

    def test_unbounded_actions_have_linear_outputs(self):
        assert action_codec(spaces.Box(-np.inf, np.inf, (1,)), None, "").output_activation is Activation.LINEAR
        assert action_codec(spaces.Box(-1, 1, (1,)), None, "").output_activation is Activation.TANH

    def test_other_actions_are_refused(self):
        with pytest.raises(wann.WannError, match="actions in the space Tuple are not supported"):
            action_codec(spaces.Tuple([spaces.Discrete(2)]), None, "test")

    def test_names_come_from_the_environment(self):
        class Named(Walk):
            observation_names = ("place", "time")
            metadata = {"action_names": ["push"]}  # noqa: RUF012

        env = Named()
        assert observation_codec(env.observation_space, env, "").names == ("place", "time")
        assert action_codec(env.action_space, env, "").names == ("push",)


class TestScaling:
    def test_makes_random_episodes_standard(self, walk):
        scaling = walk.observation_scaling
        env = Walk()
        env.action_space.seed(1)
        seen = []
        for seed in range(100, 200):
            episode(env, lambda x: (seen.append(x), env.action_space.sample())[1], seed)
        scaled = (np.array(seen) - scaling.shift) / scaling.scale
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=0.2)
        np.testing.assert_allclose(scaled.std(axis=0), 1, atol=0.2)

    def test_leaves_discrete_parts(self):
        space = spaces.Tuple([spaces.Discrete(2), spaces.Box(5, 9, (1,))])
        with wann.tasks.GymnasiumTask(functools.partial(Still, space, spaces.Discrete(2))) as task:
            assert task.observation_scaling.shift[:2] == (0, 0)
            assert task.observation_scaling.scale[:2] == (1, 1)
            assert task.observation_scaling.shift[2] == pytest.approx(7, abs=0.5)

    def test_goes_with_the_network(self, walk, tmp_path):
        config = wann.SearchConfig(population=8, generations=1, episodes=1, confirm_episodes=1)
        search = wann.Search(walk, config)
        list(search.run())
        search.champion.save(tmp_path / "champion.json")
        network = wann.Network.load(tmp_path / "champion.json")
        assert walk.scaling_of(network) == walk.observation_scaling
        plain = wann.tasks.GymnasiumTask(Walk, observation_scaling=False)
        with plain:
            lanes = product_lanes(WEIGHTS, [1, 2])
            expected = run_lanes(walk, [network], *lanes).rewards
            np.testing.assert_array_equal(run_lanes(plain, [network], *lanes).rewards, expected)

    def test_a_network_from_elsewhere_sees_observations_as_they_are(self, walk):
        network = networks_for(walk)[0]
        with wann.tasks.GymnasiumTask(Walk, observation_scaling=False) as plain:
            expected = run_lanes(plain, [network], [1.0], [1]).rewards
        assert run_lanes(walk.for_network(network), [network], [1.0], [1]).rewards == expected

    @pytest.mark.parametrize(
        "data", [3, {"shift": [0, 0]}, {"shift": [0], "scale": [1]}, {"shift": [0, 0], "scale": [1, 0]}]
    )
    def test_a_file_without_sense_is_refused(self, data):
        with pytest.raises(wann.WannError, match="expected 2 numbers in 'shift'"):
            ObservationScaling.from_metadata({"observation_scaling": data}, 2)


class TestMaking:
    def test_passes_arguments_on(self):
        with wann.make_task("gymnasium:Pendulum-v1", g=5.0, max_episode_steps=7) as task:
            assert task.make_env().unwrapped.g == 5
            assert run_lanes(task, networks_for(task), [1.0], [1]).steps.max() == 7

    @pytest.mark.parametrize(
        ("name", "options", "told"),
        [
            ("gymnasium:NoSuch-v0", {}, "doesn't exist"),
            (
                "gymnasium:CartPole-v1",
                {"wheels": 3},
                "no option 'wheels'; there are observation_scaling, time_limit, encoder, past, pedals, max_episode",
            ),
            ("gymnasium:Pendulum-v1", {"h": 3}, "Pendulum-v1 has no option 'h'; there are .*max_episode_steps, g$"),
            ("gymnasium:CartPole-v1", {"max_episode_steps": "a"}, "TypeError.*max_episode_steps"),
            ("gymnasium:CartPole-v1", {"time_limit": "a"}, "time_limit is 'a'; it must be a number of seconds above 0"),
            ("gymnasium:CartPole-v1", {"observation_scaling": "a"}, "observation_scaling is 'a'; it must be true, false"),
            ("gymnasium:no_such_module:X-v0", {}, "no_such_module"),
            ("gymnasium:CartPole-v1", {"time_limit": -1}, "time_limit is -1"),
            ("mujoco:Ant", {}, "unknown task 'mujoco:Ant'"),
        ],
    )
    def test_says_what_is_wrong(self, name, options, told):
        with pytest.raises(wann.WannError, match=told):
            wann.make_task(name, **options)

    def test_takes_functions_of_the_main_program(self):
        weight = 3

        class Local(Walk):
            def step(self, action):
                observation, _, terminated, truncated, info = super().step(action)
                return observation, weight, terminated, truncated, info

        with wann.tasks.GymnasiumTask(lambda: Local()) as task:
            assert task.name == "Local"
            rollouts = run_lanes(task, networks_for(task), [1.0], [1])
            np.testing.assert_array_equal(rollouts.rewards, 3 * rollouts.steps)

    def test_knows_environments_registered_by_the_main_program(self):
        gym.register("test/Walk-v0", entry_point=lambda: Walk(), max_episode_steps=4)
        try:
            with wann.make_task("gymnasium:test/Walk-v0") as task:
                assert run_lanes(task, networks_for(task), [1.0], [1]).steps.max() == 4
        finally:
            del gym.registry["test/Walk-v0"]


@pytest.fixture(scope="module")
def pool():
    pytest.importorskip("envpool")
    return wann.make_task("envpool:CartPole-v1")


class TestEnvPool:
    def test_does_not_depend_on_the_number_of_threads(self, pool):
        networks = networks_for(pool, n=6)
        lanes = product_lanes(WEIGHTS, range(4))
        one, two = (run_lanes(pool, networks, *lanes, threads=n) for n in (1, 2))
        np.testing.assert_array_equal(one.rewards, two.rewards)
        np.testing.assert_array_equal(one.steps, two.steps)
        assert one.computed_steps == one.steps.sum() == one.rewards.sum()  # each step of CartPole pays 1

    def test_the_same_seed_gives_the_same_episode_in_any_company(self, pool):
        networks = networks_for(pool, n=3)
        together = run_lanes(pool, networks, *product_lanes(WEIGHTS, [4, 5, 6]), threads=2).rewards
        alone = run_lanes(pool, networks[1:2], [WEIGHTS[2]], [5]).rewards
        assert together[1, 7] == alone[0, 0]

    def test_equals_stepping_by_hand(self, pool):
        import envpool

        network = networks_for(pool)[0]
        act = policy(network, pool, -0.5)
        env = envpool.make("CartPole-v1", env_type="gymnasium", num_envs=1, env_seed=[9])
        observation, _ = env.reset()
        total, ended = 0.0, False
        while not ended:
            observation, reward, terminated, truncated, _ = env.step(np.array([act(observation[0])]))
            total, ended = total + float(reward[0]), bool(terminated[0] or truncated[0])
        assert run_lanes(pool, [network], [-0.5], [9]).rewards[0, 0] == total

    @pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1"])
    def test_its_arrays_give_what_its_public_interface_gives(self, name, monkeypatch):
        envpool = pytest.importorskip("envpool")
        task = wann.make_task(f"envpool:{name}")
        networks, lanes = networks_for(task, n=4), product_lanes(WEIGHTS, range(3))
        directly = run_lanes(task, networks, *lanes, threads=2)
        pool = type(envpool.make(name, env_type="gymnasium", num_envs=1))
        sent = []
        monkeypatch.setattr(pool, "_action_keys", ["another layout"])
        monkeypatch.setattr(pool, "send", lambda self, *args, send=pool.send: (sent.append(1), send(self, *args))[1])
        publicly = run_lanes(task, networks, *lanes, threads=2)
        assert sent
        np.testing.assert_array_equal(directly.rewards, publicly.rewards)

    @pytest.mark.parametrize("field", ["observation", "reward"])
    def test_what_is_not_a_number_ends_the_run(self, pool, field, monkeypatch):
        class Spoilt:
            """EnvPool's environments, of which the third gives no numbers from its second step on."""

            def __init__(self, inner):
                self._inner, self._steps = inner, np.zeros(len(inner), dtype=int)
                self.observation_space, self.async_reset, self.send = inner.observation_space, inner.async_reset, inner.send

            def __len__(self):
                return len(self._inner)

            def recv(self):
                observations, rewards, terminated, truncated, info = self._inner.recv()
                ids = info["env_id"]
                self._steps[ids] += 1
                bad = (ids == 2) & (self._steps[ids] > 2)
                (observations if field == "observation" else rewards)[bad] = np.nan
                return observations, rewards, terminated, truncated, info

        make = pool._environments

        def spoil(*args):
            inner, batch = make(*args)
            return Spoilt(inner), batch

        monkeypatch.setattr(pool, "_environments", spoil)
        networks = networks_for(pool, n=1)
        with pytest.raises(wann.tasks.EpisodeError) as caught:
            run_lanes(pool, networks, [-1.0, 0.5, 2.0], [4, 5, 6], threads=2)
        error = caught.value
        assert (error.environment, error.network, error.weight, error.seed) == ("envpool:CartPole-v1", networks[0], 2.0, 6)
        assert "nan" in str(error)
        assert str(error).endswith("with weight 2 from env_seed=6")

    def test_a_box2d_environment_gives_the_same_with_any_number_of_threads(self):
        pytest.importorskip("envpool")
        task = wann.make_task("envpool:BipedalWalker-v3", observation_scaling=False)
        networks = networks_for(task, n=4)
        lanes = product_lanes(WEIGHTS, range(2))
        one, two, three = (run_lanes(task, networks, *lanes, threads=n) for n in (1, 2, 3))
        np.testing.assert_array_equal(one.rewards, two.rewards)
        np.testing.assert_array_equal(one.rewards, three.rewards)
        alone = run_lanes(task, networks[3:], [WEIGHTS[1]], [1])
        assert alone.rewards[0, 0] == one.rewards[3, 3]

    def test_says_what_is_wrong(self):
        pytest.importorskip("envpool")
        with pytest.raises(wann.WannError, match="envpool:NoSuch-v0: "):
            wann.make_task("envpool:NoSuch-v0")


def test_a_search_starts_only_from_networks_that_see_what_its_own_see() -> None:
    """A network without a scaling, from a task of our own, would act otherwise where observations are scaled."""
    name = "gymnasium:CartPole-v1"
    with wann.make_task(name) as task, wann.make_task(name, observation_scaling=False) as unscaled:
        network = wann.Network(
            inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[(1, 5)]
        )
        wann.Search(unscaled, start=[network])
        with pytest.raises(wann.WannError, match="does not see observations scaled as gymnasium:CartPole-v1"):
            wann.Search(task, start=[network])
        wann.Search(task, start=[network.with_metadata(**task.network_metadata)])
