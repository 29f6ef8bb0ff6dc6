"""The sources of today: each folder's sample is recognised, read, staged, and gives what its expected.toml says."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from conftest import ROOT, one_in
from ess_observatory.declare.files import read_toml
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.read import load
from ess_observatory.read.recognise import take_inventory
from ess_observatory.recipe.examples import fill, rules_for
from ess_observatory.recipe.perimeter_sql import core_models
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import make_core

EDITION = "sambre-avesnois-2026"
FOLDERS = sorted(path.parent for path in (ROOT / "pipelines" / "sources").glob("*/expected.toml"))
TODAY = {
    "sirene_establishment",
    "sirene_legal_unit",
    "sirene_history",
    "sirene_old",
    "flores",
    "flores_ess",
    "flores_wide",
    "clap_wide",
    "urssaf",
    "urssaf_ess",
    "comparateur",
    "ess_list",
    "esus_list",
    "siae_list",
    "rna",
}


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.strip())))


@pytest.fixture(scope="module")
def rules(project: Project):
    """One database with the rules of the edition: each sample uses its own tables in it."""
    with Database() as db:
        load_rules(db, project, project.edition(EDITION), set())
        yield db


def test_every_source_of_today_has_a_sample():
    assert {folder.name for folder in FOLDERS} >= TODAY


@pytest.mark.parametrize("folder", one_in(2, FOLDERS), ids=lambda folder: folder.name)
def test_sample(project: Project, rules: Database, folder: Path, tmp_path: Path):
    spec = project.sources[folder.name]
    sample = next(folder.glob("sample.*"))
    shutil.copy(sample, tmp_path / f"export{sample.suffix}")
    inventory = take_inventory(tmp_path, project.sources.values())
    assert [match.source for match in inventory.matches] == [spec.id], inventory.unmatched
    load.create_books(rules)
    load.load_source(rules, spec, inventory.matches)
    model = read_model(f"staging.{spec.id}", spec.staging_sql)
    load.stage(rules, spec, model.sql)
    expected = read_toml(folder / "expected.toml")
    wanted = _rows(expected["kept"])
    order = "_line, activity, measure" if spec.unpivot else "_line"
    found = rules.dicts(f"select {', '.join(wanted[0])} from {model.target} order by {order}")
    shown = [{key: "" if value is None else str(value) for key, value in row.items()} for row in found]
    assert shown == wanted
    refused = rules.rows(
        "select distinct line, code from staging.refused where code <> 'I201' order by line, code"
    )
    assert [(str(line), code) for line, code in refused] == [
        (r["line"], r["code"]) for r in _rows(expected["refused"])
    ]


def test_names_of_natural_persons_are_never_read(project: Project):
    for source in ("sirene_legal_unit", "rna"):
        headers = {
            header.casefold() for column in project.sources[source].columns for header in column.headers
        }
        assert not headers & {
            "nomunitelegale",
            "prenomusuelunitelegale",
            "prenom1unitelegale",
            "adrg_declarant",
            "dir_civilite",
        }


def test_roles_stand_for_each_other(project: Project):
    card = next(table for table in project.tables if table.id == "economic_weight")
    assert project.with_sources(card, {"manageo", "clap"}).card["sources"] == card.card["sources"]
    today = {"sirene_establishment", "flores_ess", "urssaf", "comparateur"}
    assert set(project.with_sources(card, today).card["sources"]) == today


def test_real_comparator_file(project: Project, shared: Path, tmp_path: Path):
    file = next((shared / "insee_comparateur").glob("*.csv"))
    shutil.copy(file, tmp_path / file.name)
    [match] = take_inventory(tmp_path, project.sources.values()).matches
    assert (match.source, match.unknown) == ("comparateur", ())


ESS_ROWS = """
COM,01001,_T,,true,posts,100,,2024
COM,01002,_T,,true,posts,,secret,2024
ARR,011,_T,,true,posts,130,,2024
COM,01001,_T,,true,posts,90,,2023
"""


def _long(wide: str) -> str:
    rows = ["commune_code,activity,measure,value:float,value_mark"]
    for line in wide.strip().splitlines():
        commune, activity, posts, mark, establishments = line.split(",")
        rows += [f"{commune},{activity},posts,{posts},{mark}"] if posts or mark else []
        rows += [f"{commune},{activity},establishments,{establishments},"] if establishments else []
    return "\n".join(rows)


def _employment(
    project: Project,
    area: str = "",
    flores: str = "",
    wide: str = "",
    ess: str = ESS_ROWS,
    clap: str = "",
    clap_wide: str = "",
) -> dict[tuple, dict]:
    """`core.employment` of two communes, every family and activity, from rows given as CSV text.

    Those of the wide tables hold commune, activity, posts, their mark, establishments.
    """
    given = {
        "rules.edition_source": "source,vintage:int\nflores_ess,2024\nclap,2015\nclap_wide,2015",
        "rules.territory_commune": "code\n01001\n01002",
        "rules.territory_area": f"object,code\n{area}",
        "staging.flores": "geo_object,area_code,field,activity,measure,value:float,value_mark,period:int,size_code,sphere\n"
        + flores,
        "staging.flores_wide": _long(wide),
        "staging.flores_ess": "geo_object,area_code,activity,family,is_every_family:bool,measure,value:float,"
        "value_mark,period:int\n" + ess.strip(),
        "staging.clap": "commune_code,family,posts:int,posts_mark,establishments:int,establishments_mark,is_residual:bool\n"
        + clap.strip(),
        "staging.clap_wide": _long(clap_wide),
    }
    models = core_models(project)
    with Database() as db:
        names = ("flores_measures", "flores_sizes", "naf_rev2", "naf_rev2_levels", "communes")
        rules_for(db, project, {f"rules.{name}" for name in names}, set())
        for name, text in given.items():
            fill(db, name, text)
        make_core(
            db,
            [
                models[f"core.{name}"]
                for name in ("producer_cell", "size_bound", "employment_margin", "employment")
            ],
        )
        rows = db.dicts("select * from core.employment")
    return {
        (row["area"], row["commune_code"], row["field"], row["family"], row["activity"]): row for row in rows
    }


def _posts(found: dict[tuple, dict], *key: str | None) -> tuple[float | None, str | None]:
    return found[key]["posts"], found[key]["posts_mark"]


def test_the_producers_own_line_is_taken_for_the_territory(project: Project):
    found = _employment(project, "ARR,011", "COM,01001,all,_T,posts,900,,2024,_T,")
    assert _posts(found, "territory", None, "ess", None, "_T") == (130, None)
    assert _posts(found, "commune", "01002", "ess", None, "_T") == (None, "secret")


def test_a_sum_that_lacks_hidden_communes_is_marked(project: Project):
    found = _employment(project, wide="01001,_T,900,,\n01002,_T,50,,7")
    assert _posts(found, "territory", None, "ess", None, "_T") == (100, "partial")
    assert _posts(found, "territory", None, "all", None, "_T") == (950, None)
    assert found["territory", None, "all", None, "_T"]["establishments"] == 7


#: Two communes of the territory; the associations of the second are in the residual line, the foundations of it nowhere.
CLAP = """
01001,association,60,,9,,false
01001,fondation,8,,4,,false
01002,association,,secret,2,,false
01002,fondation,,secret,1,,false
01ZZZ,association,15,,0,,true
"""


def test_clap_alone_gives_both_terms_of_the_share(project: Project):
    wide = "01001,_T,900,,\n01001,_T,,,70\n01002,_T,100,,\n01002,_T,,,8"
    found = _employment(project, ess="", clap=CLAP, clap_wide=wide)
    assert _posts(found, "territory", None, "all", None, "_T") == (1000, None)
    assert found["territory", None, "all", None, "_T"]["establishments"] == 78
    assert _posts(found, "territory", None, "ess", "association", "_T") == (75, None), (
        "the residual line is in"
    )
    assert _posts(found, "territory", None, "ess", "fondation", "_T") == (8, "partial"), (
        "what is hidden stays hidden"
    )
    assert _posts(found, "territory", None, "ess", None, "_T") == (83, "partial")
    assert _posts(found, "commune", "01001", "ess", None, "_T") == (68, None)


def test_the_residual_line_of_a_larger_file_is_not_the_territorys(project: Project):
    found = _employment(
        project, ess="", clap=CLAP + "02001,association,40,,5,,false", clap_wide="01001,_T,900,,"
    )
    assert _posts(found, "territory", None, "ess", "association", "_T") == (60, "partial")


@pytest.mark.parametrize(
    "flores", [{"wide": "01001,_T,950,,"}, {"flores": "COM,01001,all,_T,posts,950,,2024,_T,"}, {}]
)
def test_clap_and_flores_never_meet(project: Project, flores: dict[str, str]):
    found = _employment(project, clap=CLAP, clap_wide="01001,_T,900,,\n01002,_T,100,,", **flores)
    assert _posts(found, "territory", None, "ess", None, "_T") == (100, "partial")
    everyone = found.get(("territory", None, "all", None, "_T"))
    assert (everyone and everyone["posts"]) == (950 if flores else None)


def test_sectors_of_a_wide_table_are_the_sum_of_their_divisions(project: Project):
    """Division 87 and 88 make sector QB; 86 alone makes QA."""
    rows = "01001,86,40,,\n01001,87,10,,\n01001,88,30,,\n01002,86,5,,\n01002,87,,secret,\n01002,88,7,,"
    found = _employment(project, wide=rows)
    assert _posts(found, "commune", "01001", "all", None, "QB") == (40, None)
    assert _posts(found, "commune", "01002", "all", None, "QB") == (7, "partial")
    assert _posts(found, "territory", None, "all", None, "QB") == (47, "partial")
    assert _posts(found, "territory", None, "all", None, "QA") == (45, None)


KEYED = [
    folder
    for folder in FOLDERS
    if (folder / "sample.csv").is_file() and read_toml(folder / "source.toml").get("key")
]


@pytest.mark.parametrize("folder", one_in(3, KEYED), ids=lambda folder: folder.name)
def test_a_row_given_again_by_another_file_counts_once_whatever_the_files_are_called(
    project: Project, rules: Database, folder: Path, tmp_path: Path
):
    """The second file gives the same rows from the last to the first: each has a lower line in one file than in the other."""
    spec = project.sources[folder.name]
    head, *lines = (folder / "sample.csv").read_bytes().splitlines()
    same, turned = b"\n".join([head, *lines, b""]), b"\n".join([head, *reversed(lines), b""])

    def staged(name: str, files: dict[str, bytes]) -> tuple[list[tuple], int]:
        raw = tmp_path / name
        raw.mkdir()
        for file, text in files.items():
            (raw / file).write_bytes(text)
        inventory = take_inventory(raw, project.sources.values())
        load.create_books(rules)
        load.load_source(rules, spec, inventory.matches)
        load.stage(rules, spec, read_model(f"staging.{spec.id}", spec.staging_sql).sql)
        keys = rules.rows(f"select {', '.join(spec.key)} from staging.{spec.id} order by all")
        return keys, rules.rows("select count(distinct (file, line)) from staging.refused")[0][0]

    alone, refused = staged("alone", {"a.csv": same})
    assert alone and len(alone) == len(set(alone))
    if len(lines) > 1:
        for name, files in {
            "after": {"a.csv": same, "b.csv": turned},
            "before": {"b.csv": same, "a.csv": turned},
        }.items():
            twice, more = staged(name, files)
            assert twice == alone
            assert spec.merged or spec.unpivot or more == 2 * refused + len(alone)
