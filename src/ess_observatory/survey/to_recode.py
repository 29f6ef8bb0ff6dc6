"""The list of the open answers that nobody has read yet."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.codebook.questions import Codebook
from ess_observatory.codebook.recodes import COLUMNS
from ess_observatory.codebook.values import normalise

if TYPE_CHECKING:
    from ess_observatory.engine.database import Database

TO_RECODE = "a-recoder.csv"
_LIST_HEADER = (*COLUMNS, "effectif", "question", "choix_possibles")


def write_to_recode(db: Database, codebook: Codebook, folder: Path) -> int:
    """List the open answers that nobody has read yet in `a-recoder.csv`; returns how many different texts.

    The columns begin with those of the recode table: fill `choice_code`, `by` and `on`, and paste the lines there.
    The list is confidential: it stays with the quality files.
    """
    rows = db.rows(
        "select o.question_code, o.open_text, count(*) from core.survey_open as o "
        "inner join rules.survey_question as q on q.question_code = o.question_code "
        "where o.is_other and o.recoded_to is null "
        "group by o.question_code, o.open_text, q.question_rank order by q.question_rank, count(*) desc, o.open_text desc"
    )
    merged: dict[tuple[str, str], tuple[str, int]] = {}
    for code, text, count in rows:
        key = (code, normalise(text))
        first, before = merged.get(key, (text, 0))
        merged[key] = (first, before + count)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / TO_RECODE).open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\r\n")
        writer.writerow(_LIST_HEADER)
        for (code, _), (text, count) in merged.items():
            question = codebook.question(code)
            offered = " | ".join(f"{choice.code} = {choice.label}" for choice in question.choices)
            writer.writerow(
                [code, _inert(text), "", "", "", count, question.short or question.label, offered]
            )
    return len(merged)


def _inert(text: str) -> str:
    """A text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
