"""What lacks the half that counts: said by `ess plan` as by `ess run`, before anything is published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import ess

UNITS = """siren,statutDiffusionUniteLegale,etatAdministratifUniteLegale,denominationUniteLegale,categorieJuridiqueUniteLegale
991000019,O,A,STRUCTURE INVENTÉE,9220
"""
EDITION = 'id = "essai"\ntitle = "Essai"\nyear = 2026\nterritory = "avesnes-sur-helpe"\nreference_date = "2026-01-01"\n'


@pytest.mark.parametrize("files", [{"unites.csv": UNITS}, {}], ids=["legal units alone", "no file"])
def test_files_that_make_no_table_stop_the_plan_as_the_run(tmp_path: Path, files: dict[str, str]) -> None:
    raw, edition = tmp_path / "raw", tmp_path / "essai.toml"
    raw.mkdir()
    edition.write_text(EDITION + "[sources.sirene_legal_unit]\nrequired = false\n", encoding="utf-8")
    for name, text in files.items():
        (raw / name).write_text(text, encoding="utf-8")
    options = ("--edition", edition, "--raw", raw, "--out", tmp_path / "out", "--json")
    planned, done = ess("plan", *options), ess("run", *options)
    assert (planned.returncode, done.returncode) == (4, 4), planned.stderr + done.stderr
    assert len(json.loads(planned.stdout)["files"]) == len(files)
    assert json.loads(done.stdout)["errors"][0]["code"] == "E120"
    assert not (tmp_path / "out" / "publication").exists()
