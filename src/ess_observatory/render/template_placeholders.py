"""The placeholders of a workbook template: where they are, what they ask for, what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.render.template_values import words_of

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_QUOTE = "['\"‘’“”]"  # spreadsheets turn straight quotes into curly ones
_PLACEHOLDER = re.compile(rf"\{{\{{\s*(\w+)(?:\s*\(\s*{_QUOTE}(.+?){_QUOTE}\s*\))?\s*\}}\}}")
_NAMED = re.compile(r"(fig|table|rows)\.(.+)")


@dataclass(frozen=True)
class Place:
    """A placeholder alone in its cell: what it asks for, and where."""

    sheet: Worksheet
    cell: Any
    kind: str
    key: str

    def __str__(self) -> str:
        return f"feuille « {self.sheet.title} », cellule {self.cell.coordinate}"


def places_in(
    book: Workbook, publication: Publication, words: dict[str, str], faults: list[ObservatoryError]
) -> Iterator[Place]:
    """The placeholders that stand alone; those inside a sentence are replaced at once."""
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            cell: Any
            for cell in line:
                text = str(cell.value) if cell.value is not None else ""
                if "{{" not in text:
                    continue
                where = f"feuille « {sheet.title} », cellule {cell.coordinate}"
                alone = _PLACEHOLDER.fullmatch(text.strip())
                if cell.data_type == "f":
                    faults.append(
                        misplaced(
                            "Un placeholder dans une formule n’est pas rempli",
                            where,
                            "Mettez-le dans une cellule à lui, et citez cette cellule dans la formule.",
                        )
                    )
                elif alone and alone[2]:
                    yield Place(sheet, cell, alone[1], alone[2])
                elif (filled := _sentence(text, publication, words, where, faults)) is not None:
                    put_text(cell, filled)
    names = [*book.defined_names.items()] + [
        item for s in book.worksheets for item in s.defined_names.items()
    ]
    for name, defined in names:
        if asked := _NAMED.fullmatch(name):
            for title, reference in defined.destinations:
                target = book[title][reference.replace("$", "")]
                if isinstance(target, tuple) or type(target).__name__ == "MergedCell":
                    faults.append(
                        misplaced(
                            f"Le nom « {name} » désigne plusieurs cellules",
                            f"feuille « {title} », {reference}",
                            "Donnez ce nom à une seule cellule : la première du tableau.",
                        )
                    )
                else:
                    yield Place(book[title], target, asked[1], asked[2])


def _sentence(
    text: str, publication: Publication, words: dict[str, str], where: str, faults: list[ObservatoryError]
) -> str | None:
    """A text with its placeholders replaced; None, and its faults told, when one of them cannot be."""
    before = len(faults)

    def replaced(found: re.Match[str]) -> str:
        kind, key = found[1], found[2]
        try:
            if key is None:
                return words[kind]
            if kind == "fig":
                return publication.figure(key).formatted(publication.lang)
        except KeyError:
            faults.append(unknown(publication, kind, key, where))
            return ""
        faults.append(
            misplaced(
                f"« {found[0]} » est dans une phrase", where, "Mettez ce placeholder seul dans sa cellule."
            )
        )
        return ""

    filled = _PLACEHOLDER.sub(replaced, text)
    if "{{" in filled and len(faults) == before:
        faults.append(
            misplaced(
                f"Placeholder mal écrit : « {text[:80]} »",
                where,
                "Écrivez {{ fig('identifiant') }}, {{ table('tableau') }}, {{ rows('tableau') }} ou {{ title }}.",
            )
        )
    return filled if len(faults) == before else None


def unknown(publication: Publication, kind: str, key: str | None, where: str) -> ObservatoryError:
    """E173, with the nearest names."""
    if key is None:
        what, known, asked = "Mot", sorted(words_of(publication)), kind
    elif kind == "fig":
        what, known, asked = "Chiffre", [figure.id for figure in publication.figures()], key
    else:
        what, known, asked = "Tableau", [table.id for table in publication.tables], key
    if key is None:
        fix = f"Mots connus : {', '.join(known)}."
    elif near := get_close_matches(asked, known, n=3, cutoff=0.5):
        fix = f"Les plus proches : {', '.join(near)}."
    else:
        fix = "Les identifiants sont dans publication/figures.parquet."
    return ObservatoryError("E173", f"{what} inconnu dans le modèle : « {asked} »", where, fix, Exit.USAGE)


def misplaced(what: str, where: str, fix: str) -> ObservatoryError:
    return ObservatoryError("E174", what, where, fix, Exit.USAGE)


def put_text(cell: Any, text: str) -> None:
    """A text that stays a text, whatever it begins with."""
    cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    cell.data_type = "s"
