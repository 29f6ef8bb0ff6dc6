"""Which declared claims hold, judged on the cells as they are published: who leads, what is rare, what exceeds what.

A claim is stated only when every cell that it rests on is shown, when the numbers as they are printed bear it out (a tie is no
lead), when enough units or answers stand behind it, and, in the survey, when the gap is beyond the margin of error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ess_observatory.declare.models.claims import ClaimsFile
from ess_observatory.secrecy.door import FREE, Cell
from ess_observatory.survey.estimation.intervals import wilson
from ess_observatory.words.numbers import round_half_up

Key = tuple[str, str]
#: The least share, in percent, that is more than none.
_SOME = 1e-9


@dataclass(frozen=True)
class Claimed:
    """Whether a claim holds, and the rows that it names."""

    holds: bool = False
    rows: tuple[str, ...] = ()


class Estimate(NamedTuple):
    """A published value with its bounds (the value itself where nothing was sampled), and what is printed of it."""

    value: float
    low: float
    high: float
    printed: float
    unit: str
    decimals: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether there is no margin of error."""
        return self.low == self.value == self.high


@dataclass(frozen=True)
class Table:
    """A published table: its card, and its cells by row and column."""

    card: Mapping[str, Any]
    cells: Mapping[Key, Cell]

    @property
    def is_survey(self) -> bool:
        """Whether its numbers are answers."""
        return bool(self.card.get("survey"))

    def column(self, code: str) -> Mapping[str, Any]:
        """A declared column."""
        found: Mapping[str, Any] = next(c for c in self.card["columns"] if c["code"] == code)
        return found


class Claims:
    """The claims of the cards of a publication, by `table.claim`."""

    def __init__(
        self, tables: Mapping[str, tuple[Mapping[str, Any], Iterable[Cell]]], rules: ClaimsFile
    ) -> None:
        """`tables`: id → (card, published cells)."""
        self.tables = {
            name: Table(card, {cell.key: cell for cell in cells}) for name, (card, cells) in tables.items()
        }
        self.rules = rules
        self._judged: dict[str, Claimed] = {}

    def of(self, name: str) -> Claimed:
        """The verdict on `table.claim`; one of a table that is not published does not hold."""
        if name not in self._judged:
            declared = self.declared(name)
            judges = {"leader": self._leader, "level": self._level, "more": self._more}
            self._judged[name] = (
                judges[declared["kind"]](name.partition(".")[0], declared) if declared else Claimed()
            )
        return self._judged[name]

    def declared(self, name: str) -> Mapping[str, Any]:
        """What the card says of a claim ({} when its table is not published)."""
        table, _, claim = name.partition(".")
        found: Mapping[str, Any] = (
            self.tables[table].card.get("claims", {}).get(claim, {}) if table in self.tables else {}
        )
        return found

    def cell(self, name: str, row: str, column: str | None = None) -> Cell:
        """A cell of a row that a claim names: in the column that it compares, or in another."""
        cells = self.tables[name.partition(".")[0]].cells
        column = column or self.declared(name).get("column")
        return cells.get((row, column or "")) or next(
            cell for (code, _), cell in cells.items() if code == row
        )

    # --- kinds of claims

    def _leader(self, table_id: str, claim: Mapping[str, Any]) -> Claimed:
        table = self.tables[table_id]
        column, count = claim["column"], claim.get("count", 1)
        compared = _compared(table, claim)
        unnamed = {
            *claim.get("unnamed", ()),
            *(cell.row_code for cell in compared if cell.row_kind == "missing"),
        }
        found = [(cell.row_code, self._estimate(table, cell)) for cell in compared]
        if len(found) <= count:
            return Claimed()
        known = [(row, estimate) for row, estimate in found if estimate is not None]
        if len(known) < len(found) or len({estimate.unit for _, estimate in known}) > 1:
            return Claimed()
        known.sort(key=lambda item: -item[1].value)
        front, others = known[:count], known[count:]
        if unnamed & {row for row, _ in front} or not self._are_enough(table, known, column):
            return Claimed()
        ahead = all(self._exceeds(first, other) for _, first in front for _, other in others)
        return Claimed(True, tuple(row for row, _ in front)) if ahead else Claimed()

    def _level(self, table_id: str, claim: Mapping[str, Any]) -> Claimed:
        bounds = self.rules.qualifiers.get(claim["qualifier"])
        cell, table = self._named(table_id, claim["cell"])
        if cell is None or bounds is None:
            return Claimed()
        if claim.get("of"):
            whole, _ = self._named(table_id, claim["of"])
            estimate = self._share(table, cell, whole) if whole is not None else None
        else:
            estimate = self._estimate(table, cell)
        if estimate is None or estimate.unit != "%":
            return Claimed()
        is_above = bounds.above is None or min(estimate.low, estimate.printed) > bounds.above
        is_below = bounds.below is None or max(estimate.high, estimate.printed) < bounds.below
        return Claimed(is_above and is_below, (cell.row_code,))

    def _more(self, table_id: str, claim: Mapping[str, Any]) -> Claimed:
        (first, table), (second, other) = (self._named(table_id, claim[key]) for key in ("cell", "than"))
        if first is None or second is None:
            return Claimed()
        greater, lesser = self._estimate(table, first), self._estimate(other, second)
        if greater is None or lesser is None or greater.unit != lesser.unit:
            return Claimed()
        enough = self._are_enough(table, [("", greater)], first.column_code)
        return Claimed(enough and self._exceeds(greater, lesser), (first.row_code,))

    def _named(self, own: str, path: str) -> tuple[Cell | None, Table]:
        """The cell of `row/column`, or `table:row/column`."""
        name, _, place = path.rpartition(":")
        row, _, column = place.rpartition("/")
        table = self.tables.get(name or own, Table({}, {}))
        return table.cells.get((row, column)), table

    # --- what a number is worth

    def _estimate(self, table: Table, cell: Cell) -> Estimate | None:
        """The value of a cell and its bounds; None when it is not shown, or when too few answered."""
        if not is_shown(cell) or cell.value is None:
            return None
        column = table.column(cell.column_code)
        unit = cell.unit if cell.unit is not None else column.get("unit", "")
        decimals = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
        value, printed = cell.value, float(round_half_up(cell.value, decimals))
        low = high = value
        if table.is_survey and column["secrecy"] != "public":
            if cell.base_n is None or cell.base_n < self.rules.reliability.min_answers:
                return None
            if cell.ci_low is not None and cell.ci_high is not None:
                low, high = cell.ci_low, cell.ci_high
            elif unit == "%" and cell.numerator is not None and cell.denominator:
                low, high = self._margin(cell.numerator, cell.denominator)
            elif unit == "%":
                margin = self.rules.reliability.unmeasured_margin
                low, high = max(value - margin, min(value, _SOME)), value + margin
            elif column["secrecy"] == "opinion" and 0 <= value <= cell.base_n:
                low, high = self._margin(value, cell.base_n)
                value = 100 * value / cell.base_n
            else:
                return None
        elif (
            unit == "%"
            and cell.denominator is not None
            and cell.denominator < self.rules.reliability.min_units
        ):
            return None
        return Estimate(value, low, high, printed, unit, decimals)

    def _share(self, table: Table, cell: Cell, whole: Cell) -> Estimate | None:
        """A count over another, in percent."""
        if not (is_shown(cell) and is_shown(whole)) or cell.value is None or not whole.value:
            return None
        value = 100 * cell.value / whole.value
        low = high = value
        if table.is_survey:
            if whole.value < self.rules.reliability.min_answers or not 0 <= cell.value <= whole.value:
                return None
            low, high = self._margin(cell.value, whole.value)
        elif whole.value < self.rules.reliability.min_units:
            return None
        return Estimate(value, low, high, float(round_half_up(value)), "%")

    def _margin(self, count: float, base: float) -> tuple[float, float]:
        low, high = wilson(count, base, level=self.rules.reliability.confidence)
        return 100 * float(low), 100 * float(high)

    def _exceeds(self, first: Estimate, second: Estimate) -> bool:
        """Whether a number is greater than another, as printed (67 is not more than 66.7: it may be its rounding) and beyond the
        margin of error of the difference.
        """
        decimals = min(first.decimals, second.decimals)
        if round_half_up(first.printed, decimals) <= round_half_up(second.printed, decimals):
            return False
        if first.is_exact and second.is_exact:
            return True
        down, up = first.value - first.low, second.high - second.value
        spread: float = (
            down**2 + up**2 - 2 * _least_correlation(first.value, second.value) * down * up
        ) ** 0.5
        return first.value - second.value > spread

    def _are_enough(self, table: Table, known: list[tuple[str, Estimate]], column: str) -> bool:
        """Whether enough units are counted (the survey looks at its own bases)."""
        if table.is_survey or known[0][1].unit == "%" or table.column(column).get("decimals", 0):
            return True
        return sum(estimate.value for _, estimate in known) >= self.rules.reliability.min_units


def _compared(table: Table, claim: Mapping[str, Any]) -> list[Cell]:
    """The cells that a leader is sought among: data of one column; in a census, what is not known as well."""
    kinds = ("data",) if table.is_survey else ("data", "missing")
    rows, block, left = claim.get("rows", ()), claim.get("block", ""), claim.get("exclude", ())
    return [
        cell
        for cell in table.cells.values()
        if cell.column_code == claim["column"]
        and cell.row_kind in kinds
        and cell.row_code not in left
        and (cell.row_code in rows if rows else cell.row_code.startswith(block))
        and cell.obs_status != "M"
    ]


def is_shown(cell: Cell) -> bool:
    """Whether a cell leaves with its value."""
    return cell.conf_status == FREE and cell.value is not None


def _least_correlation(first: float, second: float) -> float:
    """The lowest correlation that two shares (in percent) of the same respondents may have.

    Answers that exclude each other reach it. It makes the margin of a difference the widest: the number who gave both answers
    is not published. Source of the margin: variance estimates recovery with correlation, Zou (2007, Psychological Methods 12).
    """
    p, q = first / 100, second / 100
    spread = (p * (1 - p) * q * (1 - q)) ** 0.5
    return (max(0.0, p + q - 1) - p * q) / spread if spread > 0 else 0.0
