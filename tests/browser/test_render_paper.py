"""Copies on paper: what is said when the programs are absent, and the .ods and LibreOffice's reading of the workbook."""

from __future__ import annotations

import subprocess
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.reader import read_publication
from ess_observatory.render import paper
from ess_observatory.render.formats import write_reports
from ess_observatory.render.html import html_page
from ess_observatory.render.workbook import render_workbook
from test_render_fixture import build_publication


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_publication(tmp_path_factory.mktemp("paper") / "publication")


def test_without_programs_the_remedy_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper.shutil, "which", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(ObservatoryError, match="PDF impossible") as caught:
        paper.write_pdf(read_publication(folder), tmp_path / "r.pdf")
    assert caught.value.exit_code == Exit.MISSING and "Chromium" in (caught.value.fix or "")
    with pytest.raises(ObservatoryError, match="LibreOffice") as caught:
        paper.write_ods(tmp_path / "r.xlsx", tmp_path)
    assert caught.value.exit_code == Exit.MISSING


def test_a_browser_that_prints_nothing_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "browser", lambda: "/bin/true")
    with pytest.raises(ObservatoryError) as caught:
        paper.write_pdf(read_publication(folder), tmp_path / "r.pdf")
    assert caught.value.code == "E161" and not (tmp_path / "r.pdf").exists()


def test_pages_of_named_places_are_read_in_the_tree() -> None:
    pdf = (
        b"1 0 obj\n<</Type /Pages\n/Count 2\n/Kids [3 0 R 4 0 R]\n/Parent 9 0 R>>\nendobj\n"
        b"2 0 obj\n<</Type /Pages\n/Count 1\n/Kids [5 0 R]\n/Parent 9 0 R>>\nendobj\n"
        b"9 0 obj\n<</Type /Pages\n/Count 3\n/Kids [1 0 R 2 0 R]>>\nendobj\n"
        b"<</ch-1 [4 0 R /XYZ 0 1 0]\n/t1-1 [5 0 R /XYZ 0 2 0]>>"
    )
    assert paper.page_numbers(pdf) == {"ch-1": 2, "t1-1": 3}
    assert paper.page_numbers(b"%PDF-1.7 something else") == {}


def test_page_for_paper_is_laid_out_in_two_columns_and_hides_nothing(folder: Path) -> None:
    publication = read_publication(folder)
    page = html_page(publication, page_numbers={"t1-1-h": 7})
    assert '<details class="fold"' not in page and 'class="chart wide"' not in page
    beside = page.split('<div class="beside">')[1:]
    assert any('class="chart paper"' in part and 'class="ess-table' in part for part in beside)
    contents = page[page.index('id="sommaire"') : page.index("<main")]
    for table in publication.tables:
        assert str(table.chapter) == "0" or f'href="#{table.anchor}-h"' in contents, table.number
    assert contents.count('class="toc-page">7<') == 1
    assert '@top-right { content: "Données synthétiques"' in page
    screen = html_page(publication)
    assert "toc-tables" not in screen.split("</style>")[-1] and 'class="chart paper"' not in screen


def test_english_page_and_workbook_are_written_beside(folder: Path, tmp_path: Path) -> None:
    written = write_reports(folder, tmp_path, ("fr", "en"))
    english, french = (
        (tmp_path / name).read_text(encoding="utf-8") for name in ("rapport-ess.en.html", "rapport-ess.html")
    )
    names = {"workbook": "rapport-ess.xlsx", "page": "rapport-ess.html"}
    names |= {"workbook_en": "rapport-ess.en.xlsx", "page_en": "rapport-ess.en.html"}
    assert written == {kind: tmp_path / name for kind, name in names.items()}
    book = openpyxl.load_workbook(written["workbook_en"], read_only=True)
    assert book.sheetnames[:4] == ["Cover", "Contents", "Reading_the_tables", "Notes"]
    assert 'hreflang="fr" href="rapport-ess.html"' in english
    assert 'hreflang="en" href="rapport-ess.en.html"' in french


@pytest.mark.slow
def test_libreoffice_reads_the_workbook(folder: Path, tmp_path: Path) -> None:
    if paper.office() is None:
        pytest.skip("no LibreOffice on this machine")
    publication = read_publication(folder)
    book = render_workbook(publication, tmp_path / "rapport-ess.xlsx")
    copy = paper.write_ods(book, tmp_path)
    assert copy.name == "rapport-ess.ods"
    original, copied = (CalamineWorkbook.from_path(path) for path in (book, copy))
    assert copied.sheet_names == original.sheet_names
    for name in original.sheet_names:
        assert copied.get_sheet_by_name(name).to_python() == original.get_sheet_by_name(name).to_python(), (
            name
        )
    command = [str(paper.office()), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages = (tmp_path / "rapport-ess.pdf").read_bytes().count(b"/Type/Page/") + (
        tmp_path / "rapport-ess.pdf"
    ).read_bytes().count(b"/Type /Page\n")
    sheets = len(publication.tables) + 8
    assert sheets <= pages <= 3 * sheets


def test_drawings_carry_their_colours_where_the_program_lends_none(folder: Path) -> None:
    page = paper._coloured(paper.html_page(read_publication(folder)))
    drawings = page.split('<svg class="chart')[1:]
    assert drawings and all("<style>" in drawing.split("</svg>")[0] for drawing in drawings)
    styles = [drawing.split("<style>")[1].split("</style>")[0] for drawing in drawings]
    assert all("var(" not in style and "#00467C" in style for style in styles)
