"""How Sphinx makes the site of these pages: make docs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extension"))

from wann import __version__

project = "wann"
author = copyright = "The WANN developers"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
    "accessible",
    "gallery",
    "presets",
]
exclude_patterns = ["_extension", "**/.ipynb_checkpoints"]
# Single backticks in docstrings name Python objects.
default_role = "py:obj"

# Notebooks are kept with what their cells show: make notebooks runs them.
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# A block without a language is a command or what one prints.
highlight_language = "text"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
napoleon_preprocess_types = True
# What only some users have installed is not needed to describe what uses it.
autodoc_mock_imports = ["torch"]

html_theme = "furo"
html_title = "wann"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp, .go"
