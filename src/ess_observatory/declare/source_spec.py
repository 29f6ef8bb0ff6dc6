"""What a folder of `pipelines/sources/` declares: a producer's file, its columns, how it becomes rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ess_observatory.declare.reading import Document
from ess_observatory.engine.sql_text import sql_name


@dataclass(frozen=True)
class ColumnSpec:
    """A declared column of a source: our name, the headers it is known by, its type.

    `is_official`: a SIRET or SIREN that its register gives. `is_vintage`: what it holds is the year that the file is about. `widths`:
    how many characters a code has, for each value of column `width_by` (for all, under the key "").
    """

    name: str
    headers: tuple[str, ...]
    type: str
    required: bool
    allow: str | None = None
    nomenclature: str = "naf_rev2"
    headers_by_vintage: dict[int, tuple[str, ...]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    width_by: str | None = None
    is_vintage: bool = False
    is_official: bool = False

    @property
    def shown(self) -> str:
        """The header by which people know the column, without the place of a year."""
        return re.sub(r" ?\{\w+\}", "", self.headers[0]) if self.headers else self.name


@dataclass(frozen=True)
class Repeated:
    """What is said of a row whose key another row has already given, and which of them is kept.

    `latest`: a column of dates; the row of the latest is kept, instead of the first by file and line.
    """

    code: str = "E374"
    reason: str = "déjà lu"
    fix: str = "Retirez la ligne ou le fichier en double."
    latest: str | None = None


@dataclass(frozen=True)
class Merged:
    """The column of the file that names a commune, and those of the rows that are added up when communes have become one; what a row
    that is not there says (`zero`, `unknown`)."""

    code: str
    sums: tuple[str, ...]
    absent: str = "zero"


@dataclass(frozen=True)
class Unpivot:
    """The wide columns of a source: a header for each measure (`EFF_{}`) and code (`AZ`), made one row each.

    `into` names the column that says the code; `values` what it says where this is not the code itself.
    """

    into: str
    type: str
    measures: dict[str, str]
    codes: tuple[str, ...]
    values: dict[str, str]

    @property
    def columns(self) -> dict[tuple[str, str], str]:
        """The name, in `raw.<source>`, of the column of each measure and code."""
        return {
            (measure, code): f"{measure}_{code.lower()}" for measure in self.measures for code in self.codes
        }

    def column_specs(self) -> tuple[ColumnSpec, ...]:
        """The wide columns themselves, as text."""
        return tuple(
            ColumnSpec(name, (self.measures[measure].replace("{}", code),), "text", False)
            for (measure, code), name in self.columns.items()
        )


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
    key: tuple[str, ...] = ()
    repeated: Repeated = Repeated()
    merged: Merged | None = None
    unpivot: Unpivot | None = None
    budget: dict[str, Any] = field(default_factory=dict)
    row_counts: dict[str, Any] = field(default_factory=dict)
    last_day: dict[str, Any] = field(default_factory=dict)
    dated: str = "vintage"
    diffusion: str = "aggregates"
    diffusion_column: str | None = None
    absent_is_zero_from: float | None = None
    hidden_sheets: bool = False
    carries: tuple[str, ...] = ()
    recognised_by: tuple[str, ...] = ()

    @property
    def key_header(self) -> str:
        """The header of the first column of the key, as the file has it; its name when the file has no such column."""
        return next(
            (c.shown for c in self.columns if self.key and c.name == self.key[0]), "".join(self.key[:1])
        )

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
            *_widths(c.get("width")),
            is_vintage=c.get("is_vintage", False),
            is_official=c.get("is_official", False),
        )
        for c in data.get("columns", [])
    )
    sql_name(folder.name, "Le nom de la source", str(folder))
    unpivot = unpivot_spec(data["unpivot"]) if "unpivot" in data else None
    return SourceSpec(
        id=folder.name,
        folder=folder,
        title=data["title"],
        producer=data["producer"],
        licence=data["licence"],
        kind=data.get("kind", "table"),
        row=data.get("row", ""),
        note=data.get("note", ""),
        columns=columns + (unpivot.column_specs() if unpivot else ()),
        ignored_headers=tuple(data.get("ignored_headers", [])),
        footers=tuple(data.get("footers", [])),
        missing=dict(data.get("missing", {})),
        checks=tuple(data.get("checks", [])),
        rank=data.get("rank", 100),
        vintage_pattern=data.get("vintage_pattern"),
        role=data.get("role"),
        key=tuple(data.get("key", [])),
        repeated=Repeated(**data.get("repeated", {})),
        merged=Merged(m["code"], tuple(m["sums"]), m.get("absent", "zero"))
        if (m := data.get("merged"))
        else None,
        unpivot=unpivot,
        budget=dict(data.get("budget", {})),
        row_counts=dict(data.get("row_counts", {})),
        last_day=dict(data.get("last_day", {})),
        dated=data.get("dated", "vintage"),
        diffusion=data.get("diffusion", "aggregates"),
        diffusion_column=data.get("diffusion_column"),
        absent_is_zero_from=data.get("absent_is_zero_from"),
        hidden_sheets=data.get("hidden_sheets", False),
        carries=tuple(data.get("carries", [])),
        recognised_by=tuple(data.get("recognised_by", [])),
    )


def _widths(declared: Any) -> tuple[dict[str, int], str | None]:
    """The widths of a code, and the column that says which is meant."""
    if isinstance(declared, Mapping):
        return dict(declared["widths"]), declared["by"]
    return ({"": declared} if declared else {}), None


def with_layouts(spec: SourceSpec, layouts: Iterable[Mapping[str, Any]]) -> SourceSpec:
    """The source with the headers that the observatory adds to it (`local/headers.toml`): they win over those that it leaves aside,
    and what they leave aside over those that it knows."""
    own = [layout for layout in layouts if layout["source"] == spec.id]
    added = [pair for layout in own for pair in layout.get("headers", {}).items()]
    aside = [header for layout in own for header in layout.get("ignored", [])]
    columns = tuple(
        replace(column, headers=(*column.headers, *(header for header, name in added if name == column.name)))
        for column in spec.columns
    )
    taken = {header.strip().casefold() for header, _ in added}
    ignored = [h for h in (*spec.ignored_headers, *aside) if h.strip().casefold() not in taken]
    return replace(spec, columns=columns, ignored_headers=tuple(dict.fromkeys(ignored)))


def unpivot_spec(declared: Mapping[str, Any]) -> Unpivot:
    """The wide columns of a checked `[unpivot]`."""
    return Unpivot(
        declared["into"],
        declared.get("type", "decimal"),
        dict(declared["measures"]),
        tuple(map(str, declared["codes"])),
        {code: str(value) for code, value in declared.get("values", {}).items()},
    )
