"""What the templates print of a published table: text of every cell, charts, CSV, signs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ess_observatory.publish.tables import Column, PublishedTable, Row
from ess_observatory.render import labels as words
from ess_observatory.render.chartdata import Context, points, spec_columns
from ess_observatory.render.charts import chart_svgs
from ess_observatory.render.csvfile import table_csv
from ess_observatory.render.numbers import NARROW_SPACE, format_cell, format_number

FOLD_FROM, FOLD_FROM_ALONE, SCROLL_FROM = 12, 24, 40


def table_view(
    table: PublishedTable, context: Context, folded: bool | None = None, geo: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A table as templates want it; a long one is folded (`folded` forces it), a very long one scrolls."""
    from markupsafe import Markup

    lang = context.lang
    meanings = context.meanings or words.sign_meanings(lang)
    common = _common_unit(table)
    sections: list[dict[str, Any]] = []
    for row in table.rows:
        if not sections or sections[-1]["title"] != (row.section or ""):
            sections.append({"title": row.section or "", "rows": []})
        sections[-1]["rows"].append(
            {
                "label": row.label,
                "kind": row.kind,
                "cells": [_cell_view(table, row, c, lang) for c in table.columns],
            }
        )
    return {
        "table": table,
        "sections": sections,
        "columns": [_header(column, common) for column in table.columns],
        "unit": common,
        "dense": len(table.columns) > 5,
        "count": len(table.rows),
        "folded": len(table.rows) > (FOLD_FROM if table.chart else FOLD_FROM_ALONE)
        if folded is None
        else folded,
        "scroll": len(table.rows) > SCROLL_FROM,
        "signs": [(sign, meanings[sign]) for sign in table.signs if sign in meanings],
        "marked": any(cell.mark for cell in table.cells.values()),
        "measure": _measure(table),
        "charts": [Markup(svg) for svg in chart_svgs(table, context, geo)],
        "tiles": _tile_chart(table, lang),
        "csv": "data:text/csv;charset=utf-8," + quote(table_csv(table, lang), safe="!*()~;,:@$+/?="),
        "wordy": all(column.kind == "text" for column in table.columns),
    }


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


def _cell_view(table: PublishedTable, row: Row, column: Column, lang: str) -> dict[str, Any]:
    cell = table.cell(row, column)
    interval = ""
    if not cell.sign and cell.ci_low is not None and cell.ci_high is not None:
        low, high = (format_number(bound, column.decimals, lang) for bound in (cell.ci_low, cell.ci_high))
        interval = f"[{low}{NARROW_SPACE}; {high}]" if lang == "fr" else f"[{low}; {high}]"
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
