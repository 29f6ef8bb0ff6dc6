"""Estimates and their linearised standard errors under a stratified design with calibrated weights.

Sources: Särndal, Swensson and Wretman (1992, chapter 5) for linearisation, Deville and Särndal (1992) for the residuals
of calibration, Woodruff (1952, JASA 47, 635-646) for quantiles. Agreement with the R package survey is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ess_observatory.survey.estimation.intervals import LEVEL, student_quantile

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error."""

    value: float
    se: float


@dataclass(frozen=True)
class Design:
    """Weights of n respondents, with what is known of how they came.

    `strata`: a stratum code a respondent (one stratum when absent). `population`: the size of the stratum of each
    respondent, for the finite population correction (none when absent). `margins`, `start`: the auxiliary variables
    and the weights before calibration, when `weights` were calibrated.
    """

    weights: np.ndarray
    strata: np.ndarray | None = None
    population: np.ndarray | None = None
    margins: np.ndarray | None = None
    start: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of respondents."""
        return len(self.weights)

    @cached_property
    def _strata(self) -> list[np.ndarray]:
        import numpy as np

        if self.strata is None:
            return [np.arange(self.n)]
        return [np.flatnonzero(self.strata == code) for code in np.unique(self.strata)]

    @property
    def df(self) -> int:
        """Degrees of freedom: respondents less strata."""
        return self.n - len(self._strata)

    def variance(self, scores: np.ndarray) -> float:
        """Variance of the weighted total of `scores` (linearised, one value a respondent)."""
        weighted = self.weights * self._residuals(scores)
        total = 0.0
        for members in self._strata:
            size = len(members)
            if size < 2:
                continue
            spread = float(weighted[members].var(ddof=1)) * size
            if self.population is not None:
                spread *= max(0.0, 1 - size / float(self.population[members[0]]))
            total += spread
        return total

    def _residuals(self, scores: np.ndarray) -> np.ndarray:
        """What the margins do not explain: the error of a calibrated total only comes from it."""
        import numpy as np

        if self.margins is None:
            return scores
        root = np.sqrt(self.start if self.start is not None else self.weights)
        fitted = np.linalg.lstsq(self.margins * root[:, None], scores * root, rcond=None)[0]
        residuals: np.ndarray = scores - self.margins @ fitted
        return residuals

    def total(self, y: np.ndarray) -> Estimate:
        """Total of the population."""
        return Estimate(float(self.weights @ y), self.variance(y) ** 0.5)

    def ratio(self, y: np.ndarray, x: np.ndarray) -> Estimate:
        """Total of `y` over total of `x`; a mean over a domain with `y * inside` and `inside`."""
        below = float(self.weights @ x)
        if below == 0:
            return Estimate(float("nan"), float("nan"))
        value = float(self.weights @ y) / below
        return Estimate(value, self.variance((y - value * x) / below) ** 0.5)

    def mean(self, y: np.ndarray, inside: np.ndarray | None = None) -> Estimate:
        """Mean over the population, or over those `inside` a domain."""
        import numpy as np

        kept = np.ones(self.n) if inside is None else inside.astype(float)
        return self.ratio(np.where(kept > 0, y, 0.0) * kept, kept)

    def quantile(
        self, y: np.ndarray, q: float = 0.5, inside: np.ndarray | None = None, level: float = LEVEL
    ) -> tuple[float, float, float]:
        """A quantile with Woodruff's interval: `(value, low, high)`, each an observed value.

        The interval of the cumulated share is centred on its estimate at the quantile, as the R package survey does.
        """
        import numpy as np

        kept = np.ones(self.n, bool) if inside is None else inside.astype(bool)
        order = np.argsort(y[kept], kind="stable")
        values, cumulated = y[kept][order], np.cumsum(self.weights[kept][order])
        cumulated = cumulated / cumulated[-1]

        def at(share: float) -> float:
            place = int(np.searchsorted(cumulated, share - 1e-12, side="left"))
            return float(values[min(place, len(values) - 1)])

        value = at(q)
        reached = self.mean((y <= value).astype(float), kept)
        half = float(student_quantile(self.df, level)) * reached.se
        return value, at(max(reached.value - half, 0.0)), at(min(reached.value + half, 1.0))
