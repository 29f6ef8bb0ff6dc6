"""What an earlier build has left beside this one: a publication or reports made from something else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ess_observatory.engine.outputs import REPORT, Outputs
from ess_observatory.render.formats import FORMATS

_PROPERTIES = "docProps/custom.xml"


def stale_outputs(outputs: Outputs, build: str) -> list[str]:
    """One warning for the publication and one for the reports in place when they do not come from `build`, its short hash."""
    warnings = []
    manifest = outputs.publication / "manifest.json"
    published = json.loads(manifest.read_text(encoding="utf-8")).get("build") if manifest.is_file() else None
    if published is not None and published != build:
        warnings.append(
            f"{outputs.publication} vient d’une autre construction ({published}, celle-ci est {build}) : « ess publish » la refait"
        )
    reports = sorted(path for form in FORMATS for path in outputs.reports.glob(f"{REPORT}*{form.suffix}"))
    old = [path.name for path in reports if not _is_of(path, build)]
    if old:
        command = "ess report" if published == build else "ess run"
        warnings.append(
            f"{' et '.join([', '.join(old[:-1]), old[-1]] if old[1:] else old)}, dans {outputs.reports}, ne viennent pas de cette construction ({build}) : "
            f"« {command} » les refait"
        )
    return warnings


def _is_of(report: Path, build: str) -> bool:
    """Whether a report was made from a build: the page says it at its foot, the workbook in its properties; another form was, when
    it was written after the page that is.
    """
    if report.suffix == ".html":
        return build in report.read_text(encoding="utf-8", errors="replace")
    if report.suffix != ".xlsx":
        page = report.with_suffix(".html")
        written = report.stat().st_mtime_ns
        return page.is_file() and page.stat().st_mtime_ns <= written and _is_of(page, build)
    try:
        with zipfile.ZipFile(report) as archive:
            return build.encode() in archive.read(_PROPERTIES)
    except (zipfile.BadZipFile, KeyError):
        return False
