"""Attack on hundreds of random tables, with hierarchies and links: nothing found, nothing too close, nothing hidden in vain."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from conftest import some_of
from ess_observatory.secrecy.attack import Equation, Known, bounds
from ess_observatory.secrecy.proof import Protection, verify
from ess_observatory.secrecy.suppress import suppress
from ess_observatory.secrecy.system import Row, System

RATE, LEAST, SECONDARY = 0.1, 1.0, 0.02
ALL = "total"


class World:
    """Random establishments of a territory, and the linked tables made from them."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        communes = {f"c{i}": f"e{i % 2}" for i in range(3)}
        activities = {f"a{i}": f"s{i % 2}" for i in range(3)}
        self.above: dict[str, dict[str, str | None]] = {
            "place": {**communes, **dict.fromkeys(communes.values(), ALL), ALL: None},
            "activity": {**activities, **dict.fromkeys(activities.values(), ALL), ALL: None},
            "size": {"small": ALL, "large": ALL, ALL: None},
        }
        self.units = [
            (
                f"u{draw.randint(0, 30)}",
                {
                    "place": draw.choice(list(communes)),
                    "activity": draw.choice(list(activities)),
                    "size": draw.choice(["small", "small", "large"]),
                },
                round(draw.lognormvariate(2, 1.2)) + 1,
            )
            for _ in range(draw.randint(8, 24))
        ]
        self.place: dict[tuple[str, ...], int] = {}
        self.by_owner: list[dict[str, float]] = []
        self.rows: set[tuple[int, tuple[int, ...]]] = set()
        for one, other in draw.sample(
            [("place", "activity"), ("activity", "size"), ("place", "size")], draw.randint(1, 3)
        ):
            self.tabulate(one, other)

    def line(self, axis: str, code: str | None) -> list[str]:
        found = []
        while code is not None:
            found.append(code)
            code = self.above[axis][code]
        return found

    def tabulate(self, one: str, other: str) -> None:
        inside: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for owner, codes, value in self.units:
            for a in self.line(one, codes[one]):
                for b in self.line(other, codes[other]):
                    inside[a, b][owner] += value
        for (a, b), by in inside.items():
            name = tuple(sorted(f"{axis}={code}" for axis, code in ((one, a), (other, b)) if code != ALL))
            if name not in self.place:
                self.place[name] = len(self.by_owner)
                self.by_owner.append(dict(by))
        at = {
            key: self.place[
                tuple(sorted(f"{x}={c}" for x, c in ((one, key[0]), (other, key[1])) if c != ALL))
            ]
            for key in inside
        }
        for a, b in inside:
            for parts in (
                [(c, b) for c, up in self.above[one].items() if up == a],
                [(a, c) for c, up in self.above[other].items() if up == b],
            ):
                found = tuple(at[part] for part in parts if part in at)
                if found:
                    self.rows.add((at[a, b], found))

    def system(self) -> System:
        return System.of(
            [sum(by.values()) for by in self.by_owner],
            [Row.total(whole, parts) for whole, parts in sorted(self.rows)],
        )

    def primary(self) -> dict[int, Protection]:
        wanted = {}
        for cell, by in enumerate(self.by_owner):
            total, largest = sum(by.values()), max(by.values())
            if len(by) < 3 or largest >= 0.85 * total:
                size = max(RATE * total, LEAST)
                wanted[cell] = Protection(max(size, largest / 0.85 - total), size, size, size)
        return wanted

    def contributors(self) -> dict[str, dict[int, float]]:
        """The part of every unit in every cell of every table."""
        parts: dict[str, dict[int, float]] = defaultdict(dict)
        for cell, by in enumerate(self.by_owner):
            for name, own in by.items():
                parts[name][cell] = own
        return dict(parts)


def holds(
    system: System,
    hidden: set[int],
    primary: dict[int, Protection],
    contributors: dict[str, dict[int, float]],
    near: set[int] | None = None,
) -> bool:
    """The attacker's programmes, for an outsider then for each contributor, who knows his own part of every cell.

    `near`: only these cells, and only for an outsider.
    """
    values = system.values
    equations = [
        Equation(tuple((str(c), k) for c, k in zip(row.cells, row.coefs, strict=True)), -1e-7, 1e-7)
        for row in system.rows
    ]
    known = Known(
        {str(c): float(values[c]) for c in range(len(values)) if c not in hidden},
        [str(c) for c in sorted(hidden)],
        equations,
    )

    def far(cell: int, low: float, high: float, up: float, down: float) -> bool:
        slack = 1e-5 * max(1.0, values[cell])
        return high >= values[cell] + up - slack and low <= max(values[cell] - down, 0.0) + slack

    found = bounds(known, only=None if near is None else [str(cell) for cell in near])
    for cell in hidden if near is None else near:
        size = max(SECONDARY * values[cell], LEAST)
        up, down = (primary[cell].up, primary[cell].down) if cell in primary else (size, size)
        if not far(cell, found[str(cell)].low, found[str(cell)].high, up, down):
            return False
    for parts in contributors.values() if near is None else ():
        own = {cell: part for cell, part in parts.items() if cell in hidden}
        learnt = {str(c): float(values[c]) for c, part in own.items() if part == values[c]}
        if not own:
            continue
        floors = {str(c): part for c, part in own.items() if part < values[c]}
        inside = replace(known, lower=floors)
        found = bounds(inside, learnt, [str(c) for c in primary if str(c) not in learnt])
        for name, interval in found.items():
            cell, wanted = int(name), primary[int(name)]
            down = min(wanted.insider_down, values[cell] - floors.get(name, 0.0))
            if not far(cell, interval.low, interval.high, wanted.insider_up, down):
                # Nobody can hide from a contributor that a whole is at least his own part of it.
                everything = Known(
                    {}, [str(c) for c in range(len(values))], equations, {str(c): p for c, p in parts.items()}
                )
                rest = values[cell] - bounds(everything, learnt, [name])[name].low
                lowered = rest * down / values[cell] if rest < down else down
                if not far(cell, interval.low, interval.high, wanted.insider_up, lowered):
                    return False
    return True


QUICKEST = 51  # of the blocks of seventeen; the first six of it stand for all where time is short
BLOCKS = [(QUICKEST, 6), (QUICKEST + 6, 11), *((n, 17) for n in range(0, 204, 17) if n != QUICKEST)]


@pytest.mark.parametrize(("first", "many"), some_of(BLOCKS))
def test_random_linked_tables_resist(first: int, many: int) -> None:
    tried = 0
    for seed in range(first, first + many):
        world = World(seed)
        system, primary = world.system(), world.primary()
        if not primary:
            continue
        contributors = world.contributors()
        sums = [(row, float(np.dot(row.coefs, system.values[list(row.cells)]))) for row in system.rows]
        assert all(row.low <= total <= row.high for row, total in sums), (
            "nothing is audited that does not hold"
        )
        pattern = suppress(system, primary, contributors, np.maximum(SECONDARY * system.values, LEAST))
        assert pattern.impossible == []
        assert verify(system, pattern) == []
        assert holds(system, pattern.hidden, primary, contributors), (
            f"seed {seed}: a hidden cell is too well known"
        )
        for cell in sorted(pattern.secondary):
            left = pattern.hidden - {cell}
            near = {c for row in system.rows if cell in row.cells for c in row.cells} & left
            assert not (
                holds(system, left, primary, contributors, near)
                and holds(system, left, primary, contributors)
            ), f"seed {seed}: cell {cell} is hidden in vain"
        tried += len(pattern.secondary)
    assert tried


def test_same_tables_same_pattern() -> None:
    world = World(7)
    patterns = [
        suppress(world.system(), world.primary(), world.contributors(), np.ones(len(world.by_owner)))
        for _ in range(2)
    ]
    assert patterns[0].hidden == patterns[1].hidden
    assert list(patterns[0].certificates) == list(patterns[1].certificates)


def test_a_rounded_ratio_is_known_to_the_attacker() -> None:
    """x + y + z = 1000 published, x hidden with y; x / y published as 2,0: the third must be hidden as well."""
    values = [200.0, 100.0, 700.0, 1000.0]
    ratio = [Row((0, 1), (1.0, -1.95), 0.0, float("inf")), Row((0, 1), (1.0, -2.05), -float("inf"), 0.0)]
    system = System.of(values, [Row.total(3, [0, 1, 2]), *ratio])
    wanted = {0: Protection(20.0, 20.0)}
    with_ratio = suppress(system, wanted)
    without = suppress(System.of(values, [Row.total(3, [0, 1, 2])]), wanted)
    assert without.secondary == {1}
    assert with_ratio.secondary == {1, 2}
    assert verify(system, with_ratio) == []


def test_what_may_not_be_hidden_makes_it_impossible() -> None:
    system = System.of([5.0, 10.0, 15.0], [Row.total(2, [0, 1])], hideable=[True, False, False])
    pattern = suppress(system, {0: Protection(1.0, 1.0)})
    assert {need.cell for need in pattern.impossible} == {0}


def test_cheap_cells_are_hidden_first() -> None:
    rows = [Row.total(4, [0, 1, 2, 3])]
    small = suppress(System.of([5.0, 900.0, 30.0, 400.0, 1335.0], rows), {0: Protection(1.0, 1.0)})
    costly = suppress(
        System.of([5.0, 900.0, 30.0, 400.0, 1335.0], rows, costs=[1, 2, 50, 3, 99]), {0: Protection(1.0, 1.0)}
    )
    assert (small.secondary, costly.secondary) == ({2}, {1})
