"""What a folder of `pipelines/sources/` declares: a producer's file, its columns, how it becomes rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.declare.reading import Document


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
    budget: dict[str, Any] = field(default_factory=dict)
    row_counts: dict[str, Any] = field(default_factory=dict)
    diffusion: str = "aggregates"
    diffusion_column: str | None = None

    @property
    def staging_sql(self) -> Path:
        """The SQL that renames and refines the typed rows."""
        return self.folder / "staging.sql"


def source_spec(document: Document) -> SourceSpec:
    """The source that a checked `source.toml` declares."""
    data, folder = document.data, document.path.parent
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
        budget=dict(data.get("budget", {})),
        row_counts=dict(data.get("row_counts", {})),
        diffusion=data.get("diffusion", "aggregates"),
        diffusion_column=data.get("diffusion_column"),
    )
