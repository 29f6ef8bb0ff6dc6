"""The small language of the codebook, read naively: comparisons joined by « and », « or »; sums in which a gap counts as zero."""

from __future__ import annotations

import operator
import re
from functools import lru_cache
from typing import Any

SIGNS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq}


def holds(text: str, answers: dict[str, Any]) -> bool:
    """Whether the answers of a respondent meet a condition; what was not answered differs from all."""
    if " or " in text:
        return any(holds(part, answers) for part in text.split(" or "))
    if " and " in text:
        return all(holds(part, answers) for part in text.split(" and "))
    left, sign, right = _compared(text)
    if right.startswith("'"):
        chosen = answers[left].chosen
        return (right.strip("'") in chosen) == (sign == "=")
    if counted := re.fullmatch(r"count\((\w+)\)", left):
        return SIGNS[sign](len(answers[counted[1]].chosen), float(right))
    one, other = amount(left, answers), amount(right, answers)
    return one is not None and other is not None and SIGNS[sign](one, other)


@lru_cache(maxsize=1024)
def _compared(text: str) -> tuple[str, str, str]:
    left, sign, right = re.fullmatch(r"\s*(.+?)\s*(<=|>=|!=|<|>|=)\s*(.+?)\s*", text).groups()
    return left, sign, right


@lru_cache(maxsize=1024)
def _terms(text: str) -> list[tuple[str, str]]:
    return re.findall(r"([+-]?)\s*([A-Za-z0-9_.]+)", text)


def amount(text: str, answers: dict[str, Any]) -> float | None:
    """A sum of numbers; None when none of its questions was answered and it has no constant."""
    found, is_given = 0.0, False
    for sign, term in _terms(text):
        value = float(term) if term[0].isdigit() else answers[term].number
        if value is not None:
            found, is_given = found + (-value if sign == "-" else value), True
    return found if is_given else None
