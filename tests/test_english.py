"""The English page: every text of every published table has its twin, and none is left in French."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.build.place import Outputs
from ess_observatory.build.runner import Outcome
from ess_observatory.project import Project
from ess_observatory.publish.english import Words, load_twins
from ess_observatory.publish.tables import Publication, load_publication
from ess_observatory.publish.texts import Placeholders
from ess_observatory.render.html import html_page
from ess_observatory.render.workbook import render_workbook

TWINS = ("title", "finding", "scope", "source", "base", "reading_aid", "stub")


@pytest.fixture(scope="module")
def english(reference_build: Outputs) -> Publication:
    return load_publication(reference_build.publication, "en")


def french_words(folder: Path) -> set[str]:
    """Texts of the tables whose English is not the same: none of them may be read on an English page."""
    found: set[tuple[str, str]] = set()
    for table in json.loads((folder / "tables.json").read_text(encoding="utf-8")):
        found |= {(table[key] or "", table[f"{key}_en"] or "") for key in TWINS}
        found |= set(zip(table["notes"], table["notes_en"], strict=True))
        for row in table["rows"]:
            found |= {(row[key] or "", row[f"{key}_en"] or "") for key in ("label", "section")}
        found |= {(column["label"], column["label_en"]) for column in table["columns"]}
    return {french for french, twin in found if len(french) > 12 and french != twin}


def visible(node: Any) -> Iterator[str]:
    """Texts of a page, without those that say themselves that they are in French."""
    if node.tag not in ("script", "style") and node.get("lang") != "fr":
        yield node.text or ""
        for child in node:
            yield from visible(child)
            yield child.tail or ""


def test_nothing_lacks_a_twin(english: Publication, reference_outcome: Outcome) -> None:
    assert {table.number: table.untranslated for table in english.tables if table.untranslated} == {}
    assert not [v for v in reference_outcome.verdicts if v.id.startswith("english.")]


def test_no_french_sentence_on_the_english_page(english: Publication, reference_build: Outputs) -> None:
    html5lib = pytest.importorskip("html5lib")
    page = html5lib.parse(html_page(english, "en"), namespaceHTMLElements=False)
    read = {" ".join(text.split()) for text in visible(page)}
    forbidden = {" ".join(text.split()) for text in french_words(reference_build.publication)}
    assert len(forbidden) > 400
    assert sorted(read & forbidden) == []


def test_no_french_sentence_in_the_english_workbook(
    english: Publication, reference_build: Outputs, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    book = load_workbook(render_workbook(english, tmp_path / "report.xlsx"), read_only=True)
    numbers = {table.number for table in english.tables}
    read = {
        str(value)
        for sheet in book.worksheets
        if sheet.title.removeprefix("T") in numbers
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if isinstance(value, str)
    }
    assert len(read) > 300
    assert sorted(read & french_words(reference_build.publication)) == []


def test_numbers_are_written_in_english(english: Publication) -> None:
    page = html_page(english, "en")
    assert "14.9%" in page and "40,817" in page
    assert "14,9" not in page.split("<main", 1)[1].split('id="replication"', 1)[0]


def test_words_are_put_together_from_their_parts() -> None:
    joints = {" : ": ": ", " + ": " + ", " pour ": " against "}
    words = Words({"Taille": "Size", "3 salariés": "3 employees"}, joints, ["L'Épine"])
    assert words.of("Taille\u00a0: 3 salariés + 3 salariés (12)") == "Size: 3 employees + 3 employees (12)"
    assert words.of("1\u202f449,5\u00a0% pour −30\u202f000\u00a0€") == "1,449.5% against −€30,000"
    assert words.of("L’Épine") == "L’Épine"
    assert words.of("") is None and not words.missing
    assert words.of("Taille\u00a0: inconnue") is None
    assert list(words.missing) == ["Taille\u00a0: inconnue"]


def test_what_lacks_is_named(project: Project) -> None:
    twins = load_twins(project, project.edition(project.default_edition()), Placeholders({}, {}, "en"))
    table = {"id": "t", "number": "9.9", "source": "", "rows": [], "texts": {}, "columns": []}
    table |= {"title": "Titre", "finding": None, "base": "Base", "reading_aid": "Lire", "stub": "Ligne"}
    table["rows"] = [{"label": "Jamais traduit", "section": None}]
    card = {
        "title_en": "Title",
        "base_en": "Base",
        "stub_en": "Row",
        "scope": "nowhere",
        "notes": ["Une note."],
    }
    twins.add(table, card)
    assert twins.missing == {
        "9.9": ["reading_aid_en", "notes_en", "[scopes] nowhere", "«\u00a0Jamais traduit\u00a0»"]
    }
    assert table["title_en"] == "Title" and table["reading_aid_en"] is None
