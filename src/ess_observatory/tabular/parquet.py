"""Parquet files → text cells: line 1 is the column names, row i is line i + 1."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.text import clean_text


def prove(path: Path, relative: str, rows: int) -> list[list[str | None]]:
    """The first rows of a file, once it is known to be readable: to its end, when it is not large.

    Raises E201 (damaged, encrypted, without any column) or E206 (beyond measure: rows, columns, text).
    """
    import duckdb

    unpacked = _refuse_unreadable(path, relative)
    limits.grant(unpacked)
    try:
        with _locked(path) as db:
            columns = columns_of(db, path)
            if unpacked <= limits.PROVEN_BYTES:
                texts = [f"coalesce(sum(strlen({cell_sql(name, kind)})), 0)" for name, kind in columns]
                found = db.rows(f"select {', '.join(texts)} from {_file(path)}")[0]
                if sum(map(int, found)) > limits.MAX_FILE_BYTES:
                    raise _beyond(f"{limits.size_text(sum(map(int, found)))} de texte", relative)
            return _rows(db, path, columns, rows)
    except duckdb.OutOfMemoryException as error:
        raise limits.memory_error(relative) from error
    except duckdb.Error as error:
        raise _damaged(error, relative) from error


def _refuse_unreadable(path: Path, relative: str) -> int:
    """How much a file holds once unpacked, from what it says of itself."""
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
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        unpacked: int = sum(int(group.total_byte_size) for group in groups)
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise _damaged(error, relative) from error
    if metadata.num_columns == 0:
        raise _damaged(ValueError("aucune colonne"), relative)
    if metadata.num_columns > limits.MAX_COLUMNS:
        raise _beyond(f"{metadata.num_columns} colonnes", relative)
    if metadata.num_rows > limits.MAX_ROWS or unpacked > limits.MAX_FILE_BYTES:
        raise _beyond(f"{metadata.num_rows} lignes", relative)
    if limits.swells(unpacked, path.stat().st_size):
        raise _beyond(f"{limits.size_text(unpacked)} une fois décompressé", relative)
    return unpacked


def _damaged(error: Exception, relative: str) -> ObservatoryError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    fix = "Redemandez le fichier au producteur, sans chiffrement."
    return ObservatoryError("E201", "Fichier Parquet illisible", f"{relative} ({reason})", fix)


def _beyond(what: str, relative: str) -> ObservatoryError:
    fix = "Ne gardez que le territoire et les colonnes utiles."
    return ObservatoryError("E206", f"Fichier Parquet démesuré : {what}", relative, fix)


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
    return [(row[0], row[1]) for row in con.rows(f"describe select * from {_file(path)}")]


def read_parquet_rows(path: Path, limit: int | None) -> list[list[str | None]]:
    """Rows as text cells, column names first (few rows, or answers: whole files go through the engine)."""
    with _locked(path) as db:
        return _rows(db, path, columns_of(db, path), limit)


def _rows(
    db: Database, path: Path, columns: list[tuple[str, str]], limit: int | None
) -> list[list[str | None]]:
    cells = ", ".join(f"{cell_sql(name, kind)} as c{i}" for i, (name, kind) in enumerate(columns))
    rows = db.rows(f"select {cells} from {_file(path)}" + (f" limit {limit - 1}" if limit else ""))
    header: list[str | None] = [clean_text(name) for name, _ in columns]
    return [header, *([clean_text(cell) if cell else None for cell in row] for row in rows)]


def _file(path: Path) -> str:
    return f"read_parquet({quote(str(path))})"


@contextmanager
def _locked(path: Path) -> Iterator[Database]:
    with Database() as db:
        db.execute("set threads = 1")
        db.lock(path)
        yield db
