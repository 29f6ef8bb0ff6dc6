"""The worked example beside a query: a few rows in, the cells out. It is the table's documentation and its test."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.errors import ObservatoryError
from ess_observatory.read.cast import quote

#: `name:type` in a header of an example; text when nothing is said.
TYPES = {"int": "bigint", "float": "double", "bool": "boolean", "date": "date", "text": "varchar"}

#: Columns that tell one row from another, where an example gives them.
KEYS = {
    "row_code",
    "column_code",
    "siret",
    "rule_id",
    "given_by",
    "area",
    "commune_code",
    "field",
    "family",
    "activity",
}


@dataclass(frozen=True)
class Example:
    """One example: the rows of each table that the query reads, and the cells that must come out."""

    where: str
    title: str
    given: dict[str, str]
    expected: list[dict[str, str]]


def load_examples(path: Path) -> list[Example]:
    """The examples of an `example.toml`."""
    data = read_toml(path)
    return [
        Example(
            f"{path.parent.name}/{path.name}", item["title"], item.get("given", {}), _rows(item["expected"])
        )
        for item in data["example"]
    ]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.strip()), skipinitialspace=True))


def fill(db: Database, name: str, text: str) -> None:
    """Create table `name` from CSV text whose headers may carry a type; an empty cell is NULL."""
    rows = _rows(text)
    header = next(csv.reader(io.StringIO(text.strip()), skipinitialspace=True))
    columns = []
    for column in header:
        label, _, kind = column.partition(":")
        if kind and kind not in TYPES:
            raise ObservatoryError(
                "E408",
                f"Type inconnu dans un exemple : « {column} »",
                name,
                f"Types connus : {', '.join(TYPES)}.",
            )
        columns.append((column, label, TYPES[kind or "text"]))
    db.execute(
        f"create or replace table {name} ({', '.join(f'{label} {kind}' for _, label, kind in columns)})"
    )
    for row in rows:
        values = ", ".join(
            "null" if row[c] in ("", None) else f"cast({quote(row[c])} as {kind})" for c, _, kind in columns
        )
        db.execute(f"insert into {name} values ({values})")


def rules_for(db: Database, project: Project, needed: set[str], given: set[str]) -> None:
    """The project's own nomenclatures, for the `rules` tables that an example does not give."""
    for name in sorted(needed - given):
        stem = name.partition(".")[2]
        if name.startswith("rules.") and stem in project.nomenclatures:
            path = quote(str(project.nomenclatures[stem]))
            db.execute(
                f"create or replace table {name} as select * from read_csv({path}, header = true, all_varchar = true)"
            )


def views_for(db: Database, project: Project, reads: set[str], given: set[str]) -> set[str]:
    """The views of `core` that a query reads and an example does not give, made of their own SQL; returns what they read."""
    found = set(reads)
    for name in sorted(reads - given):
        path = project.pipelines / "core" / f"{name.partition('.')[2]}.sql"
        if name.startswith("core.") and path.is_file() and (model := read_model(name, path)).is_view:
            found |= views_for(db, project, set(model.reads), given)
            rules_for(db, project, found, given)
            db.make(model)
    return found


def outcome(
    db: Database, project: Project, example: Example, sql: str, reads: set[str]
) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Run a query on an example; each expected row beside the row found (None when it is missing).

    A row is found by the text columns that it gives up to the first measure; only the columns that it gives are compared.
    """
    for name, text in example.given.items():
        fill(db, name, text)
    rules_for(db, project, reads, set(example.given))
    views_for(db, project, reads, set(example.given))
    found = db.dicts(sql)
    keys = [column for column in example.expected[0] if column in KEYS]
    index = {tuple("" if row[key] is None else str(row[key]) for key in keys): row for row in found}
    return [(row, index.get(tuple(row[key] for key in keys))) for row in example.expected]


def same(expected: str, value: Any) -> bool:
    """Whether a value is the one written in an example (numbers to nine digits, empty for NULL)."""
    if expected in ("", None):
        return value is None
    if isinstance(value, bool):
        return expected.lower() == str(value).lower()
    if isinstance(value, (int, float)):
        return abs(float(expected) - float(value)) <= 1e-9 * max(1.0, abs(float(value)))
    return expected == str(value)
