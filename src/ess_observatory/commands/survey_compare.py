"""`ess survey compare`: the answers to the same questions in two editions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.commands.messages import print_json, say
from ess_observatory.commands.options import JsonOption, expect_suffix
from ess_observatory.commands.survey_compare_view import show_evolutions, write_evolutions
from ess_observatory.compared.survey_answers import (
    CAVEAT,
    compare_shares,
    load_renamed,
    pair_questions,
    published_shares,
)
from ess_observatory.declare.models.codebook_checks import codebook_at
from ess_observatory.declare.project import Project
from ess_observatory.publish.reader import read_publication
from ess_observatory.publish.snapshot import find_publication


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="Avant\u00a0: dossier de publication, ou nom d’une édition construite."
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Après\u00a0: de même.")],
    codebook_a: Annotated[
        Path | None,
        typer.Option(
            "--codebook-a", metavar="FICHIER", help="Questionnaire de A (défaut\u00a0: celui du projet)."
        ),
    ] = None,
    codebook_b: Annotated[
        Path | None,
        typer.Option(
            "--codebook-b", metavar="FICHIER", help="Questionnaire de B (défaut\u00a0: celui du projet)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FICHIER", help="Fichier .csv à écrire.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the gaps, their intervals and the breaks in series; `--out` writes them as CSV."""
    if out is not None:
        expect_suffix(out, ".csv")
    project = Project.load()
    before, after = (read_publication(find_publication(name, project)) for name in (a, b))
    old, new = (codebook_at(path or project.questionnaire) for path in (codebook_a, codebook_b))
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
        say(f"{letter}\u00a0: {book.manifest['edition']}, questionnaire version {codebook.version}")
    show_evolutions(rows)
    if written:
        say(written)
