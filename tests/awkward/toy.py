"""A small source that the awkward files are made for, and the harness that reads a folder of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.read import load
from ess_observatory.read.recognise import Inventory, take_inventory

TOY = """
title = "Essai"
producer = "Essai"
licence = "Essai"
footers = ["^Source\\\\b", "^Total\\\\b"]
ignored_headers = ["Remarque"]
vintage_pattern = 'en ((?:19|20)\\d\\d)'
[missing]
s = "secret"
nd = "not_available"
"///" = "by_nature"
"…" = "not_available"
"N/A" = "not_available"
"-" = "zero"
[[columns]]
name = "commune_code"
headers = ["Code commune", "CODGEO"]
type = "commune"
required = true
[[columns]]
name = "label"
headers = ["Libellé"]
[[columns]]
name = "jobs"
headers = ["Emplois", "Emplois au 31/12/{vintage}"]
type = "integer"
required = true
headers_by_vintage = { 2008 = ["EMPL08"] }
[[columns]]
name = "share"
headers = ["Part (%)"]
type = "decimal"
[[columns]]
name = "siret"
headers = ["SIRET"]
type = "siret"
[[columns]]
name = "naf"
headers = ["APE"]
type = "naf"
[[columns]]
name = "naf_old"
headers = ["APE 2003"]
type = "naf"
nomenclature = "naf_rev1"
[[columns]]
name = "naf_new"
headers = ["APE 2025"]
type = "naf"
nomenclature = "naf_2025"
[[columns]]
name = "opened_on"
headers = ["Ouverture"]
type = "date"
"""
OTHER = """
title = "Autre essai"
producer = "Essai"
licence = "Essai"
[[columns]]
name = "key"
headers = ["Clé"]
required = true
[[columns]]
name = "amount"
headers = ["Montant"]
type = "decimal"
required = true
[[columns]]
name = "postcode"
headers = ["Code postal"]
type = "postcode"
[[columns]]
name = "siren"
headers = ["SIREN"]
type = "siren"
[[columns]]
name = "legal"
headers = ["Catégorie juridique"]
type = "legal_category"
"""


@dataclass
class Outcome:
    """What became of a folder of files."""

    inventory: Inventory = field(default_factory=Inventory)
    kept: list[dict] = field(default_factory=list)
    refused: list[dict] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)
    ledger: list[dict] = field(default_factory=list)
    corrections: list[dict] = field(default_factory=list)
    error: ObservatoryError | None = None

    @property
    def codes(self) -> list[tuple[str, int]]:
        """(code, line) of the refused rows, by line."""
        return sorted(
            ((row["code"], row["line"]) for row in self.refused), key=lambda pair: (pair[1], pair[0])
        )


@dataclass(frozen=True)
class Case:
    """An awkward file: how to make it, and what must become of it.

    `kept`: rows kept, or their count; `refused`: (code, line) pairs; `left`: words that the reasons of files left aside
    must hold; `error`: code of the error raised (of its first detail when `detail`); `check`: a last look.
    """

    name: str
    build: Callable[[Path], None]
    kept: int | None = 0
    refused: tuple[tuple[str, int], ...] = ()
    left: tuple[str, ...] = ()
    error: str | None = None
    check: Callable[[Outcome], bool] | None = None


def toy_project(root: Path, corrections: str = "") -> Project:
    """A project that declares the two toy sources."""
    for name, text in (("essai", TOY), ("autre", OTHER)):
        folder = root / "pipelines" / "sources" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "source.toml").write_text(text, encoding="utf-8")
    if corrections:
        (root / "pipelines" / "sources" / "essai" / "corrections.toml").write_text(
            corrections, encoding="utf-8"
        )
    return Project.load(root)


def read_folder(db: Database, sources: dict[str, SourceSpec], raw: Path, **options) -> Outcome:
    """Recognise and read a folder; an `ObservatoryError` is an outcome, anything else is a bug."""
    outcome = Outcome()
    try:
        outcome.inventory = take_inventory(raw, sources.values(), tolerant=True, **options)
        take_inventory(raw, sources.values(), **options)
    except ObservatoryError as error:
        outcome.error = error
        return outcome
    load_matches(db, sources, outcome)
    return outcome


def load_matches(db: Database, sources: dict[str, SourceSpec], outcome: Outcome) -> None:
    """Load what an inventory has recognised, and take note of what becomes of it."""
    load.create_books(db)
    try:
        for spec in sources.values():
            load.load_source(db, spec, [m for m in outcome.inventory.matches if m.source == spec.id])
    except ObservatoryError as error:
        outcome.error = error
        return
    load.close_ledger(db)
    for spec in sources.values():
        outcome.kept += db.dicts(f"select * from staging.{spec.id}_typed order by _file, _sheet, _line")
    outcome.refused = db.dicts("select * from staging.refused order by file, sheet, line")
    outcome.notes = db.dicts("select * from staging.note order by file, sheet, line, code")
    outcome.ledger = db.dicts("select * from staging.ledger order by file, sheet")
    outcome.corrections = db.dicts("select * from staging.correction order by number")


def nothing_is_lost(outcome: Outcome) -> None:
    """Every row read is kept or refused with its place and reason; every message says where and what to do."""
    for row in outcome.ledger:
        assert row["rows_read"] == row["rows_kept"] + row["rows_refused"]
    assert sum(row["rows_kept"] for row in outcome.ledger) == len(outcome.kept)
    for row in outcome.refused:
        assert row["file"] and row["line"] and row["reason"] and row["fix"] and row["code"]
    for unmatched in outcome.inventory.unmatched:
        assert unmatched.relative and unmatched.why and unmatched.fix
    if outcome.error:
        for error in (outcome.error, *outcome.error.details):
            assert error.fix or error.details
            assert error.where or error.details
