"""Files as they come → sheets of text cells, with the line of every row kept true."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.archive import kind_of, unpack
from ess_observatory.tabular.parquet import read_parquet_rows, refuse_unreadable
from ess_observatory.tabular.text import Dialect, clean_text, prepare, read_rows
from ess_observatory.tabular.workbook import Grid, Percentage, read_workbook

HEAD_ROWS = 60
SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
DELIMITED = {".csv", ".tsv", ".txt"}
SUPPORTED = SPREADSHEETS | DELIMITED | {".parquet", ".zip", ".gz"}
Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, one delimited file or one Parquet file, as text.

    `rows[i]` is line `i + 1` of the sheet; an empty cell is `None`. Spreadsheet numbers keep all their
    digits (`123`, `12.5`), dates are ISO. `dialect` is set for delimited files, `is_parquet` for Parquet (whose line 1
    is its column names): their data go straight into the engine; `fields` gives the rows of a spreadsheet, as they are before
    texts are cleaned. `hidden_rows` are line numbers. `unseen` says what the file's format does not let us tell apart.
    """

    path: Path
    relative: str
    sha256: str
    name: str
    loader: Callable[[int | None], list[list[str | None]]] = field(repr=False, compare=False)
    dialect: Dialect | None = None
    is_parquet: bool = False
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    unseen: str = ""
    fields: Callable[[], list[list[str | None]]] = field(default=list, repr=False, compare=False)
    spans: Callable[[], list[Span]] = field(default=list, repr=False, compare=False)

    @cached_property
    def rows(self) -> list[list[str | None]]:
        """Every row (loaded once)."""
        return self.loader(None)

    @cached_property
    def head(self) -> list[list[str | None]]:
        """The first 60 rows, enough to recognise a layout without reading a large file."""
        if "rows" in self.__dict__:
            return self.rows[:HEAD_ROWS]
        return self.loader(HEAD_ROWS)

    @cached_property
    def merged(self) -> list[Span]:
        """Merged ranges, as 0-based inclusive ((row, column), (row, column))."""
        return self.spans()


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def open_sheets(path: Path, root: Path | None = None, relative: str | None = None) -> list[Sheet]:
    """The sheets of a file, whatever its extension says; `relative` is its path under `root`, with forward slashes.

    The members of an archive come as if they lay in a folder of its name. Raises `ObservatoryError` E200 (not a table),
    E201 (damaged), E203 (password), E204 (not text), E205 to E207 (dangerous or beyond measure).
    """
    relative = relative or (path.relative_to(root).as_posix() if root else path.name)
    kind = kind_of(path, relative)
    if kind == "archive":
        return [
            sheet
            for member in unpack(path, relative)
            if member.path.stat().st_size
            for sheet in open_sheets(member.path, relative=member.name)
        ]
    if kind in ("document", "markup"):
        raise ObservatoryError(
            "E200",
            "Format de fichier non pris en charge"
            + (" : page ou XML enregistré sous un nom de tableau" if kind == "markup" else ""),
            relative,
            "Ouvrez-le dans un tableur et enregistrez-le en .xlsx, .ods ou .csv.",
        )
    if kind == "text":
        with ThreadPoolExecutor(max_workers=1) as pool:
            digest = pool.submit(sha256_of, path)
            dialect = prepare(path, relative)
        return [Sheet(path, relative, digest.result(), "", lambda limit: read_rows(dialect, limit), dialect)]
    sha256 = sha256_of(path)
    if kind == "parquet":
        refuse_unreadable(path, relative)
        return [
            Sheet(path, relative, sha256, "", lambda limit: read_parquet_rows(path, limit), is_parquet=True)
        ]
    return _workbook(path, relative, sha256, kind)


def _workbook(path: Path, relative: str, sha256: str, kind: str) -> list[Sheet]:
    def loader(grid: Grid) -> Callable[[int | None], list[list[str | None]]]:
        return lambda limit: [[cell_text(cell) for cell in row] for row in grid.cells(limit)]

    def fields(grid: Grid) -> Callable[[], list[list[str | None]]]:
        return lambda: _fields(grid.cells(None))

    return [
        Sheet(
            path,
            relative,
            sha256,
            grid.name,
            loader(grid),
            fields=fields(grid),
            is_hidden=grid.hidden,
            hidden_rows=grid.hidden_rows,
            spans=grid.merged,
            unseen=grid.unseen,
        )
        for grid in read_workbook(path, relative, kind)
    ]


def _fields(rows: list[list[Any]]) -> list[list[str | None]]:
    """Rows of a spreadsheet as text, its texts as they are."""
    if set(map(type, chain.from_iterable(rows))) <= {str}:
        return rows
    return [[cell if type(cell) is str else cell_text(cell) for cell in row] for row in rows]


def cell_text(cell: Any) -> str | None:
    """A spreadsheet cell as text, without losing what it is: a percentage as it is shown, `14.9%`.

    A number with exactly three decimals gets a closing zero, so that it is never mistaken for a text such as
    `40.817`, which can be read two ways. A cell beyond all measure is cut one character over the limit: its row is
    refused later.
    """
    if isinstance(cell, str):
        return clean_text(cell[: limits.MAX_CELL_CHARS + 1])
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float):
        if cell != cell or abs(cell) == float("inf"):
            return repr(float(cell))
        if cell.is_integer() and 0 < abs(cell) < 1e15 and not isinstance(cell, Percentage):
            return str(int(cell))
        exact = Decimal(float.__repr__(cell))
        return f"{_number_text(exact * 100)}%" if isinstance(cell, Percentage) else _number_text(exact)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return clean_text(str(cell))


def _number_text(number: Decimal) -> str:
    if number == number.to_integral_value():
        return f"{number:.0f}"
    text = f"{number.normalize():f}"
    return f"{text}0" if len(text.rpartition(".")[2]) == 3 else text
