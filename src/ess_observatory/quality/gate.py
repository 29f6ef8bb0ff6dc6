"""The quality gates as the build sees them: started early, asked when the tables are there.

Great Expectations is imported in a process of its own while the build goes on. The data never travels: that process says
which metrics it needs, the build's own engine computes them in one scan a suite, and only values go back.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ess_observatory.engine.database import Database
from ess_observatory.engine.refusals import in_french
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.quality.metrics import compute
from ess_observatory.quality.suites import Suite
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.read.cast import quote


@dataclass(frozen=True)
class Judged:
    """A suite with what the library made of it (`suite` and `result` as the library writes them)."""

    suite: Suite
    verdicts: list[Verdict]
    declared: dict[str, Any]
    result: dict[str, Any]


class Gate:
    """Suites waiting for their tables. Use as a context: its process never outlives it.

    `scratch`: a folder, removed with the build, for what the library writes or must compute itself.
    """

    def __init__(self, suites: list[Suite], scratch: Path) -> None:
        self.suites, self.scratch = suites, scratch
        self._needs: dict[str, dict[str, Any]] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Gate:
        if self.suites:
            self.scratch.mkdir(parents=True, exist_ok=True)
            self._errors = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ess_observatory.quality.judge"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={
                    **os.environ,
                    "PYTHONWARNINGS": "ignore",
                    "GX_ANALYTICS_ENABLED": "false",
                    "TMPDIR": str(self.scratch),
                },
            )
            self._send([{"id": suite.id, "checks": list(suite.checks)} for suite in self.suites])
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was still to be sent has no reader any more
                        pipe.close()
            self._process.wait()
        if self._errors is not None:
            self._errors.close()

    def wait_ready(self) -> None:
        """Wait until the library is imported and has said what it needs (it goes on by itself meanwhile)."""
        if self.suites:
            self._wanted()

    def judge(self, db: Database, border: str, suites: list[Suite] | None = None) -> list[Judged]:
        """The verdicts of the suites of a border: its own or `suites`, the same checks on the tables of another territory.

        Raises E380 when a check cannot be run, E381 when it names a column or a table that does not exist.
        """
        asked = [
            suite
            for suite in (self.suites if suites is None else suites)
            if suite.border == border
            and not (suite.optional and not db.rows(f"select 1 from {suite.relation} limit 1"))
        ]
        if not asked:
            return []
        needs = self._wanted()
        for suite in asked:
            if needs[suite.id]["errors"]:
                raise ObservatoryError(
                    "E380",
                    "Un contrôle déclaré ne peut pas être exécuté",
                    f"{suite.where} : {' ; '.join(needs[suite.id]['errors'])}",
                    "Vérifiez le nom de l’attente et ses arguments.",
                    Exit.USAGE,
                )
        self._send({suite.id: self._values(db, suite, needs[suite.id]) for suite in asked})
        answers = self._receive()
        return [_judged(suite, answers[suite.id]) for suite in asked]

    def _values(self, db: Database, suite: Suite, needs: dict[str, Any]) -> dict[str, Any]:
        import duckdb

        try:
            present = set(db.columns(f"(select * from {suite.relation})"))
        except duckdb.Error as error:
            raise ObservatoryError(
                "E381",
                f"Contrôle sur une table inconnue : {suite.relation}",
                suite.where,
                "Corrigez « table ».",
                Exit.USAGE,
            ) from error
        unknown = {name for metric in needs["metrics"] for name in metric.columns()} | set(
            needs["columns"] or []
        )
        if unknown := unknown - present:
            raise ObservatoryError(
                "E381",
                f"Contrôle sur une colonne inconnue : {', '.join(sorted(unknown))}",
                suite.where,
                f"Colonnes : {', '.join(sorted(present))}.",
                Exit.USAGE,
            )
        frame = None
        if needs["by_library"]:
            frame = str(self.scratch / f"{suite.id}.parquet")
            columns = ", ".join(f'"{name}"' for name in needs["columns"]) if needs["columns"] else "*"
            db.execute(f"copy (select {columns} from {suite.relation}) to {quote(frame)} (format parquet)")
        try:
            return {"values": compute(db, suite.relation, needs["metrics"]), "frame": frame}
        except duckdb.Error as error:
            what = f"Un contrôle déclaré ne peut pas être exécuté : {in_french(str(error))[0]}"
            fix = "Vérifiez que bornes et valeurs sont du type de la colonne."
            raise ObservatoryError("E380", what, suite.where, fix, Exit.USAGE) from error

    def _wanted(self) -> dict[str, dict[str, Any]]:
        if self._needs is None:
            self._needs = self._receive()
        return self._needs

    def _send(self, message: Any) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
        except OSError as error:
            raise self._broken() from error

    def _receive(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        try:
            answer: dict[str, Any] = pickle.load(self._process.stdout)
            return answer
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._broken() from error

    def _broken(self) -> ObservatoryError:
        said = ""
        if self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")[-2000:].strip()
        return ObservatoryError(
            "E383",
            "Les contrôles déclarés se sont arrêtés",
            said or None,
            "Vérifiez l’installation avec « ess doctor », puis relancez.",
            Exit.BUG,
        )


def _judged(suite: Suite, answer: dict[str, Any]) -> Judged:
    verdicts = []
    for check, outcome in zip(suite.checks, answer["outcomes"], strict=True):
        detail, observed, examples = _found(outcome)
        verdicts.append(
            verdict(
                check["id"],
                suite.source,
                check["label"],
                check["severity"],
                outcome["success"],
                detail,
                kind="check",
                observed=observed,
                examples=examples,
                reason=check.get("reason", ""),
            )
        )
    return Judged(suite, verdicts, answer["suite"], answer["result"])


def _found(outcome: dict[str, Any]) -> tuple[str, Any, tuple[str, ...]]:
    """What a result says: a sentence, the observed value, and examples."""
    if outcome["error"]:
        return str(outcome["error"]), None, ()
    result = outcome["result"]
    if "unexpected_count" in result:
        wrong, of = result["unexpected_count"], result.get("element_count")
        examples = (
            ()
            if outcome["success"]
            else tuple(dict.fromkeys(map(str, result.get("partial_unexpected_list") or [])))[:5]
        )
        return f"{wrong} valeur(s) en défaut sur {of}", wrong, examples
    observed = result.get("observed_value")
    plain = (
        observed if isinstance(observed, int | float | str) else None if observed is None else str(observed)
    )
    return f"observé : {observed}", plain, ()
