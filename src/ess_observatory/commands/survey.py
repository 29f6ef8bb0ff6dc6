"""The commands `ess survey …`: the questionnaire in all its forms, and the purge of who answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ess_observatory.commands.options import EditionOption, JsonOption, open_edition, print_json
from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    from ess_observatory.codebook.questions import Codebook
    from ess_observatory.declare.project import Edition, Project
    from ess_observatory.survey.wording import Setting

survey_app = typer.Typer(
    name="survey",
    help="L’enquête\u00a0: écrire le questionnaire, comparer deux éditions, effacer l’identité des répondants.",
    no_args_is_help=True,
)

WriteOption = Annotated[Path, typer.Option("--out", help="Fichier à écrire.")]


@survey_app.command()
def form(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Écrire le formulaire à remplir avec un tableur (.xlsx)."""
    from ess_observatory.survey.form import write_form

    _write(write_form, out, edition, ".xlsx", as_json)


@survey_app.command()
def xlsform(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Écrire le questionnaire pour KoboToolbox ou ODK (XLSForm, .xlsx)."""
    from ess_observatory.survey.xlsform import write_xlsform

    _write(write_xlsform, out, edition, ".xlsx", as_json)


@survey_app.command("print")
def print_(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Écrire le questionnaire à imprimer (.html, A4)."""
    from ess_observatory.survey.printed import write_printed

    _write(write_printed, out, edition, ".html", as_json)


@survey_app.command()
def purge(
    edition: EditionOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Dossier de la construction (défaut\u00a0: data/processed).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Confirmer\u00a0: l’effacement est définitif.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Effacer de la base construite ce qui dit qui a répondu (noms, SIRET)."""
    from ess_observatory.engine.outputs import Outputs
    from ess_observatory.survey.privacy import purge as erase

    project, loaded, codebook = _open(edition)
    outputs = Outputs.of(project.root, loaded.id, out)
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
    _say(
        "Il n’y avait plus rien à effacer."
        if done.is_empty
        else f"Effacé de {outputs.database}\u00a0: {_count(done.answers, 'réponse')} d’identité, "
        f"{_count(done.cells, 'cellule')} lues, {_count(done.respondents, 'SIRET', '')} de répondants, "
        f"{_count(done.refused, 'valeur')} du registre des refus."
    )
    for name in done.files:
        _say(f"Supprimé\u00a0: {name} (l’identité de répondants pouvait s’y lire).")
    _say("Les réponses, les tableaux et la publication n’ont pas changé.")
    _say(
        "Les fichiers reçus (dossier des données brutes) restent à effacer par vous\u00a0; « ess run » relirait leur contenu."
    )


@survey_app.command()
def compare(
    a: Annotated[
        str, typer.Argument(help="Avant\u00a0: dossier de publication, ou nom d’une édition construite.")
    ],
    b: Annotated[str, typer.Argument(help="Après\u00a0: de même.")],
    codebook_a: Annotated[
        Path | None, typer.Option("--codebook-a", help="Questionnaire de A (défaut\u00a0: celui du projet).")
    ] = None,
    codebook_b: Annotated[
        Path | None, typer.Option("--codebook-b", help="Questionnaire de B (défaut\u00a0: celui du projet).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Fichier .csv à écrire.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Comparer les réponses publiées aux mêmes questions de deux éditions\u00a0: écarts, intervalles, ruptures de série."""
    from ess_observatory.codebook.codebook import load_codebook
    from ess_observatory.commands.survey_compare_view import show_evolutions, write_evolutions
    from ess_observatory.compared.compare import find_publication
    from ess_observatory.compared.survey_answers import (
        CAVEAT,
        compare_shares,
        load_renamed,
        pair_questions,
        published_shares,
    )
    from ess_observatory.declare.project import Project
    from ess_observatory.publish.reader import read_publication

    if out is not None:
        _expect_suffix(out, ".csv")
    project = Project.load()
    before, after = (read_publication(find_publication(name, project)) for name in (a, b))
    old, new = (load_codebook(path or project.questionnaire) for path in (codebook_a, codebook_b))
    renamed = load_renamed(project.questionnaire.with_name("versions.toml"), old.version, new.version)
    pairs = pair_questions(old, new, renamed)
    rows = compare_shares(pairs, published_shares(before, old), published_shares(after, new))
    written = str(write_evolutions(rows, out)) if out else None
    if as_json:
        sides = {
            letter: {"edition": book.manifest["edition"], "codebook": codebook.version}
            for letter, book, codebook in (("a", before, old), ("b", after, new))
        }
        evolutions = [row.as_dict() for row in rows]
        print_json({"ok": True, **sides, "caveat": CAVEAT, "evolutions": evolutions, "file": written})
        return
    for letter, book, codebook in (("A", before, old), ("B", after, new)):
        _say(f"{letter}\u00a0: {book.manifest['edition']}, questionnaire version {codebook.version}")
    show_evolutions(rows)
    if written:
        _say(written)


def _expect_suffix(out: Path, suffix: str) -> None:
    from ess_observatory.engine.paths import output_file

    output_file(out)
    if out.suffix.lower() != suffix:
        raise ObservatoryError(
            "E240",
            f"Nom de fichier inattendu\u00a0: «\u00a0{out}\u00a0».",
            None,
            f"Donnez un nom en {suffix}.",
            Exit.USAGE,
        )


def _count(number: int, word: str, plural: str = "s") -> str:
    from ess_observatory.words.numbers import format_number

    return f"{format_number(number)} {word}{plural if number > 1 else ''}"


def _write(writer: Any, out: Path, edition: str | None, suffix: str, as_json: bool) -> None:
    from ess_observatory.survey.wording import Setting

    _expect_suffix(out, suffix)
    _, loaded, codebook = _open(edition)
    setting: Setting = Setting.of(loaded)
    path = writer(codebook, out, setting)
    if as_json:
        print_json(
            {"ok": True, "file": str(path), "version": codebook.version, "questions": len(codebook.questions)}
        )
    else:
        from ess_observatory.commands.console import note

        note(str(path))


def _open(edition: str | None) -> tuple[Project, Edition, Codebook]:
    from ess_observatory.codebook.codebook import load_codebook

    project, loaded = open_edition(edition)
    return project, loaded, load_codebook(project.questionnaire)


def _say(text: str) -> None:
    from rich.markup import escape

    from ess_observatory.commands.console import messages

    messages.print(escape(text), soft_wrap=True)
