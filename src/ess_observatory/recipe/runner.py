"""The recipe, from raw files to reports. Reads like the way data takes; each step is done by its own room."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs, put_in_place, refuse_beside, settle
from ess_observatory.quality import Verdict
from ess_observatory.quality.declared import previous_ledger
from ess_observatory.quality.inspection import QualityDesk
from ess_observatory.quality.reference_date import ahead_of_today
from ess_observatory.quality.rule_change import keep_memory
from ess_observatory.quality.verdicts import read_verdicts
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe import steps
from ess_observatory.recipe.guard import constructing, refuse_changed_files
from ess_observatory.recipe.inputs import inventory_of, refuse_missing
from ess_observatory.recipe.previous import edition_before
from ess_observatory.recipe.stale import stale_outputs
from ess_observatory.recipe.steps import Progress, Work
from ess_observatory.recipe.unchanged import fingerprint_of, recall, remember

STAGES = ("ingest", "check", "build", "publish", "report")
PUBLISHING = ("publish", "report")
IN_PLACE = {
    "ingest": ["database", "quality"],
    "check": ["database", "quality"],
    "build": ["database", "quality"],
    "publish": ["database", "quality", "publication"],
    "report": ["database", "quality", "publication", "reports"],
}


@dataclass
class Outcome:
    """What a run did; `is_unchanged` when the build in place was already the right one.

    `moved`: what a change of rules moved since the publication that was in place. `ahead`: what is said of a reference date after
    today; it depends on the day of the run, and is written nowhere.
    """

    outputs: Outputs
    inventory: Inventory
    verdicts: list[Verdict] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    is_unchanged: bool = False
    stale: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """What the analyst should read: failed warning checks, files left aside, outputs of another build."""
        checks = [f"{v.label} : {v.detail}" for v in self.verdicts if v.status == "warning"]
        files = [f"{u.relative} : {u.why}. {u.fix}" for u in self.inventory.unmatched if u.severity == "warn"]
        waiting = self.counts.get("to_link", 0)
        links = [
            f"{waiting} réponse(s) à rapprocher du répertoire : décidez avec quality/appariements-a-decider.csv"
        ]
        texts = self.counts.get("to_recode", 0)
        recodes = [
            f"{texts} réponse(s) libre(s) à recoder : complétez pipelines/survey/recodes.csv avec quality/a-recoder.csv"
        ]
        lost = [
            f"Modèle de classeur : {what} du modèle n’est pas dans la copie remplie"
            for what in self.counts.get("template_losses", [])
        ]
        return (
            self.ahead
            + self.stale
            + files
            + checks
            + lost
            + (links if waiting else [])
            + (recodes if texts else [])
        )


def run(
    project: Project,
    edition: Edition,
    raw: Path | None,
    outputs: Outputs,
    until: str = "report",
    progress: Progress = lambda step, detail: None,
    again: bool = False,
    accepted: str | None = None,
) -> Outcome:
    """Build everything up to a stage, beside, then put it in place; nothing is done when the build in place was made of the
    same files, declarations and program, unless `again`.

    `raw`: the folder of raw files; None = the edition's place under `data/raw/` (see `inventory_of`). `accepted`: why a change of
    rules beyond the budget is (else E183, exit 3).
    Raises `ObservatoryError` (nothing is put in place): unknown headers or blocking checks (exit 3), missing input (4),
    a reference date that no file bears yet (2), secrecy, integrity or parts of this territory already published there (6),
    another build at work (4), raw files that change meanwhile or a full disk (3). The refused rows of a stopped run are left in `quality-echec/`.
    """
    progress("Reconnaissance", "")
    ahead = ahead_of_today(project, edition)
    inventory = inventory_of(project, edition, raw)
    publishes = until in PUBLISHING
    refuse_missing(project, edition, inventory, publishes)
    outcome = Outcome(outputs, inventory, ahead=ahead)
    settle(outputs)
    if publishes:
        refuse_beside(outputs, set())
    before = edition_before(project, edition, outputs)
    ledger = previous_ledger(project, edition, outputs)
    fingerprint = fingerprint_of(project, edition, inventory, ledger, before)
    if not again and (counts := recall(outputs, fingerprint, until, STAGES)) is not None:
        shutil.rmtree(outputs.failed_quality, ignore_errors=True)
        verdicts = read_verdicts(outputs.quality / "checks.json")
        stale = stale_outputs(outputs, counts["build"])
        return Outcome(outputs, inventory, verdicts, counts, is_unchanged=True, stale=stale, ahead=ahead)
    with constructing(outputs, inventory) as scratch:
        desk = QualityDesk(project, edition, inventory, outputs, scratch, publishes)
        outcome.verdicts = desk.verdicts
        with desk, Database(scratch.database) as db:
            work = Work(
                project,
                edition,
                inventory,
                db,
                scratch,
                desk,
                steps.models_of(project),
                progress,
                outcome.counts,
                accepted=accepted,
                moved=outcome.moved,
                before=before,
            )
            _build(work, until)
            db.seal()
        if not publishes:
            keep_memory(outputs, scratch)
        remember(scratch, edition.id, fingerprint, until, outcome.counts)
        refuse_changed_files(inventory)
        put_in_place(scratch, outputs, IN_PLACE[until])
    outcome.stale = stale_outputs(outputs, outcome.counts["build"])
    return outcome


def _build(work: Work, until: str) -> None:
    steps.read_files(work)
    counts = work.counts
    work.progress("Contrôles", f"{counts['rows_read']} lignes, {counts['rows_refused']} refusées")
    if STAGES.index(until) < STAGES.index("build"):
        work.desk.after_staging(work.db)
        return
    steps.decide(work)
    if until == "build":
        return
    steps.publish(work)
    if until == "report":
        work.progress("Rapport", "classeur et page")
        steps.report(work)
