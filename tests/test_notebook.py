"""What objects look like: in a line, printed, and in a notebook."""

import base64
import html
import html.parser
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import wann
from browser import Watched, browser, needs_browser
from conftest import Cli
from wann import show
from wann.scoring import Comparison, compare, evaluate_classifier, weight_profile
from wann.show import notebook

TASK = wann.make_task("cartpole-swingup")
SMALL = wann.preset(TASK.name, "paper", population=8, generations=3, confirm_episodes=4)
FEW = {"episodes": 3, "weights": (0.5, 1.0), "seed": 0, "threads": 1}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))


class Lever(wann.tasks.VectorTask):
    """A task of somebody's own; its name is hostile."""

    name = "<b>lever</b>"
    inputs, outputs = ("angle",), ("push",)

    def reset(self, seeds):
        return len(seeds), np.zeros((len(seeds), 1))

    def step(self, state, actions):
        return state, np.zeros((state, 1)), np.zeros(state), np.ones(state, dtype=bool)


@pytest.fixture(scope="module")
def search() -> wann.Search:
    search = wann.Search(TASK, SMALL, seed=1, threads=1)
    list(search.run())
    return search


@pytest.fixture(scope="module")
def comparison(search: wann.Search) -> Comparison:
    found = compare(
        TASK, network=search.champion, budget=8, tuning_generations=1, hidden_layers=[2], neat=False, trials=3, threads=1
    )
    assert isinstance(found, Comparison)
    return found


def classifier() -> tuple[wann.Network, wann.tasks.Classification]:
    task = wann.tasks.Classification(X, np.where(X[:, 0] > 0, "up", "<down>"), name="halves")
    return wann.networks.fully_connected(task.inputs, task.outputs, []), task


def preformatted(thing: object) -> str:
    """What is printed, with columns that stand below each other."""
    return f'<pre style="{notebook._TABLE}">{html.escape(str(thing))}</pre>'


def test_a_network_is_its_drawing() -> None:
    for name in ("cartpole-swingup", "bipedal-walker"):
        network = wann.zoo.load(name)
        root = ET.fromstring(network._repr_svg_())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        texts = " ".join(root.itertext())
        assert "bias" in texts or "bias" in network._repr_svg_()


def test_lines(search: wann.Search, comparison: Comparison) -> None:
    champion = search.champion_record
    evaluation = wann.evaluate(search.champion, TASK, **FEW)
    assert [repr(search), repr(champion), repr(comparison), repr(evaluation)] == [
        "Search('cartpole-swingup', generation 3 of 3, seed 1)",
        f"Champion(generation {champion.generation}, mean reward {champion.mean_reward:.4g}, {champion.network!r})",
        "Comparison('cartpole-swingup', WANN, fixed topology)",
        f"Evaluation('cartpole-swingup', mean reward {evaluation.mean_reward:.4g} at 2 weights, 3 trials)",
    ]
    assert repr(TASK) == "CartPoleSwingUp('cartpole-swingup', 5 inputs, 1 output)"
    assert repr(Lever()) == "Lever('<b>lever</b>', 1 input, 1 output)"
    profile = weight_profile(search.champion, TASK, points=3, episodes=2, threads=1)
    assert repr(profile) == "WeightProfile('cartpole-swingup', 3 weights from -2 to 2)"


def test_lines_of_labelled_data() -> None:
    network, task = classifier()
    found = evaluate_classifier(network, task, draws=3, threads=1)
    tuned, ensemble = f"{found.tuned_accuracy:.3f}", f"{found.softmax_accuracy:.3f}"
    assert repr(found) == (
        f"ClassifierEvaluation('halves', accuracy {tuned} at the tuned weight, {ensemble} as an ensemble, 40 samples)"
    )
    regression = wann.tasks.Regression(X, X[:, 0])
    scores = wann.evaluate(wann.networks.fully_connected(regression.inputs, ("y",), []), regression, **FEW)
    assert repr(scores).startswith("RegressionEvaluation('regression', mean reward -")
    assert len(repr(scores)) < 100


def test_a_network_tells_what_it_is() -> None:
    network = wann.Network(
        inputs=[f"x{i}" for i in range(9)], outputs=["y"], hidden=["tanh", "relu", "tanh"],
        output_activations="linear", connections=[(1, 10), (2, 11), (3, 12), (10, 13), (11, 13), (12, 13)],
    )  # fmt: skip
    assert str(network).splitlines() == [
        "3 hidden nodes, 6 connections",
        "  inputs    9 (x0, x1, x2, x3, x4, x5, x6, x7, …)",
        "  outputs   1 (y); linear",
        "  hidden    2 tanh, 1 relu",
        "  weights   none tuned: call it with one",
    ]
    tuned = network.with_tuning(shared_weight=0.75, weights=np.ones(6), search={"seed": 3})
    assert str(tuned).splitlines()[4:] == ["  weights   tuned: shared 0.75, individual"]
    assert str(wann.networks.fully_connected(["a"], ["b"], [])).splitlines()[2:] == [
        "  outputs   1 (b); tanh",
        "  weights   none tuned: call it with one",
    ]


def test_a_network_tells_its_scores_as_the_command_line_does(cli: Cli, search: wann.Search) -> None:
    listed = cli("zoo").stdout
    for name in wann.zoo.names():
        network = wann.zoo.load(name)
        sizes, *rest = str(network).splitlines()
        scores = "\n".join(rest[5:])
        assert f"  task      {network.metadata['task']}" == rest[4]
        assert f"zoo:{name}  {sizes}\n{scores}\n" in listed
    generation, mean = search.champion_record.generation, search.champion_record.mean_reward
    assert str(search.champion).splitlines()[-3:] == [
        "  task      cartpole-swingup",
        f"  search    seed 1, generation {generation}",
        f"  mean reward in its search {mean:8.4g}",
    ]


def test_a_network_tells_how_well_it_predicts_targets() -> None:
    network = wann.networks.fully_connected(["a", "b"], ["y"], [], output_activation="linear")
    x = np.random.default_rng(0).normal(size=(40, 2))
    found = wann.evaluate(network, wann.tasks.Regression(x, x.sum(axis=1), inputs=["a", "b"]), episodes=2)
    fit = found.fit(found.tuned_shared_weight.mean)
    last = str(network.with_metadata(**found.entries())).splitlines()[-1]
    assert last == f"  tuned shared weight         R² {fit.r2:.3f}, RMSE {fit.rmse:#.4g}"


@pytest.mark.parametrize(
    ("draw", "line"),
    [
        (show.draw_profile, r"profile is 'zoo:mnist'; it must be a wann\.scoring\.WeightProfile, such as wann\.scoring\.w"),
        (show.draw_importance, r"importance is 'zoo:mnist'; it must be a wann\.explain\.Importance, such as wann\.explain"),
    ],
)
def test_what_is_drawn_of_something_else_is_refused(draw, line: str) -> None:
    with pytest.raises(wann.WannError, match=line):
        draw("zoo:mnist")


def test_a_network_whose_metadata_cannot_be_read_is_printed_with_a_line_that_says_so() -> None:
    network = wann.zoo.load("cartpole-swingup").with_metadata(scores=3)
    assert str(network).splitlines()[-1] == (
        "  metadata  the network's metadata: scores is 3; it must be a dictionary with text as keys"
    )


def test_a_search_tells_where_it_stands(search: wann.Search) -> None:
    fresh = wann.Search(TASK, SMALL, seed=1, threads=1)
    assert str(fresh) == "cartpole-swingup: generation 0 of 3, seed 1, 0 steps"
    assert "<svg" not in fresh._repr_html_()
    first, *rest = str(search).splitlines()
    assert first == f"cartpole-swingup: generation 3 of 3, seed 1, {search.environment_steps:,} steps"
    assert "\n".join(rest) == str(search.champion_record)
    assert "confirmed on" in rest[1]
    assert search._repr_html_().count("<svg") == 1


def test_a_task_tells_what_it_is() -> None:
    assert str(TASK).splitlines()[1:3] == [
        f"  inputs    5 ({', '.join(TASK.inputs)})",
        f"  outputs   1 ({', '.join(TASK.outputs)}); tanh",
    ]
    task = wann.tasks.Classification(X, X[:, 0] > 0, held_out=(X[:9], X[:9, 0] > 0))
    assert "  samples   40 with classes (training), 9 held out" in str(task)
    many = wann.tasks.Regression(RNG.normal(size=(5, 30)), X[:5, 0])
    assert "30 (x0, x1" in str(many)
    assert "x7, …)" in str(many)
    assert "with targets" in str(many)


def test_each_shows_itself_in_a_notebook(search: wann.Search, comparison: Comparison) -> None:
    network, task = classifier()
    evaluation = wann.evaluate(search.champion, TASK, **FEW)
    labelled = evaluate_classifier(network, task, draws=3, threads=1)
    for thing in (evaluation, labelled, TASK, task, Lever()):
        assert thing._repr_html_() == preformatted(thing)
    assert search.champion_record._repr_html_().count("<svg") == 1
    assert weight_profile(search.champion, TASK, points=3, episodes=2, threads=1)._repr_svg_().startswith("<svg")
    table = ET.fromstring(comparison._repr_html_())
    assert [len(row) for row in table.iter("tr")] == [8, 8, 8]
    assert len(list(table.iter("b"))) == 4
    cells = [cell.text for cell in table.iter("td")]
    assert str(search.champion.n_connections) in cells


def test_an_explanation_is_its_report_and_its_bars(search: wann.Search) -> None:
    found = wann.explain.explain(search.champion, TASK, weight=1.0, episodes=4, threads=1)
    assert repr(found) == f"Explanation('cartpole-swingup', at the shared weight 1, {search.champion!r})"
    page = found._repr_html_()
    assert page.startswith(f"{preformatted(found)}<svg")


def test_a_picture_shows_itself(search: wann.Search, tmp_path: Path) -> None:
    figure = show.draw_network(search.champion, tmp_path / "network.svg")
    shown = figure._repr_svg_()  # type: ignore[attr-defined]
    assert shown.startswith('<svg style="max-width: 100%; height: auto" ')
    written = (tmp_path / "network.svg").read_text(encoding="utf-8")
    assert shown.partition("auto")[2].partition(" ")[2] in written


def test_a_formula_is_set(search: wann.Search) -> None:
    pytest.importorskip("sympy")
    formula = wann.export.to_formula(search.champion)
    about, _, rest = formula.latex().partition("\n")
    assert about.startswith("% ")
    assert str(formula) == formula.text()
    assert f"{formula._repr_latex_()}\n" == rest
    assert rest.startswith("\\begin{align*}\n")


def test_names_cannot_add_to_a_page() -> None:
    assert "<b>" not in Lever()._repr_html_()
    network, task = classifier()
    assert "<down>" not in evaluate_classifier(network, task, draws=3, threads=1)._repr_html_()


def test_importing_wann_draws_nothing() -> None:
    code = (
        "import sys, wann\n"
        "print([m for m in ('matplotlib', 'IPython', 'pandas', 'PIL', 'rich', 'wann.show') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    """The elements of a page that begin in it, with their attributes."""
    found = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(text)
    return found


def test_a_report_in_a_notebook(tmp_path: Path, search: wann.Search) -> None:
    page = show.report_inline(search.champion, task=TASK, episodes=1, threads=1, height=500)
    ((tag, frame),) = elements(page._repr_html_())
    assert tag == "iframe"
    assert (frame.get("height"), frame.get("sandbox")) == ("500", "allow-scripts")
    page.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == frame.get("srcdoc")
    assert "<script" in str(frame.get("srcdoc"))
    with pytest.raises(wann.WannError, match="height is 5; it must be an integer from 100"):
        show.report_inline(search.champion, task=TASK, height=5)


@needs_browser
def test_a_report_runs_in_its_frame(tmp_path: Path, search: wann.Search) -> None:
    page = show.report_inline(search.champion, task=TASK, episodes=1, threads=1)
    (tmp_path / "cell.html").write_text(f"<!doctype html><title>cell</title>{page._repr_html_()}", encoding="utf-8")
    with browser() as chromium:
        cell = Watched(chromium, tmp_path / "cell.html")
        frame = cell.page.frames[1]
        frame.wait_for_selector("svg circle, canvas")
        assert "cartpole-swingup" in frame.inner_text("h1")
        assert cell.complaints == []


def test_a_video_in_a_notebook(tmp_path: Path, search: wann.Search) -> None:
    pytest.importorskip("imageio_ffmpeg")
    film = show.play_inline(search.champion, TASK, weights=(1.0,), max_steps=5)
    source = film._repr_html_().partition('src="data:video/mp4;base64,')[2].partition('"')[0]
    film.save(tmp_path / "film.mp4")
    assert base64.b64decode(source) == (tmp_path / "film.mp4").read_bytes()
    assert base64.b64decode(source)[4:8] == b"ftyp"
    assert repr(film) == f"Inline({len(base64.b64decode(source)):,} bytes)"


def test_what_is_looked_at_may_be_named(tmp_path: Path, search: wann.Search) -> None:
    search.champion.save(tmp_path / "n.json")
    assert show.draw_network(str(tmp_path / "n.json")) is not None
    show.write_report("zoo:cartpole-swingup", tmp_path / "zoo.html", episodes=1, threads=1)
    assert "cartpole-swingup" in (tmp_path / "zoo.html").read_text(encoding="utf-8")
    pytest.importorskip("imageio_ffmpeg")
    assert "<video" in show.play_inline(str(tmp_path / "n.json"), weights=(1.0,), max_steps=3)._repr_html_()


def test_what_a_network_makes_of_itself(tmp_path: Path, search: wann.Search) -> None:
    network = wann.zoo.load("cartpole-swingup")
    network.draw(tmp_path / "n.svg")
    show.draw_network(network, tmp_path / "other.svg")
    assert (tmp_path / "n.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    network.export(tmp_path / "n.c", "c", weight=0.5)
    assert "void n(const float *in, float *out, float w)" in (tmp_path / "n.c").read_text(encoding="utf-8")
    assert "<iframe" in network.report(episodes=1, threads=1)._repr_html_()
    pytest.importorskip("imageio_ffmpeg")
    assert "<video" in search.champion.play(TASK, weights=(1.0,), max_steps=3)._repr_html_()


def test_a_network_comes_back_from_torch() -> None:
    pytest.importorskip("torch")
    network = wann.zoo.load("cartpole-swingup")
    back = wann.Network.from_torch(wann.export.to_torch(network), network)
    assert back.same_topology(network)
    assert back.weights.tolist() == network.weights.tolist()


@pytest.mark.parametrize("call", [show.draw_network, show.play_inline])
def test_what_names_no_network_is_told_in_a_line(call, tmp_path: Path) -> None:
    with pytest.raises(wann.WannError, match="the zoo has no network 'nothing'"):
        call("zoo:nothing")
    with pytest.raises(wann.WannError, match=r"is a folder without a champion\.json"):
        call(str(tmp_path))
    with pytest.raises(wann.WannError, match=r"network is 3; it must be a wann\.Network"):
        call(3)
    with pytest.raises(wann.WannError, match="the zoo has no network 'nothing'"):
        show.report_inline("zoo:nothing")
