"""What is computed with a hidden cell goes with it: shares, means, numerators, bases; or stays, rounded, and counts."""

from __future__ import annotations

from typing import Any

import pytest

from ess_observatory.project import Project
from ess_observatory.secrecy.door import Cell
from ess_observatory.secrecy.protect import protect
from test_secrecy_links import FOUR, cell, column, column_of, hidden


@pytest.fixture
def rules(project: Project) -> dict[str, Any]:
    return project.secrecy


SHARE = {"numerator": "posts", "denominator": "total/posts"}


def _with_shares(**more: Any) -> tuple[dict[str, Any], list[Cell]]:
    cells = column_of(FOUR)
    cells += [
        cell(
            c.row_code,
            "share",
            100 * (c.value or 0) / 435,
            c.n_units,
            c.row_kind,
            top=0.2,
            numerator=c.value,
            denominator=435.0,
            base_n=9,
            unit="%",
            ci_low=1.0,
            ci_high=2.0,
        )
        for c in column_of(FOUR)
    ]
    return {
        "columns": [
            column("posts", additive=True),
            column("share", unit="%", decimals=1, ratio=SHARE, **more),
        ]
    }, cells


def test_what_is_computed_with_a_hidden_cell_goes_with_it(rules) -> None:
    card, cells = _with_shares()
    done = protect([("one", card, cells)], rules)
    assert hidden(done) == {(row, code) for row in "ab" for code in ("posts", "share")}
    gone = next(c for c in done.cells["one"] if c.key == ("b", "share"))
    assert (gone.value, gone.numerator, gone.denominator, gone.base_n, gone.ci_low, gone.ci_high) == (
        None,
    ) * 6


def test_it_goes_even_when_no_card_says_so(rules) -> None:
    card, cells = _with_shares()
    del card["columns"][1]["ratio"]
    assert ("b", "share") in hidden(protect([("one", card, cells)], rules))


def test_a_ratio_may_stay_rounded_and_then_counts_in_the_protection(rules) -> None:
    """Kept shares, rounded, of a published total tell too much here: more is hidden, or the shares say little."""
    rough = rules | {"max_share": 0.99}
    card, cells = _with_shares(when_hidden="rounded")
    card["columns"][1]["decimals"] = -1  # printed to the nearest ten
    cells = [c for c in cells if c.row_code not in ("a",) or c.column_code == "posts"]
    done = protect([("one", card, cells)], rough)
    left = {c.key: c for c in done.cells["one"]}
    assert left["b", "share"].value == 10.0
    assert left["b", "share"].numerator is None and left["b", "share"].denominator is None
    assert left["b", "posts"].conf_status == "C"
