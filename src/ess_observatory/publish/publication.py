"""A publication folder, read: its tables, figures, texts and controls, with what prints them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ess_observatory.publish.printed_cells import format_cell
from ess_observatory.publish.tables import Cell, Column, PublishedTable, Row


@dataclass(frozen=True)
class Figure:
    """A published number with its context."""

    id: str
    table: PublishedTable
    row: Row
    column: Column
    cell: Cell

    @property
    def value(self) -> float | None:
        """The number, or None when it is not shown."""
        return self.cell.value

    @property
    def sign(self) -> str:
        """'' when the value is shown."""
        return self.cell.sign

    def formatted(self, lang: str = "fr") -> str:
        """The value as printed, with its unit sign (« 14,9 % »), or the sign."""
        return format_cell(self.cell, self.column, lang, with_unit=True)


@dataclass(frozen=True)
class Publication:
    """A publication folder, read."""

    dir: Path
    manifest: dict[str, Any]
    tables: tuple[PublishedTable, ...]
    texts: dict[str, Any]
    map: dict[str, Any] | None
    checks: list[dict[str, Any]]
    replication: list[dict[str, Any]]
    lang: str = "fr"
    changes: dict[str, Any] = field(default_factory=dict)
    concepts: dict[str, Any] = field(default_factory=dict, repr=False)

    def table(self, key: str) -> PublishedTable:
        """A table by id or by number. Raises KeyError when there is none."""
        for table in self.tables:
            if key in (table.id, table.number):
                return table
        raise KeyError(key)

    def figures(self) -> Iterator[Figure]:
        """Every published number, in print order."""
        for table in self.tables:
            for row in table.rows:
                for column in table.columns:
                    cell = table.cell(row, column)
                    if cell.figure_id is not None:
                        yield Figure(cell.figure_id, table, row, column, cell)

    @cached_property
    def _by_id(self) -> dict[str, Figure]:
        return {figure.id: figure for figure in self.figures()}

    def figure(self, figure_id: str) -> Figure:
        """A published number by its stable id, with table, row and column. Raises KeyError."""
        return self._by_id[figure_id]
