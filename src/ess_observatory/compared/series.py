"""Several editions side by side: their published figures in one publication, with the breaks in series marked.

It is made of publications alone, so it can show nothing that they hide; page, workbook and CSV come from the renderers of the
annual report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ess_observatory.compared.compare import REASON_BREAK, Snapshot, break_between, snapshot_of
from ess_observatory.compared.series_communes import ADDED, in_present_communes
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.agreement import agreement
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import BREAK, Cell, Column, PublishedTable, Row
from ess_observatory.render.html import render_html
from ess_observatory.render.workbook import render_workbook
from ess_observatory.words.typography import french

CHANGE = "change"
_ABSENT = Cell(obs_status="O")
_NOT_COMPARED = Cell(obs_status="M")
_HEADLINES = "0"
PAGE, WORKBOOK, DATA = "series-ess.html", "series-ess.xlsx", "series-ess.parquet"


@dataclass(frozen=True)
class Editions:
    """The publications to set side by side, oldest first, with what each column is called.

    `notes`: what bringing a table to the communes of the latest edition makes one say of it.
    """

    books: tuple[Publication, ...]
    snapshots: tuple[Snapshot, ...]
    names: tuple[str, ...]
    breaks: Breaks
    notes: dict[str, list[str]] = field(default_factory=dict)

    def tables(self, table: str) -> list[PublishedTable]:
        """The table of that id in each edition that has it, oldest first."""
        return [known for book in self.books for known in book.tables if known.id == table]

    def cells(self, table: str, row: str, column: str) -> list[Cell]:
        """The cell of each edition; one that follows a break has its mark, one that is not there is not available."""
        found = [_cell(book, table, row, column) for book in self.books]
        for index in range(1, len(found)):
            before = next((cell for cell in reversed(found[:index]) if cell is not _ABSENT), None)
            if before is not None and found[index] is not _ABSENT and self.why(before, found[index], index):
                found[index] = replace(found[index], flags=(*found[index].flags, BREAK))
        return found

    def why(self, before: Cell, after: Cell, index: int) -> str | None:
        """Why a cell does not compare with that of a former edition: reasons joined by « ; »."""
        earlier = next(
            (s for s in reversed(self.snapshots[:index]) if before.figure_id in s.entries), self.snapshots[0]
        )
        a = earlier.entries.get(before.figure_id or "")
        b = self.snapshots[index].entries.get(after.figure_id or "")
        return break_between(earlier, self.snapshots[index], a, b, self.breaks) if a and b else None


def side_by_side(
    books: Sequence[Publication], breaks: Breaks, moves: CommuneMoves | None = None
) -> Publication:
    """One publication with a column an edition, for every table that two editions share.

    Rows are matched on table, row and column codes, those of tables by commune once they are brought to the communes of the latest
    edition (`moves`). A difference is only given between the first and the last edition, of figures that no break parts. Its checks
    are the figures on which editions of the same files disagree. Raises E134 when there are fewer than two publications, or nothing
    that they share.
    """
    ordered = tuple(
        sorted(books, key=lambda book: (int(book.manifest["year"]), str(book.manifest["version"])))
    )
    present, notes = in_present_communes(ordered, breaks.commune_columns, moves or CommuneMoves())
    editions = Editions(present, tuple(map(snapshot_of, ordered)), _names(ordered), breaks, notes)
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
    return Publication(last.dir, _manifest(ordered), tables, _texts(last), None, checks, [])


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
            if all(cell is _ABSENT for cell in found):
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
    notes = [french(f"Rupture de série ({reason}).") for reason in reasons] + editions.notes.get(last.id, [])
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
        notes=tuple(french(f"Rupture de série ({reason}).") for reason in reasons),
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


def _cell(book: Publication, table: str, row: str, column: str) -> Cell:
    try:
        return book.table(table).cell(row, column)
    except KeyError:
        return _ABSENT


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


def _names(books: Sequence[Publication]) -> tuple[str, ...]:
    """The year of each edition, with its territory or its version where the year alone would not tell them apart."""
    places = [str(book.manifest["territory"]["name"]) for book in books]
    names = [
        str(book.manifest["year"]) if len(set(places)) == 1 else f"{place} {book.manifest['year']}"
        for book, place in zip(books, places, strict=True)
    ]
    return tuple(
        f"{name} ({book.manifest['version']})" if names.count(name) > 1 else name
        for book, name in zip(books, names, strict=True)
    )


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


def _texts(last: Publication) -> dict[str, Any]:
    """The chapters of the latest edition, without their prose: it speaks of one year."""
    chapters = [
        {"id": c["id"], "number": c["number"], "title": c["title"], "tables": []}
        for c in last.texts["chapters"]
        if str(c["id"]).isdigit()
    ]
    return {
        "main_points": [],
        "key_figures": [],
        "chapters": chapters,
        "glossary": last.texts.get("glossary", []),
    }
