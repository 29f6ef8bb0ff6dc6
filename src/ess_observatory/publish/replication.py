"""Published values of a reference report beside ours: same, rounded, contradictory, withheld, or not found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ess_observatory.codebook import evaluation
from ess_observatory.codebook.evaluation import Given
from ess_observatory.codebook.expressions import parse
from ess_observatory.declare.files import read_csv_rows
from ess_observatory.errors import ObservatoryError
from ess_observatory.secrecy.door import Cell
from ess_observatory.words.numbers import format_value, is_plural, round_half_up

#: What is said of a verdict before the remark of the line, in French and in English.
_SAID = {
    "withheld": (
        "Valeur d’une seule structure : jamais publiée sans accord.",
        "Value of one organisation: never published without its consent.",
    ),
    "hidden": (
        "Non calculable : masqué par le secret statistique.",
        "Cannot be computed: hidden by statistical confidentiality.",
    ),
    "absent": (
        "Non calculable : les fichiers ne le donnent pas.",
        "Cannot be computed: the files do not give it.",
    ),
    "different": (
        "Non retrouvé : les fichiers de cette édition donnent une autre valeur.",
        "Not found again: the files of this edition give another value.",
    ),
}


def evaluate(expression: str, values: Mapping[str, float | None]) -> float | None:
    """The value of an arithmetic expression on figure ids (`+ - * /`); None when a figure is missing or hidden."""
    try:
        node = parse(expression, is_sum=True)
    except ObservatoryError as error:
        raise ObservatoryError(
            "E430",
            f"Expression non comprise : « {expression} »",
            None,
            "N’utilisez que des identifiants de chiffres, des nombres et + - * /.",
        ) from error
    return evaluation.evaluate(node, {code: Given(value) for code, value in values.items()}, strict=True)


def replicate(
    folder: Path, figures: Mapping[str, Cell], exact: Mapping[str, float | None] | None = None
) -> list[dict[str, Any]]:
    """One row a published figure: published, recomputed (as it leaves), difference, verdict, words in both languages.

    `exact`: the values that leave rounded; the verdict is on them, they are not written.
    """
    rows = []
    for record in read_csv_rows(folder / "figures.csv"):
        cell = figures.get(record["figure_id"])
        recomputed = cell.value if cell else None
        published = float(record["published"]) if record["published"] else None
        judged = (exact or {}).get(record["figure_id"], recomputed)
        verdict, said = _verdict(record, published, judged, cell)
        opening = _SAID.get(said, ("", ""))
        is_withheld = verdict == "withheld"
        rows.append(
            {
                "figure_id": record["figure_id"],
                "label": record["label"],
                "label_en": record.get("label_en"),
                "unit": record["unit"],
                "published": published,
                "recomputed": None if is_withheld else recomputed,
                "difference": None
                if is_withheld or published is None or recomputed is None
                else recomputed - published,
                "verdict": verdict,
                "remark": f"{opening[0]} {record['remark']}".strip(),
                "remark_en": f"{opening[1]} {record.get('remark_en') or ''}".strip(),
            }
        )
    return rows


def _verdict(
    record: dict[str, str], published: float | None, recomputed: float | None, cell: Cell | None
) -> tuple[str, str]:
    """The verdict on a line, and what `_SAID` says before its own remark."""
    if record["withheld"] == "true":
        return "withheld", "withheld"
    if record["consistent"] != "true":
        return "contradiction_in_report", ""
    if cell is None or recomputed is None or published is None:
        return "not_computable", "hidden" if cell and cell.conf_status == "C" else "absent"
    decimals = int(record["decimals"])
    if abs(recomputed - published) < 1e-9:
        return "identical", ""
    if round_half_up(recomputed, decimals) == round_half_up(published, decimals):
        return "rounding", ""
    return "not_computable", "different"


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
            "gap": "nd" if left is None or right is None else _gap(left - right, check),
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


def _gap(value: float, check: dict[str, str]) -> str:
    """A difference; that of two percentages is in points."""
    if check["unit"] != "%":
        return _number(value, check)
    word = "points" if is_plural(value) else "point"
    return f"{format_value(value, 'points', int(check['decimals']), 'fr')} {word}"


def _number(value: float, check: dict[str, str]) -> str:
    return format_value(
        value, check["unit"] if check["unit"] in ("%", "€") else "", int(check["decimals"]), "fr"
    )
