"""A build made again from the same things is left in place; from anything else, it is made again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import some_of
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe import runner


@pytest.fixture
def built(reference_build: Outputs, tmp_path: Path) -> Outputs:
    """A copy of the reference build that a test may spoil."""
    out = tmp_path / "out"
    shutil.copytree(reference_build.base, out)
    return Outputs.of(out, "unused", out)


def _rerun(
    project: Project, raw: Path, outputs: Outputs, monkeypatch: pytest.MonkeyPatch, until: str = "report"
) -> bool:
    """Whether a run found nothing to do (a run that begins to build stops at once)."""

    def begin(*_: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(runner, "_build", begin)
    edition = project.edition(project.default_edition())
    try:
        return runner.run(project, edition, raw, outputs, until).is_unchanged
    except InterruptedError:
        return False


def test_the_same_things_are_not_built_again(project, reference_raw, built, monkeypatch):
    edition = project.edition(project.default_edition())
    before = built.page.stat().st_mtime_ns
    outcome = runner.run(project, edition, reference_raw, built)
    assert outcome.is_unchanged
    assert outcome.counts["tables"] > 40
    assert outcome.counts["rows_read"] == outcome.counts["rows_kept"] + outcome.counts["rows_refused"]
    assert outcome.verdicts
    assert built.page.stat().st_mtime_ns == before
    assert _rerun(project, reference_raw, built, monkeypatch, "publish"), "a shorter way is done too"


def test_a_raw_file_that_changes_is_read_again(project, reference_raw, built, monkeypatch, tmp_path):
    raw = tmp_path / "raw"
    shutil.copytree(reference_raw, raw)
    assert _rerun(project, raw, built, monkeypatch)
    file = next(raw.rglob("*unistatis*.csv"))
    file.write_bytes(file.read_bytes() + b"\n")
    assert not _rerun(project, raw, built, monkeypatch)


@pytest.mark.parametrize("name", some_of(["database", "page", "workbook"]))
def test_an_output_that_was_spoiled_is_made_again(project, reference_raw, built, monkeypatch, name):
    path = getattr(built, name)
    if name == "database":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    assert not _rerun(project, reference_raw, built, monkeypatch)


def test_a_declaration_that_changes_is_built_again(project, reference_raw, built, monkeypatch, tmp_path):
    root = tmp_path / "project"
    for name in ("pipelines", "reports/templates"):
        shutil.copytree(project.root / name, root / name)
    shutil.copy(project.root / "pyproject.toml", root)
    other = Project.load(root)
    assert _rerun(other, reference_raw, built, monkeypatch)
    card = root / "pipelines" / "tables" / "size_bands" / "card.toml"
    card.write_text(card.read_text(encoding="utf-8") + "\n# une remarque\n", encoding="utf-8")
    assert not _rerun(Project.load(root), reference_raw, built, monkeypatch)
