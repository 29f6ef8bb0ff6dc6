"""What adds up, over all tables at once: one linear system whose unknowns are the cells of an edition.

A row says `low <= sum of coef x cell <= high`: an equality for a total and its parts, a band for a rounded ratio. A cell
shown in several tables is one unknown. This is the whole of what an attacker can compute with; the suppressor
(`suppress.py`) and the audit (`attack.py`) both start from it and share nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

INFINITY = float("inf")
#: A moved cell is one that moves by more than this.
MOVED = 1e-7


@dataclass(frozen=True)
class Row:
    """`low <= sum(coefs * cells) <= high`."""

    cells: tuple[int, ...]
    coefs: tuple[float, ...]
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def total(cls, whole: int, parts: Iterable[int]) -> Row:
        """The whole equals the sum of its parts."""
        inside = tuple(parts)
        return cls((whole, *inside), (-1.0, *(1.0,) * len(inside)))


@dataclass
class System:
    """Cells (confidential value, what everyone knows of its bounds, cost of hiding it) and rows."""

    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    costs: np.ndarray
    hideable: np.ndarray
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        values: Iterable[float],
        rows: Iterable[Row],
        costs: Iterable[float] | None = None,
        hideable: Iterable[bool] | None = None,
    ) -> System:
        """A system of non-negative cells; costs are 1 + log(1 + value) unless given."""
        known = np.asarray(list(values), dtype=float)
        count = len(known)
        weights = 1 + np.log1p(np.abs(known)) if costs is None else np.asarray(list(costs), dtype=float)
        free = np.ones(count, dtype=bool) if hideable is None else np.asarray(list(hideable), dtype=bool)
        return cls(known, np.zeros(count), np.full(count, INFINITY), weights, free, list(rows))

    def blocks(self, free: np.ndarray) -> list[list[int]]:
        """Groups of free cells that rows tie together, each sorted, in a stable order."""
        parent = list(range(len(self.values)))

        def find(cell: int) -> int:
            while parent[cell] != cell:
                parent[cell] = parent[parent[cell]]
                cell = parent[cell]
            return cell

        for row in self.rows:
            tied = [cell for cell in row.cells if free[cell]]
            for cell in tied[1:]:
                parent[find(cell)] = find(tied[0])
        groups: dict[int, list[int]] = defaultdict(list)
        for cell in range(len(self.values)):
            if free[cell]:
                groups[find(cell)].append(cell)
        return sorted(groups.values())

    def part(self, cells: list[int]) -> System:
        """The system of a block alone: every other cell is known, and goes to the bounds of the rows."""
        place = {cell: index for index, cell in enumerate(cells)}
        rows = []
        for row in self.rows:
            inside = [
                (place[cell], coef) for cell, coef in zip(row.cells, row.coefs, strict=True) if cell in place
            ]
            if not inside:
                continue
            fixed = sum(
                coef * float(self.values[cell])
                for cell, coef in zip(row.cells, row.coefs, strict=True)
                if cell not in place
            )
            merged: dict[int, float] = defaultdict(float)
            for cell, coef in inside:
                merged[cell] += coef
            rows.append(Row(tuple(merged), tuple(merged.values()), row.low - fixed, row.high - fixed))
        index = np.asarray(cells, dtype=int)
        return System(
            self.values[index],
            self.lower[index],
            self.upper[index],
            self.costs[index],
            self.hideable[index],
            rows,
        )

    def matrix(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows in compressed form: starts, columns, coefficients."""
        starts: list[int] = [0]
        columns: list[int] = []
        coefs: list[float] = []
        for row in self.rows:
            columns.extend(row.cells)
            coefs.extend(row.coefs)
            starts.append(len(columns))
        return (
            np.asarray(starts, dtype=np.int32),
            np.asarray(columns, dtype=np.int32),
            np.asarray(coefs, dtype=float),
        )

    def slack(self) -> tuple[np.ndarray, np.ndarray]:
        """How far down and up the sum of each row may go from its true value (0 and 0 for an equality)."""
        totals = np.asarray([float(np.dot(row.coefs, self.values[list(row.cells)])) for row in self.rows])
        low = np.asarray([row.low for row in self.rows])
        high = np.asarray([row.high for row in self.rows])
        return np.minimum(low - totals, 0.0), np.maximum(high - totals, 0.0)
