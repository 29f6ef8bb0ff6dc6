"""Today's editions, any territory: synthetic files byte for byte, whole runs, perimeters over time, scaffolds of a new user."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command_line import ess
from conftest import ROOT, TODAY
from demo import write_demo
from ess_observatory.compared.perimeters import compare_perimeters
from ess_observatory.declare.project import Project
from ess_observatory.declare.territories import official_area
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError

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


def test_one_total_of_posts_whatever_the_table(figures):
    """The producer's own line, never a sum of what it shows."""
    names = [
        "same_source_weight.posts_all.ess",
        "families.total.posts",
        "communes.total.posts",
        "ess_jobs_2009",
    ]
    assert len({figures[name]["value"] for name in names}) == 1
    hidden = [name for name, figure in figures.items() if figure["conf_status"] != "F"]
    assert hidden and all(figures[name]["value"] is None for name in hidden)


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


def test_a_correction_made_after_a_closure_does_not_move_it(db):
    """The stock gives the day of the last correction, the history that of the closure: births and deaths take the second."""
    moved = db.rows(
        "select e.siret, e.closed_on, s.closed_on from core.establishment as e join core.ess_site as s on s.siret = e.siret "
        "where e.state = 'closed' and e.closed_on <> s.closed_on"
    )
    assert moved
    assert all(closed < corrected for _, corrected, closed in moved)
    for siret, _, closed in moved:
        first = db.rows(
            f"select min(since) from staging.sirene_history where siret = '{siret}' and state = 'closed'"
        )[0][0]
        assert closed == first


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


def test_associations_are_those_of_the_file(figures):
    """Naive oracle on the file itself: open at the reference date, created and dissolved in the last year."""
    [file] = (ROOT / "data/raw" / EDITIONS[0] / "rna").iterdir()
    with file.open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream, delimiter=";"))
    undated = "0001-01-01"
    still = [line for line in lines if line["date_disso"] == undated and line["position"] == "A"]
    assert figures["associations_by_area.total.open"]["value"] == len(still)
    assert figures["associations_by_area.total.known"]["value"] == sum(line["siret"] != "" for line in still)
    assert figures["associations.last.created"]["value"] == sum(
        line["date_creat"][:4] == "2025" for line in lines
    )
    assert figures["associations.last.dissolved"]["value"] == sum(
        line["date_disso"][:4] == "2025" for line in lines
    )
    employers = figures["associations_by_area.total.employers"]["value"]
    assert 0 < employers <= figures["legal_units.association.units"]["value"], (
        "no association is added to the units"
    )


def test_lists_count_what_the_register_places_here(db, figures):
    listed = db.rows("select siret from staging.siae_list where is_siae")
    kept = db.rows("select siret from core.field_establishment")
    assert figures["work_integration.total.structures"]["value"] == len(set(listed)) > 0
    assert figures["work_integration.total.kept"]["value"] == len(set(listed) & set(kept))
    approved = {
        siren
        for siren, since, until in db.rows("select siren, approved_on, expires_on from staging.esus_list")
        if since <= dt.date(2026, 1, 1) <= until
    }
    assert figures["esus_approvals.total.approved"]["value"] == len(approved) > 0


def test_wages_are_payroll_over_jobs(figures):
    """Naive oracle on the file itself."""
    file = ROOT / "data/raw" / EDITIONS[0] / "urssaf" / "SYNTHETIQUE_ess_effectifs-par-famille.csv"
    lines = [line.split(";") for line in file.read_text(encoding="utf-8-sig").splitlines()[1:]]
    jobs = sum(int(line[6]) for line in lines if line[0] == "2024")
    payroll = sum(int(line[7]) for line in lines if line[0] == "2024")
    assert figures["regional_wages.total.payroll"]["value"] == pytest.approx(payroll / 1e6)
    assert figures["regional_wages.total.wage"]["value"] == pytest.approx(payroll / jobs, abs=0.5)
    assert figures["regional_wages.total.jobs"]["value"] == figures["regional_series.last.total"]["value"]


def test_a_compared_territory_is_written_whole(project: Project, tmp_path: Path):
    path = tmp_path / "ici.toml"
    path.write_text(
        'name = "Ici"\narrondissement = "591"\ncompare = [{ object = "REG", code = "32" }]\n',
        encoding="utf-8",
    )
    with pytest.raises(ObservatoryError) as caught:
        project.territory("ici", near=tmp_path)
    assert caught.value.code == "E114"
    assert "compare[1].name" in caught.value.what


def test_nothing_of_the_survey_nor_of_2011(figures):
    tables = {row["table_id"] for row in figures.values()}
    assert not tables & {"participation", "projects", "obstacles", "compared_poles"}
    sources = {source for row in figures.values() for source in row["sources"]}
    assert not sources & {"manageo", "clap", "unistatis"}


def test_the_reference_edition_has_none_of_the_new_tables(reference_build: Outputs):
    tables = set(pq.read_table(reference_build.publication / "figures.parquet")["table_id"].to_pylist())
    assert not tables & {"same_source_weight", "sector_weight", "legal_units", "demography", "nested_levels",
                         "perimeter_agreement", "associations", "associations_by_area", "work_integration", "esus_approvals", "regional_wages"}  # fmt: skip


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


@pytest.mark.slow
def test_perimeters_compared(project: Project, built: Outputs):
    found = compare_perimeters(project, project.edition(EDITIONS[0]), built, "cress_2011", "loi_2014")
    before, after = found["counts"]["cress_2011"]["in"], found["counts"]["loi_2014"]["in"]
    assert after - before == len(found["entering"]) - len(found["leaving"])
    assert {move["to_rule"] for move in found["entering"]} == {"SC_PREUVE"}
    excluded = next(rule for rule in found["rules"] if rule["rule_id"] == "NAF_EXCLUE")
    assert excluded["kept_without"][1] == excluded["decided"][1] > 0


@pytest.mark.slow
def test_perimeter_command(built: Outputs):
    done = ess(
        "perimeter", "compare", "loi_2014", "insee_flores", "-e", EDITIONS[0], "--out", built.base, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert {move["from_rule"] for move in json.loads(done.stdout)["leaving"]} == {"SC_PREUVE"}


def test_comparing_nothing_built_says_so(project: Project, tmp_path: Path):
    with pytest.raises(ObservatoryError, match="Aucune base construite"):
        compare_perimeters(
            project, project.edition(EDITIONS[0]), Outputs.of(ROOT, "x", tmp_path), "cress_2011", "loi_2014"
        )


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's declarations, as a new user has them."""
    home = tmp_path_factory.mktemp("newcomer")
    shutil.copytree(ROOT / "pipelines", home / "pipelines", ignore=shutil.ignore_patterns("demo"))
    (home / "data" / "raw").mkdir(parents=True)
    return home


@pytest.mark.slow
def test_a_new_territory_and_edition_run(newcomer: Path):
    """Another arrondissement, from scratch: two commands, the files dropped, one run."""
    done = ess("new", "territory", "Le Cambrésis d’essai", "--arrondissement", "592", "--json", root=newcomer)
    assert done.returncode == 0, done.stderr
    path = Path(json.loads(done.stdout)["files"][0])
    assert path.name == "le-cambresis-d-essai.toml"
    done = ess("new", "edition", "essai-2026", "--territory", path.stem, "--year", "2026", "--source", "sirene_establishment",
                "--source", "sirene_legal_unit", root=newcomer)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("sirene", "flores"):
        shutil.copytree(
            ROOT / "data" / "raw" / EDITIONS[1] / name, newcomer / "data" / "raw" / "essai-2026" / name
        )
    (
        table := ess(
            "new", "table", "essai", "--number", "1.99", "--source", "sirene_establishment", root=newcomer
        )
    ).check_returncode()
    done = ess("publish", "--edition", "essai-2026", "--json", root=newcomer)
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
    first = ess("new", "territory", "Deux fois", "--departement", "59", root=newcomer)
    again = ess("new", "territory", "Deux fois", "--departement", "59", root=newcomer)
    assert (first.returncode, again.returncode) == (0, 2)
    places = (
        Project.load(newcomer)
        .territory("deux-fois", near=newcomer / "pipelines" / "territories")
        .meta["compare"]
    )
    assert [place["object"] for place in places] == ["REG"], "a département is not compared with itself"
    assert "existe déjà" in again.stderr
    wrong = ess("new", "territory", "Nulle part", "--arrondissement", "999", root=newcomer)
    assert wrong.returncode == 2 and "999" in wrong.stderr
    assert not (newcomer / "pipelines" / "territories" / "nulle-part.toml").exists()
    assert ess("new", "territory", "Rien", root=newcomer).returncode == 2
    assert ess("new", "table", "x", "--number", "1.1", "--source", "clap", root=newcomer).returncode == 2


def test_a_new_table_names_its_schemas_once(newcomer: Path):
    done = ess("new", "table", "schémas", "--number", "1.98", "--source", "clap", root=newcomer)
    assert done.returncode == 0, done.stderr
    made = newcomer / "pipelines" / "tables" / "schemas"
    assert [
        (made / name).read_text(encoding="utf-8").count("#:schema") for name in ("card.toml", "example.toml")
    ] == [1, 1]
    shutil.rmtree(made)


def test_a_new_source_reads_the_file_it_was_made_from(newcomer: Path, tmp_path: Path):
    file = tmp_path / "ateliers.csv"
    file.write_text("Liste des ateliers\n\nN° SIRET;Nom de l’atelier;Code commune;Salariés;Ouvert le;12 mois\n"
                    "99100001900018;Ruche;59392;1 200;01/02/2020;oui\n"
                    "99100001900026;Nid;59392;nd;01/02/2020;s\nTotal;;;1 200;;\n", encoding="utf-8")  # fmt: skip
    done = ess("new", "source", file, "--name", "Ateliers partagés", "--json", root=newcomer)
    assert done.returncode == 0, done.stderr
    project = Project.load(newcomer)
    spec = project.sources["ateliers_partages"]
    assert {column.name: column.type for column in spec.columns} == {
        "n_siret": "siret", "nom_de_l_atelier": "text", "code_commune": "commune", "salaries": "integer", "ouvert_le": "date",
        "c_12_mois": "text",
    }  # fmt: skip
    assert spec.missing == {"nd": "not_available"}, (
        "the mark among the numbers, not the word that looks like one"
    )
    raw = tmp_path / "raw"
    raw.mkdir()
    shutil.copy(file, raw)
    plan = ess("plan", "--edition", EDITIONS[0], "--raw", raw, "--json", root=newcomer)
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


# ------------------------------------------------------------------ territories from a table of communes

#: The layout of a zoning as its producer gives it: titles, then a line a commune with the area that it is in.
ZONING = """Composition communale des zones d’emploi 2020;;
Géographie : 2024;;
CODGEO;LIBGEO;ZE2020
59392;Maubeuge;3217
59225;Feignies;3217
59070;Bermeries;3217
59360;Louvignies-Quesnoy;3222
1001;L’Abergement-Clémenciat;8401
"""


@pytest.fixture
def zoning(tmp_path: Path) -> Path:
    file = tmp_path / "ZE2020_au_01-01-2024.csv"
    file.write_text(ZONING, encoding="utf-8")
    return file


def test_an_employment_zone_from_the_table_of_its_producer(newcomer: Path, zoning: Path):
    done = ess("new", "territory", "Zone d’emploi de Maubeuge", "--from-list", zoning, "--keep", "ZE2020=3217", root=newcomer)  # fmt: skip
    assert done.returncode == 0, done.stderr
    project = Project.load(newcomer)
    territory = project.territory("zone-d-emploi-de-maubeuge", near=project.pipelines / "territories")
    assert [(place["object"], place["code"]) for place in territory.meta["compare"]] == [
        ("REG", "32"),
        ("DEP", "59"),
    ]
    assert [commune["code"] for commune in territory.communes] == ["59070", "59225", "59392"]
    assert official_area(territory) == ("ZE2020", "3217")
    assert all(commune["population"] and commune["epci_name"] for commune in territory.communes)


def test_a_whole_list_gives_back_lost_zeros_and_present_communes(project: Project, tmp_path: Path):
    from ess_observatory.declare.commune_list import read_commune_list

    file = tmp_path / "communes.csv"
    file.write_text(
        "Code commune,Nom\n1001,L’Abergement\n01340,Saint-Bénigne\n59392,Maubeuge\n", encoding="utf-8"
    )
    found = read_commune_list(project.geography, file)
    assert found.codes == ("01001", "01015", "59392")
    assert found.replaced == {"01340": "01015"}


@pytest.mark.parametrize(
    ("keep", "code", "said"),
    [("ZE2020=3271", "E154", "3217"), ("ZE20=3217", "E154", "ZE2020"), (None, "E151", "introuvable")],
)
def test_a_table_of_communes_that_cannot_be_used_is_said(
    project: Project, zoning: Path, keep: str | None, code: str, said: str
):
    from ess_observatory.declare.commune_list import read_commune_list

    with pytest.raises(ObservatoryError) as caught:
        read_commune_list(project.geography, zoning if keep else zoning.with_name("absent.csv"), keep)
    assert caught.value.code == code
    assert said in str(caught.value)


def test_codes_that_are_no_commune_are_said(project: Project, tmp_path: Path):
    from ess_observatory.declare.commune_list import read_commune_list

    file = tmp_path / "liste.csv"
    file.write_text("CODGEO\n59392\n99999\n", encoding="utf-8")
    with pytest.raises(ObservatoryError, match="99999"):
        read_commune_list(project.geography, file)
    file.write_text("Nom\nMaubeuge\n", encoding="utf-8")
    with pytest.raises(ObservatoryError, match="colonne"):
        read_commune_list(project.geography, file)


# ------------------------------------------------------------------ a new user's missteps


def test_an_edition_without_any_file_says_where_to_put_them(newcomer: Path):
    assert ess("new", "territory", "Lens", "--arrondissement", "627", "--in", "dans le Lensois", root=newcomer).returncode == 0  # fmt: skip
    done = ess("new", "edition", "lens-2026", "--territory", "lens", "--year", "2026", root=newcomer)
    assert done.returncode == 0, done.stderr
    written = (newcomer / "pipelines" / "editions" / "lens-2026.toml").read_text(encoding="utf-8")
    assert "dans le Lensois" in written
    assert "#   sirene_establishment" in written, "the known sources are there to choose from"
    plan = ess("plan", "--edition", "lens-2026", root=newcomer)
    assert "aucun fichier de données reconnu" in plan.stdout
    done = ess("run", "--edition", "lens-2026", root=newcomer)
    assert done.returncode == 4
    assert "data/raw/lens-2026" in done.stderr


def test_an_edition_like_another_takes_its_sources(newcomer: Path):
    done = ess("new", "edition", "comme-2027", "--territory", "cambresis", "--year", "2027", "--like", EDITIONS[1], root=newcomer)  # fmt: skip
    assert done.returncode == 0, done.stderr
    project = Project.load(newcomer)
    model, made = project.edition(EDITIONS[1]), project.edition("comme-2027")
    assert made.sources == model.sources
    assert made.data["reference_date"] == "2027-01-01"
    assert (made.data["perimeter"], made.data["texts"]) == (model.data["perimeter"], model.data["texts"])
    assert not made.data.keys() & {"synthetic", "synthetic_banner", "replication", "default"}


def test_a_source_for_a_file_that_one_reads_already_is_refused(newcomer: Path):
    [file] = (ROOT / "data" / "raw" / EDITIONS[1] / "rna").iterdir()
    done = ess("new", "source", file, "--name", "Encore", root=newcomer)
    assert done.returncode == 2
    assert "« rna »" in done.stderr
    assert not (newcomer / "pipelines" / "sources" / "encore").exists()


@pytest.mark.slow
def test_two_perimeters_are_compared_from_the_same_command(built: Outputs, newcomer: Path):
    from typer.testing import CliRunner

    from ess_observatory.commands.main import app

    place = str(built.base)
    named = ["--edition", EDITIONS[0], "--out", place, "--json"]
    one = CliRunner().invoke(app, ["compare", "--perimeter", "cress_2011", "loi_2014", *named])
    two = CliRunner().invoke(app, ["perimeter", "compare", "cress_2011", "loi_2014", *named])
    assert one.exit_code == 0, one.output
    assert json.loads(one.stdout) == json.loads(two.stdout)


def test_a_territory_file_is_completed_from_the_nomenclature(project: Project, tmp_path: Path):
    """A bare list, in any layout: names, inter-municipalities and populations are those of the nomenclature."""
    lists = {"liste.csv": "code\n59392\n59225\n", "zonage.csv": "CODGEO;LIBGEO\n59392;Maubeuge\n59225;Feignies\n",
             "noms.csv": "code,name\n59392,Ma ville\n59225,\n"}  # fmt: skip
    for name, text in lists.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "ici.toml").write_text(f'name = "Ici"\nfile = "{name}"\n', encoding="utf-8")
        feignies, maubeuge = project.territory("ici", near=tmp_path).communes
        assert feignies["name"] == "Feignies" and maubeuge["epci_name"].endswith("Maubeuge Val de Sambre")
        assert maubeuge["name"] == ("Ma ville" if name == "noms.csv" else "Maubeuge")
        assert maubeuge["population"] > 20_000


@pytest.mark.parametrize(
    ("text", "code"), [(None, "E114"), ("code\n59392\n99999\n", "E114"), ("Nom\nIci\n", "E154")]
)
def test_a_territory_file_that_cannot_be_used_is_said(
    project: Project, tmp_path: Path, text: str | None, code: str
):
    if text is not None:
        (tmp_path / "liste.csv").write_text(text, encoding="utf-8")
    (tmp_path / "ici.toml").write_text('name = "Ici"\nfile = "liste.csv"\n', encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        project.territory("ici", near=tmp_path)
    assert caught.value.code == code
