"""The analyst's prose: numbers only through placeholders, nothing of one territory, figures that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.edition_words import names_for_texts
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.texts import Placeholders, load_texts

FOLDER = Path(__file__).resolve().parents[2] / "pipelines" / "texts" / "fr"
FILES = sorted(FOLDER.glob("*.md"))
EVERY = sorted(FOLDER.parent.rglob("*.md"))  # both languages, and the texts of one kind of edition
CHAPTERS = [*(str(n) for n in range(1, 15)), "A", "B", "C", "D"]
#: Digits that are names or units, not results.
ALLOWED = (
    re.compile("pour 1\u202f000 habitants"),
    re.compile(r"loi du 31 juillet 2014|law of 31 July 2014|série de 2012|series of 2012"),
)
KEY_FIGURE = re.compile(r"^- (\w+) \|", re.MULTILINE)
TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)

by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def publication(reference_build: Outputs) -> Publication:
    return read_publication(reference_build.publication)


def prose(path: Path) -> str:
    """The words typed by hand, without placeholders and ids of figures."""
    return re.sub(KEY_FIGURE, "- ", TAG.sub("", path.read_text(encoding="utf-8")))


def asked(path: Path) -> set[str]:
    """Figures that a text asks for."""
    text = path.read_text(encoding="utf-8")
    return {*re.findall(r"(?:fig|counted|agree)\('([^']+)'", text), *KEY_FIGURE.findall(text)}


@pytest.mark.parametrize("path", EVERY, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_number_is_typed_by_hand(path: Path) -> None:
    text = prose(path)
    for pattern in ALLOWED:
        text = pattern.sub("", text)
    typed = [line.strip() for line in text.splitlines() if re.search(r"\d", line)]
    assert not typed


@by_file
def test_every_figure_exists(path: Path, publication: Publication) -> None:
    known = {figure.id for figure in publication.figures()}
    assert asked(path) <= known


@by_file
def test_texts_name_no_territory_commune_or_producer(path: Path, project: Project) -> None:
    edition = project.edition("sambre-avesnois-2011")
    names = {edition.territory.name, *(commune["name"] for commune in edition.territory.communes)}
    for source in project.sources.values():
        names.update(part for part in re.split(r"[,()]\s*", source.producer) if part[:1].isupper())
    names = {name.strip() for name in names if name.strip() and not name.startswith("Observatoire")}
    text = prose(path)
    assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]


@by_file
def test_typography(path: Path) -> None:
    text = prose(path)
    assert "'" not in text
    assert "..." not in text
    assert not re.search(r"\w[!?;»]", text)
    assert text.count("«") == text.count("»")


def test_chapters_and_main_points(publication: Publication) -> None:
    texts = publication.texts
    assert [chapter["id"] for chapter in texts["chapters"]] == CHAPTERS
    assert 4 <= len(texts["main_points"]) <= 6
    assert len(texts["key_figures"]) == 4
    for chapter in texts["chapters"]:
        assert chapter["headline"], chapter["id"]
        words = [word for word in chapter["headline"].split() if re.search(r"\w", word)]
        assert len(words) <= 12, chapter["headline"]
        assert bool(chapter["stakes"]) == chapter["id"].isdigit(), chapter["id"]
    printed = {number for chapter in texts["chapters"] for number in chapter["tables"]}
    assert printed | {"0.1"} >= {table.number for table in publication.tables}


def test_every_placeholder_of_the_reference_edition_has_a_value(publication: Publication) -> None:
    """A sign in the middle of a sentence reads badly: prose asks for figures that are shown."""
    signs = {figure_id: publication.figure(figure_id).sign for path in FILES for figure_id in asked(path)}
    assert not {figure_id: sign for figure_id, sign in signs.items() if sign}


def test_glossary_is_sorted_and_defines(publication: Publication) -> None:
    import unicodedata

    def plain(term: str) -> str:
        return unicodedata.normalize("NFD", term).encode("ascii", "ignore").decode().casefold()

    terms = [entry["term"] for entry in publication.texts["glossary"]]
    assert terms == sorted(terms, key=plain)
    assert len(set(terms)) == len(terms) > 20
    assert all(entry["definition"].endswith(".") for entry in publication.texts["glossary"])


def test_texts_hold_when_an_edition_has_no_figure(project: Project) -> None:
    """Blocks that speak of absent figures are left aside; nothing is printed as « nd », nothing breaks."""
    names = names_for_texts(project, project.edition("sambre-avesnois-2011"))
    placeholders = Placeholders({}, names, known=lambda figure_id: True)
    texts = load_texts([FOLDER], placeholders, {"1": ["1.1"]})
    assert [chapter["id"] for chapter in texts["chapters"]] == ["1", "A", "B", "C", "D"]
    assert texts["main_points"] == texts["key_figures"] == []
    assert placeholders.absent
    for chapter in texts["chapters"]:
        assert "nd" not in re.findall(r"\w+", f"{chapter['html']} {chapter['headline']}")


def test_thresholds_in_words_are_those_of_the_rules(project: Project) -> None:
    """The method page spells the thresholds out; the rules decide them."""
    rules = project.secrecy
    assert (rules["min_units"], rules["bases"]["percent_from"], rules["bases"]["flag_from"]) == (3, 30, 10)
    method = prose(FOLDER / "ch-a.md")
    for words in ("moins de trois unités", "Dès trente réponses", "en dessous de dix"):
        assert words in method
