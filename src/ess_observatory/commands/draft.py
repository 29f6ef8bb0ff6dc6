"""`ess draft`: a first comment of a publication, to be read again and rewritten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, PreviousOption, PublicationOption
from ess_observatory.commands.publications import publication_of
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.engine.paths import output_folder, plain_name
from ess_observatory.export.first_comment import draft as drafted
from ess_observatory.export.first_comment import write_draft
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import read_snapshot


def draft(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DOSSIER", help="Dossier où écrire (défaut : reports/<édition>/brouillon)."
        ),
    ] = None,
    publication: PublicationOption = None,
    previous: PreviousOption = None,
    force: Annotated[bool, typer.Option("--force", help="Récrire aussi les fichiers déjà modifiés.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write one file a chapter; a file that someone has changed is kept unless `--force`."""
    project, folder = publication_of(edition, out, publication)
    book = read_publication(folder)
    before = read_snapshot(previous, project) if previous is not None else None
    files = drafted(book, before, read_snapshot(folder) if before else None)
    place = _place(project, str(book.manifest["edition"]), out)
    written, kept = write_draft(files, place, force)
    if as_json:
        names = {"written": [str(path) for path in written], "kept": [str(path) for path in kept]}
        print_json({"ok": True, "command": "draft", **names})
        return
    note(f"{len(written)} fichiers écrits dans {place}")
    for path in kept:
        note(f"gardé tel quel, car modifié : {path.name} (--force pour le récrire)")
    note("→ Relire, récrire, puis copier dans pipelines/texts/fr/<édition>/ ce qui est retenu.")


def _place(project: Project, edition: str, out: Path | None) -> Path:
    """`--out` itself, or the reports of the build that it holds; else those of the edition."""
    if out is not None and not (out / "publication").is_dir():
        return output_folder(project.root, out)
    name = plain_name(edition, "Le nom de l’édition publiée", "manifest.json")
    return output_folder(project.root, Outputs.of(project.root, name, out).reports / "brouillon")
