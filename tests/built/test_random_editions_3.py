"""Random editions against the oracle: one share in four, so that four workers try them together."""

from __future__ import annotations

from ess_observatory.declare.project import Project
from random_editions.trial import judged, told

pytest_plugins = ("random_editions.fixtures",)

SHARE = 3


def test_the_oracle_agrees_on_each_figure_and_sentence(edition_seed: int, random_project: Project) -> None:
    judgement = judged(random_project, edition_seed)
    assert not judgement.complaints, told(edition_seed, judgement)
    assert judgement.agreed > 50 and judgement.sentences > 20
