"""The witnesses found so far: one proves many needs, at some scale, so that few programmes are solved."""

from __future__ import annotations

import numpy as np

from ess_observatory.secrecy.proof import Need
from ess_observatory.secrecy.system import System

_START = 64


class Witnesses:
    """Columns of moves, each with the range of scales at which it stays possible."""

    def __init__(self, system: System) -> None:
        self.low, self.high = system.lower - system.values, system.upper - system.values
        self.slack = system.slack()
        self.matrix = system.matrix()
        self.moves = np.zeros((len(system.values), _START))
        self.alive = np.zeros(_START, dtype=bool)
        self.touched = np.zeros(_START, dtype=int)
        self.least, self.most = np.zeros(_START), np.zeros(_START)
        self.count = 0

    def keep(self, moves: np.ndarray) -> int:
        """Store a witness; returns its index."""
        if self.count == len(self.alive):
            self.moves = np.hstack([self.moves, np.zeros_like(self.moves)])
            for name in ("alive", "touched", "least", "most"):
                setattr(self, name, np.concatenate([getattr(self, name), np.zeros_like(getattr(self, name))]))
        index, (starts, columns, coefs) = self.count, self.matrix
        sums = np.add.reduceat(coefs * moves[columns], starts[:-1]) if len(coefs) else np.zeros(0)
        sums[np.abs(sums) < max(1e-6, 1e-9 * float(np.max(np.abs(moves))))] = 0.0
        cells, rows = _scales(moves, self.low, self.high), _scales(sums, *self.slack)
        self.moves[:, index] = moves
        self.alive[index] = True
        self.touched[index] = np.count_nonzero(moves)
        self.least[index], self.most[index] = max(cells[0], rows[0]), min(cells[1], rows[1])
        self.count += 1
        return index

    def proving(self, need: Need) -> tuple[int, float] | None:
        """The witness (and its scale) that proves a need while moving the fewest cells, if there is one."""
        if not self.count:
            return None
        upto = slice(0, self.count)
        own = self.moves[need.cell, upto]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = need.move / own
        fits = (
            self.alive[upto] & (np.abs(own) > 1e-6) & (scale >= self.least[upto]) & (scale <= self.most[upto])
        )
        for known, (down, up) in need.held().items():
            moves = np.where(fits, self.moves[known, upto] * np.where(fits, scale, 0.0), 0.0)
            fits &= (moves >= -down * (1 + 1e-9)) & (moves <= up)
        found = np.flatnonzero(fits)
        if not len(found):
            return None
        best = found[np.argmin(self.touched[found])]
        return int(best), float(scale[best])

    def cells(self, index: int, above: float = 0.0) -> np.ndarray:
        """The cells that a witness moves."""
        return np.flatnonzero(np.abs(self.moves[:, index]) > above)

    def without(self, cell: int) -> np.ndarray:
        """Set aside the witnesses that move a cell; returns the earlier state, for `restore`."""
        before = self.alive.copy()
        self.alive[: self.count] &= self.moves[cell, : self.count] == 0
        return before

    def restore(self, before: np.ndarray) -> None:
        """Take back what was set aside (witnesses found since then are kept)."""
        self.alive[: len(before)] |= before


def _scales(moves: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The least and the most `t` with `low <= t * moves <= high` (low <= 0 <= high)."""
    up, down = moves > 0, moves < 0
    most = min(_least_ratio(high[up], moves[up]), _least_ratio(low[down], moves[down]))
    least = -min(_least_ratio(low[up], -moves[up]), _least_ratio(high[down], -moves[down]))
    return least * (1 + 1e-9), most * (1 + 1e-9)


def _least_ratio(bounds: np.ndarray, moves: np.ndarray) -> float:
    return float(np.min(bounds / moves)) if len(moves) else float("inf")
