"""The report's data and page, and the page's simulation against the core."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import random_network
from wann import _core
from wann.draw.report.data import network_data
from wann.network import Network
from wann.runs import Run, RunSettings

FRONTEND = Path(__file__).parents[1] / "frontend"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "swingup"
    settings = RunSettings(task="cartpole-swingup", seed=5, config=wann.SearchConfig(generations=12, population=64))
    with Run.create(folder, settings) as run:
        for _ in run.generations():
            pass
    return folder


def page_data(text: str):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def trajectory_in_core(network: Network, weight, start, steps: int):
    """States and rewards after each step, computed by the core."""
    state = np.array(start, dtype=np.float32)[None]
    rows = []
    for _ in range(steps):
        x, velocity, angle, speed = state[0]
        sine, cosine = (_core.lane_function(name, np.array([angle], dtype=np.float32))[0] for name in ("sin", "cos"))
        inputs = np.array([x, velocity, cosine, sine, speed], dtype=np.float32)
        action = network(inputs, **({"weight": weight} if weight is not None else {}))
        state, reward = _core.cartpole_swingup_step(state, action.astype(np.float32))
        rows.append([*state[0], reward[0]])
    return np.array(rows)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_simulates_what_the_core_does(rng, tmp_path):
    """Same start, same weight, same trajectory, for random networks with every activation."""
    cases = []
    for i in range(12):
        network = random_network(rng, n_hidden=20)
        if i % 4 == 3:
            network = network.with_tuning(weights=rng.normal(size=network.n_connections))
        weight = None if i % 4 == 3 else float(np.float32(rng.uniform(-2, 2)))
        start = _core.cartpole_swingup_starts(np.array([i], dtype=np.uint64))[0]
        cases.append((network, weight, start))
    script = """
      import { readFileSync } from "node:fs";
      import { Network } from "FRONTEND/src/network.js";
      import { trajectory } from "FRONTEND/src/cartpole.js";
      const cases = JSON.parse(readFileSync(process.argv[2], "utf-8"));
      console.log(JSON.stringify(cases.map((c) => trajectory(new Network(c.network), c.start, c.weight, 300))));
    """.replace("FRONTEND", FRONTEND.as_uri())
    (tmp_path / "run.mjs").write_text(script)
    described = [{"network": network_data(n), "weight": w, "start": s.tolist()} for n, w, s in cases]
    (tmp_path / "cases.json").write_text(json.dumps(described))
    command = ["node", str(tmp_path / "run.mjs"), str(tmp_path / "cases.json")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for (network, weight, start), states in zip(cases, json.loads(printed), strict=True):
        expected = trajectory_in_core(network, weight, start, 300)
        assert np.isfinite(expected).all()
        # Equal to the bit where the core's multiply-adds are fused as the page's are. Elsewhere they round apart, and a
        # swinging pole doubles what is between two trajectories several times a second.
        n = 300 if _core.instruction_set != "v2" else 60
        np.testing.assert_allclose(np.array(states)[:n], expected[:n], rtol=0, atol=1e-3)
