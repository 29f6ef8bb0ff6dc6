"""A rule of the perimeter is one row and one select: the lowest rank decides, and what is badly written is said with its line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from conftest import ROOT
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import Model, parse_model, read_model
from ess_observatory.engine.spark import spark_sql
from ess_observatory.errors import ObservatoryError
from ess_observatory.recipe.examples import fill, load_examples, rules_for
from ess_observatory.recipe.perimeter_sql import DECISION, FACTS, RULES, perimeter_decision, refuse_undecided

CORE = ROOT / "pipelines" / "core"
ROWS = ROOT / "pipelines" / "rules" / "decision_rules.csv"
#: A rank that no rule has, and that decides before the others; an activity that no rule can name: the rules shipped may become others.
RANK = next(rank for rank in range(1, 100) if f",{rank}," not in ROWS.read_text(encoding="utf-8"))
ACTIVITY = "00.00Z"
NEW_ROW = f"A_VOIR,{RANK},review,Activité à voir,Activity to look at,nature,always\n"
NEW_CONDITION = f"naf = '{ACTIVITY}' and legal_category = '9220'"
NEW_SELECT = f"""union all
select siret, 'A_VOIR', category_family, 'activité ' || naf, 'low'
from core.perimeter_fact
where {NEW_CONDITION}
"""


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {f"core.{path.stem}": read_model(f"core.{path.stem}", path) for path in CORE.glob("*.sql")}


def _with(models: dict[str, Model], sql: str) -> dict[str, Model]:
    return {**models, RULES: parse_model(RULES, models[RULES].path, sql)}


def _rows(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "decision_rules.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _decide(project, models: dict[str, Model], rows: Path, given: dict[str, str]) -> list[dict]:
    """The decisions on an example's tables, beside every rule that applies: siret, rule, family, evidence… of both."""
    with Database() as db:
        for name, text in given.items():
            fill(db, name, text)
        rules_for(db, project, {*models[FACTS].reads, *models["core.activity"].reads}, set(given))
        db.execute(
            f"create table rules.decision_rules as select * from read_csv('{rows}', header = true, all_varchar = true)"
        )
        for model in (
            models["core.activity"],
            models[FACTS],
            models[RULES],
            perimeter_decision(rows, models),
        ):
            db.make(model)
        return db.dicts(
            "select d.siret, r.rule_id, r.about, t.rule_id as told, cast(tr.rank as integer) as rank, d.rule_rank, d.nature_rank, "
            "tr.about as told_about, tr.decision as told_decision, d.family, t.family as told_family, "
            "d.evidence, t.evidence as told_evidence, d.confidence, t.confidence as told_confidence "
            "from core.perimeter_decision as d left join rules.decision_rules as r on cast(r.rank as integer) = d.rule_rank "
            "left join core.perimeter_test as t on t.siret = d.siret "
            "left join rules.decision_rules as tr on tr.rule_id = t.rule_id order by 1, 5"
        )


def _given(index: int = 0) -> dict[str, str]:
    return dict(load_examples(CORE / "perimeter_test.example.toml")[index].given)


def _every_kind() -> dict[str, str]:
    """Establishments of every mix of place, life, category, activity and proof."""
    given = _given(1)
    kinds = itertools.product(
        ("01001", "99999", ""),
        ("active,", "closed,2025-12-31", "closed,2026-01-01", "closed,2026-01-02", "closed,"),
        ("00", "01"),
        ("9220", "9210", "5710", "7210", "5202", "6598", ""),
        ("88.10A", "94.20Z"),
        ("", "2026-01-01", "2026-01-02"),
    )
    lines = [
        f"{i},u{i % 5},{commune},{life},{size},{category},{naf},{'true' if i % 7 == 0 else 'false'},{naf},naf_rev2,naf_rev2,{born},"
        f"{'manageo' if i % 11 == 0 else 'sirene_establishment'}"
        for i, (commune, life, size, category, naf, born) in enumerate(kinds)
    ]
    header = (
        "siret,siren,commune_code,state,closed_on:date,size_band,legal_category,naf,is_followed_outside:bool,unit_naf,"
        "unit_nomenclature,nomenclature,created_on:date,register"
    )
    given["core.site"] = "\n".join([header, *lines])
    given["core.activity_code"] = "naf,nomenclature\n88.10A,naf_rev2\n94.20Z,naf_rev2"
    given["rules.named_decisions"] += "\n" + "\n".join(
        f"{i},{'in' if i % 2 else 'out'},{'mutuelle' if i % 3 else ''},Décidé,Comité,2026-01-01,,,*"
        for i in range(0, len(lines), 13)
    )
    return given


def test_the_lowest_rank_of_the_rules_that_apply_decides(project, models):
    """What one pass writes is what the table of every applicable rule says."""
    found = _decide(project, models, ROWS, _every_kind())
    by_siret = {siret: list(rows) for siret, rows in itertools.groupby(found, key=lambda row: row["siret"])}
    assert len(by_siret) == 1260
    assert {row["told"] for row in found} >= {
        "HORS_TERRITOIRE", "FERME", "PAS_ENCORE_CREE", "NON_EMPLOYEUR", "DECISION_NOMINATIVE_OUT", "DECISION_NOMINATIVE_IN",
        "SUIVI_HORS_CADRE", "CJ_INCONNUE", "CJ_HORS_LISTE", "SC_SANS_PREUVE", "CJ_A_VERIFIER", "SC_A_VERIFIER", "NAF_EXCLUE",
        "CJ_ESS", "SC_PREUVE",
    }  # fmt: skip
    for siret, rows in by_siret.items():
        first = rows[0]
        nature = [row["rank"] for row in rows if row["told_about"] == "nature"]
        kept = [row["told_family"] for row in rows if row["told_decision"] != "out" and row["told_family"]]
        assert first["rule_rank"] == first["rank"], siret
        assert first["nature_rank"] == nature[0], siret
        assert (first["rule_id"], first["evidence"], first["confidence"]) == (
            first["told"],
            first["told_evidence"],
            first["told_confidence"],
        )
        assert first["family"] == (first["told_family"] or next(iter(kept), None)), siret
        assert len({row["told"] for row in rows}) == len(rows), "a rule told twice"
        assert all(row["told_evidence"] for row in rows), "a rule without its evidence"


def test_a_rule_is_one_row_and_one_select(project, models, tmp_path):
    given = _given()
    given["core.site"] = given["core.site"].replace(
        "9220,88.10A,false,,,naf_rev2,,manageo\n2,", f"9220,{ACTIVITY},false,,,naf_rev2,,manageo\n2,"
    )
    before = _decide(project, models, ROWS, given)
    rows = _rows(tmp_path, ROWS.read_text(encoding="utf-8") + NEW_ROW)
    added = _with(models, models[RULES].sql + NEW_SELECT)
    found = _decide(project, added, rows, given)
    first = next(row for row in found if row["siret"] == "1")
    assert (first["rule_id"], first["evidence"], first["confidence"], first["family"]) == (
        "A_VOIR",
        f"activité {ACTIVITY}",
        "low",
        "association",
    )
    told, already = ([(row["siret"], row["told"]) for row in rows] for rows in (found, before))
    assert ("1", "CJ_ESS") in already
    assert told == [("1", "A_VOIR"), *already], "the others stay, as they were"
    decided, earlier = ({row["siret"]: row["rule_id"] for row in rows} for rows in (found, before))
    assert {siret for siret in earlier if earlier[siret] != decided[siret]} == {"1"}


def test_a_condition_may_look_into_a_list(project, models, tmp_path):
    """A rule on a table of its own: its model reads it, so that the order of work follows."""
    select = NEW_SELECT.replace(
        NEW_CONDITION,
        "siret in (select n.siret from rules.named_decisions as n where n.family = 'mutuelle')",
    )
    rows = _rows(tmp_path, ROWS.read_text(encoding="utf-8") + NEW_ROW)
    added = _with(models, models[RULES].sql + select)
    assert "rules.named_decisions" in perimeter_decision(rows, added).reads
    found = _decide(project, added, rows, _given())
    assert {row["siret"] for row in found if row["rule_id"] == "A_VOIR"} == {"12"}


def test_a_closed_establishment_that_a_decision_names_keeps_the_family_of_the_decision(project, models):
    given = _given()
    given["rules.named_decisions"] += "3,in,mutuelle,Décidé,Comité,2012-01-01,,,*\n"
    first = next(row for row in _decide(project, models, ROWS, given) if row["siret"] == "3")
    assert (first["rule_id"], first["family"]) == ("FERME", "mutuelle")


def test_a_decision_without_author_nor_reason_is_applied(project, models):
    given = _given()
    given["rules.named_decisions"] += "6,in,mutuelle,,,,,,*\n"
    first = next(row for row in _decide(project, models, ROWS, given) if row["siret"] == "6")
    assert (first["rule_id"], first["evidence"]) == ("DECISION_NOMINATIVE_IN", "sans motif (auteur inconnu)")


_LAST = "select siret, 'SC_PREUVE'"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("where state = 'closed'", "where estate = 'closed'", 12, "« estate »"),
        ("coalesce('fermé le '", "coalesce(since || 'fermé le '", 10, "« since »"),
        ("select siret, 'FERME', null,", "select siret, 'FERMEE', null,", 10, "« FERMEE »"),
        ("select siret, 'FERME', null,", "select siret, 'NON_EMPLOYEUR', null,", 18, "NON_EMPLOYEUR a deux"),
        ("select siret, 'FERME', null,", "select siret, state, null,", 10, "entre apostrophes"),
        ("select siret, 'FERME', null,", "select siret, 'FERME',", 10, "siret, règle, famille"),
        ("where not is_employer\n", "", 18, "condition"),
        ("where not is_employer\n", "where not is_employer group by all\n", 18, "select » simple"),
        ("core.perimeter_fact\nwhere not is_employer\n", "core.site\nwhere not is_employer\n", 18, FACTS),
    ],
)  # fmt: skip
def test_a_select_that_is_no_rule_is_said_with_its_line(models, old, new, line, said):
    sql = models[RULES].sql
    assert sql.count(old) == 1
    with pytest.raises(ObservatoryError) as caught:
        perimeter_decision(ROWS, _with(models, sql.replace(old, new)))
    problems = [caught.value, *caught.value.details]
    assert {problem.code for problem in problems} == {"E414"}
    assert any(
        said in problem.what and problem.where.endswith(f"perimeter_test.sql, ligne {line}")
        for problem in problems
    ), [str(problem) for problem in problems]


@pytest.mark.parametrize("union", ["union\n", "union all by name\n"])
def test_rules_are_tied_by_union_all(models, union):
    sql = models[RULES].sql.replace(f"union all\n{_LAST}", f"{union}{_LAST}")
    with pytest.raises(ObservatoryError, match="union all"):
        perimeter_decision(ROWS, _with(models, sql))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("FERME,20,", "FERME,10,", "Rang 10"),
        ("FERME,20,", "FERME,vingt,", "Rang « vingt »"),
        ("FERME,20,", "FERME,-20,", "Rang « -20 »"),
        ("PAS_ENCORE_CREE,22,", "FERME,22,", "FERME et FERME"),
        ("CJ_ESS,100,", NEW_ROW + "CJ_ESS,100,", "« A_VOIR »"),
    ],
)
def test_a_row_that_is_no_rule_is_said_with_its_line(models, tmp_path, old, new, said):
    text = ROWS.read_text(encoding="utf-8")
    assert text.count(old) == 1
    line = text[: text.index(old)].count("\n") + 1
    rows = _rows(tmp_path, text.replace(old, new))
    with pytest.raises(ObservatoryError) as caught:
        perimeter_decision(rows, models)
    assert said in caught.value.what
    assert any(
        (problem.where or "").endswith(f"decision_rules.csv, ligne {line}")
        for problem in (caught.value, *caught.value.details)
    )


def test_an_establishment_that_no_rule_decides_stops_the_build():
    with Database() as db:
        db.execute(
            "create table core.establishment as select * from (values ('1', 'FERME'), ('2', null)) as t(siret, rule_id)"
        )
        with pytest.raises(ObservatoryError, match="1 établissement") as caught:
            refuse_undecided(db)
        assert caught.value.code == "E416" and "2" in (caught.value.where or "")
        db.execute("delete from core.establishment where rule_id is null")
        refuse_undecided(db)


def test_the_decision_is_written_in_the_dialect_of_spark(models):
    written = spark_sql(perimeter_decision(ROWS, models).sql)
    assert "DATE_FORMAT(closed_on, 'dd/MM/yyyy')" in written and "core__perimeter_fact" in written
    assert perimeter_decision(ROWS, models).target == DECISION
