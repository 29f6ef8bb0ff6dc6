"""The codebook of a survey: the one description that the form, the reader of answers and the tables share."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ess_observatory.codebook.checks import cross_checks, reference_problems
from ess_observatory.codebook.expressions import Node, parse
from ess_observatory.codebook.questions import (
    ANY_VERSION,
    CHOICE_TYPES,
    NONRESPONSE,
    OTHER,
    SENSITIVITIES,
    TYPES,
    Aliases,
    Choice,
    Codebook,
    Question,
    Section,
)
from ess_observatory.codebook.recodes import load_recodes
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.words.decoding import decode
from ess_observatory.words.numbers import is_plural

__all__ = [
    "Choice",
    "Codebook",
    "Question",
    "Section",
    "codebook_from",
    "load_codebook",
    "reference_problems",
]

#: Names of constraints that are checks of the answer itself.
CHECKS = frozenset({"luhn14"})
#: Beside the questionnaire: what open answers mean.
RECODES = "recodes.csv"
_CODE = re.compile(r"[A-Za-z0-9_-]+")
_META = ("population", "reference_date", "source", "language", "languages", "rules")


def load_codebook(path: Path) -> Codebook:
    """Read and validate a codebook (YAML), with the recodes that lie beside it.

    Every problem found is reported at once, in French.
    """
    if not path.is_file():
        raise ObservatoryError(
            "E400", "Le questionnaire est introuvable.", str(path), "Rétablir ce fichier.", Exit.MISSING
        )
    recodes = path.with_name(RECODES)
    return _load(path, _text(path), recodes.read_bytes() if recodes.is_file() else b"")


def _text(path: Path) -> str:
    try:
        return decode(path.read_bytes())
    except (UnicodeError, OSError):
        raise ObservatoryError(
            "E292", "Le questionnaire n’est pas un texte lisible.", path.name, "Rétablir ce fichier."
        ) from None


@lru_cache(maxsize=4)
def _load(path: Path, text: str, _recodes: bytes) -> Codebook:
    """The codebook of these contents: the steps of a run that ask for it share one object, a changed file is read again."""
    import yaml

    try:
        # The same safe reading, by LibYAML where it is there.
        data = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, ligne {mark.line + 1}" if mark is not None else path.name
        raise ObservatoryError(
            "E292", "Le questionnaire n’est pas un YAML lisible.", place, "Vérifier l’indentation."
        ) from error
    codebook = codebook_from(data, path.name)
    return replace(codebook, recodes=load_recodes(path.with_name(RECODES), codebook))


def codebook_from(data: Any, where: str) -> Codebook:
    """A validated codebook from plain data (see `load_codebook`)."""
    problems: list[ObservatoryError] = []
    if not isinstance(data, dict) or not isinstance(data.get("sections"), list) or not data["sections"]:
        raise ObservatoryError(
            "E292",
            "Le questionnaire n’a pas de rubrique «\u00a0sections\u00a0».",
            where,
            "Compléter le fichier.",
        )
    other = Choice(
        OTHER,
        str(data.get("other_label_fr", "Autre")),
        0,
        is_other=True,
        label_en=data.get("other_label_en", "Other"),
    )
    sections, rank = [], 0
    for raw_section in data["sections"]:
        code, questions = str(raw_section.get("code", "?")), []
        for raw in raw_section.get("questions") or []:
            rank += 1
            questions.append(_question(raw, code, rank, other, where, problems))
        label = str(raw_section.get("label_fr", ""))
        sections.append(Section(code, label, raw_section.get("label_en"), tuple(questions)))
    reasons = {str(item["code"]): item for item in data.get("nonresponse_codes") or []}
    form = dict(data.get("form") or {})
    notice = form.pop("notice", None) or ()
    consent = data.get("consent")
    codebook = Codebook(
        id=str(data.get("id", "")),
        version=str(data.get("version", "")),
        title=str(data.get("title_fr", "")),
        title_en=data.get("title_en"),
        sections=tuple(sections),
        nonresponse_labels={code: str(reasons.get(code, {}).get("label_fr", code)) for code in NONRESPONSE},
        nonresponse_labels_en={
            code: str(item["label_en"]) for code, item in reasons.items() if item.get("label_en")
        },
        columns=_texts(data.get("columns")),
        form={key: str(value) for key, value in form.items()},
        notice=tuple(str(line) for line in notice),
        marks=_texts(data.get("marks")),
        units=_texts(data.get("units")),
        languages=tuple(data.get("languages") or ("fr",)),
        consent=(str(consent.get("question")), str(consent.get("choice"))) if consent else None,
        reads_versions=tuple(str(item) for item in data.get("reads_versions") or ()),
        meta={key: data.get(key) for key in _META},
    )
    problems.extend(cross_checks(codebook, where))
    if problems:
        raise ObservatoryError(
            "E293",
            f"Le questionnaire contient {len(problems)} erreur{'s' if is_plural(len(problems)) else ''}.",
            where,
            "Corriger chaque ligne ci-dessous, puis relancer.",
            details=problems,
        )
    return codebook


def _texts(raw: Any) -> dict[str, tuple[str, ...]]:
    return {str(key): tuple(str(item) for item in value) for key, value in (raw or {}).items()}


def _aliases(raw: Any) -> Aliases:
    """`[wording, …]` for every version, or `{version: [wording, …]}`."""
    if isinstance(raw, dict):
        return _texts(raw)
    return {ANY_VERSION: tuple(str(item) for item in raw)} if raw else {}


def _question(
    raw: dict[str, Any], section: str, rank: int, other: Choice, where: str, problems: list[ObservatoryError]
) -> Question:
    code = str(raw.get("code", ""))
    place = f"{where}, question {code or rank}"

    def problem(what: str, fix: str) -> None:
        problems.append(ObservatoryError("E294", what, place, fix))

    if not _CODE.fullmatch(code):
        problem(
            "Le code de la question est absent ou contient un caractère interdit.",
            "Lettres, chiffres, tiret bas.",
        )
    if not raw.get("label_fr"):
        problem("Le libellé (label_fr) manque.", "Ajouter «\u00a0label_fr\u00a0».")
    type_name = str(raw.get("type", ""))
    if type_name not in TYPES:
        problem(
            f"Type inconnu\u00a0: «\u00a0{type_name}\u00a0».",
            "Types admis\u00a0: " + ", ".join(sorted(TYPES)) + ".",
        )
    sensitivity = str(
        raw.get("sensitivity") or ("confidential" if raw.get("confidential") else SENSITIVITIES[-1])
    )
    if sensitivity not in SENSITIVITIES:
        problem(
            f"Sensibilité inconnue\u00a0: «\u00a0{sensitivity}\u00a0».",
            "Valeurs admises\u00a0: " + ", ".join(SENSITIVITIES) + ".",
        )
    exclusive = tuple(str(item) for item in raw.get("exclusive") or [])
    choices = _choices(raw, exclusive, other)
    _check_choices(type_name, choices, exclusive, problem)
    nonresponse = tuple(str(item) for item in raw.get("nonresponse") or [])
    for unknown in [item for item in nonresponse if item not in NONRESPONSE]:
        problem(
            f"Code de non-réponse inconnu\u00a0: «\u00a0{unknown}\u00a0».",
            "Codes admis\u00a0: " + ", ".join(NONRESPONSE) + ".",
        )
    trees: dict[str, Node | None] = {"relevant": None, "constraint": None}
    for key in trees:
        if raw.get(key):
            try:
                trees[key] = parse(str(raw[key]), self_code=code, checks=CHECKS)
            except ObservatoryError as error:
                problem(f"{error.what[:-1]} dans «\u00a0{key}\u00a0».", error.fix or "")
    return Question(
        code=code,
        section=section,
        rank=rank,
        label=str(raw.get("label_fr", "")),
        label_en=raw.get("label_en"),
        type=type_name,
        short=raw.get("short_fr"),
        hint=raw.get("hint_fr"),
        hint_en=raw.get("hint_en"),
        note=raw.get("note_fr"),
        choices=choices,
        other=bool(raw.get("other", False)),
        exclusive=exclusive,
        nonresponse=nonresponse,
        required=bool(raw.get("required", False)),
        relevant_text=raw.get("relevant"),
        relevant=trees["relevant"],
        constraint_text=raw.get("constraint"),
        constraint=trees["constraint"],
        unit=raw.get("unit"),
        sensitivity=sensitivity,
        basis=raw.get("basis"),
        feeds=tuple(str(item) for item in raw.get("feeds") or []),
        aliases=_aliases(raw.get("aliases")),
        table=_table(raw.get("table"), type_name, problem),
    )


def _table(number: Any, type_name: str, problem: Any) -> str | None:
    if number is None:
        return None
    if not re.fullmatch(r"\d+\.\d+", str(number)) or type_name not in CHOICE_TYPES:
        problem(
            f"Numéro de tableau incorrect\u00a0: «\u00a0{number}\u00a0».",
            "Entre apostrophes, chapitre puis rang\u00a0: '12.4', pour une question à choix.",
        )
    return str(number)


def _choices(raw: dict[str, Any], exclusive: tuple[str, ...], other: Choice) -> tuple[Choice, ...]:
    choices = [
        Choice(
            code=str(item.get("code", "")),
            label=str(item.get("label_fr", "")),
            rank=number,
            is_exclusive=str(item.get("code", "")) in exclusive,
            label_en=item.get("label_en"),
            aliases=_aliases(item.get("aliases")),
            covers=tuple(str(text) for text in item.get("covers") or ()),
        )
        for number, item in enumerate(raw.get("choices") or [], start=1)
    ]
    if raw.get("other"):
        choices.append(replace(other, rank=len(choices) + 1))
    return tuple(choices)


def _check_choices(
    type_name: str, choices: tuple[Choice, ...], exclusive: tuple[str, ...], problem: Any
) -> None:
    codes = [choice.code for choice in choices]
    if type_name in CHOICE_TYPES and not choices:
        problem("Question à choix sans modalité.", "Ajouter «\u00a0choices\u00a0».")
    if type_name not in CHOICE_TYPES and choices:
        problem(
            "Modalités sur une question qui n’est pas à choix.",
            "Retirer «\u00a0choices\u00a0» ou changer le type.",
        )
    for duplicate in sorted(item for item, count in Counter(codes).items() if count > 1):
        problem(f"Modalité en double\u00a0: «\u00a0{duplicate}\u00a0».", "Un code par modalité.")
    for bad in [item for item in codes if not _CODE.fullmatch(item)]:
        problem(f"Code de modalité interdit\u00a0: «\u00a0{bad}\u00a0».", "Lettres, chiffres, tiret bas.")
    for unknown in [item for item in exclusive if item not in codes]:
        problem(
            f"Modalité exclusive inconnue\u00a0: «\u00a0{unknown}\u00a0».",
            "La déclarer dans «\u00a0choices\u00a0».",
        )
