"""The three revisions of the NAF: whole lists, exclusions that exist in them, codes of the registers that do not."""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter, defaultdict
from typing import Any

import pytest

from conftest import ROOT
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.examples import fill, rules_for, views_for

LISTS = {f"rules.{name}" for name in ("naf_rev1", "naf_rev2", "naf_2025")}
SHAPES = {"naf_rev1": r"\d\d\.\d[A-Z]", "naf_rev2": r"\d\d\.\d\d[A-FZ]", "naf_2025": r"\d\d\.\d\d[G-LY]"}


def _codes(project: Project, nomenclature: str) -> list[str]:
    return [row["naf"] for row in read_csv_rows(project.nomenclatures[nomenclature])]


def _activities(
    project: Project, edition: str, codes: list[tuple[str, str]], query: str = "select * from core.activity"
) -> dict[str, dict[str, Any]]:
    """Code → its row of core.activity, in an edition of that nomenclature."""
    with Database() as db:
        given = {
            "core.activity_code": "naf,nomenclature\n" + "".join(f"{naf},{of}\n" for naf, of in codes),
            "rules.edition": f"edition,nomenclature\ndemo,{edition}",
        }
        for name, text in given.items():
            fill(db, name, text)
        rules_for(
            db,
            project,
            views_for(db, project, {"core.activity", "rules.naf_versions", *LISTS}, set(given)),
            set(given),
        )
        return {row.get("naf", row.get("item")): row for row in db.dicts(query)}


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
    assert {row["nomenclature"] for row in rows} == {
        "naf_rev1",
        "naf_rev2",
    }  # those of 2025 are told by the passage
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
    codes = (administration, security, union, professional)
    for edition in ("naf_rev2", "naf_2025"):
        told = _activities(project, edition, [(code, nomenclature) for code in codes])
        assert [told[code]["decision"] for code in codes] == ["out", "review", "out", "review"]


def test_an_unknown_code_of_a_register_is_said_with_its_neighbours(project: Project):
    query = (ROOT / "pipelines/rules/cross_checks/register_activity_codes.sql").read_text(encoding="utf-8")
    known = [
        ("88.10A", "naf_rev2"),
        ("00.00Z", "naf_rev2"),
        ("88.10G", "naf_rev2"),
        ("85.3K", "naf_rev1"),
        ("57.10", "NAP"),
    ]
    unknown = [("88.10Z", "naf_rev2"), ("88.10Y", "naf_2025"), ("04.10Z", "naf_rev2")]
    items = list(_activities(project, "naf_rev2", [*known, *unknown], query))
    assert items == [
        "04.10Z (NAF rév. 2, aucun code proche)",
        "88.10Y (NAF 2025, proches : 88.10G, 88.10H, 88.10J)",
        "88.10Z (NAF rév. 2, proches : 88.10A, 88.10B, 88.10C)",
    ]


@pytest.mark.parametrize("source", ["flores", "flores_ess"])
def test_sectors_of_flores_are_never_read_in_another_nomenclature(source: str) -> None:
    """The letters of sectors shift from one to the next: a year when rév. 2 is no longer in force is refused, totals are not."""
    checks = tomllib.loads((ROOT / "pipelines/rules/cross_checks.toml").read_text(encoding="utf-8"))["checks"]
    (check,) = [one for one in checks if one["id"] == f"{source}_nomenclature"]
    with Database() as db:
        versions = "values ('naf_rev2', '2026-12-31'), ('naf_2025', '')"
        db.execute(
            f"create table rules.naf_versions as select * from ({versions}) as t (nomenclature, until)"
        )
        rows = "values ('KZ', 2026), ('_T', 2027), ('KZ', 2027), ('RU', 2028)"
        db.execute(f"create table staging.{source} as select * from ({rows}) as t (activity, period)")
        assert db.rows(check["observed"]) == [(2,)]
    assert (check["severity"], check["max"]) == ("block", 0)


def test_the_passage_holds_every_code_but_one_that_is_new(project: Project):
    pairs = read_csv_rows(project.nomenclatures["naf_passage"])
    assert len(pairs) == 1223
    assert {row["naf_rev2"] for row in pairs} == set(_codes(project, "naf_rev2"))
    assert set(_codes(project, "naf_2025")) - {row["naf_2025"] for row in pairs} == {"46.89Y"}


@pytest.mark.parametrize(
    ("level", "right", "uncertain"), [("a88", 627, 105), ("a38", 643, 89), ("section", 666, 66)]
)
def test_a_stock_passed_to_2025_and_back_is_right_or_said_uncertain(
    project: Project, level: str, right: int, uncertain: int
):
    """A stock of known truth: each code of rév. 2, given in 2025 by one of its targets at random, then brought back by the passage.

    What is said certain is never wrong; the rest is said. `right`, `uncertain`: of the 732 codes, on average over 200 draws each.
    """
    targets = defaultdict(list)
    for row in read_csv_rows(project.nomenclatures["naf_passage"]):
        targets[row["naf_rev2"]].append(row["naf_2025"])
    truth = {row["naf"]: row[level] for row in read_csv_rows(project.nomenclatures["naf_rev2"])}
    back = _passed_back(project, level)
    chance, found, draws = random.Random(2027), Counter[str](), 200
    for naf, sector in truth.items():
        for _ in range(draws):
            told = back[chance.choice(targets[naf])]
            found["uncertain" if told == "uncertain" else "right" if told == sector else "wrong"] += 1
    assert found["wrong"] == 0
    assert (round(found["right"] / draws), round(found["uncertain"] / draws)) == (right, uncertain)


def _passed_back(project: Project, level: str) -> dict[str, str]:
    """Code of 2025 → the group of rév. 2 that core.activity gives it, its A38 being replaced by another level."""
    with Database() as db:
        codes = _codes(project, "naf_2025")
        fill(db, "core.activity_code", "naf,nomenclature\n" + "".join(f"{naf},naf_2025\n" for naf in codes))
        fill(db, "rules.edition", "edition,nomenclature\ndemo,naf_rev2")
        rules_for(db, project, {"rules.naf_rev2"}, set())
        db.execute(
            f"create or replace table rules.naf_rev2 as select * replace ({level} as a38) from rules.naf_rev2"
        )
        given = {"core.activity_code", "rules.edition", "rules.naf_rev2"}
        views_for(db, project, {"core.activity"}, given)
        return dict(db.rows("select naf, sector from core.activity"))


def test_only_tables_by_activity_feel_that_registers_change_nomenclature():
    breaks = Breaks.load(ROOT / "pipelines")
    reason = breaks.of_nomenclatures("naf_rev2", "naf_2025", "sectors")
    assert reason and reason in breaks.reasons and breaks.english[reason]
    assert breaks.of_nomenclatures("naf_2025", "naf_rev2", "sectors") == reason
    assert breaks.of_nomenclatures("", "naf_2025", "sectors") == reason  # a publication of before
    assert breaks.of_nomenclatures("naf_2025", "naf_2025", "sectors") is None
    assert breaks.of_nomenclatures("", "naf_rev2", "sectors") is None
    assert breaks.of_nomenclatures("naf_rev2", "naf_2025", "families") is None


@pytest.mark.parametrize(
    ("edition", "codes", "taken"),
    [
        ("naf_rev2", "88.91A,naf_rev2,88.91G", ("88.91A", "naf_rev2")),
        ("naf_2025", "88.91A,naf_rev2,88.91G", ("88.91G", "naf_2025")),
        ("naf_rev2", ",,88.91G", ("88.91G", "naf_2025")),
        ("naf_2025", "88.91A,naf_rev2,", ("88.91A", "naf_rev2")),
    ],
)
def test_of_two_codes_that_of_the_edition_is_taken_and_one_alone_is(
    edition: str, codes: str, taken: tuple[str, str]
):
    with Database() as db:
        fill(db, "rules.edition", f"edition,nomenclature\ndemo,{edition}")
        unit = "siren,is_partial:bool,name,usual_name,legal_category,ess_flag,naf,nomenclature,naf_2025"
        fill(db, "staging.sirene_legal_unit", f"{unit}\n1,false,,,9220,,{codes}")
        site = (
            "siret,siren,is_partial:bool,usual_name,brand,postcode,city,commune_code,size_band,state,created_on:date,"
            "closed_on:date,_file,_sheet,_line,naf,nomenclature,naf_2025"
        )
        fill(db, "staging.sirene_establishment", f"{site}\n11,1,false,,,,,,,,,,,,,{codes}")
        query = (ROOT / "pipelines/core/stock.sql").read_text(encoding="utf-8")
        row = db.dicts(query)[0]
    assert (row["naf"], row["nomenclature"]) == (row["unit_naf"], row["unit_nomenclature"]) == taken
