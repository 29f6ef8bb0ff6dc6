"""What the commands share: the options that several of them take, how an edition is opened, and how data are printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ess_observatory.declare.project import Edition, Project
    from ess_observatory.engine.outputs import Outputs

EditionOption = Annotated[
    str | None,
    typer.Option(
        "--edition", "-e", help="Nom d’une édition, ou chemin d’un .toml (défaut : celle de référence)."
    ),
]
RawOption = Annotated[
    Path | None,
    typer.Option(
        "--raw",
        help="Dossier des fichiers bruts, et rien d’autre (défaut : data/raw/<édition>, puis data/raw).",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Dossier où tout construire (défaut : data/processed et reports)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Résultat en JSON sur la sortie standard.")]


def open_edition(edition: str | None) -> tuple[Project, Edition]:
    """The project and one of its editions, the default one when none is named."""
    from ess_observatory.declare.project import Project

    project = Project.load()
    return project, project.edition(edition or project.default_edition())


def places(project: Project, edition: Edition, out: Path | None) -> Outputs:
    """Where an edition is built."""
    from ess_observatory.engine.outputs import Outputs

    return Outputs.of(project.root, edition.id, out)


def places_to_build(project: Project, edition: Edition, out: Path | None) -> Outputs:
    """The same, to write there. Raises E172 for a place that cannot be built in."""
    from ess_observatory.engine.paths import output_folder

    outputs = places(project, edition, None if out is None else output_folder(project.root, out))
    output_folder(project.root, outputs.base)
    output_folder(project.root, outputs.reports)
    return outputs


def print_json(data: Any) -> None:
    """Data for a program, on stdout."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str))
