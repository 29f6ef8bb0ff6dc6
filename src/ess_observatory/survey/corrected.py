"""Refused cells of answers that come back corrected, in the workbook of what was refused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ess_observatory.codebook.values import normalise
from ess_observatory.read.refused_headers import COLUMN, CORRECTED, FILE, LINE, REFUSED_HEADERS, SHEET, VALUE

if TYPE_CHECKING:
    from ess_observatory.tabular.sheets import Sheet

_WANTED = {normalise(header) for header in (CORRECTED, *REFUSED_HEADERS)}
_HEADER_SEARCH = 10
#: File, sheet, line ("" for what has none), column.
Place = tuple[str, str, str, str]


@dataclass
class Correction:
    """The right value of a cell that said `before`, and the line of the workbook where it is written."""

    sheet: Sheet
    line: int
    before: str
    after: str
    is_used: bool = False


@dataclass
class Corrections:
    """Every corrected cell, by the place that it was refused at."""

    by_place: dict[Place, list[Correction]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, sheet: Sheet, line: int | None, column: str, value: str) -> tuple[str, Correction | None]:
        """The value of a cell once corrected, and the last correction that it got.

        A corrected value that was refused in its turn may have been corrected again. Two different corrections of the same value
        correct nothing.
        """
        place = (sheet.relative, sheet.name, "" if line is None else str(line), normalise(column))
        waiting, last = list(self.by_place.get(place, ())), None
        while waiting:
            here = [one for one in waiting if normalise(one.before) == normalise(value)]
            if len({normalise(one.after) for one in here}) != 1:
                break
            for one in here:
                one.is_used = True
            value, last = here[0].after, here[0]
            waiting = [one for one in waiting if one not in here]
        return value, last

    def unused(self) -> list[Correction]:
        """Corrections that found no cell to correct."""
        return [one for found in self.by_place.values() for one in found if not one.is_used]


def corrections_header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Index of the header of a sheet of corrected cells, and where its columns are."""
    for index, row in enumerate(sheet.head[:_HEADER_SEARCH]):
        places = {normalise(cell): position for position, cell in enumerate(row) if cell}
        if places.keys() >= _WANTED:
            return index, places
    return None


def read_corrections(sheets: list[Sheet]) -> Corrections:
    """The corrected cells of sheets; a line without any corrected value corrects nothing."""
    found = Corrections()
    for sheet in sheets:
        header = corrections_header(sheet)
        if header is None:
            continue
        index, places = header
        for number, row in enumerate(sheet.rows[index + 1 :], start=index + 2):
            file, tab, line, column, before, after = (
                row[places[normalise(name)]] or "" if places[normalise(name)] < len(row) else ""
                for name in (FILE, SHEET, LINE, COLUMN, VALUE, CORRECTED)
            )
            if after:
                place = (file, tab, line, normalise(column))
                found.by_place[place].append(Correction(sheet, number, before, after))
    return found
