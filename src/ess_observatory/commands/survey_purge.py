"""`ess survey purge`: who answered is erased from what was built."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.commands.messages import print_json, say
from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, places
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.survey.privacy import purge as erase
from ess_observatory.words.numbers import format_number


def purge(
    edition: EditionOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DOSSIER", help="Dossier de la construction (défaut\u00a0: data/processed)."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Confirmer\u00a0: l’effacement est définitif.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase names and SIRET from the database that is built; asks for `--yes`, since nothing brings them back."""
    project, loaded = open_edition(edition)
    codebook = load_codebook(project.questionnaire)
    outputs = places(project, loaded, out)
    if not yes:
        raise ObservatoryError(
            "E238",
            "La purge est définitive et n’a pas été confirmée.",
            str(outputs.database),
            "Relancez avec --yes.",
            Exit.USAGE,
        )
    source = next((spec.id for spec in project.sources.values() if spec.kind == "survey"), None)
    if source is None:
        raise ObservatoryError(
            "E239", "Le projet ne déclare pas d’enquête.", fix="Rien à purger.", exit_code=Exit.USAGE
        )
    done = erase(outputs, codebook, source)
    if as_json:
        print_json(
            {
                "ok": True,
                "identity_answers": done.answers,
                "raw_cells": done.cells,
                "respondents": done.respondents,
                "refused_values": done.refused,
                "columns": done.tables,
                "files": done.files,
            }
        )
        return
    say(
        "Il n’y avait plus rien à effacer."
        if done.is_empty
        else f"Effacé de {outputs.database}\u00a0: {_count(done.answers, 'réponse')} d’identité, "
        f"{_count(done.cells, 'cellule')} lues, {_count(done.respondents, 'SIRET', '')} de répondants, "
        f"{_count(done.refused, 'valeur')} du registre des refus."
    )
    for name in done.files:
        say(f"Supprimé\u00a0: {name} (l’identité de répondants pouvait s’y lire).")
    say("Les réponses, les tableaux et la publication n’ont pas changé.")
    say(
        "Les fichiers reçus (dossier des données brutes) restent à effacer par vous\u00a0; « ess run » relirait leur contenu."
    )


def _count(number: int, word: str, plural: str = "s") -> str:
    return f"{format_number(number)} {word}{plural if number > 1 else ''}"
