"""The same SQL on Spark: the examples and the reference edition give the same figures, exactly, on both engines."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import closure
from ess_observatory.engine.spark import SMALL, SparkDatabase, session, spark_sql
from ess_observatory.recipe.examples import outcome
from ess_observatory.recipe.steps import models_of
from test_examples import CASES

pytestmark = [
    pytest.mark.xdist_group("spark"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
    # pyspark's own: its sockets are closed by the garbage collector
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
    ),
]


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    opened = session("2", SMALL)
    yield opened
    opened.stop()


def _copy(db: Database, to: SparkDatabase, name: str) -> None:
    """A table of DuckDB in Spark; a sum of integers (hugeint) is an integer of 64 bits there."""
    to.put(name, db.arrow(f"select {', '.join(_columns(db, name))} from {name}"))


def _columns(db: Database, name: str) -> list[str]:
    kinds = db.rows(f"describe {name}")
    return [f'cast("{c}" as bigint) as "{c}"' if kind == "HUGEINT" else f'"{c}"' for c, kind, *_ in kinds]


def _sorted(rows: list[dict[str, Any]]) -> list[tuple]:
    """Rows that can be compared whatever their order; every number as it is, to the last bit."""
    return sorted(
        (
            tuple(
                float(v) if isinstance(v, int | float) and not isinstance(v, bool) else v
                for v in row.values()
            )
            for row in rows
        ),
        key=lambda row: [str(v) for v in row],
    )


def test_examples_agree(project, spark):
    models = {model.target: model for model in models_of(project)}
    kept: set[str] = set()
    with SparkDatabase(spark) as other:
        for case in CASES:
            target, example = case.values
            model = models[target]
            with Database() as db:
                outcome(db, project, example, model.sql, set(model.reads))
                there = [name for name in closure(model.target, models) if db.exists(*name.split("."))]
                views = [t for t in models if t in there and models[t].is_view and t not in example.given]
                for name in sorted(set(there) - set(views) - kept):
                    _copy(db, other, name)
                for view in views:
                    other.make(models[view])
                assert _sorted(other.dicts(model.sql)) == _sorted(db.dicts(model.sql)), case.id
                kept = (kept | set(there) - set(views)) - set(
                    example.given
                )  # the project's own nomenclatures


def test_reference_edition_agrees_figure_by_figure(project, reference_db, spark):
    models = models_of(project)
    counted = [model for model in models if model.layer in ("core", "marts")]
    made = {model.target for model in counted}
    figures = 0
    with SparkDatabase(spark) as other:
        for name in sorted({table for model in counted for table in model.reads} - made):
            _copy(reference_db, other, name)
        for model in counted:
            other.make(model)
            found = _sorted(other.dicts(f"select * from {model.target}"))
            assert found == _sorted(reference_db.dicts(f"select * from {model.target}")), model.target
            figures += len(found) if model.layer == "marts" else 0
    assert figures > 500


def test_sql_is_written_in_the_dialect_of_spark():
    written = spark_sql("select strftime(s.created_on, '%d/%m/%Y') as d, 100.0 * n as p from core.site as s")
    assert written == (
        "SELECT DATE_FORMAT(s.created_on, 'dd/MM/yyyy') AS d, CAST(100.0 AS DOUBLE) * n AS p FROM core__site AS s"
    )
