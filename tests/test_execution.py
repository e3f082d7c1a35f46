"""Evaluators: sharing out, putting together, refusals and faults; with executors of this machine."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

import wann
import workers
from conftest import Cli, random_network, wait_until
from wann._version import __version__
from wann.errors import InvalidRewardError, WorkersLostError
from wann.execution import Evaluator, ExecutorEvaluator, Job, Threads, messages, workers_at
from wann.execution import distributed as distributed_module
from wann.execution.batches import Results, batches
from wann.execution.executors import LocalEngine
from wann.execution.messages import Answer, PackedRollouts, Speaker, answer_of, portable
from wann.execution.worker import answer
from wann.networks.packing import pack, unpack
from wann.scoring.comparison import compare
from wann.search.refinement import Refinement
from wann.tasks import EpisodeError, Rollouts
from wann.training.weight_tuning import WeightTuning
from workers import Faulty, InAnyOrder, records

SMALL = {"population": 24, "confirm_episodes": 4}


@pytest.fixture
def two_threads() -> Any:
    with ThreadPoolExecutor(2) as pool:
        yield ExecutorEvaluator(pool)


@pytest.fixture
def faulty_networks(rng: np.random.Generator) -> list[wann.Network]:
    return [random_network(rng, 1, 1, hidden) for hidden in (0, 1, 2, 3, 5, 8)]


class TestSharingOut:
    @pytest.mark.parametrize("workers_", [1, 2, 3, 50])
    @pytest.mark.parametrize("n_networks", [1, 2, 7])
    @pytest.mark.parametrize("in_core", [True, False])
    def test_every_lane_of_every_network_runs_once(self, workers_: int, n_networks: int, in_core: bool, rng: Any) -> None:
        networks = [random_network(rng) for _ in range(n_networks)]
        job = Job.of(networks, np.ones(130), np.arange(130))
        times = np.zeros((n_networks, 130), dtype=int)
        for batch in batches([job], workers_, in_core=in_core):
            for piece in batch:
                times[piece.rows, piece.lanes] += 1
        assert (times == 1).all()

    def test_equal_networks_stay_together(self, rng: np.random.Generator) -> None:
        a, b, c = (random_network(rng) for _ in range(3))
        job = Job.of([a, b, a, c, b], [1.0], [1])
        parts = [set(piece.rows.tolist()) for batch in batches([job], 8, in_core=True) for piece in batch]
        assert sorted(map(sorted, parts)) == [[0, 2], [1, 4], [3]]

    def test_small_jobs_are_put_into_few_batches(self, rng: np.random.Generator) -> None:
        jobs = [Job.of([random_network(rng)], [1.0], [1]) for _ in range(100)]
        parts = batches(jobs, 2, in_core=True)
        assert len(parts) < 10
        assert sorted(piece.job for batch in parts for piece in batch) == list(range(100))

    @pytest.mark.parametrize(("networks", "lanes"), [(0, 3), (3, 0)])
    def test_nothing_to_run_is_nothing(
        self, networks: int, lanes: int, two_threads: Evaluator, swingup: Any, rng: Any
    ) -> None:
        some = [random_network(rng) for _ in range(networks)]
        assert two_threads.run(swingup, some, np.ones(lanes), np.arange(lanes)).rewards.shape == (networks, lanes)

    def test_answers_may_come_in_any_order(self, swingup: wann.tasks.Task, rng: np.random.Generator) -> None:
        networks = [random_network(rng) for _ in range(16)]
        lanes = np.linspace(-2, 2, 12), np.arange(12)
        executor = InAnyOrder()
        here = Threads(1).run(swingup, networks, *lanes)
        there = ExecutorEvaluator(executor, workers=2).run(swingup, networks, *lanes)
        assert np.array_equal(here.rewards, there.rewards)
        assert np.array_equal(here.steps, there.steps)
        assert here.computed_steps == there.computed_steps

    def test_individual_weights_are_shared_out_by_lanes(
        self, two_threads: Evaluator, swingup: wann.tasks.Task, rng: np.random.Generator
    ) -> None:
        network = random_network(rng)
        weights = rng.normal(size=(300, network.n_connections))
        here = Threads(1).run(swingup, [network], weights, np.arange(300))
        there = two_threads.run(swingup, [network], weights, np.arange(300))
        assert np.array_equal(here.rewards, there.rewards)
        assert there.computed_steps == here.computed_steps
        assert two_threads.usage().batches > 1  # type: ignore[union-attr]


class TestPacking:
    def test_networks_come_out_as_they_went_in(self, rng: np.random.Generator) -> None:
        plain = [random_network(rng, n_hidden=n) for n in (0, 3, 40)]
        tuned = plain[1].with_tuning(weights=np.arange(plain[1].n_connections), shared_weight=0.5, note="kept")
        other = random_network(rng, n_hidden=2)
        renamed = wann.Network(
            inputs=list("abcde"),
            outputs=["z"],
            hidden=other.hidden,
            output_activations="tanh",
            connections=other.connections,
        )
        networks = [*plain, tuned, renamed]
        rows = np.array([4, 3, 0, 2])
        out = unpack(cloudpickle.loads(cloudpickle.dumps(pack(networks, rows))))
        assert list(out) == [networks[i] for i in rows]
        assert [network.metadata for network in out] == [networks[i].metadata for i in rows]

    def test_recurrent_networks_come_out_as_they_went_in(self, rng: np.random.Generator) -> None:
        networks = [random_network(rng, n_hidden=n, n_recurrent=m) for n, m in ((0, 2), (4, 0), (9, 5), (40, 30))]
        rows = np.array([2, 1, 0, 3, 0])
        out = unpack(cloudpickle.loads(cloudpickle.dumps(pack(networks, rows))))
        assert list(out) == [networks[i] for i in rows]
        assert [network.is_recurrent for network in out] == [True, False, True, True, True]

    def test_a_population_takes_few_bytes(self, swingup: wann.tasks.Task) -> None:
        networks = wann.Search(swingup, wann.preset(swingup, population=100)).ask()
        connections = sum(network.n_connections for network in networks)
        size = len(cloudpickle.dumps(pack(networks, np.arange(100))))
        assert size < 1000 + 2 * connections + 6 * 100

    @pytest.mark.parametrize("rewards", [[1.0, -2.5], [1e300, 1.0], [0.1, np.nan], [3, 4], [2**40 + 1, 1]])
    def test_rewards_come_out_as_they_went_in(self, rewards: list[Any]) -> None:
        values = np.array([rewards])
        packed = PackedRollouts.of(Rollouts(rewards=values, steps=np.array([[70000, 1]]), computed_steps=2))
        assert np.array_equal(packed.rewards.astype(values.dtype), values, equal_nan=values.dtype.kind == "f")
        assert packed.steps.tolist() == [[70000, 1]]

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"n_computed": [9]}, "fewer nodes"),
            ({"n_computed": [0]}, "as many computed nodes"),
            ({"n_computed": [], "n_memory": []}, "more than the networks have"),
            ({"fan_in": [5]}, "fewer connections"),
            ({"fan_in": [1, 1]}, "each node needs"),
            ({"sources": [7]}, "an earlier node"),
            ({"sources": [4]}, "or from the memory"),
            ({"n_memory": [0]}, "an earlier node"),
            ({"n_memory": [2]}, "fewer remembered nodes"),
            ({"n_memory": []}, "each network needs a number of remembered nodes"),
            ({"memory": [2, 2]}, "more than the networks have"),
            ({"n_memory": [2], "memory": [2, 2]}, "in ascending order"),
            ({"memory": [0]}, "not the bias"),
            ({"memory": [3]}, "must name nodes"),
        ],
    )
    def test_the_core_refuses_damaged_arrays(self, change: dict[str, list[int]], told: str) -> None:
        arrays = {"n_computed": [1], "activations": [5], "fan_in": [1], "sources": [3], "n_memory": [1], "memory": [2]}
        arrays |= change
        types = {"activations": np.uint8}
        with pytest.raises(ValueError, match=told):
            wann._core.NetworkBatch.unpack(1, 1, *(np.array(v, dtype=types.get(k, np.uint32)) for k, v in arrays.items()))


class TestTheSameBits:
    @pytest.mark.parametrize("name", ["cartpole-swingup", "digits", "gymnasium:CartPole-v1"])
    def test_a_search(self, name: str, two_threads: Evaluator) -> None:
        task = wann.make_task(name)
        settings: dict[str, Any] = {**SMALL, "tournament": 4}
        if name.startswith("gymnasium"):
            settings |= {"population": 6, "episodes": 1, "weights": (-1.0, 1.0), "confirm_episodes": 2}
        assert records(task, two_threads, **settings) == records(task, None, **settings)

    def test_a_search_for_recurrent_networks(self, two_threads: Evaluator) -> None:
        task = wann.make_task("cartpole-swingup", velocities="hidden")
        settings: dict[str, Any] = {**SMALL, "tournament": 4, "recurrent": 1.0}
        here = records(task, None, generations=8, **settings)
        assert here[1].is_recurrent
        assert records(task, two_threads, generations=8, **settings) == here
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            assert records(task, ExecutorEvaluator(pool), generations=8, **settings) == here

    def test_tuning_refining_scoring(self, two_threads: Evaluator, swingup: wann.tasks.Task) -> None:
        network = wann.zoo.load("cartpole-swingup")
        for evaluator in (None, two_threads):
            tuning = WeightTuning(network, swingup, population=6, evaluator=evaluator)
            refinement = Refinement(network, swingup, n_neighbours=20, weights=(1.0,), evaluator=evaluator)
            found = (
                [repr(record) for record in tuning.run(2)],
                [record.mean_reward for record in refinement.run(1)],
                wann.evaluate(network, swingup, episodes=10, evaluator=evaluator).to_dict(),
            )
            if evaluator is None:
                expected = found
        assert found == expected

    def test_a_comparison(self, two_threads: Evaluator, swingup: wann.tasks.Task) -> None:
        config = wann.preset(swingup, population=8, generations=1, tournament=2, confirm_episodes=2)
        tables = []
        for evaluator in (None, two_threads):
            table = compare(swingup, config=config, tuning_generations=1, trials=3, evaluator=evaluator).to_dict()
            for row in table["rows"]:
                del row["seconds"]
            tables.append(table)
        assert tables[0] == tables[1]

    def test_every_task_of_the_package_can_be_sent(self) -> None:
        for entry in wann.tasks.available_tasks():
            if entry.name != "mnist":  # the data do not come with the sources
                task = wann.make_task(entry.name)
                copy = cloudpickle.loads(cloudpickle.dumps(task))
                assert (copy.name, copy.inputs, copy.outputs) == (task.name, task.inputs, task.outputs)


class TestHandshake:
    def test_another_version_is_refused_by_name(self) -> None:
        told = Speaker("0.0.1", "v3").refusal(Speaker("0.2.0", "v3"), "host:7")
        assert (
            told == "the worker host:7 has wann 0.0.1, and the run is one of wann 0.2.0; install the same version everywhere"
        )

    @pytest.mark.parametrize(("mine", "theirs", "agree"), [("v3", "v4", True), ("v2", "v2", True), ("v2", "v4", False)])
    def test_builds_of_the_core_that_give_other_bits_are_refused(self, mine: str, theirs: str, agree: bool) -> None:
        told = Speaker(__version__, mine).refusal(Speaker(__version__, theirs), "host:7")
        assert (told is None) == agree
        assert told is None or (f"instruction set {mine}" in told and theirs in told)

    def test_a_worker_reads_nothing_of_what_another_version_says(
        self, monkeypatch: pytest.MonkeyPatch, two_threads: Evaluator, swingup: wann.tasks.Task, rng: np.random.Generator
    ) -> None:
        monkeypatch.setattr(messages, "__version__", "9.9")
        message = messages.to_bytes(messages.Request("token", None, 1, ()))
        monkeypatch.undo()
        refusal = answer_of(answer(message[: message.index(b"\n") + 1] + b"no pickle")).refusal
        assert refusal is not None
        assert f"has wann {__version__}" in refusal
        monkeypatch.setattr(distributed_module, "answer_of", lambda _: Answer("w", refusal="the worker w has wann 0.0"))
        with pytest.raises(WorkersLostError, match=r"the worker w has wann 0\.0"):
            two_threads.run(swingup, [random_network(rng)], [1.0], [1])

    def test_a_worker_without_the_task_asks_for_it(self) -> None:
        assert answer_of(answer(messages.to_bytes(messages.Request("unknown", None, 1, ())))).lacks_task


class TestFaults:
    @pytest.fixture(autouse=True)
    def by_value(self) -> None:
        cloudpickle.register_pickle_by_value(workers)

    def expected(self, networks: list[wann.Network]) -> Any:
        return Threads(1).run(Faulty("", ""), networks, [1.0, 2.0, 3.0], [1, 2, 3]).rewards

    def test_the_batch_of_a_killed_process_runs_elsewhere(self, tmp_path: Path, faulty_networks: list[wann.Network]) -> None:
        with workers_at("processes:2") as evaluator:
            task = Faulty("dies", str(tmp_path / "mark"))
            rewards = evaluator.run(task, faulty_networks, [1.0, 2.0, 3.0], [1, 2, 3]).rewards
            assert np.array_equal(rewards, self.expected(faulty_networks))
            assert (tmp_path / "mark").exists()
            assert evaluator.usage().repeated > 0

    def test_a_process_that_dies_between_batches_is_replaced(self, faulty_networks: list[wann.Network]) -> None:
        with workers_at("processes:1") as evaluator:
            task = Faulty("", "")
            evaluator.run(task, faulty_networks, [1.0], [1])
            pid = int(evaluator.usage().by_worker[0][0].rpartition(":")[2])
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not Path(f"/proc/{pid}").exists())
            assert evaluator.run(task, faulty_networks, [1.0], [1]).rewards.shape == (6, 1)

    def test_a_batch_that_takes_too_long_runs_elsewhere(self, tmp_path: Path, faulty_networks: list[wann.Network]) -> None:
        with workers_at("processes:2", batch_seconds=20) as evaluator:
            evaluator.run(Faulty("", ""), faulty_networks, [1.0], [1])  # the processes have started
            evaluator._batch_seconds = 5.0
            task = Faulty("hangs", str(tmp_path / "mark"))
            rewards = evaluator.run(task, faulty_networks, [1.0, 2.0, 3.0], [1, 2, 3]).rewards
            assert np.array_equal(rewards, self.expected(faulty_networks))

    def test_where_all_workers_hang_the_run_stops(self, tmp_path: Path, faulty_networks: list[wann.Network]) -> None:
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        try:
            evaluator = ExecutorEvaluator(pool, batch_seconds=0.2)
            with pytest.raises(WorkersLostError, match="all 1 worker hang"):
                evaluator.run(Faulty("hangs", str(tmp_path / "mark"), always=True), faulty_networks, [1.0], [1])
        finally:
            for process in pool._processes.values():
                process.kill()
            pool.shutdown()

    def test_what_ends_every_worker_is_given_up(self, tmp_path: Path, faulty_networks: list[wann.Network]) -> None:
        with (
            workers_at("processes:1") as evaluator,
            pytest.raises(WorkersLostError, match="a batch was lost with 5 workers, one after the other"),
        ):
            evaluator.run(Faulty("dies", "", always=True), faulty_networks, [1.0], [1])

    def test_an_executor_whose_processes_are_gone_ends_the_run(self, faulty_networks: list[wann.Network]) -> None:
        with (
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
            pytest.raises(WorkersLostError, match="there are no workers any more"),
        ):
            ExecutorEvaluator(pool).run(Faulty("dies", "", always=True), faulty_networks, [1.0], [1])

    def test_what_a_task_raises_comes_back(
        self, two_threads: Evaluator, tmp_path: Path, faulty_networks: list[wann.Network]
    ) -> None:
        with pytest.raises(ZeroDivisionError, match="a fault of the task's own"):
            two_threads.run(Faulty("raises", str(tmp_path / "mark")), faulty_networks, [1.0], [1])

    def test_errors_come_back_as_they_are(self, rng: np.random.Generator) -> None:
        network = random_network(rng)
        error = EpisodeError("it failed", environment="e", network=network, weight=0.5, seed=3)
        back = cloudpickle.loads(cloudpickle.dumps(portable(error)))
        assert (str(back), back.environment, back.network, back.weight, back.seed) == ("it failed", "e", network, 0.5, 3)
        assert isinstance(portable(InvalidRewardError("no")), InvalidRewardError)

        class OddError(Exception):
            def __init__(self, a: int, b: int) -> None:
                super().__init__(f"{a} and {b}")

        assert repr(portable(OddError(1, 2))) == "RuntimeError('OddError: 1 and 2')"

    def test_a_bad_reward_names_the_network(self, two_threads: Evaluator, faulty_networks: list[wann.Network]) -> None:
        class Bad(Faulty):
            def rollout(self, networks: Any, *lanes: Any, **options: Any) -> Rollouts:
                found = super().rollout(networks, *lanes, **options)
                found.rewards[[n.n_hidden == 5 for n in networks]] = np.nan
                return found

        with pytest.raises(InvalidRewardError, match=r"reward nan to network 4 .*weight 1 and episode seed 1"):
            two_threads.run(Bad("", ""), faulty_networks, [1.0], [1])

    @pytest.mark.parametrize(("give", "told"), [("nothing", "as rollouts"), ("half", "rewards of shape")])
    def test_what_is_no_rollouts_is_refused(
        self, give: str, told: str, two_threads: Evaluator, faulty_networks: list[wann.Network]
    ) -> None:
        class Bad(Faulty):
            def rollout(self, *arguments: Any, **options: Any) -> Any:
                found = super().rollout(*arguments, **options)
                half = Rollouts(rewards=found.rewards[:, :0], steps=found.steps, computed_steps=1)
                return half if give == "half" else None

        with pytest.raises(wann.WannError, match=told):
            two_threads.run(Bad("", ""), faulty_networks, [1.0], [1])

    def test_a_task_that_cannot_be_sent_is_told(self, two_threads: Evaluator, faulty_networks: list[wann.Network]) -> None:
        task = Faulty("", "")
        task.lock = threading.Lock()  # type: ignore[attr-defined]
        with pytest.raises(wann.WannError, match="the task faulty cannot be sent to workers: TypeError: cannot pickle"):
            two_threads.run(task, faulty_networks, [1.0], [1])

    def test_a_task_that_a_worker_cannot_load_is_told(
        self, two_threads: Evaluator, faulty_networks: list[wann.Network]
    ) -> None:
        class Unloadable(Faulty):
            def __reduce__(self) -> Any:
                return int, ("no number",)

        with pytest.raises(wann.WannError, match=r"the worker .* cannot load the task: ValueError"):
            two_threads.run(Unloadable("", ""), faulty_networks, [1.0], [1])

    def test_processes_end_with_the_one_that_started_them(self) -> None:
        program = (
            "from wann.execution import workers_at; import wann, sys, time\n"
            "if __name__ == '__main__':\n"
            "    evaluator = workers_at('processes:2'); task = wann.make_task('cartpole-swingup')\n"
            "    list(wann.Search(task, wann.preset(task, population=24), evaluator=evaluator).run(1))\n"
            "    print(*(w[0].split(':')[1] for w in evaluator.usage().by_worker), flush=True); time.sleep(600)\n"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            pids = child.stdout.readline().split()
            child.kill()
        assert pids
        wait_until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: str) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestRefusals:
    @pytest.mark.parametrize("place", ["", "rays", "ray://host", "dask:2", "processes:x", "mpi:2"])
    def test_places(self, place: str) -> None:
        with pytest.raises(
            wann.WannError, match="it must be ray, ray:4, ray://host:10001, dask://host:8786, mpi, processes"
        ):
            workers_at(place)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("processes:0",), "workers is 0"),
            (("ray:0",), "workers is 0"),
        ],
    )
    def test_numbers_of_workers(self, arguments: tuple[str], told: str) -> None:
        with pytest.raises(wann.WannError, match=told):
            workers_at(*arguments)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan"), "1"])
    def test_seconds(self, seconds: Any) -> None:
        with pytest.raises(wann.WannError, match=r"batch_seconds is .*; it must be a number of seconds above 0"):
            workers_at("processes:1", batch_seconds=seconds)

    def test_executors(self) -> None:
        with pytest.raises(wann.WannError, match="executor is 3"):
            ExecutorEvaluator(3)  # type: ignore[arg-type]
        with pytest.raises(wann.WannError, match="workers is not given, and InAnyOrder does not say"):
            ExecutorEvaluator(InAnyOrder())

    def test_evaluators(self, swingup: wann.tasks.Task) -> None:
        with pytest.raises(wann.WannError, match=r"evaluator is 2; it must be a wann\.execution\.Evaluator"):
            wann.Search(swingup, evaluator=2)  # type: ignore[arg-type]

    def test_without_an_mpi_run(self) -> None:
        pytest.importorskip("mpi4py")
        code = "from wann.execution import workers_at; workers_at('mpi')"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "there are no MPI workers; for 8 of them, start the command as mpiexec -n 9" in ran.stderr

    @pytest.mark.parametrize(
        ("place", "module", "extra"),
        [("ray", "ray", "ray"), ("mpi", "mpi4py", "mpi"), ("dask://h:1", "distributed", "dask")],
    )
    def test_what_is_not_installed(self, place: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(wann.WannError, match=rf"needs the extra '{extra}': pip install 'wann\[{extra}\]'"):
            workers_at(place)


class TestCommands:
    SEARCH = ("search", "cartpole-swingup", "--population", "16", "--generations", "2", "--tournament", "4")

    def test_every_command_takes_workers(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("wann.cli.runner.EPISODES", 2)
        for name, options in (("here", ()), ("there", ("--workers", "processes:2", "--batch-seconds", "100"))):
            found = cli(*self.SEARCH, "--out", tmp_path / name, *options)
            assert ("by 2 processes, idle" in found.stdout) == (name == "there")
        for file in ("champion.json", "metrics.jsonl", "population.json"):
            assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "there" / file).read_bytes()
        assert not (tmp_path / "here/workers.jsonl").exists()
        lines = (tmp_path / "there/workers.jsonl").read_text().splitlines()
        assert [line.partition(", ")[0] for line in lines] == ['{"generation": 0', '{"generation": 1']

    @pytest.mark.parametrize(
        ("command", "options"),
        [
            ("evaluate", ("--trials", "2", "--json")),
            ("tune", ("--generations", "1", "--population", "4")),
            ("refine", ("--rounds", "1", "--neighbours", "8", "--weights", "1")),
        ],
    )
    def test_others_find_the_same(self, cli: Cli, tmp_path: Path, command: str, options: tuple[str, ...]) -> None:
        made = []
        for place in ((), ("--workers", "processes:1")):
            path = tmp_path / f"out{len(made)}.json"
            files = () if command == "evaluate" else ("--out", path)
            printed = cli(command, "zoo:cartpole-swingup", *options, *files, *place).stdout
            made.append(path.read_text() if files else printed)
        assert made[0] == made[1]

    def test_a_wrong_place_is_told_before_anything_is_made(self, cli: Cli, tmp_path: Path) -> None:
        found = cli(*self.SEARCH, "--out", tmp_path / "run", "--workers", "cloud", status=2)
        assert found.stderr.startswith("wann: workers is 'cloud'; it must be ray, ")
        assert not (tmp_path / "run").exists()

    def test_seconds_are_for_workers(self, cli: Cli, tmp_path: Path) -> None:
        found = cli(*self.SEARCH, "--out", tmp_path / "run", "--batch-seconds", "3", status=2)
        assert found.stderr == "wann: --batch-seconds is for --workers\n"

    def test_without_workers_the_run_is_saved_and_goes_on_with_others(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wann.cli.runner.EPISODES", 2)
        calls = []

        def lost(self: LocalEngine, message: bytes) -> Any:
            calls.append(message)
            if len(calls) > 8:
                raise distributed_module.WorkerLostError("all are gone")
            return submit(self, message)

        submit = LocalEngine.submit
        monkeypatch.setattr(LocalEngine, "submit", lost)
        run = tmp_path / "run"
        found = cli(*self.SEARCH, "--out", run, "--workers", "processes:1", status=1)
        assert found.stderr == f"wann: 1 process: all are gone; go on with: wann resume {run}\n"
        assert (run / "checkpoint.npz").exists()
        monkeypatch.undo()
        cli("resume", run, "--workers", "processes:1")
        cli(*self.SEARCH, "--out", tmp_path / "whole")
        assert (run / "metrics.jsonl").read_bytes() == (tmp_path / "whole/metrics.jsonl").read_bytes()


def test_results_do_not_depend_on_the_order_of_pieces(rng: np.random.Generator) -> None:
    job = Job.of([random_network(rng), random_network(rng)], [1.0, 2.0], [1, 2])
    pieces = batches([job], 4, in_core=False)
    found = []
    for order in (pieces, pieces[::-1]):
        results = Results([job])
        for batch in order:
            rewards = np.array([[10.0 * row + lane for lane in range(2)[batch[0].lanes]] for row in batch[0].rows])
            results.put(batch, [PackedRollouts(rewards, rewards.astype(np.int64), 1, 0)])
        found.append(results.rollouts()[0])
    assert np.array_equal(found[0].rewards, [[0, 1], [10, 11]])
    assert np.array_equal(found[0].rewards, found[1].rewards)
    assert found[0].computed_steps == found[1].computed_steps == len(pieces)
