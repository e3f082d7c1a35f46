"""The builds of the core for several instruction set levels: each is asked for its results in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wann import _core
from wann._core import __file__ as loaded_file  # type: ignore[attr-defined]

LEVELS = ("v2", "v3", "v4")

#: Prints the results of one build as JSON, floats to the bit.
PROBE = """
import json, sys
import numpy as np
from conftest import random_network
from wann import _core, make_task
from wann.tasks.protocol import product_lanes, run_lanes

rng = np.random.default_rng(5)
networks = [random_network(rng, n_hidden=int(rng.integers(0, 20))) for _ in range(8)]
x = rng.normal(size=(500, 5)).astype(np.float32)
individual = [rng.normal(size=n.n_connections).astype(np.float32) for n in networks]
weights, seeds = product_lanes([-2, -0.5, 1, 2], np.arange(25, dtype=np.uint64))
rollouts = run_lanes(make_task("cartpole-swingup"), networks, weights, seeds)
lanes = np.linspace(-12, 12, 4001, dtype=np.float32)
names = ("exp", "tanh", "sigmoid", "gaussian", "sin", "cos", "sin_pi", "cos_pi")
json.dump(
    {
        "level": _core.instruction_set,
        "lanes": [_core.lane_function(name, lanes).tolist() for name in names],
        "shared": [n(x, weight=0.7).tolist() for n in networks],
        "individual": [n(x, weights=w).tolist() for n, w in zip(networks, individual)],
        "rewards": rollouts.rewards.tolist(),
        "steps": rollouts.steps.tolist(),
        "starts": _core.cartpole_swingup_starts(seeds).tolist(),
        "genomes": [a.tolist() for a in _core.Population.random(20, 4, 2, 0.5, 1).next(
            np.arange(20, dtype=np.uint32), _core.VariationSettings(tournament=4, activations=[3, 5, 9]), 7
        ).to_arrays().values()],
    },
    sys.stdout,
)
"""


def run_with(level: str, code: str) -> subprocess.CompletedProcess[str]:
    tests = str(Path(__file__).parent)
    environment = os.environ | {"WANN_INSTRUCTION_SET": level, "PYTHONPATH": tests}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def results() -> dict[str, dict]:
    """Of every level that was built and that this processor has."""
    found = {}
    for level in LEVELS:
        if not runs_here(level):
            continue
        probe = run_with(level, PROBE)
        assert probe.returncode == 0, probe.stderr
        found[level] = json.loads(probe.stdout)
        assert found[level].pop("level") == level
    return found


def runs_here(level: str) -> bool:
    flags = _flags()
    needs = {"v2": "sse4_2", "v3": "avx2", "v4": "avx512vl"}
    built = loaded_file.replace(f"_core_{_core.instruction_set}", f"_core_{level}")
    return needs[level] in flags and os.path.exists(built)


def _flags() -> set[str]:
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
            return next((set(line.split()) for line in lines if line.startswith("flags")), set())
    except OSError:
        return set()


def test_v3_and_v4_agree_to_the_bit(results: dict[str, dict]) -> None:
    if not {"v3", "v4"} <= set(results):
        pytest.skip(f"needs the levels v3 and v4; here are {', '.join(results) or 'none'}")
    for name, values in results["v3"].items():
        assert values == results["v4"][name], name


def test_v2_is_close(results: dict[str, dict]) -> None:
    """It has no fused multiply-add, so episodes, being chaotic, differ; forward passes hardly do."""
    others = [level for level in ("v4", "v3") if level in results]
    if "v2" not in results or not others:
        pytest.skip(f"needs the level v2 and another; here are {', '.join(results) or 'none'}")
    v2, other = results["v2"], results[others[0]]
    np.testing.assert_allclose(v2["lanes"], other["lanes"], rtol=2e-6, atol=2e-6)
    for kind in ("shared", "individual"):
        for a, b in zip(v2[kind], other[kind], strict=True):
            # A step can flip where its sum is 0 but for rounding.
            assert np.mean(np.abs(np.subtract(a, b)) < 1e-3) > 0.97
    assert np.mean(v2["rewards"]) == pytest.approx(np.mean(other["rewards"]), rel=0.1)
    for name in ("starts", "genomes"):
        assert v2[name] == other[name]


def test_a_level_can_be_chosen() -> None:
    here = _core.instruction_set
    assert run_with(here, "from wann import _core; print(_core.instruction_set)").stdout.strip() == here


def test_an_unknown_level_is_refused() -> None:
    refused = run_with("v5", "import wann")
    assert "WANN_INSTRUCTION_SET is 'v5'; allowed are v4, v3, v2, generic" in refused.stderr


def test_a_build_that_does_not_run_here_is_told() -> None:
    """As after a build for one level only that this processor lacks."""
    here = _core.instruction_set
    code = "import wann._core as c"
    patch = (
        "import importlib.util as u, sys\n"
        "find = u.find_spec\n"
        f"u.find_spec = lambda name, *a: find('wann._core_{here}') if name == 'wann._core_{here}' else None\n"
        "import importlib\n"
        "load = importlib.import_module\n"
        "def refuse(name, *a):\n"
        "    if name.startswith('wann._core_'): raise ModuleNotFoundError(name)\n"
        "    return load(name, *a)\n"
        "importlib.import_module = refuse\n"
    )
    refused = run_with(here, patch + code)
    assert f"looked for {here}, found {here}; reinstall wann on this machine" in refused.stderr
