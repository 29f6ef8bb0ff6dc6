"""Small makers of files in every format, for the awkward cases."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEADER = ["Code commune", "Libellé", "Emplois"]
GOOD = [["59392", "Maubeuge", "12"], ["59291", "Hautmont", "7"]]


def text(rows: Sequence[Sequence[str]], delimiter: str = ";", end: str = "\n") -> str:
    """Rows as delimited text."""
    return end.join(delimiter.join(row) for row in rows) + end


def good_text(delimiter: str = ";", end: str = "\n") -> str:
    """The good table as text."""
    return text([HEADER, *GOOD], delimiter, end)


def with_column(header: str, *values: str) -> str:
    """The good table with one more column: one row a value."""
    return text([[*HEADER, header], *(["59392", "Maubeuge", "12", value] for value in values)])


def jobs(*values: str) -> str:
    """A table with one row a value of the whole-number column."""
    return text([HEADER, *(["59392", "Maubeuge", value] for value in values)])


def xlsx(path: Path, *sheets: tuple[str, Sequence[Sequence[Any]]], **options: Any) -> None:
    """A workbook; `merge` = ranges of the first sheet, `hide_rows` = its hidden lines, `hide` = names of hidden sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in options.get("hide", ()):
            sheet.sheet_state = "hidden"
    first = book.worksheets[0]
    for area in options.get("merge", ()):
        first.merge_cells(area)
    for line in options.get("hide_rows", ()):
        first.row_dimensions[line].hidden = True
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def patched(path: Path, member: str, content: bytes) -> None:
    """Replace a member of a zip file."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, content if name == member else source.read(name))


def sheet_xml(cells: str) -> bytes:
    """The XML of a sheet with some rows."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    ).encode()


def ods(path: Path, rows_xml: str) -> None:
    """An OpenDocument spreadsheet from the XML of its rows."""
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="F1">{rows_xml}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")


def ods_row(*cells: str, extra: str = "") -> str:
    """A row of text cells."""
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in cells
    )
    return f"<table:table-row{extra}>{inner}</table:table-row>"


def xlsb(path: Path, rows: Sequence[Sequence[str | float]]) -> None:
    """A minimal binary workbook of one sheet."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size, length = b"", len(body)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                return head + size + body

    def wide(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    sheet = (
        record(0x81)
        + record(0x94, struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1))
        + record(0x91)
    )
    for number, row in enumerate(rows):
        sheet += record(0, struct.pack("<II", number, 0) + b"\x2c\x01\0\0\0" + struct.pack("<I", 0))
        for column, value in enumerate(row):
            start = struct.pack("<II", column, 0)
            sheet += (
                record(5, start + struct.pack("<d", value))
                if isinstance(value, float)
                else record(6, start + wide(str(value)))
            )
    sheet += record(0x92) + record(0x82)
    book = record(0x83) + record(0x8F)
    book += record(0x9C, struct.pack("<II", 0, 1) + wide("rId1") + wide("F1")) + record(0x90) + record(0x84)
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.bin"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", rels)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)


def zipped(path: Path, **members: bytes | str) -> None:
    """A zip of members; a double underscore in a name is a dot, `___` a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("___", "/").replace("__", "."), content)


def parquet(path: Path, **columns: Any) -> None:
    """A Parquet file; a space in a name is written as `__`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({name.replace("__", " "): values for name, values in columns.items()}), path)
