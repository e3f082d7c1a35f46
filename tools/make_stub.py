"""Writes src/wann/_core.pyi, the types of the compiled core; with ``--check`` only says whether it is up to date."""

import difflib
import re
import sys
from pathlib import Path

from nanobind.stubgen import StubGen

from wann import _core

STUB = Path(__file__).parent.parent / "src" / "wann" / "_core.pyi"
#: Constants whose values differ from build to build; the stub states their types only.
BUILD_CONSTANTS = ("instruction_set", "lane_width")


def stub_text() -> str:
    """The stub of the build that is loaded; all builds have the same."""
    generator = StubGen(_core)
    generator.put(_core)
    return re.sub(rf"^((?:{'|'.join(BUILD_CONSTANTS)}): \w+) = .*$", r"\1", generator.get(), flags=re.MULTILINE)


def main() -> int:
    """Writes or checks the stub; the exit status."""
    text = stub_text()
    if sys.argv[1:] != ["--check"]:
        STUB.write_text(text, encoding="utf-8")
        return 0
    committed = STUB.read_text(encoding="utf-8")
    if text == committed:
        return 0
    print(*difflib.unified_diff(committed.splitlines(), text.splitlines(), "_core.pyi", "the core", lineterm=""), sep="\n")
    print("src/wann/_core.pyi does not fit the core; run 'make stubs'")
    return 1


if __name__ == "__main__":
    sys.exit(main())
