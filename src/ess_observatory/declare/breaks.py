"""Breaks in series: why a figure of one edition does not compare with that of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.declare.files import read_toml

Replacements = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Perimeter:
    """A declared change of perimeter; figures of the `untouched` sources alone do not feel it."""

    reason: str
    untouched: frozenset[str]


@dataclass(frozen=True)
class Nomenclature:
    """A nomenclature of activities that replaces another in the registers; only the tables that sort by it feel it."""

    before: str
    after: str
    tables: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Breaks:
    """What `pipelines/rules/breaks.toml` declares; the reason is the same in both directions.

    `not_compared`: tables that already hold several years, which say nothing set side by side. `commune_columns`: tables by
    commune → their columns that add up when communes merge. `english`: reason → its English twin, where one is declared.
    """

    sources: Replacements
    perimeters: dict[tuple[str, str], Perimeter]
    not_compared: frozenset[str] = frozenset()
    commune_columns: dict[str, frozenset[str]] = field(default_factory=dict)
    english: dict[str, str] = field(default_factory=dict)
    nomenclatures: tuple[Nomenclature, ...] = ()

    @classmethod
    def load(cls, pipelines: Path | None) -> Breaks:
        """The declared breaks of a project; none when it has no such file."""
        path = pipelines / "rules" / "breaks.toml" if pipelines else None
        data = read_toml(path) if path and path.is_file() else {}
        sources, perimeters = {}, {}
        for entry in data.get("source", []):
            for pair in _both(entry["from"], entry["to"]):
                sources[pair] = entry["reason"]
        for entry in data.get("perimeter", []):
            change = Perimeter(entry["reason"], frozenset(entry.get("untouched", ())))
            for pair in _both(entry["from"], entry["to"]):
                perimeters[pair] = change
        nomenclatures = tuple(
            Nomenclature(entry["from"], entry["to"], frozenset(entry["tables"]), entry["reason"])
            for entry in data.get("nomenclature", [])
        )
        communes = {table: frozenset(columns) for table, columns in data.get("communes", {}).items()}
        declared = [entry for key in ("source", "perimeter", "nomenclature") for entry in data.get(key, [])]
        english = {entry["reason"]: entry["reason_en"] for entry in declared if entry.get("reason_en")}
        not_compared = frozenset(data.get("not_compared", ()))
        return cls(sources, perimeters, not_compared, communes, english, nomenclatures)

    @property
    def reasons(self) -> frozenset[str]:
        """Every declared reason."""
        perimeters = (change.reason for change in self.perimeters.values())
        return frozenset(
            (*self.sources.values(), *perimeters, *(change.reason for change in self.nomenclatures))
        )

    def of_sources(self, before: frozenset[str], after: frozenset[str]) -> str | None:
        """Why figures drawn from two sets of sources do not compare, or None when the sets are the same."""
        if before == after:
            return None
        gone, come = sorted(before - after), sorted(after - before)
        told = [self.sources[a, b] for a in gone for b in come if (a, b) in self.sources]
        return " ; ".join(told) or f"sources : {_named(before)} puis {_named(after)}"

    def of_perimeters(self, before: str, after: str, sources: frozenset[str]) -> str | None:
        """Why figures counted in two perimeters do not compare, or None when they do."""
        if before == after or not (before and after):
            return None
        declared = self.perimeters.get((before, after))
        if declared is None:
            return f"périmètre : {before} puis {after}"
        return None if sources and sources <= declared.untouched else declared.reason

    def of_nomenclatures(self, before: str, after: str, table: str) -> str | None:
        """Why figures of a table whose registers give the activity in two nomenclatures do not compare, or None when they do.

        An edition that does not tell its nomenclature was made before another could be read: its own is the one that was replaced.
        """
        for change in self.nomenclatures:
            pair = (before or change.before, after or change.before)
            if table in change.tables and pair in _both(change.before, change.after):
                return change.reason
        return None


def _both(a: str, b: str) -> list[tuple[str, str]]:
    return [(a, b), (b, a)]


def _named(sources: Iterable[str]) -> str:
    return ", ".join(sorted(sources)) or "aucune"
