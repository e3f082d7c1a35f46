"""The same search with Ray, Dask, MPI and loky, all on this machine: the same bytes, and what happens to lost workers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cloudpickle
import pytest

import wann
import workers
from conftest import PATIENCE, random_network
from kill_workers import Killer
from wann.errors import WorkersLostError
from wann.execution import ExecutorEvaluator, RayEvaluator, Threads, workers_at
from wann.execution.distributed import Distributed
from wann.execution.executors import DaskEngine
from workers import Faulty, records

#: Searches of a second, one of each kind of task.
SEARCHES: dict[str, dict[str, Any]] = {
    "cartpole-swingup": {"population": 32, "confirm_episodes": 4},
    "bipedal-walker": {"population": 8, "episodes": 1, "confirm_episodes": 1, "weights": (-1.0, 1.0), "tournament": 2},
    "digits": {"population": 32, "tournament": 4},
    "gymnasium:CartPole-v1": {
        "population": 6,
        "episodes": 1,
        "confirm_episodes": 2,
        "weights": (-1.0, 1.0),
        "tournament": 2,
    },
}


@pytest.fixture(scope="module", autouse=True)
def by_value() -> None:
    """Ray's and Dask's workers do not know of the tests' modules."""
    cloudpickle.register_pickle_by_value(workers)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return {name: records(wann.make_task(name), None, **settings) for name, settings in SEARCHES.items()}


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    # Tests come in any order, and an evaluator that several share keeps its workers meanwhile.
    ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def dask_client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    # Environments run in processes of their own, which daemons may not have.
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


class TestRay:
    @pytest.fixture(scope="class", params=[1, 2])
    def evaluator(self, ray_cluster: Any, request: pytest.FixtureRequest) -> Iterator[RayEvaluator]:
        with RayEvaluator(workers=request.param) as evaluator:
            yield evaluator

    @pytest.mark.parametrize("name", SEARCHES)
    def test_the_same_search(self, name: str, evaluator: RayEvaluator, expected: dict[str, Any]) -> None:
        assert records(wann.make_task(name), evaluator, **SEARCHES[name]) == expected[name]

    def test_killed_workers_change_nothing(self, ray_cluster: Any, swingup: wann.tasks.Task) -> None:
        settings: dict[str, Any] = {"population": 256, "islands": 1}
        with RayEvaluator(workers=2) as evaluator, Killer(evaluator, Random(1), most=4) as killer:
            found = records(swingup, evaluator, 60, **settings)
        assert killer.kills > 0
        assert found == records(swingup, None, 60, **settings)

    def test_a_worker_that_dies_or_hangs_in_a_batch(self, ray_cluster: Any, tmp_path: Path, rng: Any) -> None:
        networks = [random_network(rng, 1, 1, hidden) for hidden in (0, 1, 2, 3)]
        here = Threads(1).run(Faulty("", ""), networks, [1.0, 2.0], [1, 2]).rewards.tolist()
        with RayEvaluator(workers=2, batch_seconds=20) as evaluator:
            evaluator.run(Faulty("", ""), networks, [1.0], [1])
            evaluator._batch_seconds = 5.0
            for what in ("dies", "hangs"):
                task = Faulty(what, str(tmp_path / what))
                assert evaluator.run(task, networks, [1.0, 2.0], [1, 2]).rewards.tolist() == here
                assert (tmp_path / what).exists()
            assert evaluator.usage().repeated > 0

    def test_what_ends_every_worker_is_given_up(self, ray_cluster: Any, rng: Any) -> None:
        with RayEvaluator(workers=1) as evaluator, pytest.raises(WorkersLostError, match="was lost with 5 workers"):
            evaluator.run(Faulty("dies", "", always=True), [random_network(rng, 1, 1)], [1.0], [1])

    def test_workers_that_cannot_start_end_the_run(
        self, ray_cluster: Any, swingup: wann.tasks.Task, rng: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wann.execution.ray.PATIENCE", 0.0)
        with (
            RayEvaluator(workers=1, threads=64) as evaluator,
            pytest.raises(WorkersLostError, match="no worker starts, of which each takes 64 processors of one machine"),
        ):
            evaluator.run(swingup, [random_network(rng)], [1.0], [1])

    def test_too_few_processors_for_one_worker(self, ray_cluster: Any) -> None:
        with pytest.raises(wann.WannError, match="too few processors for a worker of 64 threads"):
            RayEvaluator(threads=64)

    def test_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ray = pytest.importorskip("ray")

        def init(**_: Any) -> None:  # the true one waits for half a minute
            raise ConnectionError("ray client connection timeout\nand more")

        monkeypatch.setattr(ray, "is_initialized", lambda: False)
        monkeypatch.setattr(ray, "init", init)
        with pytest.raises(
            wann.WannError, match=r"no Ray cluster answers at ray://127\.0\.0\.1:1: ray client connection timeout$"
        ):
            workers_at("ray://127.0.0.1:1")


class TestDask:
    @pytest.mark.parametrize("name", SEARCHES)
    def test_the_same_search(self, name: str, dask_client: Any, expected: dict[str, Any]) -> None:
        dask_client.wait_for_workers(2, timeout=PATIENCE)  # a busy machine loses one for a moment
        with workers_at(dask_client.scheduler.address.replace("tcp", "dask")) as evaluator:
            assert evaluator.name == "2 Dask workers"
            assert records(wann.make_task(name), evaluator, **SEARCHES[name]) == expected[name]

    def test_as_an_executor(self, dask_client: Any, expected: dict[str, Any], swingup: wann.tasks.Task) -> None:
        evaluator = ExecutorEvaluator(dask_client.get_executor(), workers=2)
        assert records(swingup, evaluator, **SEARCHES["cartpole-swingup"]) == expected["cartpole-swingup"]

    def test_a_killed_worker_changes_nothing(self, dask_client: Any, tmp_path: Path, rng: Any) -> None:
        networks = [random_network(rng, 1, 1, hidden) for hidden in (0, 1, 2, 3)]
        evaluator = Distributed(DaskEngine(dask_client, owned=False))
        task = Faulty("dies", str(tmp_path / "mark"))
        here = Threads(1).run(Faulty("", ""), networks, [1.0, 2.0], [1, 2]).rewards.tolist()
        assert evaluator.run(task, networks, [1.0, 2.0], [1, 2]).rewards.tolist() == here
        assert (tmp_path / "mark").exists()

    def test_nobody_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("distributed")
        monkeypatch.setattr("wann.execution.executors._CONNECT", 0.5)
        with pytest.raises(wann.WannError, match=r"no Dask scheduler answers at 127\.0\.0\.1:1: "):
            workers_at("dask://127.0.0.1:1")

    def test_a_cluster_without_workers(self, monkeypatch: pytest.MonkeyPatch, swingup: wann.tasks.Task, rng: Any) -> None:
        distributed = pytest.importorskip("distributed")
        with (
            distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            evaluator = Distributed(DaskEngine(client, owned=False))
            cluster.scale(0)
            monkeypatch.setattr("wann.execution.executors.PATIENCE", 0.0)
            monkeypatch.setattr("wann.execution.executors._LOOK_EVERY", 0.0)
            while client.nthreads():
                pass
            with pytest.raises(WorkersLostError, match="the cluster has had no workers for"):
                evaluator.run(swingup, [random_network(rng)], [1.0], [1])
            with pytest.raises(wann.WannError, match="has no workers"):
                DaskEngine(client, owned=False)


class TestMpi:
    def test_the_same_runs(self, tmp_path: Path) -> None:
        pytest.importorskip("mpi4py")
        mpiexec = Path(sys.executable).with_name("mpiexec")
        commands = tmp_path / "commands.py"
        commands.write_text(_COMMANDS, encoding="utf-8")
        environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        environment |= {"PRTE_ALLOW_RUN_AS_ROOT": "1", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        mpi = (str(mpiexec), "--oversubscribe", "-n", "3", sys.executable, "-m", "mpi4py.futures", str(commands), "mpi")
        for command, folder in (((sys.executable, str(commands), "threads"), "here"), (mpi, "there")):
            (tmp_path / folder).mkdir()
            ran = subprocess.run(
                command,
                cwd=tmp_path / folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=2 * PATIENCE,
            )
            assert ran.returncode == 0, ran.stderr
        for name in SEARCHES:
            place = name.replace(":", "-")
            for file in ("champion.json", "metrics.jsonl", "population.json"):
                here, there = ((tmp_path / side / place / file).read_bytes() for side in ("here", "there"))
                assert here == there
            assert (tmp_path / "there" / place / "workers.jsonl").exists()


_COMMANDS = f"""
import sys
import wann
from wann.execution import Threads, workers_at
from wann.runs import Run, RunSettings

if __name__ == "__main__":
    with Threads(2) if sys.argv[1] == "threads" else workers_at(sys.argv[1]) as evaluator:
        from pathlib import Path

        for name, settings in {SEARCHES!r}.items():
            task = wann.make_task(name)
            config = wann.preset(task, generations=3, **settings)
            settings = RunSettings(task=name, task_options={{}}, preset="default", seed=5, config=config, start=())
            with Run.create(Path(name.replace(":", "-")), settings, task=task, evaluator=evaluator) as run:
                for _ in run.generations():
                    pass
"""


def test_loky(expected: dict[str, Any], swingup: wann.tasks.Task) -> None:
    loky = pytest.importorskip("loky")
    executor = loky.ProcessPoolExecutor(2)
    try:
        evaluator = ExecutorEvaluator(executor)
        assert records(swingup, evaluator, **SEARCHES["cartpole-swingup"]) == expected["cartpole-swingup"]
    finally:
        executor.shutdown(kill_workers=True)


def test_signals_are_the_runs_own(ray_cluster: Any) -> None:
    """Ray would put a handler of its own in the place of the one that saves a run."""
    from wann.execution.ray import _signals_kept

    before = signal.getsignal(signal.SIGTERM)
    with _signals_kept():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) == before
