"""The words, other than figures, that texts and cards may use of an edition, in French and in English."""

from __future__ import annotations

from typing import Any

from ess_observatory.declare.project import Edition, Project
from ess_observatory.publish.texts import Placeholders
from ess_observatory.words import english as words_en
from ess_observatory.words.labels import date_words


def names_for_texts(project: Project, edition: Edition) -> dict[str, Any]:
    """Words, other than figures, that texts and cards may use."""
    reference = edition.reference_date
    return {
        "year": edition.year,
        "edition": edition.id,
        "territory": edition.territory.name,
        "territory_in": edition.territory.name_in,
        "perimeter": project.perimeter(str(edition.data["perimeter"]))["title"],
        "survey_year": edition.data.get("survey", {}).get("year", edition.year),
        "reference_date": date_words(reference.isoformat(), "fr"),
        "sublevel": edition.territory.sublevel_label,
        "publisher": edition.data.get("publisher", ""),
        "contact": edition.data.get("contact", ""),
        "licence": edition.data.get("licence", ""),
        "version": edition.data.get("version", ""),
        "communes": len(edition.territory.communes),
    }


def english_placeholders(project: Project, edition: Edition, placeholders: Placeholders) -> Placeholders:
    """The same figures, written in English, with the English words that texts may use."""
    names = english_names(project, edition, names_for_texts(project, edition))
    return Placeholders(placeholders.figures, names, "en", placeholders.known)


def english_names(project: Project, edition: Edition, names: dict[str, Any]) -> dict[str, Any]:
    """The words that texts may use, in English where the declarations give it (`…_en`)."""
    reference = edition.reference_date
    perimeter = project.perimeter(str(edition.data["perimeter"]))
    return {
        **names,
        "territory_in": edition.territory.meta.get("name_in_en", f"in {edition.territory.name}"),
        "perimeter": perimeter.get("title_en", names["perimeter"]),
        "reference_date": f"{reference.day} {words_en.MONTHS[reference.month - 1]} {reference.year}",
        "sublevel": edition.territory.meta.get("sublevel_label_en", names["sublevel"]),
        "publisher": edition.data.get("publisher_en", names["publisher"]),
    }
