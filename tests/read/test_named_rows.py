"""A row that a card names and that its table has not made stops the publication, and says the nearest one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.declare.project import Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.named_rows import refuse_unknown_rows
from ess_observatory.secrecy.door import Cell

SOURCES = frozenset(("survey", "clap", "consultation", "manageo", "action_plan"))
MADE = {
    "participation": (
        "sent",
        "returned",
        "hr",
        "rate",
        "posts_share",
        "partner_interviews",
        "workshop_participants",
    )
}
PLAN = {"action_costs": ("animate", "awareness", "cell", "count", "event", "observatory", "total")}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows").resolve()
    shutil.copytree(ROOT / "pipelines", folder / "pipelines")
    return folder


def judged(root: Path, edition: str, made: dict[str, tuple[str, ...]]) -> str:
    """What is said of the rows of some tables, empty when nothing is."""
    project = Project.load(root)
    cards = {table.id: table.card for table in project.tables}
    tables = [
        (name, cards[name], [Cell(row, row, 1, "data", None, "value", 1.0) for row in rows])
        for name, rows in made.items()
    ]
    try:
        refuse_unknown_rows(project, project.edition(edition), SOURCES, tables)
    except ObservatoryError as error:
        assert error.exit_code == Exit.USAGE and error.code == "E426"
        return str(error).replace("\u00a0", " ")
    return ""


def changed(root: Path, file: str, old: str, new: str, edition: str, made: dict[str, tuple[str, ...]]) -> str:
    path = root / "pipelines" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        return judged(root, edition, made)
    finally:
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("edition", ["sambre-avesnois-2011", "cambresis-2026"])
def test_rows_that_are_made_are_let_pass(root: Path, edition: str) -> None:
    assert judged(root, edition, MADE | PLAN) == ""


def test_a_row_that_the_query_writes_elsewhere_is_no_row(root: Path) -> None:
    file, old = "tables/participation/card.toml", 'include = ["sent"'
    said = changed(root, file, old, 'include = ["value"', "sambre-avesnois-2011", MADE)
    assert "participation/card.toml, ligne" in said and "chart.include[1]" in said and "« value »" in said


def test_a_row_of_a_file_is_refused_when_it_is_nearly_one_of_it(root: Path) -> None:
    card = "tables/action_costs/card.toml"
    assert "« event »" in changed(root, card, '"event/', '"evnt/', "cambresis-2026", PLAN)
    assert changed(root, card, '"event/', '"forum/', "cambresis-2026", PLAN) == "", (
        "of another edition's file, perhaps"
    )
    assert "« forum »" in changed(root, card, '"event/', '"forum/', "sambre-avesnois-2011", PLAN), (
        "the reference must find it"
    )
