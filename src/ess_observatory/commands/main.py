"""The command line `ess`: parse, call, print. Data on stdout, messages on stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ess_observatory.commands import build as cli_build
from ess_observatory.commands import editions as cli_editions
from ess_observatory.commands import export as cli_export
from ess_observatory.commands import new as cli_new
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places,
    print_json,
)
from ess_observatory.commands.secrecy import secrecy
from ess_observatory.commands.survey import survey_app
from ess_observatory.errors import Exit, ObservatoryError

app = typer.Typer(
    name="ess",
    help="Observatoire de l’économie sociale et solidaire : des fichiers bruts au rapport annuel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(survey_app)
app.add_typer(secrecy, name="secrecy")
cli_build.register(app)


def main() -> None:
    """Entry point: run a command and turn errors into messages and exit codes."""
    try:
        app(standalone_mode=True)
    except ObservatoryError as error:
        if "--json" in sys.argv:
            print(json.dumps({"ok": False, "errors": [error.as_dict()]}, ensure_ascii=False, indent=1))
        else:
            from ess_observatory.commands.console import say_error

            say_error(error)
        sys.exit(int(error.exit_code))


@app.command()
def report(
    edition: EditionOption = None,
    raw: RawOption = None,
    out: OutOption = None,
    lang: Annotated[
        str,
        typer.Option("--lang", help="en : écrit aussi la page, le classeur et le PDF demandé en anglais."),
    ] = "fr",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Aussi un PDF de la page (par Chromium ou WeasyPrint).")
    ] = False,
    ods: Annotated[bool, typer.Option("--ods", help="Aussi le classeur en .ods (par LibreOffice).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Refaire le classeur et la page depuis le dossier de publication déjà construit."""
    from ess_observatory.commands.console import note
    from ess_observatory.engine.outputs import building, put_in_place
    from ess_observatory.recipe.steps import render
    from ess_observatory.render.extras import render_extras
    from ess_observatory.words.labels import LANGUAGES

    if lang not in LANGUAGES:
        raise typer.BadParameter(f"langues connues : {', '.join(LANGUAGES)}", param_hint="--lang")
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
        render(scratch)
        book = scratch.workbook if ods else None
        extras = render_extras(scratch.publication, scratch.reports, lang=lang, pdf=pdf, ods=book)
        put_in_place(scratch, outputs, ["reports"])
    others = {kind: str(outputs.reports / path.name) for kind, path in extras.items()}
    if as_json:
        written = {"workbook": str(outputs.workbook), "page": str(outputs.page), **others}
        print_json({"ok": True, "outputs": written})
    else:
        note("\n".join([f"Classeur  {outputs.workbook}", f"Page      {outputs.page}", *others.values()]))


@app.command()
def plan(
    edition: EditionOption = None, raw: RawOption = None, out: OutOption = None, as_json: JsonOption = False
) -> None:
    """Dire, sans rien construire, pour quoi chaque fichier est pris et ce qui manque."""
    from ess_observatory.commands.inquiry import plan_of
    from ess_observatory.recipe.inputs import inventory_of, missing_sources, raw_folder

    project, loaded = open_edition(edition)
    inventory = inventory_of(project, loaded, raw, tolerant=True)
    found = plan_of(
        project, loaded, inventory, [spec.id for spec in missing_sources(project, loaded, inventory)]
    )
    if as_json:
        print_json(found)
    else:
        from ess_observatory.commands.console import show_plan

        show_plan(raw_folder(project, loaded, raw), found)
    if found["missing"]:
        raise typer.Exit(int(Exit.MISSING))


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="Un SIRET, un code de message (E312) ou un chiffre.")],
    edition: EditionOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pourquoi un établissement est retenu, écarté ou à vérifier ; ou ce que veut dire un code."""
    from ess_observatory.commands.inquiry import explain as answer

    project, loaded = open_edition(edition)
    _answer(answer(project, loaded, places(project, loaded, out), code), as_json)


@app.command()
def trace(
    figure: Annotated[str, typer.Argument(help="Identifiant d’un chiffre, par exemple size_1_2.")],
    edition: EditionOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remonter d’un chiffre publié à la requête, aux tables, aux fichiers et à leurs lignes."""
    from ess_observatory.commands.inquiry import trace as answer

    project, loaded = open_edition(edition)
    _answer(answer(project, loaded, places(project, loaded, out), figure), as_json)


def _answer(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        from ess_observatory.commands.console import show_answer

        show_answer(found)


@app.command()
def demo(
    edition: EditionOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Dossier où écrire (défaut : data/raw/<édition>).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Graine du tirage (défaut : celle de la recette).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Écrire les fichiers bruts synthétiques de l’édition de démonstration."""
    from ess_observatory.demo import write_demo

    project, loaded = open_edition(edition)
    written = write_demo(project.root, loaded.id, out or project.root / "data" / "raw" / loaded.id, seed)
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in written]})
    else:
        from ess_observatory.commands.console import note

        note("\n".join(str(path) for path in written))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Vérifier l’installation : Python, bibliothèques, dossiers, déclarations."""
    from ess_observatory.commands.inquiry import examine

    results = examine()
    if as_json:
        print_json(results)
    else:
        from ess_observatory.commands.console import show_doctor

        show_doctor(results)
    found = {result["status"] for result in results}
    if found & {"failed", "declaration"}:
        raise typer.Exit(int(Exit.USAGE if "declaration" in found else Exit.DATA))


cli_export.register(app)
cli_editions.register(app)
cli_new.register(app)


if __name__ == "__main__":
    main()
