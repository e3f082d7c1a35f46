"""The built site: every link in it leads somewhere; in a browser, axe finds nothing and pages fit a phone."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from browser import browser, needs_browser

SITE = Path(__file__).parents[1] / "build" / "site"

pytestmark = pytest.mark.skipif(not SITE.exists(), reason="make docs makes the site")

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


@needs_browser
@pytest.mark.parametrize("name", MAIN)
def test_a_page_is_accessible_and_fits_a_phone(phone, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    phone.goto((SITE / f"{name}.html").as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text())
    # The reports in the gallery's frames have tests of their own. What a notebook's cells show is theirs.
    results = phone.evaluate("axe.run({exclude: [['iframe'], ['.cell_output']]})")
    assert [f"{v['id']}: {n['html'][:120]}" for v in results["violations"] for n in v["nodes"]] == []


class Links(HTMLParser):
    """What a page leads to and shows, and the places in it that others may lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.targets += [of[name] or "" for name in ("href", "src") if name in of and tag in ("a", "img", "iframe")]
        self.places |= {place for name in ("id", "name") if (place := of.get(name))}


def test_every_link_inside_the_site_leads_somewhere() -> None:
    own = [page for page in SITE.rglob("*.html") if not {"_static", "_downloads", "reports"} & set(page.parts)]
    links = {page: Links(page) for page in own}
    assert len(links) > 50
    lost = []
    for page, found in links.items():
        for target in found.targets:
            path, _, place = target.partition("#")
            there = (page.parent / unquote(path)).resolve() if path else page
            if re.match(r"[a-z]+:", target):
                continue
            if not there.exists() or (there in links and unquote(place) not in links[there].places):
                lost.append(f"{page.relative_to(SITE)}: {target}")
    assert lost == []
