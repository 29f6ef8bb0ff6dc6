"""The rooms of the house: an arrow goes down the floors only, no circle, imports at the top of the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import ess_observatory

PACKAGE = Path(ess_observatory.__file__).parent
ROOT = PACKAGE.parents[1]
#: What a newcomer finds without opening a folder.
FLAT = {"__init__", "__main__", "errors", "notebook"}


def test_imports_keep_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


def test_nothing_lies_flat() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} <= FLAT


def _late_imports(tree: ast.AST, inside: bool = False) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.iter_child_nodes(tree):
        if inside and isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        yield from _late_imports(node, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.partition(".")[0] for name in names}


def test_only_heavy_libraries_are_imported_late() -> None:
    late = {
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
        for node in _late_imports(ast.parse(path.read_text("utf-8")))
        if "ess_observatory" in _packages(node)
    }
    assert not late
