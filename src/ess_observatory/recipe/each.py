"""Many territories in one run: what is the same for all of them is done once, then each is built as if it were alone.

Once: the inventory, the reading, staging, its checks, and the tables of `core` that say `-- shared`, in a database of their own.
Then, one at a time: the territory's rules, all other tables, statistical secrecy, publication, reports. Each is protected on its
own: nothing models what several publications say together, so that none that overlaps them may be published in the same place
(see `refuse_beside`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.territories import Territory, parts_of
from ess_observatory.engine.database import Database
from ess_observatory.engine.outputs import Outputs, put_in_place, refuse_beside, settle
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.publish.agreement import agreement
from ess_observatory.publish.changes import Before
from ess_observatory.publish.reader import read_publication
from ess_observatory.quality.declared import previous_ledger
from ess_observatory.quality.inspection import QualityDesk
from ess_observatory.quality.reference_date import ahead_of_today
from ess_observatory.quality.rule_change import keep_memory
from ess_observatory.quality.verdicts import read_verdicts
from ess_observatory.read.recognise import Inventory
from ess_observatory.recipe import steps
from ess_observatory.recipe.borrow import borrow, keep_own, make_shared, read_otherwise
from ess_observatory.recipe.each_index import (
    BUILT,
    EMPTY,
    FAILED,
    LEFT_ASIDE,
    UNCHANGED,
    Each,
    Part,
    write_index,
)
from ess_observatory.recipe.guard import constructing, refuse_changed_files
from ess_observatory.recipe.inputs import inventory_of, refuse_missing
from ess_observatory.recipe.previous import edition_before
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.runner import IN_PLACE, PUBLISHING, STAGES, Outcome
from ess_observatory.recipe.steps import Progress, Work
from ess_observatory.recipe.unchanged import fingerprint_of, of_territory, recall, remember

#: What an edition says of its own territory, and of none of its parts.
_OF_THE_WHOLE = frozenset(
    ("title", "title_en", "default", "previous", "replication", "revisions", "survey", "survey_sent")
)


@dataclass(frozen=True)
class _Run:
    """What the territories of a run have in common."""

    project: Project
    edition: Edition
    inventory: Inventory
    outputs: Outputs
    until: str
    fingerprint: str
    accepted: str | None = None

    @property
    def publishes(self) -> bool:
        return self.until in PUBLISHING

    def before(self, territory: Territory) -> Before:
        """What was published of one of the territories in the edition before."""
        found = edition_before(self.project, self.edition, self.outputs, territory.id)
        return replace(
            found, is_declared=False
        )  # `previous` speaks of the whole: no part is asked to have been published

    def fingerprint_of(self, territory: Territory) -> str:
        """What one of the territories is made from."""
        return of_territory(self.fingerprint, territory, self.before(territory))


def run_each(
    project: Project,
    edition: Edition,
    level: str,
    raw: Path | None,
    outputs: Outputs,
    until: str = "report",
    progress: Progress = lambda step, detail: None,
    again: bool = False,
    accepted: str | None = None,
) -> Each:
    """Build each area of a level inside the territory of an edition, in `outputs.part("<level>-<code>")`, and write the index.

    `until`: build, publish or report. A territory whose build in place was made of the same things is left as it is, unless
    `again`. One that its data stop does not stop the others: it is in the result with its error.
    Raises `ObservatoryError` as `runner.run` does for what is common to all; E111 (unknown level), E167 (other publications in
    that place, exit 6), E168 (no whole area of that level).
    """
    progress("Reconnaissance", "")
    for said in ahead_of_today(project, edition):
        progress("Attention", said)
    found = parts_of(project.geography, edition.territory, level)
    aside = [Part(code, name, LEFT_ASIDE, why=why) for code, name, why in found.left_aside]
    if not found.territories:
        raise ObservatoryError(
            "E168",
            f"Aucun territoire entier du niveau « {level} » dans « {edition.territory.name} »",
            " ; ".join(f"{part.code} {part.name} : {part.why}".strip() for part in aside) or None,
            "Choisissez un niveau plus fin, ou une édition dont le territoire est plus grand.",
            Exit.USAGE,
        )
    refuse_beside(
        outputs, {territory.id for territory in found.territories} if until in PUBLISHING else set()
    )
    inventory = inventory_of(project, edition, raw)
    refuse_missing(project, edition, inventory)
    whole = outputs.part(level)
    ledger = previous_ledger(project, edition, outputs)
    before = replace(edition_before(project, edition, outputs), folder=None)
    fingerprint = fingerprint_of(project, edition, inventory, ledger, before)
    run = _Run(project, edition, inventory, outputs, until, fingerprint, accepted)
    known = {} if again else dict(_unchanged(run, found.territories))
    waiting = [territory for territory in found.territories if territory.id not in known]
    if waiting:
        known |= _build_all(run, waiting, len(found.territories), whole, progress)
    reading = read_verdicts(whole.quality / "checks.json")
    parts = [known[territory.id] for territory in found.territories]
    books = (read_publication(places.publication) for part in parts if (places := _published(part)))
    reading += agreement(books, are_apart=True)
    each = Each(edition, level, whole, (*parts, *aside), tuple(reading))
    write_index(each)
    return each


def edition_of(edition: Edition, territory: Territory) -> Edition:
    """The edition of one part: all that the whole declares, but what it says of its own territory."""
    own = {key: value for key, value in edition.data.items() if key not in _OF_THE_WHOLE}
    title = f"État de l’économie sociale et solidaire {territory.name_in}"
    return replace(
        edition,
        id=f"{edition.id}-{territory.id}",
        data={**own, "title": title, "territory": territory.id, "is_part": True},
        territory=territory,
    )


def _unchanged(run: _Run, territories: tuple[Territory, ...]) -> Iterator[tuple[str, Part]]:
    for territory in territories:
        places = run.outputs.part(territory.id)
        settle(places)
        counts = recall(places, run.fingerprint_of(territory), run.until, STAGES)
        if counts is not None:
            verdicts = read_verdicts(places.quality / "checks.json")
            outcome = Outcome(places, run.inventory, verdicts, counts, is_unchanged=True)
            yield territory.id, _part(territory, UNCHANGED, outcome)


def _part(territory: Territory, status: str, outcome: Outcome) -> Part:
    return Part(
        _code(territory), territory.name, status if outcome.counts["in_perimeter"] else EMPTY, outcome
    )


def _published(part: Part) -> Outputs | None:
    """Where the publication of a part is, if it has one."""
    places = part.outcome.outputs if part.outcome and part.status != EMPTY else None
    return places if places and (places.publication / "figures.parquet").is_file() else None


def _code(territory: Territory) -> str:
    """The code of the area that a part of the whole is."""
    return territory.id.partition("-")[2]


def _build_all(
    run: _Run, waiting: list[Territory], total: int, whole: Outputs, progress: Progress
) -> dict[str, Part]:
    """The common reading, then each territory that waits for it."""
    project, edition, inventory = run.project, run.edition, run.inventory
    parts: dict[str, Part] = {}
    with constructing(whole, inventory) as scratch:
        desk = QualityDesk(project, edition, inventory, whole, scratch, run.publishes)
        models = steps.models_of(project)
        with desk:
            with Database(scratch.database) as db:
                common = Work(
                    project, edition, inventory, db, scratch, desk, models, progress, accepted=run.accepted
                )
                steps.read_files(common)
                read, refused = common.counts["rows_read"], common.counts["rows_refused"]
                progress("Contrôles", f"{read} lignes, {refused} refusées")
                desk.after_reading(db)
                progress("Tables communes", f"{sum(model.is_shared for model in models)} tables")
                common.shared = make_shared(common)
                db.seal()
            refuse_changed_files(inventory)
            put_in_place(scratch, whole, ["quality"])
            for number, territory in enumerate(waiting, total - len(waiting) + 1):
                progress(f"[{number}/{total}] {_code(territory)}", territory.name)
                try:
                    parts[territory.id] = _part(territory, BUILT, _build_one(run, common, territory))
                except ObservatoryError as error:
                    parts[territory.id] = Part(_code(territory), territory.name, FAILED, error=error)
    return parts


def _refuse_emptied(places: Outputs, territory: Territory) -> None:
    """Raise E186 for a territory that has no establishment left, but a publication that counts some."""
    if (places.publication / "manifest.json").is_file():
        raise ObservatoryError(
            "E186",
            f"Plus aucun établissement dans le périmètre pour {territory.name}, qui a une publication",
            str(places.publication),
            "La publication en place n’est pas touchée. Corrigez les fichiers ou les règles ; si c’est voulu, supprimez ce dossier.",
        )


def _build_one(run: _Run, common: Work, territory: Territory) -> Outcome:
    project, places = run.project, run.outputs.part(territory.id)
    edition = edition_of(run.edition, territory)
    surveys = {spec.id for spec in project.sources.values() if spec.kind == "survey"}
    inventory = replace(
        run.inventory, matches=[match for match in run.inventory.matches if match.source not in surveys]
    )
    with constructing(places, inventory) as scratch:
        desk = QualityDesk(project, edition, inventory, places, scratch, run.publishes, common.desk)
        outcome = Outcome(places, inventory, desk.verdicts, dict(common.counts))
        with desk, Database(scratch.database) as db:
            work = replace(
                common, edition=edition, inventory=inventory, db=db, scratch=scratch, desk=desk,
                progress=lambda step, detail: None, counts=outcome.counts, moved=outcome.moved,
                before=run.before(territory),
            )  # fmt: skip
            load_rules(db, project, edition, inventory.sources())
            for source in sorted(surveys):  # the answers are those of the whole: they say nothing of one part
                steps.read_survey(db, project, project.sources[source], [])
            borrow(work, common.scratch.database)
            db.lock(scratch.base, common.desk.gate.scratch)
            desk.verdicts += read_otherwise(work)
            outcome.counts["build"] = steps.build_id(db, project, edition)
            steps.decide(work)
            reached = run.until if outcome.counts["in_perimeter"] else "build"
            if reached == "build" and run.publishes:
                _refuse_emptied(places, territory)
            if reached != "build":
                steps.publish(work)
            if reached == "report":
                steps.report(work)
            keep_own(work)
            db.seal()
        if reached == "build":
            keep_memory(places, scratch)
        fingerprint = run.fingerprint_of(territory)
        remember(scratch, edition.id, fingerprint, run.until, outcome.counts)
        put_in_place(scratch, places, IN_PLACE[reached])
    return outcome
