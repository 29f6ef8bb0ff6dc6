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
from ess_observatory.secrecy.proof import Need
from ess_observatory.secrecy.system import INFINITY, System

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
        starts, columns, coefs = (
            np.asarray(at, np.int32),
            np.asarray(pairs, np.int32),
            np.asarray(signs, float),
        )
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
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("random_seed", 1),
    ):
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
    raise ObservatoryError(
        "E506",
        "Le solveur s’est arrêté sans preuve : rien n’est publié",
        str(status),
        "Relancez ; si l’erreur revient, simplifiez les liens entre tableaux des fiches.",
        Exit.INTEGRITY,
    )


class _Moves:
    """Moves of cells, split in up and down, at a cost: the least costly by which a cell moves by so much."""

    def __init__(self, system: System, movable: np.ndarray, cost: np.ndarray) -> None:
        self.count = len(system.values)
        self.movable = movable
        self.up = np.maximum(system.upper - system.values, 0.0)
        self.down = np.maximum(system.values - system.lower, 0.0)
        high = np.concatenate([np.where(movable, self.up, 0.0), np.where(movable, self.down, 0.0)])
        self.solver = _highs(system, 2, np.concatenate([cost, cost]), np.zeros(2 * self.count), high)

    def _bound(self, cell: int) -> None:
        up, down = (self.up[cell], self.down[cell]) if self.movable[cell] else (0.0, 0.0)
        self.solver.changeColBounds(cell, 0.0, up)
        self.solver.changeColBounds(cell + self.count, 0.0, down)

    def reach(self, need: Need) -> np.ndarray | None:
        """The cheapest moves that meet a need; None when there are none."""
        cell, move = need.cell, need.move
        held = {other: room for other, room in need.held().items() if self.movable[other]}
        for other, (down, up) in held.items():
            self.solver.changeColBounds(other, 0.0, min(up, float(self.up[other])))
            self.solver.changeColBounds(other + self.count, 0.0, min(down, float(self.down[other])))
        for column, size in ((cell, move), (cell + self.count, -move)):
            self.solver.changeColBounds(column, max(size, 0.0), max(size, 0.0))
        found = _solve(self.solver)
        for other in [*held, cell]:
            self._bound(other)
        return None if found is None else found[: self.count] - found[self.count :]


class Freedom(_Moves):
    """Hidden cells alone move. The least moves in all are sought: a proof that touches few cells fails few others."""

    def __init__(self, system: System, hidden: Iterable[int]) -> None:
        movable = np.zeros(len(system.values), dtype=bool)
        movable[list(hidden)] = True
        super().__init__(system, movable, np.ones(len(system.values)))

    def open(self, cell: int) -> None:
        """The cell is hidden from now on."""
        self.movable[cell] = True
        self._bound(cell)

    def shut(self, cell: int) -> None:
        """The cell is published again."""
        self.movable[cell] = False
        self._bound(cell)


class Spread(_Moves):
    """Every cell that may be hidden moves, at the cost of hiding it: which must be, for this one to move that far?"""

    def __init__(self, system: System, hidden: Iterable[int]) -> None:
        movable = system.hideable.copy()
        movable[list(hidden)] = True
        super().__init__(system, movable, system.costs)
        self.costs = system.costs
        for cell in hidden:
            self.open(cell)

    def open(self, cell: int) -> None:
        """The cell is hidden: it moves almost for nothing."""
        for column in (cell, cell + self.count):
            self.solver.changeColCost(column, float(self.costs[cell]) * HIDDEN_COST)


def farthest(system: System, movable: Iterable[int], need: Need) -> float:
    """How far the cell of a need can go when the `movable` cells move, within what its contributor knows."""
    low, high = np.zeros(len(system.values)), np.zeros(len(system.values))
    held = need.held()
    for other in movable:
        down, up = held.get(other, (INFINITY, INFINITY))
        low[other] = max(float(system.lower[other] - system.values[other]), -down)
        high[other] = min(float(system.upper[other] - system.values[other]), up)
    cell, move = need.cell, need.move
    low[cell], high[cell] = (0.0, move) if move > 0 else (move, 0.0)
    cost = np.zeros(len(system.values))
    cost[cell] = -1.0 if move > 0 else 1.0
    found = _solve(_highs(system, 1, cost, low, high))
    return 0.0 if found is None else abs(float(found[cell]))


def even_shares(weights: list[float], rows: list[tuple[dict[int, float], float]]) -> list[float]:
    """Non-negative values that meet every row (`sum(coef x) = total`), the least of them by weight as large as can be.

    Raises E507 when there are none: what the producers publish contradicts itself.
    """
    import highspy

    count = len(weights)
    starts: list[int] = [0]
    columns: list[int] = []
    coefs: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for terms, total in rows:
        columns.extend(terms)
        coefs.extend(terms.values())
        starts.append(len(columns))
        low.append(total - 1e-6 * max(1.0, abs(total)))
        high.append(total + 1e-6 * max(1.0, abs(total)))
    for index, weight in enumerate(weights):
        columns.extend([index, count])
        coefs.extend([1.0, -weight])
        starts.append(len(columns))
        low.append(0.0)
        high.append(float("inf"))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + 1, len(low)
    model.col_cost_ = np.asarray([*([0.0] * count), -1.0])
    model.col_lower_, model.col_upper_ = np.zeros(count + 1), np.asarray([*([1e15] * count), 1e15])
    model.row_lower_, model.row_upper_ = np.asarray(low), np.asarray(high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = (
        np.asarray(starts, np.int32),
        np.asarray(columns, np.int32),
    )
    model.a_matrix_.value_ = np.asarray(coefs, float)
    solver = new_solver()
    solver.passModel(model)
    found = _solve(solver)
    if found is None:
        raise ObservatoryError(
            "E507",
            "Aucune valeur des cellules masquées par un producteur n’est compatible avec ses totaux",
            None,
            "Vérifiez les sommes déclarées dans les fiches et les fichiers du producteur.",
            Exit.INTEGRITY,
        )
    return [float(value) for value in found[:count]]
