"""What a respondent meant: read with a note when it can be one thing only, refused with a reason when it can be two."""

from __future__ import annotations

import pytest

from ess_observatory.codebook.codebook import Codebook, codebook_from, load_codebook
from ess_observatory.engine.database import Database
from ess_observatory.survey.communes import CommuneNames
from ess_observatory.survey.read import SurveyRead, read_answers
from ess_observatory.survey.wording import in_words
from test_survey_support import CODEBOOK, sheet, small, wide

TERRITORY = "values ('59392', 'Maubeuge'), ('59365', 'Louvroil'), ('59033', 'Avesnelles'), ('59036', 'Avesnes-sur-Helpe')"
COUNTRY = """values ('59392', 'Maubeuge', 'commune-actuelle'), ('59365', 'Louvroil', 'commune-actuelle'),
    ('59036', 'Avesnes-sur-Helpe', 'commune-actuelle'), ('62063', 'Avesnes', 'commune-actuelle'),
    ('02691', 'Saint-Quentin', 'commune-actuelle'), ('62001', 'Sainte-Marie', 'commune-actuelle'),
    ('08390', 'Sainte-Marie', 'commune-actuelle')"""


def meant() -> Codebook:
    """The small codebook, with a commune, ages, a legal form and declared words."""
    data = small()
    data["units"] = {"postes": ["salarié", "salariés", "personnes"]}
    identity, figures = data["sections"]
    figures["questions"][0]["unit"] = "postes"
    forms = [
        {"code": "asso", "label_fr": "Association"},
        {"code": "coop", "label_fr": "Coopérative", "covers": ["Scic", "Scop"]},
        {"code": "insertion", "label_fr": "Structure d’insertion (SIAE)"},
    ]
    identity["questions"] += [
        {"code": "A4", "label_fr": "Commune", "type": "commune"},
        {"code": "A5", "label_fr": "Statut", "type": "select_one", "choices": forms, "other": True},
    ]
    figures["questions"] += [
        {"code": "B6", "label_fr": "Âge moyen", "type": "decimal", "unit": "ans"},
        {"code": "B7", "label_fr": "Taux de départ", "type": "percent"},
    ]
    return codebook_from(data, "essai.yml")


@pytest.fixture(scope="module")
def communes() -> CommuneNames:
    db = Database()
    db.execute(f"create table rules.territory_commune as select * from ({TERRITORY}) as t (code, name)")
    db.execute(f"create table rules.communes as select * from ({COUNTRY}) as t (code, name, type)")
    return CommuneNames(db)


def answer(communes: CommuneNames | None = None, **cells: str) -> tuple[SurveyRead, dict[str, tuple]]:
    header = sorted({"A2", "B1", "B2", *cells})
    survey = read_answers([wide([cells], header)], meant(), "survey", communes)
    rows = survey.answers.to_pylist()
    return survey, {row["question_code"]: (row["value_text"], row["value_number"]) for row in rows}


@pytest.mark.parametrize(
    ("question", "written", "value", "notes"),
    [
        ("B6", "52 ans", 52, []),
        ("B6", "41,5 ans", 41.5, []),
        ("B1", "12 postes", 12, []),
        ("B1", "12 salariés", 12, ["nombre_avec_mot"]),
        ("B1", "12 SALARIES", 12, ["nombre_avec_mot"]),
        ("B1", "1 200 personnes", 1200, ["nombre_avec_mot"]),
        ("B1", "environ 10", 10, ["nombre_approche"]),
        ("B1", "Env. 10", 10, ["nombre_approche"]),
        ("B1", "~10", 10, ["nombre_approche"]),
        ("B1", "10 environ", 10, ["nombre_approche"]),
        ("B1", "environ 12 salariés", 12, ["nombre_approche", "nombre_avec_mot"]),
        ("B1", "12 salariés environ", 12, ["nombre_approche", "nombre_avec_mot"]),
        ("B6", "environ 52 ans", 52, ["nombre_approche"]),
    ],
)
def test_a_number_with_its_words(question: str, written: str, value: float, notes: list[str]) -> None:
    survey, found = answer(**{question: written})
    assert found[question][1] == value
    assert sorted(note["code"] for note in survey.notes) == notes
    assert all(
        (note["line"], note["column"], note["value"]) == (2, question, written) for note in survey.notes
    )
    assert not survey.refused


@pytest.mark.parametrize(
    ("question", "written", "code"),
    [
        ("B1", "plus de 10", "E310"),
        ("B1", "10 à 12", "E310"),
        ("B1", "10 ou 12", "E310"),
        ("B1", "12 mois", "E310"),
        ("B1", "12 salariés et 3 bénévoles", "E310"),
        ("B1", "environ", "E310"),
        ("B1", "environ 40.817", "E312"),
        ("B1", "3,5 salariés", "E311"),
        ("B6", "12 salariés", "E310"),
        ("B6", "52 %", "unite_inattendue"),
        ("B7", "50 €", "unite_inattendue"),
        ("B3", "12 k€", "E310"),
    ],
)
def test_what_may_be_something_else_is_refused(question: str, written: str, code: str) -> None:
    survey, found = answer(A2="Oui", **{question: written})
    assert [(row["code"], row["column"], row["value"]) for row in survey.refused] == [
        (code, question, written)
    ]
    assert question not in found and not survey.notes


@pytest.mark.parametrize(
    ("cells", "values", "told"),
    [
        # The rule of the question (B4 + B5 = 100) says which reading was meant.
        ({"B4": "0,5", "B5": "0,5"}, {"B4": 50, "B5": 50}, ["part_de_un", "part_de_un"]),
        ({"B4": "0,4", "B5": "60"}, {"B4": 40, "B5": 60}, ["part_de_un"]),
        ({"B4": "1", "B5": "0"}, {"B4": 100, "B5": 0}, ["part_de_un"]),
        ({"B4": "0,5", "B5": "99,5"}, {"B4": 0.5, "B5": 99.5}, []),
        ({"B4": "1", "B5": "99"}, {"B4": 1, "B5": 99}, []),
        # A cell formatted as a percentage, or a sign, leaves no doubt.
        ({"B7": "50%"}, {"B7": 50}, []),
        ({"B7": "0,5 %"}, {"B7": 0.5}, []),
        ({"B7": "1"}, {"B7": 1}, []),
        # Neither reading follows the rule: the rule refuses, as it would 70.
        ({"B4": "0,7", "B5": "60"}, {}, ["contrainte", "contrainte"]),
        # Nothing says which: refused, with the two ways of writing it.
        ({"B7": "0,5"}, {}, ["part_ambigue"]),
        ({"B7": "0.99"}, {}, ["part_ambigue"]),
    ],
)
def test_a_percentage_written_as_a_share_of_one(
    cells: dict[str, str], values: dict[str, float], told: list[str]
) -> None:
    survey, found = answer(**cells)
    assert {code: found[code][1] for code in found if code in cells} == values
    assert [row["code"] for row in [*survey.refused, *survey.notes]] == told


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("59392", "59392"),
        ("Maubeuge", "59392"),
        ("MAUBEUGE", "59392"),
        ("59600 Maubeuge", "59392"),
        ("Maubeuge (59)", "59392"),
        ("avesnes sur helpe", "59036"),
        ("St-Quentin", "02691"),  # elsewhere, and the only one of that name
        ("Sainte-Marie (62)", "62001"),
    ],
)
def test_a_commune_by_its_name(communes: CommuneNames, written: str, code: str) -> None:
    survey, found = answer(communes, A4=written)
    assert found["A4"][0] == code and not survey.refused
    expected = [] if written == code else [("commune_nommee", written)]
    assert [(note["code"], note["value"]) for note in survey.notes] == expected


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Sainte-Marie", "commune_ambigue"),
        ("Trifouillis", "E331"),
        ("Maubeuge (62)", "E331"),
        ("62000 Maubeuge", "E331"),
        ("Maubeuge ou Louvroil", "E331"),
    ],
)
def test_a_name_that_is_no_commune_or_several_is_refused(
    communes: CommuneNames, written: str, code: str
) -> None:
    survey, found = answer(communes, A4=written)
    assert [row["code"] for row in survey.refused] == [code] and "A4" not in found


def test_what_a_choice_covers_is_read_as_it() -> None:
    for written, code in (
        ("SCIC", "coop"),
        ("scop", "coop"),
        ("SIAE", "insertion"),
        ("Structure d’insertion", "insertion"),
    ):
        survey, found = answer(A5=written)
        assert found["A5"][0] == code and not survey.refused
        assert [(note["code"], note["value"]) for note in survey.notes] == [("sigle", written)]
    assert answer(A5="Coopérative")[0].notes == []
    assert [row["code"] for row in answer(A5="SCI")[0].refused] == ["valeur_inconnue"]


def test_a_note_goes_with_its_cell_when_a_rule_sets_it_aside() -> None:
    survey, found = answer(B1="environ 3", B2="environ 4")
    assert [note["column"] for note in survey.notes] == ["B1"]
    assert [row["column"] for row in survey.refused] == ["B2"] and found["B1"][1] == 3


def test_decidim() -> None:
    """`decidim-forms`: a number before each question, choices joined by a comma, what was written beside one in parentheses."""
    header = [
        "ID",
        "Created at",
        "Ip Hash",
        "User status",
        "1. SIRET",
        "2. Vend-elle ?",
        "3. Raisons de l’émergence",
    ]
    header += ["4. Postes", "5. Statut"]
    row = [
        "a1b2",
        "2026-02-03 10:11:12",
        "ffff",
        "Unregistered",
        "",
        "Oui",
        "Réseau, Autre (le maire, le hasard)",
        "12",
    ]
    survey = read_answers([sheet([header, [*row, "Association (loi 1901)"]])], meant(), "survey")
    assert not survey.refused
    found = {
        one["question_code"]: (one["value_text"], one["value_number"]) for one in survey.answers.to_pylist()
    }
    assert found["A3"][0] == "reseau other" and found["B1"][1] == 12 and found["A5"][0] == "asso"
    opens = {one["question_code"]: one["open_text"] for one in survey.opens.to_pylist()}
    assert opens == {"A3": "le maire, le hasard", "A5": "loi 1901"}
    assert survey.respondents.to_pylist()[0]["submitted_on"] == "2026-02-03T10:11:12"


def test_sphinx_in_numbered_columns() -> None:
    header = [
        "CLE",
        "DATE_ENREG",
        "Vend-elle ?",
        "Raisons de l’émergence_1",
        "Raisons de l’émergence_2",
        "Postes",
    ]
    rows = [
        ["1", "01/02/2026 10:00:00", "Non", "Réseau", "Besoin d’un public", "3"],
        ["2", "", "Oui", "Aucune", "", "4"],
    ]
    survey = read_answers([sheet([header, *rows])], meant(), "survey")
    assert not survey.refused
    said = [one["value_text"] for one in survey.answers.to_pylist() if one["question_code"] == "A3"]
    assert said == ["besoin reseau", "aucune"]


def test_a_rule_is_said_with_the_wordings_of_its_questions() -> None:
    codebook = load_codebook(CODEBOOK)
    rules = {
        question.code: in_words(question.constraint, codebook)
        for question in codebook.questions
        if question.constraint is not None
    }
    assert rules["F03f"].startswith("la somme de «\u00a0Ressources")
    assert rules["F03f"].count(",") == 4 and " ne dépasse pas «\u00a0" in rules["F03f"]
    assert (
        rules["H06"]
        == "«\u00a0Âge moyen des salariés\u00a0» vaut au moins 15 et «\u00a0Âge moyen des salariés\u00a0» ne dépasse pas 75"
    )
    for code, said in rules.items():
        assert not any(other.code in said.split() for other in codebook.questions), code


def test_one_answer_that_breaks_several_rules_is_the_one_set_aside() -> None:
    """1 post, but 8.5 full-time equivalents and 6 + 3 + 1 contracts: the posts are wrong, not everything else."""
    cells = {"H01": "1", "H02": "8,5", "H04a": "6", "H04b": "3", "H04c": "1", "H08": "7"}
    survey = read_answers([wide([cells])], load_codebook(CODEBOOK), "survey")
    assert [(row["code"], row["column"], row["value"]) for row in survey.refused] == [
        ("contrainte", "H01", "1")
    ]
    assert (
        "Postes salariés" in survey.refused[0]["reason"] and "(ici 8,5 et 1)" in survey.refused[0]["reason"]
    )
    kept = {row["question_code"] for row in survey.answers.to_pylist() if row["status"] == "answered"}
    assert kept == {"H02", "H04a", "H04b", "H04c", "H08"}
