"""The directive ``presets``: the settings that each preset has for a task, as the package has them while the page is made."""

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
            (f"``{field.name}``", *(_cell(getattr(config, field.name)) for config in configs))
            for field in dataclasses.fields(SearchConfig)
        ]
        lines = [".. list-table::", "   :header-rows: 1", "   :class: presets", ""]
        for row in [("setting", *PRESET_NAMES), *rows]:
            lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, "presets"), self.content_offset, box)
        return box.children


def _cell(value: object) -> str:
    # A browser may break a long list after its commas.
    return setting_text(value).replace(",", ", ")


class Settings(Directive):
    """A list of all settings, each with what it does."""

    def run(self) -> list[nodes.Node]:
        """The list."""
        lines = []
        for field in dataclasses.fields(SearchConfig):
            lines += [f"``{field.name}``", f"   {field.metadata['help']}", ""]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, "settings"), self.content_offset, box)
        return box.children


def setup(app: Sphinx) -> dict[str, object]:
    """What Sphinx calls."""
    app.add_directive("presets", Presets)
    app.add_directive("settings", Settings)
    return {"parallel_read_safe": True}
