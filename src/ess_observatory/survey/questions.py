"""What a codebook is made of: sections, questions, choices. See `codebook.py` for loading."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.expressions import Node
from ess_observatory.survey.values import normalise

TEXT_TYPES = frozenset({"text", "long_text", "siret", "commune", "naf"})
NUMBER_TYPES = frozenset({"integer", "decimal", "percent", "amount_eur"})
CHOICE_TYPES = frozenset({"select_one", "select_multiple", "likert"})
TYPES = TEXT_TYPES | NUMBER_TYPES | CHOICE_TYPES
#: Codes that mark why an answer is not there; `nr` is set by the reader for an empty cell.
NONRESPONSE = ("nsp", "refus", "sans_objet", "nr")
OTHER = "other"


@dataclass(frozen=True)
class Choice:
    code: str
    label: str
    rank: int
    is_exclusive: bool = False
    is_other: bool = False


@dataclass(frozen=True)
class Question:
    code: str
    section: str
    rank: int
    label: str
    type: str
    short: str | None = None
    hint: str | None = None
    note: str | None = None
    choices: tuple[Choice, ...] = ()
    other: bool = False
    exclusive: tuple[str, ...] = ()
    nonresponse: tuple[str, ...] = ()
    required: bool = False
    relevant_text: str | None = None
    relevant: Node | None = None
    constraint_text: str | None = None
    constraint: Node | None = None
    unit: str | None = None
    confidential: bool = False
    basis: str | None = None
    feeds: tuple[str, ...] = ()

    @property
    def is_choice(self) -> bool:
        return self.type in CHOICE_TYPES

    @property
    def is_multiple(self) -> bool:
        return self.type == "select_multiple"

    @property
    def is_number(self) -> bool:
        return self.type in NUMBER_TYPES

    def choice(self, code: str) -> Choice | None:
        """The choice of that code, if the question has it."""
        return next((choice for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True)
class Section:
    code: str
    label: str
    label_en: str | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Codebook:
    """A validated questionnaire. `columns`, `form` and `marks` say how answers are laid out in files."""

    id: str
    version: str
    title: str
    sections: tuple[Section, ...]
    nonresponse_labels: dict[str, str]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in the order of the form."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def by_code(self) -> dict[str, Question]:
        return {question.code: question for question in self.questions}

    @cached_property
    def names(self) -> tuple[dict[str, str], dict[str, str | None]]:
        """Codes and labels made comparable, to the code; a label that two questions share names neither."""
        labels: dict[str, str | None] = {}
        for question in self.questions:
            wanted = normalise(question.label)
            labels[wanted] = None if wanted in labels else question.code
        return {code.casefold(): code for code in self.by_code}, labels

    def question(self, code: str) -> Question:
        """The question of that code; unknown = an error that says where to look."""
        found = self.by_code.get(code)
        if found is None:
            raise ObservatoryError(
                "E231",
                f"La question «\u00a0{code}\u00a0» n’existe pas dans le questionnaire.",
                fix="Corriger le code cité.",
            )
        return found

    def of_type(self, type_name: str) -> Question | None:
        """The first question of a type (the identifier, for instance)."""
        return next((question for question in self.questions if question.type == type_name), None)
