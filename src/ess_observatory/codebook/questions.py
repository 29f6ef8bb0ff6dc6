"""What a codebook is made of: sections, questions, choices. See `codebook.py` for loading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ess_observatory.codebook.expressions import Node
from ess_observatory.errors import ObservatoryError

TEXT_TYPES = frozenset({"text", "long_text", "siret", "commune", "naf"})
NUMBER_TYPES = frozenset({"integer", "decimal", "percent", "amount_eur"})
CHOICE_TYPES = frozenset({"select_one", "select_multiple", "likert"})
TYPES = TEXT_TYPES | NUMBER_TYPES | CHOICE_TYPES
#: Codes that mark why an answer is not there; `nr` is set by the reader for an empty cell.
NONRESPONSE = ("nsp", "refus", "sans_objet", "nr")
OTHER = "other"
#: Who answers (kept apart from the answers) · never published by structure · the rest.
SENSITIVITIES = ("identity", "confidential", "ordinary")
#: Under this key, aliases that hold for every version of the questionnaire.
ANY_VERSION = ""

Aliases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Choice:
    """An answer that is offered. `aliases`: version → other wordings that mean it; `covers`: what it holds, acronyms or names."""

    code: str
    label: str
    rank: int
    is_exclusive: bool = False
    is_other: bool = False
    label_en: str | None = None
    aliases: Aliases = field(default_factory=dict)
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question. `aliases`: version → other codes or wordings that name it. `table`: number of its own table, without a card."""

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
    sensitivity: str = "ordinary"
    basis: str | None = None
    feeds: tuple[str, ...] = ()
    label_en: str | None = None
    hint_en: str | None = None
    aliases: Aliases = field(default_factory=dict)
    table: str | None = None

    @property
    def is_choice(self) -> bool:
        """Whether the answer is one or several of the offered choices."""
        return self.type in CHOICE_TYPES

    @property
    def is_multiple(self) -> bool:
        """Whether several choices may be ticked."""
        return self.type == "select_multiple"

    @property
    def is_number(self) -> bool:
        """Whether the answer is a number."""
        return self.type in NUMBER_TYPES

    @property
    def is_identity(self) -> bool:
        """Whether the answer says who answers."""
        return self.sensitivity == "identity"

    @property
    def confidential(self) -> bool:
        """Whether an answer may never leave as the answer of one structure."""
        return self.sensitivity != "ordinary"

    def choice(self, code: str) -> Choice | None:
        """The choice of that code, if the question has it."""
        return next((choice for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True)
class Section:
    """A part of the questionnaire."""

    code: str
    label: str
    label_en: str | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Codebook:
    """A validated questionnaire. `columns`, `form` and `marks` say how answers are laid out in files.

    `consent`: (question, choice) by which a structure agrees to be named. `recodes`: (question, normalised open
    text) → choices that it means. `units`: unit → the words that may follow a number in it.
    """

    id: str
    version: str
    title: str
    sections: tuple[Section, ...]
    nonresponse_labels: dict[str, str]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    title_en: str | None = None
    nonresponse_labels_en: dict[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ("fr",)
    notice: tuple[str, ...] = ()
    consent: tuple[str, str] | None = None
    reads_versions: tuple[str, ...] = ()
    recodes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in the order of the form."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def by_code(self) -> dict[str, Question]:
        """Questions by code."""
        return {question.code: question for question in self.questions}

    @cached_property
    def names_by_version(self) -> dict[str | None, Any]:
        """Where `headers.names` keeps what it has worked out."""
        return {}

    def question(self, code: str) -> Question:
        """The question of that code; unknown = an error that says where to look."""
        found = self.by_code.get(code)
        if found is None:
            raise ObservatoryError(
                "E291",
                f"La question «\u00a0{code}\u00a0» n’existe pas dans le questionnaire.",
                fix="Corriger le code cité.",
            )
        return found

    def of_type(self, type_name: str) -> Question | None:
        """The first question of a type (the identifier, for instance)."""
        return next((question for question in self.questions if question.type == type_name), None)

    def reasons(self, question: Question) -> dict[str, str]:
        """Reasons for not answering that the question offers: code → label."""
        return {code: self.nonresponse_labels[code] for code in question.nonresponse if code != "nr"}


def aliases_for(aliases: Aliases, version: str | None) -> list[str]:
    """The aliases that hold in a version (every one when the version is not known)."""
    return [
        text
        for of_version, texts in aliases.items()
        if version is None or of_version in (ANY_VERSION, version)
        for text in texts
    ]
