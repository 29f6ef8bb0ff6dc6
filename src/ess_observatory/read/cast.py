"""From text to typed columns, in SQL, for every declared type: a value that cannot be read is refused, with its reason.

Each type gives the text it looks at, the conditions under which it refuses (in order), the typed value and what must be
noted. Nothing is guessed: `40.817` can be 40 817 or 40,817 and is refused (E312).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.sql_text import quote
from ess_observatory.read import identifiers, numbers
from ess_observatory.read.communes import communes_of
from ess_observatory.read.sql import PLAIN, Cast, Note, Refusal

__all__ = ["Cast", "Refusal", "Typing", "cast_of", "quote", "typing_of"]

#: What follows the lines of a raw table everywhere.
KEYS = ("_file", "_sha256", "_sheet", "_line")
#: Longest value shown in the books.
SHOWN = 300


@dataclass(frozen=True)
class Typing:
    """SQL that types `raw.<source>`, and the notes that its `_notes` numbers stand for: (column, note), from 1.

    `rows` gives every row, with the number of what refuses it; `refusal` what that number says (`refusal_column`, `_value`, `_code`…),
    for each row of `rows`; `kept` the typed columns, keys and flags of the rows that nothing refuses.
    """

    rows: str
    flags: str
    refusal: str
    kept: str
    notes: tuple[tuple[ColumnSpec, Note], ...]

    @property
    def sql(self) -> str:
        """Every row: typed columns, keys, flags, and what refuses it."""
        return f"select {self.flags}, _notes, _text, refusal_no, {self.refusal} from ({self.rows})"


def cast_of(column: ColumnSpec, text: str) -> Cast:
    """The cast of a column, given the SQL of its clean text."""
    makers: dict[str, Callable[[str], Cast]] = {
        "text": lambda t: (
            identifiers.code(t, column.widths, column.width_by and f"t.{column.width_by}")
            if column.widths
            else Cast(t)
        ),
        "integer": lambda t: numbers.number(t, whole=True),
        "decimal": lambda t: numbers.number(t, whole=False),
        "siret": lambda t: identifiers.siret(t, column.is_official),
        "siren": lambda t: identifiers.siren(t, column.is_official),
        "commune": lambda t: identifiers.commune(t, column.allow),
        "naf": lambda t: identifiers.naf(t, column.nomenclature),
        "legal_category": identifiers.legal_category,
        "date": numbers.date,
        "postcode": identifiers.postcode,
    }
    return makers[column.type](text)


@dataclass
class _Column:
    """A column on its way: its SQL pieces, with the looked-up row named."""

    spec: ColumnSpec
    cast: Cast
    mark_sql: str | None

    @property
    def mark(self) -> str | None:
        return f"{self.spec.name}__mark" if self.mark_sql else None

    @property
    def mark_name(self) -> str:
        """The column that says why there is no value."""
        return f"{self.spec.name}_mark"

    def named(self, sql: str) -> str:
        for step, _ in self.cast.steps:
            sql = sql.replace(f"{{{step}}}", f"{self.spec.name}__{step}")
        return sql.replace("{found}", f"{self.spec.name}__found")

    def step(self, position: int) -> list[str]:
        """The expression of one step, when there is one."""
        steps = self.cast.steps[position : position + 1]
        return [f"{self.named(sql)} as {self.spec.name}__{step}" for step, sql in steps]

    @property
    def guard(self) -> str:
        """Whether there is a value to look at."""
        guards = [f"t.{self.spec.name} is not null"]
        guards += [f"{self.mark} is null"] if self.mark else []
        guards += [f"not coalesce({self.spec.name}__plain, false)"] if PLAIN in dict(self.cast.steps) else []
        return " and ".join(guards)

    def selects(self) -> list[tuple[str, str]]:
        value = self.named(self.cast.value)
        if not self.mark:
            return [(self.spec.name, value)]
        return [
            (self.spec.name, f"case when {self.mark} is not null then null else {value} end"),
            (self.mark_name, self.mark),
        ]

    def refusals(self) -> list[Refusal]:
        found = []
        if self.spec.required:
            found.append(
                Refusal(
                    f"t.{self.spec.name} is null",
                    "E301",
                    "valeur obligatoire absente",
                    "Complétez la cellule.",
                )
            )
        for r in self.cast.refusals:
            condition = f"{self.guard} and coalesce({self.named(r.condition)}, false)"
            found.append(Refusal(condition, r.code, r.reason, r.fix))
        return found


def looks(spec: SourceSpec, only: str) -> tuple[list[str], str]:
    """The columns of which a look tells whether they hold plain values alone, and SQL of that look at `raw.<source>`: for each,
    whether it holds a value that is not. `typing_of` reads the others at a fraction of the cost.
    """
    columns = [column for column in (_column(c, spec) for c in spec.columns) if column.cast.if_plain]
    found = []
    for column in columns:
        plain = dict(column.cast.steps)[PLAIN]
        unsigned = f" and {column.mark_sql} is null" if column.mark_sql else ""
        found.append(f"bool_or(t.{column.spec.name} is not null{unsigned} and not coalesce({plain}, false))")
    return [
        column.spec.name for column in columns
    ], f"select {', '.join(found)} from raw.{spec.id} as t {only}"


def typing_of(
    spec: SourceSpec, only: str = "", table: str | None = None, plain: Collection[str] = ()
) -> Typing:
    """SQL that types every row of `raw.<source>` and says, for the first value that fails, why (`refusal_*`).

    `only` is a condition (`where …`) on the raw rows; `table` other rows of the same columns than those of `raw.<source>`; `plain`
    the columns that hold plain values alone (see `looks`).

    Numeric columns of a source with declared marks get a companion `<name>_mark` that keeps the meaning of a sign such
    as `s` (secret). `_notes` lists the numbers of the notes that apply, `_flags` the flags of the row as text.
    """
    columns = [_column(column, spec, column.name in plain) for column in spec.columns]
    values = [f"{sql} as {name}" for column in columns for name, sql in column.selects()]
    names = [name for column in columns for name, _ in column.selects()]
    whens = [(column, refusal) for column in columns for refusal in column.refusals()]
    notes = [(column, note) for column in columns for note in column.cast.notes]
    number = "cast(null as integer)"
    if whens:
        number = f"case {' '.join(f'when {r.condition} then {i}' for i, (_, r) in enumerate(whens, 1))} end"
    as_read = "struct_pack(" + ", ".join(f"{c.spec.name} := t.{c.spec.name}" for c in columns) + ") as _text"
    keys = [f"t.{key}" for key in KEYS]
    row = f"{', '.join([*values, *keys])}, t._flags as _row_flags, {_notes(notes)} as _notes"
    flags = f"{', '.join([*names, *KEYS])}, {_flags(notes)} as _flags"
    every = f"select {row}, {number} as refusal_no, {as_read} from {_source(spec.id, table or f'raw.{spec.id}', columns, only)}"
    kept = (
        f"select {row} from {_source(spec.id, table or f'raw.{spec.id}', columns, 'where _refusal is null')}"
    )
    return Typing(
        every,
        flags,
        ", ".join(_refusal_columns(whens)),
        f"select {flags} from ({kept})",
        tuple((column.spec, note) for column, note in notes),
    )


def _source(source: str, table: str, columns: list[_Column], where: str) -> str:
    """SQL of the raw rows of a source as `t`, with the steps of every column and the rows that they look up."""
    marks = [f"{column.mark_sql} as {column.mark}" for column in columns if column.mark]
    rows = f"select {', '.join(['*', *marks])} from {table} as t {where}"
    for position in range(max((len(c.cast.steps) for c in columns), default=0)):
        added = [expression for column in columns for expression in column.step(position)]
        rows = f"select *, {', '.join(added)} from ({rows}) as t"
    joins = "".join(
        f" left join {communes_of(source)} as {c.spec.name}__found "
        f"on {c.spec.name}__found.code = t.{c.spec.name}__{c.cast.lookup}"
        for c in columns
        if c.cast.lookup
    )
    return f"({rows}) as t{joins}"


def _refusal_columns(whens: list[tuple[_Column, Refusal]]) -> list[str]:
    """SQL of what a refusal says, from its number."""
    texts = {
        "refusal_column": [quote(column.spec.shown) for column, _ in whens],
        "refusal_value": [f"left(_text.{column.spec.name}, {SHOWN})" for column, _ in whens],
        "refusal_code": [quote(r.code) for _, r in whens],
        "refusal_reason": [quote(r.reason) for _, r in whens],
        "refusal_fix": [quote(r.fix) for _, r in whens],
    }
    if not whens:
        return [f"cast(null as varchar) as {name}" for name in texts]
    return [
        f"case refusal_no {' '.join(f'when {i} then {sql}' for i, sql in enumerate(sqls, 1))} end as {name}"
        for name, sqls in texts.items()
    ]


def _notes(notes: list[tuple[_Column, Note]]) -> str:
    """SQL of the numbers of the notes that apply to a row."""
    if not notes:
        return "cast([] as integer[])"
    conditions = [f"{column.guard} and {column.named(note.condition)}" for column, note in notes]
    numbers = ", ".join(f"case when {condition} then {i} end" for i, condition in enumerate(conditions, 1))
    return (
        f"case when {' or '.join(f'({condition})' for condition in conditions)} "
        f"then list_filter([{numbers}], lambda n: n is not null) else cast([] as integer[]) end"
    )


def _flags(notes: list[tuple[_Column, Note]]) -> str:
    """SQL of the flags of a row: those of its notes and its own."""
    words = "[" + ", ".join(quote(note.flag) for _, note in notes) + "]"
    of_notes = f"list_transform(_notes, lambda n: ({words})[n])" if notes else "cast([] as varchar[])"
    own = "list_filter(string_split(coalesce(_row_flags, ''), ','), lambda f: f <> '')"
    every = f"array_to_string(list_sort(list_distinct(list_concat({of_notes}, {own}))), ',')"
    return f"case when len(_notes) > 0 or _row_flags is not null then nullif({every}, '') end"


def typed_columns(spec: SourceSpec) -> list[tuple[str, str]]:
    """The columns that `typing_of` makes of those declared, and their types."""
    types = {"integer": "bigint", "decimal": "double", "date": "date"}
    columns = []
    for column in (_column(c, spec) for c in spec.columns):
        columns.append((column.spec.name, types.get(column.spec.type, "varchar")))
        columns += [(column.mark_name, "varchar")] if column.mark else []
    return columns


def empty_typed(columns: list[tuple[str, str]]) -> str:
    """SQL of typed columns, keys and flags, for a source without any file (its query would be compiled for nothing)."""
    keys = [(key, "bigint" if key == "_line" else "varchar") for key in KEYS]
    return ", ".join(f"{name} {kind}" for name, kind in [*columns, *keys, ("_flags", "varchar")])


def _column(column: ColumnSpec, spec: SourceSpec, is_plain: bool = False) -> _Column:
    mark = None
    if column.type in ("integer", "decimal") and spec.missing:
        marks = (
            "map {" + ", ".join(f"{quote(k.casefold())}: {quote(v)}" for k, v in spec.missing.items()) + "}"
        )
        mark = f"{marks}[lower(coalesce(t.{column.name}, ''))]"
    cast = cast_of(column, f"t.{column.name}")
    return _Column(column, Cast(cast.if_plain) if is_plain and cast.if_plain else cast, mark)
