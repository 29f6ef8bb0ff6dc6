"""Recognised sheets → `raw.<source>` (text) → `staging.<source>_typed`, with refused rows and the ledger."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ess_observatory.build.database import Database
from ess_observatory.project import SourceSpec
from ess_observatory.read.cast import quote, typed_sql
from ess_observatory.read.recognise import Match, refuse_unknown_headers
from ess_observatory.read.sheets import Sheet

KEYS = ("_file", "_sha256", "_sheet", "_line")
REFUSED_COLUMNS = ("source", "file", "sheet", "line", "column", "value", "code", "reason", "fix")
LEDGER_COLUMNS = ("source", "file", "sha256", "sheet", "header_line", "rows_read", "rows_kept", "rows_refused")


def create_books(db: Database) -> None:
    """The two books of the reading: refused rows and the ledger, empty."""
    db.execute(
        "create or replace table staging.refused (source varchar, file varchar, sheet varchar, line bigint, "
        '"column" varchar, value varchar, code varchar, reason varchar, fix varchar)'
    )
    db.execute(
        "create or replace table staging.ledger (source varchar, file varchar, sha256 varchar, sheet varchar, "
        "header_line bigint, rows_read bigint, rows_kept bigint, rows_refused bigint)"
    )


def load_source(db: Database, spec: SourceSpec, matches: list[Match]) -> None:
    """Read all the sheets of a source into `raw.<source>` and `staging.<source>_typed`.

    A source without any sheet gets empty tables, so that what depends on it builds and shows « nd ».
    """
    names = [column.name for column in spec.columns]
    columns = ", ".join(f"{name} varchar" for name in names)
    db.execute(f"create or replace table raw.{spec.id} ({columns}, _file varchar, _sha256 varchar, _sheet varchar, "
               "_line bigint, _footer boolean)")
    for match in matches:
        refuse_unknown_headers(match, spec)
        if match.sheet.dialect is not None and _is_regular(match.sheet):
            _insert_delimited(db, spec, match)
        else:
            _insert_rows(db, spec, match)
        db.execute(
            f"insert into staging.ledger select {quote(spec.id)}, ?, ?, ?, ?, count(*), 0, 0 from raw.{spec.id} "
            "where _file = ? and _sheet = ?",
            [match.sheet.relative, match.sheet.sha256, match.sheet.name, match.header_line,
             match.sheet.relative, match.sheet.name],
        )
    _refuse_footers(db, spec)
    db.execute(f"create or replace table staging.{spec.id}_checked as {typed_sql(spec)}")
    split_refused(db, spec.id, f"staging.{spec.id}_checked", f"staging.{spec.id}_typed")


def split_refused(db: Database, source: str, checked: str, kept: str) -> None:
    """Send the rows that say why they are refused to the book, keep the others as table `kept`."""
    db.execute(
        f'insert into staging.refused select {quote(source)}, _file, _sheet, _line, refusal_column, refusal_value, '
        f"refusal_code, refusal_reason, refusal_fix from {checked} where refusal_code is not null order by _file, _line"
    )
    db.execute(
        f"create or replace table {kept} as select * exclude (refusal_column, refusal_value, refusal_code, refusal_reason, "
        f"refusal_fix) from {checked} where refusal_code is null"
    )
    db.execute(f"drop table {checked}")


def add_to_books(db: Database, refused: list[dict[str, Any]], ledger: list[dict[str, Any]]) -> None:
    """Add rows that another reader has already accounted for (the survey's)."""
    import pyarrow as pa

    for name, columns, rows in (("refused", REFUSED_COLUMNS, refused), ("ledger", LEDGER_COLUMNS, ledger)):
        if rows:
            table = pa.table({column: [row[column] for row in rows] for column in columns})
            db.put("staging._book", table)
            db.execute(f"insert into staging.{name} select * from staging._book")
            db.execute("drop table staging._book")


def close_ledger(db: Database) -> None:
    """Count refused rows by sheet, so that read = kept + refused holds line by line."""
    db.execute(
        "update staging.ledger set rows_refused = coalesce((select count(distinct r.line) from staging.refused r "
        "where r.source = ledger.source and r.file = ledger.file and r.sheet = ledger.sheet), 0) "
        "where source in (select distinct source from staging.refused where line is not null) and rows_kept = 0"
    )
    db.execute("update staging.ledger set rows_kept = rows_read - rows_refused where rows_kept = 0")


def _refuse_footers(db: Database, spec: SourceSpec) -> None:
    db.execute(
        f'insert into staging.refused select {quote(spec.id)}, _file, _sheet, _line, null, '
        f"coalesce({', '.join(c.name for c in spec.columns)}), 'I201', 'ligne de pied ou de total : elle est recalculée', "
        f"'Rien à faire.' from raw.{spec.id} where _footer order by _file, _line"
    )
    db.execute(f"delete from raw.{spec.id} where _footer")
    db.execute(f"alter table raw.{spec.id} drop column _footer")


def _insert_rows(db: Database, spec: SourceSpec, match: Match) -> None:
    import pyarrow as pa

    body = match.sheet.rows[match.header_line:]
    lines = [line for line, row in enumerate(body, match.header_line + 1) if any(row)]
    rows = [row for row in body if any(row)]
    footer = re.compile("|".join(f"(?:{pattern})" for pattern in spec.footers) or r"(?!)", re.IGNORECASE)

    def column(position: int | None) -> Any:
        if position is None:
            return pa.nulls(len(rows), pa.string())
        return pa.array([row[position] if position < len(row) else None for row in rows], pa.string())

    arrays = [column(match.mapping.get(c.name)) for c in spec.columns]
    first = (next(cell for cell in row if cell) for row in rows)
    arrays += [
        pa.array([match.sheet.relative] * len(rows), pa.string()),
        pa.array([match.sheet.sha256] * len(rows), pa.string()),
        pa.array([match.sheet.name] * len(rows), pa.string()),
        pa.array(lines, pa.int64()),
        pa.array([bool(footer.search(cell)) for cell in first], pa.bool_()),
    ]
    names = [c.name for c in spec.columns] + [*KEYS, "_footer"]
    db.put("raw._incoming", pa.table(arrays, names=names))
    db.execute(f"insert into raw.{spec.id} select * from raw._incoming")
    db.execute("drop table raw._incoming")


def _is_regular(sheet: Sheet) -> bool:
    """Whether record number and line number are the same thing: no quoted line break, no blank line inside.

    Only then may the engine read the file by itself and still name the right line.
    """
    assert sheet.dialect is not None
    if sheet.dialect.encoding not in ("utf-8", "utf-8-sig", "latin-1"):
        return False
    quotes = lines_with_odd_quotes = 0
    with sheet.path.open("rb") as handle:
        ended = False
        for line in handle:
            if not line.strip(b" ;,\t|\r\n"):
                ended = True
                continue
            if ended and handle.tell() >= 0:
                return False
            quotes = line.count(b'"')
            lines_with_odd_quotes += quotes % 2
    return lines_with_odd_quotes == 0


def _insert_delimited(db: Database, spec: SourceSpec, match: Match) -> None:
    """A regular delimited file goes straight into the engine."""
    dialect = match.sheet.dialect
    assert dialect is not None
    width = max(len(match.sheet.head[match.header_line - 1]), *match.mapping.values()) + 1
    header = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    encoding = "latin-1" if dialect.encoding == "latin-1" else "utf-8"
    by_position = {position: name for name, position in match.mapping.items()}
    names = {name: f"c{position}" for position, name in by_position.items()}
    selected = ", ".join(f"{names[c.name]} as {c.name}" if c.name in names else f"cast(null as varchar) as {c.name}"
                         for c in spec.columns)
    pattern = "|".join(f"(?:{p})" for p in spec.footers)
    first = f"coalesce({', '.join(f'c{i}' for i in range(width))}, '')"
    footer = f"regexp_matches({first}, {quote(f'(?i){pattern}')})" if pattern else "false"
    db.execute(
        f"insert into raw.{spec.id} select {selected}, {quote(match.sheet.relative)}, {quote(match.sheet.sha256)}, "
        f"{quote(match.sheet.name)}, row_number() over () + {match.header_line}, {footer} "
        f"from read_csv({quote(str(match.sheet.path))}, delim = {quote(dialect.delimiter)}, quote = '\"', header = false, "
        f"skip = {match.header_line}, auto_detect = false, columns = {{{header}}}, encoding = '{encoding}', "
        "null_padding = true, parallel = false)"
    )


def write_books(db: Database, folder: Path) -> None:
    """`refused.parquet` and `ledger.parquet` under `folder`, in a fixed order."""
    folder.mkdir(parents=True, exist_ok=True)
    order = 'source, file, sheet, line, "column", code, value'
    db.execute(f"copy (select * from staging.refused order by {order}) to {quote(str(folder / 'refused.parquet'))} "
               "(format parquet, compression zstd)")
    db.execute(f"copy (select * from staging.ledger order by source, file, sheet) to "
               f"{quote(str(folder / 'ledger.parquet'))} (format parquet, compression zstd)")
