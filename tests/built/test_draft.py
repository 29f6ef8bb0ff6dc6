"""The first comment: facts of the publication, placeholders only, and a file that the texts mechanism can read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.first_comment import draft, write_draft
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import read_snapshot
from ess_observatory.words.number_words import spelled, without_digits

PLACEHOLDER = re.compile(r"{{ fig\('([^']+)'\) }}")
REFERENCE = re.compile(r"tableau (\d+\.\d+|[A-E]\.\d+)")


@pytest.fixture(scope="module")
def publication(reference_build: Outputs) -> Publication:
    return read_publication(reference_build.publication)


@pytest.fixture(scope="module")
def files(publication: Publication) -> dict[str, str]:
    return draft(publication)


def test_a_file_a_chapter_with_tables(files: dict[str, str], publication: Publication) -> None:
    assert set(files) >= {f"ch-{n:02}.md" for n in range(1, 14)}
    titles = {chapter["title"] for chapter in publication.texts["chapters"]}
    for text in files.values():
        assert text.splitlines()[0].removeprefix("# ") in titles


def test_no_number_is_typed(files: dict[str, str]) -> None:
    for name, text in files.items():
        assert not re.search(r"\d", REFERENCE.sub("", PLACEHOLDER.sub("", text))), name
        assert "{%" not in text
        assert text.count("{{") == len(PLACEHOLDER.findall(text))


def test_every_figure_is_shown_in_the_publication(files: dict[str, str], publication: Publication) -> None:
    asked = {figure for text in files.values() for figure in PLACEHOLDER.findall(text)}
    assert len(asked) > 150
    assert {publication.figure(figure).sign for figure in asked} == {""}


def test_facts_are_true(files: dict[str, str], publication: Publication) -> None:
    first = files["ch-01.md"]
    assert re.search(
        r"En tête, « un ou deux salariés » \({{ fig\('size_1_2'\) }}", first.replace("\u00a0", " ")
    )
    assert "Les deux premières lignes réunissent plus de la moitié" in first
    assert "À zéro" in first
    assert "{{ fig('sector_total') }}" in files["ch-03.md"]
    ranked = [
        row.code
        for row in sorted(
            (r for r in publication.table("sectors").rows if r.kind == "data"),
            key=lambda row: -(publication.table("sectors").cell(row, "count").value or 0),
        )
    ]
    asked = PLACEHOLDER.findall(next(line for line in files["ch-03.md"].splitlines() if "En tête" in line))
    ids = [publication.table("sectors").cell(code, "count").figure_id for code in ranked[:3]]
    assert [figure for figure in asked if figure in ids] == ids


def test_changes_are_said_without_numbers(
    reference_build: Outputs, publication: Publication, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    former = tmp_path / "publication"
    shutil.copytree(reference_build.publication, former)
    figures = pq.read_table(former / "figures.parquet")
    rows = figures.to_pylist()
    for row in rows:
        if row["figure_id"] == "size_1_2":
            row["value"] = 100.0
        if row["table_id"] == "sectors":
            row["sources"] = ["autre"]
        if row["table_id"] == "sectors" and row["value"]:
            row["value"] += 1
    pq.write_table(pa.Table.from_pylist(rows, schema=figures.schema), former / "figures.parquet")
    found = draft(publication, read_snapshot(former), read_snapshot(reference_build.publication))
    line = next(line for line in found["ch-01.md"].splitlines() if "Depuis la publication" in line)
    assert "nettement en hausse, à {{ fig('size_1_2') }}" in line
    assert "Rupture de série" in found["ch-03.md"]
    assert not re.search(r"\d", REFERENCE.sub("", PLACEHOLDER.sub("", found["ch-01.md"] + found["ch-03.md"])))


def test_an_edited_file_is_kept(files: dict[str, str], tmp_path: Path) -> None:
    written, kept = write_draft(files, tmp_path)
    assert (len(written), kept) == (len(files), [])
    edited = tmp_path / "ch-01.md"
    edited.write_text("# Mon texte\n", encoding="utf-8")
    assert write_draft(files, tmp_path)[1] == [edited]
    assert edited.read_text(encoding="utf-8") == "# Mon texte\n"
    assert write_draft(files, tmp_path, force=True)[1] == []
    assert edited.read_text(encoding="utf-8") == files["ch-01.md"]


def test_the_draft_can_be_published(files: dict[str, str], publication: Publication, tmp_path: Path) -> None:
    """The texts mechanism takes a drafted chapter as it is."""
    from ess_observatory.publish.texts import Placeholders, load_texts

    class Printed(Placeholders):
        def fig(self, figure_id: str) -> str:
            return publication.figure(figure_id).formatted()

    write_draft(files, tmp_path)
    (tmp_path / "essentiel.md").write_text("- Un point.\n", encoding="utf-8")
    texts = load_texts(
        [tmp_path], Printed({}, {}, known=lambda _: True), {str(number): ["x"] for number in range(1, 15)}
    )
    first = texts["chapters"][0]
    assert first["headline"].startswith("Brouillon")
    assert "<h3>Établissements employeurs" in first["html"]
    assert "160\u00a0établissements, soit" in first["html"]


def test_command(reference_build: Outputs, tmp_path: Path) -> None:
    arguments = ["draft", "--publication", str(reference_build.publication), "--out", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["kept"] == []
    assert (tmp_path / "ch-01.md").is_file()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (200, "deux cents"),
        (249, "deux cent quarante-neuf"),
        (1000, "mille"),
        (2011, "deux mille onze"),
        (80000, "quatre-vingt mille"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert spelled(number) == words
    assert without_digits(f"de {number} salariés") == f"de {words} salariés"
