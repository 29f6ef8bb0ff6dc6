"""The answer to a question that offers choices: one cell, several joined choices, or a column a choice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from ess_observatory.codebook.questions import OTHER, Question
from ess_observatory.codebook.values import normalise
from ess_observatory.survey.answers import Answer, Reading
from ess_observatory.survey.headers import NONRESPONSE_CELL
from ess_observatory.survey.joined import Piece, split_joined
from ess_observatory.survey.layout import Filled

#: A choice and what was written beside it.
_COMMENTED = re.compile(r"(?P<choice>.*\S)\s*\((?P<comment>.+)\)", re.DOTALL)
_KEEP_ONE = "N’en garder qu’une."


@dataclass
class _Found:
    """What the cells of a question say, before it is judged."""

    marked: dict[str, Filled] = field(default_factory=dict)
    written: dict[str, Filled] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    reasons: list[tuple[str, Filled]] = field(default_factory=list)
    open_text: str | None = None
    open_cell: Filled | None = None


def read_choices(question: Question, group: list[Filled], reading: Reading) -> Answer | None:
    """The answer that the cells of a question give; what cannot be kept is refused with its place."""
    found = _Found()
    for cell in group:
        if cell.target.choice is None:
            _written(question, cell, reading, found)
        else:
            _marked(question, cell.target.choice, cell, reading, found)
    chosen = _chosen(question, found, reading)
    recoded = _recode(question, chosen, found, reading)
    if not _one_answer(question, chosen, found, reading) or not _exclusive(question, chosen, reading):
        return None
    if chosen:
        for _, cell in found.reasons:
            why = "Motif de non-réponse et réponse à la fois."
            reading.refuse(cell, "contradiction", why, "Retirer l’un des deux.")
        return Answer(
            "answered",
            found.open_text if OTHER in chosen else None,
            choices=frozenset(chosen),
            cells=list(dict.fromkeys(chosen.values())),
            open_text=found.open_text,
            open_cell=found.open_cell,
            recoded=recoded,
        )
    if found.reasons:
        for status, cell in found.reasons[1:]:
            if status != found.reasons[0][0]:
                why = "Deux motifs de non-réponse."
                reading.refuse(cell, "contradiction", why, "N’en garder qu’un.")
        return Answer(found.reasons[0][0], cells=[found.reasons[0][1]])
    return None


def _marked(question: Question, target: str, cell: Filled, reading: Reading, found: _Found) -> None:
    """A cell of the column of one choice, of the open answer, or of the reasons for not answering."""
    wanted = normalise(cell.value)
    if target == OTHER:
        if wanted in reading.no:
            found.denied.add(OTHER)
            return
        found.marked[OTHER] = cell
        if wanted not in reading.yes and wanted != normalise(question.choices[-1].label):
            found.open_text, found.open_cell = cell.value, cell
        return
    status = reading.nonresponse(cell.value)
    if target == NONRESPONSE_CELL:
        if status is not None:
            found.reasons.append((status, cell))
        elif wanted not in reading.no:
            labels = " · ".join(
                label for code, label in reading.codebook.nonresponse_labels.items() if code != "nr"
            )
            why = f"«\u00a0{cell.value}\u00a0» n’est pas un motif de non-réponse."
            reading.refuse(cell, "valeur_inconnue", why, f"Valeurs admises\u00a0: {labels}.")
        return
    if wanted in reading.no and reading.matcher(question)(cell.value) != target:
        found.denied.add(target)
    elif wanted in reading.yes or reading.names.choices[question.code].get(wanted) == target:
        if question.choice(target) is None:
            found.reasons.append((target, cell))
        else:
            found.marked[target] = cell
    elif status is not None:
        found.reasons.append((status, cell))
    else:
        why = f"«\u00a0{cell.value}\u00a0» ne coche pas un choix."
        fix = "Laisser vide ou écrire «\u00a0x\u00a0» ou «\u00a0Oui\u00a0»."
        reading.refuse(cell, "valeur_inconnue", why, fix)


def _written(question: Question, cell: Filled, reading: Reading, found: _Found) -> None:
    """A cell where choices are written, one or several."""
    exact = reading.matcher(question)

    def match(text: str) -> str | None:
        """The choice that a text names, with a comment between parentheses or not, as Decidim writes them."""
        commented = None if exact(text) is not None else _COMMENTED.fullmatch(text)
        return exact(commented["choice"]) if commented else exact(text)

    status = reading.nonresponse(cell.value)
    choice = match(cell.value)
    if status is not None and (choice is None or question.choice(choice) is None):
        found.reasons.append((status, cell))
        return
    whole = not question.is_multiple or choice is not None
    for piece in [Piece(cell.value, choice)] if whole else split_joined(cell.value, match):
        if piece.choice is None:
            _unknown(question, cell, piece.text, reading, found)
            continue
        if exact(piece.text) is None and (commented := _COMMENTED.fullmatch(piece.text)):
            found.open_text, found.open_cell = commented["comment"].strip(), cell
        if question.choice(piece.choice) is None:
            found.reasons.append((piece.choice, cell))
        else:
            found.written[piece.choice] = cell


def _unknown(question: Question, cell: Filled, text: str, reading: Reading, found: _Found) -> None:
    meant = reading.covered(question).get(normalise(text))
    if meant is not None:
        found.written[meant] = cell
        label = next(choice.label for choice in question.choices if choice.code == meant)
        reading.note(cell, "sigle", f"«\u00a0{text}\u00a0» lu comme «\u00a0{label}\u00a0»")
        return
    labels = {normalise(choice.label): choice.label for choice in question.choices}
    near = get_close_matches(normalise(text), labels, n=1, cutoff=0.8)
    is_tick = normalise(text) in reading.yes | reading.no
    is_open = question.other and question.code in reading.open_in_cell and found.open_text is None
    if is_open and not near and not is_tick:
        found.marked[OTHER] = cell
        found.open_text, found.open_cell = text, cell
        return
    allowed = "Valeurs admises\u00a0: " + " · ".join(choice.label for choice in question.choices) + "."
    said = f"Vouliez-vous dire «\u00a0{labels[near[0]]}\u00a0»\u00a0? " if near else ""
    why = f"«\u00a0{text}\u00a0» n’est pas une réponse prévue."
    reading.refuse(cell, "valeur_inconnue", why, said + allowed)


def _chosen(question: Question, found: _Found, reading: Reading) -> dict[str, Filled]:
    """What is chosen; where a column says no to a choice that the joined cell names, the column is believed."""
    denied = {code: cell for code, cell in found.written.items() if code in found.denied - {OTHER}}
    for cell in dict.fromkeys(denied.values()):
        why = "La cellule nomme un choix que sa propre colonne ne coche pas."
        reading.refuse(cell, "contradiction", why, "Accorder la cellule et la colonne du choix.")
    both = {**{code: cell for code, cell in found.written.items() if code not in denied}, **found.marked}
    order = [choice.code for choice in question.choices]
    return {code: both[code] for code in sorted(both, key=order.index)}


def _recode(
    question: Question, chosen: dict[str, Filled], found: _Found, reading: Reading
) -> tuple[str, ...]:
    """Put the choices that an open answer was found to mean in its place."""
    if OTHER not in chosen or found.open_text is None:
        return ()
    meant = reading.codebook.recodes.get((question.code, normalise(found.open_text)), ())
    if meant and OTHER not in meant:
        cell = chosen.pop(OTHER)
        for code in meant:
            chosen.setdefault(code, cell)
    return meant


def _one_answer(question: Question, chosen: dict[str, Filled], found: _Found, reading: Reading) -> bool:
    if question.is_multiple or len(chosen) < 2:
        return True
    if len(chosen) == 2 and OTHER in chosen and found.open_text is not None:
        # A comment beside the chosen answer: the answer stands, the comment stays with the open answers.
        del chosen[OTHER]
        return True
    for cell in dict.fromkeys(chosen.values()):
        reading.refuse(cell, "contradiction", "Plusieurs réponses à une question à choix unique.", _KEEP_ONE)
    return False


def _exclusive(question: Question, chosen: dict[str, Filled], reading: Reading) -> bool:
    if len(chosen) < 2 or not any(code in question.exclusive for code in chosen):
        return True
    for cell in chosen.values():
        why = "Une modalité exclusive est cochée avec d’autres."
        reading.refuse(cell, "exclusif", why, "Garder la modalité exclusive, ou les autres.")
    return False
