"""The metrics that Great Expectations asks for, computed by the engine: one scan for a whole suite.

Great Expectations stays the declaration and the judge; here is only the arithmetic. What is not known here is said by
`is_supported`, and goes to the library's own pandas engine instead.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.quality.conditions import Metric, condition, hashed, name_of, packed, rows_of, unexpected

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
    return name == "unique" or unexpected(name, metric.value, "c") is not None


def compute(db: Database, relation: str, metrics: list[Metric]) -> dict[int, Any]:
    """The value of every metric on a relation, by key: counts and aggregates in one scan, then for each
    check that does not hold a look that stops at its first examples."""
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
    examples |= _examples(db, relation, metrics, counts, set(examples))
    for metric in metrics:
        if metric.name.endswith(".unexpected_values"):
            found[metric.key] = examples[_signature(metric)]
        elif metric.key not in found:
            found[metric.key] = _looked_up(db, relation, metric)
    return found


def _aggregate(metric: Metric) -> str | None:
    """SQL of a metric that the common scan gives, if it is one."""
    if metric.name in _AGGREGATES:
        return _AGGREGATES[metric.name].format(c=name_of(metric.domain.get("column") or ""))
    if metric.name == "column.distinct_values.not_in_set.count":
        c = name_of(metric.domain["column"])
        return f"count(distinct {c}) filter (where {unexpected('in_set', metric.value, c)})"
    found = _MAP.match(metric.name)
    if not found:
        return None
    kind, name, what = found.groups()
    if what == "unexpected_values":
        return None
    rows = rows_of(metric, kind)
    if what == "filtered_row_count":
        return f"count(*) filter (where {rows})" if rows else "count(*)"
    if name == "unique":
        return f"{'count(*)' if not rows else f'count(*) filter (where {rows})'} - count(distinct {hashed(metric)})"
    return f"count(*) filter (where {condition(metric, kind, name)})"


def _repeated(db: Database, relation: str, metric: Metric, spared: int) -> tuple[int, list[Any]]:
    """Rows whose value is given more than once, and the first of these values.

    The scan counted distinct hashes: as many as values means no repetition at all, for certain. Otherwise the values
    themselves are grouped.
    """
    if spared == 0:
        return 0, []
    names = ", ".join(map(name_of, metric.columns()))
    rows = rows_of(metric, metric.name.partition(".")[0])
    total, first = db.rows(
        f"select cast(coalesce(sum(n), 0) as bigint), min(struct_pack(v := {packed(metric)}, n := n), {EXAMPLES}) "
        f"from (select {names}, count(*) as n from {relation} {f'where {rows}' if rows else ''} group by {names} "
        "having count(*) > 1)"
    )[0]
    each = [_example(metric, i["v"]) for i in first or [] for _ in range(min(i["n"], EXAMPLES))]
    return int(total), each[:EXAMPLES]


def _examples(
    db: Database, relation: str, metrics: list[Metric], counts: dict[str, int], known: set[str]
) -> dict[str, list[Any]]:
    """The first unexpected values, in the order of the rows, of every check that does not hold (`known` ones left out)."""
    found: dict[str, list[Any]] = {}
    wanted: dict[str, tuple[Metric, str]] = {}
    for metric in metrics:
        signature = _signature(metric)
        if not metric.name.endswith(".unexpected_values") or signature in known:
            continue
        kind, _, rest = metric.name.partition(".")
        name = rest.removesuffix(".unexpected_values")
        count = counts.get(signature, EXAMPLES)
        found[signature] = [None] * min(count, EXAMPLES) if name == "nonnull" else []
        if count and name != "nonnull":
            wanted[signature] = metric, condition(metric, kind, name)
    for signature, (metric, wrong) in wanted.items():
        rows = db.rows(f"select {packed(metric)} from {relation} where {wrong} limit {EXAMPLES}")
        found[signature] = [_example(metric, row[0]) for row in rows]
    return found


def _example(metric: Metric, value: Any) -> Any:
    """An unexpected value as the library shows it: alone, as a pair, or by column."""
    if metric.name.startswith("column_values"):
        return _plain(value)
    plain = [_plain(value[f"v{i}"]) for i in range(len(metric.columns()))]
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
        # sorted, so read to the end: DuckDB 2.0 can wait for ever on a query that a bare limit stops while it shares a CTE
        return [
            {k: _plain(v) for k, v in row.items()}
            for row in db.dicts(f"select * from ({query}) order by all limit {EXAMPLES}")
        ]
    c = name_of(metric.domain["column"])
    where = f"{c} is not null"
    if metric.name.endswith("not_in_set"):
        where = str(unexpected("in_set", metric.value, c))
    limit = f"limit {metric.value['limit']}" if metric.value.get("limit") else ""
    values = [
        _plain(row[0])
        for row in db.rows(f"select distinct {c} from {relation} where {where} order by 1 {limit}")
    ]
    return values if metric.name.endswith("not_in_set") else set(values)


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


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
