"""What a respondent answered to a question, and the cells that could not be kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ess_observatory.codebook.questions import Codebook, Question
from ess_observatory.codebook.values import Refusal, normalise
from ess_observatory.survey.communes import CommuneNames
from ess_observatory.survey.headers import Names, marks, names
from ess_observatory.survey.layout import Filled

_WITH_ACRONYM = re.compile(r"(.*\S)\s*\(([A-Z][A-Z0-9.]+)\)")


@dataclass
class Answer:
    """What a respondent answered to a question. `status`: answered, nsp, refus, sans_objet or filtered.

    `open_text`: what was written beside the choices, at `open_cell`; `recoded`: the choices that it was taken for.
    """

    status: str
    text: str | None = None
    number: float | None = None
    choices: frozenset[str] = frozenset()
    cells: list[Filled] = field(default_factory=list)
    open_text: str | None = None
    open_cell: Filled | None = None
    recoded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A refused cell: its place, a code, a reason and what to do."""

    line: int | None
    column: str | None
    value: str | None
    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Noted:
    """A cell that is kept, and what must be told of how it was read."""

    line: int | None
    column: str
    value: str | None
    code: str
    reason: str


@dataclass
class Reading:
    """What the reading of one respondent needs to know, what it refuses on the way and what it notes.

    `lost`: the questions with a refused cell.
    """

    codebook: Codebook
    version: str | None = None
    open_in_cell: frozenset[str] = frozenset()
    communes: CommuneNames = field(default_factory=CommuneNames)
    refused: list[Refused] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.yes = marks(self.codebook, "chosen")
        self.no = marks(self.codebook, "not_chosen")
        self.empty = marks(self.codebook, "empty")

    @property
    def names(self) -> Names:
        """The names that hold in the version of the answer."""
        return names(self.codebook, self.version)

    def refuse(self, cell: Filled, code: str, reason: str, fix: str) -> None:
        """Put a cell aside."""
        self.refused.append(Refused(cell.line, cell.column, cell.value, code, reason, fix))
        self.lost.add(cell.target.question)

    def note(self, cell: Filled, code: str, reason: str) -> None:
        """Tell how a cell was read."""
        self.noted.append(Noted(cell.line, cell.column, cell.value, code, reason))

    def notes_on_kept(self) -> list[Noted]:
        """The notes on the cells that nothing refused afterwards."""
        gone = {(one.line, one.column) for one in self.refused}
        return [one for one in self.noted if (one.line, one.column) not in gone]

    def refuse_for(self, cell: Filled, refusal: Refusal) -> None:
        """Put a cell aside for a reason that was found while reading its text."""
        self.refuse(cell, refusal.code, refusal.reason, refusal.fix)

    def nonresponse(self, text: str) -> str | None:
        """The non-response code that a text writes."""
        wanted = normalise(text)
        english = self.codebook.nonresponse_labels_en
        for code, label in self.codebook.nonresponse_labels.items():
            written = (
                code,
                normalise(code.replace("_", " ")),
                normalise(label),
                normalise(english.get(code, code)),
            )
            if code != "nr" and wanted in written:
                return code
        return None

    def matcher(self, question: Question) -> Callable[[str], str | None]:
        """From a text to the choice (or the reason for not answering) that it names."""
        known = self.names.choices[question.code]
        offered = {choice.code for choice in question.choices} | set(question.nonresponse)
        by_mark = {} if question.is_multiple else self._yes_and_no(question)

        def match(text: str) -> str | None:
            wanted = normalise(text)
            found = known.get(wanted)
            return found if found in offered else by_mark.get(wanted)

        return match

    def covered(self, question: Question) -> dict[str, str]:
        """What names a choice by what it covers: declared acronyms and names, and the two halves of « Label (ACRONYM) »."""
        found: dict[str, set[str]] = {}
        for choice in question.choices:
            halves = _WITH_ACRONYM.fullmatch(choice.label)
            for text in (*choice.covers, *(halves.groups() if halves else ())):
                found.setdefault(normalise(text), set()).add(choice.code)
        return {text: min(codes) for text, codes in found.items() if len(codes) == 1}

    def _yes_and_no(self, question: Question) -> dict[str, str]:
        """For a question answered by yes or no, all the ways of saying so."""
        found: dict[str, str] = {}
        for ways in (self.yes, self.no):
            said = [
                choice.code
                for choice in question.choices
                if normalise(choice.label) in ways or normalise(choice.code) in ways
            ]
            if len(said) != 1:
                return {}
            found |= dict.fromkeys(ways, said[0])
        return found
