"""The hand that writes worksheets: formats, named tables with unique headers, row heights, print set-up."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ess_observatory.publish.printed_cells import row_units
from ess_observatory.publish.tables import NOT_APPLICABLE, PublishedTable
from ess_observatory.render.svg import text_width, wrap

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

FONT, SIZE, LINE = "Arial", 12, 16.0
LINK = "#005A9C"
PIXELS, CHARACTER = 16, 9  # height of the font, width of a unit of column width
ARIAL = 0.97  # widest text of that face, against what is estimated for any sans-serif face
#: A4 inside its margins, upright and on its side, in pixels; the least scale that is still read; how much too long a sheet may be to
#: be brought to one page.
UPRIGHT, SIDE = (698, 998), (1026, 669)
READ, NEARLY = 0.5, 1.6
FIRST = 56  # width of the first column, which carries the wrapped lines above the table
Value = str | float | int
Shown = int | str | None  # decimals of a number, or the unit that its cell says after it


class Pen:
    """Writes in a workbook, keeping one format object a style."""

    def __init__(self, book: Workbook, contents: tuple[str, str]) -> None:
        self.book = book
        self.contents = contents  # its sheet, and what a link to it says
        self._formats: dict[tuple[Any, ...], Any] = {}
        self._titles: dict[str, str] = {}
        self._heights: dict[str, float] = {}  # of the sheets, in points

    def format(self, **properties: Any) -> Any:
        """The format of that style."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_name": FONT, "font_size": SIZE, **properties})
        return self._formats[key]

    def paragraph(self, sheet: Worksheet, row: int, text: str, width: int, **style: Any) -> None:
        """A wrapped text in the first column, `width` characters wide; one set at the bottom has air above."""
        big = style.get("font_size", SIZE) / SIZE
        air = LINE if style.get("valign") == "bottom" else 4
        sheet.write_string(row, 0, text, self.format(**{"text_wrap": True, "valign": "top", **style}))
        self._row(sheet, row, (LINE * _lines(text, width / big) + air) * big)

    def title(self, sheet: Worksheet, text: str) -> None:
        """The title of a sheet, in A1."""
        sheet.write_string(0, 0, text, self.format(bold=True, font_size=16))
        self._row(sheet, 0, 22)
        self._titles[sheet.get_name()] = text

    def back(self, sheet: Worksheet, row: int) -> None:
        """The link back to the contents, above a table."""
        link = self.format(font_color=LINK, underline=1)
        sheet.write_url(row, 0, f"internal:'{self.contents[0]}'!A1", link, self.contents[1])

    def block(
        self,
        sheet: Worksheet,
        top: int,
        name: str,
        headers: list[str],
        rows: list[list[Value]],
        widths: list[int],
        *,
        right: list[bool] | None = None,
        decimals: Sequence[Sequence[Shown]] | None = None,
        bold_rows: frozenset[int] = frozenset(),
        filtered: bool = False,
    ) -> None:
        """A named Excel table whose header is on row `top`.

        `right`: columns of numbers (found from the values when not given); `decimals`: shown decimals of each
        cell (or a unit), None for a general number or a text; `bold_rows`: positions of totals.
        """
        unique: list[str] = []
        for text in headers:
            unique.append(text if text not in unique else f"{text} ({len(unique) + 1})")
        columns = range(len(unique))
        numeric = right or [any(isinstance(row[c], int | float) for row in rows) for c in columns]
        styles = [{"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1} for _ in columns]
        for column in columns:
            if numeric[column]:
                styles[column]["align"] = "right"
            elif column:
                styles[column] |= {"align": "left", "indent": 1}
            sheet.set_column(column, column, widths[column])
        sheet.add_table(
            top,
            0,
            top + len(rows),
            len(unique) - 1,
            {
                "name": re.sub(r"[^A-Za-z0-9_]", "_", name),
                "style": "Table Style Light 1",
                "banded_rows": False,
                "autofilter": filtered,
                "description": self._titles.get(sheet.get_name(), name),
                "columns": [
                    {"header": text, "header_format": self.format(**style)}
                    for text, style in zip(unique, styles, strict=True)
                ],
            },
        )
        self._row(sheet, top, LINE * max(_lines(unique[c], widths[c] * 0.9) for c in columns) + 2)
        for index, row in enumerate(rows):
            lines = max(_height(row[c], widths[c], numeric[c]) for c in columns)
            self._row(sheet, top + 1 + index, LINE * lines + 2)
            style = {"valign": "top" if lines > 1 else "vcenter", "bold": index in bold_rows}
            for column, value in enumerate(row):
                shown = decimals[index][column] if decimals else None
                self._put(sheet, top + 1 + index, column, value, shown, numeric[column], style)
        sheet.repeat_rows(top)
        self.fit(sheet, sum(widths) * CHARACTER)
        if len(rows) > 25:
            sheet.freeze_panes(top + 1, 1)

    def _row(self, sheet: Worksheet, row: int, height: float) -> None:
        """Sets the height of a row, and counts it in that of its sheet."""
        sheet.set_row(row, height)
        self._heights[sheet.get_name()] = self.height(sheet) * 0.75 + height

    def height(self, sheet: Worksheet) -> float:
        """The height of what is written on a sheet, in pixels."""
        return self._heights.get(sheet.get_name(), 0.0) / 0.75

    def fit(self, sheet: Worksheet, width: float, height: float = 0.0) -> None:
        """Prints a sheet on the width of a page, upright or on its side, whichever takes fewer; on one where it nearly holds.

        `width`, `height`: what is drawn on it, in pixels; at least as high as what is written.
        """
        high = max(height, self.height(sheet))
        upright, side = (min(1.0, page[0] / width) for page in (UPRIGHT, SIDE))
        tall, flat = high * upright / UPRIGHT[1], high * side / SIDE[1]
        turned = upright < READ or math.ceil(flat) <= math.ceil(tall)
        if turned:
            sheet.set_landscape()
        else:
            sheet.set_portrait()
        sheet.fit_to_pages(1, 1 if (flat if turned else tall) <= NEARLY else 0)

    def _put(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        value: Value,
        decimals: Shown,
        right: bool,
        style: dict[str, Any],
    ) -> None:
        style = style | (
            {"align": "right"} if right else {"text_wrap": True, "align": "left", "indent": int(column > 0)}
        )
        if isinstance(value, str):
            sheet.write_string(row, column, value, self.format(**style))
            return
        if isinstance(decimals, str):
            style |= {"num_format": f'#,##0"\u00a0{decimals}"'}
        elif decimals is not None:
            tail = f".{'0' * decimals}" if decimals else ""
            style |= {"num_format": f"#,##0{tail};-#,##0{tail};0{tail};@"}
        sheet.write_number(row, column, value, self.format(**style))


class Grid:
    """A published table as a rectangle: section and unit columns where needed, reliability last."""

    def __init__(self, table: PublishedTable, w: dict[str, str], x: dict[str, Any]) -> None:
        self.offset = 1 + table.has_sections
        units = row_units(table)
        with_units = any(units.get(row.code, "–") != "–" for row in table.rows if row.kind != "base")
        with_marks = any(table.cell(row, column).mark for row in table.rows for column in table.columns)
        self.headers = [*([w["section"]] if table.has_sections else []), table.stub]
        self.widths = [
            FIRST,
            *([_fitted([r.label for r in table.rows], 24, 46)] if table.has_sections else []),
        ]
        self.right = [False] * self.offset
        self.at: dict[str, int] = {}  # position of each column
        bounded = {c.code for c in table.columns if any(table.cell(r, c).interval for r in table.rows)}
        for column in table.columns:
            self.at[column.code] = len(self.headers)
            texts = [table.cell(row, column).text or "" for row in table.rows]
            wide = _fitted([column.header, *texts], 16, 38) if column.kind == "text" else None
            self._add(column.header, wide, column.kind != "text")
            if column.code in bounded:
                for bound in ("ci_low", "ci_high"):
                    self._add(f"{column.label} – {x[bound]}", None, True)
        for wanted, header in ((with_units, x["unit"]), (with_marks, w["reliability"])):
            if wanted:
                self._add(header, 16, False)
        self.rows: list[list[tuple[Value, Shown]]] = []
        for row in table.rows:
            line: list[tuple[Value, Shown]] = [(row.section or "–", None)] if table.has_sections else []
            line.append((row.label, None))
            marks = []
            for column in table.columns:
                cell = table.cell(row, column)
                if cell.sign or cell.value is None:
                    line.append((cell.bound or cell.sign or cell.text or "–", None))
                elif row.kind == "base" and cell.unit not in (None, column.unit) and not with_units:
                    line.append((cell.value, cell.unit))
                else:
                    line.append((cell.value, cell.decimals if cell.decimals is not None else column.decimals))
                marks.append(cell.mark)
                if column.code in bounded:
                    shown = cell.decimals if cell.decimals is not None else column.decimals
                    ends = cell.interval or (cell.sign or NOT_APPLICABLE,) * 2
                    line += [(end, None if isinstance(end, str) else shown) for end in ends]
            if with_units:
                line.append((units[row.code], None))
            if with_marks:
                line.append((", ".join(dict.fromkeys(mark for mark in marks if mark)) or w["normal"], None))
            self.rows.append(line)

    def _add(self, header: str, width: int | None, right: bool) -> None:
        self.headers.append(header)
        self.widths.append(width or _fitted(header.split(" "), 13, 22))
        self.right.append(right)


def _fitted(texts: list[str], least: int, most: int) -> int:
    """Width of a column where the longest of these texts holds, between two bounds."""
    longest = max((text_width(text, PIXELS, bold=True) for text in texts), default=0)
    return min(max(round(longest / CHARACTER) + 3, least), most)


def _lines(text: str, width: float) -> int:
    """Lines that a wrapped text takes in a column of that width, words too long for it cut."""
    room = width * CHARACTER
    if len(text) * PIXELS < room:
        return 1
    lines = wrap(text, room, PIXELS * ARIAL, max_lines=1000)
    return sum(max(math.ceil(text_width(line, PIXELS * ARIAL) / room), 1) for line in lines)


def _height(value: Value, width: int, right: bool) -> int:
    return _lines(value, width) if isinstance(value, str) and not right else 1
