"""One published table as CSV: UTF-8 with BOM; `;` and decimal comma in French, `,` and point in English."""

from __future__ import annotations

import csv
import io

from ess_observatory.engine.paths import plain_name
from ess_observatory.publish.printed_cells import row_units
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.tables import Cell, PublishedTable
from ess_observatory.words.labels import labels, workbook_labels
from ess_observatory.words.numbers import round_half_up
from ess_observatory.words.spreadsheet import BOM, safe_text


def table_csv(table: PublishedTable, lang: str = "fr", warning: str = "") -> str:
    """The table as CSV text with its BOM.

    Numbers are plain (no thousands separator). A column « … (statut) » follows each number column that has a
    hidden or reserved cell: it holds the sign, and the value is left empty when it is hidden. Bounds of confidence
    intervals follow where there are any, then those of sums with unknown terms; `warning` (« Données synthétiques ») is the
    last cell of every row, so that none leaves without it. Text that a
    spreadsheet would take for a formula gets a leading apostrophe.
    """
    words = labels(lang)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter="," if lang == "en" else ";", lineterminator="\r\n")
    header = [words["section"]] if table.has_sections else []
    header.append(table.stub)
    statuses = {
        column.code: any(table.cell(row, column).sign or table.cell(row, column).mark for row in table.rows)
        for column in table.columns
        if column.kind != "text"
    }
    ends_of = [
        (ends, given, {c.code for c in table.columns if any(given(table.cell(row, c)) for row in table.rows)})
        for ends, given in ((("ci_low", "ci_high"), _interval), (("low", "high"), _bound))
    ]
    units = row_units(table)
    if units:
        header.append(workbook_labels(lang)["unit"])
    for column in table.columns:
        header.append(column.header)
        if statuses.get(column.code):
            header.append(f"{column.header} ({words['status']})")
        for ends, _, codes in ends_of:
            if column.code in codes:
                header += [f"{column.header} – {workbook_labels(lang)[end]}" for end in ends]
    if warning:
        header.append(words["warning"])
    writer.writerow([safe_text(text) for text in header])
    for row in table.rows:
        line = [safe_text(row.section or "")] if table.has_sections else []
        line.append(safe_text(row.label))
        if units:
            line.append(safe_text(units[row.code]))
        for column in table.columns:
            cell = table.cell(row, column)
            decimals = cell.decimals if cell.decimals is not None else column.decimals
            if cell.sign or cell.value is None:
                line.append("" if cell.sign else safe_text(cell.text or ""))
            else:
                line.append(_number(cell.value, decimals, lang))
            if statuses.get(column.code):
                line.append(cell.bound or cell.sign or cell.mark)
            for _, given, codes in ends_of:
                if column.code in codes:
                    found = given(cell) or (None, None)
                    line += ["" if end is None else _number(end, decimals, lang) for end in found]
        writer.writerow([*line, warning] if warning else line)
    return BOM + stream.getvalue()


def _interval(cell: Cell) -> tuple[float, float] | None:
    return cell.interval


def _bound(cell: Cell) -> tuple[float, float | None] | None:
    return None if cell.low is None else (cell.low, cell.high)


def _number(value: float, decimals: int, lang: str) -> str:
    number = str(round_half_up(value, decimals))
    return number if lang == "en" else number.replace(".", ",")


def warning_of(publication: Publication, lang: str = "fr") -> str:
    """What every row of a synthetic edition says of itself, or ''."""
    return labels(lang)["synthetic"] if publication.manifest.get("synthetic") else ""


def csv_name(publication: Publication, table: PublishedTable, stem: str = "") -> str:
    """File name of the table's CSV: `1.1_size.csv`, with an optional stem before, and SYNTHETIQUE_ before all when it is."""
    parts = ["SYNTHETIQUE" if publication.manifest.get("synthetic") else "", stem, table.number, table.id]
    return plain_name(f"{'_'.join(part for part in parts if part)}.csv", "Le nom d’un tableau")
