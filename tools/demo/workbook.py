"""Spreadsheets and CSV files whose bytes depend on their content only: no clock, no compression library."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

Value = str | int | float | dt.date | None


def write_xlsx(
    path: Path, sheet: str, rows: Sequence[Sequence[Value]], created: dt.datetime, widths: Sequence[int] = ()
) -> Path:
    """Write one sheet; text stays text, numbers numbers, dates are real dates. Returns `path`."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"created": created, "title": path.stem})
    page = book.add_worksheet(sheet)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    long_number = book.add_format({"num_format": "0"})
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    page.write_string(line, column, value)
            elif isinstance(value, dt.date):
                page.write_datetime(line, column, dt.datetime(value.year, value.month, value.day))
            elif isinstance(value, int) and value >= 10**11:
                page.write_number(line, column, value, long_number)
            elif value is not None:
                page.write_number(line, column, value)
    book.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_stored(buffer.getvalue()))
    return path


def _stored(archive: bytes) -> bytes:
    """The same archive, uncompressed and without timestamps."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            copy.writestr(entry, source.read(name))
    return target.getvalue()


def write_csv(
    path: Path, lines: Sequence[Sequence[str | int]], encoding: str, newline: str, separator: str = ";"
) -> Path:
    """Write a delimited text file; a cell that holds the separator or a quote is quoted. Returns `path`."""
    import csv

    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator=newline).writerows(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path
