"""The metrics that Great Expectations asks for, computed by the engine: one scan for a whole suite.

Great Expectations stays the declaration and the judge; here is only the arithmetic. What is not known here is said by
`is_supported`, and goes to the library's own pandas engine instead.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ess_observatory.build.database import Database

#: How many examples of unexpected values a result holds (that of the library's BASIC format).
EXAMPLES = 20
_MAP = re.compile(
    r"^(column_values|column_pair_values|compound_columns)\.(.+)\.(unexpected_count|unexpected_values|filtered_row_count)$"
)
_AGGREGATES = {
    "table.row_count": "count(*)",
    "column.max": "max({c})",
    "column.min": "min({c})",
    "column.mean": "avg({c})",
    "column.sum": "coalesce(sum({c}), 0)",
    "column.median": "median({c})",
    "column.standard_deviation": "stddev_samp({c})",
    "column.distinct_values.count": "count(distinct {c})",
    "column.unique_proportion": "coalesce(count(distinct {c}) / nullif(count({c}), 0), 0)",
    "column.non_null_proportion": "coalesce(count({c}) / nullif(count(*), 0), 0)",
}
_OTHERS = {
    "table.columns",
    "table.column_count",
    "column.distinct_values",
    "column.distinct_values.not_in_set",
    "column.distinct_values.not_in_set.count",
    "unexpected_rows_query.table",
    "unexpected_rows_query.row_count",
}
_PAIRS = {"a_greater_than_b", "equal"}
#: Ways of a regular expression that the engine (RE2) does not have.
_NOT_RE2 = re.compile(r"\(\?(?![imsU:P-])|\(\?P=|\\[1-9]|[*+?}]\+")


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


def is_supported(metric: Metric) -> bool:
    """Whether the engine computes this metric exactly as the library would."""
    if metric.domain.get("row_condition"):
        return False
    if metric.name in _AGGREGATES or metric.name in _OTHERS:
        return True
    found = _MAP.match(metric.name)
    if not found:
        return False
    kind, name, _ = found.groups()
    if kind == "column_pair_values":
        return name in _PAIRS
    if kind == "compound_columns":
        return name == "unique"
    if name in ("match_regex", "not_match_regex") and _NOT_RE2.search(str(metric.value.get("regex"))):
        return False
    return name == "unique" or _unexpected(name, metric.value, "c") is not None


def compute(db: Database, relation: str, metrics: list[Metric]) -> dict[int, Any]:
    """The value of every metric on a relation, by key: the aggregates in one scan, then examples of what is wrong."""
    columns = db.columns(f"(select * from {relation})")
    found: dict[int, Any] = {}
    scanned: dict[int, str] = {}
    for metric in metrics:
        if (sql := _aggregate(metric)) is not None:
            scanned[metric.key] = sql
        elif metric.name == "table.columns":
            found[metric.key] = columns
        elif metric.name == "table.column_count":
            found[metric.key] = len(columns)
    expressions = list(dict.fromkeys(scanned.values()))
    if expressions:
        row = db.rows(f"select {', '.join(expressions)} from {relation}")[0]
        values = dict(zip(expressions, map(_plain, row), strict=True))
        found |= {key: values[sql] for key, sql in scanned.items()}
    examples: dict[str, list[Any]] = {}
    for metric in metrics:
        if metric.name.endswith(".unique.unexpected_count"):
            found[metric.key], examples[_signature(metric)] = _repeated(
                db, relation, metric, found[metric.key]
            )
    counts = {
        _signature(metric): found[metric.key]
        for metric in metrics
        if metric.name.endswith(".unexpected_count")
    }
    examples |= _examples(db, relation, metrics, counts, examples)
    for metric in metrics:
        if metric.key not in found:
            wanted = examples.get(_signature(metric)) if metric.name.endswith(".unexpected_values") else None
            found[metric.key] = _looked_up(db, relation, metric) if wanted is None else wanted
    return found


def _aggregate(metric: Metric) -> str | None:
    """SQL of a metric that the common scan gives, if it is one."""
    if metric.name in _AGGREGATES:
        return _AGGREGATES[metric.name].format(c=_name(metric.domain.get("column") or ""))
    if metric.name == "column.distinct_values.not_in_set.count":
        c = _name(metric.domain["column"])
        return f"count(distinct {c}) filter (where {_unexpected('in_set', metric.value, c)})"
    found = _MAP.match(metric.name)
    if not found:
        return None
    kind, name, what = found.groups()
    if what == "unexpected_values":
        return None
    rows = _rows_of(metric, kind)
    if what == "filtered_row_count":
        return f"count(*) filter (where {rows})" if rows else "count(*)"
    if name == "unique":
        return f"{'count(*)' if not rows else f'count(*) filter (where {rows})'} - count(distinct {_hash(metric)})"
    return f"count(*) filter (where {_condition(metric, kind, name)})"


def _repeated(db: Database, relation: str, metric: Metric, spared: int) -> tuple[int, list[Any]]:
    """Rows whose value is given more than once, and the first of these values.

    The scan counted distinct hashes: as many as values means no repetition at all, for certain. Otherwise the values
    themselves are grouped.
    """
    if spared == 0:
        return 0, []
    columns = metric.columns()
    names = ", ".join(map(_name, columns))
    rows = _rows_of(metric, metric.name.partition(".")[0])
    value = f"struct_pack({', '.join(f'v{i} := {_name(c)}' for i, c in enumerate(columns))}, n := n)"
    total, first = db.rows(
        f"select cast(coalesce(sum(n), 0) as bigint), min({value}, {EXAMPLES}) from (select {names}, count(*) as n "
        f"from {relation} {f'where {rows}' if rows else ''} group by {names} having count(*) > 1)"
    )[0]
    each = [
        _example(metric, [item[f"v{i}"] for i in range(len(columns))])
        for item in first or []
        for _ in range(item["n"])
    ]
    return int(total), each[:EXAMPLES]


def _examples(
    db: Database, relation: str, metrics: list[Metric], counts: dict[str, int], known: dict[str, list[Any]]
) -> dict[str, list[Any]]:
    """The first unexpected values of every check that does not hold, in one more scan for all of them."""
    wanted: dict[str, str] = {}
    found: dict[str, list[Any]] = {}
    about: dict[str, Metric] = {}
    for metric in metrics:
        signature = _signature(metric)
        if not metric.name.endswith(".unexpected_values") or signature in known:
            continue
        kind, _, rest = metric.name.partition(".")
        name = rest.removesuffix(".unexpected_values")
        if counts.get(signature) == 0:
            found[signature] = []
        elif name == "nonnull":
            found[signature] = [None] * min(counts.get(signature, EXAMPLES), EXAMPLES)
        else:
            packed = ", ".join(f"v{i} := {_name(column)}" for i, column in enumerate(metric.columns()))
            wanted[signature] = (
                f"min(struct_pack({packed}), {EXAMPLES}) filter (where {_condition(metric, kind, name)})"
            )
            about[signature] = metric
    if wanted:
        row = db.rows(f"select {', '.join(wanted.values())} from {relation}")[0]
        for (signature, metric), items in zip(about.items(), row, strict=True):
            found[signature] = [_example(metric, list(item.values())) for item in items or []]
    return found


def _example(metric: Metric, values: list[Any]) -> Any:
    """An unexpected value as the library shows it: alone, as a pair, or by column."""
    plain = [_plain(value) for value in values]
    if metric.name.startswith("column_values"):
        return plain[0]
    return (
        dict(zip(metric.columns(), plain, strict=True))
        if metric.name.startswith("compound")
        else tuple(plain)
    )


def _looked_up(db: Database, relation: str, metric: Metric) -> Any:
    """Sets of values and rows of a query: what no aggregate gives."""
    if metric.name.startswith("unexpected_rows_query."):
        query = str(metric.value["unexpected_rows_query"]).replace("{batch}", relation)
        if metric.name.endswith("row_count"):
            return db.rows(f"select count(*) from ({query})")[0][0]
        return [
            {k: _plain(v) for k, v in row.items()}
            for row in db.dicts(f"select * from ({query}) limit {EXAMPLES}")
        ]
    c = _name(metric.domain["column"])
    where = f"{c} is not null"
    if metric.name.endswith("not_in_set"):
        where = str(_unexpected("in_set", metric.value, c))
    limit = f"limit {metric.value['limit']}" if metric.value.get("limit") else ""
    values = [
        _plain(row[0])
        for row in db.rows(f"select distinct {c} from {relation} where {where} order by 1 {limit}")
    ]
    return values if metric.name.endswith("not_in_set") else set(values)


def _condition(metric: Metric, kind: str, name: str) -> str:
    """SQL: this row is unexpected."""
    if kind == "column_values":
        c = _name(metric.domain["column"])
        condition = _unexpected(name, metric.value, c)
        return str(condition) if name in ("nonnull", "null") else f"{c} is not null and ({condition})"
    a, b = _name(metric.domain["column_A"]), _name(metric.domain["column_B"])
    sign = "=" if name == "equal" else ">=" if metric.value.get("or_equal") else ">"
    rows = _rows_of(metric, kind)
    wrong = f"not coalesce({a} {sign} {b}, false)"
    return f"({rows}) and {wrong}" if rows else wrong


def _rows_of(metric: Metric, kind: str) -> str:
    """SQL: the rows that a metric considers at all (empty: all of them)."""
    columns = [f"{_name(column)} is null" for column in metric.columns()]
    if kind == "column_values":
        return f"not {columns[0]}"
    ignored = metric.domain.get("ignore_row_if", "neither")
    if ignored in ("both_values_are_missing", "all_values_are_missing"):
        return f"not ({' and '.join(columns)})"
    if ignored in ("either_value_is_missing", "any_value_is_missing"):
        return f"not ({' or '.join(columns)})"
    return ""


def _unexpected(name: str, value: dict[str, Any], c: str) -> str | None:
    """SQL: this value, which is not null, is unexpected; None when the check is not known here."""
    if name == "nonnull":
        return f"{c} is null"
    if name == "null":
        return f"{c} is not null"
    if name in ("in_set", "not_in_set"):
        values = [v for v in value.get("value_set") or [] if v is not None]
        if not values:
            return "true" if name == "in_set" else "false"
        return f"{c} {'not ' if name == 'in_set' else ''}in ({', '.join(map(_literal, values))})"
    if name == "match_regex":
        return f"not regexp_matches(cast({c} as varchar), {_literal(value['regex'])})"
    if name == "not_match_regex":
        return f"regexp_matches(cast({c} as varchar), {_literal(value['regex'])})"
    if name == "value_length.equals":
        return f"length({c}) <> {_literal(value['value'])}"
    if name in ("between", "value_length.between"):
        measured = c if name == "between" else f"length({c})"
        bounds = []
        for sign, strict, bound in (("<", "strict_min", "min_value"), (">", "strict_max", "max_value")):
            if value.get(bound) is not None:
                bounds.append(f"{measured} {sign}{'=' if value.get(strict) else ''} {_literal(value[bound])}")
        return " or ".join(bounds) or "false"
    return None


def _hash(metric: Metric) -> str:
    columns = ", ".join(map(_name, metric.columns()))
    hashed = f"hash({columns})"
    if metric.name.startswith("column_values"):
        return f"case when {columns} is not null then {hashed} end"
    rows = _rows_of(metric, "compound_columns")
    return f"case when {rows} then {hashed} end" if rows else hashed


def _signature(metric: Metric) -> str:
    """What a count and its examples have in common."""
    value = {k: v for k, v in metric.value.items() if k != "result_format"}
    return repr(
        (
            metric.name.rpartition(".")[0],
            sorted(metric.domain.items(), key=str),
            sorted(value.items(), key=str),
        )
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    kind = "timestamp " if isinstance(value, dt.datetime) else "date " if isinstance(value, dt.date) else ""
    return kind + "'" + str(value).replace("'", "''") + "'"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
