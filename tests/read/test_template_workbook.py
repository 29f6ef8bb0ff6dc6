"""An observatory's own workbook, filled: values, signs and words where it asks for them, all else as it was."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.render.template_workbook import fill_template, template_of
from test_render_fixture import build_publication


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_publication(tmp_path_factory.mktemp("publication"))


@pytest.fixture(scope="module")
def publication(folder: Path) -> Publication:
    return read_publication(folder)


def template_with(path: Path, cells: dict[str, Any], **sheets: dict[str, Any]) -> Path:
    """A template of one sheet « Tableau de bord », and others."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tableau de bord"
    for title, content in {"Tableau de bord": cells, **sheets}.items():
        page = sheet if title == sheet.title else book.create_sheet(title)
        for place, value in content.items():
            page[place] = value
    book.save(path)
    return path


def filled(publication: Publication, template: Path, tmp_path: Path) -> Any:
    out = tmp_path / "rempli.xlsx"
    assert fill_template(publication, template, out) == []
    return openpyxl.load_workbook(out)


def test_a_figure_is_a_number_with_its_format(publication: Publication, tmp_path: Path):
    asked = {
        "A1": "{{ fig('size.01.count') }}",
        "A2": '{{fig("size.01.share")}}',
        "A3": "{{ fig(‘size.total.count’) }}",
        "A4": "{{ fig('size.01.share') }}",
        "A5": "{{ fig('size.total.count') }}",
    }
    template = template_with(tmp_path / "t.xlsx", asked)
    book = openpyxl.load_workbook(template)
    book.active["A4"].number_format = "0.00%"
    book.active["A5"].number_format = '0" structures"'
    book.save(template)
    sheet = filled(publication, template, tmp_path).active
    assert [(cell.value, cell.data_type, cell.number_format) for cell in sheet["A"]] == [
        (151, "n", "#,##0"),
        (36.1, "n", '#,##0.0"\u00a0%"'),
        (1449, "n", "#,##0"),
        (0.361, "n", "0.00%"),
        (1449, "n", '0" structures"'),
    ]


def test_what_is_hidden_stays_a_sign(publication: Publication, tmp_path: Path):
    asked = {
        "A1": "{{ fig('weight.wages.ess') }}",
        "A2": "{{ fig('weight.wages.all') }}",
        "A3": "{{ fig('size.nn.share') }}",
        "A4": "Masse salariale : {{ fig('weight.wages.ess') }}",
    }
    sheet = filled(publication, template_with(tmp_path / "t.xlsx", asked), tmp_path).active
    assert [cell.value for cell in sheet["A"]] == ["s", "nd", "///", "Masse salariale : s"]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}


def test_a_sentence_holds_figures_and_words_as_printed(publication: Publication, tmp_path: Path):
    asked = {
        "B2": "{{ territory }}, {{ year }} : {{ fig('size.total.count') }} établissements ({{ fig('size.01.share') }})"
    }
    sheet = filled(publication, template_with(tmp_path / "t.xlsx", asked), tmp_path).active
    said = sheet["B2"].value
    assert said.endswith(" : 1\u202f449 établissements (36,1\u00a0%)")
    assert "{{" not in said and str(publication.manifest["year"]) in said


def test_a_table_is_written_from_its_cell_on(publication: Publication, tmp_path: Path):
    template = template_with(
        tmp_path / "t.xlsx", {"B3": "{{ table('size') }}"}, Lignes={"A2": "{{ rows('1.2') }}"}
    )
    book = openpyxl.load_workbook(template)
    book.active["B3"].font = Font(bold=True)
    book.active["C4"].fill = PatternFill("solid", fgColor="FFEE00")
    book.save(template)
    done = filled(publication, template, tmp_path)
    sheet, table = done["Tableau de bord"], publication.table("size")
    assert [sheet.cell(3, c).value for c in (2, 3, 4)] == [
        "Tranche d’effectif salarié",
        "Établissements",
        "Part (%)",
    ]
    assert [sheet.cell(4 + i, 2).value for i in range(10)] == [row.label for row in table.rows]
    assert [sheet.cell(4 + i, 3).value for i in range(10)] == [151, 98, 62, 55, 33, 12, 5, 2, 31, 1449]
    assert sheet["D12"].value == "///" and sheet["D4"].number_format == "#,##0.0"
    assert sheet["B3"].font.b and sheet["D3"].font.b and not sheet["B5"].font.b, (
        "headers take the style of their cell"
    )
    assert sheet["C13"].fill.fgColor.rgb == "00FFEE00", "lines take the style of the first one"
    lines = done["Lignes"]
    assert [lines.cell(2, c).value for c in (2, 3, 4)] == [1449, 14600, 9.93]
    assert [lines.cell(4, c).value for c in (2, 3, 4)] == ["s", "nd", "s"]


def test_defined_names_are_filled_too(publication: Publication, tmp_path: Path):
    template = template_with(tmp_path / "t.xlsx", {"A1": "?", "A9": "garder"})
    book = openpyxl.load_workbook(template)
    for name, place in (("fig.size.01.count", "$A$1"), ("rows.years", "$C$2"), ("autre", "$A$9")):
        book.defined_names[name] = DefinedName(name, attr_text=f"'Tableau de bord'!{place}")
    book.save(template)
    sheet = filled(publication, template, tmp_path).active
    assert sheet["A1"].value == 151 and sheet["A9"].value == "garder"
    assert [sheet.cell(2 + i, 4).value for i in range(4)] == [430, 441, 449, 456]


def test_a_table_of_the_sheet_grows_with_its_lines(publication: Publication, tmp_path: Path):
    template = template_with(
        tmp_path / "t.xlsx", {"A1": "Année", "B1": "ESS", "C1": "Autres", "A2": "{{ rows('years') }}"}
    )
    book = openpyxl.load_workbook(template)
    book.active.add_table(Table(displayName="Annees", ref="A1:C2"))
    book.save(template)
    sheet = filled(publication, template, tmp_path).active
    assert sheet.tables["Annees"].ref == "A1:C5"
    assert sheet["C4"].value == "s"


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A template with all that an observatory cares for."""
    template = template_with(
        tmp_path / "riche.xlsx",
        {"A1": "Notre observatoire", "A3": "{{ rows('years') }}", "F1": "=SUM(B3:B6)"},
    )
    book = openpyxl.load_workbook(template)
    sheet = book.active
    sheet["A1"].font = Font(name="Georgia", size=22, color="00336699")
    sheet.column_dimensions["A"].width = 31
    sheet.merge_cells("A1:D1")
    sheet.conditional_formatting.add(
        "B3:B6", CellIsRule(operator="greaterThan", formula=["440"], font=Font(bold=True))
    )
    sheet.print_area, sheet.print_title_rows = "A1:D20", "1:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.oddFooter.center.text = "Observatoire – page &P"
    chart = BarChart()
    chart.title = "Employeurs"
    chart.add_data(Reference(sheet, min_col=2, min_row=3, max_row=6))
    sheet.add_chart(chart, "F5")
    from PIL import Image as Picture

    logo = io.BytesIO()
    Picture.new("RGB", (8, 8), (200, 30, 30)).save(logo, "PNG")
    sheet.add_image(Image(logo), "H1")
    book.create_sheet("Notes")["A1"] = "à la main"
    book.save(template)
    return template


def test_styles_logo_charts_and_print_set_up_are_kept(publication: Publication, rich: Path, tmp_path: Path):
    book = filled(publication, rich, tmp_path)
    sheet = book["Tableau de bord"]
    assert (sheet["A1"].font.name, sheet["A1"].font.sz, sheet.column_dimensions["A"].width) == (
        "Georgia",
        22,
        31,
    )
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A1:D1"]
    assert len(sheet.conditional_formatting) == 1
    assert (sheet.print_title_rows, sheet.page_setup.orientation, sheet.page_setup.paperSize) == (
        "$1:$2",
        "landscape",
        9,
    )
    assert "A$1:$D$20" in sheet.print_area and sheet.oddFooter.center.text == "Observatoire – page &P"
    assert len(sheet._images) == 1 and len(sheet._charts) == 1
    assert sheet._charts[0].series[0].val.numRef.f == "'Tableau de bord'!$B$3:$B$6"
    assert sheet["F1"].value == "=SUM(B3:B6)" and book["Notes"]["A1"].value == "à la main"
    assert book.calculation.fullCalcOnLoad


@pytest.mark.slow
def test_same_publication_and_template_same_bytes(publication: Publication, rich: Path, tmp_path: Path):
    hashes = set()
    for turn in range(2):
        out = tmp_path / f"{turn}.xlsx"
        fill_template(publication, rich, out)
        hashes.add(hashlib.sha256(out.read_bytes()).hexdigest())
        time.sleep(2.1 * (1 - turn))  # past the resolution of the dates of a zip
    assert len(hashes) == 1
    with zipfile.ZipFile(tmp_path / "0.xlsx") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_text_is_never_a_formula(tmp_path: Path):
    folder = build_publication(
        tmp_path / "p", communes=[("99001", '=HYPERLINK("http://x","y")', "@cmd"), ("99002", "+1", "-1")]
    )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "title": "=1+1"}), encoding="utf-8")
    template = template_with(tmp_path / "t.xlsx", {"A1": "{{ title }}", "A3": "{{ rows('communes') }}"})
    sheet = filled(read_publication(folder), template, tmp_path).active
    assert sheet["A1"].value == "=1+1"
    with zipfile.ZipFile(tmp_path / "rempli.xlsx") as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()


def test_every_fault_is_told_at_once_with_its_cell(publication: Publication, tmp_path: Path):
    template = template_with(
        tmp_path / "t.xlsx",
        {
            "A1": "{{ fig('size.1.count') }}",
            "A2": "{{ table('sise') }}",
            "A3": "{{ anne }}",
            "A4": "total {{ fig(size) }}",
            "A5": "voir {{ table('size') }}",
            "A6": '=1+"{{ year }}"',
            "A7": "{{ graph('size') }}",
        },
        Suite={"B2": "{{ rows('size') }}", "B5": "déjà là"},
    )
    with pytest.raises(ObservatoryError) as caught:
        fill_template(publication, template, tmp_path / "out.xlsx")
    told = str(caught.value)
    assert caught.value.exit_code == Exit.USAGE
    for cell in ("A1", "A2", "A3", "A4", "A5", "A6", "A7"):
        assert f"feuille « Tableau de bord », cellule {cell}" in told
    assert "feuille « Suite », cellule B2" in told and "recouvrirait la cellule B5" in told
    assert "Les plus proches : size." in told and "Mots connus : " in told
    assert not (tmp_path / "out.xlsx").exists()


def test_the_header_of_a_table_of_the_sheet_is_refused(publication: Publication, tmp_path: Path):
    template = template_with(
        tmp_path / "t.xlsx", {"A1": "Année", "B1": "{{ fig('size.01.count') }}", "A2": 1, "B2": 2}
    )
    book = openpyxl.load_workbook(template)
    book.active.add_table(Table(displayName="T", ref="A1:B2"))
    book.save(template)
    with pytest.raises(ObservatoryError, match="en-tête"):
        fill_template(publication, template, tmp_path / "out.xlsx")


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_workbook_is_refused(publication: Publication, tmp_path: Path, content: bytes):
    template = tmp_path / "t.xlsx"
    template.write_bytes(content)
    with pytest.raises(ObservatoryError) as caught:
        fill_template(publication, template, tmp_path / "out.xlsx")
    assert caught.value.code in ("E175", "E201")


def test_what_cannot_be_kept_is_said(publication: Publication, rich: Path, tmp_path: Path):
    with zipfile.ZipFile(rich, "a") as archive:
        archive.writestr("xl/ctrlProps/ctrlProp1.xml", "<x/>")
    assert fill_template(publication, rich, tmp_path / "out.xlsx") == ["contrôles de formulaire"]


def test_an_edition_may_have_its_own_template(tmp_path: Path):
    folder = tmp_path / "reports" / "templates"
    folder.mkdir(parents=True)
    assert template_of(tmp_path, "a") is None
    (folder / "classeur.xlsx").touch()
    (folder / "classeur-a.xlsx").touch()
    assert template_of(tmp_path, "a") == folder / "classeur-a.xlsx"
    assert template_of(tmp_path, "b") == folder / "classeur.xlsx"


def test_ess_report_fills_the_template(folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    (out / "publication").parent.mkdir()
    (out / "publication").symlink_to(folder)
    template = template_with(tmp_path / "mon modèle.xlsx", {"A1": "{{ fig('size.01.count') }}"})
    done = CliRunner().invoke(app, ["report", "--out", str(out), "--template", str(template), "--json"])
    assert done.exit_code == 0, done.output
    written = Path(json.loads(done.stdout)["outputs"]["filled"])
    assert written == out / "reports" / "mon modèle.xlsx"
    assert openpyxl.load_workbook(written).active["A1"].value == 151
    assert (out / "reports" / "rapport-ess.xlsx").is_file()


def test_the_copy_never_takes_the_place_of_the_report(tmp_path: Path):
    outputs = Outputs.of(tmp_path, "x", tmp_path)
    assert (
        outputs.filled(Path("modeles/rapport-ess.xlsx")) == tmp_path / "reports" / "modele-rapport-ess.xlsx"
    )


@pytest.mark.parametrize("name", ["absent.xlsx", "dossier.xlsx", "boucle.xlsx", "classeur.txt"])
def test_a_template_that_is_no_file_is_refused(publication: Publication, tmp_path: Path, name: str):
    (tmp_path / "dossier.xlsx").mkdir()
    (tmp_path / "boucle.xlsx").symlink_to(tmp_path / "boucle.xlsx")
    (tmp_path / "classeur.txt").write_text("x")
    with pytest.raises(ObservatoryError) as caught:
        fill_template(publication, tmp_path / name, tmp_path / "out.xlsx")
    assert (caught.value.code, caught.value.exit_code) == ("E175", Exit.USAGE)
