"""Two publications side by side: every figure that changed, appeared or disappeared."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.project import Project, find_root
from ess_observatory.engine.outputs import Outputs, settle
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.tables import MARK_OF_STATUS, SIGN_OF_STATUS
from ess_observatory.words.numbers import MINUS, format_value

CHANGED, APPEARED, DISAPPEARED = "changed", "appeared", "disappeared"
WORDS = {CHANGED: "modifié", APPEARED: "apparu", DISAPPEARED: "disparu"}
REASON_BREAK = " ; "
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Entry:
    """A published figure, alone: what is needed to compare it."""

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

    `files`: sha256 of the raw files of each source (unknown for a package). `revisions`: the reasons that the edition declares.
    """

    path: Path
    edition: str
    version: str
    is_synthetic: bool
    entries: dict[str, Entry] = field(repr=False)
    perimeter: str = ""
    files: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    revisions: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Change:
    """One figure that is not the same in A and in B. A value is None when it is not shown, or not there."""

    figure_id: str
    kind: str
    table_id: str
    table_number: str
    label: str
    unit: str
    decimals: int
    value_a: float | None
    value_b: float | None
    difference: float | None
    status_a: str | None
    status_b: str | None
    obs_status_a: str | None
    obs_status_b: str | None
    conf_status_a: str | None
    conf_status_b: str | None
    break_in_series: str | None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return asdict(self)

    @property
    def shown_a(self) -> str:
        """A as printed: the value or its sign, « – » when the figure is not there."""
        return self._shown(self.value_a, self.status_a)

    @property
    def shown_b(self) -> str:
        """B as printed."""
        return self._shown(self.value_b, self.status_b)

    @property
    def shown_difference(self) -> str:
        """B minus A as printed, with its sign; a difference of percentages is in points."""
        if self.difference is None:
            return "–"
        text = format_value(self.difference, None if self.unit == "%" else self.unit, self.decimals)
        return text if self.difference <= 0 or text.startswith(("+", MINUS)) else f"+{text}"

    def _shown(self, value: float | None, status: str | None) -> str:
        if status is None:
            return "–"
        text = format_value(value, self.unit, self.decimals) if value is not None else ""
        return " ".join(part for part in (text, f"({status})" if text and status else status) if part)


def compare(a: Snapshot, b: Snapshot, breaks: Breaks | None = None) -> list[Change]:
    """Every figure whose value or status differs between `a` and `b`: those of `a` in print order, then the new ones.

    `breaks`: the declared breaks in series (`Breaks.load`), which give their words to the reasons.
    """
    breaks = breaks or Breaks.load(None)
    changes = []
    for figure_id in dict.fromkeys([*a.entries, *b.entries]):
        before, after = a.entries.get(figure_id), b.entries.get(figure_id)
        if not (before and after and _same(before, after)):
            changes.append(_change(a, b, before, after, breaks))
    return changes


def _same(before: Entry, after: Entry) -> bool:
    x, y = before.value, after.value
    same_value = x is y if x is None or y is None else abs(x - y) <= _TOLERANCE * max(1.0, abs(x), abs(y))
    return same_value and (before.obs_status, before.conf_status) == (after.obs_status, after.conf_status)


def _change(a: Snapshot, b: Snapshot, before: Entry | None, after: Entry | None, breaks: Breaks) -> Change:
    known = after or before
    assert known is not None
    x, y = before.value if before else None, after.value if after else None
    broken = break_between(a, b, before, after, breaks) if before and after else None
    return Change(
        figure_id=known.figure_id,
        kind=CHANGED if before and after else APPEARED if after else DISAPPEARED,
        table_id=known.table_id,
        table_number=known.table_number,
        label=known.label,
        unit=known.unit,
        decimals=known.decimals,
        value_a=x,
        value_b=y,
        difference=None if x is None or y is None or broken else y - x,
        status_a=before.status if before else None,
        status_b=after.status if after else None,
        obs_status_a=before.obs_status if before else None,
        obs_status_b=after.obs_status if after else None,
        conf_status_a=before.conf_status if before else None,
        conf_status_b=after.conf_status if after else None,
        break_in_series=broken,
        reason=None if broken else _revision(a, b, known),
    )


def break_between(a: Snapshot, b: Snapshot, before: Entry, after: Entry, breaks: Breaks) -> str | None:
    """Why two values of a figure do not compare: another unit, other sources, another perimeter; None when they do."""
    if before.unit != after.unit:
        return f"unité : {before.unit or 'sans'} puis {after.unit or 'sans'}"
    if after.obs_status == "B":
        return "rupture de série déclarée"
    told = [
        breaks.of_sources(before.sources, after.sources),
        breaks.of_perimeters(a.perimeter, b.perimeter, before.sources | after.sources),
    ]
    return REASON_BREAK.join(reason for reason in told if reason) or None


def _revision(a: Snapshot, b: Snapshot, figure: Entry) -> str | None:
    """Why a figure of the same edition is not what it was: the declared reason, else what is known to have moved."""
    if a.edition != b.edition:
        return None
    for declared in b.revisions:
        if any(fnmatchcase(figure.figure_id, pattern) for pattern in declared["figures"]):
            return str(declared["reason"])
    if not (a.files and b.files):
        return None
    revised = sorted(s for s in figure.sources if a.files.get(s) != b.files.get(s))
    return f"fichiers révisés : {', '.join(revised)}" if revised else "règle, requête ou programme modifié"


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
    for figure in publication.figures():
        table, column, cell = figure.table, figure.column, figure.cell
        entries[figure.id] = Entry(
            figure_id=figure.id,
            table_id=table.id,
            table_number=table.number,
            label=figure.row.label if len(table.columns) == 1 else f"{figure.row.label} – {column.label}",
            unit=cell.unit if cell.unit is not None else column.unit,
            decimals=cell.decimals if cell.decimals is not None else column.decimals,
            value=cell.value,
            obs_status=cell.obs_status,
            conf_status=cell.conf_status,
            sources=sources.get(figure.id, frozenset()),
        )
    manifest = publication.manifest
    return Snapshot(
        folder,
        str(manifest["edition"]),
        str(manifest["version"]),
        bool(manifest.get("synthetic")),
        entries,
        str(manifest.get("perimeter", "")),
        {s["id"]: frozenset(f["sha256"] for f in s["files"]) for s in manifest.get("sources", ())},
        tuple(manifest.get("revisions", ())),
    )


def _of_package(folder: Path) -> Snapshot:
    """The first data set of a package is the whole of its figures."""
    import pyarrow.parquet as pq

    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    rows = pq.read_table(folder / described["resources"][0]["path"]).to_pylist()
    columns = {(row["table_id"], row["column_code"]) for row in rows}
    alone = {table for table, _ in columns if sum(table == other for other, _ in columns) == 1}
    entries = {
        row["figure_id"]: Entry(
            figure_id=row["figure_id"],
            table_id=row["table_id"],
            table_number=row["table_number"],
            label=row["row_label"]
            if row["table_id"] in alone
            else f"{row['row_label']} – {row['column_label']}",
            unit=row["unit"] or "",
            decimals=row["decimals"],
            value=row["value"],
            obs_status=row["obs_status"],
            conf_status=row["conf_status"],
            sources=frozenset((row["sources"] or "").split(",")) - {""},
        )
        for row in rows
    }
    return Snapshot(folder, described["edition"], described["version"], described["synthetic"], entries)
