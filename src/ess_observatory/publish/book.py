"""The published tables of a build, and what their cells are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.errors import ObservatoryError
from ess_observatory.secrecy.door import FREE, INCOMPLETE, NOT_AVAILABLE, Cell


@dataclass
class Book:
    """The published tables of a build, before they are written."""

    edition: Edition
    build: str
    present: frozenset[str] = frozenset()
    tables: list[tuple[TableCard, list[Cell]]] = field(default_factory=list)
    #: The nomenclature in which the registers give the activity of most of what is counted.
    nomenclature: str | None = None

    def figure_id(self, table: TableCard, cell: Cell) -> str:
        """The stable id of a cell: declared in the card, else `table.row.column`."""
        declared = table.card.get("figures", {}).get("/".join(cell.key))
        return declared or f"{table.id}.{cell.row_code}.{cell.column_code}"

    def is_number(self, table: TableCard, cell: Cell) -> bool:
        """Whether a cell is a figure (and not a text of the table)."""
        return bool(column_of(table, cell)["secrecy"] != "text")

    def figures(self) -> dict[str, tuple[Cell, str, int]]:
        """Published figures by id, with unit and decimals. Raises E423 when an id stands for two cells."""
        found: dict[str, tuple[Cell, str, int]] = {}
        for table, cells in self.tables:
            for cell in cells:
                if not self.is_number(table, cell):
                    continue
                figure_id = self.figure_id(table, cell)
                if figure_id in found:
                    raise ObservatoryError(
                        "E423",
                        f"Identifiant de chiffre donné deux fois : « {figure_id} »",
                        str(table.folder / "card.toml"),
                        "Changez-le dans [figures].",
                    )
                found[figure_id] = (cell, *unit_of(table, cell))
        return found

    def undeclared(self) -> list[tuple[str, str]]:
        """Ids declared in a card whose cell does not exist in this edition (table number, id), where all its sources were read."""
        keys = {(table.id, "/".join(cell.key)) for table, cells in self.tables for cell in cells}
        return [
            (table.number, figure_id)
            for table, _ in self.tables
            # a table of chosen cells has those that there are, a table that lacks a source lacks its rows
            if table.card.get("kind") is None and self.present.issuperset(table.card.get("sources", ()))
            for key, figure_id in table.card.get("figures", {}).items()
            if (table.id, key) not in keys
        ]


def known_ids(project: Project) -> Callable[[str], bool]:
    """Whether a name may be spoken of in a text: a figure declared in a card, or `table.row.column` of a declared column;
    `table:id`; `claim:table.claim`.
    """
    declared = {figure_id for table in project.tables for figure_id in table.card.get("figures", {}).values()}
    columns = {(table.id, column["code"]) for table in project.tables for column in table.card["columns"]}

    others = {f"table:{table.id}" for table in project.tables}
    others |= {
        f"claim:{table.id}.{name}" for table in project.tables for name in table.card.get("claims", ())
    }

    def is_known(figure_id: str) -> bool:
        if ":" in figure_id:  # rows and columns of claims are looked at with the declarations
            return figure_id in others or figure_id.startswith(("row:", "column:"))
        table, _, rest = figure_id.partition(".")
        return figure_id in declared or (table, rest.rpartition(".")[2]) in columns

    return is_known


def without_empty_columns(table: TableCard, cells: list[Cell]) -> tuple[TableCard, list[Cell]]:
    """The table without the columns for which its sources give nothing at all: a vintage that a file does not hold, say.

    A survey keeps its columns, and so does a table that says « at least », or that a sum is not whole.
    """
    if table.card.get("survey") or any(INCOMPLETE in cell.flags for cell in cells):
        return table, cells
    filled = {cell.column_code for cell in cells if not _is_empty(cell)}
    columns = [c for c in table.card["columns"] if c["code"] in filled or c["secrecy"] == "text"]
    if not filled or len(columns) == len(table.card["columns"]):
        return table, cells
    card = table.card | {"columns": columns}
    kept = {column["code"] for column in columns}
    chart = card.get("chart") or {}
    drawn = {
        *chart.get("columns", ()),
        *(chart[key] for key in ("column", "also", "label_from") if chart.get(key)),
    }
    if not drawn <= kept:
        card = {key: value for key, value in card.items() if key != "chart"}
    return replace(table, card=card), [cell for cell in cells if cell.column_code in kept]


def _is_empty(cell: Cell) -> bool:
    is_said = cell.value is not None or cell.text is not None or cell.low is not None
    return not is_said and cell.conf_status == FREE and cell.obs_status == NOT_AVAILABLE


def column_of(table: TableCard, cell: Cell) -> dict[str, Any]:
    """The declared column of a cell."""
    return next(column for column in table.card["columns"] if column["code"] == cell.column_code)


def unit_of(table: TableCard, cell: Cell) -> tuple[str, int]:
    """Unit and decimals of a cell: its own, else those of its column."""
    column = column_of(table, cell)
    unit = cell.unit if cell.unit is not None else column.get("unit", "")
    decimals = cell.decimals if cell.decimals is not None else column.get("decimals", 0)
    return unit, decimals
