"""The report page in a browser: opened from disk, dragged, pushed, and driven by keyboard."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import wann
from browser import Watched, browser, needs_browser
from conftest import random_network
from stand_in_car import StandInCar
from wann import _core
from wann.networks.network import Network
from wann.networks.stepping import Stepper
from wann.runs import Run, RunSettings
from wann.show.report import render, write_report
from wann.show.report.data import network_data, report_data
from wann.show.report.scenes import episode_seed
from wann.tasks.data.samples import Classification

pytestmark = needs_browser


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    """A short run whose champion has tuned weights."""
    folder = tmp_path_factory.mktemp("runs") / "swingup"
    config = wann.SearchConfig(generations=25, population=64, confirm_episodes=8)
    with Run.create(folder, RunSettings(task="cartpole-swingup", seed=5, config=config)) as run:
        for _ in run.generations():
            pass
    champion = Network.load(folder / "champion.json")
    weights = np.random.default_rng(0).normal(size=champion.n_connections)
    champion.with_tuning(weights=weights, shared_weight=1.25).save(folder / "champion.json")
    return folder


@pytest.fixture(scope="module")
def report(run_folder) -> Path:
    path = run_folder.parent / "report.html"
    write_report(run_folder, path)
    return path


@pytest.fixture
def watched(chromium, report):
    watched = Watched(chromium, report)
    yield watched
    watched.context.close()


def test_it_is_small(report):
    assert report.stat().st_size < 3_000_000


def test_it_asks_for_nothing_and_complains_of_nothing(watched, report):
    watched.frames()
    assert watched.requests == [report.as_uri()]
    assert watched.complaints == []


def test_dragging_the_weight_changes_score_and_behaviour(watched):
    page = watched.page
    box = page.locator("#profile").bounding_box()
    seen = {}
    for part in (0.3, 0.8):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + 60, steps=4)
        page.mouse.up()
        action = page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]")
        seen[watched.text("#weight-value")] = (watched.text("#weight-score"), action)
    assert len(seen) == 2
    (score_a, action_a), (score_b, action_b) = seen.values()
    assert score_a != score_b
    assert action_a != action_b
    slider = float(page.input_value("#weight-slider"))
    assert watched.text("#weight-value") == f"{slider:.2f}".replace("-", "−")


def test_the_weight_moves_by_keyboard(watched):
    page = watched.page
    page.focus("#weight-slider")
    before = float(page.input_value("#weight-slider"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert float(page.input_value("#weight-slider")) == pytest.approx(before - 0.02)
    page.click("#weight-marks button:first-child")
    assert watched.text("#weight-value") == "−2.00"


def test_the_history_changes_the_network(watched):
    page = watched.page
    assert page.locator("#history-slider").get_attribute("max") != "0"
    nodes = page.locator(".node").count()
    texts = (watched.text("#history-generation"), watched.text("#history-size"))
    page.focus("#history-slider")
    page.keyboard.press("Home")
    assert (watched.text("#history-generation"), watched.text("#history-size")) != texts
    assert page.locator(".node").count() != nodes or watched.text("#history-size") != texts[1]
    assert page.is_disabled("#history-previous")
    # It may have been one of the networks that the search was started from.
    assert watched.text("#history-change") == "last change: none; it is as it was at the start"
    page.click("#history-next")
    assert not page.is_disabled("#history-previous")


def test_the_pareto_front_marks_the_champion_shown(watched, run_folder):
    page = watched.page
    population = json.loads((run_folder / "population.json").read_text())
    assert page.locator("#pareto .individual").count() == len(population["nodes"]) + 1  # and one in the key
    place = page.get_attribute("#pareto > svg .star", "transform")
    page.focus("#history-slider")
    page.keyboard.press("Home")
    assert page.get_attribute("#pareto > svg .star", "transform") != place


def trajectory_in_core(network: Network, weight, start, steps: int):
    """States and rewards after each step, computed by the core."""
    state = np.array(start, dtype=np.float32)[None]
    act, rows = Stepper(network, weight), []
    for _ in range(steps):
        x, velocity, angle, speed = state[0]
        sine, cosine = (_core.lane_function(name, np.array([angle], dtype=np.float32))[0] for name in ("sin", "cos"))
        seen = [x, cosine, sine] if network.n_inputs == 3 else [x, velocity, cosine, sine, speed]
        action = act(np.array(seen, dtype=np.float32))
        state, reward = _core.CartPoleSwingUp().step(state, action.astype(np.float32))
        rows.append([*state[0], reward[0]])
    return np.array(rows)


def test_the_page_simulates_what_the_core_does(watched, rng):
    """Same start, same weight, same trajectory, for random networks with every activation, recurrent ones among them."""
    for i in range(16):
        network = random_network(rng, n_inputs=3 if i > 13 else 5, n_hidden=20, n_recurrent=12 if i > 9 else 0)
        if i % 4 == 3:
            network = network.with_tuning(weights=rng.normal(size=network.n_connections))
        weight = None if i % 4 == 3 else float(np.float32(rng.uniform(-2, 2)))
        start = _core.cartpole_swingup_starts(np.array([i], dtype=np.uint64))[0]
        number = watched.page.evaluate("(network) => wann.page.data.champions.push({ network }) - 1", network_data(network))
        states = watched.page.evaluate("(given) => wann.trajectory(...given)", [weight, start.tolist(), 300, number])
        expected = trajectory_in_core(network, weight, start, 300)
        assert np.isfinite(expected).all()
        if _core.instruction_set in ("v3", "v4"):
            np.testing.assert_array_equal(np.array(states), expected)
        else:
            # Multiply-adds that are not fused as the page's are round apart, and a swinging pole doubles what is between two
            # trajectories several times a second.
            np.testing.assert_allclose(np.array(states)[:60], expected[:60], rtol=0, atol=1e-3)


@pytest.fixture(scope="module")
def recurrent_network() -> Network:
    """The force is that of two steps ago and the pole's angle; the hidden node sees the force of the step before."""
    return Network(
        inputs=["x", "cos_theta", "sin_theta"],
        outputs=["force"],
        hidden=["linear"],
        output_activations="tanh",
        connections=[(5, 4), (4, 5), (3, 5), (1, 4)],
        recurrent=[True, True, False, False],
        shared_weight=0.9,
        metadata={"task": "cartpole-swingup", "task_options": {"velocities": "hidden"}},
    )


def test_a_recurrent_network_acts_and_forgets_with_each_episode(chromium, recurrent_network, tmp_path) -> None:
    path = tmp_path / "recurrent.html"
    write_report(recurrent_network, path, episodes=2)
    watched = Watched(chromium, path)
    page = watched.page
    watched.frames()
    assert watched.complaints == []
    assert "recurrent 2" in page.inner_text("#legend")
    memory = "[...wann.page.network.values].slice(6)"
    assert any(page.evaluate(memory))
    page.evaluate("wann.page.playing = false")
    # In a champion's scene an episode's first step knows of none before it.
    page.click("#restart")
    assert page.evaluate(memory) == [0, 0]
    page.evaluate(
        "wann.page.scene.advance(0.011, (x) => { const y = wann.page.act(x); wann.page.network.remember(); return y; })"
    )
    after = page.evaluate(memory)
    assert after == [page.evaluate("wann.page.network.values[4]"), page.evaluate("wann.page.network.values[5]")]
    page.hover("#graph-nodes .node >> nth=4")
    assert "force a step ago" in page.inner_text("#readout")
    watched.context.close()


def test_the_score_shown_is_that_of_the_core(watched, report):
    """An episode in the page, at the best weight and from a start of the core's, pays what it pays in the core."""
    data = json.loads(re.search(r'id="data">(.*?)</script>', report.read_text(), re.S)[1])
    champion = data["champions"][-1]
    start = data["scene"]["starts"][0]
    rows = watched.page.evaluate("([w, s]) => wann.trajectory(w, s)", [1.0, start])
    task = wann.make_task("cartpole-swingup")
    seeds = wann.seeding.episode_seeds(5, wann.seeding.Stream.EVALUATION_EPISODES, 1)
    network = Network(
        inputs=champion["network"]["inputs"],
        outputs=champion["network"]["outputs"],
        hidden=champion["network"]["activations"][:-1],
        output_activations=champion["network"]["activations"][-1:],
        connections=list(zip(champion["network"]["source"], champion["network"]["target"], strict=True)),
    )
    rollout = task.rollout([network], np.array([1.0], dtype=np.float32), seeds)
    steps = int(rollout.steps[0, 0])
    assert sum(r[4] for r in rows[:steps]) == pytest.approx(rollout.rewards[0, 0], abs=0.05)


def test_the_pole_can_be_pushed(watched):
    page = watched.page
    page.click("#play")
    before = page.evaluate("wann.page.scene.cart.angularVelocity")
    page.click("text=push →")
    assert page.evaluate("wann.page.scene.cart.angularVelocity") == pytest.approx(before + 3, abs=1e-5)
    page.evaluate("wann.page.scene.restart()")
    tip = page.locator(".body-1 circle").bounding_box()
    page.mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2)
    page.mouse.down()
    page.mouse.move(tip["x"] + 120, tip["y"] - 40, steps=5)
    assert "pushed" not in page.evaluate("wann.page.scene.status()")
    advance(page, 0.05)
    page.mouse.up()
    assert "pushed" in page.evaluate("wann.page.scene.status()")


def advance(page, seconds: float) -> None:
    """Lets the scene go on without waiting for it."""
    step = "(seconds) => { for (let t = 0; t < seconds; t += 0.05) wann.page.scene.advance(0.05, (x) => wann.page.act(x)); }"
    page.evaluate(step, seconds)
    page.evaluate("wann.page.scene.draw()")


def test_an_episode_that_is_over_says_so_and_a_new_weight_starts_another(watched):
    page = watched.page
    page.click("#play")
    # A pole that hangs stays on the track.
    page.evaluate("wann.page.weights.set(0); wann.page.scene.restart()")
    advance(page, 9)
    assert page.evaluate("wann.page.scene.status()").startswith("reward ")
    advance(page, 2)
    over = page.evaluate("wann.page.scene.status()")
    assert over.startswith("episode over: ")
    advance(page, 5)
    assert page.evaluate("wann.page.scene.status()").split(",")[0] == over.split(",")[0]
    page.click("#weight-marks button:last-child")
    assert page.evaluate("wann.page.scene.status()") == "reward 0, 0.0 s"


def test_weights_to_jump_to_are_told_with_all_their_digits(chromium, tmp_path):
    task = wann.tasks.Regression(np.linspace(-1, 1, 40)[:, None], np.linspace(0, 1, 40))
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    data = report_data(scored(network, "regression"), task=task, episodes=1, threads=1)
    data["marks"] = [-0.5, 0.25, 0.75, 1]
    data["champions"][-1]["change"] = {"operator": "insert node", "activation": "absolute"}
    (tmp_path / "r.html").write_text(render(data))
    watched = Watched(chromium, tmp_path / "r.html")
    assert watched.page.locator("#weight-marks button").all_inner_texts() == ["−0.5", "0.25", "0.75", "1", "best"]
    assert watched.page.text_content("#history-change") == "last change: an absolute node was inserted in a connection"
    assert watched.page.text_content("#history-size") == "0 hidden nodes, 2 connections"
    watched.context.close()


def test_tuned_weights_are_a_switch(watched):
    page = watched.page
    shared = page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]")
    page.click("#tuned-switch")
    assert page.get_attribute("#tuned-switch", "aria-checked") == "true"
    assert page.is_disabled("#weight-slider")
    assert page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]") != shared
    page.click("#tuned-switch")
    assert page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]") == shared


def test_random_weights_are_drawn_again_and_again(watched):
    page = watched.page
    act = "wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]"
    shared = page.evaluate(act)
    page.click("#random-switch")
    assert page.get_attribute("#random-switch", "aria-checked") == "true"
    assert watched.text("#weight-value") == "random"
    assert page.is_disabled("#weight-slider")
    drawn = [page.evaluate("[...wann.page.network.weights]")]
    page.click("#random-again")
    drawn.append(page.evaluate("[...wann.page.network.weights]"))
    assert drawn[0] != drawn[1]
    assert all(-2 <= weight <= 2 for weight in drawn[1])
    assert len(set(drawn[1])) == page.evaluate("wann.page.network.source.length")
    # Tuned weights instead: the two are never on together.
    page.click("#tuned-switch")
    assert page.get_attribute("#random-switch", "aria-checked") == "false"
    assert page.is_hidden("#random-again")
    assert page.evaluate("wann.page.network.weights === wann.page.network.tuned")
    page.click("#tuned-switch")
    assert page.evaluate(act) == shared
    assert watched.complaints == []


def test_recorded_episodes_have_random_weights_too(chromium, walker_report):
    watched = Watched(chromium, walker_report)
    page = watched.page
    recorded = page.evaluate("wann.page.scene.scene.random.map((draw) => draw.weights.map(Math.fround))")
    network, task = Network.load(walker_report.parent / "n.json"), wann.make_task("bipedal-walker")
    page.click("#random-switch")
    for weights in recorded:
        assert page.evaluate("[...wann.page.network.weights]") == weights
        (same,) = task.record(network.with_tuning(weights=weights), [None], episode_seed(0), 2000)
        assert page.evaluate("wann.page.scene.current.rewards.at(-1)") == pytest.approx(same.rewards[-1], abs=0.01)
        page.click("#random-again")
    assert page.evaluate("[...wann.page.network.weights]") == recorded[0]
    page.click("#random-switch")
    assert page.evaluate("wann.page.presentWeight") is not None
    assert watched.complaints == []
    watched.context.close()


def test_nodes_are_read_and_isolated_by_keyboard(watched):
    page = watched.page
    page.focus(".node >> nth=0")
    page.keyboard.press("ArrowDown")
    assert watched.text("#readout").startswith("x = ")
    last = page.locator(".node").last
    last.focus()
    assert "force: tanh" in watched.text("#readout")
    page.keyboard.press("Enter")
    assert last.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert page.locator(".node.apart").count() == 0


def test_a_click_beside_the_nodes_shows_all_again(watched):
    page = watched.page
    page.locator(".node .ring").last.click()
    assert page.locator(".node.apart").count() > 0
    page.click("#graph-nodes", position={"x": 3, "y": 3})
    assert page.locator(".node.apart").count() == 0


def places(page) -> list[list[float]]:
    """Left and right of every node, from the left of the network's box, and the box's width."""
    return page.evaluate(
        """() => {
          const box = document.querySelector("#graph-scroll").getBoundingClientRect();
          const rings = [...document.querySelectorAll("#graph .ring, #graph .name")].map((r) => r.getBoundingClientRect());
          return rings.map((r) => [r.left - box.left, r.right - box.left, box.width]);
        }"""
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_a_deep_network_fits_its_box_and_can_be_zoomed(chromium, tmp_path, width):
    """A chain of 40 nodes, each with an input of its own: as many layers as there are nodes."""
    pairs = [(1 + i % 5, 6 + i) for i in range(40)] + [(5 + i, 6 + i) for i in range(1, 40)] + [(45, 46)]
    network = Network(
        inputs=["x", "x_dot", "cos_theta", "sin_theta", "theta_dot"],
        outputs=["force"],
        hidden=["tanh"] * 40,
        output_activations="tanh",
        connections=sorted(set(pairs), key=lambda p: (p[1], p[0])),
    )
    scored(network, "cartpole-swingup").save(tmp_path / "n.json")
    write_report(tmp_path / "n.json", tmp_path / "r.html", episodes=2)
    watched = Watched(chromium, tmp_path / "r.html")
    page = watched.page
    page.set_viewport_size({"width": width, "height": 800})
    watched.frames()
    assert all(left >= 0 and right <= box for left, right, box in places(page))
    tops = "[...document.querySelectorAll('.card')].map((c) => c.offsetTop)"
    before, radius = page.evaluate(tops), page.locator(".ring").last.get_attribute("r")
    page.click("#zoom-in")
    page.click("#zoom-in")
    assert float(page.locator(".ring").last.get_attribute("r")) > float(radius)
    assert not all(left >= 0 and right <= box for left, right, box in places(page))
    page.locator(".node").last.focus()
    assert page.evaluate("document.querySelector('#graph-scroll').scrollLeft") > 0
    page.keyboard.press("0")
    assert all(left >= 0 and right <= box for left, right, box in places(page))
    assert page.evaluate(tops) == before
    assert watched.complaints == []
    watched.context.close()


def test_text_of_files_is_text(chromium, tmp_path):
    evil = "<script>document.title='gone'</script><img src=x onerror=\"document.title='gone'\">{{script}}"
    network = Network(
        inputs=[evil, "</script>", "c", "d", "e"],
        outputs=["$&<b>bold</b>"],
        hidden=["tanh"],
        output_activations="tanh",
        connections=[(1, 6), (6, 7)],
        metadata={"task": "cartpole-swingup", "change": {"operator": evil}, "wann_version": evil},
    )
    network.save(tmp_path / "n.json")
    data = report_data(tmp_path / "n.json", task=None, episodes=2, threads=1)
    data["title"] = evil
    (tmp_path / "r.html").write_text(render(data))
    watched = Watched(chromium, tmp_path / "r.html")
    assert watched.page.title() == evil
    assert watched.text("h1") == evil
    assert watched.page.locator("#graph-nodes text", has_text="<script>").count() == 1
    assert watched.page.locator("main img, main b, main script").count() == 0
    assert watched.complaints == []
    assert len(watched.requests) == 1
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_and_nothing_jumps(chromium, report, scheme, width):
    watched = Watched(chromium, report, color_scheme=scheme)
    page = watched.page
    page.set_viewport_size({"width": width, "height": 800})
    watched.frames()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tops = "[...document.querySelectorAll('.card')].map((c) => c.offsetTop)"
    before = page.evaluate(tops)
    page.click("#weight-marks button:first-child")
    page.hover(".node >> nth=1")
    watched.frames()
    assert page.evaluate(tops) == before
    page.click("#tuned-switch")
    watched.frames()
    assert page.evaluate(tops) == before
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(16, 20, 24)") == (scheme == "dark")
    watched.context.close()


def test_a_frame_moves_what_is_there_and_adds_nothing(watched):
    before, after = watched.page.evaluate(
        """() => {
          const { page } = wann;
          page.playing = false;
          const elements = () => document.getElementsByTagName("*").length;
          const tip = () => document.querySelector(".body-1 circle").getBoundingClientRect().x;
          const before = [elements(), tip()];
          for (let i = 0; i < 200; ++i) {
            page.scene.advance(1 / 60, (x) => page.act(x));
            page.view.update(page.presentWeight);
            page.scene.draw();
          }
          return [before, [elements(), tip()]];
        }"""
    )
    assert after[0] == before[0]
    assert after[1] != before[1]


def scored(network: Network, task: str) -> Network:
    score = {"mean": 1.0, "std": 0.5, "n": 10}
    evaluation = {"weights": [{"weight": 1.0, **score}], "random_shared_weight": score, "shared_weight": 1.0}
    return network.with_metadata(task=task, evaluation=evaluation)


@pytest.fixture(scope="module")
def walker_report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("walker")
    task = wann.make_task("bipedal-walker")
    network = Network(
        inputs=task.inputs,
        outputs=task.outputs,
        hidden=[],
        output_activations="linear",
        connections=[(5, 25), (7, 26), (10, 27), (12, 28)],
    )
    scored(network, "bipedal-walker").save(folder / "n.json")
    write_report(folder / "n.json", folder / "report.html", episodes=1)
    return folder / "report.html"


def car_network(task) -> Network:
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="tanh")
    return scored(network, task.name)


@pytest.fixture(scope="module")
def car_report(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("car") / "report.html"
    task = StandInCar()
    write_report(car_network(task), path, task=task, episodes=1)
    return path


@pytest.fixture(scope="module")
def digits_report(tmp_path_factory) -> Path:
    """A classifier of 8 x 8 images: which quarter holds the ink."""
    folder = tmp_path_factory.mktemp("digits")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    x = np.zeros((300, 8, 8), dtype=np.float32)
    for image, c in zip(x, y, strict=True):
        image[4 * (c // 2) : 4 * (c // 2) + 4, 4 * (c % 2) : 4 * (c % 2) + 4] = rng.random((4, 4))
    names = [f"pixel {r},{c}" for r in range(8) for c in range(8)]
    pairs = [(1 + 8 * r + c, 65 + 2 * (r // 4) + c // 4) for r in range(8) for c in range(8)]
    quarters = ["upper left", "upper right", "lower left", "lower right"]
    task = Classification(x.reshape(300, 64), np.array(["0", "1", "2", "3"])[y], inputs=names)
    network = Network(inputs=names, outputs=quarters, hidden=[], output_activations="linear", connections=pairs)
    scored(network, "quarters").save(folder / "n.json")
    write_report(folder / "n.json", folder / "report.html", task=task)
    return folder / "report.html"


def test_a_class_without_samples_is_a_gap(chromium, tmp_path, rng):
    x = rng.normal(size=(60, 2)).astype(np.float32)
    y = np.array(["there", "here, with a long name"])[np.arange(60) % 2]
    task = Classification(np.vstack([x, x[:2]]), [*y, "nowhere", "nowhere"], held_out=(x, y))
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    network = network.with_tuning(weights=np.ones(network.n_connections))
    write_report(scored(network, "classification"), tmp_path / "r.html", task=task)
    watched = Watched(chromium, tmp_path / "r.html")
    page = watched.page
    assert page.locator(".heat text", has_text="no samples").count() == 1
    assert page.locator(".heat .cell").count() == 2 * 33
    # Names are cut at their end, not by the edge of the picture.
    edges = "[...document.querySelectorAll('.heat text')].map((t) => t.getBBox().x)"
    assert min(page.evaluate(edges)) >= 0
    # The mark of the shared weight goes with it.
    assert page.get_attribute(".heat-mark", "visibility") == "visible"
    page.click("#tuned-switch")
    assert page.get_attribute(".heat-mark", "visibility") == "hidden"
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


def test_it_says_how_to_repeat_the_run(watched, run_folder):
    page = watched.page
    lines = page.evaluate("[...document.querySelectorAll('#commands .line')].map((line) => line.textContent)")
    assert lines == report_data(run_folder, task=None, episodes=1, threads=1)["commands"]
    sizes = "[document.querySelector('#commands')].map((box) => [box.scrollWidth, box.clientWidth])[0]"
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        needed, there = page.evaluate(sizes)
        assert needed <= there


def test_recorded_episodes_play_and_follow_the_weight(chromium, walker_report):
    watched = Watched(chromium, walker_report)
    page = watched.page
    place = page.get_attribute(".body-0", "transform")
    page.wait_for_function("(place) => document.querySelector('.body-0').getAttribute('transform') !== place", arg=place)
    seen = set()
    for button in range(6):
        page.click(f"#weight-marks button >> nth={button}")
        seen.add(page.evaluate("wann.page.scene.current.rewards.at(-1)"))
    assert len(seen) > 1
    page.click("#play")
    page.evaluate("wann.page.scene.advance(0.5 + wann.page.scene.current.secondsAFrame * wann.page.scene.frames)")
    assert page.evaluate("wann.page.scene.status()").startswith("episode over: ")
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


#: Goes to a frame of the recording at weight 1, and draws it.
GO_TO = """(frame) => {
  const { page } = wann;
  page.playing = false;
  page.weights.set(1);
  page.scene.restart();
  page.scene.advance((frame + 0.5) * page.scene.current.secondsAFrame);
  page.scene.draw();
}"""


def test_a_view_that_turns_keeps_its_body_upright(chromium, car_report):
    assert car_report.stat().st_size < 4_000_000
    watched = Watched(chromium, car_report)
    page = watched.page
    heading = """() => {
      const map = document.querySelector(".body-0").getScreenCTM();
      return [Math.atan2(map.b, map.a), map.e, map.f];
    }"""
    box = page.locator(".scene-view").bounding_box()
    angles, maps = [], []
    for frame in (0, 20):
        page.evaluate(GO_TO, frame)
        turned, x, y = page.evaluate(heading)
        assert abs(turned) < 0.01
        assert x == pytest.approx(box["x"] + box["width"] / 2, abs=1)
        assert y == pytest.approx(box["y"] + 6 / 7 * box["height"], abs=1)
        angles.append(page.evaluate("wann.page.scene.current.bodies[wann.page.scene.frame][2]"))
        maps.append(page.get_attribute(".scene-map .body-0", "transform"))
    assert angles[0] != angles[1]
    assert maps[0] != maps[1]
    shown = page.evaluate(
        "[...document.querySelectorAll('.scene-view > g > polygon')].filter((p) => !p.style.display).length"
    )
    assert 3 < shown < 100
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


def test_a_page_shows_what_is_seen_and_kept(chromium, car_report):
    """As the core draws it, and as the encoder's own decoder does."""
    task = StandInCar()
    (recording,) = task.record(car_network(task), [1.0], episode_seed(0))
    watched = Watched(chromium, car_report)
    page = watched.page
    greys = """(i) => {
      const canvas = document.querySelectorAll(".sight canvas")[i];
      const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
      copy.getContext("2d").drawImage(canvas, 0, 0);
      const { data } = copy.getContext("2d").getImageData(0, 0, copy.width, copy.height);
      return [canvas.height, canvas.width, [...data].filter((_, k) => k % 4 === 0)];
    }"""
    for frame in (0, 7, 20, 36):
        page.evaluate(GO_TO, frame)
        assert page.evaluate("wann.page.scene.frame") == frame
        rows, columns, seen = page.evaluate(greys, 0)
        assert (rows, columns) == recording.views[0].shape
        apart = np.abs(np.reshape(seen, (rows, columns)) - recording.views[4 * frame].astype(float))
        assert apart.mean() < 2
        *_, kept = page.evaluate(greys, 1)
        expected = 255 * task.encoder.decode(recording.observations[4 * frame])[..., 0]
        np.testing.assert_allclose(np.reshape(kept, (rows, columns)), expected, atol=1)
    captions = page.locator(".sight figcaption").all_inner_texts()
    assert captions == ["What the car sees", "What the encoder keeps"]
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_scene_in_colour_is_told_apart(chromium, car_report, scheme):
    watched = Watched(chromium, car_report, color_scheme=scheme)
    fills = watched.page.evaluate(
        """() => ["grass", "road", "border", "border-stripe", "hull"].map(
          (role) => getComputedStyle(document.documentElement).getPropertyValue(`--${role}`).trim())"""
    )
    assert len(set(fills)) == 5
    assert all(fills)
    watched.context.close()


def test_a_sample_of_a_table_is_picked_moved_and_read_in_its_own_units(chromium, tmp_path):
    table = np.random.default_rng(2).normal(size=(80, 2)) * [3, 0.1] + [50, -4]
    lines = ["width,depth,price", *(f"{a!r},{b!r},{100 * a + b!r}" for a, b in table.tolist())]
    (tmp_path / "houses.csv").write_text("\n".join(lines))
    task = wann.make_task(str(tmp_path / "houses.csv"), target="price")
    network = wann.networks.fully_connected(task.inputs, task.outputs, [], output_activation="linear")
    write_report(network, tmp_path / "r.html", task=task, episodes=2)
    watched = Watched(chromium, tmp_path / "r.html")

    def shown() -> tuple[float, float]:
        watched.frames(2)
        width, depth = (
            float(text.replace("−", "-")) for text in watched.page.locator(".probe-row output").all_inner_texts()
        )
        return 100 * width + depth, float(watched.text("#status").rpartition("in the data ")[2])

    expected, price = shown()
    assert price == pytest.approx(expected, abs=2)
    watched.page.click("text=→ >> nth=0")
    assert shown()[1] != price
    watched.page.locator(".probe-row input").first.press("ArrowRight")
    watched.frames(2)
    assert "in the data" not in watched.text("#status")
    watched.page.click("#restart")
    assert shown() == (expected, price)
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


def test_a_drawn_image_gets_an_answer(chromium, digits_report):
    watched = Watched(chromium, digits_report)
    page = watched.page
    page.click("#weight-marks button:last-child")
    page.evaluate("wann.page.scene.centre = () => {}")  # where the ink stands is what these classes are
    for column, row, quarter in ((0.2, 0.2, "0"), (0.8, 0.2, "1"), (0.2, 0.8, "2"), (0.8, 0.8, "3")):
        page.click("text=clear")
        page.locator("canvas.image").scroll_into_view_if_needed()
        box = page.locator("canvas.image").bounding_box()
        page.mouse.move(box["x"] + box["width"] * column, box["y"] + box["height"] * row)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * column + 4, box["y"] + box["height"] * row + 4)
        page.mouse.up()
        assert f"answer: {quarter}," in watched.text("#status")
    page.click("[aria-label='The next sample']")
    assert watched.text("#status").startswith("sample: ")
    page.focus("canvas.image")
    page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    assert watched.text("#status").startswith("sample: drawn")
    assert (watched.complaints, len(watched.requests)) == ([], 1)
    watched.context.close()


@pytest.mark.parametrize("kind", ["walker_report", "digits_report", "car_report"])
def test_other_reports_are_accessible_and_fit_a_phone(chromium, request, kind):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    source = Path(axe.__file__).with_name("axe.min.js").read_text()
    watched = Watched(chromium, request.getfixturevalue(kind), bypass_csp=True)
    watched.page.set_viewport_size({"width": 360, "height": 800})
    watched.frames()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360
    watched.page.evaluate(source)
    found = [f"{v['id']}: {n['html'][:120]}" for v in watched.page.evaluate("axe.run()")["violations"] for n in v["nodes"]]
    assert found == []
    watched.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(chromium, report, scheme):
    """axe-core finds nothing: contrast, names, roles, labels."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    source = Path(axe.__file__).with_name("axe.min.js").read_text()
    watched = Watched(chromium, report, color_scheme=scheme, bypass_csp=True)
    watched.frames()
    watched.page.click("summary")
    watched.page.evaluate(source)
    results = watched.page.evaluate("axe.run()")
    found = [f"{v['id']}: {v['help']}: {n['html'][:120]}" for v in results["violations"] for n in v["nodes"]]
    assert found == []
    watched.context.close()


@pytest.fixture(scope="module")
def explained_report(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("explained") / "report.html"
    write_report(wann.zoo.load("cartpole-swingup"), path, episodes=2, explain=True)
    return path


def test_a_page_without_explanation_has_no_buttons_for_it(watched):
    assert watched.page.is_hidden("#explained")


def test_what_matters_and_the_smallest_network(chromium, explained_report):
    watched = Watched(chromium, explained_report)
    page = watched.page
    seen = [page.evaluate("document.getElementById('graph-edges').toDataURL()")]
    page.click("#play")
    page.evaluate("wann.page.weights.set(1.5)")
    page.click("#matters")
    assert page.evaluate("wann.page.weights.weight") == pytest.approx(0.775, abs=0.01)
    whole = page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]")
    seen.append(page.evaluate("document.getElementById('graph-edges').toDataURL()"))
    assert seen[0] != seen[1]
    rings = "wann.page.view.nodes.map(({ ring }) => Number(ring.getAttribute('stroke-width')))"
    lost = page.evaluate("wann.page.data.explained.nodes")
    widths = page.evaluate(rings)[: len(lost)]
    assert widths == pytest.approx([0.8 + 4.5 * np.sqrt(max(loss, 0) / max(lost)) for loss in lost], abs=0.01)
    assert page.get_attribute("#matters", "aria-pressed") == "true"
    assert "costs reward where it is taken out, at the shared weight 0.775" in watched.text("#explained-note")
    page.evaluate("wann.page.view.nodes[2].group.focus()")
    assert re.search(r"x_dot: without it \d+ ± [\d.]+ of the reward is lost", watched.text("#readout"))
    page.click("#smallest")
    assert page.get_attribute("#matters", "aria-pressed") == "false"
    pruned = page.evaluate("wann.page.network.source.length")
    assert pruned < 112
    note = watched.text("#explained-note")
    assert re.match(rf"{pruned} connections of 112 do as well at the shared weight 0\.775: a (loss|gain) of [\d.]+ ± ", note)
    assert page.is_hidden("#tuned")
    assert page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]") != whole
    page.click("#smallest")
    assert page.evaluate("wann.page.network.source.length") == 112
    assert page.evaluate("wann.page.act([0.3, 0.1, -0.8, 0.6, 0.2])[0]") == whole
    assert page.is_hidden("#explained-note")
    assert page.is_visible("#tuned")
    assert watched.complaints == []
    watched.context.close()
