"""The perimeter on its boundaries: dates, families and their confidence, evidence, named decisions, every rule in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conftest import ROOT
from ess_observatory.declare.project import Project
from ess_observatory.engine.database import Database
from ess_observatory.engine.graph import read_model
from ess_observatory.recipe.examples import fill, rules_for, views_for

CORE = ROOT / "pipelines" / "core"
SITE = (
    "siret,siren,name,commune_code,state,closed_on:date,size_band,legal_category,naf,is_followed_outside:bool,unit_naf,"
    "unit_nomenclature,nomenclature,created_on:date,register,brand,postcode,city,_file,_sheet,_line:int,ess_flag"
)
DECISIONS = "siret,decision,family,reason,decided_by,decided_on,since,until,editions"
FAMILIES = (
    "family,is_on_evidence:bool\nassociation,false\ncooperative,false\nmutuelle,false\nfondation,false\n"
)
LAW = FAMILIES + "societe_commerciale_ess,true\n"
USUAL = {
    "siren": "u1", "name": "Nom", "commune_code": "01001", "state": "active", "size_band": "01", "legal_category": "9220",
    "naf": "88.10A", "is_followed_outside": "false", "nomenclature": "naf_rev2", "register": "sirene_establishment",
}  # fmt: skip
Decide = Callable[..., dict[str, Any]]


MODEL = read_model("core.establishment", CORE / "establishment.sql")
TESTS = read_model("core.perimeter_test", CORE / "perimeter_test.sql")


@pytest.fixture(scope="module")
def world(project: Project) -> Iterator[Database]:
    """A database with the project's nomenclatures and views; what a case says is filled in before each decision."""
    FILLED.clear()
    with Database() as db:
        given = tables()
        for name, text in given.items():
            fill(db, name, text)
        reads = views_for(db, project, set(MODEL.reads) | set(TESTS.reads), set(given))
        rules_for(db, project, reads, set(given))
        for name in ("legal_categories", "naf_exclusions"):
            db.execute(f"create table rules.declared_{name} as select * from rules.{name}")
        yield db


#: What the tables of the database hold: one that a case leaves as it is is not made again.
FILLED: dict[str, str | None] = {}


def settle(
    world: Database, given: dict[str, str], categories: str | None = None, exclusions: str | None = None
) -> None:
    """Make the tables those that are given, and the nomenclatures the project's unless others are given."""
    nomenclatures = {
        "rules.legal_categories": ("code,label,family,since,until,confidence", categories),
        "rules.naf_exclusions": ("nomenclature,prefix,label,decision,confidence", exclusions),
    }
    wanted = given | {name: rows and f"{header}\n{rows}" for name, (header, rows) in nomenclatures.items()}
    for name, text in wanted.items():
        if name in FILLED and FILLED[name] == text:
            continue
        if text is None:
            declared = name.replace(".", ".declared_")
            world.execute(f"create or replace table {name} as select * from {declared}")
        else:
            fill(world, name, text)
        FILLED[name] = text


def tables(
    *,
    day: str = "2011-12-31",
    level: str = "establishment",
    families: str = FAMILIES,
    decisions: str = "",
    evidence: str = "",
    kinds: str = "sirene_flag\nname\n",
    edition_nomenclature: str = "naf_rev2",
    **site: str,
) -> dict[str, str]:
    """The tables of one establishment: what is usual unless said."""
    row = USUAL | site
    header = [name.partition(":")[0] for name in SITE.split(",")]
    activities = {
        (code, row.get(nomenclature) or edition_nomenclature)
        for code, nomenclature in (
            (row.get("naf"), "nomenclature"),
            (row.get("unit_naf"), "unit_nomenclature"),
        )
        if code
    }
    return {
        "core.site": f"{SITE}\n1,{','.join(row.get(name, '') for name in header[1:])}",
        "core.activity_code": "naf,nomenclature\n" + "".join(f"{a},{b}\n" for a, b in sorted(activities)),
        "rules.edition": f"edition,reference_date:date,nomenclature,naf_level\ndemo,{day},{edition_nomenclature},{level}",
        "rules.perimeter_family": families,
        "rules.perimeter_evidence": f"kind\n{kinds}",
        "core.ess_evidence": f"siren,kind,family,evidence\n{evidence}",
        "rules.territory_commune": "code,name,epci_code\n01001,Ici,e1\n",
        "rules.named_decisions": f"{DECISIONS}\n{decisions}",
    }


@pytest.fixture
def decide(world: Database) -> Decide:
    """Decide one establishment: the row of core.establishment; `every`: with `rules`, every rule that applies.

    `categories`, `exclusions`: other nomenclatures than the project's.
    """

    def decided(
        *, every: bool = False, categories: str | None = None, exclusions: str | None = None, **given: str
    ) -> dict[str, Any]:
        settle(world, tables(**given), categories, exclusions)
        found = world.dicts(MODEL.sql)
        assert len(found) == 1, "one decision an establishment"
        rules = {row["rule_id"]: row for row in world.dicts(TESTS.sql)} if every else {}
        return found[0] | {"rules": rules}

    return decided


def said(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["rule_id"], row["decision"], row["ess_family"], row["confidence"], row["evidence"]


NO_PROOF = "catégorie juridique 5710 SAS, société par actions simplifiée, sans preuve"
ONE_FAMILY = "family,is_on_evidence:bool\nassociation,false\n"
BOTH = "u1,name,cooperative,un nom\nu1,sirene_flag,,indicateur"
LABEL = "catégorie juridique 9220 Association déclarée"


@pytest.mark.parametrize("given", ["naf_rev2", ""])
def test_a_register_that_does_not_say_its_nomenclature_has_the_edition_s(decide: Decide, given: str) -> None:
    row = decide(nomenclature=given)
    assert (row["naf_nomenclature"], row["sector"]) == ("naf_rev2", "QB")


def test_an_ordinary_association(decide: Decide) -> None:
    row = decide(every=True)
    assert said(row) == ("CJ_ESS", "in", "association", "high", LABEL)
    assert (row["is_employer"], row["sector"], row["epci_code"], row["nature_rank"]) == (
        True,
        "QB",
        "e1",
        100,
    )
    assert set(row["rules"]) == {"CJ_ESS"}
    assert row["rules"]["CJ_ESS"] == {
        "siret": "1", "rule_id": "CJ_ESS", "family": "association", "evidence": LABEL, "confidence": "high"
    }  # fmt: skip


# ------------------------------------------------------------------ each rule alone: its decision, its evidence, its place
ALONE: list[tuple[dict[str, str], tuple[Any, ...]]] = [
    ({"commune_code": "99999"}, ("HORS_TERRITOIRE", "out", "association", "high", "commune 99999")),
    ({"state": "closed", "closed_on": "2011-01-31"}, ("FERME", "out", "association", "high", "fermé le 31/01/2011")),
    ({"created_on": "2012-02-01"}, ("PAS_ENCORE_CREE", "out", "association", "high", "créé le 01/02/2012")),
    ({"size_band": "NN"}, ("NON_EMPLOYEUR", "out", "association", "high", "tranche d’effectif Sans salarié")),
    ({"is_followed_outside": "true"}, ("SUIVI_HORS_CADRE", "out", "association", "high", "étiquette « hors cadre » de l’extraction")),
    ({"decisions": "1,out,,Non,CA,2012-01-01,,,*"}, ("DECISION_NOMINATIVE_OUT", "out", "association", "high", "Non (CA, 2012-01-01)")),
    ({"decisions": "1,in,fondation,Oui,CA,2012-01-01,,,*"}, ("DECISION_NOMINATIVE_IN", "in", "fondation", "high", "Oui (CA, 2012-01-01)")),
    ({"legal_category": ""}, ("CJ_INCONNUE", "review", None, "high", "aucune unité légale pour le SIREN u1")),
    ({"legal_category": "7210"}, ("CJ_HORS_LISTE", "out", None, None, None)),
    ({"legal_category": "8210", "families": ONE_FAMILY}, ("CJ_HORS_EDITION", "out", "mutuelle", "high", "catégorie juridique 8210 Mutuelle")),
    ({"legal_category": "9210"}, ("CJ_A_VERIFIER", "review", "association", "low", "catégorie juridique 9210 Association non déclarée")),
    ({"naf": "94.20Z"}, ("NAF_EXCLUE", "out", "association", "high", "activité 94.20Z (règle 94.20 Syndicats de salariés)")),
    ({"naf": "94.12Z"}, ("NAF_A_VERIFIER", "review", "association", "low", "activité 94.12Z (règle 94.12 Organisations professionnelles)")),
]  # fmt: skip


@pytest.fixture(scope="module")
def alone(world: Database) -> dict[int, dict[str, Any]]:
    """The establishments of `ALONE`, decided together, each under its rank: as `decide` with `every`."""
    found: dict[int, dict[str, Any]] = {}
    for families in dict.fromkeys(given.get("families", FAMILIES) for given, _ in ALONE):
        sites, activities, decisions = [SITE], {"naf,nomenclature"}, []
        for rank, (given, _) in enumerate(ALONE):
            if given.get("families", FAMILIES) == families:
                made = tables(**given)
                sites.append(f"{rank},{made['core.site'].splitlines()[1].partition(',')[2]}")
                activities.update(made["core.activity_code"].splitlines())
                decisions += [
                    f"{rank},{said.partition(',')[2]}" for said in given.get("decisions", "").splitlines()
                ]
        activities.remove("naf,nomenclature")
        put_together = {
            "core.site": "\n".join(sites),
            "core.activity_code": "\n".join(["naf,nomenclature", *sorted(activities)]),
        }
        settle(world, tables(families=families, decisions="\n".join(decisions)) | put_together)
        rows = world.dicts(MODEL.sql)
        assert len(rows) == len(sites) - 1, "one decision an establishment"
        found |= {int(row["siret"]): row | {"rules": {}} for row in rows}
        for test in world.dicts(TESTS.sql):
            found[int(test["siret"])]["rules"][test["rule_id"]] = test
    return found


@pytest.mark.parametrize(("rank", "expected"), [(rank, expected) for rank, (_, expected) in enumerate(ALONE)])
def test_each_rule_alone(alone: dict[int, dict[str, Any]], rank: int, expected: tuple[Any, ...]) -> None:
    row = alone[rank]
    rule, decision, family, confidence, evidence = expected
    assert (row["rule_id"], row["decision"], row["ess_family"]) == (rule, decision, family)
    assert row["in_perimeter"] == (decision == "in")
    if evidence is not None:
        assert (row["evidence"], row["confidence"]) == (evidence, confidence)
        assert (row["rules"][rule]["evidence"], row["rules"][rule]["confidence"]) == (evidence, confidence)
    nature = {"HORS_TERRITOIRE": 100, "FERME": 100, "PAS_ENCORE_CREE": 100, "NON_EMPLOYEUR": 100}
    ranks = {
        "DECISION_NOMINATIVE_OUT": 30, "DECISION_NOMINATIVE_IN": 31, "SUIVI_HORS_CADRE": 40, "CJ_INCONNUE": 48, "CJ_HORS_LISTE": 50,
        "CJ_HORS_EDITION": 55, "CJ_A_VERIFIER": 60, "NAF_EXCLUE": 70, "NAF_A_VERIFIER": 75,
    }  # fmt: skip
    assert row["nature_rank"] == (nature | ranks)[rule], (
        "the first rule on its nature, wherever it is and whatever its life"
    )


def test_the_order_of_the_rules_is_declared(project: Project) -> None:
    """Order, decision and subject of the rules below: a change moves establishments, so it is said here too. Others may be added."""
    import csv

    rows = csv.DictReader(project.nomenclatures["decision_rules"].read_text(encoding="utf-8").splitlines())
    ordered = sorted(rows, key=lambda row: int(row["rank"]))
    known = [
        ("HORS_TERRITOIRE", "out", "place"), ("FERME", "out", "life"), ("PAS_ENCORE_CREE", "out", "life"),
        ("NON_EMPLOYEUR", "out", "life"), ("DECISION_NOMINATIVE_OUT", "out", "nature"), ("DECISION_NOMINATIVE_IN", "in", "nature"),
        ("SUIVI_HORS_CADRE", "out", "nature"), ("CJ_INCONNUE", "review", "nature"), ("CJ_HORS_LISTE", "out", "nature"),
        ("CJ_HORS_EDITION", "out", "nature"), ("SC_SANS_PREUVE", "out", "nature"), ("CJ_A_VERIFIER", "review", "nature"),
        ("SC_A_VERIFIER", "review", "nature"), ("NAF_EXCLUE", "out", "nature"), ("NAF_A_VERIFIER", "review", "nature"),
        ("CJ_ESS", "in", "nature"), ("SC_PREUVE", "in", "nature"),
    ]  # fmt: skip
    names = {name for name, _, _ in known}
    found = [(row["rule_id"], row["decision"], row["about"]) for row in ordered if row["rule_id"] in names]
    assert found == known


# ------------------------------------------------------------------ days
@pytest.mark.parametrize(
    ("since", "until", "rule"),
    [
        ("", "", "CJ_ESS"),
        ("2011-12-31", "", "CJ_ESS"),
        ("2012-01-01", "", "CJ_HORS_LISTE"),
        ("", "2011-12-31", "CJ_ESS"),
        ("", "2011-12-30", "CJ_HORS_LISTE"),
    ],
)
def test_a_legal_category_holds_between_its_days(decide: Decide, since: str, until: str, rule: str) -> None:
    row = decide(categories=f"9220,Association,association,{since},{until},high")
    assert row["rule_id"] == rule
    assert row["evidence"] == f"catégorie juridique 9220{' Association' if rule == 'CJ_ESS' else ''}"


def test_commercial_companies_count_from_august_2014(decide: Decide) -> None:
    company = {"legal_category": "5710", "families": LAW, "evidence": "u1,sirene_flag,,indicateur"}
    assert decide(day="2014-08-01", **company)["rule_id"] == "SC_PREUVE"
    assert decide(day="2014-07-31", **company)["rule_id"] == "SC_A_VERIFIER", (
        "a company with evidence, but no category yet"
    )


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"state": "closed"}, "FERME"),
        ({"state": "closed", "closed_on": "2011-12-31"}, "FERME"),
        ({"state": "closed", "closed_on": "2012-01-01"}, "CJ_ESS"),
        ({"state": "active", "closed_on": "2011-01-01"}, "CJ_ESS"),
        ({"created_on": "2011-12-31"}, "CJ_ESS"),
        ({"created_on": "2012-01-01"}, "PAS_ENCORE_CREE"),
        ({"created_on": "2012-01-01", "register": "sirene_old"}, "PAS_ENCORE_CREE"),
        ({"created_on": "2012-01-01", "register": "manageo"}, "CJ_ESS"),
        ({"size_band": "00"}, "NON_EMPLOYEUR"),
        ({"size_band": "01"}, "CJ_ESS"),
        ({"size_band": "NC"}, "CJ_ESS"),
        ({"size_band": ""}, "CJ_ESS"),
    ],
)
def test_life_on_the_reference_day(decide: Decide, given: dict[str, str], rule: str) -> None:
    assert decide(**given)["rule_id"] == rule


# ------------------------------------------------------------------ named decisions
@pytest.mark.parametrize(
    ("editions", "holds"),
    [("", True), ("*", True), ("demo", True), ("autre|demo", True), ("demo|autre", True), ("autre", False), ("demo2", False), ("de", False)],
)  # fmt: skip
def test_the_editions_of_a_named_decision(decide: Decide, editions: str, holds: bool) -> None:
    row = decide(decisions=f"1,out,,Non,CA,2012-01-01,,,{editions}")
    assert row["decision"] == ("out" if holds else "in")


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [("2011-12-31", "2011-12-31", True), ("2012-01-01", "", False), ("", "2011-12-30", False)],
)
def test_the_days_of_a_named_decision(decide: Decide, since: str, until: str, holds: bool) -> None:
    assert decide(decisions=f"1,out,,Non,CA,2012-01-01,{since},{until},*")["decision"] == (
        "out" if holds else "in"
    )


def test_a_named_decision_is_on_one_siret(decide: Decide) -> None:
    assert decide(decisions="2,out,,Non,CA,2012-01-01,,,*")["decision"] == "in"


def test_a_named_exclusion_comes_before_a_named_entry(decide: Decide) -> None:
    row = decide(
        every=True,
        decisions="1,in,mutuelle,Oui,CA,2012-01-01,,,*\n1,out,fondation,Non,CA,2012-02-01,,,*",
        naf="94.20Z",
    )
    assert said(row) == ("DECISION_NOMINATIVE_OUT", "out", "fondation", "high", "Non (CA, 2012-02-01)")
    assert row["rules"]["DECISION_NOMINATIVE_IN"]["family"] == "mutuelle"
    assert row["rules"]["DECISION_NOMINATIVE_OUT"]["family"] == "fondation"
    assert row["rules"]["DECISION_NOMINATIVE_IN"]["evidence"] == "Oui (CA, 2012-01-01)"
    assert set(row["rules"]) == {"DECISION_NOMINATIVE_OUT", "DECISION_NOMINATIVE_IN", "NAF_EXCLUE", "CJ_ESS"}


def test_a_named_entry_brings_its_family_and_beats_the_rest(decide: Decide) -> None:
    given = {
        "decisions": "1,in,fondation,Oui,CA,2012-01-01,,,*",
        "is_followed_outside": "true",
        "naf": "94.20Z",
    }
    assert said(decide(**given, legal_category="7210"))[:3] == ("DECISION_NOMINATIVE_IN", "in", "fondation")
    # its family stays where its place or its life decides: that of the first rule which keeps or asks
    assert said(decide(**given, commune_code="99999"))[:3] == ("HORS_TERRITOIRE", "out", "fondation")
    assert said(decide(**given, legal_category="7210", commune_code="99999"))[:3] == (
        "HORS_TERRITOIRE",
        "out",
        "fondation",
    )


def test_a_named_exclusion_without_family_leaves_that_of_the_form(decide: Decide) -> None:
    assert decide(decisions="1,out,,Non,CA,2012-01-01,,,*")["ess_family"] == "association"
    assert decide(decisions="1,out,,Non,CA,2012-01-01,,,*", legal_category="7210")["ess_family"] is None


# ------------------------------------------------------------------ companies
@pytest.mark.parametrize(
    ("evidence", "kinds", "expected"),
    [
        ("", "sirene_flag\nname\n", ("SC_SANS_PREUVE", "out", "societe_commerciale_ess", "high", NO_PROOF)),
        ("u1,sirene_flag,,indicateur", "sirene_flag\n", ("SC_PREUVE", "in", "societe_commerciale_ess", "medium", "catégorie juridique 5710 : indicateur")),
        ("u1,name,cooperative,un nom", "name\n", ("SC_A_VERIFIER", "review", "cooperative", "low", "catégorie juridique 5710 : un nom")),
        (BOTH, "sirene_flag\nname\n", ("SC_PREUVE", "in", "cooperative", "medium", "catégorie juridique 5710 : indicateur")),
        ("u1,name,cooperative,un nom", "sirene_flag\n", ("SC_SANS_PREUVE", "out", "societe_commerciale_ess", "high", NO_PROOF)),
        ("u2,sirene_flag,,indicateur", "sirene_flag\n", ("SC_SANS_PREUVE", "out", "societe_commerciale_ess", "high", NO_PROOF)),
        ("u1,ess_list,mutuelle,liste", "ess_list\n", ("SC_PREUVE", "in", "societe_commerciale_ess", "medium", "catégorie juridique 5710 : liste")),
    ],
)  # fmt: skip
def test_a_company_enters_on_evidence(
    decide: Decide, evidence: str, kinds: str, expected: tuple[Any, ...]
) -> None:
    row = decide(day="2026-01-01", legal_category="5710", families=LAW, evidence=evidence, kinds=kinds)
    rule, decision, family, confidence, text = expected
    assert (row["rule_id"], row["decision"], row["confidence"], row["evidence"]) == (
        rule,
        decision,
        confidence,
        text,
    )
    assert row["ess_family"] == family
    assert row["nature_rank"] == {"SC_SANS_PREUVE": 57, "SC_PREUVE": 101, "SC_A_VERIFIER": 62}[rule]


def test_an_association_needs_no_evidence_and_evidence_changes_nothing(decide: Decide) -> None:
    row = decide(
        day="2026-01-01", families=LAW, evidence="u1,sirene_flag,,indicateur\nu1,name,cooperative,nom"
    )
    assert said(row) == ("CJ_ESS", "in", "association", "high", LABEL)


@pytest.mark.parametrize(
    ("category", "evidence", "rule", "family"),
    [
        ("5999", "u1,sirene_flag,,indicateur", "SC_A_VERIFIER", "societe_commerciale_ess"),
        ("6999", "u1,sirene_flag,,indicateur", "SC_A_VERIFIER", "societe_commerciale_ess"),
        ("5999", "u1,name,cooperative,nom", "SC_A_VERIFIER", "cooperative"),
        ("5999", "", "CJ_HORS_LISTE", None),
        ("4999", "u1,sirene_flag,,indicateur", "CJ_HORS_LISTE", None),
        ("7210", "u1,sirene_flag,,indicateur", "CJ_HORS_LISTE", None),
        ("5515", "u1,sirene_flag,,indicateur", "CJ_HORS_LISTE", None),
    ],
)
def test_a_company_of_an_unlisted_form_with_evidence_is_to_verify(
    decide: Decide, category: str, evidence: str, rule: str, family: str | None
) -> None:
    row = decide(day="2026-01-01", legal_category=category, families=LAW, evidence=evidence)
    assert (row["rule_id"], row["ess_family"]) == (rule, family)
    if rule == "SC_A_VERIFIER":
        assert row["confidence"] == "low"


def test_a_family_out_of_the_edition_and_one_that_is_no_family(decide: Decide) -> None:
    categories = (
        "9220,Association,association,,,high\n9999,Autre,hors_ess,,,medium\n9998,Douteuse,mutuelle,,,low"
    )
    only = "family,is_on_evidence:bool\nfondation,false\n"
    assert decide(categories=categories, families=only)["rule_id"] == "CJ_HORS_EDITION"
    assert said(decide(categories=categories, legal_category="9999"))[:4] == (
        "CJ_HORS_LISTE",
        "out",
        None,
        "medium",
    )
    assert decide(categories=categories, legal_category="9998")["rule_id"] == "CJ_A_VERIFIER"
    assert decide(categories=categories, legal_category="9998", families=only)["rule_id"] == "CJ_HORS_EDITION"
    assert decide(categories=categories, legal_category="9997")["confidence"] == "high"


# ------------------------------------------------------------------ activities
@pytest.mark.parametrize(
    ("naf", "rule", "evidence"),
    [
        ("75.1A", "NAF_EXCLUE", "activité 75.1A (règle 75 Large)"),
        ("75.3A", "NAF_A_VERIFIER", "activité 75.3A (règle 75.3 Étroite)"),
        ("75.3C", "NAF_EXCLUE", "activité 75.3C (règle 75.3C Exacte)"),
        ("75", "NAF_EXCLUE", "activité 75 (règle 75 Large)"),
        ("7", "CJ_ESS", LABEL),
        ("17.5A", "CJ_ESS", LABEL),
        ("", "CJ_ESS", LABEL),
    ],
)
def test_the_nearest_prefix_decides(decide: Decide, naf: str, rule: str, evidence: str) -> None:
    exclusions = "naf_rev2,75,Large,out,high\nnaf_rev2,75.3C,Exacte,out,medium\nnaf_rev2,75.3,Étroite,review,low\nnaf_rev1,75.3A,Ancienne,out,high"
    row = decide(naf=naf, exclusions=exclusions)
    assert (row["rule_id"], row["evidence"]) == (rule, evidence)


@pytest.mark.parametrize(
    ("level", "unit", "unit_nomenclature", "nomenclature", "edition", "rule"),
    [
        ("establishment", "94.20Z", "naf_rev2", "naf_rev2", "naf_rev2", "CJ_ESS"),
        ("legal_unit", "94.20Z", "naf_rev2", "naf_rev2", "naf_rev2", "NAF_EXCLUE"),
        ("legal_unit", "91.2Z", "naf_rev1", "naf_rev2", "naf_rev2", "NAF_EXCLUE"),
        ("legal_unit", "91.2Z", "naf_rev2", "naf_rev1", "naf_rev1", "CJ_ESS"),
        ("legal_unit", "91.2Z", "", "naf_rev2", "naf_rev1", "NAF_EXCLUE"),
        ("legal_unit", "", "naf_rev1", "naf_rev2", "naf_rev2", "CJ_ESS"),
    ],
)
def test_the_activity_of_the_legal_unit(
    decide: Decide, level: str, unit: str, unit_nomenclature: str, nomenclature: str, edition: str, rule: str
) -> None:
    row = decide(
        level=level, unit_naf=unit, unit_nomenclature=unit_nomenclature, nomenclature=nomenclature,
        edition_nomenclature=edition,
    )  # fmt: skip
    assert row["rule_id"] == rule


def test_without_an_activity_of_the_unit_that_of_the_place_is_looked_at(decide: Decide) -> None:
    assert decide(level="legal_unit", naf="94.20Z")["rule_id"] == "NAF_EXCLUE"
    assert decide(naf="91.2Z", nomenclature="", edition_nomenclature="naf_rev1")["rule_id"] == "NAF_EXCLUE"
    assert decide(naf="91.2Z", nomenclature="naf_rev1")["rule_id"] == "NAF_EXCLUE"
    assert decide(naf="91.2Z", nomenclature="naf_rev2")["rule_id"] == "CJ_ESS"


def test_every_rule_that_applies_is_kept(decide: Decide) -> None:
    row = decide(
        every=True, commune_code="99999", state="closed", created_on="2012-01-01", size_band="00", is_followed_outside="true",
        naf="94.20Z", decisions="1,out,,Non,CA,2012-01-01,,,*\n1,in,fondation,Oui,CA,2012-01-01,,,*",
    )  # fmt: skip
    assert set(row["rules"]) == {
        "HORS_TERRITOIRE", "FERME", "PAS_ENCORE_CREE", "NON_EMPLOYEUR", "DECISION_NOMINATIVE_OUT", "DECISION_NOMINATIVE_IN",
        "SUIVI_HORS_CADRE", "CJ_ESS", "NAF_EXCLUE",
    }  # fmt: skip
    assert {rule: test["evidence"] for rule, test in row["rules"].items() if rule in ("HORS_TERRITOIRE", "FERME")} == {
        "HORS_TERRITOIRE": "commune 99999", "FERME": "état fermé"
    }  # fmt: skip
    assert {
        test["family"]
        for rule, test in row["rules"].items()
        if rule not in ("CJ_ESS", "DECISION_NOMINATIVE_IN")
    } == {None}
    assert {test["confidence"] for test in row["rules"].values()} == {"high"}
    assert (row["rule_id"], row["nature_rank"]) == ("HORS_TERRITOIRE", 30)


# ------------------------------------------------------------------ ties: the same answer whatever the order of the lines
def both_ways(lines: str) -> tuple[str, str]:
    first, second = lines.split("\n")
    return lines, f"{second}\n{first}"


@pytest.mark.parametrize("decision", ["in", "out"])
def test_two_named_decisions_of_a_kind_give_one(decide: Decide, decision: str) -> None:
    for lines in both_ways(
        f"1,{decision},mutuelle,Beta,CA,2012-01-01,,,*\n1,{decision},fondation,Alpha,CA,2012-01-01,,,*"
    ):
        row = decide(decisions=lines)
        assert (row["decision"], row["ess_family"], row["evidence"]) == (
            decision,
            "fondation",
            "Alpha (CA, 2012-01-01)",
        )


def test_two_lines_of_a_legal_category_give_one(decide: Decide) -> None:
    for lines in both_ways("9220,Beta,mutuelle,,,low\n9220,Alpha,fondation,,,high"):
        assert said(decide(categories=lines)) == (
            "CJ_ESS",
            "in",
            "fondation",
            "high",
            "catégorie juridique 9220 Alpha",
        )


def test_two_proofs_give_one(decide: Decide) -> None:
    company = {"day": "2026-01-01", "legal_category": "5710", "families": LAW, "kinds": "esus\nsirene_flag\n"}
    for lines in both_ways("u1,sirene_flag,,beta\nu1,esus,,alpha"):
        row = decide(evidence=lines, **company)
        assert (row["rule_id"], row["evidence"]) == ("SC_PREUVE", "catégorie juridique 5710 : alpha")


def test_two_families_on_evidence_give_one(decide: Decide) -> None:
    for lines in both_ways("zeta,true\nsociete_commerciale_ess,true"):
        families = f"{FAMILIES}{lines}\n"
        row = decide(
            day="2026-01-01", legal_category="5710", families=families, evidence="u1,sirene_flag,,indicateur"
        )
        assert row["ess_family"] == "societe_commerciale_ess"
