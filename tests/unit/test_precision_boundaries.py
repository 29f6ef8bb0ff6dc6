"""Decimals follow reliability: just before, on and just after the margin that lets a decimal be read."""

from __future__ import annotations

import pytest

from ess_observatory.publish.precision import as_reliable
from ess_observatory.secrecy.door import Cell

RULES = {"precision": {"decimal_margin": 10}}
SURVEY = {
    "survey": {"kind": "choices"},
    "columns": [{"code": "share", "unit": "%", "decimals": 1, "secrecy": "opinion"}],
}


def _decimals(card: dict = SURVEY, rules: dict = RULES, **cell: object) -> int | None:
    given = Cell("r", "r", 1, "data", None, "share", value=46.4912, **cell)  # type: ignore[arg-type]
    (made,) = as_reliable([given], card, rules)
    assert made.value == given.value, "the value keeps all its digits"
    return card["columns"][0]["decimals"] if made.decimals is None else made.decimals


@pytest.mark.parametrize(
    ("low", "high", "decimals"), [(33.5, 59.5, 0), (45.49, 47.5, 0), (45.5, 47.5, 0), (45.51, 47.49, 1)]
)
def test_a_decimal_holds_when_the_margin_is_under_one_point(low: float, high: float, decimals: int) -> None:
    assert _decimals(ci_low=low, ci_high=high, base_n=57) == decimals


@pytest.mark.parametrize(
    ("base", "decimals"), [(1, 0), (39, 0), (9_999, 0), (10_000, 0), (10_001, 1), (None, 1), (0, 1)]
)
def test_without_an_interval_the_base_of_a_percentage_decides(base: int | None, decimals: int) -> None:
    assert _decimals(base_n=base) == decimals


def test_two_decimals_may_become_one() -> None:
    card = {**SURVEY, "columns": [{**SURVEY["columns"][0], "decimals": 2}]}
    assert _decimals(card, ci_low=46.0, ci_high=47.0) == 1
    assert _decimals(card, ci_low=46.4, ci_high=46.5) == 2


def test_what_is_no_percentage_of_a_survey_keeps_its_decimals() -> None:
    """A count of the register is no estimate; nor is a mean without an interval."""
    assert _decimals({**SURVEY, "survey": None}, base_n=39) == 1
    assert _decimals(base_n=39, unit="années") == 1
    assert _decimals(rules={}, base_n=39) == 1


def test_an_estimate_has_the_decimals_of_its_interval_wherever_it_is() -> None:
    assert _decimals({**SURVEY, "survey": None}, ci_low=30.0, ci_high=60.0) == 0
