"""`ess plan`: a run tried, and nothing built: what each file gives, what would stop, what would be empty."""

from __future__ import annotations

from typing import Any

import typer

from ess_observatory.commands.build import EachOption
from ess_observatory.commands.console import messages
from ess_observatory.commands.messages import print_json
from ess_observatory.commands.options import (
    EditionOption,
    JsonOption,
    OutOption,
    RawOption,
    open_edition,
    places,
)
from ess_observatory.commands.plan_view import show_plan
from ess_observatory.declare.project import Edition, Project
from ess_observatory.errors import Exit
from ess_observatory.recipe.inputs import missing_sources, raw_folder
from ess_observatory.recipe.trial import Trial, try_out
from ess_observatory.words.typography import french


def plan(
    edition: EditionOption = None,
    each: EachOption = None,
    raw: RawOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a run without building anything; the exit code is the one that `ess run` would give for the same fault."""
    project, loaded = open_edition(edition)
    with messages().status("Lecture des fichiers"):
        trial = try_out(project, loaded, raw, places(project, loaded, out), each)
    found = plan_of(project, loaded, trial)
    if as_json:
        print_json(found)
        if trial.stop:
            raise typer.Exit(int(trial.stop.exit_code))
        return
    show_plan(raw_folder(project, loaded, raw), found, trial)
    if trial.stop:
        raise trial.stop


def plan_of(project: Project, edition: Edition, trial: Trial) -> dict[str, Any]:
    """What a trial found, as plain data."""
    inventory = trial.inventory
    rows = {(sheet.source, sheet.file, sheet.sheet): sheet for sheet in trial.sheets}
    files = []
    for match in inventory.matches:
        kinds = {
            "wide": "export large de l’enquête",
            "form": "formulaire rempli",
            "corrections": "cellules corrigées de l’enquête",
        }
        seen = f"{len(match.mapping)} en-têtes reconnus sur {len(project.sources[match.source].columns)}"
        counted = rows.get((match.source, match.sheet.relative, match.sheet.name))
        files.append(
            {
                "file": match.sheet.relative,
                "sheet": match.sheet.name,
                "source": match.source,
                "header_line": match.header_line,
                "vintage": match.vintage or edition.sources.get(match.source, {}).get("vintage"),
                "why": kinds.get(match.kind) or match.why or seen,
                "sha256": match.sheet.sha256,
                "is_read": match.source not in trial.failed,
                "rows_read": counted.read if counted else None,
                "rows_kept": counted.kept if counted else None,
                "rows_refused": counted.refused if counted else None,
                "rows_in_territory": counted.here if counted else None,
            }
        )
    unmatched = [
        {
            "file": u.relative,
            "sheet": u.sheet,
            "why": u.why,
            "fix": u.fix,
            "severity": u.severity,
            "code": u.code,
        }
        for u in inventory.unmatched
    ]
    told = [
        {
            "source": one.source,
            "code": one.code,
            "reason": one.reason,
            "rows": one.rows,
            "fix": one.fix or None,
            "to_correct": one.to_correct,
            "establishments_in_territory" if one.counts_establishments else "rows_in_territory": one.here,
        }
        for one in trial.told
    ]

    def said(status: str) -> list[str]:
        return [french(f"{one.label} : {one.detail}") for one in trial.verdicts if one.status == status]

    return {
        "ok": trial.stop is None,
        "exit_code": int(trial.stop.exit_code if trial.stop else Exit.OK),
        "edition": edition.id,
        "files": files,
        "unmatched": unmatched,
        "missing": [spec.id for spec in missing_sources(project, edition, inventory)],
        "refused": [data for data, one in zip(told, trial.told, strict=True) if one.is_refusal],
        "notes": [data for data, one in zip(told, trial.told, strict=True) if not one.is_refusal],
        "territory": {
            "name": edition.territory.name,
            "communes": len(edition.territory.communes),
            "in_perimeter": trial.in_perimeter,
            "tables": trial.tables,
        },
        "territories": [{"code": code, "name": name, "rows": rows} for code, name, rows in trial.areas],
        "empty": trial.empty,
        "warnings": [*trial.ahead, *said("warning")],
        "blocking": said("failed"),
        "repairs": [
            {
                "file": advice.match.sheet.relative,
                "sheet": advice.match.sheet.name,
                "source": advice.match.source,
                "is_ready": advice.is_ready,
                "lines": advice.block,
            }
            for advice in trial.advices
        ],
        "errors": [stop.as_dict() for stop in trial.stops],
    }
