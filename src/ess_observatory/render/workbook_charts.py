"""Native Excel charts beside or under the tables: on one scale, with their marks, intervals and alternative text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row
from ess_observatory.publish.worth_printing import is_drawn
from ess_observatory.render.chartdata import (
    drawn_title,
    highlighted,
    is_percent,
    points,
    spec_columns,
)
from ess_observatory.render.svg import wrap
from ess_observatory.render.workbook_grid import CHARACTER, Value
from ess_observatory.words.labels import labels

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

COLOURS = ("#00467C", "#B8480B", "#0E98E2", "#433546", "#8A9099")
CONTEXT = COLOURS[4]
DASHES = ("solid", "dash", "square_dot", "long_dash_dot", "solid")
WIDTH = 560  # pixels
#: Part of the width that names take, and the bars: the same for all the charts of a table.
LABELS, PLOT = 0.36, 0.52
#: Pixels of a landscape page, and the least scale at which it prints a chart beside its table rather than under it.
PAGE, LEAST = 1020, 0.55
_FONT = {"name": "Arial", "size": 10, "color": "#1D2126"}


@dataclass(frozen=True)
class Margins:
    """Rows of the sheet that holds what charts draw beside their values: LibreOffice reads intervals in cells only."""

    sheet: str
    first: int  # its first row of data
    rows: list[list[Value]] = field(default_factory=list)

    def add(
        self, number: str, labels: Sequence[str], column: str, ends: Sequence[tuple[float, float]]
    ) -> list[str]:
        """Adds a line a bar; returns the ranges of what goes under and over each value."""
        start = self.first + len(self.rows) + 1
        for label, (under, over) in zip(labels, ends, strict=True):
            self.rows.append([number, label, column, under, over])
        last = start + len(labels) - 1
        return [f"='{self.sheet}'!${letter}${start}:${letter}${last}" for letter in "DE"]


@dataclass(frozen=True)
class Place:
    """Where the table of a chart stands: its sheet, the row of its header, the position of each column."""

    sheet: str
    header_row: int
    at: dict[str, int]
    lang: str
    mention: str
    meanings: dict[str, str]
    margins: Margins

    @property
    def percent(self) -> str:
        """What follows a number in percent, in a number format."""
        return '"\u00a0%"' if self.lang == "fr" else '"%"'


def add_charts(
    book: Workbook, sheet: Worksheet, table: PublishedTable, place: Place, widths: Sequence[int]
) -> tuple[int, int, bool]:
    """Puts the charts of a table at its right, or under it where the page would print too small; tiles have none.

    One a block of rows, all on one scale. Returns the width and the height of the charts, in pixels, and whether they are beside.
    """
    spec = dict(table.chart or {})
    kind = spec.get("type")
    if not kind or kind == "tiles":
        return 0, 0, True
    runs = _top(table, spec) if kind == "map" else _runs(table, spec)
    if kind == "lines" and all(_hidden(table, column, runs) for column in spec_columns(table, spec)):
        return 0, 0, True
    top = _common_top(table, spec, runs)
    beside = PAGE / (CHARACTER * sum(widths) + WIDTH + 40) >= LEAST
    # a drawing over the header would be printed again on each page
    row = place.header_row + (1 if beside else 2 + len(table.rows))
    column = len(widths) if beside else 0
    below = 10
    for run in runs:
        title, note = _said(table, spec, run, place)
        chart = _chart(book, place, table, spec, run, top)
        heading = 24 + 18 * len(wrap(title, WIDTH - 60, 16))
        foot = 26 if note else 8
        lines = max(len(wrap(table.rows[index].label, WIDTH * LABELS - 20, 14)) for index in run)
        pitch = max(30 + 15 * (len(spec_columns(table, spec)) - 1), 8 + 17 * lines)
        height = heading + foot + (pitch * len(run) if spec["type"] != "lines" else 260)
        key = 26 if len(spec_columns(table, spec)) > 1 else 0
        chart.set_size({"width": WIDTH, "height": height + key})
        if spec["type"] != "lines":
            layout = {"x": LABELS, "y": (heading + key) / (height + key), "width": PLOT}
            chart.set_plotarea({"layout": {**layout, "height": (height - heading - foot) / (height + key)}})
        section = table.rows[run[0]].section
        said = (f"{table.number} – {table.title}", section, table.finding, note)
        alternative = ". ".join(part for part in said if part)
        options = {"description": alternative, "object_position": 3, "x_offset": 24, "y_offset": below}
        sheet.insert_chart(row, column, chart, options)
        below += height + key + 24
    return (WIDTH + 40, below, beside) if runs else (0, 0, True)


def _said(table: PublishedTable, spec: dict[str, Any], run: list[int], place: Place) -> tuple[str, str]:
    """Title of a chart, and what stands under it: that data are synthetic, what its signs and lines say."""
    columns = spec_columns(table, spec)
    section = table.rows[run[0]].section
    title = section if section and table.has_sections else (table.finding or drawn_title(table, place.lang))
    if len(columns) == 1:
        title = f"{title} – {columns[0].header}"
    cells = [table.cell(table.rows[index], column) for index in run for column in columns]
    signs = dict.fromkeys(sign for cell in cells for sign in (cell.sign, cell.mark) if sign and sign != "b")
    parts = [place.mention]
    parts += [
        f"{sign} = {re.split('[:,]', place.meanings[sign])[0].strip()}"
        for sign in signs
        if sign in place.meanings
    ]
    if _has_intervals(table, spec, run):
        parts.append(labels(place.lang)["whisker"].rstrip("."))
    return title, " · ".join(part for part in parts if part)


def has_intervals(table: PublishedTable) -> bool:
    """Whether a chart of the table has confidence intervals to draw."""
    spec = dict(table.chart or {})
    if spec.get("type") in (None, "tiles", "map"):
        return False
    return any(_has_intervals(table, spec, run) for run in _runs(table, spec))


def _has_intervals(table: PublishedTable, spec: dict[str, Any], run: list[int]) -> bool:
    """Whether a chart of one column has confidence intervals to draw."""
    columns = spec_columns(table, spec)
    if len(columns) > 1 or spec["type"] == "lines":
        return False
    return any(table.cell(table.rows[index], columns[0]).interval for index in run)


def _chart(
    book: Workbook,
    place: Place,
    table: PublishedTable,
    spec: dict[str, Any],
    run: list[int],
    top: float | None,
) -> Any:
    columns = spec_columns(table, spec)
    lines = [place.header_row + 1 + index for index in run]
    parts = spec["type"] == "stacked" and len(columns) > 1
    options = {"type": "line"} if spec["type"] == "lines" else {"type": "bar"}
    if parts:
        options["subtype"] = "percent_stacked"
    chart = book.add_chart(options)
    assert chart is not None
    names = place.at[spec["label_from"]] if spec.get("label_from") else min(place.at.values()) - 1
    for rank, column in enumerate(columns):
        cells = [table.cell(table.rows[index], column) for index in run]
        signs = [cell.bound or cell.sign for cell in cells]
        if spec["type"] == "lines" and any(signs):
            continue  # a text would be drawn as a zero
        at = place.at[column.code]
        tail = f".{'0' * column.decimals}" if column.decimals else ""
        tail += place.percent if column.unit == "%" else ""
        series: dict[str, Any] = {
            "name": [place.sheet, place.header_row, at],
            "categories": _reference(place.sheet, lines, names),
            "values": _reference(place.sheet, lines, at),
            "fill": {"color": COLOURS[rank % 5]},
            "gap": 40,
            "data_labels": {"value": True, "num_format": f"#,##0{tail}", "font": _FONT},
        }
        if any(cell.sign or (cell.mark and cell.mark != "b") for cell in cells):
            texts = [
                f"{format_cell(cell, column, place.lang, with_unit=True)} ({cell.mark})"
                if not cell.sign and cell.mark and cell.mark != "b"
                else cell.sign
                for cell in cells
            ]
            series["data_labels"]["custom"] = [{"value": text} if text else None for text in texts]
        if parts:
            series["data_labels"]["font"] = {**_FONT, "color": "#FFFFFF", "bold": True}
        if spec["type"] == "lines":
            series |= {
                "line": {"color": COLOURS[rank % 5], "width": 2.25, "dash_type": DASHES[rank % 5]},
                "marker": {"type": "circle", "size": 6},
            }
        elif len(columns) == 1:
            series["points"] = _points(table, spec, run)
        if _has_intervals(table, spec, run):
            drawn = [(table.rows[index], cell) for index, cell in zip(run, cells, strict=True)]
            upper = _reference(place.sheet, lines, at + 2)
            _add_intervals(chart, series, upper, drawn, column, place)
        else:
            chart.add_series(series)
    title, note = _said(table, spec, run, place)
    chart.set_title({"name": title, "name_font": {**_FONT, "size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True} if len(columns) == 1 else {"position": "top", "font": _FONT})
    small = {**_FONT, "size": 9, "bold": False}
    values = {"label_position": "none", "line": {"none": True}, "major_tick_mark": "none", "min": 0}
    values |= {"major_gridlines": {"visible": False}, "num_font": _FONT}
    if top is not None:
        values["max"] = top
    named = {"num_font": _FONT, "line": {"color": CONTEXT}, "major_tick_mark": "none", "interval_unit": 1}
    under = {"name": note, "name_font": small} if note else {}
    if spec["type"] == "lines":
        chart.set_x_axis({**named, **under})
        chart.set_y_axis(values)
    else:
        chart.set_x_axis({**values, **under})
        chart.set_y_axis({**named, "reverse": True, "crossing": "min"})
    chart.set_chartarea({"border": {"none": True}})
    return chart


def _add_intervals(
    chart: Any,
    series: dict[str, Any],
    upper: Any,
    drawn: Sequence[tuple[Row, Cell]],
    column: Column,
    place: Place,
) -> None:
    """Bars with their confidence intervals; an invisible bar up to the upper bound carries the value beyond it."""
    cells = [cell for _, cell in drawn]
    ends = [cell.interval if cell.value is not None and not cell.sign else None for cell in cells]
    margins = [
        (value - end[0], end[1] - value) if end else (0.0, 0.0)
        for value, end in ((cell.value or 0.0, end) for cell, end in zip(cells, ends, strict=True))
    ]
    under, over = place.margins.add(place.sheet, [row.label for row, _ in drawn], column.header, margins)
    series["y_error_bars"] = {
        "type": "custom",
        "plus_values": over,
        "minus_values": under,
        "plus_data": [margin[1] for margin in margins],
        "minus_data": [margin[0] for margin in margins],
        "line": {"color": _FONT["color"], "width": 1.25},
    }
    own = series["data_labels"].get("custom") or [None] * len(cells)
    printed = [format_cell(cell, column, place.lang, with_unit=True) for cell in cells]
    series["data_labels"]["custom"] = [
        {"delete": True} if end else label for label, end in zip(own, ends, strict=True)
    ]
    series["overlap"] = 100
    chart.add_series(series)
    chart.add_series(
        {
            "name": labels(place.lang)["interval"],
            "categories": series["categories"],
            "values": upper,
            "fill": {"none": True},
            "border": {"none": True},
            "data_labels": {
                "value": True,
                "font": _FONT,
                "custom": [
                    ({"value": (label or {}).get("value") or text} if end else {"delete": True})
                    for label, text, end in zip(own, printed, ends, strict=True)
                ],
            },
        }
    )


def _reference(sheet: str, lines: list[int], column: int) -> Any:
    """A range where the lines follow each other, else a union of cells."""
    if lines == list(range(lines[0], lines[-1] + 1)):
        return [sheet, lines[0], column, lines[-1], column]
    from xlsxwriter.utility import xl_rowcol_to_cell

    cells = ",".join(f"'{sheet}'!{xl_rowcol_to_cell(line, column, True, True)}" for line in lines)
    return f"=({cells})"


def _points(table: PublishedTable, spec: dict[str, Any], run: list[int]) -> list[dict[str, Any]]:
    """Colour of each bar: the highlighted rows in the main colour, the others grey, those built on few answers pale."""
    drawn = points(table, spec, spec_columns(table, spec)[0], "fr")
    weak = {point.row.code for point in drawn if point.weak}
    front = highlighted(spec, drawn)
    apart = {point.row.code for point in drawn if point.apart}
    codes = [table.rows[index].code for index in run]
    plain = {code for code in codes if code in apart or (front is not None and code not in front)}
    marks: list[dict[str, Any]] = []
    for code in codes:
        colour = CONTEXT if code in plain else COLOURS[0]
        fill = {"color": colour, "transparency": 75} if code in weak else {"color": colour}
        marks.append({"fill": fill, "border": {"color": colour}})
    return marks


def _runs(table: PublishedTable, spec: dict[str, Any]) -> list[list[int]]:
    """Positions of drawn rows, cut where the block changes or where a total stands between.

    A block of one row, or whose values are all hidden, is left to the table.
    """
    runs: list[list[int]] = []
    previous: tuple[int, str | None] | None = None
    for index, row in enumerate(table.rows):
        if is_drawn(row, spec):
            if previous == (index - 1, row.section):
                runs[-1].append(index)
            else:
                runs.append([index])
            previous = (index, row.section)
    columns = spec_columns(table, spec)
    return [
        run
        for run in runs
        if len(run) > 1
        and any(table.rows[index].kind == "data" for index in run)
        and any(not table.cell(table.rows[index], column).sign for index in run for column in columns)
    ]


def _common_top(table: PublishedTable, spec: dict[str, Any], runs: list[list[int]]) -> float | None:
    """End of the scale shared by the charts of a table: 100 for shares drawn as tracks, None for parts of a whole."""
    columns = spec_columns(table, spec)
    if spec["type"] == "progress" and is_percent(columns[0]):
        return 100.0
    if len(runs) < 2 or (spec["type"] == "stacked" and len(columns) > 1):
        return None
    cells = [table.cell(table.rows[index], column) for run in runs for index in run for column in columns]
    shown = [cell for cell in cells if cell.value is not None and not cell.sign]
    return 1.05 * max((max(cell.value or 0, *(cell.interval or (0,))) for cell in shown), default=1)


def _hidden(table: PublishedTable, column: Column, runs: list[list[int]]) -> bool:
    return any(table.cell(table.rows[index], column).sign for run in runs for index in run)


def _top(table: PublishedTable, spec: dict[str, Any], count: int = 12) -> list[list[int]]:
    """Positions of the rows of largest value, as one run."""
    column = spec_columns(table, spec)[0]
    shown = [
        (-(table.cell(row, column).value or 0), index)
        for index, row in enumerate(table.rows)
        if row.kind == "data" and table.cell(row, column).value
    ]
    return [[index for _, index in sorted(shown)[:count]]] if shown else []
