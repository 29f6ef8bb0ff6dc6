"""Charts made of points: the dumbbell (two values a row) and lines over a few dates."""

from __future__ import annotations

from typing import Any

from ess_observatory.publish.tables import BREAK, PublishedTable
from ess_observatory.render.chartdata import PALETTE, Context, points, spec_columns, top_of
from ess_observatory.render.charts_bars import key
from ess_observatory.render.svg import Canvas, text_width, wrap


def dumbbell(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Two dots a row joined by a line: the first column in grey, the second in the main colour."""
    columns = spec_columns(table, spec)[:2]
    first, second = (points(table, {**spec, "order": "given"}, c, context.lang) for c in columns)
    key(canvas, [("c3", columns[0].label), ("c1", columns[1].label)], shape="dot")
    top = top_of(spec, (*first, *second))
    reserve = max((text_width(p.label) for p in (*first, *second)), default=0) + 14
    room = (
        canvas.width - 8
        if canvas.narrow
        else min(max(text_width(p.row.label) for p in first) + 4, canvas.width / 3)
    )
    x0 = reserve if canvas.narrow else room + 12 + reserve
    scale = (canvas.width - x0 - reserve) / top
    section: str | None = None
    for left, right in zip(first, second, strict=True):
        if left.row.section and left.row.section != section:
            section = left.row.section
            canvas.y += 24
            canvas.text(0, canvas.y, section, "t-b")
            canvas.y += 8
        lines = wrap(left.row.label, room, 14, 6)
        if canvas.narrow:
            canvas.y = canvas.block(0, canvas.y + 14, lines, "t", step=17) - 14
            y = canvas.y + 14
            canvas.y += 30
        else:
            height = max(26.0, 17.0 * len(lines) + 6)
            y = canvas.y + height / 2
            canvas.block(room, y + 5 - 8.5 * (len(lines) - 1), lines, "t", "end", step=17)
            canvas.y += height + 2
        canvas.line(x0, y, canvas.width - reserve, y, "guide")
        shown = [(p, cls) for p, cls in ((left, "c3"), (right, "c1")) if p.value is not None]
        xs = [x0 + (p.value or 0) * scale for p, _ in shown]
        if len(xs) == 2:
            canvas.line(xs[0], y, xs[1], y, "link")
        for (_, cls), x in zip(shown, xs, strict=True):
            canvas.circle(x, y, 6.5, cls)
        low = min(xs, default=0.0)
        for (point, _), x in zip(shown, xs, strict=True):
            is_left = len(xs) == 2 and x == low and (xs[0] != xs[1] or point is left)
            if is_left:
                canvas.text(x - 12, y + 5, point.label, "t-v halo", "end")
            else:
                canvas.text(x + 12, y + 5, point.label, "t-v halo")
        hidden = [p.label for p in (left, right) if p.value is None]
        if hidden:
            canvas.text(canvas.width, y + 5, " · ".join(hidden), "t-sign", "end")


def lines(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """A line a column, dates in rows; a hidden value or a break in series (status b) cuts the line."""
    columns = spec_columns(table, spec)[:4]
    series = [points(table, {**spec, "order": "given"}, column, context.lang) for column in columns]
    values = [p.value for drawn in series for p in drawn if p.value is not None]
    top = float(spec.get("max") or max(values, default=1) * 1.08 or 1)
    if len(columns) > 1:
        key(canvas, [(PALETTE[i], column.label) for i, column in enumerate(columns)])
    count = max(len(series[0]), 1)
    left, right, height = 34.0, canvas.width - 60, 200.0
    step = (right - left) / max(count - 1, 1)
    y0 = canvas.y + height + 20
    canvas.line(left - 20, y0, right + 30, y0, "axis")
    for rank, drawn in enumerate(series):
        path, pen = "", False
        for index, point in enumerate(drawn):
            x = left + index * step
            if rank == 0:
                canvas.text(x, y0 + 20, point.row.label, "t-v", "middle")
            cell = table.cell(point.row, columns[rank])
            broken = cell.obs_status == "B" or BREAK in cell.flags
            if broken and rank == 0 and index:
                canvas.line(x - step / 2, y0 - height, x - step / 2, y0, "break")
                canvas.text(x - step / 2, y0 - height - 6, context.words["break"], "t-src", "middle")
            if point.value is None:
                if rank == 0:
                    canvas.text(x, y0 - 6, point.label, "t-sign", "middle")
                pen = False
                continue
            y = y0 - height * point.value / top
            path += f"{'L' if pen and not broken else 'M'}{x:.1f} {y:.1f}"
            pen = True
        if path:
            canvas.path(path, f"stroke {PALETTE[rank]}-s")
        for index, point in enumerate(drawn):
            if point.value is not None:
                x, y = left + index * step, y0 - height * point.value / top
                canvas.circle(x, y, 4.5, PALETTE[rank])
                lower = any(
                    other[index].value is not None and (other[index].value or 0) > point.value
                    for other in series
                    if other is not drawn
                )
                canvas.text(x, y + 21 if lower and y + 24 < y0 else y - 11, point.label, "t-v", "middle")
    canvas.y = y0 + 30
