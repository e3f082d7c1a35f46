"""What stands in fenced blocks of the README and the docs, and how it is run."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wann.cli import group, main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

_SEARCH = "--population 8 --generations 2 --islands 1 --island-culls= --episodes 1 --confirm-episodes 1 --threads 1"
#: Options that are put behind those of a command, so that it is over soon.
SHORT = {
    "search": _SEARCH,
    "tune": "--generations 2 --population 4 --episodes 1 --points 3 --threads 1",
    "refine": "--rounds 1 --neighbours 8 --threads 1",
    "quantize": "--generations 1 --steps 2 --roundings 1 --episodes 1 --threads 1",
    "evaluate": "--trials 2 --points 3 --threads 1",
    "compare": f"{_SEARCH} --trials 2 --tuning-generations 1 --budget 100",
    "play": "--max-steps 3",
    "report": "--trials 1 --threads 1",
    "explain": "--episodes 2 --threads 1",
    "card": "--trials 2 --threads 1",
}
#: Commands whose options are checked, but that are not run, and why.
NOT_RUN = {
    r"my_module": "a module that the reader has",
    r"\b(RUN|NETWORK|TASK|PATH|TUNED)\b": "a name that the reader puts in",
    r"\bmnist\b": "MNIST's images do not come with the sources",
    r"--workers (ray|dask|mpi)": "a cluster; tests/test_execution_engines.py has some",
    r"(evaluate|tune) .*(gymnasium:CarRacing|car-racing)": "pictures for minutes",
    r"search car-racing": "it encodes pictures for a minute; tests/test_car_racing.py searches",
    r"somebodys\.json": "a file that is refused",
    r"linear(-quantized)?\.json": "two generations of tuning leave weights of 0, which cannot be quantized",
    r"compare cartpole-swingup zoo": "the others get as many steps as the champion took, billions",
    r"LunarLander": "Acrobot, above it, stands for it",
    r"resume .*(tuned|refined)\.json": "something that was stopped; tests/test_cli.py stops it",
    r"runs/(zoo|speed|walker)\b|\$W|once\.json": "a long search of the past",
}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, outermost fences only."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```([\w{}:-]*)[^\n]*\n(.*?)^```$", text, re.S | re.M)
    return [Block(match[1], match[2], text[: match.start()].count("\n") + 2) for match in found]


def shell_lines(block: Block) -> list[str]:
    """The lines of a block that are typed into a shell, without comments; those of others begin with a dollar."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [" ".join(words) for line in lines if (words := _words(line))]


def _words(line: str) -> list[str]:
    try:
        return [shlex.quote(word) if " " in word else word for word in shlex.split(line, comments=True)]
    except ValueError:  # prose or JSON with a quotation mark
        return []


def why_not_run(command: str) -> str | None:
    """Why a command is only checked; None where it is run."""
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, command)), None)


def check(command: str) -> None:
    """Has click read a command's options, without running it."""
    name, *arguments = shlex.split(command.replace("$W", "-1,1"))[1:]
    found = group.get_command(None, name)  # type: ignore[arg-type]
    assert found is not None, f"there is no command {name}"
    found.make_context(name, arguments)


def run(command: str) -> str:
    """Runs a command, cut short, and gives what it printed."""
    arguments = shlex.split(command)[1:]
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            main([*arguments, *shlex.split(SHORT.get(arguments[0], ""))])
        except SystemExit as end:
            status = end.code
    assert status == 0, f"{command}: {errors.getvalue()}"
    return out.getvalue()


def run_other(command: str) -> None:
    """What other lines of a shell name has to be there: scripts, targets of make, extras of the package."""
    for script in re.findall(r"python (?:-m )?((?:tools|studies|tests)/[\w/]+\.py)", command):
        assert (ROOT / script).exists(), command
    if command.startswith("make "):
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert command.split()[-1] in targets or any(word in targets for word in command.split()), command
    for extras in re.findall(r"pip install '?(?:wann|\.)\[([\w,-]+)\]", command):
        known = (ROOT / "pyproject.toml").read_text()
        assert all(re.search(rf"^{extra} = ", known, re.M) for extra in extras.split(",")), command


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Runs a block; one that begins with a comment that names a file becomes that file, for those after it to import."""
    named = re.match(r"# (\w+\.py)\n", block.text)
    if named:
        Path(named[1]).write_text(block.text)
    elif block.text.startswith(" "):
        # An excerpt of a file that was written before.
        assert any(block.text in path.read_text() for path in Path().glob("*.py")), "no file has these lines"
    else:
        exec(compile(block.text, f"line {block.line}", "exec"), names)


def run_c(block: Block) -> None:
    """Makes the file that a block includes by the command in its comment, compiles both, and runs them."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    for command in re.findall(r"/\* (wann .*?) \*/", block.text):
        run(command)
    if compiler is None:
        return
    Path("main.c").write_text(block.text)
    subprocess.run([compiler, "main.c", "-o", "main", "-lm"], check=True)
    assert subprocess.run(["./main"], check=True, capture_output=True, text=True).stdout


def run_script(command: str) -> str:
    """Runs ``python FILE …`` of a file that the page made."""
    arguments = shlex.split(command)[1:]
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True).stdout
