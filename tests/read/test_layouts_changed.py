"""The contract of layouts: what a spreadsheet, an export or a hand does to a producer's file moves no figure without a word.

Each source's sample is written again in another way. A `faithful` way says the same thing: the same rows must be kept and the same
refused. A `harmful` one takes something away: what is kept is what was, or the file or the row is refused with its reason.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import ROOT, one_in
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import load
from ess_observatory.read.recognise import take_inventory
from ess_observatory.recipe.rules import load_rules

EDITION = "sambre-avesnois-2026"
FOLDERS = sorted(path.parent for path in (ROOT / "pipelines" / "sources").glob("*/expected.toml"))
Rows = list[list[str]]
Way = Callable[[Path, Rows, int], None]


@pytest.fixture(scope="module")
def rules(project: Project) -> Iterator[Database]:
    with Database() as db:
        load_rules(db, project, project.edition(EDITION), set())
        yield db


def _text(rows: Rows, delimiter: str = ";", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _spread(rows: Rows, change: Callable[[str], str], header: int) -> Rows:
    return [*rows[: header + 1], *([change(cell) for cell in row] for row in rows[header + 1 :])]


# ------------------------------------------------------------------ ways of writing the same thing
def in_semicolons(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(_text(rows), encoding="utf-8")


def all_quoted_in_tabs(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.tsv").write_text(_text(rows, "\t", csv.QUOTE_ALL), encoding="utf-8")


def all_quoted_in_commas_with_a_mark(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(_text(rows, ",", csv.QUOTE_ALL), encoding="utf-8-sig")


def in_windows_characters(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.txt").write_bytes(_text(rows).encode("cp1252"))


def in_two_bytes(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(_text(rows, "\t"), encoding="utf-16")


def columns_in_another_order(folder: Path, rows: Rows, header: int) -> None:
    width = max(map(len, rows))
    turned = [[*row, *[""] * (width - len(row))][::-1] for row in rows[header:]]
    (folder / "export.csv").write_text(_text(turned), encoding="utf-8")


def under_title_lines(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(
        _text([["Extraction"], [], *rows[:header], *rows[header:]]), encoding="utf-8"
    )


def cut_in_two_files(folder: Path, rows: Rows, header: int) -> None:
    half = header + 1 + (len(rows) - header) // 2
    (folder / "z-premier.csv").write_text(_text(rows[:half]), encoding="utf-8")
    (folder / "a-second.csv").write_text(_text([*rows[: header + 1], *rows[half:]]), encoding="utf-8")


def saved_by_a_spreadsheet(folder: Path, rows: Rows, header: int) -> None:
    """Zeros lost, days in French, true and false too."""

    def shown(cell: str) -> str:
        if day := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell):
            return f"{day[3]}/{day[2]}/{day[1]}"
        cell = {"true": "VRAI", "false": "FAUX"}.get(cell, cell)
        return str(int(cell)) if cell.isdigit() and len(cell) < 12 else cell

    (folder / "export.csv").write_bytes(_text(_spread(rows, shown, header)).encode("cp1252"))


def as_a_workbook_of_numbers(folder: Path, rows: Rows, header: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows):
        sheet.append([int(c) if number > header and c.isdigit() and len(c) < 15 else c or None for c in row])
    book.save(folder / "export.xlsx")


def as_parquet_of_numbers(folder: Path, rows: Rows, header: int) -> None:
    names, body = rows[header], rows[header + 1 :]
    columns = {}
    for position, name in enumerate(names):
        cells = [(row[position] if position < len(row) else "") or None for row in body]
        whole = all(c is None or (c.isdigit() and len(c) < 15) for c in cells)
        columns[name] = pa.array([int(c) if c and whole else c for c in cells])
    pq.write_table(pa.table(columns), folder / "export.parquet")


def with_a_total(folder: Path, rows: Rows, header: int) -> None:
    total = ["Total", *["" for _ in rows[header][1:]]]
    (folder / "export.csv").write_text(_text([*rows, total]), encoding="utf-8")


# ------------------------------------------------------------------ ways of losing something
def with_a_column_nobody_knows(folder: Path, rows: Rows, header: int) -> None:
    wider = [
        [*row, "Indice maison" if number == header else "1"] if number >= header else row
        for number, row in enumerate(rows)
    ]
    (folder / "export.csv").write_text(_text(wider), encoding="utf-8")


def without_its_first_column(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(_text([row[1:] for row in rows[header:]]), encoding="utf-8")


def without_its_last_column(folder: Path, rows: Rows, header: int) -> None:
    (folder / "export.csv").write_text(_text([row[:-1] for row in rows[header:]]), encoding="utf-8")


def cut_short(folder: Path, rows: Rows, header: int) -> None:
    text = _text(rows)
    (folder / "export.csv").write_text(text[: -len(text) // 20], encoding="utf-8")


def renamed_by_the_vendor(folder: Path, rows: Rows, header: int) -> None:
    renamed = [
        [f"{cell} maison" if number == header else cell for cell in row] for number, row in enumerate(rows)
    ]
    (folder / "export.csv").write_text(_text(renamed), encoding="utf-8")


FAITHFUL: list[Way] = [
    in_semicolons, all_quoted_in_tabs, all_quoted_in_commas_with_a_mark, in_windows_characters, in_two_bytes,
    columns_in_another_order, under_title_lines, cut_in_two_files, saved_by_a_spreadsheet, as_a_workbook_of_numbers,
    as_parquet_of_numbers,
]  # fmt: skip
HARMFUL: list[Way] = [
    with_a_total, with_a_column_nobody_knows, without_its_first_column, without_its_last_column, cut_short,
    renamed_by_the_vendor,
]  # fmt: skip


def _cases(ways: list[Way]) -> list[tuple[Path, Way]]:
    return [(folder, way) for folder in FOLDERS for way in ways]


def _name(value: object) -> str:
    return value.name if isinstance(value, Path) else getattr(value, "__name__", "")


def _read(
    db: Database, project: Project, folder: Path, raw: Path
) -> tuple[Counter[tuple[str, ...]], Counter[str]]:
    """The kept rows, as `expected.toml` shows them, and the codes of the refused ones."""
    spec = project.sources[folder.name]
    found = take_inventory(raw, project.sources.values())
    if not found.matches or any(match.source != spec.id for match in found.matches):
        raise ObservatoryError("E120", found.unmatched[0].why if found.unmatched else "autre source")
    load.create_books(db)
    load.load_source(db, spec, found.matches)
    load.stage(db, spec, read_model(f"staging.{spec.id}", spec.staging_sql).sql)
    names = next(csv.reader(io.StringIO(read_toml(folder / "expected.toml")["kept"].strip())))
    kept = db.rows(f"select {', '.join(names)} from staging.{spec.id}")
    refused = db.rows("select distinct file, line, code from staging.refused")
    return (
        Counter(tuple("" if value is None else str(value) for value in row) for row in kept),
        Counter(code for _, _, code in refused),
    )


@dataclass(frozen=True)
class Original:
    """The sample of a source: its rows of cells, the position of its header, the rows that it keeps and what it refuses."""

    rows: Rows
    header: int
    kept: Counter[tuple[str, ...]]
    refused: Counter[str]


@pytest.fixture
def original(
    folder: Path, project: Project, rules: Database, tmp_path_factory: pytest.TempPathFactory
) -> Original:
    sample, place = next(folder.glob("sample.*")), tmp_path_factory.mktemp("sample")
    shutil.copy(sample, place)
    (match,) = take_inventory(place, [project.sources[folder.name]]).matches
    rows = [[cell or "" for cell in row] for row in match.sheet.rows]
    return Original(rows, match.header_line - 1, *_read(rules, project, folder, place))


@pytest.mark.parametrize(("folder", "way"), one_in(7, _cases(FAITHFUL)), ids=_name)
def test_the_same_thing_written_otherwise_is_the_same(
    project: Project, rules: Database, folder: Path, way: Way, original: Original, tmp_path: Path
) -> None:
    way(tmp_path, original.rows, original.header)
    kept, refused = _read(rules, project, folder, tmp_path)
    assert kept == original.kept
    assert refused == original.refused


@pytest.mark.parametrize(("folder", "way"), one_in(7, _cases(HARMFUL)), ids=_name)
def test_what_is_lost_is_said(
    project: Project, rules: Database, folder: Path, way: Way, original: Original, tmp_path: Path
) -> None:
    way(tmp_path, original.rows, original.header)
    try:
        kept, refused = _read(rules, project, folder, tmp_path)
    except ObservatoryError:
        return
    lost, gained = original.kept - kept, kept - original.kept
    if (
        way is without_its_last_column
    ):  # one that is not required may be missing: what it said is then not known
        most = sum(original.kept.values()) + sum(original.refused.values())
        assert sum(kept.values()) + sum(refused.values()) <= most
        return
    if (
        way is cut_short
    ):  # a last row whose end is gone looks like one whose last cells are empty: it says less, of the same thing
        shorter = {row[0] for row in gained if "" in row} & {row[0] for row in lost}
        lost, gained = (Counter(row for row in rows if row[0] not in shorter) for rows in (lost, gained))
    assert not gained, "a row says what it did not say"
    assert sum(lost.values()) <= sum((refused - original.refused).values())


def test_no_query_of_a_source_loses_what_it_cannot_type() -> None:
    """A value that cannot be read is refused by its declared type; `try_cast` would make it absent without a word."""
    assert not [
        p for p in (ROOT / "pipelines" / "sources").glob("*/staging.sql") if "try_cast" in p.read_text()
    ]


#: File of `headers.csv` (its beginning) and what it must be read as.
KNOWN_LAYOUTS = {
    "StockEtablissement": {"sirene_establishment"},
    "StockUniteLegale": {"sirene_legal_unit"},
    "etablissements.csv (« export Sirene": {"sirene_establishment", "sirene_legal_unit"},
    "etablissements.csv (complet": {"sirene_establishment", "sirene_legal_unit"},
    "entreprisesess.csv": {"ess_list"},
    "etablissements-et-effectifs-salaries-au-niveau-commune": {"urssaf"},
    "export d’indicateurs par commune": set(),
    "Registre national des fonds": set(),
    "effectifs-salaries-et-masse-salariale-du-secteur-prive-par-zone": set(),
    "nombre-etab-effectifs-salaries": set(),
}


@pytest.mark.parametrize("name", KNOWN_LAYOUTS)
def test_headers_that_producers_publish(project: Project, shared: Path, tmp_path: Path, name: str) -> None:
    """Read whole as what they are, or left aside with a word: never stopped by a header of the producer's own."""
    with (shared / "layouts" / "headers.csv").open(encoding="utf-8", newline="") as file:
        headers = [line["header"] for line in csv.DictReader(file) if line["file"].startswith(name)]
    assert headers
    in_semicolons(tmp_path, [headers, ["1" for _ in headers]], 0)
    found = take_inventory(tmp_path, project.sources.values())
    assert {match.source for match in found.matches} == KNOWN_LAYOUTS[name], [u.why for u in found.unmatched]
    assert not [match.unknown for match in found.matches if match.unknown]
