"""Complete answers to a codebook, and a written form filled in with them as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.expressions import Chosen, Junction, Node
from ess_observatory.codebook.questions import OTHER, Codebook, Question
from ess_observatory.survey.headers import NONRESPONSE_CELL
from ess_observatory.tabular.sheets import Sheet, open_sheets
from test_survey_support import CODEBOOK, sheet

SIRET = "73282932000074"
#: Numbers that satisfy every constraint of the project's questionnaire together.
NUMBERS = {
    **dict.fromkeys(("C02a", "C02b", "C02c", "C02d"), 25),
    **{"F02": 1234567.5, "H01": 120, "H02": 60.25, "H03": 1500, "H06": 40.5, "H07": 51},
}
TEXTS = {"siret": SIRET, "commune": "02058", "naf": "88.10A"}


def _opening(codebook: Codebook, node: Node | None) -> list[tuple[str, str]]:
    """(question, choice) that a filter asks for."""
    if isinstance(node, Junction):
        return [pair for part in node.parts for pair in _opening(codebook, part)]
    return [(node.code, node.choice)] if isinstance(node, Chosen) and node.is_chosen else []


def filled(codebook: Codebook) -> dict[str, Any]:
    """Form code → what is written there, with every question answered and every filter open."""
    wanted = dict(
        reversed([pair for question in codebook.questions for pair in _opening(codebook, question.relevant)])
    )
    cells: dict[str, Any] = {}
    for question in codebook.questions:
        code = question.code
        if question.is_multiple:
            for choice in question.choices:
                if not choice.is_exclusive:
                    cells[f"{code}.{choice.code}"] = (
                        f"Texte libre {code} ; d’un, deux" if choice.is_other else "x"
                    )
        elif question.is_choice:
            chosen = question.choice(wanted.get(code, question.choices[0].code))
            cells[code] = chosen.label
        elif question.is_number:
            cells[code] = NUMBERS.get(code, 1)
        else:
            cells[code] = TEXTS.get(question.type, f"Texte de {code}, « entre guillemets » ; fin")
    return cells


def declined(codebook: Codebook) -> dict[str, Any]:
    """The other way of answering everything: open answers, reasons for not answering, exclusive choices."""
    cells: dict[str, Any] = {}
    for question in codebook.questions:
        code, reasons = question.code, list(codebook.reasons(question).values())
        if question.relevant is not None:
            continue
        if question.is_choice and not question.is_multiple:
            cells[code] = reasons[-1] if reasons else question.choices[-1].label
            if question.other and not reasons:
                cells[f"{code}.{OTHER}"] = f"Autre chose que {code}"
        elif question.is_multiple and question.exclusive:
            cells[f"{code}.{question.exclusive[0]}"] = "x"
        elif reasons:
            cells[code] = reasons[0]
        elif question.is_multiple:
            cells[f"{code}.{OTHER}"] = f"Seulement {code}"
        else:
            cells[code] = TEXTS.get(question.type, "2")
    return cells


def fill(form: Path, cells: dict[str, Any], target: Path) -> Path:
    """Write the answers in the cells of a form, as a person would, and save it elsewhere."""
    book = openpyxl.load_workbook(form)
    page = book["Questionnaire"]
    rows = {row[0].value: row[0].row for row in page.iter_rows(min_row=5) if row[0].value}
    for code, value in cells.items():
        cell = page.cell(rows[code], 3)
        assert not cell.protection.locked, f"{code} cannot be filled in"
        cell.value = value
    book.save(target)
    return target


def expected(codebook: Codebook, cells: dict[str, Any]) -> dict[str, tuple]:
    """Question → (status, choices, number, text, open text) that must come back."""
    found = {}
    for question in codebook.questions:
        ticked = {
            code.partition(".")[2]: value
            for code, value in cells.items()
            if code.startswith(f"{question.code}.")
        }
        value = cells.get(question.code)
        if value is None and not ticked:
            continue
        status = next(
            (code for code, label in codebook.nonresponse_labels.items() if value == label), "answered"
        )
        found[question.code] = (status, *_content(question, status, value, ticked))
    return found


def _content(question: Question, status: str, value: Any, ticked: dict[str, Any]) -> tuple:
    if status != "answered":
        return frozenset(), None, None, None
    if question.is_multiple:
        return frozenset(ticked), None, None, ticked.get(OTHER)
    if question.is_choice:
        chosen = next(choice.code for choice in question.choices if choice.label == value)
        return frozenset({chosen}), None, None, ticked.get(OTHER)
    if question.is_number:
        return frozenset(), float(value), None, None
    return frozenset(), None, value, None


def obtained(survey: Any, codebook: Codebook, key: str) -> dict[str, tuple]:
    """The same, as it was read for a respondent; filtered questions are left out."""
    choices: dict[str, set[str]] = {}
    for row in survey.choices.to_pylist():
        if row["respondent_key"] == key:
            choices.setdefault(row["question_code"], set()).add(row["choice_code"])
    opens = {
        row["question_code"]: row["open_text"]
        for row in survey.opens.to_pylist()
        if row["respondent_key"] == key
    }
    found = {}
    for row in survey.answers.to_pylist():
        if row["respondent_key"] == key and row["status"] != "filtered":
            code = row["question_code"]
            text = None if codebook.question(code).is_choice else row["value_text"]
            found[code] = (
                row["status"],
                frozenset(choices.get(code, ())),
                row["value_number"],
                text,
                opens.get(code),
            )
    return found


def wide_columns(codebook: Codebook) -> Iterator[tuple[str, str]]:
    """(code header, wording header) of each column of a wide export of this questionnaire."""
    for question in codebook.questions:
        if not question.is_multiple:
            yield question.code, question.label
        else:
            for choice in question.choices:
                if not choice.is_other:
                    yield f"{question.code}[{choice.code}]", f"{question.label} [{choice.label}]"
        if question.other:
            yield f"{question.code}[{OTHER}]", f"{question.label} [{question.choices[-1].label}]"
        if question.is_multiple and question.nonresponse:
            yield f"{question.code}[{NONRESPONSE_CELL}]", f"{question.label} [Sans réponse]"


def as_export(form: Path, columns: list[tuple[str, str]], use_labels: bool) -> Sheet:
    """A wide export with the content of a filled form: one row, one column a question or choice."""
    (page,) = [page for page in open_sheets(form) if page.name == "Questionnaire"]
    written = {row[0]: row[2] for row in page.rows[4:] if row[0]}
    codes = [code.replace("[nonresponse]", "").replace("[", ".").rstrip("]") for code, _ in columns]
    values = [written.get(code) for code in codes]
    header = [label if use_labels else code for code, label in columns]
    return sheet([header, values], "Réponses", "export.xlsx")


def project_codebook() -> Codebook:
    """The questionnaire of the project."""
    return load_codebook(CODEBOOK)
