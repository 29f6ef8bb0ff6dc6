"""Confidence intervals of a proportion, for counts and for weighted surveys. All functions take arrays as well.

Sources: Wilson (1927) and Newcombe (1998, Statistics in Medicine 17, 857-872 and 873-890) for the score interval and
the difference of two proportions; Clopper and Pearson (1934); Korn and Graubard (1998, Survey Methodology 24,
193-201) for the exact interval on the effective sample size; Cochran (1977, chapter 3) for the finite population.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    Pair = tuple[np.ndarray, np.ndarray]

LEVEL = 0.95


def normal_quantile(level: float = LEVEL) -> float:
    """The number of standard errors on each side of a two-sided normal interval (1.96 at 95 %)."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + level / 2)


def student_quantile(df: ArrayLike, level: float = LEVEL) -> Any:
    """The same with Student's law."""
    from scipy.special import stdtrit

    return stdtrit(df, 0.5 + level / 2)


def finite_n(n: ArrayLike, population: ArrayLike | None) -> Any:
    """The sample size that would be as precise in an infinite population: `n (N - 1) / (N - n)`.

    Infinite when the whole population answered; `n` itself when the population is not known.
    """
    import numpy as np

    size = np.asarray(n, float)
    if population is None:
        return size
    whole = np.asarray(population, float)
    left = whole - size
    return np.where(left > 0, size * (whole - 1) / np.where(left > 0, left, 1.0), np.inf)


def wilson(k: ArrayLike, n: ArrayLike, population: ArrayLike | None = None, level: float = LEVEL) -> Pair:
    """Wilson's score interval of `k / n`, with finite population correction when `population` is given.

    Returns the lower and upper bounds, between 0 and 1; nan where `n` is zero.
    """
    import numpy as np

    count, size = np.asarray(k, float), np.asarray(n, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = count / size
        spread = normal_quantile(level) ** 2 / finite_n(size, population)
    centre = (p + spread / 2) / (1 + spread)
    half = np.sqrt(spread * p * (1 - p) + spread**2 / 4) / (1 + spread)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def clopper_pearson(k: ArrayLike, n: ArrayLike, level: float = LEVEL) -> Pair:
    """The exact interval of `k / n`; `k` and `n` need not be whole numbers."""
    import numpy as np
    from scipy.special import betaincinv

    count, size = np.asarray(k, float), np.asarray(n, float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = betaincinv(count, size - count + 1, tail)
        high = betaincinv(count + 1, size - count, 1 - tail)
    return np.where(count <= 0, 0.0, low), np.where(count >= size, 1.0, high)


def korn_graubard(
    p: ArrayLike,
    se: ArrayLike,
    n: ArrayLike,
    df: ArrayLike,
    level: float = LEVEL,
    population: ArrayLike | None = None,
) -> Pair:
    """The exact interval of a weighted proportion, on the effective sample size that its standard error implies.

    `n` is the number of observations and `df` the degrees of freedom of the design. Where the standard error is zero
    (nobody or everybody in the category), the effective size is `n`, corrected for the population.
    """
    import numpy as np

    share, error, size = np.asarray(p, float), np.asarray(se, float), np.asarray(n, float)
    has_error = error > 0
    implied = share * (1 - share) / np.where(has_error, error, 1.0) ** 2
    adjusted = implied * (student_quantile(size - 1, level) / student_quantile(df, level)) ** 2
    effective = np.where(has_error, adjusted, np.minimum(finite_n(size, population), 1e9))
    return clopper_pearson(effective * share, effective, level)


def student_interval(value: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = LEVEL) -> Pair:
    """`value ± t * se`, for means, totals and ratios."""
    import numpy as np

    centre = np.asarray(value, float)
    half = student_quantile(df, level) * np.asarray(se, float)
    return centre - half, centre + half


def difference(
    first: tuple[int, int, int | None], second: tuple[int, int, int | None], level: float = LEVEL
) -> tuple[float, float]:
    """Newcombe's hybrid score interval of `k2/n2 - k1/n1`; each side is `(k, n, population)`."""
    sides = []
    for k, n, population in (first, second):
        low, high = wilson(k, n, population, level)
        sides.append((k / n, float(low), float(high)))
    return difference_from_bounds(*sides)


def difference_from_bounds(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """The interval of `second - first`, independent estimates, from `(value, low, high)` of each.

    Source: method of variance estimates recovery, Zou and Donner (2008, Statistics in Medicine 27, 1693-1702).
    """
    (value_1, low_1, high_1), (value_2, low_2, high_2) = first, second
    gap = value_2 - value_1
    down = ((value_2 - low_2) ** 2 + (high_1 - value_1) ** 2) ** 0.5
    up = ((high_2 - value_2) ** 2 + (value_1 - low_1) ** 2) ** 0.5
    return gap - down, gap + up
