"""What of a table is worth printing: an empty table, a drawing of one bar, a colour for a row that nothing names are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ess_observatory.publish.claims import is_shown
from ess_observatory.publish.tables import Row
from ess_observatory.secrecy.door import CONFIDENTIAL, Cell

#: Bars (points, areas) under which a drawing compares nothing.
LEAST_BARS = 2


def has_content(card: Mapping[str, Any], cells: Iterable[Cell]) -> bool:
    """Whether a table says anything: a number that is not zero, a bound, a sign of secrecy, or a text where there is no number.

    A total that no row is left to make says nothing of the rows that the table is about.
    """
    cells = list(cells)
    if {cell.row_kind for cell in cells} == {"total"}:
        return False
    numbers = {column["code"] for column in card["columns"] if column["secrecy"] != "text"}
    return any(
        cell.value or cell.is_bounded or cell.conf_status == CONFIDENTIAL
        if cell.column_code in numbers
        else cell.text and not numbers
        for cell in cells
    )


def chart_of(
    card: Mapping[str, Any], cells: Sequence[Cell], finding: str | None, named: Iterable[Cell]
) -> dict[str, Any] | None:
    """The chart of a table as it is published, or None when it would draw a single bar, or none.

    What it highlights are the rows that the finding names: those of the cells that it speaks of (`named`), or the declared
    ones, as long as there is a finding.
    """
    declared = card.get("chart")
    if not declared or not _is_drawn(declared, card, cells):
        return None
    spec = dict(declared)
    wanted = spec.pop("highlight", None)
    if wanted == "finding":
        spoken = {id(cell) for cell in named}
        rows = [cell for cell in cells if id(cell) in spoken and is_drawn(_row(cell), spec)]
        wanted = list(dict.fromkeys(cell.row_code for cell in rows))
    if wanted and finding:
        spec["highlight"] = wanted
    return spec


def _is_drawn(spec: Mapping[str, Any], card: Mapping[str, Any], cells: Sequence[Cell]) -> bool:
    codes = spec.get("columns") or [spec.get("column")]
    if codes == [None]:
        codes = [column["code"] for column in card["columns"] if column["secrecy"] != "text"][:1]
    rows = {
        cell.row_code
        for cell in cells
        if cell.column_code in codes
        and is_shown(cell)
        and (spec.get("below") is None or (cell.value or 0) < spec["below"])
        and is_drawn(_row(cell), spec)
    }
    return len(rows) >= (1 if spec["type"] == "tiles" else LEAST_BARS)


def _row(cell: Cell) -> Row:
    return Row(cell.row_code, cell.row_label, cell.row_kind, cell.row_section)


def is_drawn(row: Row, spec: Mapping[str, Any]) -> bool:
    """True for a row that the chart draws: no total, no base, `include`, `exclude` and `section` obeyed."""
    if row.kind not in ("data", "missing") or row.code in (spec.get("exclude") or ()):
        return False
    if spec.get("include") and row.code not in spec["include"]:
        return False
    return not spec.get("section") or row.section == spec["section"]
