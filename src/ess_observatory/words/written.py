"""How numbers and dates are written: one table of forms, read by the sources (in SQL) and by the survey (in Python).

The first form that the whole text follows decides: it says how the value is read, or why it is refused. Nothing is guessed:
what can be read in two ways is refused. Patterns keep to the syntax that RE2 and Python's `re` read alike. Texts are clean
already: odd spaces made plain, none around.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

#: Beyond, a number stored in a spreadsheet or a file of numbers has already lost digits.
LARGEST = 1e15
#: Day 0 of Excel's count, and the last day that a five-digit number is taken for (31 December 2099).
EXCEL_ZERO, EXCEL_LAST = date(1899, 12, 30), 73050


@dataclass(frozen=True)
class Why:
    """Why a text is refused, in French: a code, a reason and what to do."""

    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class NumberForm:
    """A way of writing a number; read without its `thousands` mark and with a point for its `decimal` mark, or refused."""

    pattern: str
    thousands: str = ""
    decimal: str = ","
    why: Why | None = None
    of_wholes: bool = False


@dataclass(frozen=True)
class DateForm:
    """A way of writing a date; `order` gives the groups of year, month and day (none: a day number of Excel).

    `spelled`: the month is a word, and the text is looked at without accents nor capitals.
    """

    pattern: str
    order: tuple[int, int, int] | None = None
    spelled: bool = False
    why: Why | None = None


NOT_A_NUMBER = Why(
    "E310", "ce n’est pas un nombre", "Corrigez la valeur ; dans une source, un signe se déclare dans [missing] de source.toml."
)  # fmt: skip
NOT_WHOLE = Why("E311", "nombre entier attendu", "Corrigez la valeur.")
TOO_LARGE = Why(
    "E316", "nombre trop grand : plus de quinze chiffres", "Vérifiez la valeur ; un identifiant se déclare « siret », « siren » ou « text ».",
)  # fmt: skip
NOT_A_DATE = Why("E361", "date illisible ou impossible", "Écrivez la date comme 31/12/2011.")
_SHORT_YEAR = Why("E363", "année à deux chiffres", "Écrivez l’année en entier.")

#: In the order in which they are tried; what follows none of them is not a number (E310).
#: A lone group after a point is ambiguous, so several are refused too: one column is read in one way.
NUMBERS = (
    NumberForm(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+", why=Why(
        "E313", "notation scientifique : des chiffres sont perdus", "Reprenez le nombre complet chez le producteur.")),
    NumberForm(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+", why=Why(
        "E312", "nombre ambigu : point de milliers ou virgule décimale", "Écrivez le nombre sans point (par exemple 40817).")),
    NumberForm(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+", of_wholes=True, why=Why(
        "E312", "nombre ambigu : virgule de milliers ou décimale", "Écrivez le nombre sans virgule.")),
    NumberForm(r"[0-9].*%", of_wholes=True, why=Why(
        "E315", "pourcentage où un nombre entier est attendu",
        "Donnez l’effectif, ou déclarez « decimal » la colonne ou la question.")),
    NumberForm(r"[0-9]+(?:[.,][0-9]+)?"),
    NumberForm(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?", thousands=" "),
    NumberForm(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", thousands="."),
    NumberForm(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+", thousands=",", decimal="."),
    NumberForm(r"[0-9][0-9 ]* [0-9 ]*(?:[.,][0-9]+)?", why=Why(
        "E314", "espaces mal placées dans un nombre", "Écrivez le nombre sans espace, ou avec une espace tous les trois chiffres.")),
)  # fmt: skip
_SIGN, MINUS = r"[+\-−]?", "−"

_MONTHS = (
    "janvier janv jan", "fevrier fevr fev", "mars", "avril avr", "mai", "juin",
    "juillet juil", "aout", "septembre sept sep", "octobre oct", "novembre nov", "decembre dec",
)  # fmt: skip
#: Every spelling of a month, without accents nor final point, and its number.
MONTHS = {spelling: number for number, said in enumerate(_MONTHS, 1) for spelling in said.split()}
_MONTH = f"(?:er)?[ -]({'|'.join(MONTHS)})\\.?[ -]"
_TIME = r"(?:(?:[ T]| - )([01]?[0-9]|2[0-3])[:h]([0-5][0-9])(?::([0-5][0-9])(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
#: In the order in which they are tried; what follows none of them is not a date (E361), nor is a day that does not exist.
DATES = (
    DateForm(rf"([0-9]{{4}})[-/]([0-9]{{1,2}})[-/]([0-9]{{1,2}}){_TIME}", (1, 2, 3)),
    DateForm(rf"([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]{{4}}){_TIME}", (3, 2, 1)),
    DateForm("((?:18|19|20)[0-9]{2})([0-9]{2})([0-9]{2})", (1, 2, 3)),
    DateForm(rf"([0-9]{{1,2}}){_MONTH}([0-9]{{4}})", (3, 2, 1), spelled=True),
    DateForm("[1-9][0-9]{4}"),
    DateForm(rf"[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{2}}{_TIME}", why=_SHORT_YEAR),
    DateForm(rf"[0-9]{{1,2}}{_MONTH}[0-9]{{2}}", spelled=True, why=_SHORT_YEAR),
)


def unit_pattern(unit: str | None = None) -> str:
    """What may follow a number: a sign of percentage or euros, or the declared unit."""
    own = f"|{re.escape(unit)}" if unit else ""
    return f"(?: ?(?i:%|€|euros?|eur{own}))?"


@lru_cache(maxsize=256)
def number_forms(whole: bool, unit: str | None = None) -> tuple[NumberForm, ...]:
    """The forms of a whole or decimal number, each with its sign before and its unit after."""
    return tuple(
        replace(form, pattern=f"{_SIGN}{form.pattern}{unit_pattern(unit)}")
        for form in NUMBERS
        if whole or not form.of_wholes
    )


#: What says that a number is about so many, before it or after it.
_ABOUT = r"(?:environ|env\.?|approximativement|approx\.?|à peu près|a peu pres|autour de|aux alentours de|\+/-|±|~|≈)"
_ABOUT_BEFORE = re.compile(rf"{_ABOUT} ?(?=\d)", re.IGNORECASE)
_ABOUT_AFTER = re.compile(rf" {_ABOUT}$", re.IGNORECASE)


def without_about(text: str) -> str | None:
    """The number that a clean text gives as approximate; None when it says nothing of the kind."""
    bare, before = _ABOUT_BEFORE.subn("", text, count=1) if _ABOUT_BEFORE.match(text) else (text, 0)
    bare, after = _ABOUT_AFTER.subn("", bare)
    return bare if before or after else None


def read_decimal(text: str, whole: bool = False, unit: str | None = None) -> Decimal | Why:
    """The number that a clean text writes, exactly, or why it is refused."""
    form = next((f for f in number_forms(whole, unit) if re.fullmatch(f.pattern, text)), None)
    if form is None or form.why:
        return form.why if form and form.why else NOT_A_NUMBER
    bare = re.sub(f"{unit_pattern(unit)}$", "", text).replace(MINUS, "-")
    value = Decimal(bare.replace(form.thousands, "").replace(form.decimal, "."))
    if abs(float(value)) >= LARGEST:
        return TOO_LARGE
    return NOT_WHOLE if whole and not float(value).is_integer() else value


def read_number(text: str, whole: bool, unit: str | None = None) -> float | Why:
    """The same as the nearest binary number, which a typed column holds."""
    value = read_decimal(text, whole, unit)
    return value if isinstance(value, Why) else float(value)


def read_moment(text: str) -> datetime | Why:
    """The moment that a clean text writes (a date alone: its midnight), or why it is refused; zones are left aside."""
    for form in DATES:
        found = re.fullmatch(form.pattern, _without_accents(text) if form.spelled else text)
        if found is None:
            continue
        if form.why:
            return form.why
        if form.order is None:
            days = int(text)
            day = EXCEL_ZERO + timedelta(days=days)
            return datetime.combine(day, time()) if days <= EXCEL_LAST else NOT_A_DATE
        year, month, number = (found[group] for group in form.order)
        clock = [int(part or 0) for part in found.groups()[3:]] or [0, 0, 0]
        try:
            return datetime(
                int(year),
                MONTHS[month] if form.spelled else int(month),
                int(number),
                clock[0],
                clock[1],
                clock[2],
            )
        except ValueError:
            return NOT_A_DATE
    return NOT_A_DATE


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
