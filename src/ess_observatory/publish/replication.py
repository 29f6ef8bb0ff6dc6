"""Published values of a reference report beside ours: same, rounded, contradictory, withheld, or not found."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ess_observatory.errors import ObservatoryError
from ess_observatory.project import read_csv_rows
from ess_observatory.render.numbers import format_value, round_half_up
from ess_observatory.secrecy.door import Cell

_OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def evaluate(expression: str, values: Mapping[str, float | None]) -> float | None:
    """The value of an arithmetic expression on figure ids (`+ - * /`); None when a figure is missing or hidden."""

    def visit(node: ast.expr) -> float | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return float(node.value)
        if isinstance(node, ast.Name):
            return values.get(node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = visit(node.left), visit(node.right)
            if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
                return None
            return _OPERATORS[type(node.op)](left, right)
        raise ObservatoryError(
            "E430",
            f"Expression non comprise : « {expression} »",
            None,
            "N’utilisez que des identifiants de chiffres, des nombres et + - * /.",
        )

    return visit(ast.parse(expression, mode="eval").body)


def replicate(
    folder: Path, figures: Mapping[str, Cell], exact: Mapping[str, float | None] | None = None
) -> list[dict[str, Any]]:
    """One row a published figure: published, recomputed (as it leaves), difference, verdict, remark.

    `exact`: the values that leave rounded; the verdict is on them, they are not written.
    """
    rows = []
    for record in read_csv_rows(folder / "figures.csv"):
        cell = figures.get(record["figure_id"])
        recomputed = cell.value if cell else None
        published = float(record["published"]) if record["published"] else None
        judged = (exact or {}).get(record["figure_id"], recomputed)
        verdict, remark = _verdict(record, published, judged, cell)
        is_withheld = verdict == "withheld"
        rows.append(
            {
                "figure_id": record["figure_id"],
                "label": record["label"],
                "unit": record["unit"],
                "published": published,
                "recomputed": None if is_withheld else recomputed,
                "difference": None
                if is_withheld or published is None or recomputed is None
                else recomputed - published,
                "verdict": verdict,
                "remark": remark,
            }
        )
    return rows


def _verdict(
    record: dict[str, str], published: float | None, recomputed: float | None, cell: Cell | None
) -> tuple[str, str]:
    remark = record["remark"]
    if record["withheld"] == "true":
        return "withheld", "Valeur d’une seule structure : jamais publiée sans accord."
    if record["consistent"] != "true":
        return "contradiction_in_report", remark
    if cell is None or recomputed is None or published is None:
        why = (
            "masqué par le secret statistique"
            if cell and cell.conf_status == "C"
            else "les fichiers ne le donnent pas"
        )
        return "not_computable", f"Non calculable : {why}. {remark}".strip()
    decimals = int(record["decimals"])
    if abs(recomputed - published) < 1e-9:
        return "identical", remark
    if round_half_up(recomputed, decimals) == round_half_up(published, decimals):
        return "rounding", remark
    return (
        "not_computable",
        f"Non retrouvé : les fichiers de cette édition donnent une autre valeur. {remark}".strip(),
    )


def check_cells(folder: Path, figures: Mapping[str, Cell]) -> list[Cell]:
    """The consistency checks of a reference report, as the cells of a text table: published, then recomputed."""
    records = read_csv_rows(folder / "figures.csv")
    published = {r["figure_id"]: float(r["published"]) for r in records if r["published"]}
    ours = {figure_id: cell.value for figure_id, cell in figures.items()}
    cells: list[Cell] = []
    for rank, check in enumerate(read_csv_rows(folder / "checks.csv"), 1):
        left, right = (evaluate(check[side], published) for side in ("left", "right"))
        ours_left, ours_right = (evaluate(check[side], ours) for side in ("left", "right"))
        texts = {
            "formula": check["said"],
            "published": _pair(left, right, check),
            "recomputed": _pair(ours_left, ours_right, check),
            "gap": "nd" if left is None or right is None else _number(left - right, check),
            "status": _status(left, right, check),
        }
        cells += [
            Cell(check["check_id"], check["label"], rank, "data", None, code, text=text)
            for code, text in texts.items()
        ]
    return cells


def _status(left: float | None, right: float | None, check: dict[str, str]) -> str:
    if left is None or right is None:
        return "non calculable"
    tolerance = float(check["tolerance"]) + 1e-9
    holds = left <= right + tolerance if check["kind"] == "at_most" else abs(left - right) <= tolerance
    if holds:
        return "cohérent"
    word = "contradiction" if check["kind"] == "contradiction" else "tension"
    return f"{word} : {check['remark']}" if check["remark"] else word


def _pair(left: float | None, right: float | None, check: dict[str, str]) -> str:
    if left is None or right is None:
        return "nd"
    return f"{_number(left, check)} pour {_number(right, check)}"


def _number(value: float, check: dict[str, str]) -> str:
    return format_value(
        value, check["unit"] if check["unit"] in ("%", "€") else "", int(check["decimals"]), "fr"
    )
