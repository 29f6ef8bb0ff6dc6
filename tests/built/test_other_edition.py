"""Another territory, another edition, other files of the same sources: no change in `src/`, no file in the project."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from stdnum.fr import siret

from command_line import ess

HEADERS = [
    "SIRET",
    "Dénomination",
    "Code postal",
    "Code commune",
    "Catégorie juridique",
    "Code NAF",
    "Tranche d'effectif salarié",
    "État",
    "Date de mise à jour",
]
COMMUNES = ("62041", "62119", "62498")  # Arras, Béthune, Lens


def _siret(number: int, site: int) -> str:
    """A valid SIRET on the synthetic prefix 990."""
    from stdnum import luhn

    siren = f"990{number:05d}"
    siren += luhn.calc_check_digit(siren)
    body = f"{siren}{site:04d}"
    return body + luhn.calc_check_digit(body)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A neighbour's folder: one territory, one edition, its own raw files, nothing else."""
    home = tmp_path_factory.mktemp("neighbour")
    (home / "artois.toml").write_text(
        'name = "Artois"\nname_in = "en Artois"\ncog = "2021"\ncommunes = ["62041", "62119", "62498"]\n',
        encoding="utf-8",
    )
    (home / "artois-2013.toml").write_text(
        'title = "État de l’ESS en Artois"\nyear = 2013\nterritory = "artois"\nperimeter = "cress_2011"\n'
        'publisher = "Observatoire de l’Artois"\nlicence = "Licence Ouverte 2.0"\n'
        '[sources.manageo]\nlabel = "Extraction 2013"\n[sources.clap]\nlabel = "CLAP 2011"\n',
        encoding="utf-8",
    )
    raw = home / "raw" / "deep" / "folder"
    raw.mkdir(parents=True)
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["Extraction du 3 mars 2014"])
    sheet.append([])
    sheet.append(HEADERS)
    n = 0
    for commune, count in zip(COMMUNES, (5, 3, 4), strict=True):
        for _ in range(count):
            n += 1
            sheet.append(
                [
                    _siret(n, 1),
                    f"Association {n}",
                    commune[:2] + "000",
                    commune,
                    "9220",
                    "8899B",
                    "1 ou 2 salariés" if n % 2 else "10 à 19 salariés",
                    "Actif",
                    "01/02/2014",
                ]
            )
    sheet.append(
        [
            _siret(100, 1),
            "Hors territoire",
            "59300",
            "59606",
            "9220",
            "8899B",
            "1 ou 2 salariés",
            "Actif",
            "01/02/2014",
        ]
    )
    sheet.append(
        [_siret(101, 1), "SARL", "62000", "62041", "5499", "4711B", "1 ou 2 salariés", "Actif", "01/02/2014"]
    )
    workbook.save(raw / "export (3).xlsx")
    with (raw / "postes.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(["CODGEO", "LIBGEO", "FAMILLE", "ETABLISSEMENTS", "POSTES"])
        for commune, posts in zip(COMMUNES, (120, 80, 60), strict=True):
            writer.writerow([commune, "", "Associations", 6, posts])
    return home


@pytest.fixture(scope="module")
def built(folder: Path) -> Path:
    out = folder / "out"
    places = ["--edition", folder / "artois-2013.toml", "--raw", folder / "raw", "--out", out]
    done = ess("run", *places, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["counts"]["in_perimeter"] == 12
    return out


def test_made_up_sirets_are_valid():
    assert siret.is_valid(_siret(1, 1))


def test_everything_lands_under_out(built):
    for name in (
        "observatory.duckdb",
        "publication/figures.parquet",
        "quality/ledger.parquet",
        "reports/rapport-ess.xlsx",
        "reports/rapport-ess.html",
    ):
        assert (built / name).is_file(), name
    assert not list(built.glob(".build-*"))


def test_its_figures_are_its_own(built):
    figures = {
        r["figure_id"]: r for r in pq.read_table(built / "publication" / "figures.parquet").to_pylist()
    }
    assert figures["size_total"]["value"] == 12
    assert (figures["size_1_2"]["value"], figures["size_10_19"]["value"]) == (6, 6)
    assert figures["ess_jobs_2009"]["value"] == 260
    assert {r["territory"] for r in figures.values()} == {"artois"}
    assert {r["edition"] for r in figures.values()} == {"artois-2013"}
    assert figures["communes.62041.establishments"]["value"] == 5


def test_what_has_no_source_is_not_available_never_zero(built):
    figures = {
        r["figure_id"]: r for r in pq.read_table(built / "publication" / "figures.parquet").to_pylist()
    }
    for figure_id in ("territory_jobs", "share_jobs", "employers_territory_2010"):
        if figure := figures.get(figure_id):  # a column without any value is left out
            assert (figure["value"], figure["obs_status"]) == (None, "O")


def test_no_word_of_the_reference_territory(built):
    page = (built / "reports" / "rapport-ess.html").read_text(encoding="utf-8")
    assert "Artois" in page
    for word in ("Sambre", "Avesn", "Maubeuge", "synthétique"):
        assert word not in page, word


def test_no_replication_without_a_reference_report(built):
    assert not (built / "publication" / "replication.parquet").exists()


def test_a_missing_source_stops_with_exit_4(folder, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "postes.csv").write_bytes((folder / "raw/deep/folder/postes.csv").read_bytes())
    places = ["--edition", folder / "artois-2013.toml", "--raw", raw, "--out", tmp_path / "out"]
    done = ess("run", *places, "--json", cwd=tmp_path)
    assert done.returncode == 4
    assert json.loads(done.stdout)["errors"][0]["code"] == "E120"
    assert not (tmp_path / "out" / "publication").exists()


def test_an_edition_may_be_named_as_its_territory(project, tmp_path):
    path = tmp_path / "cambresis.toml"
    path.write_text('title = "Le Cambrésis"\nyear = 2026\nterritory = "cambresis"\n', encoding="utf-8")
    edition = project.edition(str(path))
    assert edition.territory.id == "cambresis" and edition.territory.communes
