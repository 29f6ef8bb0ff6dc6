"""Mergers and restorations of communes, followed from edition to edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.declare.commune_homes import DISTRICT, MOVES
from ess_observatory.declare.files import read_csv_rows

_FOLLOWED = 10


@dataclass(frozen=True)
class CommuneMoves:
    """`merged`: retired code → the code that it became; `restored`: code given back its life → the code that it left."""

    merged: Mapping[str, str] = field(default_factory=dict)
    restored: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, pipelines: Path) -> CommuneMoves:
        """The moves of the nomenclatures: a code goes first where it went first; one that is no longer held has come back."""
        rows = read_csv_rows(pipelines / "rules" / "nomenclatures" / MOVES)
        told = sorted(
            (row["since"] or "", row["code"], row["target"], row["until"])
            for row in rows
            if row["kind"] != DISTRICT
        )
        merged = {code: target for _, code, target, _ in reversed(told)}
        held = {code for _, code, _, until in told if not until}
        return cls(merged, {code: target for _, code, target, _ in told if code not in held})

    def became(self, code: str, present: frozenset[str]) -> str | None:
        """The commune of `present` that a code is now part of, or None when it is not known."""
        for _ in range(_FOLLOWED):
            if code in present:
                return code
            if code not in self.merged:
                return None
            code = self.merged[code]
        return None
