"""`ess new edition`: what it writes of the edition before."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from conftest import ROOT, some_of
from ess_observatory.commands.scaffold import new_edition
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project


@pytest.fixture(scope="module")
def newcomer(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(ROOT / "pipelines", root / "pipelines", ignore=shutil.ignore_patterns("demo"))
    return replace(project, root=root)


def _written(project: Project, territory: str, year: int) -> dict:
    return read_toml(new_edition(project, f"{territory}-{year}", territory, year, None, [], None)[0])


def test_it_names_the_latest_earlier_edition_of_its_territory(newcomer: Project) -> None:
    assert _written(newcomer, "cambresis", 2027)["previous"] == "cambresis-2026"
    assert _written(newcomer, "cambresis", 2028)["previous"] == "cambresis-2027"
    # of several, the latest; another territory of the same communes is the same
    assert _written(newcomer, "avesnes-sur-helpe", 2025)["previous"] == "sambre-avesnois-2011"


@pytest.mark.parametrize(("territory", "year"), some_of([("cambresis", 2020), ("france", 2027)]))
def test_a_first_edition_has_none(newcomer: Project, territory: str, year: int) -> None:
    assert "previous" not in _written(newcomer, territory, year)
