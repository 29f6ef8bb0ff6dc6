"""The levels of the official code that a territory holds: whole, or in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.rules import load_rules

EDITION = """id = "essai"
year = 2026
territory = "{territory}"
perimeter = "loi_2014"
reference_date = "2026-01-01"
"""
#: The smallest inter-municipality of two communes at least.
_EPCI = (
    "select epci_code from rules.communes where type = 'commune-actuelle' and epci_code is not null "
    "group by all having count(*) >= 2 order by count(*), 1 limit 1"
)


def _levels(db: Database, tmp_path: Path, declared: str) -> dict[tuple[str, str], bool]:
    (tmp_path / "lieu.toml").write_text(f'name = "Lieu"\ncog = "2021"\n{declared}\n', encoding="utf-8")
    path = tmp_path / "essai.toml"
    path.write_text(EDITION.format(territory="lieu"), encoding="utf-8")
    project = Project.load(ROOT)
    load_rules(db, project, project.edition(str(path)), set())
    return {
        (level, code): is_whole
        for level, code, is_whole in db.rows(
            "select distinct level, code, is_whole from rules.territory_level"
        )
    }


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("levels") / "levels.duckdb")


def test_a_level_is_whole_when_all_its_communes_are_there(db: Database, tmp_path: Path):
    found = _levels(db, tmp_path, 'arrondissement = "591"')
    assert found["arrondissement", "591"]
    assert not found["departement", "59"]
    assert not found["region", "32"]


def test_all_communes_but_one_is_a_part(db: Database, tmp_path: Path):
    _levels(db, tmp_path, 'arrondissement = "591"')
    (epci,) = db.rows(_EPCI)[0]
    communes = [
        code for (code,) in db.rows("select code from rules.communes where epci_code = ? order by 1", [epci])
    ]
    assert _levels(db, tmp_path, f"communes = {communes}".replace("'", '"'))["epci", epci]
    assert not _levels(db, tmp_path, f"communes = {communes[1:]}".replace("'", '"'))["epci", epci]


def test_a_city_is_whole_without_its_arrondissements_and_an_oversea_region_too(db: Database, tmp_path: Path):
    paris = _levels(db, tmp_path, 'communes = ["75056"]')
    assert paris["departement", "75"]
    assert not paris["region", "11"]
    assert _levels(db, tmp_path, 'departement = "972"')["region", "02"]


def test_the_whole_country_has_nothing_in_part(db: Database, tmp_path: Path):
    assert all(_levels(db, tmp_path, "france = true").values())
