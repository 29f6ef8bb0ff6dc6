"""A first look at a workbook's bytes, before the reader is let loose: its weight, and what the reader does not tell.

How it unpacks, how large a rectangle its cells span (the reader fills it), which rows are hidden, which cells are errors
(the reader gives them as empty, as it does a formula that was never worked out) or numbers shown as percentages (it gives 0.149 for 14,9 %).
"""

from __future__ import annotations

import html
import re
import zipfile
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.text import UNCALCULATED

COLUMNS = limits.MAX_COLUMNS
# A tag holds no « < »: one that is never closed ends where the next begins, and none is gone over twice (`*+`, `(?>…)`).
_PREFIX = rb"(?:\w++:)?"
_ROW = re.compile(rb"<" + _PREFIX + rb"row\b([^<>]*+)>")
_LINE = re.compile(rb'\br="(\d{1,7})"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_CELL = re.compile(rb"<" + _PREFIX + rb'c\b(?>[^<>]*?\br="([A-Za-z]{1,10})(\d{1,10})")[^<>]*+(?<!/)>')
_PLACED = re.compile(rb"<" + _PREFIX + rb'c\b(?>[^<>]*?\br="([A-Za-z]{1,10})(\d{1,10})")')
_ERROR = re.compile(
    rb"<" + _PREFIX + rb'c\b(?=[^<>]*?\bt="e")(?>[^<>]*?\br="([A-Z]{1,3})(\d{1,7})")[^<>]*+(?<!/)>'
    rb"(?:(?!<" + _PREFIX + rb"c\b).){0,2000}?<" + _PREFIX + rb"v>([^<]{1,20})<",
    re.DOTALL,
)
_STYLED = re.compile(
    rb"<" + _PREFIX + rb'c\b(?=[^<>]*?\br="([A-Z]{1,3})(\d{1,7})")(?>[^<>]*?\bs="(\d{1,5})")[^<>]*+(?<!/)>'
)
#: A formula whose value was never written. One whose value is an empty text (`t="str"`) was worked out.
_UNCALCULATED = re.compile(
    rb"<" + _PREFIX + rb'c\b(?![^<>]*?\bt="str")(?>[^<>]*?\br="([A-Z]{1,3})(\d{1,7})")[^<>]*+(?<!/)>\s*+<' + _PREFIX
    + rb"f\b(?:[^<>]*+(?<=/)>|[^<>]*+>[^<]*+</" + _PREFIX + rb"f\s*>)\s*+(?:<" + _PREFIX + rb"v\s*/>\s*+|<" + _PREFIX
    + rb"v\s*>\s*+</" + _PREFIX + rb"v\s*>\s*+)?</" + _PREFIX + rb"c\s*>"
)  # fmt: skip
#: A cell that points to a text of the workbook.
_POINTER = re.compile(
    rb"<" + _PREFIX + rb'c\b(?=[^<>]*?\bt="s")[^<>]*+>\s*<' + _PREFIX + rb"v>\s*(\d{1,9})\s*<"
)
_TEXT_END = re.compile(rb"</" + _PREFIX + rb"si\s*>|<" + _PREFIX + rb"si\s*/>")
#: Number formats that every workbook knows without saying: `0%` and `0.00%`.
_PERCENT_FORMATS = {9, 10}
#: A percent sign in a number format, out of quotes and not escaped.
_PERCENT_SIGN = re.compile(r'^(?:[^"\\%]|"[^"]*"|\\.)*%')
_OVERLAP = 4096
#: No closing tag of a text is longer, prefix included.
_TAG = 256
#: The longest reference to a cell, `XFD1048576`.
_REFERENCE = 10


@dataclass
class Weighed:
    """What a first look at a sheet's bytes gives: its extent, hidden rows (line numbers), error cells (0-based).

    `percents` are the cells shown as percentages, each as row * COLUMNS + column (0-based).
    """

    rows: int = 0
    columns: int = 0
    hidden: set[int] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    percents: array[int] = field(default_factory=lambda: array("Q"))

    @property
    def cells(self) -> int:
        """How many cells the reader keeps a place for."""
        return self.rows * self.columns


def weigh(path: Path, relative: str) -> dict[int, Weighed]:
    """Sheet position → what was seen in it, for a workbook of the zip family.

    Raises E201 (damaged), E203 (password), E206 (swells too much, spread out too far).
    """
    members = limits.safe_members(path, relative, limits.MAX_WORKBOOK_UNPACKED)
    names = {member.filename for member in members}
    found: dict[int, Weighed] = {}
    with zipfile.ZipFile(path) as archive:
        with limits.damage_is_told(relative):
            parts = _sheet_parts(archive, names)
        for member in members:
            if member.filename not in parts or member.filename.endswith(".bin"):
                deque(limits.member_blocks(archive, member, relative), maxlen=0)
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise limits.password_error(relative)
        if "content.xml" in names:
            found = _weigh_ods(archive.read("content.xml"))
        styles = _percent_styles(archive.read("xl/styles.xml")) if "xl/styles.xml" in names else set()
        for position, name in enumerate(parts):
            if name in names:
                found[position] = (
                    _weigh_xlsb(archive, name)
                    if name.endswith(".bin")
                    else _weigh_xlsx(archive, name, relative, styles)
                )
        if "xl/sharedStrings.xml" in names:
            sheets = [name for name in parts if name in names and not name.endswith(".bin")]
            _refuse_repeated(archive, sheets, relative)
    for look in found.values():
        if look.cells > limits.MAX_CELLS:
            raise ObservatoryError(
                "E206",
                f"Feuille démesurée : {look.rows} lignes × {look.columns} colonnes",
                relative,
                "Effacez les cellules perdues loin du tableau (Ctrl+Fin les montre), ou découpez le fichier.",
            )
    limits.grant_cells(
        max((look.cells for look in found.values()), default=0), sum(member.file_size for member in members)
    )
    return found


def _refuse_repeated(archive: zipfile.ZipFile, sheets: list[str], relative: str) -> None:
    """Raise E206 when cells point so often to long texts that, written out, they swell beyond measure.

    What the texts and the cells could come to at most is looked at first: only what could be too much is counted.
    """
    import numpy as np

    whole, unpacked = archive.getinfo("xl/sharedStrings.xml").file_size, 0
    pointers = 0
    for name in sheets:
        unpacked += archive.getinfo(name).file_size
        pointers += sum(chunk.count(b't="s"') for chunk in _chunks(archive, name, relative))
    most = max(limits.RATIO_FLOOR_BYTES, limits.MAX_TEXT_RATIO * (whole + unpacked))
    if whole * pointers <= most:
        return
    ends = [0]
    done, held = 0, b""
    for block in limits.member_blocks(archive, "xl/sharedStrings.xml", relative):
        piece = held + block
        found = [match.end() for match in _TEXT_END.finditer(piece)]
        ends.extend(done + end for end in found)
        cut = max(found[-1] if found else 0, len(piece) - _TAG)
        done, held = done + cut, piece[cut:]
    lengths = np.diff(np.array(ends, np.int64))
    if lengths.max(initial=0) * pointers <= most:
        return
    total = 0
    for name in sheets:
        for chunk in _chunks(archive, name, relative):
            at = np.array([int(match[1]) for match in _POINTER.finditer(chunk)], np.int64)
            total += int(lengths[at[at < len(lengths)]].sum())
    if total > most:
        raise limits.swollen_error(
            f"{limits.size_text(total)} de texte une fois ses répétitions écrites", relative
        )


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
    for relation in re.findall(r"<(?:\w++:)?Relationship\b[^<>]*+>", rels):
        key, target = re.search(r'\bId="([^"]*)"', relation), re.search(r'\bTarget="([^"]*)"', relation)
        if key and target:
            targets[key[1]] = target[1].removeprefix("/xl/").removeprefix("xl/")
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    keys = re.findall(r'<(?:\w++:)?sheet\b[^<>]*?\b\w++:id="([^"]*)"', book)
    parts = [f"xl/{targets.get(key, '')}" for key in keys]
    return parts if set(parts) & names else numbered


def _chunks(archive: zipfile.ZipFile, name: str, relative: str) -> Iterator[bytes]:
    """A member by pieces that overlap, so that no tag is cut."""
    held = b""
    for block in limits.member_blocks(archive, name, relative):
        yield held + block
        held = block[-_OVERLAP:]


def _percent_styles(styles: bytes) -> set[bytes]:
    """The cell styles of a workbook (their positions, as cells write them) that show a number as a percentage."""
    text = styles.decode("utf-8", "replace")
    formats = set(_PERCENT_FORMATS)
    for tag in re.findall(r"<(?:\w++:)?numFmt\b[^<>]*+>", text):
        key, code = re.search(r'\bnumFmtId="(\d+)"', tag), re.search(r'\bformatCode="([^"]*)"', tag)
        if key and code and _PERCENT_SIGN.match(html.unescape(code[1])):
            formats.add(int(key[1]))
    start = re.search(r"<(?:\w++:)?cellXfs\b", text)
    end = re.compile(r"</(?:\w++:)?cellXfs>").search(text, start.end()) if start else None
    used = re.findall(r"<(?:\w++:)?xf\b[^<>]*+>", text[start.end() : end.start()]) if start and end else []
    keys = (re.search(r'\bnumFmtId="(\d+)"', tag) for tag in used)
    return {str(place).encode() for place, key in enumerate(keys) if key and int(key[1]) in formats}


def _weigh_xlsx(archive: zipfile.ZipFile, name: str, relative: str, percent_styles: set[bytes]) -> Weighed:
    look = Weighed()
    percents = [b' s="' + style + b'"' for style in percent_styles]
    for chunk in _chunks(archive, name, relative):
        rows, columns = _reach(chunk)
        look.rows, look.columns = max(look.rows, rows), max(look.columns, columns)
        if b"hidden=" in chunk:
            look.hidden.update(
                int(line[1])
                for tag in _ROW.findall(chunk)
                if _HIDDEN.search(tag) and (line := _LINE.search(tag))
            )
        if b't="e"' in chunk:
            look.errors.update(
                {
                    (int(row) - 1, _column_number(column) - 1): text.decode("utf-8", "replace")
                    for column, row, text in _ERROR.findall(chunk)
                }
            )
        if b"f>" in chunk or b"<f " in chunk:
            look.errors.update(
                {
                    (int(row) - 1, _column_number(column) - 1): UNCALCULATED
                    for column, row in _UNCALCULATED.findall(chunk)
                }
            )
        if any(style in chunk for style in percents):
            look.percents.extend(
                (int(row) - 1) * COLUMNS + _column_number(column) - 1
                for column, row, style in _STYLED.findall(chunk)
                if style in percent_styles
            )
    if look.rows > limits.MAX_SHEET_ROWS or look.columns > COLUMNS:
        _refuse_outside(archive, name, relative)
    if look.cells > limits.MAX_CELLS:
        look.rows, look.columns = _filled(archive, name, relative)
    return look


def _refuse_outside(archive: zipfile.ZipFile, name: str, relative: str) -> None:
    """Raise E206 when a cell lies where no sheet has any; what a text says of cells is nothing."""
    for chunk in _chunks(archive, name, relative):
        for match in _PLACED.finditer(chunk):
            letters, row = match[1].upper(), int(match[2])
            if row > limits.MAX_SHEET_ROWS or _column_number(letters) > COLUMNS:
                raise ObservatoryError(
                    "E206",
                    f"Cellule hors de toute feuille : {letters.decode()}{row}",
                    relative,
                    "Ouvrez-le dans un tableur et enregistrez-le de nouveau, ou redemandez-le au producteur.",
                )


def _reach(chunk: bytes) -> tuple[int, int]:
    """The last row and column that a piece of a sheet names in any way (`r="B12"`, `r="12"`), be it for nothing."""
    import numpy as np

    letters = np.frombuffer(chunk + bytes(_REFERENCE), np.uint8)
    start, end = letters[:-2], len(chunk)
    at = np.flatnonzero((start == ord("r")) & (letters[1:-1] == ord("=")) & (letters[2:] == ord('"'))) + 3
    at = at[at < end]
    row, column = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for step in range(_REFERENCE):
        one = letters[at + step].astype(np.int64)
        is_letter, is_digit = (one >= ord("A")) & (one <= ord("Z")), (one >= ord("0")) & (one <= ord("9"))
        column = np.where(is_letter, column * 26 + one - ord("A") + 1, column)
        row = np.where(is_digit, row * 10 + one - ord("0"), row)
        at = np.where(is_letter | is_digit, at, end - step)  # what follows a reference is no part of it
    return int(row.max(initial=0)), int(column.max(initial=0))


def _filled(archive: zipfile.ZipFile, name: str, relative: str) -> tuple[int, int]:
    """The last row and column of a sheet that hold a cell with content."""
    rows, letters = 0, set[bytes]()
    for chunk in _chunks(archive, name, relative):
        cells = _CELL.findall(chunk)
        letters.update(cell[0].upper() for cell in cells)
        rows = max(rows, max((int(cell[1]) for cell in cells), default=0))
    return rows, max(map(_column_number, letters), default=0)


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
    """Sheet position → what was seen in an OpenDocument sheet, repetitions included (repeated empty cells do not count)."""
    token = re.compile(
        rb"<table:table[ >]|<table:table-row\b[^<>]*+>|<table:(?:covered-)?table-cell\b[^<>]*+>|</table:table-row>"
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
            first, width = width, width + _repeated(tag, b"columns")
            if b'value-type="percentage"' in tag and repeat * (width - first) <= limits.MAX_CELLS:
                look.percents.extend(
                    row * COLUMNS + column
                    for row in range(rows, rows + repeat)
                    for column in range(first, min(width, COLUMNS))
                )
            if b"table:formula=" in tag and b"value-type=" not in tag and width - first == 1:
                look.errors.update(
                    {(row, first): UNCALCULATED for row in range(rows, rows + min(repeat, 1000))}
                )
            filled = filled if tag.endswith(b"/>") else width
    return found


def _repeated(tag: bytes, what: bytes) -> int:
    found = re.search(b"number-" + what + rb'-repeated="(\d{1,9})"', tag)
    return int(found[1]) if found else 1
