"""Linkage: clear cases are taken, doubtful ones are written for the analyst, decisions are replayed."""

from __future__ import annotations

import csv
import dataclasses
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from ess_observatory.codebook.codebook import codebook_from
from ess_observatory.engine.database import Database
from ess_observatory.errors import ObservatoryError
from ess_observatory.survey.core import build_survey
from ess_observatory.survey.linkage import link, link_survey
from ess_observatory.survey.linkage_files import REVIEW_FILE, Rules, load_rules, read_decisions
from ess_observatory.survey.resemblance import Known, comparable, fingerprint, place_name
from test_survey_support import ROOT, read, small, wide

sys.path.insert(0, str(ROOT))
from bench.linkage import METHODS, generated, labelled, measure

FOLDER = Path(ROOT) / "pipelines" / "survey"
REGISTER = [
    Known("10000000000008", ("ASSOCIATION LES TOURNESOLS",), "SAINT-AUBIN", "59440", "59529"),
    Known("20000000000006", ("Centre social Bel Air", "Le Bel Air"), "Anor", "59186", "59012"),
    Known("30000000000004", ("Centre social Bel Air",), "Fourmies", "59610", "59249"),
    Known("40000000000002", ("SCOP Menuiserie du Lac",), "Anor", "59186", "59012"),
    Known("50000000000000", ("Mutuelle du Lac",), "Anor", "59186", "59012"),
]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(FOLDER / "linkage.toml")


def one(rules: Rules, *answers: Known, sirets: dict | None = None, decisions: dict[str, str] | None = None):
    return link(list(answers), sirets or {}, REGISTER, rules, decisions or {})


def test_names_are_made_comparable(rules: Rules) -> None:
    assert (
        comparable("L’Association « Les Tournesols » de St-Aubin", "Saint-Aubin", rules.words) == "tournesols"
    )
    assert comparable("Association", None, rules.words) == "association", "never an empty name"
    assert place_name("ST AUBIN CEDEX") == place_name("Saint-Aubin")


def test_a_typo_and_a_legal_word_do_not_hide_a_structure(rules: Rules) -> None:
    found = one(rules, Known("r1", ("Asso les tournesol",), "St Aubin", "59440"))
    assert found.links == {"r1": ("10000000000008", "name", found.links["r1"][2])}
    assert found.links["r1"][2] >= rules.declared.accept.score and not found.doubtful


def test_namesakes_are_told_apart_by_their_place(rules: Rules) -> None:
    found = one(rules, Known("r1", ("centre social Bel-Air",), "FOURMIES"), Known("r2", ("BEL AIR",), "Anor"))
    assert found.links["r1"][0] == "30000000000004"
    assert found.links["r2"][0] == "20000000000006", "by its brand"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Known("r1", ("Centre social Bel Air",)), "lieu différent"),
        (Known("r1", ("Centre social Bel Air les Peupliers",), "Anor", "59186"), "insuffisante|mot de trop"),
        (Known("r1", ("Mutuelle Menuiserie du Lac",), "Anor", "59186"), "juridique|insuffisante|mot de trop"),
        (Known("r1", ("Club de plongée",), "Lille", "59000"), "aucun candidat"),
        (Known("r1", (), "Anor", "59186"), "aucun candidat"),
    ],
)
def test_what_is_doubtful_is_left_to_the_analyst(rules: Rules, answer: Known, why: str) -> None:
    found = one(rules, answer)
    assert not found.links
    assert any(part in found.doubtful["r1"][0] for part in why.split("|")), found.doubtful


def test_one_establishment_is_never_given_twice(rules: Rules) -> None:
    twins = [
        Known(key, ("Les Tournesols",), "Saint-Aubin", code) for key, code in (("r1", "59440"), ("r2", None))
    ]
    found = one(rules, *twins)
    assert not found.links
    assert {why for why, _ in found.doubtful.values()} == {
        "plusieurs réponses ressemblent au même établissement"
    }
    with_siret = one(rules, *twins, sirets={"r1": "10000000000008"})
    assert with_siret.links == {"r1": ("10000000000008", "siret", 100.0)}
    assert "r2" in with_siret.doubtful


def test_a_valid_siret_wins_over_the_name(rules: Rules) -> None:
    answer = Known("r1", ("Les Tournesols",), "Saint-Aubin", "59440")
    found = one(rules, answer, sirets={"r1": "50000000000000"})
    assert found.links == {"r1": ("50000000000000", "siret", 100.0)}
    elsewhere = one(rules, answer, sirets={"r1": "99999999999999"})
    assert not elsewhere.links and "absent du répertoire" in elsewhere.doubtful["r1"][0]
    assert elsewhere.doubtful["r1"][1][0].siret == "10000000000008", "the name still proposes candidates"


def test_decisions_are_replayed(rules: Rules) -> None:
    answer = Known("r1", ("Le Bel Air, centre",), "Anor ou Fourmies")
    code = fingerprint(answer)
    assert code == fingerprint(Known("r9", ("LE BEL AIR - CENTRE",), "anor ou fourmies")), (
        "typing does not matter"
    )
    assert one(rules, answer, decisions={code: "30000000000004"}).links["r1"] == (
        "30000000000004",
        "decision",
        100.0,
    )
    absent = one(rules, answer, decisions={code: ""})
    assert not absent.links and not absent.doubtful and absent.absent == {"r1"}
    with pytest.raises(ObservatoryError) as caught:
        one(rules, answer, decisions={code: "12345678901234"})
    assert caught.value.code == "E271"
    other = Known("r2", ("x",), None)
    shared = one(rules, answer, other, sirets={"r2": "30000000000004"}, decisions={code: "30000000000004"})
    assert set(shared.links) == {"r2"} and "déjà rapproché" in shared.doubtful["r1"][0]
    twice = one(rules, answer, dataclasses.replace(answer, id="r3"), decisions={code: "30000000000004"})
    assert not twice.links, "two same answers: the decision does not say which"


@pytest.mark.parametrize("text", ["answer;siret\n{0};{1}\n", "\ufeffanswer,siret,reason\n{0},{1},vu\n"])
def test_decisions_are_read_as_excel_saves_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(text.format("0123456789ab", "10000000000008"), encoding="utf-8")
    assert read_decisions(path) == {"0123456789ab": "10000000000008"}
    assert read_decisions(tmp_path / "absent.csv") == {}
    path.write_text(text.format("0123456789ab", "1,00E+13" if ";" in text else "1E13"), encoding="utf-8")
    with pytest.raises(ObservatoryError) as caught:
        read_decisions(path)
    assert caught.value.code == "E272"


def test_the_database_gets_links_and_the_analyst_a_file(rules: Rules, tmp_path: Path) -> None:
    data = small()
    questions = data["sections"][0]["questions"]
    questions.append({"code": "N1", "label_fr": "Nom", "type": "text"})
    questions.append({"code": "N2", "label_fr": "Commune", "type": "text"})
    questions.append({"code": "N3", "label_fr": "Code postal", "type": "text"})
    codebook = codebook_from(data, "essai.yml")
    people = [
        {"ID": "1", "N1": "les tournesols", "N3": "59440", "A2": "Oui"},
        {"ID": "2", "N1": "Bel Air", "A2": "Oui"},
        {"ID": "3", "A2": "Non"},
    ]
    asked = rules.declared.model_copy(
        update={"name_question": "N1", "postcode_question": "N3", "register_": "core.known"}
    )
    own = dataclasses.replace(rules, declared=asked)
    with Database() as db:
        build_survey(db, codebook, read(wide(people), codebook=codebook), "survey")
        db.put("rules.communes", pa.table({"code": ["59012"], "name": ["Anor"]}))
        columns = {"siret": [k.id for k in REGISTER], "name": [k.names[0] for k in REGISTER]}
        columns |= {"brand": [k.names[1] if len(k.names) > 1 else None for k in REGISTER]}
        columns |= {"city": [k.commune for k in REGISTER], "postcode": [k.postcode for k in REGISTER]}
        db.put("core.known", pa.table(columns | {"commune_code": [k.commune_code for k in REGISTER]}))
        found = link_survey(db, codebook, own, tmp_path / "none.csv", tmp_path / "quality")
        assert db.rows("select siret, method from core.survey_link") == [("10000000000008", "name")]
        assert len(found.doubtful) == 2
        rows = review(tmp_path / "quality")
        assert [row["siret"] for row in rows if row["nom_donne"] == "Bel Air"][:2] == [
            "20000000000006",
            "30000000000004",
        ]
        assert all(len([r for r in rows if r["answer"] == row["answer"]]) <= 5 for row in rows)
        decided = tmp_path / "decisions.csv"
        answers = {row["nom_donne"]: row["answer"] for row in rows}
        decided.write_text(
            f"answer;siret\n{answers['Bel Air']};30000000000004\n{answers['']};\n", encoding="utf-8"
        )
        again = link_survey(db, codebook, own, decided, tmp_path / "after")
        assert db.rows("select method from core.survey_link order by 1") == [("decision",), ("name",)]
        assert not again.doubtful and not (tmp_path / "after").exists()


def review(folder: Path) -> list[dict[str, str]]:
    with (folder / REVIEW_FILE).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def test_precision_and_recall_on_a_generated_set(rules: Rules) -> None:
    values = {row["name"]: row["value"] for row in measure("x", *generated(600, 150, seed=7), rules)}
    assert values["x.precision_taken"] >= 0.99
    assert values["x.recall_taken"] >= 0.75
    assert values["x.recall_with_review"] >= 0.98


def test_precision_and_recall_on_the_labelled_set(rules: Rules) -> None:
    if not (METHODS / "link_register.csv").is_file():
        pytest.skip("no labelled set beside this checkout")
    values = {row["name"]: row["value"] for row in measure("x", *labelled(), rules)}
    assert values["x.precision_taken"] >= 0.93
    assert values["x.recall_with_review"] == 1.0, "all 45 are taken or among the five candidates"
