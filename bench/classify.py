"""The heart of the perimeter, the same in three engines on the same files: DuckDB (the baseline), polars, pandas.

Open and employing on the reference date, in a legal category of the four families, not in an excluded activity: counts by
département and family. Each engine works in a process of its own, so that its peak memory is its own; the three must agree.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench._stock import ROOT, write_stock
from bench.scale import FOLDER

ESTABLISHMENTS = 5_000_000
DATE = "2026-01-01"
FAMILIES = ("association", "cooperative", "mutuelle", "fondation")
Counts = dict[tuple[str, str], int]


def run() -> list[dict[str, Any]]:
    """Seconds and memory of each engine, and its ratio to DuckDB."""
    rows: list[dict[str, Any]] = []
    digests = set()
    write_stock(FOLDER, ESTABLISHMENTS)
    for engine in ENGINES:
        name = f"classify.5M.{engine}"
        if importlib.util.find_spec(engine) is None:
            rows.append({"name": name, "value": f"{engine} absent"})
            continue
        done = subprocess.run(
            [sys.executable, "-m", "bench.classify", engine], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        digests.add(found["digest"])
        rows.append({"name": name, "value": f"{found['gb']:.1f} Go", "seconds": found["seconds"]})
        rows[-1]["ratio"] = found["seconds"] / rows[0]["seconds"]
    if len(digests) > 1:
        rows.append({"name": "classify.5M.agreement", "value": "comptes différents", "failed": True})
    return rows


def _declared() -> tuple[dict[str, str], list[str], list[str]]:
    """Family of each legal category in force, prefixes of the excluded activities, bands without employees."""
    rules = ROOT / "pipelines" / "rules"

    def read(name: str) -> list[dict[str, str]]:
        with (rules / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    families = {
        row["code"]: row["family"]
        for row in read("legal_categories.csv")
        if row["family"] in FAMILIES and (row["since"] or DATE) <= DATE <= (row["until"] or DATE)
    }
    excluded = [
        row["prefix"]
        for row in read("naf_exclusions.csv")
        if row["nomenclature"] == "naf_rev2" and row["decision"] == "out"
    ]
    return (
        families,
        excluded,
        [row["code"] for row in read("size_bands.csv") if row["is_employer"] == "false"],
    )


def _duckdb(sites: Path, units: Path) -> Counts:
    import duckdb

    families, excluded, idle = _declared()
    listed = ", ".join(f"('{code}', '{family}')" for code, family in families.items())
    rows = duckdb.sql(f"""
        select substr(s.commune_code, 1, 2), c.family, count(*)
        from read_parquet('{sites}') as s
        inner join read_parquet('{units}') as u on u.siren = s.siren
        inner join (values {listed}) as c(code, family) on c.code = u.legal_category
        where (s.state <> 'closed' or s.closed_on > date '{DATE}') and s.created_on <= date '{DATE}'
            and s.size_band not in ({", ".join(f"'{band}'" for band in idle)})
            and not ({" or ".join(f"starts_with(u.naf, '{prefix}')" for prefix in excluded)})
        group by all""").fetchall()
    return {(place, family): count for place, family, count in rows}


def _polars(sites: Path, units: Path) -> Counts:
    import datetime as dt

    import polars as pl

    families, excluded, idle = _declared()
    date = dt.date.fromisoformat(DATE)
    listed = pl.LazyFrame({"legal_category": list(families), "family": list(families.values())})
    rows = (
        pl.scan_parquet(sites)
        .filter((pl.col("state") != "closed") | (pl.col("closed_on") > date), pl.col("created_on") <= date)
        .filter(~pl.col("size_band").is_in(idle))
        .join(pl.scan_parquet(units).select("siren", "legal_category", unit_naf="naf"), on="siren")
        .join(listed, on="legal_category")
        .filter(~pl.any_horizontal(pl.col("unit_naf").str.starts_with(prefix) for prefix in excluded))
        .group_by(pl.col("commune_code").str.slice(0, 2), "family")
        .len()
        .collect(engine="streaming")
        .rows()
    )
    return {(place, family): count for place, family, count in rows}


def _pandas(sites: Path, units: Path) -> Counts:
    import pandas as pd

    families, excluded, idle = _declared()
    date = pd.Timestamp(DATE)
    site = pd.read_parquet(
        sites, columns=["siren", "commune_code", "size_band", "state", "created_on", "closed_on"]
    )
    closed, created = pd.to_datetime(site["closed_on"]), pd.to_datetime(site["created_on"])
    site = site[
        ((site["state"] != "closed") | (closed > date)) & (created <= date) & ~site["size_band"].isin(idle)
    ]
    unit = pd.read_parquet(units, columns=["siren", "legal_category", "naf"])
    unit["family"] = unit["legal_category"].map(families)
    unit = unit[unit["family"].notna() & ~unit["naf"].str.startswith(tuple(excluded))]
    joined = site.merge(unit, on="siren")
    counts = joined.groupby([joined["commune_code"].str[:2], "family"]).size()
    return {(str(place), str(family)): int(count) for (place, family), count in counts.items()}


ENGINES: dict[str, Callable[[Path, Path], Counts]] = {"duckdb": _duckdb, "polars": _polars, "pandas": _pandas}


def main(engine: str) -> dict[str, Any]:
    """Let one engine work, alone in this process."""
    sites, units = write_stock(FOLDER, ESTABLISHMENTS)
    importlib.import_module(engine)
    began = time.perf_counter()
    counts = ENGINES[engine](sites, units)
    seconds = time.perf_counter() - began
    digest = [[*key, count] for key, count in sorted(counts.items())]
    return {
        "seconds": seconds,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "digest": json.dumps(digest),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
