"""What each published cell counts: its concept, and of which category.

Two cells of one concept and one category are one figure, wherever they are printed: secrecy protects them together, the
publication refuses that they differ, and the reconciliation tells the concepts apart that a reader would confuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ess_observatory.declare.survey_concepts import asked

#: Tables made of published cells, whose rows are concepts.
CHOSEN = ("chosen", "reconciled")
#: The category of a cell that stands for all of its concept.
WHOLE = ""


@dataclass(frozen=True)
class About:
    """The concept of a cell and its category (`family=association`; '' for the whole); `declared`: by name.

    What is not declared is of one table only, or an answer to a question of the survey.
    """

    concept: str
    category: str
    declared: bool

    @property
    def key(self) -> tuple[str, str]:
        """What two cells of one figure share."""
        return self.concept, self.category


def about(table: str, card: Mapping[str, Any], row: str, kind: str, column: Mapping[str, Any]) -> About:
    """What the cell of a row (code, `row_kind`) and a column of a card is about.

    Without any declaration it is a concept of its own, that no other table can have.
    """
    code = column["code"]
    if card.get("kind") in CHOSEN:
        return About(row, WHOLE, True)
    if named := card.get("concepts", {}).get(f"{row}/{code}"):
        concept, _, category = str(named).partition("@")
        return About(concept, category, True)
    if card.get("survey") and not column.get("concept"):
        # two tables of one measure of the survey are not about the same answers: its questions say what they count
        found = asked(card, row, code)
        return About(*(found or (f"{table}.{code}", f"{table}={row}")), False)
    own = concept_of(column)
    return About(own or f"{table}.{code}", _category(table, card, row, kind), own is not None)


def concept_of(column: Mapping[str, Any]) -> str | None:
    """The concept of a column: its own, else that of the measure that it is made of."""
    if column.get("concept"):
        return str(column["concept"])
    if column.get("measure"):
        return str(column["measure"])
    if column.get("share"):
        return ".".join(filter(None, (column["share"], "share", column.get("among"))))
    if rate := column.get("rate"):
        return f"{rate['of']}.per_{rate['per']}"
    return None


def _category(table: str, card: Mapping[str, Any], row: str, kind: str) -> str:
    if kind == "total":
        return WHOLE
    declared = card.get("categories") or (card.get("rows") or {}).get("dimension")
    if isinstance(declared, str):
        return f"{declared}={row}"
    for start, dimension in sorted((declared or {}).items(), key=lambda item: -len(item[0])):
        if row.startswith(start):
            return f"{dimension}={row.removeprefix(start)}" if dimension else WHOLE
    return f"{table}={row}"
