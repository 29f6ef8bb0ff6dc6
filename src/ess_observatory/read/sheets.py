"""Files as they come → sheets of text cells, with the line of every row kept true."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ess_observatory.errors import ObservatoryError

SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
DELIMITED = {".csv", ".tsv", ".txt"}
SUPPORTED = SPREADSHEETS | DELIMITED

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ", "\ufeff": "", "\u200b": ""})
_HEAD_BYTES = 256 * 1024


@dataclass(frozen=True)
class Dialect:
    """How a delimited text file is written."""

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, or one delimited file, as text.

    `rows[i]` is line `i + 1` of the sheet; an empty cell is `None`. Spreadsheet numbers keep all their
    digits (`123`, `12.5`), dates are ISO. `dialect` is set for delimited files only: their data can go straight
    into the engine.
    """

    path: Path
    relative: str
    sha256: str
    name: str
    loader: object = field(repr=False, compare=False)
    dialect: Dialect | None = None

    @cached_property
    def rows(self) -> list[list[str | None]]:
        """Every row (loaded once)."""
        return self.loader(None)  # type: ignore[operator]

    @cached_property
    def head(self) -> list[list[str | None]]:
        """The first 60 rows, enough to recognise a layout without reading a large file."""
        if "rows" in self.__dict__ or self.dialect is None:
            return self.rows[:60]
        return self.loader(60)  # type: ignore[operator]


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def open_sheets(path: Path, root: Path | None = None) -> list[Sheet]:
    """The sheets of a file; `relative` is its path under `root`, with forward slashes.

    Raises `ObservatoryError` E201 when the file cannot be opened (damaged, protected by a password).
    """
    relative = path.relative_to(root).as_posix() if root else path.name
    sha256 = sha256_of(path)
    suffix = path.suffix.lower()
    if suffix in DELIMITED:
        dialect = sniff(path)
        return [Sheet(path, relative, sha256, "", lambda limit: _read_delimited(path, dialect, limit), dialect)]
    if suffix in SPREADSHEETS:
        return _spreadsheet(path, relative, sha256)
    raise ObservatoryError(
        "E200",
        f"Format de fichier non pris en charge : « {path.suffix} »",
        relative,
        "Enregistrez le fichier en .xlsx, .ods ou .csv.",
    )


def _spreadsheet(path: Path, relative: str, sha256: str) -> list[Sheet]:
    from python_calamine import CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        names = list(workbook.sheet_names)
    except Exception as error:
        raise ObservatoryError(
            "E201",
            "Classeur illisible",
            f"{relative} ({error})",
            "Ouvrez-le dans un tableur et enregistrez-le de nouveau en .xlsx, sans mot de passe.",
        ) from error

    def loader(name: str):
        def load(_limit: int | None) -> list[list[str | None]]:
            grid = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            return [[cell_text(cell) for cell in row] for row in grid]

        return load

    return [Sheet(path, relative, sha256, name, loader(name)) for name in names]


def cell_text(cell: object) -> str | None:
    """A spreadsheet cell as text, without losing what it is.

    A number with exactly three decimals gets a closing zero, so that it is never mistaken for a text such as
    `40.817`, which can be read two ways.
    """
    if isinstance(cell, str):
        text = cell.translate(_SPACES).strip()
        return text or None
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float):
        if cell.is_integer():
            return f"{cell:.0f}"
        text = repr(cell)
        return f"{text}0" if len(text.rpartition(".")[2]) == 3 else text
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def sniff(path: Path) -> Dialect:
    """Encoding and delimiter of a text file (BOM, then strict UTF-8, then Windows-1252 or Latin-1)."""
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES)
    encoding = _encoding(path, head)
    lines = [line for line in head.decode(encoding, errors="replace").splitlines()[:60] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines if delimiter in line)
        if not counts:
            return (0, 0)
        width, how_often = max(counts.items(), key=lambda item: (item[1], item[0]))
        return (how_often, width)

    return Dialect(encoding, max([";", "\t", ",", "|"], key=score))


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        with path.open(encoding="utf-8") as handle:
            while handle.read(1 << 20):
                pass
        return "utf-8"
    except UnicodeDecodeError:
        data = path.read_bytes()
        return "cp1252" if any(0x80 <= byte <= 0x9F for byte in data) else "latin-1"


def _read_delimited(path: Path, dialect: Dialect, limit: int | None) -> list[list[str | None]]:
    """Rows of a delimited file; a quoted line break leaves blank rows behind so that lines stay true."""
    with path.open("rb") as handle:
        text = handle.read() if limit is None else handle.read(_HEAD_BYTES)
    stream = io.StringIO(text.decode(dialect.encoding, errors="replace"), newline="")
    reader = csv.reader(stream, delimiter=dialect.delimiter)
    rows: list[list[str | None]] = []
    for record in reader:
        rows.append([cell_text(cell) for cell in record])
        while len(rows) < reader.line_num:
            rows.append([])
        if limit is not None and len(rows) >= limit:
            break
    return rows
