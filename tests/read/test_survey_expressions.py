"""The language of filters: what it means for one respondent, and that the database means the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_observatory.codebook.evaluation import Given, evaluate, to_sql
from ess_observatory.codebook.expressions import parse, references
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.dialects import Excel, XPath
from ess_observatory.survey.wording import say
from test_survey_support import database, read, small_codebook, wide

ANSWERS = {
    "A": Given(choices=frozenset({"oui"})),
    "M": Given(choices=frozenset({"x", "y"})),
    "N": Given(number=10.0),
    "P": Given(number=4.0),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A = 'oui'", True),
        ("A != 'oui'", False),
        ("M = 'x' and M = 'y'", True),
        ("M = 'z' or N > 9", True),
        ("absent = 'oui'", False),
        ("absent != 'oui'", True),
        ("absent > 0", None),
        ("absent > 0 or N = 10", True),
        ("absent > 0 and N = 11", False),
        ("15 <= N <= 75", False),
        ("5 <= N <= 75", True),
        ("N + P", 14.0),
        ("N - P - absent", 6.0),
        ("absent + absent", None),
        ("P <= N and P + N = 14", True),
        ("count(M) >= 2", True),
        ("count(absent) >= 1", None),
        ("(A = 'non' or N = 10) and P < 5", True),
        ("-N < 0", True),
        ("N * P / 8", 5.0),
        ("100 * P / N", 40.0),
        ("(N + P) * 2 - 1", 27.0),
        ("N / absent", None),
        ("N / (P - 4)", None),
        ("N + N / absent", 10.0),
        ("N / 4 * P = 10", True),
        ("'x' = M", True),
    ],
)
def test_meaning_for_one_respondent(text: str, value: object) -> None:
    assert evaluate(parse(text), ANSWERS) == value


def test_a_constraint_may_leave_out_its_left_side() -> None:
    assert evaluate(parse(">= 0", self_code="N"), ANSWERS) is True
    with pytest.raises(ObservatoryError, match="membre de gauche"):
        parse(">= 0")


def test_a_sum_alone_takes_no_condition_and_a_strict_one_no_gap() -> None:
    node = parse("(N + P) * 2", is_sum=True)
    assert evaluate(node, ANSWERS, strict=True) == 28.0
    assert evaluate(parse("N + absent", is_sum=True), ANSWERS, strict=True) is None
    for condition in ("N > 1", "N and P", "(N = 1) + 1", "A = 'oui'"):
        with pytest.raises(ObservatoryError, match="Expression illisible"):
            parse(condition, is_sum=True)


def test_tenths_add_up() -> None:
    answers = {"X": Given(number=0.1), "Y": Given(number=0.2)}
    assert evaluate(parse("X + Y = 0.3"), answers) is True
    assert evaluate(parse("X + Y > 0.3"), answers) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A =",
        "A = 'oui",
        "(N > 1",
        "N > 1)",
        "N ! 1",
        "and N",
        "count()",
        "N 1",
        "N *",
        "N + 'a'",
        "A < 'oui'",
        "'oui'",
        "'a' = 'b'",
        "count(M) = 'x'",
    ],
)
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(ObservatoryError, match="Expression illisible"):
        parse(text)


def test_references_are_listed() -> None:
    assert set(references(parse("A = 'oui' and count(M) > 1 or N + P > 2"))) == {
        ("A", "oui"),
        ("M", None),
        ("N", None),
        ("P", None),
    }


LEAVES = st.sampled_from(["B1", "B2", "B4", "0", "3", "B1 + B2", "B1 - B2", "B4 + B5", "count(A3)",
                          "2 * B1", "B1 / B2", "B4 - B1 * B2", "B1 / (B2 - 3) * 2"])  # fmt: skip
ATOMS = st.one_of(
    st.sampled_from(["A2 = 'oui'", "A2 != 'non'", "A3 = 'besoin'", "A3 != 'other'"]),
    st.builds("{} {} {}".format, LEAVES, st.sampled_from(["<", "<=", "=", "!=", ">=", ">"]), LEAVES),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda parts: st.builds("({} {} {})".format, parts, st.sampled_from(["and", "or"]), parts),
    max_leaves=4,
)
RESPONDENT = st.fixed_dictionaries(
    {},
    optional={
        "A2": st.sampled_from(["Oui", "Non", "Ne sait pas"]),
        "A3[besoin]": st.just("Oui"),
        "A3[reseau]": st.just("x"),
        "A3[other]": st.just("autre chose"),
        "B1": st.sampled_from(["3", "4", "Ne sait pas"]),
        "B2": st.sampled_from(["0", "1,5", "3"]),
        "B4": st.sampled_from(["0", "100"]),
    },
)
HEADER = ["ID", "A1", "A2", "A3[besoin]", "A3[reseau]", "A3[other]", "B1", "B2", "B3", "B4", "B5"]


@given(st.lists(RESPONDENT, min_size=1, max_size=5), st.lists(CONDITIONS, min_size=1, max_size=6))
def test_the_database_means_the_same(people: list[dict[str, str]], conditions: list[str]) -> None:
    survey = read(wide([{"ID": str(number)} | person for number, person in enumerate(people)], HEADER))
    chosen: dict[tuple[str, str], set[str]] = {}
    for row in survey.choices.to_pylist():
        chosen.setdefault((row["respondent_key"], row["question_code"]), set()).add(row["choice_code"])
    answers: dict[str, dict[str, Given]] = {
        row["respondent_key"]: {} for row in survey.respondents.to_pylist()
    }
    for row in survey.answers.to_pylist():
        if row["status"] == "answered":
            key = row["respondent_key"], row["question_code"]
            answers[key[0]][key[1]] = Given(row["value_number"], frozenset(chosen.get(key, ())))
    with database(survey, small_codebook()) as db:
        for text in conditions:
            node = parse(text)
            sql = f"select r.respondent_key, {to_sql(node)} from core.survey_respondent as r"
            assert dict(db.rows(sql)) == {key: evaluate(node, given_) for key, given_ in answers.items()}, (
                text
            )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("B1 - (B2 + B4) <= 1000", "B1 − (B2 + B4) ≤ 1\u202f000"),
        ("B1 / (B2 * 2) > 0.5", "B1 / (B2 × 2) > 0,5"),
        ("2 * (B1 + B2) = B4", "2 × (B1 + B2) = B4"),
        ("(A2 = 'oui' or B1 > 1) and B2 > 1", "(A2 vaut «\u00a0Oui\u00a0» ou B1 > 1) et B2 > 1"),
    ],
)
def test_what_is_said_reads_as_it_is_meant(text: str, said: str) -> None:
    assert say(parse(text), small_codebook()) == said


def test_forms_say_products_and_divisions() -> None:
    excel = Excel(small_codebook(), {"B1": "C1", "B2": "C2", "B4": "C4"}, {})
    assert "IFERROR(N(C1)/N(C2),0)>0.5" in excel.holds(parse("B1 / B2 > 0.5"))
    assert "NOT(ABS(N(C2)-0)" in excel.holds(parse("B1 / B2 > 0.5")), "a division by zero is unknown"
    assert "(1000000*N(C2))" in excel.broken(parse("B1 <= 1000000 * B2"))
    xpath = XPath(small_codebook(), small_codebook().question("B2"))
    assert xpath.allowed(parse("B1 <= 2 * B2")) == "(not(${B1} != '') or ${B1} <= (2 * .))"
    assert "if((${B1} != ''), (${B1} * .), 0)" in xpath.holds(parse("B1 + B1 * B2 > 1"))
