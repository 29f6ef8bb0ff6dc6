"""What a publication owes to itself: parts make their total, one figure has one value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd


def look_at_sums(cells: list[dict[str, Any]], publication: Path, cards: dict[str, Any]) -> list[str]:
    """Complaints about totals that are not the sum of their parts, and about figures given twice with two values."""
    complaints: list[str] = []
    values = {
        (cell["table_id"], cell["row_code"], cell["column_code"]): cell["value"]
        for cell in cells
        if not pd.isna(cell["value"])
    }
    for table_id in dict.fromkeys(cell["table_id"] for cell in cells):
        card, rows = cards.get(table_id, {}), publication / "tables" / f"{table_id}.parquet"
        if not rows.is_file():
            continue
        additive = [column["code"] for column in card.get("columns", []) if column.get("additive")]
        if additive:
            kinds = pd.read_parquet(rows, columns=["row_code", "row_kind"])
            parts = list(kinds["row_code"][kinds["row_kind"] == "data"])
            if "total" in set(kinds["row_code"]):
                for column in additive:
                    complaints += _total(table_id, column, parts, values)
        complaints += _twins(table_id, card, values)
    return complaints


def _total(table_id: str, column: str, parts: list[str], values: dict[Any, float]) -> list[str]:
    whole, shown = (
        values.get((table_id, "total", column)),
        [values.get((table_id, part, column)) for part in parts],
    )
    known = sum(value for value in shown if value is not None)
    if whole is None or not parts:
        return []
    if None in shown:
        return (
            [f"{table_id}.total.{column}: {whole:g}, less than what is shown ({known:g})"]
            if whole < known - 1
            else []
        )
    if abs(known - whole) > 0.5 + 1e-6 * whole:
        return [f"{table_id}.total.{column}: {whole:g}, and its parts make {known:g}"]
    return []


def _twins(table_id: str, card: dict[str, Any], values: dict[Any, float]) -> list[str]:
    complaints: list[str] = []
    if "survey" in card:  # there, a part of the other figure
        return complaints
    for here, there in card.get("secrecy", {}).get("same", {}).items():
        other, _, cell = str(there).partition(":")
        one, two = values.get((table_id, *here.split("/"))), values.get((other, *cell.split("/")))
        if one is not None and two is not None and abs(one - two) > 1e-6:
            complaints.append(f"{table_id}.{here}: {one:g}, and {there} is {two:g}")
    return complaints
