"""`ess survey form | xlsform | print`: the questionnaire in all its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.codebook.questions import Codebook
from ess_observatory.commands.messages import note, print_json
from ess_observatory.commands.options import EditionOption, JsonOption, expect_suffix, open_edition
from ess_observatory.survey.form import write_form
from ess_observatory.survey.printed import write_printed
from ess_observatory.survey.wording import Setting
from ess_observatory.survey.xlsform import write_xlsform

WriteOption = Annotated[Path, typer.Option("--out", metavar="FICHIER", help="Fichier à écrire.")]


def form(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Write the form to be filled in a spreadsheet."""
    _write(write_form, out, edition, ".xlsx", as_json)


def xlsform(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Write the questionnaire for KoboToolbox or ODK."""
    _write(write_xlsform, out, edition, ".xlsx", as_json)


def printed(out: WriteOption, edition: EditionOption = None, as_json: JsonOption = False) -> None:
    """Write the questionnaire to be printed."""
    _write(write_printed, out, edition, ".html", as_json)


def _write(
    writer: Callable[[Codebook, Path, Setting], Path],
    out: Path,
    edition: str | None,
    suffix: str,
    as_json: bool,
) -> None:
    expect_suffix(out, suffix)
    project, loaded = open_edition(edition)
    codebook = load_codebook(project.questionnaire)
    path = writer(codebook, out, Setting.of(loaded))
    if as_json:
        count = len(codebook.questions)
        print_json({"ok": True, "file": str(path), "version": codebook.version, "questions": count})
    else:
        note(str(path))
