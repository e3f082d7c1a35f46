"""Commands and pictures that other tests see from outside only, or not at all."""

import json

import numpy as np
import pytest

import wann
from conftest import Cli
from wann.show.video import WINDOW, show


def test_the_zoo_is_listed(cli: Cli) -> None:
    entries = json.loads(cli("zoo", "--json").stdout)
    assert [entry["name"] for entry in entries] == list(wann.zoo.names())
    text = cli("zoo").stdout
    for entry in entries:
        network = wann.zoo.load(entry["name"])
        assert f"zoo:{entry['name']}" in text
        assert (entry["connections"], entry["hidden_nodes"]) == (network.n_connections, network.n_hidden)
        if "accuracy" in entry:
            assert f"{100 * entry['accuracy']['tuned_accuracy']:.1f} %" in text
            continue
        for score in entry["scores"].values():
            assert f"{score['mean']:.1f} ± {score['std']:.1f}" in text
    assert any("accuracy" in entry for entry in entries)


def test_one_of_the_zoo_tells_all_that_is_known(cli: Cli) -> None:
    assert json.loads(cli("zoo", "cartpole-swingup").stdout) == wann.zoo.load("cartpole-swingup").metadata


PICTURES = [np.full((8, 16, 3), 80 * i, dtype=np.uint8) for i in range(3)]


@pytest.fixture
def pygame(monkeypatch: pytest.MonkeyPatch):
    """With windows that nobody sees."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield pygame
    pygame.display.quit()


def shown(pygame, monkeypatch: pytest.MonkeyPatch, after: int | None = None) -> list[np.ndarray]:
    """What the window holds each time that it is shown; it is closed after so many pictures."""
    seen: list[np.ndarray] = []

    def flip() -> None:
        seen.append(pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1))
        if len(seen) == after:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    monkeypatch.setattr(pygame.display, "flip", flip)
    show(iter(PICTURES), WINDOW, fps=1000)
    return seen


def test_a_window_shows_every_picture(pygame, monkeypatch: pytest.MonkeyPatch) -> None:
    np.testing.assert_array_equal(shown(pygame, monkeypatch), PICTURES)


def test_a_window_can_be_closed(pygame, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(shown(pygame, monkeypatch, after=1)) == 1


def test_without_a_display_a_file_is_proposed(pygame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no such driver")
    with pytest.raises(wann.WannError, match=r"no window can be opened here .* write a file instead, such as out\.mp4"):
        show(iter(PICTURES), WINDOW, fps=1000)
