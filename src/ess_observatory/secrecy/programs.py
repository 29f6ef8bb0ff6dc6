"""The two linear programmes of the suppressor, kept warm from one cell to the next (HiGHS, through highspy).

Unknowns are moves `y` from the true values: `M y = 0` (or within the slack of a band), `lower <= a + y <= upper`.
`Freedom` lets hidden cells alone move: how far can this one go? `Spread` lets every cell move at a cost: which published
cells must be hidden for this one to move that far?
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.system import System

#: Cost of moving a cell that is already hidden, relative to hiding it.
HIDDEN_COST = 1e-3


def _highs(system: System, copies: int, cost: np.ndarray, low: np.ndarray, high: np.ndarray) -> Any:
    """A silent, single-threaded model with the rows of the system; `copies` = 2 splits a move in up and down."""
    import highspy

    starts, columns, coefs = system.matrix()
    count, width = len(system.values), len(system.values) * copies
    down, up = system.slack()
    if copies == 2:
        pairs, signs, at = [], [], [0]
        for index in range(len(system.rows)):
            inside = slice(starts[index], starts[index + 1])
            pairs.extend([*columns[inside], *(columns[inside] + count)])
            signs.extend([*coefs[inside], *(-coefs[inside])])
            at.append(len(pairs))
        starts, columns, coefs = np.asarray(at, np.int32), np.asarray(pairs, np.int32), np.asarray(signs, float)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = width, len(system.rows)
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, low, high
    model.row_lower_, model.row_upper_ = down, up
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, columns, coefs
    solver = new_solver()
    solver.passModel(model)
    return solver


def new_solver() -> Any:
    """A HiGHS solver that says nothing, on one thread, and always takes the same way."""
    import highspy

    # `Highs()` prints its banner on the standard output, where programs read our JSON; its base class does not.
    solver = getattr(highspy._core, "_Highs", highspy.Highs)()
    for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex"), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    return solver


def _solve(solver: Any) -> np.ndarray | None:
    """The optimum; None when there is no solution. Anything else is no proof, and an error."""
    import highspy

    for attempt in range(2):
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return np.asarray(solver.getSolution().col_value)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if attempt == 0:
            solver.clearSolver()
    raise ObservatoryError("E506", "Le solveur s’est arrêté sans preuve : rien n’est publié", str(status),
                           "Relancez ; si l’erreur revient, simplifiez les liens entre tableaux des fiches.", Exit.INTEGRITY)


class Freedom:
    """How far a hidden cell can go when hidden cells alone move."""

    def __init__(self, system: System, hidden: Iterable[int]) -> None:
        count = len(system.values)
        self.low, self.high = system.lower - system.values, system.upper - system.values
        self.hidden: set[int] = set()
        self.solver = _highs(system, 1, np.zeros(count), np.zeros(count), np.zeros(count))
        for cell in hidden:
            self.open(cell)

    def open(self, cell: int) -> None:
        """The cell is hidden from now on."""
        self.hidden.add(cell)
        self.solver.changeColBounds(cell, min(self.low[cell], 0.0), max(self.high[cell], 0.0))

    def shut(self, cell: int) -> None:
        """The cell is published again."""
        self.hidden.discard(cell)
        self.solver.changeColBounds(cell, 0.0, 0.0)

    def reach(self, cell: int, move: float, known: Iterable[int] = ()) -> np.ndarray | None:
        """Moves of all cells by which `cell` moves by `move` while `known` cells stay; None when it cannot."""
        fixed = [other for other in known if other in self.hidden]
        for other in fixed:
            self.solver.changeColBounds(other, 0.0, 0.0)
        low, high = (self.low[cell], move) if move > 0 else (move, self.high[cell])
        self.solver.changeColBounds(cell, min(low, 0.0), max(high, 0.0))
        self.solver.changeColCost(cell, -1.0 if move > 0 else 1.0)
        found = _solve(self.solver)
        self.solver.changeColCost(cell, 0.0)
        for other in [*fixed, cell]:
            self.solver.changeColBounds(other, min(self.low[other], 0.0), max(self.high[other], 0.0))
        if found is None or abs(found[cell]) < abs(move) * (1 - 1e-9) - 1e-9:
            return None
        return found


class Spread:
    """The cheapest way for a cell to move by so much, published cells moving at their cost."""

    def __init__(self, system: System, hidden: Iterable[int]) -> None:
        self.count = len(system.values)
        self.costs = system.costs
        self.may = system.hideable
        self.up = np.maximum(system.upper - system.values, 0.0)
        self.down = np.maximum(system.values - system.lower, 0.0)
        start = set(hidden)
        movable = self.may | np.isin(np.arange(self.count), sorted(start))
        high = np.concatenate([np.where(movable, self.up, 0.0), np.where(movable, self.down, 0.0)])
        cost = np.concatenate([system.costs, system.costs])
        self.solver = _highs(system, 2, cost, np.zeros(2 * self.count), high)
        self.movable = movable
        for cell in start:
            self.open(cell)

    def open(self, cell: int) -> None:
        """The cell is hidden: it moves almost for nothing."""
        for column in (cell, cell + self.count):
            self.solver.changeColCost(column, float(self.costs[cell]) * HIDDEN_COST)

    def _bounds(self, cell: int) -> None:
        up, down = (self.up[cell], self.down[cell]) if self.movable[cell] else (0.0, 0.0)
        self.solver.changeColBounds(cell, 0.0, up)
        self.solver.changeColBounds(cell + self.count, 0.0, down)

    def reach(self, cell: int, move: float, known: Iterable[int] = ()) -> np.ndarray | None:
        """The cheapest moves by which `cell` moves by `move`; None when nothing that may be hidden allows it."""
        fixed = list(known)
        for other in fixed:
            for column in (other, other + self.count):
                self.solver.changeColBounds(column, 0.0, 0.0)
        for column, size in ((cell, move), (cell + self.count, -move)):
            self.solver.changeColBounds(column, max(size, 0.0), max(size, 0.0))
        found = _solve(self.solver)
        for other in [*fixed, cell]:
            self._bounds(other)
        return None if found is None else found[:self.count] - found[self.count:]
