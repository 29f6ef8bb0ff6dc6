"""Every query carries its worked example, and every example comes out."""

from __future__ import annotations

import pytest

from conftest import ROOT
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.recipe.examples import Example, load_examples, outcome, same

QUERIES = sorted((ROOT / "pipelines" / "tables").glob("*/query.sql"))
CASES = [
    pytest.param(folder / "query.sql", example, id=f"{folder.name}-{i}")
    for folder in sorted(path.parent for path in (ROOT / "pipelines" / "tables").glob("*/example.toml"))
    for i, example in enumerate(load_examples(folder / "example.toml"))
] + [
    pytest.param(
        ROOT / "pipelines" / "core" / f"{path.stem.removesuffix('.example')}.sql",
        example,
        id=f"{path.stem}-{i}",
    )
    for path in sorted((ROOT / "pipelines" / "core").glob("*.example.toml"))
    for i, example in enumerate(load_examples(path))
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.parent.name)
def test_every_query_has_an_example(query):
    assert (query.parent / "example.toml").is_file(), (
        "write an example.toml beside the query: a few rows in, the cells out"
    )


@pytest.mark.parametrize(("query", "example"), CASES)
def test_example(project, query, example: Example):
    layer = "core" if query.parent.name == "core" else "marts"
    model = read_model(f"{layer}.{query.parent.name if layer == 'marts' else query.stem}", query)
    with Database() as db:
        for expected, found in outcome(db, project, example, model.sql, set(model.reads)):
            assert found is not None, f"{example.title}: no such row {expected}"
            for column, value in expected.items():
                assert same(value, found[column]), (
                    f"{example.title}: {expected} but {column} = {found[column]!r}"
                )
