"""Runs the tests with an installed wheel: in an environment of its own, outside the sources, with no compiler to be found.

python tools/try_wheel.py WHEEL [TESTS...]
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
    "CITATION.cff",
    "LICENSE",
    "Makefile",
    "pyproject.toml",
)
#: Tests of the sources, not of the package.
_OF_SOURCES = ("test_build.py", "test_rooms.py")


def main() -> None:
    """Makes the environment, copies the tests, and runs them."""
    wheel, tests = Path(sys.argv[1]).resolve(), sys.argv[2:] or ["tests"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        venv.create(place / "venv", with_pip=True)
        programs = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
        # Programs of the environment alone: no compiler, no CMake.
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CC", "CXX")}
        environment["PATH"] = str(programs)
        python = [str(programs / "python"), "-m"]

        def run(*command: str, where: Path) -> None:
            subprocess.run([*python, *command], cwd=where, env=environment, check=True)

        run("pip", "install", "--quiet", "--upgrade", "pip", where=place)
        run("pip", "install", "--quiet", "--only-binary", ":all:", f"{wheel}[gym]", where=place)
        run("wann", "--version", where=place)
        run("pip", "install", "--quiet", "--group", f"{ROOT / 'pyproject.toml'}:test", where=place)
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
