"""The published table: what every renderer, notebook and reader of a publication folder gets.

A publication folder is the only input (no database): `load_publication(dir)` reads it into frozen objects.

Files of the folder
-------------------
`figures.parquet`      one row a published number (columns of the contract); `value` is null unless shown.
`tables.json`          list of objects, in print order, one a table::

    {"id": "employers_by_size",     # stable, snake case
     "number": "1.1",               # "C.1" in lettered chapters
     "chapter": 1,                  # int or letter
     "title": "…",                  # what is measured
     "finding": "…" | null,         # one sentence, plain text, placeholders already replaced
     "scope": "…", "source": "…",   # plain text, without the words « Champ » and « Source »
     "base": "…" | null, "reading_aid": "…" | null, "notes": ["…"],
     "stub": "…",                   # header of the first column
     "columns": [{"code": "…", "label": "…", "unit": "…", "decimals": 0, "kind": "number" | "text"}],
     "rows": [{"code": "…", "label": "…", "section": "…" | null,
               "kind": "data" | "total" | "base" | "missing"}],
     "texts": {row_code: {column_code: "…"}},   # cells of columns of kind text
     "chart": {…} | null}           # see render.charts

  Any text key may have a twin `<key>_en` (also in columns and rows), taken when `lang="en"` is asked.
  A number absent from `figures.parquet` does not exist by nature (sign `///`); an absent text is « – ».
`manifest.json`        {"edition", "year", "title", "subtitle"?, "territory": {"code", "name"},
                       "publisher": {"name", "contact"?, "url"?}, "licence": {"name", "url"?},
                       "synthetic": bool, "banner"?, "version", "build", "published"?, "citation"?,
                       "signs": {sign: meaning}, "sources": [{"id", "label", "producer", "vintage", "licence",
                       "files": [{"name", "sha256"}]}]}
                       (`territory`, `publisher` and `licence` may be a plain string).
`texts.json`           {"main_points": [html], "key_figures": [figure id | {"figure", "label"?, "detail"?}],
                       "chapters": [{"id", "number", "title", "headline"?, "html"?, "stakes"?,
                       "tables": [number | id]}], "glossary": [{"term", "definition": html}]}.
                       HTML here is written by the publisher and trusted.
`checks.json`          [{"id", "label", "status": "ok" | "warning" | "failed" | "info", "detail"?, "source"?}]
`map.geojson`          optional FeatureCollection; properties `code`, `name`, `commune_codes`?, `cx`?, `cy`?.
`replication.parquet`  optional: figure_id, published, recomputed, difference, verdict, remark (+ label).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    import pandas as pd

SECRET, NOT_AVAILABLE, NOT_APPLICABLE, NOT_SIGNIFICANT = "s", "nd", "///", "ns"
_SIGN_OF_STATUS = {"O": NOT_AVAILABLE, "M": NOT_APPLICABLE, "N": NOT_SIGNIFICANT}
_MARK_OF_STATUS = {"U": "u", "D": "d", "P": "p", "E": "e", "B": "b"}


@dataclass(frozen=True)
class Column:
    """A column of a published table; `kind` is 'number' or 'text'."""

    code: str
    label: str
    unit: str = ""
    decimals: int = 0
    kind: str = "number"

    @property
    def header(self) -> str:
        """Label with its unit, as in « Part (%) »; the unit is left out where the label already says it."""
        if not self.unit or self.kind == "text":
            return self.label
        if self.unit.casefold() in self.label.casefold():
            return self.label
        return f"{self.label} ({self.unit})"


@dataclass(frozen=True)
class Row:
    """A row of a published table; `kind` is 'data', 'total', 'base' or 'missing'."""

    code: str
    label: str
    kind: str = "data"
    section: str | None = None


@dataclass(frozen=True)
class Cell:
    """A published cell: a number, a text, or a sign that says why there is none."""

    figure_id: str | None = None
    value: float | None = None
    text: str | None = None
    obs_status: str = "A"
    conf_status: str = "F"
    numerator: float | None = None
    denominator: float | None = None
    base_n: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    flags: tuple[str, ...] = ()
    unit: str | None = None
    decimals: int | None = None

    @property
    def sign(self) -> str:
        """'' when the value is shown, else 's', 'nd', '///' or 'ns'."""
        if self.conf_status != "F":
            return SECRET
        if self.obs_status in _SIGN_OF_STATUS:
            return _SIGN_OF_STATUS[self.obs_status]
        return "" if self.value is not None or self.text is not None else NOT_AVAILABLE

    @property
    def mark(self) -> str:
        """Reserve that goes with a shown value ('u' low reliability, 'd' other definition…), or ''."""
        return "" if self.sign else _MARK_OF_STATUS.get(self.obs_status, "")


@dataclass(frozen=True)
class PublishedTable:
    """One published table with everything needed to print it."""

    id: str
    number: str
    chapter: int | str
    title: str
    finding: str | None
    scope: str
    source: str
    base: str | None
    reading_aid: str | None
    notes: tuple[str, ...]
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cells: dict[tuple[str, str], Cell] = field(repr=False)
    chart: dict[str, Any] | None = None

    def cell(self, row: str | Row, column: str | Column) -> Cell:
        """The cell of a row and a column (codes or objects). Raises KeyError for an unknown code."""
        row_code = row.code if isinstance(row, Row) else row
        column_code = column.code if isinstance(column, Column) else column
        return self.cells[row_code, column_code]

    def column(self, code: str) -> Column:
        """The column of that code. Raises KeyError when there is none."""
        for column in self.columns:
            if column.code == code:
                return column
        raise KeyError(code)

    def row(self, code: str) -> Row:
        """The row of that code. Raises KeyError when there is none."""
        for row in self.rows:
            if row.code == code:
                return row
        raise KeyError(code)

    @property
    def sheet_name(self) -> str:
        """Name of the worksheet: T1.1, C.1."""
        return f"T{self.number}" if self.number[:1].isdigit() else self.number

    @property
    def anchor(self) -> str:
        """Id of the table in the HTML page: t1-1, c-1."""
        return self.sheet_name.lower().replace(".", "-")

    @property
    def has_sections(self) -> bool:
        """True when rows come in several blocks (one block only is a title, not a column)."""
        return len({row.section for row in self.rows}) > 1

    @property
    def signs(self) -> tuple[str, ...]:
        """Signs and marks used in the cells, in reading order, each once."""
        found = dict.fromkeys(
            sign
            for row in self.rows
            for column in self.columns
            for sign in (self.cell(row, column).sign, self.cell(row, column).mark)
            if sign
        )
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """The table as a DataFrame indexed by row code.

        Numbers are nullable floats, NA when hidden; `<column>_sign` beside each says why ('' when shown).
        """
        import pandas as pd

        data: dict[str, Any] = {}
        if self.has_sections:
            data["section"] = pd.array([row.section for row in self.rows], dtype="string")
        data["label"] = pd.array([row.label for row in self.rows], dtype="string")
        for column in self.columns:
            cells = [self.cell(row, column) for row in self.rows]
            if column.kind == "text":
                data[column.code] = pd.array([cell.text for cell in cells], dtype="string")
                continue
            data[column.code] = pd.array([cell.value for cell in cells], dtype="Float64")
            data[f"{column.code}_sign"] = pd.array([cell.sign for cell in cells], dtype="string")
        return pd.DataFrame(data, index=pd.Index([row.code for row in self.rows], name="row_code"))

    def _repr_html_(self) -> str:
        """The report's own HTML table (caption, reading aid, scope, source), for notebooks."""
        from ess_observatory.render.html import table_fragment

        return table_fragment(self)


@dataclass(frozen=True)
class Figure:
    """A published number with its context."""

    id: str
    table: PublishedTable
    row: Row
    column: Column
    cell: Cell

    @property
    def value(self) -> float | None:
        """The number, or None when it is not shown."""
        return self.cell.value

    @property
    def sign(self) -> str:
        """'' when the value is shown."""
        return self.cell.sign

    def formatted(self, lang: str = "fr") -> str:
        """The value as printed, with its unit sign (« 14,9 % »), or the sign."""
        from ess_observatory.render.numbers import format_cell

        return format_cell(self.cell, self.column, lang, with_unit=True)


@dataclass(frozen=True)
class Publication:
    """A publication folder, read."""

    dir: Path
    manifest: dict[str, Any]
    tables: tuple[PublishedTable, ...]
    texts: dict[str, Any]
    map: dict[str, Any] | None
    checks: list[dict[str, Any]]
    replication: list[dict[str, Any]]
    lang: str = "fr"

    def table(self, key: str) -> PublishedTable:
        """A table by id or by number. Raises KeyError when there is none."""
        for table in self.tables:
            if key in (table.id, table.number):
                return table
        raise KeyError(key)

    def figures(self) -> Iterator[Figure]:
        """Every published number, in print order."""
        for table in self.tables:
            for row in table.rows:
                for column in table.columns:
                    cell = table.cell(row, column)
                    if cell.figure_id is not None:
                        yield Figure(cell.figure_id, table, row, column, cell)

    @cached_property
    def _by_id(self) -> dict[str, Figure]:
        return {figure.id: figure for figure in self.figures()}

    def figure(self, figure_id: str) -> Figure:
        """A published number by its stable id, with table, row and column. Raises KeyError."""
        return self._by_id[figure_id]


def load_publication(directory: Path | str, lang: str = "fr") -> Publication:
    """Reads a publication folder.

    Returns a `Publication`; raises ObservatoryError when a file lacks, when a number belongs to no table, or
    when a hidden cell carries a value (exit code 6).
    """
    folder = Path(directory)
    numbers: dict[str, list[dict[str, Any]]] = {}
    for record in _parquet(folder / "figures.parquet"):
        numbers.setdefault(record["table_id"], []).append(record)
    tables = tuple(_table(card, numbers.pop(card["id"], []), lang) for card in _json(folder / "tables.json"))
    if numbers:
        raise ObservatoryError(
            "E411",
            f"Des chiffres n’appartiennent à aucun tableau : {', '.join(sorted(numbers))}.",
            str(folder / "figures.parquet"),
            "Reconstruire la publication.",
            Exit.INTEGRITY,
        )
    return Publication(
        dir=folder,
        manifest=_json(folder / "manifest.json"),
        tables=tables,
        texts=_json(folder / "texts.json"),
        map=_json(folder / "map.geojson", optional=True),
        checks=_json(folder / "checks.json", optional=True) or [],
        replication=_parquet(folder / "replication.parquet", optional=True),
        lang=lang,
    )


def _table(card: dict[str, Any], records: list[dict[str, Any]], lang: str) -> PublishedTable:
    def text(source: dict[str, Any], key: str) -> Any:
        return (source.get(f"{key}_{lang}") if lang != "fr" else None) or source.get(key)

    columns = tuple(
        Column(
            c["code"],
            text(c, "label"),
            c.get("unit") or "",
            c.get("decimals") or 0,
            c.get("kind") or "number",
        )
        for c in card["columns"]
    )
    rows = tuple(
        Row(r["code"], text(r, "label"), r.get("kind") or "data", text(r, "section")) for r in card["rows"]
    )
    cells = {
        (row.code, column.code): Cell(text="–") if column.kind == "text" else Cell(obs_status="M")
        for row in rows
        for column in columns
    }
    for row_code, values in (card.get("texts") or {}).items():
        for column_code, value in values.items():
            if (row_code, column_code) not in cells:
                raise _stray(card, row_code, column_code)
            if value:
                cells[row_code, column_code] = Cell(text=value)
    for record in records:
        key = (record["row_code"], record["column_code"])
        if key not in cells:
            raise _stray(card, *key)
        cells[key] = _cell(record, cells[key].text)
    return PublishedTable(
        id=card["id"],
        number=str(card["number"]),
        chapter=card["chapter"],
        title=text(card, "title"),
        finding=text(card, "finding"),
        scope=text(card, "scope"),
        source=text(card, "source"),
        base=text(card, "base"),
        reading_aid=text(card, "reading_aid"),
        notes=tuple(text(card, "notes") or ()),
        stub=text(card, "stub") or "",
        columns=columns,
        rows=rows,
        cells=cells,
        chart=card.get("chart"),
    )


def _cell(record: dict[str, Any], text: str | None) -> Cell:
    measures = ("value", "numerator", "denominator", "base_n", "ci_low", "ci_high")
    conf_status, obs_status = record.get("conf_status") or "F", record.get("obs_status") or "A"
    telling = ("value", "numerator", "ci_low", "ci_high")
    if conf_status != "F" and any(record.get(name) is not None for name in telling):
        raise ObservatoryError(
            "E510",
            f"La cellule masquée « {record['figure_id']} » porte une valeur : publication refusée.",
            "figures.parquet",
            "Reconstruire la publication ; ne pas diffuser ce dossier.",
            Exit.INTEGRITY,
        )
    shown = conf_status == "F" and obs_status not in _SIGN_OF_STATUS
    kept = {name: record.get(name) if shown else None for name in measures}
    return Cell(
        figure_id=record["figure_id"],
        text=text if shown else None,
        obs_status=obs_status,
        conf_status=conf_status,
        flags=tuple(record.get("flags") or ()),
        unit=record.get("unit"),
        decimals=record.get("decimals"),
        **kept,
    )


def _stray(card: dict[str, Any], row_code: str, column_code: str) -> ObservatoryError:
    return ObservatoryError(
        "E411",
        f"La cellule « {row_code} / {column_code} » n’existe pas dans le tableau {card['number']}.",
        f"tableau {card['id']}",
        "Reconstruire la publication.",
        Exit.INTEGRITY,
    )


def _missing(path: Path) -> ObservatoryError:
    return ObservatoryError(
        "E412",
        f"Le fichier « {path.name} » manque.",
        str(path.parent),
        "Lancer « ess publish ».",
        Exit.MISSING,
    )


def _json(path: Path, optional: bool = False) -> Any:
    if not path.exists():
        if optional:
            return None
        raise _missing(path)
    return json.loads(path.read_text(encoding="utf-8"))


def _parquet(path: Path, optional: bool = False) -> list[dict[str, Any]]:
    if not path.exists():
        if optional:
            return []
        raise _missing(path)
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()
