"""Recognised sheets → `raw.<source>` (text) → `staging.<source>_typed`, with the books of the reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import cells, corrections
from ess_observatory.read.advice import PLACE, Adviser
from ess_observatory.read.cast import SHOWN, Typing, empty_typed, looks, typing_of
from ess_observatory.read.headers import column_letter, place
from ess_observatory.read.identifiers import commune_code
from ess_observatory.read.keys import JUDGEMENT, settle_keys
from ess_observatory.read.likeness import HeaderWords
from ess_observatory.read.recognise import Match
from ess_observatory.read.unknown_headers import refuse_unknown_headers
from ess_observatory.read.unpivot import row_columns, row_sql
from ess_observatory.tabular.sheets import Sheet

REFUSED_COLUMNS = ("source", "file", "sheet", "line", "column", "value", "code", "reason", "fix")
LEDGER_COLUMNS = (
    "source",
    "file",
    "sha256",
    "sheet",
    "header_line",
    "rows_read",
    "rows_kept",
    "rows_refused",
)
_PROBLEMS = {**cells.PROBLEMS, "I210": ("ligne écartée par une correction déclarée", "Rien à faire.")}
#: What a staged row that must be noted says of itself.
_NOTING = ("note_column", "note_value", "note_code", "note_reason")
#: Below this number of distinct values, a column says nothing of what its codes are.
_FEWEST_CODES = 5


def create_books(db: Database) -> None:
    """The books of the reading, empty: refused rows, notes on kept rows, corrections, ledger."""
    book = "(source varchar, file varchar, sheet varchar, line bigint, "
    book += '"column" varchar, value varchar, code varchar, reason varchar'
    db.execute(f"create or replace table staging.refused {book}, fix varchar)")
    db.execute(f"create or replace table staging.note {book})")
    db.execute(
        "create or replace table staging.ledger (source varchar, file varchar, sha256 varchar, sheet varchar, "
        "header_line bigint, rows_read bigint, rows_kept bigint, rows_refused bigint)"
    )
    corrections.create_book(db)


def load_source(db: Database, spec: SourceSpec, matches: list[Match], adviser: Adviser | None = None) -> None:
    """Read all the sheets of a source into `raw.<source>` and `staging.<source>_typed`, corrections applied.

    `adviser`: what tells the lines that make unknown headers known. A source without any sheet gets empty tables, so that what
    depends on it builds and shows « nd ». Raises E220 (unknown headers), E222 (two columns for one), E230 to E233 (corrections),
    E335 (postal codes for communes).
    """
    cells.create_raw(db, spec, is_present=bool(matches))
    _forget(db, f"{spec.id}_typed")
    if not matches:
        db.execute(f"create table staging.{spec.id}_typed ({empty_typed(row_columns(spec))})")
        return
    refuse_unknown_headers(matches, spec, adviser or Adviser(db, {spec.id: spec}, HeaderWords()))
    for match in sorted(matches, key=lambda m: (m.sheet.relative, m.sheet.name)):
        _read_sheet(db, spec, match)
    _refuse_problems(db, spec)
    _refuse_postcodes(db, spec)
    corrections.apply_corrections(db, spec)
    _refuse_problems(db, spec)
    _drop_problems(db, spec)
    only = "where _refusal is null"
    looked, look = looks(spec, only)
    odd = db.rows(look)[0] if looked else ()
    plain = {name for name, is_odd in zip(looked, odd, strict=True) if not is_odd}
    typing = typing_of(spec, only, plain=plain)
    _judge(db, spec, typing)
    db.execute(f"create view staging.{spec.id}_typed as {row_sql(spec, typing.kept)}")


def _forget(db: Database, name: str) -> None:
    kinds = db.rows(
        "select table_type from information_schema.tables where table_schema = 'staging' and table_name = ?",
        [name],
    )
    for (kind,) in kinds:
        db.execute(f"drop {'view' if kind == 'VIEW' else 'table'} staging.{name}")


def _judge(db: Database, spec: SourceSpec, typing: Typing) -> None:
    """Write in the books, and mark in `raw.<source>`, the rows of which there is something to say."""
    row = "_file, _sheet, _line"
    db.execute(
        f"create or replace temp table _told as select {row}, refusal_no, _notes, _text from ({typing.rows}) "
        "where refusal_no is not null or len(_notes) > 0"
    )
    if db.rows("select 1 from _told limit 1"):
        db.execute(
            f"create or replace temp table _judged as select {row}, {typing.refusal}, _notes, _text from _told"
        )
        _refuse(db, spec.id, "_judged")
        for number, (column, note) in enumerate(typing.notes, 1):
            db.execute(
                f"insert into staging.note select {quote(spec.id)}, {row}, {quote(column.shown)}, "
                f"left(_text.{column.name}, {SHOWN}), {quote(note.code)}, {quote(note.reason)} from _judged "
                f"where refusal_code is null and list_contains(_notes, {number})"
            )
        db.execute(
            f"update raw.{spec.id} as t set _refusal = j.refusal_code from _judged as j "
            "where j.refusal_code is not null and j._file = t._file and j._sheet = t._sheet and j._line = t._line"
        )
        db.execute("drop table _judged")
    db.execute("drop table _told")
    db.execute(
        f"insert into staging.note select {quote(spec.id)}, {row}, null, null, 'I203', "
        f"'ligne masquée dans le classeur : elle est lue' from raw.{spec.id} "
        "where _refusal is null and list_contains(string_split(_flags, ','), 'hidden')"
    )


def _drop_problems(db: Database, spec: SourceSpec) -> None:
    for name in ("_problem", "_problem_column", "_problem_value"):
        db.execute(f"alter table raw.{spec.id} drop column {name}")


def _read_sheet(db: Database, spec: SourceSpec, match: Match) -> None:
    sheet = match.sheet
    try:
        differing = cells.insert_sheet(db, spec, match)
    except ObservatoryError:
        raise
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("duckdb", "_duckdb", "pyarrow"):
            raise
        raise ObservatoryError(
            "E209",
            "Fichier que le moteur ne sait pas lire",
            f"{place(sheet)} ({str(error).splitlines()[0][:200]})",
            "Ouvrez-le dans un tableur et enregistrez-le de nouveau.",
        ) from error
    finally:
        cells.forget_cells(db)
    if differing:
        raise _double_headers(spec, match, differing)
    if match.is_carried:
        _keep_one_of_each(db, spec, sheet)
    db.execute(
        f"insert into staging.ledger select {quote(spec.id)}, ?, ?, ?, ?, count(*), 0, 0 from raw.{spec.id} "
        "where _file = ? and _sheet = ?",
        [sheet.relative, sheet.sha256, sheet.name, match.header_line, sheet.relative, sheet.name],
    )


def _keep_one_of_each(db: Database, spec: SourceSpec, sheet: Sheet) -> None:
    """Of the rows that a file of another source repeats word for word (a legal unit beside each of its establishments), keep the first."""
    columns = ", ".join([*(column.name for column in spec.columns), "_problem"])
    db.execute(
        f"delete from raw.{spec.id} where _file = {quote(sheet.relative)} and _sheet = {quote(sheet.name)} and _line not in "
        f"(select min(_line) from raw.{spec.id} where _file = {quote(sheet.relative)} and _sheet = {quote(sheet.name)} "
        f"group by {columns})"
    )


def _double_headers(
    spec: SourceSpec, match: Match, differing: list[tuple[str, int, int, int]]
) -> ObservatoryError:
    def text(position: int) -> str:
        return f"« {match.texts[position]} » (colonne {column_letter(position)})"

    details = [
        ObservatoryError("E222", f"Deux colonnes pour « {name} » : {text(first)} et {text(second)}",
                         f"{place(match.sheet)}, ligne {match.header_line} ; elles diffèrent dès la ligne {line}",
                         f"Renommez ou retirez l’une des deux dans le fichier, ou écartez-en une dans {PLACE} : « ess repair » donne les lignes.")
        for name, first, second, line in differing
    ]  # fmt: skip
    details[0].details = details[1:]
    return details[0]


def _refuse_problems(db: Database, spec: SourceSpec) -> None:
    """Send to the book the rows that cannot be read at all, with the footers; `raw.<source>` keeps them, marked."""
    found = set(
        db.rows(
            f"select distinct _problem from raw.{spec.id} where _problem is not null and _refusal is null"
        )
    )
    for code, (reason, fix) in _PROBLEMS.items():
        if (code,) not in found:
            continue
        db.execute(
            f"insert into staging.refused select {quote(spec.id)}, _file, _sheet, _line, _problem_column, _problem_value, "
            f"{quote(code)}, {quote(reason)}, {quote(fix)} from raw.{spec.id} where _problem = {quote(code)} "
            "and _refusal is null order by _file, _line"
        )
    if found:
        db.execute(f"update raw.{spec.id} set _refusal = _problem where _problem is not null")


def _refuse_postcodes(db: Database, spec: SourceSpec) -> None:
    """Raise E335 when a commune column holds postal codes.

    Many postal codes are also the code of another commune, so validity says nothing; but fewer than one commune code in
    ten is a postal code: a column where four distinct values in five are, is not one of communes. Overseas, two in three
    are: where no value is a postal code alone, and half of them are communes of the territory, they are let pass.
    """
    for column in spec.columns:
        if column.type != "commune":
            continue
        filled, postcodes, postal_alone, here = db.rows(
            "select count(*), count(*) filter (is_postal), count(*) filter (is_postal and not is_commune), count(*) filter (is_here) from (select "
            "code in (select code from rules.postcodes) as is_postal, code in (select code from rules.commune_code) as is_commune, "
            "code in (select code from rules.territory_commune) as is_here "
            f"from (select distinct {commune_code(column.name)} as code from raw.{spec.id} "
            f"where _refusal is null and {column.name} is not null))"
        )[0]
        are_communes = not postal_alone and here * 2 >= filled
        if filled >= _FEWEST_CODES and postcodes * 5 >= filled * 4 and not are_communes:
            files = ", ".join(
                row[0] for row in db.rows(f"select distinct _file from raw.{spec.id} order by 1")
            )
            raise ObservatoryError(
                "E335", f"La colonne « {column.shown} » contient des codes postaux, pas des codes commune",
                f"{files} ; {postcodes} valeurs distinctes sur {filled} sont des codes postaux",
                "Demandez le fichier avec le code Insee de la commune : un code postal peut couvrir plusieurs communes.",
            )  # fmt: skip


def stage(db: Database, spec: SourceSpec, sql: str) -> None:
    """Make `staging.<source>` from its SQL: the rows that say why they are refused, and those that repeat a key, go to the book; so
    does what the others say that must be noted (`note_*`).
    """
    judged = f"staging.{spec.id}_judged"
    db.execute(f"create or replace table {judged} as {sql}")
    _note(db, spec.id, judged)
    if not db.rows(f"select 1 from {judged} limit 1"):
        kept = ", ".join(f'"{name}"' for name in db.columns(judged) if name not in JUDGEMENT)
        db.execute(f"create or replace table staging.{spec.id} as select {kept} from {judged}")
        db.execute(f"drop table {judged}")
        return
    settle_keys(db, spec, judged)
    if "refusal_code" in db.columns(judged):
        _refuse(db, spec.id, judged)
        db.execute(f"delete from {judged} where refusal_code is not null")
        for name in JUDGEMENT:
            db.execute(f"alter table {judged} drop column {name}")
    db.execute(f"drop table if exists staging.{spec.id}")
    db.execute(f"alter table {judged} rename to {spec.id}")


def _note(db: Database, source: str, judged: str) -> None:
    """Take from the staged rows of a source what they note of themselves."""
    columns = db.columns(judged)
    if "note_code" not in columns:
        return
    kept = " and refusal_code is null" if "refusal_code" in columns else ""
    db.execute(
        f"insert into staging.note select {quote(source)}, _file, _sheet, _line, note_column, "
        f"left(cast(note_value as varchar), {SHOWN}), note_code, note_reason from {judged} "
        f"where note_code is not null{kept} order by _file, _sheet, _line"
    )
    for name in _NOTING:
        db.execute(f"alter table {judged} drop column {name}")


def _refuse(db: Database, source: str, judged: str) -> None:
    db.execute(
        f"insert into staging.refused select {quote(source)}, _file, _sheet, _line, refusal_column, "
        f"left(cast(refusal_value as varchar), {SHOWN}), refusal_code, refusal_reason, refusal_fix from {judged} "
        "where refusal_code is not null order by _file, _sheet, _line"
    )


def add_to_books(
    db: Database,
    refused: list[dict[str, Any]],
    ledger: list[dict[str, Any]],
    notes: list[dict[str, Any]] | None = None,
) -> None:
    """Add rows that another reader has already accounted for (the survey's)."""
    import pyarrow as pa

    for name, columns, rows in (
        ("refused", REFUSED_COLUMNS, refused),
        ("ledger", LEDGER_COLUMNS, ledger),
        ("note", REFUSED_COLUMNS[:-1], notes or []),
    ):
        if rows:
            table = pa.table({column: [row[column] for row in rows] for column in columns})
            db.put("staging._book", table)
            db.execute(f"insert into staging.{name} select * from staging._book")
            db.execute("drop table staging._book")


def close_ledger(db: Database) -> None:
    """Count refused rows by sheet, so that read = kept + refused holds line by line.

    Only for the sources read here (those whose raw table has one row a line): another reader closes its own lines.
    """
    ours = (
        "source in (select table_name from information_schema.columns "
        "where table_schema = 'raw' and column_name = '_line')"
    )
    db.execute(
        "update staging.ledger set rows_refused = (select count(distinct r.line) from staging.refused as r "
        f"where r.source = ledger.source and r.file = ledger.file and r.sheet = ledger.sheet) where {ours}"
    )
    db.execute(f"update staging.ledger set rows_kept = rows_read - rows_refused where {ours}")


def write_books(db: Database, folder: Path) -> None:
    """`refused`, `notes`, `corrections` and `ledger` as Parquet files under `folder`, in a fixed order."""
    folder.mkdir(parents=True, exist_ok=True)
    line = 'source, file, sheet, line, "column", code, value'
    books = {"refused": line, "note": line, "correction": "source, number", "ledger": "source, file, sheet"}
    for table, order in books.items():
        name = {"note": "notes", "correction": "corrections"}.get(table, table)
        db.execute(
            f"copy (select * from staging.{table} order by {order}) to {quote(str(folder / f'{name}.parquet'))} "
            "(format parquet, compression zstd)"
        )
