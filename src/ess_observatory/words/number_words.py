"""Whole numbers in French words, for labels that hold some inside a text where no number is typed by hand."""

from __future__ import annotations

import re

_WORDS = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
)
_SMALL = _WORDS.split()
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def spelled(number: int) -> str:
    """A whole number below a million: « quarante-neuf », « deux cents », « deux mille onze »."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _below_hundred(number)
    if number < 1000:
        return _hundreds(number)
    thousands, rest = divmod(number, 1000)
    head = "mille" if thousands == 1 else f"{_stem(spelled(thousands))} mille"
    return head if not rest else f"{head} {spelled(rest)}"


def _below_hundred(number: int) -> str:
    tens, rest = divmod(number, 10)
    if tens in (7, 9):
        tens, rest = tens - 1, rest + 10
    head = _TENS[tens]
    if not rest:
        return "quatre-vingts" if tens == 8 else head
    link = " et " if rest in (1, 11) and tens != 8 else "-"
    return f"{head}{link}{_SMALL[rest]}"


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    head = "cent" if hundreds == 1 else f"{_SMALL[hundreds]} cent"
    if not rest:
        return head if hundreds == 1 else f"{head}s"
    return f"{head} {spelled(rest)}"


def _stem(words: str) -> str:
    """« quatre-vingts » and « deux cents » lose their s before « mille »."""
    return re.sub(r"(quatre-vingt|cent)s$", r"\1", words)


def without_digits(text: str) -> str:
    """A label with its whole numbers in words; thousands separators are understood, longer codes read digit by digit."""
    joined = re.sub(r"(?<=\d)[\u202f\u00a0](?=\d{3}\b)", "", text)
    return re.sub(r"\d+", lambda match: _word(match.group()), joined)


def _word(digits: str) -> str:
    if len(digits) > 6 or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(_SMALL[int(digit)] for digit in digits)
    return spelled(int(digits))
