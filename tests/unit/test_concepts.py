"""One concept, one value: what cells are about, what the publication refuses, what it warns of, what it chooses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.declare.concepts import About, about
from ess_observatory.declare.project import Project, TableCard
from ess_observatory.publish.agreement import agreement, disagreements
from ess_observatory.publish.book import Book
from ess_observatory.publish.concepts import Places, one_value, said, same_number
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import Cell as Printed
from ess_observatory.publish.tables import Column, PublishedTable, Row
from ess_observatory.quality import Verdict
from ess_observatory.secrecy.door import Cell

LABELS = {"places": "Établissements", "jobs": "Postes", "rate": "Part"}


def column(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "label": code, "unit": "", "decimals": 0, "secrecy": "public", **more}


def table(id: str, number: str, columns: list[dict[str, Any]], **more: Any) -> TableCard:
    return TableCard(id, Path("tables") / id, {"number": number, "columns": columns, **more})


def cell(row: str, code: str, value: float | None, kind: str = "data", **more: Any) -> Cell:
    status = {"obs_status": "A" if value is not None else "O"} | more
    return Cell(row, row.capitalize(), 1, kind, None, code, value=value, **status)


@pytest.fixture
def today(project: Project):
    return project.edition("sambre-avesnois-2026")


def judged(project: Project, edition: Any, *tables: tuple[TableCard, list[Cell]]) -> list[Verdict]:
    book = Book(edition, "build", tables=list(tables))
    return [v for v in one_value(said(book, Places(project, edition)), LABELS) if v.status != "ok"]


FAMILIES = table("families", "3.2", [column("count", concept="places")], categories="family")
WEIGHT = table("weight", "1.2", [column("ess")], concepts={"count/ess": "places", "jobs/ess": "jobs"})


@pytest.mark.parametrize(
    ("card", "row", "kind", "spec", "found"),
    [
        ({}, "a", "data", column("n"), About("t.n", "t=a", False)),
        ({"categories": "family"}, "a", "data", column("n", concept="places"), About("places", "family=a", True)),
        ({"categories": "family"}, "total", "total", column("n", concept="places"), About("places", "", True)),
        ({}, "a", "data", column("n", concept="places"), About("places", "t=a", True)),
        ({"categories": {"REG": "region", "REGION_": "old", "here": ""}}, "REG32", "data", column("n", concept="x"),
         About("x", "region=32", True)),
        ({"categories": {"REG": "region", "REGION_": "old"}}, "REGION_32", "data", column("n", concept="x"),
         About("x", "old=32", True)),
        ({"categories": {"here": ""}}, "here", "data", column("n", concept="x"), About("x", "", True)),
        ({"concepts": {"a/n": "jobs"}}, "a", "data", column("n", concept="places"), About("jobs", "", True)),
        ({"concepts": {"a/n": "jobs@family=b"}}, "a", "data", column("n"), About("jobs", "family=b", True)),
        ({"rows": {"dimension": "sector"}}, "QB", "data", column("n", measure="places"), About("places", "sector=QB", True)),
        ({}, "a", "total", column("n", share="places", among="known"), About("places.share.known", "", True)),
        ({}, "a", "total", column("n", rate={"of": "places", "per": "people"}), About("places.per_people", "", True)),
        ({"kind": "chosen"}, "jobs", "data", column("value"), About("jobs", "", True)),
    ],
)  # fmt: skip
def test_what_a_cell_is_about(card, row, kind, spec, found) -> None:
    assert about("t", card, row, kind, spec) == found


def test_a_second_value_is_refused_with_both_places_and_the_remedy(project: Project, today) -> None:
    families = [cell("association", "count", 300), cell("total", "count", 436, "total")]
    (found,) = judged(project, today, (FAMILIES, families), (WEIGHT, [cell("count", "ess", 435)]))
    assert (found.status, found.severity, found.source) == ("failed", "block", "publication")
    for said_there in ("436 au tableau 3.2 (total/count)", "435 au tableau 1.2 (count/ess)", "Remède"):
        assert said_there in found.detail
    assert "Établissements" in found.label


def test_the_same_value_everywhere_is_one_good_control(project: Project, today) -> None:
    families = [cell("association", "count", 300), cell("total", "count", 436, "total")]
    book = Book(today, "build", tables=[(FAMILIES, families), (WEIGHT, [cell("count", "ess", 436)])])
    assert [v.status for v in one_value(said(book, Places(project, today)), LABELS)] == ["ok"]


def test_other_categories_and_other_concepts_do_not_meet(project: Project, today) -> None:
    families = [cell("association", "count", 300), cell("mutuelle", "count", 12)]
    weight = [cell("count", "ess", 312), cell("jobs", "ess", 4000)]
    assert not judged(project, today, (FAMILIES, families), (WEIGHT, weight))


def test_a_category_is_compared_wherever_it_is_printed(project: Project, today) -> None:
    units = table("units", "3.3", [column("places", concept="places")], categories={"family_": "family"})
    found = judged(
        project, today, (FAMILIES, [cell("mutuelle", "count", 12)]), (units, [cell("family_mutuelle", "places", 13)])
    )  # fmt: skip
    assert [v.id for v in found] == ["publication.concept.places.family=mutuelle"]
    assert "Mutuelle" in found[0].label


@pytest.mark.parametrize(
    "other",
    [
        cell("count", "ess", None, conf_status="C", obs_status="A"),
        cell("count", "ess", None),
        cell("count", "ess", None, obs_status="M"),
    ],
)
def test_hidden_or_missing_here_and_shown_there_is_refused(project: Project, today, other: Cell) -> None:
    shown = [cell("total", "count", 2, "total")]
    (found,) = judged(project, today, (FAMILIES, shown), (WEIGHT, [other]))
    assert "2 au tableau 3.2" in found.detail and "au tableau 1.2" in found.detail
    if other.conf_status == "C":
        assert (
            found.detail.startswith("2 au")
            and "s au tableau 1.2" in found.detail
            and "masquez-la" in found.detail
        )


def test_hidden_here_and_not_available_there_is_no_conflict(project: Project, today) -> None:
    """A producer hides the posts of a territory: where they are summed they are secret, where they are a term there is none."""
    secret = [cell("count", "ess", None, conf_status="C", obs_status="A")]
    missing = [cell("total", "count", None, "total")]
    assert judged(project, today, (FAMILIES, missing), (WEIGHT, secret)) == []


def test_hidden_everywhere_is_no_conflict(project: Project, today) -> None:
    gone = {"conf_status": "C", "obs_status": "A"}
    tables = (
        (FAMILIES, [cell("total", "count", None, "total", **gone)]),
        (WEIGHT, [cell("count", "ess", None, **gone)]),
    )
    assert not judged(project, today, *tables)


def test_a_difference_that_printing_hides_is_said_with_its_digits(project: Project, today) -> None:
    rates = [table(name, number, [column("share", concept="rate", decimals=1)], categories={"x": ""})
             for name, number in (("one", "1.1"), ("two", "1.2"))]  # fmt: skip
    (found,) = judged(
        project, today, *((t, [cell("x", "share", v)]) for t, v in zip(rates, (12.41, 12.44), strict=True))
    )
    assert "12,41 au" in found.detail and "12,44 au" in found.detail


@pytest.mark.parametrize(
    ("x", "y", "same"),
    [(12.44, 12.4, True), (12.4, 12.44, True), (12.44, 12.41, False), (12.44, 12.5, False), (0.0, 0.0, True),
     (None, None, True), (None, 0.0, False), (1e9, 1e9 + 0.1, True), (12.45, 12.5, True), (12.45, 12.4, False)],
)  # fmt: skip
def test_one_number_may_have_left_as_it_is_printed(x: float | None, y: float | None, same: bool) -> None:
    assert same_number(x, 1, y, 1) is same


def test_an_area_that_is_the_territory_is_its_whole(project: Project, today) -> None:
    """The territory of the edition is the arrondissement 592 as compared areas name it."""
    places = Places(project, today)
    assert places.own is not None
    levels = table("levels", "2.4", [column("n", concept="places")], categories={"ARR": "arrondissement"})
    row = f"ARR{places.own.partition('=')[2]}"
    total = (FAMILIES, [cell("total", "count", 436, "total")])
    assert judged(project, today, total, (levels, [cell(row, "n", 435)]))
    assert not judged(project, today, total, (levels, [cell("ARR999", "n", 435)]))


def test_sublevels_are_official_areas_only_when_they_are_whole(project: Project, today) -> None:
    places = Places(project, today)
    inside = {commune["epci_code"] for commune in today.territory.communes}
    named = {code: places.name(About("x", f"sublevel={code}", True)).category for code in inside}
    assert {f"epci={code}" for code in inside} == set(named.values())
    code = sorted(inside)[0]
    fewer = [c for c in today.territory.communes if c["epci_code"] == code][1:]
    kept = [c for c in today.territory.communes if c["epci_code"] != code]
    part = replace(today, territory=replace(today.territory, communes=tuple(kept + fewer)))
    assert Places(project, part).name(About("x", f"sublevel={code}", True)).category == f"sublevel={code}"


# --- publications beside each other


def published(
    edition: str, area: str, value: float | None, *, status: str = "F", sha: str = "a", date: str = "2024",
    category: str = "commune=59001", perimeter: str = "loi", concept: str = "jobs",
) -> Publication:  # fmt: skip
    printed = Printed("posts", value, conf_status=status, obs_status="A")
    card = PublishedTable(
        "communes", "2.1", 2, "Communes", None, "", "", None, None, (), "", (Column("posts", "Postes"),),
        (Row("59001", "Anor"),), {("59001", "posts"): printed},
    )  # fmt: skip
    told = {"label": "Postes", "date": date, "made_from": ["flores"], "figures": {"posts": category}}
    manifest = {
        "edition": edition,
        "perimeter": perimeter,
        "sources": [{"id": "flores", "files": [{"sha256": sha}]}],
    }
    return Publication(
        Path(), manifest, (card,), {}, None, [], [], concepts={"area": area, "concepts": {concept: told}}
    )


def test_two_publications_of_the_same_files_are_warned_of_when_they_differ() -> None:
    books = [published("a", "epci=1", 120), published("b", "epci=2", 121)]
    (found,) = disagreements(books)
    assert found.said == "Postes, Anor : 120 dans a, tableau 2.1 ; 121 dans b, tableau 2.1"
    assert [v.status for v in agreement(books)] == ["warning"]
    assert found.as_dict()["values"][1] == {"where": "b, tableau 2.1", "value": 121, "sign": ""}


@pytest.mark.parametrize(
    "other",
    [
        {"value": 120},
        {"value": 121, "sha": "b"},
        {"value": 121, "date": "2025"},
        {"value": 121, "perimeter": "cress"},
        {"value": 121, "category": "commune=59002"},
    ],
)
def test_what_may_rightly_differ_is_not_warned_of(other: dict[str, Any]) -> None:
    assert not disagreements([published("a", "epci=1", 120), published("b", "epci=2", **other)])


def test_a_figure_hidden_in_one_publication_and_shown_in_another_is_warned_of() -> None:
    books = [published("a", "epci=1", 120), published("b", "epci=2", None, status="C")]
    assert "120 dans a" in disagreements(books)[0].said and "s dans b" in disagreements(books)[0].said


def test_the_whole_of_a_territory_is_the_row_of_its_area_elsewhere() -> None:
    part, whole = (
        published("a", "epci=1", 120, category=""),
        published("b", "arrondissement=9", 121, category="epci=1"),
    )
    assert [d.category for d in disagreements([part, whole])] == ["epci=1"]
    assert not disagreements([part, whole], are_apart=True)
    lists = [
        published(name, f"territory={name}", value, category="") for name, value in (("a", 120), ("b", 121))
    ]
    assert not disagreements(lists)


def test_a_share_of_the_whole_is_of_its_territory() -> None:
    """60 % of the arrondissement's establishments are in an area that has 100 % of its own."""
    books = [published("a", "epci=1", 100, category="", concept="jobs.share"),
             published("b", "arrondissement=9", 60, category="epci=1", concept="jobs.share")]  # fmt: skip
    assert not disagreements(books)
