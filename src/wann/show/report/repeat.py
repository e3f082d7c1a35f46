"""What to type to make a run again."""

import json
import shlex
from pathlib import Path
from typing import Any

from wann._version import __version__
from wann.runs import CONFIG, RunSettings
from wann.search.config import preset
from wann.tasks import Task
from wann.tasks.for_network import option_text, task_arguments


def commands(run: RunSettings, folder: Path, task: Task) -> list[str]:
    """Lines for a shell.

    Args:
        run: What the run was started with.
        folder: Where it is.
        task: What the page shows it in.
    """
    name = folder.resolve().name
    again = f"runs/{name}-again"
    files = [f"start-{i}.json" for i in range(len(run.start))]
    search = ["wann", "search", run.task, "--seed", str(run.seed), "--out", again]
    if run.preset != "default":
        search += ["--preset", run.preset]
    for key, value in run.task_options.items():
        search += ["--task-option", option_text(key, value)]
    search += [part for file in files for part in ("--start", file)]
    search += _settings(run, task)
    report = shlex.join(["wann", "report", again, "--out", "report.html"])
    return [
        f"# with wann {__version__}",
        *(_writing_start(f"runs/{name}/{CONFIG}", len(files)) if files else ()),
        shlex.join(search),
        f"{report} {task_arguments(run.task, run.task_options)}".rstrip(),
    ]


def _settings(run: RunSettings, task: Task) -> list[str]:
    """The settings that the preset does not give."""
    # A table's presets are those of what is done with it, and go by the name of the task that it becomes.
    usual = preset(task, run.preset).to_dict()
    return [_setting(name, value) for name, value in run.config.to_dict().items() if value != usual[name]]


def _setting(name: str, value: Any) -> str:
    option = name.replace("_", "-")
    return f"--{option}={','.join(map(str, value)) if isinstance(value, list) else value}"


def _writing_start(config: str, count: int) -> list[str]:
    """How to get the networks that a run started from out of its configuration."""
    what = "network, which its config.json holds; this writes it as a file"
    if count > 1:
        what = f"{count} networks, which its config.json holds; this writes them as files"
    code = (
        "import json, pathlib; "
        '[pathlib.Path(f"start-{i}.json").write_text(json.dumps(network)) '
        f'for i, network in enumerate(json.load(open({json.dumps(config)}))["start"])]'
    )
    return [f"# The run started from {'a ' if count == 1 else ''}{what}:", shlex.join(["python3", "-c", code])]
