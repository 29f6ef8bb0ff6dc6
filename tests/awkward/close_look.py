"""A large file is read by slices, and only what is odd in it is looked at closely: a close look at all must say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awkward.toy import Outcome, load_matches
from ess_observatory.declare.source_spec import ColumnSpec, SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.read import cast, cells, records, sql


def look_at_all(patch: pytest.MonkeyPatch, slice_bytes: int) -> None:
    """No row and no value is taken for plain, no quote for idle; slices are small."""

    def nothing_plain(column: ColumnSpec, text: str) -> sql.Cast:
        found = plain_cast(column, text)
        steps = [(name, "false" if name == sql.PLAIN else step) for name, step in found.steps]
        return replace(found, steps=tuple(steps))

    plain_cast = cast.cast_of
    patch.setattr(cast, "cast_of", nothing_plain)
    for module in (cells, records):
        patch.setattr(module, "is_odd", lambda text, delimiter: "true")
    patch.setattr(records, "without_idle_quotes", lambda record, delimiter: record)
    patch.setattr(records, "SLICE_BYTES", slice_bytes)


def says_the_same(
    db: Database, sources: dict[str, SourceSpec], quick: Outcome, slice_bytes: int = 200
) -> None:
    """Fail when a close look at every cell of what was recognised says anything else."""
    close = Outcome(inventory=quick.inventory)
    with pytest.MonkeyPatch.context() as patch:
        look_at_all(patch, slice_bytes)
        load_matches(db, sources, close)
    assert _told(close) == _told(quick)


def _told(outcome: Outcome) -> tuple:
    error = outcome.error and outcome.error.as_dict()
    return outcome.kept, outcome.refused, outcome.notes, outcome.ledger, outcome.corrections, error
