"""Respondents' trust: who agreed to be named, and the purge of what says who answered."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.engine.database import Database
from ess_observatory.engine.lock import locked
from ess_observatory.engine.outputs import DECISIONS
from ess_observatory.engine.paths import make_private
from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    from ess_observatory.codebook.questions import Codebook
    from ess_observatory.engine.outputs import Outputs

#: Columns that say who a respondent is, in any table with one row a respondent.
_IDENTIFYING = ("siret", "siren", "name")
_REFUSED = "refused.parquet"
#: Books of all sources and establishments: cleaned of the survey's identity, never removed.
_BOOKS = (_REFUSED, "ledger.parquet", DECISIONS)
_ERASED = "(effacé)"
#: Shorter words would be found everywhere.
_SHORTEST = 4


def consenting(db: Database) -> list[str]:
    """Identifiers of the respondents who agreed to be named, in order. Nobody else may ever be named."""
    return [
        row[0]
        for row in db.rows(
            "select c.respondent_id from core.survey_choice as c inner join rules.survey_consent as s "
            "on s.question_code = c.question_code and s.choice_code = c.choice_code "
            "where c.is_chosen order by c.respondent_id"
        )
    ]


def citable_names(db: Database) -> dict[str, str]:
    """Names (the first text question of identity) of the respondents who agreed to be named, by identifier."""
    rows = db.rows(
        "select i.respondent_id, i.value_text from core.survey_identity as i "
        "inner join rules.survey_question as q on q.question_code = i.question_code "
        "where i.question_type = 'text' and i.value_text is not null order by i.respondent_id, q.question_rank desc"
    )
    names: dict[str, str] = dict(rows)
    return {respondent: names[respondent] for respondent in consenting(db) if respondent in names}


@dataclass
class Purge:
    """What a purge removed; `files`: lists of the quality folder that named respondents."""

    answers: int = 0
    cells: int = 0
    respondents: int = 0
    refused: int = 0
    tables: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to remove."""
        return not (self.answers or self.cells or self.respondents or self.refused or self.files)


def purge(outputs: Outputs, codebook: Codebook, source_id: str) -> Purge:
    """Remove from a build what says who answered the survey, for good.

    Goes: answers of identity questions (raw, staging, core), identifiers of respondents, the values of refused
    identity cells, the lists of the quality folder that name respondents. The database is written anew, so that
    nothing is left in its free pages. The answers, the tables and the publication do not change; the files dropped
    in the raw folder are the analyst's to remove. Raises E131 when nothing is built, E150 during another build.
    """
    if not outputs.database.is_file():
        raise ObservatoryError(
            "E131",
            "Aucune base construite",
            str(outputs.database),
            "Lancez d’abord « ess run ».",
            Exit.MISSING,
        )
    identity = [question.code for question in codebook.questions if question.is_identity]
    done = Purge()
    with locked(outputs.base), tempfile.TemporaryDirectory(prefix=".purge-", dir=outputs.base) as scratch:
        fresh, clean = (Path(scratch) / f"{name}.duckdb" for name in ("fresh", "clean"))
        book = outputs.quality / _REFUSED
        with Database(fresh) as db:
            _copy(db, outputs.database)
            words = _purge_database(db, identity, source_id, done)
            if book.is_file():
                order = 'source, file, sheet, line, "column", code, value'
                db.execute(
                    f"copy (select * from staging.refused order by {order}) "
                    f"to '{_quoted(Path(scratch) / _REFUSED)}' (format parquet, compression zstd)"
                )
        with Database(clean) as db:
            _copy(db, fresh)
        if book.is_file():
            (Path(scratch) / _REFUSED).replace(book)
            make_private(book)
        for path in naming_files(outputs.quality, words):
            path.unlink()
            done.files.append(path.relative_to(outputs.base).as_posix())
        clean.replace(outputs.database)
    return done


def naming_files(folder: Path, words: set[str]) -> list[Path]:
    """The files of a folder, but the books, in which one of the words can be read (text, workbooks, Parquet)."""
    found = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file() and item.name not in _BOOKS):
        text = unescape(_readable(path))
        if any(word in text for word in words):
            found.append(path)
    return found


def _readable(path: Path) -> str:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return "\n".join(str(value) for column in pq.read_table(path).columns for value in column.to_pylist())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return path.read_bytes().decode("utf-8", "replace")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _copy(db: Database, source: Path) -> None:
    """Every table of a database file, in order, into this one."""
    db.execute(f"attach '{_quoted(source)}' as purged (read_only)")
    try:
        for schema, table in db.rows(
            "select schema_name, table_name from duckdb_tables() where database_name = 'purged' order by all"
        ):
            db.execute(f'create schema if not exists "{schema}"')
            db.execute(f'create table "{schema}"."{table}" as select * from purged."{schema}"."{table}"')
    finally:
        db.execute("detach purged")


def _purge_database(db: Database, identity: list[str], source_id: str, done: Purge) -> set[str]:
    """Purge the tables; returns the words that named respondents."""
    cells = f"raw.{source_id}"
    for name in (cells, "staging.survey_identity", "core.survey_identity"):
        if not db.exists(*name.split(".")):
            raise ObservatoryError(
                "E133",
                "Cette base ne contient pas l’enquête, ou vient d’une version antérieure.",
                name,
                "Relancez « ess run », puis la purge.",
                Exit.MISSING,
            )
    words = _words(db, cells, identity)
    done.answers = _count(db, "core.survey_identity")
    done.refused = _purge_refused(db, cells, identity, source_id)
    done.cells = db.rows(f"select count(*) from {cells} where list_contains(?, question_code)", [identity])[
        0
    ][0]
    db.execute(f"delete from {cells} where list_contains(?, question_code)", [identity])
    db.execute("delete from staging.survey_identity")
    db.execute("delete from core.survey_identity")
    done.respondents = db.rows("select count(siret) from core.survey_respondent")[0][0]
    for schema, table, column in db.rows(
        "select i.table_schema, i.table_name, i.column_name from information_schema.columns as i "
        "where list_contains(?, i.column_name) and i.table_schema in ('staging', 'core') and exists ("
        "select 1 from information_schema.columns as r where r.table_schema = i.table_schema "
        "and r.table_name = i.table_name and r.column_name in ('respondent_id', 'respondent_key')) order by all",
        [list(_IDENTIFYING)],
    ):
        db.execute(f'update "{schema}"."{table}" set "{column}" = null')
        done.tables.append(f"{schema}.{table}.{column}")
    return words


def _words(db: Database, cells: str, identity: list[str]) -> set[str]:
    """What named respondents: identity answers as they came and as they were read (but not a reason or a mark)."""
    rows = db.rows(
        f"select value from {cells} where list_contains(?, question_code) "
        "union select value_text from core.survey_identity union select siret from core.survey_respondent",
        [identity],
    )
    return {row[0] for row in rows if row[0] is not None and len(row[0]) >= _SHORTEST}


def _count(db: Database, name: str) -> int:
    return int(db.rows(f"select count(*) from {name}")[0][0])


def _purge_refused(db: Database, cells: str, identity: list[str], source_id: str) -> int:
    """Erase the values of refused identity cells, and the identifiers that name duplicates."""
    if not db.exists("staging", "refused"):
        return 0
    about = (
        "r.source = ? and r.value is not null and (r.code = 'doublon' or exists ("
        f'select 1 from {cells} as c where c.file = r.file and c.sheet = r.sheet and c."column" = r."column" '
        "and list_contains(?, c.question_code)))"
    )
    parameters = [source_id, identity]
    count = db.rows(f"select count(*) from staging.refused as r where {about}", parameters)[0][0]
    db.execute(
        "update staging.refused as r set reason = case when r.code = 'doublon' then r.reason else "
        f"replace(r.reason, r.value, '{_ERASED}') end, value = '{_ERASED}' where {about}",
        parameters,
    )
    return int(count)
