"""What an attacker sees of each figure of a publication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What a published row gives of a figure; of one that is bounded, `value` is what it is at least, and `high` at most."""

    table: str
    value: float | None
    is_hidden: bool
    decimals: int = 0
    numerator: float | None = None
    denominator: float | None = None
    row: str = ""
    column: str = ""
    sources: tuple[str, ...] = ()
    high: float | None = None


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
    path = folder / "figures.parquet"
    columns += [name for name in ("low", "high") if name in pq.read_schema(path).names]
    rows = pq.read_table(path, columns=columns).to_pylist()
    return {
        row["figure_id"]: Shown(
            row["table_id"],
            row["value"] if row["value"] is not None else row.get("low"),
            row["conf_status"] != "F",
            row["decimals"],
            row["numerator"],
            row["denominator"],
            row["row_code"],
            row["column_code"],
            tuple(row["sources"] or ()),
            row.get("high"),
        )
        for row in rows
    }
