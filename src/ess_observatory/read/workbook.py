"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) → sheets of text cells.

Before the reader is let loose, the file is weighed: how it unpacks, and how large a rectangle its cells span (the
reader fills it). The same look finds hidden rows and the error cells, that the reader would give as empty.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.read import limits

_ROW = re.compile(
    rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"'
    rb'|<(?:\w+:)?row\b[^>]*?\bhidden="(?:1|true)"[^>]*?\br="(\d+)"'
)
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"(?:[^>]*[^/>])?>')
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*[^/>]>'
    rb"(?:(?!<(?:\w+:)?c\b).){0,2000}?<(?:\w+:)?v>([^<]{1,20})<",
    re.DOTALL,
)
_OVERLAP = 4096
_UNREADABLE = "Ouvrez-le dans un tableur et enregistrez-le de nouveau en .xlsx, sans mot de passe."


@dataclass
class Weighed:
    """What a first look at a sheet's bytes gives: its extent, hidden rows (line numbers), error cells (0-based)."""

    rows: int = 0
    columns: int = 0
    hidden: set[int] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """A sheet: its name, whether it is hidden, how to get its cells, its merged ranges (0-based, inclusive)."""

    name: str
    hidden: bool
    hidden_rows: frozenset[int]
    cells: Callable[[], list[list[Any]]]
    merged: Callable[[], list[tuple[tuple[int, int], tuple[int, int]]]]


def read_workbook(path: Path, relative: str, kind: str) -> list[Grid]:
    """The sheets of a workbook; `kind` is `zip` (xlsx, xlsb, ods) or `ole` (xls).

    Raises E201 (damaged), E203 (password), E206 (too large, compressed or spread out).
    """
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    limits.refuse_large(path, relative, limits.MAX_WORKBOOK_BYTES)
    weighed = _weigh_zip(path, relative) if kind == "zip" else {}
    data = path.read_bytes()
    if kind == "ole" and "EncryptedPackage".encode("utf-16-le") in data:
        raise limits.password_error(relative)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        metadata = [m for m in workbook.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    except PasswordError as error:
        raise limits.password_error(relative) from error
    except BaseException as error:
        raise _unreadable(error, relative) from error

    def grid(position: int, name: str, hidden: bool) -> Grid:
        look = weighed.get(position, Weighed())
        held: list[Any] = []

        def sheet() -> Any:
            if not held:
                try:
                    held.append(workbook.get_sheet_by_name(name))
                except BaseException as error:
                    raise _unreadable(error, f"{relative}, feuille « {name} »") from error
            return held[0]

        def cells() -> list[list[Any]]:
            rows = sheet().to_python(skip_empty_area=False)
            for (row, column), text in look.errors.items():
                if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
                    rows[row][column] = text
            return rows

        return Grid(name, hidden, frozenset(look.hidden), cells, lambda: sheet().merged_cell_ranges or [])

    every = list(workbook.sheet_names)
    return [grid(every.index(m.name), m.name, m.visible != SheetVisibleEnum.Visible) for m in metadata]


def _unreadable(error: BaseException, where: str) -> BaseException:
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError, ObservatoryError)):
        return error
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return ObservatoryError("E201", "Classeur illisible", f"{where} ({reason})", _UNREADABLE)


def _weigh_zip(path: Path, relative: str) -> dict[int, Weighed]:
    """Sheet position → what was seen in it."""
    members = limits.checked_members(path, relative, limits.MAX_WORKBOOK_UNPACKED)
    names = {member.filename for member in members}
    found: dict[int, Weighed] = {}
    with zipfile.ZipFile(path) as archive:
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise limits.password_error(relative)
        if "content.xml" in names:
            found = _weigh_ods(archive.read("content.xml"))
        for position, name in enumerate(_sheet_parts(archive, names)):
            if name in names:
                found[position] = (
                    _weigh_xlsb(archive, name) if name.endswith(".bin") else _weigh_xlsx(archive, name)
                )
    for look in found.values():
        if look.rows * look.columns > limits.MAX_CELLS:
            raise ObservatoryError(
                "E206",
                f"Feuille démesurée : {look.rows} lignes × {look.columns} colonnes",
                relative,
                "Effacez les cellules perdues loin du tableau (Ctrl+Fin les montre), ou découpez le fichier.",
            )
    return found


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> list[str]:
    """Names of the sheets' members, in workbook order (by their relations; as a last resort, as they are numbered)."""
    kind = "bin" if "xl/workbook.bin" in names else "xml"
    numbered = sorted(
        (n for n in names if re.fullmatch(rf"xl/worksheets/sheet\d+\.{kind}", n)),
        key=lambda n: int(re.sub(r"\D", "", n)),
    )
    if kind == "bin" or not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return numbered
    rels = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for relation in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", rels):
        key, target = re.search(r'\bId="([^"]*)"', relation), re.search(r'\bTarget="([^"]*)"', relation)
        if key and target:
            targets[key[1]] = target[1].removeprefix("/xl/").removeprefix("xl/")
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    keys = re.findall(r'<(?:\w+:)?sheet\b[^>]*?\b\w+:id="([^"]*)"', book)
    parts = [f"xl/{targets.get(key, '')}" for key in keys]
    return parts if set(parts) & names else numbered


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member by pieces that overlap, so that no tag is cut."""
    held = b""
    with archive.open(name) as stream:
        while block := stream.read(limits.MIB):
            yield held + block
            held = block[-_OVERLAP:]


def _weigh_xlsx(archive: zipfile.ZipFile, name: str) -> Weighed:
    look = Weighed()
    letters: set[bytes] = set()
    for chunk in _chunks(archive, name):
        cells = _CELL.findall(chunk)
        letters.update(cell[0] for cell in cells)
        look.rows = max(look.rows, max((int(cell[1]) for cell in cells), default=0))
        look.hidden.update(int(first or second) for first, second in _ROW.findall(chunk))
        if b't="e"' in chunk:
            look.errors.update(
                {
                    (int(row) - 1, _column_number(column) - 1): text.decode("utf-8", "replace")
                    for column, row, text in _ERROR.findall(chunk)
                }
            )
    look.columns = max(map(_column_number, letters), default=0)
    return look


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _weigh_xlsb(archive: zipfile.ZipFile, name: str) -> Weighed:
    """Walk the records: type and length are variable-length integers; 0 opens a row, 2 to 11 are cells with content."""
    look, data, at = Weighed(), archive.read(name), 0
    row = 0
    while at + 2 <= len(data):
        kind, at = _varint(data, at, 2)
        length, at = _varint(data, at, 4)
        if kind == 0 and length >= 4:
            row = int.from_bytes(data[at : at + 4], "little") + 1
            if length > 11 and data[at + 11] & 0x10:
                look.hidden.add(row)
        elif 2 <= kind <= 11 and length >= 4:
            look.rows = max(look.rows, row)
            look.columns = max(look.columns, int.from_bytes(data[at : at + 4], "little") + 1)
        at += length
    return look


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for shift in range(most):
        if at >= len(data):
            break
        byte = data[at]
        value, at = value | (byte & 0x7F) << (7 * shift), at + 1
        if not byte & 0x80:
            break
    return value, at


def _weigh_ods(content: bytes) -> dict[int, Weighed]:
    """Sheet position → extent of an OpenDocument sheet, repetitions included (repeated empty cells do not count)."""
    token = re.compile(
        rb"<table:table[ >]|<table:table-row\b[^>]*>|<table:(?:covered-)?table-cell\b[^>]*>|</table:table-row>"
    )
    found: dict[int, Weighed] = {}
    look, rows, width, filled, repeat, hidden = Weighed(), 0, 0, 0, 1, False
    for match in token.finditer(content):
        tag = match[0]
        if tag.startswith((b"<table:table ", b"<table:table>")):
            look, rows = found.setdefault(len(found), Weighed()), 0
        elif tag.startswith(b"<table:table-row"):
            repeat, width, filled = _repeated(tag, b"rows"), 0, 0
            hidden = b'visibility="collapse"' in tag or b'visibility="filter"' in tag
        elif tag.startswith(b"</"):
            rows += repeat
            if filled:
                look.rows, look.columns = rows, max(look.columns, filled)
                if hidden:
                    look.hidden.update(range(rows - repeat + 1, rows + 1) if repeat < 100_000 else ())
        else:
            width += _repeated(tag, b"columns")
            filled = filled if tag.endswith(b"/>") else width
    return found


def _repeated(tag: bytes, what: bytes) -> int:
    found = re.search(b"number-" + what + rb'-repeated="(\d{1,9})"', tag)
    return int(found[1]) if found else 1
