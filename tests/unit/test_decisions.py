"""Named decisions: valid between two days, judged at the reference date; a badly written one stops the build."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.declare.decisions import check_decisions
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.examples import fill, load_examples, rules_for, views_for

HEADER = "siret,decision,family,reason,decided_by,decided_on,since,until,editions\n"
GOOD = "99011201300018,in,mutuelle,Parce que,Comité,2012-03-15,2011-01-01,2013-12-31,*\n"


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        ("", "", True),
        ("2011-12-31", "", True),
        ("2012-01-01", "", False),
        ("", "2011-12-31", True),
        ("", "2011-12-30", False),
        ("2010-01-01", "2012-01-01", True),
    ],
)
def test_a_decision_holds_between_its_days(project: Project, since: str, until: str, holds: bool):
    """The example of the perimeter tests, its decision on establishment 12 dated: the reference date is 2011-12-31."""
    core = ROOT / "pipelines" / "core"
    given = dict(load_examples(core / "perimeter_test.example.toml")[0].given)
    given["rules.named_decisions"] = f"{HEADER}12,in,mutuelle,Décidé,Comité,2012-01-01,{since},{until},*"
    with Database() as db:
        for name, text in given.items():
            fill(db, name, text)
        reads = views_for(db, project, {"core.perimeter_fact"}, set(given))
        rules_for(db, project, reads, set(given))
        rows = db.rows("select named_in_family from core.perimeter_fact where siret = '12'")
    assert rows == [("mutuelle" if holds else None,)]


def _project_with(project: Project, tmp_path: Path, text: str) -> Project:
    file = tmp_path / "named_decisions.csv"
    file.write_text(text, encoding="utf-8")

    class Elsewhere(Project):
        @property
        def nomenclatures(self) -> dict[str, Path]:
            return project.nomenclatures | {"named_decisions": file}

    return Elsewhere(**{f.name: getattr(project, f.name) for f in dataclasses.fields(project)})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("99011201300018", "9901120130001", "SIRET"),
        (",in,", ",oui,", "oui"),
        (",mutuelle,", ",mutuel,", "mutuel"),
        ("2012-03-15", "15/03/2012", "decided_on"),
        ("2011-01-01", "2011-02-30", "since"),
        ("2013-12-31", "2010-12-31", "avant de commencer"),
    ],
)
def test_a_badly_written_decision_is_said(
    project: Project, tmp_path: Path, before: str, after: str, said: str
):
    check_decisions(_project_with(project, tmp_path, HEADER + GOOD))
    with pytest.raises(ObservatoryError, match=said) as caught:
        check_decisions(_project_with(project, tmp_path, HEADER + GOOD + GOOD.replace(before, after)))
    assert caught.value.code == "E113"
    assert "ligne 3" in (caught.value.where or "")
