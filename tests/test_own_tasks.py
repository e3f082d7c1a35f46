"""Tasks of a user's own, named by where their class stands: in a file, in a module, or in an installed package."""

import importlib
import json
import re
import shlex
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import wann
from conftest import Cli
from wann.runs import RunSettings
from wann.tasks import own, protocol
from wann.tasks.for_network import check_trusted

TUTORIAL = Path(__file__).parent.parent / "docs" / "learn" / "own-task.md"
SMALL = ("--population", 8, "--generations", 3, "--episodes", 1, "--confirm-episodes", 1, "--threads", 1)

#: A task that is right as it is; tests put something wrong into its place.
MINE = """
import numpy as np
import wann

class Mine(wann.tasks.VectorTask):
    name = "mine"
    inputs, outputs = ("a",), ("b",)
    max_steps = 4

    def __init__(self, factor=1.0):
        self.factor = factor

    def reset(self, seeds):
        return np.zeros((len(seeds), 1)), np.ones((len(seeds), 1))

    def step(self, state, actions):
        return state, np.ones((len(state), 1)), self.factor * actions[:, 0], np.zeros(len(state), dtype=bool)
"""


@pytest.fixture(autouse=True)
def modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Each test has a folder of its own, and no modules of the one before it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def pendulum(tmp_path: Path) -> Path:
    """The tutorial's example."""
    (example,) = [
        code for code in re.findall(r"```python\n(.*?)```", TUTORIAL.read_text(), re.S) if "class Pendulum" in code
    ]
    path = tmp_path / "pendulum.py"
    path.write_text(example)
    return path


def written(text: str, name: str = "mine.py") -> Path:
    path = Path.cwd() / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


class TestFromTheCommandLine:
    def test_the_tutorial_s_pendulum_from_search_to_report(
        self, cli: Cli, pendulum: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cli("search", "pendulum.py:Pendulum", *SMALL)
        folder = tmp_path / "runs" / "pendulum-Pendulum-seed0"
        assert json.loads((folder / "config.json").read_text())["task"] == f"{pendulum}:Pendulum"
        monkeypatch.chdir(folder)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        named = ("--threads", 1)  # the task was named when the search began
        assert "my-pendulum" in cli("evaluate", folder, *named).stdout
        cli("report", folder, *named, "--trials", 1)
        cli("resume", folder, *named)
        cli("tune", folder, *named, "--generations", 2, "--population", 4, "--episodes", 1, "--points", 3)
        cli("refine", folder, *named, "--rounds", 1, "--neighbours", 8, "--weights", 1)
        assert wann.Network.load(folder / "tuned.json").metadata["task"] == f"{pendulum}:Pendulum"
        refused = cli("play", folder, "--max-steps", 2, status=2).stderr
        assert "my-pendulum" in refused

    def test_a_file_that_was_moved_is_named_anew(self, cli: Cli, pendulum: Path, tmp_path: Path) -> None:
        cli("search", "pendulum.py:Pendulum", *SMALL, "--out", "run")
        (tmp_path / "moved").mkdir()
        moved = pendulum.rename(tmp_path / "moved" / "pendulum.py")
        cli("resume", "run", "--task", f"{moved}:Pendulum")
        other = cli("resume", "run", "--task", f"{moved}:Other", status=2).stderr
        assert "it goes on with that task" in other

    def test_options_reach_the_class_and_are_remembered(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = written(MINE)
        cli("search", "mine.py:Mine", "--task-option", "factor=3", *SMALL, "--out", "run")
        settings = RunSettings.load(tmp_path / "run")
        assert (settings.task, settings.task_options) == (f"{path}:Mine", {"factor": 3})
        cli("resume", "run")  # by the person who began it
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
        refused = cli("resume", "run", status=2).stderr
        command = shlex.split(refused.partition("go on with: ")[2])
        assert command == ["wann", "resume", "run", "--task", f"{path}:Mine", "--task-option", "factor=3"]
        cli(*command[1:])
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a third one"))
        assert cli("resume", "run", "--task", f"{path}:Mine", status=2).stderr.count("hands {'factor': 3} to the task") == 1

    def test_what_was_named_once_goes_on(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written(MINE, "my_module.py")
        cli("search", "my_module:Mine", *SMALL, "--out", "run")
        cli("evaluate", "run", "--trials", 2)
        # Another module of that name, in a folder that came from somebody else.
        (tmp_path / "foreign").mkdir()
        monkeypatch.chdir(tmp_path / "foreign")
        written("raise SystemExit('imported')", "my_module.py")
        monkeypatch.delitem(sys.modules, "my_module")
        monkeypatch.setattr(sys, "path", [place for place in sys.path if Path(place) != tmp_path])
        importlib.invalidate_caches()
        assert "imports the module 'my_module'" in cli("evaluate", tmp_path / "run", status=2).stderr

    @pytest.mark.parametrize("damage", [b"", b"[1]", b"{", b"\xff", None])
    def test_without_a_memory_the_task_is_asked_for(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        path = written(MINE)
        memory = tmp_path / "state" / "wann" / "named-tasks.json"
        if damage is None:
            memory.mkdir(parents=True)  # a folder: nothing can be written there
        cli("search", "mine.py:Mine", *SMALL, "--out", "run")
        if damage is not None:
            assert list(json.loads(memory.read_text()).values()) == [f"{path}:Mine"]
            memory.write_bytes(damage)
        assert f"name it: --task {path}:Mine" in cli("evaluate", "run", status=2).stderr
        cli("evaluate", "run", "--task", f"{path}:Mine", "--trials", 2)

    def test_a_module_of_the_current_folder(self, cli: Cli, tmp_path: Path) -> None:
        written(MINE, "my_module.py")
        cli("search", "my_module:Mine", *SMALL)
        assert RunSettings.load(tmp_path / "runs" / "my_module-Mine-seed0").task == "my_module:Mine"
        cli("evaluate", "runs/my_module-Mine-seed0", "--task", "my_module:Mine")

    @pytest.mark.parametrize("command", ["evaluate", "tune", "refine", "quantize", "report", "play"])
    @pytest.mark.parametrize(("task", "what"), [("mine.py:Mine", "file 'mine.py'"), ("mine:Mine", "module 'mine'")])
    def test_no_command_imports_what_a_network_names(self, cli: Cli, command: str, task: str, what: str) -> None:
        written("raise SystemExit('imported')")
        network = wann.networks.fully_connected(["a"], ["b"], []).with_metadata(task=task)
        network.save("network.json")
        error = cli(command, "network.json", status=2).stderr
        assert f"the network's file asks for the task '{task}', which imports the {what}; if you trust it" in error
        assert error.endswith(f"name it: --task {task}\n")
        assert error.count("\n") == 1

    def test_wann_tasks_lists_those_of_packages(self, cli: Cli, packaged: None) -> None:
        assert "brought" in cli("tasks").stdout
        names = {entry["name"]: entry["summary"] for entry in json.loads(cli("tasks", "--json").stdout)}
        assert names["brought"] == "a task of the module mine"


class TestInPython:
    @pytest.mark.parametrize("name", ["mine.py:Mine", "mine:Mine", "folder/mine.py:Mine", "folder.mine:Mine"])
    def test_the_same_spellings(self, name: str) -> None:
        written(MINE, "folder/mine.py" if name.startswith("folder") else "mine.py")
        task: Any = wann.make_task(name, factor=2.0)
        assert (task.name, task.factor) == ("mine", 2.0)

    def test_a_function_makes_a_task(self) -> None:
        written(MINE + "\ndef half():\n    return Mine(0.5)\n")
        task: Any = wann.make_task("mine.py:half")
        assert task.factor == 0.5

    def test_a_file_imports_what_lies_beside_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        written("FACTOR = 7.0\n", "folder/beside_mine.py")
        written("import beside_mine\n" + MINE.replace("1.0", "beside_mine.FACTOR"), "folder/mine.py")
        task: Any = wann.make_task("folder/mine.py:Mine")
        assert task.factor == 7.0

    def test_a_file_takes_no_other_module_s_place(self) -> None:
        import random

        written(MINE, "random.py")
        wann.make_task("random.py:Mine")
        assert sys.modules["random"] is random

    def test_a_file_is_imported_once_until_it_changes(self) -> None:
        written(MINE + '\nwann.tasks.register_task("registered-once", Mine)\n')
        first, second = wann.make_task("mine.py:Mine"), wann.make_task("mine.py:Mine")
        assert type(first) is type(second)
        written(MINE.replace("1.0", "12.0"))
        task: Any = wann.make_task("mine.py:Mine")
        assert task.factor == 12.0

    def test_a_run_makes_the_path_absolute(self, tmp_path: Path) -> None:
        settings = RunSettings(task="mine.py:Mine", config=wann.SearchConfig())
        assert settings.task == f"{tmp_path / 'mine.py'}:Mine"
        assert RunSettings(task="mine:Mine", config=wann.SearchConfig()).task == "mine:Mine"

    def test_environments_of_a_file_reach_worker_processes(self) -> None:
        pytest.importorskip("gymnasium")
        written(
            "import wann\nfrom gymnasium.envs.classic_control import CartPoleEnv\nclass Small(CartPoleEnv):\n    pass\n"
            "def task():\n    return wann.tasks.GymnasiumTask(Small, observation_scaling=False)\n"
        )
        task: Any = wann.make_task("mine.py:task")
        with task:
            network = wann.networks.fully_connected(task.inputs, task.outputs, ())
            assert wann.evaluate(network, task, episodes=2, threads=1).weights[1.0].mean > 0


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package had registered a task."""
    written(MINE)
    sys.path.append(str(Path.cwd()))
    point = EntryPoint("brought", "mine:Mine", own.GROUP)
    monkeypatch.setattr(own, "entry_points", lambda group: [point] if group == own.GROUP else [])


class TestOfPackages:
    def test_it_is_made_by_its_name(self, packaged: None) -> None:
        task: Any = wann.make_task("brought", factor=5.0)
        assert task.factor == 5.0
        (entry,) = [entry for entry in wann.tasks.available_tasks() if entry.name == "brought"]
        assert entry.make().name == "mine"

    def test_a_file_may_name_it_but_give_it_no_options(self, packaged: None) -> None:
        check_trusted("brought", {}, "a file")
        with pytest.raises(wann.WannError, match=r"which hands \{'factor': 2\} to the task; if you trust it"):
            check_trusted("brought", {"factor": 2}, "a file")

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            (
                "nowhere_at_all:Mine",
                "the task 'brought' of the module nowhere_at_all cannot be imported: ModuleNotFoundError",
            ),
            ("mine:np.pi", "the task 'brought' of the module mine is 3.14"),
        ],
    )
    def test_what_is_wrong_with_it(self, packaged: None, monkeypatch: pytest.MonkeyPatch, place: str, message: str) -> None:
        monkeypatch.setattr(own, "entry_points", lambda group: [EntryPoint("brought", place, own.GROUP)])
        with pytest.raises(wann.WannError) as caught:
            wann.make_task("brought")
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (MINE, "other.py:Mine", "other.py: no such file; the task other.py:Mine is to be imported from it"),
        (
            MINE,
            "other_module:Mine",
            "unknown task 'other_module:Mine': there is no module 'other_module', installed or in the current",
        ),
        (MINE, "other_module.sub:Mine", "there is no module 'other_module.sub'"),
        (MINE, "gymnasum:CartPole", "unknown task 'gymnasum:CartPole'; did you mean 'gymnasium:CartPole'?"),
        (MINE, "mine.py:Min", "mine.py has no 'Min'; did you mean 'Mine'? it has Mine"),
        (MINE, "mine:Other", "mine has no 'Other'; it has Mine"),
        ("", "mine.py:Mine", "mine.py has no 'Mine'; it has no classes"),
        ("Mine = 5", "mine.py:Mine", "mine.py:Mine is 5; it must be a class or a function that makes a task"),
        ("class Mine: pass", "mine.py:Mine", "mine.py:Mine makes no task that works: task is <"),
        (
            "class Mine: pass",
            "mine.py:Mine",
            "but has no name, inputs, outputs, output_activation, hidden_activations, rollout",
        ),
        ("Mine = dict", "mine.py:Mine", "mine.py:Mine makes no task that works: task is {}"),
        ("raise ValueError('a\\nb')", "mine.py:Mine", "mine.py cannot be imported: ValueError: a b"),
        ("raise SystemExit(3)", "mine:Mine", "the module mine cannot be imported: SystemExit: 3"),
        ("import no_such_thing", "mine:Mine", "cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def (", "mine.py:Mine", "mine.py cannot be imported: SyntaxError: "),
        ("import wann\nwann.preset('nope-nope', 'x')", "mine.py:Mine", "mine.py: unknown preset 'x'"),
        (MINE.replace("factor=1.0", "factor"), "mine.py:Mine", "mine.py:Mine: missing a required argument: 'factor'"),
        (
            MINE.replace("self.factor = factor", "1 / 0"),
            "mine.py:Mine",
            "cannot be made: ZeroDivisionError: division by zero",
        ),
        (
            MINE.replace("def step", "def stop"),
            "mine:Mine",
            "mine:Mine cannot be made: TypeError: Can't instantiate abstract",
        ),
        (
            MINE.replace('("a",)', "5"),
            "mine.py:Mine",
            "mine.py:Mine makes no task that works: mine: inputs: expected a list",
        ),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(cli: Cli, text: str, name: str, message: str) -> None:
    written(text)
    with pytest.raises(wann.WannError) as caught:
        wann.make_task(name)
    assert message in str(caught.value)
    (line,) = cli("search", name, status=2).stderr.splitlines()
    assert message in line


def test_options_that_the_class_does_not_have() -> None:
    written(MINE)
    with pytest.raises(wann.WannError, match=r"mine\.py:Mine has no option 'facto'; did you mean 'factor'"):
        wann.make_task("mine.py:Mine", facto=1)


def test_an_error_of_the_class_s_own_is_told_as_it_is() -> None:
    written(MINE.replace("self.factor = factor", "raise wann.WannError('factor is too large')"))
    with pytest.raises(wann.WannError, match=r"^mine\.py:Mine: factor is too large$"):
        wann.make_task("mine.py:Mine")


@pytest.mark.parametrize("name", ["a:b-c", "a/b:C", "1a:B", ":B", "a:", "a.:B", "C:\\x:y z"])
def test_other_names_are_no_such_spelling(name: str) -> None:
    assert own.spelling(name) is None


class Wrapper:
    """Passes everything on, as users' wrappers do."""

    def __init__(self, task: wann.tasks.Task) -> None:
        self.inner = task

    def __getattr__(self, name: str):
        return getattr(self.inner, name)


@pytest.mark.parametrize("name", ["cartpole-swingup", "bipedal-walker", "car-racing", "digits"])
@pytest.mark.parametrize(
    "capability",
    [
        protocol.classes_of,
        protocol.encoder_of,
        protocol.environment_of,
        protocol.policy_parts_of,
        protocol.presets_of,
        protocol.recordings_of,
        protocol.runs_in_core,
        protocol.samples_of,
        protocol.scaling_of,
        protocol.scene_of,
        protocol.simulation_of,
        protocol.targets_of,
        protocol.twins_of,
    ],
)
def test_a_wrapper_can_do_what_its_task_can(name: str, capability: Callable) -> None:
    task = wann.make_task(name)
    assert bool(capability(Wrapper(task))) == bool(capability(task))
