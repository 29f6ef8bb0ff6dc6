"""Decimals follow reliability: a figure is not printed finer than its margin of error lets it be read.

The decimals of a cell are set before it reaches the door, so that page, workbook, sentences and secrecy all take it for what is
printed; its value keeps all its digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt
from typing import Any

from ess_observatory.secrecy.door import Cell, has_base


def as_reliable(cells: Iterable[Cell], card: dict[str, Any], rules: dict[str, Any]) -> list[Cell]:
    """The cells of a table, without the decimals that say nothing (`precision.decimal_margin`).

    A decimal is kept while the margin of error is under so many units of it: the digit before it then holds. The margin is half the
    confidence interval; for a percentage of the survey without one, 100 / √n, the largest that its base allows.
    """
    columns = {column["code"]: column for column in card["columns"]}
    most = float(rules.get("precision", {}).get("decimal_margin", 0))
    made = []
    for cell in cells:
        column = columns[cell.column_code]
        declared = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
        margin = _margin(cell, column, bool(card.get("survey"))) if declared and most else None
        kept = declared
        while margin is not None and kept and margin >= most * 10.0**-kept:
            kept -= 1
        made.append(cell if kept == declared else replace(cell, decimals=kept))
    return made


def _margin(cell: Cell, column: dict[str, Any], is_survey: bool) -> float | None:
    if cell.ci_low is not None and cell.ci_high is not None:
        return (cell.ci_high - cell.ci_low) / 2
    unit = cell.unit if cell.unit is not None else column.get("unit", "")
    return 100 / sqrt(cell.base_n) if cell.base_n and has_base(column, unit, is_survey) else None
