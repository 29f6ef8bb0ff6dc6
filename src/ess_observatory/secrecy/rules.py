"""Primary rules: which cells are secret by themselves, and how far an attacker must stay from them.

Thresholds are in `pipelines/rules/secrecy.toml`; a card may tighten or loosen them with `[secrecy.override]` and a reason.
Codes of reasons (as in Insee's tools): A too few units, B one unit makes too much, P the two largest make too much,
S hidden by the producer, D hidden to protect another, F follows a hidden cell.
"""

from __future__ import annotations

from typing import Any

from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.secrecy.door import HIDDEN_AT_SOURCE, Cell
from ess_observatory.secrecy.proof import Protection

FEW, DOMINANT, P_PERCENT, AT_SOURCE, SECONDARY, FOLLOWS = "A", "B", "P", "S", "D", "F"
REASONS = {
    FEW: "moins d’unités que le seuil",
    DOMINANT: "une unité fait l’essentiel de la valeur",
    P_PERCENT: "les deux plus grandes unités se connaîtraient de trop près",
    AT_SOURCE: "masquée par le producteur",
    SECONDARY: "masquée pour en protéger une autre",
    FOLLOWS: "calculée avec une cellule masquée",
}


def rules_of(rules: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    """The rules of one table: those of all, but for what its card overrides (its model asks for the reason)."""
    override = dict(card.get("secrecy", {}).get("override", {}))
    if not override:
        return rules
    merged = rules | override
    merged["protection"] = rules["protection"] | override.get("protection", {})
    return merged


def reason_to_hide(cell: Cell, column: dict[str, Any], rules: dict[str, Any], table_id: str) -> str | None:
    """The code of the rule that makes the cell secret, or None.

    What is not known to be public is sensitive. Raises E501 when a sensitive cell does not say how many legal units made it: nothing passes unseen.
    """
    if HIDDEN_AT_SOURCE in cell.flags:
        return AT_SOURCE
    sensitivity = column["secrecy"]
    if sensitivity in ("public", "text") or cell.value is None:
        return None
    if sensitivity == "opinion":
        least = rules["opinion_min_respondents"]
        counted = next(n for n in (cell.n_units, cell.numerator, cell.value) if n is not None)
        return FEW if least > 1 and 0 < counted < least else None
    if cell.n_units is None:
        raise ObservatoryError(
            "E501",
            f"Cellule sensible sans nombre d’unités : {'/'.join(cell.key)}",
            f"tableau {table_id}",
            "La requête doit donner n_units (unités légales) pour chaque cellule d’une colonne « magnitude ».",
            Exit.INTEGRITY,
        )
    if is_true_zero(cell):
        return None
    if cell.n_units < rules["min_units"]:
        return FEW
    if (cell.top_share or 0) >= rules["max_share"]:
        return DOMINANT
    return P_PERCENT if _fails_p_percent(cell, rules.get("p_percent", 0), table_id) else None


def is_true_zero(cell: Cell) -> bool:
    """A zero to which nobody contributes: publishable, and known to all from the counts of units."""
    return cell.value == 0 and not cell.n_units


def _fails_p_percent(cell: Cell, p: float, table_id: str) -> bool:
    """Whether the second largest contributor could know the largest within p %: X - x1 - x2 < p/100 x1."""
    if not p or not cell.value or cell.top_share is None:
        return False
    if cell.second_share is None:
        raise ObservatoryError(
            "E501",
            f"Règle du p % sans second contributeur : {'/'.join(cell.key)}",
            f"tableau {table_id}",
            "La requête doit donner second_share, ou la règle être levée (p_percent = 0).",
            Exit.INTEGRITY,
        )
    return 1 - cell.top_share - cell.second_share < p / 100 * cell.top_share


def protection_of(value: float, top_share: float | None, decimals: int, rules: dict[str, Any]) -> Protection:
    """How far an attacker must stay: a share of the value, at least a few printed units, and beyond dominance.

    Upwards the largest contributor must no longer make `max_share` of what may be imagined (Tau-Argus' upper level).
    """
    wanted = rules["protection"]
    least = wanted["minimum"] * 10.0**-decimals
    size = max(wanted["rate"] * abs(value), least)
    up = max(size, (top_share or 0) * abs(value) / rules["max_share"] - abs(value))
    insider = max(wanted["insider"] * abs(value), least) if wanted["insider"] > 0 else 0.0
    return Protection(up, size, insider, insider)
