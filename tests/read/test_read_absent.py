"""A source without any file gets the same empty table as reading nothing would give, without compiling its query."""

from __future__ import annotations

from ess_observatory.engine.database import Database
from ess_observatory.read import cells, load
from ess_observatory.read.cast import typing_of
from ess_observatory.read.unpivot import row_sql
from ess_observatory.recipe.rules import load_rules


def test_an_absent_source_has_the_columns_of_a_present_one(project):
    edition = project.edition(project.default_edition())
    with Database() as db:
        load_rules(db, project, edition, set())
        load.create_books(db)
        for spec in project.sources.values():
            if spec.kind != "table":
                continue
            load.load_source(db, spec, [])
            absent = [row[:2] for row in db.rows(f"describe staging.{spec.id}_typed")]
            cells.create_raw(db, spec)
            for name in ("_problem", "_problem_column", "_problem_value"):
                db.execute(f"alter table raw.{spec.id} drop column {name}")
            rows = row_sql(spec, typing_of(spec).kept)
            db.execute(f"create or replace table staging.present as {rows}")
            present = [row[:2] for row in db.rows("describe staging.present")]
            assert sorted(absent) == sorted(present), spec.id
