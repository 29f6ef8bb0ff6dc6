"""Declared corrections, with their guards; commune codes of every year."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from awkward.files import GOOD, HEADER, text
from awkward.toy import Outcome, nothing_is_lost, read_folder, toy_project
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import load
from ess_observatory.read.communes import communes_of, project_communes

pytest_plugins = ("awkward.fixtures",)

SIGNED = 'reason = "coquille confirmée"\nwho = "essai"\nwhen = 2026-03-01\n'
ROWS = text([[*HEADER, "Part (%)"], [*GOOD[0], "1,5"], [*GOOD[1], "12"], ["59036", "Avesnes", "s", ""]])


def corrected(db: Database, folder: Path, *entries: str, content: str = ROWS) -> Outcome:
    declared = "\n".join(f"[[corrections]]\n{entry}\n{SIGNED}" for entry in entries)
    sources = toy_project(folder / "project", declared).sources
    raw = folder / "raw" / "sub"
    raw.mkdir(parents=True)
    (raw / "essai.csv").write_text(content, encoding="utf-8")
    return read_folder(db, sources, folder / "raw")


KEY = 'match = { commune_code = "59392", label = "Maubeuge" }\n'


@pytest.mark.parametrize(
    ("entry", "kept", "before", "after", "seen"),
    [
        (KEY + 'column = "jobs"\nexpect = "12"\naction = "override"\nvalue = 13', 3, "12", "13", 13),
        (KEY + 'column = "jobs"\nexpect = "12"\naction = "scale"\nfactor = 1000', 3, "12", "12000", 12000),
        (KEY + 'column = "jobs"\nexpect = "12"\naction = "flag"', 3, "12", "12", 12),
        (KEY + 'expect = { jobs = "12", share = "1,5" }\naction = "drop"', 2, "12", None, None),
        (
            'file = "essai.csv"\nline = 2\ncolumn = "jobs"\nexpect = "12"\naction = "override"\nvalue = "14"',
            3,
            "12",
            "14",
            14,
        ),
    ],
)
def test_each_action(rules_db, tmp_path, entry, kept, before, after, seen) -> None:
    outcome = corrected(rules_db, tmp_path, entry)
    nothing_is_lost(outcome)
    assert outcome.error is None and len(outcome.kept) == kept
    (row,) = outcome.corrections
    assert (row["before"], row["after"], row["line"], row["who"], row["when"]) == (
        before,
        after,
        2,
        "essai",
        "2026-03-01",
    )
    jobs = [r["jobs"] for r in outcome.kept if r["_line"] == 2]
    assert jobs == ([seen] if seen is not None else [])
    if seen is None:
        assert outcome.codes == [("I210", 2)]
    else:
        assert outcome.kept[0]["_flags"] in ("corrected", "flagged")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (KEY + 'column = "jobs"\nexpect = "11"\naction = "override"\nvalue = 13', "E232"),
        (KEY + 'column = "share"\nexpect = ""\naction = "override"\nvalue = 13', "E232"),
        (KEY.replace("59392", "59999") + 'column = "jobs"\nexpect = "12"\naction = "drop"', "E231"),
        ('file = "absent.csv"\nline = 2\ncolumn = "jobs"\nexpect = "12"\naction = "drop"', "E231"),
        ('match = { share = "12" }\ncolumn = "label"\nexpect = "x"\naction = "drop"', "E232"),
        (KEY + 'column = "jobs"\naction = "drop"', "E230"),
        (KEY + 'column = "emploi"\nexpect = "12"\naction = "drop"', "E230"),
        ('column = "jobs"\nexpect = "12"\naction = "drop"', "E230"),
        (KEY + 'column = "jobs"\nexpect = "12"\naction = "override"', "E230"),
        (
            'match = { commune_code = "59036" }\ncolumn = "jobs"\nexpect = "s"\naction = "scale"\nfactor = 2',
            "E232",
        ),
    ],
)
def test_a_guard_that_does_not_hold_stops_the_run(rules_db, tmp_path, entry, code) -> None:
    outcome = corrected(rules_db, tmp_path, entry)
    assert outcome.error is not None and outcome.error.code == code
    assert "corrections.toml, correction n° 1" in str(outcome.error) and outcome.error.fix


def test_an_unknown_action_is_refused_before_anything_is_read(rules_db, tmp_path) -> None:
    with pytest.raises(ObservatoryError, match="valeur inconnue") as caught:
        corrected(rules_db, tmp_path, KEY + 'column = "jobs"\nexpect = "12"\naction = "guess"')
    assert caught.value.code == "E114" and "corrections.toml, ligne" in str(caught.value)


def test_an_ambiguous_correction_is_refused(rules_db, tmp_path) -> None:
    content = text([HEADER, GOOD[0], GOOD[0]])
    entry = KEY + 'column = "jobs"\nexpect = "12"\naction = "drop"'
    outcome = corrected(rules_db, tmp_path, entry, content=content)
    assert outcome.error is not None and outcome.error.code == "E233"


def test_a_correction_of_another_edition_is_not_applied(rules_db, tmp_path) -> None:
    entries = [
        f'{KEY}column = "jobs"\nexpect = "1"\naction = "drop"\n{scope}'
        for scope in ('edition = "autre-1999"', "vintage = 1999")
    ]
    outcome = corrected(rules_db, tmp_path, *entries)
    assert outcome.error is None and not outcome.corrections and len(outcome.kept) == 3


def test_all_broken_guards_are_told_at_once(rules_db, tmp_path) -> None:
    entry = KEY + 'column = "jobs"\nexpect = "0"\naction = "drop"'
    outcome = corrected(rules_db, tmp_path, entry, entry)
    assert outcome.error is not None and len(outcome.error.details) == 1


def test_the_books_are_written(rules_db, tmp_path) -> None:
    corrected(rules_db, tmp_path, KEY + 'column = "jobs"\nexpect = "12"\naction = "override"\nvalue = 13')
    load.write_books(rules_db, tmp_path / "quality")
    names = {path.name for path in (tmp_path / "quality").iterdir()}
    assert names == {"refused.parquet", "notes.parquet", "corrections.parquet", "ledger.parquet"}
    assert pq.read_table(tmp_path / "quality" / "corrections.parquet").to_pylist()[0]["after"] == "13"


# ------------------------------------------------------------------ communes


def test_a_source_is_read_in_the_year_of_its_codes(project) -> None:
    with Database() as db:
        db.put("rules.communes", pa.table({"code": ["49069"]}))
        db.put("rules.territory_commune", pa.table({"code": ["49069"]}))
        project_communes(db, project.geography.homes, 2021, {"today": 2026, "old": 2015})
        asked = "select kind, note_code from {} where code = '49126' and target = '49069'"
        assert db.rows(asked.format(communes_of("today"))) == [("code_change", "I205")]
        for source in ("old", "that no edition knows"):
            assert db.rows(asked.format(communes_of(source))) == [("merger", "I205")]
        assert db.rows("select kind from rules.commune_projection where code = '49126'") == [("merger",)]
        known = "select count(*) from rules.commune_code where code in ('49069', '49126', '15031', '99999')"
        assert db.rows(known) == [(3,)]


def test_the_codes_of_the_territory_stand_for_themselves(rules_db) -> None:
    assert rules_db.rows(
        "select count(*) from rules.commune_projection where code in (select code from rules.territory_commune)"
    ) == [(0,)]
    assert (
        rules_db.rows("select count(*) from rules.commune_projection group by code having count(*) > 1") == []
    )
    assert rules_db.rows("select distinct target from rules.commune_projection where kind = 'arrondissement' order by 1") == [
        ("13055",), ("69123",), ("75056",)]  # fmt: skip
