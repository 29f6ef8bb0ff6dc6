"""Answers to the survey as they come (exports, filled forms) → cells, answers, refused cells, ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ess_observatory.survey.interpret import Answer, Refused, interpret
from ess_observatory.survey.layout import Layout, Response, read_layout, recognise
from ess_observatory.survey.questions import Codebook
from ess_observatory.survey.values import Refusal, parse_moment

if TYPE_CHECKING:
    import pyarrow as pa

    from ess_observatory.read.sheets import Sheet

__all__ = ["SurveyRead", "read_answers", "recognise"]


@dataclass
class SurveyRead:
    """All that was read.

    `cells`: one row a filled cell, as it came (also of refused respondents). `respondents`: one row a kept
    respondent. `answers`: one row a kept respondent x question with an answer, a reason or a filter;
    `choices`: one row a chosen choice. `refused` and `ledger`: rows of the books of the reading.
    """

    cells: pa.Table
    respondents: pa.Table
    answers: pa.Table
    choices: pa.Table
    refused: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Candidate:
    """A respondent before duplicates are resolved."""

    key: str
    sheet: Sheet
    response: Response
    submitted_on: str | None
    answers: dict[str, Answer]
    refused: list[Refused]
    siret: str | None
    rejected: Refused | None = None


def read_answers(sheets: list[Sheet], codebook: Codebook, source_id: str) -> SurveyRead:
    """Read every recognised sheet; a file without any such sheet is reported among what is refused."""
    candidates: list[_Candidate] = []
    cells: list[tuple] = []
    ledger: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    understood: dict[str, bool] = {}
    read: list[tuple[Sheet, Layout]] = []
    for sheet in sorted(sheets, key=lambda item: (item.relative, item.name)):
        layout = read_layout(sheet, codebook)
        understood[sheet.relative] = understood.get(sheet.relative, False) or layout is not None
        if layout is not None:
            read.append((sheet, layout))
    for sheet in sheets:
        if not understood[sheet.relative]:
            understood[sheet.relative] = True
            why = "Aucune feuille de ce fichier ne contient de réponse à l’enquête."
            fix = "Déposer un export (une colonne par code de question) ou un formulaire rempli."
            refused.append(
                _book_row(source_id, sheet, Refused(None, None, None, "feuille_inconnue", why, fix))
            )
    for sheet, layout in read:
        for line, name, code, near in layout.unknown:
            refused.append(_book_row(source_id, sheet, _unknown_column(line, name, code, near)))
        found = [_candidate(sheet, layout, response, codebook) for response in layout.responses]
        candidates.extend(found)
        for candidate in found:
            place = (candidate.key, sheet.relative, sheet.sha256, sheet.name)
            cells.extend(
                (*place, cell.line, cell.column, cell.target.question, cell.target.choice, cell.value)
                for cell in candidate.response.cells
            )
    _refuse_duplicates(candidates)
    for sheet, layout in read:
        own = [candidate for candidate in candidates if candidate.sheet is sheet]
        for candidate in own:
            notes = [candidate.rejected] if candidate.rejected is not None else candidate.refused
            refused.extend(_book_row(source_id, sheet, note) for note in notes)
        lost = sum(candidate.rejected is not None for candidate in own)
        ledger.append(
            {
                "source": source_id,
                "file": sheet.relative,
                "sha256": sheet.sha256,
                "sheet": sheet.name,
                "header_line": layout.header_line,
                "rows_read": len(own),
                "rows_kept": len(own) - lost,
                "rows_refused": lost,
            }
        )
    kept = [candidate for candidate in candidates if candidate.rejected is None]
    return _as_tables(kept, cells, codebook, refused, ledger)


def _candidate(sheet: Sheet, layout: Layout, response: Response, codebook: Codebook) -> _Candidate:
    key = f"{sheet.relative}#{sheet.name}" + (f"#{response.line}" if layout.kind == "wide" else "")
    answers, refused = interpret(response.cells, codebook)
    submitted_on = None
    if response.submitted_on:
        try:
            submitted_on = parse_moment(response.submitted_on)
        except Refusal as error:
            line = response.line if layout.kind == "wide" else None
            refused.append(Refused(line, "date", response.submitted_on, error.code, error.reason, error.fix))
    for line, code, value in response.strays:
        why = (
            f"Le code «\u00a0{code}\u00a0» n’existe pas dans le questionnaire."
            if code
            else "Réponse sans code de question."
        )
        refused.append(
            Refused(line, code or None, value, "code_inconnu", why, "Ne pas modifier la colonne des codes.")
        )
    identifier = codebook.of_type("siret")
    siret = answers[identifier.code].text if identifier is not None and identifier.code in answers else None
    rejected = None
    if response.version is not None and response.version.strip() != codebook.version:
        why = f"Formulaire de la version {response.version}, attendue\u00a0: {codebook.version}."
        rejected = Refused(
            response.line, None, response.version, "E241", why, "Faire remplir la version en cours."
        )
    elif not response.cells:
        rejected = Refused(
            response.line,
            None,
            None,
            "reponse_vide",
            "Aucune réponse n’est remplie.",
            "Relancer la structure.",
        )
    return _Candidate(key, sheet, response, submitted_on, answers, refused, siret, rejected)


def _refuse_duplicates(candidates: list[_Candidate]) -> None:
    """One response a SIRET: the latest submission is kept (undated = oldest; on a tie, the last read)."""
    latest: dict[str, _Candidate] = {}
    for candidate in candidates:
        if candidate.siret is None or candidate.rejected is not None:
            continue
        other = latest.get(candidate.siret)
        if other is None:
            latest[candidate.siret] = candidate
            continue
        newer = (candidate.submitted_on or "") >= (other.submitted_on or "")
        kept, lost = (candidate, other) if newer else (other, candidate)
        latest[candidate.siret] = kept
        where = f"{kept.sheet.relative}, ligne {kept.response.line}"
        day = f" du {kept.submitted_on[:10]}" if kept.submitted_on else ""
        lost.rejected = Refused(
            lost.response.line,
            None,
            lost.siret,
            "doublon",
            f"Même SIRET que la réponse{day} ({where}), qui est gardée.",
            "Rien à faire si la dernière réponse est la bonne\u00a0; sinon, retirer l’autre.",
        )


def _unknown_column(line: int, name: str, code: str, near: str) -> Refused:
    if code == "colonne_double":
        return Refused(
            line, name, name, code, "Cette question a déjà une colonne.", "Retirer l’une des deux colonnes."
        )
    fix = (
        f"Renommer la colonne «\u00a0{near}\u00a0»\u00a0?"
        if near
        else "La renommer, ou la citer dans «\u00a0columns: ignored\u00a0»."
    )
    return Refused(
        line, name, name, code, "Colonne que le questionnaire ne connaît pas\u00a0: elle n’est pas lue.", fix
    )


def _book_row(source_id: str, sheet: Sheet, note: Refused) -> dict[str, Any]:
    return {
        "source": source_id,
        "file": sheet.relative,
        "sheet": sheet.name,
        "line": note.line,
        "column": note.column,
        "value": note.value,
        "code": note.code,
        "reason": note.reason,
        "fix": note.fix,
    }


def _as_tables(
    kept: list[_Candidate],
    cells: list[tuple],
    codebook: Codebook,
    refused: list[dict[str, Any]],
    ledger: list[dict[str, Any]],
) -> SurveyRead:
    import pyarrow as pa

    def table(rows: list[tuple], **columns: pa.DataType) -> pa.Table:
        values = list(zip(*rows, strict=True)) or [()] * len(columns)
        arrays = [pa.array(list(column), kind) for column, kind in zip(values, columns.values(), strict=True)]
        return pa.table(arrays, names=list(columns))

    text, whole, real = pa.string(), pa.int64(), pa.float64()
    answers: list[tuple] = []
    choices: list[tuple] = []
    for candidate in kept:
        for code, answer in candidate.answers.items():
            place = answer.cells[0] if answer.cells else None
            written = answer.text
            if answer.choices:
                known = [
                    choice.code for choice in codebook.question(code).choices if choice.code in answer.choices
                ]
                written = " ".join(known)
                choices.extend((candidate.key, code, choice) for choice in known)
            answers.append(
                (
                    candidate.key,
                    code,
                    answer.status,
                    written,
                    answer.number,
                    place.line if place else None,
                    place.column if place else None,
                )
            )
    return SurveyRead(
        cells=table(
            cells,
            respondent_key=text,
            file=text,
            sha256=text,
            sheet=text,
            line=whole,
            column=text,
            question_code=text,
            choice_code=text,
            value=text,
        ),
        respondents=table(
            [
                (
                    c.key,
                    c.sheet.relative,
                    c.sheet.sha256,
                    c.sheet.name,
                    c.response.line,
                    c.submitted_on,
                    c.siret,
                )
                for c in kept
            ],
            respondent_key=text,
            file=text,
            sha256=text,
            sheet=text,
            line=whole,
            submitted_on=text,
            siret=text,
        ),
        answers=table(
            answers,
            respondent_key=text,
            question_code=text,
            status=text,
            value_text=text,
            value_number=real,
            line=whole,
            column=text,
        ),
        choices=table(choices, respondent_key=text, question_code=text, choice_code=text),
        refused=refused,
        ledger=ledger,
    )
