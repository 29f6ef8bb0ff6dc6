"""The rules of the perimeter, from their declared rows and their SQL: which one decides, as one pass over the establishments.

A rule is a row of `rules/decision_rules.csv` (its rank, what it decides) and a `select` of `core/perimeter_test.sql` (when it
applies, with which evidence). That file is the table of every rule that applies. The same selects, laid side by side, make
`core.perimeter_decision`: each condition is computed once, the lowest rank is taken, and the evidence of that rule alone is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ess_observatory.declare.files import read_csv_rows
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import Model, output_columns, parse_model, parsed, read_model
from ess_observatory.errors import Exit, ObservatoryError
from ess_observatory.recipe.measures_sql import dimension_models

if TYPE_CHECKING:
    from sqlglot import exp

RULES = "core.perimeter_test"
FACTS = "core.perimeter_fact"
DECISION = "core.perimeter_decision"
#: What a rule gives, in the order of its select.
_GIVEN = ("siret", "rule_id", "family", "evidence", "confidence")
_SHAPE = f"select siret, 'RÈGLE', famille, preuve, certitude from {FACTS} where condition"
_ROW = "pipelines/rules/decision_rules.csv"


@dataclass(frozen=True)
class Rule:
    """One rule: its declared row, and the SQL of when it applies and of what it then gives."""

    rank: int
    decision: str
    about: str
    applies: str
    family: str | None
    evidence: str
    confidence: str


def core_models(project: Project) -> dict[str, Model]:
    """The models of `core` by target: its SQL files, the dimensions, and `core.perimeter_decision` where there are rules. Raises E414."""
    files = sorted((project.pipelines / "core").glob("*.sql"))
    models = {f"core.{path.stem}": read_model(f"core.{path.stem}", path) for path in files}
    models |= dimension_models(project)
    if RULES in models:
        models[DECISION] = perimeter_decision(project.nomenclatures["decision_rules"], models)
    return models


def perimeter_decision(rows: Path, models: dict[str, Model]) -> Model:
    """The model of `core.perimeter_decision`: the facts, the ranks of the first rule that applies (of all, of those on the nature of
    an establishment), and what that rule gives.

    Raises E414, with every fault found: a select of another form, an unknown column, a rule without its row or without its select.
    """
    written = models[RULES]
    rules = _rules(written, rows, output_columns(FACTS, models))
    return parse_model(DECISION, written.path, _decision_sql(rules))


def refuse_undecided(db: Database) -> None:
    """Raise E416 when an establishment is left that no rule decides."""
    if "rule_id" not in db.columns("core.establishment"):  # a project that decides otherwise
        return
    left = db.rows(
        "select siret, count(*) over () from core.establishment where rule_id is null order by siret limit 1"
    )
    if left:
        raise ObservatoryError(
            "E416",
            f"{left[0][1]} établissement(s) qu’aucune règle du périmètre ne décide",
            f"core/perimeter_test.sql ; le premier est {left[0][0]}",
            "Élargissez la condition d’une règle, ou ajoutez-en une de rang élevé pour ce qui reste.",
        )


def _decision_sql(rules: list[Rule]) -> str:
    """The selects laid side by side, by rank; `coalesce` takes the first rank that is there."""
    ranks = [f"case when {rule.applies} then {rule.rank} end as rank_{rule.rank}" for rule in rules]
    nature = [rule for rule in rules if rule.about == "nature"]
    families = [
        f"case when rank_{rule.rank} is not null then {rule.family} end"
        for rule in rules
        if rule.family and rule.decision != "out"
    ]
    return f"""-- grain: one SIRET, with the rank of the first rule that applies to it, of all and of those on its nature, and what it gives.
-- Written from the rules of core/perimeter_test.sql: a change is made there.
-- view
with tested as (
    select *,
        {_lines(ranks)}
    from {FACTS}
),
ranked as (
    select *,
        {_first([f"rank_{rule.rank}" for rule in rules])} as rule_rank,
        {_first([f"rank_{rule.rank}" for rule in nature])} as nature_rank,
        -- the family that a rule which keeps or asks gives, for those that another rule decides
        {_first(families)} as kept_family
    from tested
)
select *,
    {_of_the_first(rules, "evidence")} as evidence,
    {_of_the_first(rules, "confidence")} as confidence,
    coalesce({_of_the_first(rules, "family")}, kept_family) as family
from ranked
"""


def _lines(expressions: list[str]) -> str:
    return ",\n        ".join(expressions)


def _first(expressions: list[str]) -> str:
    return f"coalesce({', '.join(expressions)})" if expressions else "null"


def _of_the_first(rules: list[Rule], name: str) -> str:
    """SQL of what the rule that decides gives, the ranks that give the same together."""
    ranks: dict[str, list[int]] = {}
    for rule in rules:
        if (sql := getattr(rule, name)) is not None:
            ranks.setdefault(sql, []).append(rule.rank)
    whens = [f"when rule_rank in ({', '.join(map(str, same))}) then {sql}" for sql, same in ranks.items()]
    return f"case {' '.join(whens)} end" if whens else "cast(null as varchar)"


def _rules(model: Model, rows: Path, facts: frozenset[str]) -> list[Rule]:
    """The rules, by rank. Raises E414."""
    problems: list[ObservatoryError] = []
    declared = _declared(rows, problems)
    found: dict[str, tuple[Rule, int]] = {}
    for select in _selects(model):
        line = _line(select)
        faults = list(_faults(select, facts))
        problems += [_problem(what, model.path, at or line, fix) for what, at, fix in faults]
        if faults:
            continue
        rule_id = select.selects[1].unalias().name
        if rule_id in found:
            problems.append(
                _problem(f"La règle {rule_id} a deux « select », lignes {found[rule_id][1]} et {line}", model.path, line,
                         "Réunissez leurs conditions par « or », ou nommez une autre règle.")
            )  # fmt: skip
        elif rule_id not in declared:
            problems.append(
                _problem(f"Règle sans ligne dans {_ROW} : « {rule_id} »", model.path, line,
                         "Ajoutez sa ligne (rang, décision, libellé), ou corrigez son nom.")
            )  # fmt: skip
        else:
            found[rule_id] = (_rule(select, declared[rule_id]), line)
    if not problems:
        missing = [(row["line"], rule_id) for rule_id, row in declared.items() if rule_id not in found]
        problems += [
            _problem(f"Règle sans condition : « {rule_id} »", rows, int(line),
                     f"Ajoutez à core/perimeter_test.sql : union all {_SHAPE}.")
            for line, rule_id in missing
        ]  # fmt: skip
    if problems:
        problems[0].details.extend(problems[1:])
        raise problems[0]
    return sorted((rule for rule, _ in found.values()), key=lambda rule: rule.rank)


def _declared(rows: Path, problems: list[ObservatoryError]) -> dict[str, dict[str, str]]:
    """Declared rows by rule; a rank that is no whole number, or that another rule has, is a problem."""
    declared: dict[str, dict[str, str]] = {}
    ranks: dict[int, str] = {}
    for line, row in enumerate(read_csv_rows(rows), 2):
        rule_id, rank = row["rule_id"] or "", row["rank"] or ""
        if not rank.isdecimal():
            problems.append(
                _problem(f"Rang « {rank} » de la règle {rule_id}", rows, line, "Écrivez un nombre entier.")
            )
            continue
        other = rule_id if rule_id in declared else ranks.get(int(rank))
        if other is not None:
            problems.append(
                _problem(f"Rang {rank} : {rule_id} et {other} sont la même règle ou ont le même rang", rows, line,
                         "Donnez à chaque règle un nom et un rang à elle.")
            )  # fmt: skip
            continue
        declared[rule_id] = {**row, "line": str(line)}
        ranks[int(rank)] = rule_id
    return declared


def _selects(model: Model) -> Iterator[Any]:
    """The selects of the union, from the first to the last."""
    from sqlglot import exp

    left = parsed(model.sql).copy()
    reversed_selects = []
    while isinstance(left, exp.Union) and {key for key, value in left.args.items() if value} == {
        "this",
        "expression",
    }:
        reversed_selects.append(left.expression)
        left = left.this
    yield from [left, *reversed(reversed_selects)]


def _faults(select: Any, facts: frozenset[str]) -> Iterator[tuple[str, int | None, str]]:
    """(what is wrong, line, what to do) of one select."""
    from sqlglot import exp

    shape = f"Écrivez : {_SHAPE}."
    used = {key for key, value in select.args.items() if value}
    if not isinstance(select, exp.Select) or used - {"expressions", "from_", "where"}:
        yield (
            "Une règle de périmètre est un « select » simple, relié aux autres par « union all »",
            None,
            shape,
        )
        return
    table = select.args["from_"].this if select.args.get("from_") else None
    if not isinstance(table, exp.Table) or f"{table.db}.{table.name}" != FACTS:
        yield f"Une règle de périmètre lit {FACTS}", None, shape
    if len(select.selects) != len(_GIVEN) or select.selects[0].unalias().name != "siret":
        yield "Une règle de périmètre rend siret, règle, famille, preuve, certitude", None, shape
    elif not (isinstance(rule := select.selects[1].unalias(), exp.Literal) and rule.is_string):
        yield "Le nom de la règle est un texte entre apostrophes", None, shape
    if not select.args.get("where"):
        yield "Une règle de périmètre a une condition", None, shape
    for column in select.find_all(exp.Column):
        if column.parent_select is select and column.name not in facts:
            yield (
                f"Colonne inconnue dans une règle de périmètre : « {column.name} »",
                _line(column),
                f"Colonnes de {FACTS} : {', '.join(sorted(facts))}.",
            )


def _rule(select: Any, row: dict[str, str]) -> Rule:
    """The rule of a sound select; its columns lose the name of their table, of which there is one only."""
    from sqlglot import exp

    for column in select.find_all(exp.Column):
        if column.parent_select is select:
            column.set("table", None)
    family, evidence, confidence = (item.unalias() for item in select.selects[2:])
    nothing = isinstance(family.this if isinstance(family, exp.Cast) else family, exp.Null)
    return Rule(
        int(row["rank"]),
        row["decision"],
        row["about"],
        _sql(select.args["where"].this),
        None if nothing else _sql(family),
        _sql(evidence),
        _sql(confidence),
    )


def _sql(expression: exp.Expression) -> str:
    return expression.sql(dialect="duckdb", comments=False, normalize_functions="lower")


def _line(node: exp.Expression) -> int:
    """The line where a piece of SQL starts."""
    return min((part.meta["line"] for part in node.walk() if "line" in part.meta), default=1)


def _problem(what: str, path: Path, line: int, fix: str) -> ObservatoryError:
    return ObservatoryError("E414", what, f"{path}, ligne {line}", fix, Exit.USAGE)
