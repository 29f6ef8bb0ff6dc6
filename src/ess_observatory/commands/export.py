"""`ess export` and `ess export verify`: the package for the CRESS, and the check of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    PreviousOption,
    PublicationOption,
)
from ess_observatory.commands.publications import publication_of
from ess_observatory.engine.paths import output_folder
from ess_observatory.errors import Exit
from ess_observatory.export.package import export_package
from ess_observatory.export.verify import opened
from ess_observatory.export.verify import verify as findings_of


def export(
    context: typer.Context,
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DOSSIER", help="Dossier où écrire le paquet et son zip (défaut : dist)."
        ),
    ] = None,
    publication: PublicationOption = None,
    previous: PreviousOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the package and its zip, when no other verb follows."""
    if context.invoked_subcommand is not None:
        return
    project, folder = publication_of(edition, out, publication)
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
    note(f"Paquet  {done.folder}\nZip     {done.archive}")
    if done.changes is not None:
        note(f"Cellules qui diffèrent de la version antérieure : {done.changes} (CHANGELOG.md)")
    note(f"→ Vérifier : ess export verify {done.folder}")


def verify(
    folder: Annotated[Path, typer.Argument(metavar="PAQUET", help="Dossier d’un paquet, ou son zip.")],
    publication: Annotated[
        Path | None,
        typer.Option(
            "--publication",
            metavar="DOSSIER",
            help="Comparer aussi, cellule par cellule, à cette publication.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a package: hashes, rows, schemas, keys, sums (exit 6 when something does not hold)."""
    with opened(folder) as package:
        findings = findings_of(package, publication)
    holds = all(finding.holds for finding in findings)
    if as_json:
        print_json({"ok": holds, "command": "export verify", "checks": [f.as_dict() for f in findings]})
    else:
        for finding in findings:
            note(f"{'✔' if finding.holds else '✘'} {finding.label}")
            for problem in finding.problems[:10]:
                note(f"    {problem}")
            if len(finding.problems) > 10:
                note(f"    … et {len(finding.problems) - 10} autres")
    if not holds:
        raise typer.Exit(int(Exit.INTEGRITY))
