"""The quality report and the workbook of refused rows: what an analyst reads, corrects and drops back."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from ess_observatory.commands.console import summary
from ess_observatory.commands.explain import explanation_of as explain
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.quality.refused import RefusedRow, RefusedSheet
from ess_observatory.quality.workbook import write_refused
from ess_observatory.read.headers import normalise
from ess_observatory.read.refused_headers import REFUSED_HEADERS
from test_quality_gates import _check_only, _checks, _neighbour, _raw

BAND = "Tranche d’effectif"
SCRIPT = "<script>alert(1)</script>"


def _sheets(path: Path) -> dict[str, list[list]]:
    workbook = openpyxl.load_workbook(path)
    try:
        return {
            sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in workbook
        }
    finally:
        workbook.close()


def _ledger(outputs: Outputs) -> dict[str, dict]:
    return {row["file"]: row for row in pq.read_table(outputs.quality / "ledger.parquet").to_pylist()}


@pytest.fixture(scope="module")
def checked_once(project, tmp_path_factory):
    """The folder of a check of 30 rows of which two are to be corrected, one for a value that would break a page."""
    home = _neighbour(tmp_path_factory.mktemp("first"))
    raw = _raw(home / "raw", 28, wrong=2, twice=3)
    workbook = openpyxl.load_workbook(raw / "extraction.xlsx")
    sheet = workbook.active
    assert sheet.cell(sheet.max_row, 7).value == "beaucoup"
    sheet.cell(sheet.max_row, 7).value = SCRIPT
    workbook.save(raw / "extraction.xlsx")
    _check_only(home, project, raw)
    return home


@pytest.fixture
def neighbour(checked_once, tmp_path):
    """A copy that a test may change."""
    return Path(shutil.copytree(checked_once, tmp_path / "neighbour"))


@pytest.fixture
def first(neighbour, project):
    """That check and the raw folder."""
    return Outputs.of(project.root, "artois-2013", neighbour / "out"), neighbour / "raw"


def test_refused_rows_are_corrected_dropped_back_and_counted(first, neighbour, project):
    """The whole way: refused, corrected in the workbook, dropped under another name, counted, nothing left to correct."""
    outputs, raw = first
    path = outputs.quality / "lignes-refusees.xlsx"
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    refused = [row[header.index(BAND)] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in refused] == ["beaucoup", SCRIPT]
    for cell in refused:
        cell.value = "3 à 5 salariés"
    (raw / "retour").mkdir()
    workbook.save(raw / "retour" / "corrigé par moi.xlsx")
    before = (raw / "extraction.xlsx").read_bytes()
    again = _check_only(neighbour, project, raw)
    ledger = _ledger(again)
    assert (raw / "extraction.xlsx").read_bytes() == before
    assert ledger["extraction.xlsx"]["rows_refused"] == 2 + 3, (
        "the raw file has not changed: its rows stay refused"
    )
    assert [
        ledger["retour/corrigé par moi.xlsx"][k] for k in ("source", "rows_read", "rows_kept", "rows_refused")
    ] == ["manageo", 2, 2, 0]
    with Database(again.database, read_only=True) as db:
        assert db.rows("select count(*), count(*) filter (where name like '=2+%') from staging.manageo") == [
            (30, 2)
        ]
    assert _checks(again)["manageo.budget"]["observed"] == 0, "corrected rows no longer weigh on the budget"
    sheets = _sheets(again.quality / "lignes-refusees.xlsx")
    assert list(sheets) == ["Mode d’emploi"]
    assert sheets["Mode d’emploi"][-1] == ["Aucune ligne à corriger."]
    assert "Aucune ligne n’attend de correction" in (again.quality / "rapport-qualite.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.slow
def test_a_row_corrected_wrongly_comes_back(first, neighbour, project):
    outputs, raw = first
    shutil.copy(outputs.quality / "lignes-refusees.xlsx", raw / "pas corrigé.xlsx")
    again = _check_only(neighbour, project, raw)
    assert _ledger(again)["pas corrigé.xlsx"]["rows_refused"] == 2
    rows = _sheets(again.quality / "lignes-refusees.xlsx")
    page = next(iter(rows.values()))
    assert [row[page[0].index("Fichier")] for row in page[1:]] == ["pas corrigé.xlsx"] * 2, (
        "once, where it was last seen"
    )


def test_the_workbook_is_recognised_as_its_source(first, project, neighbour):
    from ess_observatory.recipe.inputs import inventory_of

    outputs, _ = first
    folder = neighbour / "seul"
    folder.mkdir()
    shutil.copy(outputs.quality / "lignes-refusees.xlsx", folder / "n’importe quoi.xlsx")
    inventory = inventory_of(project, project.edition(str(neighbour / "artois-2013.toml")), folder)
    (match,) = inventory.matches
    assert (match.source, match.header_line, match.unknown) == ("manageo", 1, ())
    assert {note.severity for note in inventory.unmatched} <= {"info"}


def test_only_rows_to_correct_are_in_the_workbook(reference_build, project):
    refused = pq.read_table(reference_build.quality / "refused.parquet").to_pylist()
    waiting = [row for row in refused if row["code"] not in ("I201", "E370", "E374")]
    sheets = _sheets(reference_build.quality / "lignes-refusees.xlsx")
    (title, page), _ = sheets.items()
    assert title == project.sources["manageo"].title[:31].strip()
    spec = project.sources["manageo"]
    assert page[0] == [*(column.headers[0] for column in spec.columns), *REFUSED_HEADERS]
    at = {name: i for i, name in enumerate(page[0])}
    assert sorted(
        (row[at["Fichier"]], row[at["Feuille"]], row[at["Ligne"]], row[at["Code du refus"]])
        for row in page[1:]
    ) == sorted((row["file"], row["sheet"], str(row["line"]), row["code"]) for row in waiting)
    for row in page[1:]:
        assert row[at["Motif"]] and row[at["À faire"]]
        if row[at["Valeur refusée"]]:
            assert row[at[row[at["Colonne en défaut"]]]] == row[at["Valeur refusée"]], (
                "the cell is as it came"
            )


def test_no_text_becomes_a_formula(tmp_path):
    nasty = [
        "=1+1",
        "+33 3 27",
        "-12",
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        "http://exemple.invalid",
        "\t=1",
        "00123",
        None,
    ]
    row = RefusedRow(tuple(nasty), "=f.xlsx", "=s", 4, "=c", "=v", "E371", "=r", "=x")
    headers = tuple(f"h{i}" for i in range(len(nasty)))
    path = write_refused(
        [RefusedSheet("s", "Une [source] : avec/des*signes", headers, [row], 1)], tmp_path / "r.xlsx"
    )
    with zipfile.ZipFile(path) as book:
        xml = "".join(
            book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")
        )
        assert not any("externalLink" in name for name in book.namelist())
    assert "<f>" not in xml and "<hyperlink" not in xml
    assert set(re.findall(r'<c r="[A-Z]+2"[^>]*?(?: t="(\w+)")?(?:/>|>)', xml)) == {"s", ""}, (
        "shared strings and a blank"
    )
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    values = [cell.value for cell in sheet[2]]
    assert values[:8] == nasty[:8]
    assert all(cell.data_type != "n" or cell.value is None for cell in sheet[2]), "nothing is a number"
    assert {cell.number_format for cell in sheet[2]} == {"@"}, "what is typed there stays text"
    workbook.close()


def test_the_headers_of_the_workbook_are_no_header_of_a_source(project):
    """A corrected file must not be misread: none of the added columns feeds a column of any source."""
    added = {normalise(header) for header in REFUSED_HEADERS}
    assert len(added) == len(REFUSED_HEADERS)
    for spec in project.sources.values():
        own = {normalise(header) for column in spec.columns for header in column.headers}
        assert not added & own, spec.id


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [
            value for name, value in attrs if name in ("src", "href", "srcset", "action") and value
        ]
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", ["rapport-qualite.html", "data_docs/index.html"])
def test_pages_stand_alone(reference_build, name):
    """No request to anywhere, no script, well-formed, links that lead somewhere."""
    text = (reference_build.quality / name).read_text(encoding="utf-8")
    page = _Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "url(" not in text and "@import" not in text and "://" not in text
    assert 'lang="fr"' in text and "width=device-width" in text and "Content-Security-Policy" in text
    for link in page.links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in text, link
            continue
        assert ((reference_build.quality / name).parent / link).resolve().is_file(), link
    assert "Données synthétiques" in text


def test_the_report_says_everything(reference_build, project):
    text = (reference_build.quality / "rapport-qualite.html").read_text(encoding="utf-8")
    for row in pq.read_table(reference_build.quality / "ledger.parquet").to_pylist():
        assert row["file"] in text and row["sha256"][:16] in text
    for code in {
        row["code"] for row in pq.read_table(reference_build.quality / "refused.parquet").to_pylist()
    }:
        assert f"<h3>{code} – " in text
    assert "motif non catalogué" not in text
    for row in _checks(reference_build).values():
        assert row["label"].replace(" :", "\u00a0:").split("«")[0].split(" ; ")[0].split("%")[0].rstrip(
            " \u00a0"
        )[:40] in text.replace("&#39;", "'")
    assert "Contrôles entre sources" in text and "de 373,2 à 504,9" in text
    assert "Corrections appliquées" in text
    assert "3\u202f394" in text


def test_what_is_quoted_cannot_break_the_page(checked_once):
    text = (checked_once / "out" / "quality" / "rapport-qualite.html").read_text(encoding="utf-8")
    assert "<script" not in text and "&lt;script&gt;" in text


def test_the_library_s_suites_and_results_are_kept(reference_build):
    docs = reference_build.quality / "data_docs"
    suites = {path.stem for path in (docs / "suites").glob("*.json")}
    assert suites == {path.stem for path in (docs / "results").glob("*.json")}
    assert {"manageo", "clap", "publication.figures"} <= suites
    result = json.loads((docs / "results" / "manageo.json").read_text(encoding="utf-8"))
    assert result["success"] is True
    assert result["suite_name"] == "manageo"


@pytest.mark.slow
def test_the_same_files_give_the_same_quality_folder(first, neighbour, project):
    outputs, raw = first
    again = _check_only(neighbour, project, raw, "again")
    for path in sorted(p for p in outputs.quality.rglob("*") if p.is_file()):
        assert path.read_bytes() == (again.quality / path.relative_to(outputs.quality)).read_bytes(), (
            path.name
        )


def test_the_end_of_a_run_and_the_first_lines_of_the_report_say_what_was_done(
    reference_outcome, project, capsys
):
    """Corrections, remarks and refused rows: how many, and where to look."""
    outputs, counts = reference_outcome.outputs, reference_outcome.counts
    written = {
        name: pq.read_metadata(outputs.quality / f"{name}.parquet").num_rows
        for name in ("corrections", "notes")
    }
    assert {name: counts[name] for name in written} == written
    assert written["notes"] > 0
    summary(project.edition(project.default_edition()), reference_outcome, "report")
    said = " ".join(capsys.readouterr().err.split())
    assert "44 refusées (voir" in said and "lignes-refusees.xlsx" in said
    assert written["corrections"] == 0
    assert f"aucune correction appliquée, {written['notes']} remarques" in said
    assert "rapport-qualite.html" in said
    head = (outputs.quality / "rapport-qualite.html").read_text(encoding="utf-8").partition("</header>")[0]
    for count, word in (
        (written["corrections"], "corrections appliquées"),
        (written["notes"], "remarques sur des lignes retenues"),
    ):
        assert re.search(rf"<strong>{count}</strong>.*{word}", head)


def test_a_code_is_explained_with_the_rows_it_refused(project, reference_build):
    found = explain(project, project.edition("sambre-avesnois-2011"), reference_build, "e323")
    assert found["code"] == "E323"
    assert len(found["refused"]) == 3
    assert any("3 ligne(s) refusée(s)" in line for line in found["lines"])
