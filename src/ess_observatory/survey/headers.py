"""What a header, or the code of a row, names: matched on code, then wording, then declared alias."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ess_observatory.codebook.questions import NONRESPONSE, OTHER, Codebook, Question, aliases_for
from ess_observatory.codebook.values import normalise
from ess_observatory.survey.tools import COLUMNS

#: Stands for the choice code of a cell that holds a reason for not answering.
NONRESPONSE_CELL = "nonresponse"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
#: `X01[choice]. Wording`: the code comes first, the wording is for people.
_CODE_AND_TEXT = re.compile(r"(?P<code>[^\s\[\]./]+\[[^\]]+\])\.\s.*", re.DOTALL)
#: The columns that a tool numbers when a question has several answers, one a column: « Wording (1) », « X01 [2] », « X01_3 ».
_NUMBERED = re.compile(
    r"(?P<question>.*\S)\s*(?:\((?P<a>\d{1,3})\)|\[(?P<b>\d{1,3})\]|[_/.#](?P<c>\d{1,3}))", re.DOTALL
)
#: What ticks a box, leaves it, or says nothing, unless the codebook says otherwise.
_MARKS = {
    "chosen": ("x", "oui", "o", "1", "vrai", "true", "yes", "y", "coché", "✓", "✔"),
    "not_chosen": ("non", "n", "0", "faux", "false", "no", "non coché"),
    "empty": ("n/a",),
}
_OTHER_WORDS = (OTHER, "autre", "autres", "comment", "commentaire", "precisez", "-oth-")
_NONRESPONSE_WORDS = (NONRESPONSE_CELL, "non-reponse", "nonreponse", "sans reponse")
_END = " .:;?!*"
_LONGEST = 1500


@dataclass(frozen=True)
class Target:
    """What a column of an export, or a row of a form, answers.

    `by`: how it was matched; `is_exact`: as a whole, and not after the names of groups that it begins with; `number`: its rank
    among the numbered columns of a question.
    """

    question: str
    choice: str | None = None
    by: str = field(default="code", compare=False)
    is_exact: bool = field(default=True, compare=False)
    number: int | None = None


@dataclass(frozen=True)
class Names:
    """Codes, wordings and aliases made comparable; what names two questions names neither (None)."""

    codes: dict[str, str]
    labels: dict[str, str | None]
    aliases: dict[str, str | None]
    choices: dict[str, dict[str, str]]
    targets: dict[str, Target | None] = field(default_factory=dict)  # headers met before: forms repeat them

    def question(self, text: str) -> Target | None:
        """The question that a text names as a whole."""
        wanted = normalise(text)
        code = self.codes.get(text.strip().casefold()) or self.codes.get(wanted)
        if code:
            return Target(code)
        for how, names in (("label", self.labels), ("alias", self.aliases)):
            if found := names.get(wanted):
                return Target(found, None, how)
        return None


def names(codebook: Codebook, version: str | None = None) -> Names:
    """The names of a codebook; with a version, only the aliases that hold in it."""
    found = codebook.names_by_version.get(version)
    if found is None:
        found = codebook.names_by_version[version] = _names(codebook, version)
    return found


def _names(codebook: Codebook, version: str | None) -> Names:
    labels: dict[str, str | None] = {}
    english: dict[str, str | None] = {}
    aliases: dict[str, str | None] = {}
    for question in codebook.questions:
        _add(labels, question.label, question.code)
        _add(english, question.label_en or "", question.code)
        for text in aliases_for(question.aliases, version):
            _add(aliases, text, question.code)
    for wanted, code in english.items():
        labels.setdefault(wanted, code)
    labels.pop("", None)
    return Names(
        {code.casefold(): code for code in codebook.by_code},
        labels,
        aliases,
        {question.code: choice_names(question, codebook, version) for question in codebook.questions},
    )


def _add(known: dict[str, str | None], text: str, code: str) -> None:
    wanted = normalise(text)
    known[wanted] = code if known.get(wanted, code) == code else None


def choice_names(question: Question, codebook: Codebook, version: str | None = None) -> dict[str, str]:
    """All that names a choice of a question, or a reason for not answering: code first, then wordings."""
    found: dict[str, str] = {}
    for choice in question.choices:
        found.setdefault(normalise(choice.code), choice.code)
    for text_of in ("label", "label_en"):
        for choice in question.choices:
            if text := getattr(choice, text_of):
                found.setdefault(normalise(text), choice.code)
    for choice in question.choices:
        for text in aliases_for(choice.aliases, version):
            found.setdefault(normalise(text), choice.code)
    if question.other:
        for text in (*_OTHER_WORDS, *COLUMNS["other_text"], *codebook.columns.get("other_text", ())):
            found.setdefault(normalise(text), OTHER)
    for word in _NONRESPONSE_WORDS:
        found.setdefault(word, NONRESPONSE_CELL)
    for code in question.nonresponse:
        if code in NONRESPONSE and code != "nr":
            for text in (code, codebook.nonresponse_labels[code], codebook.nonresponse_labels_en.get(code)):
                found.setdefault(normalise(text or code), code)
    return found


def find_target(text: str, codebook: Codebook, version: str | None = None) -> Target | None:
    """What a header or a code names.

    `X01`, `X01[choice]`, `X01.choice`, `X01_choice`, `X01/choice`, `X01. Wording`, a wording, `wording [choice]`,
    `wording/choice`, the same after the name of a group (`group/X01/choice`), and a numbered column (`wording (2)`).
    """
    known = names(codebook, version)
    if text not in known.targets:
        known.targets[text] = _target(text, known)
    return known.targets[text]


def _target(text: str, known: Names) -> Target | None:
    cleaned = _PLACEHOLDER.sub("", text).strip()
    if (match := _CODE_AND_TEXT.fullmatch(cleaned)) is not None:
        cleaned = match["code"]
    found = known.question(cleaned) or (known.question(text) if cleaned != text else None)
    if found is not None or len(cleaned) > _LONGEST:
        return found
    wanted = normalise(cleaned)
    for part in _after_groups(wanted):
        found = known.question(part) if part != wanted else None
        found = found or _with_choice(part, known)
        if found is not None:
            return found if part == wanted else replace(found, is_exact=False)
    if (numbered := _NUMBERED.fullmatch(cleaned)) is not None:
        found = _target(numbered["question"], known)
        if found is not None and found.choice is None and found.number is None:
            number = next(int(digits) for digits in numbered.group("a", "b", "c") if digits)
            return replace(found, number=number)
    return None


def _after_groups(text: str) -> Iterator[str]:
    """The text, then the text without the names of the groups that it may begin with."""
    yield text
    for number, separator in enumerate(re.finditer(r"[/.]", text)):
        if number < 6 and separator.end() < len(text):
            yield text[separator.end() :]


def _with_choice(text: str, known: Names) -> Target | None:
    for separator in re.finditer(r"[\[/:._|>-]", text):
        head, tail = text[: separator.start()].rstrip(_END), text[separator.end() :].strip()
        if not head or not tail:
            continue
        question = known.question(head)
        if question is None:
            continue
        tail = tail.removesuffix("]").strip() if separator.group() == "[" else tail
        choice = known.choices[question.question].get(tail.rstrip(_END))
        if choice is not None:
            return Target(question.question, choice, question.by)
        same = known.question(tail)
        if same is not None and same.question == question.question:
            return question
    return None


def marks(codebook: Codebook, kind: str) -> set[str]:
    """What cells say for `chosen`, `not_chosen` or `empty`, made comparable."""
    return {normalise(mark) for mark in codebook.marks.get(kind, _MARKS[kind])}


def roles(codebook: Codebook) -> tuple[dict[str, tuple[str, int]], dict[str, tuple[str, int]]]:
    """Technical columns: header → (role, preference), as the codebook declares them, then those of known tools."""

    def index(columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        for role, headers in columns.items():
            if role != "other_text":
                for rank, header in enumerate(headers):
                    found.setdefault(normalise(header), (role, rank))
        return found

    return index(codebook.columns), index(COLUMNS)
