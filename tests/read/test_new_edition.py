"""`ess new edition`: what it writes of the edition before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.commands.scaffold import new_edition
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project


@pytest.fixture
def newcomer(project: Project, tmp_path: Path) -> Project:
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines", ignore=shutil.ignore_patterns("demo"))
    return replace(project, root=tmp_path)


def _written(project: Project, territory: str, year: int) -> dict:
    return read_toml(new_edition(project, f"{territory}-{year}", territory, year, None, [], None)[0])


def test_it_names_the_latest_earlier_edition_of_its_territory(newcomer: Project) -> None:
    assert _written(newcomer, "cambresis", 2027)["previous"] == "cambresis-2026"
    assert _written(newcomer, "cambresis", 2028)["previous"] == "cambresis-2027"
    # of several, the latest; another territory of the same communes is the same
    assert _written(newcomer, "avesnes-sur-helpe", 2025)["previous"] == "sambre-avesnois-2011"


def test_a_first_edition_has_none(newcomer: Project) -> None:
    assert "previous" not in _written(newcomer, "cambresis", 2020)
    assert "previous" not in _written(newcomer, "france", 2027)
