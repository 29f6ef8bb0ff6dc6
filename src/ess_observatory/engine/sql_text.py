"""Texts inside SQL, and what the SQL of the declarations may say: one query, on the tables of the layers, and nothing outside."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ess_observatory.engine.refusals import badly_written
from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    from sqlglot import exp

#: From the lowest layer to the highest; SQL may only read its own layer or lower ones.
LAYERS = ("raw", "rules", "staging", "core", "marts")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
#: Functions that tell of the machine rather than of the data; those that read files are tables, and refused as such.
_OF_THE_MACHINE = frozenset(
    ("getenv", "getvariable", "current_setting", "current_database", "current_user", "user", "session_user",
     "current_catalog", "current_schema", "current_schemas", "version", "which_secret", "write_log", "query", "query_table")
)  # fmt: skip


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_name(text: str, what: str, where: str) -> str:
    """A name that becomes that of a table or of a column. Raises E181 (exit 2) for one that is more than that."""
    if not _NAME.fullmatch(text):
        raise ObservatoryError(
            "E181",
            f"{what} ne peut pas être celui d’une table ou d’une colonne : {text[:60]!a}",
            where,
            "Écrivez des lettres sans accent, des chiffres et « _ », et commencez par une lettre.",
            Exit.USAGE,
        )
    return text


def read_query(sql: str, where: str) -> exp.Query:
    """The query that a declaration holds, parsed. The engine is locked as well (see `Database.lock`); this says it in plain words.

    Raises (exit 2) E401 (cannot be parsed), E402 (not one query alone), E403 (a table that is not of a layer), E407 (a statement
    or a function that reaches out of the tables).
    """
    import sqlglot
    from sqlglot import exp

    try:
        statements = statements_of(sql)
    except (sqlglot.ParseError, sqlglot.TokenError) as error:
        place = f"{where}, {badly_written(error)}"
        fix = "Vérifiez ce qui précède : mot mal écrit, virgule ou parenthèse oubliée."
        raise ObservatoryError("E401", "SQL mal formé", place, fix, Exit.USAGE) from error
    if len(statements) != 1:
        raise ObservatoryError(
            "E402", "Une requête, et une seule, par fichier SQL", where, "Séparez les requêtes.", Exit.USAGE
        )
    query = statements[0]
    writes, ctes, tables, functions = _parts(sql)
    if not isinstance(query, exp.Query) or writes:
        raise _reaching_out(f"« {sql.strip()[:60]} » n’est pas une simple lecture (« select »)", where)
    for table in tables:
        if isinstance(table.this, exp.Func):
            if not isinstance(table.this, exp.GenerateSeries):
                raise _reaching_out(f"Table rendue par une fonction : « {table.this.sql('duckdb')} »", where)
        elif (table.catalog or table.db not in LAYERS) and (table.db or table.name not in ctes):
            raise ObservatoryError(
                "E403",
                f"Table sans couche connue : « {table.sql()} »",
                where,
                f"Écrivez couche.table, avec une couche parmi {', '.join(LAYERS)}.",
                Exit.USAGE,
            )
    for function in functions:
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if name.lower() in _OF_THE_MACHINE or name.lower().startswith(("read_", "pragma_", "duckdb_", "pg_")):
            raise _reaching_out(f"Fonction « {name.lower()} »", where)
    return query


def tables_of(sql: str, where: str) -> tuple[exp.Table, ...]:
    """The tables that a query names, its own parts included, once for each mention. Raises what `read_query` raises."""
    read_query(sql, where)
    return _parts(sql)[2]


@lru_cache(maxsize=512)
def _parts(sql: str) -> tuple[tuple[Any, ...], frozenset[str], tuple[exp.Table, ...], tuple[exp.Func, ...]]:
    """What is looked at in a query, found in one walk: what writes, names of its parts, tables, functions."""
    from sqlglot import exp

    writing = (exp.DML, exp.DDL, exp.Command, exp.Copy, exp.Attach, exp.Pragma, exp.Set)
    writes, ctes, tables, functions = [], set(), [], []
    for node in statements_of(sql)[0].walk():
        if isinstance(node, writing):
            writes.append(node)
        if isinstance(node, exp.CTE):
            ctes.add(node.alias)
        elif isinstance(node, exp.Table):
            tables.append(node)
        elif isinstance(node, exp.Func):
            functions.append(node)
    return tuple(writes), frozenset(ctes), tuple(tables), tuple(functions)


@lru_cache(maxsize=512)
def statements_of(sql: str) -> tuple[Any, ...]:
    """The trees of the statements of a text; the same ones each time: whoever changes one takes a copy."""
    import sqlglot

    return tuple(s for s in sqlglot.parse(sql, dialect="duckdb") if s is not None)


def _reaching_out(what: str, where: str) -> ObservatoryError:
    return ObservatoryError(
        "E407",
        f"Requête qui sort des tables du projet. {what}",
        where,
        "Une requête lit les tables des couches, et rien d’autre : ni fichier, ni réglage, ni variable de la machine. "
        "Un fichier à lire est une source : déclarez-le dans pipelines/sources/.",
        Exit.USAGE,
    )
