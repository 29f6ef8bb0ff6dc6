"""Respondents' trust: identity apart from answers, consent honoured, nothing of one structure in what is published."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command_line import ess
from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.form import write_form
from ess_observatory.survey.privacy import citable_names, consenting, purge
from test_survey_form_support import fill
from test_survey_support import CODEBOOK

NAME, SIRET, WRONG = "Zéphyrine Quatorzième Témoin", "73282932000074", "73282932000075"
SECRETS = {
    "A01": NAME,
    "A02": SIRET,
    "A03": "59392",
    "A07": "Oui",
    "F02": 98765431,
    "G02": "Indicateur confidentiel du témoin",
    "L02": "Commentaire confidentiel du témoin",
    "D01.other": "Une force connue du seul témoin",
}


@pytest.fixture(scope="module")
def planted(project, reference_raw, tmp_path_factory) -> Outputs:
    """The reference edition with two more answers, whose words are nowhere else."""
    from ess_observatory.recipe.runner import run

    base = tmp_path_factory.mktemp("planted")
    raw = base / "raw"
    shutil.copytree(reference_raw, raw)
    form = write_form(load_codebook(project.questionnaire), base / "vide.xlsx")
    fill(form, SECRETS, raw / "temoin.xlsx")
    fill(form, {"A01": NAME, "A02": WRONG, "E01": "Oui"}, raw / "temoin_2.xlsx")
    edition = project.edition(project.default_edition())
    outputs = Outputs.of(project.root, edition.id, base / "out")
    return run(project, edition, raw, outputs, "report").outputs


def texts(folder: Path) -> dict[str, str]:
    """Everything that can be read in the files of a folder."""
    found = {}
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".parquet":
            found[name] = repr(pq.read_table(path).to_pylist())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found[name] = " ".join(book.read(part).decode("utf-8", "replace") for part in book.namelist())
        else:
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found


def held(database: Path, words: Iterable[str], tables_like: str = "%") -> set[str]:
    """Those of the words that a row of any table of a database holds (or of those of that name)."""
    with Database(database, read_only=True) as db:
        tables = db.rows(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database() "
            "and table_name like ?",
            [tables_like],
        )
        asked = ", ".join(
            f"coalesce(bool_or(contains(cast(t as varchar), '{word}')), false)" for word in words
        )
        found = [db.rows(f'select {asked} from "{schema}"."{table}" as t')[0] for schema, table in tables]
    return {word for word, *rows in zip(words, *found, strict=True) if any(rows)}


def contents(folder: Path) -> dict[Path, bytes]:
    """The files of a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_no_output_holds_anything_of_one_structure(planted: Outputs) -> None:
    found = texts(planted.publication) | texts(planted.reports)
    assert len(found) > 10
    numbers = ("98765431", "98 765 431", "98\u202f765\u202f431", "98\u00a0765\u00a0431")
    for secret in (NAME, SIRET, WRONG, *numbers, SECRETS["G02"], SECRETS["L02"], SECRETS["D01.other"]):
        assert [name for name, text in found.items() if secret in text] == [], secret


def test_no_output_names_a_respondent_of_the_reference_edition(
    reference_build: Outputs, reference_db
) -> None:
    names = [
        row[0]
        for row in reference_db.rows("select value_text from core.survey_identity where status = 'answered'")
    ]
    assert len(names) == 114
    found = texts(reference_build.publication) | texts(reference_build.reports)
    for name in names:
        assert [file for file, text in found.items() if name in text] == [], name


@pytest.mark.slow
def test_identity_is_apart_from_the_answers(planted: Outputs) -> None:
    with Database(planted.database, read_only=True) as db:
        for table in ("core.survey_answer", "core.survey_choice", "staging.survey_answer"):
            assert db.rows(f"select count(*) from {table} where question_code in ('A01', 'A02')") == [(0,)]
        columns = {row[0] for row in db.rows("describe core.survey_respondent")}
        assert "siret" in columns and "name" not in columns
        assert db.rows("select count(*) from core.survey_identity where value_text = ?", [NAME]) == [(2,)]


@pytest.mark.slow
def test_only_those_who_agreed_may_be_named(planted: Outputs, reference_db) -> None:
    assert len(consenting(reference_db)) == 8
    with Database(planted.database, read_only=True) as db:
        assert len(consenting(db)) == 9
        names = citable_names(db)
        assert sorted(names) == consenting(db)
        assert list(names.values()).count(NAME) == 1, "the second one did not answer the question"


@pytest.mark.slow
def test_a_purge_is_confirmed_leaves_no_identity_and_changes_nothing_else(
    planted: Outputs, project, tmp_path
) -> None:
    outputs = Outputs.of(project.root, "x", tmp_path / "out")
    shutil.copytree(planted.base, outputs.base)
    secrets = (NAME, SIRET, WRONG)
    published = contents(outputs.publication)
    with Database(outputs.database, read_only=True) as db:
        sirets = [
            row[0] for row in db.rows("select siret from core.survey_respondent where siret is not null")
        ]
        cells = "select * from core.survey_answer order by all"
        answers, tables = db.rows(cells), db.rows("select * from marts.recruitment order by all")
    command = ["survey", "purge", "--out", outputs.base, "--json"]
    refused = ess(*command)
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["errors"][0]["code"] == "E238"
    assert held(outputs.database, secrets, "survey%") == set(secrets)
    confirmed = ess(*command, "--yes")
    assert confirmed.returncode == 0, confirmed.stderr
    done = json.loads(confirmed.stdout)
    assert (done["identity_answers"], done["respondents"], done["refused_values"]) == (117, 58, 1)
    assert "core.survey_respondent.siret" in done["columns"]
    assert (outputs.quality / "refused.parquet").is_file() and (outputs.quality / "ledger.parquet").is_file()
    assert held(outputs.database, secrets) == set()
    stored, told = outputs.database.read_bytes(), repr(texts(outputs.quality))
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in told
    with Database(outputs.database, read_only=True) as db:
        assert db.rows(cells) == answers and db.rows("select * from marts.recruitment order by all") == tables
        assert db.rows("select count(*) from core.survey_identity") == [(0,)]
        surveys = [
            row[0]
            for row in db.rows(
                "select table_schema || '.' || table_name from information_schema.tables where table_name like 'survey%' "
                "and table_name <> 'survey_frame' and table_schema in ('raw', 'staging', 'core')"
            )
        ]  # the frame is the whole register: it does not say who answered
        for table in surveys:
            text = repr(db.rows(f"select * from {table}"))
            assert not [siret for siret in sirets if siret in text], table
    assert contents(outputs.publication) == published
    assert purge(outputs, load_codebook(CODEBOOK), "survey").is_empty, "a second purge finds nothing"
    assert not [path for path in outputs.base.iterdir() if path.name.startswith(".purge")]


def test_nothing_to_purge(tmp_path) -> None:
    with pytest.raises(ObservatoryError) as caught:
        purge(Outputs(tmp_path, tmp_path / "reports"), load_codebook(CODEBOOK), "survey")
    assert caught.value.code == "E131"
