"""The commentary with its values, and the template of texts: facts of the publication, each paragraph with its file."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.commentary import Block, commentary, kept_or_written, text_template
from ess_observatory.export.commentary_files import MARKDOWN, WORD, markdown, word
from ess_observatory.export.facts import facts_of
from ess_observatory.publish.comparison import compare
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import read_snapshot
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.words.number_words import spelled, without_digits

FIGURE = re.compile(r"{{ fig\('([^']+)'\) }}")
PLACEHOLDER = re.compile(r"{{ (?:fig|agree)\([^{}]*\) }}")
REFERENCE = re.compile(r"tableau (\d+\.\d+|[A-E]\.\d+)")


@pytest.fixture(scope="module")
def publication(reference_build: Outputs) -> Publication:
    return read_publication(reference_build.publication)


@pytest.fixture(scope="module")
def blocks(publication: Publication, project: Project) -> list[Block]:
    return commentary(publication, project)


@pytest.fixture(scope="module")
def files(publication: Publication) -> dict[str, str]:
    return text_template(publication)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


# ------------------------------------------------------------------ the commentary


def test_it_holds_the_prose_of_the_report_with_its_values(
    blocks: list[Block], publication: Publication
) -> None:
    said = {block.text for block in blocks}
    assert not any("{{" in text or "{%" in text or "</" in text for text in said)
    for chapter in publication.texts["chapters"]:
        assert f"{chapter['number']}. {chapter['title']}" in said
        assert not chapter["headline"] or chapter["headline"] in said
    told = " ".join(said)
    prose = re.sub(r"<[^>]+>", "\n", publication.texts["chapters"][0]["html"])
    assert all(part.strip() in told for part in prose.split("\n") if part.strip())
    assert all(table.finding in told for table in publication.tables if table.finding)


def test_every_paragraph_of_prose_names_an_existing_file_and_its_line(
    blocks: list[Block], project: Project
) -> None:
    prose = [block for block in blocks if block.place.startswith("pipelines/texts/fr/")]
    assert len(prose) > 100
    for block in prose:
        file, _, line = block.place.partition(", ligne ")
        lines = (project.root / file).read_text(encoding="utf-8").splitlines()
        assert line, block
        written = plain(re.sub(r"{{.*?}}|{%.*?%}|[*#>-]", " ", lines[int(line) - 1]))
        shared = [word for word in re.findall(r"[^\W\d_]{4,}", written) if word in block.text]
        assert shared, (block.text, lines[int(line) - 1])


def test_titles_of_tables_name_the_card_that_they_are_written_in(
    blocks: list[Block], project: Project
) -> None:
    tables = [block for block in blocks if block.kind == "table"]
    assert len(tables) > 30
    for block in tables:
        file, _, key = block.place.partition(", ")
        assert (project.root / file).is_file() and key in ("« finding »", "« title »")


def test_facts_have_the_values_of_the_publication(blocks: list[Block], publication: Publication) -> None:
    facts = [plain(block.text) for block in blocks if block.kind == "fact"]
    assert len(facts) > 60
    first = next(text for text in facts if "1 ou 2 salariés" in text)
    value = publication.figure("size_1_2").formatted()
    assert f"En tête, « 1 ou 2 salariés » ({value} établissements, soit" in first
    assert not any(re.search(r"\b1 (établissements|structures|postes)\b", text) for text in facts)


def test_no_hidden_value_and_no_sign_enters_a_fact(blocks: list[Block]) -> None:
    facts = [plain(block.text) for block in blocks if block.kind == "fact"]
    assert not any(re.search(r"(?:[:(]|soit|puis) (?:s|nd|ns|///)(?:[ ).,]|$)", text) for text in facts)


@pytest.fixture(scope="module")
def in_word(blocks: list[Block]) -> bytes:
    return word(blocks, 2011)


def test_word_carries_the_place_of_a_paragraph_in_its_margin(blocks: list[Block], in_word: bytes) -> None:
    from docx import Document

    document = Document(io.BytesIO(in_word))
    assert [p.text for p in document.paragraphs] == [block.text for block in blocks]
    placed = [block.place for block in blocks if block.place]
    assert [comment.text for comment in document.comments] == placed


def test_markdown_hides_the_places(blocks: list[Block]) -> None:
    text = markdown(blocks).decode()
    shown = re.sub(r"<!--.*?-->", "", text)
    assert "pipelines/" in text and "pipelines/" not in shown
    assert text.startswith("# Commentaire du rapport")
    assert text.count("\n## ") == sum(block.kind == "chapter" for block in blocks)


def _survey(*cells: Cell) -> PublishedTable:
    rows = tuple(Row(f"r{n}", f"Choix {'ABCD'[n]}") for n in range(len(cells)))
    column = Column("share", "Part", "%")
    found = {(row.code, "share"): cell for row, cell in zip(rows, cells, strict=True)}
    return PublishedTable("t", "1.1", 1, "T", None, "", "", None, None, (), "", (column,), rows, found)


def _share(rank: int, value: float, margin: float | None) -> Cell:
    low, high = (None, None) if margin is None else (value - margin, value + margin)
    return Cell(f"f{rank}", value, base_n=40, ci_low=low, ci_high=high)


@pytest.mark.parametrize(
    ("values", "margin", "leads"),
    [((60, 20, 10), 5, True), ((27, 26, 10), 5, False), ((60, 20, 10), None, False), ((30, 30, 10), 2, None)],
)
def test_what_leads_leads_beyond_its_margin(
    values: tuple[float, ...], margin: float | None, leads: bool | None
) -> None:
    table = _survey(*(_share(rank, value, margin) for rank, value in enumerate(values)))
    [text] = [fact.text for fact in facts_of(table)]
    assert text.startswith({True: "En tête, « Choix A »", False: "Les valeurs les plus élevées, sans écart net"}.get(
        leads, "À égalité en tête, « Choix A »"))  # fmt: skip


def test_what_leads_among_the_shown_is_not_said_to_lead() -> None:
    for unknown in (Cell("h", conf_status="C"), Cell("h", obs_status="O")):
        table = _survey(_share(0, 60, 2), _share(1, 20, 2), _share(2, 10, 2), unknown)
        texts = [fact.text for fact in facts_of(table)]
        assert any(text.startswith("Parmi les valeurs montrées, les plus élevées") for text in texts)
        assert not any("En tête" in text for text in texts)


# ------------------------------------------------------------------ the template of texts


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
    asked = {figure for text in files.values() for figure in FIGURE.findall(text)}
    assert len(asked) > 150
    assert {publication.figure(figure).sign for figure in asked} == {""}


def test_facts_are_true(files: dict[str, str], publication: Publication) -> None:
    first = files["ch-01.md"]
    assert re.search(r"En tête, « un ou deux salariés » \({{ fig\('size_1_2'\) }}", plain(first))
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
    asked = FIGURE.findall(next(line for line in files["ch-03.md"].splitlines() if "En tête" in line))
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
    changes = {}
    for change in compare(read_snapshot(former), read_snapshot(reference_build.publication)):
        changes.setdefault(change.table_id, []).append(change)
    found = text_template(publication, changes)
    line = next(line for line in found["ch-01.md"].splitlines() if "Depuis la publication" in line)
    assert "nettement en hausse, à {{ fig('size_1_2') }}" in line
    assert "Rupture de série" in found["ch-03.md"]
    assert not re.search(r"\d", REFERENCE.sub("", PLACEHOLDER.sub("", found["ch-01.md"] + found["ch-03.md"])))


def test_an_edited_file_is_kept(files: dict[str, str], tmp_path: Path) -> None:
    given = {name: text.encode() for name, text in files.items()}
    written, kept = kept_or_written(given, tmp_path)
    assert (len(written), kept) == (len(files), [])
    edited = tmp_path / "ch-01.md"
    edited.write_text("# Mon texte\n", encoding="utf-8")
    assert kept_or_written(given, tmp_path)[1] == [edited]
    assert edited.read_text(encoding="utf-8") == "# Mon texte\n"
    assert kept_or_written(given, tmp_path, force=True)[1] == []
    assert edited.read_text(encoding="utf-8") == files["ch-01.md"]


def test_the_template_can_be_published(
    files: dict[str, str], publication: Publication, tmp_path: Path
) -> None:
    """The texts mechanism takes a chapter of the template as it is."""
    from ess_observatory.publish.texts import Placeholders, load_texts

    class Printed(Placeholders):
        def fig(self, figure_id: str) -> str:
            return publication.figure(figure_id).formatted()

    kept_or_written({name: text.encode() for name, text in files.items()}, tmp_path)
    (tmp_path / "essentiel.md").write_text("- Un point.\n", encoding="utf-8")
    texts = load_texts(
        [tmp_path], Printed({}, {}, known=lambda _: True), {str(number): ["x"] for number in range(1, 15)}
    )
    first = texts["chapters"][0]
    assert first["headline"].startswith("Brouillon")
    assert "<h3>Établissements employeurs" in first["html"]
    assert "160\u00a0établissements, soit" in first["html"]


@pytest.mark.slow
def test_command(reference_build: Outputs, tmp_path: Path, in_word: bytes) -> None:
    arguments = ["draft", "--publication", str(reference_build.publication), "--out", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert ([Path(path).name for path in answer["written"]], answer["kept"]) == ([WORD, MARKDOWN], [])
    assert (tmp_path / WORD).read_bytes() == in_word, "no clock"
    done = CliRunner().invoke(app, [*arguments, "--template"])
    assert done.exit_code == 0
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
