"""Charts made of bars: one value a row, or several side by side; and what all charts share (labels, legend, axis)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.chartdata import (
    PALETTE,
    Context,
    Point,
    highlighted,
    points,
    spec_columns,
    top_of,
)
from ess_observatory.render.svg import Canvas, text_width, wrap

BAR = 22.0
FACE = 1.08  # a reader’s face may be that much wider than estimated


@dataclass(frozen=True)
class Frame:
    """Where bars begin, the room of their labels, the length of one unit: the same for all the bars of a figure."""

    x0: float
    room: float
    scale: float


def frame_of(canvas: Canvas, drawn: Sequence[Point], top: float) -> Frame:
    """The frame in which all of `drawn` hold, from 0 to `top`, with their labels on both sides."""
    x0, room = _label_column(canvas, [p.row.label for p in drawn])
    reserve = max((text_width(p.label, bold=True) for p in drawn), default=0) + 10
    return Frame(x0, room, (canvas.width - x0 - reserve) / top if top else 0)


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

    frame = frame_of(canvas, spec.get("among") or drawn, top)
    draw_bars(canvas, drawn, frame, colour, titled, bool(spec.get("cumulative")))
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
    frame: Frame,
    colour: Callable[[Point], str],
    titled: bool | None = None,
    cumulative: bool = False,
) -> None:
    """Bars of `drawn` in a frame, with block titles where rows come in sections."""
    x0, label_width, scale = frame.x0, frame.room, frame.scale
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
    room = min(FACE * longest + 4, 258.0, 0.4 * canvas.width)
    return room + 12, room


def _label(
    canvas: Canvas, text: str, x0: float, room: float, height: float = BAR, muted: bool = False
) -> float:
    """Writes the label of a bar, moves down, and returns the top of the bar."""
    cls = "t-m" if muted else "t"
    lines = wrap(text, (room - 4) / FACE + 0.1, 14, 7)
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
