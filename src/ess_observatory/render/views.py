"""What the templates print of a published table: text of every cell, charts, CSV, signs, filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.table_csv import table_csv
from ess_observatory.publish.tables import NOT_APPLICABLE, Cell, Column, PublishedTable, Row
from ess_observatory.render.chartdata import Context, drawn_title, points, spec_columns
from ess_observatory.render.charts import chart_svgs, names_columns
from ess_observatory.render.map import map_spec
from ess_observatory.words import labels as words
from ess_observatory.words.numbers import NARROW_SPACE, format_number

FOLD_FROM, FOLD_FROM_ALONE, SCROLL_FROM = 12, 24, 40
FILTER_FROM, CHOICES = 12, 40
TURN_FROM, TURN_ROWS = 8, 6
KEPT_WHOLE = 11
TOLD_ROWS, TOLD_FROM = (
    24,
    40,
)  # rows at most, and letters of the longest cell of a column, of a table of sentences
SLIM, PAIRED, LONG = 3, 24, 60  # on paper: columns and rows that hold in half a page; rows set in small print
PARTS = ("drawing", "tiles", "table", "meta")
_TEXTS = ("title", "finding", "scope", "source", "base", "reading_aid", "notes", "stub", "rows", "columns")


def table_view(
    table: PublishedTable, context: Context, folded: bool | None = None, geo: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A table as templates want it; a long one is folded (`folded` forces it), a very long one scrolls.

    `turned`: a table of few rows and many columns is printed with its columns as rows.
    """
    from markupsafe import Markup

    lang, chart = context.lang, table.chart or {}
    meanings = context.meanings or words.sign_meanings(lang)
    common = _common_unit(table)
    dense, told = len(table.columns) > 5, _told(table)
    turned = len(table.columns) >= TURN_FROM and len(table.rows) <= TURN_ROWS and not table.has_sections
    foreign = {key: Markup(' lang="fr"') if key in table.untranslated else "" for key in _TEXTS}
    charts = [svg.replace("<svg ", f"<svg{foreign['rows']} ", 1) for svg in chart_svgs(table, context, geo)]
    layout, beside = _on_paper(table, len(charts)) if context.paper else ("", ())
    return {
        "table": table,
        "foreign": foreign,
        "sections": _sections(table, lang),
        "columns": [_header(column, common) for column in table.columns],
        "unit": "" if common.casefold() in table.title.casefold() else common,
        "dense": dense and not turned,
        "turned": turned,
        "whole": len(table.rows) <= KEPT_WHOLE,
        "count": len(table.rows),
        "folded": len(table.rows) > (FOLD_FROM if table.chart else FOLD_FROM_ALONE)
        if folded is None
        else folded,
        "scroll": len(table.rows) > SCROLL_FROM,
        "filters": filters(table),
        "signs": [(sign, meanings[sign]) for sign in table.signs if sign in meanings],
        "interval": _interval_example(table, lang),
        "marked": any(cell.mark for cell in table.cells.values()),
        "drawn_title": drawn_title(table, lang),
        "measure": _measure(table),
        "measured": not (names_columns(chart.get("type")) and chart.get("columns")),
        "charts": [Markup(svg) for svg in charts],
        "has_map": bool(geo) and (table.chart or {}).get("type") == "map",
        "tiles": _tile_chart(table, lang),
        "csv": "data:text/csv;charset=utf-8,"
        + quote(table_csv(table, lang, context.mention), safe="!*()~;,:@$+/?="),
        "wordy": all(column.kind == "text" for column in table.columns),
        "told": bool(told),
        "long": [told.get(column.code, "") for column in table.columns],
        "colon": words.colon(lang),
        "layout": layout,
        "beside": beside,
        "under": [part for part in PARTS if part not in beside],
    }


def _told(table: PublishedTable) -> dict[str, str]:
    """The columns of sentences of a short table, and their classes: on a telephone each row is read as a paragraph."""
    if len(table.rows) > TOLD_ROWS:
        return {}
    lengths = {
        column.code: max((len(table.cell(row, column).text or "") for row in table.rows), default=0)
        for column in table.columns
        if column.kind == "text"
    }
    most = max(lengths.values(), default=0)
    return {
        code: "long longest" if length == most > 2 * TOLD_FROM else "long"
        for code, length in lengths.items()
        if length > TOLD_FROM
    }


def _on_paper(table: PublishedTable, drawings: int) -> tuple[str, tuple[str, ...]]:
    """Class of the stylesheet that lays out a table on paper, and which of its parts stand side by side.

    `pair`: chart and table; `above`: chart and notes, the table below; `slim`: a small table and its notes;
    `gallery`: several drawings; `long`: many rows.
    """
    slim = len(table.columns) <= SLIM and all(column.kind != "text" for column in table.columns)
    long = " long" if len(table.rows) > LONG else ""
    if drawings > 1:
        return f"gallery{long}", ()
    if drawings:
        pair = slim and len(table.rows) <= PAIRED
        return ("pair", ("drawing", "table")) if pair else (f"above{long}", ("drawing", "meta"))
    return ("slim", ("table", "meta")) if slim else (f"alone{long}", ())


def filters(table: PublishedTable) -> dict[str, Any] | None:
    """How the rows of a long table may be filtered: a search box and one list a text column, or None.

    A text column gives a list when its values are shared by several rows. Cells are those of the table,
    already protected: a filter hides rows and adds nothing up.
    """
    rows = [row for row in table.rows if row.kind == "data"]
    lists = []
    if table.has_sections:
        names = list(dict.fromkeys(row.section for row in rows if row.section))
        lists.append({"at": -1, "label": "", "values": names, "groups": False})
    grouped = map_spec(table).get("group") if (table.chart or {}).get("type") == "map" else None
    for at, column in enumerate(table.columns):
        if column.kind != "text":
            continue
        texts = [text for row in rows if (text := table.cell(row, column).text) and text != "–"]
        values = sorted(set(texts), key=str.casefold)
        if 1 < len(values) <= CHOICES and 2 * len(values) <= len(texts) and 2 * len(texts) > len(rows):
            lists.append(
                {"at": at, "label": column.label, "values": values, "groups": column.code == grouped}
            )
    if len(rows) < FILTER_FROM:
        return None
    return {"id": table.anchor, "lists": lists}


def _sections(table: PublishedTable, lang: str) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = []
    for row in table.rows:
        if not sections or sections[-1]["title"] != (row.section or ""):
            sections.append({"title": row.section or "", "rows": []})
        cells = [_cell_view(table, row, column, lang) for column in table.columns]
        sections[-1]["rows"].append({"label": row.label, "kind": row.kind, "cells": cells})
    return sections


def _measure(table: PublishedTable) -> str:
    """What the chart draws: « Établissements · Part (%) »."""
    spec = dict(table.chart or {})
    codes = [column.code for column in spec_columns(table, spec)] + (
        [spec["also"]] if spec.get("also") else []
    )
    return " · ".join(table.column(code).header for code in codes)


def _common_unit(table: PublishedTable) -> str:
    """Unit of all the number columns, said once in the caption instead of in each header, or ''."""
    columns = [column for column in table.columns if column.kind != "text"]
    units = {column.unit for column in columns}
    said = any(column.header == column.label for column in columns)
    return units.pop() if len(columns) > 1 and len(units) == 1 and not said else ""


def _header(column: Column, common: str) -> dict[str, str]:
    unit = "" if common else column.header[len(column.label) :].strip()
    return {"label": column.label, "unit": unit, "kind": column.kind}


def bounds(cell: Cell, column: Column, lang: str) -> str:
    """The confidence interval of a cell as « [28 ; 50] », or ''."""
    if cell.interval is None:
        return ""
    decimals = cell.decimals if cell.decimals is not None else column.decimals
    low, high = (format_number(bound, decimals, lang) for bound in cell.interval)
    return f"[{low}{NARROW_SPACE}; {high}]" if lang == "fr" else f"[{low}; {high}]"


def _interval_example(table: PublishedTable, lang: str) -> str:
    """The first interval of a table, to explain what the brackets say."""
    for row in table.rows:
        for column in table.columns:
            if text := bounds(table.cell(row, column), column, lang):
                return text
    return ""


def _cell_view(table: PublishedTable, row: Row, column: Column, lang: str) -> dict[str, Any]:
    cell = table.cell(row, column)
    return {
        "text": format_cell(cell, column, lang),
        "sign": cell.sign,
        "mark": cell.mark,
        "interval": bounds(cell, column, lang),
        "kind": column.kind,
    }


def _tile_chart(table: PublishedTable, lang: str) -> list[dict[str, str]]:
    spec = dict(table.chart or {})
    if spec.get("type") != "tiles":
        return []
    column = spec_columns(table, spec)[0]
    also = table.column(spec["also"]) if spec.get("also") else None
    tiles = []
    for point in points(table, {k: v for k, v in spec.items() if k != "also"}, column, lang):
        beside = table.cell(point.row, also) if also else None
        detail = ""
        if also and beside and beside.sign != NOT_APPLICABLE:
            name = also.label.split(" (")[0]
            detail = f"{name}{words.colon(lang)}{format_cell(beside, also, lang, with_unit=True)}"
        cell = table.cell(point.row, column)
        unit = (cell.unit or "") if not cell.sign and cell.unit not in ("%", "€", "") else ""
        tiles.append({"value": point.label, "unit": unit, "label": point.row.label, "detail": detail})
    return tiles
