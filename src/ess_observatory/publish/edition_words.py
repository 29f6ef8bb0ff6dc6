"""The words, other than figures, that texts and cards may use of an edition, in French and in English."""

from __future__ import annotations

from typing import Any

from ess_observatory.declare.english_words import Words
from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Edition, Project
from ess_observatory.publish.book import Book, known_ids, unit_of
from ess_observatory.publish.claims import Claims
from ess_observatory.publish.joined import Joined, Known
from ess_observatory.publish.origins import Origins
from ess_observatory.publish.texts import Placeholders
from ess_observatory.words import english as words_en
from ess_observatory.words.labels import date_words
from ess_observatory.words.typography import french

#: Units of figures that count respondents, and so say a base; of those that count all the answers.
ANSWERS = "réponses"
COUNTS = (ANSWERS, "structures", "répondants", "questionnaires")


def names_for_texts(project: Project, edition: Edition) -> dict[str, Any]:
    """Words, other than figures, that texts and cards may use."""
    reference = edition.reference_date
    return {
        "year": edition.year,
        "edition": edition.id,
        "territory": edition.territory.name,
        "territory_in": edition.territory.name_in,
        "perimeter": project.perimeter(str(edition.data["perimeter"]))["title"],
        "sectors": _sectors(project, edition)["sectors"],
        "last_year": edition.last_full_year,
        "survey_year": edition.survey_year,
        "reference_date": date_words(reference.isoformat(), "fr"),
        "sublevel": edition.territory.sublevel_label,
        "publisher": edition.data.get("publisher", ""),
        "contact": edition.data.get("contact", ""),
        "licence": edition.data.get("licence", ""),
        "version": edition.data.get("version", ""),
        "communes": len(edition.territory.communes),
    }


def _sectors(project: Project, edition: Edition) -> dict[str, str]:
    """The nomenclature of activities of an edition, with the words for the level at which its sectors are counted."""
    wanted = project.perimeter(str(edition.data["perimeter"]))["nomenclature"]
    versions = read_csv_rows(project.nomenclatures["naf_versions"])
    return next(row for row in versions if row["nomenclature"] == wanted)


def placeholders_of(project: Project, book: Book) -> Placeholders:
    """What fills the French texts of a publication: its figures, its words, its claims."""
    claims = Claims({table.id: (table.card, cells) for table, cells in book.tables}, project.claims)
    forms = {french(label): form["fr"] for label, form in project.sentence_forms.items()}

    def said(label: str) -> str:
        return forms.get(french(label), f"« {label} »")

    names = names_for_texts(project, book.edition)
    joined = Joined(_known(book, Origins(book, project)), book.edition.reference_date.isoformat())
    return Placeholders(
        book.figures(), names, known=known_ids(project), claims=claims, said=said, joined=joined
    )


def _known(book: Book, origins: Origins) -> dict[str, Known]:
    """What a sentence may have to say of each figure of a publication."""
    found = {}
    for table, cells in book.tables:
        for cell in cells:
            if not book.is_number(table, cell):
                continue
            unit = unit_of(table, cell)[0]
            counts = unit in COUNTS
            found[book.figure_id(table, cell)] = Known(
                origins.of(table, cell).dates,
                None if counts else cell.base_n,
                int(cell.value) if counts and cell.value is not None else None,
                unit == ANSWERS,
            )
    return found


def english_placeholders(
    project: Project, edition: Edition, placeholders: Placeholders, words: Words
) -> Placeholders:
    """The same figures and claims, written in English, with the English words that texts may use."""
    names = english_names(project, edition, names_for_texts(project, edition))
    forms = {french(label): form["en"] for label, form in project.sentence_forms.items()}

    def said(label: str) -> str:
        printed = french(label)
        return forms.get(printed, f"“{words.of(printed) or printed}”")

    known, reference = (
        (placeholders.joined.known, placeholders.joined.reference) if placeholders.joined else ({}, "")
    )
    joined = Joined(known, reference, "en")
    return Placeholders(
        placeholders.figures, names, "en", placeholders.known, placeholders.claims, said, joined
    )


def english_names(project: Project, edition: Edition, names: dict[str, Any]) -> dict[str, Any]:
    """The words that texts may use, in English where the declarations give it (`…_en`)."""
    reference = edition.reference_date
    perimeter = project.perimeter(str(edition.data["perimeter"]))
    return {
        **names,
        "territory_in": edition.territory.meta.get("name_in_en", f"in {edition.territory.name}"),
        "perimeter": perimeter.get("title_en", names["perimeter"]),
        "sectors": _sectors(project, edition)["sectors_en"],
        "reference_date": f"{reference.day} {words_en.MONTHS[reference.month - 1]} {reference.year}",
        "sublevel": edition.territory.meta.get("sublevel_label_en", names["sublevel"]),
        "publisher": edition.data.get("publisher_en", names["publisher"]),
    }
