"""The last look before the door shuts: structure written, attack run on what is about to leave, report to the analyst."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.project import TableCard
from ess_observatory.secrecy.audit import Attack, audit_inside
from ess_observatory.secrecy.constraints import public_structure, write_structure
from ess_observatory.secrecy.links import Key
from ess_observatory.secrecy.protect import Protected
from ess_observatory.secrecy.report import write_report
from ess_observatory.secrecy.shown import Shown

if TYPE_CHECKING:
    from ess_observatory.publish.book import Book


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
                cell.value,
                cell.conf_status != "F",
                decimals,
                cell.numerator,
                cell.denominator,
                cell.row_code,
                cell.column_code,
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
