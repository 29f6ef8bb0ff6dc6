"""What an earlier build has left beside this one is told, whatever its format."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from ess_observatory.engine.outputs import REPORT, Outputs
from ess_observatory.recipe.stale import stale_outputs
from ess_observatory.render.formats import FORMATS


def _write(reports: Path, build: str, suffix: str, day: int) -> None:
    path = reports / f"{REPORT}{suffix}"
    if suffix == ".xlsx":
        with zipfile.ZipFile(path, "w") as book:
            book.writestr("docProps/custom.xml", build)
    else:
        path.write_text(build if suffix == ".html" else "compressé", encoding="utf-8")
    os.utime(path, (day, day))


def test_a_report_of_another_build_is_told_in_each_format(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "out", tmp_path / "reports")
    outputs.reports.mkdir()
    for form in FORMATS:
        _write(outputs.reports, "b2", form.suffix, 20)
    assert stale_outputs(outputs, "b2") == []
    for form in FORMATS:
        _write(outputs.reports, "b2" if form.is_always else "b1", form.suffix, 20 if form.is_always else 10)
    (warning,) = stale_outputs(outputs, "b2")
    assert "rapport-ess.ods et rapport-ess.pdf" in warning
    _write(outputs.reports, "b1", ".xlsx", 30)
    (warning,) = stale_outputs(outputs, "b2")
    assert "rapport-ess.ods, rapport-ess.pdf et rapport-ess.xlsx" in warning
