"""The door over several tables: rules, links declared by cards, what follows a hidden cell, how cells leave."""

from __future__ import annotations

from typing import Any

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE, Cell
from ess_observatory.secrecy.protect import Protected, protect


def column(code: str, secrecy: str = "magnitude", **more: Any) -> dict[str, Any]:
    return {"code": code, "label": code, "unit": "postes", "decimals": 0, "secrecy": secrecy, **more}


def cell(
    row: str, code: str, value: float | None, units: int | None = 9, kind: str = "data", **more: Any
) -> Cell:
    return Cell(
        row,
        row,
        1,
        kind,
        more.pop("section", None),
        code,
        value=value,
        n_units=units,
        top_share=more.pop("top", 0.2),
        **more,
    )


@pytest.fixture
def rules(project: Project) -> dict[str, Any]:
    return project.secrecy


def column_of(values: dict[str, tuple[float, int]], code: str = "posts", **more: Any) -> list[Cell]:
    total = cell(
        "total", code, sum(v for v, _ in values.values()), sum(n for _, n in values.values()), "total"
    )
    return [*(cell(row, code, v, n, **more) for row, (v, n) in values.items()), total]


def hidden(done: Protected, table: str = "one") -> set[tuple[str, str]]:
    return {c.key for c in done.cells[table] if c.conf_status == "C"}


FOUR = {"a": (5.0, 1), "b": (40.0, 9), "c": (300.0, 20), "d": (90.0, 12)}


def test_primary_rules(rules) -> None:
    cells = [
        cell("few", "posts", 10, 2),
        cell("three", "posts", 10, 3),
        cell("one", "posts", 100, 9, top=0.85),
        cell("below", "posts", 100, 9, top=0.8499),
        cell("zero", "posts", 0, 0),
        cell("public", "count", 1, None),
    ]
    done = protect([("one", {"columns": [column("posts"), column("count", "public")]}, cells)], rules)
    assert done.reasons == {("one", "few", "posts"): "A", ("one", "one", "posts"): "B"}
    for left in done.cells["one"]:
        assert (left.n_units, left.top_share, left.second_share, left.row_parent) == (None,) * 4


def test_the_p_percent_rule_is_optional(rules) -> None:
    near = [
        cell("near", "posts", 100, 4, top=0.6, second_share=0.38),
        cell("far", "posts", 100, 4, top=0.5, second_share=0.2),
    ]
    card = {"columns": [column("posts")]}
    assert not protect([("one", card, near)], rules).reasons
    assert protect([("one", card, near)], rules | {"p_percent": 10}).reasons == {
        ("one", "near", "posts"): "P"
    }
    with pytest.raises(ObservatoryError, match="second"):
        protect([("one", card, [cell("r", "posts", 9, 4)])], rules | {"p_percent": 10})


@pytest.mark.parametrize(
    ("card", "cells", "code"),
    [
        ({"columns": [column("posts")]}, [cell("a", "posts", 3, None)], "E501"),
        (
            {"columns": [column("posts")], "secrecy": {"differences": [{"whole": "a", "part": "b"}]}},
            [cell("a", "posts", 3)],
            "E502",
        ),
    ],
)
def test_what_is_not_declared_does_not_pass(rules, card, cells, code) -> None:
    with pytest.raises(ObservatoryError) as caught:
        protect([("one", card, cells)], rules)
    assert (caught.value.code, caught.value.exit_code) == (code, Exit.INTEGRITY)


def test_an_override_with_its_reason_is_applied(rules) -> None:
    card = {
        "columns": [column("posts")],
        "secrecy": {"override": {"min_units": 5, "reason": "petit territoire"}},
    }
    assert protect([("one", card, [cell("a", "posts", 3, 4)])], rules).reasons


def test_an_additive_column_hides_one_more_small_cell(rules) -> None:
    done = protect([("one", {"columns": [column("posts", additive=True)]}, column_of(FOUR))], rules)
    assert hidden(done) == {("a", "posts"), ("b", "posts")}


def test_rows_and_columns_add_up(rules) -> None:
    """A two-way table: the margins of rows (`additive`) and of columns (`sum_of`)."""
    columns = [
        column("cdi", additive=True),
        column("cdd", additive=True),
        column("all", additive=True, sum_of=["cdi", "cdd"]),
    ]
    values = {"x": (2, 50), "y": (60, 40), "z": (55, 70)}
    cells = []
    for row, (cdi, cdd) in values.items():
        cells += [
            cell(row, "cdi", cdi, 1 if row == "x" else 9),
            cell(row, "cdd", cdd),
            cell(row, "all", cdi + cdd, 12),
        ]
    cells += [
        cell("total", "cdi", 117, 30, "total"),
        cell("total", "cdd", 160, 30, "total"),
        cell("total", "all", 277, 40, "total"),
    ]
    done = protect([("one", {"columns": columns}, cells)], rules)
    assert hidden(done) == {("x", "cdi"), ("x", "cdd"), ("y", "cdi"), ("y", "cdd")}


def test_a_hierarchy_within_a_table_and_into_another(rules) -> None:
    """Communes add to their group in another table: hiding in one asks for hiding with it."""
    communes = [
        cell("c1", "posts", 4, 1, row_parent="groups:g1"),
        cell("c2", "posts", 50, 9, row_parent="groups:g1"),
        cell("c3", "posts", 60, 9, row_parent="groups:g2"),
        cell("c4", "posts", 70, 9, row_parent="groups:g2"),
    ]
    groups = [
        cell("g1", "posts", 54, 10, row_parent="all"),
        cell("g2", "posts", 130, 18, row_parent="all"),
        cell("all", "posts", 184, 28),
    ]
    card = {"columns": [column("posts")]}
    done = protect([("one", card, communes), ("groups", card, groups)], rules)
    assert hidden(done) == {("c1", "posts"), ("c2", "posts")}
    assert not hidden(done, "groups")


def test_the_same_figure_elsewhere_is_hidden_with_it(rules) -> None:
    """Even in a column that is public for its other rows."""
    key = {"columns": [column("value", "public")], "concepts": {"posts/value": "jobs@family=a"}}
    one = {"columns": [column("posts", concept="jobs")], "categories": "family"}
    done = protect(
        [
            ("one", one, [cell("a", "posts", 7, 1)]),
            ("key", key, [cell("posts", "value", 7, None), cell("other", "value", 3, None)]),
        ],
        rules,
    )
    assert hidden(done, "key") == {("posts", "value")}


def test_a_concept_may_be_public_by_nature_in_any_column(rules) -> None:
    """Counts of establishments beside sums of posts, in one column of indicators."""
    card = {"columns": [column("ess")], "concepts": {"count/ess": "places", "jobs/ess": "jobs"}}
    cells = [cell("count", "ess", 2, 2), cell("jobs", "ess", 40, 2)]
    assert hidden(protect([("one", card, cells)], rules, {"places": "public"})) == {("jobs", "ess")}
    assert hidden(protect([("one", card, cells)], rules)) == {("count", "ess"), ("jobs", "ess")}


def test_two_values_of_one_concept_are_a_difference_that_is_protected(rules) -> None:
    """The publication refuses them; should it not, what lies between them is a cell."""
    card = {"columns": [column("posts", concept="jobs")], "categories": {"all": ""}}
    two = [("one", card, [cell("all", "posts", 606, 36)]), ("two", card, [cell("all", "posts", 594, 34)])]
    done = protect(two, rules)
    assert len(hidden(done) | hidden(done, "two")) == 1


def test_a_table_linked_by_its_total_is_protected_with_it(rules) -> None:
    """Two breakdowns of one total: each is protected, and the total is one figure."""
    one = two = {"columns": [column("posts", additive=True, concept="jobs")]}
    other = {"p": (2.0, 1), "q": (100.0, 9), "r": (333.0, 20)}
    done = protect([("one", one, column_of(FOUR)), ("two", two, column_of(other))], rules)
    assert hidden(done) == {("a", "posts"), ("b", "posts")}
    assert hidden(done, "two") == {("p", "posts"), ("q", "posts")}


def test_a_difference_of_two_published_cells_is_a_cell(rules) -> None:
    """All employers less those of a sector leaves two units: one of both cells goes."""
    card = {
        "columns": [column("posts")],
        "secrecy": {"differences": [{"whole": "all/posts", "part": "some/posts"}]},
    }
    close = [cell("all", "posts", 606, 36), cell("some", "posts", 594, 34)]
    assert len(hidden(protect([("one", card, close)], rules))) == 1
    wide = [cell("all", "posts", 606, 36), cell("some", "posts", 494, 24)]
    assert not hidden(protect([("one", card, wide)], rules))


def test_parts_of_a_constant_are_protected(rules) -> None:
    """Mean shares that add up to 100 without any total printed."""
    card = {
        "columns": [column("mean", unit="%")],
        "secrecy": {"sums": [{"constant": 100, "parts": ["a/mean", "b/mean", "c/mean"]}]},
    }
    done = protect(
        [("one", card, [cell("a", "mean", 12, 1), cell("b", "mean", 30), cell("c", "mean", 58)])], rules
    )
    assert hidden(done) == {("a", "mean"), ("b", "mean")}


def test_what_the_producer_hides_is_never_computed_again(rules) -> None:
    """Two hidden communes protect each other; one alone is protected by hiding another."""
    card = {"columns": [column("posts", additive=True)]}

    def table(*gone: str) -> list[Cell]:
        values = {"a": 5.0, "b": 40.0, "c": 300.0}
        total = cell("total", "posts", 345, 30, "total")
        return [
            *(
                cell(r, "posts", None if r in gone else v, 9, flags=(HIDDEN_AT_SOURCE,) if r in gone else ())
                for r, v in values.items()
            ),
            total,
        ]

    assert hidden(protect([("one", card, table("a", "c"))], rules)) == {("a", "posts"), ("c", "posts")}
    alone = protect([("one", card, table("c"))], rules)
    assert hidden(alone) == {("c", "posts"), ("b", "posts")}  # a (5) is too small to blur c
    assert all(HIDDEN_AT_SOURCE not in c.flags for c in alone.cells["one"])


def test_counts_of_answers_may_be_protected_too(rules) -> None:
    """With a least number of respondents, counts that add up to their base are protected from subtraction."""
    card = {"columns": [column("count", "opinion", unit="structures")], "survey": {"kind": "choices"}}
    cells = [
        cell("q.yes", "count", 20, None, section="Q"),
        cell("q.no", "count", 2, None, section="Q"),
        cell("q.maybe", "count", 9, None, section="Q"),
        cell("q.base", "count", 31, None, "base", section="Q"),
    ]
    assert not hidden(protect([("one", card, cells)], rules))
    assert hidden(protect([("one", card, cells)], rules | {"opinion_min_respondents": 3})) == {
        ("q.no", "count"),
        ("q.maybe", "count"),
    }


def test_a_cell_that_public_figures_give_away_stops_the_build(rules) -> None:
    """A sensitive cell whose complement and total are public by nature."""
    card = {
        "columns": [column("value", "public"), column("posts")],
        "secrecy": {"sums": [{"whole": "all/value", "parts": ["a/posts", "b/value"]}]},
    }
    cells = [cell("a", "posts", 4, 1), cell("b", "value", 20, None), cell("all", "value", 24, None)]
    with pytest.raises(ObservatoryError) as caught:
        protect([("one", card, cells)], rules)
    assert (caught.value.code, caught.value.exit_code) == ("E503", Exit.INTEGRITY)
    assert "4" not in caught.value.what


def test_nothing_hidden_nothing_solved(rules, monkeypatch) -> None:
    import ess_observatory.secrecy.protect as module

    monkeypatch.setattr(module, "suppress", lambda *_: pytest.fail("a programme was solved for nothing"))
    assert not protect(
        [("one", {"columns": [column("posts", additive=True)]}, column_of({"b": (40.0, 9), "c": (30.0, 9)}))],
        rules,
    ).reasons
