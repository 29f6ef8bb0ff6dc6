"""What a folder of `pipelines/sources/` declares: a producer's file, its columns, how it becomes rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.declare.files import read_toml
from ess_observatory.engine.sql_text import sql_name
from ess_observatory.errors import ObservatoryError

COLUMN_TYPES = (
    "text",
    "integer",
    "decimal",
    "siret",
    "siren",
    "commune",
    "naf",
    "legal_category",
    "date",
    "postcode",
)


@dataclass(frozen=True)
class ColumnSpec:
    """A declared column of a source: our name, the headers it is known by, its type."""

    name: str
    headers: tuple[str, ...]
    type: str
    required: bool
    allow: str | None = None
    nomenclature: str = "naf_rev2"
    headers_by_vintage: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceSpec:
    """A folder of `pipelines/sources/`: what a producer's file looks like and how it becomes rows."""

    id: str
    folder: Path
    title: str
    producer: str
    licence: str
    kind: str
    row: str
    note: str
    columns: tuple[ColumnSpec, ...]
    ignored_headers: tuple[str, ...]
    footers: tuple[str, ...]
    missing: dict[str, str]
    checks: tuple[dict[str, Any], ...]
    rank: int
    vintage_pattern: str | None = None
    role: str | None = None

    @property
    def staging_sql(self) -> Path:
        """The SQL that renames and refines the typed rows."""
        return self.folder / "staging.sql"


def load_source_spec(folder: Path) -> SourceSpec:
    """The source that a folder declares. Raises E106 (broken TOML), E107 (unknown type of a column)."""
    path = folder / "source.toml"
    data = read_toml(path)
    columns = tuple(
        ColumnSpec(
            c["name"],
            tuple(c.get("headers", [])),
            c.get("type", "text"),
            c.get("required", False),
            c.get("allow"),
            c.get("nomenclature", "naf_rev2"),
            {int(year): tuple(known) for year, known in c.get("headers_by_vintage", {}).items()},
        )
        for c in data.get("columns", [])
    )
    sql_name(folder.name, "Le nom de la source", str(folder))
    for column in columns:
        sql_name(column.name, "Le nom d’une colonne", str(path))
        if column.type not in COLUMN_TYPES:
            raise ObservatoryError(
                "E107",
                f"Type inconnu « {column.type} » pour la colonne « {column.name} »",
                str(path),
                f"Types connus : {', '.join(COLUMN_TYPES)}.",
            )
    return SourceSpec(
        id=folder.name,
        folder=folder,
        title=data["title"],
        producer=data["producer"],
        licence=data["licence"],
        kind=data.get("kind", "table"),
        row=data.get("row", ""),
        note=data.get("note", ""),
        columns=columns,
        ignored_headers=tuple(data.get("ignored_headers", [])),
        footers=tuple(data.get("footers", [])),
        missing=dict(data.get("missing", {})),
        checks=tuple(data.get("checks", [])),
        rank=data.get("rank", 100),
        vintage_pattern=data.get("vintage_pattern"),
        role=data.get("role"),
    )
