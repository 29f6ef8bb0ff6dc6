"""Every query carries its worked example, and every example comes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conftest import ROOT
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import Model
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.examples import Example, load_examples, outcome, same
from ess_observatory.recipe.steps import models_of

CASES = [
    pytest.param(f"marts.{folder.name}", example, id=f"{folder.name}-{i}")
    for folder in sorted(path.parent for path in (ROOT / "pipelines" / "tables").glob("*/example.toml"))
    for i, example in enumerate(load_examples(folder / "example.toml"))
] + [
    pytest.param(f"core.{path.stem.removesuffix('.example')}", example, id=f"{path.stem}-{i}")
    for path in sorted((ROOT / "pipelines" / "core").glob("*.example.toml"))
    for i, example in enumerate(load_examples(path))
]


@pytest.fixture(scope="module")
def models(project) -> dict[str, Model]:
    return {model.target: model for model in models_of(project)}


def test_every_table_has_an_example(models):
    for model in models.values():
        assert model.layer != "marts" or (model.path.parent / "example.toml").is_file(), (
            f"write an example.toml in {model.path.parent}: a few rows in, the cells out"
        )


@pytest.mark.parametrize(("target", "example"), CASES)
def test_example(project, models, target: str, example: Example):
    model = models[target]
    with Database() as db:
        for expected, found in outcome(db, project, example, model.sql, set(model.reads)):
            assert found is not None, f"{example.title}: no such row {expected}"
            for column, value in expected.items():
                assert same(value, found[column]), (
                    f"{example.title}: {expected} but {column} = {found[column]!r}"
                )


def test_an_example_says_which_table_it_lacks(project, models):
    model = models["marts.communes"]
    (example, *_) = load_examples(model.path.parent / "example.toml")
    given = {name: text for name, text in example.given.items() if name != "rules.territory_commune"}
    assert given != example.given
    with Database() as db, pytest.raises(ObservatoryError) as raised:
        outcome(db, project, replace(example, given=given), model.sql, set(model.reads))
    assert "« rules.territory_commune »" in raised.value.what
    assert 'given."rules.territory_commune"' in (raised.value.fix or "")
