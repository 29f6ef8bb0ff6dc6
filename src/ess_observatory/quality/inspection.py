"""The quality desk of a build: what it asks at each border, what it keeps, and when it stops the build."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from ess_observatory.declare.english_words import load_words
from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.agreement import write_disagreements
from ess_observatory.quality.cases import case_verdicts, write_cases
from ess_observatory.quality.declared import budgets, cross_checks, row_counts
from ess_observatory.quality.gate import Gate, Judged
from ess_observatory.quality.partitions import count_partitions, write_partitions
from ess_observatory.quality.reference_date import judged
from ess_observatory.quality.refused import RefusedSheet, note_corrected, refused_sheets
from ess_observatory.quality.report import write_docs, write_report
from ess_observatory.quality.rule_change import RuleChange
from ess_observatory.quality.suites import FIRST, SECOND, Suite, suites_before_core, suites_before_publication
from ess_observatory.quality.verdicts import Verdict, write_public_verdicts, write_verdicts
from ess_observatory.quality.workbook import NAME, write_refused
from ess_observatory.read.recognise import Inventory
from ess_observatory.words.typography import french

if TYPE_CHECKING:
    from ess_observatory.engine.outputs import Outputs


class QualityDesk:
    """Use as a context: the checks' process starts with it and ends with it."""

    def __init__(
        self,
        project: Project,
        edition: Edition,
        inventory: Inventory,
        outputs: Outputs,
        scratch: Outputs,
        publishes: bool,
        reading: QualityDesk | None = None,
    ) -> None:
        """`outputs`: the places of the last build; `scratch`: those of this one; `publishes`: gate 2 will be reached.

        `reading`: the desk, still open, that has judged what several territories of a run are made from.
        """
        self.project, self.edition, self.inventory = project, edition, inventory
        self.outputs, self.scratch, self.publishes, self.reading = outputs, scratch, publishes, reading
        self.suites: list[Suite] = suites_before_core(project, inventory.sources())
        if publishes:
            self.suites += suites_before_publication(project, scratch.publication)
        self.gate: Gate = reading.gate if reading else Gate(self.suites, scratch.base / "gate")
        self.judged: list[Judged] = []
        self.verdicts: list[Verdict] = list(reading.verdicts) if reading else []
        self.sheets: list[RefusedSheet] = reading.sheets if reading else []
        self.change = RuleChange()
        self._at_first = False

    def __enter__(self) -> QualityDesk:
        if self.reading is None:
            self.gate.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.reading is None:
            self.gate.__exit__(*error)

    def after_reading(self, db: Database) -> None:
        """Gate 1 of what several territories are made from: all but the checks between sources, which each of them makes.

        Raises E390 when a check that blocks does not hold.
        """
        self._judge_reading(db, [suite for suite in self.suites if _is_there(db, suite)])
        self._conclude(db, last=True)

    def after_staging(self, db: Database) -> None:
        """Gate 1: the declared checks of every source, budgets, row counts, checks between sources.

        Raises E390 when a check that blocks does not hold. Asked again, it has nothing more to say.
        """
        if self._at_first:
            return
        self._at_first = True
        if self.reading is None:
            self._judge_reading(db, self.suites)
        else:
            known = {one.suite.id for one in self.reading.judged}
            self._judge(db, FIRST, [suite for suite in self.suites if suite.id not in known])
        self.verdicts += cross_checks(db, self.project, self.inventory.sources())
        self.verdicts += case_verdicts(db, self.project, self.edition)
        self._conclude(db, last=not self.publishes)

    def before_publication(self, db: Database, controls: Sequence[Verdict], change: RuleChange) -> None:
        """Gate 2: the declared checks of what is about to leave, and the controls made while it was written; `change` is told.

        Raises E390 (exit 6): what would leave is wrong.
        """
        self.change = change
        self._judge(db, SECOND, self.suites)
        self.verdicts += controls
        words = load_words(self.project, self.edition)
        public = self.scratch.publication / "checks.json"
        write_public_verdicts(self.verdicts, public, lambda text: words.of(french(text)))
        self._conclude(db, last=True)

    def _judge_reading(self, db: Database, suites: list[Suite]) -> None:
        note_corrected(db, self.inventory)
        self._judge(db, FIRST, suites)
        self.verdicts += budgets(db, self.project)
        count_partitions(db, self.project)
        self.verdicts += row_counts(db, self.project, self.edition, self.outputs)
        self.verdicts += judged(db, self.project, self.edition, self.inventory.sources())

    def _judge(self, db: Database, border: str, suites: list[Suite]) -> None:
        judged = self.gate.judge(db, border, suites)
        self.judged += judged
        self.verdicts += [verdict for one in judged for verdict in one.verdicts]

    def _conclude(self, db: Database, last: bool) -> None:
        """Stop the build if something that blocks does not hold; write what is known once nothing more will be asked."""
        failed = any(verdict.status == "failed" for verdict in self.verdicts)
        if failed or last:
            folder: Path = self.scratch.quality
            folder.mkdir(parents=True, exist_ok=True)
            workbook = NAME
            if self.reading is None:
                self.sheets = refused_sheets(db, self.project, self.inventory)
                write_refused(self.sheets, folder / NAME)
                write_partitions(db, folder)
            else:
                workbook = relpath(self.reading.outputs.quality / NAME, self.outputs.quality)
            write_verdicts(self.verdicts, folder / "checks.json")
            write_docs(self.judged, self.edition, folder)
            disagreements = write_disagreements(db, folder)
            write_report(
                db,
                self.project,
                self.edition,
                self.verdicts,
                self.sheets,
                disagreements,
                folder,
                workbook,
                self.change,
                write_cases(db, self.project, self.edition, folder),
            )
        refuse_failed(self.verdicts)


def refuse_failed(verdicts: list[Verdict]) -> None:
    """Raise E390 with every check that blocks and does not hold."""
    failed = [v for v in verdicts if v.status == "failed"]
    if failed:
        leaving = [v for v in failed if v.source == SECOND]
        details = [ObservatoryError("E390", v.label, f"{v.source} : {_said(v)}") for v in failed]
        raise ObservatoryError(
            "E390",
            f"{len(failed)} contrôle(s) bloquant(s) en défaut",
            None,
            "Corrigez les fichiers (quality-echec/lignes-refusees.xlsx aide), puis relancez.",
            Exit.INTEGRITY if leaving else Exit.DATA,
            details,
        )


def _is_there(db: Database, suite: Suite) -> bool:
    return suite.border == FIRST and db.exists(*suite.relation.split(".", 1))


def _said(verdict: Verdict) -> str:
    return f"{verdict.detail} ({', '.join(verdict.examples)})" if verdict.examples else verdict.detail
