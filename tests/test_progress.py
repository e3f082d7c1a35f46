"""Bars: on a terminal, in a notebook, and none elsewhere."""

import io
import sys
import types
from pathlib import Path

import pytest

import wann
from wann import show
from wann.runs import Run, RunSettings

TASK = wann.make_task("cartpole-swingup")
SMALL = wann.preset(TASK.name, "paper", population=8, generations=4, confirm_episodes=4)


def search() -> wann.Search:
    return wann.Search(TASK, SMALL, seed=1, threads=1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the output of a notebook's cell shows, one entry each time it changes; a kernel that is not there."""
    shown: list[str] = []

    class Handle:
        def update(self, content: str) -> None:
            shown.append(content)

    def display(content: str, display_id: bool) -> Handle:
        assert display_id
        shown.append(content)
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    part = types.ModuleType("IPython.display")
    part.HTML, part.display = str, display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", part)
    return shown


def test_where_nobody_looks_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    followed = search()
    assert list(show.follow(followed)) == list(followed.history)
    with show.bars() as report:
        wann.evaluate(followed.champion, TASK, episodes=2, weights=(1.0,), threads=1, report=report)
    assert len(followed.history) == 4
    assert tuple(capsys.readouterr()) == ("", "")


def test_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    followed = search()
    assert len(list(show.follow(followed, 2))) == 2
    assert "generation 2/2" in terminal.getvalue()
    assert f"{followed.champion.n_connections} connections" in terminal.getvalue()
    with show.bars() as report:
        report("something", 0.5)
    assert "something" in terminal.getvalue()


def test_in_a_notebook(cell: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wann.show.progress._INTERVAL", 0.0)
    followed = search()
    assert len(list(show.follow(followed))) == 4
    assert '<progress value="1.0000" max="1"></progress> 100 % generation 4/4 mean' in cell[-1]
    assert f"{followed.champion.n_connections} connections" in cell[-1]
    with show.bars() as report:
        report("first <b>", 0.5)
        report("second", 0.25)
        assert [line.partition("</progress>")[2] for line in cell[-1].split("</div>")] == [
            " 50 % first &lt;b&gt;",
            " 25 % second",
            "",
        ]
    assert cell[-1] == ""


def test_bars_go_from_a_cell_that_is_interrupted(cell: list[str]) -> None:
    def interrupted() -> None:
        with show.bars() as report:
            report("something", 0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ["something" in content for content in cell] == [True, False]


def test_what_follows_nothing_shows_nothing(cell: list[str]) -> None:
    assert list(show.follow(search(), 0)) == []
    with show.bars():
        pass
    assert cell == []


def test_a_run_with_its_folder(tmp_path: Path, cell: list[str]) -> None:
    settings = RunSettings(task=TASK.name, preset="paper", seed=1, config=SMALL)
    with Run.create(tmp_path / "run", settings, threads=1) as run:
        assert len(list(show.follow(run))) == 4
        with pytest.raises(wann.WannError, match="generations is 3; a run goes to its end"):
            next(show.follow(run, 3))
    assert (tmp_path / "run" / "champion.json").exists()
    assert "generation 4/4" in cell[-1]


def test_what_cannot_be_followed() -> None:
    with pytest.raises(wann.WannError, match=r"work is 'cartpole-swingup'; it must be a wann\.Search or a"):
        show.follow("cartpole-swingup")  # type: ignore[arg-type]
    with pytest.raises(wann.WannError, match="generations is -1; it must be an integer"):
        show.follow(search(), -1)
