"""Joins the modules in ``page/`` into the report page's one script.

The modules are joined as they are, each once and after those that it imports from, in one scope; so no two may give the same
name to something at their top level, which is checked.
"""

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (?:(\w+)|([\[{][^=]+?[\]}]) =)", re.MULTILINE)


@cache
def page_file(name: str) -> str:
    """The text of a file in ``page/``, such as ``"page.css"``."""
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


@cache
def page_script(entry: str = "main") -> str:
    """The page's script: the module with this name and all that it needs.

    Raises:
        ValueError: The modules cannot be joined; the message says why.
    """
    owner: dict[str, str] = {}
    parts = []
    for name, source in _ordered_modules(entry).items():
        body = _IMPORT.sub("", source)
        if re.search(r"^\s*import\b", body, re.MULTILINE):
            raise ValueError(f"{name}.js: an import that is not understood here")
        for match in _TOP_LEVEL.finditer(body):
            for word in re.findall(r"\w+", match[1] or match[2]):
                if word in owner:
                    raise ValueError(f"{word} stands at the top level of both {owner[word]}.js and {name}.js")
                owner[word] = name
        parts.append(f"// {name}.js\n{re.sub(r'^export ', '', body, flags=re.MULTILINE).strip()}\n")
    script = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("the script holds text that would end it")
    return script


def _ordered_modules(entry: str) -> dict[str, str]:
    """The sources by name, each after those that it imports from."""
    modules: dict[str, str] = {}

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ValueError(f"modules import each other: {' -> '.join((*path, name))}")
        if name in modules:
            return
        source = page_file(f"{name}.js")
        for needed in _IMPORT.findall(source):
            add(needed, (*path, name))
        modules[name] = source

    add(entry, ())
    return modules
