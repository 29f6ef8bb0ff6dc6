"""What an expression means: `evaluate` on one respondent, while reading; `to_sql` on all, in the database.

Tests hold both to the same answers. In a sum, a missing term counts as zero as long as one term is there; a
comparison with nothing on one side is unknown (None); `question = 'choice'` is true when that choice is
chosen, false otherwise (so `!=` is true when nothing was answered).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ess_observatory.codebook.expressions import (
    Compare,
    Count,
    Junction,
    Node,
    Number,
    Ref,
    Total,
    membership,
    syntax_error,
)


@dataclass(frozen=True)
class Given:
    """What one respondent answered to one question, as the language sees it."""

    number: float | None = None
    choices: frozenset[str] = frozenset()


def evaluate(node: Node, answers: Mapping[str, Given]) -> float | bool | None:
    """The value of an expression for one respondent: a number, a truth value, or None when it is unknown."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Ref):
        return answers.get(node.code, Given()).number
    if isinstance(node, Count):
        return float(len(answers.get(node.code, Given()).choices)) or None
    if isinstance(node, Total):
        values = [(sign, evaluate(term, answers)) for sign, term in node.terms]
        if all(value is None for _, value in values):
            return None
        return float(sum(sign * float(value) for sign, value in values if value is not None))
    if isinstance(node, Junction):
        truths = [evaluate(part, answers) for part in node.parts]
        stop = node.operator == "or"
        if any(truth is not None and bool(truth) == stop for truth in truths):
            return stop
        return None if None in truths else not stop
    if isinstance(node, Compare):
        pair = membership(node)
        if pair is not None:
            code, choice, chosen = pair
            return (choice in answers.get(code, Given()).choices) == chosen
        left, right = evaluate(node.left, answers), evaluate(node.right, answers)
        if left is None or right is None:
            return None
        low, high = (float(left), float(right))
        close = abs(low - high) <= 1e-6 * max(1.0, abs(low), abs(high))
        return {
            "=": close,
            "!=": not close,
            "<": low < high and not close,
            ">": low > high and not close,
            "<=": low < high or close,
            ">=": low > high or close,
        }[node.operator]
    return None


def to_sql(node: Node, respondent: str = "r.respondent_id") -> str:
    """The same expression as SQL over `core.survey_*`, for the row of a respondent."""
    if isinstance(node, Number):
        return repr(node.value)
    if isinstance(node, Ref):
        return (
            f"(select a.value_number from core.survey_answer as a where a.respondent_id = {respondent}"
            f" and a.question_code = '{_plain(node.code)}' and a.status = 'answered')"
        )
    if isinstance(node, Count):
        return (
            f"(select nullif(count(*), 0) from core.survey_choice as c where c.respondent_id = {respondent}"
            f" and c.question_code = '{_plain(node.code)}' and c.is_chosen)"
        )
    if isinstance(node, Total):
        terms = [(sign, to_sql(term, respondent)) for sign, term in node.terms]
        known = ", ".join(term for _, term in terms)
        added = " + ".join(f"({sign}) * coalesce({term}, 0)" for sign, term in terms)
        return f"(case when coalesce({known}) is not null then {added} end)"
    if isinstance(node, Junction):
        return "(" + f" {node.operator} ".join(to_sql(part, respondent) for part in node.parts) + ")"
    if isinstance(node, Compare):
        pair = membership(node)
        if pair is not None:
            code, choice, chosen = pair
            negation = "" if chosen else "not "
            return (
                f"({negation}exists (select 1 from core.survey_choice as c where c.is_chosen"
                f" and c.respondent_id = {respondent} and c.question_code = '{_plain(code)}'"
                f" and c.choice_code = '{_plain(choice)}'))"
            )
        left, right = to_sql(node.left, respondent), to_sql(node.right, respondent)
        close = f"abs({left} - {right}) <= 1e-6 * greatest(1.0, abs({left}), abs({right}))"
        strict = {"<": f"{left} < {right} and not {close}", ">": f"{left} > {right} and not {close}"}
        loose = {"<=": f"{left} < {right} or {close}", ">=": f"{left} > {right} or {close}"}
        return f"({({'=': close, '!=': f'not {close}'} | strict | loose)[node.operator]})"
    raise syntax_error(str(node), "non disponible dans un tableau")


def _plain(code: str) -> str:
    """A code that may stand inside a SQL text without any escape."""
    if not re.fullmatch(r"[\w.-]+", code):
        raise syntax_error(code, "code inattendu")
    return code
