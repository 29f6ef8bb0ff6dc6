"""From the filled cells of one respondent to answers, checked against the codebook.

Whatever cannot be kept is refused with its place, a reason and what to do; the rest of the answer stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ess_observatory.survey.evaluation import Given, evaluate
from ess_observatory.survey.layout import NONRESPONSE_CELL, Filled
from ess_observatory.survey.questions import OTHER, Codebook, Question
from ess_observatory.survey.values import (
    Refusal,
    normalise,
    parse_commune,
    parse_naf,
    parse_number,
    parse_siret,
)

_TEXTS: dict[str, Callable[[str], str]] = {"siret": parse_siret, "naf": parse_naf, "commune": parse_commune}
_BOUNDS = {"percent": (0.0, 100.0)}
_OTHER_WORDS = {OTHER, "autre", "autres", "autre (preciser)", "autre(preciser)"}


@dataclass
class Answer:
    """What a respondent answered to a question. `status`: answered, nsp, refus, sans_objet or filtered."""

    status: str
    text: str | None = None
    number: float | None = None
    choices: frozenset[str] = frozenset()
    cells: list[Filled] = field(default_factory=list)


@dataclass(frozen=True)
class Refused:
    """A refused cell: its place, a code, a reason and what to do."""

    line: int | None
    column: str | None
    value: str | None
    code: str
    reason: str
    fix: str


def interpret(cells: list[Filled], codebook: Codebook) -> tuple[dict[str, Answer], list[Refused]]:
    """The answers of one respondent (unanswered questions are absent) and the cells that were refused."""
    by_question: dict[str, list[Filled]] = {}
    for cell in cells:
        by_question.setdefault(cell.target.question, []).append(cell)
    answers: dict[str, Answer] = {}
    refused: list[Refused] = []
    for question in codebook.questions:
        group = by_question.get(question.code)
        if not group:
            continue
        if question.is_choice:
            answer = _choices(question, group, codebook, refused)
        else:
            answer = _single(question, group, codebook, refused)
        if answer is not None:
            answers[question.code] = answer
    _revalidate(answers, codebook, refused)
    return answers, refused


def _refuse(cell: Filled, refusal: Refusal) -> Refused:
    return Refused(cell.line, cell.column, cell.value, refusal.code, refusal.reason, refusal.fix)


def _nonresponse(value: str, codebook: Codebook) -> str | None:
    """The non-response code that a text writes."""
    wanted = normalise(value)
    for code, label in codebook.nonresponse_labels.items():
        if code != "nr" and wanted in (code, normalise(code.replace("_", " ")), normalise(label)):
            return code
    return None


def _single(
    question: Question, group: list[Filled], codebook: Codebook, refused: list[Refused]
) -> Answer | None:
    answer: Answer | None = None
    for cell in group:
        if answer is not None:
            refused.append(
                _refuse(
                    cell, Refusal("contradiction", "Deux réponses à la même question.", "N’en garder qu’une.")
                )
            )
            continue
        status = _nonresponse(cell.value, codebook)
        try:
            if status is not None:
                answer = Answer(status, cells=[cell])
            elif question.is_number:
                answer = Answer("answered", number=_number(cell.value, question), cells=[cell])
            else:
                answer = Answer("answered", _TEXTS.get(question.type, str)(cell.value), cells=[cell])
        except Refusal as refusal:
            refused.append(_refuse(cell, refusal))
    return answer


def _number(text: str, question: Question) -> float:
    value = parse_number(text, question.unit)
    if question.type == "integer" and not value.is_integer():
        raise Refusal("E311", f"«\u00a0{text}\u00a0»\u00a0: nombre entier attendu.", "Corriger la valeur.")
    low, high = _BOUNDS.get(question.type, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise Refusal(
            "bornes",
            f"«\u00a0{text}\u00a0» n’est pas entre 0 et 100.",
            "Écrire un pourcentage entre 0 et 100.",
        )
    return value


def _match_choice(text: str, question: Question) -> str | None:
    wanted = normalise(text)
    for choice in question.choices:
        if wanted == normalise(choice.code):
            return choice.code
    for choice in question.choices:
        if wanted == normalise(choice.label):
            return choice.code
    return OTHER if question.other and wanted in _OTHER_WORDS else None


def _split(text: str, question: Question) -> list[str]:
    """Several choices in one cell, separated by `;`, `|` or line breaks (codes also by spaces or commas)."""
    if _match_choice(text, question) is not None:
        return [text]
    for pattern in (r"[;|\n]", r",", r"\s"):
        parts = [part.strip() for part in re.split(pattern, text) if part.strip()]
        if len(parts) > 1 and (pattern == r"[;|\n]" or all(_match_choice(part, question) for part in parts)):
            return parts
    return [text]


def _choices(
    question: Question, group: list[Filled], codebook: Codebook, refused: list[Refused]
) -> Answer | None:
    chosen: dict[str, Filled] = {}
    other_text: str | None = None
    reasons: list[tuple[str, Filled]] = []
    yes = {normalise(mark) for mark in codebook.marks.get("chosen", ("x", "oui", "1", "vrai"))}
    no = {normalise(mark) for mark in codebook.marks.get("not_chosen", ("non", "0", "faux"))}
    allowed = "Valeurs admises\u00a0: " + " · ".join(choice.label for choice in question.choices) + "."
    for cell in group:
        target = cell.target.choice
        wanted = normalise(cell.value)
        status = _nonresponse(cell.value, codebook)
        if target == OTHER:
            if wanted not in no:
                chosen[OTHER] = cell
                other_text = None if wanted in yes else cell.value
        elif target is not None and target != NONRESPONSE_CELL:
            choice = question.choice(target)
            own = {normalise(target), normalise(choice.label) if choice else ""}
            if wanted in yes | own:
                chosen[target] = cell
            elif wanted not in no:
                marks = "Laisser vide ou écrire «\u00a0x\u00a0» ou «\u00a0Oui\u00a0»."
                refused.append(
                    _refuse(
                        cell,
                        Refusal(
                            "valeur_inconnue", f"«\u00a0{cell.value}\u00a0» ne coche pas un choix.", marks
                        ),
                    )
                )
        elif status is not None and _match_choice(cell.value, question) is None:
            reasons.append((status, cell))
        elif target == NONRESPONSE_CELL:
            labels = " · ".join(label for code, label in codebook.nonresponse_labels.items() if code != "nr")
            refused.append(
                _refuse(
                    cell,
                    Refusal(
                        "valeur_inconnue",
                        f"«\u00a0{cell.value}\u00a0» n’est pas un motif de non-réponse.",
                        f"Valeurs admises\u00a0: {labels}.",
                    ),
                )
            )
        else:
            for part in _split(cell.value, question) if question.is_multiple else [cell.value]:
                code = _match_choice(part, question)
                if code is None:
                    why = f"«\u00a0{part}\u00a0» n’est pas une réponse prévue."
                    refused.append(_refuse(cell, Refusal("valeur_inconnue", why, allowed)))
                else:
                    chosen[code] = cell
    if not question.is_multiple and len(chosen) > 1:
        if len(chosen) == 2 and OTHER in chosen:
            del chosen[OTHER]
        else:
            for cell in chosen.values():
                refused.append(
                    _refuse(
                        cell,
                        Refusal(
                            "contradiction",
                            "Plusieurs réponses à une question à choix unique.",
                            "N’en garder qu’une.",
                        ),
                    )
                )
            return None
    exclusive = [code for code in chosen if code in question.exclusive]
    if exclusive and len(chosen) > 1:
        why = "Une modalité exclusive est cochée avec d’autres."
        for cell in chosen.values():
            refused.append(
                _refuse(cell, Refusal("exclusif", why, "Garder la modalité exclusive, ou les autres."))
            )
        return None
    if chosen:
        for _, cell in reasons:
            refused.append(
                _refuse(
                    cell,
                    Refusal(
                        "contradiction",
                        "Motif de non-réponse et réponse à la fois.",
                        "Retirer l’un des deux.",
                    ),
                )
            )
        cells = list(dict.fromkeys(chosen.values()))
        return Answer(
            "answered", other_text if OTHER in chosen else None, choices=frozenset(chosen), cells=cells
        )
    if reasons:
        for _, cell in reasons[1:]:
            refused.append(
                _refuse(cell, Refusal("contradiction", "Deux motifs de non-réponse.", "N’en garder qu’un."))
            )
        return Answer(reasons[0][0], cells=[reasons[0][1]])
    return None


def _given(answers: dict[str, Answer]) -> dict[str, Given]:
    return {
        code: Given(answer.number, answer.choices)
        for code, answer in answers.items()
        if answer.status == "answered"
    }


def _revalidate(answers: dict[str, Answer], codebook: Codebook, refused: list[Refused]) -> None:
    """Drop what a filter or a constraint rules out, until nothing changes; mark filtered questions."""
    while True:
        _apply_filters(answers, codebook, refused)
        given = _given(answers)
        broken = [
            question
            for question in codebook.questions
            if question.constraint is not None
            and question.code in given
            and evaluate(question.constraint, given) is False
        ]
        for question in broken:
            for cell in answers.pop(question.code).cells:
                why = f"La contrainte «\u00a0{question.constraint_text}\u00a0» n’est pas respectée."
                refused.append(
                    _refuse(cell, Refusal("contrainte", why, "Corriger l’une des réponses citées."))
                )
        if not broken:
            return


def _apply_filters(answers: dict[str, Answer], codebook: Codebook, refused: list[Refused]) -> None:
    for question in codebook.questions:
        if question.relevant is None or evaluate(question.relevant, _given(answers)) is True:
            continue
        for cell in answers.get(question.code, Answer("filtered")).cells:
            why = f"Question filtrée\u00a0: elle ne concerne que «\u00a0{question.relevant_text}\u00a0»."
            refused.append(
                _refuse(cell, Refusal("filtre", why, "Retirer la réponse, ou corriger la question filtre."))
            )
        answers[question.code] = Answer("filtered")
