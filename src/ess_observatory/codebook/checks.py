"""What must hold across a codebook: unique names, expressions that name what exists, complete translations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ess_observatory.codebook.expressions import Node, references
from ess_observatory.codebook.questions import Choice, Codebook, Question
from ess_observatory.codebook.values import normalise
from ess_observatory.errors import ObservatoryError


def cross_checks(codebook: Codebook, where: str) -> list[ObservatoryError]:
    """Problems that only show when the whole codebook is seen."""
    problems = []
    for kind, counts in (
        ("Section", Counter(section.code for section in codebook.sections)),
        ("Question", Counter(question.code for question in codebook.questions)),
    ):
        for code in sorted(item for item, count in counts.items() if count > 1):
            what = f"{kind} en double\u00a0: «\u00a0{code}\u00a0»."
            problems.append(ObservatoryError("E294", what, where, "Un code par élément."))
    for question in codebook.questions:
        for key, node in (("relevant", question.relevant), ("constraint", question.constraint)):
            if node is None:
                continue
            place = f"{where}, question {question.code}, «\u00a0{key}\u00a0»"
            problems.extend(reference_problems(codebook, node, place))
            if key == "relevant" and any(
                code in codebook.by_code and codebook.by_code[code].rank >= question.rank
                for code, _ in references(node)
            ):
                what = "Le filtre cite la question elle-même ou une question suivante."
                problems.append(ObservatoryError("E294", what, place, "Filtrer sur une question précédente."))
        problems.extend(_same_words(question, where))
        problems.extend(_covered_twice(question, where))
    problems.extend(_unit_problems(codebook, where))
    problems.extend(_consent_problems(codebook, where))
    problems.extend(_version_problems(codebook, where))
    problems.extend(_alias_problems(codebook, where))
    if "en" in codebook.languages:
        problems.extend(
            ObservatoryError(
                "E294",
                f"Le libellé anglais manque\u00a0: {what}.",
                where,
                "Ajouter «\u00a0label_en\u00a0» (ou «\u00a0hint_en\u00a0»).",
            )
            for what in _untranslated(codebook)
        )
    return problems


def _same_words(question: Question, where: str) -> Iterator[ObservatoryError]:
    counts = Counter(normalise(choice.label) for choice in question.choices)
    for choice in question.choices:
        if not choice.label:
            what = f"La modalité «\u00a0{choice.code}\u00a0» n’a pas de libellé."
            yield ObservatoryError(
                "E294", what, f"{where}, question {question.code}", "Ajouter «\u00a0label_fr\u00a0»."
            )
        elif counts.pop(normalise(choice.label), 0) > 1:
            what = f"Deux modalités ont le même libellé\u00a0: «\u00a0{choice.label}\u00a0»."
            yield ObservatoryError(
                "E294", what, f"{where}, question {question.code}", "Un libellé par modalité."
            )


def _covered_twice(question: Question, where: str) -> Iterator[ObservatoryError]:
    """What a choice covers may not be another choice, nor lie under two."""
    owners: dict[str, set[str]] = {}
    for choice in question.choices:
        for text in {normalise(text) for text in (choice.code, choice.label, *choice.covers)}:
            owners.setdefault(text, set()).add(choice.code)
    for choice in question.choices:
        for text in choice.covers:
            if others := sorted(owners[normalise(text)] - {choice.code}):
                what = f"«\u00a0{text}\u00a0», que recouvre «\u00a0{choice.code}\u00a0», désigne aussi «\u00a0{others[0]}\u00a0»."
                yield ObservatoryError(
                    "E294", what, f"{where}, question {question.code}", "Ne le garder que sous un choix."
                )


def _unit_problems(codebook: Codebook, where: str) -> Iterator[ObservatoryError]:
    known = {question.unit for question in codebook.questions}
    for unit in codebook.units:
        if unit not in known:
            what = f"«\u00a0units\u00a0» cite «\u00a0{unit}\u00a0», unité d’aucune question."
            yield ObservatoryError("E294", what, where, "Citer l’unité d’une question, ou retirer la ligne.")


def _consent_problems(codebook: Codebook, where: str) -> Iterator[ObservatoryError]:
    if codebook.consent is None:
        return
    code, choice = codebook.consent
    question = codebook.by_code.get(code)
    if question is None or question.choice(choice) is None:
        what = f"L’accord («\u00a0consent\u00a0») cite {code} = «\u00a0{choice}\u00a0», qui n’existe pas."
        yield ObservatoryError("E294", what, where, "Citer une question et l’une de ses modalités.")


def _version_problems(codebook: Codebook, where: str) -> Iterator[ObservatoryError]:
    if not codebook.version:
        yield ObservatoryError("E294", "La version manque.", where, "Ajouter «\u00a0version\u00a0».")
    if codebook.version in codebook.reads_versions:
        what = "La version en cours est aussi dans «\u00a0reads_versions\u00a0»."
        yield ObservatoryError("E294", what, where, "N’y laisser que des versions passées.")


def _alias_problems(codebook: Codebook, where: str) -> Iterator[ObservatoryError]:
    """An alias may not be the code or the wording of something else, nor mean two things."""
    yield from _clashes(
        [(question.code, [question.code, question.label], question) for question in codebook.questions],
        codebook,
        f"{where}, questions",
    )
    for question in codebook.questions:
        named = [(choice.code, [choice.code, choice.label], choice) for choice in question.choices]
        yield from _clashes(named, codebook, f"{where}, question {question.code}")


def _clashes(
    named: list[tuple[str, list[str], Question]] | list[tuple[str, list[str], Choice]],
    codebook: Codebook,
    place: str,
) -> Iterator[ObservatoryError]:
    owners: dict[str, set[str]] = {}
    for code, own, _ in named:
        for text in own:
            owners.setdefault(normalise(text), set()).add(code)
    known = {codebook.version, *codebook.reads_versions, ""}
    aliases: dict[tuple[str, str], str] = {}
    for code, _, item in named:
        for version, texts in item.aliases.items():
            if version not in known:
                what = f"Alias d’une version qui n’est pas lue\u00a0: «\u00a0{version}\u00a0» ({code})."
                yield ObservatoryError("E294", what, place, "L’ajouter à «\u00a0reads_versions\u00a0».")
            for text in texts:
                wanted = normalise(text)
                others = owners.get(wanted, set()) - {code}
                first = aliases.setdefault((version, wanted), code)
                if others or first != code:
                    other = min(others) if others else first
                    what = f"L’alias «\u00a0{text}\u00a0» de {code} désigne aussi {other}."
                    yield ObservatoryError("E294", what, place, "Garder l’alias d’un seul côté.")


def _untranslated(codebook: Codebook) -> Iterator[str]:
    if not codebook.title_en:
        yield "titre (title_en)"
    for code in {code for question in codebook.questions for code in question.nonresponse}:
        if code not in codebook.nonresponse_labels_en:
            yield f"non-réponse {code}"
    for section in codebook.sections:
        if not section.label_en:
            yield f"section {section.code}"
        for question in section.questions:
            if not question.label_en:
                yield f"question {question.code}"
            if question.hint and not question.hint_en:
                yield f"aide de la question {question.code}"
            for choice in question.choices:
                if not choice.label_en:
                    yield f"question {question.code}, modalité {choice.code}"


def reference_problems(codebook: Codebook, node: Node, where: str) -> list[ObservatoryError]:
    """What an expression names that the codebook does not have."""
    problems = []
    for code, choice in references(node):
        question = codebook.by_code.get(code)
        if question is None:
            what = f"Question inconnue\u00a0: «\u00a0{code}\u00a0»."
            problems.append(ObservatoryError("E294", what, where, "Vérifier le code cité."))
        elif choice is not None and question.choice(choice) is None:
            allowed = ", ".join(item.code for item in question.choices)
            what = f"«\u00a0{code}\u00a0» n’a pas de modalité «\u00a0{choice}\u00a0»."
            problems.append(ObservatoryError("E294", what, where, f"Modalités\u00a0: {allowed}."))
    return problems
