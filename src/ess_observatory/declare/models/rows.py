"""The base of the models of declared CSVs: one model a kind of file, one field a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ess_observatory.declare.faults import DECLARED, Fault, shown
from ess_observatory.declare.models.cells import Cell, In

#: What is wrong in a row, found by a check of its own: (row from 0, column, what, fix).
Problem = tuple[int, str, str, str]


@dataclass(frozen=True)
class Column:
    """A column of a kind of file."""

    name: str
    cell: Cell
    may_be_empty: bool
    reference: In | None
    says: str


@dataclass
class Table:
    """A declared CSV as it is meant: canonical text, column by column; and as it is written."""

    file: str
    header: tuple[str, ...]
    written: dict[str, list[str]] = field(repr=False)
    lines: Sequence[int] = field(repr=False)
    columns: dict[str, list[str]] = field(default_factory=dict, repr=False)
    fault_code: str = DECLARED

    def __len__(self) -> int:
        return len(self.lines)

    def rows(self) -> list[dict[str, str]]:
        """The lines as dictionaries of canonical text."""
        names = list(self.columns)
        return [dict(zip(names, cells, strict=True)) for cells in zip(*self.columns.values(), strict=True)]

    def fault(self, row: int, column: str, what: str, fix: str) -> Fault:
        """A fault in a cell, as it is written in the file (`row` counts from 0)."""
        value = self.written[column][row] if column in self.written else ""
        return Fault(
            self.file,
            self.lines[row],
            column,
            shown(value) if value else "(vide)",
            what,
            fix,
            self.fault_code,
        )


def column(says: str, *, empty: bool = False, alias: str | None = None) -> Any:
    """A column: what it says, in French; whether its cells may be empty; its name where Python keeps that word."""
    if empty:
        return Field(default="", description=says, alias=alias)
    return Field(description=says, alias=alias)


class Row(BaseModel):
    """A line of a declared CSV. Each field is a column; all of them must be there but those of `may_lack`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Where such files are, under `pipelines/`; the first is required when `required`.
    files: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[bool] = True
    #: What may not be given twice: each a group of columns.
    keys: ClassVar[tuple[tuple[str, ...], ...]] = ()
    #: The code of its faults, which `ess explain` tells.
    fault_code: ClassVar[str] = DECLARED
    #: Columns that a file may do without.
    may_lack: ClassVar[frozenset[str]] = frozenset()
    #: Whether columns of another name (not a misspelt one) are left alone.
    open_ended: ClassVar[bool] = False
    #: Whether such a file may have another layout, which its own reader recognises.
    other_layouts: ClassVar[bool] = False
    #: Whether a file may have no line at all.
    may_be_empty: ClassVar[bool] = False

    @classmethod
    def problems(cls, table: Table, others: Any) -> Iterator[Problem]:
        """What a kind of file must hold beyond its cells (`others`: the `Csvs` of the project)."""
        return iter(())


@cache
def columns_of(model: type[Row]) -> dict[str, Column]:
    """The columns of a kind of file, by name."""
    found = {}
    for attribute, info in model.model_fields.items():
        name = info.alias or attribute
        cell = next(item for item in info.metadata if isinstance(item, Cell))
        reference = next((item for item in info.metadata if isinstance(item, In)), None)
        found[name] = Column(name, cell, not info.is_required(), reference, info.description or "")
    return found


@cache
def whole_column(cell: Cell, may_be_empty: bool) -> re.Pattern[str] | None:
    """The pattern of a whole column written as it should be, its cells joined by ends of line."""
    if cell.plain is None:
        return None
    return re.compile(f"(?:(?:{cell.plain}){'?' if may_be_empty else ''}\n)*+")
