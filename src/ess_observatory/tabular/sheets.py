"""Files as they come → sheets of text cells, with the line of every row kept true."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import sandbox
from ess_observatory.tabular.archive import Member
from ess_observatory.tabular.opening import HEAD_ROWS, cleaned
from ess_observatory.tabular.parquet import read_parquet_rows
from ess_observatory.tabular.text import Dialect, read_rows

if TYPE_CHECKING:
    import pyarrow as pa

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
    texts are cleaned, as lists or an Arrow array. `hidden_rows` are line numbers; `merged` are the ranges that begin in the head,
    0-based inclusive ((row, column), (row, column)). `unseen` says what the file's format does not let us tell apart.
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
    fields: Callable[[], Any] = field(default=list, repr=False, compare=False)
    merged: list[Span] = field(default_factory=list, repr=False, compare=False)

    @property
    def is_workbook(self) -> bool:
        """Whether it is a sheet of a workbook."""
        return self.dialect is None and not self.is_parquet

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


def open_sheets(path: Path, root: Path | None = None, relative: str | None = None) -> list[Sheet]:
    """The sheets of a file, whatever its extension says; `relative` is its path under `root`, with forward slashes.

    The members of an archive come as if they lay in a folder of its name. Raises `ObservatoryError` E200 (not a table),
    E201 (damaged), E203 (password), E204 (not text), E205 to E207 (dangerous or beyond measure), E208 (the system refuses it).
    """
    relative = relative or (path.relative_to(root).as_posix() if root else path.name)
    opened = opening(path, relative).result()
    if opened.kind != "archive":
        return opened.sheets
    members = [member for member in opened.members if member.path.stat().st_size]
    return [sheet for member in members for sheet in open_sheets(member.path, relative=member.name)]


@dataclass(frozen=True)
class Opened:
    """What a file is (see `archive.kind_of`) and holds: its sheets, or its members when it is an archive."""

    kind: str
    relative: str
    members: list[Member]
    _sheets: list[Sheet]

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets; raises E200 for what is not a table."""
        if self.kind not in ("document", "markup"):
            return self._sheets
        raise ObservatoryError(
            "E200",
            "Format de fichier non pris en charge"
            + (" : page ou XML enregistré sous un nom de tableau" if self.kind == "markup" else ""),
            self.relative,
            "Ouvrez-le dans un tableur et enregistrez-le en .xlsx, .ods ou .csv.",
        )


@dataclass(frozen=True)
class Opening:
    """A file that is being opened, beside (see `sandbox`)."""

    path: Path
    relative: str
    future: Future[dict[str, Any]]

    def result(self) -> Opened:
        """What the file holds, once it is open; raises what `open_sheets` raises."""
        told = self.future.result()
        members = [Member(Path(path), name) for path, name in told.get("members", ())]
        return Opened(told["kind"], self.relative, members, _sheets(self.path, self.relative, told))


def opening(path: Path, relative: str, *, is_unpacked: bool = True) -> Opening:
    """Begin to open a file, while others are looked at; `is_unpacked`: its members are wanted, should it be an archive."""
    return Opening(path, relative, sandbox.submit(path, relative, is_unpacked=is_unpacked))


def _sheets(path: Path, relative: str, told: dict[str, Any]) -> list[Sheet]:
    kind = told["kind"]
    if kind == "text":
        encoding, delimiter, text, quoted = told["dialect"]
        dialect = Dialect(encoding, delimiter, Path(text), quoted)
        loader = _loader(told["head"], lambda: read_rows(dialect, None))
        return [Sheet(path, relative, told["sha256"], "", loader, dialect)]
    if kind == "parquet":
        plain = Path(told["plain"])
        loader = _loader(told["head"], lambda: read_parquet_rows(plain, None))
        return [Sheet(plain, relative, told["sha256"], "", loader, is_parquet=True)]
    return [_of_workbook(path, relative, told["sha256"], sheet) for sheet in told.get("sheets", ())]


def _loader(
    head: list[list[str | None]], whole: Callable[[], list[list[str | None]]]
) -> Callable[[int | None], list[list[str | None]]]:
    return lambda limit: whole() if limit is None or limit > HEAD_ROWS else head[:limit]


def _of_workbook(path: Path, relative: str, sha256: str, sheet: dict[str, Any]) -> Sheet:
    head: list[list[str | None]] = sheet["head"]

    def fields() -> Any:
        if "cells" in sheet:
            return _in_file(sheet["cells"])
        rows = [[cell or "" for cell in row] for row in head]
        for row, column, text in sheet["uncleaned"]:
            rows[row][column] = text
        return rows

    def whole() -> list[list[str | None]]:
        return cleaned(fields().to_pylist()) if "cells" in sheet else head

    return Sheet(
        path,
        relative,
        sha256,
        sheet["name"],
        _loader(head, whole),
        fields=fields,
        is_hidden=sheet["hidden"],
        hidden_rows=frozenset(sheet["hidden_rows"]),
        merged=[((a, b), (c, d)) for (a, b), (c, d) in sheet["merged"]],
        unseen=sheet["unseen"],
    )


def _in_file(name: str) -> pa.ChunkedArray:
    """The rows of a large sheet, which are never held twice."""
    import pyarrow as pa

    with pa.memory_map(name) as source:
        return pa.ipc.open_file(source).read_all().column("fields")
