"""The directory names only those who agreed, or whom a public register allows to name."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.export.directory import structures, write_directory
from ess_observatory.publish.reader import read_publication


@pytest.fixture(scope="module")
def folder(project: Project, reference_build: Outputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("annuaire")
    book = read_publication(reference_build.publication)
    with Database(reference_build.database, read_only=True) as db:
        write_directory(db, project, book.manifest, book.map, place)
    return place


def text_of(folder: Path, kind: str) -> str:
    return (folder / f"SYNTHETIQUE_annuaire.{kind}").read_text(encoding="utf-8-sig")


def test_only_consenting_respondents(folder: Path, reference_db: Database) -> None:
    rows = reference_db.rows(
        "select i.value_text, coalesce(c.is_chosen, false) from core.survey_identity as i "
        "left join core.survey_choice as c on c.respondent_id = i.respondent_id "
        "and c.question_code = 'A07' and c.choice_code = 'oui' where i.question_code = 'A01'"
    )
    agreed, others = {n for n, yes in rows if yes}, {n for n, yes in rows if not yes}
    lines = list(csv.DictReader(io.StringIO(text_of(folder, "csv")), delimiter=";"))
    assert {line["Nom"] for line in lines} == agreed
    assert {line["Origine"] for line in lines} == {"accord de la structure"}
    everything = "".join(text_of(folder, kind) for kind in ("csv", "html", "geojson"))
    assert others
    assert not [name for name in others if name in everything]


def test_no_siret_and_no_row_of_a_commercial_register(folder: Path, reference_db: Database) -> None:
    everything = "".join(text_of(folder, kind) for kind in ("csv", "html", "geojson"))
    assert not re.search(r"\b\d{9}(\d{5})?\b", everything)
    named = {
        row[0]
        for row in reference_db.rows(
            "select value_text from core.survey_identity where question_code = 'A01'"
        )
    }
    commercial = {
        row[0] for row in reference_db.rows("select name from core.establishment where name is not null")
    }
    assert not [name for name in commercial - named if f">{name}<" in everything]


def test_points_are_centres_of_communes(folder: Path, reference_build: Outputs) -> None:
    book = read_publication(reference_build.publication)
    assert book.map is not None
    centres = {
        f["properties"]["code"]: [f["properties"]["cx"], f["properties"]["cy"]] for f in book.map["features"]
    }
    data = json.loads(text_of(folder, "geojson"))
    assert data["warning"] == book.manifest["banner"]
    for feature in data["features"]:
        place = feature["geometry"]
        assert place is None or place["coordinates"] == centres[feature["properties"]["commune_code"]]


def test_page_stands_alone_and_works_without_script(folder: Path) -> None:
    page = html.unescape(text_of(folder, "html"))
    assert '<html lang="fr">' in page
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    assert page.count("<h1>") == 1
    assert "<caption" in page
    assert "Données synthétiques" in page
    assert not re.search(r"https?://|<link|<img|style=\"|onclick", page)
    assert re.search(r'<form id="recherche" role="search" hidden>', page)
    assert page.count("<tr data-mots") == len(text_of(folder, "csv").splitlines()) - 1
    assert not re.search(r"<tr data-mots[^>]*hidden", page)


def test_csp_hashes_are_those_of_the_page(folder: Path) -> None:
    import base64
    import hashlib

    page = html.unescape(text_of(folder, "html"))
    for tag in ("style", "script"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert body
        digest = base64.b64encode(hashlib.sha256(body.group(1).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page


@pytest.fixture
def opened_register(project: Project) -> Project:
    """The project, with a register that says it may be shown row by row."""
    source = project.sources["manageo"]
    return replace(project, sources={source.id: replace(source, diffusion="rows", diffusion_column="state")})


def test_a_public_register_without_its_partial_units(
    opened_register: Project, reference_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ess_observatory.export import directory

    declared = directory.rules_of(opened_register)
    monkeypatch.setattr(directory, "rules_of", lambda _: {**declared, "register": {"full": ["active"]}})
    found = structures(reference_db, opened_register)
    named = [item for item in found if item.origin == "répertoire public"]
    inside = reference_db.rows("select count(*) from core.establishment where in_perimeter")[0][0]
    assert 0 < len(named) <= inside
    assert all(item.commune and item.family for item in named)
    monkeypatch.setattr(directory, "rules_of", lambda _: {**declared, "register": {"full": ["O"]}})
    assert not [s for s in structures(reference_db, opened_register) if s.origin == "répertoire public"]


def test_a_register_that_does_not_say_its_partial_units_is_refused(
    opened_register: Project, reference_db: Database
) -> None:
    silent = replace(opened_register.sources["manageo"], diffusion_column=None)
    opened_register = replace(opened_register, sources={silent.id: silent})
    with pytest.raises(ObservatoryError) as caught:
        structures(reference_db, opened_register)
    assert caught.value.code == "E571"


def test_command(reference_build: Outputs, tmp_path: Path) -> None:
    for name in ("publication", "observatory.duckdb"):
        (tmp_path / name).symlink_to(reference_build.base / name)
    done = CliRunner().invoke(app, ["directory", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["structures"] == 8
    assert (tmp_path / "reports" / "annuaire" / "SYNTHETIQUE_annuaire.html").is_file()
