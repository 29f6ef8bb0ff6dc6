"""A recognised sheet → `raw.<source>`: text cells, their line, and what already makes a row unreadable.

Delimited and Parquet files go straight into the engine. A delimited file is read one line a row, so that a line number
is always the file's own; the few records whose quotes hold line breaks are put together first.
"""

from __future__ import annotations

import re

from ess_observatory.build.database import Database
from ess_observatory.project import SourceSpec
from ess_observatory.read import limits
from ess_observatory.read.headers import column_letter, normalise
from ess_observatory.read.parquet import cell_sql, columns_of
from ess_observatory.read.recognise import Match
from ess_observatory.read.sheets import Sheet
from ess_observatory.read.sql import clean, quote, translated, trimmed, unquoted
from ess_observatory.read.text import BAD_CHARACTER, Dialect, field_pattern, joined_record, record_pattern

#: Code, reason and fix of rows that cannot be read at all. Their order is the order in which they are looked for.
PROBLEMS = {
    "I201": ("ligne de pied ou de total : elle est recalculée", "Rien à faire."),
    "I202": ("ligne d’en-tête répétée ou de libellés", "Rien à faire."),
    "E214": ("guillemet ouvert et jamais refermé", "Refermez le guillemet, ou doublez-le (\"\") s’il est dans le texte."),
    "E213": ("valeur hors des colonnes : la ligne est décalée (séparateur en trop ?)",
             "Corrigez la ligne, ou donnez un en-tête à la colonne."),
    "E212": ("caractères illisibles : le fichier mélange des encodages", "Enregistrez le fichier en « CSV UTF-8 »."),
    "E215": (f"cellule de plus de {limits.MAX_CELL_CHARS} caractères", "Redemandez le fichier au producteur."),
}  # fmt: skip


_EMPTY = quote(' "\t\r\n\u00a0')


def create_raw(db: Database, spec: SourceSpec) -> None:
    """An empty `raw.<source>`: the declared columns as text, then keys, flags and the problem of the row if any."""
    columns = "".join(f"{column.name} varchar, " for column in spec.columns)
    db.execute(
        f"create or replace table raw.{spec.id} ({columns}_file varchar, _sha256 varchar, _sheet varchar, _line bigint, "
        "_flags varchar, _problem varchar, _problem_column varchar, _problem_value varchar)"
    )


def insert_sheet(db: Database, spec: SourceSpec, match: Match) -> None:
    """Append every row under the header of a sheet that is not blank; refused ones carry their `_problem`."""
    sheet = match.sheet
    quoted = sheet.dialect is not None and sheet.dialect.quoted
    if sheet.dialect is not None:
        _lines_to_cells(db, sheet.dialect)
    elif sheet.is_parquet:
        _parquet_to_cells(db, sheet)
    else:
        _rows_to_cells(db, sheet)
    db.execute(f"insert into raw.{spec.id} {_select(spec, match, quoted)}")


def differing_doubles(db: Database, match: Match) -> list[tuple[str, int, int, int]]:
    """Doubled headers whose columns do not hold the same thing: (name, first, second, line of the first difference)."""
    quoted = match.sheet.dialect is not None and match.sheet.dialect.quoted
    found = []
    for name, first, second in match.doubles:
        a, b = clean(_cell(first, quoted)), clean(_cell(second, quoted))
        line = db.rows(
            f"select min(line) from _cells where line > {match.header_line} and {a} is distinct from {b}"
        )[0][0]
        if line is not None:
            found.append((name, first, second, line))
    return found


def _cell(position: int, quoted: bool) -> str:
    cell = f"cells[{position + 1}]"
    return trimmed(unquoted(cell)) if quoted else f"trim({cell})"


def _select(spec: SourceSpec, match: Match, quoted: bool) -> str:
    sheet = match.sheet
    width = max([len(match.texts), *(position + 1 for position in match.mapping.values())])
    used = sorted(match.mapping.values())
    names = {position: f"k{position}" for position in used}
    nameless = [p for p, text in enumerate(match.texts) if text is None and p not in match.mapping]
    looked = sorted({*used, *nameless, *range(min(width, 12))})
    filled = f"trim(array_to_string(cells, ''), {_EMPTY}) <> ''"
    if quoted:
        full = "len(list_filter(cells, lambda c: not regexp_full_match(c, '\\s*(\"\\s*\")?\\s*'))) > 0"
        filled = f"case when {filled} then true when broken then true else {full} end"
    beyond = f"nullif(trim(array_to_string(cells[{width + 1}:], ''), {_EMPTY}), '')"
    spaced_cells = ", ".join(f"{_cell(p, quoted)} as s{p}" for p in looked)
    clean_cells = ", ".join(clean(f"s{p}") + f" as k{p}" for p in looked)
    inner = (
        f"select line, broken, hidden, {clean_cells}, beyond from (select line, broken, hidden, {spaced_cells}, "
        f"case when len(cells) > {width} then {beyond} end as beyond from _cells "
        f"where line > {match.header_line} and ({filled}))"
    )
    first = f"coalesce({', '.join(f'k{p}' for p in looked)}, '')"
    problem, column, value = _problem_sql(spec, match, names, nameless, width)
    inner = f"select *, {first} as first_cell from ({inner})"
    columns = [names[match.mapping[c.name]] if c.name in match.mapping else "null" for c in spec.columns]
    keys = f"{quote(sheet.relative)}, {quote(sheet.sha256)}, {quote(sheet.name)}, line"
    flags = "case when hidden then 'hidden' end"
    return f"select {', '.join([*columns, keys])}, {flags}, {problem}, {column}, {value} from ({inner})"


def _problem_sql(
    spec: SourceSpec, match: Match, names: dict[int, str], nameless: list[int], width: int
) -> tuple[str, str, str]:
    """SQL of the code of the first problem of a row, of the column and of the value that show it."""
    whens: list[tuple[str, str, str, str]] = []
    pattern = "|".join(f"(?:{p})" for p in spec.footers)
    if pattern:
        whens.append((f"regexp_matches(first_cell, {quote(f'(?i){pattern}')})", "I201", "null", "first_cell"))
    repeated = " and ".join(
        f"{names[p]} is not distinct from {quote(match.texts[p] or '')}"
        for p in names
        if p < len(match.texts) and match.texts[p]
    )
    if repeated:
        whens.append((repeated, "I202", "null", "first_cell"))
    if labels := _label_lines(spec, match):
        whens.append((f"line in ({', '.join(map(str, labels))})", "I202", "null", "first_cell"))
    whens.append(("broken", "E214", "null", "first_cell"))
    whens += [(f"k{p} is not null", "E213", quote(f"colonne {column_letter(p)}"), f"k{p}") for p in nameless]
    whens.append(("beyond is not null", "E213", quote(f"colonne {column_letter(width)}"), "beyond"))
    by_position = {position: name for name, position in match.mapping.items()}
    headers = {column.name: column.headers[0] for column in spec.columns}
    for position, name in names.items():
        header = quote(headers[by_position[position]])
        bad = f"(contains({name}, chr({ord(BAD_CHARACTER)})) or contains({name}, chr(0)))"
        whens.append((bad, "E212", header, name))
    for position, name in names.items():
        header = quote(headers[by_position[position]])
        whens.append((f"length({name}) > {limits.MAX_CELL_CHARS}", "E215", header, name))

    def cases(position: int) -> str:
        return (
            "case "
            + " ".join(f"when {w[0]} then {w[position] if position > 1 else quote(w[1])}" for w in whens)
            + " end"
        )

    return cases(1), cases(2), f"left({cases(3)}, 300)"


def _label_lines(spec: SourceSpec, match: Match) -> list[int]:
    """Lines just under the header that hold labels or units: nothing that could be a value in the typed columns."""
    typed = {c.name for c in spec.columns if c.type != "text"}
    marks = {mark.casefold() for mark in spec.missing}
    found = []
    for line in (match.header_line + 1, match.header_line + 2):
        row = match.sheet.head[line - 1] if line <= len(match.sheet.head) else []
        cells = [row[p] for name, p in match.mapping.items() if name in typed and p < len(row) and row[p]]
        wordy = [
            cell
            for cell in cells
            if cell
            and not re.search(r"\d", cell)
            and cell.casefold() not in marks
            and len(normalise(cell)) > 3
        ]
        if len(cells) < 2 or len(wordy) < len(cells):
            break
        found.append(line)
    return found


def _rows_to_cells(db: Database, sheet: Sheet) -> None:
    import pyarrow as pa

    lines = [line for line, row in enumerate(sheet.rows, 1) if any(row)]
    db.put("raw._incoming", pa.table({
        "line": pa.array(lines, pa.int64()),
        "cells": pa.array([sheet.rows[line - 1] for line in lines], pa.list_(pa.string())),
        "broken": pa.array([False] * len(lines), pa.bool_()),
        "hidden": pa.array([line in sheet.hidden_rows for line in lines], pa.bool_()),
    }))  # fmt: skip
    db.execute("create or replace temp table _cells as select * from raw._incoming")
    db.execute("drop table raw._incoming")


def _parquet_to_cells(db: Database, sheet: Sheet) -> None:
    cells = ", ".join(
        trimmed(translated(f"({cell_sql(name, kind)})")) for name, kind in columns_of(db, sheet.path)
    )
    db.execute(
        f"create or replace temp table _cells as select file_row_number + 2 as line, [{cells}] as cells, "
        f"false as broken, false as hidden from read_parquet({quote(str(sheet.path))}, file_row_number = true)"
    )


def _lines_to_cells(db: Database, dialect: Dialect) -> None:
    db.execute(
        "create or replace temp table _lines as select row_number() over () as line, "
        f"coalesce({translated('text', dialect.delimiter)}, '') "
        f"as text from read_csv({quote(str(dialect.text))}, delim = {quote(dialect.unused)}, quote = '', escape = '', "
        "header = false, skip = 0, "
        "auto_detect = false, compression = 'none', columns = {'text': 'VARCHAR'}, parallel = false, encoding = 'utf-8', comment = '', "
        f"max_line_size = {2 * limits.MAX_LINE_BYTES}, null_padding = false)"
    )
    split = f"string_split(text, {quote(dialect.delimiter)})"
    if not dialect.quoted:
        db.execute(
            f"create or replace temp view _cells as select line, {split} as cells, false as broken, false as hidden from _lines"
        )
        return
    d = dialect.delimiter
    joins, broken = _assemble(db, d)
    fields = f"regexp_extract_all({quote(d)} || text, {quote(f'{re.escape(d)}({field_pattern(d)})')}, 1)"
    records = f"select line, text, line in (select unnest({broken}::bigint[])) as broken from _lines"
    if joins:
        records += (
            " where not exists (select 1 from _joins as j where line between j.first and j.last) "
            "union all select j.first, string_agg(l.text, chr(10) order by l.line), false from _joins as j "
            "join _lines as l on l.line between j.first and j.last group by j.first"
        )
    db.execute(
        f"create or replace temp table _cells as select line, case when broken or not contains(text, '\"') then {split} "
        f"else {fields} end as cells, broken, false as hidden from ({records})"
    )


def _assemble(db: Database, delimiter: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Find the records that span lines, and the lines whose quotes never close; `_joins` holds the former."""
    import pyarrow as pa

    complete = quote(record_pattern(delimiter))
    open_lines = [
        row[0]
        for row in db.rows(
            f"select line from _lines where contains(text, '\"') and not regexp_full_match(text, {complete}) order by line"
        )
    ]
    joins: list[tuple[int, int]] = []
    broken: list[int] = []
    held: list[str] = []
    done = start = 0
    for line in open_lines:
        if line <= done:
            continue
        if line + limits.MAX_RECORD_LINES > start + len(held):
            window = f"line between {line} and {line + 2 * limits.MAX_RECORD_LINES}"
            start, held = (
                line,
                [row[0] for row in db.rows(f"select text from _lines where {window} order by line")],
            )
        count = joined_record(held, line - start, delimiter)
        if count is None:
            broken.append(line)
        else:
            joins.append((line, line + count - 1))
            done = line + count - 1
    db.put("raw._joins", pa.table({
        "first": pa.array([first for first, _ in joins], pa.int64()),
        "last": pa.array([last for _, last in joins], pa.int64()),
    }))  # fmt: skip
    db.execute("create or replace temp table _joins as select * from raw._joins")
    db.execute("drop table raw._joins")
    return joins, broken


def forget_cells(db: Database) -> None:
    """Drop what the reading of the last sheet has left."""
    kinds = dict(
        db.rows(
            "select table_name, table_type from information_schema.tables where table_name in ('_cells', '_lines', '_joins')"
        )
    )
    for name in ("_cells", "_joins", "_lines"):
        if name in kinds:
            db.execute(f"drop {'view' if kinds[name] == 'VIEW' else 'table'} {name}")
