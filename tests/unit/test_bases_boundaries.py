"""Bases of the survey on eight respondents who answer in every way: who is in a base, and who is not, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ess_observatory.codebook.codebook import Codebook, codebook_from
from ess_observatory.engine.database import Database
from ess_observatory.survey.tables import survey_cells
from test_survey_support import database, read, small, wide

HEADER = [
    "ID", "Date de soumission", "A1", "A2", "A3[besoin]", "A3[reseau]", "A3[other]", "A3[aucune]", "A3[nonresponse]", "A4",
    "B1", "B2", "B3", "B4", "B5",
]  # fmt: skip
PEOPLE: list[dict[str, str]] = [
    {"ID": "1", "A2": "Oui", "A3[besoin]": "x", "A4": "Oui", "B1": "10", "B2": "5", "B3": "100", "Date de soumission": "2012-05-03"},
    {"ID": "2", "A2": "Oui", "A3[besoin]": "x", "A3[reseau]": "x", "A4": "Sans objet", "B1": "0", "B3": "50"},
    {"ID": "3", "A2": "Non", "A3[other]": "mot", "B1": "4"},
    {"ID": "4", "A2": "Ne sait pas", "A3[nonresponse]": "Ne sait pas"},
    {"ID": "5", "A2": "Ne souhaite pas communiquer", "A3[aucune]": "x", "B1": "20"},
    {"ID": "6", "A2": "Sans objet", "B1": "6"},
    {"ID": "7", "A3[reseau]": "x", "B1": "Sans objet"},
    {"ID": "8", "A2": "Oui", "B1": "Ne sait pas"},
]  # fmt: skip


def codebook() -> Codebook:
    """The small survey, with a question of choices that only those who sell are asked."""
    data = small()
    data["sections"][0]["questions"][0]["sensitivity"] = "identity"
    data["sections"][0]["questions"].append(
        {
            "code": "A4",
            "label_fr": "Sait-elle à qui ?",
            "type": "select_one",
            "choices": [{"code": "oui", "label_fr": "Oui"}, {"code": "non", "label_fr": "Non"}],
            "relevant": "A2 = 'oui'",
            "nonresponse": ["sans_objet"],
        }
    )
    return codebook_from(data, "essai.yml")


BOOK = codebook()


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    with database(read(wide(PEOPLE, HEADER), codebook=BOOK), BOOK) as db:
        yield db


def cells(
    db: Database,
    kind: str,
    printed: dict[str, str] | tuple[str, ...],
    params: dict[str, Any] | None = None,
    **survey: Any,
) -> dict[tuple[str, str], dict[str, Any]]:
    """The cells of a card, by row and column; `printed`: its columns (with their class of secrecy)."""
    columns = dict.fromkeys(printed, "opinion") if isinstance(printed, tuple) else printed
    card = {
        "id": "essai",
        "columns": [{"code": code, "secrecy": secrecy} for code, secrecy in columns.items()],
        "survey": {"kind": kind, **survey},
    }
    survey_cells(db, BOOK, card, params or {})
    rows = db.dicts("select * from marts.essai")
    return {(row["row_code"], row["column_code"]): row for row in rows}


def column(found: dict[tuple[str, str], dict[str, Any]], code: str, key: str = "value") -> dict[str, Any]:
    return {row: cell[key] for (row, column), cell in found.items() if column == code}


# ------------------------------------------------------------------ what everyone answered
def test_every_question_has_its_status(db: Database) -> None:
    def of(question: str) -> list[str]:
        sql = "select status from core.survey_answer where question_code = ? order by respondent_id"
        return [row[0] for row in db.rows(sql, [question])]

    filtered, nr = "filtered", "nr"
    assert of("A2") == ["answered", "answered", "answered", "nsp", "refus", "sans_objet", nr, "answered"]
    assert of("A3") == ["answered", "answered", "answered", "nsp", "answered", nr, "answered", nr]
    assert of("A4") == ["answered", "sans_objet", filtered, filtered, filtered, filtered, filtered, nr]
    assert of("B3") == ["answered", "answered", filtered, filtered, filtered, filtered, filtered, nr]
    codes = [
        row[0] for row in db.rows("select question_code from core.survey_answer where respondent_id = 'r001'")
    ]
    assert codes == ["A2", "A3", "A4", "B1", "B2", "B3", "B4", "B5"], "identity left out, in the order asked"


def test_choices_are_those_of_who_answered(db: Database) -> None:
    rows = db.rows(
        "select respondent_id, choice_code, is_chosen from core.survey_choice where question_code = 'A3'"
    )
    assert rows[:4] == [
        ("r001", "besoin", True), ("r001", "reseau", False), ("r001", "aucune", False), ("r001", "other", False)
    ]  # fmt: skip
    assert [row[:2] for row in rows if row[2]] == [
        ("r001", "besoin"), ("r002", "besoin"), ("r002", "reseau"), ("r003", "other"), ("r005", "aucune"),
        ("r007", "reseau"),
    ]  # fmt: skip
    assert {row[0] for row in rows} == {"r001", "r002", "r003", "r005", "r007"}
    assert db.rows("select respondent_id, open_text from core.survey_open") == [("r003", "mot")]


def test_respondents_are_numbered_in_the_order_of_the_files() -> None:
    many = [{"ID": str(n), "A2": "Oui"} for n in range(1, 102)]
    many[8]["Date de soumission"] = "2012-05-03"
    last = wide([{"ID": "1", "A2": "Non", "A1": "73282932000074"}], HEADER, relative="z.xlsx")
    with database(read(last, wide(many, HEADER, relative="a.xlsx"), codebook=BOOK), BOOK) as db:
        rows = db.dicts("select * from core.survey_respondent")
        identity = db.rows("select respondent_id, question_code, value_text from core.survey_identity")
    ids = [row["respondent_id"] for row in rows]
    assert ids == [f"r{n:03d}" for n in range(1, 103)]
    assert [row["file"] for row in rows] == ["a.xlsx"] * 101 + ["z.xlsx"]
    assert [row["line"] for row in rows[:101]] == sorted(row["line"] for row in rows[:101])
    assert [str(row["submitted_on"]) for row in rows[7:10]] == ["None", "2012-05-03", "None"]
    assert ("r102", "A1", "73282932000074") in identity
    assert rows[-1]["siret"] == "73282932000074"


# ------------------------------------------------------------------ choices
def test_a_base_holds_those_who_answered_and_nobody_else(db: Database) -> None:
    found = cells(db, "choices", ("count", "share"), questions=["A2", "A3", "A4"])
    count = column(found, "count")
    assert count == {
        "A2.oui": 3, "A2.non": 1, "A2.base": 4, "A2.not_applicable": 1, "A2.declined": 2, "A2.not_stated": 1, "A2.total": 8,
        "A3.besoin": 2, "A3.reseau": 2, "A3.aucune": 1, "A3.other": 1, "A3.base": 5, "A3.declined": 1, "A3.not_stated": 2,
        "A3.total": 8,
        "A4.oui": 1, "A4.non": 0, "A4.base": 1, "A4.filtered": 5, "A4.not_applicable": 1, "A4.not_stated": 1, "A4.total": 8,
    }  # fmt: skip
    assert list(count) == sorted(count, key=lambda code: found[code, "count"]["row_rank"])
    share = column(found, "share")
    assert {row: value for row, value in share.items() if value is not None} == {
        "A2.oui": 75, "A2.non": 25, "A2.base": 100, "A3.besoin": 40, "A3.reseau": 40, "A3.aucune": 20, "A3.other": 20,
        "A3.base": 100, "A4.oui": 100, "A4.non": 0, "A4.base": 100,
    }  # fmt: skip
    for (row, code), cell in found.items():
        is_share, has_share = code == "share", cell["row_kind"] in ("data", "base")
        assert cell["base_n"] == {"A2": 4, "A3": 5, "A4": 1}[row[:2]]
        assert cell["obs_status"] == ("M" if is_share and not has_share else None)
        assert cell["n_units"] == (None if is_share and not has_share else count[row])
        terms = (count[row], cell["base_n"]) if is_share and has_share else (None, None)
        assert (cell["numerator"], cell["denominator"]) == terms
        assert (cell["ci_low"], cell["ci_high"], cell["top_share"], cell["text"]) == (None,) * 4
    kinds = column(found, "count", "row_kind")
    assert [kinds[f"A4.{key}"] for key in ("oui", "base", "filtered", "not_applicable", "not_stated", "total")] == [
        "data", "base", "missing", "missing", "missing", "total"
    ]  # fmt: skip
    assert column(found, "count", "row_section")["A2.oui"] == "Vend-elle ?"
    assert column(found, "count", "row_label")["A2.base"] == "Ensemble des réponses exprimées"
    assert column(found, "count", "row_label")["A2.declined"] == "Ne souhaite pas communiquer / ne sait pas"


def test_nobody_answered_no_share_and_no_division(db: Database) -> None:
    found = cells(db, "choices", ("count", "share"), blocks=[{"question": "A4", "among": "B1 = 20"}])
    assert column(found, "count") == {"A4.oui": 0, "A4.non": 0, "A4.base": 0}
    assert set(column(found, "share").values()) == {None}


def test_a_row_of_reasons_shows_when_it_is_possible_or_met() -> None:
    """A reason that the questionnaire does not offer, but that someone gave, shows too."""
    data = small()
    people = [{"A2": "Oui"}, {"A2": "Non"}]
    book = codebook_from(data, "essai.yml")
    with database(read(wide(people, HEADER), codebook=book), book) as db:
        for status, rows in (
            ("filtered", {"filtered": 1, "declined": 0, "not_stated": 1}),
            ("sans_objet", {"not_applicable": 1, "declined": 0, "not_stated": 1}),
            ("nsp", {"declined": 1, "not_stated": 1}),
        ):
            db.execute("update core.survey_answer set status = 'nr' where question_code = 'A3'")
            db.execute(
                f"update core.survey_answer set status = '{status}' where question_code = 'A3' and respondent_id = 'r001'"
            )
            found = cells(db, "choices", ("count",), questions=["A3"])
            count = column(found, "count")
            assert {
                row[3:]: n for row, n in count.items() if found[row, "count"]["row_kind"] == "missing"
            } == rows
        db.execute(
            "update core.survey_answer set status = 'nsp' where question_code = 'A2' and respondent_id = 'r001'"
        )
        db.execute("update rules.survey_question set allows_declined = false, allows_not_applicable = false")
        count = column(cells(db, "choices", ("count",), questions=["A2"]), "count")
        assert (count["A2.declined"], "A2.not_applicable" in count) == (1, False)


def test_the_order_of_rows_asked(db: Database) -> None:
    def order(way: str) -> list[str]:
        return list(column(cells(db, "choices", ("count",), questions=["A3"], order=way), "count"))[:4]

    assert order("codebook") == ["A3.besoin", "A3.reseau", "A3.aucune", "A3.other"]
    assert order("descending") == ["A3.besoin", "A3.reseau", "A3.other", "A3.aucune"], (
        "ties as asked; « other » then exclusive last"
    )
    with database(
        read(wide([{"A2": "Non"}, {"A2": "Non"}, {"A2": "Oui"}], HEADER), codebook=BOOK), BOOK
    ) as other:
        found = cells(other, "choices", ("count",), questions=["A2"], order="descending")
        assert list(column(found, "count"))[:2] == ["A2.non", "A2.oui"]
        found = cells(other, "choices", ("count",), questions=["A2"])
        assert list(column(found, "count"))[:2] == ["A2.oui", "A2.non"]


def test_groups_count_within_their_base(db: Database) -> None:
    groups = [
        {"block": "A3", "code": "several", "label": "Plusieurs", "where": "count(A3) >= 2"},
        {"block": "A3", "code": "jobs", "label": "Emploie", "where": "B1 > 5"},
        {"block": "A3", "code": "silent", "label": "Sans réponse", "statuses": ["nsp", "nr"]},
    ]
    found = cells(db, "choices", ("count", "share"), questions=["A3", "A2"], groups=groups)
    count, share = column(found, "count"), column(found, "share")
    assert (count["A3.several"], count["A3.jobs"], count["A3.silent"]) == (1, 2, 3)
    assert (share["A3.several"], share["A3.jobs"], share["A3.silent"]) == (20, 40, None)
    assert found["A3.silent", "share"]["obs_status"] == "M"
    rows = [row for row in count if row.startswith("A3.")]
    assert rows == [
        f"A3.{key}" for key in (
            "besoin", "reseau", "aucune", "other", "several", "jobs", "base", "declined", "not_stated", "silent", "total",
        )
    ]  # fmt: skip
    nobody = [{"block": "A3", "code": "giant", "label": "Géant", "where": "B1 > 900"}]
    assert column(cells(db, "choices", ("count",), questions=["A3"], groups=nobody), "count")["A3.giant"] == 0


def test_a_block_among_some_counts_only_them(db: Database) -> None:
    blocks = [
        {"question": "A2"},
        {"code": "need", "question": "A3", "among": "A2 = 'oui'", "rows": "groups"},
        {"code": "asked", "question": "A3", "among": "A2 = 'oui'", "missing": True},
    ]
    groups = [{"block": "need", "code": "network", "label": "Réseau", "where": "A3 = 'reseau'"}]
    found = cells(db, "choices", ("count", "share"), blocks=blocks, groups=groups)
    count = column(found, "count")
    assert {row: n for row, n in count.items() if row.startswith("need.")} == {
        "need.network": 1,
        "need.base": 2,
    }
    assert {row: n for row, n in count.items() if row.startswith("asked.")} == {
        "asked.besoin": 2, "asked.reseau": 1, "asked.aucune": 0, "asked.other": 0, "asked.base": 2, "asked.declined": 0,
        "asked.not_stated": 1, "asked.total": 3,
    }  # fmt: skip
    assert column(found, "share")["need.network"] == 50
    assert [row.partition(".")[0] for row in count] == ["A2"] * 7 + ["need"] * 2 + ["asked"] * 8


# ------------------------------------------------------------------ intervals
def weighting(population: int, least: int, level: float = 0.95) -> dict[str, Any]:
    return {
        "weighting": SimpleNamespace(
            population=population, settings=SimpleNamespace(level=level, percent_from=least)
        )
    }


def wilson(k: int, n: int, population: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's interval on the size of equal precision in an infinite population (written as in the books)."""
    p, size = k / n, math.inf if population <= n else n * (population - 1) / (population - n)
    if size == math.inf:
        return 100 * p, 100 * p
    centre = (p + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(p * (1 - p) / size + z * z / (4 * size * size))
    return 100 * max(centre - half, 0), 100 * min(centre + half, 1)


def interval(cell: dict[str, Any]) -> tuple[float, float]:
    return cell["ci_low"], cell["ci_high"]


@pytest.mark.parametrize("population", [8, 40, 400])
def test_the_interval_of_a_share_is_wilson_s_on_the_population_concerned(
    db: Database, population: int
) -> None:
    found = cells(db, "choices", ("share",), weighting(population, 1), questions=["A2", "A4"])
    # seven of eight are concerned by A2 (one says that it has no object); two of eight by A4
    for row, k, n, concerned in (
        ("A2.oui", 3, 4, population * 7 / 8),
        ("A2.non", 1, 4, population * 7 / 8),
        ("A4.oui", 1, 1, population * 2 / 8),
        ("A4.non", 0, 1, population * 2 / 8),
    ):
        assert interval(found[row, "share"]) == pytest.approx(wilson(k, n, concerned)), row
    assert {row for row, low in column(found, "share", "ci_low").items() if low is not None} == {
        "A2.oui", "A2.non", "A4.oui", "A4.non"
    }  # fmt: skip


def test_a_population_wholly_questioned_leaves_no_doubt(db: Database) -> None:
    found = cells(db, "choices", ("share",), weighting(4, 1), questions=["A2"])
    assert interval(found["A2.oui", "share"]) == pytest.approx((75, 75))


@pytest.mark.parametrize(("least", "has_interval"), [(3, True), (4, True), (5, False)])
def test_an_interval_needs_enough_answers(db: Database, least: int, has_interval: bool) -> None:
    cell = cells(db, "choices", ("share",), weighting(40, least), questions=["A2"])["A2.oui", "share"]
    assert (cell["ci_low"] is not None, cell["ci_high"] is not None) == (has_interval, has_interval)


# ------------------------------------------------------------------ two questions
def test_a_cross_table_counts_each_reason_apart(db: Database) -> None:
    columns = ("besoin", "reseau", "aucune", "other", "not_stated", "total")
    found = cells(db, "cross", columns, rows="A2", columns="A3")
    expected = {
        "oui": (2, 1, 0, 0, 1, 3), "non": (0, 0, 0, 1, 0, 1), "not_applicable": (0, 0, 0, 0, 1, 1),
        "not_stated": (0, 1, 1, 0, 1, 3), "total": (2, 2, 1, 1, 3, 8),
    }  # fmt: skip
    assert {row: tuple(int(found[row, c]["value"]) for c in columns) for row in expected} == expected
    assert {row for row, _ in found} == set(expected)
    for cell in found.values():
        assert (cell["base_n"], cell["n_units"]) == (4, cell["value"])
    ranks = column(found, "total", "row_rank")
    assert sorted(ranks, key=lambda row: ranks[row]) == [
        "oui",
        "non",
        "not_applicable",
        "not_stated",
        "total",
    ]
    kinds = column(found, "total", "row_kind")
    assert kinds == {
        "oui": "data",
        "non": "data",
        "not_applicable": "missing",
        "not_stated": "missing",
        "total": "total",
    }
    assert set(column(found, "total", "row_section").values()) == {None}


def test_a_cross_table_among_those_who_answered(db: Database) -> None:
    found = cells(db, "cross", ("besoin", "total"), rows="A2", columns="A3", missing=False, among="B1 >= 0")
    assert {key: cell["value"] for key, cell in found.items()} == {
        ("oui", "besoin"): 2, ("oui", "total"): 2, ("non", "besoin"): 0, ("non", "total"): 1,
        ("total", "besoin"): 2, ("total", "total"): 3,
    }  # fmt: skip
    assert {cell["base_n"] for cell in found.values()} == {3}


# ------------------------------------------------------------------ amounts
INDICATORS = [
    {"code": "jobs", "label": "Postes", "value": "B1"},
    {"code": "sales", "label": "Ventes", "value": "B3", "per": "B1", "measures": {"mean": "weighted_mean", "w": "sum_per"}},
    {"code": "none", "label": "Personne", "value": "B4", "section": "Rien"},
    {"code": "some", "label": "Postes de qui vend", "value": "B1", "where": "A2 = 'oui'"},
]  # fmt: skip
MEASURES = {"sum": "sum", "ratio": "ratio", "n": "count_expressed", "users": "count_positive", "mean": "mean"}
CLASSES = {
    "sum": "magnitude",
    "ratio": "opinion",
    "n": "opinion",
    "users": "opinion",
    "mean": "opinion",
    "w": "opinion",
}


def test_amounts_count_those_who_gave_them(db: Database) -> None:
    found = cells(db, "numbers", CLASSES, measures=MEASURES, indicators=INDICATORS)

    def of(row: str, key: str = "value") -> list[Any]:
        return [found[row, code][key] for code in CLASSES]

    # jobs: 10, 0, 4, 20, 6; sales: 100 for 10 jobs, 50 for none
    assert of("jobs") == [40, None, 5, 4, 8, None]
    assert of("jobs", "base_n") == [5, None, 5, 5, 5, None]
    assert of("jobs", "n_units") == [4, None, 5, 4, 4, None]
    assert of("jobs", "obs_status") == [None, "M", None, None, None, "M"]
    assert of("jobs", "top_share") == [0.5, None, None, None, 0.5, None]
    assert of("jobs", "numerator") == [None, None, None, None, 40, None]
    assert of("jobs", "denominator") == [None, None, None, None, 5, None]
    assert of("sales") == [150, 1500, 2, 2, 100, 10]
    assert of("sales", "numerator") == [None, 150, None, None, 1000, None]
    assert of("sales", "denominator") == [None, 10, None, None, 10, None]
    assert of("sales", "base_n") == [2, 2, 2, 2, 2, 2]
    assert of("sales", "n_units") == [2, 2, 2, 2, 1, 1]
    assert of("sales", "top_share") == [pytest.approx(2 / 3), pytest.approx(2 / 3), None, None, 1, 1]
    assert of("none") == [None, None, 0, 0, None, None]
    assert of("none", "obs_status") == ["O", "M", None, None, "O", "M"]
    assert of("none", "n_units") == [0, None, 0, 0, 0, None]
    assert of("none", "row_section") == ["Rien"] * 6
    assert of("some") == [10, None, 2, 1, 5, None]
    assert of("jobs", "row_rank") == [1] * 6 and of("some", "row_rank") == [4] * 6


def test_nobody_is_asked_and_nobody_counts(db: Database) -> None:
    """No respondent meets the condition: nobody contributes, which is a number (0), not an unknown."""
    nobody = [{"code": "giant", "label": "Géants", "value": "B1", "per": "B3", "where": "B1 > 900"}]
    found = cells(db, "numbers", CLASSES, measures=MEASURES, indicators=nobody)
    assert [found["giant", code]["value"] for code in MEASURES] == [None, None, 0, 0, None]
    for code in MEASURES:
        assert (found["giant", code]["n_units"], found["giant", code]["base_n"]) == (0, 0)
    assert [found["giant", code]["obs_status"] for code in MEASURES] == ["O", "O", None, None, "O"]


def test_a_ratio_counts_only_those_who_gave_both_terms(db: Database) -> None:
    indicators = [
        {"code": "r", "label": "ETP par poste", "value": "B2", "per": "B3"},
        {"code": "s", "label": "", "value": "B1", "per": "B3"},
    ]
    measures = {"ratio": "ratio", "mean": "weighted_mean", "w": "sum_per", "sum": "sum"}
    found = cells(db, "numbers", CLASSES, measures=measures, indicators=indicators)
    assert [found["r", code]["value"] for code in measures] == [5, 5, 100, 5]
    assert [found["r", code]["base_n"] for code in measures] == [1, 1, 1, 1]
    # jobs of all: 40 in the sum, but only the 10 and the 0 of who also gave sales in the ratio
    assert [found["s", code]["value"] for code in measures] == [
        pytest.approx(100 * 10 / 150),
        pytest.approx(1000 / 150),
        150,
        40,
    ]
    assert [found["s", code]["base_n"] for code in measures] == [2, 2, 2, 5]


def test_negative_amounts_are_counted_by_their_size() -> None:
    people = [{"A2": "Oui", "B3": "-300"}, {"A2": "Oui", "B3": "100"}, {"A2": "Oui", "B3": "0"}]
    with database(read(wide(people, HEADER), codebook=BOOK), BOOK) as db:
        db.execute(
            "update core.survey_answer set status = 'answered', value_number = -300 where question_code = 'B3' and respondent_id = 'r001'"
        )
        found = cells(db, "numbers", CLASSES, measures=MEASURES, indicators=[INDICATORS[1]])
    total = found["sales", "sum"]
    assert (total["value"], total["n_units"], total["top_share"]) == (-200, 2, 1.5)
    assert found["sales", "users"]["value"] == 1
    with database(read(wide(people[1:2], HEADER), codebook=BOOK), BOOK) as db:
        db.execute("update core.survey_answer set value_number = 0 where question_code = 'B3'")
        zero = cells(db, "numbers", CLASSES, measures=MEASURES, indicators=[INDICATORS[1]])["sales", "sum"]
    assert (zero["value"], zero["n_units"], zero["top_share"], zero["obs_status"]) == (0, 0, None, None)


def test_the_terms_of_a_ratio_of_amounts_stay_inside(db: Database) -> None:
    hidden = cells(
        db, "numbers", dict.fromkeys(MEASURES, "magnitude"), measures=MEASURES, indicators=INDICATORS
    )
    assert (hidden["sales", "ratio"]["numerator"], hidden["sales", "ratio"]["denominator"]) == (None, None)
    assert hidden["sales", "ratio"]["value"] == 1500
    assert (hidden["jobs", "mean"]["numerator"], hidden["jobs", "mean"]["base_n"]) == (None, 5)


# ------------------------------------------------------------------ expression
def test_who_is_asked_and_who_speaks(db: Database) -> None:
    columns = (
        "concerned",
        "not_applicable",
        "expressed",
        "declined",
        "not_stated",
        "rate",
        "nonexpression_rate",
    )
    found = cells(db, "expression", columns, exclude_types=["siret"])

    def of(row: str, key: str = "value") -> list[Any]:
        return [found[row, code][key] for code in columns]

    assert of("A2") == [8, 1, 4, 2, 1, pytest.approx(400 / 7), pytest.approx(300 / 7)]
    assert of("A3") == [8, 0, 5, 1, 2, 62.5, 37.5]
    assert of("A4") == [3, 1, 1, 0, 1, 50, 50]
    assert of("B3") == [3, 0, 2, 0, 1, pytest.approx(200 / 3), pytest.approx(100 / 3)]
    assert of("A2", "base_n") == [7] * 7 and of("A4", "base_n") == [2] * 7
    assert of("A2", "n_units") == [8, 1, 4, 2, 1, 4, 3]
    assert of("A2", "numerator") == [None] * 5 + [4, 3]
    assert of("A2", "denominator") == [None] * 5 + [7, 7]
    ranks = column(found, "rate", "row_rank")
    assert ranks == {"A2": 1, "A3": 2, "A4": 3, "B1": 4, "B2": 5, "B3": 6, "B4": 7, "B5": 8}
    assert column(found, "rate", "row_section")["B1"] == "Chiffres"
    assert {cell["row_kind"] for cell in found.values()} == {"data"}


def test_nobody_concerned_no_rate() -> None:
    with database(read(wide([{"A2": "Non"}, {"A2": "Sans objet"}], HEADER), codebook=BOOK), BOOK) as db:
        found = cells(db, "expression", ("concerned", "rate", "nonexpression_rate"), exclude_types=["siret"])
    assert [found["B3", code]["value"] for code in ("concerned", "rate", "nonexpression_rate")] == [
        0,
        None,
        None,
    ]
