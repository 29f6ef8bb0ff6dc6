"""What a check means, in SQL: which rows it considers, which values it does not expect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Metric:
    """A metric asked for: `domain` says on what (column…), `value` how (bounds, set…)."""

    key: int
    name: str
    domain: dict[str, Any]
    value: dict[str, Any]

    def columns(self) -> list[str]:
        """The columns that it reads."""
        single = [self.domain[key] for key in ("column", "column_A", "column_B") if self.domain.get(key)]
        return single + list(self.domain.get("column_list") or [])


def condition(metric: Metric, kind: str, name: str) -> str:
    """SQL: this row is unexpected."""
    if kind == "column_values":
        c = name_of(metric.domain["column"])
        wrong = str(unexpected(name, metric.value, c))
        return wrong if name in ("nonnull", "null") else f"{c} is not null and ({wrong})"
    a, b = name_of(metric.domain["column_A"]), name_of(metric.domain["column_B"])
    sign = "=" if name == "equal" else ">=" if metric.value.get("or_equal") else ">"
    rows = rows_of(metric, kind)
    wrong = f"not coalesce({a} {sign} {b}, false)"
    return f"({rows}) and {wrong}" if rows else wrong


def rows_of(metric: Metric, kind: str) -> str:
    """SQL: the rows that a metric considers at all (empty: all of them)."""
    columns = [f"{name_of(column)} is null" for column in metric.columns()]
    if kind == "column_values":
        return f"not {columns[0]}"
    ignored = metric.domain.get("ignore_row_if", "neither")
    if ignored in ("both_values_are_missing", "all_values_are_missing"):
        return f"not ({' and '.join(columns)})"
    if ignored in ("either_value_is_missing", "any_value_is_missing"):
        return f"not ({' or '.join(columns)})"
    return ""


def unexpected(name: str, value: dict[str, Any], c: str) -> str | None:
    """SQL: this value, which is not null, is unexpected; None when the check is not known here."""
    if name == "nonnull":
        return f"{c} is null"
    if name == "null":
        return f"{c} is not null"
    if name in ("in_set", "not_in_set"):
        values = [v for v in value.get("value_set") or [] if v is not None]
        if not values:
            return "true" if name == "in_set" else "false"
        return f"{c} {'not ' if name == 'in_set' else ''}in ({', '.join(map(literal, values))})"
    if name == "match_regex":
        return f"not regexp_matches(cast({c} as varchar), {literal(value['regex'])})"
    if name == "not_match_regex":
        return f"regexp_matches(cast({c} as varchar), {literal(value['regex'])})"
    if name == "value_length.equals":
        return f"length({c}) <> {literal(value['value'])}"
    if name in ("between", "value_length.between"):
        measured = c if name == "between" else f"length({c})"
        bounds = []
        for sign, strict, bound in (("<", "strict_min", "min_value"), (">", "strict_max", "max_value")):
            if value.get(bound) is not None:
                bounds.append(f"{measured} {sign}{'=' if value.get(strict) else ''} {literal(value[bound])}")
        return " or ".join(bounds) or "false"
    return None


def hashed(metric: Metric) -> str:
    """SQL of a number that is the same for equal values (NULL for rows left out): cheap to count."""
    columns = ", ".join(map(name_of, metric.columns()))
    hashed = f"hash({columns})"
    if metric.name.startswith("column_values"):
        return f"case when {columns} is not null then {hashed} end"
    rows = rows_of(metric, "compound_columns")
    return f"case when {rows} then {hashed} end" if rows else hashed


def packed(metric: Metric) -> str:
    """SQL of the value that an example shows: the column, or all columns of the check together."""
    if metric.name.startswith("column_values"):
        return name_of(metric.domain["column"])
    return (
        f"struct_pack({', '.join(f'v{i} := {name_of(column)}' for i, column in enumerate(metric.columns()))})"
    )


def name_of(column: str) -> str:
    """SQL of a column's name."""
    return '"' + column.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """SQL of a declared value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    kind = "timestamp " if isinstance(value, dt.datetime) else "date " if isinstance(value, dt.date) else ""
    return kind + "'" + str(value).replace("'", "''") + "'"
