"""Which publication a verb reads."""

from __future__ import annotations

from pathlib import Path

from ess_observatory.declare.project import Project
from ess_observatory.publish.snapshot import find_publication


def publication_of(edition: str | None, out: Path | None, publication: Path | None) -> tuple[Project, Path]:
    """The project and the publication folder to read: the one given, the one under `--out`, else the edition's."""
    project = Project.load()
    if publication is not None:
        return project, find_publication(publication, project)
    loaded = project.edition(edition or project.default_edition())
    if out is not None and (out / "publication" / "figures.parquet").is_file():
        return project, out / "publication"
    return project, find_publication(loaded.id, project)
