"""The cases that the rules leave to verify, and what became of the decisions that came back on them (confidential)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ess_observatory.declare.models.rows import columns_of
from ess_observatory.declare.models.rules_csv import NamedDecision
from ess_observatory.declare.project import Edition, Project
from ess_observatory.declare.source_spec import SourceSpec
from ess_observatory.engine.database import Database
from ess_observatory.quality.case_workbook import NAME, Case, write_cases_workbook
from ess_observatory.quality.refused import still_refused
from ess_observatory.quality.verdicts import Verdict, verdict
from ess_observatory.words.numbers import format_number
from ess_observatory.words.spreadsheet import safe_text

#: The decisions that hold, as `rules/named_decisions.csv` writes them.
TO_MOVE = "decisions-rendues.csv"
#: Cases that the workbook holds at most, the largest ones.
MOST_CASES = 50_000
_OUTCOMES = "core.case_decision"
_DECLARED = "pipelines/rules/named_decisions.csv"
_STATES = {"in": "retenu", "out": "écarté", "review": "à vérifier"}

#: grain: one case that waits, or that a returned decision has settled; those that wait first, the largest first.
_CASES = """
with size as (
    select code, label, cast(min as integer) as low, cast(max as integer) as high from rules.size_bands
)
select
    e.siret, e.name, e.commune_code, c.name as commune, e.legal_category, l.label as category_label, e.naf, s.nomenclature,
    b.label as size_label, b.low as size_min, b.high as size_max,
    r.rule_id, r.label as rule_label,
    case when d.outcome = 'applied' then d.evidence else e.evidence end as evidence,
    f.label as kept_family,
    d.decision, g.label as family, d.reason, d.decided_by, d.decided_on, d.editions
from core.establishment as e
left join (select * from core.case_decision where outcome in ('applied', 'no_family')) as d on d.siret = e.siret
left join rules.decision_rules as r on r.rule_id = case when d.outcome = 'applied' then d.rule_id else e.rule_id end
left join rules.ess_families as f on f.family = case when d.outcome = 'applied' then d.kept_family else e.ess_family end
left join rules.ess_families as g on g.family = d.family
left join core.site as s on s.siret = e.siret
left join rules.territory_commune as c on c.code = e.commune_code
left join rules.legal_categories_all as l on l.code = e.legal_category and l.level = '3'
left join size as b on b.code = e.size_band
where e.decision = 'review' or d.outcome = 'applied'
order by d.outcome is not distinct from 'applied', coalesce(b.low + coalesce(b.high, b.low), -1) desc, e.siret
"""


@dataclass(frozen=True)
class Cases:
    """What the quality report says of the cases: how many wait, by rule; how many are decided, by decision and author."""

    waiting: int
    by_rule: list[dict[str, Any]]
    decided: list[dict[str, Any]]

    @property
    def verified(self) -> int:
        """How many a returned decision has settled."""
        return sum(row["count"] for row in self.decided)


def count_cases(db: Database) -> tuple[int, int]:
    """How many cases wait for a decision, and how many a returned workbook has settled."""
    if "decision" not in db.columns("core.establishment"):  # a project that decides otherwise
        return 0, 0
    waiting = db.rows("select count(*) from core.establishment where decision = 'review'")[0][0]
    if not db.exists(*_OUTCOMES.split(".")):
        return waiting, 0
    return waiting, db.rows(f"select count(*) from {_OUTCOMES} where outcome = 'applied'")[0][0]


def write_cases(db: Database, project: Project, edition: Edition, folder: Path) -> Cases | None:
    """Write `cas-a-verifier.xlsx`, and the decisions that hold as lines to move to the rules; return what there is to tell.

    None, and nothing is written, when the perimeter is not decided yet or when nothing waits and nothing came back.
    """
    if (
        not db.exists(*_OUTCOMES.split("."))
        or not db.exists("core", "establishment")
        or not any(count_cases(db))
    ):
        return None
    spec = decisions_source(project)
    if spec is None:
        return None
    labels = _activity_labels(db)
    rows = db.dicts(f"{_CASES} limit {MOST_CASES}")
    cases = [Case(**row, naf_label=labels.get((row["nomenclature"], row["naf"]), "")) for row in rows]
    families = [
        label for (label,) in db.rows("select label from rules.ess_families order by cast(rank as integer)")
    ]
    waiting, verified = count_cases(db)
    write_cases_workbook(cases, waiting + verified, families, spec, edition.declared_id, folder / NAME)
    _write_to_move(db, folder / TO_MOVE)
    by_rule = db.dicts(
        "select rule_id, rule_label, count(*) as count from core.establishment where decision = 'review' "
        "group by all order by count desc, rule_id"
    )
    decided = db.dicts(
        f"select decision, decided_by, count(*) as count from {_OUTCOMES} where outcome = 'applied' group by all order by all"
    )
    return Cases(waiting, by_rule, [{**row, "decision": _STATES[row["decision"]]} for row in decided])


def case_verdicts(db: Database, project: Project, edition: Edition) -> list[Verdict]:
    """One warning on the decisions that came back and have no effect, each with its place, why and what to do; nothing when none came."""
    spec = decisions_source(project)
    if spec is None or not db.rows("select 1 from staging.ledger where source = ? limit 1", [spec.id]):
        return []
    without = [
        *_refused(db, project, spec),
        *_unknown_editions(db, project, edition, spec),
        *_without_effect(db, edition),
    ]
    count = len(without)
    many = f"{format_number(count)} décisions sans effet" if count > 1 else "1 décision sans effet"
    label = "Chaque décision rendue sur un cas à vérifier a son effet"
    first = f"{many} : {without[0]}" if without else ""
    more = tuple(without[1:])
    return [
        verdict("decisions.effect", spec.id, label, "warn", not without, first, kind="check", observed=count, expected="0",
                public=False, examples=more)
    ]  # fmt: skip


def decisions_source(project: Project) -> SourceSpec | None:
    """The source by which decisions on cases come back."""
    return next((spec for spec in project.sources.values() if spec.role == "decisions"), None)


def case_decision_of(db: Database, siret: str) -> dict[str, Any] | None:
    """The decision that came back on an establishment and holds, with its author, its day and where it was read."""
    if not db.exists(*_OUTCOMES.split(".")):
        return None
    found = db.dicts(f"select * from {_OUTCOMES} where siret = ? and outcome = 'applied'", [siret])
    return found[0] if found else None


def place_of(row: dict[str, Any]) -> str:
    """File, sheet and line, as messages write them."""
    sheet = f", feuille « {row['sheet']} »" if row["sheet"] else ""
    return f"{row['file']}{sheet}, ligne {row['line']}"


def _refused(db: Database, project: Project, spec: SourceSpec) -> Iterator[str]:
    waiting = still_refused(project.pipelines)
    rows = db.dicts(f"select * from {waiting} where source = ? order by file, sheet, line, code", [spec.id])
    for row in rows:
        value = f"« {row['value']} »" if row["value"] else "(vide)"
        yield f"{place_of(row)}, « {row['column']} » = {value} : {row['reason']}. {row['fix']}"


def _unknown_editions(db: Database, project: Project, edition: Edition, spec: SourceSpec) -> Iterator[str]:
    """Decisions for an edition that does not exist: they would never hold."""
    known = {edition.declared_id, "*"}
    for path in sorted((project.pipelines / "editions").glob("*.toml")):
        known |= {path.stem, project.edition(path.stem).declared_id}
    rows = db.dicts(
        "select _file as file, _sheet as sheet, _line as line, editions from "
        f"staging.{spec.id} where decision is not null and editions is not null order by all"
    )
    for row in rows:
        if unknown := [name for name in row["editions"].split("|") if name and name not in known]:
            names = ", ".join(sorted(known - {"*"}))
            yield (
                f"{place_of(row)}, « Éditions » = « {row['editions']} » : édition inconnue « {unknown[0]} ». "
                f"Écrivez * (toutes), ou des éditions séparées par une barre verticale : {names}."
            )


def _without_effect(db: Database, edition: Edition) -> Iterator[str]:
    if not db.exists(*_OUTCOMES.split(".")):
        return
    for row in db.dicts(f"select * from {_OUTCOMES} order by file, sheet, line"):
        if row["outcome"] == "unknown" and edition.data.get("is_part"):
            continue  # of another territory of the run
        if told := _told(row):
            yield f"{place_of(row)}, « SIRET » = « {row['siret']} » : {told}"


def _told(row: dict[str, Any]) -> str:
    """Why a decision has no effect, and what to do; nothing when it has one, or when the rules say the same."""
    outcome, state = row["outcome"], _STATES.get(row["rule_decision"], "")
    if outcome == "unknown":
        return "établissement absent des fichiers lus. Vérifiez le SIRET, ou retirez la ligne."
    if outcome == "declared_otherwise":
        return f"{_DECLARED} décide autrement ({state}). Accordez les deux, ou retirez la ligne."
    if outcome == "no_family":
        return "retenu sans famille, et les règles n’en donnent pas. Choisissez une famille sur la ligne."
    if outcome == "settled":
        what = (
            f"ce cas n’est plus à vérifier : {state} par la règle « {row['rule_label']} » ({row['rule_id']})."
        )
        wins = (
            f" Si la décision doit l’emporter, écrivez-la dans {_DECLARED}."
            if row["rule_about"] == "nature"
            else ""
        )
        return f"{what} Retirez la ligne.{wins}"
    return ""


def _activity_labels(db: Database) -> dict[tuple[str, str], str]:
    """(nomenclature, code) → label, for the nomenclatures that have labels."""
    found: dict[tuple[str, str], str] = {}
    for (name,) in db.rows("select nomenclature from rules.naf_versions order by all"):
        if db.exists("rules", name) and "label" in db.columns(f"rules.{name}"):
            found |= {(name, code): label for code, label in db.rows(f"select naf, label from rules.{name}")}
    return found


def _write_to_move(db: Database, path: Path) -> None:
    """The decisions that hold, line for line as `rules/named_decisions.csv` has them: none, no file."""
    rows = db.dicts(f"select * from {_OUTCOMES} where outcome = 'applied' order by siret")
    if not rows:
        return
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(
            handle, list(columns_of(NamedDecision)), extrasaction="ignore", lineterminator="\n"
        )
        writer.writeheader()
        for row in rows:
            words = {name: safe_text(row[name]) for name in ("reason", "decided_by")}
            writer.writerow({**row, **words, "editions": row["editions"] or "*"})
