"""A published cell as it is printed: its number, its text or its sign; the unit where the column does not say it."""

from __future__ import annotations

from ess_observatory.publish.tables import Cell, Column, PublishedTable
from ess_observatory.words.numbers import _SIGNED_UNITS, _YEAR_UNITS, HARD_SPACE, format_value


def row_units(table: PublishedTable) -> dict[str, str]:
    """Unit of each row, by row code, in a table whose rows have units of their own; else {}."""
    units, own = {}, False
    for row in table.rows:
        units[row.code] = "–"
        for column in table.columns:
            unit = table.cell(row, column).unit
            if column.kind != "text" and unit is not None and unit != column.unit:
                units[row.code], own = unit or "–", True
                break
    return units if own else {}


def format_cell(cell: Cell, column: Column, lang: str = "fr", *, with_unit: bool = False) -> str:
    """A cell as printed: its number, its text or its sign.

    In a table the unit is in the column header; it is repeated in the cell where the cell's unit differs from
    the column's, or when `with_unit` is asked (charts, key figures).
    """
    if cell.bound:
        return cell.bound.partition(", ")[0] if with_unit else cell.bound
    if cell.sign:
        return cell.sign
    if cell.value is None:
        return cell.text or ""
    unit = cell.unit if cell.unit is not None else column.unit
    decimals = cell.decimals if cell.decimals is not None else column.decimals
    if with_unit:
        return format_value(cell.value, unit, decimals, lang)
    if unit == column.unit:
        signed = unit if unit.casefold() in _YEAR_UNITS | _SIGNED_UNITS else None
        return format_value(cell.value, signed, decimals, lang)
    text = format_value(cell.value, unit, decimals, lang)
    if text == format_value(cell.value, None, decimals, lang) and unit and unit.casefold() not in _YEAR_UNITS:
        return f"{text}{HARD_SPACE}{unit}"
    return text
