"""Many territories in one run, against as many separate runs on the same files: the reading and the national tables are made once.

`BENCH_EACH` gives the number of establishments of the stock, `BENCH_FOLDER` the place of the generated files. Both ways read
the same two CSV files and go as far as the publication, whose figures must be the same.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._stock import ROOT, write_csv, write_stock, write_units_csv
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.recipe.each import run_each
from ess_observatory.recipe.runner import run as run_one

ESTABLISHMENTS = int(os.environ.get("BENCH_EACH", "1000000"))
FOLDER = Path(os.environ.get("BENCH_FOLDER", Path(tempfile.gettempdir()) / "ess-observatory-bench"))
DEPARTEMENTS = ("59", "62", "80", "02", "60", "76", "27", "08")
LIMIT = 0.5
_EDITION = """title = "Banc d’essai"
year = 2026
territory = "{territory}"
perimeter = "loi_2014"
reference_date = "2026-01-01"
synthetic = true
synthetic_banner = "Établissements synthétiques."
[sources.sirene_establishment]
[sources.sirene_legal_unit]
"""


def run() -> list[dict[str, Any]]:
    """Seconds of both ways and their ratio, seconds of one more territory, and whether all figures agree."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        folder = Path(scratch)
        raw = _write_raw(folder / "raw")
        project = Project.load(ROOT)
        marks: list[float] = []

        def mark(step: str, _: str) -> None:
            if step.startswith("["):
                marks.append(time.perf_counter())

        edition = project.edition(str(_declare(folder, "tous", list(DEPARTEMENTS))))
        began = time.perf_counter()
        each = run_each(
            project,
            edition,
            "departement",
            raw,
            Outputs.of(ROOT, edition.id, folder / "each"),
            "publish",
            mark,
        )
        ended = time.perf_counter()
        together, common = ended - began, marks[0] - began
        found = {part.code: part.outcome.outputs.publication for part in each.parts if part.outcome}
        apart, agree = 0.0, len(found) == len(DEPARTEMENTS)
        for code in DEPARTEMENTS:
            alone = project.edition(str(_declare(folder, f"seul-{code}", code)))
            outputs = Outputs.of(ROOT, alone.id, folder / alone.id)
            began = time.perf_counter()
            run_one(project, alone, raw, outputs, "publish")
            apart += time.perf_counter() - began
            agree = agree and _cells(found[code]) == _cells(outputs.publication)
    count = len(DEPARTEMENTS)
    name = f"each.{ESTABLISHMENTS / 1e6:g}M"
    rows: list[dict[str, Any]] = [
        {"name": f"{name}.apart", "value": f"{count} exécutions", "seconds": apart, "ratio": 1.0},
        {"name": f"{name}.together", "value": f"{count} territoires", "seconds": together, "ratio": together / apart,
         "limit": LIMIT},
        {"name": f"{name}.common", "value": "une fois", "seconds": common},
        {"name": f"{name}.territory", "value": "chacun", "seconds": (together - common) / count},
    ]  # fmt: skip
    if not agree:
        rows.append({"name": f"{name}.agreement", "value": "chiffres différents", "failed": True})
    return rows


def _write_raw(raw: Path) -> Path:
    raw.mkdir()
    establishments, units = write_stock(FOLDER, ESTABLISHMENTS)
    write_csv(establishments, raw / "StockEtablissement_utf8.csv")
    write_units_csv(units, raw / "StockUniteLegale_utf8.csv")
    return raw


def _declare(folder: Path, name: str, departement: str | list[str]) -> Path:
    """An edition on one or several départements, cut into EPCI as each of them is in the common run."""
    (folder / f"lieu-{name}.toml").write_text(
        f'name = "{name}"\nsublevel = "epci"\ndepartement = {json.dumps(departement)}\n', encoding="utf-8"
    )
    path = folder / f"{name}.toml"
    path.write_text(_EDITION.format(territory=f"lieu-{name}"), encoding="utf-8")
    return path


def _cells(publication: Path) -> dict[str, tuple[Any, ...]]:
    """What is published of each figure: its value, its confidentiality, its status."""
    import pyarrow.parquet as pq

    columns = ["figure_id", "value", "conf_status", "obs_status"]
    rows = pq.read_table(publication / "figures.parquet", columns=columns).to_pylist()
    return {row["figure_id"]: tuple(row.values()) for row in rows}
