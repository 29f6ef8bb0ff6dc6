"""« Au moins » is protected and attacked as any figure: it must give away neither what we hide nor what a producer hides."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ess_observatory.declare.project import Project, TableCard
from ess_observatory.publish.book import Book
from ess_observatory.publish.last_look import let_out
from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE, INCOMPLETE, Cell
from ess_observatory.secrecy.protect import useful

CARD = {
    "columns": [
        {
            "code": "posts",
            "label": "Postes",
            "unit": "postes",
            "decimals": 0,
            "secrecy": "magnitude",
            "additive": True,
        }
    ],
    "number": "1.1",
    "scope": "establishments",
}


@pytest.fixture
def rules(project: Project) -> dict[str, Any]:
    return project.secrecy


def shown(row: str, value: float, units: int = 9, kind: str = "data") -> Cell:
    return Cell(row, row, 1, kind, None, "posts", value=value, n_units=units, top_share=0.2)


def at_source(row: str, units: int = 9) -> Cell:
    return Cell(row, row, 1, "data", None, "posts", n_units=units, flags=(HIDDEN_AT_SOURCE,))


def bounded(row: str, low: float, high: float | None = None, units: int = 40, kind: str = "total") -> Cell:
    return Cell(
        row,
        row,
        9,
        kind,
        None,
        "posts",
        n_units=units,
        flags=(INCOMPLETE,),
        low=low,
        high=high,
        top_share=0.2,
    )


def leave(cells: list[Cell], rules: dict[str, Any], folder: Path) -> dict[str, Cell]:
    """The cells of one table as they leave, by row; the folder gets `constraints.json`."""
    publication = folder / "publication"
    publication.mkdir(parents=True, exist_ok=True)
    table = TableCard("one", folder, CARD)
    book = Book(None, "build")  # type: ignore[arg-type]
    let_out(book, [table], [("one", CARD, cells)], rules, {}, publication, lambda _: {})
    return {cell.row_code: cell for cell in book.tables[0][1]}


def test_a_bound_of_what_is_shown_leaves_with_its_reason(rules, tmp_path):
    found = leave(
        [shown("a", 300), shown("b", 45), at_source("c"), bounded("total", 345, 500)], rules, tmp_path
    )
    total = found["total"]
    assert (total.value, total.low, total.high, total.obs_status, total.conf_status) == (
        None,
        345,
        500,
        "O",
        "F",
    )
    assert total.flags == (INCOMPLETE,)
    assert (found["c"].conf_status, found["c"].value, found["c"].low) == ("C", None, None)
    said = json.loads((tmp_path / "publication" / "constraints.json").read_text())["sums"]
    assert said == [
        {
            "whole": "one.total.posts",
            "parts": ["one.a.posts", "one.b.posts"],
            "unknown": ["one.c.posts"],
        }
    ]


def test_a_bound_never_gives_back_the_one_cell_that_we_hide(rules, tmp_path):
    """345 - 300 - 40 would be the commune of one single unit."""
    cells = [
        shown("secret", 5, units=1),
        shown("b", 40),
        shown("c", 300),
        at_source("d"),
        bounded("total", 345),
    ]
    found = leave(cells, rules, tmp_path)
    ours = [row for row in ("secret", "b", "c") if found[row].conf_status == "C"]
    assert "secret" in ours
    assert found["total"].low is None or len(ours) > 1
    assert (
        found["total"].conf_status == "F"
    )  # a bound that is withheld leaves a figure that nobody has, not a secret


def test_a_bound_made_by_too_few_units_is_withheld(rules, tmp_path):
    found = leave([shown("a", 0, units=0), at_source("c"), bounded("total", 30, units=2)], rules, tmp_path)
    assert (found["total"].low, found["total"].obs_status, found["total"].conf_status) == (None, "O", "F")


def test_what_a_bound_holds_beyond_what_is_shown_is_a_secret_too(rules, tmp_path):
    """Of the hidden commune one family is known, that of two units: the bound less the communes shown would tell it."""
    cells = [shown("a", 300, units=30), at_source("c"), bounded("total", 312, units=32)]
    assert leave(cells, rules, tmp_path / "few")["total"].low is None
    cells[-1] = bounded("total", 312, units=36)
    assert leave(cells, rules, tmp_path / "enough")["total"].low == 312


@pytest.mark.parametrize(
    ("low", "high", "kept"),
    [
        (0, None, (None, None)),
        (0, 90, (None, None)),
        (100, 101, (100, None)),  # the one hidden term would be known to the unit
        (100, 102, (100, 102)),
        (100, 200, (100, 200)),
        (100, 201, (100, None)),  # more than twice: it says nothing
        (100, 90, (100, None)),
    ],
)
def test_a_bound_is_worth_printing_or_is_not(rules, low, high, kept):
    found = useful(bounded("total", low, high), rules)
    assert (found.low, found.high) == kept


def test_a_figure_that_is_known_has_no_bound(rules):
    assert useful(shown("a", 12), rules).low is None
    both = useful(Cell("a", "a", 1, "data", None, "posts", value=12.0, low=10.0, high=13.0, n_units=9), rules)
    assert (both.value, both.low, both.high) == (12, None, None)


def test_bounds_that_give_a_hidden_cell_away_together_are_all_withheld(rules, tmp_path):
    """The whole is 100 and 40 is shown: « at least 60 » of one part would say that the producer's hidden one is a zero."""
    cells = [
        shown("a", 40),
        at_source("hidden"),
        bounded("part", 60, kind="data"),
        shown("total", 100, 60, "total"),
    ]
    found = leave(cells, rules, tmp_path)
    assert (found["part"].low, found["part"].obs_status) == (None, "O")
    assert found["total"].value == 100
    cells[2] = bounded("part", 20, kind="data")
    assert leave(cells, rules, tmp_path)["part"].low == 20


def test_at_random_what_is_left_of_a_bound_is_never_one_cell(rules, tmp_path, thorough):
    """The naive attack: the bound less what is shown is what we hide of it, each cell anywhere between 0 and that."""
    rng, kept = random.Random(7), 0
    for turn in range(80 if thorough else 12):
        communes = [
            shown(f"c{i}", float(rng.choice((0, 3, 12, 60, 300))), rng.choice((1, 2, 5, 20)))
            for i in range(rng.randint(2, 6))
        ]
        known = {cell.row_code: (cell.value or 0.0, cell.n_units or 0) for cell in communes}
        low = sum(value for value, _ in known.values())
        units = sum(count for _, count in known.values())
        cells = [
            *communes,
            *(at_source(f"h{i}") for i in range(rng.randint(1, 2))),
            bounded("total", low, units=units),
        ]
        found = leave(cells, rules, tmp_path / str(turn))
        few = {row for row, (_, count) in known.items() if count < rules["min_units"]}
        ours = {row for row in known if found[row].conf_status == "C"}
        assert few <= ours, turn
        if found["total"].low is None:
            continue
        kept += 1
        left = found["total"].low - sum(known[row][0] for row in known if row not in ours)
        for row in few:
            value = known[row][0]
            assert left - value >= min(1, rules["protection"]["rate"] * value) - 1e-6, (turn, row)
    assert kept
