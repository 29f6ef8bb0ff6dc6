"""Rounding is half away from zero on the decimal writing, wherever a number is printed; numbers in words, at each turn."""

from __future__ import annotations

import pytest

from ess_observatory.words.number_words import spelled, without_digits
from ess_observatory.words.numbers import (
    format_bound,
    format_number,
    format_value,
    plain_number,
    round_half_up,
    useful_decimals,
)

HALVES = [
    (0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"), (-0.5, 0, "-1"), (-1.5, 0, "-2"), (-2.5, 0, "-3"),
    (0.49, 0, "0"), (0.51, 0, "1"), (0.25, 1, "0.3"), (0.35, 1, "0.4"), (-0.25, 1, "-0.3"),
    (2.675, 2, "2.68"), (1.005, 2, "1.01"), (-1.005, 2, "-1.01"), (14.95, 1, "15.0"), (0.05, 1, "0.1"),
    (1250.0, -2, "1.3E+3"), (1249.99, -2, "1.2E+3"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "decimals", "expected"), HALVES)
def test_a_half_goes_away_from_zero(value: float, decimals: int, expected: str) -> None:
    assert str(round_half_up(value, decimals)) == expected


@pytest.mark.parametrize(("value", "decimals", "expected"), HALVES)
def test_the_door_rounds_as_the_page_does(value: float, decimals: int, expected: str) -> None:
    assert float(round_half_up(value, decimals)) == float(expected)


def test_a_whole_number_is_what_is_rounded_to_when_nothing_is_said() -> None:
    assert str(round_half_up(2.5)) == "3"
    assert format_number(1234.5) == "1\u202f235"
    assert format_number(1234.5, 1, grouping=False) == "1234,5"
    assert format_number(1234.5, 1, "en") == "1,234.5"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.30000000004, 10, "0.3000000000"),  # noise of a binary division
        (0.0000000001, 10, "1E-10"),
        (0.285 * 100, 0, "29"),  # 28,499999999999996 in binary
        (1.1499999999999, 1, "1.1"),
        (1.1499999, 1, "1.1"),
        (0.49999999996, 0, "0"),
        (0.4999999999, 0, "0"),
    ],
)
def test_noise_beyond_fifteen_digits_is_dropped_first(value: float, decimals: int, expected: str) -> None:
    assert str(round_half_up(value, decimals)) == expected


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "french", "english"),
    [
        (1.0, "%", 0, "1\u00a0%", "1%"),
        (1.0, "pct", 0, "1\u00a0%", "1%"),
        (1.0, " Percent ", 0, "1\u00a0%", "1%"),
        (1.0, "‰", 0, "1\u00a0‰", "1‰"),
        (1.0, "euros", 0, "1\u00a0€", "€1"),
        (1.0, "EUR", 0, "1\u00a0€", "€1"),
        (-1.0, "euro", 0, "\u22121\u00a0€", "\u2212€1"),
        (2011.0, "an", 1, "2011", "2011"),
        (2011.0, "millésime", 0, "2011", "2011"),
        (2011.0, "year", 0, "2011", "2011"),
        (2011.0, None, 0, "2\u202f011", "2,011"),
        (0.5, "points", 0, "+1", "+1"),
        (0.4, "points", 0, "0", "0"),
        (0.04, "pts", 1, "0,0", "0.0"),
        (0.05, "point", 1, "+0,1", "+0.1"),
        (-0.4, "points", 0, "0", "0"),
        (-0.5, "points", 0, "\u22121", "\u22121"),
        (1.0, "postes", 0, "1", "1"),
    ],
)
def test_the_sign_of_the_unit(
    value: float, unit: str | None, decimals: int, french: str, english: str
) -> None:
    assert format_value(value, unit, decimals) == french
    assert format_value(value, unit, decimals, "en") == english


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"), (1, "un"), (16, "seize"), (17, "dix-sept"), (19, "dix-neuf"), (20, "vingt"),
        (21, "vingt et un"), (22, "vingt-deux"), (29, "vingt-neuf"), (30, "trente"), (31, "trente et un"),
        (40, "quarante"), (50, "cinquante"), (60, "soixante"), (69, "soixante-neuf"), (70, "soixante-dix"),
        (71, "soixante et onze"), (72, "soixante-douze"), (79, "soixante-dix-neuf"), (80, "quatre-vingts"),
        (81, "quatre-vingt-un"), (82, "quatre-vingt-deux"), (89, "quatre-vingt-neuf"), (90, "quatre-vingt-dix"),
        (91, "quatre-vingt-onze"), (99, "quatre-vingt-dix-neuf"), (100, "cent"), (101, "cent un"),
        (180, "cent quatre-vingts"), (199, "cent quatre-vingt-dix-neuf"), (200, "deux cents"),
        (201, "deux cent un"), (999, "neuf cent quatre-vingt-dix-neuf"), (1000, "mille"), (1001, "mille un"),
        (2000, "deux mille"), (2011, "deux mille onze"), (80_000, "quatre-vingt mille"),
        (200_000, "deux cent mille"), (200_200, "deux cent mille deux cents"),
        (999_999, "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf"),
    ],
)  # fmt: skip
def test_numbers_in_words_at_each_turn(number: int, words: str) -> None:
    assert spelled(number) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("moins de 10 salariés", "moins de dix salariés"),
        ("1\u202f000 et plus", "mille et plus"),
        ("1\u00a0000 et plus", "mille et plus"),
        ("10 000", "dix zéro zéro zéro"),
        ("de 1 à 2", "de un à deux"),
        ("0", "zéro"),
        ("01", "zéro un"),
        ("999999", spelled(999_999)),
        ("1234567", "un deux trois quatre cinq six sept"),
        ("sans chiffre", "sans chiffre"),
        ("3\u202f0000", "trois\u202fzéro zéro zéro zéro"),
    ],
)
def test_a_label_without_digits(text: str, words: str) -> None:
    assert without_digits(text) == words


@pytest.mark.parametrize(
    ("value", "most", "decimals", "text"),
    [
        (40817.0, 4, 0, "40\u202f817"), (0.5, 4, 1, "0,5"), (-0.25, 4, 2, "\u22120,25"), (0.1234, 4, 4, "0,1234"),
        (0.12345, 4, 4, "0,1235"), (0.12345, 2, 2, "0,12"), (0.12345, 0, 0, "0"), (0.1 + 0.2, 4, 1, "0,3"),
    ],
)  # fmt: skip
def test_a_number_has_the_decimals_that_it_needs(value: float, most: int, decimals: int, text: str) -> None:
    assert useful_decimals(value, most) == decimals
    assert plain_number(value, most=most) == text
    if most == 4:
        assert (useful_decimals(value), plain_number(value)) == (decimals, text)


@pytest.mark.parametrize(
    ("low", "high", "unit", "decimals", "lang", "text"),
    [
        (3577.0, 4550.0, None, 0, "fr", "au moins 3\u202f577, au plus 4\u202f550"),
        (3577.9, 4550.1, None, 0, "fr", "au moins 3\u202f577, au plus 4\u202f551"),
        (1.29, 2.21, "%", 1, "fr", "au moins 1,2\u00a0%, au plus 2,3\u00a0%"),
        (-1.29, -1.21, None, 1, "fr", "au moins \u22121,3, au plus \u22121,2"),
        (1.29, None, None, 1, "fr", "au moins 1,2"),
        (1999.0, None, None, 0, "en", "at least 1,999"),
        (1999.5, 2000.5, None, 0, "en", "at least 1,999, at most 2,001"),
    ],
)
def test_bounds_are_rounded_away_from_what_they_hold(
    low: float, high: float | None, unit: str | None, decimals: int, lang: str, text: str
) -> None:
    assert format_bound(low, high, unit, decimals, lang) == text
