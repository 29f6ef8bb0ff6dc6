"""Charts of published tables, as SVG text.

`chart_svgs(table, context)` gives two drawings of the same chart, one for a wide page and one for a phone
(labels above the bars); the stylesheet shows one of the two. The `chart` object of a table:

type                bars | grouped | multiples | progress | stacked | diverging | dumbbell | lines | tiles | map
column, columns     column(s) drawn (default: the first numeric one)
also                a second column printed after the value (« 28 · 50 % »)
order               given | descending
highlight           in the main colour, the others grey: row codes, or how many of each block
include, exclude    row codes drawn alone, or left out
apart               row codes drawn as « not known »
section             draws one block of rows only
label_from          text column that names the rows, instead of their labels
limit, max          n first bars; end of the scale (also `maximum`)
negative, neutral, positive     row codes of a diverging bar
reference           {"value", "label"}: tick of the progress bars
group, names        map: text column of the groups of areas (the first by default); how many names

Hidden values draw nothing but their sign, and no value is written elsewhere than in visible text. Parts of a
whole become separate bars as soon as one of them is hidden, since the gap would give it away.
"""

from __future__ import annotations

from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import (
    PALETTE,
    Context,
    Point,
    finding,
    highlighted,
    is_percent,
    points,
    spec_columns,
    top_of,
)
from ess_observatory.render.svg import Canvas, text_width, wrap

WIDE, NARROW = 720.0, 360.0
TALL = 30  # bars that hold on a printed page
BAR, GAP = 22.0, 10.0


def chart_svgs(table: PublishedTable, context: Context, geo: dict[str, Any] | None = None) -> list[str]:
    """The drawings of a table's chart ([] without chart): wide and narrow, or a single one for a map."""
    spec = dict(table.chart or {})
    kind = spec.get("type")
    if not kind or kind == "tiles":
        return []
    if kind == "map":
        return _map_and_ranking(table, spec, context, geo)
    return _both(table, spec, context, table.anchor)


def _both(table: PublishedTable, spec: dict[str, Any], context: Context, anchor: str) -> list[str]:
    from ess_observatory.render import charts_points, charts_whole

    draw = {
        "bars": bars,
        "grouped": grouped,
        "multiples": charts_whole.multiples,
        "progress": progress,
        "stacked": charts_whole.stacked,
        "diverging": charts_whole.diverging,
        "dumbbell": charts_points.dumbbell,
        "lines": charts_points.lines,
    }.get(spec["type"], bars)
    column = spec_columns(table, spec)[0]
    parts = _parts(table, spec, context) if draw is bars else [spec]
    title = f"{context.words['figure']} {table.number} – {table.title}"
    drawings = []
    for width, cls, suffix in ((WIDE, "wide", "w"), (NARROW, "narrow", "n")):
        for rank, part in enumerate(parts, start=1):
            canvas = Canvas(width, narrow=cls == "narrow")
            draw(canvas, table, part, context)
            canvas.footer(context.source(table))
            named = f"{title} ({rank}/{len(parts)})" if len(parts) > 1 else title
            uid = f"{anchor}-{suffix}{rank if rank > 1 else ''}"
            drawings.append(canvas.render(uid, named, finding(table, column, context), cls))
    return drawings


def _parts(table: PublishedTable, spec: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """The chart cut between blocks of rows, on one scale, when it would not hold on a printed page."""
    drawn = points(table, spec, spec_columns(table, spec)[0], context.lang)
    blocks: dict[str | None, list[str]] = {}
    for point in drawn:
        blocks.setdefault(point.row.section, []).append(point.row.code)
    if len(drawn) <= TALL or len(blocks) < 2:
        return [spec]
    groups: list[list[str]] = [[]]
    for codes in blocks.values():
        if groups[-1] and len(groups[-1]) + len(codes) > TALL - 6:
            groups.append([])
        groups[-1].extend(codes)
    front = highlighted(spec, drawn)
    kept = {"titled": True, "max": top_of(spec, drawn), "highlight": None if front is None else sorted(front)}
    return [{**spec, **kept, "include": codes} for codes in groups]


def _map_and_ranking(
    table: PublishedTable, spec: dict[str, Any], context: Context, geo: dict[str, Any] | None
) -> list[str]:
    from ess_observatory.render.map import circles_map

    drawings = []
    if geo and geo.get("features"):
        drawings += [circles_map(table, context, geo, narrow) for narrow in (False, True)]
    ranking = {"order": "descending", "limit": 12, **spec, "type": "bars"}
    return drawings + _both(table, ranking, context, f"{table.anchor}-top")


def bars(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Horizontal bars from zero with the value at the end; « not known » is grey and apart."""
    column = spec_columns(table, spec)[0]
    drawn = [p for p in points(table, spec, column, context.lang) if p.label != NOT_APPLICABLE]
    top = top_of(spec, drawn)
    front = highlighted(spec, drawn)
    titled = spec.get("titled", len({p.row.section for p in drawn}) > 1)
    draw_bars(canvas, drawn, top, lambda p: "c1" if front is None or p.row.code in front else "c3", titled)


def draw_bars(
    canvas: Canvas, drawn: list[Point], top: float, colour: Any, titled: bool | None = None
) -> None:
    """Bars of `drawn` on a scale from 0 to `top`, with block titles where rows come in sections."""
    x0, label_width = _label_column(canvas, [p.row.label for p in drawn])
    reserve = max((text_width(p.label, bold=True) for p in drawn), default=0) + 10
    scale = (canvas.width - x0 - reserve) / top if top else 0
    if titled is None:
        titled = len({point.row.section for point in drawn}) > 1
    section: str | None = None
    was_apart = False
    axis_from = canvas.y
    for point in drawn:
        if titled and point.row.section != section:
            _axis(canvas, x0, axis_from)
            section, was_apart = point.row.section, False
            canvas.y += 8 if canvas.y else 0
            for line in wrap(section or "", canvas.width - 4, 14, 3):
                canvas.y += 18
                canvas.text(0, canvas.y, line, "t-b")
            canvas.y += 11
            axis_from = canvas.y
        if point.apart and not was_apart and canvas.y > axis_from:
            canvas.y += 8
            was_apart = True
        y = _label(canvas, point.row.label, x0, label_width, muted=point.apart)
        if point.value is None:
            canvas.text(x0 + 6, y + BAR / 2 + 5, point.label, "t-sign")
        else:
            length = max(point.value * scale, 1.0)
            if point.apart:
                canvas.rect(x0, y, length, BAR, "hatch")
            else:
                canvas.bar(x0, y, length, BAR, colour(point))
            if point.interval:
                length = max(length, whisker(canvas, x0, y + BAR / 2, point.interval, scale))
            canvas.text(x0 + length + 6, y + BAR / 2 + 5, point.label, "t-m" if point.apart else "t-b")
    _axis(canvas, x0, axis_from)


def whisker(canvas: Canvas, x0: float, y: float, interval: tuple[float, float], scale: float) -> float:
    """A confidence interval across a bar; returns where it ends, counted from the zero line."""
    left, right = (max(bound, 0.0) * scale for bound in interval)
    for cls in ("whisker-halo", "whisker"):
        canvas.line(x0 + left, y, x0 + right, y, cls)
        for x in (x0 + left, x0 + right):
            canvas.line(x, y - 5, x, y + 5, cls)
    return right


def grouped(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Two to four thin bars a row, one a column, with a key on top."""
    columns = spec_columns(table, spec)[:4]
    series = {c.code: points(table, {**spec, "order": "given"}, c, context.lang) for c in columns}
    everything = [p for drawn in series.values() for p in drawn]
    key(canvas, [(PALETTE[i], c.label) for i, c in enumerate(columns)])
    top = top_of(spec, everything)
    x0, label_width = _label_column(canvas, [p.row.label for p in everything])
    scale = (canvas.width - x0 - max((text_width(p.label) for p in everything), default=0) - 10) / top
    axis_from = canvas.y
    thin = 15.0
    for index, first in enumerate(series[columns[0].code]):
        height = thin * len(columns) + 2 * (len(columns) - 1)
        y = _label(canvas, first.row.label, x0, label_width, height=height, muted=first.apart)
        for rank, column in enumerate(columns):
            point = series[column.code][index]
            if point.value is None:
                canvas.text(x0 + 6, y + thin / 2 + 5, point.label, "t-sign")
            else:
                length = max(point.value * scale, 1.0)
                canvas.bar(x0, y, length, thin, PALETTE[rank])
                canvas.text(x0 + length + 6, y + thin / 2 + 5, point.label, "t-v")
            y += thin + 2
        canvas.y += 4
    _axis(canvas, x0, axis_from)


def progress(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Shares as filled tracks from 0 to `max` (25 by default), with an optional reference tick."""
    column = spec_columns(table, spec)[0]
    drawn = [p for p in points(table, spec, column, context.lang) if p.label != NOT_APPLICABLE]
    top = top_of({"max": 25 if top_of({}, drawn) <= 25 else 100, **spec}, drawn)
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
    canvas.text(canvas.width, canvas.y, f"{top:g}{unit}", "t-src", "end")
    if reference.get("label"):
        canvas.y += 18
        canvas.line(0, canvas.y - 9, 0, canvas.y + 2, "tick")
        canvas.text(8, canvas.y, str(reference["label"]), "t-v")


def key(canvas: Canvas, entries: list[tuple[str, str]], shape: str = "square") -> None:
    """Coloured key, on one line where it fits."""
    x, canvas.y = 0.0, canvas.y + 14
    for cls, label in entries:
        width = 20 + text_width(label) + 18
        if x and x + width > canvas.width:
            x, canvas.y = 0.0, canvas.y + 22
        if shape == "dot":
            canvas.circle(x + 7, canvas.y - 5, 6, cls)
        else:
            canvas.rect(x, canvas.y - 12, 13, 13, cls, 2)
        canvas.text(x + 20, canvas.y, label, "t-v")
        x += width
    canvas.y += 16


def _label_column(canvas: Canvas, texts: list[str]) -> tuple[float, float]:
    """Abscissa of the zero line and room for the labels (above the bars on a narrow drawing)."""
    if canvas.narrow:
        return 0.0, canvas.width - 4
    longest = max((text_width(text) for text in texts), default=0)
    room = min(longest + 4, 258.0)
    return room + 12, room


def _label(
    canvas: Canvas, text: str, x0: float, room: float, height: float = BAR, muted: bool = False
) -> float:
    """Writes the label of a bar, moves down, and returns the top of the bar."""
    cls = "t-m" if muted else "t"
    lines = wrap(text, room, 14, 4)
    if canvas.narrow:
        canvas.y += 6
        for line in lines:
            canvas.y += 16
            canvas.text(0, canvas.y, line, cls)
        top = canvas.y + 5
        canvas.y = top + height + 4
        return top
    block = 17.0 * len(lines)
    row = max(height, block)
    top = canvas.y + (row - height) / 2
    baseline = canvas.y + (row - block) / 2 + 13
    canvas.block(x0 - 12, baseline, lines, cls, "end", step=17)
    canvas.y += row + GAP
    return top


def _axis(canvas: Canvas, x0: float, start: float) -> None:
    if canvas.y > start and not canvas.narrow:
        canvas.line(x0, start, x0, canvas.y - GAP / 2, "axis")
