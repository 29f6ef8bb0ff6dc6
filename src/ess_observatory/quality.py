"""Declared checks → Great Expectations → verdicts. The only module that imports Great Expectations.

Importing that library takes seconds, so the checks run in a process of their own while the build goes on; nothing is
published before their verdict.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ess_observatory.build.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.project import SourceSpec
from ess_observatory.read.cast import quote

SEVERITIES = ("block", "warn", "info")


@dataclass(frozen=True)
class Verdict:
    """What a check found: `status` is ok, failed (blocks), warning or info."""

    id: str
    source: str
    label: str
    severity: str
    status: str
    detail: str = ""


@dataclass
class Gate:
    """Checks that are running, or that were not needed."""

    folder: Path
    process: subprocess.Popen | None

    def wait(self) -> list[Verdict]:
        """The verdicts, once the checks have ended. Raises E380 if they could not run."""
        if self.process is None:
            return []
        _, errors = self.process.communicate()
        results = self.folder / "verdicts.json"
        if self.process.returncode != 0 or not results.is_file():
            raise ObservatoryError("E380", "Les contrôles déclarés n’ont pas pu être exécutés", errors[-2000:].strip(),
                                   "Vérifiez les [[checks]] des source.toml (noms d’attentes et de colonnes).")
        return [Verdict(**verdict) for verdict in json.loads(results.read_text(encoding="utf-8"))]


def start_gate(db: Database, specs: list[SourceSpec], folder: Path) -> Gate:
    """Export what the checks need and start them. Sources without rows at all are left to the missing-input rule."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = []
    for spec in specs:
        if not spec.checks:
            continue
        columns = sorted({c["arguments"]["column"] for c in spec.checks if "column" in c["arguments"]})
        unknown = set(columns) - set(db.columns(f"staging.{spec.id}"))
        if unknown:
            raise ObservatoryError("E381", f"Contrôle sur une colonne inconnue : {', '.join(sorted(unknown))}",
                                   str(spec.folder / "source.toml"), "Corrigez le nom de la colonne.")
        target = folder / f"{spec.id}.parquet"
        selected = ", ".join(columns) or "1 as any_row"
        db.execute(f"copy (select {selected} from staging.{spec.id}) to {quote(str(target))} (format parquet)")
        plan.append({"source": spec.id, "file": target.name, "checks": list(spec.checks)})
    if not plan:
        return Gate(folder, None)
    (folder / "plan.json").write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "GX_ANALYTICS_ENABLED": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ess_observatory.quality", str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
    )
    return Gate(folder, process)


def run_checks(folder: Path) -> list[Verdict]:
    """Judge every planned check with Great Expectations on the exported tables."""
    import great_expectations as gx
    import pandas as pd

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("staging")
    verdicts: list[Verdict] = []
    for item in json.loads((folder / "plan.json").read_text(encoding="utf-8")):
        frame = pd.read_parquet(folder / item["file"])
        batch = source.add_dataframe_asset(item["source"]).add_batch_definition_whole_dataframe("all")
        suite = gx.ExpectationSuite(name=item["source"])
        for check in item["checks"]:
            expectation = getattr(gx.expectations, check["expectation"])
            suite.add_expectation(expectation(**check["arguments"]))
        result = batch.get_batch({"dataframe": frame}).validate(suite)
        for number, (check, outcome) in enumerate(zip(item["checks"], result.results, strict=True), 1):
            verdicts.append(_verdict(item["source"], number, check, outcome))
    return verdicts


def _verdict(source: str, number: int, check: dict[str, Any], outcome: Any) -> Verdict:
    severity = check.get("severity", "block")
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity!r} of {source} must be one of {SEVERITIES}")
    status = "ok" if outcome.success else {"block": "failed", "warn": "warning", "info": "info"}[severity]
    return Verdict(f"{source}.{number}", source, check["label"], severity, status, "" if outcome.success else _detail(outcome))


def _detail(outcome: Any) -> str:
    found = outcome.result or {}
    if "unexpected_count" in found:
        examples = ", ".join(map(str, found.get("partial_unexpected_list", [])[:5]))
        return f"{found['unexpected_count']} valeur(s) en défaut sur {found.get('element_count')} : {examples}"
    if "observed_value" in found:
        return f"observé : {found['observed_value']}"
    return str((outcome.exception_info or {}).get("exception_message") or "")


def write_verdicts(verdicts: list[Verdict], path: Path) -> None:
    """`checks.json`: the controls, in a fixed order."""
    rows = [asdict(verdict) for verdict in verdicts]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    where = Path(sys.argv[1])
    write_verdicts(run_checks(where), where / "verdicts.json")
