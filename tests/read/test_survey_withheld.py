"""Answers of one or two structures are those of somebody: nothing of the survey is published then."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.steps import _withheld


@pytest.mark.parametrize(("respondents", "withheld"), [(0, {"survey"}), (2, {"survey"}), (3, set())])
def test_a_survey_of_too_few_is_as_absent_as_one_that_was_not_run(
    project: Project, respondents: int, withheld: set[str]
) -> None:
    with Database() as db:
        db.execute(f"create table core.survey_respondent as from range({respondents})")
        db.execute("create table rules.edition_source as select 'survey' as source, true as is_present")
        assert _withheld(SimpleNamespace(db=db, project=project)) == withheld
        assert db.rows("select is_present from rules.edition_source") == [(not withheld,)]
