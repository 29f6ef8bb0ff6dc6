"""What is declared of an edition, read from its files: the territory and its levels, the perimeter, the rules."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

LEVELS = ("epci", "arrondissement", "departement", "region")
OBJECTS = {"epci": "EPCI", "arrondissement": "ARR", "departement": "DEP", "region": "REG"}


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a declared CSV."""
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=2)
def _communes_of(path: Path) -> list[dict[str, str]]:
    """Today's communes; read once, as no trial changes them."""
    return [{**row, "epci": row["epci_code"]} for row in rows_of(path) if row["type"] == "commune-actuelle"]


@lru_cache(maxsize=2)
def _moves_of(nomenclatures: Path) -> dict[str, str]:
    """Former code of a commune → the code that it has now."""
    now = _communes_of(nomenclatures / "communes.csv")
    moved = {old: row["code"] for row in now for old in row["former_codes"].split("|") if old}
    moves = rows_of(nomenclatures / "commune_moves.csv")
    return moved | {row["code"]: row["target"] for row in moves if row["kind"] != "restored"}


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
        return tomllib.loads(
            (self.root / "pipelines" / "editions" / f"{self.edition_id}.toml").read_text("utf-8")
        )

    @cached_property
    def years(self) -> set[float]:
        """The years of the editions that are declared."""
        paths = (self.root / "pipelines" / "editions").glob("*.toml")
        return {float(tomllib.loads(path.read_text("utf-8"))["year"]) for path in paths}

    @cached_property
    def territory(self) -> dict[str, Any]:
        """The declaration of its territory."""
        path = self.root / "pipelines" / "territories" / f"{self.edition['territory']}.toml"
        return tomllib.loads(path.read_text("utf-8"))

    def source(self, name: str) -> dict[str, Any]:
        """The declaration of a source."""
        return tomllib.loads((self.root / "pipelines" / "sources" / name / "source.toml").read_text("utf-8"))

    @cached_property
    def code_of_communes(self) -> list[dict[str, str]]:
        """The nomenclature of communes."""
        return _communes_of(self.root / "pipelines" / "rules" / "nomenclatures" / "communes.csv")

    @cached_property
    def communes(self) -> dict[str, dict[str, str]]:
        """The communes of the territory, by code."""
        given = self.territory
        if "file" in given:
            listed = rows_of(self.root / "pipelines" / "territories" / given["file"])
            present = {row["code"]: row for row in self.code_of_communes}
            kept = [{**present.get(row["code"], {}), **row, "epci": row["epci_code"]} for row in listed]
        elif given.get("france"):
            kept = self.code_of_communes
        else:
            wanted = {key: _listed(given.get(key)) for key in ("code", *LEVELS)} | {
                "code": _listed(given.get("communes"))
            }
            kept = [
                row
                for row in self.code_of_communes
                if any(row[key] in codes for key, codes in wanted.items())
            ]
        if self.area:
            kept = [row for row in kept if row[self.area[0]] == self.area[1]]
        return {row["code"]: row for row in kept}

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
        moved = _moves_of(self.root / "pipelines" / "rules" / "nomenclatures")
        return {old: new for old, new in moved.items() if old not in self.communes}

    @cached_property
    def reference(self) -> dt.date:
        """The day on which what exists is counted."""
        given = self.edition.get("reference_date", f"{self.edition['year']}-12-31")
        return dt.date.fromisoformat(str(given))

    @cached_property
    def perimeter(self) -> dict[str, Any]:
        """The perimeter of the edition."""
        path = self.root / "pipelines" / "rules" / "perimeters" / f"{self.edition['perimeter']}.toml"
        return tomllib.loads(path.read_text("utf-8"))

    def rules(self, name: str) -> list[dict[str, str]]:
        """A CSV of the rules."""
        return rows_of(self.root / "pipelines" / "rules" / f"{name}.csv")

    @cached_property
    def questions(self) -> dict[str, dict[str, Any]]:
        """The questions of the codebook, by code."""
        path = self.root / "pipelines" / "survey" / "questionnaire.yml"
        codebook = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        return {q["code"]: q | {"section": s["code"]} for s in codebook["sections"] for q in s["questions"]}

    @cached_property
    def cards(self) -> dict[str, dict[str, Any]]:
        """The cards of the tables, by identifier."""
        return {
            path.parent.name: tomllib.loads(path.read_text("utf-8"))
            for path in sorted((self.root / "pipelines" / "tables").glob("*/card.toml"))
        }


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)
