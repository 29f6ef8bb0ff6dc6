"""A delimited file in the engine: its lines, by slices of bounded size, then its records as lists of fields.

A line number is always the file's own: the file is read one line a row, and the few records whose quotes hold line breaks
are put together afterwards. A slice comes with lines that follow it, for a record that starts in it and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.read.sql import is_odd, plain_spaces, without_idle_quotes
from ess_observatory.tabular import limits
from ess_observatory.tabular.text import Dialect, field_pattern, joined_record, record_pattern

if TYPE_CHECKING:
    import pyarrow as pa

#: How much of a file is held at once.
SLICE_BYTES = 64 * limits.MIB


def read_records(db: Database, dialect: Dialect) -> Iterator[None]:
    """Give, slice after slice, the records of a file as `_cells`: line, fields, is it odd, broken, hidden."""
    done = 0
    for first, count, lines in _slices(dialect):
        db.put("temp._slice", _numbered(first, lines))
        if dialect.quoted:
            done = _quoted_cells(db, dialect.delimiter, done, first + count - 1)
        else:
            _plain_cells(db, dialect.delimiter)
        yield


def forget_records(db: Database) -> None:
    """Drop what the reading of the last file has left."""
    for name in ("_slice", "_lines", "_joins"):
        db.execute(f"drop table if exists temp.{name}")


def _slices(dialect: Dialect) -> Iterator[tuple[int, int, pa.Array]]:
    """(number of the first line, how many lines are the slice's own, those lines and what follows them)."""
    import pyarrow as pa

    ahead = limits.MAX_RECORD_LINES if dialect.quoted else 0
    first, held = 1, pa.array([], pa.string())
    for lines in _one_ahead(_line_arrays(dialect.text)):
        held = pa.concat_arrays([held, lines]) if len(held) else lines
        if (own := len(held) - ahead) > 0:
            yield first, own, held
            first, held = first + own, held[own:]
    if len(held):
        yield first, len(held), held


def _one_ahead(items: Iterator[pa.Array]) -> Iterator[pa.Array]:
    """The same items: the next one is made while the last one is used."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _line_arrays(path: Path) -> Iterator[pa.Array]:
    with path.open("rb") as handle:
        while block := handle.read(SLICE_BYTES):
            yield _lines_of(block + handle.readline())


def _lines_of(block: bytes) -> pa.Array:
    """The lines of a block of whole lines that all end alike, without their ends."""
    import numpy as np
    import pyarrow as pa

    end = b"\r\n" if b"\r" in block else b"\n"
    if not block.endswith(b"\n"):
        block += end
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - len(end) * np.arange(1, len(ends) + 1)
    text = block.translate(None, end)
    lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(text))
    lines.validate(full=True)
    return lines


def _numbered(first: int, lines: pa.Array) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    return pa.table({"line": np.arange(first, first + len(lines)), "text": lines})


def _plain_cells(db: Database, delimiter: str) -> None:
    db.execute(
        f"create or replace temp view _cells as select line, string_split(text, {quote(delimiter)}) as fields, odd, "
        f"false as broken, false as hidden from (select line, odd, "
        f"case when odd then {plain_spaces('text', delimiter)} else text end as text "
        f"from (select line, text, {is_odd('text', delimiter)} as odd from temp._slice))"
    )


def _quoted_cells(db: Database, delimiter: str, done: int, last: int) -> int:
    """The records that start after line `done` and no later than line `last`; gives the last line that they take."""
    db.execute(
        f"create or replace temp table _lines as select line, {plain_spaces('text', delimiter)} as text from temp._slice"
    )
    start = done + 1
    joins, broken = _assemble(db, delimiter, start, last)
    db.put("temp._joins", _lines_joined(joins))
    split = f"string_split(text, {quote(delimiter)})"
    pattern = f"{re.escape(delimiter)}({field_pattern(delimiter)})"
    fields = f"regexp_extract_all({quote(delimiter)} || text, {quote(pattern)}, 1)"
    is_broken = f"line in (select unnest({broken}::bigint[]))"
    records = (
        f"select line, {is_broken} as broken, {without_idle_quotes('text', delimiter)} as text from _lines "
        f"where line between {start} and {last}"
    )
    if joins:
        records += (
            " and line not in (select line from temp._joins) union all "
            "select j.first, false, string_agg(l.text, chr(10) order by l.line) from temp._joins as j "
            "inner join _lines as l on l.line = j.line group by j.first order by line"
        )
    db.execute(
        f"create or replace temp view _cells as select *, case when broken or not contains(text, '\"') then {split} "
        f"else {fields} end as fields, {is_odd('text', delimiter)} as odd, false as hidden from ({records})"
    )
    return max([last, *(end for _, end in joins)])


def _lines_joined(joins: list[tuple[int, int]]) -> pa.Table:
    """Every line of the records that span lines, with the first of its record."""
    import pyarrow as pa

    lines = [(line, first) for first, last in joins for line in range(first, last + 1)]
    return pa.table({
        "line": pa.array([line for line, _ in lines], pa.int64()),
        "first": pa.array([first for _, first in lines], pa.int64()),
    })  # fmt: skip


def _assemble(db: Database, delimiter: str, start: int, last: int) -> tuple[list[tuple[int, int]], list[int]]:
    """The records that span lines, as (first line, last line), and the lines whose quotes never close."""
    complete = quote(record_pattern(delimiter))
    open_lines = db.rows(
        f"select line from _lines where line between {start} and {last} and contains(text, '\"') "
        f"and not regexp_full_match(text, {complete}) order by line"
    )
    end = db.rows("select max(line) from _lines")[0][0]
    joins: list[tuple[int, int]] = []
    broken: list[int] = []
    held: list[str] = []
    done = held_from = 0
    for (line,) in open_lines:
        if line <= done:
            continue
        if min(line + limits.MAX_RECORD_LINES, end + 1) > held_from + len(held):
            window = f"line between {line} and {line + 2 * limits.MAX_RECORD_LINES}"
            held_from = line
            held = [row[0] for row in db.rows(f"select text from _lines where {window} order by line")]
        count = joined_record(held, line - held_from, delimiter)
        if count is None:
            broken.append(line)
        else:
            joins.append((line, line + count - 1))
            done = line + count - 1
    return joins, broken
