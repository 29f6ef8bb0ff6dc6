"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) → sheets of cells, once they are weighed (see `weigh`)."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.tabular import limits
from ess_observatory.tabular.screening import COLUMNS, Weighed, weigh
from ess_observatory.tabular.text import clean_text

_UNREADABLE = "Ouvrez-le dans un tableur et enregistrez-le de nouveau en .xlsx, sans mot de passe."


class Percentage(float):
    """A number that its workbook shows as a percentage: 0.149 is « 14,9 % »."""


@dataclass(frozen=True)
class Grid:
    """A sheet: its name, whether it is hidden, how to get its size (rows, columns), its cells, its merged ranges (0-based, inclusive).

    `cells` gives as many rows of the same width as are asked for, or all of them. `unseen` says what its format does not let us tell apart.
    """

    name: str
    hidden: bool
    hidden_rows: frozenset[int]
    size: Callable[[], tuple[int, int]]
    cells: Callable[[int | None], list[list[Any]]]
    merged: Callable[[], list[tuple[tuple[int, int], tuple[int, int]]]]
    unseen: str = ""


def read_workbook(path: Path, relative: str, kind: str) -> list[Grid]:
    """The sheets of a workbook; `kind` is `zip` (xlsx, xlsb, ods) or `ole` (xls).

    Raises E201 (damaged), E203 (password), E206 (too large, compressed or spread out).
    """
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    limits.refuse_large(path, relative, limits.MAX_WORKBOOK_BYTES)
    weighed = weigh(path, relative) if kind == "zip" else {}
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

        def size() -> tuple[int, int]:
            return sheet().total_height, sheet().total_width

        def cells(limit: int | None) -> list[list[Any]]:
            rows: list[list[Any]] = sheet().to_python(skip_empty_area=False, nrows=limit)
            for (row, column), text in look.errors.items():
                if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
                    rows[row][column] = text
            for place in look.percents:
                row, column = divmod(place, COLUMNS)
                if row < len(rows) and column < len(rows[row]) and type(rows[row][column]) in (float, int):
                    rows[row][column] = Percentage(rows[row][column])
            return rows

        hidden_rows = frozenset(look.hidden)
        return Grid(name, hidden, hidden_rows, size, cells, lambda: sheet().merged_cell_ranges or [], unseen)

    unseen = {b"\xd0\xcf": "lignes masquées et pourcentages non distingués dans un .xls"}.get(data[:2], "")
    if kind == "zip" and b"xl/workbook.bin" in data:
        unseen = "pourcentages non distingués dans un .xlsb"
    every = list(workbook.sheet_names)
    return [grid(every.index(m.name), m.name, m.visible != SheetVisibleEnum.Visible) for m in metadata]


def _unreadable(error: BaseException, where: str) -> BaseException:
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError, ObservatoryError)):
        return error
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return ObservatoryError("E201", "Classeur illisible", f"{where} ({reason})", _UNREADABLE)


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
