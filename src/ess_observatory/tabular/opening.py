"""What a file is and holds, as plain data: done by `worker`, asked by `sheets`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

from ess_observatory.tabular import limits
from ess_observatory.tabular.archive import kind_of, unpack
from ess_observatory.tabular.parquet import prove
from ess_observatory.tabular.places import plainly_named, scratch_file, sha256_of
from ess_observatory.tabular.text import clean_text, prepare, read_rows
from ess_observatory.tabular.workbook import Grid, cell_text, read_workbook

__all__ = ["HEAD_ROWS", "cleaned", "kind_of", "look", "prepare_for"]

HEAD_ROWS = 60
#: A sheet of no more cells, nor letters, is given whole; another comes in a file.
_SMALL, _SMALL_TEXT = 20_000, 2 * limits.MIB
#: How many cells are put in a batch.
_BATCH = 1_000_000


def prepare_for(kind: str) -> None:
    """Load the libraries that files of a kind are read with: that is not the file's own time."""
    if kind in ("zip", "ole"):
        import numpy
        import pyarrow
        import python_calamine

        assert numpy and pyarrow and python_calamine
    elif kind == "parquet":
        import duckdb
        import pyarrow.parquet

        assert duckdb and pyarrow.parquet


def look(path: Path, relative: str, kind: str, *, is_unpacked: bool) -> dict[str, Any]:
    """The first rows of every sheet and all that is to be known of it, or the members of an archive.

    Raises E201 (damaged), E203 (password), E204 (not text), E205 to E207 (dangerous or beyond measure).
    """
    found: dict[str, Any] = {"kind": kind}
    if kind == "archive":
        members = unpack(path, relative) if is_unpacked else []
        return found | {"members": [[str(member.path), member.name] for member in members]}
    if kind in ("document", "markup"):
        return found
    if kind == "text":
        with ThreadPoolExecutor(max_workers=1) as pool:
            digest = pool.submit(sha256_of, path)
            dialect = prepare(path, relative)
        head = read_rows(dialect, HEAD_ROWS)
        written = [dialect.encoding, dialect.delimiter, str(dialect.text), dialect.quoted]
        return found | {"sha256": digest.result(), "dialect": written, "head": head}
    found["sha256"] = sha256_of(path)
    if kind == "parquet":
        plain = plainly_named(path)
        return found | {"plain": str(plain), "head": prove(plain, relative, HEAD_ROWS)}
    return found | {"sheets": [_sheet(grid) for grid in read_workbook(path, relative, kind)]}


def _sheet(grid: Grid) -> dict[str, Any]:
    rows, columns = grid.size()
    cells = grid.cells(None)
    head = [[None if cell == "" else cell_text(cell) for cell in row] for row in cells[:HEAD_ROWS]]
    merged = [[list(first), list(last)] for first, last in grid.merged() if first[0] < HEAD_ROWS]
    found = {"name": grid.name, "hidden": grid.hidden, "unseen": grid.unseen, "merged": merged}
    found |= {"hidden_rows": sorted(grid.hidden_rows), "head": head}
    if rows * columns > _SMALL:
        return found | {"cells": _write(cells, scratch_file(".arrow"))}
    texts = head + [[None if cell == "" else cell_text(cell) for cell in row] for row in cells[HEAD_ROWS:]]
    if sum(len(text) for row in texts for text in row if text) > _SMALL_TEXT:
        return found | {"cells": _write(cells, scratch_file(".arrow"))}
    uncleaned = [
        (i, j, cell)
        for i, (row, kept) in enumerate(zip(cells, texts, strict=True))
        for j, cell in enumerate(row)
        if type(cell) is str and cell and cell != kept[j]
    ]
    return found | {"head": texts, "uncleaned": uncleaned}


def _write(cells: list[list[Any]], target: Path) -> str:
    """Every cell of a sheet as text, its texts as they are, in an Arrow file of rows; the cells are let go of on the way."""
    import pyarrow as pa

    schema = pa.schema([("fields", pa.list_(pa.string()))])
    width = len(cells[0]) if cells else 0
    step = max(1, _BATCH // max(1, width))
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema) as out:
        for start in range(0, len(cells), step):
            rows = _fields(cells[start : start + step])
            cells[start : start + step] = [[]] * len(rows)
            texts = pa.array(list(chain.from_iterable(rows)), pa.string())
            offsets = pa.array([number * width for number in range(len(rows) + 1)], pa.int32())
            out.write_batch(pa.record_batch([pa.ListArray.from_arrays(offsets, texts)], schema=schema))
    return str(target)


def _fields(rows: list[list[Any]]) -> list[list[str | None]]:
    """Rows of a spreadsheet as text, its texts as they are."""
    if set(map(type, chain.from_iterable(rows))) <= {str}:
        return rows
    return [[cell if type(cell) is str else cell_text(cell) for cell in row] for row in rows]


def cleaned(fields: list[list[str | None]]) -> list[list[str | None]]:
    """Rows of texts as they are, as clean cells."""
    most = limits.MAX_CELL_CHARS + 1
    return [[clean_text(cell[:most]) if cell else None for cell in row] for row in fields]
