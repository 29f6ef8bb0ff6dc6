"""What is declared of an edition, read from its files: the territory and its levels, the perimeter, the rules."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml

LEVELS = ("epci", "arrondissement", "departement", "region")
OBJECTS = {"epci": "EPCI", "arrondissement": "ARR", "departement": "DEP", "region": "REG"}


Found = TypeVar("Found")
_KEPT: dict[Any, Any] = {}


def kept(read: Callable[[Path], Found], path: Path) -> Found:
    """What is read of a declared file, once for all its copies: a copy keeps the time of change, a rewritten file does not."""
    state = path.stat()
    key = read, path.parts[-3:], state.st_size, state.st_mtime_ns
    if key not in _KEPT:
        _KEPT[key] = read(path)
    found: Found = _KEPT[key]
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a declared CSV."""
    return kept(_read_rows, path)


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def toml_of(path: Path) -> dict[str, Any]:
    """A declared TOML file."""
    return kept(_read_toml, path)


def _read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _read_questions(path: Path) -> dict[str, dict[str, Any]]:
    codebook = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {q["code"]: q | {"section": s["code"]} for s in codebook["sections"] for q in s["questions"]}


def _read_communes(path: Path) -> list[dict[str, str]]:
    """Today's communes."""
    return [
        {**row, "epci": row["epci_code"]} for row in _read_rows(path) if row["type"] == "commune-actuelle"
    ]


def _read_people(path: Path) -> dict[str, dict[str, float]]:
    """EPCI, else département → inhabitants of its communes, by code."""
    found: dict[str, dict[str, float]] = {}
    for row in kept(_read_communes, path):
        home = found.setdefault(row["epci"] or row["departement"], {})
        home[row["code"]] = float(row["population"] or 0)
    return found


def _read_everywhere(path: Path) -> dict[str, Counter[str]]:
    """Level → how many communes each of its areas has."""
    return {level: Counter(row[level] for row in kept(_read_communes, path)) for level in LEVELS}


def _read_codes(path: Path) -> frozenset[str]:
    return frozenset(row["code"] for row in kept(_read_communes, path))


def _read_homes(path: Path) -> dict[str, str]:
    """Commune → its EPCI, else its département."""
    return {code: home for home, people in kept(_read_people, path).items() for code in people}


def _read_moves(path: Path) -> dict[int, dict[str, str]]:
    """Year → code of a commune that is no commune in that year → the one that stands for it then."""
    found: dict[int, dict[str, str]] = {year: {} for year in range(2011, 2027)}
    for row in rows_of(path):
        for year in range(int(row["since"] or 2011), int(row["until"] or 2026) + 1):
            found[year][row["code"]] = row["target"]
    return found


@dataclass
class Declared:
    """An edition; `area`: (level, code) of the part of its territory that is looked at, None for the whole."""

    root: Path
    edition_id: str
    raw: Path
    area: tuple[str, str] | None = None

    @cached_property
    def edition(self) -> dict[str, Any]:
        """Its declaration."""
        return toml_of(self.root / "pipelines" / "editions" / f"{self.edition_id}.toml")

    @cached_property
    def years(self) -> set[float]:
        """The years of the editions that are declared."""
        paths = (self.root / "pipelines" / "editions").glob("*.toml")
        return {float(toml_of(path)["year"]) for path in paths}

    @cached_property
    def territory(self) -> dict[str, Any]:
        """The declaration of its territory."""
        return toml_of(self.root / "pipelines" / "territories" / f"{self.edition['territory']}.toml")

    def source(self, name: str) -> dict[str, Any]:
        """The declaration of a source."""
        return toml_of(self.root / "pipelines" / "sources" / name / "source.toml")

    @cached_property
    def code_of_communes(self) -> list[dict[str, str]]:
        """The nomenclature of communes."""
        return kept(_read_communes, self._nomenclature)

    @property
    def _nomenclature(self) -> Path:
        return self.root / "pipelines" / "rules" / "nomenclatures" / "communes.csv"

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of the communes of the nomenclature."""
        return kept(_read_codes, self._nomenclature)

    @cached_property
    def homes(self) -> dict[str, str]:
        """Commune of the nomenclature → its EPCI, else its département."""
        return kept(_read_homes, self._nomenclature)

    @cached_property
    def people(self) -> dict[str, dict[str, float]]:
        """EPCI, else département → inhabitants of its communes, by code."""
        return kept(_read_people, self._nomenclature)

    @cached_property
    def everywhere(self) -> dict[str, Counter[str]]:
        """Level → how many communes each of its areas has."""
        return kept(_read_everywhere, self._nomenclature)

    @cached_property
    def communes(self) -> dict[str, dict[str, str]]:
        """The communes of the territory, by code."""
        given = self.territory
        if "file" in given:
            listed = rows_of(self.root / "pipelines" / "territories" / given["file"])
            present = {row["code"]: row for row in self.code_of_communes}
            found = [{**present.get(row["code"], {}), **row, "epci": row["epci_code"]} for row in listed]
        elif given.get("france"):
            found = self.code_of_communes
        else:
            wanted = [("code", set(_listed(given.get("communes"))))]
            wanted += [(level, set(_listed(given.get(level)))) for level in LEVELS]
            places = {
                place
                for key, codes in wanted
                if codes
                for place, row in enumerate(self.code_of_communes)
                if row[key] in codes
            }
            found = [self.code_of_communes[place] for place in sorted(places)]
        if self.area:
            found = [row for row in found if row[self.area[0]] == self.area[1]]
        return {row["code"]: row for row in found}

    @cached_property
    def official(self) -> tuple[str, str] | None:
        """The territory as producers name it, where it is one official area."""
        if self.area:
            return OBJECTS[self.area[0]], self.area[1]
        if "area" in self.territory:
            return self.territory["area"]["object"], self.territory["area"]["code"]
        given = [(key, code) for key in ("communes", *LEVELS) for code in _listed(self.territory.get(key))]
        return (OBJECTS[given[0][0]], given[0][1]) if len(given) == 1 and given[0][0] in OBJECTS else None

    @cached_property
    def moves(self) -> dict[str, str]:
        """Former code of a commune → the commune of the territory, or elsewhere, that it is now."""
        moved = kept(_read_moves, self._nomenclature.with_name("commune_moves.csv"))
        year = int(self.territory.get("cog", "2021"))
        return {old: new for old, new in moved[year].items() if old not in self.communes}

    @cached_property
    def reference(self) -> dt.date:
        """The day on which what exists is counted."""
        given = self.edition.get("reference_date", f"{self.edition['year']}-12-31")
        return dt.date.fromisoformat(str(given))

    @cached_property
    def perimeter(self) -> dict[str, Any]:
        """The perimeter of the edition."""
        return toml_of(self.root / "pipelines" / "rules" / "perimeters" / f"{self.edition['perimeter']}.toml")

    def rules(self, name: str) -> list[dict[str, str]]:
        """A CSV of the rules."""
        return rows_of(self.root / "pipelines" / "rules" / f"{name}.csv")

    @cached_property
    def questions(self) -> dict[str, dict[str, Any]]:
        """The questions of the codebook, by code."""
        return kept(_read_questions, self.root / "pipelines" / "survey" / "questionnaire.yml")

    @cached_property
    def cards(self) -> dict[str, dict[str, Any]]:
        """The cards of the tables, by identifier."""
        return {
            path.parent.name: toml_of(path)
            for path in sorted((self.root / "pipelines" / "tables").glob("*/card.toml"))
        }


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)
