"""The codebook of a survey: the one description that the form, the reader of answers and the tables share."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.survey.expressions import Node, parse, references
from ess_observatory.survey.questions import (
    CHOICE_TYPES,
    NONRESPONSE,
    OTHER,
    TYPES,
    Choice,
    Codebook,
    Question,
    Section,
)

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
_CODE = re.compile(r"[A-Za-z0-9_-]+")


def load_codebook(path: Path) -> Codebook:
    """Read and validate a codebook (YAML). Every problem found is reported at once, in French."""
    import yaml

    if not path.is_file():
        raise ObservatoryError(
            "E400", "Le questionnaire est introuvable.", str(path), "Rétablir ce fichier.", Exit.MISSING
        )
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name}, ligne {mark.line + 1}" if mark is not None else path.name
        raise ObservatoryError(
            "E232", "Le questionnaire n’est pas un YAML lisible.", place, "Vérifier l’indentation."
        ) from error
    return codebook_from(data, path.name)


def codebook_from(data: Any, where: str) -> Codebook:
    """A validated codebook from plain data (see `load_codebook`)."""
    problems: list[ObservatoryError] = []
    if not isinstance(data, dict) or not isinstance(data.get("sections"), list) or not data["sections"]:
        raise ObservatoryError(
            "E232",
            "Le questionnaire n’a pas de rubrique «\u00a0sections\u00a0».",
            where,
            "Compléter le fichier.",
        )
    other_label = str(data.get("other_label_fr", "Autre"))
    sections, rank = [], 0
    for raw_section in data["sections"]:
        questions = []
        for raw in raw_section.get("questions") or []:
            rank += 1
            questions.append(
                _question(raw, str(raw_section.get("code", "?")), rank, other_label, where, problems)
            )
        sections.append(
            Section(
                str(raw_section.get("code", "?")),
                str(raw_section.get("label_fr", "")),
                raw_section.get("label_en"),
                tuple(questions),
            )
        )
    labels = {str(item["code"]): str(item["label_fr"]) for item in data.get("nonresponse_codes") or []}
    codebook = Codebook(
        id=str(data.get("id", "")),
        version=str(data.get("version", "")),
        title=str(data.get("title_fr", "")),
        sections=tuple(sections),
        nonresponse_labels={code: labels.get(code, code) for code in NONRESPONSE},
        columns={
            key: tuple(str(item) for item in value) for key, value in (data.get("columns") or {}).items()
        },
        form={key: str(value) for key, value in (data.get("form") or {}).items()},
        marks={key: tuple(str(item) for item in value) for key, value in (data.get("marks") or {}).items()},
        meta={
            key: data.get(key)
            for key in ("population", "reference_date", "source", "language", "languages", "rules")
        },
    )
    problems.extend(_cross_checks(codebook, where))
    if problems:
        raise ObservatoryError(
            "E233",
            f"Le questionnaire contient {len(problems)} erreur{'s' if len(problems) > 1 else ''}.",
            where,
            "Corriger chaque ligne ci-dessous, puis relancer.",
            details=problems,
        )
    return codebook


def _question(
    raw: dict, section: str, rank: int, other_label: str, where: str, problems: list[ObservatoryError]
) -> Question:
    code = str(raw.get("code", ""))
    place = f"{where}, question {code or rank}"

    def problem(what: str, fix: str) -> None:
        problems.append(ObservatoryError("E234", what, place, fix))

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
    exclusive = tuple(str(item) for item in raw.get("exclusive") or [])
    choices = [
        Choice(
            str(item.get("code", "")),
            str(item.get("label_fr", "")),
            number,
            str(item.get("code", "")) in exclusive,
        )
        for number, item in enumerate(raw.get("choices") or [], start=1)
    ]
    has_other = bool(raw.get("other", False))
    if has_other:
        choices.append(Choice(OTHER, other_label, len(choices) + 1, is_other=True))
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
        type=type_name,
        short=raw.get("short_fr"),
        hint=raw.get("hint_fr"),
        note=raw.get("note_fr"),
        choices=tuple(choices),
        other=has_other,
        exclusive=exclusive,
        nonresponse=nonresponse,
        required=bool(raw.get("required", False)),
        relevant_text=raw.get("relevant"),
        relevant=trees["relevant"],
        constraint_text=raw.get("constraint"),
        constraint=trees["constraint"],
        unit=raw.get("unit"),
        confidential=bool(raw.get("confidential", False)),
        basis=raw.get("basis"),
        feeds=tuple(str(item) for item in raw.get("feeds") or []),
    )


def _cross_checks(codebook: Codebook, where: str) -> list[ObservatoryError]:
    problems = []
    for kind, counts in (
        ("Section", Counter(section.code for section in codebook.sections)),
        ("Question", Counter(question.code for question in codebook.questions)),
    ):
        for code in sorted(item for item, count in counts.items() if count > 1):
            problems.append(
                ObservatoryError(
                    "E234", f"{kind} en double\u00a0: «\u00a0{code}\u00a0».", where, "Un code par élément."
                )
            )
    for question in codebook.questions:
        for key, node in (("relevant", question.relevant), ("constraint", question.constraint)):
            if node is not None:
                place = f"{where}, question {question.code}, «\u00a0{key}\u00a0»"
                problems.extend(reference_problems(codebook, node, place))
                if key == "relevant" and any(
                    code in codebook.by_code and codebook.by_code[code].rank >= question.rank
                    for code, _ in references(node)
                ):
                    problems.append(
                        ObservatoryError(
                            "E234",
                            "Le filtre cite la question elle-même ou une question suivante.",
                            place,
                            "Filtrer sur une question précédente.",
                        )
                    )
    return problems


def reference_problems(codebook: Codebook, node: Node, where: str) -> list[ObservatoryError]:
    """What an expression names that the codebook does not have."""
    problems = []
    for code, choice in references(node):
        question = codebook.by_code.get(code)
        if question is None:
            problems.append(
                ObservatoryError(
                    "E234", f"Question inconnue\u00a0: «\u00a0{code}\u00a0».", where, "Vérifier le code cité."
                )
            )
        elif choice is not None and question.choice(choice) is None:
            allowed = ", ".join(item.code for item in question.choices)
            problems.append(
                ObservatoryError(
                    "E234",
                    f"«\u00a0{code}\u00a0» n’a pas de modalité «\u00a0{choice}\u00a0».",
                    where,
                    f"Modalités\u00a0: {allowed}.",
                )
            )
    return problems
