"""All that the reading of the survey gives, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import OTHER, Codebook
from ess_observatory.survey.answers import Answer, Noted, Refused
from ess_observatory.survey.layout import Response

if TYPE_CHECKING:
    import pyarrow as pa

    from ess_observatory.tabular.sheets import Sheet


@dataclass
class SurveyRead:
    """All that was read.

    `cells`: one row a filled cell, as it came (also of refused respondents). `respondents`: one row a kept
    respondent. `answers`: one row a kept respondent x question with an answer, a reason or a filter;
    `choices`: one row a chosen choice; `opens`: one row an open answer written beside the choices, with the
    choices that it was taken for. `refused`, `ledger` and `notes`: rows of the books of the reading.
    """

    cells: pa.Table
    respondents: pa.Table
    answers: pa.Table
    choices: pa.Table
    opens: pa.Table
    refused: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Candidate:
    """A respondent before duplicates are resolved."""

    key: str
    sheet: Sheet
    response: Response
    submitted_on: str | None
    answers: dict[str, Answer]
    refused: list[Refused]
    siret: str | None
    rejected: Refused | None = None
    noted: list[Noted] = field(default_factory=list)


def as_tables(
    kept: list[Candidate],
    cells: list[tuple[Any, ...]],
    codebook: Codebook,
    refused: list[dict[str, Any]],
    ledger: list[dict[str, Any]],
    notes: list[dict[str, Any]],
) -> SurveyRead:
    """The tables of the kept respondents, with the three books."""
    answers: list[tuple[Any, ...]] = []
    choices: list[tuple[Any, ...]] = []
    opens: list[tuple[Any, ...]] = []
    for candidate in kept:
        for code, answer in candidate.answers.items():
            known = [
                choice.code for choice in codebook.question(code).choices if choice.code in answer.choices
            ]
            answers.append(_answer_row(candidate.key, code, answer, known))
            choices.extend((candidate.key, code, choice) for choice in known)
            opens.extend(_open_rows(candidate.key, code, answer))
    respondents = [
        (c.key, c.sheet.relative, c.sheet.sha256, c.sheet.name, c.response.line, c.submitted_on, c.siret)
        for c in kept
    ]
    place = ("file", "sha256", "sheet", "line:int", "column")
    return SurveyRead(
        cells=_table(cells, "respondent_key", *place, "question_code", "choice_code", "value"),
        respondents=_table(respondents, "respondent_key", *place[:4], "submitted_on", "siret"),
        answers=_table(
            answers,
            *("respondent_key", "question_code", "status", "value_text", "value_number:real"),
            *("line:int", "column"),
        ),
        choices=_table(choices, "respondent_key", "question_code", "choice_code"),
        opens=_table(
            opens,
            *("respondent_key", "question_code", "open_text", "is_other:bool", "recoded_to"),
            *("line:int", "column"),
        ),
        refused=refused,
        ledger=ledger,
        notes=notes,
    )


def _answer_row(key: str, code: str, answer: Answer, known: list[str]) -> tuple[Any, ...]:
    place = answer.cells[0] if answer.cells else None
    written = " ".join(known) if known else answer.text
    line, column = (place.line, place.column) if place else (None, None)
    return (key, code, answer.status, written, answer.number, line, column)


def _open_rows(key: str, code: str, answer: Answer) -> Iterator[tuple[Any, ...]]:
    if answer.open_text is None or answer.open_cell is None or answer.status != "answered":
        return
    is_other = OTHER in answer.choices or bool(answer.recoded)
    recoded = " ".join(answer.recoded) or None
    yield (key, code, answer.open_text, is_other, recoded, answer.open_cell.line, answer.open_cell.column)


def _table(rows: list[tuple[Any, ...]], *columns: str) -> pa.Table:
    """An Arrow table; a column is text unless its name says `:int`, `:real` or `:bool`."""
    import pyarrow as pa

    kinds = {"": pa.string(), "int": pa.int64(), "real": pa.float64(), "bool": pa.bool_()}
    split = [column.partition(":")[::2] for column in columns]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(list(value), kinds[kind]) for value, (_, kind) in zip(values, split, strict=True)]
    return pa.table(arrays, names=[name for name, _ in split])
