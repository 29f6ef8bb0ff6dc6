"""What is computed with a hidden cell goes with it: shares, means, numerators, bases; or stays, rounded, and counts.

And no figure leaves with digits that give a hidden one back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.secrecy.door import Cell
from ess_observatory.secrecy.links import Links
from ess_observatory.secrecy.model import Model, Node
from ess_observatory.secrecy.protect import Protected, _let_out_what_is_found, protect
from ess_observatory.secrecy.rules import FOLLOWS
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


# ------------------------------------------------------------------ every digit of what leaves
def digits_give(values: list[float], wholes: list[float], secrets: list[float]) -> set[float]:
    """Secrets that a figure gives when multiplied or divided by another, to nine digits."""
    found = set()
    for value in values:
        for whole in wholes:
            products = [value * whole, value * whole / 100] + (
                [whole / value, 100 * whole / value] if value else []
            )
            found |= {s for s in secrets if s and any(abs(p - s) <= 1e-9 * s for p in products)}
    return found


def leaving(done: Protected, code: str) -> list[float]:
    return [
        c.value
        for cells in done.cells.values()
        for c in cells
        if c.column_code == code and c.value is not None
    ]


PRIME = {"a": (53.0, 1), "b": (419.0, 9), "c": (3001.0, 20), "d": (907.0, 12)}
TOTAL = sum(value for value, _ in PRIME.values())


def _elsewhere(value: float, **more: Any) -> tuple[str, dict[str, Any], list[Cell]]:
    """Another table, with one derived figure whose card says nothing of its terms."""
    card = {"columns": [column("mean", unit="%", decimals=1)]}
    return "other", card, [cell("row", "mean", value, 9, unit="%", decimals=1, **more)]


def test_a_share_of_terms_published_nowhere_leaves_as_printed(rules) -> None:
    share = 100 * PRIME["b"][0] / TOTAL
    table = ("one", {"columns": [column("posts", additive=True)]}, column_of(PRIME))
    done = protect([table, _elsewhere(share, ci_low=share - 1, ci_high=share + 1)], rules)
    assert ("b", "posts") in hidden(done)
    left = done.cells["other"][0]
    assert (left.value, left.ci_low, left.ci_high) == (9.6, 8.6, 10.6)
    assert digits_give([share], [TOTAL], [PRIME["b"][0]])
    assert not digits_give(leaving(done, "mean"), leaving(done, "posts"), [PRIME["a"][0], PRIME["b"][0]])


def test_the_same_endless_digits_elsewhere_go_with_a_hidden_share(rules) -> None:
    cells = column_of(PRIME)
    cells += [
        cell(c.row_code, "share", 100 * (c.value or 0) / TOTAL, c.n_units, c.row_kind, unit="%")
        for c in cells
    ]
    columns = [column("posts", additive=True), column("share", unit="%", decimals=1, ratio=SHARE)]
    done = protect([("one", {"columns": columns}, cells), _elsewhere(100 * PRIME["b"][0] / TOTAL)], rules)
    assert hidden(done, "other") == {("row", "mean")}
    shares = {c.row_code: c.value for c in done.cells["one"] if c.column_code == "share"}
    assert (
        shares["c"] == 100 * PRIME["c"][0] / TOTAL
    )  # both terms are published: nothing to hide in its digits


def test_the_terms_of_one_cell_can_be_declared(rules) -> None:
    name, card, cells = _elsewhere(100 * PRIME["b"][0] / TOTAL)
    card = {
        **card,
        "secrecy": {"ratios": {"row/mean": {"numerator": "one:b/posts", "denominator": "one:total/posts"}}},
    }
    table = ("one", {"columns": [column("posts", additive=True)]}, column_of(PRIME))
    assert hidden(protect([table, (name, card, cells)], rules), "other") == {("row", "mean")}
    safe = ("one", table[1], [replace(c, n_units=9) for c in table[2]])
    assert protect([safe, (name, card, cells)], rules).cells["other"][0].value == 100 * PRIME["b"][0] / TOTAL


CROSSED = [
    column("aided", additive=True, follows="other"),
    column("other", additive=True, follows="aided"),
    column("all", additive=True, sum_of=["aided", "other"]),
]


def _crossed(aided: dict[str, tuple[float, int]], other: dict[str, tuple[float, int]]) -> list[Cell]:
    both = {row: (aided[row][0] + other[row][0], max(aided[row][1], other[row][1])) for row in aided}
    return [*column_of(aided, "aided"), *column_of(other, "other"), *column_of(both, "all")]


@pytest.mark.parametrize(
    ("aided", "shown"),
    [
        ({"a": (0, 0), "b": (0, 0)}, {"a", "b"}),  # nobody is aided: the total says it
        ({"a": (50.0, 9), "b": (60.0, 9)}, set()),
    ],
)
def test_what_follows_a_hidden_cell_is_shown_when_what_is_shown_gives_it(
    aided: dict[str, tuple[float, int]], shown: set[str], rules: dict[str, Any]
) -> None:
    """Hidden, it would be found, and its door would stop the publication (E509) though it hides nothing."""
    done = protect([("one", {"columns": CROSSED}, _crossed(aided, {"a": (4.0, 2), "b": (6.0, 2)}))], rules)
    gone = hidden(done)
    assert {("a", "other"), ("b", "other")} <= gone
    assert {row for row in "ab" if (row, "aided") not in gone} == shown


@pytest.mark.parametrize(("unsaid", "stays"), [(set(), False), ({("t", "whole", "n")}, True)])
def test_a_whole_of_which_a_bound_alone_leaves_gives_no_cell(unsaid: set[Any], stays: bool) -> None:
    keys = [("t", row, "n") for row in ("one", "whole", "first", "second")]
    nodes = [Node([key], value) for key, value in zip(keys, (1.0, 9.0, 4.0, 5.0), strict=True)]
    reasons = {keys[2]: FOLLOWS}
    _let_out_what_is_found(Model(nodes, {}, [(1, [2, 3])], Links({})), reasons, unsaid)
    assert (keys[2] in reasons) is stays


@pytest.mark.parametrize(("least", "shown"), [(0.0, True), (-3.0, False)])
def test_a_total_of_nothing_gives_its_terms_when_none_can_be_negative(least: float, shown: bool) -> None:
    """A change of -3 and one of +3 add up to nothing, and the total says of neither what it is."""
    keys = [("t", row, "n") for row in ("one", "whole", "first", "second")]
    elsewhere = ("other", "row", "n")
    values = (1.0, 0.0, least and -least, least)
    nodes = [Node([key], value) for key, value in zip(keys, values, strict=True)]
    nodes[3] = Node([elsewhere], least)
    reasons = {keys[2]: FOLLOWS, elsewhere: FOLLOWS}
    _let_out_what_is_found(Model(nodes, {}, [(1, [2, 3])], Links({})), reasons, set())
    assert (keys[2] not in reasons) is shown
