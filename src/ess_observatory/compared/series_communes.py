"""Communes of earlier editions brought to those of the latest, before editions are set side by side.

A retired commune is added to the one that it became only where every part is published and the column adds up; what one edition
hides is never worked out from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import NOT_AVAILABLE, SECRET, Cell, PublishedTable
from ess_observatory.words.typography import french

#: Flag of a cell that is a sum of published cells, and so is no figure of its own edition.
ADDED = "communes_additionnees"


def in_present_communes(
    books: Sequence[Publication], columns: Mapping[str, frozenset[str]], moves: CommuneMoves
) -> tuple[tuple[Publication, ...], dict[str, list[str]]]:
    """The publications (oldest first) with their tables by commune in the communes of the last one, and what must be said of each.

    `columns`: the tables by commune → their columns that add up.
    """
    notes: dict[str, list[str]] = {}
    latest = {table.id: table for table in books[-1].tables} if books else {}

    def brought(table: PublishedTable) -> PublishedTable:
        if table.id not in columns or table.id not in latest:
            return table
        present, said = brought_to(table, latest[table.id], moves, columns[table.id])
        known = notes.setdefault(table.id, [])
        known += [note for note in said if note not in known]
        return present

    earlier = [replace(book, tables=tuple(map(brought, book.tables))) for book in books[:-1]]
    return (*earlier, *books[-1:]), notes


def brought_to(
    table: PublishedTable, last: PublishedTable, moves: CommuneMoves, additive: frozenset[str]
) -> tuple[PublishedTable, tuple[str, ...]]:
    """`table` with the communes of `last`, and what must be said of it. `additive`: codes of the columns that add up."""
    present = frozenset(row.code for row in last.rows)
    labels = {row.code: row.label for row in (*table.rows, *last.rows)}
    parts: dict[str, list[str]] = {}
    for row in table.rows:
        parts.setdefault(moves.became(row.code, present) or row.code, []).append(row.code)
    cells = dict(table.cells)
    notes: list[str] = []
    for code, codes in parts.items():
        if codes == [code]:
            continue
        hidden = set()
        for column in table.columns:
            found = [table.cells[part, column.code] for part in codes if (part, column.code) in table.cells]
            if column.kind == "number" and found:
                cells[code, column.code] = _sum(found, column.code in additive)
                hidden |= {_why(found)} if column.code in additive else set()
        notes.append(_said(code, codes, labels, hidden - {""}))
    for code, left in _given_back(table, present, moves):
        for column in table.columns:
            if (left, column.code) in cells and column.kind == "number":
                cells[left, column.code] = Cell(obs_status="M")
        told = f"{labels[left]} ({left}) comprenait {labels[code]} ({code}), rétablie depuis"
        notes.append(french(f"{told} : les deux étendues ne se comparent pas."))
    known = {row.code: row for row in table.rows}
    rows = tuple(replace(known[codes[0]], code=code, label=labels[code]) for code, codes in parts.items())
    return replace(table, rows=rows, cells=cells), tuple(notes)


def _sum(parts: list[Cell], is_additive: bool) -> Cell:
    """The sum of the parts, or a cell that says why there is none: hidden, not available, not additive."""
    first = parts[0]
    if not is_additive:
        return Cell(obs_status="M", unit=first.unit, decimals=first.decimals)
    why = _why(parts)
    if why == SECRET:
        return Cell(conf_status="C", unit=first.unit, decimals=first.decimals)
    if why:
        return Cell(obs_status="O", unit=first.unit, decimals=first.decimals)
    reserve = next((part.obs_status for part in parts if part.obs_status != "A"), "A")
    total = sum(part.value for part in parts if part.value is not None)
    return replace(
        first, value=total, obs_status=reserve, numerator=None, denominator=None, flags=(*first.flags, ADDED)
    )


def _why(parts: list[Cell]) -> str:
    """The sign that keeps the parts from being added, secret first; '' when all of them are shown."""
    signs = {part.sign or ("" if part.value is not None else NOT_AVAILABLE) for part in parts} - {""}
    return SECRET if SECRET in signs else min(signs, default="")


def _said(code: str, codes: list[str], labels: dict[str, str], hidden: set[str]) -> str:
    former = " + ".join(f"{labels[part]} ({part})" if part != code else part for part in codes)
    withheld = " ; une partie n’est pas publiée, la somme non plus" if hidden else ""
    told = f"{labels[code]} ({code}) : communes d’une édition précédente additionnées, {former}{withheld}"
    return french(f"{told}. Les rapports ne sont pas refaits.")


def _given_back(
    table: PublishedTable, present: frozenset[str], moves: CommuneMoves
) -> Iterator[tuple[str, str]]:
    """(commune that the latest edition has back, commune that held it here)."""
    here = {row.code for row in table.rows}
    for code, left in moves.restored.items():
        if code in present and code not in here and left in here:
            yield code, left
