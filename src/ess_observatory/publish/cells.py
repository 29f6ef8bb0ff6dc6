"""Mart tables → cells: the long shape that every table's query returns, completed and checked."""

from __future__ import annotations

from typing import Any

from ess_observatory.declare.project import TableCard
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.secrecy.door import Cell

REQUIRED = ("row_code", "row_label", "row_rank", "column_code")
OPTIONAL = {
    "row_kind": "'data'",
    "row_section": "null",
    "value": "null",
    "text": "null",
    "unit": "null",
    "decimals": "null",
    "numerator": "null",
    "denominator": "null",
    "base_n": "null",
    "n_units": "null",
    "top_share": "null",
    "second_share": "null",
    "row_parent": "null",
    "top_unit": "null",
    "obs_status": "null",
    "flags": "null",
    "ci_low": "null",
    "ci_high": "null",
    "low": "null",
    "high": "null",
}


#: Natures of a row; secrecy adds up the `data` of a table to its `total`, so that no other word may stand there.
KINDS = ("data", "total", "subtotal", "base", "missing")


def read_cells(db: Database, table: TableCard) -> list[Cell]:
    """The confidential cells of a table, in print order.

    Raises E420 for a missing column of the mart shape or a row of no known kind, E421 for a cell given twice, E422 for an undeclared column code.
    """
    name = f"marts.{table.id}"
    present = set(db.columns(name))
    if lacking := [column for column in REQUIRED if column not in present]:
        raise ObservatoryError(
            "E420",
            f"La requête du tableau {table.number} ne donne pas {', '.join(lacking)}",
            str(table.query),
            "Une ligne par cellule : row_code, row_label, row_rank, column_code…",
        )
    columns = [
        *REQUIRED,
        *(f"{c} as {c}" if c in present else f"{default} as {c}" for c, default in OPTIONAL.items()),
    ]
    rows = db.dicts(f"select {', '.join(columns)} from {name} order by row_rank, row_code, column_code")
    declared = {column["code"] for column in table.card["columns"]}
    cells: dict[tuple[str, str], Cell] = {}
    for row in rows:
        cell = _cell(row)
        if cell.row_kind not in KINDS:
            raise ObservatoryError(
                "E420",
                f"Nature de ligne inconnue : « {cell.row_kind} » (tableau {table.number})",
                str(table.query),
                f"row_kind est {', '.join(KINDS)}.",
            )
        if cell.column_code not in declared:
            raise ObservatoryError(
                "E422",
                f"Colonne « {cell.column_code} » absente de la fiche du tableau {table.number}",
                str(table.folder / "card.toml"),
                "Déclarez-la dans [[columns]].",
            )
        if cell.key in cells:
            raise ObservatoryError(
                "E421",
                f"Cellule donnée deux fois : {'/'.join(cell.key)} (tableau {table.number})",
                str(table.query),
                "La requête doit rendre une ligne par cellule.",
            )
        cells[cell.key] = cell
    return list(cells.values())


def _cell(row: dict[str, Any]) -> Cell:
    flags = tuple(sorted(filter(None, (row["flags"] or "").split(","))))
    return Cell(
        row_code=str(row["row_code"]),
        row_label=str(row["row_label"]),
        row_rank=int(row["row_rank"]),
        row_kind=str(row["row_kind"] or "data"),
        row_section=row["row_section"],
        column_code=str(row["column_code"]),
        value=_float(row["value"]),
        text=row["text"],
        unit=row["unit"],
        decimals=_int(row["decimals"]),
        numerator=_float(row["numerator"]),
        denominator=_float(row["denominator"]),
        base_n=_int(row["base_n"]),
        n_units=_int(row["n_units"]),
        top_share=_float(row["top_share"]),
        second_share=_float(row["second_share"]),
        row_parent=row["row_parent"],
        top_unit=row["top_unit"],
        obs_status=row["obs_status"],
        flags=flags,
        ci_low=_float(row["ci_low"]),
        ci_high=_float(row["ci_high"]),
        low=_float(row["low"]),
        high=_float(row["high"]),
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _int(value: Any) -> int | None:
    return None if value is None else int(value)
