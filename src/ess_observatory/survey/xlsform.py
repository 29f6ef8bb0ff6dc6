"""The questionnaire as an XLSForm, for KoboToolbox and ODK: sheets survey, choices and settings, in French and English.

An open answer is the question `X_other`; a reason for not giving a number or a text is the question `X_nonresponse`.
The reader knows both, so that the export of the tool comes back as it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.codebook.questions import OTHER, Codebook, Question
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.survey.dialects import XPath
from ess_observatory.survey.headers import NONRESPONSE_CELL
from ess_observatory.survey.wording import Setting, heading, how_to_answer, notice, say
from ess_observatory.words.spreadsheet import TEXT_ONLY

if TYPE_CHECKING:
    from xlsxwriter import Workbook

FRENCH, ENGLISH = "Français (fr)", "English (en)"
_CREATED = dt.datetime(2000, 1, 1)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TYPES = {
    **dict.fromkeys(("text", "long_text", "siret", "commune", "naf"), "text"),
    **dict.fromkeys(("decimal", "percent", "amount_eur"), "decimal"),
    "integer": "integer",
}
_PATTERNS = {
    "siret": "regex(., '^[0-9]{14}$')",
    "commune": "regex(., '^([0-9]{2}|2[AB])[0-9]{3}$')",
    "naf": "regex(., '^[0-9]{2}[.]?[0-9]{2}[A-Za-z]$')",
    "percent": ". >= 0 and . <= 100",
}
SURVEY = (
    *("type", "name", f"label::{FRENCH}", f"label::{ENGLISH}", f"hint::{FRENCH}", f"hint::{ENGLISH}"),
    *("required", "relevant", "constraint", f"constraint_message::{FRENCH}"),
    *(f"constraint_message::{ENGLISH}", "appearance"),
)
CHOICES = ("list_name", "name", f"label::{FRENCH}", f"label::{ENGLISH}")
SETTINGS = ("form_title", "form_id", "version", "default_language", "style")


def write_xlsform(codebook: Codebook, path: Path, setting: Setting | None = None) -> Path:
    """Write the XLSForm of a codebook as `path` (xlsx) and return it.

    Raises E296 when a code cannot be the name of an XLSForm question.
    """
    import xlsxwriter

    setting = setting or Setting()
    _refuse_names(codebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {**TEXT_ONLY, "in_memory": True}) as book:
        book.set_properties({"title": heading(codebook, setting), "created": _CREATED})
        _sheet(book, "survey", SURVEY, list(_survey(codebook, setting)))
        _sheet(book, "choices", CHOICES, list(_choices(codebook)))
        about = [heading(codebook, setting), codebook.id, codebook.version, FRENCH, "pages"]
        _sheet(book, "settings", SETTINGS, [dict(zip(SETTINGS, about, strict=True))])
    return path


def _refuse_names(codebook: Codebook) -> None:
    codes = [question.code for question in codebook.questions] + [item.code for item in codebook.sections]
    bad = [code for code in codes if not _NAME.fullmatch(code)]
    taken = {code for code, count in ((code, codes.count(code)) for code in codes) if count > 1}
    if bad or taken:
        raise ObservatoryError(
            "E296",
            f"Codes impossibles dans un XLSForm\u00a0: {', '.join(sorted({*bad, *taken}))}.",
            None,
            "Un code commence par une lettre, et une section ne porte pas le code d’une question.",
            Exit.USAGE,
        )


def _sheet(book: Workbook, name: str, header: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    page = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    for column, title in enumerate(header):
        page.write_string(0, column, title, bold)
    for line, row in enumerate(rows, start=1):
        for column, title in enumerate(header):
            if row.get(title):
                page.write_string(line, column, row[title])
    page.set_column(0, len(header) - 1, 28)
    page.freeze_panes(1, 0)


def _row(kind: str, name: str, french: str, english: str | None = None, **more: str) -> dict[str, str]:
    row = {"type": kind, "name": name, f"label::{FRENCH}": french, f"label::{ENGLISH}": english or french}
    return row | more


def _survey(codebook: Codebook, setting: Setting) -> Iterator[dict[str, str]]:
    yield {"type": "start", "name": "start"}
    yield {"type": "end", "name": "end"}
    told = notice(codebook, setting)
    if told:
        yield _row("note", "notice", "\n\n".join(told))
    for section in codebook.sections:
        yield _row("begin_group", section.code, section.label, section.label_en) | {
            "appearance": "field-list"
        }
        for question in section.questions:
            yield _question(question, codebook)
            yield from _after(question, codebook)
        yield {"type": "end_group", "name": section.code}


def _question(question: Question, codebook: Codebook) -> dict[str, str]:
    xpath = XPath(codebook, question)
    kind = _TYPES.get(question.type) or f"{_select(question)} {question.code}"
    row = _row(kind, question.code, question.label, question.label_en)
    hint = " ".join(part for part in (question.hint, how_to_answer(question, codebook)) if part)
    row[f"hint::{FRENCH}"] = hint
    row[f"hint::{ENGLISH}"] = question.hint_en or ""
    may_decline = not question.is_choice and codebook.reasons(question)
    row["required"] = "yes" if question.required and not may_decline else ""
    row["relevant"] = xpath.holds(question.relevant) if question.relevant is not None else ""
    row["appearance"] = "multiline" if question.type == "long_text" else ""
    constraint = " and ".join(_constraints(question, codebook, xpath))
    if constraint:
        row["constraint"] = constraint
        said = say(question.constraint, codebook) if question.constraint is not None else ""
        row[f"constraint_message::{FRENCH}"] = f"À vérifier\u00a0: {said}." if said else "Réponse à vérifier."
        row[f"constraint_message::{ENGLISH}"] = (
            f"To be checked ({question.constraint_text or question.type})."
        )
    return row


def _select(question: Question) -> str:
    return "select_multiple" if question.is_multiple else "select_one"


def _constraints(question: Question, codebook: Codebook, xpath: XPath) -> Iterator[str]:
    if pattern := _PATTERNS.get(question.type):
        yield pattern
    if question.is_multiple:
        for code in (*question.exclusive, *codebook.reasons(question)):
            yield f"not(selected(., '{code}') and count-selected(.) > 1)"
    if question.constraint is not None:
        yield xpath.allowed(question.constraint)


def _after(question: Question, codebook: Codebook) -> Iterator[dict[str, str]]:
    """The open answer, and the reason for not answering."""
    if question.other:
        specify = codebook.form.get("other_label", "Autre (préciser)")
        row = _row("text", f"{question.code}_{OTHER}", specify, "Other (please specify)")
        yield row | {"relevant": f"selected(${{{question.code}}}, '{OTHER}')"}
    if codebook.reasons(question) and not question.is_choice:
        asked = XPath(codebook, question).holds(question.relevant) if question.relevant is not None else ""
        empty = f"${{{question.code}}} = ''"
        row = _row(
            f"select_one {_reasons_list(question, codebook)}",
            f"{question.code}_{NONRESPONSE_CELL}",
            f"Sans réponse à {question.code}\u00a0: pourquoi\u00a0?",
            f"No answer to {question.code}: why?",
        )
        row["required"] = "yes" if question.required else ""
        yield row | {"relevant": f"{asked} and {empty}" if asked else empty}


def _reasons_list(question: Question, codebook: Codebook) -> str:
    return "reasons_" + "_".join(codebook.reasons(question))


def _choices(codebook: Codebook) -> Iterator[dict[str, str]]:
    written: set[str] = set()
    for question in codebook.questions:
        reasons = codebook.reasons(question)
        if question.is_choice:
            for choice in question.choices:
                yield _choice(question.code, choice.code, choice.label, choice.label_en)
        name = question.code if question.is_choice else _reasons_list(question, codebook)
        if name in written:
            continue
        written.add(name)
        for code, label in reasons.items():
            yield _choice(name, code, label, codebook.nonresponse_labels_en.get(code))


def _choice(list_name: str, name: str, french: str, english: str | None) -> dict[str, str]:
    return dict(zip(CHOICES, (list_name, name, french, english or french), strict=True))
