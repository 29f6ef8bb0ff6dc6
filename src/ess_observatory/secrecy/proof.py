"""What is asked of a pattern of suppressions, the witnesses that prove it, and their verification without any solver."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ess_observatory.secrecy.system import INFINITY, MOVED, System


@dataclass(frozen=True)
class Need:
    """A cell must be able to move by `move`, even for a contributor who knows his own part of the cells of `known`.

    `rooms`: the part of the others in each of these; when it is 0 (or not given) he knows the whole cell.
    """

    cell: int
    move: float
    known: tuple[int, ...] = ()
    rooms: tuple[float, ...] = ()

    def held(self) -> dict[int, tuple[float, float]]:
        """How far down and up each known cell may still go."""
        rooms = self.rooms or (0.0,) * len(self.known)
        return {
            cell: (room, INFINITY if room > 0 else 0.0) for cell, room in zip(self.known, rooms, strict=True)
        }


@dataclass(frozen=True)
class Protection:
    """How far an attacker must stay above and below a hidden cell, and what its contributors know."""

    up: float
    down: float
    insider_up: float = 0.0
    insider_down: float = 0.0


@dataclass(frozen=True)
class Witness:
    """Moves of a few cells (the others stay) that agree with all that is published: the proof of a need."""

    cells: np.ndarray
    moves: np.ndarray

    def spread(self, count: int) -> np.ndarray:
        """The moves of all cells."""
        out = np.zeros(count)
        out[self.cells] = self.moves
        return out


@dataclass
class Pattern:
    """The outcome: hidden cells, those hidden for others, the certificate of each need, the needs nobody can meet."""

    hidden: set[int]
    secondary: set[int]
    certificates: dict[Need, Witness]
    impossible: list[Need] = field(default_factory=list)


def needs_of(system: System, cell: int, up: float, down: float) -> list[Need]:
    """What is asked of a cell; never more than its public bounds leave open."""
    value = float(system.values[cell])
    up, down = min(up, float(system.upper[cell]) - value), min(down, value - float(system.lower[cell]))
    return [Need(cell, move) for move, size in ((up, up), (-down, down)) if size > MOVED]


def demands(
    system: System, pattern: Pattern, primary: dict[int, Protection], sizes: np.ndarray
) -> list[Need]:
    """Every need that a pattern must prove, and those that it says it proves."""
    needs = [n for cell, wanted in primary.items() for n in needs_of(system, cell, wanted.up, wanted.down)]
    for cell in sorted(pattern.secondary):
        needs += needs_of(system, cell, float(sizes[cell]), float(sizes[cell]))
    return list(dict.fromkeys([*needs, *pattern.certificates]))


def verify(system: System, pattern: Pattern, needs: Iterable[Need] | None = None) -> list[Need]:
    """The needs whose certificate does not hold, checked without a solver."""
    starts, columns, coefs = system.matrix()
    down, up = system.slack()
    size = 1e-6 * max(1.0, float(np.max(np.abs(system.values), initial=1.0)) * 1e-3)
    shown = np.ones(len(system.values), dtype=bool)
    shown[list(pattern.hidden)] = False
    bad = []
    for need in pattern.certificates if needs is None else needs:
        witness = pattern.certificates.get(need)
        if witness is None:
            bad.append(need)
            continue
        moves = witness.spread(len(system.values))
        sums = np.add.reduceat(coefs * moves[columns], starts[:-1]) if len(coefs) else np.zeros(0)
        after = system.values + moves
        holds = (
            np.all(sums >= down - size)
            and np.all(sums <= up + size)
            and np.all(after >= system.lower - size)
            and np.all(after <= system.upper + size)
            and not np.any(np.abs(moves[shown]) > 0)
            and all(
                -down - (size if down else 0) <= moves[cell] <= up for cell, (down, up) in need.held().items()
            )
            and abs(moves[need.cell] - need.move) <= 1e-6 * max(1.0, abs(need.move))
        )
        if not holds:
            bad.append(need)
    return bad
