"""The steps of a build, from raw files to reports: what one territory and many territories of a run have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ess_observatory.codebook.codebook import load_codebook
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import STORAGE_VERSION, Database, declared_in
from ess_observatory.engine.graph import Model, order, output_columns, read_model
from ess_observatory.engine.outputs import Outputs
from ess_observatory.errors import ObservatoryError
from ess_observatory.publish.assemble import publish as write
from ess_observatory.publish.changes import Before, write_changes
from ess_observatory.publish.reader import read_publication
from ess_observatory.quality.cases import count_cases
from ess_observatory.quality.declared import previous_ledger
from ess_observatory.quality.inspection import QualityDesk
from ess_observatory.quality.partitions import BOOK
from ess_observatory.quality.rule_change import refuse_change, rule_change
from ess_observatory.read import load
from ess_observatory.read.advice import Adviser
from ess_observatory.read.likeness import HeaderWords
from ess_observatory.read.recognise import Inventory, Match
from ess_observatory.recipe.measures_sql import table_models
from ess_observatory.recipe.perimeter_sql import DECISION, core_models, refuse_undecided
from ess_observatory.recipe.replay import decided_cases, replay
from ess_observatory.recipe.rules import load_rules
from ess_observatory.render.formats import write_reports
from ess_observatory.render.template_workbook import fill_template, template_of
from ess_observatory.secrecy.accounts import bound_terms
from ess_observatory.survey.communes import CommuneNames
from ess_observatory.survey.core import build_survey
from ess_observatory.survey.estimation.apply import estimate
from ess_observatory.survey.read import read_answers
from ess_observatory.survey.tables import survey_cells
from ess_observatory.survey.to_recode import write_to_recode

Progress = Callable[[str, str], None]


@dataclass
class Work:
    """What the steps of a build hand to each other.

    `shared`: tables of `core` that were made before, for all the territories of the run. `accepted`: why a change of rules
    beyond the budget is; `moved`: what it moves. `before`: the edition before, which this one is compared with.
    """

    project: Project
    edition: Edition
    inventory: Inventory
    db: Database
    scratch: Outputs
    desk: QualityDesk
    models: list[Model]
    progress: Progress
    counts: dict[str, Any] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    accepted: str | None = None
    moved: list[str] = field(default_factory=list)
    before: Before = field(default_factory=Before)


def read_files(work: Work) -> None:
    """Rules, raw rows, staging and the books of the reading; `counts` gets what was read.

    The database is locked first: it reaches its own folder and, to read them, the files that this build is made from.
    """
    db, project = work.db, work.project
    open_files(work)
    if problems := load_all(work):
        raise as_one(problems)
    stage_all(db, project, work.models)
    load.close_ledger(db)
    load.write_books(db, work.scratch.quality)
    work.counts.update(_reading_counts(db))
    work.counts["build"] = build_id(db, project, work.edition)


def open_files(work: Work) -> None:
    """The database locked on what this build is made from, and the rules."""
    work.db.lock(work.scratch.base, *_files_of(work))
    load_rules(work.db, work.project, work.edition, work.inventory.sources())


def _files_of(work: Work) -> Iterator[Path]:
    """What the engine itself opens: Parquet files, nomenclatures, and the books that row counts are compared with."""
    yield from dict.fromkeys(match.sheet.path for match in work.inventory.matches if match.sheet.is_parquet)
    yield from work.project.nomenclatures.values()
    if ledger := previous_ledger(work.project, work.edition, work.desk.outputs):
        yield from (ledger, ledger.with_name(BOOK))


def as_one(problems: dict[str, ObservatoryError]) -> ObservatoryError:
    """What several sources say, as one error."""
    first, *others = problems.values()
    first.details.extend(others)
    return first


def load_all(work: Work) -> dict[str, ObservatoryError]:
    """Read every source; returns what each of those that cannot be read says, by source."""
    load.create_books(work.db)
    files = len({match.sheet.relative for match in work.inventory.matches})
    work.progress("Lecture", f"{files} fichiers")
    adviser = adviser_of(work.db, work.project)
    problems: dict[str, ObservatoryError] = {}
    for spec in work.project.sources.values():
        matches = [match for match in work.inventory.matches if match.source == spec.id]
        if spec.kind == "survey":
            read_survey(work.db, work.project, spec, matches)
            continue
        try:
            load.load_source(work.db, spec, matches, adviser)
        except ObservatoryError as error:
            problems[spec.id] = error
    return problems


def adviser_of(db: Database, project: Project) -> Adviser:
    """What tells the lines that make unknown headers known."""
    words = project.header_words
    return Adviser(db, project.sources, HeaderWords(words.idle, words.kinds, words.same))


def stage_all(db: Database, project: Project, models: list[Model]) -> None:
    """`staging.<source>` of every source that has a query, those that it refuses in the book."""
    for model in models:
        if model.layer == "staging":
            with declared_in(str(model.path)):
                load.stage(db, project.sources[model.target.partition(".")[2]], model.sql)


def read_survey(db: Database, project: Project, spec: SourceSpec, matches: list[Match]) -> None:
    """The answers to the survey, in `raw`, `staging` and `core` (empty tables when there is none)."""
    codebook = load_codebook(project.questionnaire)
    answers = read_answers([match.sheet for match in matches], codebook, spec.id, CommuneNames(db))
    load.add_to_books(db, answers.refused, answers.ledger, answers.notes)
    build_survey(db, codebook, answers, spec.id)


def decide(work: Work) -> None:
    """Perimeter and tables, then gate 1; `counts` gets the number of establishments that are counted."""
    try:
        count(work)
    except Exception:
        work.desk.after_staging(work.db)  # data that break a query are said by the check that they break
        raise
    work.desk.after_staging(work.db)
    counted = "select count(*) from core.establishment where in_perimeter"
    work.counts["in_perimeter"] = work.db.rows(counted)[0][0]
    work.counts["to_verify"], work.counts["verified"] = count_cases(work.db)


def count(work: Work) -> None:
    """Core tables, then the survey's where there is one, then those of SQL; `counts` gets what waits for a decision."""
    db, questionnaire = work.db, work.project.questionnaire
    codebook = load_codebook(questionnaire)
    work.progress("Périmètre et tableaux", f"{len(work.project.tables)} tableaux")
    make_core(
        db, (model for model in work.models if model.target not in work.shared), decided_cases(work.project)
    )
    refuse_undecided(db)
    weighting, work.counts["to_link"] = estimate(db, codebook, questionnaire.parent, work.scratch.quality)
    work.counts["to_recode"] = write_to_recode(db, codebook, work.scratch.quality)
    present = work.inventory.sources() - _withheld(work)
    for table in work.project.tables:
        if "survey" in table.card and table.is_fed(present):
            survey_cells(db, codebook, {**table.card, "id": table.id}, {"weighting": weighting})
    for model in work.models:
        if model.layer == "marts":
            db.make(model)


def _withheld(work: Work) -> set[str]:
    """The surveys to which nobody of the territory answered, or too few for their answers to be anybody's: they are as absent as one
    that was not run."""
    if work.db.rows("select count(*) from core.survey_respondent")[0][0] >= work.project.secrecy["min_units"]:
        return set()
    surveys = {spec.id for spec in work.project.sources.values() if spec.kind == "survey"}
    for source in sorted(surveys):
        work.db.execute(f"update rules.edition_source set is_present = false where source = '{source}'")
    return surveys


def make_core(db: Database, models: Iterable[Model], decided: str | None = None) -> None:
    """The tables of `core` that SQL makes, in order, and what a solver makes of those that declare a programme; the decisions on
    cases of the table `decided` are taken as soon as the perimeter can be."""
    for model in models:
        if model.layer == "core":
            db.make(model)
            if decided and model.target == DECISION:
                replay(db, decided)
            if model.bounds:
                bound_terms(db, model.target, model.bounds)


def publish(work: Work) -> None:
    """Statistical secrecy, the publication folder, gate 2, what a change of rules does; `counts` gets tables and hidden cells.

    Raises E183 when it does more than the budget allows.
    """
    work.progress("Secret statistique et publication", "")
    book, controls = write(
        work.db, work.project, work.edition, work.scratch.publication, work.counts["build"]
    )
    controls += write_changes(work.project, work.before, work.scratch.publication)
    work.counts["tables"] = len(book.tables)
    work.counts["hidden"] = sum(c.conf_status != "F" for _, cells in book.tables for c in cells)
    places = (work.desk.outputs, work.scratch)
    change = rule_change(work.db, work.project, work.edition, *places, work.accepted)
    work.moved += change.lines
    work.desk.before_publication(work.db, controls, change)
    refuse_change(change)


def report(work: Work) -> None:
    """The reports of a build, and the copy of the template that the project has for its edition, filled.

    `counts` gets what of the template could not be carried over.
    """
    template = template_of(work.project.root, work.edition.declared_id)
    if lost := render(work.scratch, template=template)[1]:
        work.counts["template_losses"] = lost


def render(
    outputs: Outputs,
    languages: Collection[str] = ("fr",),
    wanted: Collection[str] = (),
    template: Path | None = None,
) -> tuple[dict[str, Path], list[str]]:
    """The reports, from the publication folder alone, and the copy of a workbook template, filled.

    Returns the path of each by format (see `render.formats`), and what of the template could not be carried over.
    """
    written = write_reports(outputs.publication, outputs.reports, languages, wanted)
    if template is None:
        return written, []
    written["filled"] = outputs.filled(template)
    return written, fill_template(read_publication(outputs.publication), template, written["filled"])


def models_of(project: Project) -> list[Model]:
    """Every SQL file of the project, and what is written from the rules of the perimeter and from the measures of cards, in building order."""
    files = {
        f"staging.{spec.id}": spec.staging_sql
        for spec in project.sources.values()
        if spec.staging_sql.is_file()
    }
    files |= {f"marts.{table.id}": table.query for table in project.tables if table.query.is_file()}
    models = {target: read_model(target, path) for target, path in files.items()} | core_models(project)
    models |= table_models(project, models)
    _check_keys(project, models)
    return order(models.values())


def _check_keys(project: Project, models: dict[str, Model]) -> None:
    """Raise E118 when the key of a source names a column that its rows do not have."""
    for spec in project.sources.values():
        named = [*spec.key, *filter(None, [spec.repeated.latest]), *(spec.merged.sums if spec.merged else ())]
        given = (
            output_columns(f"staging.{spec.id}", models)
            if named and f"staging.{spec.id}" in models
            else frozenset()
        )
        unknown = [name for name in named if name not in given]
        if unknown:
            raise ObservatoryError(
                "E118",
                f"Clé d’une source : colonne inconnue « {unknown[0]} »",
                str(spec.folder / "source.toml"),
                f"Prenez des colonnes de staging.sql : {', '.join(sorted(given))}.",
            )


def build_id(db: Database, project: Project, edition: Edition) -> str:
    """Short hash of all that a build depends on: declarations, edition and its territory, raw files, engine format."""
    digest = hashlib.sha256(STORAGE_VERSION.encode())
    if edition.id != edition.declared_id:
        digest.update(edition.id.encode())
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
