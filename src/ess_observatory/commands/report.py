"""`ess report`: the workbook and the page made again from a publication."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.group import Misuse
from ess_observatory.commands.messages import note, print_json, say
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places,
)
from ess_observatory.engine.outputs import building, put_in_place
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.steps import render
from ess_observatory.render.extras import render_extras
from ess_observatory.render.template_workbook import template_of
from ess_observatory.words.labels import LANGUAGES


def report(
    edition: EditionOption = None,
    raw: RawOption = None,
    out: OutOption = None,
    lang: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="LANGUE",
            help="en : écrit aussi la page, le classeur et le PDF demandé en anglais.",
        ),
    ] = "fr",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Aussi un PDF de la page (par Chromium ou WeasyPrint).")
    ] = False,
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="FICHIER",
            help="Classeur .xlsx à remplir aussi (défaut : reports/templates/classeur.xlsx, s’il y est).",
        ),
    ] = None,
    ods: Annotated[bool, typer.Option("--ods", help="Aussi le classeur en .ods (par LibreOffice).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Render a publication that is already built, in place of the last reports."""
    if lang not in LANGUAGES:
        raise Misuse(f"Langue inconnue : « {lang} ». Langues connues : {', '.join(LANGUAGES)}.")
    project, loaded = open_edition(edition)
    outputs = places(project, loaded, out)
    if not outputs.publication.is_dir():
        raise ObservatoryError(
            "E130",
            "Aucune publication à mettre en page",
            str(outputs.publication),
            "Lancez d’abord « ess publish » (ou « ess run »).",
            Exit.MISSING,
        )
    with building(outputs) as scratch:
        (scratch.base / "publication").symlink_to(outputs.publication, target_is_directory=True)
        model = template or template_of(project.root, loaded.declared_id)
        lost = render(scratch, model)
        book = scratch.workbook if ods else None
        extras = render_extras(scratch.publication, scratch.reports, lang=lang, pdf=pdf, ods=book)
        put_in_place(scratch, outputs, ["reports"])
    others = {kind: str(outputs.reports / path.name) for kind, path in extras.items()}
    if model is not None:
        others["filled"] = str(outputs.filled(model))
    for what in lost:
        say(f"Modèle de classeur : {what} du modèle n’est pas dans la copie remplie")
    if as_json:
        written = {"workbook": str(outputs.workbook), "page": str(outputs.page), **others}
        print_json({"ok": True, "outputs": written})
    else:
        note("\n".join([f"Classeur  {outputs.workbook}", f"Page      {outputs.page}", *others.values()]))
