"""Every public function and constructor with arguments of every wrong type: one line, or acceptance."""

import inspect
from typing import Any

import numpy as np
import pytest

import wann
from wann import export
from wann.tasks import registry
from wann.tasks.data.samples import DataTask


@pytest.fixture(autouse=True)
def no_task_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is registered here is no task, and other tests make all that are registered."""
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))


#: Names that are no functions, errors, enumerations and protocols of Python, and records that the package makes.
NOT_CALLED = {
    "PRESET_NAMES", "WEIGHT_VALUES",
    "Activation",
    "EpisodeError", "WannError",
    "Task", "VectorTask",
    "Champion", "ClassifierEvaluation", "Comparison", "Evaluation", "Generation", "History", "NeatGeneration",
    "Quantization",
    "RefinementRound", "Rollouts", "Score",
    "SharedWeight", "TuningGeneration", "WeightProfile",
    "Adaptation", "Attempt",
    "Baseline", "Budget", "ClassifierComparison", "ClassifierTraining", "Fit", "RegressionEvaluation", "Row",
    "TrainedWeights",
    "Formula", "PolicyParts", "TARGETS",
}  # fmt: skip

TASK = wann.make_task("cartpole-swingup")
NETWORK = wann.networks.fully_connected(TASK.inputs, TASK.outputs, [2]).with_tuning(shared_weight=1.0, weights=np.ones(15))
X = np.random.default_rng(0).normal(size=(30, 2))
Y = (X[:, 0] > 0).astype(int)
DATA = wann.tasks.Classification(X, Y, batch=10)
CLASSIFIER = wann.networks.fully_connected(DATA.inputs, DATA.outputs, [])
SMALL = wann.preset(TASK.name, population=4, generations=1, islands=1, island_culls=(), episodes=1, confirm_episodes=1)
BATCH = wann.Search(TASK, SMALL).ask().batch
ONE = {"seed": 0, "threads": 1}
EVALUATOR = wann.execution.Threads(1)


class Opaque:
    """An object that says nothing."""

    def __repr__(self) -> str:
        return "an\nopaque object"


#: What is tried for every argument; for some, some of it is right.
VALUES: dict[str, Any] = {
    "None": None,
    "a truth value": True,
    "an integer": 3,
    "a negative integer": -3,
    "an enormous integer": 10**5000,
    "a number": 1.5,
    "a large number": 1e300,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a complex number": 1j,
    "text": "text",
    "no text": "",
    "control characters": "\x1b[31m\n",
    "bytes": b"bytes",
    "an empty list": [],
    "a list of numbers": [1.5, -2.5],
    "a list of texts": ["a", "b"],
    "a mixed list": [1, "a", None],
    "a ragged list": [[1, 2], [3]],
    "a list of NaN": [float("nan")],
    "a dictionary": {"a": 1},
    "a dictionary with a number as key": {1: 1},
    "a set": {1, 2},
    "an object": Opaque(),
    "a class": Opaque,
    "a network": NETWORK,
    "a task": TASK,
    "a module": np,
    "an array of times": np.array(["2020-01-01"], dtype="M8[D]"),
    "an array of records": np.array([(1, 2.0)], dtype="i4,f8"),
    "an array of objects": np.array([Opaque()], dtype=object),
    "an array without dimensions": np.array(3),
    "an array of 3 dimensions": np.zeros((2, 2, 2)),
}

NETWORK_PARTS = {
    "inputs": ["a", "b"], "outputs": ["c"], "hidden": ["tanh"], "output_activations": "tanh",
    "connections": [(1, 3), (3, 4)], "recurrent": [False, True], "weights": [1.0, 2.0], "shared_weight": 1.0, "metadata": {},
}  # fmt: skip
SCORED: dict[str, Any] = {"network": NETWORK, "task": TASK, **ONE, "report": None}
DATA_PARTS = {"X": X, "y": Y, "held_out": (X, Y), "batch": 10, "inputs": ["a", "b"], "name": "data"}

WALKER = wann.zoo.load("bipedal-walker")
EXPORTED: dict[str, Any] = {
    "network": WALKER, "weight": 1.0, "policy": wann.tasks.policy_parts(WALKER, wann.make_task("bipedal-walker"))
}  # fmt: skip

#: A name, what is called, and arguments with which it works.
CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("Network", wann.Network, NETWORK_PARTS),
    ("Network.__call__", NETWORK, {"x": np.zeros(5), "weight": 1.0}),
    ("Network.__call__", NETWORK, {"x": np.zeros(5), "weights": np.ones(15), "threads": 1}),
    (
        "Network.step",
        NETWORK.step,
        {"x": np.zeros(5), "memory": np.zeros(0), "weight": 1.0, "weights": None, "threads": 1},
    ),
    ("policy", wann.tasks.policy, {"network": NETWORK, "task": TASK, "weight": 1.0}),
    ("policy_parts", wann.tasks.policy_parts, {"network": WALKER, "task": wann.make_task("bipedal-walker")}),
    ("to_onnx", export.to_onnx, EXPORTED),
    ("to_c", export.to_c, {**EXPORTED, "name": "walker"}),
    ("to_python", export.to_python, EXPORTED),
    ("to_formula", export.to_formula, {"network": NETWORK, "weight": 1.0}),
    ("to_dot", export.to_dot, {"network": NETWORK, "weight": 1.0}),
    ("to_graphml", export.to_graphml, {"network": NETWORK, "weight": 1.0}),
    ("Network.with_tuning", NETWORK.with_tuning, {"weights": np.ones(15), "shared_weight": 1.0}),
    ("Network.same_topology", NETWORK.same_topology, {"other": NETWORK}),
    ("Networks", wann.networks.Networks, {"batch": BATCH, "inputs": TASK.inputs, "outputs": TASK.outputs}),
    ("task_for", wann.tasks.task_for, {"network": NETWORK, "name": TASK.name, "options": {}}),
    ("Search", wann.Search, {"task": TASK, "config": SMALL, **ONE, "start": [NETWORK], "on_generation": ()}),
    ("SearchConfig", wann.SearchConfig, SMALL.to_dict()),
    ("SearchConfig.from_dict", wann.SearchConfig.from_dict, {"data": SMALL.to_dict()}),
    ("Classification", wann.tasks.Classification, DATA_PARTS),
    ("Regression", wann.tasks.Regression, {**DATA_PARTS, "outputs": ["z"]}),
    ("Classification.score", DATA.score, {"networks": [CLASSIFIER], "weights": [1.0], "threads": 1}),
    ("available_tasks", wann.tasks.available_tasks, {}),
    ("compare", wann.scoring.compare, {
        "task": TASK, "network": NETWORK, "config": SMALL, "budget": 1, "tuning_generations": 1, "hidden_layers": [2],
        "neat": False, "trials": 2, "episodes_per_trial": 1, **ONE, "stages": wann.scoring.Stages(), "report": None,
    }),
    ("Stages", wann.scoring.Stages, {"path": None, "asked": {"seed": 1}}),
    ("evaluate", wann.evaluate, {**SCORED, "episodes": 2, "weights": [1.0], "episodes_per_trial": 1}),
    ("fully_connected", wann.networks.fully_connected, {
        "inputs": ["a"], "outputs": ["b"], "hidden_layers": [2], "activation": "tanh", "output_activation": "tanh"
    }),
    ("make_task", wann.make_task, {}),
    ("preset", wann.preset, {"task": TASK.name, "name": "default"}),
    ("quantized", wann.networks.quantized, {"network": NETWORK, "step": 1.0, "rng": None}),
    ("register_task", wann.tasks.register_task, {
        "name": "registered by a test", "make": lambda: TASK, "summary": "", "presets": {}
    }),
    ("evaluate_classifier", wann.scoring.evaluate_classifier, {
        "network": CLASSIFIER, "task": DATA, "weights": [1.0], "draws": 2, **ONE
    }),
    ("weight_profile", wann.scoring.weight_profile, {**SCORED, "low": -1.0, "high": 1.0, "points": 3, "episodes": 2}),
    ("tune_shared_weight", wann.training.tune_shared_weight, {
        **SCORED, "low": -1.0, "high": 1.0, "points": 3, "episodes": 2
    }),
    ("tune", wann.tune, {
        **SCORED, "generations": 1, "population": 4, "confirm_episodes": 2, "method": "both", "epochs": None
    }),
    ("best_shared_weight", wann.training.best_shared_weight, {
        "network": CLASSIFIER, "task": DATA, "low": -1.0, "high": 1.0, "points": 3, "threads": 1
    }),
    ("train_classifier", wann.training.train_classifier, {
        "network": CLASSIFIER, "task": DATA, "method": "cma", "trains": True, "epochs": None, "sweep": {"points": 3},
        "by_cma": lambda start, fit: (start.with_tuning(weights=np.ones(6)), False), "progress": None, **ONE
    }),
    ("compare_classifiers", wann.scoring.compare_classifiers, {
        "task": DATA, "network": CLASSIFIER, "config": SMALL, "draws": 2, **ONE, "report": None
    }),
    ("evaluate_rewards", wann.scoring.evaluate_rewards, {
        **SCORED, "episodes": 2, "weights": [1.0], "episodes_per_trial": 1
    }),
    ("WeightTuning", wann.training.WeightTuning, {
        "network": NETWORK, "task": TASK, **ONE, "population": 4, "episodes": 1, "confirm_episodes": 1, "sigma": 0.2,
        "start": np.zeros(15), "scales": [1.0], "step": 0.5, "max_connections": 99, "step_cost": 0.1, "spent": None,
        "sweep": False,
    }),
    ("quantize", wann.quantize, {
        **SCORED, "max_connections": 99, "weights": [1.0], "steps": 2, "roundings": 1, "episodes": 1, "generations": 0
    }),
    ("adapt", wann.adapt, {
        "network": NETWORK, "task": TASK, **ONE, "episodes": 1, "former": TASK, "low": -1.0, "high": 1.0,
    }),
    ("Neat", wann.scoring.Neat, {
        "task": TASK, **ONE, "population": 4, "episodes": 1, "confirm_episodes": 1,
        "activations": (wann.networks.Activation.TANH,),
    }),
    ("Refinement", wann.search.Refinement, {"network": NETWORK, "task": TASK, **ONE, "weights": [1.0], "n_neighbours": 8}),
    ("refine", wann.refine, {"network": NETWORK, "task": TASK, **ONE, "rounds": 1, "report": None, "n_neighbours": 8}),
]  # fmt: skip

for _, _call, _parts in CASES:
    if "evaluator" in inspect.signature(_call).parameters:
        _parts["evaluator"] = EVALUATOR

#: Wrong values that these arguments still take, or answer with another exception.
EACH = [
    pytest.param(name, call, parts, argument, id=f"{name}({argument})")
    for name, call, parts in CASES
    for argument in parts
]  # fmt: skip


def refused(call: Any, *positional: Any, **arguments: Any) -> str | None:
    """The line of a refusal; None where the call works."""
    line = None
    try:
        call(*positional, **arguments)
    except wann.WannError as error:
        line = str(error)
    assert line is None or (line.isprintable() and len(line) < 600)
    return line


def test_every_public_callable_is_tried() -> None:
    tried = {name.partition(".")[0] for name, _, _ in CASES} | {"GymnasiumTask", "EnvPoolTask", "train_by_gradient"}
    tried |= {"TensorBoard", "WeightsAndBiases"}  # their packages have a say, too: see test_search_history.py
    tried |= {"write", "from_torch", "to_torch", "to_torch_source"}  # paths, and what needs PyTorch
    packages = (wann, wann.networks, wann.tasks, wann.search, wann.training, wann.scoring, export)
    assert tried | NOT_CALLED == {name for package in packages for name in package.__all__}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "call", "parts", "argument"), EACH)
def test_a_wrong_type_is_refused_in_one_line_or_accepted(name: str, call: Any, parts: dict[str, Any], argument: str) -> None:
    n_accepted = 0
    for what, value in VALUES.items():
        if argument in ("report", "by_cma", "progress") and what == "a class":
            continue  # it can be called, and what it says to that is its own affair
        try:
            n_accepted += refused(call, **parts | {argument: value}) is None
        except Exception as error:
            raise AssertionError(f"{name} with {what} as {argument}") from error
    assert n_accepted < len(VALUES) / 2


@pytest.mark.parametrize(("name", "call", "parts"), CASES, ids=[name for name, _, _ in CASES])
def test_the_arguments_of_the_cases_are_right_and_all(
    name: str, call: Any, parts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wann.tasks.registry._entries", {})
    if name not in ("make_task", "task_for"):  # there are no tasks any more
        assert refused(call, **parts) is None
    named = {
        p.name for p in inspect.signature(call).parameters.values() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
    assert name.startswith("Network.__call__") or named - {"where"} <= set(parts)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("argument", ["environment", "observation_scaling", "time_limit", "encoder", "past", "pedals"])
def test_gymnasium_task(argument: str) -> None:
    pytest.importorskip("gymnasium")
    parts = {"environment": "CartPole-v1", "observation_scaling": False, "time_limit": 1.5} | {argument: None}
    for what, value in VALUES.items():
        if (argument, what) == ("environment", "a class"):
            continue
        try:
            refused(wann.tasks.GymnasiumTask, **parts | {argument: value})
        except Exception as error:
            raise AssertionError(f"GymnasiumTask with {what} as {argument}") from error


@pytest.mark.parametrize("name", ["to_torch", "to_torch_source", "from_torch"])
def test_export_to_torch(name: str) -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    parts = {"module": export.to_torch(WALKER), "network": WALKER} if name == "from_torch" else EXPORTED
    assert refused(getattr(export, name), **parts) is None
    for argument in parts:
        taken = [
            what for what, value in VALUES.items() if refused(getattr(export, name), **parts | {argument: value}) is None
        ]
        assert len(taken) < len(VALUES) / 2


@pytest.mark.parametrize("argument", ["network", "path", "to", "weight", "policy"])
def test_export_write(argument: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parts = {**EXPORTED, "path": "a.c", "to": "c"}
    taken = [what for what, value in VALUES.items() if refused(export.write, **parts | {argument: value}) is None]
    assert len(taken) < len(VALUES) / 2


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("argument", ["rewards", "networks"])
def test_search_tell(argument: str) -> None:
    for what, value in VALUES.items():
        search = wann.Search(TASK, SMALL, **ONE)
        try:
            rewards = np.zeros((4, len(search.weights()), 1))
            line = refused(search.tell, **{"rewards": rewards} | {argument: value})
        except Exception as error:
            raise AssertionError(f"Search.tell with {what} as {argument}") from error
        assert line or (argument, what) == ("networks", "None")


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_number_of_generations_is_an_integer(value: Any) -> None:
    search = wann.Search(TASK, SMALL, **ONE)
    line = refused(search.run, value)
    assert line is None if value is None or value is VALUES["an integer"] else "generations is" in str(line)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_paths_are_text_or_paths(value: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for call in (NETWORK.save, wann.Network.load):
        try:
            line = refused(call, value)
        except OSError:
            assert isinstance(value, str)
        else:
            assert line is None if isinstance(value, str) and value else "it must be the path of a file" in str(line)


def two_classes(x: Any = X, y: Any = Y, **options: Any) -> wann.tasks.Classification:
    return wann.tasks.Classification(x, y, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wann.Network(**NETWORK_PARTS | {"inputs": None}), "inputs: expected a list of names, got None"),
        (lambda: wann.Network(**NETWORK_PARTS | {"hidden": 3}), "hidden: expected a list of activations, got 3"),
        (
            lambda: wann.Network(**NETWORK_PARTS | {"output_activations": 1.5}),
            "output_activations: expected a list of activ",
        ),
        (lambda: wann.Network(**NETWORK_PARTS | {"metadata": [1]}), "metadata is [1]; it must be a dictionary"),
        (
            lambda: wann.Network(**NETWORK_PARTS | {"shared_weight": 1e300}),
            "shared_weight is 1e+300; it must be a number fin",
        ),
        (lambda: wann.Network(**NETWORK_PARTS | {"shared_weight": True}), "shared_weight is True"),
        (lambda: wann.Network.load("zoo:cartpole-swingup"), "here: wann.zoo.load('cartpole-swingup')"),
        (
            lambda: wann.Search("cartpole-swingup"),
            "task is 'cartpole-swingup'; it must be a task: wann.make_task('cartpole-",
        ),
        (lambda: wann.Search(type(TASK)), "task is the class CartPoleSwingUp; it must be a task, an object of that class"),
        (lambda: wann.Search(Opaque()), "task is an opaque object; it must be a task, but has no name, inputs, outputs"),
        (
            lambda: wann.Search(TASK, {"population": 4}),
            "config is {'population': 4}; it must be a wann.SearchConfig, such as",
        ),
        (lambda: wann.Search(TASK, SMALL, start="zoo"), "start: expected a list of networks, got 'zoo'"),
        (lambda: wann.Search(TASK, SMALL, start=NETWORK), "start: expected a list of networks, got Network(5 inputs"),
        (lambda: wann.make_task(None), "the task's name is None; it must be text"),
        (lambda: wann.preset(None), "task is None; it must be a task, but has no name"),
        (lambda: wann.evaluate(None, TASK), "network is None; it must be a wann.Network"),
        (lambda: wann.evaluate("zoo:x", TASK), "network is 'zoo:x'; it must be a wann.Network: wann.zoo.load('x')"),
        (
            lambda: wann.evaluate("x.json", TASK),
            "network is 'x.json'; it must be a wann.Network: wann.Network.load('x.json')",
        ),
        (lambda: wann.evaluate(NETWORK, TASK.name), "task is 'cartpole-swingup'; it must be a task: wann.make_task('cartpo"),
        (lambda: wann.evaluate(NETWORK, TASK, weights=[1e39]), "weights: 1e+39 is not a finite number in float32"),
        (lambda: two_classes(y=["a", 1] * 15), "y: row 1 is 1 and others are like 'a'; classes are all text"),
        (lambda: two_classes(y=[None, 1] * 15), "y: row 0 is None"),
        (lambda: two_classes(y=["a", float("nan")] * 15), "y: row 1 is nan and others are like 'a'"),
        (lambda: two_classes(name=None), "name is None; it must be text"),
        (lambda: two_classes(inputs=[1, 2]), "inputs: expected a list of names, got 1 among them"),
        (lambda: two_classes(inputs=["a", "a"]), "inputs: 'a' stands twice"),
        (lambda: two_classes(x=X.astype("M8[s]")), "X: column 0 holds other things than numbers (datetime.datetime"),
        (lambda: two_classes(x=np.zeros(30, dtype="i4,f8")), "X: expected an array of numbers"),
        (lambda: two_classes(held_out=(X, Y, Y)), "held_out is (array("),
        (lambda: two_classes(held_out=(X, ["a"] * 30)), "the held-out y holds the class 'a', which y does not have"),
        (lambda: wann.tasks.Regression(X, Y, outputs=["a", "b"]), "2 names of outputs for 1 targets"),
        (lambda: wann.tasks.Regression(X, Y, held_out=(X, X)), "the held-out y has 2 targets for each sample; expected 1"),
        (lambda: DATA.score([NETWORK], [1.0]), "the network has 5 inputs, but classification needs 2"),
        (lambda: DATA.score([CLASSIFIER], [1e39]), "weights: at least one is needed, and all must be finite in float32"),
        (
            lambda: TASK.rollout([CLASSIFIER], np.ones(1, "f4"), np.ones(1, "u8")),
            "the network has 2 inputs, but cartpole-sw",
        ),
        (
            lambda: wann.SearchConfig.from_dict({"populaton": 3}),
            "unknown setting 'populaton'; did you mean 'population'? there",
        ),
        (
            lambda: wann.make_task("cartpole-swingpu"),
            "unknown task 'cartpole-swingpu'; did you mean 'cartpole-swingup'? avail",
        ),
        (lambda: wann.make_task("gymnasum:A-v1"), "did you mean 'gymnasium:A-v1'?"),
        (lambda: wann.make_task("digits", foo=1), "digits has no option 'foo'; there are batch"),
        (lambda: wann.make_task("cartpole-swingup", foo=1), "cartpole-swingup has no option 'foo'; there are velocities"),
        (lambda: wann.make_task("x.csv", foo=1), "x.csv has no option 'foo'; there are target, kind, ignore, held_out"),
        (lambda: wann.make_task("mnist", folder=5), "folder is 5; it must be the path of a file"),
        (lambda: wann.preset("cartpole-swingpu"), "there is no task 'cartpole-swingpu'; did you mean 'cartpole-swingup'?"),
        (lambda: wann.preset("gymnasum:CartPole-v1"), "there is no task 'gymnasum:CartPole-v1'; did you mean 'gymnasium'?"),
        (lambda: wann.Network(**NETWORK_PARTS | {"hidden": ["x" * 5000]}), "unknown activation 'xxx"),
    ],
)
def test_what_the_line_says(call: Any, message: str) -> None:
    assert message in str(refused(call))


@pytest.mark.parametrize(
    ("call", "parts", "argument"),
    [
        pytest.param(call, parts, argument, id=f"{name}({argument})")
        for name, call, parts in CASES
        for argument in ("network", "task")
        if argument in parts and name != "preset"  # which takes a task's name
    ],
)
def test_a_name_in_place_of_a_network_or_a_task_is_told_how_to_load_it(
    call: Any, parts: dict[str, Any], argument: str
) -> None:
    said = {
        "network": {"zoo:mnist": "wann.zoo.load('mnist')", "x.json": "wann.Network.load('x.json')"},
        "task": {"cartpole-swingup": "wann.make_task('cartpole-swingup')"},
    }
    for text, how in said[argument].items():
        assert str(refused(call, **parts | {argument: text})).endswith(how)


@pytest.mark.parametrize("reward", [1e308, float("nan"), float("-inf")])
def test_a_search_is_not_told_what_it_cannot_add_up(reward: float) -> None:
    search = wann.Search(TASK, SMALL, **ONE)
    n_weights = len(search.weights())
    rewards = np.zeros((4, n_weights, 1))
    rewards[2, 1] = reward
    assert f"network 2 has the reward {reward} at the weight {search.weights()[1]:g}" in str(refused(search.tell, rewards))
    assert "1 networks are told about; ask gave 4" in str(refused(search.tell, np.zeros((4, n_weights, 1)), [NETWORK]))
    assert search.generation == 0
    assert search.tell(np.zeros((4, n_weights, 1)), search.ask()).generation == 0


@pytest.mark.parametrize("name", ["my-walker", "digits-2", "cartpole-swingup-with-friction", "runner", ""])
def test_names_of_ones_own_tasks_get_the_usual_settings(name: str) -> None:
    assert wann.preset(name) == wann.SearchConfig()


def test_a_task_of_ones_own_may_be_named_nearly_like_another() -> None:
    class Near(type(TASK)):  # type: ignore[misc]
        name = "cartpole-swingpu"

    assert wann.Search(Near(), **ONE).config == wann.preset(TASK.name)  # its presets are what it inherits


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("inputs", "abcde", "a task: inputs: expected a list of names, got 'abcde'"),
        ("outputs", [], "a task: outputs: a task needs at least one output"),
        ("name", 5, "the task's name is 5"),
        (
            "output_activation",
            "tanh",
            "a task: an activation is 'tanh'; it must be a wann.networks.Activation, such as wann",
        ),
        ("hidden_activations", None, "a task: hidden_activations: expected a list of activations, got None"),
        ("rollout", lambda *_, **__: [1.0], "a task gave [1.0] as rollouts; expected wann.tasks.Rollouts"),
    ],
)
def test_a_task_of_ones_own_is_checked(part: str, value: Any, message: str) -> None:
    task = type("Own", (type(TASK),), {"name": "a task", part: value})()
    assert message in str(refused(lambda: list(wann.Search(task, SMALL, **ONE).run())))


def test_numbers_of_every_kind_are_taken() -> None:
    network = wann.Network(**NETWORK_PARTS | {"shared_weight": np.float32(1.5), "weights": np.array([1, 2], dtype=object)})
    assert network.shared_weight == 1.5
    config = wann.SearchConfig(population=np.int64(4), cull=np.float64(0.1), weights=np.array([1, 2]))
    assert [type(v) for v in (config.population, config.cull, config.weights[0])] == [int, float, float]
    assert isinstance(two_classes(y=[2**70, 2**70 + 1] * 15), DataTask)


def test_exact_labels() -> None:
    for labels in ([2**63, 1], [2**63 + 1, 2**63], [2 * 10**19, 3 * 10**19], [-(2**63), 2**63], [2**53, 2**53 + 1]):
        task = two_classes(y=labels * 15, held_out=(X, labels[::-1] * 15))
        assert task.outputs == tuple(map(str, sorted(labels)))
        assert np.bincount(task.y).tolist() == [15, 15]
        assert (task.held_out.y != task.y).all()
