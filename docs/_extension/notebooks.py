"""Leads links in notebooks that still name a page's former place to where the page is now."""

from sphinx.application import Sphinx

NOW = {
    "../gymnasium.md": "../do/gymnasium.md",
    "../search.md#": "../findings/search.md#",
    "../data.md": "../do/labelled-data.md",
    "../export.md": "../do/export.md",
    "../repeat-the-paper.md#what-came-out": "../findings/the-papers-table.md#what-came-out",
    "../../CONTRIBUTING.md": "../develop/contributing.md",
}


def _lead(_app: Sphinx, name: str, source: list[str]) -> None:
    if name.startswith("notebooks/"):
        for before, now in NOW.items():
            source[0] = source[0].replace(f"]({before}", f"]({now}")


def setup(app: Sphinx) -> dict[str, object]:
    """What Sphinx calls."""
    app.connect("source-read", _lead)
    return {"parallel_read_safe": True}
