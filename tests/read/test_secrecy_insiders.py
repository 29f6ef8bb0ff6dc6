"""Contributors as attackers: alone in a cell, dominating one, in several; and legal units that are in several cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ess_observatory.declare.project import Project
from ess_observatory.secrecy.attack import INFINITY, Equation, Known, bounds, insiders
from ess_observatory.secrecy.door import Cell
from ess_observatory.secrecy.insiders import known_better
from ess_observatory.secrecy.protect import Protected, protect
from ess_observatory.secrecy.suppress import suppress
from test_secrecy_attack import LEAST, SECONDARY, World
from test_secrecy_links import cell, column, hidden


@pytest.fixture
def rules(project: Project) -> dict[str, Any]:
    return project.secrecy


CARD = {"columns": [column("posts", additive=True)]}


def table(cells: list[Cell], units: int = 40) -> list[Cell]:
    return [*cells, cell("total", "posts", sum(c.value or 0 for c in cells), units, "total")]


def attacked(done: Protected, gone: set[tuple[str, str]]) -> list[str]:
    """Rows that a contributor knows better than declared when `gone` is hidden, all else shown."""
    system, model = done.model.system(), done.model
    names = {index: node.members[0][1] for index, node in enumerate(model.nodes) if node.members}
    secret = {row for row, _ in gone}
    shown = {name: float(system.values[index]) for index, name in names.items() if name not in secret}
    equations = [
        Equation(tuple((names[c], k) for c, k in zip(row.cells, row.coefs, strict=True)), -1e-9, 1e-9)
        for row in system.rows
    ]
    return sorted({name for name, _ in known_better(model, Known(shown, sorted(secret), equations), names)})


def test_who_dominates_a_cell_does_not_find_its_neighbour(rules) -> None:
    """x and y hide each other from anyone; who has 19,8 of the 20 of x would know y within 0,2: z is hidden as well."""
    cells = table(
        [cell("x", "posts", 20, 3, top=0.99), cell("y", "posts", 100, 2, top=0.5), cell("z", "posts", 500)]
    )
    done = protect([("one", CARD, cells)], rules)
    assert hidden(done) == {("x", "posts"), ("y", "posts"), ("z", "posts")}
    assert attacked(done, {("x", "posts"), ("y", "posts")}) == ["y"]
    assert attacked(done, hidden(done)) == []
    calm = [replace(c, top_share=0.5, n_units=2) if c.row_code == "x" else c for c in cells]
    assert hidden(protect([("one", CARD, calm)], rules)) == {("x", "posts"), ("y", "posts")}


def test_a_legal_unit_alone_in_two_cells_is_one_attacker(rules) -> None:
    """U makes a and b: with c, three hidden cells are enough for a stranger, not for U."""

    def three(*owners: str | None) -> list[Cell]:
        named = zip("abc", (30, 40, 50), owners, strict=True)
        return table(
            [
                *(cell(row, "posts", value, 1, top=1.0, top_unit=who) for row, value, who in named),
                cell("d", "posts", 90, 9),
                cell("e", "posts", 900, 30),
            ]
        )

    apart = {(row, "posts") for row in "abc"}
    assert hidden(protect([("one", CARD, three("U", "V", "W"))], rules)) == apart
    assert hidden(protect([("one", CARD, three(None, None, None))], rules)) == apart
    together = protect([("one", CARD, three("U", "U", "W"))], rules)
    assert hidden(together) == apart | {("d", "posts")}
    assert attacked(together, apart) == ["c"]
    assert attacked(together, hidden(together)) == []
    assert all(c.top_unit is None for c in together.cells["one"])


def test_a_legal_unit_with_parts_in_several_tables_is_one_attacker(rules) -> None:
    """U is alone in a cell of one table and dominates one of another; both add to the same total."""
    one = table(
        [cell("a", "posts", 30, 1, top=1.0, top_unit="U"), cell("b", "posts", 60), cell("c", "posts", 310)]
    )
    two = [
        cell("p", "posts", 30, 1, top=1.0, top_unit="U"),
        cell("q", "posts", 45, 1, top=1.0, top_unit="V"),
        cell("r", "posts", 325, 30),
        cell("total", "posts", 400, 40, "total"),
    ]
    card = {**CARD, "columns": [{**column, "concept": "jobs"} for column in CARD["columns"]]}
    done = protect([("one", card, one), ("two", card, two)], rules)
    assert hidden(done, "two") == {("p", "posts"), ("q", "posts"), ("r", "posts")}
    assert set(done.model.contributors()["U"]) == {
        done.model.of["one", "a", "posts"],
        done.model.of["two", "p", "posts"],
    }


@pytest.mark.parametrize(("units", "count"), [(36, 1), (34, 1), (31, 0)])
def test_units_in_a_difference_are_legal_units(rules, units: int, count: int) -> None:
    """34 units in all, some with several establishments: as many in the part as in the whole leave an unknown few."""
    card = {**CARD, "secrecy": {"differences": [{"whole": "all/posts", "part": "some/posts"}]}}
    card["columns"] = [column("posts")]
    cells = [cell("all", "posts", 606, 34), cell("some", "posts", 594, units)]
    assert len(hidden(protect([("one", card, cells)], rules))) == count


def test_only_those_who_are_contradicted_are_asked_and_nothing_is_missed() -> None:
    """The quick attack of all contributors gives what one programme a contributor and a cell would."""
    asked = 0
    for seed in range(6):
        world = World(seed)
        system, primary, contributors = world.system(), world.primary(), world.contributors()
        pattern = suppress(system, primary, {}, np.maximum(SECONDARY * system.values, LEAST))
        known = Known(
            {str(c): float(v) for c, v in enumerate(system.values) if c not in pattern.hidden},
            [str(c) for c in sorted(pattern.hidden)],
            [
                Equation(tuple((str(c), k) for c, k in zip(row.cells, row.coefs, strict=True)), -1e-7, 1e-7)
                for row in system.rows
            ],
        )
        parts = {
            name: {
                str(c): (own, own if own == system.values[c] else INFINITY)
                for c, own in mine.items()
                if c in pattern.hidden
            }
            for name, mine in contributors.items()
        }
        secret = [str(cell) for cell in primary]
        found = {(who, name): interval for who, name, interval in insiders(known, parts, secret)}
        plain = bounds(known, only=secret)
        for who, mine in parts.items():
            learnt = {name: low for name, (low, high) in mine.items() if low == high}
            floors = {name: low for name, (low, high) in mine.items() if low < high}
            for name, interval in bounds(replace(known, lower=floors), learnt, secret).items():
                quick = found.get((who, name), plain[name])
                assert (quick.low, quick.high) == pytest.approx((interval.low, interval.high), abs=1e-4)
                asked += (who, name) in found
    assert asked > 20
