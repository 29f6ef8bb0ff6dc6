"""Exports of the field (LimeSurvey, KoboToolbox), read whole: every row is kept or refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.survey.read import read_answers
from ess_observatory.tabular.sheets import open_sheets

CODEBOOKS = Path(__file__).parents[1] / "data" / "survey"
KOBO = {
    "customer_satisfaction": 3,
    "dietary_needs": 3,
    "grouped_repeatable": 6,
    "grouped_translated": 3,
    "long_unicode_labels": 0,
    "restaurant_profile": 8,
}


@pytest.fixture
def surveys(shared: Path) -> Path:
    folder = shared / "surveys"
    if not folder.is_dir():
        pytest.skip("no survey files beside this checkout")
    return folder


def read_file(path: Path, codebook: str) -> Any:
    return read_answers(open_sheets(path), load_codebook(CODEBOOKS / f"{codebook}.yml"), "survey")


def by_line(survey: Any) -> dict[tuple[int, str], tuple]:
    return {
        (row["line"], row["question_code"]): (row["status"], row["value_text"], row["value_number"])
        for row in survey.answers.to_pylist()
    }


@pytest.mark.parametrize("name", list(KOBO))
def test_kobotoolbox_labels_codes_and_workbook_read_the_same(surveys: Path, name: str) -> None:
    found = []
    for suffix in ("_xml.csv", "_labels.csv", ".xlsx"):
        survey = read_file(surveys / "kobo_formpack" / f"{name}{suffix}", f"kobo_{name}")
        read = sum(row["rows_read"] for row in survey.ledger)
        kept = sum(row["rows_kept"] for row in survey.ledger)
        refused = sum(row["rows_refused"] for row in survey.ledger)
        assert (read, kept, refused) == (KOBO[name], KOBO[name], 0)
        assert {row["code"] for row in survey.refused} <= {"colonne_inconnue", "feuille_inconnue"}
        found.append(by_line(survey))
    assert found[0] == found[1] == found[2]


def test_kobotoolbox_several_choices_with_labels_joined_by_spaces(surveys: Path) -> None:
    survey = read_file(surveys / "kobo_formpack" / "dietary_needs_labels.csv", "kobo_dietary_needs")
    counts = Counter(row["choice_code"] for row in survey.choices.to_pylist())
    assert counts == {"gluten_free": 2, "vegan": 2, "vegetarian": 2, "lactose_free": 1}


def test_limesurvey_codes_are_read_whole(surveys: Path) -> None:
    tabs = read_file(surveys / "limesurvey_results-survey4914.tsv", "limesurvey_4914")
    book = read_file(surveys / "limesurvey_results-survey4914-prep.xlsx", "limesurvey_4914")
    for survey in (tabs, book):
        assert survey.refused == []
        (ledger,) = survey.ledger
        assert (ledger["rows_read"], ledger["rows_kept"], ledger["rows_refused"]) == (348, 348, 0)
    assert by_line(tabs) == by_line(book)
    filled = sum(
        cell is not None
        for row in open_sheets(surveys / "limesurvey_results-survey4914.tsv")[0].rows[1:]
        for cell in row[2:]
    )
    assert tabs.cells.num_rows == filled, "every filled cell is in the raw table"


def test_limesurvey_full_text_agrees_with_the_codes(surveys: Path) -> None:
    codes = by_line(read_file(surveys / "limesurvey_results-survey4914-prep.xlsx", "limesurvey_4914"))
    survey = read_file(surveys / "limesurvey_results-survey4914.xlsx", "limesurvey_4914")
    assert survey.refused == []
    assert survey.ledger[0]["rows_kept"] == 348
    words = by_line(survey)
    kept_as_text = ("pays", "pays_autre", "canton")
    compared = [key for key in codes.keys() & words.keys() if key[1] not in kept_as_text]
    assert len(compared) > 2700
    assert all(codes[key] == words[key] for key in compared)


def test_every_file_beside_the_checkout_is_read_by_a_test(surveys: Path) -> None:
    kobo = {
        f"kobo_formpack/{name}{suffix}" for name in KOBO for suffix in ("_xml.csv", "_labels.csv", ".xlsx")
    }
    lime = {f"limesurvey_results-survey4914{suffix}" for suffix in (".tsv", ".xlsx", "-prep.xlsx")}
    there = {path.relative_to(surveys).as_posix() for path in surveys.rglob("*") if path.is_file()}
    assert there == kobo | lime
