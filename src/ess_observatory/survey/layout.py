"""Which sheet is an answer to the survey, and where its answers are: a wide export or a filled form.

A wide export has one row a respondent and one column a question (or a choice); a form has one row a question.
Either way a sheet becomes the same list of filled cells, each with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ess_observatory.survey.questions import OTHER, Codebook, Question
from ess_observatory.survey.values import normalise

if TYPE_CHECKING:
    from ess_observatory.read.sheets import Sheet

#: Stands for the choice code of a cell that holds a reason for not answering.
NONRESPONSE_CELL = "nonresponse"
_HEADER_SEARCH = 30
_INDEXED = re.compile(r"(?P<question>[^\[./:]+?)\s*(?:\[(?P<inside>.+)\]|[./:](?P<after>.+))")


@dataclass(frozen=True)
class Target:
    """What a column of an export, or a row of a form, answers."""

    question: str
    choice: str | None = None


@dataclass(frozen=True)
class Filled:
    """A filled cell and its place in the sheet."""

    line: int
    column: str
    target: Target
    value: str


@dataclass
class Response:
    """The filled cells of one respondent, as they came."""

    line: int
    cells: list[Filled]
    submission_id: str | None = None
    submitted_on: str | None = None
    version: str | None = None
    strays: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass
class Layout:
    """How a sheet was understood: its responses and what it holds that the codebook does not know."""

    kind: Literal["wide", "form"]
    header_line: int
    responses: list[Response]
    unknown: list[tuple[int, str, str, str]] = field(default_factory=list)


def find_target(text: str, codebook: Codebook) -> Target | None:
    """What a header or a code names: `X01`, `X01[choice]`, `X01.choice`, `X01_choice`, or a label."""
    codes, labels = codebook.names
    cleaned = text.strip()
    if cleaned.casefold() in codes:
        return Target(codes[cleaned.casefold()])
    match = _INDEXED.fullmatch(cleaned)
    if match is not None and match["question"].casefold() in codes:
        question = codebook.question(codes[match["question"].casefold()])
        return _choice_target(question, match["inside"] or match["after"])
    head, _, tail = cleaned.partition("_")
    if tail and head.casefold() in codes:
        return _choice_target(codebook.question(codes[head.casefold()]), tail)
    wanted = normalise(cleaned)
    same = labels.get(wanted)
    if same is not None:
        return Target(same)
    for separator in re.finditer(r"[/\[:]", wanted):
        code = labels.get(wanted[: separator.start()].rstrip(" .:;?!*"))
        if code:
            return _choice_target(codebook.question(code), wanted[separator.end() :].rstrip("]"))
    return None


def _choice_target(question: Question, text: str) -> Target | None:
    wanted = normalise(text)
    if wanted in (OTHER, "autre", "autres", "comment"):
        return Target(question.code, OTHER) if question.other else None
    if wanted in (NONRESPONSE_CELL, "non-reponse", "nonreponse"):
        return Target(question.code, NONRESPONSE_CELL)
    for choice in question.choices:
        if wanted in (normalise(choice.code), normalise(choice.label)):
            return Target(question.code, choice.code)
    return None


def recognise(sheet: Sheet, codebook: Codebook) -> Literal["wide", "form"] | None:
    """Whether a sheet holds answers to this survey, and in which layout."""
    if _form_header(sheet, codebook) is not None:
        return "form"
    return "wide" if _wide_header(sheet, codebook) is not None else None


def read_layout(sheet: Sheet, codebook: Codebook) -> Layout | None:
    """The responses of a sheet, or None when it holds no answer to this survey."""
    form = _form_header(sheet, codebook)
    if form is not None:
        return _read_form(sheet, codebook, *form)
    header = _wide_header(sheet, codebook)
    return None if header is None else _read_wide(sheet, codebook, header)


def _needed(codebook: Codebook) -> int:
    return min(3, len(codebook.questions))


def _wide_header(sheet: Sheet, codebook: Codebook) -> int | None:
    """Index of the row that names the most questions (at least three)."""
    best, best_count = None, _needed(codebook) - 1
    for index, row in enumerate(sheet.head[:_HEADER_SEARCH]):
        targets = (find_target(cell, codebook) for cell in row if cell)
        count = len({target.question for target in targets if target is not None})
        if count > best_count:
            best, best_count = index, count
    return best


def _form_header(sheet: Sheet, codebook: Codebook) -> tuple[int, int, int] | None:
    """(row, column of codes, column of answers) of a form."""
    code_name = normalise(codebook.form.get("code_header", "Code"))
    answer_name = normalise(codebook.form.get("answer_header", "Réponse"))
    for index, row in enumerate(sheet.head[:_HEADER_SEARCH]):
        names = [normalise(cell) if cell else "" for cell in row]
        if code_name in names and answer_name in names:
            code_at = names.index(code_name)
            below = {
                target.question
                for line in sheet.rows[index + 1 :]
                if code_at < len(line) and (cell := line[code_at]) and (target := find_target(cell, codebook))
            }
            if len(below) >= _needed(codebook):
                return index, code_at, names.index(answer_name)
    return None


def _read_wide(sheet: Sheet, codebook: Codebook, header: int) -> Layout:
    meta = {normalise(name): role for role, names in codebook.columns.items() for name in names}
    targets: dict[int, tuple[str, Target]] = {}
    roles: dict[str, int] = {}
    layout = Layout("wide", header + 1, [])
    labels = [question.label for question in codebook.questions] + list(codebook.by_code)
    for position, name in enumerate(sheet.rows[header]):
        if not name:
            continue
        role = meta.get(normalise(name))
        target = None if role else find_target(name, codebook)
        if role:
            roles.setdefault(role, position)
        elif target is None:
            near = get_close_matches(name, labels, n=1, cutoff=0.6)
            layout.unknown.append((header + 1, name, "colonne_inconnue", near[0] if near else ""))
        elif any(target == other for _, other in targets.values()):
            layout.unknown.append((header + 1, name, "colonne_double", ""))
        else:
            targets[position] = (name, target)
    first = header + 1
    while first < len(sheet.rows) and _repeats_labels(sheet.rows[first], targets, codebook):
        first += 1

    def at(row: list[str | None], role: str) -> str | None:
        position = roles.get(role)
        return row[position] if position is not None and position < len(row) else None

    for index in range(first, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row):
            continue
        cells = [
            Filled(index + 1, name, target, value)
            for position, (name, target) in targets.items()
            if position < len(row) and (value := row[position])
        ]
        layout.responses.append(Response(index + 1, cells, at(row, "submission_id"), at(row, "submitted_on")))
    return layout


def _repeats_labels(
    row: list[str | None], targets: dict[int, tuple[str, Target]], codebook: Codebook
) -> bool:
    """Whether a row under the header is a second header: the wording of the questions."""
    filled = [
        (value, target)
        for position, (_, target) in targets.items()
        if position < len(row) and target.choice is None and (value := row[position])
    ]
    same = sum(
        normalise(value) == normalise(codebook.question(target.question).label) for value, target in filled
    )
    return bool(filled) and same * 2 > len(filled)


def _read_form(sheet: Sheet, codebook: Codebook, header: int, code_at: int, answer_at: int) -> Layout:
    layout = Layout("form", header + 1, [])
    response = Response(header + 1, [])
    version_label = normalise(codebook.form.get("version_label", "Version"))
    dates = {normalise(name) for name in codebook.columns.get("submitted_on", ())}
    for row in sheet.rows[:header]:
        for name, value in pairwise(row):
            if name and value and normalise(name) == version_label:
                response.version = value
            elif name and value and normalise(name) in dates:
                response.submitted_on = value
    answer_name = sheet.rows[header][answer_at] or ""
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        code = row[code_at] if code_at < len(row) else None
        value = row[answer_at] if answer_at < len(row) else None
        if not value:
            continue
        target = find_target(code, codebook) if code else None
        if target is None:
            response.strays.append((index + 1, code or "", value))
        else:
            response.cells.append(Filled(index + 1, f"{answer_name} ({code})", target, value))
    layout.responses.append(response)
    return layout
