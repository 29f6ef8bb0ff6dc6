"""What an expression means: `evaluate` on one respondent, while reading; `to_sql` on all, in the database.

Tests hold both to the same answers. In a sum, a missing term counts as zero as long as one term is there (unless `strict`);
a product or a comparison with nothing on one side is unknown (None), and so is a division by zero; `question = 'choice'` is
true when that choice is chosen, false otherwise (so `!=` is true when nothing was answered).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ess_observatory.codebook.expressions import (
    Chosen,
    Compare,
    Count,
    Junction,
    Node,
    Number,
    Product,
    Ref,
    Total,
    syntax_error,
)


@dataclass(frozen=True)
class Given:
    """What one respondent answered to one question, as the language sees it; not known when what is written cannot be read."""

    number: float | None = None
    choices: frozenset[str] = frozenset()
    is_known: bool = True


NOTHING = Given()


def evaluate(node: Node, answers: Mapping[str, Given], strict: bool = False) -> float | bool | None:
    """The value of an expression for one respondent: a number, a truth value, or None when it is unknown.

    `strict`: a sum with a missing term is unknown.
    """
    match node:
        case Number(value):
            return value
        case Ref(code):
            return answers.get(code, NOTHING).number
        case Count(code):
            return float(len(answers.get(code, NOTHING).choices)) or None
        case Chosen(code, choice, is_chosen):
            given = answers.get(code, NOTHING)
            return (choice in given.choices) == is_chosen if given.is_known else None
        case Total(terms):
            return _total([(sign, evaluate(term, answers, strict)) for sign, term in terms], strict)
        case Product(factors):
            return _product([(sign, evaluate(factor, answers, strict)) for sign, factor in factors])
        case Junction(operator, parts):
            truths = [evaluate(part, answers, strict) for part in parts]
            stop = operator == "or"
            if any(truth is not None and bool(truth) == stop for truth in truths):
                return stop
            return None if None in truths else not stop
        case Compare(one, operator, other):
            left, right = evaluate(one, answers, strict), evaluate(other, answers, strict)
            return None if left is None or right is None else _compared(float(left), operator, float(right))
    return None


def _total(terms: list[tuple[int, float | bool | None]], strict: bool) -> float | None:
    known = [(sign, float(value)) for sign, value in terms if value is not None]
    if not known or (strict and len(known) < len(terms)):
        return None
    total = 0.0
    for sign, value in known:
        total += sign * value
    return total


def _product(factors: list[tuple[str, float | bool | None]]) -> float | None:
    product = 1.0
    for operator, value in factors:
        if value is None or (operator == "/" and value == 0):
            return None
        product = product / value if operator == "/" else product * value
    return product


def _compared(low: float, operator: str, high: float) -> bool:
    close = abs(low - high) <= 1e-6 * max(1.0, abs(low), abs(high))
    return {
        "=": close,
        "!=": not close,
        "<": low < high and not close,
        ">": low > high and not close,
        "<=": low < high or close,
        ">=": low > high or close,
    }[operator]


def to_sql(node: Node, respondent: str = "r.respondent_id") -> str:
    """The same expression as SQL over `core.survey_*`, for the row of a respondent."""
    match node:
        case Number(value):
            return repr(value)
        case Ref(code):
            return (
                f"(select a.value_number from core.survey_answer as a where a.respondent_id = {respondent}"
                f" and a.question_code = '{_plain(code)}' and a.status = 'answered')"
            )
        case Count(code):
            return (
                f"(select nullif(count(*), 0) from core.survey_choice as c where c.respondent_id = {respondent}"
                f" and c.question_code = '{_plain(code)}' and c.is_chosen)"
            )
        case Chosen(code, choice, is_chosen):
            return (
                f"({'' if is_chosen else 'not '}exists (select 1 from core.survey_choice as c where c.is_chosen"
                f" and c.respondent_id = {respondent} and c.question_code = '{_plain(code)}'"
                f" and c.choice_code = '{_plain(choice)}'))"
            )
        case Total(terms):
            said = [(sign, to_sql(term, respondent)) for sign, term in terms]
            known = ", ".join(term for _, term in said)
            added = " + ".join(f"({sign}) * coalesce({term}, 0)" for sign, term in said)
            return f"(case when coalesce({known}) is not null then {added} end)"
        case Product(factors):
            first, *others = ((operator, to_sql(factor, respondent)) for operator, factor in factors)
            return (
                f"({first[1]}{''.join(f' * {v}' if o == '*' else f' / nullif({v}, 0)' for o, v in others)})"
            )
        case Junction(operator, parts):
            return "(" + f" {operator} ".join(to_sql(part, respondent) for part in parts) + ")"
        case Compare(one, operator, other):
            left, right = to_sql(one, respondent), to_sql(other, respondent)
            close = f"abs({left} - {right}) <= 1e-6 * greatest(1.0, abs({left}), abs({right}))"
            strict = {"<": f"{left} < {right} and not {close}", ">": f"{left} > {right} and not {close}"}
            loose = {"<=": f"{left} < {right} or {close}", ">=": f"{left} > {right} or {close}"}
            return f"({({'=': close, '!=': f'not {close}'} | strict | loose)[operator]})"
    raise syntax_error(str(node), "non disponible dans un tableau")


def _plain(code: str) -> str:
    """A code that may stand inside a SQL text without any escape."""
    if not re.fullmatch(r"[\w.-]+", code):
        raise syntax_error(code, "code inattendu")
    return code
