"""Joins the modules of the report page into src/wann/show/report/page.js, with the page and its style beside it.

Run by ``make frontend``; ``--check`` tells whether the files in the package are up to date. The modules are joined as they
are, each once and after those that it imports from, in one scope; so no two may give the same name to something at their top
level, which is checked.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "wann" / "show" / "report"

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (?:(\w+)|([\[{][^=]+?[\]}]) =)", re.MULTILINE)


def ordered_modules(entry: str = "main") -> dict[str, str]:
    """The sources by name, each after those that it imports from."""
    modules: dict[str, str] = {}

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SystemExit(f"modules import each other: {' -> '.join((*path, name))}")
        if name in modules:
            return
        source = (HERE / "src" / f"{name}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            add(needed, (*path, name))
        modules[name] = source

    add(entry, ())
    return modules


def bundle() -> str:
    """The page's script."""
    modules = ordered_modules()
    owner: dict[str, str] = {}
    parts = []
    for name, source in modules.items():
        body = _IMPORT.sub("", source)
        if re.search(r"^\s*import\b", body, re.MULTILINE):
            raise SystemExit(f"{name}.js: an import that this script does not understand")
        for match in _TOP_LEVEL.finditer(body):
            for word in re.findall(r"\w+", match[1] or match[2]):
                if word in owner:
                    raise SystemExit(f"{word} stands at the top level of both {owner[word]}.js and {name}.js")
                owner[word] = name
        parts.append(f"// {name}.js\n{re.sub(r'^export ', '', body, flags=re.MULTILINE).strip()}\n")
    script = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    if "</script" in script.lower() or "<!--" in script:
        raise SystemExit("the script holds text that would end it")
    return script


def main() -> None:
    """Writes the files, or checks them."""
    files = {"page.js": bundle()}
    files |= {name: (HERE / name).read_text(encoding="utf-8") for name in ("page.html", "page.css")}
    if "--check" in sys.argv[1:]:
        for name, text in files.items():
            path = TARGET / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise SystemExit(f"{path} is not up to date; run: make frontend")
        return
    for name, text in files.items():
        (TARGET / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
