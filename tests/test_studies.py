"""The studies run: each in a tiny version, twice, so that the second time reads what the first kept."""

import argparse
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import wann
from wann.execution import Job
from wann.networks import Activation, Network

STUDIES = Path(__file__).parents[1] / "studies"

#: What makes each smaller than with --quick alone, and what its table must name.
TINY = {
    "how_agnostic": (["--generations", "2", "--searched", "cartpole-swingup"], "cartpole-swingup, searched"),
    "few_shots": (["--seeds", "1", "--generations", "2"], "all weights, fixed topology"),
    "one_shared_weight": (["--seeds", "1", "--budget", "64"], "tuned weights"),
    "activations": (["--seeds", "1", "--generations", "2", "--task", "cartpole-swingup", "--task", "digits"], "digits"),
    "against_others": (["--budget", "0.3"], "best draw, then its weights"),
    "against_convolution": (["--epochs", "1"], "usual CNN"),
    "no_gradient": (["--seeds", "1", "--generations", "1", "--task", "frozen lake", "--task", "job shop"], "at random"),
}
#: What several of them or one of them imports.
HELPERS = ("kit", "changed", "choices", "job_shop", "scorer")


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch):
    """A study's module by its name, imported as when it is run as a script."""
    monkeypatch.syspath_prepend(str(STUDIES))
    yield importlib.import_module
    for name in [*TINY, *HELPERS]:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", TINY)
def test_a_study_runs_and_goes_on(name, study, tmp_path, monkeypatch, capsys):
    if name == "against_convolution":
        pytest.importorskip("torch")
    options, named = TINY[name]
    files = ["--out", tmp_path / "rows.jsonl", "--figure", tmp_path / "figure.svg", "--threads", 1]
    more = ["--networks", tmp_path / "networks"] if name == "few_shots" else []
    monkeypatch.setattr(sys, "argv", [name, "--quick", *options, *map(str, files + more)])
    main = study(name).main
    main()
    first, rows, figure = capsys.readouterr().out, *((tmp_path / f).read_bytes() for f in ("rows.jsonl", "figure.svg"))
    assert named in first
    assert b"<svg" in figure
    main()
    again = capsys.readouterr().out
    assert (tmp_path / "rows.jsonl").read_bytes() == rows
    assert (tmp_path / "figure.svg").read_bytes() == figure
    assert first.endswith(again)
    monkeypatch.setattr(sys, "argv", [name, "--report", *map(str, files)])
    main()
    assert capsys.readouterr().out == again


def test_every_study_is_tried():
    mine = {path.stem for path in STUDIES.glob("*.py") if "from kit import" in path.read_text(encoding="utf-8")}
    assert mine - set(HELPERS) == set(TINY)


def test_studies_use_public_names_and_are_short():
    """They are examples: no private modules and names, and at most 200 lines."""
    for name in [*TINY, *HELPERS]:
        text = (STUDIES / f"{name}.py").read_text(encoding="utf-8")
        assert text.count("\n") <= 200, name
        for line in text.splitlines():
            if line.startswith(("from wann", "import wann")):
                module = line.split()[1]
                assert module.count(".") <= 1, line
                assert " _" not in line, line


def test_what_was_kept_is_read_again(study, tmp_path):
    kit = study("kit")
    arguments = argparse.Namespace(out=tmp_path / "a" / "rows.jsonl", quick=False, name="x")
    kept = kit.Kept(arguments)
    assert kept.get(lambda: {"score": 1.5}, seed=1, way="a")["score"] == 1.5
    assert kept.get(lambda: {"score": 2.5}, seed=2, way="a")["score"] == 2.5

    def refuse():
        raise AssertionError("it is known")

    assert kit.Kept(arguments).get(refuse, seed=1, way="a")["score"] == 1.5


def test_intervals(study):
    kit = study("kit")
    assert kit.interval([3.0]) == (3.0, 3.0, 3.0)
    mean, low, high = kit.interval([1.0, 2.0, 3.0, 4.0, 5.0])
    # Student's t with 4 degrees of freedom: 2.776 standard errors.
    assert mean == pytest.approx(3.0)
    assert (high - mean, mean - low) == pytest.approx((2.776 * np.sqrt(0.5),) * 2, rel=1e-3)
    assert kit.cell([1.0, 1.0], 1) == "1.0 [1.0, 1.0]"
    assert kit.cell([1.26], 1) == "1.3"
    assert kit.table(["a", "b"], [["x", 1]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_the_expected_rewards_of_policies_are_exact(study):
    """Against backups step by step, where chance decides and where it does not."""
    pytest.importorskip("gymnasium")
    module = study("choices")
    rng = np.random.default_rng(0)
    for name in ("frozen lake", "cliff"):
        task = module.ToyText(name)
        policies = rng.integers(0, len(task.outputs), (2, len(task.start)))
        expected = np.zeros((2, len(task.start)))
        states = np.arange(len(task.start))
        for row, policy in enumerate(policies):
            value = expected[row]
            for _ in range(task.limit):
                after = task.reward + task.goes_on * value[task.next]
                value = (task.p * after).sum(axis=-1)[states, policy]
            expected[row] = value
        np.testing.assert_allclose(task.values(policies), expected @ task.start)
        assert (task.values(policies) <= task.references()["optimum"] + 1e-9).all()


def test_programs_are_what_their_names_say(study):
    """Against answers bit by bit."""
    pytest.importorskip("gymnasium")
    module = study("choices")
    answers = {
        "parity of 5 bits": lambda bits: sum(bits) % 2,
        "majority of 7 bits": lambda bits: int(sum(bits) >= 4),
        "multiplexer of 6 bits": lambda bits: bits[2:][int(f"{int(bits[0])}{int(bits[1])}", 2)],
    }
    for name, answer in answers.items():
        task, whole = module.Program(name), module.Program(name, whole=True)
        assert len({tuple(row) for row in task.x.tolist()}) == len(task.x) == 2 ** len(task.inputs)
        assert task.y.tolist() == [answer(row) for row in task.x.tolist()]
        assert whole.y.tolist() == task.y.tolist()
        assert (whole.x == np.eye(len(task.x))).all()


def test_schedules_are_those_of_a_plain_simulation(study):
    """Against one that looks at one job after the other, and no schedule beats the lower bound."""
    module = study("job_shop")
    routes, durations = module.instances(np.arange(4, dtype=np.uint64))
    assert (np.sort(routes, axis=-1) == np.arange(module.MACHINES)).all()
    rules = {
        "shortest": lambda seen: -seen[..., 0],
        "work left": lambda seen: seen[..., 1],
        "waited": lambda seen: seen[..., 3],
    }
    for name, rule in rules.items():
        ends = module.makespans(routes, durations, rule)
        assert ends.tolist() == [
            plain_makespan(*shop, name) for shop in zip(routes.tolist(), durations.tolist(), strict=True)
        ]
        assert (ends >= module.lower_bounds(routes, durations)).all()


def plain_makespan(route: list[list[int]], duration: list[list[int]], rule: str) -> int:
    """One instance, in plain loops."""
    n, m = len(route), len(route[0])
    done, ready, free = [0] * n, [0] * n, [0] * m
    for _ in range(n * m):
        starts = {j: max(ready[j], free[route[j][done[j]]]) for j in range(n) if done[j] < m}
        now = min(starts.values())
        priority = {
            "shortest": lambda j: -duration[j][done[j]],
            "work left": lambda j: sum(duration[j][done[j] :]),
            "waited": lambda j, now=now: now - ready[j],
        }[rule]
        job = max((j for j in starts if starts[j] == now), key=lambda j: (priority(j), -j))
        ready[job] = free[route[job][done[job]]] = now + duration[job][done[job]]
        done[job] += 1
    return max(ready)


def test_a_network_schedules_as_the_rule_that_it_computes(study):
    """One connection from the duration: at the weight -1 the shortest operation is first."""
    module = study("job_shop")
    task, seeds = module.JobShop(), np.arange(3, dtype=np.uint64)
    network = Network(
        inputs=task.inputs, outputs=task.outputs, hidden=[], connections=[(1, 7)], output_activations=Activation.LINEAR
    )
    shops = module.instances(seeds)
    ends = module.makespans(*shops, lambda seen: -seen[..., 0])
    expected = 100 * (1 - ends / module.lower_bounds(*shops))
    shared = task.rollout([network], np.full(3, -1, dtype=np.float32), seeds).rewards[0]
    own = task.rollout([network, network], np.full((3, 1), -1, dtype=np.float32), seeds).rewards
    np.testing.assert_allclose(shared, expected)
    np.testing.assert_allclose(own, [expected, expected])


def test_the_walker_and_the_car_are_changed_as_told(study):
    """One environment of each change beside the unchanged one, with the same actions."""
    pytest.importorskip("Box2D")
    module = study("changed")
    for make, action, changes in (
        (module.walker, [0.3, -0.4, 0.9, 0.2], module.CHANGES["bipedal-walker"]),
        (module.car, [0.1, 0.9, 0.0], module.CHANGES["car-racing"]),
    ):
        first, *others = [after_steps(make(**physics), np.array(action, dtype=np.float32)) for physics in changes.values()]
        for other, name in zip(others, list(changes)[1:], strict=True):
            assert not np.allclose(first, other, atol=1e-4), name
    weaker, halved = (after_steps(module.walker(**m), a * np.ones(4)) for m, a in (({"motors": 0.5}, 1.0), ({}, 0.5)))
    np.testing.assert_array_equal(weaker, halved)


def after_steps(task, action: np.ndarray) -> list[float]:
    """Where the hull is, and how fast, after 25 steps with one action, where the environment comes from another process."""
    cloudpickle = pytest.importorskip("cloudpickle")
    with task, cloudpickle.loads(cloudpickle.dumps(task)) as elsewhere:
        env = elsewhere.make_env()
        env.reset(seed=0)
        for _ in range(25):
            env.step(action.astype(np.float32))
        body = getattr(env.unwrapped, "car", env.unwrapped).hull
        numbers = [*body.position, *body.linearVelocity, body.angle]
        env.close()
    return numbers


@pytest.mark.parametrize("adapting", [True, False])
def test_what_a_search_on_varied_dynamics_is_told(study, adapting):
    """The second episode of each dynamics counts, at the weight that the first told: its own, or that of all together."""
    module = study("changed")
    task = wann.make_task("cartpole-swingup")
    config = wann.preset(task, population=6, generations=1, islands=1, island_culls=())
    networks = list(wann.Search(task, config, seed=1).ask())
    weights, seeds = (-1.6, 0.4, 1.6), np.arange(6, dtype=np.uint64)
    job = Job(networks=networks, weights=np.repeat(weights, 6).astype(np.float32), seeds=np.tile(seeds, 3))
    told = module.Varied(adapting, threads=1).run_each(task, [job])[0].rewards
    assert told.shape == (6, 18)
    assert (told == told[:, :1]).all()
    rng, tried, counts = np.random.default_rng(seeds), [], []
    for first, second in seeds.reshape(-1, 2):
        physics = {name: value * 2 ** float(rng.uniform(-1, 1)) for name, value in module.USUAL.items()}
        other = wann.make_task("cartpole-swingup", **physics)
        for episode, kept in ((first, tried), (second, counts)):
            kept.append(other.rollout(networks, np.array(weights, dtype=np.float32), np.full(3, episode)).rewards)
    for i, reward in enumerate(told[:, 0]):
        together = int(np.argmax(sum(t[i] for t in tried)))
        picks = [int(np.argmax(t[i])) if adapting else together for t in tried]
        assert reward == pytest.approx(np.mean([c[i, k] for c, k in zip(counts, picks, strict=True)]))


def test_the_study_of_ingredients_goes_on_and_compares_with_the_default(study, tmp_path, monkeypatch, capsys):
    rows = tmp_path / "rows.jsonl"
    command = "ingredients cartpole-swingup --share 0.002 --seeds 1 --only default,nothing --threads 1 --out"
    monkeypatch.setattr(sys, "argv", [*command.split(), str(rows)])
    main = study("ingredients").main
    main()
    first, kept = capsys.readouterr().out, rows.read_bytes()
    assert "less the default preset" in first
    main()
    assert rows.read_bytes() == kept
    assert first.endswith(capsys.readouterr().out)
