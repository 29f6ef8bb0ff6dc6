"""What a run says of itself: no count without its sense, one warning for all the texts left aside."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ess_observatory.commands.console import summary
from ess_observatory.declare.project import Edition
from ess_observatory.engine.outputs import Outputs
from ess_observatory.publish.assemble import _absent
from ess_observatory.quality.verdicts import verdict
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe.runner import Outcome

EDITION = cast(Edition, SimpleNamespace(data={}))


def said(capsys: pytest.CaptureFixture[str], **counts: int) -> str:
    outputs = Outputs(Path("base"), Path("reports"))
    summary(EDITION, Outcome(outputs, Inventory(), counts=dict(counts)), "publish")
    return capsys.readouterr().err


def test_nothing_refused_points_at_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, files=3, rows_read=20, rows_kept=20, rows_refused=0, corrections=0, notes=0)
    assert "aucune refusée" in text and "aucune correction appliquée" in text
    assert "voir" not in text and " 0 " not in text


def test_what_was_refused_is_counted_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, files=3, rows_read=20, rows_kept=18, rows_refused=2, corrections=1, notes=2)
    assert "2 refusées (voir" in text and "lignes-refusees.xlsx" in text
    assert "1 correction appliquée, 2 remarques" in text and "rapport-qualite.html" in text


def test_all_the_texts_left_aside_are_one_warning() -> None:
    texts = {f"ch-{n:02d}.md": {f"figure_{n}"} for n in range(1, 15)}
    (found,) = _absent(texts)
    assert found.status == "warning" and all(name in (found.detail or "") for name in texts)
    assert _absent({}) == []


def test_a_long_warning_is_cut_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    long = verdict("texts", "publication", "Textes laissés de côté", "warn", False, "ch-01.md (a) ; " * 100)
    outcome = Outcome(Outputs(Path("base"), Path("reports")), Inventory(), verdicts=[long])
    summary(EDITION, outcome, "publish")
    text = capsys.readouterr().err
    assert "ch-01.md" in text and "… (voir rapport-qualite.html)" in text and len(text) < 1200
