"""What an attacker sees of each figure of a publication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What a published row gives of a figure."""

    table: str
    value: float | None
    is_hidden: bool
    decimals: int = 0
    numerator: float | None = None
    denominator: float | None = None
    row: str = ""
    column: str = ""
    sources: tuple[str, ...] = ()


def read_figures(folder: Path) -> dict[str, Shown]:
    """`figures.parquet` as an attacker reads it."""
    import pyarrow.parquet as pq

    columns = [
        "figure_id",
        "table_id",
        "value",
        "conf_status",
        "decimals",
        "numerator",
        "denominator",
        "row_code",
        "column_code",
        "sources",
    ]
    rows = pq.read_table(folder / "figures.parquet", columns=columns).to_pylist()
    return {
        row["figure_id"]: Shown(
            row["table_id"],
            row["value"],
            row["conf_status"] != "F",
            row["decimals"],
            row["numerator"],
            row["denominator"],
            row["row_code"],
            row["column_code"],
            tuple(row["sources"] or ()),
        )
        for row in rows
    }
