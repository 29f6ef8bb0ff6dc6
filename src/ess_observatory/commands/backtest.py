"""`ess backtest`: a published edition made again from its raw files."""

from __future__ import annotations

from typing import Annotated

import typer

from ess_observatory.commands.compare_view import show_changes
from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, RawOption, open_edition
from ess_observatory.compared.backtest import back_test
from ess_observatory.errors import Exit


def backtest(
    edition: EditionOption = None,
    raw: RawOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="DOSSIER",
            help="Ce qui a été publié : dossier, paquet (défaut : la publication de l’édition).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an edition again and check that nothing has changed (exit 6 otherwise)."""
    project, loaded = open_edition(edition)
    found = back_test(project, loaded, raw, against or loaded.id)
    if as_json:
        print_json(found.as_dict())
    elif found.holds:
        made = found.published
        note(f"✔ {made.edition}, version {made.version} : {len(made.entries)} chiffres identiques")
    else:
        show_changes(found.published, found.remade, found.changes)
    if not found.holds:
        raise typer.Exit(int(Exit.INTEGRITY))
