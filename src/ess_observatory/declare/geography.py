"""The official geographic code as the project holds it, year by year: communes, the areas that hold them, what moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ess_observatory.declare.commune_homes import CommuneHomes
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.declare.files import read_csv_rows

#: Level → nomenclature that names its areas.
_NAMED_IN = {
    "epci": "epci",
    "arrondissement": "arrondissements",
    "departement": "departements",
    "region": "regions",
}
#: What the nomenclature says of a commune for a year that is not that of reference.
_TOLD = ("name", "departement", "region", "arrondissement", "epci_code")


@dataclass(frozen=True)
class Geography:
    """The geographic nomenclatures of a project; `pipelines`: its folder of declarations; `year`: that of the communes, of which
    there is a list for `years` only (None: the year of reference, whose list is communes.csv).
    """

    pipelines: Path
    year: int | None = None

    def at(self, year: int | None) -> Geography:
        """The same for another year; that of reference when the year has no list."""
        wanted = year if year in self.years and year != self.reference else None
        if wanted == self.year:
            return self
        if wanted not in self._others:
            self._others[wanted] = replace(self, year=wanted)
            self._others[wanted].__dict__.update(
                {name: getattr(self, name) for name in ("_others", "years", "reference", "homes", "moves")}
            )
        return self._others[wanted]

    @cached_property
    def _others(self) -> dict[int | None, Geography]:
        return {self.year: self}

    @cached_property
    def years(self) -> dict[int, str]:
        """The years of which the composition of the areas is known → `reference` or `other`."""
        return {int(row["year"]): row["role"] for row in self._rows("commune_years")}

    @cached_property
    def reference(self) -> int:
        """The year of communes.csv."""
        return next(year for year, role in self.years.items() if role == "reference")

    @cached_property
    def communes(self) -> list[dict[str, str]]:
        """The communes of the year, municipal districts left out."""
        return [row for row in self.listed if row["type"].startswith("commune")]

    @cached_property
    def listed(self) -> list[dict[str, str]]:
        """The lines of communes.csv as they are in the year. Inhabitants are those that it gives, added up where communes are one; not
        known where one was parted.
        """
        listed = self._rows("communes")
        if self.year is None:
            return listed
        told = {
            row["code"]: row
            for row in self._rows("commune_changes")
            if int(row["since"]) <= self.year <= int(row["until"])
        }
        before = {row["code"]: row for row in listed}
        here = {code for code in before if self.homes.exists(code, self.year)}
        here |= self.homes.holding(self.year).keys() & told.keys()
        return [self._of_year(code, before, told.get(code)) for code in sorted(here)]

    def _of_year(
        self, code: str, before: dict[str, dict[str, str]], told: dict[str, str] | None
    ) -> dict[str, str]:
        """A line of communes.csv as it is in the year."""
        assert self.year is not None
        whole = self.homes.across(code, self.year, self.reference)
        held = frozenset[str]().union(*(self.homes.parts(other, self.reference) for other in whole))
        known = [before[other]["population"] for other in whole if other in before]
        is_whole = held == self.homes.parts(code, self.year) and "" not in known
        row = before.get(code) or dict.fromkeys(next(iter(before.values())), "") | {
            "type": "commune-actuelle"
        }
        row = {**row, "code": code, "population": str(sum(map(int, known))) if is_whole and known else ""}
        return {**row, **{name: told[name] for name in _TOLD}} if told else row

    @cached_property
    def homes(self) -> CommuneHomes:
        """Which commune holds what, each year."""
        return CommuneHomes.load(self.pipelines)

    @cached_property
    def moves(self) -> CommuneMoves:
        """What became of retired communes."""
        return CommuneMoves.load(self.pipelines)

    def places(self, column: str) -> dict[str, list[int]]:
        """Code of an area of that column → ranks of its communes in `communes`, made once a column."""
        if column not in self._places:
            found: dict[str, list[int]] = {}
            for rank, row in enumerate(self.communes):
                found.setdefault(row[column], []).append(rank)
            self._places[column] = found
        return self._places[column]

    @cached_property
    def _places(self) -> dict[str, dict[str, list[int]]]:
        return {}

    def names(self, level: str) -> dict[str, str]:
        """Code → name of the areas of a level; empty where the nomenclature has only their codes."""
        return (
            {row["code"]: row["name"] for row in self._rows(_NAMED_IN[level])} if level in _NAMED_IN else {}
        )

    def _rows(self, name: str) -> list[dict[str, str]]:
        return read_csv_rows(self.pipelines / "rules" / "nomenclatures" / f"{name}.csv")
