"""Open answers: what they mean once someone has read them, and the list of those that nobody has read yet."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.errors import ObservatoryError
from ess_observatory.read.sheets import open_sheets
from ess_observatory.survey.questions import OTHER, Codebook
from ess_observatory.survey.values import normalise

if TYPE_CHECKING:
    from ess_observatory.build.database import Database

COLUMNS = ("question_code", "text", "choice_code", "by", "on")
TO_RECODE = "a-recoder.csv"
_INERT = re.compile(r"^'(?=[=+@\-])")
_LIST_HEADER = (*COLUMNS, "effectif", "question", "choix_possibles")


def load_recodes(path: Path, codebook: Codebook) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Recodes of a CSV: (question, normalised text) → choices that the text means.

    One line a text and choice; `other` means that the text was read and stays as it is. No file = no recode.
    Every problem is reported at once (E297), with its line.
    """
    if not path.is_file():
        return {}
    lines = open_sheets(path)[0].rows
    header = lines[0] if lines else []
    missing = [name for name in COLUMNS if name not in header]
    problems = [
        ObservatoryError(
            "E297",
            f"Colonne absente\u00a0: «\u00a0{name}\u00a0».",
            path.name,
            "En-tête attendu\u00a0: " + ",".join(COLUMNS),
        )
        for name in missing
    ]
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line, row in enumerate(lines[1:], start=2) if not missing else ():
        cells = dict(zip(header, row, strict=False))
        values = {name: cells.get(name) or "" for name in COLUMNS}
        values["text"] = _INERT.sub("", values["text"])
        if not any(values.values()):
            continue
        if why := _problem(values, codebook, found):
            fix = "Corriger cette ligne, ou la retirer."
            problems.append(ObservatoryError("E297", why, f"{path.name}, ligne {line}", fix))
            continue
        key = (values["question_code"], normalise(values["text"]))
        found[key] = (*found.get(key, ()), values["choice_code"])
    if problems:
        raise ObservatoryError(
            "E297",
            f"La table de recodage contient {len(problems)} erreur{'s' if len(problems) > 1 else ''}.",
            path.name,
            "Corriger chaque ligne ci-dessous, puis relancer.",
            details=problems,
        )
    return found


def _problem(
    values: dict[str, str], codebook: Codebook, found: Mapping[tuple[str, str], tuple[str, ...]]
) -> str | None:
    """Why a line cannot be used."""
    code, choice = values["question_code"], values["choice_code"]
    question = codebook.by_code.get(code)
    if question is None:
        return f"Question inconnue\u00a0: «\u00a0{code}\u00a0»."
    if not question.other:
        return f"La question {code} n’a pas de réponse libre."
    if not normalise(values["text"]):
        return "Le texte à recoder manque."
    if question.choice(choice) is None:
        allowed = ", ".join(item.code for item in question.choices)
        return f"«\u00a0{choice}\u00a0» n’est pas une modalité de {code} ({allowed})."
    if not values["by"] or not values["on"]:
        return "Indiquer qui a recodé (by) et quand (on)."
    before = found.get((code, normalise(values["text"])), ())
    if choice in before:
        return f"Ce texte est déjà recodé en «\u00a0{choice}\u00a0»."
    if before and (not question.is_multiple or OTHER in (choice, *before)):
        return (
            f"Ce texte est déjà recodé en «\u00a0{before[0]}\u00a0»\u00a0: une seule modalité est possible."
        )
    return None


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
