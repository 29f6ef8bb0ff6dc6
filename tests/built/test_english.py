"""The English page: every text of every published table has its twin, and none is left in French."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.declare.english_words import Words, load_words
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.english import load_twins
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.texts import Placeholders
from ess_observatory.recipe.runner import Outcome
from ess_observatory.render.html import html_page
from ess_observatory.render.workbook import render_workbook
from ess_observatory.words.typography import french

TWINS = ("title", "finding", "scope", "source", "base", "reading_aid", "stub")


@pytest.fixture(scope="module")
def english(reference_build: Outputs) -> Publication:
    return read_publication(reference_build.publication, "en")


@pytest.fixture(scope="module")
def text(english: Publication) -> str:
    """The English page, beside the French one."""
    return html_page(english, "en", others=("fr",))


@pytest.fixture(scope="module")
def parsed(text: str) -> Any:
    html5lib = pytest.importorskip("html5lib")
    return html5lib.parse(text, namespaceHTMLElements=False)


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


def test_no_french_sentence_on_the_english_page(parsed: Any, reference_build: Outputs) -> None:
    read = {" ".join(text.split()) for text in visible(parsed)}
    forbidden = {" ".join(text.split()) for text in french_words(reference_build.publication)}
    assert len(forbidden) > 400
    assert sorted(read & forbidden) == []


FRENCH = re.compile(
    r"\b(des|les|est|une|pour|dans|sont|aux|avec|qui|ont|du|et|pas|le|leur|cette|ces)\b", re.IGNORECASE
)
#: Elements of the English page that may say that they are in French: the link to the page in French.
IN_FRENCH = {"Version française"}


def foreign(node: Any) -> Iterator[str]:
    """Texts that say themselves that they are in French."""
    if node.get("lang") == "fr":
        yield " ".join("".join(node.itertext()).split())
    else:
        for child in node:
            yield from foreign(child)


def without_names(text: str, names: list[str]) -> str:
    """A text without the proper names that it holds (areas, files), or '' for a line of one of them in a drawing."""
    for name in names:
        text = text.replace(name, "")
    return "" if any(text in name for name in names) else text


@pytest.fixture(scope="module")
def places(project: Project) -> list[str]:
    """Names of places, the longest first: they are the same in both languages."""
    editions = [path.stem for path in project.pipelines.glob("editions/*.toml")]
    communes = [c for name in editions for c in project.edition(name).territory.communes]
    names = {c["name"] for c in communes} | {c["epci_name"] for c in communes}
    return sorted((name.replace("'", "’") for name in names), key=len, reverse=True)


@pytest.mark.parametrize("edition", ["reference_build", "today_build"])
def test_only_names_are_french_on_the_english_page(
    edition: str, places: list[str], request: pytest.FixtureRequest
) -> None:
    if edition == "reference_build":
        book, page = (request.getfixturevalue(name) for name in ("english", "parsed"))
    else:
        html5lib = pytest.importorskip("html5lib")
        book = read_publication(request.getfixturevalue(edition).publication, "en")
        page = html5lib.parse(html_page(book, "en", others=("fr",)), namespaceHTMLElements=False)
    assert set(foreign(page)) == IN_FRENCH
    files = [file["name"] for source in book.manifest["sources"] for file in source["files"]]
    left = [" ".join(text.split()) for text in visible(page)]
    found = {text for text in left if FRENCH.search(without_names(text, files + places))}
    assert found == set()


def test_nothing_of_the_controls_lacks_a_twin(reference_build: Outputs, today_build: Outputs) -> None:
    for outputs in (reference_build, today_build):
        checks = json.loads((outputs.publication / "checks.json").read_text(encoding="utf-8"))
        manifest = json.loads((outputs.publication / "manifest.json").read_text(encoding="utf-8"))
        assert len(checks) > 50
        assert [check["label"] for check in checks if not check["label_en"]] == []
        for source in manifest["sources"]:
            assert source["label_en"] and source["producer_en"] and source["licence_en"], source["id"]
    lines = json.loads((reference_build.publication / "replication.json").read_text(encoding="utf-8"))
    assert all(line["label_en"] for line in lines.values())
    book = read_publication(reference_build.publication, "en")
    assert [line["figure_id"] for line in book.replication if line["french"]] == []


def test_every_declared_control_has_a_twin(project: Project) -> None:
    """Those of the sources that no edition of the tests reads, included."""
    words = load_words(project, project.edition(project.default_edition()))
    paths = [*project.pipelines.glob("sources/*/source.toml"), *project.pipelines.glob("rules/*.toml")]
    declared = [check["label"] for path in paths for check in read_toml(path).get("checks", ())]
    assert len(declared) > 40
    assert [label for label in declared if words.of(french(label)) is None] == []


def test_no_french_sentence_in_the_english_workbook(
    english: Publication, reference_build: Outputs, places: list[str], tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    book = load_workbook(render_workbook(english, tmp_path / "report.xlsx"), read_only=True)
    read = {
        value
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if isinstance(value, str)
    }
    assert len(read) > 1000
    assert sorted(read & french_words(reference_build.publication)) == []
    assert sorted(text for text in read if FRENCH.search(without_names(text, places))) == []


def test_numbers_are_written_in_english(text: str) -> None:
    assert "14.9%" in text and "40,817" in text
    assert "14,9" not in text.split("<main", 1)[1]


def test_words_are_put_together_from_their_parts() -> None:
    joints = {" : ": ": ", " + ": " + ", " pour ": " against "}
    words = Words({"Taille": "Size", "3 salariés": "3 employees"}, joints, ["L'Épine"])
    assert words.of("Taille\u00a0: 3 salariés + 3 salariés (12)") == "Size: 3 employees + 3 employees (12)"
    assert words.of("1\u202f449,5\u00a0% pour −30\u202f000\u00a0€") == "1,449.5% against −€30,000"
    assert words.of("L’Épine") == "L’Épine"
    assert words.of("") is None and not words.missing
    kept = Words({"Postes": "Posts"}, {}, [], {"Le tableau {=} additionne {}": "Table {} adds up {}"})
    assert kept.of("Le tableau 1.1 additionne Postes") == "Table 1.1 adds up Posts"
    assert kept.of("Le tableau 1.1 additionne Rien") is None
    assert words.of("Taille\u00a0: inconnue") is None
    assert list(words.missing) == ["Taille\u00a0: inconnue"]


def test_what_lacks_is_named(project: Project) -> None:
    words = load_words(project, project.edition(project.default_edition()))
    twins = load_twins(project, words, Placeholders({}, {}, "en"))
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


def test_published_in_english(reference_build: Outputs, project: Project) -> None:
    french, english = (
        json.loads((reference_build.publication / name).read_text(encoding="utf-8"))
        for name in ("texts.json", "texts.en.json")
    )
    assert [chapter["id"] for chapter in english["chapters"]] == [
        chapter["id"] for chapter in french["chapters"]
    ]
    assert [key["figure"] for key in english["key_figures"]] == [
        key["figure"] for key in french["key_figures"]
    ]
    assert len(english["main_points"]) == len(french["main_points"])
    assert len(english["glossary"]) == len(french["glossary"])
    assert "9.9%" in english["main_points"][0]
    assert "6,092" in english["main_points"][1]
    first = english["chapters"][0]
    assert (first["title"], "31 December 2011" in first["html"]) == ("Economic weight", True)
    assert first["stakes"].startswith("<ul>")
    assert not re.search(r"[\u00a0\u202f]", json.dumps(english["chapters"][:14], ensure_ascii=False))
    terms = [entry["term"].casefold() for entry in english["glossary"]]
    assert terms == sorted(terms)
