"""Tables: core grains, then counts, shares and bases against a second, naive implementation in Python."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import one_in
from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.measured import completed
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.read import SurveyRead, read_answers
from ess_observatory.survey.tables import survey_cells
from ess_observatory.tabular.sheets import open_sheets
from test_survey_support import CODEBOOK, ROOT, database, read, small_codebook, wide

HEADER = ["ID", "A1", "A2", "A3[besoin]", "A3[reseau]", "A3[other]", "A3[nonresponse]", "B1", "B2", "B3"]
SHAPE = [
    "row_code", "row_label", "row_rank", "row_kind", "row_section", "column_code", "value", "text",
    "numerator", "denominator", "base_n", "n_units", "top_share", "obs_status", "flags",
    "ci_low", "ci_high",
]  # fmt: skip
PERSON = st.fixed_dictionaries(
    {"ID": st.just("1")},
    optional={
        "A2": st.sampled_from(["Oui", "Non", "Ne sait pas", "Ne souhaite pas communiquer", "Sans objet"]),
        "A3[besoin]": st.just("Oui"),
        "A3[reseau]": st.just("Oui"),
        "A3[other]": st.just("autre chose"),
        "B1": st.integers(0, 30).map(str),
        "B3": st.integers(0, 900).map(str),
    },
)
PEOPLE = st.lists(PERSON, max_size=12)


def card(kind: str, printed: tuple[str, ...] = ("count", "share"), /, **survey: Any) -> dict[str, Any]:
    columns = [{"code": code} for code in printed]
    return {"id": "essai", "columns": columns, "survey": {"kind": kind, **survey}}


def cells(db: Database, table: dict[str, Any], codebook=None) -> dict[tuple[str, str], dict[str, Any]]:
    survey_cells(db, codebook or small_codebook(), table, {})
    rows = db.dicts("select * from marts.essai")
    assert db.columns("marts.essai") == SHAPE
    found = {(row["row_code"], row["column_code"]): row for row in rows}
    assert len(found) == len(rows), "one row a cell"
    return found


def values(found: dict[tuple[str, str], dict[str, Any]], column: str) -> dict[str, Any]:
    return {row: cell["value"] for (row, code), cell in found.items() if code == column}


def expected_status(person: dict[str, str], question: str) -> str:
    """The naive reading of one person (their answers are valid, except a filter left open)."""
    if question == "A3":
        return "answered" if any(key.startswith("A3[") for key in person) else "nr"
    if question == "B3" and person.get("A2") != "Oui":
        return "filtered"
    text = person.get(question)
    labels = {
        "Ne sait pas": "nsp",
        "Ne souhaite pas communiquer": "refus",
        "Sans objet": "sans_objet",
        None: "nr",
    }
    return labels.get(text, "answered")


def responders(people: list[dict[str, str]]) -> list[dict[str, str]]:
    """A response without a single answer is refused."""
    return [person for person in people if len(person) > 1]


def core_has_every_respondent_and_every_question(db: Database, people: list[dict[str, str]]) -> None:
    kept = responders(people)
    assert db.rows("select count(*) from core.survey_respondent") == [(len(kept),)]
    assert db.rows("select count(*) from core.survey_answer") == [(len(kept) * 8,)]
    for question in ("A2", "A3", "B1", "B3"):
        sql = "select status from core.survey_answer where question_code = ? order by respondent_id"
        assert [row[0] for row in db.rows(sql, [question])] == [expected_status(p, question) for p in kept]
    per_answer = "select count(*) from core.survey_choice where question_code = 'A3' group by respondent_id"
    assert {row[0] for row in db.rows(per_answer)} <= {4}


def counts_bases_and_shares(db: Database, people: list[dict[str, str]], order: str) -> None:
    people_kept = responders(people)
    found = cells(db, card("choices", questions=["A2", "A3"], order=order))
    count, share = values(found, "count"), values(found, "share")
    for question, choices in (("A2", ["oui", "non"]), ("A3", ["besoin", "reseau", "aucune", "other"])):
        answered = [person for person in people_kept if expected_status(person, question) == "answered"]
        assert count[f"{question}.base"] == len(answered)
        assert count[f"{question}.total"] == len(people_kept)
        for choice in choices:
            naive = sum(
                person.get("A2", "").lower() == choice if question == "A2" else f"A3[{choice}]" in person
                for person in answered
            )
            cell = found[f"{question}.{choice}", "share"]
            assert count[f"{question}.{choice}"] == naive
            assert share[f"{question}.{choice}"] == (
                pytest.approx(100 * naive / len(answered)) if answered else None
            )
            assert (cell["numerator"], cell["denominator"], cell["base_n"]) == (
                naive,
                len(answered),
                len(answered),
            )
        closing = [
            code
            for code in count
            if code.startswith(f"{question}.") and found[code, "count"]["row_kind"] == "missing"
        ]
        assert count[f"{question}.base"] + sum(count[code] for code in closing) == len(people_kept)
    naive_declined = sum(expected_status(person, "A2") in ("nsp", "refus") for person in people_kept)
    assert count["A2.declined"] == naive_declined


def test_order_of_rows() -> None:
    people = [
        {"A2": "Oui", "A3[other]": "x", "A3[reseau]": "x"},
        {"A3[other]": "x", "A3[reseau]": "x"},
        {"A3[besoin]": "x"},
    ]
    with database(read(wide(people, HEADER))) as db:
        found = cells(db, card("choices", ("count",), questions=["A3"], order="descending"))
    ranked = sorted(found.values(), key=lambda cell: cell["row_rank"])
    assert [cell["row_code"] for cell in ranked] == [
        "A3.reseau", "A3.besoin", "A3.other", "A3.aucune",
        "A3.base", "A3.declined", "A3.not_stated", "A3.total",
    ]  # fmt: skip
    assert [cell["row_rank"] for cell in ranked] == list(range(1, 9))


def test_groups_and_populations() -> None:
    people = [
        {"A2": "Oui", "A3[besoin]": "x"},
        {"A2": "Non", "A3[besoin]": "x", "A3[reseau]": "x"},
        {"A2": "Ne sait pas", "A3[reseau]": "x"},
        {"A3[besoin]": "x", "A3[reseau]": "x"},
    ]
    groups = [
        {"block": "need", "code": "one", "label": "1", "where": "count(A3) = 1"},
        {"block": "need", "code": "more", "label": "2+", "where": "count(A3) >= 2"},
        {"block": "A2", "code": "silent", "label": "Non exprimé", "statuses": ["nsp", "refus", "nr"]},
    ]
    blocks = [
        {"code": "need", "question": "A3", "among": "A3 = 'besoin'", "rows": "groups"},
        {"question": "A2"},
    ]
    with database(read(wide(people, HEADER))) as db:
        found = cells(db, card("choices", blocks=blocks, groups=groups))
    count = values(found, "count")
    assert {key: count[key] for key in count if key.startswith("need.")} == {
        "need.one": 1,
        "need.more": 2,
        "need.base": 3,
    }
    assert found["need.more", "share"]["value"] == pytest.approx(200 / 3)
    assert count["A2.silent"] == 2 and found["A2.silent", "count"]["row_kind"] == "missing"
    assert found["A2.silent", "share"]["obs_status"] == "M"


def a_cross_table_adds_up(db: Database, people: list[dict[str, str]]) -> None:
    columns = ("besoin", "reseau", "aucune", "other", "not_stated", "total")
    found = cells(db, card("cross", columns, rows="A2", columns="A3"))
    kept = responders(people)
    count = {key: cell["value"] for key, cell in found.items()}
    assert count["total", "total"] == len(kept)
    for column in columns:
        assert count["total", column] == sum(
            count[row, column] for row in ("oui", "non", "not_applicable", "not_stated")
        )
    naive = sum(person.get("A2") == "Oui" and "A3[reseau]" in person for person in kept)
    assert count["oui", "reseau"] == naive


def numbers(db: Database, people: list[dict[str, str]]) -> None:
    indicators = [
        {"code": "jobs", "label": "Postes", "value": "B1"},
        {
            "code": "sales",
            "label": "Ventes",
            "value": "B3",
            "per": "B1",
            "measures": {"mean": "weighted_mean"},
        },
    ]
    measures = {
        "sum": "sum",
        "ratio": "ratio",
        "n": "count_expressed",
        "users": "count_positive",
        "mean": "mean",
    }
    found = cells(db, card("numbers", tuple(measures), measures=measures, indicators=indicators))
    kept = responders(people)
    jobs = [int(person["B1"]) for person in kept if "B1" in person]
    assert found["jobs", "n"]["value"] == len(jobs)
    assert found["jobs", "users"]["value"] == sum(job > 0 for job in jobs)
    assert found["jobs", "ratio"]["obs_status"] == "M"
    total = found["jobs", "sum"]
    assert total["value"] == (sum(jobs) if jobs else None)
    assert total["n_units"] == sum(job != 0 for job in jobs)
    assert total["obs_status"] == (None if jobs else "O")
    if sum(jobs):
        assert total["top_share"] == pytest.approx(max(jobs) / sum(jobs))
        assert found["jobs", "mean"]["value"] == pytest.approx(sum(jobs) / len(jobs))
    pairs = [(int(p["B3"]), int(p["B1"])) for p in kept if "B3" in p and "B1" in p and p.get("A2") == "Oui"]
    weight = sum(job for _, job in pairs)
    ratio, mean = found["sales", "ratio"], found["sales", "mean"]
    assert ratio["base_n"] == mean["base_n"] == len(pairs)
    if weight:
        assert ratio["value"] == pytest.approx(100 * sum(sale for sale, _ in pairs) / weight)
        assert mean["value"] == pytest.approx(sum(sale * job for sale, job in pairs) / weight)
        assert (ratio["numerator"], ratio["denominator"]) == (sum(sale for sale, _ in pairs), weight)
    else:
        assert ratio["value"] is None and mean["value"] is None


def expression_rates(db: Database, people: list[dict[str, str]]) -> None:
    columns = (
        "concerned",
        "not_applicable",
        "expressed",
        "declined",
        "not_stated",
        "rate",
        "nonexpression_rate",
    )
    found = cells(db, card("expression", columns, exclude_types=["siret"]))
    kept = responders(people)
    for question in ("A2", "A3", "B1", "B3"):
        status = [expected_status(person, question) for person in kept]
        base = sum(item not in ("filtered", "sans_objet") for item in status)
        assert found[question, "concerned"]["value"] == sum(item != "filtered" for item in status)
        assert found[question, "expressed"]["value"] == status.count("answered")
        assert found[question, "rate"]["base_n"] == base
        expected = 100 * status.count("answered") / base if base else None
        assert found[question, "rate"]["value"] == (pytest.approx(expected) if base else None)
    assert ("A1", "rate") not in found


@given(PEOPLE, st.sampled_from(["codebook", "descending"]))
def test_core_and_each_kind_of_table_are_what_a_naive_count_gives(
    people: list[dict[str, str]], order: str
) -> None:
    with database(read(wide(people, HEADER))) as db:
        core_has_every_respondent_and_every_question(db, people)
        counts_bases_and_shares(db, people, order)
        a_cross_table_adds_up(db, people)
        numbers(db, people)
        expression_rates(db, people)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (card("pie"), "genre inconnu"),
        (card("choices"), "aucune question"),
        (card("choices", questions=["Z9"]), "n’existe pas"),
        (card("choices", questions=["B1"]), "n’a pas de choix"),
        (card("choices", questions=["A2"], order="random"), "ordre inconnu"),
        (
            card(
                "choices",
                questions=["A2"],
                groups=[{"block": "A3", "code": "x", "label": "", "where": "B1 > 1"}],
            ),
            "bloc inconnu",
        ),
        (
            card(
                "choices",
                questions=["A2"],
                groups=[{"block": "A2", "code": "oui", "label": "", "where": "B1 > 1"}],
            ),
            "déjà pris",
        ),
        (
            card(
                "choices",
                questions=["A2"],
                groups=[{"block": "A2", "code": "x", "label": "", "where": "Z9 > 1"}],
            ),
            "Question inconnue",
        ),
        (
            card(
                "numbers",
                ("n",),
                measures={"n": "median"},
                indicators=[{"code": "a", "label": "", "value": "B1"}],
            ),
            "mesure inconnue",
        ),
        (card("choices", ("count", "index"), questions=["A2"]), "sans contenu"),
    ],
)
def test_a_wrong_card_is_refused(table: dict[str, Any], said: str) -> None:
    with database(read()) as db, pytest.raises(ObservatoryError) as caught:
        survey_cells(db, small_codebook(), table, {})
    assert said in str(caught.value)


MEASURES = {
    path.stem: MeasureFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "pipelines" / "measures").glob("*.toml"))
}


def cards() -> list[dict[str, Any]]:
    """The survey cards of the project."""
    loaded = []
    for path in sorted((ROOT / "pipelines" / "tables").glob("*/card.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if "survey" in data:
            loaded.append(completed(data, MEASURES) | {"id": path.parent.name})
    return loaded


CARDS = cards()


@pytest.fixture(scope="module")
def nobody() -> Iterator[Database]:
    """The survey of the project, to which nobody answered."""
    codebook = load_codebook(CODEBOOK)
    with database(read_answers([], codebook, "survey"), codebook) as db:
        yield db


@pytest.mark.parametrize("table", one_in(3, CARDS), ids=lambda table: table["id"])
def test_a_card_builds_without_any_respondent_and_cites_figures_that_exist(
    table: dict[str, Any], nobody: Database
) -> None:
    survey_cells(nobody, load_codebook(CODEBOOK), table, {})
    rows = nobody.dicts(f"select * from marts.{table['id']}")
    assert set(table.get("figures", {})) <= {f"{row['row_code']}/{row['column_code']}" for row in rows}
    assert all(row["value"] in (0, None) for row in rows)
    known = {f"{table['id']}.{row['row_code']}.{row['column_code']}" for row in rows}
    known |= set(table.get("figures", {}).values())
    figures = {figure for other in CARDS for figure in other.get("figures", {}).values()}
    texts = " ".join(
        [
            table["title"],
            table.get("finding", ""),
            table["reading_aid"],
            table["base"],
            *table.get("notes", []),
        ]
    )
    for figure in re.findall(r"(?:fig|counted|agree)\('([^']+)'", texts):
        assert figure in known | figures, figure
    assert not re.search(r"\d", re.sub(r"\{[{%].*?[%}]\}", "", table.get("finding", ""))), (
        "numbers only by placeholders"
    )


def test_every_table_number_is_given_once() -> None:
    numbers = [table["number"] for table in CARDS]
    assert len(numbers) == len(set(numbers))
    assert all(table["number"].startswith(f"{table['chapter']}.") for table in CARDS)


RAW = ROOT / "data" / "raw" / "sambre-avesnois-2011" / "enquete"


@pytest.fixture(scope="module")
def demo() -> SurveyRead:
    if not RAW.is_dir():
        pytest.skip("the raw files of the reference edition are not there")
    sheets = [item for path in sorted(RAW.rglob("*.xlsx")) for item in open_sheets(path, RAW)]
    return read_answers(sheets, load_codebook(CODEBOOK), "survey")


def test_the_reference_survey_is_read_without_refusal(demo: SurveyRead) -> None:
    assert demo.respondents.num_rows == 57
    assert [row for row in demo.refused if row["code"] != "doublon"] == []
    assert sum(row["rows_kept"] for row in demo.ledger) == 57


#: Figures of the 2012 report whose value follows from the answers; contradictions of the report are left out.
PUBLISHED = {
    "emergence_unmet_needs": 50, "strength_skills": 78, "strength_quality": 65,
    "strength_experiment": 40, "ict_users": 1, "no_partnership": 5, "local_network_share": 61,
    "nonresponse_low": 40, "nonresponse_high": 60, "equity_stable": 17, "equity_down": 10,
    "equity_up": 10, "equity_not_stated": 15, "equity_down_structural": 4, "equity_down_esf": 1,
    "equity_down_cyclical": 4, "equity_down_restated": 10, "resources_given": 23,
    "resources_given_restated": 23, "resources_detailed": 17, "patronage_structures": 2,
    "wc_covered_share": 69, "wc_structural": 13, "eu_funded": 10, "eu_esf": 7, "eu_cash_short": 3,
    "eu_cash_short_all": 19, "eu_ready_partnership": 70, "impact_living_together": 3,
    "impact_territory_projects": 3, "impact_culture": 2, "impact_exclusion": 2,
    "impact_project_dynamics": 1, "hr_base": 39, "hr_posts": 891, "hr_fte": 600, "hr_volunteers": 744,
    "hr_cdi_share": 76, "hr_interim": 0, "hr_age_employees": 38, "hr_age_volunteers": 47,
    "hr_fulltime_share": 68, "hr_fulltime_share_excl": 79, "hr_retirement_share": 6,
    "hr_trainees_civic": 7, "hr_disabled": 22, "hr_apprentices": 6, "training_technical": 22,
    "training_versatility": 15, "training_procedures": 12, "training_client": 11,
    "training_management": 10, "training_economics": 9, "recruit_projects": 15,
    "recruit_difficulties": 9, "project_new_products": 22, "project_market": 13,
    "project_reorganisation": 13, "project_innovation": 12, "project_cost": 9, "project_marketing": 7,
    "project_partial_stop": 4, "project_international": 3, "project_none": 2,
    "project_external_growth": 1, "project_layoffs": 1, "project_transfer": 0, "project_closure": 0,
    "risk_public_funding": 75, "brake_financial": 14, "brake_elected": 3, "brake_admin": 2,
    "brake_time": 2, "brake_change": 1, "brake_foresight": 1, "brake_audience": 1, "brake_distrust": 1,
    "brake_competition": 1, "brake_offer": 1, "support_never_share": 72, "dla_wanted": 12,
    "dla_wanted_never": 8,
}  # fmt: skip


def test_the_figures_of_the_report_come_back(demo: SurveyRead) -> None:
    codebook = load_codebook(CODEBOOK)
    found: dict[str, float] = {}
    with database(demo, codebook) as db:
        for table in CARDS:
            survey_cells(db, codebook, table, {})
            rows = db.dicts(f"select row_code, column_code, value, n_units from marts.{table['id']}")
            by_key = {f"{row['row_code']}/{row['column_code']}": row for row in rows}
            for key, figure in table.get("figures", {}).items():
                assert figure not in found, "one id, one cell"
                found[figure] = by_key[key]["value"]
            magnitudes = {column["code"] for column in table["columns"] if column["secrecy"] == "magnitude"}
            for row in rows:
                if row["column_code"] in magnitudes and row["value"] is not None:
                    assert row["n_units"] is not None
    assert {figure: round(found[figure]) for figure in PUBLISHED} == PUBLISHED
    assert round(found["hr_subsidised_share"], 1) == 46.5
    assert found["partnership_share"] == pytest.approx(100 * 52 / 57)
