"""The directive ``presets``: the settings of each preset for a task, as the package has them while the page is made."""

import dataclasses

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

from wann import SearchConfig, preset
from wann.cli.options import setting_text
from wann.search.config import PRESET_NAMES


class Presets(Directive):
    """A table with a row for each setting, of a task or a kind of task."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The table."""
        configs = [preset(self.arguments[0], name) for name in PRESET_NAMES]
        rows = [
            (f"`{field.name}`", *(_cell(getattr(config, field.name)) for config in configs))
            for field in dataclasses.fields(SearchConfig)
        ]
        table = [("setting", *PRESET_NAMES), ("---",) * (1 + len(configs)), *rows]
        return _parsed(self, [f"| {' | '.join(row)} |" for row in table])


class Settings(Directive):
    """A table of all settings, each with what it does."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows = [f"| `{field.name}` | {field.metadata['help']} |" for field in dataclasses.fields(SearchConfig)]
        return _parsed(self, ["| setting | what it is |", "| --- | --- |", *rows])


def _cell(value: object) -> str:
    # A browser may break a long list after its commas.
    return setting_text(value).replace(",", ", ")


def _parsed(directive: Directive, markdown: list[str]) -> list[nodes.Node]:
    """What the lines become, as if they stood in the page."""
    box = nodes.container()
    directive.state.nested_parse(StringList(markdown, "presets"), directive.content_offset, box)
    for table in box.findall(nodes.table):
        table["classes"].append("presets")
    return box.children


def setup(app: Sphinx) -> dict[str, object]:
    """What Sphinx calls."""
    app.add_directive("presets", Presets)
    app.add_directive("settings", Settings)
    return {"parallel_read_safe": True}
