"""Parquet, page, workbook, CSV, notebook and PDF say the same of every cell, read back independently."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from conftest import some_of
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.table_csv import table_csv
from ess_observatory.render.html import html_page, table_fragment
from ess_observatory.render.paper import browser, write_pdf
from ess_observatory.render.workbook import render_workbook
from test_render_fixture import build_publication

SIGNS = {"O": "nd", "M": "///", "N": "ns"}
Key = tuple[str, str, str]


class Grids(HTMLParser):
    """Texts of the cells of every table of a page, by the id of its caption; marks and intervals are left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.grids: dict[str, list[list[str]]] = {}
        self.rows: list[list[str]] | None = None
        self.key = ""
        self.cell: list[str] | None = None
        self.skip = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.rows = []
        elif tag == "caption":
            self.key = (given.get("id") or "").removesuffix("-caption")
        elif tag == "tr" and self.rows is not None:
            self.rows.append([])
        elif tag in ("th", "td") and self.rows is not None:
            self.cell = []
        elif (
            tag == "span"
            and self.cell is not None
            and (self.skip or given.get("class") in ("mark", "interval"))
        ):
            self.skip += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self.skip:
            self.skip -= 1
        elif tag in ("th", "td") and self.cell is not None and self.rows is not None:
            self.rows[-1].append("".join(self.cell).strip())
            self.cell = None
        elif tag == "table" and self.rows is not None:
            self.grids[self.key] = [row for row in self.rows if len(row) > 1]
            self.rows = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None and not self.skip:
            self.cell.append(data)


class Truth:
    """What the folder says, read without the project's own reader."""

    def __init__(self, folder: Path) -> None:
        self.cards: list[dict[str, Any]] = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
        self.records: dict[Key, dict[str, Any]] = {
            (r["table_id"], r["row_code"], r["column_code"]): r
            for r in pq.read_table(folder / "figures.parquet").to_pylist()
        }

    def cells(self, card: dict[str, Any]) -> list[tuple[int, int, str | Decimal, dict[str, Any]]]:
        """(row, column, sign or text or rounded number, record) of every cell of a table."""
        found = []
        for i, row in enumerate(card["rows"]):
            for j, column in enumerate(card["columns"]):
                record = self.records.get((card["id"], row["code"], column["code"]), {})
                found.append((i, j, self._cell(card, row["code"], column, record), record))
        return found

    def _cell(self, card: dict[str, Any], row: str, column: dict[str, Any], record: dict[str, Any]) -> Any:
        if column["kind"] == "text":
            return (card.get("texts") or {}).get(row, {}).get(column["code"]) or "–"
        if record.get("conf_status", "F") != "F":
            return "s"
        if not record or record["obs_status"] in SIGNS:
            return SIGNS.get(record.get("obs_status", "M"))
        if record["value"] is None:
            return (card.get("texts") or {}).get(row, {}).get(column["code"]) or "nd"
        places = record["decimals"] if record["decimals"] is not None else column["decimals"]
        exact = Decimal(repr(round(record["value"], 10)))
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _number(text: str) -> Decimal:
    """The number of a French printed text, its unit left out."""
    bare = text.replace("\u202f", "").replace("\u2212", "-").replace(",", ".").split("\u00a0")[0]
    return Decimal(bare.lstrip("+").rstrip("%‰€"))


def _is_turned(card: dict[str, Any]) -> bool:
    """A table of few rows and many columns is printed with its columns as rows, its base said below it."""
    return len(card["columns"]) >= 8 and len(card["rows"]) <= 6


def _same(truth: Truth, card: dict[str, Any], rows: list[list[str]]) -> None:
    """Every cell of a printed table is the one of the folder."""
    turned = _is_turned(card)
    for i, j, wanted, _ in truth.cells(card):
        if turned and card["rows"][i]["kind"] == "base":
            continue
        text = rows[j][i + 1] if turned else rows[i][j + 1]
        assert (_number(text) if isinstance(wanted, Decimal) else text) == wanted, (card["id"], i, j)
    assert len(rows) == len(card["columns" if turned else "rows"])


@pytest.fixture(scope="module", params=some_of(["invented", "reference"]))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "reference":
        return request.getfixturevalue("reference_build").publication
    return build_publication(tmp_path_factory.mktemp("agreement") / "publication")


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return Truth(folder)


@pytest.fixture(scope="module")
def publication(folder: Path) -> Publication:
    return read_publication(folder)


def test_page(truth: Truth, publication: Publication) -> None:
    grids = Grids(html_page(publication)).grids
    for card in truth.cards:
        table = publication.table(card["id"])
        _same(truth, card, grids[table.anchor][1:])


def test_workbook(truth: Truth, publication: Publication, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(render_workbook(publication, tmp_path / "r.xlsx"))
    for card in truth.cards:
        sheet = book[publication.table(card["id"]).sheet_name]
        (marked,) = sheet.tables.values()
        header, *rows = [[cell.value for cell in line] for line in sheet[marked.ref]]
        first = len({row.get("section") for row in card["rows"]}) > 1
        at = [header.index(column.header) for column in publication.table(card["id"]).columns]
        for i, j, wanted, record in truth.cells(card):
            written = rows[i][at[j]]
            assert rows[i][int(first)] == card["rows"][i]["label"]
            if isinstance(wanted, Decimal):
                assert written == pytest.approx(record["value"], abs=1e-12), (card["id"], i, j)
            else:
                assert written == wanted, (card["id"], i, j)


def test_csv(truth: Truth, publication: Publication) -> None:
    for card in truth.cards:
        table = publication.table(card["id"])
        header, *rows = csv.reader(io.StringIO(table_csv(table).removeprefix("\ufeff")), delimiter=";")
        at = [header.index(column.header) for column in table.columns]
        for i, j, wanted, _ in truth.cells(card):
            written = rows[i][at[j]]
            if isinstance(wanted, Decimal):
                assert Decimal(written.replace(",", ".")) == wanted, (card["id"], i, j)
            elif card["columns"][j]["kind"] == "text":
                assert written.removeprefix("'") == wanted
            else:
                assert written in ("", wanted) and rows[i][at[j] + 1] == wanted, (card["id"], i, j)


def test_frame(truth: Truth, publication: Publication) -> None:
    for card in truth.cards:
        frame = publication.table(card["id"]).to_frame()
        for i, j, wanted, record in truth.cells(card):
            code = card["columns"][j]["code"]
            value = frame[code].iloc[i]
            if isinstance(wanted, Decimal):
                assert value == record["value"] and frame[f"{code}_sign"].iloc[i] == ""
            elif card["columns"][j]["kind"] == "text":
                assert value == wanted
            else:
                assert value is not value or str(value) == "<NA>"


def test_notebook(truth: Truth, publication: Publication) -> None:
    for card in truth.cards:
        table = publication.table(card["id"])
        _same(truth, card, Grids(table_fragment(table)).grids[f"nb-{table.anchor}"][1:])


UNIT = r"(?:\s*(?:%|‰|€|\([a-z]\)|\[[^\]]*\]|[^\W\d_]\S*))*?"  # what may follow a number in its cell


def _printed(cell: str | Decimal) -> str:
    """Pattern of a cell as the PDF prints it: words on one or several lines, French numbers."""
    if isinstance(cell, Decimal):
        sign = r"[+\u2212]?" if cell else ""
        return sign + f"{abs(cell):,}".replace(",", r"\s?").replace(".", ",") + UNIT
    return r"\s+".join(re.escape(word).replace(r"\-", r"-\s?") for word in cell.split())


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["invented", "reference"], indirect=True)
def test_pdf(truth: Truth, publication: Publication, tmp_path: Path) -> None:
    reader = shutil.which("pdftotext")
    if browser() is None or reader is None:
        pytest.skip("no Chromium or no pdftotext on this machine")
    pdf = write_pdf(publication, tmp_path / "r.pdf")
    done = subprocess.run([reader, "-raw", str(pdf), "-"], capture_output=True, text=True, check=True)
    pages = done.stdout.split("\f")[:-1]
    said = "\n".join(pages).replace("\u202f", "").replace("\u00a0", " ")
    for card in truth.cards:
        table = publication.table(card["id"])
        at = [found.end() for found in re.finditer(rf"Tableau {re.escape(table.number)}\b", said)][-1]
        grid: dict[int, list[str | Decimal]] = {}
        turned = _is_turned(card)
        for i, j, wanted, _ in truth.cells(card):
            if not turned or card["rows"][i]["kind"] != "base":
                grid.setdefault(j if turned else i, []).append(wanted)
        for index, cells in grid.items():
            column = table.columns[index] if turned else None
            label = column.label if column else card["rows"][index]["label"]
            unit = rf"(?:\s+{re.escape(column.header[len(column.label) :].strip())})?" if column else ""
            pattern = _printed(label) + unit + "".join(rf"\s+{_printed(cell)}" for cell in cells)
            found = re.compile(pattern).search(said, at)
            assert found and found.start() - at < 900, (card["id"], label, said[at : at + 300])
            at = found.end()
    _check_pages(pages, publication)
    written = pdf.read_bytes()
    for mark in (b"/Lang (fr)", b"/Marked true", b"/DisplayDocTitle true", b"/Type /Outlines", b"/S /TH"):
        assert mark in written, mark
    drawings = html_page(publication, page_numbers={}).count('<svg class="chart')
    assert written.count(b"/Alt ") == drawings > 10


def _check_pages(pages: list[str], publication: Publication) -> None:
    """Contents give the page of every chapter and table; no page is nearly empty."""
    contents = next(page for page in pages if "Sommaire" in page)
    for table in publication.tables:
        if str(table.chapter) == "0":
            continue
        number = re.search(rf"^{re.escape(table.number)} .*?(\d+)$", contents, re.M | re.S)
        named = re.compile(rf"^(?:Figure|Tableau) {re.escape(table.number)}\b", re.M)
        assert number and named.search(pages[int(number[1]) - 1]), table.number
    assert min(len(page.split()) for page in pages[2:-1]) > 60
