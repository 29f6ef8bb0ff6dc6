"""A wide table made long: one row a line of the file, a code (an activity, a year…) and a measure that the cell gives.

`raw.<source>` stays as the file is. What a cell leaves empty gives no row; a value that cannot be read refuses its own row only,
under the header of its cell.
"""

from __future__ import annotations

from dataclasses import replace

from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec, Unpivot
from ess_observatory.engine.sql_text import quote
from ess_observatory.read.cast import KEYS, typed_columns, typing_of
from ess_observatory.read.keys import JUDGEMENT


def line_spec(spec: SourceSpec) -> SourceSpec:
    """What a line of the file holds once: the source without its wide columns."""
    wide = set(spec.unpivot.columns.values()) if spec.unpivot else set()
    return replace(spec, columns=tuple(column for column in spec.columns if column.name not in wide))


def row_columns(spec: SourceSpec) -> list[tuple[str, str]]:
    """The columns of `row_sql` but for keys and flags, and their types."""
    if spec.unpivot is None:
        return typed_columns(spec)
    cells = typed_columns(_cells(spec, spec.unpivot))
    return [*typed_columns(line_spec(spec)), *cells, *((name, "varchar") for name in JUDGEMENT)]


def row_sql(spec: SourceSpec, lines: str) -> str:
    """SQL of the rows of a source, from the SQL of its lines that nothing refuses: these, or the long rows of a wide table with
    what refuses each.

    `lines` gives every declared column, keys and flags; the wide columns are still text there.
    """
    unpivot = spec.unpivot
    if unpivot is None:
        return lines
    kept = ", ".join(name for name, _ in typed_columns(line_spec(spec)))
    cells = ", ".join(
        f"{{'{unpivot.into}': {quote(code)}, 'measure': {quote(measure)}, 'value': {name}}}"
        for (measure, code), name in unpivot.columns.items()
    )
    rows = (
        f"select {kept}, c.*, {', '.join(KEYS)}, _flags from (select *, unnest([{cells}]) as c from ({lines})) "
        "where c.value is not null"
    )
    passed = tuple(ColumnSpec(name, (name,), "text", False) for name, _ in typed_columns(line_spec(spec)))
    cell = _cells(spec, unpivot)
    typed = typing_of(replace(cell, columns=(*passed, *cell.columns)), table=f"({rows})").sql
    headers = " ".join(
        f"when {quote(measure)} then {quote(text)}" for measure, text in unpivot.measures.items()
    )
    renamed = " ".join(f"when {quote(code)} then {quote(value)}" for code, value in unpivot.values.items())
    value = f"case {unpivot.into} {renamed} else {unpivot.into} end" if renamed else unpivot.into
    return (
        f"select * exclude (_notes, _text, refusal_no) replace ({value} as {unpivot.into}, case when refusal_code is not null "
        f"then replace(case measure {headers} end, '{{}}', {unpivot.into}) end as refusal_column) from ({typed})"
    )


def _cells(spec: SourceSpec, unpivot: Unpivot) -> SourceSpec:
    """What a cell of the wide columns gives: its code, its measure, its value."""
    columns = (
        ColumnSpec(unpivot.into, (unpivot.into,), "text", False),
        ColumnSpec("measure", ("measure",), "text", False),
        ColumnSpec("value", ("value",), unpivot.type, False),
    )
    return replace(spec, columns=columns)
