"""The project that the random editions of a share lie in."""

from __future__ import annotations

import pytest

from conftest import ROOT
from ess_observatory.declare.project import Project
from random_editions.trial import laid


@pytest.fixture(scope="module")
def random_project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that holds the random editions of a share: its declarations are read and checked once."""
    items = [item for item in request.session.items if item.path == request.path]
    seeds = [item.callspec.params["edition_seed"] for item in items]  # type: ignore[attr-defined]
    return laid(ROOT, tmp_path_factory.mktemp("random"), seeds)
