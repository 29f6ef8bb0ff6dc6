"""What a cell of a survey table is about, told by its card: the question and the answer, wherever they are printed again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: An indicator that is one answer to its question.
_ONE_ANSWER = re.compile(r"([A-Za-z][\w-]*) = '([^']+)'")
#: Column of a table of indicators → what the tables of the question call it; `n` counts those who answered.
_COLUMNS = {"count": "count", "share": "share", "sample": "share", "n": "count"}


def asked(card: Mapping[str, Any], row: str, column: str) -> tuple[str, str] | None:
    """(concept, category) of a count or share of answers, such as (`survey.F01.share`, `answer=baisse`); None for other cells."""
    block = card["survey"]
    if block.get("where") or block.get("among"):
        return None
    kind, answer = block.get("kind"), None
    if kind == "choices" and column in ("count", "share"):
        answer = _choice(block, row)
    elif kind in ("crossing", "extended") and column in _COLUMNS:
        answer = _indicator(block, row, kind)
        if answer is not None and column == "n":
            answer = answer[0], "base"
    elif kind == "expression" and column == "expressed":
        answer = row, "base"
    return (
        None
        if answer is None
        else (f"survey.{answer[0]}.{_COLUMNS.get(column, 'count')}", f"answer={answer[1]}")
    )


def _choice(block: Mapping[str, Any], row: str) -> tuple[str, str] | None:
    question, _, choice = row.partition(".")
    plain = {*block.get("questions", ())}
    plain |= {b["question"] for b in block.get("blocks", ()) if not b.get("among") and not b.get("code")}
    own = {group["code"] for group in block.get("groups", ())}
    missing = {"total", "declined", "not_stated", "not_applicable", "filtered"}
    return (question, choice) if question in plain and choice and choice not in own | missing else None


def _indicator(block: Mapping[str, Any], row: str, kind: str) -> tuple[str, str] | None:
    for item in block.get("indicators", ()):
        code = f"{item['code']}.all" if kind == "crossing" else item["code"]
        found = _ONE_ANSWER.fullmatch(str(item.get("where", "")))
        if row == code and found and found[1] == item.get("question") and not item.get("among"):
            return found[1], found[2]
    return None
