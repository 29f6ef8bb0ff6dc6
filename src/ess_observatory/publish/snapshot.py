"""The figures of a publication or of a package, alone: what is needed to compare them with those of another."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Project, find_root
from ess_observatory.engine.outputs import Outputs, settle
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.tables import MARK_OF_STATUS, SIGN_OF_STATUS


@dataclass(frozen=True)
class Entry:
    """A published figure, alone: what is needed to compare it.

    `chapter`: empty in a table of method. `concept`: what it counts and of which category, `date`: the day or the year that it is
    about, in words; both where the publication says so.
    """

    figure_id: str
    table_id: str
    table_number: str
    label: str
    unit: str
    decimals: int
    value: float | None
    obs_status: str
    conf_status: str
    sources: frozenset[str]
    row_label: str = ""
    column_label: str = ""
    row_kind: str = "data"
    chapter: str = ""
    interval: tuple[float, float] | None = None
    base_n: int | None = None
    concept: tuple[str, str] | None = None
    date: str = ""

    @property
    def is_shown(self) -> bool:
        """Whether its number is printed."""
        return self.value is not None and self.conf_status == "F" and self.obs_status not in SIGN_OF_STATUS

    @property
    def status(self) -> str:
        """Its sign or reserve, '' when it is shown without reserve."""
        if self.conf_status != "F":
            return "s"
        return (
            SIGN_OF_STATUS.get(self.obs_status)
            or MARK_OF_STATUS.get(self.obs_status)
            or ("" if self.value is not None else "nd")
        )


@dataclass(frozen=True)
class Snapshot:
    """The figures of a publication or of a package, in print order, and what tells why they may differ from others.

    `files`, `vintages`, `labels` (French, English): those of the sources that were read. `communes`: codes of the territory, empty
    where they are not known. `nomenclature`: that of most activity codes of the registers, empty where it is not
    told. `revisions`: the reasons that the edition declares.
    """

    path: Path
    edition: str
    version: str
    is_synthetic: bool
    entries: dict[str, Entry] = field(repr=False)
    year: int = 0
    territory: str = ""
    communes: frozenset[str] = field(default=frozenset(), repr=False)
    perimeter: str = ""
    nomenclature: str = ""
    files: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    vintages: dict[str, int | None] = field(default_factory=dict, repr=False)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    revisions: tuple[dict[str, Any], ...] = ()


def read_snapshot(name_or_path: str | Path, project: Project | None = None) -> Snapshot:
    """The figures that a name stands for: a publication folder, a build that holds one, a package, or an edition.

    Raises E130 when there is none.
    """
    path = Path(name_or_path)
    if (path / "datapackage.json").is_file():
        return _of_package(path)
    return _of_publication(find_publication(name_or_path, project))


def find_publication(name_or_path: str | Path, project: Project | None = None) -> Path:
    """The publication folder that a name stands for: a folder, a build that holds one, or the name of an edition.

    Raises E130 when there is none.
    """
    path = Path(name_or_path)
    for folder in (path, path / "publication"):
        if (folder / "figures.parquet").is_file():
            return folder
    root = project.root if project else find_root()
    outputs = Outputs.of(root, path.stem if path.suffix == ".toml" else str(name_or_path), None)
    if outputs.base.is_dir():
        settle(outputs)
    if (outputs.publication / "figures.parquet").is_file():
        return outputs.publication
    raise ObservatoryError(
        "E130",
        f"Aucune publication pour « {name_or_path} »",
        str(path.resolve() if path.exists() else outputs.publication),
        "Donnez un dossier de publication, ou le nom d’une édition construite (« ess run »).",
        Exit.MISSING,
    )


def _of_publication(folder: Path) -> Snapshot:
    return snapshot_of(read_publication(folder))


def snapshot_of(publication: Publication) -> Snapshot:
    """The figures of a publication that is already read."""
    import pyarrow.parquet as pq

    folder = publication.dir
    rows = pq.read_table(folder / "figures.parquet", columns=["figure_id", "sources"]).to_pylist()
    sources = {row["figure_id"]: frozenset(row["sources"] or ()) for row in rows}
    entries = {}
    concepts, made = _concepts(publication.concepts), _made_from(publication.concepts)
    for figure in publication.figures():
        table, column, cell = figure.table, figure.column, figure.cell
        entries[figure.id] = Entry(
            figure_id=figure.id,
            table_id=table.id,
            table_number=table.number,
            label=_label(len(table.columns) == 1, figure.row.label, column.label),
            unit=cell.unit if cell.unit is not None else column.unit,
            decimals=cell.decimals if cell.decimals is not None else column.decimals,
            value=cell.value,
            obs_status=cell.obs_status,
            conf_status=cell.conf_status,
            sources=_narrowed(sources.get(figure.id, frozenset()), figure.id, made),
            row_label=figure.row.label,
            column_label=column.label,
            row_kind=figure.row.kind,
            chapter="" if table.is_method else str(table.chapter),
            interval=cell.interval,
            base_n=cell.base_n,
            **concepts.get(figure.id, {}),
        )
    return _snapshot(folder, publication.manifest, entries)


def _snapshot(folder: Path, manifest: dict[str, Any], entries: dict[str, Entry]) -> Snapshot:
    """`manifest`: that of a publication, or what a package keeps of it."""
    territory = manifest.get("territory") or {}
    read = [source for source in manifest.get("sources", ()) if source["files"]]
    return Snapshot(
        folder,
        str(manifest["edition"]),
        str(manifest["version"]),
        bool(manifest.get("synthetic")),
        entries,
        year=int(manifest["year"]),
        territory=str(territory.get("code", "") if isinstance(territory, dict) else territory),
        communes=frozenset(territory.get("communes", ()) if isinstance(territory, dict) else ()),
        perimeter=str(manifest.get("perimeter", "")),
        nomenclature=str(manifest.get("nomenclature") or ""),
        files={source["id"]: frozenset(file["sha256"] for file in source["files"]) for source in read},
        vintages={source["id"]: source.get("vintage") for source in read},
        labels={
            source["id"]: (source["label"], source.get("label_en") or source["label"]) for source in read
        },
        revisions=tuple(manifest.get("revisions", ())),
    )


def _concepts(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Figure → what it counts and when."""
    return {
        figure: {"concept": (concept, category), "date": str(known.get("date") or "")}
        for concept, known in (told.get("concepts") or {}).items()
        for figure, category in known["figures"].items()
    }


def _made_from(told: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Figure → the sources that its concept is made from, where that is told."""
    return {
        figure: frozenset(known["made_from"])
        for known in (told.get("concepts") or {}).values()
        for figure in known["figures"]
        if known.get("made_from")
    }


def _narrowed(sources: frozenset[str], figure: str, made: dict[str, frozenset[str]]) -> frozenset[str]:
    """Those of the sources of a table that a figure is made from; all of them where that is not told."""
    return sources & made.get(figure, sources) or sources


def _label(is_alone: bool, row: str, column: str) -> str:
    return row if is_alone else f"{row} – {column}"


def _of_package(folder: Path) -> Snapshot:
    """The first data set of a package is the whole of its figures; its description keeps what tells how they compare."""
    import pyarrow.parquet as pq

    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    rows = pq.read_table(folder / described["resources"][0]["path"]).to_pylist()
    kept = described.get("publication", {})
    concepts, made = _concepts(kept), _made_from(kept)
    columns: dict[str, set[str]] = {}
    for row in rows:
        columns.setdefault(row["table_id"], set()).add(row["column_code"])
    entries = {
        row["figure_id"]: Entry(
            figure_id=row["figure_id"],
            table_id=row["table_id"],
            table_number=row["table_number"],
            label=_label(len(columns[row["table_id"]]) == 1, row["row_label"], row["column_label"]),
            unit=row["unit"] or "",
            decimals=row["decimals"],
            value=row["value"] if row["conf_status"] == "F" else None,
            obs_status=row["obs_status"],
            conf_status=row["conf_status"],
            sources=_narrowed(frozenset((row["sources"] or "").split(",")) - {""}, row["figure_id"], made),
            row_label=row["row_label"],
            column_label=row["column_label"],
            row_kind=row["row_kind"],
            chapter=row["chapter"],
            interval=None
            if row["ci_low"] is None or row["ci_high"] is None
            else (row["ci_low"], row["ci_high"]),
            base_n=row["base_n"],
            **concepts.get(row["figure_id"], {}),
        )
        for row in rows
    }
    manifest = {key: described[key] for key in ("edition", "version", "synthetic", "year")}
    return _snapshot(folder, manifest | kept, entries)
