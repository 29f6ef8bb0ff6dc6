"""Commands that build: `run`, and the same as far as a stage; for one territory or for each of a level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places_to_build,
    print_json,
)
from ess_observatory.errors import Exit, ObservatoryError

if TYPE_CHECKING:
    from ess_observatory.recipe.each_index import Each
    from ess_observatory.recipe.runner import Outcome

AgainOption = Annotated[
    bool,
    typer.Option("--again", help="Tout refaire, même si rien n’a changé depuis la dernière construction."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Sortie 5 s’il reste des avertissements.")]
EachOption = Annotated[
    str | None,
    typer.Option(
        "--each",
        metavar="NIVEAU",
        help="Un rapport par territoire de ce niveau (region, departement, arrondissement, epci) ; "
        "la lecture des fichiers est faite une fois.",
    ),
]
AcceptOption = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Publier bien qu’un changement de règles déplace plus que son budget (avec --reason).",
    ),
]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason", metavar="MOTIF", help="Pourquoi ce changement est voulu : gardé au rapport de qualité."
    ),
]
_LONGEST_REASON = 500
#: The commands in the order of the help: name, stage that it goes as far as, help.
_VERBS = (
    ("run", "report", "Tout construire : des fichiers bruts au classeur et à la page."),
    ("ingest", "ingest", "Lire les fichiers : lignes retenues, lignes refusées, registre."),
    ("check", "check", "Lire, puis exécuter les contrôles déclarés."),
    ("build", "build", "Lire, contrôler, décider du périmètre et calculer les tableaux (confidentiels)."),
    ("publish", "publish", "Aller jusqu’au dossier de publication, protégé par le secret statistique."),
)


def register(app: typer.Typer) -> None:
    """Add these commands to `ess`."""
    for name, until, text in _VERBS:
        command = _reading(until) if until in ("ingest", "check") else _building(until)
        app.command(name, help=text)(command)


def _reading(until: str) -> Callable[..., None]:
    def command(
        edition: EditionOption = None,
        raw: RawOption = None,
        out: OutOption = None,
        again: AgainOption = False,
        as_json: JsonOption = False,
        strict: StrictOption = False,
    ) -> None:
        _run(edition, raw, out, until, again, as_json, strict)

    return command


def _building(until: str) -> Callable[..., None]:
    def command(
        edition: EditionOption = None,
        each: EachOption = None,
        raw: RawOption = None,
        out: OutOption = None,
        again: AgainOption = False,
        accept_changes: AcceptOption = False,
        reason: ReasonOption = None,
        as_json: JsonOption = False,
        strict: StrictOption = False,
    ) -> None:
        accepted = _accepted(accept_changes, reason)
        _run(edition, raw, out, until, again, as_json, strict, each, accepted)

    return command


def _accepted(accept_changes: bool, reason: str | None) -> str | None:
    """The reason for which changes are accepted, on one line. Raises E176 when one of the two options comes without the other."""
    text = " ".join((reason or "").split())
    if accept_changes == bool(text) and (reason is None) == (not text) and len(text) <= _LONGEST_REASON:
        return text or None
    raise ObservatoryError(
        "E176",
        "--accept-changes et --reason vont ensemble",
        None,
        f'Écrivez : --accept-changes --reason "pourquoi", en {_LONGEST_REASON} signes au plus.',
        Exit.USAGE,
    )


def _run(
    edition: str | None,
    raw: Path | None,
    out: Path | None,
    until: str,
    again: bool,
    as_json: bool,
    strict: bool,
    level: str | None = None,
    accepted: str | None = None,
) -> None:
    from ess_observatory.commands.console import Steps, summary, summary_each
    from ess_observatory.recipe.each import run_each
    from ess_observatory.recipe.runner import run

    project, loaded = open_edition(edition)
    outputs = places_to_build(project, loaded, out)
    with Steps(str(loaded.data["title"]), quiet=as_json) as steps:
        if level is None:
            outcome = run(project, loaded, raw, outputs, until, steps, again, accepted)
        else:
            each = run_each(project, loaded, level, raw, outputs, until, steps, again, accepted)
    if level is None:
        print_json(_outcome_json(until, outcome)) if as_json else summary(loaded, outcome, until)
        failure, has_warnings = Exit.OK, bool(outcome.warnings)
    else:
        print_json(_each_json(until, each)) if as_json else summary_each(each)
        failure, has_warnings = each.exit_code, each.has_warnings
    code = failure or (Exit.WARNINGS if strict and has_warnings else Exit.OK)
    if code:
        raise typer.Exit(int(code))


def _outcome_json(until: str, outcome: Outcome) -> dict[str, Any]:
    names = {"publish": ["publication"], "report": ["publication", "workbook", "page"]}.get(until, [])
    return {
        "ok": True,
        "command": until,
        "unchanged": outcome.is_unchanged,
        "counts": outcome.counts,
        "warnings": outcome.warnings,
        "rule_change": outcome.moved,
        "outputs": {name: str(getattr(outcome.outputs, name)) for name in ["database", "quality", *names]},
    }


def _each_json(until: str, each: Each) -> dict[str, Any]:
    return {
        "ok": each.exit_code == Exit.OK,
        "command": until,
        "each": each.level,
        "index": str(each.index),
        "territories": [
            {
                "code": part.code,
                "name": part.name,
                "status": part.status,
                "counts": part.outcome.counts if part.outcome else {},
                "folder": str(part.outcome.outputs.base) if part.outcome else None,
                "why": part.why or None,
                "rule_change": part.outcome.moved if part.outcome else [],
                "error": part.error.as_dict() if part.error else None,
            }
            for part in each.parts
        ],
    }
