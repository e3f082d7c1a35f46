"""The built site in a browser: axe finds nothing, pages fit a phone, and every frame and picture is there."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from browser import browser, needs_browser

SITE = Path(__file__).parents[1] / "build" / "site"

pytestmark = [needs_browser, pytest.mark.skipif(not SITE.exists(), reason="make docs makes the site")]

PHONE = {"width": 390, "height": 844}
#: One page of each kind.
MAIN = [
    "index",
    "start/index",
    "start/first-champion",
    "learn/index",
    "learn/concepts",
    "learn/own-task",
    "notebooks/first-search",
    "do/search",
    "do/gymnasium",
    "reference/commands",
    "reference/presets",
    "reference/api/search",
    "findings/search",
    "gallery/index",
    "gallery/cartpole-swingup",
    "faq",
    "comparison",
    "changelog",
]


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module", params=["light", "dark"])
def phone(chromium, request):
    context = chromium.new_context(viewport=PHONE, color_scheme=request.param, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", MAIN)
def test_a_page_is_accessible_and_fits_a_phone(phone, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    phone.goto((SITE / f"{name}.html").as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text())
    # The reports in the gallery's frames have tests of their own. What a notebook's cells show is theirs.
    results = phone.evaluate("axe.run({exclude: [['iframe'], ['.cell_output']]})")
    assert [f"{v['id']}: {n['html'][:120]}" for v in results["violations"] for n in v["nodes"]] == []


def test_frames_and_pictures_are_there(phone) -> None:
    missing = []
    for page in sorted(SITE.rglob("*.html")):
        if "reports" in page.parts or "_static" in page.parts:
            continue
        phone.set_content(page.read_text(encoding="utf-8"), wait_until="commit")
        sources = phone.evaluate("[...document.querySelectorAll('iframe, img')].map((e) => e.getAttribute('src'))")
        missing += [(page.name, s) for s in sources if ":" not in s and not (page.parent / unquote(s)).exists()]
    assert missing == []
