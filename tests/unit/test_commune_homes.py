"""Commune codes from one year to any other: what each kind of move does to a row, on the years around it, in both directions."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import pairwise

import pytest

from conftest import ROOT
from ess_observatory.declare.commune_homes import CommuneHomes
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.read.communes import projection

HOMES = CommuneHomes.load(ROOT / "pipelines")
MOVES = ROOT.parent / "shared" / "data" / "nomenclatures" / "communes_mouvements_2011_2026.csv"
#: Communes that the history of Insee and the packages of its movements do not part, or rename, in the same year.
TOLD_OTHERWISE = {"55298", "55138", "14697", "14472"}


def _of(own: str, cog: int, code: str, year: int) -> tuple[str | None, str] | None:
    """(target, kind) of a code of a year in a territory of the communes `own` of the year `cog`; None where it stays as it is."""
    found = {c: (target, kind) for c, target, kind, _ in projection(HOMES, frozenset(own.split()), cog, year)}
    return found.get(code)


@pytest.mark.parametrize(
    ("own", "cog", "code", "year", "expected"),
    [
        # merger: Bermeries goes into L’Orée de Mormal in 2025
        ("59006", 2025, "59070", 2024, ("59006", "merger")),
        ("59006", 2025, "59006", 2024, None),
        ("59006", 2026, "59070", 2026, ("59006", "merger")),  # a stock that still has it
        ("59006 59070", 2024, "59006", 2024, None),
        ("59006 59070", 2024, "59006", 2025, ("59006", "several")),
        ("59006 59070", 2024, "59070", 2026, None),
        ("59070", 2024, "59006", 2025, (None, "unclear")),  # a share of it is not in the territory
        ("59006", 2024, "59006", 2025, (None, "unclear")),
        ("59001", 2024, "59006", 2025, None),  # not the business of this territory
        # change of code: Orée d’Anjou is 49069, then 49126 from 2025 on, which was Drain until 2015
        ("49069", 2024, "49126", 2025, ("49069", "code_change")),
        ("49069", 2024, "49126", 2015, ("49069", "merger")),
        ("49069", 2024, "49126", 2024, ("49069", "merger")),
        ("49126", 2025, "49069", 2024, ("49126", "code_change")),
        ("49126", 2025, "49069", 2015, ("49126", "merger")),
        ("49126", 2025, "49126", 2025, None),
        ("49126", 2025, "49126", 2015, None),  # Drain is in it
        ("49126 49069", 2015, "49126", 2015, None),
        ("27676", 2019, "27058", 2019, ("27676", "merger")),
        ("27676", 2023, "27058", 2022, ("27676", "code_change")),  # there and back
        # restored: L’Oie leaves Essarts en Bocage in 2024, where it had been since 2016
        ("85084", 2023, "85165", 2024, ("85084", "split")),
        ("85084", 2023, "85165", 2015, ("85084", "merger")),
        ("85084 85165 85212", 2024, "85084", 2023, ("85084", "several")),
        ("85084 85165", 2024, "85084", 2023, (None, "unclear")),
        ("85084 85165 85212", 2024, "85084", 2015, None),  # as it was before the merger
        ("85084 85165 85212", 2024, "85165", 2015, None),
        ("85084 85165 85212", 2024, "85030", 2015, ("85084", "merger")),  # the one that stayed
        # parted: Lavilleneuve-au-Roi, which was no commune in 2011
        ("52031", 2011, "52278", 2012, ("52031", "split")),
        ("52031 52278", 2012, "52031", 2011, ("52031", "several")),
        ("52031 52278", 2012, "52031", 2012, None),
        # another département: Freigné, of Maine-et-Loire, is in Loire-Atlantique since 2018
        ("44180", 2018, "49144", 2017, ("44180", "merger")),
        ("49144", 2017, "49144", 2018, None),
        ("49144", 2017, "44180", 2018, (None, "unclear")),
        # municipal districts
        ("75056", 2021, "75101", 2026, ("75056", "arrondissement")),
        ("75101 75102", 2021, "75101", 2026, None),
        ("75101 75102", 2021, "75056", 2026, (None, "unclear")),
        # a territory that lists communes of another year than the one it says
        ("59070", 2026, "59070", 2026, None),
        ("49069", 2026, "49126", 2026, ("49069", "code_change")),
        # never a commune
        ("59006", 2026, "59999", 2026, None),
    ],
)
def test_a_code_goes_where_it_is(own, cog, code, year, expected) -> None:
    assert _of(own, cog, code, year) == expected


def test_what_is_outside_goes_where_the_list_of_all_communes_has_it() -> None:
    own = frozenset({"59006", "59070"})
    assert {c: t for c, t, *_ in projection(HOMES, own, 2011, 2011, 2021)}["49126"] == "49069"
    assert "49126" not in {c for c, *_ in projection(HOMES, own, 2011, 2011)}
    # never into the territory, of which it was no part
    assert "59070" not in {c for c, *_ in projection(HOMES, frozenset({"59006"}), 2011, 2011, 2026)}


def test_a_year_without_moves_is_the_nearest_one_with() -> None:
    assert HOMES.clamped(1999) == HOMES.first == 2011
    assert HOMES.homes(2040)["59070"] == "59006" and HOMES.homes(1999)["52278"] == "52031"
    nothing = CommuneHomes()
    assert (
        not nothing.codes
        and nothing.exists("59001", 2020)
        and not list(projection(nothing, frozenset(), 2021, 2026))
    )


def test_each_commune_is_somewhere_each_year() -> None:
    with (ROOT / "pipelines/rules/nomenclatures/communes.csv").open(encoding="utf-8") as stream:
        listed = {row["code"] for row in csv.DictReader(stream) if row["type"] == "commune-actuelle"}
    with (ROOT / "pipelines/rules/nomenclatures/commune_years.csv").open(encoding="utf-8") as stream:
        told = {int(row["year"]): int(row["communes"]) for row in csv.DictReader(stream)}
    for year, count in told.items():
        alive = {code for code in listed if HOMES.exists(code, year)} | HOMES.holding(year).keys()
        assert len(alive) == count, year
        assert set(HOMES.homes(year).values()) <= alive


@pytest.mark.parametrize("year", range(2011, 2027))
def test_there_and_back_finds_the_same_communes(year) -> None:
    for code in HOMES.holding(year):
        for other in (2011, 2016, 2021, 2026):
            assert all(code in HOMES.across(there, other, year) for there in HOMES.across(code, year, other))


@pytest.mark.skipif(not MOVES.is_file(), reason="the movements gathered apart are not here")
def test_the_movements_gathered_apart_say_the_same() -> None:
    """The 1,872 movements, one year to the next, then composed: 2020 apart, of which the packages say nothing."""
    steps: dict[int, dict[str, set[str]]] = {year: defaultdict(set) for year in range(2011, 2026)}
    with MOVES.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 1872
    for row in rows:
        steps[int(row["cog_avant"])][row["code_avant"]].add(row["code_apres"])

    def composed(code: str, year: int, other: int) -> set[str]:
        found = {code}
        for step in range(year, other):
            found = set[str]().union(*(steps[step].get(one, {one}) for one in found))
        return found

    years = [year for year in range(2011, 2027) if year != 2020]
    far = (2011, 2015, 2019, 2023, 2026)
    pairs = {*pairwise(years), *((year, other) for year in far for other in far if year < other)}
    tried = 0
    for year, other in sorted(pairs):
        for code in HOMES.holding(year):
            ours, theirs = HOMES.across(code, year, other), composed(code, year, other)
            if TOLD_OTHERWISE.isdisjoint(theirs | ours):
                # going through a merger that was undone, their steps forget which commune it was
                assert ours and ours <= theirs, (code, year, other)
                assert ours == theirs or (len(theirs) > 1 and (year, other) not in pairwise(years))
                tried += 1
    assert tried > 50_000


def test_moves_from_edition_to_edition() -> None:
    moves = CommuneMoves.load(ROOT / "pipelines")
    assert moves.merged["59070"] == "59006" and moves.restored["85165"] == "85084"
    assert moves.became("49040", frozenset({"49069"})) == "49069"
    assert (
        moves.became("49040", frozenset({"49126"})) == moves.became("49069", frozenset({"49126"})) == "49126"
    )
    assert moves.became("59999", frozenset({"59006"})) is None
    assert "75101" not in moves.merged and "59070" not in moves.restored
