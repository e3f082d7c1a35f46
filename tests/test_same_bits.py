"""The same seed gives the same run: hashes of short runs, held at every level, with any number of threads, with another
compiler, and with other kernels below NumPy. A change that means to change results writes the hashes anew (same_bits.py).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from same_bits import FAMILIES, RUNS, STORED
from test_instruction_sets import runs_here
from wann import _core

HERE = Path(__file__).parent
#: NumPy's own kernels for newer processors, as it names them; those that a processor lacks are passed over.
NUMPY_KERNELS = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4 AVX2 FMA3 X86_V3"


def hashes(*options: str, level: str = "", **environment: str) -> dict[str, str]:
    """Of all runs, in a process of its own."""
    level = level or _core.instruction_set
    command = [sys.executable, str(HERE / "same_bits.py"), *options]
    settings = os.environ | {"WANN_INSTRUCTION_SET": level} | environment
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["level"] == level
    computed: dict[str, str] = found["hashes"]
    return computed


def check(computed: dict[str, str], level: str = "") -> None:
    stored = json.loads(STORED.read_text())[FAMILIES[level or _core.instruction_set]]
    assert sorted(stored) == sorted(RUNS) == sorted(computed)
    changed = [name for name, value in computed.items() if stored[name] != value]
    assert not changed, f"these compute something else than before; if that is meant: {STORED.with_suffix('.py')} --write"


needs_x86 = pytest.mark.skipif(_core.instruction_set == "generic", reason="of x86-64's levels and kernels")


@pytest.mark.skipif(_core.instruction_set != "generic", reason="of processors that are no x86-64")
def test_on_another_processor() -> None:
    check(hashes())


@needs_x86
@pytest.mark.parametrize("level", list(FAMILIES))
def test_at_every_level(level: str) -> None:
    if not runs_here(level):
        pytest.skip(f"the level {level} is not there: this processor lacks it, or it was not built")
    check(hashes(level=level), level)


@needs_x86
@pytest.mark.parametrize("threads", [1, 3])
def test_with_any_number_of_threads(threads: int) -> None:
    check(hashes("--threads", str(threads)))


@needs_x86
@pytest.mark.parametrize("kernel", ["Nehalem", "Sandybridge", "Haswell"])
def test_with_any_blas_kernel(kernel: str) -> None:
    """Every processor with FMA has these three; a fourth is what NumPy's BLAS picks for itself in the other tests."""
    info = "import numpy, threadpoolctl; print([b['architecture'] for b in threadpoolctl.threadpool_info()])"
    settings = os.environ | {"OPENBLAS_CORETYPE": kernel}
    used = subprocess.run([sys.executable, "-c", info], env=settings, capture_output=True, text=True, check=True)
    assert kernel in used.stdout, "NumPy's BLAS does not take its kernel from OPENBLAS_CORETYPE here"
    check(hashes(OPENBLAS_CORETYPE=kernel))


@needs_x86
def test_without_numpys_kernels_for_newer_processors() -> None:
    check(hashes(NPY_DISABLE_CPU_FEATURES=NUMPY_KERNELS))


@needs_x86
def test_with_a_core_that_clang_built() -> None:
    built = sorted((HERE.parent / "build" / "clang").glob("_core_v3.*.so"))
    if not built or not runs_here("v3"):
        pytest.skip("no core built by Clang (make clang)")
    check(hashes("--core", str(built[0]), level="v3"), "v3")
