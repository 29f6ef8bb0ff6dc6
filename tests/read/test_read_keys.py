"""What a source declares of its rows: a key that is given once, wide columns that make rows, and `raw` that keeps every line."""

from __future__ import annotations

from pathlib import Path

import pytest

from awkward.toy import Outcome, read_folder
from ess_observatory.declare.faults import Fault, raise_faults
from ess_observatory.declare.models.base import check
from ess_observatory.declare.models.sources import SourceFile
from ess_observatory.declare.reading import read_toml_document
from ess_observatory.declare.source_spec import SourceSpec, source_spec
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import load

pytest_plugins = ("awkward.fixtures",)

HEAD = 'title = "Essai"\nproducer = "Essai"\nlicence = "Essai"\n'
LISTED = (
    HEAD
    + """footers = ["^Total"]
key = ["code", "part"]
[repeated]
code = "I375"
reason = "déjà dans la liste"
fix = "Rien à faire."
[[columns]]
name = "code"
headers = ["Code", "CODE"]
[[columns]]
name = "part"
headers = ["Partie"]
[[columns]]
name = "seen_on"
headers = ["Vu le"]
type = "date"
[[columns]]
name = "jobs"
headers = ["Emplois"]
type = "integer"
required = true
"""
)
#: Rows without jobs are refused for themselves.
JUDGED = """-- grain: one code x part.
select code, part, seen_on, jobs,
    case when jobs = 0 then 'Emplois' end as refusal_column,
    case when jobs = 0 then '0' end as refusal_value,
    case when jobs = 0 then 'E372' end as refusal_code,
    case when jobs = 0 then 'vide' end as refusal_reason,
    case when jobs = 0 then 'Corrigez.' end as refusal_fix,
    _file, _sha256, _sheet, _line
from staging.liste_typed
"""
PLAIN = "-- grain: one code x part.\nselect code, part, seen_on, jobs, _file, _sha256, _sheet, _line from staging.liste_typed\n"
WIDE = (
    HEAD
    + """missing = { s = "secret" }
key = ["commune_code", "year", "measure"]
[[columns]]
name = "commune_code"
headers = ["CODGEO"]
type = "commune"
required = true
[[columns]]
name = "people"
headers = ["Population"]
type = "integer"
[unpivot]
into = "year"
type = "integer"
measures = { posts = "Postes {}", sites = "Établissements {} (nombre)" }
codes = [2008, 2009, "TOT"]
values = { TOT = "_T" }
"""
)
WIDE_SQL = """-- grain: one commune x year x measure.
select commune_code, people, year, measure, value, value_mark,
    refusal_column, refusal_value, refusal_code, refusal_reason, refusal_fix, _file, _sha256, _sheet, _line
from staging.large_typed
"""


def _source(folder: Path, name: str, declared: str, sql: str) -> SourceSpec:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "source.toml").write_text(declared, encoding="utf-8")
    (folder / name / "staging.sql").write_text(sql, encoding="utf-8")
    faults: list[Fault] = []
    document = read_toml_document(folder / name / "source.toml", "source.toml", faults)
    if document:
        check(SourceFile, document, faults)
    raise_faults(faults)
    assert document
    return source_spec(document)


def _staged(db: Database, spec: SourceSpec, raw: Path, files: dict[str, str]) -> tuple[list[dict], Outcome]:
    raw.mkdir()
    for name, text in files.items():
        (raw / name).write_text(text, encoding="utf-8")
    outcome = read_folder(db, {spec.id: spec}, raw)
    assert outcome.error is None, outcome.error
    load.stage(db, spec, read_model(f"staging.{spec.id}", spec.staging_sql).sql)
    load.close_ledger(db)
    outcome.refused = db.dicts('select * from staging.refused order by file, line, "column"')
    outcome.ledger = db.dicts("select * from staging.ledger")
    return db.dicts(f"select * from staging.{spec.id} order by _file, _line"), outcome


def _places(rows: list[dict]) -> list[tuple[str, int]]:
    return [(row.get("_file") or row["file"], row.get("_line") or row["line"]) for row in rows]


TOP = "Code;Partie;Vu le;Emplois\n"


@pytest.mark.parametrize("sql", [PLAIN, JUDGED], ids=["no judgement", "judged"])
def test_the_first_row_by_file_then_line_is_kept(rules_db, tmp_path, sql):
    """In the first file on a later line than in the second: file and line are one place, never two minima."""
    spec = _source(tmp_path, "liste", LISTED, sql)
    files = {"a.csv": TOP + "x;1;;5\ny;1;;5\nk;1;;5\n", "b.csv": TOP + "k;1;;6\nk;2;;6\ny;1;;5\n"}
    kept, outcome = _staged(rules_db, spec, tmp_path / "raw", files)
    assert _places(kept) == [("a.csv", 2), ("a.csv", 3), ("a.csv", 4), ("b.csv", 3)]
    assert [(r["file"], r["line"], r["column"], r["value"], r["code"], r["reason"], r["fix"]) for r in outcome.refused] == [
        ("b.csv", 2, "Code", "k", "I375", "déjà dans la liste", "Rien à faire."),
        ("b.csv", 4, "Code", "y", "I375", "déjà dans la liste", "Rien à faire."),
    ]  # fmt: skip
    assert sum(row["rows_kept"] for row in outcome.ledger) == len(kept) == 4
    assert "refusal_code" not in rules_db.columns("staging.liste")


def test_a_refused_row_never_takes_the_place_of_one_that_can_be_read(rules_db, tmp_path):
    spec = _source(tmp_path, "liste", LISTED, JUDGED)
    text = TOP + "k;1;;0\nk;1;;douze\nk;1;;7\nk;1;;0\nk;1;;8\n"
    kept, outcome = _staged(rules_db, spec, tmp_path / "raw", {"a.csv": text})
    assert [(row["_line"], row["jobs"]) for row in kept] == [(4, 7)]
    assert [(row["line"], row["code"]) for row in outcome.refused] == [
        (2, "E372"), (3, "E310"), (5, "E372"), (6, "I375"),
    ]  # fmt: skip


def test_a_part_of_the_key_that_lacks_is_a_value_and_a_row_without_key_is_left_alone(rules_db, tmp_path):
    spec = _source(tmp_path, "liste", LISTED, PLAIN)
    kept, outcome = _staged(
        rules_db, spec, tmp_path / "raw", {"a.csv": TOP + "k;;;1\nk;;;2\n;;;3\n;;;4\nk;1;;5\n"}
    )
    assert _places(kept) == [("a.csv", 2), ("a.csv", 4), ("a.csv", 5), ("a.csv", 6)]
    assert _places(outcome.refused) == [("a.csv", 3)]


def test_the_latest_is_kept_where_the_source_says_so(rules_db, tmp_path):
    declared = LISTED.replace('fix = "Rien à faire."', 'fix = "Rien à faire."\nlatest = "seen_on"')
    spec = _source(tmp_path, "liste", declared, PLAIN)
    text = TOP + "k;1;;1\nk;1;2011-01-01;2\nk;1;2012-01-01;3\nk;1;2012-01-01;4\n"
    kept, _ = _staged(rules_db, spec, tmp_path / "raw", {"a.csv": text})
    assert [row["jobs"] for row in kept] == [3]


def test_a_key_needs_no_more_than_its_columns(rules_db, tmp_path):
    declared = LISTED.replace(LISTED[LISTED.index("[repeated]") : LISTED.index("[[columns]]")], "")
    spec = _source(tmp_path, "liste", declared.replace('"code", "part"', '"code"'), PLAIN)
    kept, outcome = _staged(rules_db, spec, tmp_path / "raw", {"a.csv": TOP + "k;1;;1\nk;2;;2\n"})
    assert len(kept) == 1
    assert [(row["line"], row["code"]) for row in outcome.refused] == [(3, "E374")]


def test_a_wide_line_makes_a_row_of_each_cell_that_is_filled(rules_db, tmp_path):
    spec = _source(tmp_path, "large", WIDE, WIDE_SQL)
    header = "CODGEO;Population;Postes 2008;Établissements 2008 (nombre);Postes 2009;Postes TOT\n"
    files = {
        "a.csv": header + "59392;10;1 200;;s;0\n59225;20;;n.c.;3,5;7\n99999;;1;1;1;1\n",
        "b.csv": "CODGEO;Établissements 2008 (nombre);Postes TOT\n59392;4;9\n",
    }
    kept, outcome = _staged(rules_db, spec, tmp_path / "raw", files)
    assert {(r["_file"], r["commune_code"], r["people"], r["year"], r["measure"], r["value"], r["value_mark"]) for r in kept} == {
        ("a.csv", "59392", 10, "2008", "posts", 1200, None),
        ("a.csv", "59392", 10, "2009", "posts", None, "secret"),
        ("a.csv", "59392", 10, "_T", "posts", 0, None),
        ("a.csv", "59225", 20, "_T", "posts", 7, None),
        ("b.csv", "59392", None, "2008", "sites", 4, None),
    }  # fmt: skip
    assert [(r["file"], r["line"], r["column"], r["value"], r["code"]) for r in outcome.refused] == [
        ("a.csv", 3, "Postes 2009", "3,5", "E311"),
        ("a.csv", 3, "Établissements 2008 (nombre)", "n.c.", "E310"),
        ("a.csv", 4, "CODGEO", "99999", "E332"),
        ("b.csv", 2, "CODGEO", "59392", "E374"),
    ]
    assert rules_db.rows("select count(*) from raw.large") == [(4,)], "raw stays as the files are"
    absent = rules_db.columns("staging.large_typed")
    load.load_source(rules_db, spec, [])
    assert sorted(rules_db.columns("staging.large_typed")) == sorted(absent)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('into = "year"', 'into = "L’année"', "« L’année »"),
        ('"Postes {}"', '"Postes"', "place du code"),
        ('codes = [2008, 2009, "TOT"]', "codes = []", "codes"),
        ('codes = [2008, 2009, "TOT"]', 'codes = [2008, 2009, "TOT", "tot"]', "« posts_tot »"),
        ('codes = [2008, 2009, "TOT"]', 'codes = ["a b", "TOT"]', "« posts_a b »"),
        ('type = "integer"\nmeasures', 'type = "siret"\nmeasures', "siret"),
    ],
)
def test_wide_columns_that_are_badly_declared_are_said(tmp_path, old, new, said):
    assert WIDE.count(old) == 1
    with pytest.raises(ObservatoryError) as caught:
        _source(tmp_path, "large", WIDE.replace(old, new), WIDE_SQL)
    assert caught.value.code in ("E114", "E181") and said in str(caught.value).replace("\u00a0", " ")


def test_raw_keeps_every_line_of_the_file_that_is_not_blank(rules_db, tmp_path):
    """Footers, a shifted line and unreadable values too, each marked with what keeps it out; a correction's victim as well."""
    spec = _source(tmp_path, "liste", LISTED, PLAIN)
    (tmp_path / "liste" / "corrections.toml").write_text(
        '[[corrections]]\nmatch = { code = "z" }\nexpect = { jobs = "9" }\naction = "drop"\nreason = "r"\nwho = "w"\n'
        "when = 2026-01-01\n",
        encoding="utf-8",
    )
    text = TOP + "k;1;;1\n;;;\nk;1;;2;décalée\nk;1;;douze\nz;1;;9\nm;1;;3\nTotal;;;3\n"
    kept, _ = _staged(rules_db, spec, tmp_path / "raw", {"a.csv": text})
    assert rules_db.rows("select _line, jobs, _refusal from raw.liste order by _line") == [
        (2, "1", None),
        (4, "2", "E213"),
        (5, "douze", "E310"),
        (6, "9", "I210"),
        (7, "3", None),
        (8, "3", "I201"),
    ]
    assert [row["_line"] for row in kept] == [2, 7]


MOREZ, ONE_OF_IT, OTHER_OF_IT = "39368", "39294", "39371"  # one commune since 2016
PARIS, FIRST, SECOND = "75056", "75101", "75102"


@pytest.mark.parametrize(
    ("cells", "kept", "refused"),
    [
        ({MOREZ: 50, ONE_OF_IT: 4, OTHER_OF_IT: 6}, (MOREZ, 6, 60, None), 0),
        ({ONE_OF_IT: 4, OTHER_OF_IT: 6}, (MOREZ, 4, 10, None), 0),
        ({ONE_OF_IT: 4, OTHER_OF_IT: "s"}, (MOREZ, 4, None, "secret"), 0),
        ({ONE_OF_IT: 4, OTHER_OF_IT: "-"}, (MOREZ, 4, 4, None), 0),
        ({FIRST: 7, SECOND: 8}, (PARIS, 4, 15, None), 0),
        (
            {FIRST: 7, PARIS: 100, SECOND: 8},
            (PARIS, 2, 100, None),
            2,
        ),  # the city is there: its districts are in it
    ],
)
def test_communes_that_are_one_now_are_added_up(project, rules_db, tmp_path, cells, kept, refused):
    """Each file of a former geography, by commune: nothing is lost, and what is hidden hides the sum."""
    spec = project.sources["unistatis"]
    head = "Code commune;Commune;Code NAF;Nombre d’établissements;Effectifs salariés au 31/12/2009\n"
    text = head + "".join(f"{code};x;88.10A;2;{jobs}\n" for code, jobs in cells.items())
    rows, outcome = _staged(rules_db, spec, tmp_path / "raw", {"a.csv": text})
    assert [(r["commune_code"], r["establishments"], r["jobs"], r["jobs_mark"]) for r in rows] == [kept]
    assert [row["code"] for row in outcome.refused] == ["E374"] * refused


def test_a_former_commune_given_twice_is_a_repeat(project, rules_db, tmp_path):
    spec = project.sources["insee_employers"]
    head = "Code géographique;Libellé géographique;Établissements employeurs au 31/12/2010\n"
    files = {"a.csv": head + f"{ONE_OF_IT};x;5\n{OTHER_OF_IT};x;7\n", "b.csv": head + f"{ONE_OF_IT};x;9\n"}
    rows, outcome = _staged(rules_db, spec, tmp_path / "raw", files)
    assert [(row["commune_code"], row["employers"]) for row in rows] == [(MOREZ, 12)]
    assert [(row["file"], row["line"]) for row in outcome.refused] == [("b.csv", 2)]


def _flores_ess(*cells: tuple[str, str, object]) -> str:
    head = "GEO;GEO_OBJECT;ACTIVITY;ESS_FAMILY;FLORES_MEASURE;OBS_STATUS;TIME_PERIOD;OBS_VALUE\n"
    return head + "".join(f"{code};COM;_T;{family};EMPL3112;{'K' if posts is None else 'A'};2017;{posts or ''}\n"
                          for code, family, posts in cells)  # fmt: skip


def test_flores_adds_up_communes_and_knows_a_part_when_one_is_not_given(project, rules_db, tmp_path):
    """A family that one of the communes does not give is not a zero there: what the others give is a part."""
    cells = [(ONE_OF_IT, "_T", 40), (ONE_OF_IT, "association", 40), (OTHER_OF_IT, "_T", 20), (OTHER_OF_IT, "mutuelle", None)]  # fmt: skip
    rows, outcome = _staged(
        rules_db, project.sources["flores_ess"], tmp_path / "raw", {"f.csv": _flores_ess(*cells)}
    )
    assert [(r["area_code"], r["family"], r["value"], r["value_mark"]) for r in rows] == [
        (MOREZ, None, 60, None), (MOREZ, "association", 40, "partial"), (MOREZ, "mutuelle", None, "secret"),
    ]  # fmt: skip
    assert outcome.refused == []


def test_two_flores_files_that_disagree_are_not_both_kept(project, rules_db, tmp_path):
    files = {"a.csv": _flores_ess(("59392", "_T", 40)), "b.csv": _flores_ess(("59392", "_T", 44))}
    rows, outcome = _staged(rules_db, project.sources["flores_ess"], tmp_path / "raw", files)
    assert [row["value"] for row in rows] == [40]
    assert [(row["file"], row["line"], row["code"]) for row in outcome.refused] == [("b.csv", 2, "E374")]
