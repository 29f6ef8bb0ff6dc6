"""From text to typed columns, in SQL, for every declared type: a value that cannot be read is refused, with its reason.

Each type gives the text it looks at, the conditions under which it refuses (in order), the typed value and what must be
noted. Nothing is guessed: `40.817` can be 40 817 or 40,817 and is refused (E312).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ess_observatory.project import ColumnSpec, SourceSpec
from ess_observatory.read import identifiers, numbers
from ess_observatory.read.sql import Cast, Note, Refusal, quote

__all__ = ["Cast", "Refusal", "Typing", "cast_of", "quote", "typing_of"]

#: What follows the lines of a raw table everywhere.
KEYS = ("_file", "_sha256", "_sheet", "_line")
#: Longest value shown in the books.
SHOWN = 300


@dataclass(frozen=True)
class Typing:
    """SQL that types `raw.<source>`, and the notes that its `_notes` numbers stand for: (column, note), from 1."""

    sql: str
    notes: tuple[tuple[ColumnSpec, Note], ...]


def cast_of(column: ColumnSpec, text: str) -> Cast:
    """The cast of a column, given the SQL of its clean text."""
    makers: dict[str, Callable[[str], Cast]] = {
        "text": Cast,
        "integer": lambda t: numbers.number(t, whole=True),
        "decimal": lambda t: numbers.number(t, whole=False),
        "siret": identifiers.siret,
        "siren": identifiers.siren,
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
        present = f"t.{self.spec.name} is not null"
        return f"{present} and {self.mark} is null" if self.mark else present

    def selects(self) -> list[tuple[str, str]]:
        value = self.named(self.cast.value)
        if not self.mark:
            return [(self.spec.name, value)]
        return [
            (self.spec.name, f"case when {self.mark} is not null then null else {value} end"),
            (f"{self.spec.name}_mark", self.mark),
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


def typing_of(spec: SourceSpec) -> Typing:
    """SQL that types every row of `raw.<source>` and says, for the first value that fails, why (`refusal_*`).

    Numeric columns of a source with declared marks get a companion `<name>_mark` that keeps the meaning of a sign such
    as `s` (secret). `_notes` lists the numbers of the notes that apply, `_flags` the flags of the row as text.
    """
    columns = [_column(column, spec) for column in spec.columns]
    selects = [pair for column in columns for pair in column.selects()]
    whens = [(column, refusal) for column in columns for refusal in column.refusals()]
    notes = [(column, note) for column in columns for note in column.cast.notes]
    number = "null"
    if whens:
        number = (
            "case " + " ".join(f"when {r.condition} then {i}" for i, (_, r) in enumerate(whens, 1)) + " end"
        )
    noted = ", ".join(
        f"case when {column.guard} and {column.named(note.condition)} then {i} end"
        for i, (column, note) in enumerate(notes, 1)
    )

    def pick(texts: list[str]) -> str:
        return f"[{', '.join(texts)}][refusal_no]" if texts else "cast(null as varchar)"

    values = " ".join(
        f"when {i} then left(text_of.{column.spec.name}, {SHOWN})" for i, (column, _) in enumerate(whens, 1)
    )
    picked = {
        "refusal_column": pick([quote(column.spec.headers[0]) for column, _ in whens]),
        "refusal_value": f"case refusal_no {values} end" if whens else "cast(null as varchar)",
        "refusal_code": pick([quote(r.code) for _, r in whens]),
        "refusal_reason": pick([quote(r.reason) for _, r in whens]),
        "refusal_fix": pick([quote(r.fix) for _, r in whens]),
    }
    joins = "".join(
        f" left join rules.commune_projection as {c.spec.name}__found "
        f"on {c.spec.name}__found.code = t.{c.spec.name}__{c.cast.lookup}"
        for c in columns
        if c.cast.lookup
    )
    as_read = "struct_pack(" + ", ".join(f"{c.spec.name} := t.{c.spec.name}" for c in columns) + ")"
    source = f"select {', '.join(['*', *_marks(columns)])} from raw.{spec.id} as t"
    for position in range(max((len(c.cast.steps) for c in columns), default=0)):
        added = [expression for column in columns for expression in column.step(position)]
        source = f"select *, {', '.join(added)} from ({source}) as t"
    flags = "[" + ", ".join(quote(note.flag) for _, note in notes) + "]"
    from_notes = f"list_transform(_notes, lambda n: ({flags})[n])" if notes else "cast([] as varchar[])"
    from_row = "string_split(coalesce(_row_flags, ''), ',')"
    all_flags = (
        f"list_sort(list_distinct(list_filter(list_concat({from_notes}, {from_row}), lambda f: f <> '')))"
    )
    keys = ", ".join(KEYS)
    sql = (
        f"with typed as (select {', '.join(f'{sql} as {name}' for name, sql in selects)}, {number} as refusal_no, "
        f"list_filter(cast([{noted}] as integer[]), lambda n: n is not null) as _notes, t._flags as _row_flags, "
        f"{as_read} as text_of, {', '.join(f't.{key}' for key in KEYS)} from ({source}) as t{joins}) "
        f"select {', '.join(name for name, _ in selects)}, {', '.join(f'{sql} as {name}' for name, sql in picked.items())}, "
        f"{keys}, nullif(array_to_string({all_flags}, ','), '') as _flags, _notes, text_of as _text "
        f"from typed order by _file, _sheet, _line"
    )
    return Typing(sql, tuple((column.spec, note) for column, note in notes))


def empty_typed(spec: SourceSpec) -> str:
    """SQL of the columns that `typing_of` gives, for a source without any file (its query would be compiled for nothing)."""
    types = {"integer": "bigint", "decimal": "double", "date": "date"}
    columns = []
    for column in (_column(c, spec) for c in spec.columns):
        columns.append(f"{column.spec.name} {types.get(column.spec.type, 'varchar')}")
        columns += [f"{column.spec.name}_mark varchar"] if column.mark else []
    keys = [f"{key} {'bigint' if key == '_line' else 'varchar'}" for key in KEYS]
    return ", ".join([*columns, *keys, "_flags varchar"])


def _column(column: ColumnSpec, spec: SourceSpec) -> _Column:
    mark = None
    if column.type in ("integer", "decimal") and spec.missing:
        marks = (
            "map {" + ", ".join(f"{quote(k.casefold())}: {quote(v)}" for k, v in spec.missing.items()) + "}"
        )
        mark = f"{marks}[lower(coalesce(t.{column.name}, ''))]"
    return _Column(column, cast_of(column, f"t.{column.name}"), mark)


def _marks(columns: list[_Column]) -> list[str]:
    return [f"{column.mark_sql} as {column.mark}" for column in columns if column.mark]
