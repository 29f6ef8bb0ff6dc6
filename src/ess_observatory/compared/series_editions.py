"""The publications of a series, and what parts them: each reason said once, under its number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.publish.comparable import apart
from ess_observatory.publish.comparison import break_between
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.snapshot import Snapshot
from ess_observatory.publish.tables import BREAK, Cell, PublishedTable
from ess_observatory.words.typography import french

#: What a table that an edition lacks has in the place of its cells.
ABSENT = Cell(obs_status="O")
#: Of the block that says every reason, at the head of page and workbook.
HEADING = "Ce qui a changé et ce qui ne se compare pas"


@dataclass(frozen=True)
class Editions:
    """The publications to set side by side, oldest first, with what each column is called.

    `notes`: what bringing a table to the communes of the latest edition makes one say of it. `told`: each reason of a break, in
    the order in which they are numbered, with the tables that it parts.
    """

    books: tuple[Publication, ...]
    snapshots: tuple[Snapshot, ...]
    names: tuple[str, ...]
    breaks: Breaks
    moves: CommuneMoves
    notes: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)

    def tables(self, table: str) -> list[PublishedTable]:
        """The table of that id in each edition that has it, oldest first."""
        return [known for book in self.books for known in book.tables if known.id == table]

    def cells(self, table: str, row: str, column: str) -> list[Cell]:
        """The cell of each edition; one that follows a break has its mark, one that is not there is not available."""
        found = [_cell(book, table, row, column) for book in self.books]
        for index in range(1, len(found)):
            before = next((cell for cell in reversed(found[:index]) if cell is not ABSENT), None)
            if before is not None and found[index] is not ABSENT and self.why(before, found[index], index):
                found[index] = replace(found[index], flags=(*found[index].flags, BREAK))
        return found

    def why(self, before: Cell, after: Cell, index: int) -> str | None:
        """Why a cell does not compare with that of a former edition: reasons joined by « ; »."""
        earlier = next(
            (s for s in reversed(self.snapshots[:index]) if before.figure_id in s.entries), self.snapshots[0]
        )
        a = earlier.entries.get(before.figure_id or "")
        b = self.snapshots[index].entries.get(after.figure_id or "")
        later = self.snapshots[index]
        if earlier.territory == later.territory and (moved := apart(earlier, later, self.moves)):
            return moved.fr
        return break_between(earlier, later, a, b, self.breaks) if a and b else None

    def note(self, reasons: Iterable[str], table: str) -> list[str]:
        """The note of a table that breaks part: their numbers, the reasons being said once for all tables."""
        numbers = []
        for reason in reasons:
            tables = self.told.setdefault(reason, [])
            tables += [table] if table not in tables else []
            numbers.append(list(self.told).index(reason) + 1)
        if not numbers:
            return []
        *first, last = map(str, sorted(numbers))
        said = f"{', '.join(first)} et {last}" if first else last
        many = "s" if first else ""
        return [french(f"Rupture{many} de série {said} : voir « {HEADING} », en tête.")]


def names_of(books: Sequence[Publication]) -> tuple[str, ...]:
    """The year of each edition, with its territory or its version where the year alone would not tell them apart."""
    places = [str(book.manifest["territory"]["name"]) for book in books]
    names = [
        str(book.manifest["year"]) if len(set(places)) == 1 else f"{place} {book.manifest['year']}"
        for book, place in zip(books, places, strict=True)
    ]
    return tuple(
        f"{name} ({book.manifest['version']})" if names.count(name) > 1 else name
        for book, name in zip(books, names, strict=True)
    )


def _cell(book: Publication, table: str, row: str, column: str) -> Cell:
    try:
        return book.table(table).cell(row, column)
    except KeyError:
        return ABSENT
