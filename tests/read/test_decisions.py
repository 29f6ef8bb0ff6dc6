"""Named decisions: valid between two days, judged at the reference date; a badly written one stops the build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.declare.faults import Fault
from ess_observatory.declare.models.csv_checks import check_csvs
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.examples import fill, load_examples, rules_for, views_for
from ess_observatory.recipe.replay import replay

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


def _faults(tmp_path: Path, text: str) -> list[Fault]:
    """The faults of the CSVs of a project that has these decisions."""
    shutil.copytree(ROOT / "pipelines" / "rules", tmp_path / "pipelines" / "rules", dirs_exist_ok=True)
    (tmp_path / "pipelines" / "rules" / "named_decisions.csv").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    check_csvs(tmp_path, faults)
    return faults


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("99011201300018", "9901120130001", "SIRET"),
        ("99011201300018", "9,90112E+13", "notation scientifique"),
        (",in,", ",oui,", "oui"),
        (",mutuelle,", ",mutuel,", "mutuel"),
        ("2012-03-15", "15/13/2012", "decided_on"),
        ("2011-01-01", "2011-02-30", "since"),
        ("2013-12-31", "2010-12-31", "finit avant de commencer"),
    ],
)
def test_a_badly_written_decision_is_said(tmp_path: Path, before: str, after: str, said: str):
    other = GOOD.replace("99011201300018", "99023457700015")
    assert _faults(tmp_path, HEADER + GOOD + other) == []
    [fault] = _faults(tmp_path, HEADER + other + GOOD.replace(before, after))
    assert said in str(fault)
    assert (fault.code, fault.line) in (("E113", 3), ("E114", 3))


def test_two_decisions_on_one_day_are_said(tmp_path: Path):
    """Which of them would hold is nobody's choice; apart in time or in editions, both may be there."""
    assert "déjà une décision" in str(_faults(tmp_path, HEADER + GOOD + GOOD.replace(",in,", ",out,"))[0])
    later = GOOD.replace("2011-01-01,2013-12-31", "2014-01-01,")
    assert _faults(tmp_path, HEADER + GOOD + later) == []


@pytest.mark.parametrize(
    ("ranked", "named", "decision", "family", "outcome"),
    [
        ("60,association", "", "in", "", "applied"),
        ("60,association", "", "out", "", "applied"),
        ("60,", "", "in", "", "no_family"),
        ("60,", "", "in", "fondation", "applied"),
        ("60,", "", "out", "", "applied"),
        ("31,association", "in", "in", "", "declared"),  # moved to the rules since
        ("30,association", "out", "in", "", "declared_otherwise"),
        ("70,association", "", "in", "", "settled"),
        ("100,association", "", "out", "", "settled"),
        ("", "", "in", "", "unknown"),
    ],
)
def test_what_comes_back_holds_for_cases_to_verify_only(
    ranked: str, named: str, decision: str, family: str, outcome: str
):
    """Ranks of the rule that decides alone: 30 and 31 are decisions declared by name, 60 asks, 70 leaves, 100 keeps."""
    rank, _, kept = ranked.partition(",")
    with Database() as db:
        fill(db, "rules.decision_rules", "rule_id,rank,decision,label,about\nA,30,out,A,nature\nB,31,in,B,nature\nC,60,review,C,nature\n"
             "D,70,out,D,nature\nE,100,in,E,nature")  # fmt: skip
        fill(db, "rules.named_decisions", HEADER + "7,in,,,,,,,")
        is_named = f"{str(named == 'in').lower()},{str(named == 'out').lower()}"
        fill(db, "core.perimeter_decision", "siret,rule_rank:int,family,evidence,confidence,is_named_in:bool,is_named_out:bool\n"
             + (f"1,{rank},{kept},preuve,low,{is_named}" if rank else ""))  # fmt: skip
        line = f"{decision},{family},Motif,Anne,2026-03-15"
        fill(db, "staging.cases", "siret,name,decision,family,reason,decided_by,decided_on:date,editions,is_in_force:bool,_file,_sheet,_line:int\n"
             f"1,Nom,{line},*,true,a.xlsx,s,2\n1,Nom,{line},*,true,b.xlsx,s,2\n2,Nom,{line},autre,false,a.xlsx,s,3\n3,Nom,,,,,,*,true,a.xlsx,s,4")  # fmt: skip
        replay(db, "staging.cases")
        assert db.rows("select siret, outcome, file from core.case_decision") == [("1", outcome, "a.xlsx")]
        added = db.rows(
            "select siret, decision, family, decided_on from rules.named_decisions where siret <> '7'"
        )
    assert added == ([("1", decision, family or None, "2026-03-15")] if outcome == "applied" else [])
