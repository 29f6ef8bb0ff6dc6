"""A publication against what its producers knew: the same files with nothing hidden nor left out, which nobody receives.

What is printed must be true; « au moins » and « au plus » must hold what is true; and so must the oracle's own intervals.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from oracle.facts import Fact, Facts


def look_at_truth(cells: list[dict[str, Any]], facts: Facts, truth: Facts) -> Iterable[str]:
    """Complaints about cells that say otherwise than the truth."""
    for cell in cells:
        key = (cell["table_id"], cell["row_code"], cell["column_code"])
        true = truth.get(key)
        if true is None or true.has_none or not true.is_exact:
            continue
        name, value = ".".join(key), true.low
        near = 0.5 * 10 ** -int(cell["decimals"]) + 1e-6 * max(1, abs(value))
        if not pd.isna(cell["value"]) and abs(cell["value"] - value) > near:
            yield f"{name}: {cell['value']:g} is printed, and the truth is {value:g}"
        if not pd.isna(cell["low"]) and cell["low"] > value + near:
            yield f"{name}: at least {cell['low']:g} is printed, and the truth is {value:g}"
        if not pd.isna(cell["high"]) and cell["high"] < value - near:
            yield f"{name}: at most {cell['high']:g} is printed, and the truth is {value:g}"
        if not _holds(facts.get(key), value):
            yield f"{name}: the oracle leaves {facts[key].low:g} to {facts[key].high:g}, and the truth is {value:g}"


def _holds(fact: Fact | None, value: float) -> bool:
    if fact is None or fact.has_none:
        return True
    return fact.low - 1e-6 * max(1, value) <= value <= fact.high + 1e-6 * max(1, value)
