"""What the quality gates cost against the same checks written by hand as one query of the engine.

Both run on the same table, in the same process, several times, each one first in turn; the least time of each is kept, the
one that the machine's other work has disturbed least. The checks' process imports its library while the table is made, as
it does while a build reads its files: that time is given apart. `BENCH_ROWS` gives the number of rows (5 000 000 is the
size that the limit is about).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ess_observatory.engine.database import Database
from ess_observatory.quality.gate import Gate
from ess_observatory.quality.suites import FIRST, Suite

ROWS = int(os.environ.get("BENCH_ROWS", "5000000"))
TIMES = 5
LIMIT = 1.5
#: Rows with something wrong in the second table: one in so many.
FAULT = 9_973

#: (expectation, arguments, the same check as an aggregate of one query).
CHECKS: list[tuple[str, dict[str, Any], str]] = [
    ("ExpectTableRowCountToBeBetween", {"min_value": 1}, "count(*)"),
    ("ExpectColumnValuesToBeUnique", {"column": "siret"}, "count(siret) - count(distinct siret)"),
    *(
        ("ExpectColumnValuesToNotBeNull", {"column": c}, f"count(*) filter (where {c} is null)")
        for c in (
            "siret",
            "siren",
            "name",
            "legal_category",
            "naf",
            "commune_code",
            "size_band",
            "state",
            "created_on",
        )
    ),
    *(
        (
            "ExpectColumnValuesToMatchRegex",
            {"column": c, "regex": regex},
            f"count(*) filter (where {c} is not null and not regexp_matches({c}, '{regex}'))",
        )
        for c, regex in (
            ("siret", "^[0-9]{14}$"),
            ("siren", "^[0-9]{9}$"),
            ("naf", "^[0-9]{2}[.][0-9]{2}[A-Z]$"),
            ("legal_category", "^[0-9]{4}$"),
            ("commune_code", "^[0-9AB]{5}$"),
            ("postcode", "^[0-9]{5}$"),
        )
    ),
    (
        "ExpectColumnValueLengthsToEqual",
        {"column": "siret", "value": 14},
        "count(*) filter (where length(siret) <> 14)",
    ),
    (
        "ExpectColumnValueLengthsToBeBetween",
        {"column": "name", "min_value": 2, "max_value": 80},
        "count(*) filter (where length(name) < 2 or length(name) > 80)",
    ),
    (
        "ExpectColumnValuesToBeInSet",
        {"column": "state", "value_set": ["active", "closed"]},
        "count(*) filter (where state not in ('active', 'closed'))",
    ),
    (
        "ExpectColumnValuesToBeInSet",
        {"column": "size_band", "value_set": [f"{i:02}" for i in range(12)]},
        "count(*) filter (where size_band not in (" + ", ".join(f"'{i:02}'" for i in range(12)) + "))",
    ),
    (
        "ExpectColumnValuesToNotBeInSet",
        {"column": "legal_category", "value_set": ["0000", "9999"]},
        "count(*) filter (where legal_category in ('0000', '9999'))",
    ),
    (
        "ExpectColumnValuesToBeBetween",
        {"column": "posts", "min_value": 0},
        "count(*) filter (where posts < 0)",
    ),
    (
        "ExpectColumnValuesToBeBetween",
        {"column": "turnover", "min_value": 0, "max_value": 1e12},
        "count(*) filter (where turnover < 0 or turnover > 1e12)",
    ),
    ("ExpectColumnMaxToBeBetween", {"column": "posts", "max_value": 100_000}, "max(posts)"),
    ("ExpectColumnMinToBeBetween", {"column": "posts", "min_value": 0}, "min(posts)"),
    ("ExpectColumnSumToBeBetween", {"column": "posts", "min_value": 1}, "sum(posts)"),
    ("ExpectColumnMeanToBeBetween", {"column": "turnover", "min_value": 1}, "avg(turnover)"),
    (
        "ExpectColumnProportionOfNonNullValuesToBeBetween",
        {"column": "naf", "min_value": 0.95},
        "count(naf) / count(*)",
    ),
    (
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "updated_on", "column_B": "created_on", "or_equal": True},
        "count(*) filter (where not (updated_on is null and created_on is null) and not coalesce(updated_on >= created_on, false))",
    ),
]


def run() -> list[dict[str, Any]]:
    """Measures of both tables: clean, and with faults in one row out of ten thousand."""
    rows = []
    with Database() as db, tempfile.TemporaryDirectory() as folder:
        suites = [_suite("clean"), _suite("faulty")]
        began = time.perf_counter()
        with Gate(suites, Path(folder)) as gate:
            for suite in suites:
                db.execute(f"create table {suite.relation} as {_table(suite.id == 'faulty')}")
            gate.wait_ready()
            rows.append(
                {"name": "gates.ready", "value": "en parallèle", "seconds": time.perf_counter() - began}
            )
            for suite in suites:
                gate.suites = [suite]
                rows += _measure(db, gate, suite)
    return rows


def _measure(db: Database, gate: Gate, suite: Suite) -> list[dict[str, Any]]:
    query = (
        f"select {', '.join(f'{sql} as c{i}' for i, (_, _, sql) in enumerate(CHECKS))} from {suite.relation}"
    )
    works: dict[str, Callable[[], Any]] = {
        "query": lambda: db.rows(query),
        "gates": lambda: gate.judge(db, FIRST),
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(TIMES):
        for name in sorted(works, reverse=turn % 2 == 0):
            began = time.perf_counter()
            works[name]()
            spent[name].append(time.perf_counter() - began)
    least = {name: min(seconds) for name, seconds in spent.items()}
    (judged,) = gate.judge(db, FIRST)
    failed = sum(verdict.status != "ok" for verdict in judged.verdicts)
    what = f"{len(CHECKS)} contrôles"
    return [
        {"name": f"gates.{suite.id}.query", "value": what, "seconds": least["query"], "ratio": 1.0},
        {"name": f"gates.{suite.id}.gates", "value": f"{failed} en défaut", "seconds": least["gates"],
         "ratio": least["gates"] / least["query"], "limit": LIMIT},
    ]  # fmt: skip


def _suite(name: str) -> Suite:
    checks = tuple(
        {
            "id": f"{name}.{i}",
            "expectation": expectation,
            "arguments": arguments,
            "severity": "warn",
            "label": expectation,
        }
        for i, (expectation, arguments, _) in enumerate(CHECKS)
    )
    return Suite(name, name, name, FIRST, f"staging.{name}", name, checks)


def _table(faulty: bool) -> str:
    """SQL of the table: establishments as a register gives them, made by arithmetic (the same at every run)."""
    bad = f"(i % {FAULT} = 0)" if faulty else "false"
    return f"""
    select
        case when {bad} then '10000000000000' else cast(10000000000000 + ((i * 7919) % 100000007) * 10 as varchar) end as siret,
        case when {bad} then null else cast(100000000 + i % 90000000 as varchar) end as siren,
        'Association ' || (i % 50000) as name,
        case when {bad} then '99' else ['9220', '9210', '5458', '6411', '9300'][1 + i % 5] end as legal_category,
        case when {bad} then '8810A' else ['88.10A', '93.12Z', '94.99Z', '85.59B', '01.11Z'][1 + i % 5] end as naf,
        printf('%05d', 1001 + i % 94000) as commune_code,
        printf('%05d', 1000 + i % 94000) as postcode,
        printf('%02d', case when {bad} then 40 else i % 12 end) as size_band,
        case when {bad} then 'vendu' when i % 20 = 0 then 'closed' else 'active' end as state,
        case when {bad} then -1 else i % 300 end as posts,
        (i % 100000) * 12.5::double as turnover,
        date '1990-01-01' + cast(i % 7000 as integer) as created_on,
        date '2010-01-01' + cast(i % 700 as integer) as updated_on
    from range({ROWS}) as r(i)
    """
