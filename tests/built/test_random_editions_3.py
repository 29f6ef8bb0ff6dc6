"""Random editions against the oracle: one share in four, so that four workers try them together."""

from __future__ import annotations

from pathlib import Path

from conftest import ROOT
from random_editions.trial import judged, told

SHARE = 3


def test_the_oracle_agrees_on_each_figure_and_sentence(edition_seed: int, tmp_path: Path) -> None:
    judgement = judged(ROOT, tmp_path, edition_seed)
    assert not judgement.complaints, told(edition_seed, judgement)
    assert judgement.agreed > 50 and judgement.sentences > 20
