"""A headless Chromium for the tests of the report page; they are skipped where there is none."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# Nothing that the browser does by itself may reach for the network, and containers run it as root and without a display.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def browser() -> Iterator:
    """A browser with a fresh profile."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


class Watched:
    """A page that is opened from disk, with everything that it asks for and complains about."""

    def __init__(self, chromium, path: Path, **options) -> None:
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())

    def frames(self, n: int = 20) -> None:
        """Lets the page draw so many frames, however long the machine takes for them."""
        self.page.evaluate(
            "(n) => new Promise((done) => { const draw = () => (n-- ? requestAnimationFrame(draw) : done()); draw(); })", n
        )

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)
