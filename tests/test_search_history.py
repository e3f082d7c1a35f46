"""What a search remembers of its generations, and whom it tells."""

import dataclasses
import struct
import sys
from pathlib import Path

import pytest

import wann
from wann.errors import MissingExtraError
from wann.runs import Run, RunSettings, history_files, read_metrics, read_population
from wann.search import Generation, History, TensorBoard, WeightsAndBiases
from wann.tasks.origins import made_as

TASK = wann.make_task("cartpole-swingup")
SMALL = wann.preset(TASK.name, "paper", population=8, generations=4, confirm_episodes=4)
SETTINGS = RunSettings(task=TASK.name, preset="paper", seed=1, config=SMALL)


def test_a_search_keeps_its_history() -> None:
    search = wann.Search(TASK, SMALL, seed=1, threads=1)
    assert search.history == ()
    records = list(search.run(3))
    assert list(search.history) == records
    assert [type(search.history), repr(search.history), repr(History())] == [
        History,
        "History(generations: 0 to 2)",
        "History(generations: none)",
    ]


def test_an_interrupted_generation_is_not_in_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    search = wann.Search(TASK, SMALL, seed=1, threads=1)
    list(search.run(2))
    whole = wann.Search(TASK, SMALL, seed=1, threads=1)
    expected = list(whole.run(3))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("wann.search.search._record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(search.run(1))
    assert len(search.history) == 2
    list(search.run(1))
    assert list(search.history) == expected


def test_history_as_a_frame() -> None:
    search = wann.Search(TASK, SMALL, seed=1, threads=1)
    records = list(search.run(3))
    frame = search.history.to_frame()
    assert frame.index.name == "generation"
    assert list(frame.columns) == [f.name for f in dataclasses.fields(Generation)][1:]
    assert frame.champion_mean_reward.tolist() == [r.champion_mean_reward for r in records]
    assert len(History().to_frame()) == 0


def test_callbacks_are_told_of_each_generation_before_it_is_given_on() -> None:
    told: list[tuple[str, int, int]] = []
    search = wann.Search(
        TASK,
        SMALL,
        seed=1,
        threads=1,
        on_generation=[
            lambda search, record: told.append(("first", search.generation, record.generation)),
            lambda search, record: told.append(("second", len(search.history), search.champion.n_outputs)),
        ],
    )
    for record in search.run(2):
        told.append(("given", record.generation, 0))
    assert told == [("first", 1, 0), ("second", 1, 1), ("given", 0, 0), ("first", 2, 1), ("second", 2, 1), ("given", 1, 0)]


def test_what_a_callback_raises_ends_the_run_after_a_whole_generation() -> None:
    class EnoughError(Exception):
        pass

    def enough(search: wann.Search, record: Generation) -> None:
        raise EnoughError

    search = wann.Search(TASK, SMALL, seed=1, threads=1, on_generation=enough)
    with pytest.raises(EnoughError):
        list(search.run())
    assert search.generation == len(search.history) == 1


@pytest.mark.parametrize("wrong", [3, "text", [print, 3], None])
def test_what_is_no_callback(wrong: object) -> None:
    with pytest.raises(wann.WannError, match=r"on_generation is .*; it must be a function of a search and a record"):
        wann.Search(TASK, SMALL, on_generation=wrong)  # type: ignore[arg-type]


def test_a_run_folder_from_python_with_paths_as_text(tmp_path: Path) -> None:
    folder, told = str(tmp_path / "run"), []
    with Run.create(folder, SETTINGS, threads=1, on_generation=lambda _, record: told.append(record.generation)) as run:
        generations = run.generations()
        next(generations), next(generations)
    with Run.resume(folder, threads=1, on_generation=lambda _, record: told.append(record.generation)) as run:
        assert [r.generation for r in run.search.history] == [0, 1]
        list(run.generations())
        assert run.search.history.records() == read_metrics(folder)
    assert told == [0, 1, 2, 3]
    assert RunSettings.load(folder) == SETTINGS
    assert read_population(folder) is not None
    assert history_files(folder)


@pytest.mark.parametrize("call", [Run.resume, RunSettings.load, read_metrics, read_population, history_files])
def test_folders_are_paths(call: object) -> None:
    with pytest.raises(wann.WannError, match="folder is 3; it must be the path"):
        call(3)  # type: ignore[operator]


def test_settings_of_a_run_are_settings(tmp_path: Path) -> None:
    with pytest.raises(wann.WannError, match=r"settings is 'cartpole-swingup'; it must be a wann\.runs\.RunSettings"):
        Run.create(tmp_path / "run", "cartpole-swingup")  # type: ignore[arg-type]


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """What the event file in a folder says, by name and step."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = folder.iterdir()
    data, found = path.read_bytes(), {}
    while data:  # a record: its length, a checksum of that, the event, and a checksum of it
        (size,) = struct.unpack("<Q", data[:8])
        event = Event.FromString(data[12 : 12 + size])
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = value.simple_value
        data = data[16 + size :]
    return found


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    with TensorBoard(str(tmp_path / "events")) as board:
        search = wann.Search(TASK, SMALL, seed=1, threads=1, on_generation=board)
        list(search.run(2))
    told = scalars(tmp_path / "events")
    assert set(told) == {f"wann/{f.name}" for f in dataclasses.fields(Generation) if f.name != "generation"}
    expected = {r.generation: pytest.approx(r.champion_mean_reward) for r in search.history}
    assert told["wann/champion_mean_reward"] == expected


def test_weights_and_biases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    with WeightsAndBiases(project="wann", mode="offline", dir=str(tmp_path)) as logger:
        assert logger.run is None
        search = wann.Search(TASK, SMALL, seed=1, threads=1, on_generation=logger)
        list(search.run(2))
        assert logger.run.config["task"] == TASK.name
        assert logger.run.config["population"] == 8
        summary = {name: logger.run.summary[f"wann/{name}"] for name in ("champion_mean_reward", "environment_steps")}
    last = search.history[-1]
    assert summary == {"champion_mean_reward": last.champion_mean_reward, "environment_steps": last.environment_steps}
    assert list((tmp_path / "wandb").glob("offline-run-*"))


@pytest.mark.parametrize(
    ("module", "call", "line"),
    [
        ("pandas", lambda: History().to_frame(), r"a DataFrame needs the extra 'pandas': pip install 'wann\[pandas\]'"),
        ("tensorboardX", lambda: TensorBoard("events"), "TensorBoard needs the extra 'tensorboard': pip install"),
        ("wandb", WeightsAndBiases, "Weights & Biases needs the extra 'wandb': pip install"),
    ],
)
def test_what_is_missing_is_named(module: str, call: object, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=line):
        call()  # type: ignore[operator]


def test_a_champion_tells_where_it_comes_from(tmp_path: Path) -> None:
    search = wann.Search(TASK, SMALL, seed=1, threads=1)
    list(search.run(2))
    found = search.champion.metadata
    record = search.champion_record
    assert (found["task"], found["task_options"], found["seed"]) == (TASK.name, {}, 1)
    assert (found["generation"], found["wann_version"]) == (record.generation, wann.__version__)
    score = found["search_score"]
    assert (score["mean_reward"], score["episodes"]) == (record.mean_reward, record.episodes)
    assert score["weights"] == list(SMALL.weights)
    search.champion.save(tmp_path / "n.json")
    task = wann.tasks.task_for(wann.Network.load(tmp_path / "n.json"))
    assert type(task) is type(TASK)


def test_a_champion_of_a_task_that_no_name_makes_names_none(tmp_path: Path) -> None:
    search = wann.Search(type(TASK)(), SMALL, seed=1, threads=1)
    list(search.run(1))
    assert "task" not in search.champion.metadata
    assert search.champion.metadata["seed"] == 1


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks that a test registers are gone after it."""
    monkeypatch.setattr("wann.tasks.registry._entries", {})


@pytest.mark.usefixtures("registry")
def test_options_that_no_file_can_hold_are_not_kept() -> None:
    name = "kept by a test"
    wann.tasks.register_task(name, lambda thing: type(TASK)())
    assert made_as(wann.make_task(name, thing=[1, "a"])) == (name, {"thing": [1, "a"]})
    assert made_as(wann.make_task(name, thing=object())) is None
    assert made_as(wann.make_task(name, thing=float("nan"))) is None


@pytest.mark.usefixtures("registry")
def test_a_task_that_cannot_be_a_key_is_not_kept() -> None:
    class Unhashable(type(TASK)):  # type: ignore[misc]
        __hash__ = None

    name = "unhashable, by a test"
    wann.tasks.register_task(name, Unhashable)
    assert made_as(wann.make_task(name)) is None
