"""Many territories in one run: each as if it were alone, what goes wrong in one left to one, nothing published twice."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.territories import Territory, parts_of
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe import each
from ess_observatory.recipe.each import run_each
from ess_observatory.recipe.each_index import BUILT, EMPTY, FAILED, LEFT_ASIDE, UNCHANGED, Each, Part
from ess_observatory.recipe.runner import Outcome, run
from ess_observatory.words.labels import plural
from test_other_edition import HEADERS, _siret

TODAY = "sambre-avesnois-2026"
TWO = ("200043321", "200043404")
# Three small EPCI, whole: the first has establishments, the second none, the third fewer than its producer says; and a
# commune of a fourth.
COUNTED, NOBODY, CUT, PARTLY = "243000650", "247300015", "243301165", "62041"
COMMUNES = {
    COUNTED: ("30003", "30133", "30276"),
    NOBODY: ("73003", "73024", "73187"),
    CUT: ("33090", "33122", "33422"),
}


# ── the same figures as an ordinary run ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def today(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """The 2026 edition on two of its EPCI, compared as it is."""
    edition = project.edition(TODAY)
    folder = tmp_path_factory.mktemp("two")
    return _on(project, edition, folder, f"epci = {json.dumps(TWO)}", "Deux intercommunalités")


@pytest.fixture(scope="module")
def together(project: Project, today: Edition, tmp_path_factory: pytest.TempPathFactory) -> Each:
    outputs = Outputs.of(project.root, today.id, tmp_path_factory.mktemp("together"))
    return run_each(project, today, "epci", project.root / "data" / "raw" / TODAY, outputs, "publish")


@pytest.fixture(scope="module")
def alone(
    project: Project, today: Edition, together: Each, thorough: bool, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Outcome]:
    """Each of the two EPCI (one of them, where time is short) as the territory of an edition of its own."""
    found = {}
    for part in together.parts if thorough else together.parts[:1]:
        folder = tmp_path_factory.mktemp(part.code)
        edition = _on(project, today, folder, f'epci = "{part.code}"', part.name)
        outputs = Outputs.of(project.root, edition.id, folder / "out")
        found[part.code] = run(project, edition, project.root / "data" / "raw" / TODAY, outputs, "publish")
    return found


def _on(project: Project, edition: Edition, folder: Path, area: str, name: str) -> Edition:
    compared = ", ".join(
        f"{{ object = {json.dumps(p['object'])}, code = {json.dumps(p['code'])}, name = {json.dumps(p['name'])} }}"
        for p in edition.territory.meta["compare"]
    )
    path = folder / "lieu.toml"
    path.write_text(
        f'name = {json.dumps(name, ensure_ascii=False)}\n{area}\nsublevel = "epci"\ncompare = [{compared}]\n',
        encoding="utf-8",
    )
    return replace(edition, territory=project.territory(path.name, near=path.parent))


def _figures(publication: Path) -> dict[str, dict]:
    """Everything that is published of each figure, but the names of the edition, of its territory and of the build."""
    rows = pq.read_table(publication / "figures.parquet").to_pylist()
    return {
        row["figure_id"]: {k: v for k, v in row.items() if k not in ("edition", "territory", "build")}
        for row in rows
    }


@pytest.mark.slow
def test_a_territory_of_the_run_publishes_what_it_would_publish_alone(together, alone):
    assert [part.code for part in together.parts] == list(TWO)
    assert {part.status for part in together.parts} == {BUILT}
    for part in together.parts[: len(alone)]:
        ours, theirs = (
            _figures(part.outcome.outputs.publication),
            _figures(alone[part.code].outputs.publication),
        )
        assert len(ours) > 500
        assert any(row["conf_status"] != "F" for row in ours.values())
        assert ours == theirs


@pytest.mark.slow
def test_its_core_tables_are_those_of_an_ordinary_run(together, alone):
    for part in together.parts[: len(alone)]:
        with (
            Database(part.outcome.outputs.database, read_only=True) as ours,
            Database(alone[part.code].outputs.database, read_only=True) as theirs,
        ):
            named = "select table_schema, table_name from information_schema.tables where table_schema in ('core', 'marts')"
            assert sorted(ours.rows(named)) == sorted(theirs.rows(named))
            for name in ("core.establishment", "core.employment", "marts.sectors"):
                query = f"select * from {name} order by all"
                assert ours.rows(query) == theirs.rows(query), name
            assert ours.rows("select count(*) from core.site") == theirs.rows(
                "select count(*) from core.site"
            )


@pytest.mark.slow
def test_its_database_stands_alone(together, tmp_path):
    """Nothing in it refers to the common reading, which is gone; its views give what they gave."""
    part = together.parts[1]
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(part.outcome.outputs.database.read_bytes())
    with Database(copy, read_only=True) as db:
        tables = db.rows("select table_schema, table_name from information_schema.tables")
        counts = {f"{s}.{t}": db.rows(f"select count(*) from {s}.{t}")[0][0] for s, t in tables}
        elsewhere = db.rows(
            "select count(*) from staging.sirene_establishment "
            "where commune_code not in (select code from rules.territory_commune)"
        )[0][0]
    assert counts["core.stock"] == counts["core.site"] == counts["staging.sirene_establishment"] > 0
    assert counts["staging.ledger"] > 0
    assert elsewhere == 0
    assert not any(name.startswith("raw.") for name in counts if counts[name])


@pytest.mark.slow
def test_figures_are_traced_and_perimeters_compared_on_it(project, together):
    from ess_observatory.commands.trace import trace_of as trace
    from ess_observatory.compared.perimeters import compare_perimeters

    outputs = together.parts[0].outcome.outputs
    found = trace(project, project.edition(TODAY), outputs, "size_total")
    assert found["value"] == found["tables"]["core.field_establishment"] > 0
    assert found["files"]
    compared = compare_perimeters(project, project.edition(TODAY), outputs, "cress_2011", "loi_2014")
    assert compared["counts"]["loi_2014"]["in"] == found["value"]


@pytest.mark.slow
def test_the_reading_is_judged_once(together):
    """The checks of what was read are with the reading; those between sources and of what leaves, with each territory."""
    quality = together.places.quality
    common = {row["id"] for row in json.loads((quality / "checks.json").read_text(encoding="utf-8"))}
    own = json.loads((together.parts[0].outcome.outputs.quality / "checks.json").read_text(encoding="utf-8"))
    assert (quality / "lignes-refusees.xlsx").is_file() and (quality / "refused.parquet").is_file()
    assert "sirene_establishment.1" in common and not any(name.startswith("cross.") for name in common)
    ids = [row["id"] for row in own]
    assert len(ids) == len(set(ids)) and common < set(ids)
    assert any(name.startswith("cross.") for name in ids) and "publication.figures.1" in ids
    page = (together.parts[0].outcome.outputs.quality / "rapport-qualite.html").read_text(encoding="utf-8")
    assert "../../epci/quality/" in page or "lignes-refusees.xlsx" not in page


# ── a small run: one built, one empty, one stopped, one left aside ──────────────────────────────────────────────────


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("small")
    communes = [code for codes in COMMUNES.values() for code in codes] + [PARTLY]
    (home / "petit.toml").write_text(
        f'name = "Petit pays"\nname_in = "au petit pays"\ncommunes = {json.dumps(communes)}\n',
        encoding="utf-8",
    )
    (home / "petit-2013.toml").write_text(
        'title = "L’ESS au petit pays"\nyear = 2013\nterritory = "petit"\nperimeter = "cress_2011"\n'
        "[sources.manageo]\n[sources.clap]\n",
        encoding="utf-8",
    )
    _write_raw(home / "raw", cut=True)
    return home


def _write_raw(raw: Path, cut: bool) -> None:
    raw.mkdir(exist_ok=True)
    with (raw / "etablissements.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(HEADERS)
        places = [commune for code in (COUNTED, CUT) for commune in COMMUNES[code] for _ in range(4)]
        for number, commune in enumerate(places):
            writer.writerow(
                [_siret(number, 1), f"Association {number}", commune[:2] + "000", commune, "9220", "8899B",
                 "1 ou 2 salariés", "Actif", "01/02/2014"]
            )  # fmt: skip
    with (raw / "postes.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(["CODGEO", "LIBGEO", "FAMILLE", "ETABLISSEMENTS", "POSTES"])
        for code, communes in COMMUNES.items():
            if code != NOBODY:
                establishments = 60 if cut and code == CUT else 4
                for commune in communes:
                    writer.writerow([commune, "", "Associations", establishments, establishments * 4])


@pytest.fixture(scope="module")
def small(folder: Path) -> tuple[Path, dict]:
    """The small run by the command line: where, and what it says."""
    out = folder / "out"
    done = CliRunner().invoke(app, _arguments("run", folder, out, "--each", "epci", "--json"))
    assert done.exit_code == int(Exit.DATA), done.output
    return out, json.loads(done.stdout)


def _arguments(verb: str, folder: Path, out: Path, *more: str) -> list[str]:
    return [
        verb,
        "--edition",
        str(folder / "petit-2013.toml"),
        "--raw",
        str(folder / "raw"),
        "--out",
        str(out),
        *more,
    ]


def test_one_that_fails_does_not_stop_the_others(small):
    out, said = small
    status = {item["code"]: item["status"] for item in said["territories"]}
    assert not said["ok"]
    assert status[COUNTED] == BUILT and status[NOBODY] == EMPTY and status[CUT] == FAILED
    assert sorted(status.values()) == sorted([BUILT, EMPTY, FAILED, LEFT_ASIDE])
    (failed,) = [item for item in said["territories"] if item["status"] == FAILED]
    assert failed["error"]["code"] == "E390"
    assert any("la moitié et le double" in detail["what"] for detail in failed["error"]["details"])
    assert (out / f"epci-{COUNTED}" / "reports" / "rapport-ess.html").is_file()
    assert (out / f"epci-{CUT}" / "quality-echec").is_dir()
    assert not (out / f"epci-{CUT}" / "publication").exists()
    assert not (out / f"epci-{NOBODY}" / "publication").exists()
    assert not list(out.glob("**/.build-*"))


def test_the_index_leads_to_each(small):
    out, _ = small
    folder = out / "epci" / "reports"
    with (folder / "index.csv").open(encoding="utf-8-sig", newline="") as handle:
        lines = {row["code"]: row for row in csv.DictReader(handle, delimiter=";")}
    built, failed = lines[COUNTED], lines[CUT]
    assert (built["etat"], built["etablissements"]) == ("construit", "12")
    assert int(built["tableaux"]) > 3 and int(built["cellules_masquees"]) >= 0
    assert (folder / built["rapport"]).resolve().is_file()
    assert failed["etat"] == "en échec" and failed["message"].startswith("E390") and not failed["rapport"]
    assert lines[NOBODY]["etat"] == "sans établissement"
    (aside,) = [row for row in lines.values() if row["etat"] == "laissé de côté"]
    assert "à cheval sur la limite" in aside["message"]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert f'href="../../epci-{COUNTED}/reports/rapport-ess.html"' in page
    assert "Association 1" not in page
    assert "</strong>construit<" in page and "</strong>sans établissement<" in page
    assert (plural("territoire", 4), plural("construit", 4), plural("sans établissement", 4)) == (
        "territoires", "construits", "sans établissement",
    )  # fmt: skip


def test_what_is_unchanged_is_not_built_again(project, folder, small, monkeypatch):
    """Only the territory that failed waits for a new reading."""
    out, _ = small
    waiting: list[str] = []

    def build_all(run: object, territories: list[Territory], *_: object) -> dict[str, Part]:
        waiting.extend(territory.id for territory in territories)
        return {territory.id: Part(CUT, territory.name, FAILED) for territory in territories}

    monkeypatch.setattr(each, "_build_all", build_all)
    edition = project.edition(str(folder / "petit-2013.toml"))
    outputs = Outputs.of(project.root, edition.id, out)
    found = each.run_each(project, edition, "epci", folder / "raw", outputs)
    assert waiting == [f"epci-{CUT}"]
    assert {part.code: part.status for part in found.parts if part.code in COMMUNES} == {
        COUNTED: UNCHANGED, NOBODY: EMPTY, CUT: FAILED,
    }  # fmt: skip


@pytest.mark.slow
def test_a_territory_that_has_a_publication_is_not_emptied_in_silence(project, folder, small, tmp_path):
    """The others are built; its publication stays."""
    out = tmp_path / "out"
    shutil.copytree(small[0], out)
    raw = tmp_path / "raw"
    shutil.copytree(folder / "raw", raw)
    text = (raw / "etablissements.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not any(f";{code};" in line for code in COMMUNES[COUNTED])]
    (raw / "etablissements.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    edition = project.edition(str(folder / "petit-2013.toml"))
    places = Outputs.of(project.root, edition.id, out)
    before = (out / f"epci-{COUNTED}" / "publication" / "manifest.json").read_bytes()
    found = {part.code: part for part in run_each(project, edition, "epci", raw, places, "publish").parts}
    assert found[COUNTED].status == FAILED and found[COUNTED].error.code == "E186"
    assert (out / f"epci-{COUNTED}" / "publication" / "manifest.json").read_bytes() == before
    assert found[NOBODY].status == EMPTY


def test_nothing_that_overlaps_is_published_beside(project, folder, small, tmp_path):
    out, _ = small
    edition = project.edition(str(folder / "petit-2013.toml"))
    with pytest.raises(ObservatoryError) as whole:
        run(project, edition, folder / "raw", Outputs.of(project.root, edition.id, out), "publish")
    assert (whole.value.code, whole.value.exit_code) == ("E167", Exit.INTEGRITY)
    assert f"epci-{COUNTED}" in str(whole.value)
    (tmp_path / "publication").mkdir()
    with pytest.raises(ObservatoryError) as parts:
        run_each(
            project,
            edition,
            "epci",
            folder / "raw",
            Outputs.of(project.root, edition.id, tmp_path),
            "publish",
        )
    assert parts.value.code == "E167"


def test_a_level_must_be_known_and_have_a_whole_area(project, folder, tmp_path):
    edition = project.edition(str(folder / "petit-2013.toml"))
    outputs = Outputs.of(project.root, edition.id, tmp_path)
    with pytest.raises(ObservatoryError, match="Voulez-vous dire departement") as unknown:
        run_each(project, edition, "departements", folder / "raw", outputs)
    assert (unknown.value.code, unknown.value.exit_code) == ("E111", Exit.USAGE)
    with pytest.raises(ObservatoryError, match="à cheval") as none:
        run_each(project, edition, "region", folder / "raw", outputs)
    assert none.value.code == "E168"


# ── the cut of a territory ──────────────────────────────────────────────────────────────────────────────────────────


def test_parts_make_up_the_whole(project, tmp_path):
    path = tmp_path / "france.toml"
    path.write_text('name = "France"\nfrance = true\nsublevel = "departement"\n', encoding="utf-8")
    france = project.territory(path.name, near=path.parent)
    found = parts_of(project.geography, france, "departement")
    assert not found.left_aside
    codes = [commune["code"] for part in found.territories for commune in part.communes]
    assert sorted(codes) == [commune["code"] for commune in france.communes]
    nord = next(part for part in found.territories if part.id == "departement-59")
    assert (nord.name, nord.name_in) == ("Nord", "dans le département «\u00a0Nord\u00a0»")
    assert nord.sublevel_label == "Intercommunalité (EPCI)"
    assert {commune["epci_code"] for commune in nord.communes} >= set(TWO)


def test_a_part_of_a_declared_list_keeps_its_communes_and_is_not_compared_with_itself(project):
    whole = project.edition(TODAY).territory
    (part,) = parts_of(project.geography, whole, "arrondissement").territories
    assert part.communes == whole.communes
    assert [place["code"] for place in part.meta["compare"]] == [p["code"] for p in whole.meta["compare"]]
    cambresis = replace(
        whole, meta={**whole.meta, "compare": [{"object": "ARR", "code": "591", "name": "x"}]}
    )
    assert parts_of(project.geography, cambresis, "arrondissement").territories[0].meta["compare"] == []
