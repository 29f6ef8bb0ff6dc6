"""Mergers and restorations of communes, as the nomenclatures tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.declare.files import read_csv_rows

_FOLLOWED = 10


@dataclass(frozen=True)
class CommuneMoves:
    """`merged`: retired code → the code that it became; `restored`: code given back its life → the code that it left."""

    merged: Mapping[str, str] = field(default_factory=dict)
    restored: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, pipelines: Path) -> CommuneMoves:
        """The moves of the nomenclatures: former codes of present communes, then mergers and restorations since."""
        folder = pipelines / "rules" / "nomenclatures"
        merged = {
            former: row["code"]
            for row in read_csv_rows(folder / "communes.csv")
            for former in (row["former_codes"] or "").split("|")
            if former
        }
        moves = read_csv_rows(folder / "commune_moves.csv")
        merged |= {row["code"]: row["target"] for row in moves if row["kind"] == "merger"}
        return cls(merged, {row["code"]: row["target"] for row in moves if row["kind"] == "restored"})

    def became(self, code: str, present: frozenset[str]) -> str | None:
        """The commune of `present` that a code is now part of, or None when it is not known."""
        for _ in range(_FOLLOWED):
            if code in present:
                return code
            if code not in self.merged:
                return None
            code = self.merged[code]
        return None
