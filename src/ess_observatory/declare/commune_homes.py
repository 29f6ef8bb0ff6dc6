"""Which commune holds what, each year: codes retired, changed, given back their life, from one vintage to any other.

A part is what never moved apart since the first year told: a commune as it was before its mergers, named by its code. A commune is, each year,
the parts that it holds; so a code of one year says which communes of another year it is, or shares, whichever comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from ess_observatory.declare.files import read_csv_rows

#: The file of the moves, and the columns that tell them.
MOVES = "commune_moves.csv"
COLUMNS = ("code", "target", "kind", "since", "until")
DISTRICT = "arrondissement"

Rows = Iterable[Mapping[str, str | None]]
#: Communes that a code is or is spread over, and how.
Image = tuple[frozenset[str], str]


class CommuneHomes:
    """The moves of communes: lines « this code is held by that one, from that year to that one » (no bound: always, or still).

    `districts`: municipal district → its city, every year.
    """

    def __init__(self, rows: Rows = ()) -> None:
        moves = [tuple((row[name] or "") for name in COLUMNS) for row in rows]
        self.districts = {code: target for code, target, kind, *_ in moves if kind == DISTRICT}
        self._spans: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for code, target, kind, since, until in moves:
            if kind != DISTRICT:
                self._spans[code].append((int(since or 0), int(until or 9999), target))
        bounds = [(since, until) for spans in self._spans.values() for since, until, _ in spans]
        #: The first and last years between which something moved: before and after, nothing does.
        self.first = min((min(since - 1 if since else until, until) for since, until in bounds), default=0)
        self.last = max(
            (max(until + 1 if until < 9999 else since, since) for since, until in bounds), default=0
        )
        self._homes: dict[int, dict[str, str]] = {}
        self._held: dict[int, dict[str, frozenset[str]]] = {}
        self._images: dict[tuple[int, int], dict[str, Image]] = {}

    @classmethod
    def load(cls, pipelines: Path) -> CommuneHomes:
        """The moves that the nomenclatures tell."""
        return cls(read_csv_rows(pipelines / "rules" / "nomenclatures" / MOVES))

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code that moved, or that something moved to."""
        targets = {target for spans in self._spans.values() for *_, target in spans}
        return frozenset(self._spans.keys() | targets)

    def clamped(self, year: int) -> int:
        """A year, brought between the first and the last."""
        return max(self.first, min(year, self.last))

    def homes(self, year: int) -> dict[str, str]:
        """Part → code of the commune that holds it in a year, for everything that ever moved."""
        year = self.clamped(year)
        if year not in self._homes:
            found = dict(zip(self.codes, self.codes, strict=True))
            for part, spans in self._spans.items():
                for since, until, code in spans:
                    if since <= year <= until:
                        found[part] = code
            self._homes[year] = found
        return self._homes[year]

    def holding(self, year: int) -> dict[str, frozenset[str]]:
        """Code → parts, for the communes of a year that have moved; those that never did are not there."""
        year = self.clamped(year)
        if year not in self._held:
            found: dict[str, list[str]] = defaultdict(list)
            for part, code in self.homes(year).items():
                found[code].append(part)
            self._held[year] = {code: frozenset(parts) for code, parts in found.items()}
        return self._held[year]

    def exists(self, code: str, year: int) -> bool:
        """Whether nothing says that a code is not, in a year, that of a commune."""
        return code not in self.codes or code in self.holding(year)

    def year_of(self, code: str, year: int) -> int | None:
        """The year in which a code is to be understood: that one where it exists then, else the last one before, else the first one
        after; None for a code that has been no commune since the first year.
        """
        year = self.clamped(year)
        years = self._years.get(code, [year])
        if not years:
            return None
        return max((known for known in years if known <= year), default=years[0])

    @cached_property
    def _years(self) -> dict[str, list[int]]:
        """Code that moved → the years in which it is a commune."""
        found: dict[str, list[int]] = {code: [] for code in self.codes}
        for year in range(self.first, self.last + 1):
            for code in set(self.homes(year).values()):
                found[code].append(year)
        return found

    def parts(self, code: str, year: int) -> frozenset[str]:
        """What a code of a year holds."""
        known = self.year_of(code, year)
        return frozenset({code}) if known is None else self.holding(known).get(code, frozenset({code}))

    def across(self, code: str, year: int, other: int) -> frozenset[str]:
        """The communes of another year that a code of a year is, or is spread over."""
        homes = self.homes(other)
        return frozenset(homes.get(part, part) for part in self.parts(code, year))

    def images(self, year: int, other: int) -> dict[str, Image]:
        """Code of a year → the communes of another year that it is, or is spread over, for those that are not just themselves; and, when
        it is one commune, how: `merger` and `split` when it is but a share of it, `code_change` when it is the whole of it.
        """
        key = (self.clamped(year), self.clamped(other))
        if key not in self._images:
            found: dict[str, Image] = {}
            for code in self.codes:
                targets = self.across(code, *key)
                if targets != {code}:
                    found[code] = (targets, self._kind(code, targets, *key) if len(targets) == 1 else "")
            self._images[key] = found
        return self._images[key]

    def _kind(self, code: str, targets: frozenset[str], year: int, other: int) -> str:
        known = self.year_of(code, year)
        if self.parts(code, year) == self.holding(other)[min(targets)]:
            return "code_change"
        return "merger" if known is None or known <= other else "split"
