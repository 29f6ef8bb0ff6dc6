"""Today's editions, any territory: synthetic files byte for byte, whole runs, perimeters over time, scaffolds of a new user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conftest import ROOT, TODAY
from ess_observatory.build.database import Database
from ess_observatory.build.place import Outputs
from ess_observatory.demo import write_demo
from ess_observatory.errors import ObservatoryError
from ess_observatory.perimeter import compare_perimeters
from ess_observatory.project import Project
from ess_observatory.territories import official_area

EDITIONS = (TODAY, "cambresis-2026")


@pytest.fixture(scope="module")
def built(today_build: Outputs) -> Outputs:
    return today_build


@pytest.fixture(scope="module")
def figures(built: Outputs) -> dict[str, dict]:
    return {row["figure_id"]: row for row in pq.read_table(built.publication / "figures.parquet").to_pylist()}


@pytest.fixture
def db(built: Outputs):
    with Database(built.database, read_only=True) as database:
        yield database


@pytest.mark.parametrize("edition", EDITIONS)
def test_demo_writes_the_committed_bytes(edition: str, tmp_path: Path):
    written = write_demo(ROOT, edition, tmp_path)
    raw = ROOT / "data" / "raw" / edition
    committed = {p.relative_to(raw) for p in raw.rglob("*") if p.is_file() and p.suffix != ".md"}
    assert {path.relative_to(tmp_path) for path in written} == committed
    for path in written:
        assert path.read_bytes() == (raw / path.relative_to(tmp_path)).read_bytes(), path.name
        assert path.name.startswith("SYNTHETIQUE_")
    assert sum(path.stat().st_size for path in written) < 1_500_000


def test_shares_are_within_one_source(figures):
    share = figures["same_source_weight.posts_all.share"]
    assert share["numerator"] == figures["same_source_weight.posts_all.ess"]["value"]
    assert share["denominator"] == figures["same_source_weight.posts_all.total"]["value"]
    private = figures["same_source_weight.posts_private.share"]
    assert 5 < share["value"] < private["value"] < 25
    assert share["flags"] == [] and share["obs_status"] == "A"


def test_tables_of_2012_take_the_sources_of_today(figures):
    assert figures["size_total"]["sources"] == ["sirene_establishment"]
    assert figures["size_total"]["value"] == figures["legal_units.total.establishments"]["value"]
    assert set(figures["share_jobs"]["sources"]) == {
        "sirene_establishment",
        "comparateur",
        "flores_ess",
        "urssaf",
    }
    assert figures["share_jobs"]["obs_status"] == "D", "posts and private jobs still have different fields"


def test_posts_of_communes_and_remainder_add_up(db, figures):
    posts = db.rows("select sum(posts) from core.ess_post")[0][0]
    assert posts == figures["same_source_weight.posts_all.ess"]["value"]
    hidden = db.rows("select count(*) from core.ess_post where posts_mark = 'secret' and posts is not null")[
        0
    ][0]
    assert hidden == 0


def test_companies_have_establishments_but_no_posts_in_that_source(figures):
    assert figures["families.societe_commerciale_ess.count"]["value"] > 0
    posts = figures["families.societe_commerciale_ess.posts"]
    assert posts["value"] is None and posts["obs_status"] == "O", "absent is not zero"


def test_partial_diffusion_has_no_name_nor_address(db):
    partial = db.rows("select count(*) from staging.sirene_establishment where is_partial")[0][0]
    assert partial > 0
    for table in ("core.establishment", "core.site"):
        rows = db.rows(
            f"select distinct e.name, e.brand, e.postcode, e.city from {table} as e "
            "join staging.sirene_establishment as s on s.siret = e.siret where s.is_partial"
        )
        assert rows == [("[ND]", None, None, None)]


def test_births_and_deaths(db, figures):
    births = db.rows("select count(*) from core.ess_site where extract(year from created_on) = 2025")[0][0]
    deaths = db.rows("select count(*) from core.ess_site where extract(year from closed_on) = 2025")[0][0]
    assert figures["demography.last.births"]["value"] == births > 0
    assert figures["demography.last.deaths"]["value"] == deaths > 0
    assert (
        figures["demography.last.stock"]["value"]
        == figures["demography.before_1.stock"]["value"] + births - deaths
    )


def test_the_territory_beside_the_declared_ones(db, figures):
    """Naive oracle: the producer's own lines of the region, and the index of the definition."""
    lines = {
        (row["activity"], row["measure"]): row["value"]
        for row in db.dicts(
            "select * from staging.flores_ess where geo_object = 'REG' and is_every_family and value_mark is null"
        )
    }
    assert figures["compared_weight.REG32.ess"]["value"] == lines["_T", "posts"]
    assert {i.split(".")[1] for i in figures if i.startswith("compared_weight.")} == {
        "territory",
        "REG32",
        "DEP59",
        "ARR592",
    }
    assert (
        figures["compared_weight.territory.ess"]["value"]
        == figures["same_source_weight.posts_all.ess"]["value"]
    )
    structure, index = (figures[f"sector_weight.QB.{c}"]["value"] for c in ("structure", "specificity"))
    assert index == pytest.approx(structure / (lines["QB", "posts"] / lines["_T", "posts"]), abs=0.5)
    for row in figures.values():
        if row["table_id"] == "sector_weight" and row["column_code"] == "specificity":
            hidden = figures[f"sector_weight.{row['row_code']}.ess"]["conf_status"] != "F"
            assert (row["value"] is None) or not hidden


def test_survival_counts_those_still_open(db, figures):
    """Naive oracle on the oldest cohort."""
    sites = db.rows("select created_on, closed_on from core.ess_site where register = 'sirene_establishment'")
    born = [closed for created, closed in sites if created and created.year == 2020]
    still = [closed for closed in born if closed is None or closed.year > 2025]
    assert figures["survival.before_5.created"]["value"] == len(born)
    assert figures["survival.before_5.open_5"]["value"] == pytest.approx(
        100 * len(still) / len(born), abs=0.05
    )
    assert figures["survival.before_1.open_2"]["obs_status"] == "M"


def test_the_regional_series_adds_the_lines_of_each_year(figures):
    """Naive oracle on the file itself."""
    file = ROOT / "data/raw" / EDITIONS[0] / "urssaf" / "SYNTHETIQUE_ess_effectifs-par-famille.csv"
    lines = [line.split(";") for line in file.read_text(encoding="utf-8-sig").splitlines()[1:]]
    jobs = {year: sum(int(line[6]) for line in lines if line[0] == year) for year in ("2023", "2024")}
    assert figures["regional_series.last.total"]["value"] == jobs["2024"]
    change = 100 * (jobs["2024"] - jobs["2023"]) / jobs["2023"]
    assert figures["regional_series.last.change"]["value"] == pytest.approx(change, abs=0.05)


def test_a_compared_territory_is_written_whole(project: Project, tmp_path: Path):
    path = tmp_path / "ici.toml"
    path.write_text(
        'name = "Ici"\narrondissement = "591"\ncompare = [{ object = "REG", code = "32" }]\n',
        encoding="utf-8",
    )
    with pytest.raises(ObservatoryError) as caught:
        project.territory("ici", near=tmp_path)
    assert caught.value.code == "E109"
    assert "name" in caught.value.what


def test_nothing_of_the_survey_nor_of_2011(figures):
    tables = {row["table_id"] for row in figures.values()}
    assert not tables & {"participation", "projects", "obstacles", "compared_poles"}
    sources = {source for row in figures.values() for source in row["sources"]}
    assert not sources & {"manageo", "clap", "unistatis"}


def test_the_reference_edition_has_none_of_the_new_tables(reference_build: Outputs):
    tables = set(pq.read_table(reference_build.publication / "figures.parquet")["table_id"].to_pylist())
    assert not tables & {"same_source_weight", "sector_weight", "legal_units", "demography", "nested_levels",
                         "perimeter_agreement"}  # fmt: skip


def test_every_commercial_company_has_its_evidence(db):
    rows = db.rows(
        "select distinct e.rule_id, e.ess_family from core.establishment as e "
        "where e.legal_category in ('5710', '5499') and e.in_perimeter"
    )
    assert {rule for rule, _ in rows} == {"SC_PREUVE"}
    assert {family for _, family in rows} == {"cooperative", "societe_commerciale_ess"}
    unproven = db.rows(
        "select count(*) from core.establishment as e where e.in_perimeter and e.rule_id = 'SC_PREUVE' "
        "and not exists (select 1 from core.ess_evidence as v where v.siren = e.siren and v.kind <> 'name')"
    )
    assert unproven == [(0,)]


def test_the_perimeter_beside_the_flag_and_the_lists(db, figures, built: Outputs):
    cells = {
        (row["row_code"], row["column_code"]): row["value"]
        for row in figures.values()
        if row["table_id"] == "perimeter_agreement"
    }
    for line in ("state_in", "state_out", "state_review", "total"):
        assert cells[line, "count"] == sum(cells[line, f"flag_{said}"] for said in ("yes", "no", "none")) > 0
    assert cells["state_in", "count"] == figures["size_total"]["value"]
    assert cells["state_in", "disagreements"] == cells["state_in", "flag_no"] > 0
    assert cells["state_out", "disagreements"] == cells["state_out", "flag_yes"] > 0
    assert cells["state_review", "disagreements"] == 0
    listed = pq.read_table(built.quality / "desaccords-perimetre.parquet").to_pylist()
    assert (
        len({row["siret"] for row in listed if "Sirene" in row["given_by_label"]})
        == cells["total", "disagreements"]
    )
    proofs = db.rows(
        "select count(*) from core.perimeter_opinion where given_by = 'esus' and decision = 'in'"
    )[0][0]
    assert cells["state_in", "esus"] == proofs > 0
    report = (built.quality / "rapport-qualite.html").read_text(encoding="utf-8")
    assert 'id="desaccords"' in report and "desaccords-perimetre.xlsx" in report


def test_perimeters_compared(project: Project, built: Outputs):
    found = compare_perimeters(project, project.edition(EDITIONS[0]), built, "cress_2011", "loi_2014")
    before, after = found["counts"]["cress_2011"]["in"], found["counts"]["loi_2014"]["in"]
    assert after - before == len(found["entering"]) - len(found["leaving"])
    assert {move["to_rule"] for move in found["entering"]} == {"SC_PREUVE"}
    excluded = next(rule for rule in found["rules"] if rule["rule_id"] == "NAF_EXCLUE")
    assert excluded["kept_without"][1] == excluded["decided"][1] > 0


def test_perimeter_command(built: Outputs):
    done = _ess(
        "perimeter", "compare", "loi_2014", "insee_flores", "-e", EDITIONS[0], "--out", built.base, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert {move["from_rule"] for move in json.loads(done.stdout)["leaving"]} == {"SC_PREUVE"}


def test_comparing_nothing_built_says_so(project: Project, tmp_path: Path):
    with pytest.raises(ObservatoryError, match="Aucune base construite"):
        compare_perimeters(
            project, project.edition(EDITIONS[0]), Outputs.of(ROOT, "x", tmp_path), "cress_2011", "loi_2014"
        )


def _ess(*arguments: str | Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ESS_ROOT": str(root), "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-m", "ess_observatory.cli", *map(str, arguments)],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's declarations, as a new user has them."""
    home = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(ROOT / "pipelines", home / "pipelines", ignore=shutil.ignore_patterns("demo"))
    (home / "data" / "raw").mkdir(parents=True)
    return home


def test_a_new_territory_and_edition_run(newcomer: Path):
    """Another arrondissement, from scratch: two commands, the files dropped, one run."""
    done = _ess(
        "new", "territory", "Le Cambrésis d’essai", "--arrondissement", "592", "--json", root=newcomer
    )
    assert done.returncode == 0, done.stderr
    path = Path(json.loads(done.stdout)["files"][0])
    assert path.name == "le-cambresis-d-essai.toml"
    done = _ess("new", "edition", "essai-2026", "--territory", path.stem, "--year", "2026", "--source", "sirene_establishment",
                "--source", "sirene_legal_unit", root=newcomer)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("sirene", "flores"):
        shutil.copytree(
            ROOT / "data" / "raw" / EDITIONS[1] / name, newcomer / "data" / "raw" / "essai-2026" / name
        )
    (
        table := _ess(
            "new", "table", "essai", "--number", "1.9", "--source", "sirene_establishment", root=newcomer
        )
    ).check_returncode()
    done = _ess("publish", "--edition", "essai-2026", "--json", root=newcomer)
    assert done.returncode == 0, done.stderr + done.stdout + table.stderr
    folder = newcomer / "data" / "processed" / "essai-2026" / "publication"
    figures = {row["figure_id"]: row for row in pq.read_table(folder / "figures.parquet").to_pylist()}
    assert figures["essai.total.count"]["value"] == figures["size_total"]["value"] > 100
    assert figures["nested_levels.arrondissement_592.communes"]["value"] == 116
    assert figures["same_source_weight.posts_all.share"]["value"] > 5
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["territory"]["name"] == "Le Cambrésis d’essai"
    assert not (folder / "replication.parquet").exists()


def test_nothing_is_replaced_and_mistakes_are_said(newcomer: Path):
    first = _ess("new", "territory", "Deux fois", "--departement", "59", root=newcomer)
    again = _ess("new", "territory", "Deux fois", "--departement", "59", root=newcomer)
    assert (first.returncode, again.returncode) == (0, 2)
    assert "existe déjà" in again.stderr
    wrong = _ess("new", "territory", "Nulle part", "--arrondissement", "999", root=newcomer)
    assert wrong.returncode == 3 and "999" in wrong.stderr
    assert not (newcomer / "pipelines" / "territories" / "nulle-part.toml").exists()
    assert _ess("new", "territory", "Rien", root=newcomer).returncode == 2
    assert _ess("new", "table", "x", "--number", "1.1", "--source", "clap", root=newcomer).returncode == 2


def test_a_new_source_reads_the_file_it_was_made_from(newcomer: Path, tmp_path: Path):
    file = tmp_path / "ateliers.csv"
    file.write_text("Liste des ateliers\n\nN° SIRET;Nom de l’atelier;Code commune;Salariés;Ouvert le;12 mois\n"
                    "99100001900018;Ruche;59392;1 200;01/02/2020;oui\n", encoding="utf-8")  # fmt: skip
    done = _ess("new", "source", file, "--name", "Ateliers partagés", "--json", root=newcomer)
    assert done.returncode == 0, done.stderr
    project = Project.load(newcomer)
    spec = project.sources["ateliers_partages"]
    assert {column.name: column.type for column in spec.columns} == {
        "n_siret": "siret", "nom_de_l_atelier": "text", "code_commune": "commune", "salaries": "integer", "ouvert_le": "date",
        "c_12_mois": "text",
    }  # fmt: skip
    raw = tmp_path / "raw"
    raw.mkdir()
    shutil.copy(file, raw)
    plan = _ess("plan", "--edition", EDITIONS[0], "--raw", raw, "--json", root=newcomer)
    assert [item["source"] for item in json.loads(plan.stdout)["files"]] == ["ateliers_partages"]


@pytest.mark.parametrize(
    ("areas", "communes", "area"),
    [
        ('arrondissement = "591"', 151, ("ARR", "591")),
        ('arrondissement = ["591", "592"]', 267, None),
        ('epci = "200043396"', 43, ("EPCI", "200043396")),
        ('departement = "59"\nsublevel = "arrondissement"', 648, ("DEP", "59")),
        ('region = "32"\nsublevel = "departement"', 3789, ("REG", "32")),
        ('france = true\nsublevel = "region"', 34_965, ("FRANCE", "F")),
        ('communes = ["59392", "62041"]', 2, None),
    ],
)
def test_any_territory(
    project: Project, tmp_path: Path, areas: str, communes: int, area: tuple[str, str] | None
):
    (tmp_path / "lieu.toml").write_text(f'name = "Lieu"\n{areas}\n', encoding="utf-8")
    territory = project.territory("lieu", near=tmp_path)
    assert len(territory.communes) == communes
    assert official_area(territory) == area
    assert all(commune["epci_code"] for commune in territory.communes if "sublevel" in areas)


def test_a_level_that_the_nomenclature_lacks_is_said(project: Project, tmp_path: Path):
    (tmp_path / "lieu.toml").write_text('name = "Lieu"\nzone_emploi = "3204"\n', encoding="utf-8")
    with pytest.raises(ObservatoryError, match="zone_emploi"):
        project.territory("lieu", near=tmp_path)
