"""Commands that hand a publication over: export, verify, draft, directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, places, print_json
from ess_observatory.errors import Exit

if TYPE_CHECKING:
    from ess_observatory.declare.project import Project

From = Annotated[
    Path | None,
    typer.Option(
        "--publication",
        help="Dossier de publication (défaut : celui de l’édition, ou de --out s’il en contient un).",
    ),
]
Previous = Annotated[
    Path | None,
    typer.Option("--previous", help="Version antérieure : dossier de publication, paquet ou édition."),
]

export_app = typer.Typer(invoke_without_command=True, no_args_is_help=False)


def register(app: typer.Typer) -> None:
    """Add these commands to `ess`."""
    app.add_typer(export_app, name="export", help="Le paquet de données pour la CRESS, et sa vérification.")
    app.command("draft")(draft)
    app.command("directory")(directory)


@export_app.callback()
def export(
    context: typer.Context,
    edition: EditionOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Dossier où écrire le paquet et son zip (défaut : dist).")
    ] = None,
    publication: From = None,
    previous: Previous = None,
    as_json: JsonOption = False,
) -> None:
    """Le paquet de données pour la CRESS : Parquet, CSV, dictionnaire, licence, empreintes."""
    if context.invoked_subcommand is not None:
        return
    from ess_observatory.engine.paths import output_folder
    from ess_observatory.export.package import export_package

    project, folder = _publication(edition, out, publication)
    done = export_package(
        project, folder, output_folder(project.root, out or project.root / "dist"), previous
    )
    if as_json:
        print_json(
            {
                "ok": True,
                "command": "export",
                "rows": done.rows,
                "changes": done.changes,
                "outputs": {"package": str(done.folder), "archive": str(done.archive)},
            }
        )
        return
    from ess_observatory.commands.console import note

    note(f"Paquet  {done.folder}\nZip     {done.archive}")
    if done.changes is not None:
        note(f"Cellules qui diffèrent de la version antérieure : {done.changes} (CHANGELOG.md)")
    note(f"→ Vérifier : ess export verify {done.folder}")


@export_app.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(help="Dossier d’un paquet, ou son zip.")],
    publication: Annotated[
        Path | None,
        typer.Option("--publication", help="Comparer aussi, cellule par cellule, à cette publication."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Vérifier un paquet : empreintes, lignes, schémas, clés, sommes. Sortie 6 si quelque chose ne tient pas."""
    from ess_observatory.export.verify import opened
    from ess_observatory.export.verify import verify as findings_of

    with opened(folder) as package:
        findings = findings_of(package, publication)
    holds = all(finding.holds for finding in findings)
    if as_json:
        print_json({"ok": holds, "command": "export verify", "checks": [f.as_dict() for f in findings]})
    else:
        from ess_observatory.commands.console import note

        for finding in findings:
            note(f"{'✔' if finding.holds else '✘'} {finding.label}")
            for problem in finding.problems[:10]:
                note(f"    {problem}")
            if len(finding.problems) > 10:
                note(f"    … et {len(finding.problems) - 10} autres")
    if not holds:
        raise typer.Exit(int(Exit.INTEGRITY))


def draft(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Dossier où écrire (défaut : reports/<édition>/brouillon)."),
    ] = None,
    publication: From = None,
    previous: Previous = None,
    force: Annotated[bool, typer.Option("--force", help="Récrire aussi les fichiers déjà modifiés.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Un premier commentaire factuel, un fichier par chapitre, à relire et à récrire."""
    from ess_observatory.compared.compare import read_snapshot
    from ess_observatory.export.first_comment import draft as drafted
    from ess_observatory.export.first_comment import write_draft
    from ess_observatory.publish.reader import read_publication

    project, folder = _publication(edition, out, publication)
    book = read_publication(folder)
    before = read_snapshot(previous, project) if previous is not None else None
    files = drafted(book, before, read_snapshot(folder) if before else None)
    place = _reports(project, str(book.manifest["edition"]), out, "brouillon")
    written, kept = write_draft(files, place, force)
    if as_json:
        print_json(
            {
                "ok": True,
                "command": "draft",
                "written": [str(p) for p in written],
                "kept": [str(p) for p in kept],
            }
        )
        return
    from ess_observatory.commands.console import note

    note(f"{len(written)} fichiers écrits dans {place}")
    for path in kept:
        note(f"gardé tel quel, car modifié : {path.name} (--force pour le récrire)")
    note("→ Relire, récrire, puis copier dans pipelines/texts/fr/<édition>/ ce qui est retenu.")


def directory(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Dossier d’une construction, comme pour ess run (défaut : celle de l’édition)."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """L’annuaire des structures qui peuvent être nommées : page, CSV, GeoJSON."""
    from ess_observatory.engine.database import Database
    from ess_observatory.errors import ObservatoryError
    from ess_observatory.export.directory import write_directory
    from ess_observatory.publish.reader import read_publication

    project, loaded = open_edition(edition)
    outputs = places(project, loaded, out)
    if not outputs.database.is_file():
        raise ObservatoryError(
            "E131",
            "Aucune base construite",
            str(outputs.database),
            "Lancez d’abord « ess run ».",
            Exit.MISSING,
        )
    book = read_publication(outputs.publication)
    with Database(outputs.database, read_only=True) as db:
        count, files = write_directory(db, project, book.manifest, book.map, outputs.reports / "annuaire")
    if as_json:
        print_json(
            {"ok": True, "command": "directory", "structures": count, "files": [str(path) for path in files]}
        )
        return
    from ess_observatory.commands.console import note

    note(f"{count} structures\n" + "\n".join(str(path) for path in files))


def _reports(project: Project, edition: str, out: Path | None, name: str) -> Path:
    """Where a document goes: `--out` itself, or the reports of the build that it holds; else `reports/<edition>/<name>`."""
    from ess_observatory.engine.outputs import Outputs

    if out is not None and not (out / "publication").is_dir():
        return out.resolve()
    return Outputs.of(project.root, edition, out).reports / name


def _publication(edition: str | None, out: Path | None, publication: Path | None) -> tuple[Project, Path]:
    """The project and the publication folder to read: the one given, the one under `--out`, else the edition's."""
    from ess_observatory.compared.compare import find_publication
    from ess_observatory.declare.project import Project

    project = Project.load()
    if publication is not None:
        return project, find_publication(publication, project)
    loaded = project.edition(edition or project.default_edition())
    if out is not None and (out / "publication" / "figures.parquet").is_file():
        return project, out / "publication"
    return project, find_publication(loaded.id, project)
