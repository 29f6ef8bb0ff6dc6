"""Charts of published tables, as SVG text.

`chart_svgs(table, context)` gives two drawings of the same chart, one for a wide page and one for a phone
(labels above the bars); the stylesheet shows one of the two. A page for paper has a single one, half a page
wide. The `chart` object of a table:

type                one of `ChartType` (declare/models/charts.py), drawn by its row of `FORMS`
column, columns     column(s) drawn (default: the first numeric one)
also                a second column printed after the value (« 28 · 50 % »)
order               given | descending | ascending
order_by            multiples: the column whose descending values order the rows
highlight           in the main colour, the others grey: row codes, or how many of each block
include, exclude    row codes drawn alone, or left out
apart               row codes drawn as « not known »
section             draws one block of rows only
label_from          text column that names the rows, instead of their labels
limit, max          n first bars; end of the scale (a share of progress always ends at 100 %)
below, shown        draws only values under a bound; only rows that have a value
cumulative          each bar starts, pale, where the one before ends
title               what the drawing shows, where it leaves columns of the table out: {"fr", "en"}
heading             a line above the bars: {"fr", "en"}
reliable            drawn only when two values at least are not marked u
negative, neutral, positive     row codes of a diverging bar
reference           {"value", "label"}: tick of the progress bars
group, names        map: text column of the groups of areas (the first by default); how many names

Hidden values draw nothing but their sign, and no value is written elsewhere than in visible text. Parts of a
whole become separate bars as soon as one of them is hidden, since the gap would give it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ess_observatory.publish.tables import PublishedTable
from ess_observatory.render import charts_bars, charts_points, charts_whole
from ess_observatory.render.chartdata import (
    Context,
    drawn_title,
    finding,
    highlighted,
    is_reliable,
    points,
    spec_columns,
    top_of,
)
from ess_observatory.render.map import circles_map
from ess_observatory.render.svg import GAP, Canvas

WIDE, NARROW, PAPER = 720.0, 360.0, 450.0
PAPER_GAP = 4.0
RANKED = 12  # bars under a map
TALL = 30  # bars that hold on a printed page


class Form(NamedTuple):
    """`draw(canvas, table, spec, context)`; `names_columns`: with several columns, the drawing itself says which is which."""

    draw: Callable[[Canvas, PublishedTable, dict[str, Any], Context], None]
    names_columns: bool = False


#: Every type of chart but `map` and `tiles`, which are made elsewhere. The workbook draws it as bars, or `lines` as lines.
FORMS = {
    "bars": Form(charts_bars.bars),
    "grouped": Form(charts_bars.grouped, names_columns=True),
    "multiples": Form(charts_whole.multiples, names_columns=True),
    "progress": Form(charts_whole.progress),
    "stacked": Form(charts_whole.stacked, names_columns=True),
    "diverging": Form(charts_whole.diverging),
    "dumbbell": Form(charts_points.dumbbell, names_columns=True),
    "lines": Form(charts_points.lines, names_columns=True),
}


def names_columns(kind: str | None) -> bool:
    """Whether a drawing of several columns says which is which, so that nothing beside it has to."""
    return kind in FORMS and FORMS[kind].names_columns


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
    draw = FORMS[spec["type"]].draw
    column = spec_columns(table, spec)[0]
    parts = _parts(table, spec, context) if draw is charts_bars.bars else [spec]
    title = f"{context.words['figure']} {table.number} – {drawn_title(table, context.lang)}"
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
    kept = {"titled": True, "max": top_of(spec, drawn), "among": drawn}
    kept["highlight"] = None if front is None else sorted(front)
    return [{**spec, **kept, "include": codes} for codes in groups]


def _map_and_ranking(
    table: PublishedTable, spec: dict[str, Any], context: Context, geo: dict[str, Any] | None
) -> list[str]:
    drawings = []
    if geo and geo.get("features"):
        narrow = (True,) if context.paper else (False, True)
        drawings += [circles_map(table, context, geo, size) for size in narrow]
    ranking = {"order": "descending", "limit": RANKED, **spec, "type": "bars"}
    ranking["heading"] = context.words["ranking"].format(ranking["limit"])
    return drawings + _both(table, ranking, context, f"{table.anchor}-top")
