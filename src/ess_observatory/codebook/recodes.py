"""What open answers mean once someone has read them: the recode table beside the questionnaire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ess_observatory.codebook.questions import OTHER, Codebook
from ess_observatory.codebook.values import normalise
from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular.sheets import open_sheets
from ess_observatory.words.numbers import is_plural

COLUMNS = ("question_code", "text", "choice_code", "by", "on")
_INERT = re.compile(r"^'(?=[=+@\-])")


def load_recodes(path: Path, codebook: Codebook) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Recodes of a CSV: (question, normalised text) → choices that the text means.

    One line a text and choice; `other` means that the text was read and stays as it is. No file = no recode.
    Every problem is reported at once (E297), with its line.
    """
    if not path.is_file():
        return {}
    lines = open_sheets(path)[0].rows
    header = lines[0] if lines else []
    missing = [name for name in COLUMNS if name not in header]
    problems = [
        ObservatoryError(
            "E297",
            f"Colonne absente\u00a0: «\u00a0{name}\u00a0».",
            path.name,
            "En-tête attendu\u00a0: " + ",".join(COLUMNS),
        )
        for name in missing
    ]
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line, row in enumerate(lines[1:], start=2) if not missing else ():
        cells = dict(zip(header, row, strict=False))
        values = {name: cells.get(name) or "" for name in COLUMNS}
        values["text"] = _INERT.sub("", values["text"])
        if not any(values.values()):
            continue
        if why := _problem(values, codebook, found):
            fix = "Corriger cette ligne, ou la retirer."
            problems.append(ObservatoryError("E297", why, f"{path.name}, ligne {line}", fix))
            continue
        key = (values["question_code"], normalise(values["text"]))
        found[key] = (*found.get(key, ()), values["choice_code"])
    if problems:
        raise ObservatoryError(
            "E297",
            f"La table de recodage contient {len(problems)} erreur{'s' if is_plural(len(problems)) else ''}.",
            path.name,
            "Corriger chaque ligne ci-dessous, puis relancer.",
            details=problems,
        )
    return found


def _problem(
    values: dict[str, str], codebook: Codebook, found: Mapping[tuple[str, str], tuple[str, ...]]
) -> str | None:
    """Why a line cannot be used."""
    code, choice = values["question_code"], values["choice_code"]
    question = codebook.by_code.get(code)
    if question is None:
        return f"Question inconnue\u00a0: «\u00a0{code}\u00a0»."
    if not question.other:
        return f"La question {code} n’a pas de réponse libre."
    if not normalise(values["text"]):
        return "Le texte à recoder manque."
    if question.choice(choice) is None:
        allowed = ", ".join(item.code for item in question.choices)
        return f"«\u00a0{choice}\u00a0» n’est pas une modalité de {code} ({allowed})."
    if not values["by"] or not values["on"]:
        return "Indiquer qui a recodé (by) et quand (on)."
    before = found.get((code, normalise(values["text"])), ())
    if choice in before:
        return f"Ce texte est déjà recodé en «\u00a0{choice}\u00a0»."
    if before and (not question.is_multiple or OTHER in (choice, *before)):
        return (
            f"Ce texte est déjà recodé en «\u00a0{before[0]}\u00a0»\u00a0: une seule modalité est possible."
        )
    return None
