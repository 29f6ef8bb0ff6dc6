"""What is known of a cell: an interval. Exact when its ends meet; a sum of intervals is an interval, and so is a share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, isclose

Key = tuple[str, str, str]
#: (table, row, column) → what is known of the cell.
Facts = dict[Key, "Fact"]


@dataclass(frozen=True)
class Fact:
    """The interval of a value. `has_none`: no number at all. `must`: exact, and has to be printed. `is_estimate`: any value of it will do."""

    low: float = 0.0
    high: float = inf
    has_none: bool = False
    must: bool = False
    is_estimate: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether the files leave one value."""
        return isclose(self.low, self.high, rel_tol=1e-12, abs_tol=1e-9)

    def __add__(self, other: Fact) -> Fact:
        return Fact(self.low + other.low, self.high + other.high)

    def within(self, other: Fact) -> Fact:
        """What both leave."""
        return Fact(max(self.low, other.low), min(self.high, other.high))


#: Nothing is known but that it is not negative.
UNKNOWN = Fact()
#: There is no number to print.
NONE = Fact(has_none=True)


def exact(value: float) -> Fact:
    """One value."""
    return Fact(float(value), float(value))


def count(value: float) -> Fact:
    """A count of a public register: exact, and printed whatever happens."""
    return Fact(float(value), float(value), must=True)


def total(facts: Iterable[Fact]) -> Fact:
    """The sum of what is known."""
    return sum(facts, exact(0))


def share(part: Fact, whole: Fact, times: float = 100) -> Fact:
    """A share (%), or a rate `times` another thing; no number over nothing."""
    if part.has_none or whole.has_none or (whole.is_exact and whole.low == 0):
        return NONE
    if whole.low == 0 or whole.high == inf:
        return replace(UNKNOWN, low=0)
    found = Fact(times * part.low / whole.high, times * part.high / whole.low)
    return replace(found, must=part.must and whole.must)
