"""`ess series`: several editions side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json, say
from ess_observatory.commands.options import JsonOption
from ess_observatory.compared.series import side_by_side, write_series
from ess_observatory.declare.breaks import Breaks
from ess_observatory.declare.commune_moves import CommuneMoves
from ess_observatory.declare.project import Project
from ess_observatory.engine.paths import output_folder
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import find_publication


def series(
    editions: Annotated[
        list[str],
        typer.Argument(
            metavar="PUBLICATIONS",
            help="Deux publications ou plus : dossiers, ou noms d’éditions construites.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DOSSIER", help="Dossier où écrire (défaut : reports/series)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the page, the workbook and the data of several editions, with their breaks in series."""
    project = Project.load()
    books = [read_publication(find_publication(name, project)) for name in editions]
    surveys = frozenset(spec.id for spec in project.sources.values() if spec.kind == "survey")
    book = side_by_side(books, Breaks.load(project.pipelines), CommuneMoves.load(project.pipelines), surveys)
    place = output_folder(project.root, out or project.root / "reports" / "series")
    files = [str(path) for path in write_series(book, place)]
    if as_json:
        warnings = [check["detail"] for check in book.checks]
        print_json(
            {
                "ok": True,
                "command": "series",
                "tables": len(book.tables),
                "files": files,
                "warnings": warnings,
            }
        )
    else:
        for check in book.checks:
            say(f"⚠ {check['label']} : {check['detail']}")
        note(f"{len(book.tables)} tableaux, {len(editions)} éditions\n" + "\n".join(files))
