"""What the text of a declared query says, without its engine: words, literals, tables, and the lines on top that tell how it is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ess_observatory.declare.faults import Fault, advice, nearest
from ess_observatory.declare.reading import name_of
from ess_observatory.words.decoding import decode

#: What the first lines of a query may tell of it (see `engine/graph.py`): `-- view`, `-- slices: layer.table.column`.
MARKS = ("grain", "view", "shared", "slices", "bounds")
_STARRED = re.compile(r"(?:select|,|\.)\s*\*", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:raw|rules|staging|core|marts)\.[a-z]\w*")
#: A table that is written from others than its own file.
_MADE_OF = {"core.perimeter_decision": frozenset({"core.perimeter_fact", "core.perimeter_test"})}
_OF_SQL = re.compile(
    "all|and|as|asc|between|bigint|boolean|by|case|cast|count|date|desc|distinct|double|else|end|exists|"
    "extract|false|from|group|having|in|inner|integer|interval|is|join|left|like|lower|max|min|not|null|"
    "nulls|on|or|order|over|partition|select|substr|sum|then|true|union|upper|varchar|when|where|with|"
    "year|coalesce|round|floor|month|day",
    re.IGNORECASE,
)


def sql_text(path: Path) -> str:
    """The text of a query, whatever editor saved it; nothing when it cannot be read."""
    try:
        known = path.stat()
        return _read(path, known.st_size, known.st_mtime_ns)
    except (OSError, UnicodeError, ValueError):
        return ""


@lru_cache(maxsize=512)
def _read(path: Path, _size: int, _modified: int) -> str:
    return decode(path.read_bytes())


@lru_cache(maxsize=512)
def _bare(text: str) -> str:
    """SQL without its comments."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)


@lru_cache(maxsize=512)
def words_of(sql: str) -> frozenset[str]:
    """The words of SQL, its columns among them; neither comments nor texts."""
    return frozenset(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"'[^']*'", " ", _bare(sql)).lower()))


def words_in(expression: str) -> list[str]:
    """The columns that an expression of SQL names, functions left out; none of one that holds a query."""
    if re.search(r"\bselect\b", expression, re.IGNORECASE):
        return []
    bare = re.sub(r"'[^']*'", " ", expression)
    return [
        word
        for word in dict.fromkeys(re.findall(r"\b[A-Za-z_]\w*\b(?!\s*\()", bare))
        if not _OF_SQL.fullmatch(word)
    ]


def literals_of(path: Path) -> frozenset[str]:
    """The texts that a query writes, the codes of its own rows among them."""
    return frozenset(
        text for text in re.findall(r"'([^'\n]*)'", _bare(sql_text(path))) if text and " " not in text
    )


def tables_in(path: Path) -> frozenset[str]:
    """The tables that a query reads: `layer.name`."""
    return tables_named(sql_text(path))


@lru_cache(maxsize=512)
def tables_named(sql: str) -> frozenset[str]:
    """The tables that SQL names: `layer.name`."""
    return frozenset(_TABLE.findall(_bare(sql)))


def query_of(pipelines: Path, table: str) -> Path:
    """The query that makes a table of `core` or `staging`, if any does."""
    layer, _, name = table.partition(".")
    return pipelines / (
        f"core/{name}.sql" if layer == "core" else f"sources/{name.removesuffix('_typed')}/staging.sql"
    )


def read_below(pipelines: Path, tables: Iterable[str]) -> frozenset[str]:
    """The tables, and all that the queries of those of `core` read, one below the other."""
    seen, front = set[str](), frozenset(tables)
    while front:
        seen |= front
        core = [name for name in front if name.startswith("core.")]
        read = [tables_in(query_of(pipelines, name)) | _MADE_OF.get(name, frozenset()) for name in core]
        front = frozenset[str]().union(*read) - seen
    return frozenset(seen)


def columns_near(pipelines: Path, table: str) -> frozenset[str]:
    """The names among which the columns of a table of `staging` or `core` are; those of what it reads, where it takes them all (`*`)."""
    found, seen, front = set[str](), set[str](), frozenset({table})
    while front:
        seen |= front
        texts = [
            sql_text(query_of(pipelines, name)) for name in front if name.startswith(("core.", "staging."))
        ]
        found |= frozenset[str]().union(*map(words_of, texts))
        front = (
            frozenset[str]().union(*(tables_named(text) for text in texts if _STARRED.search(_bare(text))))
            - seen
        )
    return frozenset(found)


def queries(pipelines: Path) -> list[Path]:
    """The files of SQL that make tables."""
    patterns = ("core/*.sql", "dimensions/*.sql", "tables/*/query.sql", "sources/*/staging.sql")
    return [path for pattern in patterns for path in sorted(pipelines.glob(pattern))]


def mark_faults(pipelines: Path, root: Path) -> Iterator[Fault]:
    """Lines on top of a query that are nearly one of those which tell how it is made, or that name what is not there."""
    for path in queries(pipelines):
        for number, line in enumerate(sql_text(path).splitlines(), 1):
            if not line.startswith("--"):
                break
            found = re.match(r"--\s*([A-Za-z]+)\s*(?:$|:)", line)
            if found is None:
                continue
            mark, file = found[1], name_of(path, root)
            told = line.partition(":")[2].strip()
            if mark not in MARKS or not line.startswith(f"-- {mark}"):
                if close := nearest(mark, MARKS):
                    yield Fault(
                        file,
                        number,
                        mark,
                        what="en-tête de requête inconnu",
                        fix=f"voulez-vous dire « -- {close} » ?",
                    )
            elif mark == "view" and told:
                yield Fault(
                    file,
                    number,
                    mark,
                    what="rien ne suit « -- view »",
                    fix="écrivez « -- view » seul sur sa ligne",
                )
            elif mark in ("slices", "bounds") and (fault := _target(pipelines, mark, told)):
                yield Fault(file, number, mark, told, *fault)


def _target(pipelines: Path, mark: str, told: str) -> tuple[str, str] | None:
    """(what, fix) of what a line `slices` or `bounds` names wrongly."""
    parts = told.split(".")
    if len(parts) != (3 if mark == "slices" else 2):
        return "ce n’est pas le nom attendu", "écrivez couche.table" + (
            ".colonne" if mark == "slices" else ""
        )
    layer, name = parts[:2]
    if mark == "bounds":  # a solver makes that table: someone reads it
        read = frozenset[str]().union(*map(tables_in, pipelines.rglob("*.sql")))
        return None if told in read else ("table que rien ne lit", advice(told, read, ""))
    known = {path.parent.name for path in pipelines.glob("sources/*/staging.sql")} if layer == "staging" else {
        path.stem for path in pipelines.glob("core/*.sql")}  # fmt: skip
    if name not in known:
        return f"table inconnue « {layer}.{name} »", advice(name, known, "")
    columns = columns_near(pipelines, f"{layer}.{name}")
    return (
        None if parts[2] in columns else (f"colonne inconnue « {parts[2]} »", advice(parts[2], columns, ""))
    )
