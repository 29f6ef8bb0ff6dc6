"""Sums that must hold in the published tables: found at export, added up again by `verify`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def totals(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Columns of tables whose rows add up to their total, block by block: what `verify` adds up again."""
    columns: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        columns[record["table_id"], record["column_code"]].append(record)
    found = []
    for (table_id, column_code), cells in columns.items():
        total = [cell["value"] for cell in cells if cell["row_kind"] == "total"]
        if len(total) != 1 or total[0] is None or any(cell["conf_status"] != "F" for cell in cells):
            continue
        sums = block_sums(cells)
        if sums and all(abs(value - total[0]) <= 1e-6 for value in sums.values()):
            found.append({"table_id": table_id, "column_code": column_code, "total": total[0]})
    return found


def block_sums(cells: list[dict[str, Any]]) -> dict[str | None, float]:
    """Sum of the rows of a column that are data or missing, by block; {} when fewer than two rows have a value."""
    sums: dict[str | None, float] = defaultdict(float)
    count = 0
    for cell in cells:
        if cell["row_kind"] in ("data", "missing") and cell["value"] is not None:
            sums[cell["section"]] += cell["value"]
            count += 1
    return dict(sums) if count > 1 else {}
