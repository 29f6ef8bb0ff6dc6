"""`rapport-qualite.html` and `data_docs/`: what was read, refused and checked, on pages that need nothing else."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.quality.agreement import STEM
from ess_observatory.quality.case_workbook import NAME as CASES
from ess_observatory.quality.cases import TO_MOVE, Cases
from ess_observatory.quality.catalogue import not_to_correct, read_catalogue
from ess_observatory.quality.gate import Judged
from ess_observatory.quality.refused import RefusedSheet
from ess_observatory.quality.rule_change import RuleChange
from ess_observatory.quality.verdicts import Verdict
from ess_observatory.quality.workbook import NAME
from ess_observatory.words.numbers import HARD_SPACE, format_number
from ess_observatory.words.templates import environment
from ess_observatory.words.typography import french

REPORT = "rapport-qualite.html"
_WORDS = {
    "ok": "tenu",
    "failed": "bloque",
    "warning": "avertissement",
    "info": "pour information",
    "skipped": "sans objet",
}
_COUNTED = {
    "ok": "contrôles tenus",
    "failed": "contrôles bloquants en défaut",
    "warning": "avertissements",
    "info": "contrôles pour information",
    "skipped": "contrôles sans objet",
}
_MEASURES = ("observed_value", "element_count", "missing_count", "unexpected_count", "unexpected_percent")
_SEVERITY = {"block": "bloquant", "warn": "avertissement", "info": "information"}
_KINDS = {
    "check": "Contrôles déclarés",
    "budget": "Budgets de lignes refusées",
    "rows": "Nombre de lignes, édition précédente",
    "publication": "Contrôles de la publication",
}
_EXAMPLES = 5
_MOST_CORRECTIONS = 500


def write_report(
    db: Database,
    project: Project,
    edition: Edition,
    verdicts: list[Verdict],
    sheets: list[RefusedSheet],
    disagreements: list[dict[str, Any]],
    folder: Path,
    workbook: str = NAME,
    change: RuleChange | None = None,
    cases: Cases | None = None,
) -> Path:
    """Write the quality report of a build and return its path (confidential: it quotes rows).

    `disagreements`: those on the perimeter, counted (see `agreement.write_disagreements`); `workbook`: where the refused rows
    are, from `folder`; `change`: what the rules moved since the publication in place; `cases`: those left to verify, counted.
    """
    ledger = db.dicts("select * from staging.ledger order by source, file, sheet")
    refused = _refused(db, project)
    groups = [
        {"title": title, "verdicts": found}
        for kind, title in _KINDS.items()
        if (found := [v for v in verdicts if v.kind == kind])
    ]
    text = (
        pages()
        .get_template("quality_report.html.j2")
        .render(
            edition=edition.data,
            territory=edition.territory.name,
            ledger=ledger,
            refused=refused,
            titles=_titles(project, verdicts),
            bad=[v for v in verdicts if v.status in ("failed", "warning")],
            groups=groups,
            cross=[v for v in verdicts if v.kind == "cross"],
            counts=_counts(verdicts),
            workbook=workbook,
            change=change,
            cases=cases,
            cases_file=CASES,
            decisions_file=TO_MOVE,
            to_correct=sum(sheet.total for sheet in sheets),
            sheets=sheets,
            corrections=_corrections(db),
            notes=_notes(db, project),
            disagreements=disagreements,
            disagreements_file=f"{STEM}.xlsx",
            read=sum(row["rows_read"] for row in ledger),
            kept=sum(row["rows_kept"] for row in ledger),
            lost=sum(row["rows_refused"] for row in ledger),
            files=len({row["file"] for row in ledger}),
        )
    )
    path = folder / REPORT
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _titles(project: Project, verdicts: list[Verdict]) -> dict[str, str]:
    """Titles of the sources, and of the sources that a check compares (« manageo, clap »)."""
    titles = {spec.id: spec.title for spec in project.sources.values()} | {"publication": "Publication"}
    several = {v.source for v in verdicts if ", " in v.source}
    return titles | {ids: " ; ".join(titles.get(one, one) for one in ids.split(", ")) for ids in several}


def write_docs(judged: list[Judged], edition: Edition, folder: Path) -> None:
    """`data_docs/index.html`, with the suites and results as Great Expectations writes them beside it (JSON)."""
    docs = folder / "data_docs"
    for kind in ("suites", "results"):
        (docs / kind).mkdir(parents=True, exist_ok=True)
    for one in judged:
        for kind, data in (("suites", one.declared), ("results", one.result)):
            (docs / kind / f"{one.suite.id}.json").write_text(
                json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n",
                encoding="utf-8",
            )
    text = (
        pages()
        .get_template("quality_docs.html.j2")
        .render(
            edition=edition.data,
            territory=edition.territory.name,
            suites=[_docs_suite(one) for one in judged],
            counts=_counts([v for one in judged for v in one.verdicts]),
        )
    )
    (docs / "index.html").write_text(text, encoding="utf-8", newline="\n")


def _docs_suite(one: Judged) -> dict[str, Any]:
    checks = []
    for verdict, check, result in zip(one.verdicts, one.suite.checks, one.result["results"], strict=True):
        found = {key: result["result"][key] for key in _MEASURES if result["result"].get(key) is not None}
        checks.append(
            {
                "verdict": verdict,
                "expectation": check["expectation"],
                "arguments": check["arguments"],
                "found": found,
            }
        )
    return {
        "id": one.suite.id,
        "title": one.suite.title,
        "checks": checks,
        "held": all(v.status == "ok" for v in one.verdicts),
        "border": one.suite.border,
    }


def _refused(db: Database, project: Project) -> list[dict[str, Any]]:
    """Refused rows by code: how many in each source, a few of them, and what the catalogue says. The gravest first."""
    catalogue, spared = read_catalogue(project.pipelines), not_to_correct(project.pipelines)
    counts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for code, source, count in db.rows(
        "select code, source, count(*) from staging.refused group by all order by all"
    ):
        counts[code].append((source, count))
    examples: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in db.dicts(
        "select * exclude (place) from (select *, row_number() over (partition by code order by source, file, sheet, line, "
        f'"column", value) as place from staging.refused) where place <= {_EXAMPLES} order by code, place'
    ):
        examples[row["code"]].append(row)
    found = [
        {
            "code": code,
            "entry": catalogue.get(code, {}),
            "sources": sources,
            "count": sum(n for _, n in sources),
            "examples": examples[code],
            "correct": code not in spared,
        }
        for code, sources in counts.items()
    ]
    return sorted(found, key=lambda item: (not item["correct"], -item["count"], item["code"]))


def _notes(db: Database, project: Project) -> list[dict[str, Any]]:
    """What was noted on rows that are kept, by code and reason: how many, an example, and what the catalogue says."""
    catalogue = read_catalogue(project.pipelines)
    rows = db.dicts(
        "select code, count(*) as count, reason, min((file, sheet, line)) as place from staging.note "
        "group by code, reason order by count desc, code, reason"
    )
    return [{**row, "entry": catalogue.get(row["code"], {})} for row in rows]


def _corrections(db: Database) -> dict[str, Any] | None:
    """The corrections that were applied, if the reading keeps a book of them."""
    if not db.exists("staging", "correction"):
        return None
    rows = db.dicts(f"select * from staging.correction order by all limit {_MOST_CORRECTIONS}")
    total = db.rows("select count(*) from staging.correction")[0][0]
    return {"columns": db.columns("staging.correction"), "rows": rows, "total": total}


def _counts(verdicts: list[Verdict]) -> list[tuple[str, str, int]]:
    return [
        (status, word, count)
        for status, word in _COUNTED.items()
        if (count := sum(v.status == status for v in verdicts))
    ]


@lru_cache(maxsize=1)
def pages() -> Any:
    """The Jinja environment of the pages that are not reports: quality, and the index of a run on many territories."""
    from jinja2 import FileSystemLoader

    package = (
        Path(__file__).resolve().parents[1]
    )  # templates are in the package in a wheel, in the project otherwise
    folders = [package / "render" / "templates", package.parents[1] / "reports" / "templates"]
    filters = {
        "n": lambda value: format_number(value, 0),
        "word": _WORDS.__getitem__,
        "severity": _SEVERITY.__getitem__,
        "shown": _shown,
        "fr": _french,
        "json": lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True, default=str),
    }
    return environment(FileSystemLoader(folders), filters=filters, keep_trailing_newline=False)


def _shown(value: Any) -> str:
    """A value of a check or of a book as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return format_number(value, 0 if float(value).is_integer() else 2)
    return str(value)


def _french(text: Any) -> str:
    """French typography, and no line that ends with a sign of comparison."""
    return re.sub(r"([≤≥]) ", rf"\1{HARD_SPACE}", french(str(text)))
