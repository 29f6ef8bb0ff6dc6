"""The cases to verify: listed in a workbook, decided by a person, dropped back, replayed; each fault is said and moves nothing."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from ess_observatory.commands.console import summary
from ess_observatory.commands.explain import explanation_of
from ess_observatory.compared.perimeters import compare_perimeters
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.quality.cases import TO_MOVE
from ess_observatory.quality.verdicts import read_verdicts
from ess_observatory.recipe.inputs import inventory_of
from ess_observatory.recipe.runner import Outcome, run
from test_other_edition import HEADERS, _siret

EDITION = """
title = "Artois"
year = 2013
territory = "artois"
perimeter = "cress_2011"
[sources.manageo]
label = "Extraction"
"""
DECLARED, SMALL, LARGE, PROFESSIONAL = (_siret(n, 1) for n in range(4))
#: An association, two that are not declared (to verify), a professional organisation (its activity is to verify).
ROWS = (
    (DECLARED, "Association", "9220", "8899B", "3 à 5 salariés"),
    (SMALL, "=1+1", "9210", "8899B", "1 ou 2 salariés"),
    (LARGE, "Grand groupement", "9210", "8899B", "20 à 49 salariés"),
    (PROFESSIONAL, "Syndicat", "9220", "9412Z", "3 à 5 salariés"),
)
WHEN = dt.datetime(2026, 3, 15)
KEPT = {"Décision": "retenu", "Motif de la décision": "Statuts lus", "Décidé par": "Anne", "Décidé le": WHEN}
LEFT = {**KEPT, "Décision": "écarté"}


class House:
    """An edition of four establishments, three of them to verify."""

    def __init__(self, home: Path, project: Project) -> None:
        self.home, self.project, self.raw = home, project, home / "raw"
        self.outputs = Outputs.of(project.root, "artois-2013", home / "out")

    def write(self) -> None:
        (self.home / "artois.toml").write_text('name = "Artois"\ncommunes = ["62041", "62119"]\n', "utf-8")
        (self.home / "artois-2013.toml").write_text(EDITION, "utf-8")
        self.raw.mkdir()
        lines = [
            f"{siret};{name};62000;62041;{category};{naf};{band};Actif;01/02/2014"
            for siret, name, category, naf, band in ROWS
        ]
        (self.raw / "export.csv").write_text("\n".join([";".join(HEADERS), *lines]) + "\n", "utf-8")

    def run(self) -> Outcome:
        edition = self.project.edition(str(self.home / "artois-2013.toml"))
        return run(self.project, edition, self.raw, self.outputs, "build")

    @property
    def workbook(self) -> Path:
        return self.outputs.quality / "cas-a-verifier.xlsx"

    def decide(self, decisions: dict[str, dict[str, Any]], name: str = "retour.xlsx") -> None:
        """The workbook, filled in and saved again by another program, in a folder and under a name of its own."""
        (self.raw / "retours").mkdir(exist_ok=True)
        book = openpyxl.load_workbook(self.workbook)
        page = book["Cas à vérifier"]
        at = {cell.value: cell.column for cell in page[1]}
        for row in range(2, page.max_row + 1):
            for header, value in decisions.get(str(page.cell(row, 1).value), {}).items():
                page.cell(row, at[header]).value = value
        book.save(self.raw / "retours" / name)

    def decisions(self) -> dict[str, tuple[str, str]]:
        """SIRET → decision and family."""
        with Database(self.outputs.database, read_only=True) as db:
            rows = db.rows("select siret, decision, ess_family from core.establishment")
        return {siret: (decision, family) for siret, decision, family in rows}

    def warning(self) -> str:
        """What is said of decisions without effect."""
        found = [v for v in read_verdicts(self.outputs.quality / "checks.json") if v.id == "decisions.effect"]
        return "\n".join([found[0].detail, *found[0].examples]) if found else ""

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the workbook."""
        head, *rows = openpyxl.load_workbook(self.workbook)["Cas à vérifier"].iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def once(project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Outcome]:
    """The first build: nothing is decided."""
    house = House(tmp_path_factory.mktemp("cases"), project)
    house.write()
    return house, house.run()


@pytest.fixture
def house(once: tuple[House, Outcome], tmp_path: Path, project: Project) -> House:
    """A copy that a test may change."""
    return House(Path(shutil.copytree(once[0].home, tmp_path / "house")), project)


def test_each_case_is_listed_with_its_rule_and_what_it_would_change(once, capsys):
    house, outcome = once
    rows = house.rows()
    assert [row["SIRET"] for row in rows] == [LARGE, PROFESSIONAL, SMALL], "the largest first"
    first = rows[0]
    assert first["Commune"] == "62041 Arras"
    assert first["Catégorie juridique"].startswith("9210 ")
    assert first["Activité"].startswith("88.99B Action sociale")
    assert first["Règle qui le fait vérifier"] == "Catégorie juridique à vérifier (CJ_A_VERIFIER)"
    assert "9210" in first["Preuve"]
    assert "+ 1 établissement" in first["Si retenu"] and "« Associations »" in first["Si retenu"]
    assert "environ 35 salariés" in first["Si retenu"]
    assert {row["Éditions"] for row in rows} == {"artois-2013"}
    assert not any(row["Décision"] for row in rows)
    summary(house.project.edition(str(house.home / "artois-2013.toml")), outcome, "build")
    assert "3 cas à vérifier : " in " ".join(capsys.readouterr().err.split())


def test_a_name_is_no_formula_and_entries_are_checked(once):
    page = openpyxl.load_workbook(once[0].workbook)["Cas à vérifier"]
    name = next(row[1] for row in page.iter_rows(min_row=2) if row[0].value == SMALL)
    assert (name.value, name.data_type) == ("=1+1", "s")
    at = {cell.value: cell.column_letter for cell in page[1]}
    rules = {str(rule.sqref).split(":")[0]: rule.type for rule in page.data_validations.dataValidation}
    assert rules[f"{at['Décision']}2"] == rules[f"{at['Famille']}2"] == "list"
    assert rules[f"{at['Décidé le']}2"] == "date"
    assert page.protection.sheet and not page[f"{at['Décision']}2"].protection.locked
    assert page[f"{at['SIRET']}2"].protection.locked


def test_nothing_of_the_cases_is_published(once):
    assert not once[0].outputs.publication.exists()
    assert once[0].workbook.stat().st_mode & 0o077 == 0


def test_the_perimeter_moves_by_what_was_decided_and_no_more(house: House, capsys):
    before = house.decisions()
    assert [before[s][0] for s in (DECLARED, SMALL, LARGE, PROFESSIONAL)] == [
        "in",
        "review",
        "review",
        "review",
    ]
    house.decide({SMALL: {**KEPT, "Famille": "Fondations"}, LARGE: LEFT})
    outcome = house.run()
    assert house.decisions() == before | {SMALL: ("in", "fondation"), LARGE: ("out", "association")}
    assert (outcome.counts["in_perimeter"], outcome.counts["to_verify"], outcome.counts["verified"]) == (
        2,
        1,
        2,
    )
    assert house.warning() == ""
    edition = house.project.edition(str(house.home / "artois-2013.toml"))
    summary(edition, outcome, "build")
    assert "1 cas à vérifier, 2 décidés : " in " ".join(capsys.readouterr().err.split())
    said = explanation_of(house.project, edition, house.outputs, SMALL)
    assert any(
        "retenu par Anne le 15/03/2026" in line and "retours/retour.xlsx" in line for line in said["lines"]
    )
    page = (house.outputs.quality / "rapport-qualite.html").read_text("utf-8").replace("&nbsp;", " ")
    assert "1 établissement attend une décision" in page
    assert '<th scope="row">Anne</th><td data-label="Décision">retenu</td>' in page
    compared = compare_perimeters(house.project, edition, house.outputs, "cress_2011", "cress_2011")
    assert compared["counts"]["cress_2011"] == {"in": 2, "review": 1, "out": 1}, "read again there too"


def test_a_decision_survives_the_workbook_that_replaces_its_own(house: House):
    """The next workbook has what was decided, as it was: saved over the first, it says the same and more."""
    house.decide({SMALL: KEPT})
    house.run()
    rows = house.rows()
    assert [row["SIRET"] for row in rows] == [LARGE, PROFESSIONAL, SMALL], "what is decided comes last"
    assert rows[-1]["Décision"] == "retenu" and rows[-1]["Décidé le"] == WHEN
    house.decide({LARGE: LEFT})
    house.run()
    found = house.decisions()
    assert (found[SMALL][0], found[LARGE][0], found[PROFESSIONAL][0]) == ("in", "out", "review")
    house.decide({}, "copie.xlsx")
    house.run()
    assert house.decisions() == found and house.warning() == "", "twice the same is no contradiction"
    with (house.outputs.quality / TO_MOVE).open(encoding="utf-8", newline="") as handle:
        moved = list(reader := csv.DictReader(handle))
    declared = house.project.pipelines / "rules" / "named_decisions.csv"
    assert ",".join(reader.fieldnames or ()) == declared.read_text("utf-8").splitlines()[0], (
        "lines to paste as they are"
    )
    assert [(row["siret"], row["decision"], row["decided_on"], row["editions"]) for row in moved] == [
        (SMALL, "in", "2026-03-15", "artois-2013"),
        (LARGE, "out", "2026-03-15", "artois-2013"),
    ]


def test_a_workbook_without_decision_changes_nothing(house: House):
    before = house.decisions()
    house.decide({SMALL: {"Décidé par": "Anne", "Décidé le": WHEN}})
    outcome = house.run()
    assert house.decisions() == before and house.warning() == ""
    assert (outcome.counts["rows_refused"], outcome.counts["verified"]) == (0, 0)


#: What is written on the row of SMALL, and what is said of it.
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "not a decision": ({**KEPT, "Décision": "peut-être"}, "« Décision » = « peut-être » : ce n’est pas une décision"),
    "unknown family": ({**KEPT, "Famille": "Amicales"}, "« Famille » = « Amicales » : famille inconnue"),
    "no reason": ({**KEPT, "Motif de la décision": None}, "il manque le motif"),
    "nobody": ({**KEPT, "Décidé par": None}, "il manque qui a décidé"),
    "no date": ({**KEPT, "Décidé le": None}, "il manque la date"),
    "no date that is one": ({**KEPT, "Décidé le": "jeudi"}, "« Décidé le » = « jeudi »"),
    "no decision": ({"Motif de la décision": "Statuts lus"}, "motif ou famille sans décision"),
    "unknown edition": ({**KEPT, "Éditions": "artois-2014"}, "édition inconnue « artois-2014 »"),
    "no case": ({**KEPT, "SIRET": DECLARED}, "ce cas n’est plus à vérifier : retenu par la règle"),
    "not read": ({**KEPT, "SIRET": _siret(9, 1)}, "établissement absent des fichiers lus"),
    "not a SIRET": ({**KEPT, "SIRET": SMALL[:-1] + str((int(SMALL[-1]) + 1) % 10)}, "« SIRET » = "),
}  # fmt: skip


def test_each_fault_is_said_with_its_place_and_moves_nothing(house: House):
    """All of them at once, each in a workbook of its own."""
    before = house.decisions()
    for name, (written, _) in FAULTS.items():
        house.decide({SMALL: written}, f"{name}.xlsx")
    house.run()
    assert house.decisions() == before
    said = house.warning().splitlines()
    assert len(said) == len(FAULTS)
    assert said[0].startswith(f"{len(FAULTS)} décisions sans effet : ")
    for name, (_, expected) in FAULTS.items():
        (line,) = [
            text for text in said if f"retours/{name}.xlsx, feuille « Cas à vérifier », ligne 4" in text
        ]
        assert expected in line and line.endswith("."), line


def test_a_faulty_decision_is_corrected_like_any_refused_row(house: House):
    house.decide({SMALL: {**KEPT, "Décidé par": None}})
    house.run()
    assert "« Décidé par » = (vide) : il manque qui a décidé" in house.warning()
    book = openpyxl.load_workbook(house.outputs.quality / "lignes-refusees.xlsx")
    page = book.worksheets[0]
    at = {cell.value: cell.column for cell in page[1]}
    assert page.cell(2, at["Nom"]).value == "=1+1"
    page.cell(2, at["Décidé par"]).value = "Anne"
    book.save(house.raw / "corrigé.xlsx")
    house.run()
    assert house.decisions()[SMALL][0] == "in" and house.warning() == ""


def test_workbooks_that_contradict_each_other_have_no_effect_and_are_both_named(house: House):
    before = house.decisions()
    house.decide({SMALL: KEPT, LARGE: KEPT}, "anne.xlsx")
    house.decide({SMALL: LEFT, LARGE: {**KEPT, "Famille": "Fondations"}}, "bruno.xlsx")
    house.run()
    assert house.decisions() == before | {LARGE: ("in", "fondation")}, (
        "a family that one alone gives is the family"
    )
    refused = pq.read_table(house.outputs.quality / "refused.parquet").to_pylist()
    assert [(row["file"], row["line"], row["code"]) for row in refused] == [
        ("retours/anne.xlsx", 4, "E377"),
        ("retours/bruno.xlsx", 4, "E377"),
    ]
    assert "retours/bruno.xlsx, feuille « Cas à vérifier », ligne 4 : écarté" in refused[0]["reason"]
    assert "retours/anne.xlsx, feuille « Cas à vérifier », ligne 4 : retenu" in refused[1]["reason"]


def test_a_decision_holds_in_the_editions_that_it_names(house: House):
    before = house.decisions()
    house.decide({SMALL: {**KEPT, "Éditions": "sambre-avesnois-2011"}, LARGE: {**KEPT, "Éditions": "sambre-avesnois-2011|artois-2013"},
                  PROFESSIONAL: {**LEFT, "Éditions": None}})  # fmt: skip
    house.run()
    after = house.decisions()
    assert (after[SMALL], after[LARGE][0], after[PROFESSIONAL][0]) == (before[SMALL], "in", "out")
    assert house.warning() == ""


@pytest.mark.parametrize("where", ["2013", "elsewhere"])
def test_the_workbook_is_found_wherever_it_lies_in_data_raw(
    house: House, monkeypatch, tmp_path: Path, where: str
):
    """In the folder of the edition or beside it, whatever the edition declares: it is told by its content."""
    root = tmp_path / "root"
    place = root / "data" / "raw" / ("artois-2013" if where == "2013" else "divers")
    (root / "data" / "raw" / "artois-2013").mkdir(parents=True)
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(house.workbook, place / "décidé.xlsx")
    shutil.copy(house.workbook, root / "data" / "raw" / "artois-2013" / "autre.xlsx")
    book = openpyxl.load_workbook(place / "décidé.xlsx")
    book.save(place / "décidé.xlsx")
    (root / "pipelines").symlink_to(house.project.root / "pipelines")
    project = Project.load(root)
    inventory = inventory_of(project, project.edition(str(house.home / "artois-2013.toml")), None)
    assert [match.source for match in inventory.matches] == ["case_decisions"] * 2
    assert {note.severity for note in inventory.unmatched} <= {"info"}
    assert not any(match.unknown for match in inventory.matches)
