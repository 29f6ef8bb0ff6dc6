"""Weights that give back known totals of the population, as near as possible to the weights one starts from.

Source: Deville and Särndal (1992), Calibration estimators in survey sampling, JASA 87, 376-382; the four distances are
those of Deville, Särndal and Sautory (1993, JASA 88, 1013-1020): linear, raking (exponential), logit with bounds, and
linear truncated to bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ess_observatory.errors import ObservatoryError

if TYPE_CHECKING:
    import numpy as np

METHODS = ("linear", "raking", "logit", "truncated")


@dataclass(frozen=True)
class Calibration:
    """Calibrated weights, their ratio to the starting weights, and how the computation ended."""

    weights: np.ndarray
    ratios: np.ndarray
    iterations: int
    gap: float

    @property
    def effective_n(self) -> float:
        """Kish's effective sample size."""
        return kish(self.weights)


def kish(weights: np.ndarray) -> float:
    """Kish's effective sample size: `(sum w)² / sum w²` (Kish 1965); zero without weights."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def calibrate(
    margins: np.ndarray,
    totals: np.ndarray,
    start: np.ndarray,
    method: str = "raking",
    bounds: tuple[float, float] | None = None,
    tolerance: float = 1e-9,
    iterations: int = 200,
) -> Calibration:
    """Weights such that `margins.T @ weights = totals`.

    `margins` (n x q) holds an auxiliary variable a column, indicators included; `start` the weights before. `bounds`
    limit the ratio of the weights to `start` (needed by `logit` and `truncated`). Redundant margins are accepted when
    they agree. Raises E260 when no such weights are found: weights that miss their totals never leave this function.
    """
    import numpy as np

    ratio_of, slope_of = _distance(method, bounds)
    matrix, goal = np.asarray(margins, float), np.asarray(totals, float)
    scale = np.maximum(np.abs(goal), 1.0)
    multipliers = np.zeros(matrix.shape[1])
    ratios = ratio_of(matrix @ multipliers)
    gap = np.inf
    for turn in range(1, iterations + 1):
        missing = goal - matrix.T @ (start * ratios)
        gap = float(np.max(np.abs(missing) / scale, initial=0.0))
        if gap <= tolerance:
            return Calibration(start * ratios, ratios, turn - 1, gap)
        slope = slope_of(matrix @ multipliers)
        jacobian = matrix.T @ (matrix * (start * slope)[:, None])
        step = np.linalg.lstsq(jacobian, missing, rcond=1e-11)[0]
        multipliers, ratios = _advance(matrix, goal, start, scale, multipliers, step, gap, ratio_of)
    raise ObservatoryError(
        "E260",
        f"Le calage ne converge pas\u00a0: écart relatif de {gap:.3g} après {iterations} itérations.",
        None,
        "Élargir les bornes, regrouper des modalités ou retirer une marge.",
    )


def _advance(
    matrix: np.ndarray,
    goal: np.ndarray,
    start: np.ndarray,
    scale: np.ndarray,
    multipliers: np.ndarray,
    step: np.ndarray,
    gap: float,
    ratio_of: Callable[[np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """One Newton step, halved while it does not bring the totals nearer."""
    import numpy as np

    share = 1.0
    for _ in range(30):
        tried = multipliers + share * step
        ratios = ratio_of(matrix @ tried)
        if np.all(np.isfinite(ratios)):
            left = goal - matrix.T @ (start * ratios)
            if float(np.max(np.abs(left) / scale, initial=0.0)) < gap:
                return tried, ratios
        share /= 2
    return tried, ratios


def _distance(
    method: str, bounds: tuple[float, float] | None
) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """The function that turns `x'λ` into a ratio of weights, and its derivative."""
    import numpy as np

    if method == "linear":
        return (lambda u: 1 + u), np.ones_like
    if method == "raking":
        return (lambda u: np.exp(np.minimum(u, 700.0))), (lambda u: np.exp(np.minimum(u, 700.0)))
    if method not in METHODS or bounds is None or not 0 <= bounds[0] < 1 < bounds[1]:
        raise ObservatoryError(
            "E261",
            f"Méthode de calage mal déclarée\u00a0: «\u00a0{method}\u00a0», bornes {bounds}.",
            None,
            f"Méthodes\u00a0: {', '.join(METHODS)}\u00a0; bornes de part et d’autre de 1 pour logit et truncated.",
        )
    low, high = bounds
    if method == "truncated":
        return (
            (lambda u: np.clip(1 + u, low, high)),
            (lambda u: ((1 + u >= low) & (1 + u <= high)).astype(float) + 1e-9),
        )
    rate = (high - low) / ((1 - low) * (high - 1))

    def ratio(u: np.ndarray) -> np.ndarray:
        grown = np.exp(np.clip(rate * u, -700, 700))
        return (low * (high - 1) + high * (1 - low) * grown) / ((high - 1) + (1 - low) * grown)

    def slope(u: np.ndarray) -> np.ndarray:
        value = ratio(u)
        return (value - low) * (high - value) / ((1 - low) * (high - 1))

    return ratio, slope


@dataclass(frozen=True)
class Group:
    """A category of a variable of the frame, possibly made of several declared ones."""

    codes: tuple[str, ...]
    label: str
    respondents: int
    population: int


def collapse(groups: Sequence[Group], least: int, ordered: bool, nearest: dict[str, str]) -> list[Group]:
    """Merge categories until each has at least `least` respondents; a category nobody answered in is merged too.

    The smallest is merged first: into the one `nearest` names, else its smaller neighbour in the given order when
    the variable is ordered, else the smallest other one. What is left keeps the given order.
    """
    left = list(groups)
    while len(left) > 1:
        small = min(range(len(left)), key=lambda i: (left[i].respondents, i))
        if left[small].respondents >= least:
            break
        wanted = {nearest[code] for code in left[small].codes if code in nearest}
        named = [i for i, group in enumerate(left) if i != small and wanted & set(group.codes)]
        around = [i for i in (small - 1, small + 1) if 0 <= i < len(left)]
        others = around if ordered else [i for i in range(len(left)) if i != small]
        other = named[0] if named else min(others, key=lambda i: (left[i].respondents, i))
        first, second = sorted((small, other))
        one, two = left[first], left[second]
        left[first] = Group(
            one.codes + two.codes,
            f"{one.label} + {two.label}",
            one.respondents + two.respondents,
            one.population + two.population,
        )
        del left[second]
    return left
