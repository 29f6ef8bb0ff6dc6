"""Several editions side by side: their published figures in one publication, with the breaks in series marked.

It is made of publications alone, so it can show nothing that they hide; page, workbook and CSV come from the renderers of the
annual report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ess_observatory.compared.series_communes import ADDED, in_present_communes
from ess_observatory.compared.series_editions import ABSENT, HEADING, Editions, names_of
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.agreement import agreement
from ess_observatory.publish.change_lines import lines_of, tables_named
from ess_observatory.publish.comparable import worded
from ess_observatory.publish.comparison import REASON_BREAK
from ess_observatory.publish.evolution import evolutions
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.snapshot import snapshot_of
from ess_observatory.publish.tables import BREAK, Cell, Column, PublishedTable, Row
from ess_observatory.render.html import render_html
from ess_observatory.render.workbook import render_workbook
from ess_observatory.words.numbers import is_plural
from ess_observatory.words.typography import french

CHANGE = "change"
_NOT_COMPARED = Cell(obs_status="M")
_HEADLINES = "0"
#: Lines on what moved, at most twice as many.
_MOST = 24
PAGE, WORKBOOK, DATA = "series-ess.html", "series-ess.xlsx", "series-ess.parquet"


def side_by_side(
    books: Sequence[Publication],
    breaks: Breaks,
    moves: CommuneMoves | None = None,
    surveys: frozenset[str] = frozenset(),
) -> Publication:
    """One publication with a column an edition, for every table that two editions share.

    Rows are matched on table, row and column codes, those of tables by commune once they are brought to the communes of the latest
    edition (`moves`). A difference is only given between the first and the last edition, of figures
    that no break parts. `surveys`: ids of the sources that are surveys. Its checks are the figures on which editions of the same files
    disagree. Raises E134 when there are fewer than two publications, or nothing that they share.
    """
    ordered = tuple(
        sorted(books, key=lambda book: (int(book.manifest["year"]), str(book.manifest["version"])))
    )
    moves = moves or CommuneMoves()
    present, notes = in_present_communes(ordered, breaks.commune_columns, moves)
    editions = Editions(present, tuple(map(snapshot_of, ordered)), names_of(ordered), breaks, moves, notes)
    tables = tuple(_tables(editions))
    if len(ordered) < 2 or not tables:
        raise ObservatoryError(
            "E134",
            "Rien à mettre côte à côte : il faut deux publications qui ont un tableau en commun",
            None,
            "Nommez deux éditions construites (« ess run »), ou deux dossiers de publication.",
            Exit.USAGE,
        )
    last = ordered[-1]
    checks = [
        {"id": v.id, "label": v.label, "status": v.status, "detail": v.detail, "source": v.source}
        for v in agreement(ordered)
    ]
    texts, changes = _texts(editions, tables), _changes(editions, surveys)
    return Publication(last.dir, _manifest(ordered), tables, texts, None, checks, [], changes=changes)


def write_series(publication: Publication, folder: Path) -> list[Path]:
    """Page, workbook and long data (`series-ess.parquet`: a row a figure and edition) under `folder`; the paths written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "edition": column.label,
            "table_id": table.id,
            "row_code": row.code,
            "row_label": row.label,
            "value": cell.value if not cell.sign else None,
            "unit": cell.unit,
            "sign": cell.sign or cell.mark,
            "is_after_break": BREAK in cell.marks,
        }
        for table in publication.tables
        for row in table.rows
        for column in table.columns
        if column.code != CHANGE and not table.id.startswith("series_")
        for cell in [table.cell(row, column)]
    ]
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("edition", "table_id", "row_code", "row_label")),
            *(
                ("value", pa.float64()),
                ("unit", pa.string()),
                ("sign", pa.string()),
                ("is_after_break", pa.bool_()),
            ),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / DATA)
    return [
        render_html(publication, folder / PAGE),
        render_workbook(publication, folder / WORKBOOK),
        folder / DATA,
    ]


def _tables(editions: Editions) -> Iterator[PublishedTable]:
    """The headlines as lines over the editions, then every shared table, in the print order of the latest edition."""
    shared = [
        table
        for table in editions.books[-1].tables
        if table.id not in editions.breaks.not_compared and len(editions.tables(table.id)) >= 2
    ]
    headlines = [table for table in shared if str(table.chapter) == _HEADLINES]
    shares = [table for table in headlines if _shares(table)]
    for number, table in enumerate(shares, len(headlines) + 1):
        yield _over_time(editions, table, f"{_HEADLINES}.{number}")
    for table in shared:
        if (together := _together(editions, table)) is not None:
            yield together


def _together(editions: Editions, last: PublishedTable) -> PublishedTable | None:
    """A table with a row a figure and a column an edition; None when no number is shared."""
    rows: list[Row] = []
    cells: dict[tuple[str, str], Cell] = {}
    reasons: dict[str, None] = {}
    numbers = [column for column in last.columns if column.kind == "number"]
    codes = [f"e{index}" for index in range(len(editions.books))]
    for column in numbers:
        for row in _rows(editions, last.id):
            found = editions.cells(last.id, row.code, column.code)
            if all(cell is ABSENT for cell in found):
                continue
            code = f"{column.code}.{row.code}"
            section = column.header if len(numbers) > 1 else row.section
            label = f"{row.section} – {row.label}" if len(numbers) > 1 and row.section else row.label
            rows.append(Row(code, label, row.kind, section))
            unit, decimals = _unit(last, row, column), _decimals(found, column)
            for name, book, cell in zip(codes, editions.books, found, strict=True):
                is_figure = cell.figure_id is not None and ADDED not in cell.flags
                known = f"{cell.figure_id}@{book.manifest['edition']}" if is_figure else None
                cells[code, name] = replace(cell, figure_id=known, unit=unit, decimals=decimals, text=None)
            cells[code, CHANGE] = replace(_difference(found), unit=unit, decimals=decimals)
            reasons |= dict.fromkeys(_reasons(editions, found))
    if not rows:
        return None
    columns = [Column(code, name) for code, name in zip(codes, editions.names, strict=True)]
    if any(cells[row.code, CHANGE].value is not None for row in rows):
        columns.append(Column(CHANGE, f"Écart {editions.names[-1]} – {editions.names[0]}"))
    notes = editions.note(reasons, last.number) + editions.notes.get(last.id, [])
    return replace(
        last,
        finding=None,
        scope=" ; puis ".join(dict.fromkeys(table.scope for table in editions.tables(last.id))),
        source=" ; puis ".join(dict.fromkeys(table.source for table in editions.tables(last.id))),
        base=None,
        reading_aid=None,
        notes=tuple(notes),
        columns=tuple(columns),
        rows=tuple(rows),
        cells={key: cell for key, cell in cells.items() if key[1] in {c.code for c in columns}},
        chart=None,
    )


def _over_time(editions: Editions, table: PublishedTable, number: str) -> PublishedTable:
    """The shares of a one-column table as columns, the editions as rows, drawn as lines that breaks cut."""
    measure = table.columns[0]
    kept = _shares(table)
    rows = tuple(Row(f"e{index}", name) for index, name in enumerate(editions.names))
    cells: dict[tuple[str, str], Cell] = {}
    reasons: dict[str, None] = {}
    for row in kept:
        found = editions.cells(table.id, row.code, measure.code)
        reasons |= dict.fromkeys(_reasons(editions, found))
        for place, cell in zip(rows, found, strict=True):
            cells[place.code, row.code] = replace(cell, figure_id=None, unit="%")
    columns = tuple(
        Column(row.code, row.label, "%", _decimals([cells[place.code, row.code] for place in rows], measure))
        for row in kept
    )
    return replace(
        table,
        id=f"series_{table.id}",
        number=number,
        title=f"{table.title} : les parts d’une édition à l’autre",
        finding=None,
        base=None,
        reading_aid=None,
        notes=tuple(editions.note(reasons, number)),
        stub="Édition",
        columns=columns,
        rows=rows,
        cells=cells,
        chart={"type": "lines", "columns": [column.code for column in columns]},
    )


def _difference(found: Sequence[Cell]) -> Cell:
    """Last minus first, when both are shown and no break lies between them."""
    first, last = found[0], found[-1]
    shown = all(cell.value is not None and not cell.sign for cell in (first, last))
    if not shown or any(BREAK in cell.marks for cell in found):
        return _NOT_COMPARED
    assert first.value is not None and last.value is not None
    return Cell(value=last.value - first.value)


def _reasons(editions: Editions, found: Sequence[Cell]) -> Iterator[str]:
    known = [(index, cell) for index, cell in enumerate(found) if cell.figure_id]
    for (_, before), (index, after) in pairwise(known):
        if why := editions.why(before, after, index):
            yield from why.split(REASON_BREAK)


def _rows(editions: Editions, table: str) -> list[Row]:
    """The rows of every edition, in the order of the latest, those that it has no more after them."""
    rows: dict[str, Row] = {}
    for known in reversed(editions.tables(table)):
        rows |= {row.code: row for row in known.rows if row.code not in rows}
    return list(rows.values())


def _shares(table: PublishedTable) -> list[Row]:
    """The rows of a one-column table that are percentages."""
    return [row for row in table.rows if _unit(table, row, table.columns[0]) == "%"]


def _unit(table: PublishedTable, row: Row, column: Column) -> str:
    cell = table.cells.get((row.code, column.code))
    return cell.unit if cell is not None and cell.unit is not None else column.unit


def _decimals(found: Sequence[Cell], column: Column) -> int:
    return next((cell.decimals for cell in reversed(found) if cell.decimals is not None), column.decimals)


def _manifest(books: Sequence[Publication]) -> dict[str, Any]:
    first, last = books[0].manifest, books[-1].manifest
    sources = {source["id"]: source for book in books for source in book.manifest["sources"]}
    signs: dict[str, str] = {}
    for book in books:
        signs |= book.manifest["signs"]
    banners = [str(book.manifest["banner"]) for book in books if book.manifest.get("banner")]
    return {
        **last,
        "edition": f"{first['edition']}--{last['edition']}",
        "title": french(f"{last['title']} : éditions côte à côte, {first['year']}–{last['year']}"),
        "year": f"{first['year']}–{last['year']}",
        "synthetic": any(book.manifest.get("synthetic") for book in books),
        "banner": banners[-1] if banners else None,
        "build": "-".join(str(book.manifest["build"]) for book in books),
        "sources": list(sources.values()),
        "signs": signs | {"b": "rupture de série : ne se compare pas avec l’édition précédente"},
    }


def _texts(editions: Editions, tables: Sequence[PublishedTable]) -> dict[str, Any]:
    """What is set side by side, in a sentence; the chapters of the latest edition, without their prose: it speaks of one year."""
    last = editions.books[-1]
    chapters = [
        {"id": c["id"], "number": c["number"], "title": c["title"], "tables": []}
        for c in last.texts["chapters"]
        if str(c["id"]).isdigit()
    ]
    *names, latest = editions.names
    count = sum(not table.id.startswith("series_") for table in tables)
    many = "s" if is_plural(count) else ""
    point = f"Les éditions {', '.join(names)} et {latest} ont {count} tableau{'x' if many else ''} en commun, mis côte à côte."
    return {
        "main_points": [french(point)],
        "key_figures": [],
        "chapters": chapters,
        "glossary": last.texts.get("glossary", []),
    }


def _changes(editions: Editions, surveys: frozenset[str]) -> dict[str, Any]:
    """What moved between the first and the last edition, then each break once, with its number and its tables."""
    a, b, last = editions.snapshots[0], editions.snapshots[-1], editions.books[-1]
    keys = [item["figure"] for item in last.texts.get("key_figures", ()) if isinstance(item, dict)]
    found = evolutions(a, b, editions.breaks, editions.moves, keys, surveys)
    lines = [] if found.apart and a.territory != b.territory else lines_of(found, b, last, last, _MOST)
    said = [line.as_dict() for line in lines if line.kind != "broken"]
    for number, (reason, tables) in enumerate(editions.told.items(), 1):
        why = worded(a, b, reason, editions.breaks).fr.rstrip(".")
        text = f"Rupture de série {number} ({tables_named(tables, 'fr')}) : {why}."
        said.append({"kind": "broken", "text": french(text)})
    return {"heading": HEADING, "lines": said}
