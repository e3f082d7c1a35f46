"""The rooms of the package: a module imports only from its own room and from rooms below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "wann"

#: From the ground up. What stands in no folder is the ground; the root itself, which lists names, stands above all.
GROUND, ROOT = "ground", "root"
ROOMS = (
    GROUND,
    "networks",
    "vision",
    "tasks",
    "execution",
    "search",
    "training",
    "scoring",
    "runs",
    "export",
    "explain",
    "zoo",
    "show",
    "cli",
    ROOT,
)
#: Modules beside the command line, for people who come from elsewhere; and those that serve the root.
BESIDE = {"sklearn": "cli", "__main__": "cli", "__init__": ROOT, "_moved": ROOT, "_methods": ROOT}

MODULES = {
    ".".join(("wann", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}


def room_of(module: str) -> str:
    parts = module.split(".")[1:] or ["__init__"]
    if parts[0] in BESIDE:
        return BESIDE[parts[0]]
    return parts[0] if (SOURCE / parts[0]).is_dir() else GROUND


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """All imports of the package's modules, those within functions and under TYPE_CHECKING too: line and module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "wann")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports name the whole module"
            if (node.module or "").split(".")[0] == "wann":
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield node.lineno, inner if inner in MODULES else str(node.module)


def test_every_folder_is_a_room() -> None:
    folders = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert folders == set(ROOMS) - {GROUND, ROOT}


@pytest.mark.parametrize("module", MODULES)
def test_no_import_runs_upward(module: str) -> None:
    height = ROOMS.index(room_of(module))
    upward = [
        f"line {line} imports {target}"
        for line, target in imports_of(MODULES[module])
        if ROOMS.index(room_of(target)) > height
    ]
    assert not upward


def test_the_check_sees_an_arrow_upward(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("def f():\n    from wann.cli import main\n\nif TYPE_CHECKING:\n    import wann.show.play\n")
    assert [target for _, target in imports_of(path)] == ["wann.cli", "wann.show.play"]
    assert room_of("wann.errors") == GROUND
    assert room_of("wann.networks.file") == "networks"
    assert room_of("wann") == ROOT


#: Lines of the largest file, and of the longest function without its docstring.
MOST_LINES, LONGEST_FUNCTION = 500, 60


def test_files_and_functions_are_short() -> None:
    long = []
    for module, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_LINES:
            long.append(f"{module}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > LONGEST_FUNCTION:
                    long.append(f"{module}.{node.name}: {lines} lines")
    assert not long


def test_core_files_are_short() -> None:
    core = SOURCE.parents[1] / "core"
    long = {
        str(path.relative_to(core)): path.read_text(encoding="utf-8").count("\n")
        for path in core.rglob("*.[ch]pp")
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    }
    assert not long


#: Where it is decided what a task can do.
ASKED_IN = ("wann.tasks.protocol", "wann.tasks.registry")


def test_what_a_task_can_do_is_asked_in_one_place() -> None:
    """Elsewhere nothing looks at a task's class, its name, or its attributes by name."""
    found = []
    for module, path in MODULES.items():
        if module in ASKED_IN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                asks = node.func.id in ("isinstance", "getattr", "hasattr") and ast.unparse(node.args[-1]) != "str"
                if asks and ast.unparse(node.args[0]) in ("task", "self.task", "self._task", "run.search.task"):
                    found.append(f"{module}:{node.lineno}: {ast.unparse(node)}")
            if isinstance(node, ast.Compare) and ast.unparse(node.left).endswith("task.name"):
                found.append(f"{module}:{node.lineno}: {ast.unparse(node)}")
    assert not found
