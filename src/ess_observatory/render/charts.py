"""Charts of published tables, as SVG text.

`chart_svgs(table, context)` gives two drawings of the same chart, one for a wide page and one for a phone
(labels above the bars); the stylesheet shows one of the two. A page for paper has a single one, half a page
wide. The `chart` object of a table:

type                bars | grouped | multiples | progress | stacked | diverging | dumbbell | lines | tiles | map
column, columns     column(s) drawn (default: the first numeric one)
also                a second column printed after the value (« 28 · 50 % »)
order               given | descending | ascending
order_by            multiples: the column whose descending values order the rows
highlight           in the main colour, the others grey: row codes, or how many of each block
include, exclude    row codes drawn alone, or left out
apart               row codes drawn as « not known »
section             draws one block of rows only
label_from          text column that names the rows, instead of their labels
limit, max          n first bars; end of the scale (also `maximum`)
below, shown        draws only values under a bound; only rows that have a value
cumulative          each bar starts, pale, where the one before ends
heading             title of the drawing: {"fr", "en"}
reliable            drawn only when two values at least are not marked u
negative, neutral, positive     row codes of a diverging bar
reference           {"value", "label"}: tick of the progress bars
group, names        map: text column of the groups of areas (the first by default); how many names

Hidden values draw nothing but their sign, and no value is written elsewhere than in visible text. Parts of a
whole become separate bars as soon as one of them is hidden, since the gap would give it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import (
    PALETTE,
    Context,
    Point,
    finding,
    highlighted,
    is_reliable,
    points,
    spec_columns,
    top_of,
)
from ess_observatory.render.svg import GAP, Canvas, text_width, wrap

WIDE, NARROW, PAPER = 720.0, 360.0, 450.0
RANKED = 12  # bars under a map
TALL = 30  # bars that hold on a printed page
BAR, PAPER_GAP = 22.0, 4.0


def chart_svgs(table: PublishedTable, context: Context, geo: dict[str, Any] | None = None) -> list[str]:
    """The drawings of a table's chart ([] without chart): wide and narrow, or those for paper."""
    spec = dict(table.chart or {})
    kind = spec.get("type")
    if not kind or kind == "tiles":
        return []
    if spec.get("reliable") and not is_reliable(table, spec, context.lang):
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
        "progress": charts_whole.progress,
        "stacked": charts_whole.stacked,
        "diverging": charts_whole.diverging,
        "dumbbell": charts_points.dumbbell,
        "lines": charts_points.lines,
    }.get(spec["type"], bars)
    column = spec_columns(table, spec)[0]
    parts = _parts(table, spec, context) if draw is bars else [spec]
    title = f"{context.words['figure']} {table.number} – {table.title}"
    drawings = []
    screen = ((WIDE, "wide", "w"), (NARROW, "narrow", "n"))
    for width, cls, suffix in ((PAPER, "paper", "p"),) if context.paper else screen:
        for rank, part in enumerate(parts, start=1):
            canvas = Canvas(width, narrow=cls == "narrow", gap=PAPER_GAP if context.paper else GAP)
            draw(canvas, table, part, context)
            if not context.paper:  # the notes stand beside the drawing
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
    if len(drawn) <= TALL or len(blocks) < 2 or spec.get("order") == "ascending":
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
        narrow = (True,) if context.paper else (False, True)
        drawings += [circles_map(table, context, geo, size) for size in narrow]
    ranking = {"order": "descending", "limit": RANKED, **spec, "type": "bars"}
    ranking["heading"] = context.words["ranking"].format(ranking["limit"])
    return drawings + _both(table, ranking, context, f"{table.anchor}-top")


def bars(canvas: Canvas, table: PublishedTable, spec: dict[str, Any], context: Context) -> None:
    """Horizontal bars from zero with the value at the end; « not known » is grey and apart."""
    column = spec_columns(table, spec)[0]
    drawn = [p for p in points(table, spec, column, context.lang) if p.label != NOT_APPLICABLE]
    said = {p.row.section for p in drawn if p.value is not None}
    if said:  # a block that is hidden altogether is left to the table
        drawn = [p for p in drawn if p.row.section in said]
    top = top_of(spec, drawn)
    front = highlighted(spec, drawn)
    titled = spec.get("titled", len(said) > 1 and spec.get("order") != "ascending")
    heading = spec.get("heading")
    if heading:
        for line in wrap(
            heading[context.lang] if isinstance(heading, dict) else heading, canvas.width - 4, 14, 3
        ):
            canvas.y += 18
            canvas.text(0, canvas.y, line, "t-b")
        canvas.y += 10

    def colour(point: Point) -> str:
        return "c1" if front is None or point.row.code in front else "c3"

    draw_bars(canvas, drawn, top, colour, titled, bool(spec.get("cumulative")))
    _legend(canvas, drawn, context)


def _legend(canvas: Canvas, drawn: list[Point], context: Context) -> None:
    """What a pale bar and a line across a bar say."""
    keys = [
        (any(p.weak and p.value is not None for p in drawn), context.words["pale_bar"]),
        (any(p.interval for p in drawn), context.words["whisker"]),
    ]
    for text in (text for is_said, text in keys if is_said):
        for line in wrap(text, canvas.width - 4, 11.5, 3):
            canvas.y += 15
            canvas.text(0, canvas.y, line, "t-src")


def draw_bars(
    canvas: Canvas,
    drawn: list[Point],
    top: float,
    colour: Callable[[Point], str],
    titled: bool | None = None,
    cumulative: bool = False,
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
    before = 0.0
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
            elif cumulative:
                canvas.rect(x0, y, before * scale, BAR, "track")
                canvas.bar(x0 + before * scale, y, max(length - before * scale, 1.0), BAR, colour(point))
                before = point.value
            else:
                canvas.bar(x0, y, length, BAR, f"{colour(point)} weak" if point.weak else colour(point))
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
    room = min(longest + 4, 258.0, 0.4 * canvas.width)
    return room + 12, room


def _label(
    canvas: Canvas, text: str, x0: float, room: float, height: float = BAR, muted: bool = False
) -> float:
    """Writes the label of a bar, moves down, and returns the top of the bar."""
    cls = "t-m" if muted else "t"
    lines = wrap(text, room, 14, 7)
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
    canvas.y += row + canvas.gap
    return top


def _axis(canvas: Canvas, x0: float, start: float) -> None:
    if canvas.y > start and not canvas.narrow:
        canvas.line(x0, start, x0, canvas.y - canvas.gap / 2, "axis")
