"""`ess directory`: the structures that may be named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, places
from ess_observatory.commands.trace import open_built
from ess_observatory.export.directory import write_directory
from ess_observatory.publish.reader import read_publication


def directory(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DOSSIER",
            help="Dossier d’une construction, comme pour ess run (défaut : celle de l’édition).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the page, the CSV and the GeoJSON of the structures."""
    project, loaded = open_edition(edition)
    outputs = places(project, loaded, out)
    with open_built(outputs) as db:
        book = read_publication(outputs.publication)
        count, files = write_directory(db, project, book.manifest, book.map, outputs.reports / "annuaire")
    if as_json:
        print_json(
            {"ok": True, "command": "directory", "structures": count, "files": [str(path) for path in files]}
        )
    else:
        note(f"{count} structures\n" + "\n".join(str(path) for path in files))
