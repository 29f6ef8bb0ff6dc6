"""Fixtures that the tests of the reading share."""

from __future__ import annotations

import pytest

from awkward.toy import toy_project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.rules import load_rules


@pytest.fixture(scope="session")
def rules_db(project):
    """A database with the nomenclatures and the territory of the reference edition."""
    with Database() as db:
        load_rules(db, project, project.edition(project.default_edition()), set())
        yield db


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory):
    """The declared toy sources."""
    return toy_project(tmp_path_factory.mktemp("toy")).sources
