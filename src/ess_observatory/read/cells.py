"""A recognised sheet → `raw.<source>`: text cells, their line, and what already makes a row unreadable.

Delimited and Parquet files go straight into the engine, and only the rows that are odd (see `sql.is_odd`) pay for a closer
look at each of their cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.read.headers import column_letter, normalise
from ess_observatory.read.recognise import Match
from ess_observatory.read.records import forget_records, read_records
from ess_observatory.read.sql import clean, is_odd, plain_spaces, trimmed, unquoted
from ess_observatory.tabular import limits
from ess_observatory.tabular.parquet import cell_sql, columns_of
from ess_observatory.tabular.sheets import Sheet
from ess_observatory.tabular.text import BAD_CHARACTER, UNCALCULATED

#: Code, reason and fix of rows that cannot be read at all. Their order is the order in which they are looked for.
PROBLEMS = {
    "I201": ("ligne de pied ou de total : elle est recalculée", "Rien à faire."),
    "I202": ("ligne d’en-tête répétée ou de libellés", "Rien à faire."),
    "E214": ("guillemet ouvert et jamais refermé", "Refermez le guillemet, ou doublez-le (\"\") s’il est dans le texte."),
    "E213": ("valeur hors des colonnes : la ligne est décalée (séparateur en trop ?)",
             "Corrigez la ligne, ou donnez un en-tête à la colonne."),
    "E212": ("caractères illisibles : le fichier mélange des encodages", "Enregistrez le fichier en « CSV UTF-8 »."),
    "E216": ("formule dont le classeur ne donne pas le résultat",
             "Ouvrez le classeur dans un tableur, enregistrez-le, et déposez-le de nouveau."),
    "E215": (f"cellule de plus de {limits.MAX_CELL_CHARS} caractères", "Redemandez le fichier au producteur."),
}  # fmt: skip


#: Parts the fields of a row that is looked at as one text.
_BETWEEN = "\x01"
_EMPTY = quote(' "\t\r\n\u00a0')


def create_raw(db: Database, spec: SourceSpec, is_present: bool = True) -> None:
    """An empty `raw.<source>`: the declared columns as text, then keys, flags, what refuses the row if anything (and what makes it
    unreadable, while the files of a source that is present are read).

    It gets one row for each line of the files under their headers that is not blank (a cell that goes on over several lines makes
    one line), footers and unreadable ones too. `_refusal` is the code of what keeps a row out of `staging.<source>_typed`, a value
    that cannot be typed or, first of all, the `_problem` that makes the row unreadable.
    """
    columns = "".join(f"{column.name} varchar, " for column in spec.columns)
    problems = ", _problem varchar, _problem_column varchar, _problem_value varchar" if is_present else ""
    db.execute(
        f"create or replace table raw.{spec.id} ({columns}_file varchar, _sha256 varchar, _sheet varchar, _line bigint, "
        f"_flags varchar, _refusal varchar{problems})"
    )


def insert_sheet(db: Database, spec: SourceSpec, match: Match) -> list[tuple[str, int, int, int]]:
    """Append every row under the header of a sheet that is not blank; refused ones carry their `_problem`.

    Gives the doubled headers whose columns do not hold the same thing: (name, first, second, line of the first difference).
    """
    quoted = match.sheet.dialect is not None and match.sheet.dialect.quoted
    rows = f"insert into raw.{spec.id} {_select(spec, match, quoted)}"
    differing: dict[str, tuple[str, int, int, int]] = {}
    for _ in _to_cells(db, match.sheet):
        db.execute(rows)
        for found in _differing_doubles(db, match, quoted):
            differing.setdefault(found[0], found)
    return list(differing.values())


def _to_cells(db: Database, sheet: Sheet) -> Iterator[None]:
    """Give the rows of a sheet, slice after slice, as `_cells`: line, fields, is it odd, broken, hidden."""
    if sheet.dialect is not None:
        yield from read_records(db, sheet.dialect)
    elif sheet.is_parquet:
        _parquet_to_cells(db, sheet)
        yield
    else:
        _rows_to_cells(db, sheet)
        yield


def _differing_doubles(db: Database, match: Match, quoted: bool) -> list[tuple[str, int, int, int]]:
    found = []
    for name, first, second in match.doubles:
        a, b = (f"nullif(cells[{position + 1}], '')" for position in (first, second))
        line = db.rows(
            f"select min(line) from ({_cleaned(quoted)}) where line > {match.header_line} and {a} is distinct from {b}"
        )[0][0]
        if line is not None:
            found.append((name, first, second, line))
    return found


def _cleaned(quoted: bool) -> str:
    """SQL of `_cells` with the clean text of every field: those of an odd row only are looked at one by one."""
    one = trimmed(unquoted("f") if quoted else "f")
    look = f"list_transform(list_transform(fields, lambda f: {one}), lambda c: {clean('c')})"
    return f"select *, case when odd then {look} else fields end as cells from _cells"


def _select(spec: SourceSpec, match: Match, quoted: bool) -> str:
    sheet = match.sheet
    width = max([len(match.texts), *(position + 1 for position in match.mapping.values())])
    used = sorted(match.mapping.values())
    names = {position: f"k{position}" for position in used}
    nameless = [p for p, text in enumerate(match.texts) if text is None]
    looked = sorted({*used, *nameless, *range(min(width, 12))})
    filled = f"trim(array_to_string(fields, ''), {_EMPTY}) <> ''"
    if quoted:
        filled += " or broken or len(list_filter(fields, lambda f: not regexp_full_match(f, '\\s*(\"\\s*\")?\\s*'))) > 0"
    beyond = f"nullif(trim(array_to_string(fields[{width + 1}:], ''), {_EMPTY}), '')"
    texts = ", ".join(f"nullif(cells[{p + 1}], '') as k{p}" for p in looked)
    first = f"coalesce({', '.join(f'k{p}' for p in looked)})"
    rows = (
        f"select *, {first} as first_cell, case when len(fields) > {width} then {beyond} end as beyond "
        f"from (select line, fields, odd, broken, hidden, {texts} from ({_cleaned(quoted)}) where line > {match.header_line})"
    )
    problems = _problems(spec, match, names, nameless, width)
    number = "case " + " ".join(f"when {p[0]} then {i}" for i, p in enumerate(problems, 1)) + " end"
    rows = (
        f"select *, {number} as problem from (select * replace (coalesce(first_cell, '') as first_cell) from ({rows}) "
        f"where first_cell is not null or {filled})"
    )

    def of_problem(position: int) -> str:
        cases = " ".join(f"when {i} then {p[position]}" for i, p in enumerate(problems, 1))
        return f"case when problem is not null then case problem {cases} end end"

    year = quote(str(match.vintage)) if match.vintage else "null"
    columns = [
        year if c.is_vintage else names[match.mapping[c.name]] if c.name in match.mapping else "null"
        for c in spec.columns
    ]
    keys = [quote(sheet.relative), quote(sheet.sha256), quote(sheet.name), "line"]
    flags = "case when hidden then 'hidden' end"
    judged = [of_problem(1), of_problem(2), f"left({of_problem(3)}, 300)"]
    return f"select {', '.join([*columns, *keys, flags, 'null', *judged])} from ({rows})"


def _problems(
    spec: SourceSpec, match: Match, names: dict[int, str], nameless: list[int], width: int
) -> list[tuple[str, str, str, str]]:
    """SQL of what makes a row unreadable, the first first: condition, code, and the column and value that show it."""
    found: list[tuple[str, str, str, str]] = []
    pattern = "|".join(f"(?:{p})" for p in spec.footers)
    if pattern:
        found.append((f"regexp_matches(first_cell, {quote(f'(?i){pattern}')})", "I201", "null", "first_cell"))
    repeated = " and ".join(
        f"{names[p]} is not distinct from {quote(match.texts[p] or '')}"
        for p in names
        if p < len(match.texts) and match.texts[p]
    )
    if repeated:
        found.append((repeated, "I202", "null", "first_cell"))
    if labels := _label_lines(spec, match):
        found.append((f"line in ({', '.join(map(str, labels))})", "I202", "null", "first_cell"))
    found.append(("broken", "E214", "null", "first_cell"))
    found += [(f"k{p} is not null", "E213", quote(f"colonne {column_letter(p)}"), f"k{p}") for p in nameless]
    found.append(("beyond is not null", "E213", quote(f"colonne {column_letter(width)}"), "beyond"))
    by_position = {position: name for name, position in match.mapping.items()}
    headers = {column.name: quote(column.shown) for column in spec.columns}
    for code, condition in (
        ("E212", f"odd and (contains({{}}, chr({ord(BAD_CHARACTER)})) or contains({{}}, chr(0)))"),
        *([("E216", f"{{}} = chr({ord(UNCALCULATED)})")] if match.sheet.is_workbook else []),
        ("E215", f"odd and length({{}}) > {limits.MAX_CELL_CHARS}"),
    ):
        found += [
            (
                condition.replace("{}", name),
                code,
                headers[by_position[position]],
                quote("=…") if code == "E216" else name,
            )
            for position, name in names.items()
        ]
    return [(condition, quote(code), column, value) for condition, code, column, value in found]


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
    import numpy as np
    import pyarrow as pa

    found = sheet.fields()
    fields = pa.array(found, pa.list_(pa.string())) if isinstance(found, list) else found
    line = np.arange(1, len(fields) + 1)
    hidden = np.isin(line, list(sheet.hidden_rows))
    db.put("temp._rows", pa.table({"line": line, "fields": fields, "hidden": hidden}))
    _fields_to_cells(db, "select * from temp._rows")


def _parquet_to_cells(db: Database, sheet: Sheet) -> None:
    cells = ", ".join(cell_sql(name, kind) for name, kind in columns_of(db, sheet.path))
    file = f"read_parquet({quote(str(sheet.path))}, file_row_number = true)"
    _fields_to_cells(
        db, f"select file_row_number + 2 as line, false as hidden, [{cells}] as fields from {file}"
    )


def _fields_to_cells(db: Database, rows: str) -> None:
    odd = is_odd(f"array_to_string(fields, {quote(_BETWEEN)})", _BETWEEN)
    plain = f"list_transform(fields, lambda f: {plain_spaces('f')})"
    db.execute(
        f"create or replace temp view _cells as select line, hidden, case when odd then {plain} else fields end as fields, odd, "
        f"false as broken from (select *, {odd} as odd from ({rows}))"
    )


def forget_cells(db: Database) -> None:
    """Drop what the reading of the last sheet has left."""
    db.execute("drop view if exists temp._cells")
    db.execute("drop table if exists temp._rows")
    forget_records(db)
