"""Numbers as they are printed, in French and in English.

French: U+202F between thousands (from 1 000), decimal comma, U+00A0 before % and €, a true minus sign. Years
carry no separator. There is one rounding, `round_half_up`: whatever is printed, published or compared as printed uses it.
In SQL it is `round(cast(x as decimal(38, 10)), n)`, which DuckDB and Spark read alike.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

NARROW_SPACE, HARD_SPACE, MINUS = "\u202f", "\u00a0", "\u2212"
_YEAR_UNITS = {"année", "an", "year", "millésime"}
_RATE_UNITS = {"%": "%", "pct": "%", "percent": "%", "‰": "‰"}
_EURO_UNITS = {"€", "euro", "euros", "eur"}
_SIGNED_UNITS = {"points", "point", "pts"}


#: Digits that a binary number holds for sure: what stands beyond is the noise of its computation.
_DIGITS = 15


def round_half_up(value: float, decimals: int = 0) -> Decimal:
    """`value` rounded half away from zero on its decimal writing: 0,285 × 100 is 28,5 and gives 29, −0,5 gives −1."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{_DIGITS}g}")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return rounded or abs(rounded)


def useful_decimals(value: float, most: int = 4) -> int:
    """Decimals that a number needs, `most` at most."""
    return next((d for d in range(most) if abs(value - float(round_half_up(value, d))) < 1e-9), most)


def plain_number(value: float, lang: str = "fr", most: int = 4) -> str:
    """A number without useless decimals: « 40 817 », « 0,25 »."""
    return format_number(value, useful_decimals(value, most), lang)


def format_number(value: float, decimals: int = 0, lang: str = "fr", grouping: bool = True) -> str:
    """A bare number: « 40 817 », « 14,9 »."""
    rounded = round_half_up(value, decimals)
    text = f"{abs(rounded):,.{decimals}f}" if grouping else f"{abs(rounded):.{decimals}f}"
    if lang == "fr":
        text = text.replace(",", NARROW_SPACE).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def is_plural(value: float, lang: str = "fr") -> bool:
    """Whether a word after that number takes its plural: from 2 on in French, but for 1 in English."""
    return abs(value) >= 2 if lang == "fr" else value != 1


#: What is said of a sum with unknown terms: « au moins 3 577, au plus 4 550 ».
BOUND_WORDS = {"fr": ("au moins", "au plus"), "en": ("at least", "at most")}


def format_bound(low: float, high: float | None, unit: str | None, decimals: int, lang: str = "fr") -> str:
    """The bounds of a number that nobody knows, rounded away from it: « au moins 3 577, au plus 4 550 »."""
    step = Decimal(1).scaleb(-decimals)
    ends = [Decimal(repr(low)).quantize(step, rounding=ROUND_FLOOR)]
    if high is not None:
        ends.append(Decimal(repr(high)).quantize(step, rounding=ROUND_CEILING))
    return ", ".join(
        f"{word} {format_value(float(end), unit, decimals, lang)}"
        for word, end in zip(BOUND_WORDS[lang], ends, strict=False)
    )


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
