"""The engine's metrics give the verdicts that Great Expectations gives by itself, on data with faults in it."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import pytest

from ess_observatory.engine.database import Database
from ess_observatory.quality.metrics import Metric, compute, is_supported

ROWS = 3_000
FAULTY = f"""
select
    case when i % 97 = 0 then null when i % 89 = 0 then '7328293200007' when i % 83 = 0 then '1234567890ABCD'
        else cast(10000000000000 + i - (case when i % 71 = 0 then 1 else 0 end) as varchar) end as siret,
    case when i % 61 = 0 then 'vendu' when i % 59 = 0 then null else ['active', 'closed'][1 + i % 2] end as state,
    case when i % 53 = 0 then null when i % 47 = 0 then -1.5 else cast(i % 400 as double) + 0.25 end as posts,
    case when i % 43 = 0 then null else i % 300 end as jobs,
    i % 7 as part,
    case when i % 41 = 0 then null else date '2011-01-01' + cast(i % 900 as integer) end as day,
    cast(null as varchar) as nothing
from range({ROWS}) as r(i)
"""
CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("ExpectTableRowCountToBeBetween", {"min_value": 1}),
    ("ExpectTableRowCountToEqual", {"value": 12}),
    ("ExpectTableColumnCountToEqual", {"value": 7}),
    ("ExpectColumnToExist", {"column": "posts"}),
    ("ExpectTableColumnsToMatchSet", {"column_set": ["siret", "state"]}),
    ("ExpectColumnValuesToNotBeNull", {"column": "siret"}),
    ("ExpectColumnValuesToNotBeNull", {"column": "state", "mostly": 0.9}),
    ("ExpectColumnValuesToBeNull", {"column": "nothing"}),
    ("ExpectColumnValuesToBeNull", {"column": "state"}),
    ("ExpectColumnValuesToBeUnique", {"column": "siret"}),
    ("ExpectColumnValuesToBeUnique", {"column": "part"}),
    ("ExpectColumnValuesToMatchRegex", {"column": "siret", "regex": "^[0-9]{14}$"}),
    ("ExpectColumnValuesToMatchRegex", {"column": "siret", "regex": "^[0-9]{14}$", "mostly": 0.95}),
    ("ExpectColumnValuesToNotMatchRegex", {"column": "siret", "regex": "[A-Z]"}),
    ("ExpectColumnValuesToBeInSet", {"column": "state", "value_set": ["active", "closed"]}),
    ("ExpectColumnValuesToNotBeInSet", {"column": "state", "value_set": ["vendu"]}),
    ("ExpectColumnValuesToBeInSet", {"column": "part", "value_set": [0, 1, 2, 3, 4, 5]}),
    ("ExpectColumnValuesToBeBetween", {"column": "posts", "min_value": 0}),
    (
        "ExpectColumnValuesToBeBetween",
        {"column": "jobs", "min_value": 0, "max_value": 299, "strict_max": True},
    ),
    ("ExpectColumnValuesToBeBetween", {"column": "jobs", "min_value": 0, "strict_min": True, "mostly": 0.5}),
    ("ExpectColumnValueLengthsToEqual", {"column": "siret", "value": 14}),
    ("ExpectColumnValueLengthsToBeBetween", {"column": "siret", "min_value": 13, "max_value": 14}),
    ("ExpectColumnSumToBeBetween", {"column": "jobs", "min_value": 1, "max_value": 10}),
    ("ExpectColumnMinToBeBetween", {"column": "posts", "min_value": 0}),
    ("ExpectColumnMaxToBeBetween", {"column": "jobs", "max_value": 299}),
    ("ExpectColumnMeanToBeBetween", {"column": "posts", "min_value": 100, "max_value": 300}),
    ("ExpectColumnMedianToBeBetween", {"column": "jobs", "min_value": 1000}),
    ("ExpectColumnStdevToBeBetween", {"column": "jobs", "min_value": 1, "max_value": 1000}),
    ("ExpectColumnUniqueValueCountToBeBetween", {"column": "part", "max_value": 6}),
    ("ExpectColumnProportionOfUniqueValuesToBeBetween", {"column": "siret", "min_value": 0.99}),
    ("ExpectColumnProportionOfNonNullValuesToBeBetween", {"column": "siret", "min_value": 0.999}),
    ("ExpectColumnDistinctValuesToBeInSet", {"column": "state", "value_set": ["active", "closed"]}),
    ("ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": "posts", "column_B": "jobs", "or_equal": True}),
    (
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "posts", "column_B": "jobs", "ignore_row_if": "either_value_is_missing", "mostly": 0.4},
    ),
    ("ExpectColumnPairValuesToBeEqual", {"column_A": "jobs", "column_B": "part"}),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["part", "jobs"]}),
    ("ExpectCompoundColumnsToBeUnique", {"column_list": ["siret", "part"]}),
]
LEFT_TO_THE_LIBRARY: list[tuple[str, dict[str, Any]]] = [
    ("ExpectColumnDistinctValuesToEqualSet", {"column": "state", "value_set": ["active", "closed"]}),
    ("ExpectColumnValuesToMatchRegex", {"column": "siret", "regex": r"^(\d)(?!\1)"}),
    ("ExpectColumnValuesToMatchRegexList", {"column": "siret", "regex_list": ["^1", "^7"]}),
    ("ExpectMulticolumnSumToEqual", {"column_list": ["jobs", "part"], "sum_total": 3}),
    (
        "ExpectColumnValuesToNotBeNull",
        {"column": "state", "row_condition": "part > 3", "condition_parser": "pandas"},
    ),
]


@pytest.fixture(scope="module")
def library():
    """The library's own objects (its import warns about things that are not ours)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ess_observatory.quality.judge import library_context

        yield library_context()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    with Database() as db:
        db.execute(f"create table staging.faulty as {FAULTY}")
        path = tmp_path_factory.mktemp("parity") / "faulty.parquet"
        db.execute(f"copy staging.faulty to '{path}' (format parquet)")
        yield db, path


def _both(library, table, checks):
    """The results of our way and of the library's own, on the same rows."""
    import pandas as pd

    from ess_observatory.quality.judge import SuiteJudge

    db, path = table
    declared = [
        {"id": f"p.{i}", "label": name, "severity": "block", "expectation": name, "arguments": arguments}
        for i, (name, arguments) in enumerate(checks)
    ]
    judge = SuiteJudge("parity", declared, library)
    needs = judge.needs()
    assert needs["errors"] == []
    ours = judge.judge(compute(db, "staging.faulty", needs["metrics"]), str(path))
    frame = pd.read_parquet(path)
    asset = library.data_sources.add_or_update_pandas("reference").add_dataframe_asset("reference")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    theirs = [batch.validate(expectation, result_format="BASIC") for expectation in judge.expectations]
    return judge, ours["outcomes"], theirs


@pytest.fixture(scope="module")
def both(library, table):
    """What each says of the checks that the engine computes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _both(library, table, CHECKS)


@pytest.mark.slow
def test_the_engine_agrees_with_the_library(both):
    judge, ours, theirs = both
    assert judge.by_library == set(), "every check of this list is computed by the engine"
    differences = []
    for (name, arguments), mine, its in zip(CHECKS, ours, theirs, strict=True):
        if mine["success"] != its.success:
            differences.append((name, arguments, mine, its.result))
        for key in (
            "element_count",
            "unexpected_count",
            "unexpected_percent",
            "missing_count",
            "missing_percent",
            "unexpected_percent_total",
            "unexpected_percent_nonmissing",
            "observed_value",
        ):
            expected, found = its.result.get(key), mine["result"].get(key)
            if isinstance(expected, list | set):
                same = Counter(map(str, expected)) == Counter(map(str, found))
            else:
                same = found == (pytest.approx(expected) if isinstance(expected, float) else expected)
            if not same:
                differences.append((name, arguments, key, found, expected))
    assert differences == []
    assert 8 < sum(outcome["success"] for outcome in ours) < len(CHECKS) - 8, (
        "faults are found, and not everywhere"
    )


@pytest.mark.slow
def test_examples_are_truly_unexpected(both, table):
    db, _ = table
    _, ours, theirs = both
    for (name, _), mine, its in zip(CHECKS, ours, theirs, strict=True):
        wanted = its.result.get("partial_unexpected_list")
        if wanted is not None:
            assert len(mine["result"]["partial_unexpected_list"]) == len(wanted), name
    wrong = ours[14]["result"]["partial_unexpected_list"]
    assert set(wrong) == {"vendu"}
    assert (
        db.rows("select count(*) from staging.faulty where state = 'vendu'")[0][0]
        == ours[14]["result"]["unexpected_count"]
    )


@pytest.mark.slow
def test_what_the_engine_does_not_know_goes_to_the_library(library, table):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge, ours, theirs = _both(library, table, LEFT_TO_THE_LIBRARY)
    assert judge.by_library == set(range(len(LEFT_TO_THE_LIBRARY)))
    assert judge.needs()["columns"] is None, "a condition may read any column"
    for mine, its in zip(ours, theirs, strict=True):
        assert mine["success"] == its.success
        assert mine["result"].get("unexpected_count") == its.result.get("unexpected_count")


def test_regular_expressions_that_the_engine_lacks_are_not_claimed():
    for regex, known in (
        ("^[0-9]{14}$", True),
        ("(?i)^a", True),
        ("(?:a|b)", True),
        ("(?!a)b", False),
        ("(?<=a)b", False),
        (r"(a)\1", False),
        ("a++", False),
    ):
        metric = Metric(0, "column_values.match_regex.unexpected_count", {"column": "c"}, {"regex": regex})
        assert is_supported(metric) is known, regex


def test_an_exact_hash_count_is_not_trusted_when_it_says_repeated():
    """The scan compares hashes; values are grouped again before anything is called a repetition."""
    with Database() as db:
        db.execute(
            "create table staging.t as select cast(i % 5 as varchar) as a, i as b from range(20) as r(i)"
        )
        same = Metric(0, "column_values.unique.unexpected_count", {"column": "a"}, {})
        other = Metric(1, "column_values.unique.unexpected_count", {"column": "b"}, {})
        assert compute(db, "staging.t", [same, other]) == {0: 20, 1: 0}
