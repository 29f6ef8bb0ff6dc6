"""The package for the CRESS: the published numbers, nothing else, the same bytes, verified."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import some_of
from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.files import members, write_sums
from ess_observatory.export.package import Exported, export_package
from ess_observatory.export.verify import verify

RESOURCES = ("tableaux_publies", "figures_cles", "enquete_resultats", "etablissements_agreges")


@pytest.fixture(scope="module")
def exported(
    project: Project, reference_build: Outputs, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    return export_package(project, reference_build.publication, tmp_path_factory.mktemp("export"))


@pytest.fixture
def package(exported: Exported, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(exported.folder, tmp_path / exported.folder.name))


def rows_of(path: Path) -> list[dict]:
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()


def everything(folder: Path) -> str:
    """All that the package says, in one text (Parquet and workbook cells included)."""
    from openpyxl import load_workbook

    parts = []
    for name in members(folder):
        path = folder / name
        if path.suffix == ".parquet":
            parts += [str(row) for row in rows_of(path)]
        elif path.suffix == ".xlsx":
            with contextlib.closing(load_workbook(path, read_only=True)) as book:
                parts += [str(row) for sheet in book for row in sheet.iter_rows(values_only=True)]
        else:
            parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def problems(folder: Path, publication: Path | None = None) -> list[str]:
    return [problem for finding in verify(folder, publication) for problem in finding.problems]


def test_numbers_are_those_of_the_publication_cell_by_cell(
    exported: Exported, reference_build: Outputs
) -> None:
    published = {row["figure_id"]: row for row in rows_of(reference_build.publication / "figures.parquet")}
    for resource in RESOURCES:
        rows = rows_of(exported.folder / "data" / f"{resource}.parquet")
        assert rows
        for row in rows:
            source = published[row["figure_id"]]
            for key in ("value", "decimals", "obs_status", "conf_status"):
                assert row[key] == source[key], (resource, row["figure_id"], key)
            assert (row["unit"] or "") == source["unit"]
    whole = rows_of(exported.folder / "data" / "tableaux_publies.parquet")
    assert len(whole) == len(published)
    assert {row["figure_id"] for row in whole} == set(published)


def test_data_sets_are_what_they_say(exported: Exported, project: Project) -> None:
    survey = rows_of(exported.folder / "data" / "enquete_resultats.parquet")
    assert {"B01", "F01", "J02"} <= {row["question_code"] for row in survey}
    register = rows_of(exported.folder / "data" / "etablissements_agreges.parquet")
    assert {"communes", "sectors", "size_bands"} <= {row["table_id"] for row in register}
    keys = {row["figure_id"] for row in rows_of(exported.folder / "data" / "figures_cles.parquet")}
    assert {"share_employers", "share_jobs", "key_establishments"} <= keys


def test_no_hidden_value(exported: Exported) -> None:
    hidden = [
        row
        for resource in RESOURCES
        for row in rows_of(exported.folder / "data" / f"{resource}.parquet")
        if row["conf_status"] != "F"
    ]
    assert hidden
    for row in hidden:
        assert (row["status"], row["display"]) == ("s", "s")
        assert all(row.get(key) is None for key in ("value", "numerator", "ci_low", "ci_high"))


def test_no_siret_no_respondent_name_no_row_of_a_register(
    exported: Exported, reference_build: Outputs
) -> None:
    text = everything(exported.folder)
    with Database(reference_build.database, read_only=True) as db:
        numbers = db.rows("select siret, siren from core.establishment")
        names = db.rows("select value_text from core.survey_identity where value_text is not null")
        files = db.rows("select distinct file from core.survey_respondent")
        register = db.rows("select distinct name from core.establishment where name is not null")
    numbers_in_it = {
        run[first : first + size]
        for run in set(re.findall(r"\d{9,}", text))
        for size in (9, 14)
        for first in range(len(run) - size + 1)
    }
    assert not numbers_in_it & {value for row in numbers for value in row}
    for (name,) in names + files:
        assert name not in text
    lowered = text.casefold()
    assert not [name for (name,) in register if len(name) > 12 and name.casefold() in lowered]


def test_the_same_publication_gives_the_same_bytes(
    exported: Exported, project: Project, reference_build: Outputs, tmp_path: Path
) -> None:
    again = export_package(project, reference_build.publication, tmp_path)
    assert members(again.folder) == members(exported.folder)
    for name in members(exported.folder):
        assert (again.folder / name).read_bytes() == (exported.folder / name).read_bytes(), name
    assert again.archive.read_bytes() == exported.archive.read_bytes()
    assert not list(tmp_path.glob(".export-*"))


def test_the_zip_holds_the_folder(exported: Exported) -> None:
    with zipfile.ZipFile(exported.archive) as archive:
        assert archive.namelist() == [f"{exported.folder.name}/{name}" for name in members(exported.folder)]
    assert exported.folder.name == "ess-sambre-avesnois-2012.1.0"


def test_a_sound_package_is_verified(exported: Exported, reference_build: Outputs) -> None:
    findings = verify(exported.folder, reference_build.publication)
    assert len(findings) == 10
    assert [finding for finding in findings if not finding.holds] == []


def _changed_byte(folder: Path) -> None:
    path = folder / "csv" / "SYNTHETIQUE_figures_cles.csv"
    path.write_bytes(path.read_bytes().replace(b"449", b"448", 1))


def _removed_file(folder: Path) -> None:
    (folder / "provenance.json").unlink()


def _added_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("à usage interne", encoding="utf-8")


@pytest.mark.parametrize("spoil", some_of([_changed_byte, _removed_file, _added_file]))
def test_a_spoilt_package_is_refused(package: Path, spoil: Callable[[Path], None]) -> None:
    spoil(package)
    assert problems(package)
    done = CliRunner().invoke(app, ["export", "verify", str(package)])
    assert done.exit_code == 6
    assert "✘" in done.stdout


def _edit(folder: Path, change: Callable[[list[dict]], None], resource: str = "tableaux_publies") -> None:
    """Change the rows of a data set and redo the fingerprints, as someone who covers their tracks would."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "data" / f"{resource}.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    write_sums(folder)


def test_an_added_row_is_seen_even_with_new_fingerprints(package: Path) -> None:
    _edit(package, lambda rows: rows.append({**rows[0]}))
    found = " ".join(problems(package))
    assert "lignes au lieu de" in found
    assert "clé primaire répétée" in found


def test_a_changed_value_is_seen_even_with_new_fingerprints(package: Path, reference_build: Outputs) -> None:
    def change(rows: list[dict]) -> None:
        next(row for row in rows if row["figure_id"] == "size_1_2")["value"] = 161.0

    _edit(package, change)
    labels = {finding.label for finding in verify(package, reference_build.publication) if not finding.holds}
    assert "Les lignes des tableaux donnent leur ensemble" in labels
    assert "Les CSV disent la même chose que les Parquet" in labels
    assert "Les tableaux en CSV reprennent les valeurs publiées" in labels
    assert "Cellule par cellule, la publication" in labels


def test_a_revealed_value_is_seen(package: Path) -> None:
    def change(rows: list[dict]) -> None:
        next(row for row in rows if row["conf_status"] == "C")["value"] = 12.0

    _edit(package, change)
    assert any(not f.holds and "masquée" in f.label for f in verify(package))


def test_french_csv(exported: Exported) -> None:
    raw = (exported.folder / "csv" / "SYNTHETIQUE_etablissements_agreges.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    header = list(lines[0])
    assert header.index("Statut") == header.index("Valeur") + 1
    share = next(line for line in lines if line["Identifiant du chiffre"] == "size_bands.01.share")
    assert re.fullmatch(r"35,6\d+", share["Valeur"])
    assert share["Valeur affichée"] == "35,6\u00a0%"
    assert share["Données synthétiques"] == "Oui"
    tables = sorted(path.name for path in (exported.folder / "csv" / "tableaux").iterdir())
    assert "SYNTHETIQUE_1.1_size_bands.csv" in tables


def test_what_a_person_opens_says_synthetic(exported: Exported, reference_build: Outputs) -> None:
    """In its content, or in its name for what has no place for a sentence; rules are real, they say nothing."""
    for name in members(exported.folder):
        if name == "SHA256SUMS" or name.startswith(("nomenclatures/", "schemas/")):
            continue
        path = exported.folder / name
        text = path.name + (path.read_bytes().decode("utf-8", errors="ignore"))
        assert re.search("synth[ée]ti", text, re.IGNORECASE), name


def test_parquet_describes_itself(exported: Exported) -> None:
    import pyarrow.parquet as pq

    schema = pq.read_schema(exported.folder / "data" / "tableaux_publies.parquet")
    assert schema.metadata[b"synthetic"] == b"true"
    assert schema.field("base_n").metadata[b"unit"] == "réponses".encode()
    assert all(schema.field(name).metadata[b"description"] for name in schema.names)


def test_data_package_and_catalogue(exported: Exported) -> None:
    described = json.loads((exported.folder / "datapackage.json").read_text(encoding="utf-8"))
    assert described["$schema"].endswith("/2.0/datapackage.json")
    assert described["licenses"][0]["name"] == "etalab-2.0"
    parquets = [resource for resource in described["resources"] if resource["format"] == "parquet"]
    assert {resource["name"] for resource in parquets} == set(RESOURCES)
    for resource in parquets:
        assert "bytes" not in resource
        assert resource["schema"]["primaryKey"] == ["figure_id"]
    catalogue = json.loads((exported.folder / "dcat.jsonld").read_text(encoding="utf-8"))
    for key in ("dct:title", "dct:description", "dct:license", "dct:temporal", "dct:spatial", "dcat:keyword"):
        assert catalogue[key]
    data = {path.relative_to(exported.folder).as_posix() for path in exported.folder.rglob("*.*")}
    titles = {entry["@id"]: entry["dct:title"]["@value"] for entry in catalogue["dcat:distribution"]}
    assert set(titles) == {name for name in data if name.startswith(("data/", "csv/")) and "." in name}
    assert titles["csv/tableaux/SYNTHETIQUE_1.1_size_bands.csv"].startswith("Tableau 1.1 – ")
    assert catalogue["dct:issued"] == {"@value": "2012-05", "@type": "xsd:gYearMonth"}
    kinds = {entry["dcat:mediaType"]["@id"] for entry in catalogue["dcat:distribution"]}
    assert all(kind.startswith("https://www.iana.org/assignments/media-types/") for kind in kinds)


def test_provenance_gives_fingerprints_and_no_survey_file(
    exported: Exported, reference_build: Outputs
) -> None:
    trail = json.loads((exported.folder / "provenance.json").read_text(encoding="utf-8"))
    manifest = json.loads((reference_build.publication / "manifest.json").read_text(encoding="utf-8"))
    digests = {entity["ess:sha256"] for key, entity in trail["entity"].items() if key.startswith("input:")}
    assert digests == {file["sha256"] for source in manifest["sources"] for file in source["files"]}
    assert set(trail) >= {"entity", "activity", "agent", "used", "wasGeneratedBy", "wasAssociatedWith"}
    entities = set(trail["entity"])
    assert {use["prov:entity"] for use in trail["used"].values()} <= entities
    assert not [e for key, e in trail["entity"].items() if key.startswith("input:survey") and "ess:file" in e]


def test_quality_report_counts_what_is_hidden(exported: Exported) -> None:
    report = json.loads((exported.folder / "rapport_qualite.json").read_text(encoding="utf-8"))
    rows = rows_of(exported.folder / "data" / "tableaux_publies.parquet")
    assert report["cells"] == {"total": len(rows), "hidden": sum(r["conf_status"] == "C" for r in rows)}
    page = (exported.folder / "rapport_qualite.html").read_text(encoding="utf-8")
    assert 'lang="fr"' in page
    assert "Content-Security-Policy" in page
    assert page.count("<caption>") == page.count("<table>")
    assert not re.search(r"(src|href)=", page)


def test_dictionary_says_every_column(exported: Exported) -> None:
    import yaml
    from openpyxl import load_workbook

    described = json.loads((exported.folder / "datapackage.json").read_text(encoding="utf-8"))
    text = (exported.folder / "SYNTHETIQUE_dictionnaire.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(lines) == sum(
        len(r["schema"]["fields"]) for r in described["resources"] if r["format"] == "parquet"
    )
    with contextlib.closing(load_workbook(exported.folder / "SYNTHETIQUE_dictionnaire.xlsx")) as book:
        assert book.sheetnames == ["Colonnes", "Tableaux", "Signes"]
        assert book["Colonnes"].max_row == 4 + len(lines)
    cited = yaml.safe_load((exported.folder / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["cff-version"], cited["license"]) == ("1.2.0", "etalab-2.0")
    codebook = yaml.safe_load((exported.folder / "codebook_enquete.yml").read_text(encoding="utf-8"))
    assert codebook["questions"] if "questions" in codebook else codebook["sections"]
