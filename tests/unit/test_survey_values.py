"""Text to value: French numbers, dates, identifiers; what is ambiguous is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ess_observatory.codebook.values import (
    Refusal,
    normalise,
    parse_commune,
    parse_moment,
    parse_naf,
    parse_number,
    parse_siret,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1\u00a0234", 1234.0),
        ("12.5", 12.5),
        ("12.1250", 12.125),
        ("0.125", 0.125),
        ("1,234", 1.234),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1.234.567", 1234567.0),
        ("1234.567", 1234.567),
        ("76 %", 76.0),
        ("125 000 €", 125000.0),
        ("-3", -3.0),
        ("− 3".replace(" ", ""), -3.0),
    ],
)
def test_numbers_that_are_read(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["40.817", "1.000", "-12.500", "40.817 €"])
def test_a_lone_dot_and_three_digits_is_ambiguous(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_number(text)
    assert caught.value.code == "E312"


@pytest.mark.parametrize(
    "text", ["environ 10", "12 34", "1,2,3", "1e5", "", "12-14", "1.23.456", "5 k€", ",", "12."]
)
def test_text_that_is_not_a_number(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_number(text)
    assert caught.value.code == "E310"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_french_number_comes_back(number) -> None:
    whole, _, decimals = f"{number:,.2f}".partition(".")
    assert parse_number(f"{whole.replace(',', ' ')},{decimals}") == pytest.approx(float(number))


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    try:
        parse_number(text)
    except Refusal as refusal:
        assert refusal.reason and refusal.fix


def test_labels_are_compared_without_what_typing_changes() -> None:
    assert normalise("  Réponse à des BESOINS non couverts ") == normalise(
        "reponse a des besoins non couverts"
    )
    assert normalise("Groupement d'employeurs") == normalise("Groupement d’employeurs")
    assert normalise("Procédures / réglementation") == normalise("Procédures/réglementation")
    assert normalise("Prêt\u00a0?") == normalise("Prêt ?")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2012-01-31", "2012-01-31"),
        ("31/01/2012", "2012-01-31"),
        ("31/01/2012 14:05", "2012-01-31T14:05:00"),
        ("2012-01-31 14:05:07", "2012-01-31T14:05:07"),
        ("2012-01-31T14:05:07.120+01:00", "2012-01-31T14:05:07"),
        ("2012-01-31 00:00:00", "2012-01-31"),
    ],
)
def test_dates(text: str, iso: str) -> None:
    assert parse_moment(text) == iso


def test_a_date_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refusal):
        parse_moment("31/02/2012")


def test_identifiers() -> None:
    assert parse_siret("732 829 320 00074") == "73282932000074"
    assert parse_siret("35600000000048") == "35600000000048"
    assert parse_naf("8810a") == "88.10A"
    assert parse_commune("2381") == "02381"
    for wrong in ("73282932000075", "732829320", "abc", "7.32829E+13"):
        with pytest.raises(Refusal):
            parse_siret(wrong)
    with pytest.raises(Refusal):
        parse_commune("Maubeuge")
