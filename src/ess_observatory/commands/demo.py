"""`ess demo`: the raw files of a synthetic edition, written by the generator that stays in the repository."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, open_edition
from ess_observatory.errors import Exit, ObservatoryError

#: Where the generator lies in a checkout: beside `src/`, never in the project that one works on.
TOOLS = Path(__file__).resolve().parents[3] / "tools"


def demo(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DOSSIER", help="Dossier où écrire (défaut : data/raw/<édition>)."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="ENTIER", help="Graine du tirage (défaut : celle de la recette)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the raw files of a synthetic edition; raises E171 where the generator is not there."""
    if not (TOOLS / "demo" / "__init__.py").is_file():
        raise ObservatoryError(
            "E171",
            "Le générateur de l’édition de démonstration n’est pas installé",
            str(TOOLS.parent),
            "Lancez « make demo » depuis le dépôt d’ess_observatory, où se trouve tools/demo.",
            Exit.MISSING,
        )
    sys.path.insert(0, str(TOOLS))
    project, loaded = open_edition(edition)
    place = out or project.root / "data" / "raw" / loaded.id
    written = import_module("demo").write_demo(project.root, loaded.id, place, seed)
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in written]})
    else:
        note("\n".join(map(str, written)))
