"""A run tried in a place that is removed: what it would stop at, what it keeps, what would come out empty.

The stages are those of `runner.run`, in its order, up to its last gate: inventory, reading, staging, perimeter and tables, declared
checks, secrecy and the checks of what would leave. Only the reports are not made. What stops one source does not keep the others from
being read, so that everything is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ess_observatory.declare.project import Edition, Project, TableCard
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.declare.territories import parts_of
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs, refuse_beside
from ess_observatory.errors import ObservatoryError
from ess_observatory.quality import Verdict
from ess_observatory.quality.catalogue import not_to_correct
from ess_observatory.quality.inspection import QualityDesk
from ess_observatory.quality.reference_date import ahead_of_today
from ess_observatory.read import load
from ess_observatory.read.advice import Advice
from ess_observatory.read.headers import place
from ess_observatory.read.identifiers import commune_code
from ess_observatory.read.recognise import Inventory, refuse_unopened
from ess_observatory.recipe import steps
from ess_observatory.recipe.inputs import inventory_of, refuse_missing
from ess_observatory.recipe.previous import edition_before
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import Progress, Work


@dataclass(frozen=True)
class SheetRows:
    """What the rows of a sheet become; `here`: those kept of the territory, None where the file names no commune."""

    source: str
    file: str
    sheet: str
    read: int
    kept: int
    refused: int
    here: int | None


@dataclass(frozen=True)
class Told:
    """What is said of some rows of a source: refused (`is_refusal`) or kept with a note. `here`: what of the territory it costs."""

    source: str
    code: str
    reason: str
    rows: int
    is_refusal: bool
    to_correct: bool = False
    fix: str = ""
    here: int | None = None
    counts_establishments: bool = False


@dataclass
class Trial:
    """What a trial found. `stops`: what the run would stop at, first things first; `failed`: the sources that cannot be read."""

    inventory: Inventory
    ahead: list[str] = field(default_factory=list)
    stops: list[ObservatoryError] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    verdicts: list[Verdict] = field(default_factory=list)
    sheets: list[SheetRows] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    areas: list[tuple[str, str, dict[str, int]]] = field(default_factory=list)
    in_perimeter: int | None = None
    tables: int | None = None
    empty: list[str] = field(default_factory=list)
    advices: list[Advice] = field(default_factory=list)

    @property
    def stop(self) -> ObservatoryError | None:
        """The one error that the run would end with."""
        return self.stops[0] if self.stops else None


def try_out(
    project: Project,
    edition: Edition,
    raw: Path | None,
    outputs: Outputs,
    each: str | None = None,
    progress: Progress = lambda step, detail: None,
) -> Trial:
    """Try a run (on each territory of a level with `each`): nothing is written but in a temporary folder, removed.

    Raises what a run raises before it looks at any file: E176 (reference date), E121 (no folder), E111 (unknown level).
    """
    progress("Reconnaissance", "")
    ahead = ahead_of_today(project, edition)
    parts = parts_of(project.geography, edition.territory, each).territories if each else ()
    trial = Trial(inventory_of(project, edition, raw, tolerant=True), ahead)
    tried: list[Callable[[], object]] = [
        lambda: refuse_unopened(trial.inventory),
        lambda: refuse_missing(project, edition, trial.inventory),
        lambda: refuse_beside(outputs, {part.id for part in parts}),
    ]
    for attempt in tried:
        _attempt(trial, attempt)
    with TemporaryDirectory(prefix="ess-") as folder:
        scratch = Outputs(Path(folder).resolve(), Path(folder).resolve() / "reports")
        desk = QualityDesk(project, edition, trial.inventory, outputs, scratch, publishes=True)
        with Database(scratch.database) as db:
            work = Work(
                project,
                edition,
                trial.inventory,
                db,
                scratch,
                desk,
                steps.models_of(project),
                progress,
                before=edition_before(project, edition, outputs),
            )
            if trial.inventory.matches:
                with desk:
                    _read(trial, work)
                    if not trial.stops:
                        _attempt(trial, lambda: steps.decide(work))
                    if not trial.stops:  # the last gate looks at what would leave: only a publication says it
                        _attempt(trial, lambda: steps.publish(work))
                    trial.verdicts = desk.verdicts
                    trial.tables = work.counts.get("tables")
                    trial.in_perimeter = work.counts.get("in_perimeter")
                _count(trial, work)
                for part in parts:
                    codes = [commune["code"] for commune in part.communes]
                    trial.areas.append((part.id.partition("-")[2], part.name, _rows_of(trial, work, codes)))
            elif any(unmatched.near for unmatched in trial.inventory.unmatched):
                load_rules(db, project, edition, set())
                load.create_books(db)
            trial.advices = list(_advices(trial, work))
    return trial


def _attempt(trial: Trial, attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except ObservatoryError as error:
        trial.stops.append(error)


def _read(trial: Trial, work: Work) -> None:
    """Every source read and staged; one that cannot be is told, and is then as absent."""
    db, project = work.db, work.project
    steps.open_files(work)
    problems = steps.load_all(work)
    for source in problems:
        load.load_source(db, project.sources[source], [])
        for book in ("ledger", "refused", "note"):
            db.execute(f"delete from staging.{book} where source = ?", [source])
    if problems:
        trial.failed = set(problems)
        trial.stops.append(steps.as_one(problems))
    steps.stage_all(db, project, work.models)
    load.close_ledger(db)
    load.write_books(db, work.scratch.quality)
    work.counts["build"] = steps.build_id(db, project, work.edition)


def _count(trial: Trial, work: Work) -> None:
    """How many rows each sheet gives, what each refusal costs, what would come out empty."""
    db, project = work.db, work.project
    here: dict[tuple[str, str, str], int] = {}
    located = {spec.id: column for spec in project.sources.values() if (column := _commune_of(spec))}
    found = trial.inventory.sources()
    for source, column in located.items():
        if source in found:
            rows = db.rows(
                f"select _file, _sheet, count(*) from staging.{source}_typed where {column} in "
                "(select code from rules.territory_commune) group by all"
            )
            here |= {(source, file, sheet): count for file, sheet, count in rows}
    for source, file, sheet, read, kept, refused in db.rows(
        "select source, file, sheet, rows_read, rows_kept, rows_refused from staging.ledger order by all"
    ):
        of_here = here.get((source, file, sheet), 0) if source in located else None
        trial.sheets.append(SheetRows(source, file, sheet, read, kept, refused, of_here))
    aside = not_to_correct(project.pipelines)
    for source, code, reason, fix, count in db.rows(
        "select source, code, min(reason), min(fix), count(distinct (file, sheet, line)) from staging.refused "
        "group by source, code order by source, 5 desc, code"
    ):
        cost, establishments = _cost(work, project.sources[source], code)
        trial.told.append(
            Told(source, code, reason, count, True, code not in aside, fix, cost, establishments)
        )
    for source, code, reason, count in db.rows(
        "select source, code, min(reason), count(distinct (file, sheet, line)) from staging.note "
        "group by source, code order by source, 4 desc, code"
    ):
        trial.told.append(Told(source, code, reason, count, False))
    trial.empty = list(_empty(trial, work, located))


def _commune_of(spec: SourceSpec) -> str | None:
    return next((column.name for column in spec.columns if column.type == "commune"), None)


def _cost(work: Work, spec: SourceSpec, code: str) -> tuple[int | None, bool]:
    """What refused rows of a source take away from the territory: establishments, of a register or of the companies that a
    companion file describes; else rows. None where nothing tells where they are."""
    db, project = work.db, work.project
    refused = (
        "select distinct r.file, r.sheet, r.line from staging.refused as r "
        f"where r.source = '{spec.id}' and r.code = ? and r.line is not null"
    )
    row = f"from ({refused}) as r inner join raw.{spec.id} as w on w._file = r.file and w._sheet = r.sheet and w._line = r.line"
    here = "(select code from rules.territory_commune)"
    if column := _commune_of(spec):
        known = commune_code(f"w.{column}")
        query = (
            f"select count(*) {row} left join rules.commune_projection as p on p.code = {known} "
            f"where coalesce(p.target, {known}) in {here}"
        )
        return int(db.rows(query, [code])[0][0]), spec.role == "register"
    siren = next((c.name for c in spec.columns if c.type == "siren" and c.name in spec.key), None)
    for register in project.sources.values():
        siret = next((c.name for c in register.columns if c.type == "siret"), None)
        located = _commune_of(register)
        if (
            siren
            and siret
            and located
            and register.role == "register"
            and register.id in work.inventory.sources()
        ):
            query = (
                f"select count(distinct e.{siret}) from staging.{register.id}_typed as e where e.{located} in {here} "
                f"and substr(e.{siret}, 1, 9) in (select w.{siren} {row})"
            )
            return int(db.rows(query, [code])[0][0]), True
    return None, False


def _rows_of(trial: Trial, work: Work, codes: list[str]) -> dict[str, int]:
    """How many kept rows of each source are of some communes."""
    found = {}
    for source in sorted(trial.inventory.sources() - trial.failed):
        if column := _commune_of(work.project.sources[source]):
            query = f"select count(*) from staging.{source}_typed where list_contains(?, {column})"
            found[source] = int(work.db.rows(query, [codes])[0][0])
    return found


def _empty(trial: Trial, work: Work, located: dict[str, str]) -> Iterator[str]:
    """What would come out empty, and why."""
    project, edition, db = work.project, work.edition, work.db
    present = trial.inventory.sources()
    communes = len(edition.territory.communes)
    by_source: dict[str, list[str]] = {}
    for table in project.tables:
        for source in project.with_sources(table, present).card.get("sources", [])[:1]:
            by_source.setdefault(source, []).append(table.number)
    for source in sorted(edition.sources.keys() - present):
        if numbers := by_source.get(source):
            year = edition.sources[source].get("vintage")
            of_year = f" de {year}" if year else ""
            yield f"« {project.sources[source].title} »{of_year} : aucun fichier ; {_tables(numbers)} vides"
    without: set[str] = set()
    for source in sorted(present & located.keys() - trial.failed):
        rows = [sheet for sheet in trial.sheets if sheet.source == source]
        if any(sheet.kept for sheet in rows) and not any(sheet.here for sheet in rows):
            without.add(source)
            header = next(c.headers[0] for c in project.sources[source].columns if c.name == located[source])
            told = _tables(by_source.get(source, []))
            yield (
                f"« {project.sources[source].title} » : la colonne « {header} » ne nomme aucune des {communes} communes du territoire"
                + (f" ; {told} vides" if told else "")
            )
    if trial.in_perimeter is None:
        return
    hollow: dict[str, list[str]] = {}
    for table in project.tables:
        filled = project.with_sources(table, present)
        source = next(iter(filled.card.get("sources", [])), "")
        if "kind" in table.card or not filled.is_fed(present) or source in without:
            continue
        if _is_hollow(db, table):
            hollow.setdefault(source, []).append(table.number)
    for source, numbers in sorted(hollow.items()):
        yield f"« {project.sources[source].title} » est lu, mais {_tables(numbers)} n’en tirent aucun nombre"


def _is_hollow(db: Database, table: TableCard) -> bool:
    """Whether a table has been made and holds no number but zero."""
    if not db.exists("marts", table.id):
        return False
    columns = set(db.columns(f"marts.{table.id}"))
    numbers = [
        c["code"]
        for c in table.card.get("columns", [])
        if c.get("secrecy") != "text" and c["code"] in columns
    ]
    some = " or ".join(f'coalesce(try_cast("{name}" as double), 0) <> 0' for name in numbers)
    return bool(numbers) and not db.rows(f"select 1 from marts.{table.id} where {some} limit 1")


def _tables(numbers: list[str]) -> str:
    if not numbers:
        return ""
    shown = ", ".join(numbers[:8]) + (f" et {len(numbers) - 8} autres" if len(numbers) > 8 else "")
    return f"tableau {shown}" if len(numbers) == 1 else f"tableaux {shown}"


def _advices(trial: Trial, work: Work) -> Iterator[Advice]:
    """What to do of the headers of the sheets that are not read whole."""
    adviser = steps.adviser_of(work.db, work.project)
    said = [error for stop in trial.stops for error in (stop, *stop.details)]
    doubled = {(error.where or "").partition(", ligne ")[0] for error in said if error.code == "E222"}
    for match in trial.inventory.matches:
        is_doubled = place(match.sheet) in doubled
        if match.unknown or (is_doubled and match.doubles):
            yield adviser.of(match, doubled=is_doubled)
    wanted = work.edition.sources.keys() - trial.inventory.sources()
    for unmatched in trial.inventory.unmatched:
        if unmatched.near and unmatched.severity == "warn" and unmatched.near.source in wanted:
            yield adviser.of(unmatched.near)
