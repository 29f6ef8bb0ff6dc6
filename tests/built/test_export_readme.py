"""The examples of the package's README run, its journal tells what changed, the command writes where it is told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from command_line import ess
from conftest import some_of
from ess_observatory.commands.main import app
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.export.package import export_package


@pytest.fixture(scope="module")
def folder(project: Project, reference_build: Outputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_package(project, reference_build.publication, tmp_path_factory.mktemp("export")).folder


def example(folder: Path, name: str, language: str) -> str:
    text = (folder / name).read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.parametrize("name", some_of(["README.md", "README.en.md"]))
def test_examples_run(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example(folder, name, "python")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1.1" in done.stdout or "0.1" in done.stdout
    monkeypatch.chdir(folder)
    with duckdb.connect() as database:
        totals = database.sql(example(folder, name, "sql").rstrip().rstrip(";")).to_arrow_table()
    assert totals.num_rows > 5
    if Rscript := shutil.which("Rscript"):
        ready = subprocess.run([Rscript, "-e", "library(arrow)"], capture_output=True, check=False)
        if ready.returncode == 0:
            shown = subprocess.run([Rscript, "-e", example(folder, name, "r")], cwd=folder, check=False)
            assert shown.returncode == 0


def test_frictionless_agrees(folder: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])[:5]


def test_sha256sum_agrees(folder: Path) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("no sha256sum here")
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=False)
    assert done.returncode == 0


def test_journal_tells_each_changed_cell(
    project: Project, reference_build: Outputs, folder: Path, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    newer = tmp_path / "publication"
    shutil.copytree(reference_build.publication, newer)
    figures = pq.read_table(newer / "figures.parquet")
    rows = figures.to_pylist()
    next(row for row in rows if row["figure_id"] == "hr_posts")["value"] = 900.0
    pq.write_table(pa.Table.from_pylist(rows, schema=figures.schema), newer / "figures.parquet")
    manifest = json.loads((newer / "manifest.json").read_text(encoding="utf-8"))
    (newer / "manifest.json").write_text(json.dumps({**manifest, "version": "2012.1.1"}), encoding="utf-8")
    done = export_package(project, newer, tmp_path / "out", previous=folder)
    assert (done.changes, done.folder.name) == (1, "ess-sambre-avesnois-2012.1.1")
    journal = (done.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "| `hr_posts` |" in journal
    assert "891" in journal
    assert journal.index("## 2012.1.1") < journal.index("## 2012.1.0")


def test_command_writes_beside_a_build_or_in_a_folder(reference_build: Outputs, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    (build / "publication").symlink_to(reference_build.publication, target_is_directory=True)
    done = CliRunner().invoke(app, ["export", "--out", str(build), "--json"])
    assert done.exit_code == 0
    written = Path(json.loads(done.stdout)["outputs"]["package"])
    assert written.parent == build.resolve()
    assert CliRunner().invoke(app, ["export", "verify", str(build)]).exit_code == 0
    archive = written.with_name(f"{written.name}.zip")
    assert CliRunner().invoke(app, ["export", "verify", str(archive), "--json"]).exit_code == 0
    elsewhere = tmp_path / "ailleurs"
    arguments = ["export", "--publication", str(reference_build.publication), "--out", str(elsewhere)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (elsewhere / written.name / "SHA256SUMS").is_file()


def test_nothing_to_export_or_verify(tmp_path: Path) -> None:
    for arguments in (
        ["export", "verify", str(tmp_path)],
        ["export", "--publication", str(tmp_path), "--out", str(tmp_path / "out")],
    ):
        done = ess(*arguments)
        assert done.returncode == 4, done.stderr
        assert "→" in done.stderr
