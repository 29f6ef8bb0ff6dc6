"""The words around the questions: filters and constraints in plain French, help, heading, notice on personal data."""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING

from ess_observatory.codebook.expressions import (
    Check,
    Chosen,
    Compare,
    Count,
    Junction,
    Node,
    Number,
    Product,
    Ref,
    Total,
)
from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.words.numbers import plain_number

if TYPE_CHECKING:
    from ess_observatory.declare.project import Edition

NBSP = "\u00a0"
_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠"}
_HOW = {
    "text": "",
    "long_text": "Réponse libre.",
    "siret": "14 chiffres.",
    "commune": "Code Insee de 5 caractères.",
    "naf": f"Par exemple{NBSP}: 88.10A.",
    "integer": "Nombre entier.",
    "decimal": "Nombre, décimales possibles.",
    "percent": f"Nombre de 0 à 100 (écrire 60 pour 60{NBSP}%).",
    "amount_eur": "Montant en euros, sans le signe.",
    "select_one": "Une seule réponse.",
    "likert": "Une seule réponse.",
    "select_multiple": "Plusieurs réponses possibles.",
}


@dataclass(frozen=True)
class Setting:
    """For which edition a form is written."""

    territory: str = ""
    year: str = ""
    publisher: str = ""
    contact: str = ""
    synthetic: bool = False

    @classmethod
    def of(cls, edition: Edition) -> Setting:
        """The setting that an edition declares."""
        survey = edition.data.get("survey", {})
        return cls(
            territory=edition.territory.name,
            year=str(survey.get("year", edition.year)),
            publisher=str(edition.data.get("publisher", "")),
            contact=str(edition.data.get("contact", "")),
            synthetic=bool(edition.data.get("synthetic")),
        )


def heading(codebook: Codebook, setting: Setting) -> str:
    """The title of a form."""
    about = ", ".join(part for part in (setting.territory, setting.year) if part)
    title = f"{codebook.title} – {about}" if about else codebook.title
    return f"SYNTHÉTIQUE – {title}" if setting.synthetic else title


def notice(codebook: Codebook, setting: Setting) -> list[str]:
    """What respondents are told about their data, one paragraph a line."""
    known = {
        "territory": setting.territory or "—",
        "year": setting.year or "—",
        "publisher": setting.publisher or "l’observatoire",
        "contact": setting.contact or "l’observatoire",
        "consent": codebook.consent[0] if codebook.consent else "—",
    }
    lines = []
    for line in codebook.notice:
        for name, value in known.items():
            line = line.replace(f"{{{name}}}", value)
        lines.append(line)
    return lines


def quoted(text: str) -> str:
    """« text », with the spaces of French typography."""
    return f"«{NBSP}{text}{NBSP}»"


def say(node: Node, codebook: Codebook) -> str:
    """An expression in plain French, naming questions by their code."""
    match node:
        case Number(value):
            return plain_number(value)
        case Ref(code):
            return code
        case Count(code):
            return f"nombre de choix en {code}"
        case Total(terms):
            said = "".join(
                (" + " if sign > 0 else " − ") + _part(term, codebook, Total) for sign, term in terms
            )
            return said.removeprefix(" + ").strip()
        case Product(factors):
            signs = {"*": " × ", "/": " / "}
            said = "".join(signs[sign] + _part(factor, codebook, Total | Product) for sign, factor in factors)
            return said.removeprefix(" × ")
        case Junction(operator, conditions):
            word = " ou " if operator == "or" else " et "
            return word.join(_part(part, codebook, Junction) for part in conditions)
        case Chosen(code, choice, is_chosen):
            found = codebook.question(code).choice(choice)
            return (
                f"{code} {'vaut' if is_chosen else 'ne vaut pas'} {quoted(found.label if found else choice)}"
            )
        case Compare(left, operator, right):
            return f"{say(left, codebook)} {_SIGNS.get(operator, operator)} {say(right, codebook)}"
        case Check():
            return "la clé de contrôle du numéro"


def _part(node: Node, codebook: Codebook, mixed: type | UnionType) -> str:
    """A part of an expression, between parentheses when they say how to read it."""
    said = say(node, codebook)
    return f"({said})" if isinstance(node, mixed) else said


_VERBS = {
    "<=": "ne dépasse pas",
    "<": "reste sous",
    ">=": "vaut au moins",
    ">": "dépasse",
    "=": "vaut",
    "!=": "ne vaut pas",
}


def in_words(node: Node, codebook: Codebook) -> str:
    """A rule as someone who does not know the codes reads it: questions by their wording, comparisons in words."""
    match node:
        case Ref(code):
            return quoted(codebook.question(code).short or codebook.question(code).label)
        case Count(code):
            return f"le nombre de choix à {in_words(Ref(code), codebook)}"
        case Total(terms) if len(terms) > 1 and all(sign > 0 for sign, _ in terms):
            *first, last = (in_words(term, codebook) for _, term in terms)
            return f"la somme de {', '.join(first)} et {last}"
        case Total(terms):
            said = "".join(
                (" plus " if sign > 0 else " moins ") + in_words(term, codebook) for sign, term in terms
            )
            return said.removeprefix(" plus ").strip()
        case Product(factors):
            signs = {"*": " fois ", "/": " divisé par "}
            return "".join(signs[sign] + in_words(factor, codebook) for sign, factor in factors).removeprefix(
                " fois "
            )
        case Junction(operator, conditions):
            return (" ou " if operator == "or" else " et ").join(
                in_words(part, codebook) for part in conditions
            )
        case Chosen(code, choice, is_chosen):
            found = codebook.question(code).choice(choice)
            verb = "vaut" if is_chosen else "ne vaut pas"
            return f"{in_words(Ref(code), codebook)} {verb} {quoted(found.label if found else choice)}"
        case Compare(Number() as low, operator, right):
            turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
            return f"{in_words(right, codebook)} {_VERBS[turned]} {in_words(low, codebook)}"
        case Compare(left, operator, right):
            return f"{in_words(left, codebook)} {_VERBS[operator]} {in_words(right, codebook)}"
    return say(node, codebook)


def condition(question: Question, codebook: Codebook) -> str:
    """« Seulement si… », or nothing for a question that is put to all."""
    return f"Seulement si {say(question.relevant, codebook)}." if question.relevant is not None else ""


def how_to_answer(question: Question, codebook: Codebook) -> str:
    """How to answer a question: unit, rule, what to write when there is no answer."""
    parts = [_HOW[question.type]]
    if question.unit and question.type in ("integer", "decimal"):
        parts[0] = parts[0].replace(".", f" ({question.unit}).", 1)
    if question.constraint is not None and not isinstance(question.constraint, Check):
        parts.append(f"Règle{NBSP}: {say(question.constraint, codebook)}.")
    if question.exclusive:
        alone = ", ".join(
            quoted(choice.label) for choice in question.choices if choice.code in question.exclusive
        )
        parts.append(f"{alone} ne se coche pas avec d’autres.")
    return " ".join(part for part in parts if part)


def help_text(question: Question, codebook: Codebook) -> str:
    """All the help of a question, on one line."""
    reasons = " · ".join(codebook.reasons(question).values())
    parts = [condition(question, codebook), question.hint or "", how_to_answer(question, codebook)]
    if reasons and not question.is_choice:
        parts.append(f"Sans réponse, écrire{NBSP}: {reasons}.")
    if question.required:
        parts.append("Réponse attendue.")
    return " ".join(part for part in parts if part)
