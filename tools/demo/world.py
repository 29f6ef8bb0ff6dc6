"""What a synthetic edition of today is made of: legal units, their establishments, and the jobs that no file names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass
class Unit:
    """A legal unit of the synthetic territory."""

    siren: str
    name: str
    legal: str
    naf: str
    family: str
    is_flagged: bool
    is_partial: bool
    profile: dict[str, Any]
    created: dt.date
    sites: list[Site] = field(default_factory=list)


@dataclass
class Site:
    """An establishment; `employees` is 0 for one without employee, `closed` its closing day."""

    unit: Unit
    siret: str
    commune: dict[str, Any]
    naf: str
    band: str
    employees: int
    created: dt.date
    closed: dt.date | None = None


@dataclass
class World:
    """All that is written: units with their sites, and the other jobs of the territory, counted without being named."""

    recipe: dict[str, Any]
    layouts: dict[str, Any]
    communes: list[dict[str, Any]]
    nafs: dict[str, dict[str, str]]
    units: list[Unit]
    #: (commune, naf, is_public) → sizes of the establishments.
    others: dict[tuple[str, str, bool], list[int]]

    def rng(self, topic: str) -> Random:
        """A generator of its own for each topic."""
        return Random(f"{self.recipe['seed']}:{topic}")

    @property
    def sites(self) -> list[Site]:
        """Every establishment, unit by unit."""
        return [site for unit in self.units for site in unit.sites]

    def employers(self) -> list[Site]:
        """Open establishments with employees."""
        return [site for site in self.sites if site.closed is None and site.employees]
