"""From the filled cells of one respondent to answers, checked against the codebook.

A cell that cannot be kept is set aside with its place, a reason and what to do: no other answer moves. What is read as it was meant
is noted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ess_observatory.codebook.evaluation import Given, evaluate
from ess_observatory.codebook.expressions import Compare, Node, references
from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.codebook.values import (
    Refusal,
    normalise,
    parse_commune,
    parse_naf,
    parse_number,
    parse_siret,
)
from ess_observatory.read.cells import PROBLEMS
from ess_observatory.survey.answers import Answer, Noted, Reading, Refused
from ess_observatory.survey.choices import read_choices
from ess_observatory.survey.communes import CommuneNames
from ess_observatory.survey.headers import NONRESPONSE_CELL
from ess_observatory.survey.layout import Filled
from ess_observatory.survey.wording import in_words
from ess_observatory.tabular.text import UNCALCULATED, clean_text
from ess_observatory.words.numbers import plain_number
from ess_observatory.words.written import without_about

__all__ = ["Answer", "Refused", "interpret"]

_TEXTS: dict[str, Callable[[str], str]] = {"siret": parse_siret, "naf": parse_naf}
_BOUNDS = {"percent": (0.0, 100.0)}
_SIGN = re.compile(r"(?P<percent>%)$|(?i:(?P<euro>€|euros?|eur))$")
_WORD = re.compile(r"(?P<number>.*\d)\s*(?P<word>[^\W\d_].*)")


def interpret(
    cells: list[Filled],
    codebook: Codebook,
    version: str | None = None,
    open_in_cell: frozenset[str] = frozenset(),
    communes: CommuneNames | None = None,
) -> tuple[dict[str, Answer], list[Refused], list[Noted]]:
    """The answers of one respondent (unanswered questions are absent), the cells that were refused and the notes on the others.

    `version`: the one that the form says it is, whose aliases hold. `open_in_cell`: see `Layout`.
    """
    reading = Reading(codebook, version, open_in_cell, communes or CommuneNames())
    by_question: dict[str, list[Filled]] = {}
    for cell in cells:
        if cell.value == UNCALCULATED:
            reading.refuse(replace(cell, value="=…"), "E216", *PROBLEMS["E216"])
        elif normalise(cell.value) not in reading.empty:
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
    return answers, reading.refused, reading.notes_on_kept()


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
                answer = Answer("answered", number=_number(cell, question, reading), cells=[cell])
            elif question.type == "commune":
                answer = Answer("answered", _commune(cell, reading), cells=[cell])
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


def _commune(cell: Filled, reading: Reading) -> str:
    """The code of a commune, given by its code or by its name."""
    try:
        return parse_commune(cell.value)
    except Refusal as refusal:
        code = reading.communes.code(cell.value)
        if code is None:
            raise refusal from None
    reading.note(cell, "commune_nommee", f"«\u00a0{cell.value}\u00a0» lu comme la commune {code}")
    return code


def _number(cell: Filled, question: Question, reading: Reading) -> float:
    """The number that a cell writes, with « environ », the unit or a word declared for it beside it or not."""
    text = clean_text(cell.value) or ""
    bare = without_about(text)
    without_word = _without_word(text if bare is None else bare, question, reading)
    read = without_word or bare or text
    if bare is not None and without_word is not None:  # « 10 environ salariés »
        read = without_about(without_word) or without_word
    elif without_word is not None:
        bare = without_about(without_word)
        read = bare or without_word
    value = _in_unit(read, question)
    low, high = _BOUNDS.get(question.type, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise Refusal(
            "bornes",
            f"«\u00a0{cell.value}\u00a0» n’est pas entre 0 et 100.",
            "Écrire un pourcentage entre 0 et 100.",
        )
    meant = f"«\u00a0{cell.value}\u00a0» lu {plain_number(value)}"
    if without_word is not None:
        reading.note(cell, "nombre_avec_mot", meant)
    if bare is not None:
        reading.note(cell, "nombre_approche", meant)
    return value


def _without_word(text: str, question: Question, reading: Reading) -> str | None:
    """The number before a word that the codebook declares for the unit of the question; None when there is no such word."""
    found = _WORD.fullmatch(text)
    words = reading.codebook.units.get(question.unit or "", ())
    if found is None or normalise(found["word"]) == normalise(question.unit or ""):
        return None
    about = without_about(f"1 {found['word']}")  # « salariés environ »
    word = found["word"] if about is None else about.removeprefix("1 ")
    if normalise(word) not in map(normalise, words):
        return None
    return found["number"] if about is None else f"environ {found['number']}"


def _in_unit(text: str, question: Question) -> float:
    """A number in the unit of the question. Raises `Refusal` for one that carries the sign of another."""
    value = parse_number(text, question.unit, whole=question.type == "integer")
    sign = _SIGN.search(text)
    if sign is not None:
        is_percent, is_money = question.type == "percent", question.type == "amount_eur"
        known = is_percent or is_money or bool(question.unit)
        own = sign["percent"] if is_percent else sign["euro"] if is_money else sign[0] == question.unit
        if known and not own:
            expected = {"percent": "un pourcentage", "amount_eur": "un montant en euros"}.get(
                question.type, f"un nombre ({question.unit})"
            )
            raise Refusal(
                "unite_inattendue",
                f"«\u00a0{text}\u00a0» porte le signe «\u00a0{sign[0]}\u00a0» où l’on attend {expected}.",
                f"Écrire {expected}.",
            )
    return value


def _given(answers: dict[str, Answer], reading: Reading) -> dict[str, Given]:
    """What expressions see: answers, and the questions of which what is written cannot be read."""
    lost = {code: Given(is_known=False) for code in reading.lost if code not in answers}
    return lost | {
        code: Given(answer.number, answer.choices)
        for code, answer in answers.items()
        if answer.status == "answered"
    }


def _revalidate(answers: dict[str, Answer], reading: Reading) -> None:
    """Drop what a filter or a constraint rules out, until nothing changes; mark filtered questions."""
    _apply_filters(answers, reading)
    _settle_shares(answers, reading)
    while True:
        _apply_filters(answers, reading)
        broken = _broken(answers, reading)
        if not broken:
            return
        alone = _at_fault(broken, answers)
        whys = {code: _why([rule], answers, reading) for code, rule in broken.items()}
        if alone is not None:
            whys = {alone: _why(list(broken.values()), answers, reading)}
        for code, why in whys.items():
            for cell in answers.pop(code).cells:
                reading.refuse(cell, "contrainte", why, "Corriger l’une des réponses citées.")


def _broken(answers: dict[str, Answer], reading: Reading) -> dict[str, Node]:
    """The questions whose constraint is known not to hold, and that constraint.

    One that cites a question of which the cell was set aside is not known: a sum is not judged without one of its terms.
    """
    given = _given(answers, reading)
    return {
        question.code: question.constraint
        for question in reading.codebook.questions
        if question.constraint is not None
        and question.code in answers
        and answers[question.code].status == "answered"
        and not any(cited in reading.lost - answers.keys() for cited, _ in references(question.constraint))
        and evaluate(question.constraint, given) is False
    }


def _at_fault(broken: dict[str, Node], answers: dict[str, Answer]) -> str | None:
    """The one answer that several different broken rules have in common. None when there is none, or several."""
    rules = set(broken.values())
    shared = set.intersection(*({code for code, _ in references(rule)} for rule in rules))
    blamed = [code for code in shared if code in answers and answers[code].cells]
    return blamed[0] if len(rules) > 1 and len(blamed) == 1 else None


def _why(rules: list[Node], answers: dict[str, Answer], reading: Reading) -> str:
    """The broken rules in words, with the two sides of each comparison as they are answered."""
    given = _given(answers, reading)
    said = []
    for rule in dict.fromkeys(rules):
        seen = ""
        if isinstance(rule, Compare):
            sides = [evaluate(side, given) for side in (rule.left, rule.right)]
            numbers = [plain_number(float(side)) for side in sides if side is not None]
            seen = f" (ici {' et '.join(numbers)})"
        said.append(in_words(rule, reading.codebook) + seen)
    return f"Réponses incompatibles\u00a0; le questionnaire demande que l’on ait\u00a0: {' ; '.join(said)}."


def _apply_filters(answers: dict[str, Answer], reading: Reading) -> None:
    """Set aside what is answered to a question that a filter closes. A filter that an unreadable cell leaves unknown closes nothing."""
    for question in reading.codebook.questions:
        if question.relevant is None:
            continue
        given = _given(answers, reading)
        holds = evaluate(question.relevant, given)
        unread = any(not given[code].is_known for code, _ in references(question.relevant) if code in given)
        if holds is True or (holds is None and unread):
            continue
        for cell in answers.get(question.code, Answer("filtered")).cells:
            why = f"Question non posée\u00a0: elle ne l’est que si {in_words(question.relevant, reading.codebook)}."
            reading.refuse(
                cell, "filtre", why, "Rien à faire, sauf si la réponse à la question filtre est fausse."
            )
        answers[question.code] = Answer("filtered")


def _settle_shares(answers: dict[str, Answer], reading: Reading) -> None:
    """Percentages written from 0 to 1 without their sign: the rule that they must follow says which reading was meant.

    One that no rule settles is refused when it may be either (1 stays 1 %).
    """
    codebook = reading.codebook
    shares = {
        code: answer
        for code, answer in answers.items()
        if codebook.question(code).type == "percent"
        and answer.number is not None
        and 0 < answer.number <= 1
        and not any("%" in cell.value for cell in answer.cells)
    }
    given = _given(answers, reading)
    rules = {question.constraint for question in codebook.questions if question.constraint is not None}
    hundredfold = {code: Given(round(100 * (answer.number or 0), 10)) for code, answer in shares.items()}
    for code, answer in shares.items():
        said: set[str] = set()
        for rule in rules:
            cited = {named for named, _ in references(rule)}
            if code in cited:
                scaled = {named: given_ for named, given_ in hundredfold.items() if named in cited}
                holds = evaluate(rule, given), evaluate(rule, given | scaled)
                said |= {"as_is"} if holds == (True, False) else set()
                said |= {"hundredfold"} if holds == (False, True) else set()
                said |= {"neither"} if holds == (False, False) else set()
        cell = answer.cells[0]
        if said == {"hundredfold"}:
            answer.number = hundredfold[code].number
            reading.note(
                cell, "part_de_un", f"«\u00a0{cell.value}\u00a0» lu {plain_number(answer.number or 0)}\u00a0%"
            )
        elif not said and (answer.number or 0) < 1:
            del answers[code]
            many = plain_number(round(100 * (answer.number or 0), 10))
            why = f"«\u00a0{cell.value}\u00a0» peut se lire {many}\u00a0% ou {cell.value}\u00a0%."
            fix = f"Écrire {many} pour {many}\u00a0%, ou «\u00a0{cell.value}\u00a0%\u00a0» avec son signe."
            reading.refuse(cell, "part_ambigue", why, fix)
