"""The last look before the door shuts: structure written, attack run on what is about to leave, report to the analyst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.project import TableCard
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.book import without_empty_columns
from ess_observatory.publish.worth_printing import has_content
from ess_observatory.secrecy.audit import Attack, audit_inside
from ess_observatory.secrecy.constraints import public_structure, write_structure
from ess_observatory.secrecy.door import Cell
from ess_observatory.secrecy.links import Key
from ess_observatory.secrecy.protect import Protected, protect
from ess_observatory.secrecy.report import write_report
from ess_observatory.secrecy.shown import Shown

if TYPE_CHECKING:
    from ess_observatory.publish.book import Book


#: What a bound may bring about: a cell that cannot be protected, figures that contradict each other, a cell too well known.
_BY_BOUNDS = ("E503", "E507", "E509")


def let_out(
    book: Book,
    tables: list[TableCard],
    cells: list[tuple[str, dict[str, Any], list[Cell]]],
    rules: dict[str, Any],
    classes: Mapping[str, str],
    folder: Path,
    complete: Callable[[Protected], dict[str, list[str]]],
) -> None:
    """Protect the tables, put them in the book and attack it (see `close`).

    Where a bound would say too much of what is hidden, every bound is withheld and it is done again.
    `complete`: adds the tables made of the others to the book, and tells which figure they copy (see `close`).
    """

    def once(given: list[tuple[str, dict[str, Any], list[Cell]]]) -> None:
        protected = protect(given, rules, classes)
        filled = [
            (table, protected.cells[table.id])
            for table in tables
            if has_content(table.card, protected.cells[table.id])
        ]
        book.tables[:] = [without_empty_columns(table, found) for table, found in filled]
        close(protected, book, tables, rules, folder, complete(protected))

    try:
        once(cells)
    except ObservatoryError as error:
        is_bounded = any(cell.is_bounded for _, _, listed in cells for cell in listed)
        if not is_bounded or error.code not in _BY_BOUNDS:
            raise
        once(
            [
                (name, card, [replace(cell, low=None, high=None) for cell in listed])
                for name, card, listed in cells
            ]
        )


def close(
    protected: Protected,
    book: Book,
    tables: list[TableCard],
    rules: dict[str, Any],
    folder: Path,
    copies: dict[str, list[str]],
) -> None:
    """Write `constraints.json`, attack the published figures, write the confidential report beside (`quality/secret/`).

    `copies`: figure → those that are it, which the door did not see.

    Raises E509 (exit 6) when a hidden figure is found, or known better than declared.
    """
    ids: dict[Key, str] = {}
    figures: dict[str, Shown] = {}
    for table, cells in book.tables:
        columns = {column["code"]: column for column in table.card["columns"]}
        for cell in cells:
            column = columns[cell.column_code]
            if column["secrecy"] == "text":
                continue
            name = book.figure_id(table, cell)
            ids[table.id, cell.row_code, cell.column_code] = name
            decimals = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
            figures[name] = Shown(
                table.id,
                cell.value if cell.value is not None else cell.low,
                cell.conf_status != "F",
                decimals,
                cell.numerator,
                cell.denominator,
                cell.row_code,
                cell.column_code,
                high=cell.high,
            )
    structure = public_structure(protected, rules, ids.get, {table.id: table.card for table in tables})
    groups = {name: group for group in structure.same for name in group}
    for name, others in copies.items():
        if name in groups:
            groups[name] += others
        else:
            structure.same.append([name, *others])
    write_structure(structure, folder)
    attack = Attack(figures, structure)
    findings = attack.findings() if protected.reasons else []
    audit_inside(protected, attack, findings, {name: key for key, name in ids.items()})
    write_report(
        protected,
        findings,
        ids,
        {table.id: table for table in tables},
        rules,
        folder.parent / "quality" / "secret",
    )
