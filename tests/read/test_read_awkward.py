"""A table of awkward files: what is kept, what is refused and why; never a traceback, never a lost row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awkward import file_cases, text_cases, value_cases, workbook_cases
from awkward.close_look import says_the_same
from awkward.files import xlsx
from awkward.toy import Case, nothing_is_lost, read_folder
from conftest import one_in, some_of
from ess_observatory.engine.database import Database

pytest_plugins = ("awkward.fixtures",)

CASES = [*text_cases.CASES, *value_cases.CASES, *workbook_cases.CASES, *file_cases.CASES]


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", one_in(6, CASES), ids=lambda case: case.name)
def test_awkward_file(case: Case, rules_db: Database, toy, tmp_path: Path) -> None:
    case.build(tmp_path)
    outcome = read_folder(rules_db, toy, tmp_path)
    nothing_is_lost(outcome)
    assert (outcome.error.code if outcome.error else None) == case.error, str(outcome.error)
    if case.error is None:
        assert outcome.codes == sorted(case.refused, key=lambda pair: (pair[1], pair[0]))
        assert len(outcome.kept) == case.kept
    whys = [u.why for u in outcome.inventory.unmatched]
    for word in case.left:
        found = next((why for why in whys if word in why), None)
        assert found is not None, whys
        whys.remove(found)
    assert case.error or not whys, whys
    assert case.check is None or case.check(outcome)


@pytest.mark.parametrize("case", some_of(CASES), ids=lambda case: case.name)
def test_a_close_look_says_the_same(case: Case, rules_db: Database, toy, tmp_path: Path) -> None:
    case.build(tmp_path)
    outcome = read_folder(rules_db, toy, tmp_path)
    if outcome.inventory.matches:
        says_the_same(rules_db, toy, outcome)


def test_files_of_another_year_are_left_aside(rules_db: Database, toy, tmp_path: Path) -> None:
    file_cases.years(tmp_path)
    outcome = read_folder(rules_db, toy, tmp_path, expected={"essai": 2010})
    assert [m.sheet.relative for m in outcome.inventory.matches] == ["b.csv"]
    assert "de 2009, l’édition attend 2010" in outcome.inventory.unmatched[0].why


def test_a_hidden_sheet_counts_only_where_its_source_says_so(rules_db: Database, toy, tmp_path: Path) -> None:
    """It is told, even beside a sheet that is read: what it holds is not lost in silence."""
    rows = [workbook_cases.HEADER, *workbook_cases.NUMBERS]
    xlsx(tmp_path / "essai.xlsx", ("Vue", rows), ("Brouillon", rows), hide=("Brouillon",))
    outcome = read_folder(rules_db, toy, tmp_path)
    (left,) = outcome.inventory.unmatched
    assert ([m.sheet.name for m in outcome.inventory.matches], len(outcome.kept)) == (["Vue"], 2)
    assert (left.sheet, left.severity, left.code) == ("Brouillon", "warn", "E225")
    assert "« hidden_sheets = true » au début de pipelines/sources/essai/source.toml" in left.fix
    declared = {name: replace(spec, hidden_sheets=True) for name, spec in toy.items()}
    outcome = read_folder(rules_db, declared, tmp_path)
    assert [(m.sheet.name, "feuille masquée" in m.why) for m in outcome.inventory.matches] == [
        ("Vue", False),
        ("Brouillon", True),
    ]
    assert not outcome.inventory.unmatched


def test_real_files_are_read_whole(shared: Path) -> None:
    from ess_observatory.tabular.sheets import open_sheets

    files = [p for p in shared.rglob("*") if p.suffix in {".csv", ".tsv", ".xlsx", ".xls", ".ods"}]
    assert files
    for path in files:
        for sheet in open_sheets(path, shared):
            width = len(sheet.head[0]) if sheet.head else 0
            assert all(len(row) <= width or not any(row[width:]) for row in sheet.rows), path.name
