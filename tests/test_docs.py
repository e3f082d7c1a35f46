"""Every snippet of the README and the docs runs, cut short; links lead somewhere."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import snippets
import wann
from wann.explain import explain
from wann.runs import Run, RunSettings
from wann.show import write_report
from wann.training.shared_weight import tune_shared_weight

#: What a page's Python takes for granted.
GIVEN = {
    "do/encoders.md": "import numpy as np\nframes = np.zeros((2, 96, 96, 3), np.uint8)",
    "do/explain.md": "import wann\nnetwork, task = wann.zoo.load('cartpole-swingup'), wann.make_task('cartpole-swingup')",
    "do/gymnasium.md": (
        "import gymnasium\nimport wann\nnetwork = wann.zoo.load('bipedal-walker')\n"
        "task = wann.tasks.task_for(network, 'gymnasium:BipedalWalker-v3')\n"
        "make_env = lambda: gymnasium.make('BipedalWalker-v3')\nenv = gymnasium.make('BipedalWalker-v3')"
    ),
    "do/labelled-data.md": (
        "import wann\nfrom sklearn.datasets import load_wine\n"
        "X, y = load_wine(return_X_y=True, as_frame=True)\nX_test, y_test = X, y\n"
        "X.assign(label=y).to_csv('table.csv', index=False)"
    ),
    "do/python.md": (
        "import pandas\nfrom wann.sklearn import WANNClassifier\n"
        "frame = pandas.DataFrame({'height': [1.0, 2, 3, 4] * 4, 'mass': [4.0, 2, 1, 3] * 4, 'kind': list('aabb') * 4})"
    ),
    "do/recurrent.md": (
        "import gymnasium\nimport numpy as np\nimport wann\nobservations = np.zeros((3, 5))\n"
        "wann.zoo.load('cartpole-swingup').save('champion.json')\n"
        "task = wann.make_task('cartpole-swingup')\n"
        "env = gymnasium.make('wann.tasks.for_gymnasium:wann/CartPoleSwingUp-v0')"
    ),
    "do/report.md": "import numpy as np\nimport wann\nwann.zoo.load('cartpole-swingup').save('champion.json')",
    "develop/architecture.md": (
        "import wann\nfrom wann.tasks.protocol import samples_of\ntask = wann.make_task('cartpole-swingup')"
    ),
}
#: Snippets that do not run here, by a line of theirs, and why.
NOT_RUN = {
    'RayEvaluator("ray://head:10001")': "a cluster; tests/test_execution_engines.py has one of its own",
    "submitit.AutoExecutor": "SLURM",
    'encoder="pong.npz"': "an encoder that the reader has",
    "WeightsAndBiases(project=": "a service; tests/test_search_history.py logs to a stand-in",
    "import torch, wann": "PyTorch may be left out; tests/test_export_torch.py does the same",
    'Network.load("runs/car-racing-seed0/champion.json")': "tests/test_car_twin.py drives the original",
}
#: Files that a page's commands take for granted, by the networks that stand for them.
FILES = {"champion.json": "cartpole-swingup"}


def page_name(page: Path) -> str:
    return str(page.relative_to(snippets.ROOT)).removeprefix("docs/")


WITH_SNIPPETS = [page for page in snippets.PAGES if snippets.blocks(page)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of some tasks, as short as can be, that pages speak of."""
    folder = tmp_path_factory.mktemp("made")
    for task in ("cartpole-swingup", "bipedal-walker", "car-racing", "digits"):
        config = wann.preset(task, "paper", population=8, generations=2, episodes=1, confirm_episodes=1)
        with Run.create(folder / f"{task}-seed0", RunSettings(task=task, seed=0, config=config)) as run:
            assert len(list(run.generations())) == 2
    network = wann.zoo.load("car-racing").with_tuning(shared_weight=1.0)
    network.save(folder / "car-racing-seed0" / "tuned.json")
    for name in ("my-run", "demo"):
        shutil.copytree(folder / "cartpole-swingup-seed0", folder / name)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, from which Python imports; what takes long is cut short."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    cut_short(monkeypatch)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    plt.close("all")


def cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches in Python end after two generations; scores and sweeps for which there is no option are of few episodes."""
    run = wann.Search.run
    monkeypatch.setattr(wann.Search, "run", lambda self, n=None: run(self, 2 if n is None else min(n, 2)))
    monkeypatch.setattr("wann.cli.runner.EPISODES", 2)
    monkeypatch.setattr("wann.show.report.scores._TUNING_EPISODES", 1)
    for function, defaults in (
        (tune_shared_weight, {"points": 3, "episodes": 1}),
        (write_report, {"episodes": 1}),
        (wann.evaluate, {"episodes": 2}),
        (explain, {"episodes": 2}),
    ):
        for name, value in defaults.items():
            monkeypatch.setitem(function.__kwdefaults__, name, value)


def lay_out(snippet: str, made: Path) -> None:
    """Puts runs and files in place that a snippet names and that nothing before it has made."""
    for name in re.findall(r"runs/([\w-]+)", snippet.partition("--out")[0]):
        if (made / name).exists() and not Path("runs", name).exists():
            shutil.copytree(made / name, Path("runs", name))
    for name, network in FILES.items():
        if name in snippet and not Path(name).exists():
            wann.zoo.load(network).with_tuning(shared_weight=1.0, task=network).save(name)


@pytest.mark.parametrize("page", WITH_SNIPPETS, ids=page_name)
def test_every_snippet_runs(page: Path, made: Path, folder: Path) -> None:
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(GIVEN.get(page_name(page), ""), names)
    for block in snippets.blocks(page):
        if block.language == "python":
            if not any(line in block.text for line in NOT_RUN):
                lay_out(block.text, made)
                snippets.run_python(block, names)
        elif block.language == "c":
            snippets.run_c(block)
        elif not block.language:
            for command in snippets.shell_lines(block):
                try_command(command, block, made)


def try_command(command: str, block: snippets.Block, made: Path) -> None:
    """Runs one line of a shell, or checks what it names."""
    if command.startswith("wann ") and snippets.why_not_run(command):
        snippets.check(command)
    elif command.startswith("wann "):
        lay_out(command, made)
        snippets.run(command)
    elif command.startswith("python ") and Path(command.split()[1]).exists():
        assert snippets.run_script(command).strip() in block.text
    else:
        snippets.run_other(command)
