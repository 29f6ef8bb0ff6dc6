"""Which sheet is an answer to the survey, and where its answers are: a wide export or a filled form.

A wide export has one row a respondent and one column a question (or a choice); a form has one row a question.
Either way a sheet becomes the same list of filled cells, each with its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ess_observatory.codebook.questions import OTHER, Codebook
from ess_observatory.codebook.values import normalise
from ess_observatory.read.headers import column_letter
from ess_observatory.survey.corrected import corrections_header
from ess_observatory.survey.headers import NONRESPONSE_CELL, Target, find_target, marks, names, roles
from ess_observatory.survey.tools import COLUMNS

if TYPE_CHECKING:
    from ess_observatory.tabular.sheets import Sheet

__all__ = [
    "NONRESPONSE_CELL",
    "Filled",
    "Layout",
    "Response",
    "Target",
    "find_target",
    "read_layout",
    "recognise",
]

_HEADER_SEARCH = 30
Row = list[str | None]


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
    """How a sheet was understood: its responses and what it holds that the codebook does not know.

    `open_in_cell`: questions whose open answer, if any, is written among the choices (the tool has no column for it).
    """

    kind: Literal["wide", "form"]
    header_line: int
    responses: list[Response]
    unknown: list[tuple[int, str, str, str]] = field(default_factory=list)
    open_in_cell: frozenset[str] = frozenset()


def recognise(sheet: Sheet, codebook: Codebook) -> Literal["wide", "form", "corrections"] | None:
    """Whether a sheet holds answers to this survey, and in which layout, or refused cells of them that come back corrected."""
    if corrections_header(sheet) is not None:
        return "corrections"
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
    best, best_count = None, (_needed(codebook) - 1, 1 << 30)
    for index in range(min(len(sheet.head), _HEADER_SEARCH)):
        found = [target for _, target in _header_cells(sheet.head, index, codebook) if target is not None]
        count = (len({target.question for target in found}), len(found))
        if count > best_count:
            best, best_count = index, count
    return best


def _header_cells(rows: list[Row], index: int, codebook: Codebook) -> list[tuple[str, Target | None]]:
    """Name and target of each column of a header line, read with the line above it where that line names groups.

    Some tools write the question once, above the first of its choices, and only the choices on the last line.
    """
    row = rows[index]
    above = rows[index - 1] if index else []
    groups = [find_target(cell, codebook) if cell else None for cell in above]
    grouped = sum(map(bool, above)) < sum(map(bool, row)) and any(
        target is not None and target.choice is None and codebook.question(target.question).is_choice
        for target in groups
    )
    known = names(codebook)
    specify = {normalise(word) for word in (*COLUMNS["other_text"], *codebook.columns.get("other_text", ()))}
    cells: list[tuple[str, Target | None]] = []
    taken: set[Target] = set()
    group: Target | None = None
    last: str | None = None
    for position, name in enumerate(row):
        own = groups[position] if grouped and position < len(groups) else None
        if grouped and position < len(above) and above[position]:
            group = own
        target: Target | None = None
        if name and group is not None and codebook.question(group.question).is_choice:
            choice = known.choices[group.question].get(normalise(name))
            target = Target(group.question, choice, group.by) if choice else None
            target = None if target in taken else target
        if name and target is None:
            target = find_target(name, codebook)
            group = group if target is None else None
        elif not name and own is not None:
            target, name = own, above[position]
        if target is None and name and normalise(name) in specify and last is not None:
            target = Target(last, OTHER, "label")
        if target is not None:
            taken.add(target)
            last = target.question if codebook.question(target.question).other else None
        cells.append((name or "", target))
    return cells


def _form_header(sheet: Sheet, codebook: Codebook) -> tuple[int, int, int] | None:
    """(row, column of codes, column of answers) of a form."""
    code_name = normalise(codebook.form.get("code_header", "Code"))
    answer_name = normalise(codebook.form.get("answer_header", "Réponse"))
    for index, row in enumerate(sheet.head[:_HEADER_SEARCH]):
        found = [normalise(cell) if cell else "" for cell in row]
        if code_name in found and answer_name in found:
            code_at = found.index(code_name)
            below = {
                target.question
                for line in sheet.rows[index + 1 :]
                if code_at < len(line) and (cell := line[code_at]) and (target := find_target(cell, codebook))
            }
            if len(below) >= _needed(codebook):
                return index, code_at, found.index(answer_name)
    return None


def _read_wide(sheet: Sheet, codebook: Codebook, header: int) -> Layout:
    declared, of_tools = roles(codebook)
    columns: list[tuple[int, str, Target]] = []
    places: dict[str, tuple[int, int]] = {}
    layout = Layout("wide", header + 1, [])
    labels = [question.label for question in codebook.questions] + list(codebook.by_code)
    for position, (name, target) in enumerate(_header_cells(sheet.rows, header, codebook)):
        if not name:
            continue
        role = declared.get(normalise(name)) or (of_tools.get(normalise(name)) if target is None else None)
        if role:
            places[role[0]] = min(places.get(role[0], (1 << 30, 0)), (role[1], position))
        elif target is None:
            near = get_close_matches(name, labels, n=1, cutoff=0.6)
            layout.unknown.append((header + 1, name, "colonne_inconnue", near[0] if near else ""))
        else:
            columns.append((position, name, target))
    targets = {position: (name, target) for position, name, target in columns}
    for position, code, others in _set_aside(columns, sheet.rows[header + 1 :], codebook):
        layout.unknown.append((header + 1, targets.pop(position)[0], code, others))
    found = {target for _, target in targets.values()}
    layout.open_in_cell = frozenset(
        target.question
        for target in found
        if target.choice is None and target.by != "code" and Target(target.question, OTHER) not in found
    )
    first = header + 1
    while first < len(sheet.rows) and _repeats_labels(sheet.rows[first], targets, codebook):
        first += 1

    def at(row: Row, role: str) -> str | None:
        position = places[role][1] if role in places else len(row)
        return row[position] if position < len(row) else None

    for index in range(first, len(sheet.rows)):
        row = sheet.rows[index]
        if not any(row):
            continue
        cells = [
            Filled(index + 1, name, target, value)
            for position, (name, target) in targets.items()
            if position < len(row) and (value := row[position])
        ]
        about = (at(row, "submission_id"), at(row, "submitted_on"), at(row, "version"))
        layout.responses.append(Response(index + 1, cells, *about))
    return layout


def _set_aside(
    columns: list[tuple[int, str, Target]], rows: list[Row], codebook: Codebook
) -> Iterator[tuple[int, str, str]]:
    """The columns that are not read because others answer the same: position, why (a code), the names of the others.

    The one whose whole header names the question is read rather than one found after the name of a group. Of two that fit alike
    none is, unless they say the same. The numbered columns of a question with several answers are read together.
    """
    rivals: dict[tuple[str, str | None], list[tuple[int, str, Target]]] = defaultdict(list)
    for column in columns:
        if column[2].choice != OTHER:
            rivals[column[2].question, column[2].choice].append(column)

    def said(position: int) -> list[str | None]:
        return [row[position] if position < len(row) else None for row in rows]

    for (code, _), found in rivals.items():
        exact = [column for column in found if column[2].is_exact] or found
        for position, _, _ in found:
            if position not in {column[0] for column in exact}:
                yield position, "colonne_double", _quoted(exact)
        numbered = [column for column in exact if column[2].number is not None]
        if numbered and _are_ticks(
            codebook, (cell for position, _, _ in numbered for cell in said(position))
        ):
            exact = [column for column in exact if column not in numbered]
            for position, _, _ in numbered:
                yield position, "colonne_numerotee", codebook.question(code).label
        numbers = [column[2].number for column in exact]
        if len(exact) < 2 and not any(number is not None for number in numbers):
            continue
        if codebook.question(code).is_multiple and len(set(numbers)) == len(numbers):
            continue
        first = said(exact[0][0])
        is_same = len(set(numbers)) == 1 and numbers[0] is None and all(said(p) == first for p, _, _ in exact)
        for position, _, _ in exact[1:] if is_same else exact:
            if is_same:
                yield position, "colonne_double", _quoted(exact[:1])
            else:
                yield position, "colonne_ambigue", _quoted(exact)


def _quoted(columns: list[tuple[int, str, Target]]) -> str:
    """The headers of columns, each with its letter."""
    return ", ".join(f"« {name} » (colonne {column_letter(position)})" for position, name, _ in columns)


def _are_ticks(codebook: Codebook, cells: Iterator[str | None]) -> bool:
    """Whether cells only tick: they do not say which choice."""
    filled = {normalise(cell) for cell in cells if cell}
    return bool(filled) and filled <= marks(codebook, "chosen") | marks(codebook, "not_chosen")


def _repeats_labels(row: Row, targets: dict[int, tuple[str, Target]], codebook: Codebook) -> bool:
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
    dates = {
        normalise(name) for name in (*codebook.columns.get("submitted_on", ()), *COLUMNS["submitted_on"])
    }
    for row in sheet.rows[:header]:
        for name, value in pairwise(row):
            if name and value and normalise(name) == version_label:
                response.version = value
            elif name and value and normalise(name) in dates:
                response.submitted_on = value
    headers = [normalise(cell) if cell else "" for cell in sheet.rows[header]]
    wording = normalise(codebook.form.get("question_header", "Question"))
    question_at = headers.index(wording) if wording in headers else len(headers)
    answer_name = sheet.rows[header][answer_at] or ""
    version = response.version.strip() if response.version else None
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        code = row[code_at] if code_at < len(row) else None
        value = row[answer_at] if answer_at < len(row) else None
        if not value:
            continue
        label = row[question_at] if question_at < len(row) else None
        target = find_target(code, codebook, version) if code else None
        target = None if target is not None and target.number is not None else target
        if target is None and label:
            target = names(codebook, version).question(label)
        if target is None:
            response.strays.append((index + 1, code or "", value))
        else:
            response.cells.append(Filled(index + 1, f"{answer_name} ({code})", target, value))
    layout.responses.append(response)
    return layout
