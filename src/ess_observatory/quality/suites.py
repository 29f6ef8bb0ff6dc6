"""The declared checks, gathered into suites: one a table of a source, one a published table, one for all figures.

Every suite of rows is guarded: most expectations hold of an empty table, so that each suite also expects rows.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project, TableCard
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.sql_text import read_query
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.conditions import name_of
from ess_observatory.quality.verdicts import SEVERITIES
from ess_observatory.read.cast import quote

FIRST, SECOND = "staging", "publication"
#: What a condition on rows may be made of.
_COMPARING = (
    ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Constant, ast.List, ast.Tuple,
    ast.boolop, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_TESTS = frozenset(("isnull", "isna", "notnull", "notna", "notNull", "isNull"))
_LONGEST_CONDITION = 2000
_GUARD = "Il y a des lignes à contrôler"


@dataclass(frozen=True)
class Suite:
    """Checks on one relation. `checks`: {id, expectation, arguments, severity, label, reason} each.

    `optional`: nothing is asked when the relation has no rows (a table that this edition does not publish).
    """

    id: str
    title: str
    source: str
    border: str
    relation: str
    where: str
    checks: tuple[dict[str, Any], ...]
    optional: bool = False


def suites_before_core(project: Project, present: Iterable[str]) -> list[Suite]:
    """Gate 1: the checks of each source of which there are files, on what was staged.

    A check may name another table of its source (`table = "core.…"`).
    """
    found = []
    for spec in (project.sources[name] for name in project.sources if name in set(present)):
        tables: dict[str, list[dict[str, Any]]] = {}
        for number, check in enumerate(spec.checks, 1):
            tables.setdefault(check.get("table", f"staging.{spec.id}"), []).append(
                _check(spec.id, number, check, _toml(spec))
            )
        for table, checks in tables.items():
            read_query(f"select * from {table}", _toml(spec))
            own = table == f"staging.{spec.id}"
            name = spec.id if own else f"{spec.id}.{table.partition('.')[2]}"
            found.append(Suite(name, spec.title, spec.id, FIRST, table, _toml(spec), _guarded(name, checks)))
    return found


def suites_before_publication(project: Project, folder: Path) -> list[Suite]:
    """Gate 2: checks on the figures that are about to leave (`publication/figures.parquet`), as they are written."""
    figures = f"read_parquet({quote(str(folder / 'figures.parquet'))})"
    found = []
    path = project.pipelines / "rules" / "publication_checks.toml"
    if path.is_file():
        data = read_toml(path)
        name = "publication.figures"
        checks = [_check(name, i, check, str(path)) for i, check in enumerate(data.get("checks", []), 1)]
        relation = f"(select *, case when unit = '%' then value end as share_pct from {figures})"
        found.append(Suite(name, data["title"], SECOND, SECOND, relation, str(path), _guarded(name, checks)))
    for table in project.tables:
        declared = table.card.get("checks", [])
        if declared:
            where = str(table.folder / "card.toml")
            name = f"publication.{table.id}"
            checks = [_check(name, i, check, where) for i, check in enumerate(declared, 1)]
            found.append(
                Suite(
                    name,
                    f"Tableau {table.number} – {table.card['title']}",
                    SECOND,
                    SECOND,
                    _pivot(table, figures),
                    where,
                    _guarded(name, checks),
                    optional=True,
                )
            )
    return found


def _pivot(table: TableCard, figures: str) -> str:
    """A published table as rows and columns: one row a line, one column a declared column."""
    columns = [column["code"] for column in table.card["columns"] if column["secrecy"] != "text"]
    values = "".join(
        f", max(value) filter (where column_code = {quote(code)}) as {name_of(code)}" for code in columns
    )
    return f"(select row_code{values} from {figures} where table_id = {quote(table.id)} group by row_code)"


def _check(owner: str, number: int, check: dict[str, Any], where: str) -> dict[str, Any]:
    place = f"{where}, contrôle n° {number}"
    arguments = dict(check.get("arguments", {}))
    if "unexpected_rows_query" in arguments:
        read_query(str(arguments["unexpected_rows_query"]).replace("{batch}", "staging.batch"), place)
    if "row_condition" in arguments:
        _refuse_condition(str(arguments["row_condition"]), place)
    return {
        "id": f"{owner}.{number}",
        "expectation": check["expectation"],
        "arguments": arguments,
        "severity": check.get("severity", "block"),
        "label": check["label"],
        "reason": check.get("reason", ""),
    }


def _refuse_condition(text: str, where: str) -> None:
    """Raise E382 for a condition on rows that does more than compare columns with constants: the library evaluates it as Python."""
    parsed: list[ast.AST] = []
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        parsed = [ast.parse(text, mode="eval").body]
    is_plain = bool(parsed)
    while parsed:
        node = parsed.pop()
        if isinstance(node, ast.Call) and _is_test_of_column(node):
            continue
        is_plain = is_plain and isinstance(node, _COMPARING)
        parsed += ast.iter_child_nodes(node)
    if not is_plain or len(text) > _LONGEST_CONDITION:
        raise ObservatoryError(
            "E382",
            f"Condition sur les lignes refusée : « {text[:60]} »",
            where,
            "Comparez des colonnes à des nombres ou à des textes : and, or, not, ==, <, in, colonne.notnull().",
            Exit.USAGE,
        )


def _is_test_of_column(node: ast.Call) -> bool:
    """`column.notnull()` and the like, or `col("column")` of the library's own conditions."""
    if node.keywords:
        return False
    if isinstance(node.func, ast.Attribute) and not node.args:
        of = node.func.value
        is_column = isinstance(of, ast.Name) or (isinstance(of, ast.Call) and _is_test_of_column(of))
        return is_column and node.func.attr in _TESTS
    is_col = isinstance(node.func, ast.Name) and node.func.id == "col"
    return is_col and len(node.args) == 1 and isinstance(node.args[0], ast.Constant)


def _guarded(name: str, checks: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    if any(check["expectation"].startswith("ExpectTableRowCount") for check in checks):
        return tuple(checks)
    severity = min((check["severity"] for check in checks), key=SEVERITIES.index, default="block")
    guard = {
        "id": f"{name}.0",
        "expectation": "ExpectTableRowCountToBeBetween",
        "arguments": {"min_value": 1},
        "severity": severity,
        "label": _GUARD,
    }
    return (guard, *checks)


def _toml(spec: SourceSpec) -> str:
    return str(spec.folder / "source.toml")
