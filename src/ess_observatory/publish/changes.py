"""`changes.json`: a few lines on what changed since the edition before, what does not compare and why, what was revised.

Made from two publications alone, when this one is written; pages and workbooks print the lines as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.declare.project import Project
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.change_lines import LINES, Line, declared_revisions, lines_of
from ess_observatory.publish.evolution import evolutions
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import Snapshot, read_snapshot, snapshot_of
from ess_observatory.publish.write import write_json
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.words.typography import french

CHANGES = "changes.json"


@dataclass(frozen=True)
class Before:
    """The edition before one: its name and its year, and the publication or the package found of it.

    `edition`: empty when there is none, so that this one is the first; `year`: 0 where it is not known. `is_declared`: whether `previous` names it.
    """

    edition: str = ""
    year: int = 0
    folder: Path | None = None
    is_declared: bool = False

    @property
    def files(self) -> list[Path]:
        """The files that hold its figures and what is said of them."""
        if self.folder is None:
            return []
        return sorted(
            path
            for pattern in ("*.json", "figures.parquet", "data/*.parquet")
            for path in self.folder.glob(pattern)
        )


def write_changes(project: Project, before: Before, folder: Path) -> list[Verdict]:
    """Write the block of a publication that has just been written; a verdict warns when the edition before is not found."""
    book = read_publication(folder)
    former, trouble = _former(project, before)
    heading = ("Ce qui a changé", "What changed")
    if former is not None:
        since = _since(former, str(book.manifest["year"]))
        heading = (f"Ce qui a changé depuis l’édition {since}", f"What changed since the {since} edition")
    surveys = frozenset(spec.id for spec in project.sources.values() if spec.kind == "survey")
    now = snapshot_of(book)
    if former is not None:
        keys = [
            item["figure"] if isinstance(item, dict) else item for item in book.texts.get("key_figures", ())
        ]
        breaks, moves = Breaks.load(project.pipelines), CommuneMoves.load(project.pipelines)
        found = evolutions(former, now, breaks, moves, keys, surveys)
        lines = lines_of(found, now, book, read_publication(folder, "en"))
    else:
        lines = [_alone(before, trouble), *declared_revisions(now)][:LINES]
    status = "compared" if former is not None else "missing" if before.edition else "first"
    write_json(
        folder / CHANGES,
        {
            "status": status,
            "since": before.edition or None,
            "heading": french(heading[0]),
            "heading_en": heading[1],
            "lines": [line.as_dict() for line in lines],
        },
    )
    if status == "first":
        return []
    label = "L’édition précédente est retrouvée"
    lost = f"aucune publication de « {before.edition} » : construisez-la, ou posez son paquet (« ess export ») dans data/processed/{before.edition}/"
    severity = "warn" if before.is_declared else "info"
    return [
        verdict(
            "previous", "publication", label, severity, status != "missing", trouble or lost, public=False
        )
    ]


def _former(project: Project, before: Before) -> tuple[Snapshot | None, str]:
    """The former edition, or why it cannot be read."""
    if before.folder is None:
        return None, ""
    try:
        return read_snapshot(before.folder, project), ""
    except ObservatoryError as error:
        return None, f"{before.folder} : {error.code} {error.what}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return None, f"{before.folder} ne se lit pas ({type(error).__name__})"


def _since(former: Snapshot, year: str) -> str:
    return str(former.year) if str(former.year) != year else f"{former.edition} ({former.version})"


def _alone(before: Before, trouble: str) -> Line:
    """Why nothing is compared: there is no edition before, or it is not there, or it cannot be read."""
    if not before.edition:
        return Line(
            "first",
            "Première édition : la comparaison commencera avec la suivante.",
            "First edition: the comparison will start with the next one.",
        )
    fr, en = (
        ("n’a pas pu être lue", "could not be read")
        if trouble
        else ("n’a pas été retrouvée", "was not found")
    )
    return Line(
        "lost",
        f"La publication de l’édition précédente ({before.year or before.edition}) {fr} : ce qui a changé depuis n’est pas dit.",
        f"The publication of the previous edition ({before.year or before.edition}) {en}: what changed since is not said.",
    )
