"""`ess report`: the workbook and the page made again from a publication."""

from __future__ import annotations

import inspect
from collections.abc import Callable
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
    places_to_build,
)
from ess_observatory.engine.outputs import building, put_in_place
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.steps import render
from ess_observatory.render.formats import FORMATS
from ess_observatory.render.template_workbook import template_of
from ess_observatory.words.labels import LANGUAGES

#: Formats that are written when they are asked for: each is an option of its own.
_ASKED = [form for form in FORMATS if not form.is_always]


def _report(
    edition: EditionOption = None,
    raw: RawOption = None,
    out: OutOption = None,
    lang: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="LANGUE",
            help="en : écrit aussi en anglais la page, le classeur et ce qui est demandé.",
        ),
    ] = "fr",
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="FICHIER",
            help="Classeur .xlsx à remplir aussi (défaut : reports/templates/classeur.xlsx, s’il y est).",
        ),
    ] = None,
    as_json: JsonOption = False,
    **asked: bool,
) -> None:
    """Render a publication that is already built, in place of the last reports."""
    if lang not in LANGUAGES:
        raise Misuse(f"Langue inconnue : « {lang} ». Langues connues : {', '.join(LANGUAGES)}.")
    project, loaded = open_edition(edition)
    outputs = places_to_build(project, loaded, out)
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
        languages = dict.fromkeys(("fr", lang))
        model = template or template_of(project.root, loaded.declared_id)
        written, lost = render(scratch, languages, [name for name, wanted in asked.items() if wanted], model)
        put_in_place(scratch, outputs, ["reports"])
    for what in lost:
        say(f"Modèle de classeur : {what} du modèle n’est pas dans la copie remplie")
    places_of = {name: str(outputs.reports / path.name) for name, path in written.items()}
    if as_json:
        print_json({"ok": True, "outputs": places_of})
    else:
        labels = {form.name: form.label for form in FORMATS} | {"filled": "Modèle"}
        note("\n".join(f"{labels[name.partition('_')[0]]:<10} {path}" for name, path in places_of.items()))


def _with_formats(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one option a format."""
    signature = inspect.signature(command, eval_str=True)
    own = [param for param in signature.parameters.values() if param.kind is not param.VAR_KEYWORD]
    options = [
        inspect.Parameter(
            form.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[bool, typer.Option(f"--{form.name}", help=form.help)],
        )
        for form in _ASKED
    ]
    command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return command


report = _with_formats(_report)
