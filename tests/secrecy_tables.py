"""Tables of the literature, and small ones, as linear systems: shared by the tests of secrecy."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from conftest import ROOT
from ess_observatory.secrecy.attack import Bounds, Equation, Known, bounds
from ess_observatory.secrecy.proof import Pattern, Protection, verify
from ess_observatory.secrecy.suppress import suppress
from ess_observatory.secrecy.system import Row, System


class Table:
    """Cells by name, and the sums between them."""

    def __init__(self) -> None:
        self.place: dict[object, int] = {}
        self.values: list[float] = []
        self.rows: list[Row] = []

    def cell(self, name: object, value: float | None = None) -> int:
        if name not in self.place:
            self.place[name] = len(self.values)
            self.values.append(float(value or 0))
        return self.place[name]

    def total(self, whole: object, parts: Iterable[object]) -> None:
        names = list(parts)
        if whole not in self.place:
            self.cell(whole, sum(self.values[self.place[name]] for name in names))
        self.rows.append(Row.total(self.place[whole], [self.place[name] for name in names]))

    def system(self) -> System:
        return System.of(self.values, self.rows)

    def protect(
        self, primary: Iterable[object], rate: float = 0.0, least: float = 1.0, one_side: bool = False
    ) -> tuple[set, Pattern]:
        """Secondary cells; `one_side`: never found exactly, and no more (a zero may grow, any other may shrink)."""
        size = {self.place[name]: max(rate * self.values[self.place[name]], least) for name in primary}
        wanted = {
            cell: Protection(0.0 if one_side and self.values[cell] else s, s) for cell, s in size.items()
        }
        pattern = suppress(self.system(), wanted)
        assert not pattern.impossible
        assert verify(self.system(), pattern) == []
        named = {cell: name for name, cell in self.place.items()}
        return {named[cell] for cell in pattern.secondary}, pattern

    def attacked(self, hidden: Iterable[object]) -> dict[object, Bounds]:
        gone = {self.place[name] for name in hidden}
        equations = [
            Equation(tuple((str(c), k) for c, k in zip(row.cells, row.coefs, strict=True)), -1e-6, 1e-6)
            for row in self.rows
        ]
        shown = {str(cell): value for cell, value in enumerate(self.values) if cell not in gone}
        found = bounds(Known(shown, [str(cell) for cell in sorted(gone)], equations))
        return {name: found[str(self.place[name])] for name in hidden}


def crossed(cells: dict[tuple[str, str], float]) -> Table:
    """A two-way table with all its margins, named (row, column), margins « total »."""
    table = Table()
    rows, columns = list(dict.fromkeys(r for r, _ in cells)), list(dict.fromkeys(c for _, c in cells))
    for name, value in cells.items():
        table.cell(name, value)
    for row in rows:
        table.total((row, "total"), [(row, c) for c in columns])
    for column in columns:
        table.total(("total", column), [(r, column) for r in rows])
    table.total(("total", "total"), [(r, "total") for r in rows])
    table.total(("total", "total"), [("total", c) for c in columns])
    return table


def read_method_table(name: str) -> list[dict[str, str]]:
    """Lines of a table of the literature: see tests/data/secrecy/README.md."""
    with (ROOT / "tests" / "data" / "secrecy" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def turnover_tables(
    files: Iterable[str],
) -> tuple[Table, dict[str, tuple[int, int]], set[object]]:
    """Linked tables of the vignette: activity (three levels) or NUTS (two) by size or legal category."""
    tree: dict[str, dict[str, set[str]]] = {"ACTIVITY": defaultdict(set), "NUTS": defaultdict(set)}
    for row in read_method_table("activity_corr_table.csv"):
        levels = ["Total", row["A10"], row["A21"], row["A88"]]
        for above, below in pairwise(levels):
            if above != below:
                tree["ACTIVITY"][above].add(below)
    for row in read_method_table("nuts23_fr_corr_table.csv"):
        tree["NUTS"]["Total"].add(row["NUTS2"])
        if row["NUTS2"] != row["NUTS3"]:
            tree["NUTS"][row["NUTS2"]].add(row["NUTS3"])
    table, counts, primary = Table(), {}, set()
    for name in files:
        rows = read_method_table(name)
        one, other = list(rows[0])[:2]
        inside: dict[tuple[str, str], object] = {}
        few = dominant = 0
        for row in rows:
            key = frozenset(pair for pair in ((one, row[one]), (other, row[other])) if pair[1] != "Total")
            units, total, largest = int(row["N_OBS"]), float(row["TOT"]), float(row["MAX"])
            table.cell(key, total)
            inside[row[one], row[other]] = key
            if 0 < units < 3:
                few += 1
                primary.add(key)
            elif largest > 0.85 * total:
                dominant += 1
                primary.add(key)
        counts[name] = (few, dominant)
        flat = {"Total": {b for _, b in inside if b != "Total"}}
        for (a, b), key in sorted(inside.items()):
            for parts in (
                [(child, b) for child in sorted(tree[one].get(a, ()))],
                [(a, child) for child in sorted(flat.get(b, ()))],
            ):
                if found := [inside[part] for part in parts if part in inside]:
                    table.total(key, found)
    return table, counts, primary


def all_protected(table: Table, hidden: list[object], primary: set[object], rate: float) -> bool:
    found = table.attacked(hidden)
    values = {name: table.values[table.place[name]] for name in primary}
    return all(
        found[n].low <= v * (1 - rate) + 1e-3 and found[n].high >= v * (1 + rate) - 1e-3
        for n, v in values.items()
    )
