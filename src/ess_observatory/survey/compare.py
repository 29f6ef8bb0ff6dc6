"""The same question in two editions of the survey: comparable or not, and what may be said of the change.

A question keeps its code from one edition to the next, or a mapping says which one it replaces. What was reworded, or
offers other choices, or is asked to others, is a break: both figures are given, never their difference, unless the
analyst declares the change harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ess_observatory.survey.estimation.intervals import LEVEL, difference
from ess_observatory.survey.questions import Codebook, Question
from ess_observatory.survey.values import normalise

if TYPE_CHECKING:
    from ess_observatory.build.database import Database

COMPARABLE, BREAK, NEW, DROPPED = "comparable", "break", "new", "dropped"
#: (question, choice) → (respondents who chose it, respondents who answered).
Counts = Mapping[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Pairing:
    """A question and the one it is compared with; why they are not the same, in French."""

    current: Question | None
    previous: Question | None
    status: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evolution:
    """One choice in two editions. Shares are percentages; the difference is in points, with its interval."""

    question: str
    choice: str
    label: str
    status: str
    reasons: tuple[str, ...]
    previous: float | None
    previous_n: int | None
    current: float | None
    current_n: int | None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None


def pair_questions(
    previous: Codebook,
    current: Codebook,
    mapping: Mapping[str, str] | None = None,
    harmless: frozenset[str] = frozenset(),
) -> list[Pairing]:
    """Every question of either codebook, paired. `mapping`: current code → previous code; `harmless`: current codes
    whose changes are declared without effect. An unknown code of `mapping` raises E291."""
    names = dict(mapping or {})
    for code, before in names.items():
        current.question(code)
        previous.question(before)
    pairs, seen = [], set()
    for question in current.questions:
        old = previous.by_code.get(names.get(question.code, question.code))
        if old is None or (question.code not in names and old.code in names.values()):
            pairs.append(Pairing(question, None, NEW))
            continue
        seen.add(old.code)
        reasons = _differences(old, question, names)
        kept = COMPARABLE if not reasons or question.code in harmless else BREAK
        pairs.append(Pairing(question, old, kept, reasons))
    dropped = [question for question in previous.questions if question.code not in seen]
    return pairs + [Pairing(None, question, DROPPED) for question in dropped]


def _differences(before: Question, after: Question, names: Mapping[str, str]) -> tuple[str, ...]:
    reasons = []
    if normalise(before.label) != normalise(after.label):
        reasons.append("intitulé modifié")
    if before.type != after.type:
        reasons.append("type modifié")
    old, new = ({choice.code: normalise(choice.label) for choice in q.choices} for q in (before, after))
    if added := [code for code in new if code not in old]:
        reasons.append("modalités ajoutées\u00a0: " + ", ".join(added))
    if removed := [code for code in old if code not in new]:
        reasons.append("modalités retirées\u00a0: " + ", ".join(removed))
    if reworded := [code for code in new if code in old and old[code] != new[code]]:
        reasons.append("modalités reformulées\u00a0: " + ", ".join(reworded))
    if before.unit != after.unit:
        reasons.append("unité modifiée")
    filters = [_filter(before, {}), _filter(after, names)]
    if filters[0] != filters[1]:
        reasons.append("filtre modifié")
    return tuple(reasons)


def _filter(question: Question, names: Mapping[str, str]) -> str:
    """The filter of a question, in the codes of the previous edition and without the spaces that do not count."""
    text = re.sub(
        r"'[^']*'|[A-Za-z_]\w*", lambda m: names.get(m.group(), m.group()), question.relevant_text or ""
    )
    return "".join(text.split())


def choice_counts(db: Database) -> dict[tuple[str, str], tuple[int, int]]:
    """The counts of an edition, from its database."""
    rows = db.rows(
        "select question_code, choice_code, count(*) filter (where is_chosen), count(*)"
        " from core.survey_choice group by all order by all"
    )
    return {(question, choice): (int(k), int(n)) for question, choice, k, n in rows}


def compare_answers(
    pairs: list[Pairing],
    before: Counts,
    after: Counts,
    populations: tuple[int | None, int | None] = (None, None),
    least: tuple[int, int] = (10, 30),
    level: float = LEVEL,
) -> list[Evolution]:
    """One row a choice of each paired choice question.

    `least`: answers needed, in both editions, to give a percentage, and to give a difference with its interval.
    `populations`: size of the population of each edition, for the finite population correction. The interval takes
    the two sets of respondents as independent: where the same ones answer twice it is too wide, not too narrow.
    """
    rows = []
    for pair in pairs:
        question = pair.current or pair.previous
        if question is None or not question.is_choice:
            continue
        old_choices = {choice.code for choice in pair.previous.choices} if pair.previous else set()
        for choice in question.choices:
            old = before.get((pair.previous.code, choice.code)) if pair.previous else None
            new = after.get((pair.current.code, choice.code)) if pair.current else None
            status = pair.status
            if status == COMPARABLE and choice.code not in old_choices:
                status = NEW
            shares = [100 * k / n if n >= least[0] else None for k, n in (old or (0, 0), new or (0, 0))]
            gap: tuple[float | None, float | None, float | None] = (None, None, None)
            if status == COMPARABLE and old and new and min(old[1], new[1]) >= least[1]:
                low, high = difference((*old, populations[0]), (*new, populations[1]), level)
                gap = (100 * (new[0] / new[1] - old[0] / old[1]), 100 * low, 100 * high)
            bases = [counted[1] if counted else None for counted in (old, new)]
            found = (shares[0], bases[0], shares[1], bases[1], *gap)
            rows.append(Evolution(question.code, choice.code, choice.label, status, pair.reasons, *found))
    return rows
