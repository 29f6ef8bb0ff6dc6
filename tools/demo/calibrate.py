"""Integer calibration: micro-data whose counts and sums are exactly the published ones.

Only additions, multiplications, divisions and `fsum` of floats are used: the same results on every machine
(`sum` of floats changed with Python 3.12).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from random import Random

from .recipe import impossible


def allocate(
    total: int, weights: Sequence[float], low: Sequence[int], high: Sequence[int], what: str = "total"
) -> list[int]:
    """Integers near proportional to `weights`, each within its bounds, whose sum is exactly `total`.

    The common factor is found by bisection (the sum grows with it), then units left by the flooring go to the
    largest remainders (Hamilton's method). Raises ObservatoryError when the bounds leave no room for `total`.
    """
    if not sum(low) <= total <= sum(high):
        raise impossible(f"{what} : {total} hors de l’intervalle possible [{sum(low)}, {sum(high)}]")
    positive = [max(weight, 1e-9) for weight in weights]

    def bounded(factor: float) -> list[float]:
        return [
            min(float(most), max(float(least), factor * weight))
            for weight, least, most in zip(positive, low, high, strict=True)
        ]

    below, above = 0.0, 1.0
    while fsum(bounded(above)) < total:
        above *= 2.0
    for _ in range(200):
        middle = (below + above) / 2.0
        if fsum(bounded(middle)) < total:
            below = middle
        else:
            above = middle
    ideal = bounded(above)
    result = [min(int(value), most) for value, most in zip(ideal, high, strict=True)]
    order = sorted(range(len(ideal)), key=lambda index: (result[index] - ideal[index], index))
    while (missing := total - sum(result)) != 0:
        step = 1 if missing > 0 else -1
        for index in order if step > 0 else reversed(order):
            if missing != 0 and low[index] <= result[index] + step <= high[index]:
                result[index] += step
                missing -= step
    return result


def rake(
    seed: Sequence[Sequence[float]], rows: Sequence[int], columns: Sequence[int], rounds: int = 60
) -> list[list[float]]:
    """Iterative proportional fitting: the table nearest to `seed` with these margins (Deming-Stephan)."""
    table = [list(line) for line in seed]
    for _ in range(rounds):
        for line, wanted in zip(table, rows, strict=True):
            have = fsum(line)
            factor = wanted / have if have else 0.0
            for index in range(len(line)):
                line[index] *= factor
        for index, wanted in enumerate(columns):
            have = fsum(line[index] for line in table)
            factor = wanted / have if have else 0.0
            for line in table:
                line[index] *= factor
    return table


def controlled_rounding(
    expected: Sequence[Sequence[float]], rows: Sequence[int], columns: Sequence[int], rng: Random
) -> list[list[int]]:
    """Integer table near `expected` whose two margins are exact.

    Each row is rounded by systematic sampling (a cell becomes its floor or ceiling, the row total is exact);
    then units move inside rows from the columns in excess to those that lack, where the table loses least.
    """
    table = [systematic(line, wanted, rng) for line, wanted in zip(expected, rows, strict=True)]
    gap = [sum(line[index] for line in table) - wanted for index, wanted in enumerate(columns)]
    while any(gap):
        givers = [index for index, excess in enumerate(gap) if excess > 0]
        takers = [index for index, excess in enumerate(gap) if excess < 0]
        best: tuple[float, int, int, int] | None = None
        for number, (line, wish) in enumerate(zip(table, expected, strict=True)):
            give = min(((wish[i] - line[i], i) for i in givers if line[i] > 0), default=None)
            take = min(((line[i] - wish[i], i) for i in takers if wish[i] > 0.0), default=None)
            if give and take and (best is None or give[0] + take[0] < best[0]):
                best = (give[0] + take[0], number, give[1], take[1])
        if best is None:
            raise impossible("Les deux marges du tableau ne peuvent être tenues ensemble")
        _, number, giver, taker = best
        table[number][giver] -= 1
        table[number][taker] += 1
        gap[giver] -= 1
        gap[taker] += 1
    return table


def systematic(expected: Sequence[float], total: int, rng: Random) -> list[int]:
    """Random rounding of a row to integers of sum `total` (systematic sampling of the cumulated row)."""
    start = rng.random()
    mass = fsum(expected)
    counts: list[int] = []
    reached, cumulated = 0, 0.0
    for value in expected:
        cumulated += value * total / mass if mass else 0.0
        upto = min(total, max(0, int(cumulated - start) + 1 if cumulated > start else 0))
        counts.append(upto - reached)
        reached = upto
    if reached < total:
        largest = max(range(len(expected)), key=lambda index: (expected[index], -index))
        counts[largest] += total - reached
    return counts


def integer_table(
    seed: Sequence[Sequence[float]], rows: Sequence[int], columns: Sequence[int], rng: Random
) -> list[list[int]]:
    """Raking then controlled rounding: integers with exact margins and the associations of `seed`."""
    if sum(rows) != sum(columns):
        raise impossible(f"Les marges n’ont pas le même total : {sum(rows)} et {sum(columns)}")
    return controlled_rounding(rake(seed, rows, columns), rows, columns, rng)


def weighted_order(items: Sequence[int], weights: Sequence[float], rng: Random) -> list[int]:
    """All the items in a random order where heavier ones tend to come first (successive weighted draws)."""
    left = list(items)
    masses = list(weights)
    order = []
    while left:
        target = rng.random() * fsum(masses)
        index, cumulated = 0, masses[0]
        while cumulated < target and index < len(left) - 1:
            index += 1
            cumulated += masses[index]
        order.append(left.pop(index))
        masses.pop(index)
    return order
