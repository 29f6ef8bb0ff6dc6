"""A territory is made of the communes, and of the areas, of its year."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.declare.geography import Geography
from ess_observatory.declare.reading import Document, read_toml_document
from ess_observatory.declare.territories import load_territory, parts_of
from ess_observatory.errors import ObservatoryError

GEOGRAPHY = Geography(ROOT / "pipelines")


def _declared(folder: Path, text: str) -> Document:
    path = folder / "essai.toml"
    path.write_text(f'name = "Essai"\n{text}', encoding="utf-8")
    document = read_toml_document(path, str(path), [])
    assert document is not None
    return document


def _codes(folder: Path, text: str) -> dict[str, dict]:
    return {
        commune["code"]: commune for commune in load_territory(GEOGRAPHY, _declared(folder, text)).communes
    }


@pytest.mark.parametrize(
    ("cog", "has", "lacks"),
    [("2019", "49069", "49126"), ("2021", "49069", "49126"), ("2024", "49069", "49126"), ("2025", "49126", "49069"),
     ("2026", "49126", "49069")],
)  # fmt: skip
def test_a_departement_of_a_year(tmp_path, cog, has, lacks) -> None:
    found = _codes(tmp_path, f'cog = "{cog}"\ndepartement = "49"')
    assert has in found and lacks not in found
    assert found[has]["name"] == "Orée d'Anjou" and found[has]["population"] == 16429


def test_an_epci_of_a_year(tmp_path) -> None:
    one, other = (
        {row["code"]: row["epci_code"] for row in GEOGRAPHY.at(year).communes} for year in (2021, 2022)
    )
    moved = sorted(code for code in one.keys() & other.keys() if one[code] != other[code])
    code = moved[0]
    assert code in _codes(tmp_path, f'cog = "2022"\nepci = "{other[code]}"')
    assert code in _codes(tmp_path, f'cog = "2021"\nepci = "{one[code]}"')


def test_communes_that_parted_have_no_population(tmp_path) -> None:
    found = _codes(tmp_path, 'cog = "2025"\ndepartement = "15"')
    assert found["15031"]["population"] is None and found["15141"]["population"] is None
    merged = _codes(tmp_path, 'cog = "2025"\narrondissement = "591"')
    before = _codes(tmp_path, 'cog = "2021"\narrondissement = "591"')
    assert merged["59006"]["population"] == before["59006"]["population"] + before["59070"]["population"]


@pytest.mark.parametrize("cog", ["2011", "2018", "2020", "2027"])
def test_areas_of_a_year_that_is_not_known_are_refused(tmp_path, cog) -> None:
    with pytest.raises(ObservatoryError, match=cog) as caught:
        _codes(tmp_path, f'cog = "{cog}"\nepci = "200060010"')
    assert caught.value.code == "E109" and "« file »" in (caught.value.fix or "")


def test_the_parts_of_a_territory_are_those_of_its_year(tmp_path) -> None:
    whole = load_territory(GEOGRAPHY, _declared(tmp_path, 'cog = "2025"\ndepartement = "49"'))
    parts = parts_of(GEOGRAPHY, whole, "epci").territories
    assert any("49126" in {c["code"] for c in part.communes} for part in parts)
    assert all(part.cog == "2025" for part in parts)


@pytest.mark.parametrize("year", [2019, 2021, 2022, 2023, 2024, 2025, 2026])
def test_each_commune_of_a_year_has_its_areas(year) -> None:
    communes = GEOGRAPHY.at(year).communes
    assert all(row["name"] and row["departement"] for row in communes)
    assert sum(not row["epci_code"] for row in communes if row["region"]) < 10
    assert GEOGRAPHY.at(year) is GEOGRAPHY.at(year)
