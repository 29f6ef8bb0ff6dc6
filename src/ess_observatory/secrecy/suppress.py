"""Which further cells to hide so that no hidden cell can be found, or nearly found, from what is published.

Sequential minimum-cost linear programmes: each hidden cell must be able to move by its protection, up and down, while
everything published stays. A witness (the moves of all cells) is kept for each: it proves the protection without a solver,
covers other cells by scaling, and makes the clean-up of needless suppressions cheap. Method: Fischetti and Salazar (2001),
Kelly, Golden and Assad (1992); the certificates are our own. Deterministic: ties are broken by the order of the cells.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ess_observatory.secrecy.programs import Freedom, Spread, farthest
from ess_observatory.secrecy.proof import Need, Pattern, Protection, Witness, needs_of
from ess_observatory.secrecy.system import MOVED, System
from ess_observatory.secrecy.witnesses import Witnesses

#: The part of each contributor in each cell.
Contributors = dict[str, dict[int, float]]


def suppress(
    system: System,
    primary: dict[int, Protection],
    contributors: Contributors | None = None,
    secondary: np.ndarray | None = None,
) -> Pattern:
    """Protect the primary cells of a system, from everyone and from its contributors, each of whom knows his own parts.

    `secondary`: how far each cell must be able to move if it is hidden for another (0 when not given).
    """
    sizes = np.zeros(len(system.values)) if secondary is None else secondary
    free = system.hideable.copy()
    free[list(primary)] = True
    whole = Pattern(set(primary), set(), {})
    for block in system.blocks(free):
        inside = [cell for cell in block if cell in primary]
        if not inside:
            continue
        place = {cell: index for index, cell in enumerate(block)}
        work = _Block(
            system.part(block),
            {place[c]: primary[c] for c in inside},
            _inside(system, place, contributors or {}),
            sizes[block],
        )
        work.run()
        whole.hidden |= {block[cell] for cell in work.hidden}
        whole.secondary |= {block[cell] for cell in work.hidden if block[cell] not in primary}
        outward = np.asarray(block)
        for need, witness in work.certificates():
            whole.certificates[_outward(need, block)] = Witness(outward[witness.cells], witness.moves)
        whole.impossible += [_outward(need, block) for need in work.impossible]
    return whole


def _outward(need: Need, block: list[int]) -> Need:
    return Need(block[need.cell], need.move, tuple(block[cell] for cell in need.known), need.rooms)


def _settled(moves: np.ndarray, need: Need, least: float) -> np.ndarray:
    """Moves without the dust of the solver: none in what a contributor knows whole, none that is nothing beside the largest."""
    moves[np.abs(moves) <= max(least, 1e-12 * float(np.max(np.abs(moves))))] = 0.0
    moves[[cell for cell, (_, up) in need.held().items() if up == 0]] = 0.0
    return moves


def _inside(system: System, place: dict[int, int], contributors: Contributors) -> Contributors:
    """The part of the others in each cell of a block, by contributor (0 where he is alone)."""
    rooms: Contributors = {}
    for name, parts in sorted(contributors.items()):
        for cell, own in sorted(parts.items()):
            if cell in place:
                value = float(system.values[cell])
                room = value - own
                rooms.setdefault(name, {})[place[cell]] = room if room > 1e-6 * max(1.0, abs(value)) else 0.0
    return rooms


class _Block:
    """One connected part of the system being protected."""

    def __init__(
        self, system: System, primary: dict[int, Protection], rooms: Contributors, sizes: np.ndarray
    ) -> None:
        self.system, self.primary, self.sizes = system, primary, sizes
        self.hidden = set(primary)
        self.is_band = system.slack()[0] - system.slack()[1] != 0
        self.freedom = Freedom(system, sorted(self.hidden))
        self.spread: Spread | None = None
        self.hidden_mask = np.zeros(len(system.values), dtype=bool)
        self.hidden_mask[sorted(self.hidden)] = True
        self.rows_of: list[list[int]] = [[] for _ in system.values]
        for index, row in enumerate(system.rows):
            for cell in row.cells:
                self.rows_of[cell].append(index)
        self.witnesses = Witnesses(system)
        self.proof: dict[Need, tuple[int, float]] = {}
        self.impossible: list[Need] = []
        self.lowered: dict[Need, Need | None] = {}
        self.rooms = rooms
        self.inside: dict[int, list[tuple[str, float]]] = {}
        for name, parts in rooms.items():
            for cell, room in parts.items():
                self.inside.setdefault(cell, []).append((name, room))

    def run(self) -> None:
        """Hide until every need is met, then publish again what was hidden needlessly."""
        for need in self._primary_needs():
            self._meet(need)
        self._settle()
        self._clean()

    def certificates(self) -> Iterator[tuple[Need, Witness]]:
        """The moves that prove each need."""
        touched: dict[int, np.ndarray] = {}
        for need, (index, scale) in self.proof.items():
            if index not in touched:
                touched[index] = self.witnesses.cells(index)
            cells = touched[index]
            yield need, Witness(cells, self.witnesses.moves[cells, index] * scale)

    def _primary_needs(self) -> list[Need]:
        order = sorted(self.primary, key=lambda c: (-self.primary[c].up, c))
        return [
            need for c in order for need in needs_of(self.system, c, self.primary[c].up, self.primary[c].down)
        ]

    def _secondary_needs(self) -> list[Need]:
        return [
            need
            for cell in sorted(self.hidden - set(self.primary))
            for need in needs_of(self.system, cell, float(self.sizes[cell]), float(self.sizes[cell]))
        ]

    def _insider_needs(self, need: Need) -> list[Need]:
        """What the contributors who could undo this proof must still not find."""
        wanted = self.primary.get(need.cell)
        if wanted is None or need.known or need not in self.proof:
            return []
        size = wanted.insider_up if need.move > 0 else wanted.insider_down
        if size <= 0:
            return []
        asked = [self._against(need, size, name) for name in self._betrayed(need)]
        return [n for n in (self.lowered.get(n, n) for n in asked if n is not None) if n is not None]

    def _betrayed(self, need: Need) -> list[str]:
        """The contributors who know that the moves of a proof cannot be."""
        index, scale = self.proof[need]
        cells = self.witnesses.cells(index, MOVED)
        names = set()
        for cell, move in zip(
            cells.tolist(), (self.witnesses.moves[cells, index] * scale).tolist(), strict=True
        ):
            if cell != need.cell:
                names |= {
                    name
                    for name, room in self.inside.get(cell, ())
                    if move < -room * (1 + 1e-9) or (room == 0 and move > 0)
                }
        return sorted(names)

    def _against(self, need: Need, size: float, name: str) -> Need | None:
        """The need of a cell against a contributor (none if it is all his own): within what the others have in it."""
        rooms = self.rooms[name]
        own = rooms.get(need.cell)
        size = min(size, abs(need.move), own if own is not None and need.move < 0 else abs(need.move))
        if own == 0 or size <= MOVED:
            return None
        others = {cell: room for cell, room in rooms.items() if cell != need.cell}
        return Need(need.cell, float(np.sign(need.move)) * size, tuple(others), tuple(others.values()))

    def _settle(self) -> None:
        """Insiders and secondary cells, until hiding for one asks nothing new of another."""
        while True:
            before = len(self.hidden)
            pending = self._secondary_needs() + [
                n for need in self._primary_needs() for n in self._insider_needs(need)
            ]
            for need in pending:
                self._meet(need)
            missing = [
                n
                for need in self._primary_needs()
                for n in self._insider_needs(need)
                if n not in self.proof and n not in self.impossible
            ]
            if before == len(self.hidden) and not missing:
                return

    def _meet(self, need: Need) -> None:
        """Certify a need, hiding what it takes."""
        if need in self.impossible or self._covered(need) or self._try(need):
            return
        if self.spread is None:
            self.spread = Spread(self.system, sorted(self.hidden))
        moves = self.spread.reach(need)
        if moves is None:
            if not need.known:
                self.impossible.append(need)
            elif lower := self._lower(need):
                self._meet(lower)
            return
        moves = _settled(moves, need, MOVED)
        for cell in np.flatnonzero(moves).tolist():
            if cell not in self.hidden:
                self._hide(cell)
                self.spread.open(cell)
        self._keep(need, moves)

    def _lower(self, need: Need) -> Need | None:
        """What may be asked against a contributor who is inside the cell: to be far from what the others make of it.

        Nobody can hide from him that a whole is at least his own part; `rest` is what remains when everything is hidden.
        """
        everything = np.flatnonzero(self.system.hideable | self.hidden_mask).tolist()
        rest = farthest(self.system, everything, need)
        share = abs(need.move) / max(abs(float(self.system.values[need.cell])), abs(need.move))
        lower = Need(need.cell, float(np.sign(need.move)) * rest * share, need.known, need.rooms)
        self.lowered[need] = lower if rest * share > 1e-3 else None
        return self.lowered[need]

    def _hide(self, cell: int) -> None:
        self.hidden.add(cell)
        self.hidden_mask[cell] = True
        self.freedom.open(cell)

    def _show(self, cell: int) -> None:
        self.hidden.discard(cell)
        self.hidden_mask[cell] = False
        self.freedom.shut(cell)

    def _try(self, need: Need) -> bool:
        moves = self.freedom.reach(need)
        if moves is None:
            return False
        moves[~self.hidden_mask] = 0.0
        self._keep(need, _settled(moves, need, MOVED * 1e-3))
        return True

    def _keep(self, need: Need, moves: np.ndarray) -> None:
        """Store a witness found for a need."""
        index = self.witnesses.keep(moves)
        if not self._covered(need):
            self.proof[need] = (index, 1.0)

    def _covered(self, need: Need) -> bool:
        """Whether a witness at hand proves the need, at some scale."""
        if need in self.proof:
            return True
        if found := self.witnesses.proving(need):
            self.proof[need] = found
        return found is not None

    def _clean(self) -> None:
        """Publish again each secondary cell, the most useful first, that no protection needs."""
        changed = True
        while changed:
            candidates = sorted(self.hidden - set(self.primary), key=lambda c: (-self.system.costs[c], c))
            dropped = [cell for cell in candidates if self._drop(cell)]
            # Only the protection of a secondary cell itself can make another one needless later.
            changed = bool(dropped) and bool(np.any(self.sizes > 0))

    def _drop(self, cell: int) -> bool:
        if self._gives_away(cell):
            return False
        saved, before = dict(self.proof), self.witnesses.without(cell)
        self._show(cell)
        for need in [n for n in self.proof if n.cell == cell]:
            del self.proof[need]
        if self._still_proved(cell):
            return True
        self.witnesses.restore(before)
        self.proof = saved
        self._hide(cell)
        return False

    def _gives_away(self, cell: int) -> bool:
        """Whether publishing the cell lets a primary cell be found by plain subtraction, again and again."""
        known: set[int] = {cell}
        pending = [cell]
        while pending:
            for index in self.rows_of[pending.pop()]:
                if self.is_band[index]:
                    continue
                left = [c for c in self.system.rows[index].cells if self.hidden_mask[c] and c not in known]
                if len(left) == 1:
                    if left[0] in self.primary and (self.primary[left[0]].up or self.primary[left[0]].down):
                        return True
                    known.add(left[0])
                    pending.append(left[0])
        return False

    def _still_proved(self, cell: int) -> bool:
        broken = [need for need, (index, _) in self.proof.items() if self.witnesses.moves[cell, index] != 0]
        for need in broken:
            del self.proof[need]
        plain = [need for need in broken if not need.known]
        for need in plain + [need for need in broken if need.known]:
            if not (self._covered(need) or self._try(need)):
                return False
        for need in plain:
            for inside in self._insider_needs(need):
                if inside not in self.impossible and not (self._covered(inside) or self._try(inside)):
                    return False
        return True
