"""What the templates print of a published table: text of every cell, charts, CSV, signs, filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.render import labels as words
from ess_observatory.render.chartdata import Context, points, spec_columns
from ess_observatory.render.charts import chart_svgs
from ess_observatory.render.csvfile import table_csv
from ess_observatory.render.map import map_spec
from ess_observatory.render.numbers import NARROW_SPACE, format_cell, format_number

FOLD_FROM, FOLD_FROM_ALONE, SCROLL_FROM = 12, 24, 40
FILTER_FROM, LISTS_FROM, CHOICES = 20, 12, 40
TURN_FROM, TURN_ROWS = 8, 6
KEPT_WHOLE = 11
_TEXTS = ("title", "finding", "scope", "source", "base", "reading_aid", "notes", "stub", "rows", "columns")


def table_view(
    table: PublishedTable, context: Context, folded: bool | None = None, geo: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A table as templates want it; a long one is folded (`folded` forces it), a very long one scrolls.

    `turned`: a table of few rows and many columns is printed with its columns as rows.
    """
    from markupsafe import Markup

    lang = context.lang
    meanings = context.meanings or words.sign_meanings(lang)
    common = _common_unit(table)
    dense = len(table.columns) > 5
    turned = len(table.columns) >= TURN_FROM and len(table.rows) <= TURN_ROWS and not table.has_sections
    foreign = {key: Markup(' lang="fr"') if key in table.untranslated else "" for key in _TEXTS}
    charts = [svg.replace("<svg ", f"<svg{foreign['rows']} ", 1) for svg in chart_svgs(table, context, geo)]
    return {
        "table": table,
        "foreign": foreign,
        "sections": _sections(table, lang, dense and not turned),
        "columns": [_header(column, common) for column in table.columns],
        "unit": common,
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
        "measure": _measure(table),
        "charts": [Markup(svg) for svg in charts],
        "has_map": bool(geo) and (table.chart or {}).get("type") == "map",
        "tiles": _tile_chart(table, lang),
        "csv": "data:text/csv;charset=utf-8," + quote(table_csv(table, lang), safe="!*()~;,:@$+/?="),
        "wordy": all(column.kind == "text" for column in table.columns),
    }


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
    if len(rows) < (LISTS_FROM if lists else FILTER_FROM):
        return None
    return {"id": table.anchor, "lists": lists}


def _sections(table: PublishedTable, lang: str, brief: bool) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = []
    for row in table.rows:
        if not sections or sections[-1]["title"] != (row.section or ""):
            sections.append({"title": row.section or "", "rows": []})
        cells = [_cell_view(table, row, column, lang, brief) for column in table.columns]
        sections[-1]["rows"].append({"label": row.label, "kind": row.kind, "cells": cells})
    return sections


def _measure(table: PublishedTable) -> str:
    """What the chart draws, when its title is already the heading: « Établissements · Part (%) »."""
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


def _cell_view(table: PublishedTable, row: Row, column: Column, lang: str, brief: bool) -> dict[str, Any]:
    cell = table.cell(row, column)
    interval = bounds(cell, column, lang)
    if interval and not brief:
        interval = f"{words.labels(lang)['interval_short']}{words.colon(lang)}{interval}"
    return {
        "text": format_cell(cell, column, lang),
        "sign": cell.sign,
        "mark": cell.mark,
        "interval": interval,
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
        detail = (
            f"{also.label} {format_cell(table.cell(point.row, also), also, lang, with_unit=True)}"
            if also
            else ""
        )
        cell = table.cell(point.row, column)
        unit = (cell.unit or "") if not cell.sign and cell.unit not in ("%", "€", "") else ""
        tiles.append({"value": point.label, "unit": unit, "label": point.row.label, "detail": detail})
    return tiles
