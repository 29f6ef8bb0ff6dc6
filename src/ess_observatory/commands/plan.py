"""`ess plan`: what each raw file is taken for, before anything is built."""

from __future__ import annotations

from typing import Any

import typer

from ess_observatory.commands.console import show_plan
from ess_observatory.commands.messages import print_json
from ess_observatory.commands.options import EditionOption, JsonOption, OutOption, RawOption, open_edition
from ess_observatory.declare.project import Edition, Project
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.reference_date import ahead_of_today, judged_files
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe.inputs import inventory_of, missing_sources, raw_folder, refuse_missing
from ess_observatory.words.typography import french


def plan(
    edition: EditionOption = None, raw: RawOption = None, out: OutOption = None, as_json: JsonOption = False
) -> None:
    """Print the inventory of a raw folder (exit 4 when an expected source is missing, 2 or 3 when the reference date cannot be)."""
    project, loaded = open_edition(edition)
    ahead = ahead_of_today(project, loaded)
    inventory = inventory_of(project, loaded, raw, tolerant=True)
    missing = [spec.id for spec in missing_sources(project, loaded, inventory)]
    dates = [verdict for verdict in judged_files(project, loaded, inventory) if verdict.status != "ok"]
    found = plan_of(project, loaded, inventory, missing)
    said = {
        status: [french(f"{one.label} : {one.detail}") for one in dates if one.status == status]
        for status in ("warning", "failed")
    }
    found |= {"warnings": [*ahead, *said["warning"]], "blocking": said["failed"]}
    if as_json:
        print_json(found)
    else:
        show_plan(raw_folder(project, loaded, raw), found)
    try:
        refuse_missing(project, loaded, inventory)
    except ObservatoryError as error:
        if as_json:  # what was printed says it
            raise typer.Exit(int(error.exit_code)) from None
        raise
    if found["blocking"]:
        raise typer.Exit(int(Exit.DATA))


def plan_of(project: Project, edition: Edition, inventory: Inventory, missing: list[str]) -> dict[str, Any]:
    """What each file was taken for and why, what was left aside, what is missing."""
    files = []
    for match in inventory.matches:
        kinds = {
            "wide": "export large de l’enquête",
            "form": "formulaire rempli",
            "corrections": "cellules corrigées de l’enquête",
        }
        seen = f"{len(match.mapping)} en-têtes reconnus sur {len(project.sources[match.source].columns)}"
        why = kinds.get(match.kind) or match.why or seen
        files.append(
            {
                "file": match.sheet.relative,
                "sheet": match.sheet.name,
                "source": match.source,
                "header_line": match.header_line,
                "vintage": match.vintage or edition.sources.get(match.source, {}).get("vintage"),
                "why": why,
                "sha256": match.sheet.sha256,
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
    return {"edition": edition.id, "files": files, "unmatched": unmatched, "missing": missing}
