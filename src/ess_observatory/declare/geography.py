"""The official geographic code as the project holds it: communes, the areas that hold them, mergers since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.declare.files import read_csv_rows

#: Level → nomenclature that names its areas.
_NAMED_IN = {
    "epci": "epci",
    "arrondissement": "arrondissements",
    "departement": "departements",
    "region": "regions",
}


@dataclass(frozen=True)
class Geography:
    """The geographic nomenclatures of a project; `pipelines`: its folder of declarations."""

    pipelines: Path

    @cached_property
    def communes(self) -> list[dict[str, str]]:
        """The communes of the nomenclature, municipal districts left out."""
        return [row for row in self._rows("communes") if row["type"].startswith("commune")]

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
