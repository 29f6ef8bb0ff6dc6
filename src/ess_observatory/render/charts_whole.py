"""Charts of parts of a whole: the 100 % bar, small multiples, the diverging bar, shares as filled tracks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import PALETTE, Context, Point, is_percent, points, spec_columns, top_of
from ess_observatory.render.charts_bars import bars, draw_bars, frame_of, grouped, key
from ess_observatory.render.svg import Canvas, text_width, wrap
from ess_observatory.words.numbers import plain_number

HEIGHT = 40.0


def stacked(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """One 100 % bar whose parts are the rows, or one bar a row whose parts are the `columns`.

    Falls back to separate bars when a part is hidden or when there are more than five.
    """
    columns = spec_columns(table, spec)
    if len(columns) > 1:
        _bar_a_row(canvas, table, spec, context)
        return
    drawn = points(table, spec, columns[0], context.lang)
    if any(p.value is None for p in drawn) or not 1 < len(drawn) <= 5:
        bars(canvas, table, spec, context)
        return
    total = sum(p.value or 0 for p in drawn)
    _segments(canvas, [(p.value or 0, p.label, _colour(i, p)) for i, p in enumerate(drawn)], total)
    canvas.y += 6
    for index, point in enumerate(drawn):
        canvas.y += 22
        canvas.rect(0, canvas.y - 12, 13, 13, _colour(index, point), 2)
        canvas.text(22, canvas.y, f"{point.label}", "t-b")
        offset = 22 + max(text_width(p.label, bold=True) for p in drawn) + 10
        lines = wrap(point.row.label, canvas.width - offset, 14, 3)
        canvas.y = canvas.block(offset, canvas.y, lines, "t", step=18) - 18
    canvas.y += 6


def _colour(index: int, point: Point) -> str:
    return "hatch" if point.apart else PALETTE[index % len(PALETTE)]


def _bar_a_row(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    columns = spec_columns(table, spec)[:5]
    series = [points(table, {**spec, "order": "given"}, column, context.lang) for column in columns]
    if any(p.value is None for drawn in series for p in drawn):
        grouped(canvas, table, spec, context)
        return
    key(canvas, [(PALETTE[i], column.label) for i, column in enumerate(columns)])
    for index, first in enumerate(series[0]):
        for line in wrap(first.row.label, canvas.width - 4, 14, 3):
            canvas.y += 16
            canvas.text(0, canvas.y, line, "t")
        canvas.y += 6
        parts = [(drawn[index].value or 0, drawn[index].label, PALETTE[i]) for i, drawn in enumerate(series)]
        _segments(canvas, parts, sum(part[0] for part in parts))
        canvas.y += 8


def _segments(canvas: Canvas, parts: list[tuple[float, str, str]], total: float) -> None:
    """Adjacent parts with a gap of 2 between them, and the value inside where there is room."""
    x = 0.0
    for value, label, cls in parts:
        width = canvas.width * value / total if total else 0
        if width > 0:
            canvas.rect(x, canvas.y, max(width - 2, 1), HEIGHT, cls, 2)
        if text_width(label, bold=True) + 8 < width:
            canvas.text(x + (width - 2) / 2, canvas.y + HEIGHT / 2 + 5, label, f"on-{cls}", "middle")
        x += width
    canvas.y += HEIGHT


def multiples(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Small multiples: the same bars for each of two to four columns, side by side on one scale.

    One under the other on a narrow drawing.
    """
    columns = spec_columns(table, spec)[:4]
    series = [points(table, {**spec, "order": "given"}, column, context.lang) for column in columns]
    if spec.get("order_by"):
        by = table.column(spec["order_by"])
        ranked = points(table, {**spec, "order": "descending"}, by, context.lang)
        rank_of = {point.row.code: rank for rank, point in enumerate(ranked)}
        series = [sorted(drawn, key=lambda p: rank_of[p.row.code]) for drawn in series]
    top = top_of(spec, [p for drawn in series for p in drawn])
    if canvas.narrow or len(columns) < 2:
        frame = frame_of(canvas, [p for drawn in series for p in drawn], top)
        for column, drawn in zip(columns, series, strict=True):
            canvas.y += 20
            canvas.text(0, canvas.y, column.label, "t-b")
            canvas.y += 8
            draw_bars(canvas, drawn, frame, lambda _: "c1", titled=False)
        return
    room = min(max(text_width(p.row.label) for p in series[0]) + 4, canvas.width / 3)
    panel = (canvas.width - room - 12) / len(columns)
    reserve = max(text_width(p.label, bold=True) for drawn in series for p in drawn) + 26
    scale = (panel - reserve) / top
    titles = [wrap(column.label, panel - 16, 14, 3) for column in columns]
    for rank, lines in enumerate(titles):
        canvas.block(room + 12 + rank * panel, canvas.y + 16, lines, "t-b", step=17)
    canvas.y += 17 * max(len(lines) for lines in titles) + 10
    start = canvas.y
    for index, first in enumerate(series[0]):
        lines = wrap(first.row.label, room, 14, 4)
        height = max(22.0, 17.0 * len(lines))
        canvas.block(room, canvas.y + (height - 17 * len(lines)) / 2 + 13, lines, "t", "end", step=17)
        y = canvas.y + (height - 22) / 2
        for rank, drawn in enumerate(series):
            point, x = drawn[index], room + 12 + rank * panel
            if point.value is None:
                canvas.text(x + 6, y + 16, point.label, "t-sign")
                continue
            length = max(point.value * scale, 1.0)
            canvas.bar(x, y, length, 22, "c3" if point.apart else "c1")
            canvas.text(x + length + 6, y + 16, point.label, "t-m" if point.apart else "t-b")
        canvas.y += height + 10
    for rank in range(len(columns)):
        x = room + 12 + rank * panel
        canvas.line(x, start, x, canvas.y - 5, "axis")


def diverging(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Decrease ◄ stable ► increase around a common centre; other answers are detached and hatched, on the same scale."""
    column = spec_columns(table, spec)[0]
    given = points(table, spec, column, context.lang)
    roles = {code: role for role in ("negative", "neutral", "positive") for code in spec.get(role) or ()}
    sides: dict[str, list[Point]] = {"negative": [], "neutral": [], "positive": []}
    others = []
    for point in given:
        if point.row.code in roles and not point.apart:
            sides[roles[point.row.code]].append(point)
        else:
            others.append(point)
    opinions = [p for side in sides.values() for p in side]
    if not opinions or any(p.value is None for p in opinions):
        bars(canvas, table, spec, context)
        return
    middle = sum(p.value or 0 for p in sides["neutral"]) / 2
    reach = max(
        middle + sum(p.value or 0 for p in sides["negative"]),
        middle + sum(p.value or 0 for p in sides["positive"]),
    )
    centre = canvas.width / 2
    others = [replace(point, apart=True) for point in others]
    frame = frame_of(canvas, others, max((p.value or 0 for p in others), default=0))
    scale = min((canvas.width / 2) / (reach or 1), frame.scale or math.inf)
    x = centre - (middle + sum(p.value or 0 for p in sides["negative"])) * scale
    marks = []
    for side, cls in (("negative", "c2"), ("neutral", "neutral"), ("positive", "c1")):
        for point in sides[side]:
            width = (point.value or 0) * scale
            name = {"negative": f"◄ {point.row.label}", "positive": f"{point.row.label} ►"}.get(
                side, point.row.label
            )
            marks.append((x, width, cls, point.label, wrap(name, max(width - 8, 72), 14, 3)))
            x += width
    canvas.y += 17 * max(len(mark[4]) for mark in marks) + 6
    for x, width, cls, label, name_lines in marks:
        top = canvas.y - 8 - 17 * (len(name_lines) - 1)
        canvas.block(x + width / 2, top, name_lines, "t", "middle", 17)
        canvas.rect(x, canvas.y, max(width - 2, 1), HEIGHT, cls, 2)
        if text_width(label, bold=True) + 4 < width:
            canvas.text(x + width / 2, canvas.y + HEIGHT / 2 + 5, label, f"on-{cls}", "middle")
    canvas.line(centre, canvas.y - 5, centre, canvas.y, "tick")
    canvas.line(centre, canvas.y + HEIGHT, centre, canvas.y + HEIGHT + 5, "tick")
    canvas.y += HEIGHT + 18
    if others:
        draw_bars(canvas, others, replace(frame, scale=scale), lambda _: "c3")


def progress(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Shares as filled tracks, with an optional reference tick: a track is the whole, 100 for a percentage."""
    column = spec_columns(table, spec)[0]
    drawn = [p for p in points(table, spec, column, context.lang) if p.label != NOT_APPLICABLE]
    top = max(100.0, top_of({}, drawn)) if is_percent(column) else top_of(spec, drawn)
    reference = spec.get("reference") or {}
    for point in drawn:
        room = canvas.width - text_width(point.label, 24, bold=True) - 12
        lines = wrap(point.row.label, room, 15, 3)
        canvas.y += 20
        start = canvas.y
        canvas.y = canvas.block(0, canvas.y, lines, "t", step=19) - 19
        cls = "t-sign" if point.value is None else "t-xl"
        canvas.text(canvas.width, max(canvas.y, start), point.label, cls, "end")
        canvas.y += 11
        canvas.rect(0, canvas.y, canvas.width, 16, "track", 2)
        if point.value is not None:
            canvas.bar(0, canvas.y, canvas.width * min(point.value / top, 1), 16, "c1")
        if reference.get("value") is not None:
            x = canvas.width * min(float(reference["value"]) / top, 1)
            canvas.line(x, canvas.y - 4, x, canvas.y + 20, "tick")
        canvas.y += 32
    unit = "\u00a0%" if is_percent(column) and context.lang == "fr" else ("%" if is_percent(column) else "")
    canvas.text(0, canvas.y, f"0{unit}", "t-src")
    canvas.text(canvas.width, canvas.y, f"{plain_number(top, context.lang)}{unit}", "t-src", "end")
    if reference.get("label"):
        canvas.y += 18
        canvas.line(0, canvas.y - 9, 0, canvas.y + 2, "tick")
        canvas.text(8, canvas.y, str(reference["label"]), "t-v")
