"""The last sheets of the workbook: dictionary, controls, replication, long data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ess_observatory.publish.publication import Publication
from ess_observatory.render.page import plain
from ess_observatory.render.workbook_charts import Margins
from ess_observatory.render.workbook_grid import Pen, Value
from ess_observatory.words import labels as words
from ess_observatory.words.numbers import useful_decimals

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet


class Pages(Protocol):
    """What these sheets need of the workbook under construction."""

    pub: Publication
    lang: str
    w: dict[str, str]
    x: dict[str, Any]
    pen: Pen
    margins: Margins


def number_or_text(value: Any, lang: str) -> Value:
    """A number as it is, anything else as it is printed."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else plain(value, lang)


def margins(book: Pages, sheet: Worksheet) -> None:
    """What the charts draw on both sides of their values."""
    book.pen.title(sheet, f"{book.x['margins']} – {book.x['about']['margins']}")
    header = [book.x["sheet"], book.x["row_label"], book.x["column_label"], book.x["under"], book.x["over"]]
    decimals: list[list[int | None]] = [[None, None, None, 1, 1] for _ in book.margins.rows]
    book.pen.back(sheet, 1)
    widths = [12, 60, 44, 16, 16]
    book.pen.block(sheet, 2, "intervalles", header, book.margins.rows, widths, decimals=decimals)


def dictionary(book: Pages, sheet: Worksheet) -> None:
    """Every column and row of every table, with units."""
    book.pen.title(sheet, book.x["dictionary"])
    header = [book.w["table"], *(book.x[k] for k in ("element", "code", "label", "unit", "decimals"))]
    rows: list[list[Value]] = []
    for table in book.pub.tables:
        for column in table.columns:
            numeric = column.kind != "text"
            unit, decimals = (column.unit or "–", column.decimals) if numeric else ("–", "–")
            rows.append([table.number, book.x["element_column"], column.code, column.label, unit, decimals])
        for row in table.rows:
            rows.append([table.number, book.x["element_row"], row.code, row.label, "–", "–"])
    book.pen.back(sheet, 1)
    book.pen.block(sheet, 2, "dictionnaire", header, rows, [10, 11, 40, 54, 15, 12], filtered=True)


def checks(book: Pages, sheet: Worksheet) -> None:
    """Every control with its result."""
    book.pen.title(sheet, book.w["controls"])
    header = [book.w["control"], book.w["source"], book.w["result"], book.w["detail"]]
    rows: list[list[Value]] = [
        [
            str(check.get("label") or check.get("id")),
            str(check.get("source") or "–"),
            words.status_label(check.get("status"), book.lang),
            str(check.get("detail") or "–"),
        ]
        for check in book.pub.checks
    ]
    book.pen.back(sheet, 1)
    book.pen.block(sheet, 2, "controles", header, rows, [54, 26, 14, 50])


def replication(book: Pages, sheet: Worksheet) -> None:
    """Published and recomputed values of the original report."""
    book.pen.title(sheet, book.w["replication"])
    sheet.write_string(1, 0, book.w["replication_intro"], book.pen.format())
    header = [book.x["figure_id"], book.w["indicator"], book.w["published_value"], book.w["recomputed"]]
    header += [book.w["difference"], book.w["verdict"], book.w["remark"]]
    rows: list[list[Value]] = []
    for line in book.pub.replication:
        numbers = [
            number_or_text(line.get(key), book.lang) for key in ("published", "recomputed", "difference")
        ]
        verdict = words.verdict_label(line.get("verdict"), book.lang)
        label = str(line.get("label") or line["figure_id"])
        rows.append([line["figure_id"], label, *numbers, verdict, str(line.get("remark") or "–")])
    decimals = [[None if isinstance(v, str) else useful_decimals(v) for v in row] for row in rows]
    widths = [30, 46, 14, 14, 12, 22, 60]
    book.pen.back(sheet, 2)
    book.pen.block(sheet, 3, "replication", header, rows, widths, decimals=decimals)


def long_data(book: Pages, sheet: Worksheet) -> None:
    """One row a published number."""
    book.pen.title(sheet, book.x["long"].replace("_", " "))
    keys = [
        "figure_id",
        "row_code",
        "row_label",
        "column_code",
        "column_label",
        "value",
        "unit",
        "obs_status",
    ]
    keys += ["conf_status", "numerator", "denominator", "base_n", "ci_low", "ci_high", "flags", "low", "high"]
    header = [book.w["edition"], book.w["table"], *(book.x[key] for key in keys)]
    rows: list[list[Value]] = []
    for figure in book.pub.figures():
        cell = figure.cell
        measures = (cell.numerator, cell.denominator, cell.base_n, cell.ci_low, cell.ci_high)
        shown = cell.value if cell.value is not None else cell.text or ""
        rows.append(
            [
                str(book.pub.manifest.get("edition") or "–"),
                figure.table.number,
                figure.id,
                figure.row.code,
                figure.row.label,
                figure.column.code,
                figure.column.label,
                cell.bound or cell.sign or shown,
                (cell.unit if cell.unit is not None else figure.column.unit) or "–",
                cell.obs_status,
                cell.conf_status,
                *("///" if measure is None else measure for measure in measures),
                ", ".join(cell.flags) or "–",
                *("///" if end is None else end for end in (cell.low, cell.high)),
            ]
        )
    widths = [22, 9, 36, 22, 40, 20, 26, 12, 15, 14, 14, 13, 14, 10, 11, 11, 14, 10, 10]
    book.pen.back(sheet, 1)
    book.pen.block(sheet, 2, "donnees_longues", header, rows, widths, filtered=True)
    sheet.print_area(0, 0, 1, 5)  # a sheet for programs: printed, it would double the tables
