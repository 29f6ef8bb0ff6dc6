"""Decisions that came back on cases to verify, taken at each build as those of `rules/named_decisions.csv` are.

A decision holds for a case that the rules leave to verify, and for nothing else: a perimeter moves by what was decided only. What
holds joins `rules.named_decisions`, before the perimeter is decided; `core.case_decision` says what became of each.
"""

from __future__ import annotations

from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.recipe.perimeter_sql import DECISION

#: grain: one SIRET that is decided for this edition, the first line that says so, and what the rules alone make of it. `outcome`:
#: applied; declared (the same decision is in rules/named_decisions.csv); declared_otherwise (another one is); settled (the rules
#: decide); no_family (kept, of no family); unknown (in no register).
_TAKEN = """
create or replace table core.case_decision as
with line as (
    select *, row_number() over (partition by siret order by _file, _sheet, _line) as place,
        min(family) over (partition by siret) as given_family
    from {decided}
    where decision is not null and is_in_force
)
select
    d.siret, d.name, d.decision, d.given_family as family, d.reason, d.decided_by, cast(d.decided_on as varchar) as decided_on,
    d.editions, d._file as file, d._sheet as sheet, d._line as line,
    r.rule_id, r.label as rule_label, r.decision as rule_decision, r.about as rule_about, p.evidence, p.confidence, p.family as kept_family,
    case
        when p.siret is null then 'unknown'
        when p.is_named_in and d.decision = 'in' or p.is_named_out and d.decision = 'out' then 'declared'
        when p.is_named_in or p.is_named_out then 'declared_otherwise'
        when r.decision <> 'review' then 'settled'
        when d.decision = 'in' and coalesce(d.given_family, p.family) is null then 'no_family'
        else 'applied'
    end as outcome
from line as d
left join {decision} as p on p.siret = d.siret
left join rules.decision_rules as r on cast(r.rank as integer) = p.rule_rank
where d.place = 1
"""
_KEPT = ("siret", "decision", "family", "reason", "decided_by", "decided_on")


def decided_cases(project: Project) -> str | None:
    """The table of the decisions that came back, where a source brings some."""
    return next((f"staging.{spec.id}" for spec in project.sources.values() if spec.role == "decisions"), None)


def replay(db: Database, decided: str) -> None:
    """Take the decisions of a table of staging, once the perimeter can be asked what it makes of each."""
    db.execute(_TAKEN.format(decided=decided, decision=DECISION))
    kept = ", ".join(_KEPT)
    db.execute(
        f"insert into rules.named_decisions by name select {kept} from core.case_decision where outcome = 'applied'"
    )
