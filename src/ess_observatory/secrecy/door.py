"""The one door: confidential cells in, publishable cells out.

Rules (thresholds in `pipelines/rules/secrecy.toml`, after Insee's guide to business secrecy): a cell of a sensitive column
is hidden when it is made of fewer than `min_units` legal units, or when one of them makes `max_share` of it or more. In an
additive column, when the hidden cells of a block could be found by difference with its total, further cells are hidden
(the smallest first). A hidden cell loses its value and everything that would give it away, and never says which rule hid it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from ess_observatory.errors import Exit, ObservatoryError

FREE, CONFIDENTIAL = "F", "C"
NORMAL, UNRELIABLE, NOT_SIGNIFICANT, NOT_AVAILABLE = "A", "U", "N", "O"
HIDDEN_AT_SOURCE = "secret_a_la_source"


@dataclass(frozen=True)
class Cell:
    """A cell on either side of the door."""

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

    @property
    def key(self) -> tuple[str, str]:
        """Row and column."""
        return self.row_code, self.column_code


def protect(cells: list[Cell], card: dict[str, Any], rules: dict[str, Any], table_id: str) -> list[Cell]:
    """The cells of one table as they may leave: hidden where they must be, base rules applied, contributors removed.

    Raises E501 when a sensitive cell does not say how many legal units made it: nothing passes unseen.
    """
    columns = {column["code"]: column for column in card["columns"]}
    hidden = {cell.key for cell in cells if _is_primary(cell, columns[cell.column_code], rules, table_id)}
    for code, column in columns.items():
        if column.get("additive"):
            hidden |= _secondary([cell for cell in cells if cell.column_code == code], hidden, rules)
    for code, column in columns.items():
        if followed := column.get("follows"):
            hidden |= {(row, code) for row, other in hidden if other == followed}
    return [_leave(cell, columns[cell.column_code], rules, cell.key in hidden, bool(card.get("survey"))) for cell in cells]


def _is_primary(cell: Cell, column: dict[str, Any], rules: dict[str, Any], table_id: str) -> bool:
    if HIDDEN_AT_SOURCE in cell.flags:
        return True
    sensitivity = column["secrecy"]
    if sensitivity in ("public", "text") or cell.value is None:
        return False
    if sensitivity == "opinion":
        least = rules["opinion_min_respondents"]
        counted = cell.n_units if cell.n_units is not None else cell.numerator if cell.numerator is not None else cell.value
        return least > 1 and 0 < counted < least
    if cell.n_units is None:
        raise ObservatoryError(
            "E501", f"Cellule sensible sans nombre d’unités : {'/'.join(cell.key)}", f"tableau {table_id}",
            "La requête doit donner n_units (unités légales) pour chaque cellule d’une colonne « magnitude ».", Exit.INTEGRITY,
        )
    if cell.value == 0 and cell.n_units == 0:
        return False
    return cell.n_units < rules["min_units"] or (cell.top_share or 0) >= rules["max_share"]


def _secondary(cells: list[Cell], hidden: set[tuple[str, str]], rules: dict[str, Any]) -> set[tuple[str, str]]:
    """Cells to hide as well, so that a block's hidden part is itself made of enough units (smallest value first)."""
    more: set[tuple[str, str]] = set()
    blocks: dict[str | None, list[Cell]] = defaultdict(list)
    for cell in cells:
        blocks[cell.row_section].append(cell)
    for block in blocks.values():
        totals = [cell for cell in block if cell.row_kind == "total"]
        if not totals or any(total.key in hidden for total in totals):
            continue
        data = [cell for cell in block if cell.row_kind == "data"]
        out = [cell for cell in data if cell.key in hidden]
        rest = sorted((c for c in data if c.key not in hidden and c.value), key=lambda c: (c.value or 0, c.row_code))
        while out and not _is_safe(out, rules) and rest:
            out.append(rest.pop(0))
        more |= {cell.key for cell in out}
    return more


def _is_safe(hidden: list[Cell], rules: dict[str, Any]) -> bool:
    """Whether the sum of hidden cells, which anyone can compute, is itself publishable."""
    total = sum(cell.value or 0 for cell in hidden)
    units = sum(cell.n_units or 0 for cell in hidden)
    largest = max(((cell.top_share or 0) * (cell.value or 0) for cell in hidden), default=0)
    return len(hidden) > 1 and units >= rules["min_units"] and (not total or largest < rules["max_share"] * total)


def _leave(cell: Cell, column: dict[str, Any], rules: dict[str, Any], is_hidden: bool, is_survey: bool) -> Cell:
    nothing = {"value": None, "text": None, "numerator": None, "denominator": None, "base_n": None, "ci_low": None,
               "ci_high": None}
    away = {"n_units": None, "top_share": None}
    if is_hidden:
        flags = tuple(flag for flag in cell.flags if flag != HIDDEN_AT_SOURCE)
        return replace(cell, conf_status=CONFIDENTIAL, obs_status=NORMAL, flags=flags, **nothing, **away)
    status = cell.obs_status or (NOT_AVAILABLE if cell.value is None and cell.text is None else NORMAL)
    unit = cell.unit if cell.unit is not None else column.get("unit", "")
    has_base = column.get("base_rule", is_survey and unit in ("%", "points"))
    if has_base and cell.base_n is not None and cell.value is not None and status == NORMAL:
        bases = rules["bases"]
        if cell.base_n < bases["flag_from"]:
            return replace(cell, obs_status=NOT_SIGNIFICANT, **nothing, **away)
        if cell.base_n < bases["percent_from"]:
            status = UNRELIABLE
    return replace(cell, obs_status=status, **away)
