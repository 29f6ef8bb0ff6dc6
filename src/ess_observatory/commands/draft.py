"""`ess draft`: the commentary of a publication with its values, for whoever reads it again and corrects it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, PreviousOption, PublicationOption
from ess_observatory.commands.publications import publication_of
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.project import Project
from ess_observatory.engine.outputs import Outputs
from ess_observatory.engine.paths import output_folder, plain_name
from ess_observatory.export.commentary import commentary, kept_or_written, text_template
from ess_observatory.export.commentary_files import MARKDOWN, WORD, markdown, word
from ess_observatory.publish.comparison import Change, compare
from ess_observatory.publish.publication import Publication
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import read_snapshot, snapshot_of


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
    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Pour qui écrit les textes : un fichier par chapitre, avec les emplacements des chiffres.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Récrire aussi les fichiers déjà modifiés.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the commentary for Word and in Markdown; a file that someone has changed is kept unless `--force`."""
    project, folder = publication_of(edition, out, publication)
    book = read_publication(folder)
    changes = _changes(project, book, previous)
    if template:
        files = {name: text.encode() for name, text in text_template(book, changes).items()}
    else:
        blocks = commentary(book, project, changes)
        files = {WORD: word(blocks, int(book.manifest["year"])), MARKDOWN: markdown(blocks)}
    place = _place(project, str(book.manifest["edition"]), out)
    written, kept = kept_or_written(files, place, force)
    if as_json:
        names = {"written": [str(path) for path in written], "kept": [str(path) for path in kept]}
        print_json({"ok": True, "command": "draft", **names})
        return
    for path in written:
        note(f"écrit : {path}")
    for path in kept:
        note(f"gardé tel quel, car différent : {path} (--force pour le récrire)")
    if template:
        note("→ Relire, récrire, puis copier dans pipelines/texts/fr/<édition>/ ce qui est retenu.")
    else:
        note("→ À relire dans Word : chaque paragraphe porte en marge le fichier où reporter sa correction.")


def _changes(project: Project, book: Publication, previous: Path | None) -> dict[str, list[Change]]:
    """Table → its figures that are not those of an earlier publication; nothing when none is named."""
    found: dict[str, list[Change]] = {}
    if previous is not None:
        before = read_snapshot(previous, project)
        for change in compare(before, snapshot_of(book), Breaks.load(project.pipelines)):
            found.setdefault(change.table_id, []).append(change)
    return found


def _place(project: Project, edition: str, out: Path | None) -> Path:
    """`--out` itself, or the reports of the build that it holds; else those of the edition."""
    if out is not None and not (out / "publication").is_dir():
        return output_folder(project.root, out)
    name = plain_name(edition, "Le nom de l’édition publiée", "manifest.json")
    return output_folder(project.root, Outputs.of(project.root, name, out).reports / "brouillon")
