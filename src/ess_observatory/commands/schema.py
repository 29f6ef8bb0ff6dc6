"""`ess schema`: JSON Schemas of the declared files, and the page that tells their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import JsonOption
from ess_observatory.declare.project import find_root
from ess_observatory.declare.schemas import write_schemas


def schema(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DOSSIER", help="Dossier où les écrire (défaut : docs du projet)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the schemas and the page, and say where."""
    written = write_schemas(find_root(), out)
    if as_json:
        print_json({"ok": True, "outputs": [str(path) for path in written]})
    else:
        note(f"{len(written)} fichiers dans {written[-1].parent}")
