"""The order of work comes from the SQL; reading upwards is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ess_observatory.engine.graph import closure, order, read_model
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.steps import models_of


def _model(tmp_path: Path, target: str, sql: str):
    path = tmp_path / f"{target}.sql"
    path.write_text(sql, encoding="utf-8")
    return read_model(target, path)


def test_reads_are_found_through_ctes(tmp_path):
    model = _model(
        tmp_path, "marts.a", "with x as (select * from core.b) select * from x join rules.c on true"
    )
    assert model.reads == {"core.b", "rules.c"}


def test_order_follows_reads(tmp_path):
    a = _model(tmp_path, "core.a", "select * from core.b")
    b = _model(tmp_path, "core.b", "select * from staging.s")
    assert [m.target for m in order([a, b])] == ["core.b", "core.a"]
    assert closure("core.a", {"core.a": a, "core.b": b}) == ["core.b", "staging.s"]


def test_what_a_solver_makes_depends_on_its_programme(tmp_path):
    programme = _model(tmp_path, "core.p", "-- bounds: core.solved\nselect * from staging.s")
    reader = _model(tmp_path, "core.a", "select * from core.solved")
    assert closure("core.a", {"core.a": reader, "core.p": programme}) == [
        "core.solved",
        "core.p",
        "staging.s",
    ]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select * from marts.x", "E404"),
        ("select * from x", "E403"),
        ("select 1; select 2", "E402"),
        ("select from where", "E401"),
    ],
)
def test_bad_sql_is_refused(tmp_path, sql, code):
    with pytest.raises(ObservatoryError) as error:
        _model(tmp_path, "core.a", sql)
    assert error.value.code == code


def test_a_circle_is_refused(tmp_path):
    a = _model(tmp_path, "core.a", "select * from core.b")
    b = _model(tmp_path, "core.b", "select * from core.a")
    with pytest.raises(ObservatoryError, match="en rond"):
        order([a, b])


@pytest.mark.parametrize(
    "read", ["rules.territory_commune", "rules.commune_projection", "core.own", "core.survey_answer"]
)
def test_a_shared_table_does_not_read_the_territory(tmp_path, read):
    own = _model(tmp_path, "core.own", "select * from rules.territory_commune")
    shared = _model(tmp_path, "core.a", f"-- grain: a\n-- shared: because\nselect * from {read}")
    assert shared.is_shared and not own.is_shared
    with pytest.raises(ObservatoryError) as error:
        order([own, shared])
    assert error.value.code == "E406"
    assert read in error.value.what


def test_shared_tables_may_read_each_other_and_what_was_staged(tmp_path):
    base = _model(tmp_path, "core.b", "-- shared\nselect * from staging.s cross join rules.edition")
    above = _model(tmp_path, "core.a", "-- shared\nselect * from core.b")
    assert [model.target for model in order([above, base])] == ["core.b", "core.a"]


def test_every_query_of_the_project_is_sound(project):
    models = models_of(project)
    made = {m.target for m in models} | {m.bounds for m in models if m.bounds}
    for model in models:
        for table in model.reads:
            if table.startswith(("core.", "marts.")) and not table.startswith("core.survey_"):
                assert table in made, f"{model.target} reads {table}, which nothing makes"


def test_sql_starts_by_saying_its_grain(project):
    for model in models_of(project):
        assert model.sql.lstrip().startswith("-- grain:"), model.path


def test_sql_stays_in_the_common_subset(project):
    for model in models_of(project):
        lowered = model.sql.lower()
        for trap in ("percentile_cont", "quantile_cont", "strip_accents", "union all by name", "lpad("):
            assert trap not in lowered, (model.path, trap)


def test_what_a_solver_makes_of_a_programme_comes_after_it_and_before_who_reads_it(tmp_path):
    programme = _model(tmp_path, "core.z_programme", "-- bounds: core.interval\nselect * from staging.s")
    reader = _model(tmp_path, "core.a", "select * from core.interval")
    assert (programme.bounds, reader.bounds) == ("core.interval", None)
    assert [model.target for model in order([reader, programme])] == ["core.z_programme", "core.a"]
