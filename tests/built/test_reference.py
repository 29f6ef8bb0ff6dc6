"""The reference edition, from raw files to publication: the contracts that other programs rely on."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter

import pyarrow.parquet as pq
import pytest

from conftest import ROOT

BANDS = {
    "size_1_2": 160,
    "size_3_5": 92,
    "size_6_9": 51,
    "size_10_19": 51,
    "size_20_49": 44,
    "size_50_99": 14,
    "size_100_199": 3,
    "size_250_499": 5,
    "size_unknown": 29,
}
FIGURE_COLUMNS = [
    "edition",
    "territory",
    "table_id",
    "figure_id",
    "row_code",
    "row_label",
    "column_code",
    "column_label",
    "value",
    "unit",
    "decimals",
    "obs_status",
    "conf_status",
    "numerator",
    "denominator",
    "base_n",
    "ci_low",
    "ci_high",
    "flags",
    "sources",
    "build",
    "low",
    "high",
    "reference_date",
    "reference_sources",
]
CONTRACT_TABLES = [
    "1.1",
    "1.2",
    "1.3",
    "2.1",
    "2.2",
    "3.1",
    "4.1",
    "4.2",
    "4.3",
    "5.1",
    "5.2",
    "5.3",
    "6.1",
    "6.2",
    "7.1",
    "8.1",
    "8.2",
    "8.3",
    "8.4",
    "8.5",
    "9.1",
    "10.1",
    "10.2",
    "11.1",
    "11.2",
    "12.1",
    "12.2",
    "13.1",
    "14.1",
    "14.2",
    "14.3",
    "C.1",
]


@pytest.fixture(scope="module")
def figures(reference_build) -> dict[str, dict]:
    rows = pq.read_table(reference_build.publication / "figures.parquet").to_pylist()
    assert len({row["figure_id"] for row in rows}) == len(rows), "a figure id stands for two cells"
    return {row["figure_id"]: row for row in rows}


@pytest.fixture(scope="module")
def replication(reference_build) -> dict[str, dict]:
    return {
        r["figure_id"]: r
        for r in pq.read_table(reference_build.publication / "replication.parquet").to_pylist()
    }


def test_figures_have_the_columns_of_the_contract(reference_build):
    schema = pq.read_schema(reference_build.publication / "figures.parquet")
    assert schema.names == FIGURE_COLUMNS
    assert str(schema.field("value").type) == "double"
    assert str(schema.field("flags").type).startswith("list<")


def test_bands_sum_to_the_total(figures):
    assert {name: figures[name]["value"] for name in BANDS} == BANDS
    assert figures["size_total"]["value"] == sum(BANDS.values()) == 449
    known = figures["size_bands.01.share_known"]
    assert known["denominator"] == 449 - 29, "unknown sizes leave the denominator"


@pytest.mark.parametrize(
    ("figure_id", "value", "decimals"),
    [
        ("share_employers", 9.9, 1),
        ("share_jobs", 14.9, 1),
        ("hr_posts", 891, 0),
        ("hr_volunteers", 744, 0),
        ("hr_cdi_share", 76, 0),
        ("hr_subsidised_share", 46.5, 1),
        ("wc_covered_share", 69, 0),
        ("ess_jobs_2009", 6092, 0),
        ("territory_jobs", 40817, 0),
        ("employers_territory_2010", 4520, 0),
        ("survey_responses", 57, 0),
        ("survey_response_rate", 30, 0),
        ("cost_total_fte", 2.5, 1),
        ("brake_financial", 14, 0),
        ("project_new_products", 22, 0),
    ],
)
def test_headline_figures_are_found_again(figures, figure_id, value, decimals):
    assert round(figures[figure_id]["value"] + 1e-9, decimals) == value


def test_a_ratio_of_two_fields_is_flagged(figures):
    assert figures["share_jobs"]["obs_status"] == "D"
    assert figures["share_jobs"]["flags"] == ["champs_incompatibles"]
    assert (figures["share_jobs"]["numerator"], figures["share_jobs"]["denominator"]) == (6092, 40817)


def test_hidden_cells_carry_nothing(figures):
    hidden = [row for row in figures.values() if row["conf_status"] != "F"]
    assert hidden, "the reference edition has cells under secrecy"
    for row in hidden:
        assert row["conf_status"] == "C"
        assert all(
            row[name] is None for name in ("value", "numerator", "denominator", "base_n", "ci_low", "ci_high")
        )


def test_every_statistic_of_the_report_has_its_verdict(replication):
    with (ROOT / "pipelines/replications/sambre-avesnois-2011/figures.csv").open(
        encoding="utf-8", newline=""
    ) as handle:
        declared = list(csv.DictReader(handle))
    assert set(replication) == {row["figure_id"] for row in declared}
    for row in declared:
        verdict = replication[row["figure_id"]]["verdict"]
        if row["withheld"] == "true":
            assert verdict == "withheld"
            assert replication[row["figure_id"]]["recomputed"] is None
        elif row["consistent"] != "true":
            assert verdict == "contradiction_in_report"
        else:
            assert verdict in ("identical", "rounding"), (row["figure_id"], replication[row["figure_id"]])
    assert Counter(r["verdict"] for r in replication.values())["contradiction_in_report"] == 8


def test_the_report_is_never_bent_to_its_contradictions(replication):
    assert replication["equity_down_covered"]["recomputed"] == 2, "ten structures cannot make eleven cases"
    assert replication["partnership_share"]["recomputed"] == pytest.approx(100 * 52 / 57)


def test_every_table_is_published_with_what_a_reader_needs(reference_build):
    from ess_observatory.publish.reader import read_publication

    publication = read_publication(reference_build.publication)
    numbers = {table.number for table in publication.tables}
    assert set(CONTRACT_TABLES) <= numbers
    for table in publication.tables:
        assert table.title and table.scope and table.source and table.base and table.reading_aid, table.number
        assert table.rows and table.columns


def test_books_balance(reference_build):
    ledger = pq.read_table(reference_build.quality / "ledger.parquet").to_pylist()
    assert list(ledger[0]) == [
        "source",
        "file",
        "sha256",
        "sheet",
        "header_line",
        "rows_read",
        "rows_kept",
        "rows_refused",
    ]
    for row in ledger:
        assert row["rows_read"] == row["rows_kept"] + row["rows_refused"]
    refused = pq.read_table(reference_build.quality / "refused.parquet").to_pylist()
    assert list(refused[0]) == ["source", "file", "sheet", "line", "column", "value", "code", "reason", "fix"]
    lines = Counter(
        (r["source"], r["file"], r["sheet"])
        for r in {(r["source"], r["file"], r["sheet"], r["line"]): r for r in refused}.values()
    )
    for row in ledger:
        assert lines[row["source"], row["file"], row["sheet"]] == row["rows_refused"]
    assert all(r["reason"] and r["fix"] for r in refused)


def test_ledger_names_the_bytes_that_were_read(reference_build, reference_raw):
    for row in pq.read_table(reference_build.quality / "ledger.parquet").to_pylist():
        assert hashlib.sha256((reference_raw / row["file"]).read_bytes()).hexdigest() == row["sha256"]


def test_each_establishment_says_why(reference_db):
    assert reference_db.columns("core.establishment")[:12] == [
        "siret",
        "siren",
        "name",
        "legal_category",
        "naf",
        "commune_code",
        "size_band",
        "is_employer",
        "ess_family",
        "in_perimeter",
        "rule_id",
        "evidence",
    ]
    rows, sirets, kept = reference_db.rows(
        "select count(*), count(distinct siret), count(*) filter (where in_perimeter) from core.establishment"
    )[0]
    assert rows == sirets
    assert kept == 449
    assert reference_db.rows(
        "select count(*) from core.establishment where rule_id is null or evidence is null"
    ) == [(0,)]
    states = dict(reference_db.rows("select decision, count(*) from core.establishment group by 1"))
    assert states["review"] > 0, "à vérifier is a state"
    assert reference_db.rows(
        "select count(*) from core.establishment where decision = 'review' and in_perimeter"
    ) == [(0,)]


@pytest.mark.slow
@pytest.mark.slow
def test_every_build_says_the_same(reference_build, remade_build):
    """Twice the same inputs, twice the same bytes in Parquet and JSON."""
    for path in sorted(reference_build.publication.rglob("*")):
        if path.is_file():
            other = remade_build.publication / path.relative_to(reference_build.publication)
            assert path.read_bytes() == other.read_bytes(), path.name


def test_reports_are_there_and_say_they_are_synthetic(reference_build):
    import openpyxl

    page = reference_build.page.read_text(encoding="utf-8")
    assert "Données synthétiques" in page
    workbook = openpyxl.load_workbook(reference_build.workbook, read_only=True)
    assert workbook.sheetnames[0] == "Couverture"
    cover = " ".join(
        str(cell.value) for row in workbook["Couverture"].iter_rows() for cell in row if cell.value
    )
    assert "synthétique" in cover.casefold()
    workbook.close()
