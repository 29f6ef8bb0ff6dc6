"""One piece of work of `bench.scale`, in a process of its own: prints its seconds and its peak memory as JSON."""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench._floor import FLOOR, FLOOR_TABLES
from bench._stock import ROOT, write_stock
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import closure
from ess_observatory.engine.sql_text import quote
from ess_observatory.read import load
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import make_core, models_of

EDITION = "sambre-avesnois-2026"
TABLES = (
    "families", "legal_units", "sectors", "size_bands", "communes", "sublevels", "nested_levels", "perimeter_decisions",
    "demography",
)  # fmt: skip
FLOOR_BY = {
    "family": "ess_family", "sector": "sector", "size_band": "size_band", "commune": "commune_code", "epci": "epci_code",
    "nothing": "1",
}  # fmt: skip


def main(work: str, argument: str, folder: str) -> dict[str, Any]:
    """Do the work; seconds, peak memory in GB, and what the work says of its result."""
    known: dict[str, Callable[[str, Path], dict[str, Any]]] = {
        "core": _core, "floor": _floor, "csv": _ingest, "book": _ingest, "csv_floor": _csv_floor, "csv_polars": _polars,
        "csv_pandas": _pandas, "book_floor": _calamine,
    }  # fmt: skip
    found = known[work](argument, Path(folder))
    return {**found, "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}


def national(project: Project, scratch: Path) -> Edition:
    """The edition of today for all of France, cut into départements."""
    declared = scratch / "france.toml"
    declared.write_text('name = "France"\nfrance = true\nsublevel = "departement"\n', encoding="utf-8")
    return replace(project.edition(EDITION), territory=project.territory(declared.name, near=declared.parent))


def staged(db: Database, project: Project, edition: Edition, stock: tuple[Path, Path]) -> None:
    """Rules, the two stocks as they are read from Parquet, and every other source empty."""
    sources = dict(zip(("sirene_establishment", "sirene_legal_unit"), stock, strict=True))
    load_rules(db, project, edition, set(sources))
    load.create_books(db)
    for spec in project.sources.values():
        if spec.kind != "survey" and spec.id not in sources:
            load.load_source(db, spec, [])
    for model in models_of(project):
        if model.layer != "staging":
            continue
        name = model.target.partition(".")[2]
        if name in sources:
            db.execute(f"create view {model.target} as select * from {quote(str(sources[name]))}")
        elif project.sources[name].kind != "survey":
            db.execute(f"create table {model.target} as {model.sql}")


def _core(count: str, folder: Path) -> dict[str, Any]:
    project = Project.load(ROOT)
    models = {model.target: model for model in models_of(project)}
    wanted = {f"marts.{name}" for name in TABLES}
    wanted |= {read for target in wanted for read in closure(target, models) if read.startswith("core.")}

    def work(db: Database) -> None:
        chosen = [model for target, model in models.items() if target in wanted]
        make_core(db, chosen)
        for model in chosen:
            if model.layer == "marts":
                db.make(model)

    return _timed(project, int(count), folder, work, "core.establishment")


def _floor(count: str, folder: Path) -> dict[str, Any]:
    def work(db: Database) -> None:
        db.execute(FLOOR)
        for name, by in FLOOR_BY.items():
            db.execute(FLOOR_TABLES.format(name=name, by=by))
        db.execute("create table floor_rule as select rule_id, count(*) as n from floor group by all")
        db.execute(
            "create table floor_life as select extract(year from created_on) as born, extract(year from closed_on) as died, "
            "count(*) as n from floor where nature_rank in (31, 100, 101) group by all"
        )

    return _timed(Project.load(ROOT), int(count), folder, work, "floor")


def _timed(
    project: Project, count: int, folder: Path, work: Callable[[Database], None], result: str
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        place = Path(scratch)
        with Database(place / "bench.duckdb") as db:
            staged(db, project, national(project, place), write_stock(folder, count))
            began = time.perf_counter()
            work(db)
            db.seal()
            seconds = time.perf_counter() - began
            kept, digest = db.rows(
                f"select count(case when in_perimeter then 1 end), sum(hash(siret, name, rule_id, ess_family, evidence, confidence, "
                f"sector, epci_code, is_employer, brand, nature_rank)) from {result}"
            )[0]
    return {"seconds": seconds, "kept": kept, "digest": str(digest)}


def _ingest(file: str, folder: Path) -> dict[str, Any]:
    from ess_observatory.recipe.inputs import inventory_of

    project = Project.load(ROOT)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        raw = Path(scratch) / "raw"
        raw.mkdir()
        (raw / Path(file).name).symlink_to(file)
        edition = project.edition(EDITION)
        with Database(Path(scratch) / "bench.duckdb") as db:
            load_rules(db, project, edition, {"sirene_establishment"})
            began = time.perf_counter()
            inventory = inventory_of(project, edition, raw)
            load.create_books(db)
            load.load_source(db, project.sources["sirene_establishment"], inventory.matches)
            seconds = time.perf_counter() - began
            values = _clock(lambda: db.rows("select max(columns(*)) from staging.sirene_establishment_typed"))
            read, refused = db.rows(
                "select sum(rows_read), (select count(*) from staging.refused) from staging.ledger"
            )[0]
    return {"seconds": seconds, "values": values["seconds"], "rows": int(read), "refused": int(refused)}


def _csv_floor(file: str, folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch, Database(Path(scratch) / "bench.duckdb") as db:
        return _clock(
            lambda: db.execute(
                f"create table raw.t as select * from read_csv({quote(file)}, header = true, all_varchar = true)"
            )
        )


def _polars(file: str, folder: Path) -> dict[str, Any]:
    if importlib.util.find_spec("polars") is None:
        return {"missing": "polars"}
    import polars

    return _clock(lambda: polars.read_csv(file, infer_schema=False))


def _pandas(file: str, folder: Path) -> dict[str, Any]:
    import pandas

    return _clock(lambda: pandas.read_csv(file, dtype=str))


def _calamine(file: str, folder: Path) -> dict[str, Any]:
    from python_calamine import CalamineWorkbook

    return _clock(lambda: CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python())


def _clock(work: Callable[[], object]) -> dict[str, Any]:
    began = time.perf_counter()
    work()
    return {"seconds": time.perf_counter() - began}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
