"""Printed numbers: French and English typography, half-up rounding, signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.tables import Cell, Column
from ess_observatory.words.numbers import format_number, format_value, round_half_up


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "french", "english"),
    [
        (40817, "emplois", 0, "40\u202f817", "40,817"),
        (999, "", 0, "999", "999"),
        (1000, "", 0, "1\u202f000", "1,000"),
        (1234567.891, "", 1, "1\u202f234\u202f567,9", "1,234,567.9"),
        (14.9253, "%", 1, "14,9\u00a0%", "14.9%"),
        (5000, "€", 0, "5\u202f000\u00a0€", "€5,000"),
        (-5000, "€", 0, "\u22125\u202f000\u00a0€", "\u2212€5,000"),
        (2011, "année", 0, "2011", "2011"),
        (2.1, "points", 1, "+2,1", "+2.1"),
        (-2.1, "points", 1, "\u22122,1", "\u22122.1"),
        (0, "points", 1, "0,0", "0.0"),
        (-0.04, "", 1, "0,0", "0.0"),
    ],
)
def test_format_value(value: float, unit: str, decimals: int, french: str, english: str) -> None:
    assert format_value(value, unit, decimals, "fr") == french
    assert format_value(value, unit, decimals, "en") == english


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (2.675, 2, "2.68"),
        (0.285 * 100, 0, "29"),
        (-0.5, 0, "-1"),
    ],
)
def test_rounding_is_half_up(value: float, decimals: int, expected: str) -> None:
    assert str(round_half_up(value, decimals)) == expected


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_integers_read_back(value: int) -> None:
    text = format_number(value)
    assert int(text.replace("\u202f", "").replace("\u2212", "-")) == value
    assert "," not in text and "." not in text and " " not in text


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Cell(value=None, conf_status="C"), "s"),
        (Cell(value=None, obs_status="O"), "nd"),
        (Cell(value=None, obs_status="M"), "///"),
        (Cell(value=None, obs_status="N"), "ns"),
        (Cell(value=None), "nd"),
        (Cell(value=12, obs_status="U"), "12,0"),
        (Cell(value=76, unit="ans", decimals=0), "76\u00a0ans"),
        (Cell(text="mot"), "mot"),
    ],
)
def test_format_cell(cell: Cell, expected: str) -> None:
    assert format_cell(cell, Column("c", "Part", "%", 1)) == expected


def test_unit_sign_is_in_charts_not_in_table_cells() -> None:
    column, cell = Column("c", "Part", "%", 1), Cell(value=14.86)
    assert format_cell(cell, column) == "14,9"
    assert format_cell(cell, column, with_unit=True) == "14,9\u00a0%"


def test_words_around_numbers() -> None:
    from ess_observatory.words.labels import banner, date_words, plural

    assert date_words("2012-05", "fr") == "mai\u00a02012"
    assert date_words("2012-05-01", "fr") == "1er\u00a0mai\u00a02012"
    assert date_words("2012-05-03", "en") == "3\u00a0May\u00a02012"
    assert date_words("printemps 2012", "fr") == "printemps 2012"
    assert date_words(None, "fr") == ""
    assert banner({"banner": "Données synthétiques\u00a0: rien de réel."}, "fr") == "Rien de réel."
    assert plural("identique", 1) == "identique" and plural("identique", 2) == "identiques"
    assert [plural("contradiction in the report", n)[:14] for n in (0, 1)] == [
        "contradictions",
        "contradiction ",
    ]
    assert plural("identique", 0) == "identique"
