"""What the verbs share: the options that several of them take, and how an edition is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.engine.paths import output_folder
from ess_observatory.errors import Exit, ObservatoryError

EditionOption = Annotated[
    str | None,
    typer.Option(
        "--edition",
        "-e",
        metavar="ÉDITION",
        help="Nom d’une édition, ou chemin d’un .toml (défaut : celle de référence).",
    ),
]
RawOption = Annotated[
    Path | None,
    typer.Option(
        "--raw",
        metavar="DOSSIER",
        help="Dossier des fichiers bruts, et rien d’autre (défaut : data/raw/<édition>, puis data/raw).",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DOSSIER",
        help="Dossier où tout construire (défaut : data/processed et reports).",
    ),
]
PublicationOption = Annotated[
    Path | None,
    typer.Option(
        "--publication",
        metavar="DOSSIER",
        help="Dossier de publication (défaut : celui de l’édition, ou de --out s’il en contient un).",
    ),
]
PreviousOption = Annotated[
    Path | None,
    typer.Option(
        "--previous",
        metavar="DOSSIER",
        help="Version antérieure : dossier de publication, paquet ou édition.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Résultat en JSON sur la sortie standard.")]


def open_edition(edition: str | None) -> tuple[Project, Edition]:
    """The project and one of its editions, the default one when none is named."""
    project = Project.load()
    return project, project.edition(edition or project.default_edition())


def places(project: Project, edition: Edition, out: Path | None) -> Outputs:
    """Where an edition is built."""
    return Outputs.of(project.root, edition.id, out)


def places_to_build(project: Project, edition: Edition, out: Path | None) -> Outputs:
    """The same, to write there. Raises E182 for a place that cannot be built in."""
    outputs = places(project, edition, None if out is None else output_folder(project.root, out))
    output_folder(project.root, outputs.base)
    output_folder(project.root, outputs.reports)
    return outputs


def expect_suffix(out: Path, suffix: str) -> None:
    """Raise E240 when a file to be written is not named as what it will hold."""
    if out.suffix.lower() != suffix:
        raise ObservatoryError(
            "E240",
            f"Nom de fichier inattendu\u00a0: «\u00a0{out}\u00a0».",
            None,
            f"Donnez un nom en {suffix}.",
            Exit.USAGE,
        )
