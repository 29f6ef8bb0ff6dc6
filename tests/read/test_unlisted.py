"""A commune without a line: zero where its producer says so and the file goes that far, unknown elsewhere."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from ess_observatory.declare.models.sources import SourceFile
from ess_observatory.declare.project import Project


def test_every_source_that_declares_it_is_read(project: Project) -> None:
    """A source whose absent communes are zeros must be one of those that `core.unlisted` looks at."""
    query = (ROOT / "pipelines" / "core" / "unlisted.sql").read_text(encoding="utf-8")
    declared = [spec.id for spec in project.sources.values() if spec.absent_is_zero_from is not None]
    assert {"unistatis", "urssaf"} <= set(declared)
    assert [source for source in declared if not re.search(rf"staging\.{source}\b", query)] == []


@pytest.mark.parametrize(
    ("role", "is_refused"), [("jobs", False), ("employers", False), ("all_posts", True), (None, True)]
)
def test_only_jobs_and_employers_have_it(role: str | None, is_refused: bool) -> None:
    """What another source does not give is not known: its key would be read by nobody."""
    given = {"title": "T", "producer": "P", "licence": "L", "role": role, "absent_is_zero_from": 0.8,
             "columns": [{"name": "commune_code", "headers": ["Code"]}]}  # fmt: skip
    if is_refused:
        with pytest.raises(ValueError, match="absent_is_zero_from"):
            SourceFile.model_validate(given)
    else:
        assert SourceFile.model_validate(given).absent_is_zero_from == 0.8
