"""What a file from somebody else may make a command do: neither import a module nor hand options to an environment."""

import json
import shlex
import sys
from pathlib import Path

import pytest

pytest.importorskip("gymnasium")

import gymnasium

import wann
from wann.cli import main
from wann.runs import Run, RunSettings
from wann.show import write_report
from wann.tasks.for_network import check_trusted, option_text, task_arguments, task_for

SCALING = {"shift": [0] * 4, "scale": [1] * 4}

#: Registers an environment, as a module of a user's own does, and so tells that it was imported.
MODULE = """
import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv
gymnasium.register("Foreign-v0", CartPoleEnv, max_episode_steps=20)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module that can be imported, and is not yet."""
    (tmp_path / "foreign_module.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "foreign_module"
    sys.modules.pop("foreign_module", None)
    gymnasium.registry.pop("Foreign-v0", None)


@pytest.fixture
def task_name(module):
    return f"gymnasium:{module}:Foreign-v0"


def network_asking_for(task, **options):
    return wann.Network(
        inputs=list("abcd"), outputs=["left", "right"], hidden=[], output_activations="linear", connections=[[1, 5], [2, 6]],
        weights=[1.0, 2.0], shared_weight=1.0,
        metadata={"task": task, "task_options": options, "observation_scaling": SCALING},
    )  # fmt: skip


def run(capsys, *arguments):
    """The exit status and what stands on standard error."""
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    return ended.value.code, capsys.readouterr().err


def start_run(folder, task, **options):
    """The folder of a run of which two of three generations are done."""
    config = wann.SearchConfig(population=4, generations=3, episodes=1, confirm_episodes=1, weights=(1.0,))
    settings = RunSettings(task=task, task_options=options, config=config)
    with Run.create(folder, settings, threads=1) as started:
        generations = started.generations()
        next(generations), next(generations)
        generations.close()
        started.search.task.close()
    return folder


COMMANDS = [
    ["evaluate", "FILE", "--trials", "2"],
    ["report", "FILE", "--out", "FOLDER/report.html"],
    ["play", "FILE", "--out", "FOLDER/play.gif"],
    ["tune", "FILE", "--out", "FOLDER/tuned.json"],
    ["refine", "FILE", "--out", "FOLDER/refined.json"],
    ["quantize", "FILE", "--out", "FOLDER/quantized.json"],
    ["evaluate", "FILE", "--plot", "FOLDER/profile.svg"],
    ["adapt", "FILE", "--episodes", "1"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_imports_a_module_that_a_network_names(tmp_path, capsys, module, task_name, command):
    file = tmp_path / "foreign.json"
    network_asking_for(task_name).save(file)
    places = {"FILE": str(file), "FOLDER": str(tmp_path)}
    status, error = run(capsys, *(a.replace("FOLDER", str(tmp_path)) if a not in places else places[a] for a in command))
    assert status == 2
    assert f"asks for the task '{task_name}', which imports the module '{module}'" in error
    assert error.endswith(f"name it: --task {task_name}\n")
    assert error.count("\n") == 1
    assert module not in sys.modules


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("task", ["gymnasium:LunarLander-v3", "envpool:LunarLander-v3"])
def test_no_command_hands_on_options_that_a_network_names(tmp_path, capsys, command, task):
    file = tmp_path / "foreign.json"
    network_asking_for(task, continuous=True, observation_scaling=False).save(file)
    places = {"FILE": str(file), "FOLDER": str(tmp_path)}
    status, error = run(capsys, *(a.replace("FOLDER", str(tmp_path)) if a not in places else places[a] for a in command))
    assert status == 2
    assert "which hands {'continuous': True} to the environment" in error
    assert f"--task {task} --task-option continuous=true --task-option observation_scaling=false\n" in error


def test_what_the_line_says_is_what_allows_it(tmp_path, capsys, module, task_name):
    file = tmp_path / "foreign.json"
    network_asking_for(task_name).save(file)
    _, error = run(capsys, "evaluate", file, "--threads", "1", "--trials", "2")
    status, error = run(
        capsys, "evaluate", file, "--threads", "1", "--trials", "2", *shlex.split(error.partition("name it: ")[2])
    )
    assert (status, error) == (0, "")
    assert module in sys.modules


def test_options_that_a_person_gives_need_no_task(tmp_path):
    network = network_asking_for("gymnasium:CartPole-v1", max_episode_steps=10)
    with pytest.raises(wann.WannError, match="max_episode_steps"):
        task_for(network)
    with task_for(network, None, {"max_episode_steps": 7}) as task:
        assert task.make_env().spec.max_episode_steps == 7


@pytest.mark.parametrize("options", [{}, {"observation_scaling": False, "time_limit": 9.5}])
def test_a_registered_environment_without_options_of_its_own_is_made(options):
    with task_for(network_asking_for("gymnasium:CartPole-v1", **options)) as task:
        assert task.name == "gymnasium:CartPole-v1"


def test_a_foreign_run_is_neither_resumed_nor_reported(tmp_path, capsys, module, task_name):
    folder = start_run(tmp_path / "run", task_name)
    network = wann.Network.load(folder / "champion.json")
    del sys.modules[module], gymnasium.registry["Foreign-v0"]
    for command in (["resume", folder], ["report", folder], ["play", folder, "--out", tmp_path / "x.gif"]):
        status, error = run(capsys, *command)
        assert status == 2
        assert f"which imports the module '{module}'; if you trust it" in error
    with pytest.raises(wann.WannError, match=r"config\.json asks for .* hand over the task yourself: wann\.make_task\('gym"):
        Run.resume(folder)
    for source in (folder, network):
        with pytest.raises(wann.WannError, match="which imports the module 'foreign_module'"):
            write_report(source, tmp_path / "report.html")
    assert module not in sys.modules


def test_the_line_of_a_refused_resume_goes_on_with_the_run(tmp_path, capsys, task_name):
    folder = start_run(tmp_path / "a run", task_name, max_episode_steps=9)
    status, error = run(capsys, "resume", folder, "--threads", "1", "--task", task_name)
    assert status == 2
    assert "hands {'max_episode_steps': 9} to the environment" in error
    command = shlex.split(error.partition("go on with: ")[2])
    assert command[:3] == ["wann", "resume", str(folder)]
    status, error = run(capsys, *command[1:], "--threads", "1")
    assert (status, error) == (0, "")
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 3
    assert command[3:] == ["--task", task_name, "--task-option", "max_episode_steps=9"]
    report = (folder / "report.html").read_text()
    assert f"--out report.html --task {task_name} --task-option max_episode_steps=9" in report


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "cartpole-swingup"], "is a run on 'gymnasium:CartPole-v1'; it goes on with that task, not with 'cart"),
        (["--task-option", "time_limit=3"], "option 'time_limit' is 9.5; it goes on with that, not with 3"),
        (["--task-option", "speed=3"], "option 'speed' is not given; it goes on with that, not with 3"),
    ],
)
def test_a_run_goes_on_with_its_own_task(tmp_path, capsys, arguments, message):
    folder = start_run(tmp_path / "run", "gymnasium:CartPole-v1", time_limit=9.5)
    status, error = run(capsys, "resume", folder, *arguments)
    assert status == 2
    assert message in error


def test_a_stopped_run_says_the_whole_command(tmp_path, capsys, monkeypatch, task_name):
    def stopped(self):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Run, "generations", stopped)
    arguments = ["--out", tmp_path / "run", "--task-option", "max_episode_steps=9", "--threads", "1"]
    _, error = run(capsys, "search", task_name, *arguments)
    assert f"wann resume {tmp_path / 'run'} --task {task_name} --task-option max_episode_steps=9" in error


@pytest.mark.parametrize("task", ["bipedal-walker", "digits", "mnist", "table.csv", "/data/table.parquet"])
def test_data_and_tasks_of_our_own_need_no_word(task):
    check_trusted(task, {"folder": "/data", "target": "y"}, "a file")
    assert task_arguments(task, {"folder": "/data"}) == ""


def test_a_name_that_steers_a_terminal_is_not_shown_as_it_is(tmp_path, capsys):
    for task, options in (
        ("gymnasium:\x1b[31m:X", {}),
        ("gymnasium:X", {"a": "\x9b31m"}),
        ("gymnasium:" + "a" * 9999 + ":X", {}),
    ):
        network_asking_for(task, **options).save(tmp_path / "n.json")
        _, error = run(capsys, "evaluate", tmp_path / "n.json")
        assert error.removesuffix("\n").isprintable()
        assert len(error) < 400


@pytest.mark.parametrize("options", [[1], "x", 5])
def test_options_of_the_wrong_type_are_refused(options):
    network = network_asking_for("digits").with_metadata(task_options=options)
    with pytest.raises(wann.WannError, match="task_options in the network's file is"):
        task_for(network)


@pytest.mark.parametrize("name", ["name", "path", "make", "env_id", "environment", "self"])
@pytest.mark.parametrize("task", ["digits", "cartpole-swingup", "no.csv", "gymnasium:CartPole-v1"])
def test_no_name_of_an_option_is_taken_for_something_else(task, name):
    with pytest.raises(wann.WannError, match=f"{task} has no option '{name}'"):
        wann.make_task(task, **{name: 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "x=true"), (None, "x=null"), (1.5, "x=1.5"), ("a b", "x=a b"), ("true", 'x="true"'), ([1, "a"], 'x=[1, "a"]')],
)
def test_options_are_written_as_the_command_line_reads_them(value, text):
    from wann.cli.options import KeyValue

    assert option_text("x", value) == text
    assert KeyValue().convert(text, None, None) == ("x", value)


def test_config_json_is_as_little_trusted_as_a_champion(tmp_path, capsys, module, task_name):
    folder = start_run(tmp_path / "run", "gymnasium:CartPole-v1")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"task": task_name}))
    status, error = run(capsys, "resume", folder)
    assert status == 2
    assert "imports the module" in error
    with pytest.raises(wann.WannError, match="imports the module"):
        write_report(Path(folder), tmp_path / "report.html")
    assert module not in sys.modules
