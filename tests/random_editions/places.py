"""Where: a territory of one of seven kinds, drawn from the official geographic code of the project."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

#: What a seed may be about; the kind goes round with the seed, so that seven seeds in a row try them all.
KINDS = ("epci", "commune", "nine_communes", "overseas", "departement", "corsica", "empty")
#: Départements small enough to be built in seconds: Mayotte, Guyane, Territoire de Belfort.
SMALL_DEPARTEMENTS = ("976", "973", "90")
OVERSEAS = ("971", "972", "973", "974", "976")


@dataclass(frozen=True)
class Place:
    """A territory: its communes, those around it, and how it is declared."""

    kind: str
    declared: dict[str, Any]
    communes: tuple[dict[str, str], ...]
    around: tuple[dict[str, str], ...]
    official: tuple[str, str] | None

    @property
    def region(self) -> str:
        """Code of its region."""
        return self.communes[0]["region"]

    @property
    def departement(self) -> str:
        """Code of its département."""
        return self.communes[0]["departement"]


def communes_of(pipelines: Path) -> list[dict[str, str]]:
    """The present communes of the nomenclature that have a département and an EPCI."""
    return _communes((pipelines / "rules" / "nomenclatures" / "communes.csv").read_bytes())


@lru_cache(maxsize=1)
def _communes(content: bytes) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    return [row for row in rows if row["type"] == "commune-actuelle" and row["region"] and row["epci_code"]]


def draw_place(rng: Random, kind: str, every: list[dict[str, str]]) -> Place:
    """A territory of this kind."""
    if kind == "commune":
        commune = rng.choice([row for row in every if int(row["population"] or 0) > 800])
        return _placed(kind, {"communes": [commune["code"]]}, [commune], every, None)
    if kind == "nine_communes":
        home = rng.choice(every)["departement"]
        chosen = rng.sample([row for row in every if row["departement"] == home], 9)
        return _placed(kind, {"communes": sorted(row["code"] for row in chosen)}, chosen, every, None)
    if kind == "departement":
        code = rng.choice(SMALL_DEPARTEMENTS)
        chosen = [row for row in every if row["departement"] == code]
        return _placed(kind, {"departement": code}, chosen, every, ("DEP", code))
    code, chosen = rng.choice(_areas(kind, every))
    return _placed(kind, {"epci": code}, chosen, every, ("EPCI", code))


def _areas(kind: str, every: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    """The EPCI of a few communes that the kind admits."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in every:
        found[row["epci_code"]].append(row)

    def fits(rows: list[dict[str, str]]) -> bool:
        homes = {row["departement"] for row in rows}
        if len(homes) > 1 or not 3 <= len(rows) <= 14:
            return False
        home = homes.pop()
        if kind in ("overseas", "corsica"):
            return home in (OVERSEAS if kind == "overseas" else ("2A", "2B"))
        return home not in OVERSEAS

    return [(code, rows) for code, rows in sorted(found.items()) if fits(rows)]


def _placed(
    kind: str,
    declared: dict[str, Any],
    chosen: list[dict[str, str]],
    every: list[dict[str, str]],
    official: tuple[str, str] | None,
) -> Place:
    inside = {row["code"] for row in chosen}
    around = [row for row in every if row["region"] == chosen[0]["region"] and row["code"] not in inside][:6]
    return Place(kind, declared, tuple(sorted(chosen, key=lambda row: row["code"])), tuple(around), official)
