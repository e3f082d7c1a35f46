"""On CI a skip that nobody allowed is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = """
import pytest

def test_that_runs(): pass

def test_that_is_skipped(): pytest.skip("no reason that is known")

@pytest.mark.skipif(True, reason="marked for no known reason")
def test_that_is_marked(): pass

@pytest.mark.skipif(True, reason="WANN_DATA names no folder with MNIST")
def test_that_may_be_skipped(): pass

@pytest.mark.xfail(reason="known to fail")
def test_that_fails_as_expected(): assert False
"""


def run(folder: Path, environment: dict[str, str]) -> str:
    (folder / "conftest.py").write_text("from skips import *\n")
    (folder / "test_some.py").write_text(SKIPPED)
    (folder / "test_whole.py").write_text("import pytest\npytest.importorskip('no_such_package')\n")
    known = {name: value for name, value in os.environ.items() if name not in ("CI", "WANN_STRICT_SKIPS")}
    tests = {"PYTHONPATH": str(Path(__file__).parent)}
    options = ["-p", "no:randomly", "-p", "no:cacheprovider", "-rfEs", "--continue-on-collection-errors", str(folder)]
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, env={**known, **tests, **environment}, capture_output=True, text=True, cwd=folder).stdout


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"WANN_STRICT_SKIPS": "1"}])
@pytest.mark.parametrize("processes", ["", "-n 2"])
def test_an_unknown_skip_fails(tmp_path: Path, environment: dict[str, str], processes: str) -> None:
    text = run(tmp_path, {**environment, "PYTEST_ADDOPTS": processes})
    for name in ("test_some.py::test_that_is_skipped", "test_some.py::test_that_is_marked", "test_whole.py"):
        assert f"{name}: skipped, but no skip like this is allowed here" in text
    assert "test_that_may_be_skipped: skipped" not in text
    assert "test_that_fails_as_expected: skipped" not in text


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    text = run(tmp_path, {})
    assert "no skip like this is allowed" not in text
    assert "1 passed, 4 skipped, 1 xfailed" in text
