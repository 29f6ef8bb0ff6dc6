"""The levels of the official code that a territory holds: whole, or in part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

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


Levels = Callable[[str], dict[tuple[str, str], bool]]


def _levels(db: Database, project: Project, folder: Path, declared: str) -> dict[tuple[str, str], bool]:
    (folder / "lieu.toml").write_text(f'name = "Lieu"\ncog = "2021"\n{declared}\n', encoding="utf-8")
    path = folder / "essai.toml"
    path.write_text(EDITION.format(territory="lieu"), encoding="utf-8")
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


@pytest.fixture(scope="module")
def levels(db: Database, project: Project, tmp_path_factory: pytest.TempPathFactory) -> Levels:
    return partial(_levels, db, project, tmp_path_factory.mktemp("lieu"))


@pytest.fixture(scope="module")
def arrondissement(levels: Levels) -> dict[tuple[str, str], bool]:
    """The levels of an arrondissement; the nomenclatures are in the database from then on."""
    return levels('arrondissement = "591"')


def test_a_level_is_whole_when_all_its_communes_are_there(arrondissement: dict[tuple[str, str], bool]):
    assert arrondissement["arrondissement", "591"]
    assert not arrondissement["departement", "59"]
    assert not arrondissement["region", "32"]


@pytest.mark.usefixtures("arrondissement")
def test_all_communes_but_one_is_a_part(db: Database, levels: Levels):
    (epci,) = db.rows(_EPCI)[0]
    communes = [
        code for (code,) in db.rows("select code from rules.communes where epci_code = ? order by 1", [epci])
    ]
    assert levels(f"communes = {communes}".replace("'", '"'))["epci", epci]
    assert not levels(f"communes = {communes[1:]}".replace("'", '"'))["epci", epci]


def test_a_city_is_whole_without_its_arrondissements_and_an_oversea_region_too(levels: Levels):
    found = levels('communes = ["75056"]\ndepartement = "972"')
    assert found["departement", "75"]
    assert not found["region", "11"]
    assert found["region", "02"]


def test_the_whole_country_has_nothing_in_part(levels: Levels):
    assert all(levels("france = true").values())
