"""Where each published figure comes from, and which day or year it is about.

A declared concept (`rules/concepts.toml`) says its source and its date; a figure of no declared concept has those of its table: the
reference date of the edition for a register and for the lists that are read at its day, the year of the survey, the vintage of any
other source. Where the rows of a table are years, each is its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ess_observatory.declare.concepts import CHOSEN, about
from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.publish.book import Book, column_of
from ess_observatory.publish.concepts import sources_of
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.dates import JOINT


@dataclass(frozen=True)
class Origin:
    """Sources of a figure, and what it is about: days (`2011-12-31`) or years (`2009`), several where it joins them."""

    sources: tuple[str, ...]
    dates: tuple[str, ...]

    @property
    def reference(self) -> str | None:
        """The dates as one text, or None where no source says any."""
        return JOINT.join(self.dates) or None


class Origins:
    """The origin of every cell of a book."""

    def __init__(self, book: Book, project: Project) -> None:
        self.book, self.project = book, project
        self.edition: Edition = book.edition
        self.concepts: dict[str, dict[str, Any]] = project.concepts["concepts"]

    def of(self, table: TableCard, cell: Cell) -> Origin:
        """The origin of a cell of a table."""
        found = about(table.id, table.card, cell.row_code, cell.row_kind, column_of(table, cell))
        spec = self.concepts.get(found.concept)
        if spec is None:
            own = table.card.get("origins", {})
            named = own.get(cell.row_code) or own.get(cell.column_code)
            sources = tuple(named or table.card.get("sources", ()))
            read = [source for source in sources if source in self.book.present]
            # weights and frames only serve to extend what the survey says
            dates = self._dates(read[:1] if table.card.get("survey") else read)
            return Origin(tuple(read) if named else sources, self._year(table, cell) or dates)
        main, per = (sources_of(self.project, self.book.present, spec.get(key)) for key in ("source", "per"))
        days = {"reference": self._reference, "last_year": self._last_year, "survey": self._survey_year}
        first = (days[spec["date"]](),) if spec["date"] in days else self._dates(main)
        both = tuple(dict.fromkeys([*first, *self._dates(per)]))
        return Origin(tuple(dict.fromkeys([*main, *per])), self._year(table, cell) or both)

    def in_table(self, table: TableCard, cells: Iterable[Cell]) -> list[dict[str, Any]]:
        """The dates of a table: each with the columns, or else the rows, that it is about (none: all of them).

        None where the rows are years, or print their own date.
        """
        if table.card.get("years_in_rows") or table.card.get("kind") in CHOSEN:
            return []
        known = [
            (cell, dates)
            for cell in cells
            if self.book.is_number(table, cell) and (dates := self.of(table, cell).dates)
        ]
        if len({dates for _, dates in known}) < 2:
            return [{"dates": list(dates)} for _, dates in known[:1]]
        for kind in ("column_code", "row_code"):
            by_code: dict[str, set[tuple[str, ...]]] = {}
            for cell, dates in known:
                by_code.setdefault(getattr(cell, kind), set()).add(dates)
            if all(len(found) == 1 for found in by_code.values()):
                grouped: dict[tuple[str, ...], list[str]] = {}
                for code, (dates,) in by_code.items():
                    grouped.setdefault(dates, []).append(code)
                return [{"dates": list(dates), kind: codes} for dates, codes in grouped.items()]
        return [{"dates": sorted({date for _, dates in known for date in dates})}]

    @staticmethod
    def _year(table: TableCard, cell: Cell) -> tuple[str, ...]:
        """The year that a row is, in a table whose rows are years."""
        label = cell.row_label.strip()
        is_year = table.card.get("years_in_rows") and len(label) == 4 and label.isdecimal()
        return (label,) if is_year else ()

    def _dates(self, sources: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(None, map(self._date_of, sources))))

    def _date_of(self, source: str) -> str:
        spec = self.project.sources[source]
        if spec.role == "register" or spec.dated == "reference":
            return self._reference()
        if spec.kind == "survey":
            return self._survey_year()
        return str(self.edition.sources.get(source, {}).get("vintage") or "")

    def _reference(self) -> str:
        return self.edition.reference_date.isoformat()

    def _last_year(self) -> str:
        return str(self.edition.last_full_year)

    def _survey_year(self) -> str:
        return str(self.edition.survey_year)
