"""Numbers as they are printed, in French and in English.

French: U+202F between thousands (from 1 000), decimal comma, U+00A0 before % and €, a true minus sign. Years
carry no separator. Rounding is half up on the decimal writing: 0,5 gives 1 and 2,675 gives 2,68.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ess_observatory.publish.tables import Cell, Column, PublishedTable

NARROW_SPACE, HARD_SPACE, MINUS = "\u202f", "\u00a0", "\u2212"
_YEAR_UNITS = {"année", "an", "year", "millésime"}
_RATE_UNITS = {"%": "%", "pct": "%", "percent": "%", "‰": "‰"}
_EURO_UNITS = {"€", "euro", "euros", "eur"}
_SIGNED_UNITS = {"points", "point", "pts"}


def round_half_up(value: float, decimals: int = 0) -> Decimal:
    """`value` rounded half up; noise of binary division beyond the tenth decimal is dropped first."""
    exact = Decimal(repr(round(float(value), 10)))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def format_number(value: float, decimals: int = 0, lang: str = "fr", grouping: bool = True) -> str:
    """A bare number: « 40 817 », « 14,9 »."""
    rounded = round_half_up(value, decimals)
    if rounded == 0:
        rounded = abs(rounded)
    text = f"{abs(rounded):,.{decimals}f}" if grouping else f"{abs(rounded):.{decimals}f}"
    if lang == "fr":
        text = text.replace(",", NARROW_SPACE).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def format_value(value: float, unit: str | None, decimals: int, lang: str = "fr") -> str:
    """A number with the sign of its unit: « 14,9 % », « 5 000 € »; other units are said by labels."""
    key = (unit or "").strip().casefold()
    if key in _YEAR_UNITS:
        return format_number(value, 0, lang, grouping=False)
    text = format_number(value, decimals, lang)
    if key in _RATE_UNITS:
        return f"{text}{HARD_SPACE if lang == 'fr' else ''}{_RATE_UNITS[key]}"
    if key in _EURO_UNITS:
        if lang == "fr":
            return f"{text}{HARD_SPACE}€"
        return f"{MINUS}€{text[1:]}" if text.startswith(MINUS) else f"€{text}"
    if key in _SIGNED_UNITS and round_half_up(value, decimals) > 0:
        return f"+{text}"
    return text


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
