"""Each published table as a file of its own: CSV for spreadsheets, Parquet for programs. Made from the publication alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.table_csv import csv_name, table_csv, warning_of
from ess_observatory.publish.tables import PublishedTable

if TYPE_CHECKING:
    import pyarrow as pa


def write_wide(folder: Path) -> None:
    """`csv/<number>_<id>.csv` (SYNTHETIQUE_… when it is) and `tables/<id>.parquet` for every table of a publication."""
    import pyarrow.parquet as pq

    publication = read_publication(folder)
    is_synthetic = bool(publication.manifest.get("synthetic"))
    for name in ("csv", "tables"):
        (folder / name).mkdir(exist_ok=True)
    for table in publication.tables:
        text = table_csv(table, warning=warning_of(publication))
        (folder / "csv" / csv_name(publication, table)).write_text(text, encoding="utf-8", newline="")
        pq.write_table(
            _arrow(table, is_synthetic), folder / "tables" / f"{table.id}.parquet", compression="zstd"
        )


def _arrow(table: PublishedTable, is_synthetic: bool) -> pa.Table:
    """One row a row of the table; a number column has a twin `<column>_sign` that says why a value is not shown,
    and `_low` and `_high` where a sum with unknown terms is bounded."""
    import pyarrow as pa

    columns: dict[str, pa.Array] = {
        "row_code": pa.array([row.code for row in table.rows], pa.string()),
        "row_label": pa.array([row.label for row in table.rows], pa.string()),
        "row_kind": pa.array([row.kind for row in table.rows], pa.string()),
        "section": pa.array([row.section for row in table.rows], pa.string()),
    }
    fields = [pa.field(name, pa.string()) for name in columns]
    for column in table.columns:
        cells = [table.cell(row, column) for row in table.rows]
        about = {"label": column.label, "unit": column.unit}
        if column.kind == "text":
            columns[column.code] = pa.array([cell.text for cell in cells], pa.string())
            fields.append(pa.field(column.code, pa.string(), metadata=about))
            continue
        columns[column.code] = pa.array([cell.value for cell in cells], pa.float64())
        columns[f"{column.code}_sign"] = pa.array([cell.sign or cell.mark for cell in cells], pa.string())
        fields += [
            pa.field(column.code, pa.float64(), metadata=about),
            pa.field(f"{column.code}_sign", pa.string()),
        ]
        if any(cell.low is not None for cell in cells):
            for end in ("low", "high"):
                columns[f"{column.code}_{end}"] = pa.array(
                    [getattr(cell, end) for cell in cells], pa.float64()
                )
                fields.append(pa.field(f"{column.code}_{end}", pa.float64(), metadata=about))
    about_table = {
        "number": table.number,
        "title": table.title,
        "champ": table.scope,
        "source": table.source,
        "base": table.base or "",
        "lecture": table.reading_aid or "",
        "synthetic": str(is_synthetic).lower(),
    }
    return pa.table(list(columns.values()), schema=pa.schema(fields, metadata=about_table))
