"""Rows that cards name, held against those that a build has made: what nothing makes is refused before anything is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.check import require
from ess_observatory.declare.faults import Fault, nearest, raise_faults
from ess_observatory.declare.links_rules import Context
from ess_observatory.declare.models.cards import CardFile
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.reading import Document
from ess_observatory.declare.row_codes import Rows, named_rows, query_of_rows, rows_by_table
from ess_observatory.engine.graph import parsed, sql_of
from ess_observatory.secrecy.door import Cell

if TYPE_CHECKING:
    from sqlglot import exp

UNKNOWN_ROW = "E426"


def refuse_unknown_rows(
    project: Project,
    edition: Edition,
    present: frozenset[str],
    made: Sequence[tuple[str, Mapping[str, Any], Sequence[Cell]]],
) -> None:
    """Raise E426 for the rows that a card names and that its table has not made, where all of its sources were read.

    A row that the query writes, or that an official list gives, may be of another edition. One that only files give is refused
    when it is nearly one of theirs, or when the edition says which published figures it must find (`replication`).
    """
    checked = require(project.root)
    context = Context(checked.loaded, checked.csvs, checked.codebook)
    known, cards = rows_by_table(context), checked.loaded.cards
    rows = {
        name: {cell.row_code for cell in cells}
        for name, card, cells in made
        if name in cards and cells and present.issuperset(card.get("sources", ()))
    }
    must_find = "replication" in edition.data
    raise_faults(
        fault
        for name, (document, card) in cards.items()
        for fault in _faults(name, document, card, rows, known, cards, must_find)
    )


def _faults(
    own: str,
    document: Document,
    card: CardFile,
    rows: Mapping[str, set[str]],
    known: Mapping[str, Rows],
    cards: Mapping[str, tuple[Document, CardFile]],
    must_find: bool,
) -> Iterator[Fault]:
    for path, table, row in named_rows(own, card):
        if table not in rows or row in rows[table]:
            continue
        close = nearest(row, rows[table])
        query = query_of_rows(*cards[table])
        said, is_free = (
            _written(query.path, query.column) if query else (known[table].codes, known[table].is_open)
        )
        if row in said or (is_free and known[table].comes_from_a_list(row)):
            continue
        if not (is_free and known[table].is_open) or close or must_find:
            fix = (
                f"voulez-vous dire « {close} » ?"
                if close
                else f"lignes faites : {', '.join(sorted(rows[table])[:14])}"
            )
            what = f"ligne « {row} » que le tableau « {table} » n’a pas faite"
            yield document.fault(path, what, fix, UNKNOWN_ROW)


def _written(path: Path, column: str) -> tuple[set[str], bool]:
    """The texts that a query writes in a column, in each of its parts; whether it takes some of them from what it reads."""
    from sqlglot import exp

    query, found, is_free = parsed(sql_of(path)), set[str](), False

    def look(part: exp.Query, place: int | None) -> int | None:
        if isinstance(part, exp.SetOperation):
            place = look(part.left, place)
            look(part.right, place)
        elif isinstance(part, exp.Select):
            nonlocal is_free
            names = [item.alias_or_name for item in part.selects]
            place = names.index(column) if column in names else place
            if place is not None and place < len(part.selects):
                item = part.selects[place]
                found.update(text.this for text in item.find_all(exp.Literal) if text.is_string)
                of_layer = any(table.db for table in part.find_all(exp.Table))
                is_free |= any(of_layer or name.name != column for name in item.find_all(exp.Column))
        return place

    for part in query.find_all(exp.Query):
        if not isinstance(part.parent, exp.SetOperation):
            look(part, None)
    return found, is_free
