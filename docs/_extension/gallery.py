"""The directive ``live-report``: what ``wann report`` writes about a champion of the zoo, made while the site is built.

A page is made once for each state of the champion and of what writes pages; it is kept in ``build/gallery``. MNIST's is
kept beside its text, because its images do not come with the package.
"""

import hashlib
import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

import wann
from wann import zoo
from wann.show import write_report

PACKAGE = Path(wann.__file__).parent
KEPT = Path(__file__).parents[1] / "gallery"
MADE = Path(__file__).parents[2] / "build" / "gallery"
#: What runs the networks while a page is made. The pages are the same for any number.
THREADS = 2


class LiveReport(Directive):
    """The page in a frame, with a link to it alone, and the champion's scores above it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The scores, the link and the frame."""
        name = self.arguments[0]
        app = self.state.document.settings.env.app
        place = Path(app.outdir) / "gallery" / "reports" / f"{name}.html"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page_about(name), place)
        for path in sources_of(name):
            app.env.note_dependency(str(path))
        network = zoo.load(name)
        html = (
            f"<p>{len(network.hidden)} hidden nodes, {network.n_connections} connections. "
            f'<a href="reports/{name}.html">Open the page alone</a>, for a small screen or a large one.</p>'
            f'<iframe class="live-report" src="reports/{name}.html" title="The live report of zoo:{name}" loading="lazy">'
            "</iframe>"
        )
        return [nodes.raw("", html, format="html")]


def page_about(name: str) -> Path:
    """The file of a champion's page, which is made where there is none of the present state."""
    kept = KEPT / f"{name}-report.html"
    if kept.exists():
        return kept
    made = MADE / f"{name}-{_state_of(name)}.html"
    if not made.exists():
        MADE.mkdir(parents=True, exist_ok=True)
        write_report(f"zoo:{name}", made, threads=THREADS)
    return made


def sources_of(name: str) -> list[Path]:
    """The champion's file, and those that make pages."""
    page = sorted(
        path for path in (PACKAGE / "show" / "report").rglob("*") if path.suffix in (".py", ".js", ".css", ".html")
    )
    return [PACKAGE / "zoo" / f"{name}.json", *page]


def _state_of(name: str) -> str:
    """A digest of the champion and of all that pages are made of."""
    digest = hashlib.sha256()
    for path in sources_of(name):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def setup(app: Sphinx) -> dict[str, object]:
    """What Sphinx calls."""
    app.add_directive("live-report", LiveReport)
    return {"parallel_read_safe": False}
