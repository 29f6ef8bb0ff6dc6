"""The reference date against today and the last day of a register: just before, on and just after each limit."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from command_line import ess
from conftest import some_of
from ess_observatory.commands.scaffold import _reference
from ess_observatory.declare.project import Edition, Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.reference_date import LastDay, Limits, _last_day, _read, ahead_of_today, judge

LIMITS = Limits(warn_after=31, block_after=92, warn_before=183, stray_share=0.01)
LAST = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def register(project: Project):
    return project.sources["sirene_establishment"]


@pytest.fixture(scope="module")
def reference_edition(project: Project) -> Edition:
    return project.edition("sambre-avesnois-2011")


def _statuses(register, known: LastDay, days: int, has_past: bool = False) -> tuple[str, str]:
    reference = known.day + dt.timedelta(days=days)
    after, before = judge(register, known, reference, LIMITS, has_past)
    return after.status, before.status


@pytest.mark.parametrize(
    ("days", "is_treatment", "expected"),
    [
        (0, True, ("ok", "ok")),
        (31, True, ("ok", "ok")),
        (32, True, ("warning", "ok")),
        (92, True, ("warning", "ok")),
        (93, True, ("failed", "ok")),
        (93, False, ("warning", "ok")),
        (27_000, False, ("warning", "ok")),
        (-183, True, ("ok", "ok")),
        (-184, True, ("ok", "warning")),
        (-184, False, ("ok", "warning")),
    ],
)
def test_a_register_bears_the_days_around_its_last(register, days: int, is_treatment: bool, expected) -> None:
    assert _statuses(register, LastDay(LAST, is_treatment), days) == expected


def test_a_register_with_its_history_tells_the_past(register) -> None:
    assert _statuses(register, LastDay(LAST, True), -5000, has_past=True) == ("ok", "ok")


@pytest.mark.parametrize(("days", "warns"), [(-1, False), (0, False), (1, True), (92, True)])
def test_a_reference_date_after_today_is_said(
    reference_edition: Edition, project: Project, days: int, warns: bool
):
    today = reference_edition.reference_date - dt.timedelta(days=days)
    assert bool(ahead_of_today(project, reference_edition, today)) is warns


def test_a_reference_date_that_no_file_can_bear_stops(reference_edition: Edition, project: Project) -> None:
    today = reference_edition.reference_date - dt.timedelta(days=93)
    with pytest.raises(ObservatoryError) as caught:
        ahead_of_today(project, reference_edition, today)
    assert (caught.value.code, caught.value.exit_code) == ("E176", Exit.USAGE)
    assert f"{today.year}-01-01" in str(caught.value.fix)


def _columns(treated: dict[str, int], created: dict[str, int]):
    from collections import Counter

    return {"treated_on": Counter(treated), "created_on": Counter(created), "since": Counter()}


def test_the_last_treatment_wins_over_the_dates_of_the_rows(register) -> None:
    found = _last_day(register, _columns({"2025-12-27": 1, "2019-01-01": 9}, {"2031-01-01": 9}), LIMITS)
    assert found == LastDay(dt.date(2025, 12, 27), True)


@pytest.mark.parametrize(("stray", "last"), [(1, 2025), (2, 2099)])
def test_a_stray_date_of_creation_is_not_the_last_day(register, stray: int, last: int) -> None:
    """One percent of the dates may be stray: one of a hundred is left aside, two are taken for what they say."""
    created = {"2099-01-01": stray, "2025-06-01": 100 - stray}
    found = _last_day(register, _columns({}, created), LIMITS)
    assert found is not None
    assert (found.day.year, found.is_treatment) == (last, False)


def test_a_register_without_any_date_is_not_judged(register) -> None:
    assert _last_day(register, _columns({}, {}), LIMITS) is None


def test_days_are_read_as_people_write_them() -> None:
    from collections import Counter

    assert _read(Counter({"27/12/2025": 2, "2025-12-27": 1, "n’importe": 4})) == {dt.date(2025, 12, 27): 3}


@pytest.mark.parametrize(("days", "refused"), [(-1, False), (0, False), (1, True), (40, True)])
def test_an_edition_that_says_no_day_waits_for_the_last_of_its_year(
    reference_edition: Edition, project: Project, days: int, refused: bool
) -> None:
    undated = {key: value for key, value in reference_edition.data.items() if key != "reference_date"}
    edition = replace(reference_edition, data=undated)
    today = dt.date(edition.year, 12, 31) - dt.timedelta(days=days)
    if not refused:
        assert ahead_of_today(project, edition, today) == []
        return
    with pytest.raises(ObservatoryError) as caught:
        ahead_of_today(project, edition, today)
    assert caught.value.code == "E176" and "ne dit pas quel jour" in caught.value.what


def test_a_day_that_the_edition_does_not_say_is_told_as_such(register) -> None:
    later = LAST + dt.timedelta(days=40)
    told = [
        next(judge(register, LastDay(LAST, True), later, LIMITS, True, said)).detail for said in (True, False)
    ]
    assert ["l’édition ne la dit pas" in detail for detail in told] == [False, True]


def test_the_declared_limits_are_those_that_judge(project: Project) -> None:
    assert Limits.of(project) == Limits()


def test_a_new_edition_takes_the_first_day_of_its_year(reference_edition: Edition) -> None:
    """The reference edition counts on 31 December: the edition of a year that is not over cannot."""
    year = dt.date.today().year
    assert _reference(None, year) == f"{year}-01-01"
    assert _reference(reference_edition, year - 1) == f"{year - 1}-12-31"
    assert _reference(reference_edition, year + 1) == f"{year + 1}-01-01"
    january = replace(reference_edition, data={**reference_edition.data, "reference_date": "2011-01-01"})
    assert _reference(january, year) == f"{year}-01-01"


@pytest.mark.parametrize(
    ("day", "year"),
    [
        ("2011-12-31", 2011),
        ("2026-01-01", 2025),
        ("2026-01-05", 2025),
        ("2024-02-29", 2023),
        ("2025-12-30", 2024),
    ],
)
def test_a_year_is_full_when_its_last_day_is_known(reference_edition: Edition, day: str, year: int) -> None:
    dated = replace(reference_edition, data={**reference_edition.data, "reference_date": day})
    assert dated.last_full_year == year


EDITION = """id = "essai"
title = "Essai"
year = {year}
territory = "avesnes-sur-helpe"
perimeter = "loi_2014"
reference_date = "{day}"
"""
STOCK = """siret,statutDiffusionEtablissement,etatAdministratifEtablissement,codeCommuneEtablissement,dateCreationEtablissement,{more}
99100001900018,O,A,59392,2001-05-02,{last}
"""


@pytest.mark.parametrize(
    ("day", "more", "last", "status", "said"),
    some_of(
        [
            ("2024-01-01", "dateDernierTraitementEtablissement", "2024-01-01T08:00:00", 0, ""),
            ("2024-02-20", "dateDernierTraitementEtablissement", "2024-01-01T08:00:00", 0, "50 jours avant"),
            ("2024-12-31", "dateDernierTraitementEtablissement", "2024-01-01T08:00:00", 3, "365 jours avant"),
            ("2024-12-31", "dateDebut", "2024-01-01", 0, "365 jours avant"),
            ("2023-01-01", "dateDernierTraitementEtablissement", "2024-01-01T08:00:00", 0, "365 jours après"),
        ]
    ),
)
def test_plan_and_reading_say_the_same(
    tmp_path: Path, day: str, more: str, last: str, status: int, said: str
) -> None:
    """A stock of January does not describe December: both stop where its producer dates it, both warn where its rows let one guess."""
    edition, raw = tmp_path / "essai.toml", tmp_path / "raw"
    edition.write_text(EDITION.format(year=day[:4], day=day), encoding="utf-8")
    raw.mkdir()
    (raw / "stock.csv").write_text(STOCK.format(more=more, last=last), encoding="utf-8")
    options = ("--edition", edition, "--raw", raw, "--out", tmp_path / "out", "--json")
    planned, read = ess("plan", *options), ess("ingest", *options)
    assert read.returncode == status, read.stderr
    assert planned.returncode == (status or 3), (
        planned.stderr
    )  # a stock without its legal units publishes nothing
    found = json.loads(planned.stdout)
    told = [line for line in (found["blocking"] if status else found["warnings"]) if "référence" in line]
    assert (said in " ".join(told)) if said else not told
    if status == 0 and said:
        assert any(said in warning for warning in json.loads(read.stdout)["warnings"])
