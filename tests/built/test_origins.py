"""Every published figure says what it is about, and prints it."""

from __future__ import annotations

import re

import pyarrow.parquet as pq

from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.reader import read_publication


def _figures(build: Outputs) -> dict[str, dict]:
    rows = pq.read_table(build.publication / "figures.parquet").to_pylist()
    return {row["figure_id"]: row for row in rows}


def test_each_figure_has_its_own_date_and_sources(reference_build: Outputs) -> None:
    """Establishments are of the register at its day, posts of CLAP 2009, a ratio of two sources says both, the survey its year."""
    figures = _figures(reference_build)
    wanted = {
        "size_total": ("2011-12-31", ["manageo"]),
        "ess_jobs_2009": ("2009", ["clap"]),
        "employers_territory_2010": ("2010", ["insee_employers"]),
        "share_employers": ("2011-12-31/2010", ["manageo", "insee_employers"]),
        "share_jobs": ("2009", ["clap", "unistatis"]),
        "families.association.count": ("2011-12-31", ["manageo"]),
        "families.association.posts": ("2009", ["clap"]),
        "survey_responses": ("2012", ["survey"]),
        "participation.coverage.value": ("2012/2011-12-31", ["survey", "manageo"]),
        "hr_posts_share": ("2012/2009", ["survey", "clap"]),
        "support_never_share": ("2012", ["survey"]),
    }
    assert {
        name: (figures[name]["reference_date"], figures[name]["reference_sources"]) for name in wanted
    } == wanted


def test_a_row_that_is_a_year_is_of_that_year(today_build: Outputs) -> None:
    figures = _figures(today_build)
    assert figures["demography.last.births"]["reference_date"] == "2025"
    assert figures["demography.last.deaths"]["reference_date"] == "2025"
    assert figures["demography.before_4.stock"]["reference_date"] == "2021"
    assert read_publication(today_build.publication).table("demography").dates is None


def test_no_figure_of_a_dated_source_is_without_a_date(
    reference_build: Outputs, today_build: Outputs
) -> None:
    undated = {"urssaf_ess"}  # its edition declares no vintage
    for build in (reference_build, today_build):
        for name, row in _figures(build).items():
            if set(row["reference_sources"]) - undated:
                assert re.fullmatch(
                    r"\d{4}(-\d\d-\d\d)?(/\d{4}(-\d\d-\d\d)?)*", row["reference_date"] or ""
                ), name


def test_tables_print_the_dates_of_their_columns(reference_build: Outputs) -> None:
    book, english = (read_publication(reference_build.publication, lang) for lang in ("fr", "en"))
    assert book.table("size_bands").dates == "31\u00a0décembre\u00a02011"
    said = book.table("families").dates or ""
    assert "31\u00a0décembre\u00a02011" in said and said.endswith("2009")
    assert said.index("2011") < said.index(book.table("families").column("posts").label)
    assert "31\u00a0December\u00a02011" in (english.table("size_bands").dates or "")
    assert "décembre" not in (english.table("families").dates or "")
    page = (reference_build.reports / "rapport-ess.html").read_text(encoding="utf-8")
    assert page.count("<dt>Date") >= len(book.tables) - 5
    assert book.figure("ess_jobs_2009").cell.dates == ("2009",)


def test_a_share_of_the_survey_has_no_decimal_and_its_value_keeps_all(reference_build: Outputs) -> None:
    figures = _figures(reference_build)
    shares = [row for row in figures.values() if row["unit"] == "%" and row["ci_low"] is not None]
    assert len(shares) > 50
    assert {row["decimals"] for row in shares} == {0}
    assert any(abs(row["value"] - round(row["value"])) > 0.01 for row in shares)
    assert figures["share_employers"]["decimals"] == 1
