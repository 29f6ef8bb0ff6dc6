"""Numbers as they are printed, in French and in English.

French: U+202F between thousands (from 1 000), decimal comma, U+00A0 before % and €, a true minus sign. Years
carry no separator. Rounding is half up on the decimal writing: 0,5 gives 1 and 2,675 gives 2,68.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

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
