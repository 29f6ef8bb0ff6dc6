"""Reading a publication folder, and its tables as frames, CSV and notebook HTML."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.table_csv import csv_name, table_csv, warning_of
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.publish.worth_printing import has_content
from ess_observatory.render.chartdata import Context
from ess_observatory.render.html import table_fragment
from ess_observatory.render.views import table_view
from ess_observatory.secrecy.door import Cell as Published
from ess_observatory.words.spreadsheet import BOM
from test_render_fixture import build_publication


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_publication(tmp_path_factory.mktemp("tables") / "publication")


@pytest.fixture(scope="module")
def publication(folder: Path) -> Publication:
    return read_publication(folder)


def test_tables_are_found_by_id_and_number(publication: Publication) -> None:
    assert publication.table("size") is publication.table("1.1")
    with pytest.raises(KeyError):
        publication.table("9.9")


def test_cells_have_values_texts_or_signs(publication: Publication) -> None:
    weight = publication.table("weight")
    assert weight.cell("employers", "share").value == 9.93
    assert [weight.cell("wages", column).sign for column in ("ess", "all", "share")] == ["s", "nd", "s"]
    assert publication.table("actions").cell("2", "axis2").text == "–"
    assert publication.table("compare").cell("s1", "sample").mark == "u"
    assert publication.table("5.1").signs == ("///", "u", "ns")


def test_figures_have_their_context(publication: Publication) -> None:
    figure = publication.figure("weight.jobs.share")
    assert (figure.table.number, figure.row.code, figure.column.code) == ("1.2", "jobs", "share")
    assert figure.formatted() == "14,9\u00a0%"
    assert publication.figure("weight.wages.share").formatted() == "s"
    with pytest.raises(KeyError):
        publication.figure("nowhere")


def test_names_of_sheets_and_anchors(publication: Publication) -> None:
    assert (publication.table("1.1").sheet_name, publication.table("1.1").anchor) == ("T1.1", "t1-1")
    assert (publication.table("C.1").sheet_name, publication.table("C.1").anchor) == ("C.1", "c-1")


def test_a_hidden_cell_with_a_value_is_refused(folder: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in ("tables.json", "manifest.json", "texts.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    original = pq.read_table(folder / "figures.parquet")
    rows = original.to_pylist()
    hidden = next(row for row in rows if row["conf_status"] == "C")
    hidden["value"] = 12.0
    pq.write_table(pa.Table.from_pylist(rows, schema=original.schema), tmp_path / "figures.parquet")
    with pytest.raises(ObservatoryError) as caught:
        read_publication(tmp_path)
    assert caught.value.exit_code == 6
    assert "12" not in str(caught.value)


def test_a_number_without_table_is_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tables = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    (tmp_path / "tables.json").write_text(json.dumps(tables[1:]), encoding="utf-8")
    with pytest.raises(ObservatoryError, match="size"):
        read_publication(tmp_path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ObservatoryError) as caught:
        read_publication(tmp_path)
    assert caught.value.exit_code == 4


def test_frame_has_na_and_signs(publication: Publication) -> None:
    frame = publication.table("weight").to_frame()
    assert frame["share"].isna().tolist() == [False, False, True]
    assert frame["share_sign"].tolist() == ["", "", "s"]
    assert frame.loc["jobs", "ess"] == 6123
    assert "section" in publication.table("5.1").to_frame().columns


def test_csv_reads_back(publication: Publication) -> None:
    text = table_csv(publication.table("weight"))
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))
    assert rows[0] == [
        "Modalité",
        "ESS",
        "ESS (statut)",
        "Ensemble",
        "Ensemble (statut)",
        "Part (%)",
        "Part (%) (statut)",
    ]
    assert rows[1] == ["Part de l’ESS dans les établissements employeurs", "1449", "", "14600", "", "9,9", ""]
    assert rows[3][1:] == ["", "s", "", "nd", "", "s"]
    english = table_csv(publication.table("weight"), "en").removeprefix(BOM)
    assert next(row for row in csv.reader(io.StringIO(english)) if "jobs" in row or "9.9" in row)


def test_csv_text_is_never_a_formula(publication: Publication) -> None:
    assert "'=1+1" in table_csv(publication.table("actions"))


def test_every_row_of_a_synthetic_csv_says_so(publication: Publication) -> None:
    table = publication.table("size")
    for lang, header, word in (
        ("fr", "Avertissement", "Données synthétiques"),
        ("en", "Warning", "Synthetic data"),
    ):
        text = table_csv(table, lang, warning_of(publication, lang)).removeprefix(BOM)
        rows = list(csv.reader(io.StringIO(text), delimiter=";" if lang == "fr" else ","))
        assert rows[0][-1] == header and {row[-1] for row in rows[1:]} == {word} and len(rows) > 5
    real = replace(publication, manifest={**publication.manifest, "synthetic": False})
    assert warning_of(real) == "" and "Avertissement" not in table_csv(table)
    assert csv_name(publication, table) == "SYNTHETIQUE_1.1_size.csv"
    assert csv_name(real, table, "essai") == "essai_1.1_size.csv"


def test_csv_says_the_unit_of_each_row(publication: Publication) -> None:
    rows = list(
        csv.reader(io.StringIO(table_csv(publication.table("people")).removeprefix(BOM)), delimiter=";")
    )
    assert rows[0][1] == "Unité"
    assert [row[1] for row in rows[1:]] == ["–", "ETP", "%", "€", "ans", "–"]


def test_notebook_html_is_the_report_table(publication: Publication) -> None:
    markup = table_fragment(publication.table("size"))
    assert "<caption" in markup and 'scope="row"' in markup and "Lecture" in markup
    assert "1\u202f449" in markup


def test_csv_has_the_bounds_of_intervals(publication: Publication) -> None:
    header, first, *_ = csv.reader(
        io.StringIO(table_csv(publication.table("strengths")).removeprefix(BOM)), delimiter=";"
    )
    low = header.index("Part des répondants (%) – Borne basse (95\u00a0%)")
    assert first[low : low + 2] == ["66", "87"]


def _said(texts: list[str], unit: str = "structures", title: str = "Causes") -> PublishedTable:
    """A table of two counts and a column of texts, one row a text."""
    columns = (
        Column("a", "Ponctuel", unit, 0),
        Column("b", "Structurel", unit, 0),
        Column("what", "Ce qu’il compte", "", 0, "text"),
    )
    rows = tuple(Row(f"r{rank}", f"Ligne {rank}") for rank in range(len(texts)))
    cells = {(row.code, code): Cell(None, 1.0) for row in rows for code in "ab"}
    cells |= {(row.code, "what"): Cell(None, None, text=text) for row, text in zip(rows, texts, strict=True)}
    return PublishedTable(
        "t", "1.1", 1, title, None, "champ", "source", None, None, (), "Ligne", columns, rows, cells
    )


def test_a_short_table_of_sentences_is_read_as_paragraphs_on_a_telephone() -> None:
    context = Context("fr", None, {})
    long, short = (
        "Établissements ouverts et employeurs, effectif non connu compris, cas à vérifier non compris.",
        "Oui",
    )
    told = table_view(_said([long, short]), context)
    assert (told["told"], told["long"]) == (True, ["", "", "long longest"])
    assert not table_view(_said([short] * 3), context)["told"]
    assert not table_view(_said([long] * 30), context)["told"], "a long table stays a table"
    markup = table_fragment(_said([long, short]))
    assert markup.count('data-label="Ce qu’il compte\u00a0: "') == 2
    assert not re.search(r"<t(able|body|r|d|h)[^>]* role=", markup), "its elements say what they are"


def test_the_unit_of_all_columns_is_not_said_again_by_a_title_that_holds_it() -> None:
    context = Context("fr", None, {})
    assert table_view(_said(["x"]), context)["unit"] == "structures"
    assert table_view(_said(["x"], title="Causes que citent les structures"), context)["unit"] == ""


def test_a_total_without_any_row_says_nothing() -> None:
    card = {"columns": [{"code": "n", "secrecy": "public"}]}
    total, row = (
        Published(code, code, 1, kind, None, "n", value=3.0, obs_status="A")
        for code, kind in (("total", "total"), ("a", "data"))
    )
    assert not has_content(card, [total]) and has_content(card, [row, total])
