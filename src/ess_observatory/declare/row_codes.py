"""Which rows a table can make, as far as its declaration tells: a row that a card, a chart or a text names must be one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ess_observatory.codebook.questions import Codebook
from ess_observatory.declare.faults import Fault, advice
from ess_observatory.declare.links_rules import Context
from ess_observatory.declare.models.cards import CardFile, CardTexts
from ess_observatory.declare.models.claims import Leader
from ess_observatory.declare.models.nomenclatures_csv import Csvs
from ess_observatory.declare.models.survey_blocks import (
    Choices,
    Cross,
    Crossing,
    Expression,
    Extended,
    Labels,
    Numbers,
)
from ess_observatory.declare.places import KeyPath
from ess_observatory.declare.queries import literals_of, query_of, read_below, tables_in
from ess_observatory.declare.reading import Document

#: Columns of a declared CSV whose cells may be codes of rows.
_CODES = ("code", "family", "rule_id", "naf", "a38", "a17", "a88", "section", "epci_code")
#: A literal that looks like a code, not like a label nor the nature of a row.
_CODE = re.compile(r"(?!(?:data|missing|subtotal|base)\Z)(?:[a-z0-9_][\w.+-]*|[A-Z0-9_]+)", re.ASCII)
_MANY = 400
#: Tables of `rules` that the territory or the perimeter makes → the CSVs where their codes come from.
_MADE = {
    "rules.territory_commune": ("rules/nomenclatures/communes.csv",),
    "rules.territory_level": tuple(f"rules/nomenclatures/{name}.csv" for name in ("epci", "departements", "regions")),
    "rules.perimeter_family": ("rules/ess_families.csv",),
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The codes that a table may give to its rows, how some of them begin, the official lists that the others may come from.

    `is_open`: only the files of the producers tell them all.
    """

    codes: frozenset[str]
    starts: tuple[str, ...] = ()
    listed: Callable[[], frozenset[str]] = frozenset
    is_open: bool = False

    def makes(self, row: str) -> bool:
        """Whether the declaration tells that such a row may come out."""
        return row in self.codes or self.comes_from_a_list(row)

    def comes_from_a_list(self, row: str) -> bool:
        """Whether a row is of an official list, or begins as a query says."""
        return row.startswith(self.starts) or not self.listed().isdisjoint((row, row.partition("_")[2]))

    def advice(self, row: str) -> str:
        """What to write in place of a row that is not made; lists of thousands are not gone through."""
        listed = self.listed()
        known = self.codes | (listed if len(listed) < _MANY else frozenset())
        return advice(row, {code for code in known if _CODE.fullmatch(code)}, "lignes")


@dataclass(frozen=True)
class RowQuery:
    """The query whose column holds the codes of the rows of a table."""

    path: Path
    column: str


def query_of_rows(document: Document, card: CardFile) -> RowQuery | None:
    """The query that makes the rows of a table: its own, or its dimension's; None for one that no SQL of the project makes."""
    if card.survey is not None or card.kind is not None:
        return None
    found = RowQuery(document.path.parent / "query.sql", "row_code")
    if card.rows is not None:
        found = RowQuery(document.path.parents[2] / "dimensions" / f"{card.rows.dimension}.sql", "code")
    return found if found.path.is_file() else None


def rows_of(document: Document, card: CardFile, context: Context) -> Rows:
    """The rows of a table."""
    if card.survey is not None:
        return _survey_rows(card, context.codebook)
    if card.kind is not None:
        entry = context.loaded.one("concepts")
        return Rows(
            frozenset(entry.model.concepts if entry else ()), is_open=card.kind == "checks" or entry is None
        )
    found = query_of_rows(document, card)
    if found is None:
        return Rows(frozenset(), is_open=True)
    query = found.path
    tables = tables_in(query)
    core = [name for name in read_below(context.loaded.pipelines, tables) if name.startswith("core.")]
    paths = (query, *(query_of(context.loaded.pipelines, name) for name in core))
    literals = frozenset[str]().union(*map(literals_of, paths))
    starts = tuple(text for text in literals if len(text) > 2 and text.endswith(("_", ".", ":")))
    listed = cache(partial(_listed, tables, context.csvs, context.loaded.pipelines))
    return Rows(literals, starts, listed, any(name.startswith("staging.") for name in tables))


def _listed(tables: frozenset[str], csvs: Csvs, pipelines: Path) -> frozenset[str]:
    """The codes of the official lists that a query reads, through the tables of `core` too, and those that these tables write."""
    read = read_below(pipelines, tables)
    lists = {file for name in read for file in _MADE.get(name, ())}
    lists |= {
        f"{folder}/{name.partition('.')[2]}.csv"
        for name in read
        for folder in ("rules", "rules/nomenclatures")
    }
    written = [literals_of(query_of(pipelines, name)) for name in read if name.startswith("core.")]
    return frozenset[str]().union(
        *written, *(csvs.listed(file, column) for file in lists for column in _CODES)
    )


def _survey_rows(card: CardFile, codebook: Codebook | None) -> Rows:
    """The rows of a table of the survey: those that it lists, or the choices of its questions and what closes them."""
    block, closing = card.survey, list(Labels.model_fields)
    if isinstance(block, (Numbers, Extended)):
        return Rows(frozenset(row.code for row in block.indicators))
    if codebook is None:
        return Rows(frozenset(), is_open=True)
    questions = codebook.by_code
    if isinstance(block, Choices):
        asked = {code: code for code in block.questions}
        asked |= {item.code or item.question: item.question for item in block.blocks}
        own = [(group.block or group.question, group.code) for group in block.groups]
        own += [(name, c.code) for name, q in asked.items() if q in questions for c in questions[q].choices]
        return Rows(
            frozenset(f"{name}.{code}" for name, code in [*own, *((n, c) for n in asked for c in closing)])
        )
    if isinstance(block, Cross):
        choices = questions[block.rows].choices if block.rows in questions else ()
        return Rows(frozenset((*(choice.code for choice in choices), *closing)))
    if isinstance(block, Expression):
        return Rows(frozenset(questions))
    if isinstance(block, Crossing):
        codes = [row.code for row in block.indicators]
        return Rows(
            frozenset(f"{code}.all" for code in codes), tuple(f"{c}.{by}." for c in codes for by in block.by)
        )
    return Rows(frozenset(), is_open=True)


def rows_by_table(context: Context) -> dict[str, Rows]:
    """Table → the rows that it can make."""
    return {name: rows_of(document, card, context) for name, (document, card) in context.loaded.cards.items()}


def named_rows(own: str, card: CardTexts) -> Iterator[tuple[KeyPath, str, str]]:
    """(path, table, row) of every row that a card names."""
    for path, cell in named_cells(card):
        if "/" in cell:
            table, _, rest = cell.rpartition(":")
            yield path, table or own, rest.rpartition("/")[0]
    if card.secrecy is not None and card.secrecy.history_row is not None:
        yield ("secrecy", "history_row"), own, card.secrecy.history_row
    for name, claim in card.claims.items():
        if isinstance(claim, Leader):
            for key in ("rows", "exclude", "unnamed"):
                yield from ((("claims", name, key, n), own, row) for n, row in enumerate(getattr(claim, key)))
    if card.chart is not None:
        for key in ("include", "exclude", "apart", "negative", "neutral", "positive", "highlight"):
            listed = getattr(card.chart, key)
            for number, row in enumerate(listed if isinstance(listed, list) else ()):
                yield ("chart", key, number), own, row


def named_cells(card: CardTexts) -> Iterator[tuple[KeyPath, str]]:
    """(path, cell) of every cell that a card names: `row/column`, `table:row/column`; a column alone is of each row."""
    for key in ("figures", "concepts"):
        yield from (((key, cell), cell) for cell in getattr(card, key))
    found: list[tuple[KeyPath, str | None]] = []
    for number, column in enumerate(card.columns):
        at: KeyPath = ("columns", number)
        found.append(((*at, "follows"), column.follows))
        if (terms := column.ratio) is not None:
            found += [((*at, "ratio", key), getattr(terms, key)) for key in ("numerator", "denominator")]
    if (spec := card.secrecy) is not None:
        for name, terms in spec.ratios.items():
            at = ("secrecy", "ratios", name)
            found += [(at, name), *((at, term) for term in (terms.numerator, terms.denominator))]
        for number, total in enumerate(spec.sums):
            at = ("secrecy", "sums", number)
            found += [
                ((*at, "whole"), total.whole),
                *(((*at, "parts", n), part) for n, part in enumerate(total.parts)),
            ]
        for number, pair in enumerate(spec.differences):
            at = ("secrecy", "differences", number)
            found += [((*at, "whole"), pair.whole), ((*at, "part"), pair.part)]
    for name, claim in card.claims.items():
        if not isinstance(claim, Leader):
            found += [(("claims", name, key), getattr(claim, key, None)) for key in ("cell", "than", "of")]
    yield from ((path, cell) for path, cell in found if cell is not None)


def named_row_faults(context: Context, made: dict[str, Rows]) -> Iterator[Fault]:
    """Rows that cards name and that their tables do not make; a table whose rows only its files tell is looked at when it is built."""
    for name, (document, card) in context.loaded.cards.items():
        for path, table, row in named_rows(name, card):
            rows = made.get(table)
            if rows is None or rows.makes(row) or (rows.is_open and not rows.codes):
                continue
            fix = rows.advice(row)
            if not rows.is_open or fix.startswith("voulez-vous"):
                what = f"nom de ligne « {row} » inconnu"
                yield document.fault(path, what, fix or "écrivez le code d’une de ses lignes")
