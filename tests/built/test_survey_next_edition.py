"""A question added by one entry of the codebook, and two editions whose questionnaires differ set side by side."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from conftest import REFERENCE, ROOT
from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.package import export_package
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.recipe.runner import run
from ess_observatory.survey.form import write_form
from ess_observatory.survey.xlsform import write_xlsform

ADDED = """\
  - code: D05
    label_fr: Votre structure est-elle adhérente d’un réseau ?
    label_en: Does your organisation belong to a network?
    type: select_one
    table: '6.9'
    choices:
    - code: oui
      label_fr: Oui
      label_en: 'Yes'
    - code: non
      label_fr: Non
      label_en: 'No'
"""
EXPORT = "enquete/SYNTHETIQUE_export_enquete_2012.xlsx"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with one entry more in its questionnaire, and one question reworded."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "pipelines", root / "pipelines")
    path = root / "pipelines" / "survey" / "questionnaire.yml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("version: '2026.1'", "version: '2027.1'\nreads_versions: ['2026.1']", 1)
    text = text.replace(
        "label_fr: Avez-vous des projets de recrutement", "label_fr: Comptez-vous recruter", 1
    )
    before, mark, after = text.partition("  - code: D04\n")
    path.write_text(before + ADDED + mark + after, encoding="utf-8")
    return Project.load(root)


@pytest.fixture(scope="module")
def next_edition(changed: Project, reference_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The reference edition answered otherwise: the added question filled, fewer unmet needs."""
    base = tmp_path_factory.mktemp("next")
    raw = Path(shutil.copytree(reference_raw, base / "raw"))
    book = openpyxl.load_workbook(raw / EXPORT)
    sheet = book.active
    codes = {cell.value: cell.column for cell in sheet[1]}
    added = sheet.max_column + 1
    sheet.cell(1, added, "D05")
    sheet.cell(2, added, "Votre structure est-elle adhérente d’un réseau ?")
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, added, "Oui" if row % 4 else "Non")
        given = sheet.cell(row, codes["B01[nonresponse]"]).value is None
        if given and sheet.cell(row, codes["B01[besoins]"]).value == "Oui":
            sheet.cell(row, codes["B01[besoins]"]).value = None
            sheet.cell(row, codes["B01[reseau]"]).value = "Oui"
    book.save(raw / EXPORT)
    loaded = changed.edition(REFERENCE)

    return run(changed, loaded, raw, Outputs.of(changed.root, loaded.id, base / "out"), "publish").outputs


@pytest.fixture(scope="module")
def published(next_edition: Outputs) -> Publication:
    return read_publication(next_edition.publication)


def test_one_entry_is_in_the_form_and_the_xlsform(changed: Project, tmp_path: Path) -> None:
    codebook = load_codebook(changed.questionnaire)
    form = openpyxl.load_workbook(write_form(codebook, tmp_path / "f.xlsx"))
    texts = {str(cell.value) for sheet in form for row in sheet.iter_rows() for cell in row if cell.value}
    assert "D05" in texts and any("adhérente d’un réseau" in text for text in texts)
    survey = openpyxl.load_workbook(write_xlsform(codebook, tmp_path / "x.xlsx"))["survey"]
    assert "D05" in {cell.value for row in survey.iter_rows() for cell in row}


@pytest.mark.slow
def test_one_entry_is_read_and_has_its_table_and_its_chart(published: Publication) -> None:
    table = next(table for table in published.tables if table.id == "question_d05")
    assert (table.number, table.title) == ("6.9", "Votre structure est-elle adhérente d’un réseau\u202f?")
    yes, no = (table.cell(f"D05.{code}", "count").value for code in ("oui", "non"))
    assert (yes, no) == (31, 10), "41 lines of the export answer it"
    assert table.cell("D05.oui", "share").interval
    assert table.chart == {"type": "bars", "column": "count", "order": "given"}
    assert "D05" in {row.code for row in published.table("expression_rates").rows}


@pytest.mark.slow
def test_one_entry_is_in_the_export_and_its_codebook(
    changed: Project, next_edition: Outputs, tmp_path: Path
) -> None:
    folder = export_package(changed, next_edition.publication, tmp_path).folder
    assert "  - code: D05\n" in (folder / "codebook_enquete.yml").read_text(encoding="utf-8")
    holding = [
        path.name
        for path in folder.rglob("*.csv")
        if "question_d05.D05.oui.count" in path.read_text(encoding="utf-8-sig")
    ]
    assert holding, "the figures of the added question are in the data of the package"


@pytest.mark.slow
def test_two_editions_side_by_side(
    reference_build: Outputs,
    next_edition: Outputs,
    changed: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ESS_ROOT", str(changed.root))
    old = ROOT / "pipelines" / "survey" / "questionnaire.yml"
    target = tmp_path / "ecarts.csv"
    command = ["survey", "compare", str(reference_build.publication), str(next_edition.publication)]
    done = CliRunner().invoke(app, [*command, "--codebook-a", str(old), "--out", str(target), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["a"]["codebook"], told["b"]["codebook"]) == ("2026.1", "2027.1")
    rows = {(row["question"], row["choice"]): row for row in told["evolutions"]}
    needs = rows["B01", "besoins"]
    assert needs["status"] == "comparable" and needs["finding"] == "écart significatif"
    assert (
        needs["gap_low"]
        < needs["gap"]
        == needs["current"]["value"] - needs["previous"]["value"]
        < needs["gap_high"]
        < 0
    )
    assert rows["D01", "competences"]["finding"] == "écart non significatif"
    assert rows["I02", "oui"]["status"] == "break" and rows["I02", "oui"]["gap"] is None
    assert rows["D05", "oui"]["status"] == "new" and rows["D05", "oui"]["previous"] is None
    small = rows["G01", "vivre_ensemble"]
    assert (small["previous"]["value"], small["previous"]["sign"], small["gap"]) == (None, "ns", None)
    lines = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert (
        next(line for line in lines if line[:2] == ["I02", "oui"])[-1]
        == "rupture de série\u00a0: intitulé modifié"
    )
    shown = CliRunner().invoke(app, [*command, "--codebook-a", str(old)])
    assert "écart non significatif" in shown.output and "rupture de série" in shown.output
