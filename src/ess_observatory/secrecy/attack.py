"""The attacker: what can be known of each hidden cell from what is published, and from nothing else.

Takes published values, the names of the hidden cells and what adds up; solves, for each hidden cell, the smallest and the
largest value that agree with all of it. Written apart from the suppressor, in values and not in moves, so that one may not
hide an error of the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ess_observatory.errors import Exit, ObservatoryError

INFINITY = float("inf")


@dataclass(frozen=True)
class Equation:
    """`low <= sum(coef * value of name) <= high`."""

    terms: tuple[tuple[str, float], ...]
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def total(cls, whole: str, parts: Iterable[str]) -> Equation:
        """The whole equals the sum of its parts."""
        return cls(((whole, -1.0), *((part, 1.0) for part in parts)))


@dataclass
class Known:
    """What everyone can read: shown values, names of hidden cells, what adds up, public bounds (0 and more by default)."""

    shown: Mapping[str, float]
    hidden: list[str]
    equations: list[Equation]
    lower: Mapping[str, float] = field(default_factory=dict)
    upper: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Bounds:
    """What the attacker knows of a hidden cell."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How wide the interval is (infinite when nothing bounds the cell)."""
        return self.high - self.low

    def is_found(self, least: float = 1e-6) -> bool:
        """Whether the cell is known exactly, for all practical purposes."""
        return self.width < INFINITY and self.width <= max(least, 1e-9 * max(abs(self.low), abs(self.high)))


def bounds(
    known: Known, learnt: Mapping[str, float] | None = None, only: Iterable[str] | None = None
) -> dict[str, Bounds]:
    """The interval of each hidden cell (of those in `only`), for one who has also `learnt` some values.

    Raises E507 when what is published contradicts itself (no value of the hidden cells agrees with it).
    """
    learnt = learnt or {}
    unknown = [name for name in known.hidden if name not in learnt]
    wanted = set(unknown) if only is None else set(only) & set(unknown)
    shown = {**known.shown, **learnt}
    found: dict[str, Bounds] = {}
    for names, equations in _parts(unknown, known.equations):
        if wanted & set(names):
            found |= _Part(names, equations, known, shown).bounds([name for name in names if name in wanted])
    return found


def insiders(
    known: Known, parts: Mapping[str, Mapping[str, tuple[float, float]]], only: Iterable[str]
) -> list[tuple[str, str, Bounds]]:
    """What contributors learn of the cells in `only` beyond what anyone does: `(who, cell, interval)`.

    `parts`: by contributor, what he knows of each cell (least, most). Only those whose knowledge contradicts a programme's
    outcome can narrow it: the others are not asked again.
    """
    wanted, found = set(only), []
    for names, equations in _parts(known.hidden, known.equations):
        inside = [name for name in names if name in wanted]
        if inside:
            found += _Part(names, equations, known, known.shown).insiders(inside, parts)
    return found


def _parts(unknown: list[str], equations: list[Equation]) -> list[tuple[list[str], list[Equation]]]:
    """Unknown cells that equations tie together, with these equations."""
    parent = {name: name for name in unknown}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for equation in equations:
        tied = [name for name, _ in equation.terms if name in parent]
        for name in tied[1:]:
            parent[find(name)] = find(tied[0])
    names: dict[str, list[str]] = defaultdict(list)
    for name in unknown:
        names[find(name)].append(name)
    of: dict[str, list[Equation]] = defaultdict(list)
    for equation in equations:
        first = next((name for name, _ in equation.terms if name in parent), None)
        if first is not None:
            of[find(first)].append(equation)
    return [(group, of[root]) for root, group in names.items()]


class _Part:
    """One linear programme a group of tied unknowns, its objective changed for each question."""

    def __init__(
        self, names: list[str], equations: list[Equation], known: Known, shown: Mapping[str, float]
    ) -> None:
        import highspy

        self.names = names
        place = {name: index for index, name in enumerate(names)}
        starts: list[int] = [0]
        columns: list[int] = []
        coefs: list[float] = []
        low: list[float] = []
        high: list[float] = []
        for equation in equations:
            fixed = 0.0
            inside: dict[int, float] = defaultdict(float)
            usable = True
            for name, coef in equation.terms:
                if name in place:
                    inside[place[name]] += coef
                elif name in shown:
                    fixed += coef * shown[name]
                else:
                    usable = False
            if not usable or not inside:
                continue
            columns.extend(inside)
            coefs.extend(inside.values())
            starts.append(len(columns))
            low.append(equation.low - fixed)
            high.append(equation.high - fixed)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(names), len(low)
        model.col_cost_ = np.zeros(len(names))
        self.lower = [known.lower.get(name, 0.0) for name in names]
        self.upper = [known.upper.get(name, INFINITY) for name in names]
        model.col_lower_, model.col_upper_ = np.asarray(self.lower), np.asarray(self.upper)
        model.row_lower_, model.row_upper_ = np.asarray(low), np.asarray(high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.asarray(starts, np.int32)
        model.a_matrix_.index_ = np.asarray(columns, np.int32)
        model.a_matrix_.value_ = np.asarray(coefs, np.float64)
        self.solver = _quiet(highspy)
        self.solver.passModel(model)

    def bounds(self, wanted: list[str]) -> dict[str, Bounds]:
        place = {name: index for index, name in enumerate(self.names)}
        return {
            name: Bounds(self._extreme(place[name], 1.0), self._extreme(place[name], -1.0)) for name in wanted
        }

    def insiders(
        self, wanted: list[str], parts: Mapping[str, Mapping[str, tuple[float, float]]]
    ) -> list[tuple[str, str, Bounds]]:
        place = {name: index for index, name in enumerate(self.names)}
        who = [
            (name, place[cell], low, high)
            for name, cells in parts.items()
            for cell, (low, high) in cells.items()
            if cell in place
        ]
        columns = np.asarray([column for _, column, _, _ in who], dtype=int)
        low, high = (np.asarray([one[side] for one in who], dtype=float) for side in (2, 3))
        slack = 1e-7 * np.maximum(1.0, np.abs(low))
        found = []
        for cell in wanted:
            names: set[str] = set()
            for sign in (1.0, -1.0):
                is_bounded = abs(self._extreme(place[cell], sign)) < INFINITY
                at = np.asarray(self.solver.getSolution().col_value)[columns] if is_bounded else low - 1
                wrong = (at < low - slack) | (at > high + slack)
                names |= {who[index][0] for index in np.flatnonzero(wrong).tolist()}
            for name in sorted(names):
                mine = {place[c]: known for c, known in parts[name].items() if c in place}
                if (own := mine.get(place[cell])) is None or own[0] < own[1]:
                    found.append((name, cell, self._within(place[cell], mine)))
        return found

    def _within(self, column: int, mine: Mapping[int, tuple[float, float]]) -> Bounds:
        """The interval for one who knows the bounds `mine` of some columns."""
        before = {other: (self.lower[other], self.upper[other]) for other in mine}
        for other, (low, high) in mine.items():
            slack = 1e-9 * max(1.0, abs(low)) if low == high else 0.0
            self.solver.changeColBounds(
                other, max(low - slack, before[other][0]), min(high + slack, before[other][1])
            )
        try:
            return Bounds(self._extreme(column, 1.0), self._extreme(column, -1.0))
        finally:
            for other, (low, high) in before.items():
                self.solver.changeColBounds(other, low, high)

    def _extreme(self, column: int, sign: float) -> float:
        import highspy

        status_of = highspy.HighsModelStatus
        self.solver.changeColCost(column, sign)
        status = None
        for attempt in range(2):
            self.solver.run()
            status = self.solver.getModelStatus()
            if status in (status_of.kOptimal, status_of.kUnbounded, status_of.kInfeasible):
                break
            if attempt == 0:
                self.solver.clearSolver()
        value = (
            self.solver.getInfo().objective_function_value * sign
            if status == status_of.kOptimal
            else -sign * INFINITY
        )
        self.solver.changeColCost(column, 0.0)
        if status == status_of.kInfeasible:
            raise ObservatoryError(
                "E507",
                "Les chiffres publiés se contredisent : aucune valeur des cellules masquées n’y répond",
                ", ".join(self.names[:5]),
                "Vérifiez les sommes déclarées dans les fiches (additive, [secrecy]).",
                Exit.INTEGRITY,
            )
        if status not in (status_of.kOptimal, status_of.kUnbounded):
            raise ObservatoryError(
                "E506",
                "Le solveur s’est arrêté sans preuve : rien n’est publié",
                str(status),
                None,
                Exit.INTEGRITY,
            )
        return value


def _quiet(highspy: Any) -> Any:
    solver = getattr(highspy._core, "_Highs", highspy.Highs)()
    # From one question to the next only the objective changes: the last point stays possible, so primal simplex goes on from it.
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("simplex_strategy", 4),
    ):
        solver.setOptionValue(option, value)
    return solver
