"""How numbers and dates are written: this table is the documentation, and sources and survey read it alike."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ess_observatory.codebook.values import Refusal, parse_moment, parse_number
from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.read.cast import typing_of
from ess_observatory.tabular.text import clean_text

many = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: text → what a decimal column or question reads, then what a whole one reads when it differs: a value or a refusal.
NUMBERS = [
    ("1234", 1234.0, None),
    ("0012", 12.0, None),
    ("+5", 5.0, None),
    ("-3", -3.0, None),
    ("−3", -3.0, None),
    ("− 3", "E310", None),
    ("1 234", 1234.0, None),
    ("1\u00a0234", 1234.0, None),
    ("1\u202f234\u202f567", 1234567.0, None),
    ("1\u2009234,5", 1234.5, "E311"),
    ("12,5", 12.5, "E311"),
    ("12.5", 12.5, "E311"),
    ("12,0", 12.0, None),
    # Three digits after one mark: thousands or decimals?
    ("40.817", "E312", None),
    ("-12.500", "E312", None),
    ("1.234.567", "E312", None),
    ("40,817", 40.817, "E312"),
    ("1,234,567", "E310", "E312"),
    # …but not where only one reading is possible.
    ("0.125", 0.125, "E311"),
    ("1234.567", 1234.567, "E311"),
    ("12.1250", 12.125, "E311"),
    ("1.234,50", 1234.5, "E311"),
    ("1,234.50", 1234.5, "E311"),
    ("1.23.456", "E310", None),
    # Units.
    ("5 %", 5.0, "E315"),
    ("12,5%", 12.5, "E315"),
    ("40.817 %", "E312", None),
    ("125 000 €", 125000.0, None),
    ("125 000 euros", 125000.0, None),
    ("1 EUR", 1.0, None),
    ("5 k€", "E310", None),
    ("5 M€", "E310", None),
    ("12 ‰", "E310", None),
    # More digits than a number holds.
    ("999999999999999", 999999999999999.0, None),
    ("1234567890123456", "E316", None),
    ("1 234 567 890 123 456", "E316", None),
    # A spreadsheet, two numbers stuck together, other customs.
    ("1,2E+13", "E313", None),
    ("1e5", "E313", None),
    ("12 34", "E314", None),
    ("1  234", "E314", None),
    ("1'234", "E310", None),
    ("(1 234)", "E310", None),
    ("1,2,3", "E310", None),
    ("12.", "E310", None),
    (",5", "E310", None),
    ("environ 10", "E310", None),
    ("12-14", "E310", None),
    ("٣", "E310", None),
    ('="12"', 12.0, None),
]
#: text → the ISO date, or a refusal.
DATES = [
    ("2011-12-31", "2011-12-31"),
    ("2011/12/31", "2011-12-31"),
    ("20111231", "2011-12-31"),
    ("31/12/2011", "2011-12-31"),
    ("31-12-2011", "2011-12-31"),
    ("31.12.2011", "2011-12-31"),
    ("1/2/2012", "2012-02-01"),
    ("31 décembre 2011", "2011-12-31"),
    ("31 DECEMBRE 2011", "2011-12-31"),
    ("31\u00a0déc. 2011", "2011-12-31"),
    ("31-déc-2011", "2011-12-31"),
    ("1er janvier 2012", "2012-01-01"),
    ("3 févr. 2012", "2012-02-03"),
    ("3 août 2012", "2012-08-03"),
    ("14 juil. 2012", "2012-07-14"),
    ("40908", "2011-12-31"),
    ("31/12/2011 14:05", "2011-12-31"),
    ("31/12/2011 - 14h05", "2011-12-31"),
    ("2011-12-31T14:05:07.120+01:00", "2011-12-31"),
    ("2011-12-31 00:00:00Z", "2011-12-31"),
    ("29/02/2012", "2012-02-29"),
    ("29/02/2011", "E361"),
    ("31 juin 2011", "E361"),
    ("12/31/2011", "E361"),
    ("2011-12-31 25:00", "E361"),
    ("0000-01-01", "E361"),
    ("99999", "E361"),
    ("00042", "E361"),
    ("2011", "E361"),
    ("décembre 2011", "E361"),
    ("31 brumaire 2011", "E361"),
    ("31/12/11", "E363"),
    ("31.12.11", "E363"),
    ("31-déc-11", "E363"),
    ("31/12/11 14:05", "E363"),
]


@pytest.fixture(scope="module")
def db():
    with Database() as database:
        yield database


def in_a_source(db: Database, kind: str, texts: list[str | None]) -> list[tuple]:
    """(value, code, reason, fix) of each text in a column of that type, as the reader of files cleans it."""
    column = ColumnSpec("v", ("V",), kind, False)
    spec = SourceSpec("one", Path(), "", "", "", "table", "", "", (column,), (), (), {}, (), 1)
    count = len(texts)
    db.put("raw.one", pa.table({
        "v": pa.array(texts, pa.string()), "_file": ["f"] * count, "_sha256": ["x"] * count, "_sheet": [""] * count,
        "_line": list(range(count)), "_flags": pa.nulls(count, pa.string()),
    }))  # fmt: skip
    value = "strftime(v, '%Y-%m-%d')" if kind == "date" else "cast(v as double)"
    columns = f"case when refusal_code is null then {value} end, refusal_code, refusal_reason, refusal_fix"
    return db.rows(f"select {columns} from ({typing_of(spec).sql}) order by _line")


def in_the_survey(kind: str, text: str | None) -> tuple:
    """The same, as the survey reads an answer."""
    if text is None:
        return None, None, None, None
    try:
        value = parse_moment(text)[:10] if kind == "date" else parse_number(text, whole=kind == "integer")
    except Refusal as refusal:
        return None, refusal.code, str(refusal), refusal.fix
    return value, None, None, None


def expected(kind: str) -> list[tuple[str, object]]:
    if kind == "date":
        return list(DATES)
    return [(text, other if kind == "integer" and other else one) for text, one, other in NUMBERS]


@pytest.mark.parametrize("kind", ["decimal", "integer", "date"])
def test_each_form_is_read_or_refused_as_the_table_says(db: Database, kind: str) -> None:
    table = expected(kind)
    sources = in_a_source(db, kind, [clean_text(text) for text, _ in table])
    for (text, wanted), source in zip(table, sources, strict=True):
        survey = in_the_survey(kind, text)
        assert (source[1] or source[0], survey[1] or survey[0]) == (wanted, wanted), text
        assert source == survey, text


def test_the_time_of_a_survey_answer_is_kept() -> None:
    assert parse_moment("31/01/2012 14:05") == "2012-01-31T14:05:00"
    assert parse_moment("2012-01-31T14:05:07.120+01:00") == "2012-01-31T14:05:07"
    assert parse_moment("2012-01-31 00:00:00") == "2012-01-31"


def test_the_unit_of_a_question_may_follow_its_number() -> None:
    assert parse_number("12,5 ETP", unit="ETP") == 12.5
    assert parse_number("12 etp", unit="ETP", whole=True) == 12
    with pytest.raises(Refusal):
        parse_number("12 ETP")


_digits = st.text("0123456789", min_size=1, max_size=6)
_number = st.builds(
    lambda sign, groups, mark, tail, unit: sign + mark.join(groups) + tail + unit,
    st.sampled_from(["", "", "+", "-", "\u2212", "- "]),
    st.lists(st.one_of(st.text("0123456789", min_size=3, max_size=3), _digits), min_size=1, max_size=6),
    st.sampled_from([" ", ".", ",", "'", "", "\u00a0", "\u202f", "  "]),
    st.one_of(st.just(""), st.builds(lambda mark, digits: mark + digits, st.sampled_from([".", ",", "e", "E+"]), _digits)),
    st.sampled_from(["", "", " %", "%", " €", "€", " euros", " Eur", " k€"]),
)  # fmt: skip
_date = st.builds(
    lambda a, b, c, mark, tail: mark.join([a, b, c]) + tail,
    st.one_of(_digits, st.integers(0, 33).map(str), st.integers(1990, 2030).map(str), st.just("1er")),
    st.one_of(_digits, st.integers(0, 14).map("{:02d}".format), st.sampled_from(
        ["janvier", "Février", "mars", "avr.", "MAI", "juin", "juil.", "août", "sept", "oct.", "nov.", "déc.", "Décembre", "brumaire"])),
    st.one_of(_digits, st.integers(0, 33).map(str), st.integers(1990, 2030).map(str)),
    st.sampled_from(["/", "-", ".", " ", "", "\u00a0"]),
    st.sampled_from(["", "", " 14:05", " 25:00", "T14:05:07Z", " - 9h30", " 00:00:00.0+01:00", "T"]),
)  # fmt: skip
_any = st.one_of(
    st.text("0123456789 .,-/+eETZ%€\u2212\u00a0éûèr", min_size=1, max_size=14), st.text(max_size=10)
)


@pytest.mark.parametrize("kind", ["decimal", "integer", "date"])
@many
@given(st.lists(st.one_of(_number, _date, _any), min_size=20, max_size=150))
def test_sources_and_survey_agree_on_every_text(db: Database, kind: str, texts: list[str]) -> None:
    cleaned = [clean_text(text) for text in texts]
    for text, source in zip(cleaned, in_a_source(db, kind, cleaned), strict=True):
        assert source == in_the_survey(kind, text), text
