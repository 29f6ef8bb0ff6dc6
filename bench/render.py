"""What the renderers cost, against writing the same cells with the json module.

The cost grows with the tables (`growth`: how much more than in proportion) and not with the establishments that they
count (`establishments`: a thousand times more of them in the same tables).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ess_observatory.publish.publication import Publication
from ess_observatory.publish.table_csv import table_csv
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.render.html import html_page
from ess_observatory.render.workbook import render_workbook

SIZES = (12, 24, 48, 96)
ROWS = 24
GROWTH, FLAT = 1.5, 1.25  # limits
MORE = 1000  # times more establishments


def run() -> list[dict[str, Any]]:
    """Seconds of each renderer for growing numbers of tables, and how many times the baseline it is."""
    measures = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "r.xlsx"
        html_page(publication(1))  # imports and templates
        render_workbook(publication(1), target)
        for size in SIZES:
            made = publication(size)
            baseline = _seconds(lambda made=made: _json(made))
            works: dict[str, Callable[[], Any]] = {
                "page": lambda made=made: html_page(made),
                "workbook": lambda made=made: render_workbook(made, target),
                "csv": lambda made=made: [table_csv(table) for table in made.tables],
            }
            measures.append({"name": f"render.json.{size}", "seconds": baseline, "ratio": 1.0})
            for name, work in works.items():
                spent = _seconds(work)
                measures.append(
                    {"name": f"render.{name}.{size}", "seconds": spent, "ratio": round(spent / baseline, 1)}
                )
        by_name = {measure["name"]: measure["seconds"] for measure in measures}
        for name in ("page", "workbook"):
            first, last = (by_name[f"render.{name}.{size}"] / size for size in (SIZES[0], SIZES[-1]))
            measures.append({"name": f"render.{name}.growth", "ratio": last / first, "limit": GROWTH})
        few, many = publication(SIZES[1]), publication(SIZES[1], MORE)
        for name, render in (("page", html_page), ("workbook", lambda made: render_workbook(made, target))):
            once, more = _in_turn(render, few, many)
            measures.append(
                {
                    "name": f"render.{name}.establishments",
                    "seconds": more,
                    "ratio": more / once,
                    "limit": FLAT,
                }
            )
    return measures


def publication(size: int, more: int = 1) -> Publication:
    """An invented publication of `size` tables: two number columns, a bar chart, a hidden cell in ten.

    `more`: how many times more establishments its tables count.
    """
    tables = tuple(_table(rank, more) for rank in range(1, size + 1))
    manifest = {"title": "Mesure", "territory": "Témoin", "year": 2030, "edition": "mesure", "version": "1"}
    texts = {
        "chapters": [{"id": "1", "number": "1", "title": "Tableaux", "tables": [t.number for t in tables]}]
    }
    return Publication(Path(), manifest, tables, texts, None, [], [])


def _table(rank: int, more: int) -> PublishedTable:
    columns = (Column("n", "Nombre"), Column("pct", "Part", "%", 1))
    rows = tuple(Row(f"r{i}", f"Modalité {i}") for i in range(ROWS))
    cells: dict[tuple[str, str], Cell] = {}
    for i, row in enumerate(rows):
        for column in columns:
            hidden = i % 10 == 9
            cells[row.code, column.code] = Cell(
                figure_id=f"t{rank}.{row.code}.{column.code}",
                value=None if hidden else (100.0 - i) * (more if column.code == "n" else 1),
                conf_status="C" if hidden else "F",
            )
    return PublishedTable(
        id=f"table_{rank}",
        number=f"1.{rank}",
        chapter=1,
        title=f"Tableau de mesure {rank}",
        finding=None,
        scope="Champ de mesure",
        source="Source de mesure",
        base="100",
        reading_aid="Lecture de mesure.",
        notes=(),
        stub="Modalité",
        columns=columns,
        rows=rows,
        cells=cells,
        chart={"type": "bars", "column": "n", "also": "pct"},
    )


def _json(made: Publication) -> str:
    cells = [
        (figure.id, figure.row.label, figure.column.label, figure.value, figure.sign)
        for figure in made.figures()
    ]
    return json.dumps(cells, ensure_ascii=False)


def _seconds(work: Callable[[], Any], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _in_turn(render: Callable[[Publication], Any], *publications: Publication) -> list[float]:
    """Best seconds for each publication, measured in turn so that a busy moment of the machine falls on all."""
    rounds = [[_seconds(lambda made=made: render(made), 1) for made in publications] for _ in range(5)]
    return [min(spent) for spent in zip(*rounds, strict=True)]


if __name__ == "__main__":
    for measure in run():
        print(f"{measure['name']:28} {measure['seconds']:8.4f} s   x {measure['ratio']}")
