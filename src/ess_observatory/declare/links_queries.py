"""What declarations say of queries: the tables, columns and parameters that they name must be those that some SQL gives or reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from ess_observatory.declare.faults import Fault, advice, nearest
from ess_observatory.declare.links_rules import Context, unknown
from ess_observatory.declare.load import Entry
from ess_observatory.declare.models.measures import MeasureFile
from ess_observatory.declare.models.types import csv_rows
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.queries import (
    columns_near,
    mark_faults,
    queries,
    read_below,
    sql_text,
    tables_in,
    tables_named,
    words_in,
    words_of,
)
from ess_observatory.declare.reading import Document, name_of
from ess_observatory.engine.graph import OF_TERRITORY

#: What each row of a file carries with it.
_OWN = frozenset(("_file", "_sheet", "_line", "_sha256"))
#: Tables of `rules` that are no declared CSV.
_RULES = OF_TERRITORY | {
    f"rules.{name}" for name in ("edition", "edition_source", "perimeter_family", "table_parameter")
}
#: Columns of a table of cells, beside those that its query names.
_CELL = frozenset((
    "row_code", "row_label", "row_rank", "row_kind", "row_section", "row_parent", "column_code", "value", "text", "unit",
    "decimals", "numerator", "denominator", "base_n", "n_units", "top_share", "second_share", "top_unit", "obs_status",
    "ci_low", "ci_high", "flags", "low", "high",
))  # fmt: skip
#: Columns of the figures that are about to leave (`publication/figures.parquet`), and the one that their checks are given besides.
FIGURES = frozenset((
    "edition", "territory", "table_id", "figure_id", "row_code", "row_label", "column_code", "column_label", "value",
    "unit", "decimals", "obs_status", "conf_status", "numerator", "denominator", "base_n", "ci_low", "ci_high", "flags",
    "sources", "build", "low", "high", "share_pct",
))  # fmt: skip


def query_faults(context: Context) -> Iterator[Fault]:
    """Every name of a table, column or parameter that no SQL gives or reads."""
    loaded = context.loaded
    yield from mark_faults(loaded.pipelines, loaded.root)
    yield from _read_faults(context)
    for entry in loaded.entries("source"):
        yield from _source(context, entry)
    for entry in loaded.entries("measure"):
        yield from _measure(context, entry.document, entry.model)
    for entry in [*loaded.entries("example"), *loaded.entries("core_example")]:
        yield from _examples(context, entry)
    for entry in loaded.entries("expected"):
        yield from _expected(context, entry)
    for document, card in loaded.cards.values():
        yield from _parameters(context, document, card.parameters)
    for entry in loaded.entries("publication_checks"):
        for number, check in enumerate(entry.model.checks):
            yield from _columns(entry.document, ("checks", number, "arguments"), check.columns, FIGURES)
    for entry in loaded.entries("estimation"):
        known = _columns_of(context, entry.model.frame)
        for number, variable in enumerate(entry.model.variables):
            yield from _columns(entry.document, ("variables", number, "column"), [variable.column], known)


def _columns(
    document: Document,
    path: KeyPath,
    names: Iterable[str],
    known: Set[str],
    shown: Set[str] = frozenset(),
    code: str | None = None,
) -> Iterator[Fault]:
    """The columns that are not among the known ones (nothing is said when none is known); `shown`: those that are told."""
    for name in names if known else ():
        if name not in known:
            close = nearest(name, shown) or nearest(name, known)
            fix = (
                f"voulez-vous dire « {close} » ?"
                if close
                else advice(name, shown, "colonnes") or "corrigez son nom"
            )
            yield document.fault(path, f"colonne inconnue « {name} »", fix, code)


def _source(context: Context, entry: Entry) -> Iterator[Fault]:
    """Columns that a key, a check or a partition reads and that neither the file nor its query gives."""
    document, source = entry.document, entry.model
    columns = {column.name for column in source.columns}
    text = sql_text(document.path.parent / "staging.sql")
    known = columns | words_of(text) | _OWN
    if source.unpivot is not None:
        known |= {source.unpivot.into, *source.unpivot.measures}
    latest = source.repeated.latest if source.repeated else None
    named: list[tuple[KeyPath, str]] = [(("key", number), column) for number, column in enumerate(source.key)]
    for path, column in [*named, *([(("repeated", "latest"), latest)] if latest else [])]:
        yield from _columns(document, path, [column], known if text or columns else set(), columns, "E118")
    for number, check in enumerate(source.checks):
        own = check.table is None or check.table == f"staging.{entry.name}"
        names = known if own else _columns_of(context, check.table) | _OWN
        if own or names != _OWN:
            yield from _columns(
                document,
                ("checks", number, "arguments"),
                check.columns,
                names,
                columns if own else frozenset(),
            )
    if source.row_counts and source.row_counts.by and text:
        yield from _columns(document, ("row_counts", "by"), words_in(source.row_counts.by), known, columns)
    if source.diffusion_column:
        yield from _columns(document, ("diffusion_column",), [source.diffusion_column], known, columns)


def _measure(context: Context, document: Document, measure: MeasureFile) -> Iterator[Fault]:
    """The table, the columns and the dimensions that a measure is made of."""
    if measure.rows is None:
        return
    pipelines = context.loaded.pipelines
    made = _tables(context)
    if (
        measure.rows not in made
        and not measure.rows.startswith("core.survey_")
        and (close := nearest(measure.rows, made))
    ):
        yield document.fault(
            ("rows",), f"table inconnue « {measure.rows} »", f"voulez-vous dire « {close} » ?"
        )
    known = _columns_of(context, measure.rows)
    for key in ("value", "distinct", "unit_key", "units", "low", "high", "where", "mark"):
        if said := getattr(measure, key):
            yield from _columns(document, (key,), words_in(said), known)
    dimensions = {
        path.stem: words_of(sql_text(path)) for path in sorted((pipelines / "dimensions").glob("*.sql"))
    }
    members = frozenset[str]().union(*dimensions.values())
    for name, column in measure.by.items():
        if members and name not in members:
            yield document.fault(("by", name), "dimension inconnue", advice(name, dimensions, "dimensions"))
        yield from _columns(document, ("by", name), words_in(column), known)
    for name, condition in measure.closes.items():
        yield from _columns(document, ("closes", name), words_in(condition), known | members)


def _columns_of(context: Context, table: str) -> frozenset[str]:
    """The names among which the columns of a table are, looked for once; none when nothing tells them."""
    if table not in context.columns:
        context.columns[table] = _found(context, table)
    return context.columns[table]


def _found(context: Context, table: str) -> frozenset[str]:
    layer, _, name = table.partition(".")
    if layer == "rules":
        csvs = context.csvs
        return next(
            (
                frozenset(csvs[file].header)
                for f in ("", "nomenclatures/")
                if (file := f"rules/{f}{name}.csv") in csvs
            ),
            frozenset(),
        )
    source = context.loaded.sources.get(name.removesuffix("_typed")) if layer == "staging" else None
    declared = {column.name for column in source[1].columns} if source else set[str]()
    return columns_near(context.loaded.pipelines, table) | declared


def _tables(context: Context) -> frozenset[str]:
    """The tables that something makes: of `core`, a query or the survey; of `staging`, a source; of `rules`, a CSV or the edition."""
    pipelines = context.loaded.pipelines
    core = [path.stem for path in pipelines.glob("core/*.sql")] + [
        f"by_{p.stem}" for p in pipelines.glob("dimensions/*.sql")
    ]
    sources = [name + end for name in context.loaded.known("source") for end in ("", "_typed")]
    names = (
        [f"core.{n}" for n in core]
        + [f"staging.{n}" for n in sources]
        + [f"rules.{Path(n).stem}" for n in context.csvs]
    )
    return _RULES.union(names, (f"marts.{name}" for name in context.loaded.known("card")))


def _read_faults(context: Context) -> Iterator[Fault]:
    """Tables that a query reads and that nothing makes, but for one letter or two."""
    made = _tables(context)
    for path in queries(context.loaded.pipelines):
        for table in tables_in(path) - made:
            if close := nearest(table, made, 0.88):
                line = sql_text(path)[: sql_text(path).index(table)].count("\n") + 1
                what = f"table inconnue « {table} »"
                yield Fault(
                    name_of(path, context.loaded.root), line, what=what, fix=f"voulez-vous dire « {close} » ?"
                )


# --- worked examples


def _examples(context: Context, entry: Entry) -> Iterator[Fault]:
    """Tables and columns of an example that its query does not read, columns that it does not give."""
    loaded, document = context.loaded, entry.document
    query, told, codes = document.path.parent / "query.sql", [""], frozenset[str]()
    if document.path.parent.name == "core":
        query = document.path.with_name(f"{entry.name}.sql")
    elif entry.name in loaded.cards:
        card = loaded.cards[entry.name][1]
        codes = frozenset(column.code for column in card.columns)
        if card.rows is not None:
            query = loaded.pipelines / "dimensions" / f"{card.rows.dimension}.sql"
        used = {name for column in card.columns for name in column.made_of}
        told += [
            " ".join(map(str, e.model.written().values()))
            for e in loaded.entries("measure")
            if e.name in used
        ]
    if not query.is_file():
        return
    made = words_of(sql_text(query))
    seen = read_below(loaded.pipelines, tables_in(query).union(*map(tables_named, told)))
    words = made.union(*map(words_of, told), *(_columns_of(context, name) for name in seen))
    given = made | _CELL if codes else words | _CELL
    for number, example in enumerate(entry.model.example):
        for table, text in example.given.items():
            at: KeyPath = ("example", number, "given", table)
            if table not in seen:
                yield document.fault(
                    at, f"la requête ne lit pas la table « {table} »", advice(table, seen, "tables lues")
                )
                continue
            own = _columns_of(context, table)
            for name in (cell.partition(":")[0] for cell in csv_rows(text)[0]):
                if name in (own or words) or table.startswith("core.survey_"):
                    continue
                if close := nearest(name, own or words, 0.6 if own else 0.85):
                    yield document.fault(
                        at, f"colonne inconnue « {name} »", f"voulez-vous dire « {close} » ?"
                    )
        header, *rows = csv_rows(example.expected)
        at = ("example", number, "expected")
        yield from _columns(document, at, header, given, _CELL if codes else given)
        if codes and "column_code" in header:
            place = header.index("column_code")
            yield from _columns(document, at, dict.fromkeys(row[place] for row in rows if row), codes)


def _expected(context: Context, entry: Entry) -> Iterator[Fault]:
    """Columns and codes that the sample of a source cannot give."""
    document = entry.document
    columns = _columns_of(context, f"staging.{entry.name}")
    codes = context.loaded.one("codes")
    source = context.loaded.sources.get(entry.name)
    if source is not None and (unpivot := source[1].unpivot) is not None:
        columns |= {unpivot.into, *unpivot.measures, "measure", "value", "value_mark"}
    if entry.model.kept:
        yield from _columns(document, ("kept",), csv_rows(entry.model.kept)[0], columns and columns | _OWN)
    for key in ("refused", "notes"):
        if text := getattr(entry.model, key):
            header, *rows = csv_rows(text)
            yield from _columns(document, (key,), header, {"line", "code"})
            for row in (dict(zip(header, cells, strict=True)) for cells in rows if cells):
                if not row.get("line", "0").isdigit():
                    yield document.fault(
                        (key,),
                        f"« {row['line']} » n’est pas un numéro de ligne",
                        "écrivez le numéro de la ligne",
                    )
                if codes and row.get("code", "") not in codes.model.root:
                    yield document.fault(
                        (key,),
                        f"code de message inconnu « {row.get('code', '')} »",
                        "voyez pipelines/texts/codes.toml",
                    )


# --- parameters of a card


def _parameters(context: Context, document: Document, parameters: dict[str, object]) -> Iterator[Fault]:
    """Parameters that the query of a card does not read, or reads and that the card does not give; questions and sources in them."""
    text = sql_text(document.path.parent / "query.sql")
    read = set(re.findall(r"\bname\s*=\s*'(\w+)'", text)) if "rules.table_parameter" in text else set()
    for name, value in parameters.items():
        at = ("parameters", name)
        if name not in read:
            yield document.fault(
                at,
                "la requête du tableau ne lit pas ce paramètre",
                advice(name, read, "paramètres lus") or "retirez-le",
            )
        elif name.endswith("_question") and context.codebook is not None:
            yield from unknown(document, at, str(value), context.codebook.by_code, "nom de question")
        elif name.endswith("_source"):
            yield from unknown(document, at, str(value), context.loaded.known("source"), "nom de source")
    for name in sorted(read - parameters.keys()):
        if not nearest(name, parameters.keys() - read):
            yield document.fault(
                ("parameters",),
                f"paramètre absent « {name} », que la requête du tableau lit",
                "ajoutez-le à [parameters]",
            )
