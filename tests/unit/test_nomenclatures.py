"""The three revisions of the NAF: whole lists, exclusions that exist in them, codes of the registers that do not."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.examples import fill, rules_for

SHAPES = {"naf_rev1": r"\d\d\.\d[A-Z]", "naf_rev2": r"\d\d\.\d\d[A-FZ]", "naf_2025": r"\d\d\.\d\d[G-LY]"}


def _codes(project: Project, nomenclature: str) -> list[str]:
    return [row["naf"] for row in read_csv_rows(project.nomenclatures[nomenclature])]


@pytest.mark.parametrize("version", read_csv_rows(ROOT / "pipelines/rules/nomenclatures/naf_versions.csv"),
                         ids=lambda version: version["nomenclature"])  # fmt: skip
def test_each_list_is_whole(project: Project, version: dict[str, str]):
    codes = _codes(project, version["nomenclature"])
    assert codes == sorted(set(codes))
    assert len(codes) == int(version["codes"])
    assert all(re.fullmatch(SHAPES[version["nomenclature"]], code) for code in codes)


def test_every_arrondissement_has_a_name_as_it_is_printed(project: Project):
    names = {row["code"]: row["name"] for row in read_csv_rows(project.nomenclatures["arrondissements"])}
    used = {row["arrondissement"] for row in read_csv_rows(project.nomenclatures["communes"])} - {""}
    assert used <= names.keys()
    assert all(re.fullmatch(r"Arrondissement (?:d’|de |du |des )[^'’ ].*", name) for name in names.values())
    assert {names["592"], names["591"], names["762"], names["271"]} == {
        "Arrondissement de Cambrai", "Arrondissement d’Avesnes-sur-Helpe", "Arrondissement du Havre", "Arrondissement des Andelys",
    }  # fmt: skip


def test_levels_of_the_new_nomenclature_are_those_of_the_european_one(project: Project):
    codes = _codes(project, "naf_2025")
    assert [len({code[:size] for code in codes}) for size in (2, 4, 5)] == [87, 287, 651]
    assert [len({code[:size] for code in _codes(project, "naf_rev1")}) for size in (2, 4)] == [62, 224]


def test_every_exclusion_names_codes_that_exist(project: Project):
    rows = read_csv_rows(project.nomenclatures["naf_exclusions"])
    assert {row["nomenclature"] for row in rows} == SHAPES.keys()
    for row in rows:
        codes = [*_codes(project, row["nomenclature"]), "00.00Z"]
        assert any(code.startswith(row["prefix"]) for code in codes), row["prefix"]


@pytest.mark.parametrize(
    ("nomenclature", "administration", "security", "union", "professional"),
    [
        ("naf_rev1", "75.1A", "75.3A", "91.2Z", "91.1C"),
        ("naf_rev2", "84.11Z", "84.30A", "94.20Z", "94.12Z"),
        ("naf_2025", "84.11Y", "84.30G", "94.20Y", "94.12Y"),
    ],
)
def test_the_same_activities_are_excluded_in_each_revision(
    project: Project, nomenclature: str, administration: str, security: str, union: str, professional: str
):
    rows = [
        row
        for row in read_csv_rows(project.nomenclatures["naf_exclusions"])
        if row["nomenclature"] == nomenclature
    ]

    def decision(code: str) -> str:
        found = [row for row in rows if code.startswith(row["prefix"])]
        return max(found, key=lambda row: len(row["prefix"]))["decision"]

    assert [decision(code) for code in (administration, security, union, professional)] == [
        "out",
        "review",
        "out",
        "review",
    ]


def test_an_unknown_code_of_a_register_is_said_with_its_neighbours(project: Project):
    query = (ROOT / "pipelines/rules/cross_checks/register_activity_codes.sql").read_text(encoding="utf-8")
    with Database() as db:
        rules_for(db, project, {f"rules.{n}" for n in (*SHAPES, "naf_versions")}, set())
        fill(
            db,
            "core.activity_code",
            "naf,nomenclature\n88.10A,naf_rev2\n00.00Z,naf_rev2\n88.10G,naf_2025\n85.3K,naf_rev1\n57.10,NAP\n"
            "88.10Z,naf_rev2\n88.10Y,naf_2025\n04.10Z,naf_rev2",
        )
        items = [row["item"] for row in db.dicts(query)]
    assert items == [
        "04.10Z (NAF rév. 2, aucun code proche)",
        "88.10Y (NAF 2025, proches : 88.10G, 88.10H, 88.10J)",
        "88.10Z (NAF rév. 2, proches : 88.10A, 88.10B, 88.10C)",
    ]
