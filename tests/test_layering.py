"""Imports go one way: models <- sync <- server; and a file keeps to one subject.

The rules are read from the source with `ast`, so a lazy import inside a function counts too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
LAYERS: Final = ("models", "sync", "server", "tests")

PLAIN_MODELS: Final = frozenset({"vocabulary", "documents", "policy", "journal"})
"""The files of models/ that sync/ may import; they stand on the standard library alone."""

MODELS_MAY_IMPORT: Final = frozenset({"models", "sqlalchemy", "alembic"})
SYNC_MAY_IMPORT: Final = frozenset({"sync", "pycrdt"})
WAITING: Final = frozenset(
    {"asyncio", "concurrent", "multiprocessing", "select", "selectors", "socket", "ssl"}
    | {"subprocess", "threading", "queue", "sqlite3", "time", "random", "secrets", "os", "pathlib"}
)
"""What a room without I/O has no use for: waiting, clocks, chance and files are passed in."""

LONGEST_FILE: Final = 400
LONG_WITH_A_REASON: Final[dict[str, str]] = {}
"""File -> why it is longer than LONGEST_FILE."""

SOURCES: Final = (
    *(ROOT.glob(f"{folder}/**/*.{end}") for folder in LAYERS for end in ("py", "mjs")),
    *(ROOT.glob(f"web/{folder}/**/*") for folder in ("src", "styles", "templates", "tests")),
    ROOT.glob("web/*.mjs"),
    ROOT.glob("*.py"),
)


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_by(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: write imports in full, not relative"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def top(module: str) -> str:
    return module.partition(".")[0]


def is_standard(module: str) -> bool:
    return top(module) in sys.stdlib_module_names


def wrong_imports(path: Path, allowed: frozenset[str]) -> list[str]:
    """The imports of a file beyond the standard library and the `allowed` packages."""
    return [
        module
        for module in imported_by(path)
        if not is_standard(module) and top(module) not in allowed
    ]


@pytest.mark.parametrize("path", python_files("models"), ids=name_of)
def test_models_stand_on_the_standard_library_and_sqlalchemy(path: Path) -> None:
    assert wrong_imports(path, MODELS_MAY_IMPORT) == []


@pytest.mark.parametrize("name", sorted(PLAIN_MODELS))
def test_plain_models_stand_on_the_standard_library_and_one_another(name: str) -> None:
    path = ROOT / "models" / f"{name}.py"
    assert wrong_imports(path, frozenset({"models"})) == []
    assert imports_of_rich_models(path) == []


@pytest.mark.parametrize("path", python_files("sync"), ids=name_of)
def test_sync_stands_on_plain_models_and_pycrdt(path: Path) -> None:
    assert wrong_imports(path, SYNC_MAY_IMPORT | {"models"}) == []
    assert imports_of_rich_models(path) == []


def imports_of_rich_models(path: Path) -> list[str]:
    """Imports of files of models/ that need a database."""
    return [
        module
        for module in imported_by(path)
        if top(module) == "models" and module.split(".")[1] not in PLAIN_MODELS
    ]


@pytest.mark.parametrize("path", python_files("sync"), ids=name_of)
def test_sync_never_waits_and_opens_nothing(path: Path) -> None:
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, waiting)]
    opened = [node.lineno for node in ast.walk(tree) if is_call_of(node, "open")]
    assert (lines, opened) == ([], [])
    assert [module for module in imported_by(path) if top(module) in WAITING] == []


def is_call_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


@pytest.mark.parametrize("path", python_files("server"), ids=name_of)
def test_server_imports_nothing_of_the_tests(path: Path) -> None:
    assert [module for module in imported_by(path) if top(module) in {"tests", "dev"}] == []


def long_files() -> dict[str, int]:
    """Source files with more lines than LONGEST_FILE; generated ones do not count."""
    ends = {".py", ".mjs", ".ts", ".css", ".html"}
    counted: dict[str, int] = {}
    for path in (path for paths in SOURCES for path in paths):
        if path.suffix in ends and ".gen." not in path.name:
            counted[name_of(path)] = len(path.read_text(encoding="utf-8").splitlines())
    return {name: lines for name, lines in counted.items() if lines > LONGEST_FILE}


def test_no_file_is_longer_than_400_lines_without_a_reason() -> None:
    assert set(long_files()) == set(LONG_WITH_A_REASON), "split it by subject, or give the reason"
