"""A national register on one machine: the perimeter decision and the tables of establishments, and the reading of large files.

Each work is done in a process of its own, so that its peak memory is its own, beside the floor: the same work written by hand
for the engine. `BENCH_MILLIONS` gives the sizes (`1,5` when nothing is said; `1,5,40` for all of France), `BENCH_FOLDER` the
place of the generated files (some 8 GB for 40 million establishments).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = [int(size) for size in os.environ.get("BENCH_MILLIONS", "1,5").split(",")]
FOLDER = Path(os.environ.get("BENCH_FOLDER", Path(tempfile.gettempdir()) / "ess-observatory-bench"))
LIMIT = 1.3
#: Millions of establishments from which the limit holds: below, what every statement costs alone weighs too much.
LIMIT_FROM = 5
MEMORY_GB = 6.0
WORKBOOK_ROWS = 200_000
CSV_ROWS = 5_000_000
#: How many times the bare read of the engine, or of the workbook reader, the reading with all its checks may cost.
CSV_LIMIT = 2.5
WORKBOOK_LIMIT = 2.2
#: Memory that reading a CSV file may take, whatever its size, in GB.
CSV_MEMORY_GB = 1.5


def run() -> list[dict[str, Any]]:
    """Measures of every size, then the growth from the smallest to the largest, then the reading of files."""
    from bench._stock import write_csv, write_stock

    rows: list[dict[str, Any]] = []
    spent: dict[int, float] = {}
    for size in SIZES:
        count = size * 1_000_000
        write_stock(FOLDER, count)
        core, floor = _best("core", count), _best("floor", count)
        spent[size] = core["seconds"]
        rows += [
            {"name": f"scale.{size}M.floor", "value": f"{floor['kept']} retenus", "seconds": floor["seconds"], "ratio": 1.0},
            {"name": f"scale.{size}M.core", "value": f"{core['kept']} retenus", "seconds": core["seconds"],
             "ratio": core["seconds"] / floor["seconds"], **({"limit": LIMIT} if size >= LIMIT_FROM else {})},
            {"name": f"scale.{size}M.memory", "value": f"{core['gb']:.1f} Go", "ratio": core["gb"] / MEMORY_GB, "limit": 1.0},
            {"name": f"scale.{size}M.floor_memory", "value": f"{floor['gb']:.1f} Go"},
        ]  # fmt: skip
        if core["digest"] != floor["digest"]:
            rows.append(
                {"name": f"scale.{size}M.agreement", "value": "décisions différentes", "failed": True}
            )
    if len(SIZES) > 1:
        first, last = min(SIZES), max(SIZES)
        growth = (spent[last] / spent[first]) / (last / first)
        rows.append(
            {
                "name": f"scale.growth.{first}M-{last}M",
                "value": "temps par ligne",
                "ratio": growth,
                "limit": 1.2,
            }
        )
    stock = write_stock(FOLDER, CSV_ROWS)[0]
    written = write_csv(stock, FOLDER / "StockEtablissement_utf8.csv")
    works = {"read_csv": "csv_floor", "lecture": "csv", "polars": "csv_polars", "pandas": "csv_pandas"}
    rows += _beside("ingest.csv_5M", works, written, CSV_LIMIT, CSV_MEMORY_GB)
    book = _workbook(FOLDER / "etablissements.xlsx", stock)
    return rows + _beside(
        "ingest.workbook_200k", {"calamine": "book_floor", "lecture": "book"}, book, WORKBOOK_LIMIT
    )


def _beside(
    name: str, works: dict[str, str], file: Path, limit: float, memory_gb: float | None = None
) -> list[dict[str, Any]]:
    """Ways to read a file, the bare read first; the limits are those of our reading."""
    rows: list[dict[str, Any]] = []
    for label, work in works.items():
        found = _apart(work, str(file))
        if "missing" in found:
            rows.append({"name": f"{name}.{label}", "value": f"{found['missing']} absent"})
            continue
        base = rows[0]["seconds"] if rows else found["seconds"]
        rows.append({"name": f"{name}.{label}", "value": f"{found['gb']:.1f} Go", "seconds": found["seconds"],
                     "ratio": found["seconds"] / base})  # fmt: skip
        if label == "lecture":
            rows[-1]["limit"] = limit
            rows.append({"name": f"{name}.valeurs", "value": "lues une fois", "seconds": found["values"],
                         "ratio": found["values"] / base})  # fmt: skip
            if memory_gb:
                rows.append({"name": f"{name}.memory", "value": f"{found['gb']:.1f} Go", "ratio": found["gb"] / memory_gb,
                             "limit": 1.0})  # fmt: skip
    return rows


def _best(work: str, count: int) -> dict[str, Any]:
    """The faster of two runs, where they are short enough for what else the machine does to weigh; the greater memory."""
    runs = [_apart(work, count) for _ in range(2 if count <= 5_000_000 else 1)]
    return {**min(runs, key=lambda run: run["seconds"]), "gb": max(run["gb"] for run in runs)}


def _apart(work: str, argument: object) -> dict[str, Any]:
    """What a piece of work measured, done in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench._scale_work", work, str(argument), str(FOLDER)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-600:])
    return json.loads(done.stdout)


def _workbook(target: Path, stock: Path) -> Path:
    """A workbook of 200,000 establishments with the headers of StockEtablissement."""
    import xlsxwriter

    from bench._stock import sirene_rows

    if target.is_file():
        return target
    names, rows = sirene_rows(stock, WORKBOOK_ROWS)
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("StockEtablissement")
        for number, row in enumerate([names, *rows]):
            sheet.write_row(number, 0, row)
    return target
