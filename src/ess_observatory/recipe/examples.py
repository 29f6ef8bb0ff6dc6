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
from ess_observatory.engine.graph import Model
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.read.cast import quote
from ess_observatory.recipe.perimeter_sql import core_models
from ess_observatory.recipe.rules import put_csv

#: `name:type` in a header of an example; text when nothing is said.
TYPES = {"int": "bigint", "float": "double", "bool": "boolean", "date": "date", "text": "varchar"}

#: Columns that tell one row from another, where an example gives them.
KEYS = frozenset(
    (
        "row_code",
        "column_code",
        "siret",
        "siren",
        "rule_id",
        "given_by",
        "kind",
        "area",
        "commune_code",
        "field",
        "family",
        "activity",
        "naf",
        "term",
        "equation",
        "area_code",
        "measure",
        "source",
        "year",
    )
)


@dataclass(frozen=True)
class Example:
    """One example: the rows of each table that the query reads, and the cells that must come out.

    `rows`: how many come out in all, where what does not come out matters as much.
    """

    where: str
    title: str
    given: dict[str, str]
    expected: list[dict[str, str]]
    rows: int | None = None


def load_examples(path: Path) -> list[Example]:
    """The examples of an `example.toml`."""
    data = read_toml(path)
    return [
        Example(
            f"{path.parent.name}/{path.name}",
            item["title"],
            item.get("given", {}),
            _rows(item["expected"]),
            item.get("rows"),
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
    lines = [
        ", ".join(
            "null" if row[c] in ("", None) else f"cast({quote(row[c])} as {kind})" for c, _, kind in columns
        )
        for row in rows
    ]
    if lines:
        db.execute(f"insert into {name} values {', '.join(f'({line})' for line in lines)}")


def rules_for(db: Database, project: Project, needed: set[str], given: set[str]) -> None:
    """The project's own nomenclatures, for the `rules` tables that an example does not give."""
    for name in sorted(needed - given):
        stem = name.partition(".")[2]
        if name.startswith("rules.") and stem in project.nomenclatures:
            put_csv(db, name, project.nomenclatures[stem])


def views_for(db: Database, project: Project, reads: set[str], given: set[str]) -> set[str]:
    """The views of `core` that a query reads and an example does not give, made of their own SQL; returns what they read."""
    models = core_models(project) if any(name.startswith("core.") for name in reads - given) else {}
    return _make_views(db, project, reads, given, models)


def _make_views(
    db: Database, project: Project, reads: set[str], given: set[str], models: dict[str, Model]
) -> set[str]:
    found = set(reads)
    for name in sorted(reads - given):
        if (model := models.get(name)) and model.is_view:
            found |= _make_views(db, project, set(model.reads), given, models)
            rules_for(db, project, found, given)
            _refuse_lacking(db, set(model.reads))
            db.make(model)
    return found


def _refuse_lacking(db: Database, reads: set[str]) -> None:
    """Raise E409 when an example does not give a table that is read."""
    lacking = sorted(name for name in reads if not db.exists(*name.split(".", 1)))
    if lacking:
        raise ObservatoryError(
            "E409",
            f"L’exemple ne donne pas {', '.join(f'« {name} »' for name in lacking)}, que la requête ou sa dimension lit",
            None,
            f'Ajoutez given."{lacking[0]}" à l’exemple, avec les colonnes qui y sont lues.',
            Exit.USAGE,
        )


def outcome(
    db: Database, project: Project, example: Example, sql: str, reads: set[str]
) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Run a query on an example; each expected row beside the row found (None when it is missing).

    A row is found by the text columns that it gives up to the first measure; only the columns that it gives are compared.
    """
    db.lock(*project.nomenclatures.values())
    for name, text in example.given.items():
        fill(db, name, text)
    rules_for(db, project, reads, set(example.given))
    views_for(db, project, reads, set(example.given))
    _refuse_lacking(db, reads)
    found = db.dicts(sql)
    keys = [column for column in example.expected[0] if column in KEYS]
    index = {tuple("" if row[key] is None else str(row[key]) for key in keys): row for row in found}
    count = [] if example.rows is None else [({"rows": str(example.rows)}, {"rows": len(found)})]
    return [*((row, index.get(tuple(row[key] for key in keys))) for row in example.expected), *count]


def same(expected: str, value: Any) -> bool:
    """Whether a value is the one written in an example (numbers to nine digits, empty for NULL)."""
    if expected in ("", None):
        return value is None
    if isinstance(value, bool):
        return expected.lower() == str(value).lower()
    if isinstance(value, (int, float)):
        return abs(float(expected) - float(value)) <= 1e-9 * max(1.0, abs(float(value)))
    return expected == str(value)
