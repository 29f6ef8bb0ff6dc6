"""`ess repair`: the lines that make what `ess plan` stops at readable, written in the observatory's own file and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ess_observatory.commands.console import answers, escape, messages
from ess_observatory.commands.messages import note, print_json, say
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places,
)
from ess_observatory.declare.check import require
from ess_observatory.declare.models.csvfile import declared_name
from ess_observatory.declare.schemas import schema_line
from ess_observatory.errors import ObservatoryError
from ess_observatory.read.advice import PLACE, Advice, blocks
from ess_observatory.read.headers import place
from ess_observatory.recipe.trial import Trial, try_out

_HEAD = """# En-têtes propres à cet observatoire, en plus de ceux que les sources déclarent. « ess repair --apply » ajoute ses lignes à la fin.
# headers."en-tête du fichier" = "colonne de la source" ; ignored : colonnes du fichier qui ne sont pas lues.
"""


def repair(
    edition: EditionOption = None,
    raw: RawOption = None,
    out: OutOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help=f"Écrire dans {PLACE} les lignes sûres, puis revérifier.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Propose the lines that repair what a run would stop at; with `--apply`, write those that are sure and try again."""
    project, loaded = open_edition(edition)
    outputs = places(project, loaded, out)
    with messages().status("Lecture des fichiers"):
        trial = try_out(project, loaded, raw, outputs)
    sure = [advice for advice in trial.advices if advice.headers or advice.ignored]
    written = apply and bool(sure)
    after = trial
    if written:
        _write(project.root, sure)
        project, loaded = open_edition(edition)
        with messages().status("Vérification"):
            after = try_out(project, loaded, raw, outputs)
    left = [stop for stop in after.stops if apply or not trial.advices or not _is_of_headers(stop)]
    if as_json:
        print_json(_as_data(trial, after, written, apply))
    else:
        _show(trial, after, sure, written)
        for other in left[1:]:
            say(f"✘ {other}")
    if apply and after.stop:
        if as_json:
            raise typer.Exit(int(after.stop.exit_code))
        raise after.stop
    if left and not as_json:
        say(f"✘ {left[0]}")


def _is_of_headers(error: ObservatoryError) -> bool:
    """Whether the lines that are proposed answer an error: unknown or doubled headers, a file that only headers keep from being read."""
    return error.code in ("E220", "E222", "E120")


def _write(root: Path, advices: list[Advice]) -> None:
    """Add the lines to the observatory's own file; it is put back as it was if the declarations do not hold with them."""
    path = root / PLACE
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    head = before if before is not None else f"{schema_line(declared_name(path))}\n{_HEAD}"
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(path, f"{head.rstrip()}\n\n{blocks(advices)}\n")
    try:
        require(root)
    except ObservatoryError:
        if before is None:
            path.unlink()
        else:
            _write_whole(path, before)
        raise


def _write_whole(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _show(trial: Trial, after: Trial, sure: list[Advice], written: bool) -> None:
    if not trial.advices:
        note("Aucun en-tête à réparer." if trial.stop else "Rien à réparer.")
        return
    if written:
        note(f"Lignes ajoutées à {PLACE} :\n")
    else:
        note(f"Lignes à coller à la fin de {PLACE}, ou à écrire avec « ess repair --apply » :\n")
    answers().print(escape(blocks(sure if written else trial.advices)), soft_wrap=True)
    note("")
    for advice in (after if written else trial).advices:
        for choice in advice.choices:
            known = ", ".join(f"« {header} »" for header in choice.candidates)
            note(
                f"⚠ {place(advice.match.sheet)} : « {choice.label} », {choice.why}{f' : {known}' if known else ''}"
            )
    for sheet in after.sheets if written else ():
        if any(advice.match.sheet.relative == sheet.file for advice in sure):
            here = "" if sheet.here is None else f", {sheet.here} du territoire"
            note(f"✔ {sheet.file} : {sheet.read} lues, {sheet.kept} retenues{here}, {sheet.refused} refusées")


def _as_data(trial: Trial, after: Trial, written: bool, applied: bool) -> dict[str, Any]:
    return {
        "ok": (after.stop is None) if applied else True,
        "file": PLACE,
        "written": written,
        "repairs": [
            {
                "file": advice.match.sheet.relative,
                "sheet": advice.match.sheet.name,
                "source": advice.match.source,
                "is_ready": advice.is_ready,
                "headers": advice.headers,
                "ignored": advice.ignored,
                "choices": [
                    {
                        "column": c.column or None,
                        "label": c.label,
                        "why": c.why,
                        "candidates": list(c.candidates),
                    }
                    for c in advice.choices
                ],
                "lines": advice.block,
            }
            for advice in trial.advices
        ],
        "errors": [stop.as_dict() for stop in after.stops],
    }
