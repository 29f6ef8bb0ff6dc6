"""From the filled cells of one respondent to answers, checked against the codebook.

Whatever cannot be kept is refused with its place, a reason and what to do; the rest of the answer stays.
"""

from __future__ import annotations

from collections.abc import Callable

from ess_observatory.codebook.evaluation import Given, evaluate
from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.codebook.values import (
    Refusal,
    normalise,
    parse_commune,
    parse_naf,
    parse_number,
    parse_siret,
)
from ess_observatory.survey.answers import Answer, Reading, Refused
from ess_observatory.survey.choices import read_choices
from ess_observatory.survey.headers import NONRESPONSE_CELL
from ess_observatory.survey.layout import Filled

__all__ = ["Answer", "Refused", "interpret"]

_TEXTS: dict[str, Callable[[str], str]] = {"siret": parse_siret, "naf": parse_naf, "commune": parse_commune}
_BOUNDS = {"percent": (0.0, 100.0)}


def interpret(
    cells: list[Filled],
    codebook: Codebook,
    version: str | None = None,
    open_in_cell: frozenset[str] = frozenset(),
) -> tuple[dict[str, Answer], list[Refused]]:
    """The answers of one respondent (unanswered questions are absent) and the cells that were refused.

    `version`: the one that the form says it is, whose aliases hold. `open_in_cell`: see `Layout`.
    """
    reading = Reading(codebook, version, open_in_cell)
    by_question: dict[str, list[Filled]] = {}
    for cell in cells:
        if normalise(cell.value) not in reading.empty:
            by_question.setdefault(cell.target.question, []).append(cell)
    answers: dict[str, Answer] = {}
    for question in codebook.questions:
        group = by_question.get(question.code)
        if group:
            read = read_choices if question.is_choice else _single
            answer = read(question, group, reading)
            if answer is not None:
                answers[question.code] = answer
    _revalidate(answers, reading)
    return answers, reading.refused


def _single(question: Question, group: list[Filled], reading: Reading) -> Answer | None:
    answer: Answer | None = None
    for cell in group:
        status = _reason(cell, reading)
        if cell.target.choice is not None and status is None:
            if normalise(cell.value) not in reading.no:
                why = f"«\u00a0{cell.value}\u00a0» n’est pas un motif de non-réponse."
                labels = " · ".join(reading.codebook.reasons(question).values())
                reading.refuse(cell, "valeur_inconnue", why, f"Valeurs admises\u00a0: {labels}.")
            continue
        if answer is not None:
            reading.refuse(cell, "contradiction", "Deux réponses à la même question.", "N’en garder qu’une.")
            continue
        try:
            if status is not None:
                answer = Answer(status, cells=[cell])
            elif question.is_number:
                answer = Answer("answered", number=_number(cell.value, question), cells=[cell])
            else:
                answer = Answer("answered", _TEXTS.get(question.type, str)(cell.value), cells=[cell])
        except Refusal as refusal:
            reading.refuse_for(cell, refusal)
    return answer


def _reason(cell: Filled, reading: Reading) -> str | None:
    """Why there is no answer, when the cell says so."""
    if cell.target.choice not in (None, NONRESPONSE_CELL) and normalise(cell.value) in reading.yes:
        return cell.target.choice
    return reading.nonresponse(cell.value)


def _number(text: str, question: Question) -> float:
    value = parse_number(text, question.unit, whole=question.type == "integer")
    low, high = _BOUNDS.get(question.type, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise Refusal(
            "bornes",
            f"«\u00a0{text}\u00a0» n’est pas entre 0 et 100.",
            "Écrire un pourcentage entre 0 et 100.",
        )
    return value


def _given(answers: dict[str, Answer]) -> dict[str, Given]:
    return {
        code: Given(answer.number, answer.choices)
        for code, answer in answers.items()
        if answer.status == "answered"
    }


def _revalidate(answers: dict[str, Answer], reading: Reading) -> None:
    """Drop what a filter or a constraint rules out, until nothing changes; mark filtered questions."""
    while True:
        _apply_filters(answers, reading)
        given = _given(answers)
        broken = [
            question
            for question in reading.codebook.questions
            if question.constraint is not None
            and question.code in given
            and evaluate(question.constraint, given) is False
        ]
        for question in broken:
            for cell in answers.pop(question.code).cells:
                why = f"La contrainte «\u00a0{question.constraint_text}\u00a0» n’est pas respectée."
                reading.refuse(cell, "contrainte", why, "Corriger l’une des réponses citées.")
        if not broken:
            return


def _apply_filters(answers: dict[str, Answer], reading: Reading) -> None:
    for question in reading.codebook.questions:
        if question.relevant is None or evaluate(question.relevant, _given(answers)) is True:
            continue
        for cell in answers.get(question.code, Answer("filtered")).cells:
            why = f"Question filtrée\u00a0: elle ne concerne que «\u00a0{question.relevant_text}\u00a0»."
            reading.refuse(cell, "filtre", why, "Retirer la réponse, ou corriger la question filtre.")
        answers[question.code] = Answer("filtered")
