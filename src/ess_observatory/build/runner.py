"""The recipe, from raw files to reports. Reads like the way data takes; each step is done by its own room."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.build.database import STORAGE_VERSION, Database
from ess_observatory.build.graph import Model, order, read_model
from ess_observatory.build.guard import disk_full, is_disk_full, refuse_changed_files
from ess_observatory.build.inputs import inventory_of as inventory_of
from ess_observatory.build.inputs import missing_sources as missing_sources
from ess_observatory.build.inputs import raw_folder as raw_folder
from ess_observatory.build.inputs import refuse_missing
from ess_observatory.build.place import Outputs, building, put_in_place, settle
from ess_observatory.build.rules import load_rules
from ess_observatory.build.stale import stale_outputs
from ess_observatory.build.unchanged import fingerprint_of, recall, remember
from ess_observatory.errors import ObservatoryError
from ess_observatory.project import Edition, Project
from ess_observatory.quality import Verdict
from ess_observatory.quality.declared import previous_ledger
from ess_observatory.quality.desk import QualityDesk
from ess_observatory.quality.verdicts import read_verdicts
from ess_observatory.read import load
from ess_observatory.read.recognise import Inventory

STAGES = ("ingest", "check", "build", "publish", "report")
_IN_PLACE = {
    "ingest": ["database", "quality"],
    "check": ["database", "quality"],
    "build": ["database", "quality"],
    "publish": ["database", "quality", "publication"],
    "report": ["database", "quality", "publication", "reports"],
}
Progress = Callable[[str, str], None]


@dataclass
class Outcome:
    """What a run did; `is_unchanged` when the build in place was already the right one."""

    outputs: Outputs
    inventory: Inventory
    verdicts: list[Verdict] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    is_unchanged: bool = False
    stale: list[str] = field(default_factory=list)

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
        return self.stale + files + checks + (links if waiting else []) + (recodes if texts else [])


def run(
    project: Project,
    edition: Edition,
    raw: Path | None,
    outputs: Outputs,
    until: str = "report",
    progress: Progress = lambda step, detail: None,
    again: bool = False,
) -> Outcome:
    """Build everything up to a stage, beside, then put it in place; nothing is done when the build in place was made of the
    same files, declarations and program, unless `again`.

    `raw`: the folder of raw files; None = the edition's place under `data/raw/` (see `inventory_of`).
    Raises `ObservatoryError` (nothing is put in place): unknown headers or blocking checks (exit 3), missing input (4),
    secrecy or integrity (6), another build at work (4), raw files that change meanwhile or a full disk (3). The refused
    rows of a stopped run are left in `quality-echec/`.
    """
    progress("Reconnaissance", "")
    inventory = inventory_of(project, edition, raw)
    refuse_missing(project, edition, inventory)
    outcome = Outcome(outputs, inventory)
    settle(outputs)
    fingerprint = fingerprint_of(project, edition, inventory, previous_ledger(project, edition, outputs))
    if not again and (counts := recall(outputs, fingerprint, until, STAGES)) is not None:
        shutil.rmtree(outputs.failed_quality, ignore_errors=True)
        verdicts = read_verdicts(outputs.quality / "checks.json")
        stale = stale_outputs(outputs, counts["build"])
        return Outcome(outputs, inventory, verdicts, counts, is_unchanged=True, stale=stale)
    with building(outputs) as scratch:
        try:
            desk = QualityDesk(project, edition, inventory, outputs, scratch, until in ("publish", "report"))
            outcome.verdicts = desk.verdicts
            with desk, Database(scratch.database) as db:
                _build(db, project, edition, inventory, scratch, until, outcome, desk, progress)
                db.seal()
            remember(scratch, edition.id, fingerprint, until, outcome.counts)
            refuse_changed_files(inventory)
            put_in_place(scratch, outputs, _IN_PLACE[until])
        except ObservatoryError:
            _keep_failed_quality(scratch, outputs)
            raise
        except Exception as error:
            refuse_changed_files(inventory)
            if is_disk_full(error):
                raise disk_full(outputs.base) from error
            raise
        shutil.rmtree(outputs.failed_quality, ignore_errors=True)
    outcome.stale = stale_outputs(outputs, outcome.counts["build"])
    return outcome


def _build(
    db: Database,
    project: Project,
    edition: Edition,
    inventory: Inventory,
    scratch: Outputs,
    until: str,
    outcome: Outcome,
    desk: QualityDesk,
    progress: Progress,
) -> None:
    load_rules(db, project, edition, inventory.sources())
    _read(db, project, inventory, progress)
    models = models_of(project)
    for model in models:
        if model.layer == "staging":
            _stage(db, model)
    load.close_ledger(db)
    load.write_books(db, scratch.quality)
    outcome.counts.update(_reading_counts(db))
    outcome.counts["build"] = build_id(db, project, edition)
    progress("Contrôles", f"{outcome.counts['rows_read']} lignes, {outcome.counts['rows_refused']} refusées")
    if STAGES.index(until) < STAGES.index("build"):
        desk.after_staging(db)
        return
    try:
        _count(db, project, models, scratch.quality, outcome.counts, progress)
    except Exception:
        desk.after_staging(db)  # data that break a query are said by the check that they break
        raise
    desk.after_staging(db)
    outcome.counts["in_perimeter"] = db.rows("select count(*) from core.establishment where in_perimeter")[0][
        0
    ]
    if until == "build":
        return
    progress("Secret statistique et publication", "")
    book, controls = _publish(db, project, edition, scratch, outcome.counts["build"])
    outcome.counts["tables"] = len(book.tables)
    outcome.counts["hidden"] = sum(c.conf_status != "F" for _, cells in book.tables for c in cells)
    desk.before_publication(db, controls)
    if until == "report":
        progress("Rapport", "classeur et page")
        render(scratch)


def _read(db: Database, project: Project, inventory: Inventory, progress: Progress) -> None:
    from ess_observatory.survey.codebook import load_codebook
    from ess_observatory.survey.core import build_survey
    from ess_observatory.survey.read import read_answers

    load.create_books(db)
    files = len({match.sheet.relative for match in inventory.matches})
    progress("Lecture", f"{files} fichiers")
    problems: list[ObservatoryError] = []
    for spec in project.sources.values():
        matches = [match for match in inventory.matches if match.source == spec.id]
        if spec.kind == "survey":
            codebook = load_codebook(project.questionnaire)
            answers = read_answers([match.sheet for match in matches], codebook, spec.id)
            load.add_to_books(db, answers.refused, answers.ledger)
            build_survey(db, codebook, answers, spec.id)
            continue
        try:
            load.load_source(db, spec, matches)
        except ObservatoryError as error:
            problems.append(error)
    if problems:
        first, *others = problems
        first.details.extend(others)
        raise first


def _stage(db: Database, model: Model) -> None:
    source = model.target.partition(".")[2]
    db.execute(f"create or replace table staging.{source}_judged as {model.sql}")
    if "refusal_code" in db.columns(f"staging.{source}_judged"):
        load.split_refused(db, source, f"staging.{source}_judged", model.target)
    else:
        db.execute(f"alter table staging.{source}_judged rename to {source}")


def _count(
    db: Database,
    project: Project,
    models: list[Model],
    quality: Path,
    counts: dict[str, Any],
    progress: Progress,
) -> None:
    """Core tables, then the survey's, then those of SQL; `counts` gets what waits for a decision of the analyst."""
    from ess_observatory.survey.codebook import load_codebook
    from ess_observatory.survey.estimation.apply import estimate
    from ess_observatory.survey.recode import write_to_recode
    from ess_observatory.survey.tables import survey_cells

    codebook = load_codebook(project.questionnaire)
    surveys = [table for table in project.tables if "survey" in table.card]
    progress("Périmètre et tableaux", f"{len(project.tables)} tableaux")
    for model in models:
        if model.layer == "core":
            db.make(model)
    weighting, counts["to_link"] = estimate(db, codebook, project.questionnaire.parent, quality)
    counts["to_recode"] = write_to_recode(db, codebook, quality)
    for table in surveys:
        survey_cells(db, codebook, {**table.card, "id": table.id}, {"weighting": weighting})
    for model in models:
        if model.layer == "marts":
            db.make(model)


def _publish(
    db: Database, project: Project, edition: Edition, scratch: Outputs, build: str
) -> tuple[Any, list[Verdict]]:
    from ess_observatory.publish.assemble import publish

    return publish(db, project, edition, scratch.publication, build)


def render(outputs: Outputs) -> None:
    """Both reports, from the publication folder alone."""
    from ess_observatory.publish.tables import load_publication
    from ess_observatory.render.html import render_html
    from ess_observatory.render.workbook import render_workbook

    outputs.reports.mkdir(parents=True, exist_ok=True)
    publication = load_publication(outputs.publication)
    render_html(publication, outputs.page)
    render_workbook(publication, outputs.workbook)


def models_of(project: Project) -> list[Model]:
    """Every SQL file of the project, in building order."""
    files = {
        f"staging.{spec.id}": spec.staging_sql
        for spec in project.sources.values()
        if spec.staging_sql.is_file()
    }
    files |= {f"core.{path.stem}": path for path in sorted((project.pipelines / "core").glob("*.sql"))}
    files |= {f"marts.{table.id}": table.query for table in project.tables if table.query.is_file()}
    return order(read_model(target, path) for target, path in files.items())


def build_id(db: Database, project: Project, edition: Edition) -> str:
    """Short hash of all that a build depends on: declarations, edition, raw files, engine format."""
    digest = hashlib.sha256(STORAGE_VERSION.encode())
    paths = sorted(p for p in project.pipelines.rglob("*") if p.is_file() and "demo" not in p.parts)
    for path in [*paths, edition.path]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for row in db.rows("select source, file, sheet, sha256 from staging.ledger order by all"):
        digest.update(repr(row).encode())
    return digest.hexdigest()[:16]


def _reading_counts(db: Database) -> dict[str, int]:
    files, read, kept, refused = db.rows(
        "select count(distinct file), coalesce(sum(rows_read), 0), coalesce(sum(rows_kept), 0), "
        "coalesce(sum(rows_refused), 0) from staging.ledger"
    )[0]
    corrections, notes = (
        db.rows(f"select count(*) from staging.{book}")[0][0] for book in ("correction", "note")
    )
    return {
        "files": files,
        "rows_read": int(read),
        "rows_kept": int(kept),
        "rows_refused": int(refused),
        "corrections": corrections,
        "notes": notes,
    }


def _keep_failed_quality(scratch: Outputs, outputs: Outputs) -> None:
    if scratch.quality.is_dir():
        shutil.rmtree(outputs.failed_quality, ignore_errors=True)
        shutil.move(str(scratch.quality), str(outputs.failed_quality))
