"""Answers to the survey as they come (exports, filled forms) → cells, answers, refused cells, ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import Codebook
from ess_observatory.codebook.values import Refusal, parse_moment
from ess_observatory.read.refused_headers import CORRECTED
from ess_observatory.survey.answers import Noted, Refused
from ess_observatory.survey.communes import CommuneNames
from ess_observatory.survey.corrected import Correction, Corrections, corrections_header, read_corrections
from ess_observatory.survey.interpret import interpret
from ess_observatory.survey.layout import Layout, Response, read_layout, recognise
from ess_observatory.survey.result import Candidate, SurveyRead, as_tables

if TYPE_CHECKING:
    from ess_observatory.tabular.sheets import Sheet

__all__ = ["SurveyRead", "read_answers", "recognise"]


def read_answers(
    sheets: list[Sheet], codebook: Codebook, source_id: str, communes: CommuneNames | None = None
) -> SurveyRead:
    """Read every recognised sheet; a file without any such sheet is reported among what is refused.

    The codebook's recodes are applied to open answers. Every answer is checked again, whatever the form let through.
    """
    names = communes or CommuneNames()
    notes: list[dict[str, Any]] = []
    candidates: list[Candidate] = []
    cells: list[tuple[Any, ...]] = []
    ledger: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    understood: dict[str, bool] = {}
    read: list[tuple[Sheet, Layout]] = []
    corrections = read_corrections(sheets)
    answered = [sheet for sheet in sheets if corrections_header(sheet) is None]
    for sheet in sorted(answered, key=lambda item: (item.relative, item.name)):
        layout = read_layout(sheet, codebook)
        understood[sheet.relative] = understood.get(sheet.relative, False) or layout is not None
        if layout is not None:
            read.append((sheet, layout))
    for sheet in answered:
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
        found = [
            _candidate(sheet, layout, response, codebook, names, corrections) for response in layout.responses
        ]
        candidates.extend(found)
        for candidate in found:
            place = (candidate.key, sheet.relative, sheet.sha256, sheet.name)
            cells.extend(
                (*place, cell.line, cell.column, cell.target.question, cell.target.choice, cell.value)
                for cell in candidate.response.cells
            )
    _refuse_duplicates(candidates)
    refused.extend(_book_row(source_id, one.sheet, _idle(one)) for one in corrections.unused())
    for sheet, layout in read:
        own = [candidate for candidate in candidates if candidate.sheet is sheet]
        for candidate in own:
            told = [candidate.rejected] if candidate.rejected is not None else candidate.refused
            refused.extend(_book_row(source_id, sheet, one) for one in told)
            notes.extend(
                _note_row(source_id, sheet, one) for one in candidate.noted if not candidate.rejected
            )
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
    return as_tables(kept, cells, codebook, refused, ledger, notes)


def _candidate(
    sheet: Sheet,
    layout: Layout,
    response: Response,
    codebook: Codebook,
    communes: CommuneNames,
    corrections: Corrections,
) -> Candidate:
    key = f"{sheet.relative}#{sheet.name}" + (f"#{response.line}" if layout.kind == "wide" else "")
    version = response.version.strip() if response.version is not None else None
    cells, corrected = [], []
    for cell in response.cells:
        value, correction = corrections.apply(sheet, cell.line, cell.column, cell.value)
        cells.append(cell if correction is None else replace(cell, value=value))
        if correction is not None:
            is_identity = codebook.question(cell.target.question).is_identity
            corrected.append(_corrected(cell.line, cell.column, cell.value, correction, is_identity))
    answers, refused, noted = interpret(cells, codebook, version, layout.open_in_cell, communes)
    submitted_on = None
    if response.submitted_on:
        line = response.line if layout.kind == "wide" else None
        moment, correction = corrections.apply(sheet, line, "date", response.submitted_on)
        if correction is not None:
            corrected.append(_corrected(line, "date", response.submitted_on, correction, False))
        try:
            submitted_on = parse_moment(moment)
        except Refusal as error:
            refused.append(Refused(line, "date", moment, error.code, error.reason, error.fix))
    gone = {(one.line, one.column) for one in refused}
    noted += [one for one in corrected if (one.line, one.column) not in gone]
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
    if version is not None and version not in (codebook.version, *codebook.reads_versions):
        why = f"Formulaire de la version {version}, attendue\u00a0: {codebook.version}."
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
    return Candidate(key, sheet, response, submitted_on, answers, refused, siret, rejected, noted)


def _corrected(
    line: int | None, column: str, before: str, correction: Correction, is_identity: bool
) -> Noted:
    """The note on a corrected cell; it does not repeat who answers, which a purge could not take from the notes."""
    where = f"{correction.sheet.relative}, ligne {correction.line}"
    after = "" if is_identity else f" en «\u00a0{correction.after}\u00a0»"
    return Noted(
        line, column, None if is_identity else before, "cellule_corrigee", f"corrigé{after} ({where})"
    )


def _idle(correction: Correction) -> Refused:
    """A corrected value that corrects nothing: told by its place alone, it may be who answers."""
    why = "La cellule que cette ligne corrige n’est plus là, ne dit plus la valeur refusée, ou deux lignes la corrigent différemment."
    fix = "Retirer la ligne, ou corriger le fichier d’origine."
    return Refused(correction.line, CORRECTED, None, "correction_sans_objet", why, fix)


def _refuse_duplicates(candidates: list[Candidate]) -> None:
    """One response a SIRET: the latest submission is kept (undated = oldest; on a tie, the last read)."""
    latest: dict[str, Candidate] = {}
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
        why = f"Cette question est lue dans {near}."
        return Refused(line, name, name, code, why, "Retirer la colonne qui ne répond pas à la question.")
    if code == "colonne_ambigue":
        why = f"Ces colonnes répondent à la même question, sans dire la même chose\u00a0: {near}. Aucune n’est lue."
        return Refused(line, name, name, code, why, "Garder l’en-tête de la bonne colonne, renommer l’autre.")
    if code == "colonne_numerotee":
        why = (
            f"Une case cochée par colonne numérotée ne dit pas quel choix de «\u00a0{near}\u00a0» est retenu."
        )
        fix = "Redemander l’export avec les libellés des choix, ou nommer chaque colonne par son choix."
        return Refused(line, name, name, code, why, fix)
    fix = (
        f"Renommer la colonne «\u00a0{near}\u00a0»\u00a0?"
        if near
        else "La renommer, ou la citer dans «\u00a0columns: ignored\u00a0»."
    )
    return Refused(
        line, name, name, code, "Colonne que le questionnaire ne connaît pas\u00a0: elle n’est pas lue.", fix
    )


def _note_row(source_id: str, sheet: Sheet, note: Noted | Refused) -> dict[str, Any]:
    return {
        "source": source_id,
        "file": sheet.relative,
        "sheet": sheet.name,
        "line": note.line,
        "column": note.column,
        "value": note.value,
        "code": note.code,
        "reason": note.reason,
    }


def _book_row(source_id: str, sheet: Sheet, note: Refused) -> dict[str, Any]:
    return _note_row(source_id, sheet, note) | {"fix": note.fix}
