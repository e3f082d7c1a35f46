"""Runs the tests with an installed wheel: in an environment of its own, outside the sources.

python tools/try_wheel.py WHEEL [TESTS...]

The wheel is installed, and runs a first search, with no compiler to be found. The tests have one: some compile what
`wann export` writes. WANN_TORCH=no leaves PyTorch out, and with it the tests that need it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What the tests read; neither the package nor the core.
_READ = (
    "tests",
    "tools",
    "benchmarks",
    "studies",
    "docs",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "CITATION.cff",
    "LICENSE",
    "Makefile",
    "pyproject.toml",
)
#: Tests of the sources and of the site that is made of them, not of the package.
_OF_SOURCES = ("test_build.py", "test_rooms.py", "test_site.py")
_SEARCH = ("cartpole-swingup", "--generations", "3", "--out", "first")


def main() -> None:
    """Makes the environment, copies the tests, and runs them."""
    wheel, tests = Path(sys.argv[1]).resolve(), sys.argv[2:] or ["tests"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        programs = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CC", "CXX")}
        # Programs of the environment alone: no compiler, no CMake.
        alone = {**environment, "PATH": str(programs)}
        environment["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        python = [str(programs / "python"), "-m"]

        def run(*command: str, where: Path, environment: dict[str, str] = environment) -> None:
            subprocess.run([*python, *command], cwd=where, env=environment, check=True)

        run("pip", "install", "--quiet", "--upgrade", "pip", where=place, environment=alone)
        run("pip", "install", "--quiet", "--only-binary", ":all:", str(wheel), where=place, environment=alone)
        run("wann", "search", *_SEARCH, where=place, environment=alone)
        groups = ["test"] if os.environ.get("WANN_TORCH") == "no" else ["test", "torch"]
        named = [part for group in groups for part in ("--group", f"{ROOT / 'pyproject.toml'}:{group}")]
        run("pip", "install", "--quiet", *named, where=place)
        outside = place / "outside"
        for name in _READ:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, _made(outside) / name)
        left = [f"--ignore=tests/{name}" for name in _OF_SOURCES]
        run("pytest", "-n", "auto", *left, *tests, where=outside)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
