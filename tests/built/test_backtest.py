"""A published edition, made again from its raw files, must be the same."""

from __future__ import annotations

import codecs
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ess_observatory.commands.main import app
from ess_observatory.compared import backtest
from ess_observatory.engine.outputs import Outputs


@pytest.mark.slow
def test_the_reference_is_remade_identical(
    reference_raw: Path, reference_build: Outputs, remade_build: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_already(*arguments: object) -> None:
        *_, raw, outputs, until = arguments
        assert (raw, until) == (reference_raw, "publish")
        shutil.copytree(remade_build.publication, outputs.publication)

    monkeypatch.setattr(backtest, "run", made_already)
    places = ["--raw", str(reference_raw), "--against", str(reference_build.publication), "--json"]
    done = CliRunner().invoke(app, ["backtest", *places])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["changes"] == []
    assert answer["figures"] > 1000


@pytest.mark.slow
def test_a_revised_file_is_told_by_its_source(
    reference_raw: Path, reference_build: Outputs, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(reference_raw, raw)
    file = next(raw.rglob("*unistatis*.csv"))
    text = file.read_bytes().decode("utf-8-sig")
    lines = text.splitlines()
    changed = next(i for i, line in enumerate(lines[1:], 1) if line.rsplit(";", 1)[1] == "1")
    lines[changed] = lines[changed].rsplit(";", 1)[0] + ";2"
    file.write_bytes(codecs.BOM_UTF8 + "\n".join(lines).encode())
    done = CliRunner().invoke(
        app, ["backtest", "--raw", str(raw), "--against", str(reference_build.publication), "--json"]
    )
    assert done.exit_code == 6, done.output
    changes = {change["figure_id"]: change for change in json.loads(done.stdout)["changes"]}
    assert changes["territory_jobs"]["difference"] == 1
    assert changes["territory_jobs"]["reason"] == "fichiers révisés : unistatis"
    assert "size_total" not in changes
