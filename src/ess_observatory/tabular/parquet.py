"""Parquet files → text cells: line 1 is the column names, row i is line i + 1."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.text import clean_text


def refuse_unreadable(path: Path, relative: str) -> None:
    """Raise E201 (damaged, encrypted) or E206 (declares more than the limits)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    limits.refuse_large(path, relative, limits.MAX_FILE_BYTES)
    try:
        with path.open("rb") as handle:
            handle.seek(-8, 2)
            footer, _ = struct.unpack("<I4s", handle.read(8))
        if footer > limits.MAX_WORKBOOK_BYTES:
            raise ValueError("pied de fichier démesuré")
        metadata = pq.read_metadata(path)
        unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise ObservatoryError(
            "E201",
            "Fichier Parquet illisible",
            f"{relative} ({str(error).splitlines()[0][:200]})",
            "Redemandez le fichier au producteur, sans chiffrement.",
        ) from error
    if metadata.num_rows > limits.MAX_ROWS or unpacked > limits.MAX_FILE_BYTES:
        raise ObservatoryError(
            "E206",
            f"Fichier Parquet démesuré : {metadata.num_rows} lignes",
            relative,
            "Ne gardez que le territoire et les colonnes utiles.",
        )


def cell_sql(name: str, kind: str) -> str:
    """SQL of a column as text, written as `sheets.cell_text` writes a spreadsheet's cells."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"cast(cast({column} as decimal(38, 0)) as varchar)"
        short = f"regexp_replace(cast({column} as varchar), '(\\.[0-9]{{3}})$', '\\10')"
        return f"case when {column} = round({column}) and abs({column}) < 1e18 then {whole} else {short} end"
    if kind.startswith("DECIMAL"):
        return f"regexp_replace(regexp_replace(cast({column} as varchar), '\\.0*$', ''), '(\\.[0-9]{{3}})$', '\\10')"
    if kind == "BOOLEAN":
        return f"case when {column} then 'VRAI' when not {column} then 'FAUX' end"
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace(strftime(cast({column} as timestamp), '%Y-%m-%d %H:%M:%S'), ' 00:00:00$', '')"
    return f"cast({column} as varchar)"


def columns_of(con: Any, path: Path) -> list[tuple[str, str]]:
    """(name, engine type) of every column, in order; `con` is a DuckDB connection or anything with `rows`."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    return [(row[0], row[1]) for row in con.rows(f"describe select * from read_parquet({quoted})")]


def read_parquet_rows(path: Path, limit: int | None) -> list[list[str | None]]:
    """Rows as text cells, column names first (for recognition; whole files go through the engine)."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    with Database() as db:
        db.lock(path)
        columns = columns_of(db, path)
        cells = ", ".join(f"{cell_sql(name, kind)} as c{i}" for i, (name, kind) in enumerate(columns))
        rows = db.rows(
            f"select {cells} from read_parquet({quoted})" + (f" limit {limit - 1}" if limit else "")
        )
    header: list[str | None] = [clean_text(name) for name, _ in columns]
    return [header, *([clean_text(cell) if cell else None for cell in row] for row in rows)]
