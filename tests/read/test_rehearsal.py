"""Every query made once on empty tables: what the engine, or a cross check, would refuse is said before any file is read."""

from __future__ import annotations

import shutil

import pytest

from conftest import ROOT, some_of
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.rehearsal import rehearse

_KIND = "rules/cross_checks/register_clap_by_family.sql"
_COUNT = 'observed = "select count(*) from core.field_establishment"'
FAULTS = [
    ("core/closure.sql", "select", "select nope,", "E409", "core/closure.sql"),
    ("sources/siae_list/source.toml", 'name = "kind"', 'name = "kinds"', "E409", "siae_list/staging.sql"),
    ("survey/linkage.toml", '"core.establishment"', '"core.closure"', "E409", "linkage.toml"),
    (
        "rules/cross_checks.toml",
        _COUNT,
        _COUNT.replace("blishment", "blissement"),
        "E380",
        "register_employers",
    ),
    (_KIND, None, "select 1", "E380", "register_clap_by_family"),
    (_KIND, None, "select 'a' as item, 'b' as observed, 'c' as expected", "E380", "register_clap_by_family"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("rehearsed")
    shutil.copytree(ROOT / "pipelines", root / "pipelines")
    return Project.load(root)


@pytest.mark.slow  # what « ess doctor » does, in test_cli
def test_the_shipped_queries_are_sound(project: Project) -> None:
    assert rehearse(project, project.edition("sambre-avesnois-2011")) >= 60


@pytest.mark.parametrize(("file", "old", "new", "code", "place"), some_of(FAULTS))
def test_a_query_that_the_engine_refuses_is_told(
    project: Project, file: str, old: str | None, new: str, code: str, place: str
) -> None:
    path = project.pipelines / file
    text = path.read_text(encoding="utf-8")
    assert old is None or old in text
    path.write_text(new if old is None else text.replace(old, new, 1), encoding="utf-8")
    try:
        changed = Project.load(project.root)
        with pytest.raises(ObservatoryError) as raised:
            rehearse(changed, changed.edition("sambre-avesnois-2011"))
    finally:
        path.write_text(text, encoding="utf-8")
    assert raised.value.code == code and raised.value.exit_code == Exit.USAGE
    assert place in (raised.value.where or "")
