"""The same question in two published editions of the survey: comparable or not, and what may be said of the change.

A question keeps its code from one edition to the next, or a declared mapping says which one it replaces. What was
reworded, or offers other choices, or is asked to others, is a break: both figures are given, never their difference,
unless the analyst declares the change harmless. Only what is published is read: a hidden cell stays hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.codebook.values import normalise
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.estimation.intervals import difference_from_bounds
from ess_observatory.words.decoding import decode

if TYPE_CHECKING:
    from ess_observatory.publish.publication import Publication

COMPARABLE, BREAK, NEW, DROPPED = "comparable", "break", "new", "dropped"
SIGNIFICANT, NOT_SIGNIFICANT = "écart significatif", "écart non significatif"
#: What must be said beside every difference.
CAVEAT = (
    "L’enquête est remplie par qui le veut bien, sans tirage au sort\u00a0: les intervalles, à 95\u00a0%, supposent que les "
    "structures qui n’ont pas répondu ressemblent à celles qui ont répondu, et que les deux éditions sont indépendantes."
)
#: The column of a table of choices that holds the shares.
_SHARE = "share"


@dataclass(frozen=True)
class Renamed:
    """What a version of the questionnaire calls otherwise: current code → previous code.

    `choices` is keyed by « question.choice ». `harmless`: current questions whose changes are declared without effect.
    """

    questions: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pairing:
    """A question and the one it is compared with; why they are not the same, in French.

    `choices`: code of a choice of the current question → its code in the previous one, where they differ.
    """

    current: Question | None
    previous: Question | None
    status: str
    reasons: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """A published share (%), its base and its interval; `sign` says why there is no value ('' when there is one)."""

    label: str
    value: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    sign: str = ""


@dataclass(frozen=True)
class Evolution:
    """One choice in two editions. Shares are percentages; the difference is in points, with its interval."""

    question: str
    choice: str
    label: str
    status: str
    reasons: tuple[str, ...]
    previous: Share | None
    current: Share | None
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None

    @property
    def finding(self) -> str:
        """Whether the difference is more than chance may make; '' when there is none with an interval."""
        if self.gap_low is None or self.gap_high is None:
            return ""
        return NOT_SIGNIFICANT if self.gap_low <= 0 <= self.gap_high else SIGNIFICANT

    def as_dict(self) -> dict[str, Any]:
        """The evolution as plain data."""
        return {**asdict(self), "finding": self.finding}


def load_renamed(path: Path, previous: str, current: str) -> Renamed:
    """What `path` (TOML, blocks `[[change]]`) declares from version `previous` to `current`; nothing when it is absent."""
    import tomllib

    if not path.is_file():
        return Renamed()
    try:
        declared = tomllib.loads(decode(path.read_bytes())).get("change", [])
    except tomllib.TOMLDecodeError as error:
        raise ObservatoryError(
            "E298", f"Fichier illisible\u00a0: {error}.", str(path), "Corrigez le TOML."
        ) from error
    for change in declared:
        if (str(change.get("from")), str(change.get("to"))) == (previous, current):
            return Renamed(
                change.get("questions", {}), change.get("choices", {}), frozenset(change.get("harmless", ()))
            )
    return Renamed()


def pair_questions(previous: Codebook, current: Codebook, renamed: Renamed | None = None) -> list[Pairing]:
    """Every question of either codebook, paired. A code of `renamed` that its codebook does not have raises E291."""
    renamed = renamed or Renamed()
    names = renamed.questions
    for code, earlier in names.items():
        current.question(code)
        previous.question(earlier)
    for code in renamed.harmless | {key.split(".")[0] for key in renamed.choices}:
        current.question(code)
    pairs, seen = [], set()
    for question in current.questions:
        old = previous.by_code.get(names.get(question.code, question.code))
        if old is None or (question.code not in names and old.code in names.values()):
            pairs.append(Pairing(question, None, NEW))
            continue
        seen.add(old.code)
        renames = {
            choice.code: renamed.choices.get(f"{question.code}.{choice.code}") for choice in question.choices
        }
        choices = {code: before for code, before in renames.items() if before}
        reasons = _differences(old, question, renamed, choices)
        kept = COMPARABLE if not reasons or question.code in renamed.harmless else BREAK
        pairs.append(Pairing(question, old, kept, reasons, choices))
    dropped = [question for question in previous.questions if question.code not in seen]
    return pairs + [Pairing(None, question, DROPPED) for question in dropped]


def _differences(
    before: Question, after: Question, renamed: Renamed, choices: Mapping[str, str]
) -> tuple[str, ...]:
    reasons = []
    if normalise(before.label) != normalise(after.label):
        reasons.append("intitulé modifié")
    if before.type != after.type:
        reasons.append("type modifié")
    old = {choice.code: normalise(choice.label) for choice in before.choices}
    new = {choices.get(choice.code, choice.code): normalise(choice.label) for choice in after.choices}
    if added := [code for code in new if code not in old]:
        reasons.append("modalités ajoutées\u00a0: " + ", ".join(added))
    if removed := [code for code in old if code not in new]:
        reasons.append("modalités retirées\u00a0: " + ", ".join(removed))
    if reworded := [code for code in new if code in old and old[code] != new[code]]:
        reasons.append("modalités reformulées\u00a0: " + ", ".join(reworded))
    if before.unit != after.unit:
        reasons.append("unité modifiée")
    filters = [_filter(before, Renamed()), _filter(after, renamed)]
    if filters[0] != filters[1]:
        reasons.append("filtre modifié")
    return tuple(reasons)


def _filter(question: Question, renamed: Renamed) -> str:
    """The filter of a question, in the codes of the previous edition and without the spaces that do not count."""
    text = re.sub(
        r"(\w+)(\s*!?=\s*)'([^']*)'",
        lambda m: f"{m[1]}{m[2]}'{renamed.choices.get(f'{m[1]}.{m[3]}', m[3])}'",
        question.relevant_text or "",
    )
    text = re.sub(r"'[^']*'|[A-Za-z_]\w*", lambda m: renamed.questions.get(m[0], m[0]), text)
    return "".join(text.split())


def published_shares(publication: Publication, codebook: Codebook) -> dict[tuple[str, str], Share]:
    """The share of each choice that a publication prints: (question, choice) → `Share`.

    A question printed in several tables is taken where it is printed first.
    """
    found: dict[tuple[str, str], Share] = {}
    for figure in publication.figures():
        question, _, choice = figure.row.code.partition(".")
        asked = codebook.by_code.get(question)
        if figure.column.code != _SHARE or figure.row.kind != "data" or not (asked and asked.choice(choice)):
            continue
        cell, label = figure.cell, figure.row.label
        shown = (cell.value, cell.base_n, cell.ci_low, cell.ci_high) if not cell.sign else (None,) * 4
        found.setdefault((question, choice), Share(label, *shown, sign=cell.sign))
    return found


def compare_shares(
    pairs: list[Pairing],
    before: Mapping[tuple[str, str], Share],
    after: Mapping[tuple[str, str], Share],
) -> list[Evolution]:
    """One row a choice that either edition prints, of each paired choice question.

    A difference has its interval where both shares have theirs. It takes the two sets of respondents as independent:
    where the same ones answer twice it is too wide, not too narrow.
    """
    rows = []
    for pair in pairs:
        for choice, old_choice, label in _choices(pair):
            old = before.get((pair.previous.code, old_choice)) if pair.previous and old_choice else None
            new = after.get((pair.current.code, choice)) if pair.current and choice else None
            if old is None and new is None:
                continue
            status, reasons = pair.status, pair.reasons
            if pair.current and pair.previous and not (choice and old_choice):
                status = NEW if choice else DROPPED
            elif status == COMPARABLE and old and new and not pair.reasons and _reworded(old, new):
                status, reasons = BREAK, ("libellés publiés différents",)
            question = pair.current or pair.previous
            assert question is not None
            gap = _gap(old, new) if status == COMPARABLE and old and new else (None, None, None)
            rows.append(
                Evolution(question.code, choice or old_choice or "", label, status, reasons, old, new, *gap)
            )
    return rows


def _choices(pair: Pairing) -> list[tuple[str | None, str | None, str]]:
    """(current code, previous code, label) of each choice, those of the current question first."""
    old = {choice.code: choice.label for choice in pair.previous.choices} if pair.previous else {}
    rows: list[tuple[str | None, str | None, str]] = []
    for choice in pair.current.choices if pair.current else ():
        before = pair.choices.get(choice.code, choice.code)
        rows.append((choice.code, before if before in old else None, choice.label))
    kept = {before for _, before, _ in rows}
    return rows + [(None, code, label) for code, label in old.items() if code not in kept]


def _reworded(old: Share, new: Share) -> bool:
    return normalise(old.label) != normalise(new.label)


def _gap(old: Share, new: Share) -> tuple[float | None, float | None, float | None]:
    """The difference in points and its bounds, as far as both shares are shown and have an interval."""
    if old.value is None or new.value is None:
        return None, None, None
    gap = new.value - old.value
    if old.low is None or old.high is None or new.low is None or new.high is None:
        return gap, None, None
    return gap, *difference_from_bounds((old.value, old.low, old.high), (new.value, new.low, new.high))
