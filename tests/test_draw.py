"""Pictures: what stands in them, that they do not overlap, and that they repeat to the byte."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wann
from conftest import random_network
from wann.networks.network import Network
from wann.runs import Run, RunSettings
from wann.scoring.classification import evaluate_classifier
from wann.show.pictures import draw_classes, draw_curves, draw_history, draw_network, draw_pareto, evaluate_by_weight
from wann.show.pictures.history import pareto_front
from wann.show.pictures.image import image_shape, part_for
from wann.show.pictures.layout import isotonic, lay_out
from wann.show.pictures.style import ACTIVATION_COLOURS, SHORT_NAMES, glyph
from wann.show.report.data import report_data


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


@pytest.mark.parametrize("n_hidden", [0, 1, 5, 12, 30, 60])
def test_layout_keeps_nodes_and_routes_apart(rng, n_hidden):
    for _ in range(3):
        network = random_network(rng, n_hidden=n_hidden, n_outputs=2)
        layout = lay_out(network)
        source, target = network.connections.T
        assert (layout.layers[source] < layout.layers[target]).all()
        assert (layout.layers[: 1 + network.n_inputs] == 0).all()
        assert (layout.layers[-2:] == layout.layers.max()).all()
        for layer in range(layout.layers.max() + 1):
            assert (np.diff(np.sort(layout.y[layout.layers == layer])) > 0.999).all()
        for (a, b), route in zip(network.connections, layout.routes, strict=True):
            np.testing.assert_allclose(route[[0, -1]], [[layout.x[a], layout.y[a]], [layout.x[b], layout.y[b]]])


def test_layout_keeps_the_order_of_inputs_and_outputs(rng):
    layout = lay_out(random_network(rng, n_inputs=9, n_outputs=4))
    assert (np.diff(layout.y[:10]) > 0).all()
    assert (np.diff(layout.y[-4:]) > 0).all()


def test_layout_of_a_tree_has_no_crossings():
    # Hidden nodes 5, 6 and 7 each take one input, numbered against the inputs' order.
    network = Network(
        inputs=["a", "b", "c", "d"],
        outputs=["y"],
        hidden=["tanh"] * 3,
        output_activations="tanh",
        connections=[(4, 5), (3, 6), (1, 7), (5, 8), (6, 8), (7, 8)],
    )
    y = lay_out(network).y
    assert y[7] < y[6] < y[5]


def wide_network(n_hidden: int, n_inputs: int = 24) -> Network:
    """One hidden layer; every node has an input of its own, and the inputs' order."""
    first = 1 + n_inputs
    hidden = range(first, first + n_hidden)
    connections = [(1 + i * n_inputs // n_hidden, node) for i, node in enumerate(hidden)]
    return Network(
        inputs=[f"sensor_{i}" for i in range(n_inputs)],
        outputs=["y"],
        hidden=["inverse"] * n_hidden,
        output_activations="linear",
        connections=[*connections, *[(node, first + n_hidden) for node in hidden], (n_inputs, first + n_hidden)],
    )


def test_a_wide_layer_takes_several_columns():
    network = wide_network(113)
    layout = lay_out(network)
    hidden = slice(25, 25 + 113)
    assert layout.height < 32
    assert set(layout.x[hidden]) == {1, 2, 3, 4}
    for column in range(1, 5):
        assert (np.diff(np.sort(layout.y[hidden][layout.x[hidden] == column])) > 0.999).all()
    # What passes the layer passes all of its columns on its own height.
    (passing,) = [route for route in layout.routes if (route[0, 0], route[-1, 0]) == (0, 5)]
    np.testing.assert_allclose(passing[1:-1, 0], [1, 4])
    assert passing[1, 1] == passing[2, 1]
    assert all((np.diff(route[:, 0]) > 0).all() for route in layout.routes)


@pytest.mark.parametrize("n_inputs", [24, 100])
def test_every_input_has_its_name(n_inputs):
    figure = draw_network(wide_network(40, n_inputs))
    assert set(texts(figure)) >= {"bias", "y", *(f"sensor_{i}" for i in range(n_inputs))}


def test_the_legend_explains_widths_and_keeps_lines_together(rng):
    network = random_network(rng, n_hidden=30)
    figure = draw_network(network.with_tuning(weights=np.linspace(-1, 2, network.n_connections)))
    (axes,) = figure.axes
    places = {text.get_text(): text.get_position() for text in axes.texts}
    explained = [places[name] for name in ("positive", "negative", "the wider, the larger the tuned weight")]
    assert len({y for _, y in explained}) == 1
    assert "the wider" not in " ".join(texts(draw_network(network)))


def test_isotonic_is_the_least_squares_solution(rng):
    values = rng.normal(size=40)
    fitted = isotonic(values)
    assert (np.diff(fitted) >= 0).all()
    for _ in range(200):
        other = np.sort(fitted + rng.normal(scale=0.1, size=40))
        assert ((fitted - values) ** 2).sum() <= ((other - values) ** 2).sum() + 1e-12


def test_every_activation_has_a_colour_a_name_and_a_curve():
    for activation in wann.networks.Activation:
        assert activation in ACTIVATION_COLOURS
        assert activation in SHORT_NAMES
        curve = glyph(activation)
        assert np.abs(curve).max() <= 1 + 1e-9
    assert len(set(ACTIVATION_COLOURS.values())) == len(set(SHORT_NAMES.values())) == len(wann.networks.Activation)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_pictures_repeat_to_the_byte(tmp_path, rng, suffix):
    network = random_network(rng)
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    draw_network(network, first)
    network.draw(second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 1000


def test_names_are_shown_as_they_are(tmp_path):
    network = Network(
        inputs=["$x$", "<script>alert(1)</script>", "two\nlines"],
        outputs=["\\frac{1}{2}$"],
        hidden=[],
        output_activations="tanh",
        connections=[(1, 4), (2, 4)],
    )
    figure = draw_network(network, tmp_path / "n.svg")
    assert {"$x$", "<script>alert(1)</script>", "two lines", "\\frac{1}{2}$"} <= set(texts(figure))
    assert "<script" not in (tmp_path / "n.svg").read_text()


def test_unused_inputs_are_grey(rng):
    network = Network(inputs=["used", "unused"], outputs=["y"], hidden=[], output_activations="tanh", connections=[(1, 3)])
    colours = {t.get_text(): t.get_color() for t in draw_network(network).axes[0].texts}
    assert colours["unused"] == colours["bias"] != colours["used"]


def test_individual_weights_show_as_width_and_sign(rng):
    network = random_network(rng)
    tuned = network.with_tuning(weights=np.linspace(-1, 2, network.n_connections))
    widths = [w for c in draw_network(tuned).axes[0].collections[:2] for w in c.get_linewidths()]
    assert len(widths) == network.n_connections
    assert max(widths) > 3 * min(widths)
    assert {"positive", "negative"} <= set(texts(draw_network(tuned)))
    assert "negative" not in texts(draw_network(network))


def pixel_network(rng, side=8, n_outputs=3):
    names = [f"pixel {r},{c}" for r in range(side) for c in range(side)]
    n = side * side
    hidden = [(int(rng.integers(1, n + 1)), n + 1), (int(rng.integers(1, n + 1)), n + 2), (n + 1, n + 2)]
    outputs = [(n + 1 + i % 2, n + 3 + i) for i in range(n_outputs)] + [(1 + i, n + 3) for i in range(5)]
    return Network(
        inputs=names,
        outputs=[f"class {i}" for i in range(n_outputs)],
        hidden=["tanh", "relu"],
        output_activations="linear",
        connections=hidden + outputs,
    )


def test_pixels_stand_as_the_image(tmp_path, rng):
    network = pixel_network(rng)
    assert image_shape(network.inputs) == (8, 8)
    figure = draw_network(network, tmp_path / "n.svg")
    assert {"bias", "class 0"} <= set(texts(figure))
    assert "pixel 0,0" not in texts(figure)
    assert image_shape(["a 0,0", "a 0,1", "a 1,0"]) is None
    assert image_shape(["x", "y"]) is None
    assert image_shape([f"in {i}" for i in range(9)]) is None
    assert image_shape([f"p{r}_{c}" for r in range(1, 4) for c in range(1, 6)]) == (3, 5)


def test_the_part_for_one_output_computes_what_the_whole_does(rng):
    whole = random_network(rng, n_outputs=3, n_hidden=20)
    x = rng.normal(size=(50, 5))
    for i, name in enumerate(whole.outputs):
        part = part_for(whole, name)
        assert part.n_connections <= whole.n_connections
        np.testing.assert_array_equal(part(x, weight=0.7)[:, 0], whole(x, weight=0.7)[:, i])
    weights = rng.normal(size=whole.n_connections)
    tuned = whole.with_tuning(weights=weights)
    np.testing.assert_array_equal(part_for(tuned, "out 1")(x)[:, 0], tuned(x)[:, 1])
    with pytest.raises(wann.WannError, match="no output 'out 9'; it has out 0, out 1, out 2"):
        draw_network(whole, output="out 9")


def test_a_network_of_2000_connections_is_drawn_whole():
    network = wann.networks.fully_connected([f"in {i}" for i in range(24)], ["a", "b", "c", "d"], [38, 28])
    assert network.n_connections >= 2000
    (axes,) = draw_network(network).axes
    assert sum(len(c.get_paths()) for c in axes.collections) >= network.n_connections


def test_curves_of_a_search(tmp_path, swingup):
    metrics = [dataclasses.asdict(g) for g in wann.Search(swingup).run(3)]
    figure = draw_curves(metrics, tmp_path / "curves.svg")
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), [m["best_mean_reward"] for m in metrics])
    many = draw_curves([{**metrics[0], "generation": i} for i in range(5000)])
    assert len(many.axes[0].lines[0].get_xdata()) == 600
    with pytest.raises(wann.WannError, match="no generation"):
        draw_curves([])


def test_bad_endings_are_refused_before_anything_is_drawn(rng):
    with pytest.raises(wann.WannError, match=r"n\.gif: the name must end in \.svg, \.png or \.pdf"):
        draw_network(random_network(rng), "n.gif")


def test_what_a_legend_says_of_connections_stands_in_one_row():
    hidden = ["tanh", "relu", "sine", "cosine", "sigmoid"]
    for n_hidden in range(1, 6):
        network = Network(
            inputs=["a"],
            outputs=["b"],
            hidden=hidden[:n_hidden],
            output_activations="linear",
            connections=[*((1, 2 + i) for i in range(n_hidden)), *((2 + i, 2 + n_hidden) for i in range(n_hidden))],
            weights=[-1.0, *[1.0] * (2 * n_hidden - 1)],
        )
        places = {text.get_text(): text.get_position()[1] for text in draw_network(network).axes[0].texts}
        assert places["positive"] == places["negative"]


def test_drawing_leaves_no_trace_in_pyplot():
    code = (
        "import sys, wann, wann.show; assert 'matplotlib' not in sys.modules\n"
        "n = wann.networks.fully_connected(['a'], ['b'], [2]); n.draw()\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_line_draws(tmp_path: Path, rng):
    random_network(rng).save(tmp_path / "n.json")
    for name in ("n.svg", "n.pdf"):
        command = [sys.executable, "-m", "wann", "draw", str(tmp_path / "n.json"), "--out", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
        assert (tmp_path / name).stat().st_size > 1000


def test_the_pareto_front_holds_what_none_beats(rng):
    x, y = rng.integers(1, 30, 200).astype(float), rng.normal(size=200)
    front = pareto_front(x, y)
    beaten = [any((x <= a) & (y >= b) & ((x < a) | (y > b))) for a, b in zip(x, y, strict=True)]
    assert sorted(zip(x[front], y[front], strict=True)) == sorted(
        {(a, b) for a, b, k in zip(x, y, beaten, strict=True) if not k}
    )
    figure = draw_pareto(x, y, champion=(12, 4.0), history=([1, 2], [0.5, 0.7]))
    line = figure.axes[0].lines[0]
    assert sorted(zip(*line.get_data(), strict=True)) == sorted(zip(x[front], y[front], strict=True))
    assert "champion, confirmed on fresh episodes" in [t.get_text() for t in figure.legends[0].get_texts()]
    with pytest.raises(wann.WannError, match="expected one of each"):
        draw_pareto([1, 2], [1.0])


def test_the_history_tells_the_operators(tmp_path, rng):
    operators = ["none", "insert node", "add connection", "change activation", "enable connection", "mirror"]
    champions = [
        random_network(rng).with_metadata(generation=i, change={"operator": o}, search_score={"mean_reward": 10.0 * i})
        for i, o in enumerate(operators)
    ]
    figure = draw_history(champions, tmp_path / "history.png")
    assert {t.get_text() for t in figure.legends[0].get_texts()} == set(operators)
    with pytest.raises(wann.WannError, match="no champion of a run"):
        draw_history([random_network(rng)])


def test_pictures_of_a_run(cli, tmp_path):
    config = wann.SearchConfig(generations=4, population=32, confirm_episodes=4)
    with Run.create(tmp_path / "run", RunSettings(task="cartpole-swingup", config=config)) as run:
        for _ in run.generations():
            pass
    for picture in ("network", "curves", "history", "pareto", "profile"):
        path = tmp_path / f"{picture}.svg"
        command = ["evaluate", tmp_path / "run", "--plot", path]
        if picture != "profile":
            command = ["draw", tmp_path / "run", "--picture", picture, "--out", path]
        cli(*command)
        assert path.stat().st_size > 1000
    # A run from before populations were kept.
    (tmp_path / "run" / "population.json").unlink()
    cli("draw", tmp_path / "run", "--picture", "pareto", "--out", tmp_path / "old.svg")
    assert (tmp_path / "old.svg").read_bytes() != (tmp_path / "pareto.svg").read_bytes()
    cli("draw", tmp_path / "run", "--picture", "classes", status=2)
    cli("draw", "n.json", "--picture", "curves", status=2)


def test_the_pareto_front_marks_the_champion_with_its_latest_score(cli, tmp_path, monkeypatch):
    config = wann.SearchConfig(generations=4, population=32, confirm_episodes=4)
    with Run.create(tmp_path / "run", RunSettings(task="cartpole-swingup", config=config)) as run:
        for _ in run.generations():
            pass
    # Later confirmations of a champion change this file only.
    champion = Network.load(tmp_path / "run" / "champion.json")
    score = champion.metadata["search_score"] | {"mean_reward": 123.0}
    champion.with_metadata(search_score=score).save(tmp_path / "run" / "champion.json")
    drawn = {}
    monkeypatch.setattr("wann.show.pictures.draw_pareto", lambda *_, **options: drawn.update(options))
    cli("draw", tmp_path / "run", "--picture", "pareto", "--out", tmp_path / "pareto.svg")
    assert drawn["champion"] == (champion.n_connections, 123.0)
    assert drawn["history"][1][-1] == 123.0
    shown = report_data(tmp_path / "run", task=None, episodes=1, threads=1)["pareto"]["champions"]
    assert drawn["history"][1] == pytest.approx(shown["rewards"], abs=1e-3)


def test_the_zoo_is_drawn(cli, tmp_path):
    cli("draw", "zoo:cartpole-swingup", "--out", tmp_path / "n.svg")
    draw_network(wann.zoo.load("cartpole-swingup"), tmp_path / "same.svg")
    assert (tmp_path / "n.svg").read_bytes() == (tmp_path / "same.svg").read_bytes()


@pytest.fixture
def classifier(rng):
    """A task whose class "d$" has no held-out sample, and a network."""
    x, y = rng.normal(size=(90, 2)).astype(np.float32), np.array(["$a$", "b", "c"])[np.arange(90) % 3]
    task = wann.tasks.Classification(np.vstack([x, x[:2]]), [*y, "d$", "d$"], held_out=(x, y))
    return task, wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")


def test_the_accuracy_of_classes(tmp_path, classifier):
    task, network = classifier
    evaluation = evaluate_classifier(network, task, draws=2, threads=1)
    figure = draw_classes(evaluation, tmp_path / "classes.pdf")
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["$a$", "b", "c", "d$"]
    assert texts(figure)[:6] == [f"{100 * row[0]:.0f}" for row in evaluation.class_accuracy]
    assert texts(figure)[18:] == ["no samples"]


def test_the_accuracy_of_classes_at_many_weights(tmp_path, classifier):
    task, network = classifier
    evaluation = evaluate_by_weight(network, task, threads=1)
    assert (evaluation.n_samples, evaluation.split, len(evaluation.weights)) == (90, "held out", 33)
    figure = draw_classes(evaluation, tmp_path / "classes.svg")
    assert texts(figure) == ["no samples"]
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["-2", "-1", "0", "1", "2"]
    part = evaluate_by_weight(network, task, points=3, most=40, threads=1)
    assert (part.n_samples, part.split, part.weights) == (40, "held out", (-2, 0, 2))


def test_the_command_line_draws_classes(cli, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b,kind\n" + "".join(f"{i},{i % 7},{i % 3}\n" for i in range(60)))
    network = wann.networks.fully_connected(["a", "b"], ["0", "1", "2"], [], output_activation="linear")
    network.save(tmp_path / "n.json")
    task = ["--task", str(table), "--task-option", "target=kind"]
    cli("evaluate", tmp_path / "n.json", *task, "--plot", tmp_path / "c.svg")
    assert (tmp_path / "c.svg").stat().st_size > 1000
