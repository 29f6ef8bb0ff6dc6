"""Figures are computed, not written: one changed row in each source moves the right figures, and only those."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow  # an edition of its own


def _edit_workbook(path: Path, sheet_has: str, change) -> None:
    workbook = openpyxl.load_workbook(path)
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            if any(isinstance(cell.value, str) and sheet_has in cell.value for cell in row):
                change(sheet, [cell.value for cell in row], row[0].row)
                workbook.save(path)
                return
    raise AssertionError(f"{sheet_has} not found in {path.name}")


def _first(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(folder.rglob(pattern))))


def _column(header: list, name: str) -> int:
    return next(i for i, cell in enumerate(header, 1) if cell and name in str(cell))


@pytest.fixture(scope="module")
def changed(reference_raw: Path, project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Figures of the reference edition after one change in one row of each source."""
    from ess_observatory.engine.outputs import Outputs
    from ess_observatory.recipe.runner import run

    raw = tmp_path_factory.mktemp("raw") / "files"
    shutil.copytree(reference_raw, raw)

    def smaller_band(sheet, header, line) -> None:
        band, state, mark = (_column(header, name) for name in ("Tranche", "État", "Suivi"))
        commune, legal, naf = (_column(header, name) for name in ("Code commune", "Code forme", "Code APE"))
        for row in range(line + 1, sheet.max_row + 1):
            values = {n: sheet.cell(row, n).value for n in (band, state, mark, commune, legal, naf)}
            if (
                values[band] == "50 à 99 salariés"
                and values[state] == "Actif"
                and not values[mark]
                and str(values[commune]) == "59392"
                and str(values[legal]) == "9220"
                and str(values[naf]).startswith(("87", "88"))
            ):
                sheet.cell(row, band).value = "1 ou 2 salariés"
                return
        raise AssertionError("no establishment to change")

    _edit_workbook(_first(raw / "manageo", "*.xlsx"), "SIRET", smaller_band)
    _edit_text(
        _first(raw / "clap", "*.csv"),
        "latin-1",
        ";",
        lambda cells: cells[-1].isdigit() and int(cells[-1]) > 50,
        10,
    )
    _edit_text(
        _first(raw / "unistatis", "*.csv"),
        "utf-8-sig",
        ";",
        lambda cells: cells[-1].isdigit() and int(cells[-1]) > 20,
        7,
    )
    _edit_workbook(
        _first(raw / "insee_etablissements", "*.xlsx"),
        "Code géographique",
        lambda sheet, header, line: _add(sheet, line + 1, _column(header, "employeurs"), 5),
    )
    _edit_text(
        _first(raw / "demarche", "*.csv"),
        "utf-8",
        ";",
        lambda cells: cells[0] == "partner_interviews",
        1,
        position=2,
    )
    _edit_workbook(
        _first(raw / "benchmark", "*.xlsx"),
        "Adhérents",
        lambda sheet, header, line: _add(sheet, line + 1, _column(header, "Adhérents"), 3),
    )
    _edit_workbook(
        _first(raw / "plan_actions", "*.xlsx"),
        "ETP par an",
        lambda sheet, header, line: _add(sheet, line + 1, _column(header, "ETP"), 0.5),
    )
    _edit_workbook(_first(raw / "enquete", "*export*.xlsx"), "A01", _two_more_volunteers)
    _edit_form(_first(raw / "enquete" / "formulaires", "*.xlsx"))
    outputs = Outputs.of(project.root, "x", tmp_path_factory.mktemp("out"))
    run(project, project.edition("sambre-avesnois-2011"), raw, outputs, "publish")
    return {r["figure_id"]: r for r in pq.read_table(outputs.publication / "figures.parquet").to_pylist()}


def _add(sheet, row: int, column: int, amount: float) -> None:
    cell = sheet.cell(row, column)
    cell.value = float(cell.value) + amount


def _edit_text(path: Path, encoding: str, delimiter: str, wanted, amount: int, position: int = -1) -> None:
    lines = path.read_bytes().decode(encoding).splitlines(keepends=True)
    for i, line in enumerate(lines):
        body = line.rstrip("\r\n")
        cells = body.split(delimiter)
        if len(cells) > 3 and wanted(cells):
            cells[position] = str(int(cells[position]) + amount)
            lines[i] = delimiter.join(cells) + line[len(body) :]
            path.write_bytes("".join(lines).encode(encoding))
            return
    raise AssertionError(f"nothing to change in {path.name}")


def _two_more_volunteers(sheet, header, line) -> None:
    column = _column(header, "H03")
    for row in range(line + 2, sheet.max_row + 1):
        if isinstance(sheet.cell(row, column).value, (int, float)):
            sheet.cell(row, column).value += 2
            return
    raise AssertionError("no volunteers to change")


def _edit_form(path: Path) -> None:
    """Tick a training need that this respondent had not ticked (or untick it)."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Questionnaire"]
    for row in sheet.iter_rows():
        if row[0].value == "K02":
            assert row[2].value in ("Oui", "Non", "oui", "non")
    for row in sheet.iter_rows():
        if row[0].value == "D03":
            row[2].value = "Oui"
            workbook.save(path)
            return
    raise AssertionError("D03 not found")


@pytest.fixture(scope="module")
def before(reference_build) -> dict[str, dict]:
    return {
        r["figure_id"]: r for r in pq.read_table(reference_build.publication / "figures.parquet").to_pylist()
    }


EXPECTED = [
    ("manageo", "size_1_2", 1),
    ("manageo", "size_50_99", -1),
    ("manageo", "size_total", 0),
    ("clap", "ess_jobs_2009", 10),
    ("unistatis", "territory_jobs", 7),
    ("insee_employers", "employers_territory_2010", 5),
    ("consultation", "partner_interviews", 1),
    ("action_plan", "cost_total_fte", 0.5),
    ("survey export", "hr_volunteers", 2),
    ("survey form", "ict_users", 1),
]


@pytest.mark.parametrize(("source", "figure_id", "move"), EXPECTED)
def test_the_right_figure_moves(before, changed, source, figure_id, move):
    assert changed[figure_id]["value"] - before[figure_id]["value"] == pytest.approx(move), source


def test_a_pole_moves_too(before, changed):
    moved = [
        f
        for f in ("toulouse_members", "iresa_members", "reso_members")
        if changed[f]["value"] != before[f]["value"]
    ]
    assert len(moved) == 1
    assert changed[moved[0]]["value"] == before[moved[0]]["value"] + 3


def test_shares_follow_their_parts(changed):
    for figure_id in ("share_jobs", "share_employers"):
        row = changed[figure_id]
        assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"])
    assert changed["share_jobs"]["numerator"] == 6102
    assert changed["share_jobs"]["denominator"] == 40824


def test_nothing_else_moves(before, changed):
    may_move = {
        "economic_weight",
        "yearly_trend",
        "key_figures",
        "size_bands",
        "communes",
        "families",
        "sectors",
        "participation",
        "respondents_vs_frame",
        "compared_poles",
        "action_costs",
        "hr_key_figures",
        "digital_offer",
        "expression_rates",
        "sublevels",
        "weighting_diagnostics",
        "extended_results",
        "extended_amounts",
    }
    moved = {
        row["table_id"] for figure_id, row in changed.items() if row["value"] != before[figure_id]["value"]
    }
    assert moved <= may_move
    assert changed["brake_financial"]["value"] == before["brake_financial"]["value"]
