"""The workbook, reopened: the checklist of accessible spreadsheets, values, signs, determinism."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.render.workbook import render_workbook
from test_render_fixture import build_publication


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return read_publication(build_publication(tmp_path_factory.mktemp("xlsx") / "publication"))


@pytest.fixture(scope="module")
def path(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_workbook(publication, tmp_path_factory.mktemp("out") / "rapport.xlsx")


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def _block(sheet: Any) -> tuple[list[str], list[list[Any]]]:
    (table,) = sheet.tables.values()
    rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    return rows[0], rows[1:]


def test_sheets(book: Any, publication: Publication) -> None:
    names = [
        "Couverture",
        "Sommaire",
        "Lire_les_tableaux",
        "Notes",
        *(t.sheet_name for t in publication.tables),
    ]
    assert book.sheetnames == [*names, "Dictionnaire", "Contrôles", "Réplication", "Données_longues"]
    assert book.active.title == "Couverture"


def test_each_sheet_holds_one_marked_up_table_with_nothing_below(book: Any) -> None:
    names = set()
    for sheet in book.worksheets:
        assert sheet["A1"].value, sheet.title
        assert not sheet.merged_cells.ranges and sheet.sheet_state == "visible"
        assert not any(d.hidden for d in sheet.row_dimensions.values())
        assert not any(d.hidden for d in sheet.column_dimensions.values())
        if sheet.title == "Couverture":
            assert sheet.max_column == 1 and all(row[0].value for row in sheet.iter_rows())
            continue
        assert len(sheet.tables) == 1, sheet.title
        (table,) = sheet.tables.values()
        names.add(table.name)
        last = int(re.search(r"\d+$", table.ref)[0])  # type: ignore[index]
        assert sheet.max_row == last
        header, rows = _block(sheet)
        assert len(header) == len(set(header)) and all(header)
        assert all(value not in (None, "") for row in rows for value in row), sheet.title
        assert all(cell.alignment.wrap_text for cell in sheet[table.ref][0])
    assert len(names) == len(book.worksheets) - 1


def test_table_sheets_carry_title_reading_scope_source(book: Any, publication: Publication) -> None:
    for table in publication.tables:
        sheet = book[table.sheet_name]
        assert sheet["A1"].value == f"Tableau {table.number} – {table.title}"
        lines = [sheet.cell(row, 1).value for row in range(2, 7)]
        assert "Données synthétiques" in lines[0]
        assert [line.split("\u00a0:")[0] for line in lines[1:]] == ["Lecture", "Champ", "Source", "Signes"]
        assert next(iter(sheet.tables.values())).ref.startswith("A8:")


def test_values_are_numbers_and_signs_are_text(book: Any, publication: Publication) -> None:
    for table in publication.tables:
        _, rows = _block(book[table.sheet_name])
        offset = 1 + table.has_sections
        for row, values in zip(table.rows, rows, strict=True):
            assert values[offset - 1] == row.label
            for index, column in enumerate(table.columns):
                cell, written = table.cell(row, column), values[offset + index]
                if cell.sign:
                    assert written == cell.sign
                elif cell.value is not None:
                    assert written == pytest.approx(cell.value) and not isinstance(written, str)
                else:
                    assert written == (cell.text or "–")


def test_number_formats_have_a_text_section(book: Any) -> None:
    assert book["T1.1"]["B9"].number_format == "#,##0;-#,##0;0;@"
    assert book["T1.1"]["C9"].number_format == "#,##0.0;-#,##0.0;0.0;@"


def test_rows_with_their_own_unit_and_reliability_have_a_column(book: Any) -> None:
    header, rows = _block(book["T10.1"])
    assert header[-1] == "Unité" and [row[-1] for row in rows] == ["–", "ETP", "%", "€", "ans", "–"]
    header, rows = _block(book["T4.1"])
    assert header[-1] == "Fiabilité" and rows[0][-1] == "u" and rows[1][-1] == "normale"


def test_contents_link_to_existing_sheets(book: Any) -> None:
    sheet = book["Sommaire"]
    _, rows = _block(sheet)
    linked = [cell.hyperlink.location for cell in sheet["A"] if cell.hyperlink]
    assert len(linked) == len(rows) == len(book.sheetnames) - 2
    assert all(re.fullmatch(r"'(.+)'!A1", target)[1] in book.sheetnames for target in linked)  # type: ignore[index]


def test_document_properties_have_no_clock(book: Any) -> None:
    properties = book.properties
    assert properties.created.year == 2030 and properties.modified.year == 2030
    assert properties.title and properties.creator and properties.subject


def test_no_formula_macro_or_outside_link(path: Path, book: Any) -> None:
    assert all(
        cell.data_type != "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    )
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name or "vba" in name.lower()]


def test_charts_have_alternative_texts_and_no_zero_for_hidden(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        drawings = [
            archive.read(n).decode() for n in archive.namelist() if re.match(r"xl/drawings/drawing\d+", n)
        ]
        charts = [archive.read(n).decode() for n in archive.namelist() if re.match(r"xl/charts/chart\d+", n)]
    frames = [frame for text in drawings for frame in re.findall(r"<xdr:cNvPr[^>]*>", text)]
    assert len(frames) == len(charts) >= 12
    assert all('descr="' in frame and 'descr=""' not in frame for frame in frames)
    assert all("Données synthétiques" in frame for frame in frames)
    assert all(chart.count("Données synthétiques") == 1 for chart in charts), "said inside each picture"
    assert any("<a:t>s</a:t>" in chart for chart in charts)


def test_print_set_up(book: Any, publication: Publication) -> None:
    for table in publication.tables:
        sheet = book[table.sheet_name]
        setup = sheet.page_setup
        assert (setup.paperSize, setup.fitToWidth or 1) == (
            9,
            1,
        ) and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert setup.fitToHeight == 0 or len(table.rows) < 40, "a long table takes the pages that it needs"
        assert sheet.print_title_rows == "$8:$8"
    assert book["T1.1"].page_setup.fitToHeight in (None, 1), "a short one holds on one page"
    assert book["Données_longues"].print_area, "what programs read is not printed"
    assert book["T2.1"].freeze_panes == "B9" and book["T1.1"].freeze_panes is None


def test_same_publication_same_bytes(publication: Publication, path: Path, tmp_path: Path) -> None:
    again = render_workbook(read_publication(publication.dir), tmp_path / "again.xlsx")
    assert again.read_bytes() == path.read_bytes()


def test_checklist_of_accessible_spreadsheets(book: Any, path: Path) -> None:
    """What the UK Analysis Function asks for and that no other test here says."""
    for sheet in book.worksheets:
        assert not sheet.sheet_view.showGridLines, sheet.title
        selection = sheet.sheet_view.selection[0]
        assert selection.activeCell in (None, "A1") or sheet.freeze_panes, sheet.title
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                assert cell.font.name == "Arial" and cell.font.sz >= 12, (sheet.title, cell.coordinate)
                assert cell.fill.fill_type is None, (sheet.title, cell.coordinate)
                assert not cell.font.vertAlign and not cell.font.i
        start = int(re.search(r"\d+", next(iter(sheet.tables.values())).ref)[0]) if sheet.tables else 1  # type: ignore[index]
        assert all(sheet.cell(row, 1).value for row in range(1, start)), "no blank row above the table"
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if re.match(r"xl/tables/table\d+", name)]
        assert names and all(b"altTextSummary=" in archive.read(name) for name in names)


def test_lines_above_a_table_are_wrapped_and_high_enough(book: Any, publication: Publication) -> None:
    for table in publication.tables:
        sheet = book[table.sheet_name]
        width = sheet.column_dimensions["A"].width
        for row in range(2, 7):
            cell = sheet.cell(row, 1)
            assert cell.alignment.wrap_text
            assert sheet.row_dimensions[row].height >= 15 * -(-len(cell.value) // (width * 1.25)), (
                table.id,
                row,
            )


def test_bounds_of_intervals_have_their_columns(book: Any) -> None:
    header, rows = _block(book["T5.1"])
    low = header.index("Part des répondants – Borne basse (95\u00a0%)")
    assert rows[0][low - 1 : low + 2] == [78.2, 65.6, 87.1]
    assert rows[1][low : low + 2] == ["///", "///"]


def test_no_number_is_wider_than_its_column_and_no_text_is_cut(book: Any) -> None:
    """A number too wide shows ####; a text is cut when its row is too low. Digits of Arial 12 are 9 pixels wide."""
    for sheet in book.worksheets:
        heights = {number: row.height or 15 for number, row in sheet.row_dimensions.items()}
        widths = {at: c.width for c in sheet.column_dimensions.values() for at in range(c.min, c.max + 1)}
        for row in sheet.iter_rows():
            for cell in row:
                room = widths[cell.column]
                if isinstance(cell.value, int | float):
                    shown = re.match(r"#,##0(?:\.(0+))?;", cell.number_format)
                    written = f"{cell.value:,.{len(shown[1] or '')}f}" if shown else str(round(cell.value))
                    assert len(written) + 1 <= room, (sheet.title, cell.coordinate)
                elif cell.alignment.wrap_text and cell.value:
                    lines = -(-len(cell.value) // (room * 1.35))
                    assert heights[cell.row] >= 15 * lines, (sheet.title, cell.coordinate)


def test_charts_stand_beside_the_rows_on_one_scale_with_their_unit(path: Path, book: Any) -> None:
    """Never over the header, which is printed again on each page; the charts of a table share their scale."""
    for sheet in book.worksheets:
        start = next((int(re.search(r"\d+", table.ref)[0]) for table in sheet.tables.values()), 0)  # type: ignore[index]
        tops = [chart.anchor._from.row for chart in sheet._charts]
        assert all(top >= start for top in tops), sheet.title
        scales = {chart.y_axis.scaling.max for chart in sheet._charts if len(sheet._charts) > 1}
        assert len(scales) <= 1, sheet.title
    with zipfile.ZipFile(path) as archive:
        charts = [archive.read(n).decode() for n in archive.namelist() if re.match(r"xl/charts/chart\d+", n)]
    assert any('formatCode="#,##0.0&quot;\u00a0%&quot;"' in chart for chart in charts)
    assert all("<c:title>" in chart and "<c:tickLblSkip" in chart for chart in charts)


def _charts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if re.match(r"xl/charts/chart\d+", name)]
        return {name: archive.read(name).decode() for name in names}


@pytest.mark.slow
def test_charts_never_overlap_whatever_the_rows(publication: Publication, tmp_path: Path) -> None:
    """Each begins under the end of the one before, in pixels of the rows as they are set."""
    wide = replace(
        publication.table("rates"),
        columns=tuple(
            replace(column, label=f"{column.label} {'très ' * 12}long")
            for column in publication.table("rates").columns
        ),
    )
    tables = tuple(wide if table.id == "rates" else table for table in publication.tables)
    path = render_workbook(replace(publication, tables=tables), tmp_path / "wide.xlsx")
    several = 0
    for sheet in openpyxl.load_workbook(path).worksheets:

        def top(row: int, offset: int, sheet: Any = sheet) -> float:
            heights = [sheet.row_dimensions[at].height or 15 for at in range(1, row + 1)]
            return sum(heights) * 96 / 72 + offset / 9525

        spans = sorted(
            (top(c.anchor._from.row, c.anchor._from.rowOff), top(c.anchor.to.row, c.anchor.to.rowOff))
            for c in sheet._charts
        )
        several += len(spans) > 1
        assert all(end <= start for (_, end), (start, _) in pairwise(spans)), sheet.title
        last = re.search(r"\d+$", next(iter(sheet.tables.values())).ref) if sheet.tables else None
        for chart in sheet._charts:
            beside = chart.anchor._from.col >= sheet.max_column
            assert beside or chart.anchor._from.row > int(last[0]), "beside the table or under it"  # type: ignore[index]
    assert several >= 3


def _alone(publication: Publication, tmp_path: Path, key: str, **chart: Any) -> Path:
    """A workbook with one table, whose chart is changed."""
    table = publication.table(key)
    table = replace(table, chart={**(table.chart or {}), **chart})
    return render_workbook(replace(publication, tables=(table,)), tmp_path / "alone.xlsx")


def test_charts_of_a_table_have_one_length_of_unit(publication: Publication, tmp_path: Path) -> None:
    """The same end of scale in plots of the same width, at the same place."""
    charts = _charts(_alone(publication, tmp_path, "5.1", column="pct"))
    assert len(charts) == 2
    for tag in ('<c:x val="[^"]+"/>', '<c:w val="[^"]+"/>', '<c:max val="[^"]+"/>'):
        assert len({re.findall(tag, text)[-1] for text in charts.values()}) == 1, tag


def test_charts_draw_intervals_and_mark_what_is_weak(publication: Publication, tmp_path: Path) -> None:
    path = _alone(publication, tmp_path, "5.1", column="pct", also=None)
    drawn = [text for text in _charts(path).values() if "<c:errBars>" in text]
    assert len(drawn) == 1 and "Trait\u00a0: intervalle de confiance" in drawn[0]
    cell = publication.table("5.1").cell("f1", "pct")
    (low, high), value = cell.interval or (0, 0), cell.value or 0
    _, rows = _block(openpyxl.load_workbook(path)["Intervalles"])
    assert rows[0][1] == "Compétences des salariés et des bénévoles"
    assert rows[0][3:] == pytest.approx([value - low, high - value])
    assert re.search(r"<c:plus><c:numRef><c:f>'?Intervalles'?!\$E\$4:\$E\$\d+<", drawn[0])
    weak = [text for text in _charts(path).values() if "(u)</a:t>" in text]
    assert weak and all("u = peu fiable" in text and '<a:alpha val="25000"/>' in text for text in weak)


def test_every_sheet_leads_back_to_the_contents(book: Any) -> None:
    for sheet in book.worksheets[2:]:
        links = [cell for row in sheet.iter_rows(max_row=9) for cell in row if cell.hyperlink]
        assert [link.value for link in links] == ["Retour au sommaire"], sheet.title
        assert links[0].hyperlink.location == "'Sommaire'!A1" or "Sommaire" in str(
            links[0].hyperlink.location
        )


def test_a_base_says_its_own_unit_in_its_cell(publication: Publication, tmp_path: Path) -> None:
    """« 55 questionnaires » under a column of structures, never a bare number of something else."""
    table = publication.table("5.1")
    cells = {**table.cells, ("fb", "n"): replace(table.cell("fb", "n"), unit="questionnaires")}
    tables = tuple(replace(table, cells=cells) if t.id == table.id else t for t in publication.tables)
    book = openpyxl.load_workbook(
        render_workbook(replace(publication, tables=tables), tmp_path / "base.xlsx")
    )
    sheet = book["T5.1"]
    header, rows = _block(sheet)
    at = next(at for at, row in enumerate(rows) if "Ensemble des répondants (n)" in row)
    cell = sheet.cell(9 + at, 1 + header.index("Nombre de structures"))
    assert cell.value == 55 and cell.number_format == '#,##0"\u00a0questionnaires"', "still a number"
    assert "Unité" not in header
