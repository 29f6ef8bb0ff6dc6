"""Native Excel charts beside the tables, each with an alternative text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ess_observatory.publish.tables import Column, PublishedTable
from ess_observatory.render.chartdata import highlighted, is_drawn, points, spec_columns

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

COLOURS = ("#00467C", "#B8480B", "#0E98E2", "#433546", "#8A9099")
CONTEXT = COLOURS[4]
WIDTH, LONG_LABEL = 560, 42  # pixels, characters
_FONT = {"name": "Arial", "size": 10, "color": "#1D2126"}


@dataclass(frozen=True)
class Place:
    """Where the table of a chart stands: its sheet, the row of its header, the position of each column."""

    sheet: str
    header_row: int
    at: dict[str, int]
    lang: str

    @property
    def percent(self) -> str:
        """What follows a number in percent, in a number format."""
        return '"\u00a0%"' if self.lang == "fr" else '"%"'


def add_charts(book: Workbook, sheet: Worksheet, table: PublishedTable, place: Place, width: int) -> None:
    """Puts the chart of a table at its right, one a block of rows, all on one scale; tiles have none."""
    spec = dict(table.chart or {})
    kind = spec.get("type")
    if not kind or kind == "tiles":
        return
    runs = _top(table, spec) if kind == "map" else _runs(table, spec)
    if kind == "lines" and all(_hidden(table, column, runs) for column in spec_columns(table, spec)):
        return
    top = _common_top(table, spec, runs)
    row = place.header_row + 1  # a drawing over the header would be printed again on each page
    for run in runs:
        chart = _chart(book, place, table, spec, run, top)
        wrapped = max(len(table.rows[index].label) for index in run) > LONG_LABEL
        pitch = max(26 + 14 * (len(spec_columns(table, spec)) - 1), 34 if wrapped else 0)
        height = 100 + pitch * len(run) if kind != "lines" else 320
        chart.set_size({"width": WIDTH, "height": height})
        title = table.finding or table.title
        section = table.rows[run[0]].section
        alternative = (
            f"{table.number} – {table.title}. {section or ''} {title if table.finding else ''}".strip()
        )
        options = {"description": alternative, "object_position": 3}
        sheet.insert_chart(row, width + 1, chart, options)
        row += height // 24 + 2


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
        signs = [table.cell(table.rows[index], column).sign for index in run]
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
        if any(signs):
            series["data_labels"]["custom"] = [{"value": sign} if sign else None for sign in signs]
        if parts:
            series["data_labels"]["font"] = {**_FONT, "color": "#FFFFFF", "bold": True}
        if spec["type"] == "lines":
            series |= {
                "line": {"color": COLOURS[rank % 5], "width": 2.25},
                "marker": {"type": "circle", "size": 6},
            }
        elif len(columns) == 1:
            series["points"] = _points(table, spec, run)
        chart.add_series(series)
    section = table.rows[run[0]].section
    title = section if section and table.has_sections else (table.finding or table.title)
    if len(columns) == 1:
        title = f"{title} – {columns[0].header}"
    chart.set_title({"name": title, "name_font": {**_FONT, "size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True} if len(columns) == 1 else {"position": "top", "font": _FONT})
    values = {"visible": False, "major_gridlines": {"visible": False}, "min": 0, "num_font": _FONT}
    if top is not None:
        values["max"] = top
    labels = {"num_font": _FONT, "line": {"color": CONTEXT}, "major_tick_mark": "none", "interval_unit": 1}
    if spec["type"] == "lines":
        chart.set_x_axis(labels)
        chart.set_y_axis(values)
    else:
        chart.set_x_axis(values)
        chart.set_y_axis({**labels, "reverse": True})
    chart.set_chartarea({"border": {"none": True}})
    return chart


def _reference(sheet: str, lines: list[int], column: int) -> Any:
    """A range where the lines follow each other, else a union of cells."""
    if lines == list(range(lines[0], lines[-1] + 1)):
        return [sheet, lines[0], column, lines[-1], column]
    from xlsxwriter.utility import xl_rowcol_to_cell

    cells = ",".join(f"'{sheet}'!{xl_rowcol_to_cell(line, column, True, True)}" for line in lines)
    return f"=({cells})"


def _points(table: PublishedTable, spec: dict[str, Any], run: list[int]) -> list[dict[str, Any]]:
    """Colour of each bar: the highlighted rows in the main colour, the others grey."""
    drawn = points(table, spec, spec_columns(table, spec)[0], "fr")
    front = highlighted(spec, drawn)
    apart = {point.row.code for point in drawn if point.apart}
    codes = [table.rows[index].code for index in run]
    plain = {code for code in codes if code in apart or (front is not None and code not in front)}
    return [{"fill": {"color": CONTEXT if code in plain else COLOURS[0]}} for code in codes]


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
    """End of the scale shared by the charts of a table, or None for a single chart or parts of a whole."""
    columns = spec_columns(table, spec)
    if len(runs) < 2 or (spec["type"] == "stacked" and len(columns) > 1):
        return None
    cells = [table.cell(table.rows[index], column) for run in runs for index in run for column in columns]
    return 1.05 * max((cell.value for cell in cells if cell.value is not None and not cell.sign), default=1)


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
