"""The verbs that build: `run`, and the same as far as a stage; for one territory or for each of a level."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ess_observatory.commands.console import Steps, summary, summary_each
from ess_observatory.commands.messages import print_json
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places_to_build,
)
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.each import run_each
from ess_observatory.recipe.each_index import Each
from ess_observatory.recipe.runner import Outcome
from ess_observatory.recipe.runner import run as run_whole

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
_OF_PUBLISHING = ("each", "accept_changes", "reason")


def _as_far_as(until: str) -> Callable[..., None]:
    """The command that builds as far as a stage; what only reads is the same for every territory, and takes no `--each`."""

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
        project, loaded = open_edition(edition)
        outputs = places_to_build(project, loaded, out)
        with Steps(str(loaded.data["title"]), quiet=as_json) as steps:
            if each is None:
                outcome = run_whole(project, loaded, raw, outputs, until, steps, again, accepted)
            else:
                parts = run_each(project, loaded, each, raw, outputs, until, steps, again, accepted)
        if each is None:
            print_json(_outcome_json(until, outcome)) if as_json else summary(loaded, outcome, until)
            failure, has_warnings = Exit.OK, bool(outcome.warnings)
        else:
            print_json(_each_json(until, parts)) if as_json else summary_each(parts)
            failure, has_warnings = parts.exit_code, parts.has_warnings
        if code := failure or (Exit.WARNINGS if strict and has_warnings else Exit.OK):
            raise typer.Exit(int(code))

    if until in ("ingest", "check"):
        full = inspect.signature(command, eval_str=True)
        kept = [parameter for name, parameter in full.parameters.items() if name not in _OF_PUBLISHING]
        command.__signature__ = full.replace(parameters=kept)  # type: ignore[attr-defined]
    return command


run = _as_far_as("report")
ingest, check, build, publish = map(_as_far_as, ("ingest", "check", "build", "publish"))


def _accepted(accept_changes: bool, reason: str | None) -> str | None:
    """The reason for which changes are accepted, on one line. Raises E185 when one of the two options comes without the other."""
    text = " ".join((reason or "").split())
    if accept_changes == bool(text) and (reason is None) == (not text) and len(text) <= _LONGEST_REASON:
        return text or None
    raise ObservatoryError(
        "E185",
        "--accept-changes et --reason vont ensemble",
        None,
        f'Écrivez : --accept-changes --reason "pourquoi", en {_LONGEST_REASON} signes au plus.',
        Exit.USAGE,
    )


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
