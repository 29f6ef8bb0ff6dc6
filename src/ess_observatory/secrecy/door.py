"""The one door: confidential cells in, publishable cells out.

A cell as the tables' queries give it (`Cell`), the signs it may leave with, and how it leaves (`release`): a hidden cell loses
its value and everything that would give it away, and never says which rule hid it. Which cells to hide is decided over all
tables at once by `protect.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ess_observatory.words.numbers import round_half_up

FREE, CONFIDENTIAL = "F", "C"
NORMAL, UNRELIABLE, NOT_SIGNIFICANT, NOT_AVAILABLE = "A", "U", "N", "O"
HIDDEN_AT_SOURCE = "secret_a_la_source"
INCOMPLETE = "total_incomplet"


@dataclass(frozen=True)
class Cell:
    """A cell on either side of the door.

    `n_units`, `top_share`, `second_share`: how many legal units made it, shares of the two largest; `top_unit`: who the largest
    is (any name that is the same in every cell of every table). `row_parent`: codes of the
    rows it adds to (`row` or `table:row`, comma separated). These never leave.
    `low`, `high`: what a sum with unknown terms is at least, and at most; it has no value then.
    """

    row_code: str
    row_label: str
    row_rank: int
    row_kind: str
    row_section: str | None
    column_code: str
    value: float | None = None
    text: str | None = None
    unit: str | None = None
    decimals: int | None = None
    numerator: float | None = None
    denominator: float | None = None
    base_n: int | None = None
    n_units: int | None = None
    top_share: float | None = None
    obs_status: str | None = None
    flags: tuple[str, ...] = ()
    conf_status: str = FREE
    ci_low: float | None = None
    ci_high: float | None = None
    second_share: float | None = None
    row_parent: str | None = None
    top_unit: str | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_bounded(self) -> bool:
        """A sum with unknown terms, of which only a bound is known."""
        return self.value is None and self.low is not None

    @property
    def key(self) -> tuple[str, str]:
        """Row and column."""
        return self.row_code, self.column_code


NOTHING: dict[str, Any] = {
    "value": None,
    "text": None,
    "numerator": None,
    "denominator": None,
    "base_n": None,
    "ci_low": None,
    "ci_high": None,
    "low": None,
    "high": None,
}
_STAYS_INSIDE: dict[str, Any] = {
    "n_units": None,
    "top_share": None,
    "second_share": None,
    "row_parent": None,
    "top_unit": None,
}


def has_base(column: dict[str, Any], unit: str, is_survey: bool) -> bool:
    """Whether a cell is a percentage of the survey, which the rules on bases govern."""
    return bool(column.get("base_rule", is_survey and unit in ("%", "points")))


def release(
    cell: Cell,
    column: dict[str, Any],
    rules: dict[str, Any],
    *,
    is_hidden: bool,
    is_survey: bool,
    is_rounded: bool = False,
    is_as_printed: bool = False,
) -> Cell:
    """The cell as it leaves: emptied when hidden, rounded without its parts when these are hidden (`is_rounded`).

    `is_as_printed`: its terms are published nowhere; it keeps the decimals that are printed, its interval as well.

    The rules on bases apply to percentages of the survey: under `bases.flag_from` answers no percentage leaves.
    """
    if is_hidden and cell.is_bounded:  # its bound is withheld: what is left is a figure that nobody has
        return replace(cell, obs_status=NOT_AVAILABLE, **NOTHING, **_STAYS_INSIDE)
    if is_hidden:
        flags = tuple(flag for flag in cell.flags if flag != HIDDEN_AT_SOURCE)
        return replace(
            cell, conf_status=CONFIDENTIAL, obs_status=NORMAL, flags=flags, **NOTHING, **_STAYS_INSIDE
        )
    if (is_rounded or is_as_printed) and cell.value is not None:
        decimals = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
        kept = ("value",) if is_rounded else ("value", "ci_low", "ci_high")
        values = {
            name: float(round_half_up(x, decimals)) for name in kept if (x := getattr(cell, name)) is not None
        }
        cell = replace(cell, **{**NOTHING, **values, "text": cell.text, "base_n": cell.base_n})
    status = cell.obs_status or (NOT_AVAILABLE if cell.value is None and cell.text is None else NORMAL)
    unit = cell.unit if cell.unit is not None else column.get("unit", "")
    if (
        has_base(column, unit, is_survey)
        and cell.base_n is not None
        and cell.value is not None
        and status == NORMAL
    ):
        bases = rules["bases"]
        if cell.base_n < bases["flag_from"]:
            return replace(cell, obs_status=NOT_SIGNIFICANT, **NOTHING, **_STAYS_INSIDE)
        if cell.base_n < bases["percent_from"]:
            status = UNRELIABLE
    return replace(cell, obs_status=status, **_STAYS_INSIDE)
