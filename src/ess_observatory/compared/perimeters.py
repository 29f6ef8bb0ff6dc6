"""Two perimeter editions on the same files: who enters, who leaves, and what each rule does to the count."""

from __future__ import annotations

from typing import Any

from ess_observatory.declare.project import Edition, Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import closure
from ess_observatory.engine.outputs import Outputs
from ess_observatory.engine.sql_text import quote
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.replay import decided_cases
from ess_observatory.recipe.rules import load_rules
from ess_observatory.recipe.steps import make_core, models_of

_TARGET = "core.establishment"
_TESTS = "core.perimeter_test"


def compare_perimeters(
    project: Project, edition: Edition, outputs: Outputs, first: str, second: str
) -> dict[str, Any]:
    """The decisions of two perimeters on what the last build of an edition has read.

    Returns `counts` (by perimeter: in, review, out), `entering` and `leaving` (establishments, with both rules) and `rules`
    (by rule: how many it decides under each, and how many would be kept without it). Raises E131 when nothing is built.
    """
    if not outputs.database.is_file():
        raise ObservatoryError(
            "E131",
            "Aucune base construite",
            str(outputs.database),
            "Lancez d’abord « ess build ».",
            Exit.MISSING,
        )
    for name in (first, second):
        project.perimeter(name)
    decided = [_decide(project, edition, outputs, name) for name in (first, second)]
    before, after = ({row["siret"]: row for row in rows} for rows, _ in decided)
    moves = [
        (before[s], after[s]) for s in sorted(before) if before[s]["in_perimeter"] != after[s]["in_perimeter"]
    ]
    entering = [_move(a, b) for a, b in moves if b["in_perimeter"]]
    leaving = [_move(a, b) for a, b in moves if a["in_perimeter"]]
    found: dict[str, Any] = {
        "edition": edition.id,
        "perimeters": [first, second],
        "counts": {
            name: {d: sum(row["decision"] == d for row in rows) for d in ("in", "review", "out")}
            for name, (rows, _) in zip((first, second), decided, strict=True)
        },
        "entering": entering,
        "leaving": leaving,
        "rules": _rules(decided[0], decided[1]),
    }
    found["lines"] = _lines(found)
    return found


def _decide(
    project: Project, edition: Edition, outputs: Outputs, name: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(establishments, rules with their effect) under a perimeter, computed beside: the build is only read."""
    chosen = Edition(edition.id, edition.path, {**edition.data, "perimeter": name}, edition.territory)
    models = {model.target: model for model in models_of(project)}
    needed = {_TARGET, _TESTS, *closure(_TARGET, models)}
    with Database() as db:
        db.execute(f"attach {quote(str(outputs.database))} as built (read_only)")
        present = {
            row[0] for row in db.rows("select source from built.rules.edition_source where is_present")
        }
        load_rules(db, project, chosen, present)
        db.lock()
        core = [target for target in models if target in needed and target.startswith("core.")]
        for target in sorted({name for t in core for name in models[t].reads if name.startswith("staging.")}):
            db.execute(f"create view {target} as select * from built.{target}")
        if decided := decided_cases(project):
            db.execute(f"create view if not exists {decided} as select * from built.{decided}")
        make_core(db, [models[target] for target in core], decided)
        rows = db.dicts(
            f"select siret, name, decision, in_perimeter, rule_id, evidence, ess_family from {_TARGET} order by siret"
        )
        effects = db.dicts(_EFFECTS)
    return rows, effects


#: Of each rule: how many it decides, and how many of them the next applicable rule would keep.
_EFFECTS = """
with ranked as (
    select t.siret, t.rule_id, r.decision, r.label,
        row_number() over (partition by t.siret order by cast(r.rank as integer)) as place
    from (select distinct siret, rule_id from core.perimeter_test) as t
    inner join rules.decision_rules as r on r.rule_id = t.rule_id
)
select r.rule_id, r.label, r.decision, cast(r.rank as integer) as rank, count(a.siret) as decided,
    count(case when b.decision = 'in' then 1 end) as kept_without
from rules.decision_rules as r
left join ranked as a on a.rule_id = r.rule_id and a.place = 1
left join ranked as b on b.siret = a.siret and b.place = 2
group by r.rule_id, r.label, r.decision, r.rank
order by cast(r.rank as integer)
"""


def _move(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    kept = after if after["in_perimeter"] else before
    return {"siret": after["siret"], "name": after["name"], "family": kept["ess_family"], "from_rule": before["rule_id"],
            "to_rule": after["rule_id"], "evidence": after["evidence"]}  # fmt: skip


def _rules(
    first: tuple[list[Any], list[dict[str, Any]]], second: tuple[list[Any], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    pairs = zip(first[1], second[1], strict=True)
    return [
        {"rule_id": a["rule_id"], "label": a["label"], "decision": a["decision"], "decided": [a["decided"], b["decided"]],
         "kept_without": [a["kept_without"], b["kept_without"]]}
        for a, b in pairs if a["decided"] or b["decided"]
    ]  # fmt: skip


def _lines(found: dict[str, Any]) -> list[str]:
    first, second = found["perimeters"]
    counts = found["counts"]
    lines = [f"Périmètres sur l’édition {found['edition']}   {first} → {second}"]
    for decision, label in (("in", "retenus"), ("review", "à vérifier"), ("out", "écartés")):
        a, b = counts[first][decision], counts[second][decision]
        lines.append(f"  {label:<12} {a:>7} → {b:>7}   ({b - a:+d})")
    for key, label in (("entering", "Entrent"), ("leaving", "Sortent")):
        lines.append(f"{label} : {len(found[key])}")
        lines += [
            f"    {m['siret']}  {m['name'] or '[ND]'}  {m['from_rule']} → {m['to_rule']} : {m['evidence']}"
            for m in found[key][:20]
        ]
        lines += (
            [f"    … et {len(found[key]) - 20} autres (--json pour tous)"] if len(found[key]) > 20 else []
        )
    lines.append("Règles : établissements qu’elle décide, et combien seraient retenus sans elle")
    for rule in found["rules"]:
        (a, b), (c, d) = rule["decided"], rule["kept_without"]
        without = f"   sans elle, retenus : {c} → {d}" if rule["decision"] != "in" else ""
        lines.append(f"  {rule['rule_id']:<24} {a:>6} → {b:>6}{without}")
    return lines
